"""Pure: what an op means as edits of a roadmap's text. Each edit changes the characters of its value and nothing else."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pmsync.connect.contract import Revision
from pmsync.connect.errors import Conflict, Rejected
from pmsync.model.enums import Kind, Nature
from pmsync.model.labels import by_key, label_key
from pmsync.model.record import Record
from pmsync.model.roadmap import Entry, Horizon, Roadmap
from pmsync.model.values import EMPTY, Known, Observed, Settled, Unobserved, known, members, raw
from pmsync.reconcile.operation import Change, Operation
from pmsync.roadmap.edit import Value, add_item, add_release, change
from pmsync.roadmap.tree import Mapping as Node
from pmsync.roadmap.tree import parse
from pmsync_files.mapping import RELEASES, SHIPPED, horizon_label

_KEYS = {"title": "title", "description": "description", "release": "release", "parent": "parent", "needs": "needs"}
_RELEASE_KEYS = {"title": "name", "start": "start", "ship": "ship", "shipped": "shipped"}
_TEXTS = frozenset({"title", "description"})
_WORDS = re.compile(r"[^a-z0-9]+")
_SLUG = 40
"""Characters of a new key before its suffix."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file as it stands: its text, the tree of it, what it means, its records, and what the labels of horizons begin with."""

    text: str
    tree: Node
    roadmap: Roadmap
    records: Mapping[str, Record]
    prefix: str


def updated(sheet: Sheet, op: Operation) -> str:
    """The text after an update.

    Raises:
        Rejected: the item is not in the file, or a value cannot stand there.
        Conflict: a value is another one by now.
    """
    record = sheet.records.get(op.ref.remote_id) if op.ref else None
    if record is None:
        raise Rejected(f"{op.key} is not in the file any more", hint="write it into the file again, or leave it unmanaged")
    moved = [one for one in op.changes if one.before != one.after]
    _refuse_stale(record, moved)
    text = sheet.text
    for one in moved:
        path = ("releases" if record.kind is Kind.RELEASE else "items", record.key)
        for key, value in _edits(sheet, record, one):
            text = change(text, (*path, key), value, sheet.tree if text is sheet.text else None)
    return text


def created(sheet: Sheet, op: Operation) -> tuple[str, str]:
    """The text with the new item or release, and its remote id. The same op makes the same one: where it is there, the text stays.

    Raises:
        Rejected: a value cannot stand there.
    """
    line = sheet.roadmap.line
    is_release = op.item_kind.nature is Nature.RELEASE
    title = next((str(raw(one.after)) for one in op.changes if one.field == "title"), "")
    if not title:
        raise Rejected("an entry without a title cannot be told from others")
    key = f"{_slug(title)}-{op.uid.replace('-', '')[-6:]}"
    remote_id = f"{line}/{RELEASES if is_release else ''}{key}"
    if remote_id in sheet.records:
        return sheet.text, remote_id
    values: dict[str, Value] = {} if is_release else {"kind": str(op.item_kind)}
    for one in op.changes:
        for name, value in _edits(sheet, None, one, release=is_release):
            values[name] = value
    text = add_release(sheet.text, key, values) if is_release else add_item(sheet.text, key, values)
    return (_marked(text, "releases" if is_release else "items", key, op.marker) if op.marker else text), remote_id


def revised(text: str, revisions: Sequence[Revision]) -> str:
    """The text after a person's revisions.

    Raises:
        Rejected: one leads through what is not there.
    """
    for one in revisions:
        try:
            text = change(text, one.path, one.value)
        except KeyError as error:
            raise Rejected(f"{'.'.join(one.path)}: there is no {error.args[0]!r} in the file") from None
    return text


def _refuse_stale(record: Record, moved: list[Change]) -> None:
    """Sets travel as deltas; any other value only where ``before`` still holds."""
    for one in moved:
        shown = record.values.get(one.surface, EMPTY)
        stale = isinstance(shown, Unobserved) or (not isinstance(raw(one.before), frozenset) and shown != one.before)
        opened = isinstance(shown, Unobserved) and not shown.reason
        if stale and not opened and one.surface not in ("labels", "needs"):
            raise Conflict(f"{record.key}: {one.field} was changed in the file meanwhile")


def _edits(sheet: Sheet, record: Record | None, one: Change, *, release: bool = False) -> list[tuple[str, Value]]:
    """Keys of the entry and what they are to hold."""
    if one.surface == "labels":
        return _labels(sheet, record, one)
    if one.surface == "needs":
        shown = members(_seen(record, one.surface))
        return [("needs", tuple(_need(sheet, uid) for uid in sorted((shown | one.added) - one.removed)))]
    text = raw(one.after)
    if isinstance(text, frozenset):
        raise Rejected(f"{one.field} holds one value in a roadmap")
    if release or (record is not None and record.kind is Kind.RELEASE):
        return _release_edits(one, text)
    key = _KEYS[one.surface]
    if text is None and key == "title":
        raise Rejected("an item without a title cannot be told from others")
    if text is not None and key in ("release", "parent"):
        text = _within(sheet, key, text)
    return [(key, text)]


