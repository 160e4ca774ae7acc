"""Atlassian's document format to Markdown that people can read. Pure.

Each node is spelled, read back, and kept as an island where it does not come back as it was: nothing is bent unseen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import marklas

from pmsync.text.inline import Run, spell
from pmsync_jira.adf.files import attachment, files, without_addresses
from pmsync_jira.adf.islands import ADDRESS, Islands, attached, quiet_words, words_of
from pmsync_jira.adf.nodes import GREY, SOURCE, Node, attrs_of, bare, children, document, name_of, walk

_MARKS = {"strong": "strong", "em": "emphasis", "strike": "strikethrough", "underline": "underline"}
_LISTS = ("bulletList", "orderedList", "taskList")
_HIDDEN = {"\ufdd0": "&#32;", "\ufdd1": "&#10;", "\ufdd2": "&#9;", "\ufdd3": "&#13;"}
PANELS = {"info": "NOTE", "note": "IMPORTANT", "success": "TIP", "warning": "WARNING", "error": "CAUTION"}
"""Jira's panels and the alerts that GitHub has for them."""

BOXES = {"[ ] ": "\u2610 ", "[x] ": "\u2611 "}
"""Boxes of items, and their signs in a list that is no task list in Jira, because not all items have one or they hold more than words."""

PICTURE = "\U0001f5bc "
"""What a link begins with that stands for a picture within a line, which Jira cannot show there."""

Reader = Callable[[str, Islands], list[dict[str, Any]]]


class Unspeakable(Exception):
    """The node has no form in Markdown."""


def show(content: Sequence[Node], islands: Islands, read: Reader) -> list[str]:
    """One Markdown text per node; joined by empty lines they are the document's.

    Args:
        content: the blocks.
        islands: what the document holds.
        read: how Markdown is read, for the proof that a spelling comes back as the node.
    """
    texts: list[str] = []
    other = False
    for index, owner in enumerate(content):
        kind = owner.get("type")
        other = kind in _LISTS and index > 0 and content[index - 1].get("type") in _LISTS and not other
        texts.append(_proven(owner, islands, read, other))
    return texts


def _proven(owner: Node, islands: Islands, read: Reader, other: bool) -> str:
    try:
        text = _Speaker(islands).block(owner, other)
        if is_source(owner) or [bare(found) for found in read(text, islands)] == [bare(owner)]:
            return text
    except (Unspeakable, RecursionError):  # nested deeper than anybody reads: an island like all that Markdown has no words for
        return _island(owner, islands, read)
    return _island(owner, islands, read)


def is_source(owner: Node) -> bool:
    """The node holds Markdown for which Jira has no form: it is shown as this Markdown, whatever that would be read as."""
    return owner.get("type") == "codeBlock" and attrs_of(owner) == {"language": SOURCE}


def _island(owner: Node, islands: Islands, read: Reader) -> str:
    for inner in (_glimpse(owner), f"\\[{owner.get('type', 'unknown')}\\]"):
        text = f'<div data-adf="{name_of(owner)}">\n\n{inner}\n\n</div>'
        if [name_of(found) for found in read(text, islands)] == [name_of(owner)]:
            return text
    raise ValueError(f"a {owner.get('type')} node could not be shown")


def _glimpse(owner: Node) -> str:
    """The island's words as far as they can be shown; its type where it has none. Files go by their names."""
    if owner.get("type") in ("mediaSingle", "mediaGroup", "blockCard", "embedCard") and (
        named := files(owner) or words_of(owner)
    ):
        said = " ".join(str(found["text"]) for found in walk(owner) if found.get("text"))
        return spell([Run("text", f"{named} {said}".strip())])
    try:
        shown = marklas.to_md(document([owner]), plain=True)
    except Exception:  # noqa: BLE001  # whatever a node nobody knows does to a library, its words remain
        shown = ""
    shown = without_addresses(re.sub(r"</?(?:div|span)\b[^>]*>", "", shown)).strip()
    for found in walk(owner):
        if found.get("type") in ("media", "mediaInline"):
            shown = shown.replace(f" ({(found.get('attrs') or {}).get('id')})", "")
    return shown or spell(
        [Run("text", " ".join(str(found["text"]) for found in walk(owner) if found.get("text")) or words_of(owner))]
    )


