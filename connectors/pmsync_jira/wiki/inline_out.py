"""The inside of one Markdown paragraph, heading, item or cell as wiki markup. Pure, and linear in the length of the text.

First the text is cut into pieces: words, code, tags, links and the marks that may open or close. Then marks are paired as CommonMark
says. Then all is written, each mark with the spelling its neighbours allow. What wiki markup cannot say raises ``Unsayable``.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

from pmsync_jira.wiki import islands
from pmsync_jira.wiki.marks import Mark, Piece, paired, written

Definitions = Mapping[str, tuple[str, str]]
"""Label to (address, title)."""


class Unsayable(Exception):
    """Wiki markup has no words for this block; the message says for what."""


_TOKEN = re.compile(
    r"""
    [\\`*_~<&\[\]!:@\#\n{]
  (?:
    (?P<line>(?<=\n)[ \t]*)
  | (?P<url>(?<=:)//[^\s<>|\[\]{}"`\\]*[^\s<>|\[\]{}"`\\.,;:!?*_~'()+^-])
  | (?P<back>(?<=\\)(?:[!-/:-@\[-`{-~]|\n[ \t]*))
  | (?P<run>(?<=[*])[*]*|(?<=_)_*|(?<=~)~*)
  | (?P<code>(?<=`)`*)
  | (?P<auto>(?<=<)(?:(?:https?|ftp)://[^\s<>]*|mailto:[^\s<>]*|[\w.+-]+@[\w.-]+)>)
  | (?P<tag>(?<=<)(?:!--(?:[ ]-->)?|/?[A-Za-z][A-Za-z0-9-]*(?:\s+[\w:.-]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'=<>`]+))?)*+\s*/?>))
  | (?P<entity>(?<=&)(?:\#[0-9]{1,7}|\#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]*);)
  | (?P<open>(?<=!)\[|(?<=\[))
  | (?P<close>(?<=\]))
  )
    """,
    re.VERBOSE,
)
_ACTIVE = re.compile(
    r"""
    (?P<slash>\\(?=[^\w\s]|_|$|\\))
  | (?P<amp>&(?=\#?\w+;))
  | \{(?=[A-Za-z{*_+^~-])
  | \[
  | (?<![\w!])!(?=\S)
  | [*](?:(?<!\s[*])|(?!\s|$))
  | (?<![^\W_])_|_(?![^\W_])
  | (?<![^\W_])[+^~-](?!\s|$)|(?<!\s)(?<!^)[+^~-](?![^\W_])
  | \?(?=\?)
    """,
    re.VERBOSE,
)
_MAY_BE = re.compile(r"[\\&{\[!*_+^~?-]").search
_IN_CODE = re.compile(r"[{}\[\]*_+^~!|-]|\\(?=[^\w\s]|_|$)|\?(?=\?)|&(?=#?\w+;)")
_SCHEME = re.compile(r"(?<![^\W_])(?:https?|ftp)$")
_TARGET = re.compile(
    r"""\([ \n]*(?:<(?P<angle>[^<>\n]*)>|(?P<bare>[^\s<>()]*(?:\([^\s<>()]*\)[^\s<>()]*)*))
        (?:\s+(?:"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>(?:[^'\\]|\\.)*)'))?[ \n]*\)""",
    re.VERBOSE,
)
_REFERENCE = re.compile(r"\[((?:[^\[\]\\]|\\.)*)\]")
_UNESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_GOOD = re.compile(r"(?:(?:https?|ftp)://|mailto:|\#)[^\s|\[\]{}\\^<>\"]+")
_QUIET = re.compile(r"[\\`*_~<&\[\]!:@#\n{?+^-]").search
_MARKS = {"b": "*", "strong": "*", "i": "_", "em": "_", "s": "-", "del": "-", "ins": "+", "sup": "^", "sub": "~", "cite": "??"}
_NAME = re.compile(r'<a name="([\w.-]+)">')
_SPAN = re.compile(r'<span title="([#\w]+)">')
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_TAG_NAME = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9-]*)\s*>")


def inline(text: str, definitions: Definitions, *, line: str = "\n", cell: bool = False) -> str:
    """The Markdown of one block's inside as wiki markup; ``line`` is how a line break is written, ``cell`` escapes bars."""
    if _QUIET(text) is None and "|" not in text:
        return text
    pieces = _Cut(text, definitions, cell).pieces()
    return written(paired(pieces), line)


class _Cut:
    """Cuts one text into pieces."""

    __slots__ = ("_brackets", "_fences", "_out", "cell", "definitions", "text")

    def __init__(self, text: str, definitions: Definitions, cell: bool) -> None:
        self.text = text
        self.definitions = definitions
        self.cell = cell
        self._out: list[Piece] = []
        self._brackets: list[tuple[int, int, bool]] = []
        self._fences: dict[int, list[int]] | None = None

    def pieces(self) -> list[Piece]:
        text, out, search = self.text, self._out, _TOKEN.search
        position = 0
        plain = 0
        while match := search(text, position):
            start, end, kind = match.start(), match.end(), match.lastgroup
            if kind == "url":
                scheme = _SCHEME.search(text, max(plain, start - 6), start)
                if scheme is None:
                    position = start + 1
                    continue
                start = scheme.start()
            if kind == "entity" and html.unescape(match[0]) == match[0]:
                position = end
                continue
            if start > plain:
                out.append(self._words(text[plain:start]))
            position = plain = self._take(kind or "", match, start, end)
        if plain < len(text):
            out.append(self._words(text[plain:]))
        return out

    def _take(self, kind: str, match: re.Match[str], start: int, end: int) -> int:
        text, out = self.text, self._out
        if kind == "url":
            out.append(text[start:end])
        elif kind == "line" or (kind == "back" and match[0][1] == "\n"):
            self._trim()
            out.append("\n")
        elif kind == "back":
            out.append(self._escaped(match[0][1]))
        elif kind == "entity":
            char = html.unescape(match[0])
            out.append(self._escaped(char) if char in "&\\|" else self._words(char))
        elif kind == "run":
            before = text[start - 1] if start else " "
            after = text[end] if end < len(text) else " "
            out.append(Mark.run(match[0], before, after))
        elif kind == "code":
            return self._code(match[0], end)
        elif kind == "auto":
            address = match[0][1:-1]
            out.append(f"[{address}]" if ":" in address else f"[mailto:{address}]")
        elif kind == "tag":
            return self._tag(match[0], end)
        elif kind == "open":
            self._brackets.append((len(out), end, match[0] == "!["))
            out.append("\\!\\[" if match[0] == "![" else "\\[")
        else:
            return self._bracket(start, end)
        return end

    def _trim(self) -> None:
        if self._out and isinstance(self._out[-1], str):
            self._out[-1] = self._out[-1].rstrip(" ")

    def _words(self, text: str) -> str:
        if _MAY_BE(text):
            text = _ACTIVE.sub(_spelled, text)
        return text.replace("|", "\\|") if self.cell and "|" in text else text

    def _escaped(self, sign: str) -> str:
        if sign == "\\":
            return "&#92;"
        return "\\" + sign if sign in "*_{[]!~^+-?|#." else ("&amp;" if sign == "&" else sign)

    def _code(self, fence: str, end: int) -> int:
        close = self._closing(len(fence), end)
        if close < 0:
            self._out.append(fence)
            return end
        inside = self.text[end:close].replace("\n", " ")
        if len(inside) > 2 and inside[0] == inside[-1] == " " and inside.strip(" "):
            inside = inside[1:-1]
        if not inside.strip():
            raise Unsayable("code of blanks alone")
        self._out.append("{{" + _IN_CODE.sub(_code_sign, inside) + "}}")
        return close + len(fence)

    def _closing(self, length: int, start: int) -> int:
        """Where the next run of exactly ``length`` backticks begins, from ``start``. All runs are found once."""
        if self._fences is None:
            self._fences = {}
            for match in re.finditer("`+", self.text):
                self._fences.setdefault(len(match[0]), []).append(match.start())
            for places in self._fences.values():
                places.reverse()
        places = self._fences.get(length, [])
        while places and places[-1] < start:
            places.pop()
        return places[-1] if places else -1

    def _tag(self, tag: str, end: int) -> int:
        out, text = self._out, self.text
        if tag == "<!-- -->":
            return end
        if _BREAK.fullmatch(tag):
            self._trim()
            out.append("\n")
            return end + (
                len(text[end : end + 8]) - len(text[end : end + 8].lstrip(" \n")) if text[end : end + 1] in (" ", "\n") else 0
            )
        match = _TAG_NAME.fullmatch(tag)
        if match and match[2].lower() in _MARKS:
            out.append(Mark.tag(_MARKS[match[2].lower()], closing=bool(match[1]), raw=tag))
        elif tag == "<samp>":
            return self._island(end)
        elif (anchor := _NAME.fullmatch(tag)) and text.startswith("</a>", end):
            out.append(f"{{anchor:{anchor[1]}}}")
            return end + 4
        elif span := _SPAN.fullmatch(tag):
            out.append(Mark.tag("{color}", closing=False, raw=f"{{color:{span[1]}}}"))
        elif tag == "</span>":
            out.append(Mark.tag("{color}", closing=True, raw="{color}"))
        else:
            raise Unsayable(f"the tag {tag[:40]}")
        return end

    def _island(self, end: int) -> int:
        close = self.text.find("</samp>", end, end + 2000)
        source = islands.source(self.text[end:close]) if close >= 0 else None
        if source is None:
            raise Unsayable("the tag <samp>")
        self._out.append(source)
        return close + 7

    def _bracket(self, start: int, end: int) -> int:
        out, text = self._out, self.text
        if not self._brackets:
            out.append("]")
            return end
        index, inside, image = self._brackets.pop()
        found = self._address(inside, start, end)
        if found is None:
            out.append("]")
            return end
        address, title, after = found
        if image:
            out[index:] = [_image(text[inside:start], address, title)]
            return after
        self._brackets.clear()
        words = written(paired(out[index + 1 :]), "\n")
        out[index:] = [_link(words, text[inside:start], address, title)]
        return after

    def _address(self, inside: int, start: int, end: int) -> tuple[str, str, int] | None:
        """(address, title, where the link ends) of the bracket closed at ``start``; None where it is only a bracket."""
        text = self.text
        if text.startswith("(", end) and (match := _TARGET.match(text, end)):
            angle, title = match["angle"], match["double"] or match["single"] or ""
            return _plain(match["bare"] if angle is None else angle), _plain(title), match.end()
        if not self.definitions:
            return None
        if (reference := _REFERENCE.match(text, end)) and (
            label := label_of(reference[1] or text[inside:start])
        ) in self.definitions:
            return *self.definitions[label], reference.end()
        if start - inside < 1000 and (label := label_of(text[inside:start])) in self.definitions:
            return *self.definitions[label], end
        return None


def label_of(text: str) -> str:
    """A link label as definitions are looked up by it."""
    return " ".join(text.casefold().split())


def _plain(text: str) -> str:
    return html.unescape(_UNESCAPE.sub(r"\1", text))


def _spelled(match: re.Match[str]) -> str:
    if match["slash"]:
        return "&#92;"
    return "&amp;" if match["amp"] else "\\" + match[0]


def _code_sign(match: re.Match[str]) -> str:
    sign = match[0]
    return "&#92;" if sign == "\\" else "&amp;" if sign == "&" else "\\" + sign


def _link(words: str, raw: str, address: str, title: str) -> str:
    if _GOOD.fullmatch(address) is None:
        raise Unsayable(f"a link to {address[:40]}")
    if raw == address and not title and address[0] != "#":
        return f"[{address}]"
    if not words.strip() or "\n" in words or re.search(r"(?<!\\)\[", words) or re.search(r"[|\]\n{}]", title):
        raise Unsayable("a link whose words are no plain words")
    safe = re.sub(r"(?<!\\)[|\]]", r"\\\g<0>", words)
    return f"[{safe}|{address}|{title}]" if title else f"[{safe}|{address}]"


def _image(raw: str, address: str, title: str) -> str:
    alt = _plain(raw)
    if (
        _GOOD.fullmatch(address) is None
        or address[0] in "#m"
        or "!" in address
        or (alt and title)
        or re.search(r"[|!\n{}\[\]]", alt + title)
    ):
        raise Unsayable("an image that is not on the web")
    if re.search(r"[,=*_`\\<&]", alt):
        raise Unsayable("an image with a marked description")
    settings = f"alt={alt}" if alt else title
    return f"!{address}|{settings}!" if settings else f"!{address}!"