def _release_edits(one: Change, text: str | None) -> list[tuple[str, Value]]:
    key = _RELEASE_KEYS[one.surface]
    if key == "shipped":
        return [(key, "true" if text == SHIPPED else None)]
    if text is None and key == "name":
        raise Rejected("a release without a name cannot be told from others")
    return [(key, text)]


def _labels(sheet: Sheet, record: Record | None, one: Change) -> list[tuple[str, Value]]:
    """A label of a horizon is the horizon; the others are labels."""
    horizons = {label_key(horizon_label(horizon, sheet.prefix)): horizon for horizon in Horizon}
    entry = sheet.roadmap.items[record.key] if record is not None else Entry("")
    seen = by_key(entry.labels)
    added, removed = by_key(one.added), by_key(one.removed)
    wanted = {**seen, **{key: label for key, label in added.items() if key not in horizons}}
    kept = tuple(label for key, label in wanted.items() if key not in removed or key in added)
    edits: list[tuple[str, Value]] = []
    if set(kept) != set(entry.labels):
        edits.append(("labels", tuple(sorted(kept))))
    horizon = _horizon(
        entry, {horizons[key] for key in added if key in horizons}, {horizons[key] for key in removed if key in horizons}
    )
    return edits if horizon == entry.horizon else [*edits, ("horizon", None if horizon is None else str(horizon))]


def _horizon(entry: Entry, added: set[Horizon], removed: set[Horizon]) -> Horizon | None:
    rest = added | ({entry.horizon} - removed if entry.horizon else set())
    if len(rest) > 1:
        names = " and ".join(sorted(map(str, rest)))
        said = f"{names} cannot both be the horizon of {entry.key or 'an item'}"
        raise Rejected(said, surfaces={"labels": said}, hint="take one of the two labels away")
    return next(iter(rest), None)


def _within(sheet: Sheet, key: str, remote_id: str) -> str:
    """The key of an item or release of the same file."""
    line, _, rest = remote_id.partition("/")
    name = rest.removeprefix(RELEASES) if key == "release" else rest
    known_there = sheet.roadmap.releases if key == "release" else sheet.roadmap.items
    if line != sheet.roadmap.line or name not in known_there:
        raise Rejected(f"{remote_id} is not in {sheet.roadmap.line}.yaml, so no item there can name it as its {key}")
    return name


def _need(sheet: Sheet, remote_id: str) -> str:
    line, _, key = remote_id.partition("/")
    return key if line == sheet.roadmap.line else remote_id


def _seen(record: Record | None, surface: str) -> Settled:
    shown = record.values.get(surface, EMPTY) if record is not None else EMPTY
    return known(None) if isinstance(shown, Unobserved) else shown


def _slug(title: str) -> str:
    """A key of the words of a title."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().casefold()
    return _WORDS.sub("-", plain).strip("-")[:_SLUG].strip("-") or "item"


def _marked(text: str, part: str, key: str, marker: str) -> str:
    """The text with our mark behind the key of a new entry, where it is found again."""
    tree, _ = parse(text, "")
    holder = tree.get(part)
    pair = holder.value.get(key) if holder is not None and isinstance(holder.value, Node) else None
    if pair is None or (isinstance(pair.value, Node) and pair.value.flow):
        raise Rejected(
            f"{part} stand in braces, where a new one cannot be marked", hint="write them one below the other: pmsync fmt"
        )
    colon = text.index(":", pair.at.end) + 1
    return f"{text[:colon]}  # pmsync:{marker}{text[colon:]}"


def refuse_collateral(before: Mapping[str, Record], after: Mapping[str, Record], remote_id: str, op: Operation) -> None:
    """Have an edit change what it is for and nothing else; YAML has corners, and a file is not ours.

    Raises:
        Rejected: it would do more, or another thing.
    """
    others = {name: one.version for name, one in before.items() if name != remote_id}
    if others != {name: one.version for name, one in after.items() if name != remote_id}:
        raise Rejected("the edit would change other items of the file as well", hint="edit the file by hand")
    record = after.get(remote_id)
    if record is None:
        raise Rejected("the edit would not read back", hint="edit the file by hand")
    for one in op.changes:
        shown = record.values.get(one.surface, EMPTY)
        delta = isinstance(raw(one.after), frozenset) or isinstance(raw(one.before), frozenset)
        if one.before == one.after or delta or shown == one.after or (isinstance(shown, Unobserved) and one.after == EMPTY):
            continue
        if one.surface in _TEXTS and str(raw(one.after) or "").rstrip("\n") == str(_text_of(shown) or "").rstrip("\n"):
            continue
        said = f"{one.field} cannot stand in the file as it is: it would read back as another value"
        raise Rejected(said, surfaces={one.surface: said}, hint="edit the file by hand")


def _text_of(shown: Observed) -> str | None:
    """The text of what a record shows."""
    return shown.value if isinstance(shown, Known) and isinstance(shown.value, str) else None
