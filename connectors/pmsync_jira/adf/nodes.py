"""Nodes of Atlassian's document format: making them, comparing them, counting them. Pure.

Names and shapes: https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Node = Mapping[str, Any]

LIMIT = 32_767
"""The most characters Jira takes in a rich text field."""

GREY = {"type": "textColor", "attrs": {"color": "#97a0af"}}
"""How Markdown's HTML is shown in Jira: its tags as grey text, which reads back as these tags."""

SOURCE = "gfm-source"
"""The language of the code blocks that hold Markdown for which Jira has no form."""

_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "orderedList": {"order": 1},
    "tableCell": {"colspan": 1, "rowspan": 1},
    "tableHeader": {"colspan": 1, "rowspan": 1},
    "table": {"isNumberColumnEnabled": False, "layout": "default"},
}


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that could not be carried over as it is.

    Attributes:
        what: what it is and what became of it.
        where: the block it stands in, counted from 1.
        sample: the first words of it.
    """

    what: str
    where: int
    sample: str


def node(kind: str, content: Sequence[Node] = (), attrs: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A node; neither content nor attributes where there are none."""
    made: dict[str, Any] = {"type": kind}
    if attrs:
        made["attrs"] = dict(attrs)
    if content:
        made["content"] = [dict(child) for child in content]
    return made


def document(content: Sequence[Node]) -> dict[str, Any]:
    """A whole document."""
    return {"type": "doc", "version": 1, "content": [dict(child) for child in content]}


def children(parent: Node) -> Sequence[Node]:
    """The nodes within."""
    return parent.get("content") or ()


def attrs_of(owner: Node) -> Mapping[str, Any]:
    """What says something in the attributes: no local ids, nothing that is so by default, nothing without a value."""
    default = _DEFAULTS.get(str(owner.get("type")), {})
    given = owner.get("attrs") or {}
    return {
        name: value for name, value in given.items() if name != "localId" and value is not None and default.get(name) != value
    }


def bare(owner: Node) -> dict[str, Any]:
    """The node with nothing in it but what it says, so that equal documents are equal values."""
    kept: dict[str, Any] = {"type": owner.get("type")}
    if attrs := attrs_of(owner):
        kept["attrs"] = dict(attrs)
    if marks := owner.get("marks"):
        kept["marks"] = sorted((bare(mark) for mark in marks), key=lambda mark: json.dumps(mark, sort_keys=True))
    if owner.get("type") == "text":
        kept["text"] = owner.get("text", "")
    if content := list(_merged(bare(child) for child in children(owner))):
        kept["content"] = content
    kept.update(
        {name: value for name, value in owner.items() if name not in ("type", "attrs", "marks", "text", "content", "version")}
    )
    return kept


def _merged(row: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    last: dict[str, Any] | None = None
    for child in row:
        if last and last["type"] == child["type"] == "text" and last.get("marks") == child.get("marks"):
            last["text"] += child["text"]
            continue
        if last:
            yield last
        last = child
    if last:
        yield last


def name_of(owner: Node) -> str:
    """The name under which Markdown speaks of the node: its type and a hash of all it holds."""
    return names_in(owner)[id(owner)]


def names_in(owner: Node) -> dict[int, str]:
    """The names of the node and of all within, by ``id``."""
    names: dict[int, str] = {}
    for found in reversed(list(walk(owner))):
        own = {name: value for name, value in found.items() if name != "content"}
        spelled = json.dumps([own, [names[id(child)] for child in children(found)]], sort_keys=True, separators=(",", ":"))
        names[id(found)] = f"{found.get('type', 'node')}-{hashlib.sha256(spelled.encode()).hexdigest()[:8]}"
    return names


def walk(owner: Node) -> Iterator[Node]:
    """The node and all within, from the outside in."""
    todo = [owner]
    while todo:
        found = todo.pop()
        yield found
        todo.extend(reversed(children(found)))


def size(document: Node | None) -> int:
    """How many characters Jira counts in the document: its text, one per line break, and one between blocks."""
    if document is None:
        return 0
    own = sum(len(found.get("text", "")) + (found.get("type") == "hardBreak") for found in walk(document))
    return own + max(len(children(document)) - 1, 0)


def with_local_ids(content: Sequence[Node]) -> list[dict[str, Any]]:
    """Nodes that need a local id get one, the same each time for the same place and words."""
    return [
        _identified(child, f"{index}") if any(map(_nameless, walk(child))) else dict(child) for index, child in enumerate(content)
    ]


def _nameless(owner: Node) -> bool:
    return owner.get("type") in ("taskList", "taskItem") and "localId" not in (owner.get("attrs") or {})


def _identified(owner: Node, path: str) -> dict[str, Any]:
    made = dict(owner)
    if _nameless(owner):
        words = json.dumps(owner, sort_keys=True)
        made["attrs"] = {**(made.get("attrs") or {}), "localId": hashlib.sha256(f"{path} {words}".encode()).hexdigest()[:16]}
    if content := children(owner):
        made["content"] = [_identified(child, f"{path}.{index}") for index, child in enumerate(content)]
    return made
