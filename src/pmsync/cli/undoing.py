"""The undo of a run as a person reads it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pmsync.cli import plans
from pmsync.cli.explaining import when
from pmsync.cli.shell import clean

if TYPE_CHECKING:
    from rich.console import Group

    from pmsync.cli.plans import Shown
    from pmsync.engine.undo import Undoing
    from pmsync.reconcile.view import Skip


def as_table(found: Undoing, shown: Shown, *, every: bool) -> Group:
    """For a terminal: what would be written, what is left alone and why, and what the run did besides."""
    from rich.console import Group
    from rich.text import Text

    run = found.run
    head = Text(f"run {run.uid[:8]}: {run.kind}, {when(run.started_at)}", style="dim")
    bare = dataclasses.replace(shown, skips=())
    more = f"pmsync undo {run.uid[:8]} --all"
    body = plans.as_table(bare, more) if shown.writes else Text(_nothing(found))
    skips, omitted = _listed(found.plan.skips, every=every)
    told = [Text(f"{_word(skip)}: {clean(skip.reason)}", style="yellow") for skip in skips]
    told += [Text(f"... and {omitted:,} more: {more}", style="yellow")] if omitted else []
    return Group(head, body, *told, *(Text(f"stays: {words}", style="dim") for words in found.stays))


def as_markdown(found: Undoing, shown: Shown, *, every: bool) -> str:
    """For a pull request."""
    name = f"pmsync undo {found.run.uid[:8]}"
    lines = [plans.as_markdown(shown, name) if shown.writes else f"**{name}:** {_nothing(found)}."]
    return "\n".join([*lines, *_markdown_rest(found, every=every)])


def _markdown_rest(found: Undoing, *, every: bool) -> Iterator[str]:
    skips, omitted = _listed(found.plan.skips, every=every)
    yield from (f"\n{_word(skip).capitalize()}: {plans.cell(skip.reason)}" for skip in skips)
    if omitted:
        yield f"\n... and {omitted:,} more"
    yield from (f"\nStays: {plans.cell(words)}" for words in found.stays)


def as_json(found: Undoing, shown: Shown) -> dict[str, Any]:
    """For machines: the plan in words, and why the rest is left alone."""
    left = [
        {"record": skip.subject, "field": skip.field, "surface": skip.surface, "code": skip.code, "reason": skip.reason}
        for skip in found.plan.skips
    ]
    run = {"uid": found.run.uid, "kind": found.run.kind, "started_at": found.run.started_at}
    return {**plans.as_json(found.plan, shown), "run": run, "left_alone": left, "stays": list(found.stays)}


def _nothing(found: Undoing) -> str:
    return "nothing of it can be undone" if found.plan.skips else "nothing to undo: it wrote nothing that landed"


def _word(skip: Skip) -> str:
    return "left open" if skip.code == "left_open" else "not undone"


def _listed(skips: Sequence[Skip], *, every: bool) -> tuple[Sequence[Skip], int]:
    kept = skips if every else skips[: plans.ROWS]
    return kept, len(skips) - len(kept)
