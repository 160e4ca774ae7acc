"""Inline Markdown as a flat row of runs, and the one spelling of such a row. Pure.

A run is a piece with the same marks throughout. Runs have no nesting, so ``**a *b***`` and ``**a** ***b***`` differ only where the space
is, and neither the order nor the spelling of marks can make two equal rows look different.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pmsync.text.parse import Token

Marks = frozenset[str]

_SIGNS = {"strong": "**", "emphasis": "*", "strikethrough": "~~"}
_TAGS = {"strong": "strong", "emphasis": "em", "strikethrough": "del", "underline": "ins", "sub": "sub", "sup": "sup"}
_HTML = {tag: mark for mark, tag in _TAGS.items()} | {"b": "strong", "i": "emphasis", "s": "strikethrough", "u": "underline"}
_TAG = re.compile(rf"<(/?)({'|'.join(_HTML)})\s*>", re.IGNORECASE)
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\n]+")
_SPECIAL = re.compile(r"([\\`\[\]<~|]|(?<!\s)\*|\*(?!\s)|(?<!\w)_|_(?!\w)|&(?=#?\w+;)|:(?=//)|(?<=\s)#(?=#*\s*$))")
_LEAD = re.compile(r"^([-+=#>]|\d{1,9}(?=[.)]))")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|\w+);")
_BACKTICKS = re.compile("`+")
CALM = "<!-- -->"
"""The empty comment behind a sign that would call a person or link an issue."""
SIGN = re.compile(r"(?:[@#]|(?<![A-Za-z0-9])GH-)\Z", re.IGNORECASE)
"""A text that ends in such a sign."""


@dataclass(frozen=True, slots=True)
class Run:
    """One piece of a line.

    Attributes:
        kind: ``text``, ``code``, ``html``, ``image`` or ``break``.
        text: the words, the code, the tag as written, or the image's description.
        marks: which of strong, emphasis, strikethrough, underline, sub, sup; only text has any.
        url: the target of the link the run stands in, or the image's; None for neither.
        title: the link's or image's title.
        within: the link an image stands in, as (url, title).
    """

    kind: str
    text: str
    marks: Marks = frozenset()
    url: str | None = None
    title: str = ""
    within: tuple[str, str] | None = None

    @property
    def link(self) -> tuple[str, str] | None:
        """The link that the run stands in."""
        if self.kind == "image":
            return self.within
        return None if self.url is None else (self.url, self.title)


def runs(tokens: Iterable[Token]) -> list[Run]:
    """The inline tokens of one block, flat: tags for marks are marks, neighbours alike are one, blanks are single."""
    return _joined(_trimmed(exact_runs(tokens)))


def exact_runs(tokens: Iterable[Token]) -> list[Run]:
    """As ``runs``, with every blank where it stands."""
    return _joined(_tags_to_marks(_acting(list(_flatten(tokens)))))


def _acting(flat: list[Run]) -> list[Run]:
    """Without the empty comments that keep a name or a number from acting (``pmsync.text.inert``): they say nothing."""
    if not any(run.text == CALM for run in flat):
        return flat
    ends = range(1, len(flat) - 1)
    idle = {i for i in ends if flat[i].text == CALM and SIGN.search(flat[i - 1].text) and flat[i + 1].text[:1].isalnum()}
    return [run for index, run in enumerate(flat) if index not in idle or run.kind != "html"]


def _flatten(tokens: Iterable[Token]) -> Iterator[Run]:
    stack: list[tuple[Iterator[Token], Marks, tuple[str, str] | None]] = [(iter(tokens), frozenset(), None)]
    while stack:
        token = next(stack[-1][0], None)
        if token is None:
            stack.pop()
            continue
        _, marks, link = stack[-1]
        kind = token["type"]
        if kind in _SIGNS:
            stack.append((iter(token["children"]), marks | {kind}, link))
        elif kind == "link":
            stack.append((iter(token["children"]), marks, _target(token)))
            if not token["children"]:
                yield _run("text", "", frozenset(), _target(token))
        elif kind == "image":
            url, title = _target(token)
            yield Run("image", plain(token["children"]), url=url, title=title, within=link)
        elif kind in ("linebreak", "softbreak") or (kind == "inline_html" and _BREAK.fullmatch(token["raw"])):
            yield Run("break", "\n")
        elif kind == "inline_html":
            yield _run("html", token["raw"], frozenset(), link)
        elif kind == "codespan":
            yield _run("code", token["raw"], frozenset(), link)
        else:
            yield _run("text", _ENTITY.sub(_unescape, token["raw"]), marks, link)


def _unescape(match: re.Match[str]) -> str:
    return html.unescape(match.group())


def _run(kind: str, text: str, marks: Marks, link: tuple[str, str] | None) -> Run:
    return Run(kind, text, marks, *(link or (None, "")))


def _target(token: Token) -> tuple[str, str]:
    attrs = token["attrs"]
    return str(attrs["url"]), str(attrs.get("title") or "")


def plain(tokens: Iterable[Token]) -> str:
    """The words alone."""
    return "".join(run.text for run in _flatten(tokens) if run.kind != "html")


def _tags_to_marks(flat: list[Run]) -> list[Run]:
    """``<b>x</b>`` says what ``**x**`` says; a tag without its partner stays a tag."""
    opened: list[tuple[str, int]] = []
    pairs: dict[int, tuple[str, int]] = {}
    for index, run in enumerate(flat):
        match = _TAG.fullmatch(run.text) if run.kind == "html" else None
        if match is None:
            continue
        mark = _HTML[match.group(2).lower()]
        if not match.group(1):
            opened.append((mark, index))
        elif opened and opened[-1][0] == mark:
            pairs[opened.pop()[1]] = (mark, index)
    if not pairs:
        return flat
    return list(_marked(flat, pairs))


def _marked(flat: list[Run], pairs: dict[int, tuple[str, int]]) -> Iterator[Run]:
    ends = {end: mark for mark, end in pairs.values()}
    depth: dict[str, int] = {}
    for index, run in enumerate(flat):
        if index in pairs:
            mark = pairs[index][0]
            depth[mark] = depth.get(mark, 0) + 1
        elif index in ends:
            depth[ends[index]] -= 1
        elif run.kind == "text":
            yield replace(run, marks=run.marks | {mark for mark, level in depth.items() if level})
        else:
            yield run


def _joined(row: Iterable[Run]) -> list[Run]:
    """Neighbours alike are one text; empty text outside links is nothing."""
    done: list[Run] = []
    pieces: list[str] = []
    for run in row:
        if run.kind == "text" and not run.text and run.url is None:
            continue
        if run.kind == "text" and done and pieces and _alike(done[-1], run):
            pieces.append(run.text)
            continue
        _close(done, pieces)
        done.append(run)
        pieces = [run.text] if run.kind == "text" else []
    _close(done, pieces)
    return done


def _close(done: list[Run], pieces: list[str]) -> None:
    if len(pieces) > 1:
        done[-1] = replace(done[-1], text="".join(pieces))


def _alike(left: Run, right: Run) -> bool:
    return left.kind == right.kind == "text" and left.marks == right.marks and left.link == right.link


def _trimmed(row: list[Run]) -> list[Run]:
    """Blanks are single, none at the ends of lines, no break at the ends; marks end where the words end."""
    done: list[Run] = []
    for run in row:
        if run.kind == "text":
            done.extend(_loose(replace(run, text=_BLANKS.sub(" ", run.text))))
        else:
            done.append(run)
    return _edges(done)


def _loose(run: Run) -> Iterator[Run]:
    """A marked text without the blanks around it, these beside it unmarked."""
    core = run.text.strip(" ")
    if not run.marks or core == run.text:
        yield run
        return
    bare = replace(run, marks=frozenset())
    if run.text.startswith(" "):
        yield replace(bare, text=" ")
    if core:
        yield replace(run, text=core)
        if run.text.endswith(" "):
            yield replace(bare, text=" ")


def _edges(row: list[Run]) -> list[Run]:
    done: list[Run] = []
    for run in row:
        fresh = not done or done[-1].kind == "break"
        spaced = bool(done) and done[-1].kind == "text" and done[-1].text.endswith(" ")
        if run.kind == "break":
            _strip_end(done)
            if done:
                done.append(run)
        elif run.kind == "text" and (fresh or spaced) and run.text.startswith(" "):
            if run.text != " " or run.url is not None:
                done.append(replace(run, text=run.text[1:]))
        else:
            done.append(run)
    _strip_end(done)
    while done and done[-1].kind == "break":
        done.pop()
        _strip_end(done)
    return done


def _strip_end(done: list[Run]) -> None:
    while done and done[-1].kind == "text" and done[-1].url is None and done[-1].text.endswith(" "):
        text = done[-1].text.rstrip(" ")
        done[-1:] = [replace(done[-1], text=text)] if text else []


# -- spelling ---------------------------------------------------------------------------------------------------------------


def spell(row: Sequence[Run], line: str = "\n", cell: bool = False) -> str:
    """The row as Markdown that reads back as the row.

    Args:
        row: what ``runs`` gave.
        line: how a line break is written: a line feed, or ``<br>`` where there is only one line.
        cell: in a cell of a table.
    """
    out: list[str] = []
    index = 0
    while index < len(row):
        end = index + 1
        if row[index].link is not None:
            while end < len(row) and row[end].link == row[index].link and row[end].kind != "break":
                end += 1
            if out and out[-1].endswith("!") and row[index].kind != "image":
                out[-1] = out[-1][:-1] + "\\!"
            out.append(_linked(row[index:end], cell))
        else:
            while end < len(row) and row[end].link is None:
                end += 1
            out.append(_stretch(row[index:end], line, cell, "" if not out else out[-1][-1:], _peek(row, end)))
        index = end
    text = "".join(out)
    return line.join(_LEAD.sub(_escape_lead, part) for part in text.split(line))


def _escape_lead(match: re.Match[str]) -> str:
    found = match.group(1)
    return found + "\\" if found[0].isdigit() else "\\" + found


def _peek(row: Sequence[Run], index: int) -> str:
    """The first character of what follows; "" where a line ends."""
    if index >= len(row) or row[index].kind == "break":
        return ""
    run = row[index]
    return run.text[:1] if run.kind == "text" and run.link is None and not run.marks else "x"


def _linked(row: Sequence[Run], cell: bool) -> str:
    url, title = row[0].link or ("", "")
    words = row[0].text
    if len(row) == 1 and row[0].kind == "text" and not row[0].marks and not title:
        if words == url and re.fullmatch(r"https?://[^\s<>|]+", url):
            return f"<{url}>"
        if url == "mailto:" + words and re.fullmatch(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", words, re.ASCII):
            return f"<{words}>"
    inside = "".join(
        _image(run) if run.kind == "image" else _stretch([replace(run, url=None)], " ", cell, "[", "]") for run in row
    )
    return f"[{inside}]({_destination(url, title)})"


def _destination(url: str, title: str) -> str:
    where = f"<{url}>" if not url or re.search(r"[\s()|]", url) else url
    said = title.replace("\\", "\\\\").replace('"', '\\"').replace("|", "\\|")
    return f'{where} "{said}"' if title else where


def _image(run: Run) -> str:
    return f"![{_SPECIAL.sub(_escape, run.text)}]({_destination(run.url or '', run.title)})"


def _escape(match: re.Match[str]) -> str:
    return "\\" + match.group()


def _stretch(row: Sequence[Run], line: str, cell: bool, before: str, after: str) -> str:
    out = before
    start = len(before)
    for index, run in enumerate(row):
        follows = _peek(row, index + 1) if index + 1 < len(row) else after
        if run.kind == "break":
            out += line if _opens(row, index, before, after) else "<br>"
        elif run.kind == "code":
            out += _code(run.text, cell)
        elif run.kind == "html":
            out += run.text
        elif run.kind == "image":
            out += _image(run)
        else:
            out += _marks(run, out[-1:], follows)
    return out[start:]


def _opens(row: Sequence[Run], index: int, before: str, after: str) -> bool:
    """A line feed can stand for the break at ``index``: it is alone, words stand on both sides, and they could not begin a block."""
    if index + 1 >= len(row):
        return after != ""
    if not index:
        return before != ""
    follows = row[index + 1]
    if follows.kind in ("break", "html") or (follows.kind == "text" and (follows.marks or follows.text[:1].isspace())):
        return False
    return row[index - 1].kind != "break"


def _marks(run: Run, before: str, after: str) -> str:
    text = _SPECIAL.sub(_escape, run.text)
    names = [name for name in _TAGS if name in run.marks]
    sign = "***" if names == ["strong", "emphasis"] else _SIGNS.get(names[0], "") if len(names) == 1 else ""
    free = (not before or before in " \n\t(") and (not after or after in " \n\t.,;:!?)")
    if sign and free and text[:1].isalnum() and text[-1:].isalnum():
        return f"{sign}{text}{sign}"
    for name in reversed(names):
        text = f"<{_TAGS[name]}>{text}</{_TAGS[name]}>"
    return text


def _code(text: str, cell: bool) -> str:
    text = text.replace("\n", " ")
    if cell:
        text = text.replace("|", "\\|")
    longest = max(map(len, _BACKTICKS.findall(text)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if text.startswith(("`", " ")) or text.endswith(("`", " ")) else ""
    return f"{fence}{pad}{text}{pad}{fence}" if text.strip() else f"{fence}{text}{fence}"
