"""Markdown to Atlassian's document format. Pure.

What Jira has no form for raises ``Unsayable``; nothing is dropped.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pmsync.text.inline import Run, exact_runs
from pmsync.text.parse import Token, parse
from pmsync_jira.adf.files import is_uploaded
from pmsync_jira.adf.islands import OPEN, Islands, attached, words_of
from pmsync_jira.adf.nodes import GREY, SOURCE, Node, node
from pmsync_jira.adf.show import BOXES, PANELS, PICTURE

_MARKS = {"strong": "strong", "emphasis": "em", "strikethrough": "strike", "underline": "underline"}
_ALERTS = {alert: kind for kind, alert in PANELS.items()}
_ALERT = re.compile(r"\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\]")
_DETAILS = re.compile(r"<details>\s*<summary>([^<>&\n]*)</summary>", re.IGNORECASE)
_MAY_HOLD = {
    "blockquote": {"paragraph", "orderedList", "bulletList", "codeBlock", "mediaSingle", "mediaGroup", "extension"},
    "listItem": {"paragraph", "orderedList", "bulletList", "taskList", "codeBlock", "mediaSingle", "extension"},
    "panel": {
        *("paragraph", "heading", "orderedList", "bulletList", "blockCard", "mediaGroup", "mediaSingle", "codeBlock", "taskList"),
        *("rule", "decisionList", "extension"),
    },
    "expand": {
        *(
            "paragraph",
            "panel",
            "blockquote",
            "orderedList",
            "bulletList",
            "rule",
            "heading",
            "codeBlock",
            "mediaGroup",
            "mediaSingle",
        ),
        *("decisionList", "taskList", "table", "blockCard", "embedCard", "extension"),
    },
}


class Unsayable(Exception):
    """Markdown that Jira has no form for; the message names it."""


class _NotATask(Exception):
    """An item holds more than a task of Jira can."""


class Reader:
    """Reads Markdown into nodes.

    Attributes:
        touched: names of islands whose words the text has otherwise than the document; they come back as the document has them.
    """

    def __init__(self, islands: Islands) -> None:
        self._islands = islands
        self.touched: list[str] = []

    def read(self, text: str) -> list[dict[str, Any]]:
        """The nodes of ``text``.

        Raises:
            Unsayable: part of it has no form in Jira.
        """
        return self._blocks(parse(text))

    def _blocks(self, tokens: Sequence[Token]) -> list[dict[str, Any]]:
        done: list[dict[str, Any]] = []
        index = 0
        while index < len(tokens):
            token = tokens[index]
            index += 1
            if token["type"] == "blank_line":
                continue
            if token["type"] == "block_html":
                index = self._html(tokens, index, done)
            else:
                done.extend(self._block(token))
        return done

    def _html(self, tokens: Sequence[Token], index: int, done: list[dict[str, Any]]) -> int:
        """Read the HTML at ``index - 1``; gives the index after what belongs to it."""
        raw = str(tokens[index - 1]["raw"]).strip()
        if match := OPEN.fullmatch(raw):
            end = _closing(tokens, index, "</div>", OPEN)
            owner = self._islands.block(match.group(2))
            if end is not None and owner is not None:
                done.append(dict(owner))
                return end + 1
        if match := _DETAILS.fullmatch(raw):
            end = _closing(tokens, index, "</details>", re.compile("<details.*", re.DOTALL))
            if end is not None:
                title = match.group(1).strip()
                content = self._blocks(tokens[index:end])
                done.append(_held("expand", content or [node("paragraph")], {"title": title} if title else None))
                return end + 1
        done.append(_markup(raw))
        return index

    def _block(self, token: Token) -> list[dict[str, Any]]:
        kind = token["type"]
        if kind in ("paragraph", "block_text"):
            return [self._paragraph(token["children"])]
        if kind == "heading":
            return [node("heading", self._row(token["children"]), {"level": token["attrs"]["level"]})]
        if kind == "thematic_break":
            return [node("rule")]
        if kind == "block_code":
            return [_code(token)]
        if kind == "block_quote":
            return [self._quote(token)]
        if kind == "list":
            return [self._list(token)]
        if kind == "table":
            return [self._table(token)]
        raise Unsayable(kind)

    def _paragraph(self, tokens: Sequence[Token]) -> dict[str, Any]:
        runs = exact_runs(tokens)
        alone = len(runs) == 1 and runs[0].kind == "image" and not runs[0].title and runs[0].within is None
        if alone and not is_uploaded(runs[0].url or ""):
            alt = {"alt": runs[0].text} if runs[0].text else {}
            media = node("media", attrs={"type": "external", "url": runs[0].url or "", **alt})
            return node("mediaSingle", [media], {"layout": "center"})
        return node("paragraph", self._nodes(runs))

    def _quote(self, token: Token) -> dict[str, Any]:
        content = [child for child in token["children"] if child["type"] != "blank_line"]
        if content and content[0]["type"] == "paragraph":
            first = exact_runs(content[0]["children"])
            alert = _ALERT.fullmatch(first[0].text) if first and first[0].kind == "text" and not first[0].marks else None
            if alert and (len(first) == 1 or first[1].kind == "break"):
                rest = [node("paragraph", self._nodes(first[2:]))] if len(first) > 2 else []
                nodes = [*rest, *self._blocks(content[1:])]
                return _held("panel", nodes or [node("paragraph")], {"panelType": _ALERTS[alert.group(1)]})
        return _held("blockquote", self._blocks(content) or [node("paragraph")])

    def _list(self, token: Token) -> dict[str, Any]:
        items = token["children"]
        if all(item["type"] == "task_list_item" for item in items) and not token["attrs"]["ordered"]:
            with contextlib.suppress(_NotATask):
                return node("taskList", [task for item in items for task in self._task(item)])
        content = [_held("listItem", self._item(item)) for item in items]
        number = int(token["attrs"].get("start", 1))
        if not token["attrs"]["ordered"]:
            return node("bulletList", content)
        return node("orderedList", content, {"order": number} if number != 1 else None)

    def _item(self, item: Token) -> list[dict[str, Any]]:
        content = self._blocks(item["children"]) or [node("paragraph")]
        if item["type"] == "task_list_item":
            if content[0]["type"] != "paragraph":
                raise Unsayable("a box without words")
            box = _text(BOXES["[x] " if item["attrs"]["checked"] else "[ ] "])
            content[0] = node("paragraph", [box, *content[0].get("content", ())])
        return content

    def _task(self, item: Token) -> list[dict[str, Any]]:
        content = [child for child in item["children"] if child["type"] != "blank_line"]
        words, rest = content[:1], content[1:]
        if words and words[0]["type"] not in ("paragraph", "block_text"):
            raise _NotATask
        state = {"state": "DONE" if item["attrs"]["checked"] else "TODO"}
        deeper = self._blocks(rest)
        if any(child["type"] != "taskList" for child in deeper):
            raise _NotATask
        return [node("taskItem", self._row(words[0]["children"]) if words else (), state), *deeper]

    def _table(self, token: Token) -> dict[str, Any]:
        head, *body = token["children"]
        rows = [head["children"], *(row["children"] for part in body for row in part["children"])]
        aligns = {"center": "center", "right": "end"}
        made: list[dict[str, Any]] = []
        for index, row in enumerate(rows):
            cells: list[dict[str, Any]] = []
            for cell in row:
                paragraph = node("paragraph", self._row(cell["children"]))
                if align := aligns.get(str(cell["attrs"].get("align"))):
                    paragraph["marks"] = [{"type": "alignment", "attrs": {"align": align}}]
                cells.append(node("tableCell" if index else "tableHeader", [paragraph]))
            made.append(node("tableRow", cells))
        return node("table", made)

    def _row(self, tokens: Sequence[Token]) -> list[dict[str, Any]]:
        return self._nodes(exact_runs(tokens))

    def _nodes(self, runs: Sequence[Run]) -> list[dict[str, Any]]:
        done: list[dict[str, Any]] = []
        index = 0
        while index < len(runs):
            run = runs[index]
            index += 1
            island = self._named(runs, index) if run.kind == "html" else None
            if island is not None:
                owner, index = island
                done.append(owner)
            elif run.kind == "text" and not run.marks and run.link is None:
                done.extend(_text(part) if isinstance(part, str) else dict(part) for part in self._islands.split(run.text))
            elif (
                run.kind == "text" and run.url == run.text and run.text in self._islands.cards and not run.marks and not run.title
            ):
                done.append(dict(self._islands.cards[run.text]))
            elif run.kind == "text" and run.url == run.text and run.text in self._islands.addresses and not run.title:
                done.append(_inline(replace(run, url=None)))
            elif run.text or run.kind == "image":
                done.append(_inline(run))
            else:
                raise Unsayable("a link without words")
        return done

    def _named(self, runs: Sequence[Run], index: int) -> tuple[dict[str, Any], int] | None:
        match = OPEN.fullmatch(runs[index - 1].text)
        owner = self._islands.inline(match.group(2)) if match else None
        end = next((i for i in range(index, len(runs)) if runs[i].kind == "html"), None)
        if owner is None or end is None or runs[end].text != "</span>":
            return None
        words = "".join(run.text for run in runs[index:end])
        if words != words_of(owner):
            if owner.get("type") == "text" and words and not attached(owner):
                return {**owner, "text": words}, end + 1
            self.touched.append(words)
        return dict(owner), end + 1


def _closing(tokens: Sequence[Token], index: int, tag: str, again: re.Pattern[str]) -> int | None:
    depth = 1
    for place in range(index, len(tokens)):
        if tokens[place]["type"] != "block_html":
            continue
        raw = str(tokens[place]["raw"]).strip()
        depth += 1 if again.fullmatch(raw) else -1 if raw.lower() == tag else 0
        if not depth:
            return place
    return None


def _held(kind: str, content: Sequence[Node], attrs: dict[str, Any] | None = None) -> dict[str, Any]:
    for child in content:
        if child["type"] not in _MAY_HOLD[kind]:
            raise Unsayable(f"a {child['type']} in a {kind}")
    return node(kind, content, attrs)


def _code(token: Token) -> dict[str, Any]:
    language = str(token.get("attrs", {}).get("info") or "").strip()
    if language == SOURCE:
        raise Unsayable("a code block in the language that stands for Markdown")
    text = str(token["raw"]).removesuffix("\n")
    return node("codeBlock", [{"type": "text", "text": text}] if text else (), {"language": language} if language else None)


def _markup(raw: str) -> dict[str, Any]:
    """HTML that stands alone: its source in grey, line by line; an empty line for a bare break."""
    if re.fullmatch(r"<br\s*/?>", raw, re.IGNORECASE):
        return node("paragraph")
    content: list[dict[str, Any]] = []
    for index, line in enumerate(raw.split("\n")):
        if index:
            content.append({"type": "hardBreak"})
        if line:
            content.append({"type": "text", "text": line, "marks": [GREY]})
    return node("paragraph", content)


def _text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def _inline(run: Run) -> dict[str, Any]:
    if run.kind == "break":
        return {"type": "hardBreak"}
    if run.kind == "html":
        if run.link is not None or "\n" in run.text:
            raise Unsayable("a tag in a link")
        return {"type": "text", "text": run.text, "marks": [GREY]}
    if run.kind == "image" and run.within is not None:
        raise Unsayable("a picture in a link")
    marks: list[dict[str, Any]] = [{"type": "code"}] if run.kind == "code" else []
    marks += [{"type": _MARKS[name]} for name in _MARKS if name in run.marks]
    marks += [{"type": "subsup", "attrs": {"type": name}} for name in ("sub", "sup") if name in run.marks]
    if len([mark for mark in marks if mark["type"] == "subsup"]) > 1:
        raise Unsayable("a text above and below the line at once")
    if run.url is not None:
        marks.append({"type": "link", "attrs": {"href": run.url, **({"title": run.title} if run.title else {})}})
    words = PICTURE + run.text if run.kind == "image" else run.text
    return {"type": "text", "text": words, "marks": marks} if marks else _text(words)
