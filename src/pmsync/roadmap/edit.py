"""Edits of a roadmap's text: each changes the characters of one value and nothing else. Comments, order and layout stay as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pmsync.roadmap import spell
from pmsync.roadmap.items import KEYS
from pmsync.roadmap.read import KEYS as ROOT_KEYS
from pmsync.roadmap.read import RELEASE_KEYS
from pmsync.roadmap.tree import Mapping as Node
from pmsync.roadmap.tree import Pair, Scalar, Tree, parse
from pmsync.roadmap.tree import Sequence as ListNode

Value = str | tuple[str, ...] | None
"""A text, a list, or None to take the key out."""

PROSE = frozenset({"title", "description", "public", "pin_reason", "owner", "name", "notes", "vision", "pricing"})
"""Keys whose values are texts; all others are words, numbers and dates, which stand without quotes."""

STEP = 2


def change(text: str, path: Sequence[str], value: Value, tree: Node | None = None) -> str:
    """The text with the value at ``path`` set, or taken out. ``tree``: of this very text, where it was parsed already.

    Raises:
        UnreadableError: the text is no document.
        KeyError: what the path leads through does not exist.
    """
    tree = tree or parse(text, "")[0]
    *above, key = path
    holder: Tree = tree
    pair: Pair | None = None
    for name in above:
        pair = holder.get(name) if isinstance(holder, Node) else None
        if pair is None:
            raise KeyError(name)
        holder = pair.value
    editor = _Editor(text, _newline(text))
    existing = holder.get(key) if isinstance(holder, Node) else None
    if value is None or value == ():
        return text if existing is None or not isinstance(holder, Node) else editor.without(holder, existing)
    if existing is not None:
        return editor.replaced(existing, value)
    return editor.inserted(holder, pair, key, value, _order(path))


def add_item(text: str, key: str, values: Mapping[str, Value]) -> str:
    """The text with a new item behind the last one; its values in canonical order.

    Raises:
        UnreadableError: the text is no document.
    """
    return _add(text, "items", key, {name: values[name] for name in KEYS if values.get(name)})


def add_release(text: str, key: str, values: Mapping[str, Value]) -> str:
    """The text with a new release behind the last one.

    Raises:
        UnreadableError: the text is no document.
    """
    return _add(text, "releases", key, {name: values[name] for name in RELEASE_KEYS if values.get(name)})


def _add(text: str, part: str, key: str, values: Mapping[str, Value]) -> str:
    tree, _ = parse(text, "")
    editor = _Editor(text, _newline(text))
    pair = tree.get(part)
    if pair is None:
        return editor.with_part(tree, part, key, values)
    node = pair.value
    if isinstance(node, Node) and node.pairs and not node.flow:
        return editor.behind_last(node, key, values)
    if isinstance(node, Node) and node.pairs:
        inner = ", ".join(f"{name}: {_flow(name, value)}" for name, value in values.items())
        at = node.pairs[-1].value.span.end
        return text[:at] + f", {spell.scalar(key, flow=True)}: {{{inner}}}" + text[at:]
    indent = pair.at.place.column - 1 + STEP
    colon = text.index(":", pair.at.end) + 1
    until = node.span.end if isinstance(node, Node) or (isinstance(node, Scalar) and node.text) else colon
    return editor.cut(colon, until, editor.newline + editor.entry(key, values, indent).rstrip("\r\n"))


def _order(path: Sequence[str]) -> tuple[str, ...]:
    """The canonical order of the keys beside the last one of ``path``."""
    if len(path) == 1:
        return ROOT_KEYS
    return KEYS if path[0] == "items" and len(path) == 3 else RELEASE_KEYS if path[0] == "releases" else ()


def _newline(text: str) -> str:
    return "\r\n" if text.count("\r\n") * 2 > text.count("\n") else "\n"


def _flow(name: str, value: Value) -> str:
    if isinstance(value, tuple):
        return spell.listed(value)
    return spell.scalar(value or "", flow=True) if name in PROSE else spell.bare(value or "", flow=True)


def end_of(tree: Tree) -> int:
    """Where the last character of a value stands, plus one: a block collection's own mark is behind the comments that follow it."""
    if isinstance(tree, Node) and not tree.flow and tree.pairs:
        last = tree.pairs[-1]
        return max(last.at.end, end_of(last.value)) if not _is_nothing(last.value) else last.at.end + 1
    if isinstance(tree, ListNode) and not tree.flow and tree.items:
        return end_of(tree.items[-1])
    return tree.span.end


