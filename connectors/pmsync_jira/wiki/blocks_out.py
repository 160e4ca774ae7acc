"""Markdown blocks as wiki markup. Pure; a line is looked at once per quote or item around it, and those are eight at most."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pmsync_jira.wiki.fences import alert, code, island, stripped
from pmsync_jira.wiki.inline_out import Definitions, Unsayable, inline, label_of
from pmsync_jira.wiki.losses import Report
from pmsync_jira.wiki.marks import Unpaired
from pmsync_jira.wiki.tables_out import is_table, table

Span = tuple[int, int, str]
"""First line, behind the last line, kind."""

DEPTH = 8
"""The deepest nesting of lists and quotes that is written as such."""

_START = re.compile(
    r"""\ {0,3}(?:
    (?P<fence>`{3,}(?=[^`]*$)|~{3,})
  | (?P<head>\#{1,6})(?:[ \t]+|$)
  | (?P<rule>(?:\*[ \t]*){3,}$|(?:-[ \t]*){3,}$|(?:_[ \t]*){3,}$)
  | (?P<item>[-+*]|\d{1,9}[.)])(?P<gap>[ \t]+|$)
  | (?P<quote>>)
  | (?P<html><(?:[A-Za-z/!?]))
  | (?P<definition>\[[^\]\n]+\]:)
    )""",
    re.VERBOSE,
)
_MAY_START = frozenset("`~#*-_+>< [0123456789\t")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_BOX = re.compile(r"\[[ xX]\] (?=\S)")
_CLOSING = re.compile(r"(?:^|[ \t]+)#+[ \t]*$")
_HTML_BLOCK = re.compile(
    r" {0,3}(?:<(?:script|pre|style|textarea)(?:[\s>]|$)|<!--|<\?|<![A-Z]|</?(?:address|article|aside|base|basefont|blockquote|body|caption|center|"
    r"col|colgroup|dd|details|dialog|dir|div|dl|dt|fieldset|figcaption|figure|footer|form|frame|frameset|h[1-6]|head|header|hr|html|iframe|legend|li|link|"
    r"main|menu|menuitem|nav|noframes|ol|optgroup|option|p|param|search|section|summary|table|tbody|td|tfoot|th|thead|title|tr|track|ul)(?:[\s/>]|$))",
    re.IGNORECASE,
)
_ALONE = re.compile(r" {0,3}<(?:/[A-Za-z][\w-]*\s*|[A-Za-z][\w-]*(?:\s[^<>]*)?)>\s*$")
_DEFINITION = re.compile(
    r" {0,3}\[((?!\^)(?:[^\[\]\\]|\\.)+)\]:[ \t]*(?:<([^<>\n]*)>|([^\s<]\S*))(?:[ \t]+(?:\"([^\"]*)\"|'([^']*)'))?[ \t]*$"
)
_LEADING = re.compile(r"^(?:(?=[*#-]+(?:[ \t]|$)|\||-{4,}[ \t]*$)|(h[1-6]|bq)(?=\.[ \t]))", re.MULTILINE)
_MAY_LEAD = re.compile(r"(?:^|\n)(?:[*#|-]|h[1-6]\.|bq\.)").search


@dataclass(slots=True)
class Context:
    """What holds for one whole text: its link definitions, where losses go, and whether numbers may begin anywhere."""

    report: Report
    definitions: Definitions
    known: str = ""
    any_number: bool = False
    base: int = 1


@dataclass(frozen=True, slots=True)
class Part:
    """One top-level block as wiki markup; ``item`` tells an item of a list, which follows the one before it without an empty line."""

    wiki: str
    item: str = ""


def definitions_of(text: str) -> dict[str, tuple[str, str]]:
    """The link definitions of a text; the first of a label counts."""
    found: dict[str, tuple[str, str]] = {}
    if "]:" not in text:
        return found
    for line in text.split("\n"):
        match = _DEFINITION.match(line)
        if match:
            found.setdefault(label_of(match[1]), (match[2] or match[3] or "", match[4] or match[5] or ""))
    return found


def parts(text: str, context: Context) -> list[Part]:
    """The top-level blocks of ``text``. Those wiki markup cannot say are islands, and losses tell it."""
    lines = text.split("\n")
    out: list[Part] = []
    for group in _groups(_spans(lines)):
        start, end, kind = group[0][0], group[-1][1], group[0][2]
        context.report.line = context.base + start
        try:
            wiki = _group(lines, group, context)
        except (Unsayable, Unpaired) as reason:
            wiki = island("\n".join(lines[start:end]))
            context.report.add(f"kept as Markdown: {str(reason) or 'crossing marks'}", lines[start])
            kind = "island"
        if wiki:
            out.append(Part(wiki, kind if kind[:4] == "list" else ""))
    return out


def _groups(spans: list[Span]) -> list[list[Span]]:
    """The items of one list together, all else alone."""
    groups: list[list[Span]] = []
    for span in spans:
        if groups and span[2][:4] == "list" and groups[-1][-1][2] == span[2]:
            groups[-1].append(span)
        else:
            groups.append([span])
    return groups


def _group(lines: list[str], group: list[Span], context: Context) -> str:
    if group[0][2][:4] == "list" and not context.any_number:
        check_number(lines[group[0][0]], 0)
    return "\n".join(_block(lines[start:end], kind, context, 0) for start, end, kind in group)


def _spans(lines: list[str]) -> list[Span]:
    """(first line, behind the last line, kind) of each block."""
    spans: list[Span] = []
    index, count = 0, len(lines)
    while index < count:
        line = lines[index]
        if not line or line.isspace():
            index += 1
            continue
        kind, end = _extent(lines, index)
        spans.append((index, end, kind))
        index = end
    return spans


def _extent(lines: list[str], index: int) -> tuple[str, int]:
    line = lines[index]
    if line[0] not in _MAY_START:
        return _paragraph(lines, index)
    if line.startswith(("    ", "\t")) or line[:4].expandtabs(4)[:4] == "    ":
        return "indented", _indented(lines, index)
    match = _START.match(line)
    kind = match.lastgroup if match else None
    if match is None or kind is None:
        return _paragraph(lines, index)
    if kind == "fence":
        return "fence", _fence_end(lines, index, match["fence"])
    if kind in ("head", "rule"):
        return kind, index + 1
    if kind == "quote":
        return "quote", _lazy_end(lines, index, ">")
    if kind == "definition" and _DEFINITION.match(line):
        return "definition", index + 1
    if kind == "gap":
        return f"list {match['item'][-1]}", _list_end(lines, index, match)
    if kind == "html" and (_HTML_BLOCK.match(line) or _ALONE.match(line)):
        return "html", _html_end(lines, index)
    return _paragraph(lines, index)


def _html_end(lines: list[str], index: int) -> int:
    line = lines[index].lstrip()
    for opener, closer in (("<!--", "-->"), ("<?", "?>")):
        if line.startswith(opener):
            while index < len(lines) and closer not in lines[index]:
                index += 1
            return min(index + 1, len(lines))
    while index < len(lines) and lines[index].strip():
        index += 1
    return index


def _fence_end(lines: list[str], index: int, sign: str) -> int:
    index += 1
    while index < len(lines):
        words = lines[index].strip()
        index += 1
        if words and not words.strip(sign[0]) and len(words) >= len(sign):
            break
    return index


def _indented(lines: list[str], index: int) -> int:
    end = index + 1
    while index < len(lines):
        line = lines[index]
        if line.strip():
            if not line.startswith(("    ", "\t")):
                break
            end = index + 1
        index += 1
    return end


def _interrupts(line: str) -> bool:
    """The line ends a paragraph."""
    if not line or line.isspace():
        return True
    if line[0] not in _MAY_START or line.startswith("    "):
        return False
    match = _START.match(line)
    if match is None:
        return False
    if match.lastgroup == "gap":
        return bool(match["gap"]) and match.end() < len(line) and not (match["item"][0].isdigit() and match["item"][:-1] != "1")
    if match.lastgroup == "html":
        return _HTML_BLOCK.match(line) is not None
    return match.lastgroup != "definition"


def _paragraph(lines: list[str], index: int) -> tuple[str, int]:
    start = index
    index += 1
    count = len(lines)
    if index < count and is_table(lines[start], lines[index]):
        index += 1
        while index < count and not _interrupts(lines[index]):
            index += 1
        return "table", index
    while index < count:
        line = lines[index]
        if line[:1] in ("=", "-", " ") and _UNDERLINE.match(line):
            return "setext", index + 1
        if _interrupts(line):
            break
        index += 1
    return "paragraph", index


def _lazy_end(lines: list[str], index: int, sign: str) -> int:
    """Behind the last line of a quote; words may go on without its sign."""
    words = False
    while index < len(lines):
        line = lines[index].lstrip(" ")
        if line.startswith(sign):
            inner = line[1:].strip()
            words = bool(inner) and not inner.startswith(("```", "~~~", "#", ">"))
        elif not words or _interrupts(lines[index]):
            break
        index += 1
    return index


def _list_end(lines: list[str], index: int, match: re.Match[str]) -> int:
    """Behind the last line of one item."""
    indent = content_indent(match, lines[index])
    blank = False
    words = match.end() < len(lines[index])
    index += 1
    end = index
    fence = ""
    while index < len(lines):
        line = lines[index]
        if not line or line.isspace():
            blank = True
            words = words and bool(fence)
            index += 1
            continue
        inside = len(line) - len(line.lstrip(" ")) >= indent
        if not inside and (blank or fence or not words or _ends_item(line)):
            break
        if inside:
            body = line.strip()
            if fence:
                if not body.strip(fence[0]) and len(body) >= len(fence):
                    fence = ""
            elif opened := _START.match(line[indent:]):
                fence = opened["fence"] or ""
            words = not fence
        blank = False
        index += 1
        end = index
    return end


def _ends_item(line: str) -> bool:
    match = _START.match(line)
    return _interrupts(line) or (match is not None and match.lastgroup == "gap")


def content_indent(match: re.Match[str], line: str) -> int:
    """How far the words of an item stand in."""
    gap = match["gap"]
    if match.end() == len(line) or len(gap) > 4:
        return match.end("item") + 1
    return match.end()


def _block(lines: list[str], kind: str, context: Context, depth: int) -> str:
    if kind == "paragraph":
        return _words("\n".join(lines), context)
    if kind == "head":
        match = _START.match(lines[0])
        text = _CLOSING.sub("", lines[0][match.end() if match else 0 :]).strip()
        return _heading(text, len(match["head"]) if match else 1, context)
    if kind == "setext":
        return _heading("\n".join(lines[:-1]).strip(), 1 if "=" in lines[-1] else 2, context)
    if kind == "rule":
        return "----"
    if kind == "fence":
        return code(lines, context.known)
    if kind == "indented":
        return "{code}\n" + "\n".join(stripped(line, 4) for line in lines) + "\n{code}"
    if kind == "quote":
        return _quote(lines, context, depth)
    if kind == "table":
        return table(lines, context.definitions, context.report)
    if kind == "definition":
        return ""
    if kind == "html":
        raise Unsayable("raw HTML")
    return "\n".join(_item(lines, "", context, depth))


def _words(text: str, context: Context) -> str:
    done = inline(text.strip(" \t"), context.definitions)
    if _MAY_LEAD(done):
        return _LEADING.sub(lambda match: match[1] + "\\" if match[1] else "\\", done)
    return done


def _heading(text: str, level: int, context: Context) -> str:
    if not text:
        raise Unsayable("an empty heading")
    return f"h{level}. " + inline(text, context.definitions, line=" \\\\ ")


def _quote(lines: list[str], context: Context, depth: int) -> str:
    if depth >= DEPTH:
        raise Unsayable("deep nesting")
    inner = [_unquoted(line) for line in lines]
    opening, closing, inner = alert(inner)
    if not opening and depth == 0 and len(inner) == 1 and inner[0].strip() and _extent(inner, 0)[0] == "paragraph":
        words = _words(inner[0], context)
        return f"bq. {words}" if "\n" not in words else f"{{quote}}\n{words}\n{{quote}}"
    spans = _spans(inner)
    if any(kind == "quote" for _, _, kind in spans):
        raise Unsayable("a quote in a quote")
    if not spans:
        raise Unsayable("an empty quote")
    made = [(_block(inner[start:end], kind, context, depth + 1), kind) for start, end, kind in spans]
    return f"{opening or '{quote}'}\n{joined(made)}\n{closing or '{quote}'}"


def joined(made: list[tuple[str, str]]) -> str:
    """Blocks with an empty line between them, items of one list without."""
    out: list[str] = []
    last = ""
    for wiki, kind in made:
        if not wiki:
            continue
        if out:
            out.append("\n" if kind[:4] == "list" and kind == last else "\n\n")
        out.append(wiki)
        last = kind
    return "".join(out)


def _unquoted(line: str) -> str:
    words = line.lstrip(" ")
    if not words.startswith(">"):
        return line
    return words[2:] if words[1:2] == " " else words[1:]


def _item(lines: list[str], outer: str, context: Context, depth: int) -> list[str]:
    if depth >= DEPTH:
        raise Unsayable("deep nesting")
    match = _START.match(lines[0])
    if match is None or match["item"] is None:
        raise Unsayable("a strange item")
    number = match["item"][:-1]
    marker = outer + ("#" if number else "*")
    indent = content_indent(match, lines[0])
    inner = [lines[0][indent:], *(stripped(line, indent) for line in lines[1:])]
    return _item_body(inner, marker, context, depth)


def _item_body(inner: list[str], marker: str, context: Context, depth: int) -> list[str]:
    out = [marker + " "]
    last = ""
    numbers = 0
    for start, end, kind in _spans(inner):
        own = inner[start:end]
        if kind[:4] == "list":
            numbers = check_number(own[0], numbers if last == kind else 0)
            if last[:4] == "list" and last != kind:
                raise Unsayable("two lists in an item")
            out.extend(_item(own, marker, context, depth + 1))
        elif last[:4] == "list" or kind not in ("paragraph", "fence", "indented", "quote"):
            raise Unsayable("an item with blocks that are no words")
        elif kind == "paragraph":
            box = _BOX.match(own[0]) if last == "" and start == 0 else None
            text = "\n".join(own)
            words = box[0] + _words(text[len(box[0]) :], context) if box else _words(text, context)
            if last == "":
                out[0] += words
            else:
                out.extend(["\\\\", words] if last == "paragraph" else [words])
        else:
            made = _block(own, kind, context, depth + 1)
            if made.startswith("bq. "):
                made = "{quote}\n" + made[4:] + "\n{quote}"
            if last == "":
                out[0] += made
            else:
                out.append(made)
        last = kind
    return out


def check_number(line: str, before: int) -> int:
    """How many items a numbered list has now; it must begin with 1, for Jira counts from 1."""
    match = _START.match(line)
    number = match["item"][:-1] if match and match["item"] else ""
    if number and before == 0 and int(number) != 1:
        raise Unsayable(f"a list that begins with {number}")
    return before + 1