class _Speaker:
    """Spells nodes; ``Unspeakable`` where there is no way to."""

    def __init__(self, islands: Islands) -> None:
        self._islands = islands

    def block(self, owner: Node, other: bool = False) -> str:
        kind = str(owner.get("type"))
        if owner.get("marks"):
            raise Unspeakable(kind)
        if kind in _LISTS:
            return self._list(owner, other)
        spoken = _BLOCKS.get(kind)
        if spoken is None:
            raise Unspeakable(kind)
        return spoken(self, owner)

    def blocks(self, content: Sequence[Node]) -> str:
        """Blocks one after another; a list stands tight under its paragraph."""
        out = ""
        other = False
        for index, owner in enumerate(content):
            kind, before = owner.get("type"), content[index - 1].get("type") if index else None
            other = kind in _LISTS and before in _LISTS and not other
            text = self.block(owner, other)
            tight = before == "paragraph" and kind in ("bulletList", "taskList")
            out += (("\n" if tight else "\n\n") if index else "") + text
        return out

    def row(self, owner: Node, line: str = "\n", cell: bool = False) -> str:
        """The words of a block that holds words."""
        runs = [run for child in children(owner) for run in self._runs(child)]
        text = spell(_hide(runs), line, cell)
        for sign, entity in _HIDDEN.items():
            text = text.replace(sign, entity)
        return text

    def _runs(self, owner: Node) -> list[Run]:
        kind = owner.get("type")
        if kind == "hardBreak":
            return [Run("break", "\n")]
        if kind == "text":
            return self._text(owner)
        words = quiet_words(owner)
        if words and self._islands.quiet.get(words) == owner:
            return [Run("text", words)]
        if words and self._islands.cards.get(words) == owner:
            return [Run("text", words, url=words)]
        return _named(owner, Run("text", words_of(owner)))

    def _text(self, owner: Node) -> list[Run]:
        marks = list(owner.get("marks") or ())
        words = str(owner.get("text", ""))
        if marks == [GREY] and re.fullmatch(r"<[!?/A-Za-z][^\n]*>", words):
            return [Run("html", words)]
        names: set[str] = set()
        url: str | None = None
        title, code, strange = "", False, False
        for mark in marks:
            attrs = mark.get("attrs") or {}
            if mark["type"] == "link" and set(attrs) <= {"href", "title"}:
                url, title = str(attrs.get("href", "")), str(attrs.get("title") or "")
            elif mark["type"] == "code":
                code = True
            elif mark["type"] == "subsup" and attrs.get("type") in ("sub", "sup"):
                names.add(str(attrs["type"]))
            elif mark["type"] in _MARKS and not attrs:
                names.add(_MARKS[mark["type"]])
            else:
                strange = True
        if strange or (code and names) or attached(owner):
            return _named(owner, Run("text", words_of(owner)))
        if url is not None and words.startswith(PICTURE) and not (names or code):
            return [Run("image", words.removeprefix(PICTURE), url=url, title=title)]
        if code or url is not None:
            return [Run("code" if code else "text", words, frozenset(names), url, title)]
        return self._addresses(Run("text", words, frozenset(names)))

    def _addresses(self, run: Run) -> list[Run]:
        """The run with its bare addresses as links, which the islands take back."""
        done: list[Run] = []
        at = 0
        for match in ADDRESS.finditer(run.text):
            if match.group() in self._islands.addresses:
                done += [replace(run, text=run.text[at : match.start()]), replace(run, text=match.group(), url=match.group())]
                at = match.end()
        return [piece for piece in (*done, replace(run, text=run.text[at:])) if piece.text]

    def paragraph(self, owner: Node) -> str:
        if attrs_of(owner):
            raise Unspeakable("paragraph")
        content = children(owner)
        if not content:
            return "<br>"
        if _is_markup(content):
            return "".join("\n" if child["type"] == "hardBreak" else str(child["text"]) for child in content)
        return self.row(owner)

    def heading(self, owner: Node) -> str:
        attrs = attrs_of(owner)
        if set(attrs) != {"level"}:
            raise Unspeakable("heading")
        return f"{'#' * int(attrs['level'])} {self.row(owner, '<br>')}".rstrip(" ")

    def code(self, owner: Node) -> str:
        attrs = attrs_of(owner)
        text = "".join(str(child.get("text", "")) for child in children(owner))
        if set(attrs) - {"language"} or not all(
            child.get("type") == "text" and not child.get("marks") for child in children(owner)
        ):
            raise Unspeakable("codeBlock")
        language = str(attrs.get("language") or "")
        if is_source(owner):
            return text.strip("\n")
        sign = "~" if "`" in language else "`"
        longest = max((len(run) for run in re.findall(f"{sign}+", text)), default=0)
        fence = sign * max(3, longest + 1)
        return "\n".join([fence + language, *([text] if text else []), fence])

    def quote(self, owner: Node) -> str:
        if attrs_of(owner):
            raise Unspeakable("blockquote")
        return _quoted(self.blocks(children(owner)))

    def panel(self, owner: Node) -> str:
        attrs = attrs_of(owner)
        alert = PANELS.get(str(attrs.get("panelType")))
        if alert is None or set(attrs) != {"panelType"}:
            raise Unspeakable("panel")
        content = children(owner)
        if content and content[0].get("type") != "paragraph":
            return _quoted(f"[!{alert}]\n\n{self.blocks(content)}")
        return _quoted(f"[!{alert}]\n{self.blocks(content)}")

    def expand(self, owner: Node) -> str:
        attrs = attrs_of(owner)
        title = str(attrs.get("title") or "")
        if set(attrs) - {"title"} or re.search(r"[<>&\n]", title) or title != title.strip():
            raise Unspeakable("expand")
        return f"<details>\n<summary>{title}</summary>\n\n{self.blocks(children(owner))}\n\n</details>"

    def image(self, owner: Node) -> str:
        content = children(owner)
        attrs = attrs_of(content[0]) if len(content) == 1 else {}
        plain = attrs.get("type") == "external" and set(attrs) <= {"type", "url", "alt"} and not content[0].get("marks")
        if not plain or attachment(str(attrs["url"])) or attrs_of(owner) != {"layout": "center"}:
            raise Unspeakable("mediaSingle")
        return spell([Run("image", str(attrs.get("alt", "")), url=str(attrs["url"]))])

    def table(self, owner: Node) -> str:
        rows = [children(row) for row in children(owner)]
        cells = [cell for row in rows for cell in row]
        if attrs_of(owner) or not rows or any(len(row) != len(rows[0]) or not row for row in rows):
            raise Unspeakable("table")
        kinds = [{cell.get("type") for cell in row} for row in rows]
        if kinds != [{"tableHeader"}, *[{"tableCell"}] * (len(rows) - 1)] or any(attrs_of(cell) for cell in cells):
            raise Unspeakable("table")
        if any([child.get("type") for child in children(cell)] != ["paragraph"] for cell in cells):
            raise Unspeakable("table")
        aligns = [_alignment([children(row[index])[0] for row in rows]) for index in range(len(rows[0]))]
        lines = ["| " + " | ".join(self.row(children(cell)[0], "<br>", cell=True) for cell in row) + " |" for row in rows]
        lines.insert(1, "| " + " | ".join(aligns) + " |")
        return "\n".join(lines)

    def _list(self, owner: Node, other: bool) -> str:
        kind = owner["type"]
        if set(attrs_of(owner)) - ({"order"} if kind == "orderedList" else set()):
            raise Unspeakable(kind)
        number = int(attrs_of(owner).get("order", 1))
        lines: list[str] = []
        for index, item in enumerate(children(owner)):
            bullet = "* " if other else "- "
            if kind == "taskList":
                lines.append(self._task(item, bullet))
                continue
            lead = f"{number + index}{')' if other else '.'} " if kind == "orderedList" else bullet
            lines.append(_indented(lead, self._item(item)))
        return "\n".join(lines)

    def _item(self, item: Node) -> str:
        content = children(item)
        if item.get("type") != "listItem" or attrs_of(item):
            raise Unspeakable("listItem")
        if len(content) == 1 and content[0].get("type") == "paragraph" and not children(content[0]):
            return ""
        text = self.blocks(content)
        return next((box + text[2:] for box, sign in BOXES.items() if text.startswith(sign)), text)

    def _task(self, item: Node, bullet: str) -> str:
        if item.get("type") == "taskList":
            return "\n".join("  " + line for line in self._list(item, False).split("\n"))
        state = attrs_of(item).get("state")
        if item.get("type") != "taskItem" or state not in ("TODO", "DONE") or set(attrs_of(item)) != {"state"}:
            raise Unspeakable("taskItem")
        return _indented(bullet, f"[{'x' if state == 'DONE' else ' '}] {self.row(item)}")