def _holds(tree: Tree, value: Value) -> bool:
    if isinstance(tree, Scalar):
        return tree.kind != "null" and value in (tree.text, (tree.text,))
    shown = tuple(one.text if isinstance(one, Scalar) else None for one in tree.items) if isinstance(tree, ListNode) else None
    return shown == value


def _is_nothing(tree: Tree) -> bool:
    return isinstance(tree, Scalar) and tree.span.start == tree.span.end


class _Editor:
    def __init__(self, text: str, newline: str) -> None:
        self.text, self.newline = text, newline

    def cut(self, start: int, end: int, by: str) -> str:
        """The text with another piece in place of ``start`` to ``end``."""
        return self.text[:start] + by + self.text[end:]

    def replaced(self, pair: Pair, value: Value) -> str:
        """Another value for a key that stands there."""
        old = pair.value
        if _holds(old, value):
            return self.text
        if isinstance(value, tuple) and isinstance(old, ListNode):
            return self._list(old, value)
        spelled = self._spelled(pair.key, value, pair.at.place.column - 1, old)
        if _is_nothing(old):
            at = self.text.index(":", pair.at.end) + 1
            return self.cut(at, at, " " + spelled)
        end = old.span.end
        if isinstance(old, Scalar) and old.style in ("|", ">") and self.text[old.span.start : end].endswith("\n"):
            end = old.span.start + len(self.text[old.span.start : end].rstrip("\r\n"))
        elif not isinstance(old, Scalar):
            end = end_of(old)
        return self.cut(old.span.start, end, spelled)

    def without(self, holder: Node, pair: Pair) -> str:
        """The text without a key."""
        if holder.flow:
            return self._without_flow(holder, pair)
        start = self.text.rfind("\n", 0, pair.at.start) + 1
        return self.cut(start, self._line_end(self._end(pair)), "")

    def inserted(self, holder: Tree, at: Pair | None, key: str, value: Value, order: Sequence[str]) -> str:
        """A key that is not there yet, behind the one that comes before it in the canonical order."""
        before = self._before(holder, key, order) if isinstance(holder, Node) else None
        if isinstance(holder, Node) and holder.flow:
            piece = f"{key}: {_flow(key, value)}"
            if before is None:
                return self.cut(holder.span.start + 1, holder.span.start + 1, piece + (", " if holder.pairs else ""))
            end = self._end(before)
            return self.cut(end, end, ", " + piece)
        if not isinstance(holder, Node) or not holder.pairs:
            return self._below(at, key, value)
        indent = holder.pairs[0].at.place.column - 1
        piece = " " * indent + f"{key}: {self._spelled(key, value, indent)}"
        if before is None:
            start = self.text.rfind("\n", 0, holder.pairs[0].at.start) + 1
            return self.cut(start, start, piece + self.newline)
        return self._line_after(self._end(before), piece)

    def behind_last(self, node: Node, key: str, values: Mapping[str, Value]) -> str:
        """A new entry behind the last of a block mapping, set off by an empty line where the others are."""
        last = node.pairs[-1]
        indent = node.pairs[0].at.place.column - 1
        begin = self.text.rfind("\n", 0, last.at.start) + 1
        apart = self.text[:begin].rstrip(" \t").endswith((self.newline * 2, "\n\n")) and len(node.pairs) > 1
        entry = self.entry(key, values, indent)
        return self._line_after(self._end(last), (self.newline if apart else "") + entry.rstrip("\r\n"))

    def with_part(self, tree: Node, part: str, key: str, values: Mapping[str, Value]) -> str:
        """A part of the file that was not there yet, behind the part that comes before it."""
        piece = f"{part}:{self.newline}{self.entry(key, values, STEP)}"
        before = self._before(tree, part, ROOT_KEYS)
        if before is None and tree.pairs:
            start = self.text.rfind("\n", 0, tree.pairs[0].at.start) + 1
            return self.cut(start, start, piece + self.newline)
        if before is None:
            gap = "" if not self.text or self.text.endswith("\n") else self.newline
            return self.text + gap + piece
        return self._line_after(self._end(before), self.newline + piece.rstrip("\r\n"))

    def entry(self, key: str, values: Mapping[str, Value], indent: int) -> str:
        """A whole entry as lines."""
        lines = [f"{' ' * indent}{spell.scalar(key)}:"]
        inner = indent + STEP
        lines += [f"{' ' * inner}{name}: {self._spelled(name, value, inner)}" for name, value in values.items()]
        return self.newline.join(lines) + self.newline

    def _below(self, at: Pair | None, key: str, value: Value) -> str:
        """The first key of an entry that has none."""
        if at is None:
            gap = "" if not self.text or self.text.endswith("\n") else self.newline
            return self.text + gap + f"{key}: {self._spelled(key, value, 0)}{self.newline}"
        indent = at.at.place.column - 1 + STEP
        piece = self.newline + " " * indent + f"{key}: {self._spelled(key, value, indent)}"
        colon = self.text.index(":", at.at.end) + 1
        if isinstance(at.value, Scalar) and at.value.text:  # ~ or null
            return self.cut(colon, at.value.span.end, piece)
        return self.cut(colon, colon, piece)

    def _before(self, holder: Node, key: str, order: Sequence[str]) -> Pair | None:
        """The last pair that comes before ``key`` in the canonical order; the last of all where the order does not tell."""
        if key not in order:
            return holder.pairs[-1] if holder.pairs else None
        earlier = set(order[: order.index(key)])
        found = [pair for pair in holder.pairs if pair.key in earlier]
        return found[-1] if found else None

    def _spelled(self, key: str, value: Value, indent: int, old: Tree | None = None) -> str:
        if isinstance(value, tuple):
            return spell.listed(value)
        flow = self._in_flow(old)
        style = old.style if isinstance(old, Scalar) and old.style in ("'", '"') else ""
        if key not in PROSE:
            return spell.scalar(value or "", flow=flow, style=style) if style else spell.bare(value or "", flow=flow)
        literal = None if flow or style else spell.block(value or "", indent + STEP, self.newline)
        return literal or spell.scalar(value or "", flow=flow, style=style)

    def _in_flow(self, old: Tree | None) -> bool:
        """Whether a value stands between brackets: told from the line itself, which costs nothing and errs on the side of quotes."""
        if old is None:
            return False
        start = self.text.rfind("\n", 0, old.span.start) + 1
        return any(bracket in self.text[start : old.span.start] for bracket in "[{")

    def _end(self, pair: Pair) -> int:
        """Where a pair ends: behind its value, or behind the colon where it has none."""
        if _is_nothing(pair.value):
            return self.text.index(":", pair.at.end) + 1
        end = end_of(pair.value)
        return len(self.text[:end].rstrip("\r\n"))

    def _line_end(self, at: int) -> int:
        """Behind the end of the line that ``at`` stands in, its comment included."""
        end = self.text.find("\n", at)
        return len(self.text) if end < 0 else end + 1

    def _line_after(self, at: int, piece: str) -> str:
        """The text with ``piece`` as the line below the one that ``at`` stands in."""
        end = self._line_end(at)
        if end and self.text[end - 1] == "\n":
            return self.cut(end, end, piece + self.newline)
        return self.cut(end, end, self.newline + piece)

    def _without_flow(self, holder: Node, pair: Pair) -> str:
        index = holder.pairs.index(pair)
        if index:
            return self.cut(self._end(holder.pairs[index - 1]), self._end(pair), "")
        start, end = pair.at.start, self._end(pair)
        if len(holder.pairs) > 1:
            end = holder.pairs[1].at.start
        return self.cut(start, end, "")

    # -- lists ----------------------------------------------------------------------------------------------------------------

    def _list(self, old: ListNode, value: tuple[str, ...]) -> str:
        """Only what came or went moves."""
        shown = [one.text.strip() if isinstance(one, Scalar) else "" for one in old.items]
        new = [one for one in value if one not in shown]
        kept = [one for one, name in zip(old.items, shown, strict=True) if name in value]
        if not kept:
            return self.cut(old.span.start, end_of(old), spell.listed(value))
        return self._flow_list(old, kept, new) if old.flow else self._block_list(old, kept, new)

    def _flow_list(self, old: ListNode, kept: list[Tree], new: list[str]) -> str:
        if len(kept) == len(old.items):
            at = kept[-1].span.end
            return self.cut(at, at, "".join(f", {spell.scalar(one, flow=True)}" for one in new))
        pieces = [self.text[one.span.start : one.span.end] for one in kept]
        pieces += [spell.scalar(one, flow=True) for one in new]
        return self.cut(old.span.start, old.span.end, "[" + ", ".join(pieces) + "]")

    def _block_list(self, old: ListNode, kept: list[Tree], new: list[str]) -> str:
        indent = old.span.place.column - 1
        end = self._line_end(len(self.text[: end_of(kept[-1])].rstrip("\r\n")))
        text = self.cut(end, end, "".join(f"{' ' * indent}- {spell.scalar(one)}{self.newline}" for one in new))
        for one in reversed([one for one in old.items if one not in kept]):
            start = text.rfind("\n", 0, one.span.start) + 1
            stop = text.find("\n", one.span.start)
            text = text[:start] + text[len(text) if stop < 0 else stop + 1 :]
        return text
