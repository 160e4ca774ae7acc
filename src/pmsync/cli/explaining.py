"""Conflicts and explanations as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from rich.text import Text

from pmsync.cli.shell import clean
from pmsync.engine.reading import ConflictState, Explanation, FieldState


def conflict_lines(found: Sequence[ConflictState]) -> Iterator[Text]:
    """Each conflict: its name, every side, and how to end it."""
    for one in found:
        yield Text(f"{one.uid[:8]}  {clean(one.name)}  {one.field}  (agreed until now: {clean(one.base)})", style="bold yellow")
        for side in one.sides:
            by = f"  ({clean(side.actor)}, {when(side.at)})" if side.actor else ""
            yield Text(f"    {side.system}: {clean(side.shown)}{by}")
        systems = " | ".join(sorted({side.system for side in one.sides}))
        yield Text(f"    end it: pmsync resolve {one.uid[:8]} --take {systems}", style="dim")


def explanation_lines(found: Explanation) -> Iterator[Text]:
    """An item, field by field: value, who set it and why, where it shows, what happened to it."""
    yield Text(f"{clean(found.title)}  ({', '.join(map(clean, found.records))})", style="bold")
    for value in found.fields:
        yield from _field_lines(value)


def _field_lines(value: FieldState) -> Iterator[Text]:
    yield Text()
    yield Text(f"{value.field}: ", style="bold") + Text(clean(value.value), style="bold green")
    yield Text(f"    set by {clean(value.source)}, {when(value.at)}: {clean(value.why)}")
    for place in value.places:
        yield Text(f"    {clean(place.record)} shows {clean(place.shown)}; last agreed on {clean(place.agreed)}")
    for entry in value.history:
        yield Text(f"    {when(entry.at)}  {entry.kind}: {clean(entry.why)}", style="dim")


def when(at: float) -> str:
    """A moment, in UTC, to the second."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%SZ") if at else "never"
