"""The inside of one paragraph, heading, item or cell: wiki markup to Markdown. Pure, one pass, no step looks back.

Marks hold within a line, as in Jira. Whatever is neither markup nor an island is text, and is escaped where GitHub would see more in it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from pmsync_jira.wiki import islands
from pmsync_jira.wiki.losses import Report

SCHEMES = r"(?:https?|ftp)://|mailto:"
_TOKEN = re.compile(
    rf"""
    [\n\\{{\[!*_+^~?@\#`<\]$:-]  # each branch looks back at this one character: so the search runs over plain words at full speed
  (?:
    (?P<line>(?<=\n))
  | (?P<mark>(?<=-)(?:(?<![^\W_]-)(?!\s)|(?<!\s-)(?![^\W_]))|(?<=_)(?:(?<![^\W_]_)|(?![^\W_]))
      |(?<=[+^])(?:(?<![^\W_][+^])(?!\s)|(?<!\s[+^])(?![^\W_]))
      |(?<=\?)\?|(?<=[*~])(?:(?<!\s[*~])|(?!\s|$)))
  | (?P<url>(?<=:)//[^\s<>|\[\]{{}}"`\\]*[^\s<>|\[\]{{}}"`\\.,;:!?*_~'()+^-])
  | (?P<back>(?<=\\)(?:\\|[^\w\s]|_|(?=\n|$)))
  | (?P<mono>(?<=\{{)\{{)
  | (?P<forced>(?<=\{{)[*_+^~-]\}})
  | (?P<macro>(?<=\{{)(?P<name>[a-z][a-z-]*+)(?::[^{{}}\n]*+)?\}})
  | (?P<link>(?<=\[)(?P<label>(?:[^\[\]\n|\\]|\\[^\n]|\[[^\[\]\n|]*+\])++\|)?
      (?P<target>(?:{SCHEMES})[^\s\[\]|]*+(?:\[[^\s\[\]|]*+\][^\s\[\]|]*+)*+|[#~^][^\[\]\n|]++(?:\[[^\[\]\n|]*+\][^\[\]\n|]*+)*+)\ *
      (?:\|(?P<tip>[^\[\]\n|]*+))?\])
  | (?P<image>(?<=!)(?<![\w!]!)(?=[^\s!|])[^!|\n]*+(?:\|[^!\n]*+)?!(?!\w))
  | (?P<call>(?<=@)(?<![\w.]@)(?=[A-Za-z0-9])|(?<=\#)(?<!&\#)(?=\d)|(?<=-)(?<=GH-)(?=\d))
  | (?P<plain>(?<=`)`*|(?<=<)(?=[A-Za-z/!?])|(?<=\])(?=\()|(?<=[^\s$]\$)(?!\w))
  )
    """,
    re.VERBOSE,
)
_QUIET = re.compile(r"[*_+^~?{\[!\\<@#$`-]|://|\n| $").search
_SIGNS = {"*": ("**", "**"), "_": ("_", "_"), "-": ("~~", "~~"), "+": ("<ins>", "</ins>"), "^": ("<sup>", "</sup>")}
_SIGNS |= {"~": ("<sub>", "</sub>"), "??": ("<cite>", "</cite>")}
_TAGS = {"*": ("<strong>", "</strong>"), "_": ("<em>", "</em>"), "-": ("<del>", "</del>")}
_WIKI_ESCAPE = re.compile(r"\\([^\w\s]|_)")
_TICKS = re.compile("`+")
_FILE = re.compile(r"![^!|\n]*(?:\.[A-Za-z0-9]{2,5}|\?[^\s!|]*|/[^\s!|]+)(?:\|[^!\n]*)?!")
_ALT = re.compile(r"alt=([^,|!=*_`\\<&\[\]]+)")
_COLOUR = re.compile(r"\{color(?::([#\w]+))?\}")
_ANCHOR = re.compile(r"\{anchor:([\w.-]+)\}")
_SCHEME = re.compile(r"(?<![^\W_])(?:https?|ftp)$")
_CALM = "<!-- -->"


class _Row:
    """The pieces written so far, and the marks that stand open in the current line."""

    __slots__ = ("_brace", "_line_end", "colour", "opened", "out", "report", "tags", "text")

    def __init__(self, text: str, report: Report) -> None:
        self.text = text
        self.report = report
        self.out: list[str] = []
        self.opened: dict[str, tuple[int, bool]] = {}
        self.colour: tuple[int, str] | None = None
        self.tags = False
        self._brace = -1
        self._line_end = -1

    def new_line(self) -> None:
        """Marks do not reach over the end of a line."""
        self.opened.clear()
        self._leave_colour()
        self.out.append("\n")
        self.report.line += 1

    def finish(self) -> str:
        """All that was written."""
        self._leave_colour()
        return "".join(self.out)

    def _leave_colour(self) -> None:
        if self.colour is not None:
            index, word = self.colour
            self.out[index] = islands.spell(word)
            self.colour = None

    def closing_braces(self, start: int) -> int:
        """Where the next ``}}`` of this line stands, from ``start``; -1 for none. Each place is looked at once."""
        text = self.text
        if self._line_end < start:
            found = text.find("\n", start)
            self._line_end = len(text) if found < 0 else found
        if self._brace < start:
            found = text.find("}}", start)
            self._brace = len(text) + 1 if found < 0 else found
        return self._brace if self._brace < self._line_end else -1


def inline(text: str, report: Report) -> str:
    """The wiki text, single line feeds and all, as Markdown."""
    if _QUIET(text) is None:
        return text
    row = _Row(text, report)
    out = row.out
    search = _TOKEN.search
    position = 0
    while match := search(text, position):
        start = match.start()
        if start > position:
            out.append(text[position:start])
        position = _HANDLERS[match.lastgroup or ""](row, match, start, match.end())
    out.append(text[position:])
    return row.finish()


_Handler = Callable[[_Row, "re.Match[str]", int, int], int]


def _line(row: _Row, match: re.Match[str], start: int, end: int) -> int:
    row.new_line()
    return end


def _back(row: _Row, match: re.Match[str], start: int, end: int) -> int:
    text = row.text
    if end - start == 1:
        row.out.append("\\\\")
        return end
    sign = text[start + 1]
    if sign != "\\":
        row.out.append(_escaped(sign))
        return end
    follows = text[end : end + 1]
    if (follows and (follows.isalnum() or follows in "\\_")) or text[start - 1 : start] == "\\":
        row.out.append("\\\\\\\\")
        return end
    row.out.append("<br>")
    return end + 1 if follows == " " else end


def _mono(row: _Row, match: re.Match[str], start: int, end: int) -> int:
    close = row.closing_braces(end)
    while close >= 0 and row.text[close + 2 : close + 3] == "}":
        close += 1
    if close <= end or not row.text[end:close].strip():
        row.out.append("{{")
        return end
    row.out.append(_code(row.text[end:close]))
    return close + 2


def _url(row: _Row, match: re.Match[str], start: int, end: int) -> int:
    scheme = _SCHEME.search(row.text, max(0, start - 6), start)
    if scheme is None:
        row.out.append(":")
        return start + 1
    row.out.append(match[0])
    return end


def _link(row: _Row, match: re.Match[str], start: int, end: int) -> int:
    target, label, tip = match["target"], match["label"], match["tip"]
    if target[0] in "~^":
        row.out.append(islands.spell(match[0]))
        return end
    if target[0] == "#":
        words = inline(label[:-1], row.report) if label else islands.plain(target[1:])
        target = "#" + target[1:].strip().replace(" ", "%20")
    elif label is None or (label[:-1] == target and tip is None):
        row.out.append(f"<{target}>" if ":" in target and tip is None else f"[{islands.plain(target)}]({_target(target, tip)})")
        return end
    else:
        words = inline(label[:-1], row.report)
    row.out.append(f"[{words}]({_target(target, tip)})")
    return end


def _image(row: _Row, match: re.Match[str], start: int, end: int) -> int:
    found = match[0]
    if _FILE.fullmatch(found) is None:
        row.out.append("!")
        return start + 1
    address, _, settings = found[1:-1].partition("|")
    if address.startswith(("http://", "https://")) and " " not in address:
        described = _ALT.fullmatch(settings)
        row.out.append(
            f"![{described[1]}]({_target(address, None)})" if described else f"![]({_target(address, settings or None)})"
        )
    else:
        row.out.append(islands.spell(found))
    return end


def _macro(row: _Row, match: re.Match[str], start: int, end: int) -> int:
    name, found = match["name"], match[0]
    if name == "color":
        return _colour(row, found, end)
    anchor = _ANCHOR.fullmatch(found)
    if anchor:
        row.out.append(f'<a name="{anchor[1]}"></a>')
    elif name in islands.MACROS and (name != "jira" or ":" in found):
        row.out.append(islands.spell(found))
    else:
        row.out.append("{")
        return start + 1
    return end


def _colour(row: _Row, found: str, end: int) -> int:
    match = _COLOUR.fullmatch(found)
    if match is None:
        row.out.append(islands.spell(found))
    elif match[1]:
        row._leave_colour()
        row.colour = (len(row.out), found)
        row.out.append(f'<span title="{match[1]}">')
    elif row.colour is not None and row.colour[0] != len(row.out) - 1:
        row.colour = None
        row.out.append("</span>")
    else:
        row.out.append(islands.spell(found))
    return end


def _forced(row: _Row, match: re.Match[str], start: int, end: int) -> int:
    sign = match[0][1]
    before, after = row.text[start - 1 : start] if start else "", row.text[end : end + 1]
    if sign in row.opened and row.opened[sign][1]:
        if not before.isspace() and row.opened[sign][0] != len(row.out) - 1:
            _close(row, sign, forced=True, tags=row.tags or not _meets(after, before))
            return end
    elif after and not after.isspace():
        _open(row, sign, "{" + _escaped(sign) + "}", forced=True)
        row.tags = not _meets(before, after)
        return end
    row.out.append("{" + _escaped(sign) + "}")
    return end


def _meets(outer: str, inner: str) -> bool:
    """Whether GitHub takes a mark between these: not with a word outside and a sign within."""
    return inner.isalnum() or not outer.isalnum()


def _mark(row: _Row, match: re.Match[str], start: int, end: int) -> int:
    sign, text = match[0], row.text
    before, after = text[start - 1 : start] if start else "", text[end : end + 1]
    one = sign[0]
    if (before == one or after == one) and sign != "-":
        row.out.append(_literal(sign))
        return end
    if sign == "-" and (before == "-" or after == "-"):
        row.out.append(sign)
        return end
    ends = not (before == "" or before.isspace()) and not after.isalnum()
    if ends and sign in row.opened and not row.opened[sign][1] and row.opened[sign][0] != len(row.out) - 1:
        _close(row, sign)
    elif after and not after.isspace() and not before.isalnum():
        _open(row, sign, _literal(sign))
    else:
        row.out.append(_literal(sign))
    return end


def _open(row: _Row, sign: str, literal: str, *, forced: bool = False) -> None:
    row.opened.pop(sign, None)
    row.opened[sign] = (len(row.out), forced)
    row.out.append(literal)


def _close(row: _Row, sign: str, *, forced: bool = False, tags: bool = False) -> None:
    index = row.opened[sign][0]
    for other in reversed(list(row.opened)):
        del row.opened[other]
        if other == sign:
            break
    before, after = _TAGS[sign] if tags and sign in _TAGS else ("*", "*") if forced and sign == "_" else _SIGNS[sign]
    row.out[index] = before
    row.out.append(after)


def _call(row: _Row, match: re.Match[str], start: int, end: int) -> int:
    row.out.append(match[0] + _CALM)
    return end


def _plain(row: _Row, match: re.Match[str], start: int, end: int) -> int:
    row.out.append("\\`" * (end - start) if match[0][0] == "`" else "\\" + match[0])
    return end


_HANDLERS: dict[str, _Handler] = {
    "line": _line,
    "back": _back,
    "mono": _mono,
    "url": _url,
    "link": _link,
    "image": _image,
    "forced": _forced,
    "macro": _macro,
    "star": _mark,
    "mark": _mark,
    "call": _call,
    "plain": _plain,
}


def _literal(sign: str) -> str:
    return "\\" + sign if sign in "*_~" else sign


def _escaped(sign: str) -> str:
    """A character that the wiki text escaped, as text in Markdown."""
    return "\\" + sign if sign in "\\`*_[]<>~!#&$@" else sign


def _target(address: str, tip: str | None) -> str:
    where = address.replace("\\", "%5C").replace("<", "%3C").replace(">", "%3E")
    if "(" in where or ")" in where:
        where = f"<{where}>"
    if tip is None:
        return where
    said = html.escape(tip, quote=False).replace("\\", "\\\\").replace('"', '\\"')
    return f'{where} "{said}"'


def _code(source: str) -> str:
    """A monospaced piece as a code span: its escapes are undone, for nothing is markup in it."""
    text = html.unescape(_WIKI_ESCAPE.sub(r"\1", source))
    longest = max(map(len, _TICKS.findall(text)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if text[0] in " `" or text[-1] in " `" else ""
    return f"{fence}{pad}{text}{pad}{fence}"
