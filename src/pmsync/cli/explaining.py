"""Conflicts and explanations as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby

from rich.text import Text

from pmsync.cli.shell import clean
from pmsync.engine.reading import ConflictState, Explanation, FieldState, PlaceState, Side, show
from pmsync.store.journal import Entry

_HAPPENED = {
    "hub": "taken over",
    "conflict": "in conflict",
    "resolve": "resolved",
    "overruled": "overruled",
    "overwritten": "written over unseen",
}


def conflict_lines(found: Sequence[ConflictState]) -> Iterator[Text]:
    """Each conflict: its name, what was agreed, every side, and how to end it."""
    for one in found:
        yield Text.assemble((f"{clean(one.name)}  {one.field}", "bold yellow"), (f"  conflict {one.uid[:8]}", "dim"))
        systems = sorted({side.system for side in one.sides})
        width = max(len(name) for name in (*systems, "agreed"))
        yield Text.assemble(("    agreed".ljust(width + 6), "dim"), clean(one.base))
        for side in one.sides:
            yield Text.assemble((f"    {side.system:<{width}}  ", "bold"), clean(side.shown), (_by(side), "dim"))
        yield Text(f"    end it: pmsync resolve {one.uid[:8]} --take {' | '.join(systems)}, or --value TEXT", style="dim")


def _by(side: Side) -> str:
    known = [clean(side.actor)] if side.actor else []
    known += [when(side.at)] if side.at else []
    return f"  ({', '.join(known)})" if known else ""


def explanation_lines(found: Explanation) -> Iterator[Text]:
    """An item, field by field: value, who set it and why, where it shows, what happened to it."""
    yield Text(clean(found.title), style="bold")
    yield Text(" = ".join(map(clean, found.records)))
    for value in found.fields:
        yield from _field_lines(value)


def _field_lines(value: FieldState) -> Iterator[Text]:
    yield Text()
    yield Text.assemble((f"{value.field}: ", "bold"), (clean(value.value), "bold green"))
    yield Text(f"    set by {clean(value.source)}, {when(value.at)}")
    yield Text(f"    because {clean(value.why)}")
    width = max((len(clean(place.record)) for place in value.places), default=0)
    for place in value.places:
        yield _place_line(place, width)
    yield from _history_lines(value.history, value.why)


def _place_line(place: PlaceState, width: int) -> Text:
    line = Text(f"    {clean(place.record):<{width}}  shows {clean(place.shown)}")
    if place.shown != place.agreed:
        return line.append(f"; last agreed on {clean(place.agreed)}", style="yellow")
    return line.append(f"; undone by run {place.undone[:8]}", style="yellow") if place.undone else line


def _history_lines(history: Sequence[Entry], told: str) -> Iterator[Text]:
    """What happened, in its order; a sentence that stood before is not said again."""
    for (kind, at, why), entries in groupby(history, key=lambda entry: (entry.kind, int(entry.at), entry.why)):
        line = Text(f"    {when(at)}  {_happened(kind, list(entries))}", style="dim")
        yield line if why == told else line.append(f": {clean(why)}")
        told = why


def _happened(kind: str, entries: Sequence[Entry]) -> str:
    """The entries of one kind and moment in words."""
    if kind in ("write", "undo"):
        where = ", ".join(dict.fromkeys(clean(entry.system) for entry in entries))
        return f"written to {where}" if kind == "write" else f"undone in {where}"
    lost = [clean(show(entry.before)) for entry in entries if kind == "overruled" and entry.before is not None]
    return " ".join([_HAPPENED.get(kind, kind), *lost])


def when(at: float) -> str:
    """A moment, in UTC, to the second."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%SZ") if at else "never"
