"""Islands: nodes that Markdown has no words for. They stand in the text by name and come back, unharmed, from the document they are in.

A name alone makes nothing: only what the old document holds can be named. So nobody conjures a macro or a mention by typing one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pmsync_jira.adf.files import attachment
from pmsync_jira.adf.nodes import Node, children, names_in, walk

ADDRESS = re.compile(r"https?://[^\s<>|\\`*\[\]()\"']*[\w/]", re.ASCII)
OPEN = re.compile(r'<(span|div) data-adf="([\w-]+)">')
# fmt: off
_PARTS = frozenset({
    "listItem", "taskItem", "blockTaskItem", "decisionItem", "tableRow", "tableCell", "tableHeader", "media", "caption", "layoutColumn",
    "extensionFrame",
})
_INLINE = frozenset({
    "text", "hardBreak", "mention", "emoji", "date", "status", "inlineCard", "placeholder", "inlineExtension", "mediaInline",
})
_OF_LINES = frozenset({"paragraph", "heading", "taskItem", "decisionItem", "caption"})
# fmt: on
_TEXTUAL = ("text", "alt", "shortName", "url", "title", "extensionKey", "id")


@dataclass(slots=True)
class Islands:
    """What one document holds.

    Attributes:
        by_name: every node by its name.
        quiet: mentions and emoji by the words that stand for them, where these can mean only one node.
        cards: smart links by their address.
        addresses: web addresses that stand in the text without being links.
        within: names of what stands in a line, whatever it is.
    """

    by_name: dict[str, Node] = field(default_factory=dict)
    quiet: dict[str, Node] = field(default_factory=dict)
    cards: dict[str, Node] = field(default_factory=dict)
    addresses: set[str] = field(default_factory=set)
    within: set[str] = field(default_factory=set)

    def block(self, name: str) -> Node | None:
        """The block of that name; None for what cannot stand alone."""
        owner = self.by_name.get(name)
        return None if owner is None or owner.get("type") in _PARTS | _INLINE else owner

    def inline(self, name: str) -> Node | None:
        """What stands within a line under that name; None for a block."""
        owner = self.by_name.get(name)
        if owner is None or (owner.get("type") not in _INLINE and name not in self.within):
            return None
        return owner

    def split(self, text: str) -> Iterator[str | Node]:
        """The text with the quiet islands in it."""
        if not self.quiet:
            yield text
            return
        names = "|".join(
            re.escape(words) + (r"(?!\w)" if words[-1].isalnum() else "") for words in sorted(self.quiet, reverse=True)
        )
        done = 0
        for match in re.finditer(names, text):
            if match.start() > done:
                yield text[done : match.start()]
            yield self.quiet[match.group()]
            done = match.end()
        if done < len(text):
            yield text[done:]


def islands_of(document: Node | None) -> Islands:
    """The islands of a document."""
    found = Islands()
    doubtful: set[str] = set()
    linked: set[str] = set()
    names = names_in(document) if document else {}
    for owner in walk(document) if document else ():
        if owner.get("type") == "doc":
            continue
        found.by_name[names[id(owner)]] = owner
        if owner.get("type") in _OF_LINES:
            found.within.update(names[id(child)] for child in children(owner))
        if owner.get("type") == "text":
            marks = {str(mark.get("type")): mark for mark in owner.get("marks") or ()}
            (linked if "link" in marks else found.addresses).update(ADDRESS.findall(str(owner.get("text", ""))))
        if words := quiet_words(owner):
            shelf = found.cards if owner["type"] == "inlineCard" else found.quiet
            if shelf.setdefault(words, owner) != owner:
                doubtful.add(words)
    found.addresses -= linked | set(found.cards)
    for words in doubtful:
        found.quiet.pop(words, None)
        found.cards.pop(words, None)
    return found


def quiet_words(owner: Node) -> str:
    """The words that alone stand for the node; "" where it must be named."""
    attrs = owner.get("attrs") or {}
    if owner.get("marks"):
        return ""
    kind = owner.get("type")
    if kind == "mention":
        text = str(attrs.get("text") or "")
        return text if re.fullmatch(r"@\S(?:.*\S)?", text) else ""
    if kind == "emoji":
        text = str(attrs.get("text") or "")
        return text if text and not text.isascii() else str(attrs.get("shortName") or "")
    if kind == "inlineCard":
        url = str(attrs.get("url") or "")
        return url if not attachment(url) and re.fullmatch(r"https?://[^\s<>|]+", url) else ""
    return ""


def attached(owner: Node) -> str:
    """The name of the attachment that words or a smart link lead to; "" for everything else."""
    links = [mark.get("attrs") or {} for mark in owner.get("marks") or () if mark.get("type") == "link"]
    addresses = [str(attrs.get("href") or "") for attrs in links]
    if owner.get("type") in ("inlineCard", "blockCard", "embedCard"):
        addresses.append(str((owner.get("attrs") or {}).get("url") or ""))
    return next((name for address in addresses if (name := attachment(address))), "")


def words_of(owner: Node) -> str:
    """What people see of an inline island."""
    attrs: dict[str, Any] = owner.get("attrs") or {}
    stamp = str(attrs.get("timestamp", ""))
    if name := attached(owner):
        said = str(owner.get("text", ""))
        return f"[attachment: {name}]" if said in ("", name) or attachment(said) else f"{said} [attachment: {name}]"
    if owner.get("type") == "text":
        return str(owner.get("text", ""))
    if owner.get("type") == "date" and re.fullmatch(r"-?\d{1,14}", stamp):
        try:
            return datetime.fromtimestamp(int(stamp) / 1000, UTC).date().isoformat()
        except (OverflowError, ValueError):  # a moment beyond the calendar is shown as it stands
            return stamp
    if owner.get("type") == "mediaInline":
        return f"[attachment: {attrs.get('alt') or attrs.get('id') or 'file'}]"
    shown = next((str(attrs[name]) for name in _TEXTUAL if attrs.get(name)), "")
    if shown and owner.get("type") in ("mention", "status", "emoji", "placeholder", "inlineCard"):
        return shown
    inner = "".join(words_of(child) for child in children(owner))
    return inner or f"[{owner.get('type', 'unknown')}{': ' + shown if shown else ''}]"
