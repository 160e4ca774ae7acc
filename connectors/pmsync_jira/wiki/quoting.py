"""Block macros in Markdown: fences for code, quotes for quotes and panels, GitHub's alerts for the four notes. Pure."""

from __future__ import annotations

import re
from dataclasses import replace

from pmsync_jira.wiki import islands
from pmsync_jira.wiki.macros import Macro

ALERTS = {"info": "NOTE", "note": "IMPORTANT", "tip": "TIP", "warning": "WARNING"}
"""GitHub's alert for each of the four."""

_TICKS = re.compile("`{3,}")
_GUARDED = re.compile("(\\{(?:code|noformat)\u200b*)\u200b([:}])")
_NAME = re.compile(r"[\w#+.-]+")
_TITLE = re.compile(r"(?:^|\|)title=([^|]*)")


def fence(macro: Macro, body: str) -> str:
    """{code} or {noformat} as a fenced block: the language first, the other parameters behind it."""
    if macro.name == "noformat" and macro.params == f"title={islands.TITLE}":
        return islands.neutral(_GUARDED.sub(r"\1\2", body).strip("\n"))
    if "\u200b" in body:
        body = _GUARDED.sub(r"\1\2", body)
    if body in ("", "\n"):
        return f"```{_info(macro)}\n```"
    return fenced(_info(macro), body.removeprefix("\n").removesuffix("\n"))


def fenced(info: str, body: str) -> str:
    """A fence around ``body`` that nothing in it can close."""
    sign = "```"
    if sign in body:
        sign = "`" * (max(map(len, _TICKS.findall(body))) + 1)
    return f"{sign}{info}\n{body}\n{sign}"


def _info(macro: Macro) -> str:
    params = (macro.params or "").replace("`", "'").strip()
    if macro.name == "noformat":
        return f"text {params}".rstrip()
    if not params:
        return ""
    parts = [part.strip() for part in params.split("|") if part.strip()]
    if parts and "=" not in parts[0] and _NAME.fullmatch(parts[0]):
        return " ".join([parts[0], "|".join(parts[1:])]).rstrip()
    return "code " + "|".join(parts)


def container(macro: Macro, inner: str) -> str:
    """A quote, a panel or a note around Markdown. What a panel was given stands in a comment, its title in bold."""
    head: list[str] = []
    if macro.name == "warning" and macro.params == "title=Caution":
        head.append("[!CAUTION]")
        macro = replace(macro, params=None)
    elif macro.name in ALERTS:
        head.append(f"[!{ALERTS[macro.name]}]")
    if macro.name == "panel" or macro.params:
        params = ":" + macro.params.replace("-->", "--&gt;") if macro.params else ""
        head.append(f"<!-- {{{macro.name}{params}}} -->")
    title = _TITLE.search(macro.params or "")
    if title and title[1].strip():
        head.append(f"**{islands.plain(title[1].strip())}**")
        head.append("")
    lines = [*head, *(inner.split("\n") if inner else [])]
    return "\n".join(f"> {line}" if line else ">" for line in lines)