def _is_markup(content: Sequence[Node]) -> bool:
    """HTML that stands alone in Markdown: all of it grey, from a tag on."""
    first = content[0].get("marks") == [GREY] and str(content[0].get("text", "")).startswith("<")
    return first and all(child.get("type") == "hardBreak" or child.get("marks") == [GREY] for child in content)


def _named(owner: Node, run: Run) -> list[Run]:
    return [Run("html", f'<span data-adf="{name_of(owner)}">'), run, Run("html", "</span>")]


def _hide(row: list[Run]) -> list[Run]:
    """Blanks that Markdown would swallow are written as entities: those at the ends of lines, and what is no space at all."""
    done: list[Run] = []
    for index, run in enumerate(row):
        if run.kind != "text":
            done.append(run)
            continue
        text = run.text.replace("\n", "\ufdd1").replace("\t", "\ufdd2").replace("\r", "\ufdd3")
        if text.startswith(" ") and (index == 0 or row[index - 1].kind == "break"):
            text = "\ufdd0" + text[1:]
        if text.endswith(" ") and (index + 1 == len(row) or row[index + 1].kind == "break"):
            text = text[:-1] + "\ufdd0"
        done.append(replace(run, text=text))
    return done


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip(" ") for line in text.split("\n"))


def _indented(lead: str, text: str) -> str:
    pad = " " * len(lead)
    first, *rest = text.split("\n")
    return "\n".join([(lead + first).rstrip(" "), *(pad + line if line else "" for line in rest)])


def _alignment(cells: Sequence[Node]) -> str:
    """The delimiter for a column, whose cells must all stand alike."""
    marks = [list(cell.get("marks") or ()) for cell in cells]
    if any(each != marks[0] for each in marks) or any(attrs_of(cell) for cell in cells):
        raise Unspeakable("table")
    signs: Mapping[str, str] = {"center": ":-:", "end": "--:"}
    if not marks[0]:
        return "---"
    if len(marks[0]) == 1 and marks[0][0].get("type") == "alignment":
        return signs[str(marks[0][0]["attrs"]["align"])]
    raise Unspeakable("table")


_BLOCKS: Mapping[str, Callable[[_Speaker, Node], str]] = {
    "paragraph": _Speaker.paragraph,
    "heading": _Speaker.heading,
    "codeBlock": _Speaker.code,
    "blockquote": _Speaker.quote,
    "panel": _Speaker.panel,
    "expand": _Speaker.expand,
    "mediaSingle": _Speaker.image,
    "table": _Speaker.table,
    "rule": lambda speaker, owner: "---",
}
