"""Fenced code, GitHub's alerts and islands of Markdown as wiki macros. Pure."""

from __future__ import annotations

import re

from pmsync_jira.wiki import islands
from pmsync_jira.wiki.inline_out import Unsayable
from pmsync_jira.wiki.quoting import ALERTS

_OPEN = re.compile(r" {0,3}(`{3,}|~{3,})[ \t]*(.*?)[ \t]*$")
_GUARD = re.compile("(\\{(?:code|noformat)\u200b*)([:}])")
_INFO = re.compile(r"[^{}|`\\&]*(?:\|[^{}|`\\&]*)*")
_NAME = re.compile(r"[\w#+.-]+")
_ALERT = re.compile(r"\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\][ \t]*$")
_PANEL = re.compile(r"<!-- \{((panel|info|note|tip|warning)(?::([^{}\n]*))?)\} -->[ \t]*$")
_TITLE = re.compile(r"(?:^|\|)title=([^|]*)")
_MACROS = {alert: name for name, alert in ALERTS.items()}


def stripped(line: str, indent: int) -> str:
    """The line without up to ``indent`` leading blanks."""
    if indent == 0:
        return line
    if line.startswith("\t"):
        line = line.expandtabs(4)
    gap = len(line) - len(line.lstrip(" "))
    return line[min(gap, indent) :]


def guarded(body: str) -> str:
    """Code in which no macro ends: a zero-width space stands in each word that would."""
    return _GUARD.sub("\\1\u200b\\2", body) if "{code" in body or "{noformat" in body else body


def island(markdown: str) -> str:
    """A block island that holds Markdown."""
    return f"{{noformat:title={islands.TITLE}}}\n{guarded(markdown)}\n{{noformat}}"


def code(lines: list[str], known: str) -> str:
    """A fenced block as {code} or {noformat}; a fence that holds wiki markup as that markup, where it is harmless or ``known``."""
    match = _OPEN.match(lines[0])
    if match is None:
        raise Unsayable("a strange fence")
    sign, info = match[1], " ".join(match[2].split())
    last = lines[-1].strip() if len(lines) > 1 else ""
    closed = bool(last) and not last.strip(sign[0]) and len(last) >= len(sign)
    indent = len(lines[0]) - len(lines[0].lstrip(" "))
    body = [stripped(line, indent) for line in lines[1 : -1 if closed else None]]
    while not closed and body and not body[-1].strip():
        body.pop()
    text = "\n".join(body)
    if info == islands.FENCE:
        if not (islands.harmless(text) or text in known):
            raise Unsayable("wiki markup that includes or runs something")
        return text
    head, name = _opening(info)
    return f"{head}\n{guarded(text)}\n{{{name}}}" if body else f"{head}\n{{{name}}}"


def _opening(info: str) -> tuple[str, str]:
    if not info:
        return "{code}", "code"
    if _INFO.fullmatch(info) is None or info.startswith(islands.FENCE) or info == f"text title={islands.TITLE}":
        raise Unsayable(f"code called {info[:40]}")
    name, _, rest = info.partition(" ")
    if name == "text":
        return ("{noformat:" + rest + "}" if rest else "{noformat}"), "noformat"
    if name == "code" and "=" in rest.partition("|")[0]:
        return f"{{code:{rest}}}", "code"
    if _NAME.fullmatch(name) is None or ("|" in rest and any(not part.strip() for part in rest.split("|"))):
        raise Unsayable(f"code called {info[:40]}")
    return (f"{{code:{name}|{rest}}}" if rest else f"{{code:{name}}}"), "code"


def alert(inner: list[str]) -> tuple[str, str, list[str]]:
    """(opening macro, closing macro, what is left of the lines) of a quote that is an alert or a panel; ("", "", lines) otherwise."""
    if len(inner) < 2:
        return "", "", inner
    match = _ALERT.match(inner[0])
    name = "" if match is None else _MACROS.get(match[1], "warning")
    rest = inner[1:] if match else inner
    panel = _PANEL.match(rest[0])
    if panel and (panel[2] == name or (panel[2] == "panel" and not match)):
        return "{" + panel[1].replace("--&gt;", "-->") + "}", "{" + panel[2] + "}", _untitled(rest[1:], panel[3] or "")
    if match is None or not rest[0].strip() or rest[0].startswith("<"):
        return "", "", inner
    return ("{warning:title=Caution}" if match[1] == "CAUTION" else "{" + name + "}"), "{" + name + "}", rest


def _untitled(lines: list[str], params: str) -> list[str]:
    title = _TITLE.search(params)
    if title and lines and lines[0] == f"**{islands.plain(title[1].strip())}**":
        return lines[2:] if len(lines) > 1 and not lines[1].strip() else lines[1:]
    return lines
