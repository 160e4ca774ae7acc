"""A plan as a person reads it: a table, Markdown for a pull request, or JSON; and loading one that was saved."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pmsync.cli.shell import clean
from pmsync.connect.errors import ConfigError

if TYPE_CHECKING:
    from rich.console import Group
    from rich.text import Text

    from pmsync.app import App
    from pmsync.reconcile.plan import Line, Plan

ROWS = 40
"""How many changes a table shows unless all are asked for."""


@dataclass(frozen=True, slots=True)
class Row:
    """One change of one write: what, and what holds it back ("" when `sync` would do it)."""

    op: str
    line: Line
    held: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A plan in words. ``writes`` counts ops; ``omitted`` the changes beyond ``rows``."""

    rows: tuple[Row, ...]
    writes: int
    held: int
    omitted: int
    counts: dict[str, int]
    skips: tuple[tuple[str, str], ...]


def show(app: App, plan: Plan, *, rows: int | None = ROWS) -> Shown:
    """Put the plan into words, with the remote's own names for values; ``rows`` limits how many changes are listed."""
    from pmsync.reconcile.plan import lines

    pairs = [(op, "") for op in plan.ops] + [(held.op, held.reason) for held in plan.held]
    surfaces = {
        scope: {surface.id: surface for surface in app.setup.connectors[scope.system].surfaces(scope)}
        for scope in {op.scope for op, _ in pairs}
        if scope.system in app.setup.connectors
    }
    every = [Row(op.uid, line, held) for op, held in pairs for line in lines(op, surfaces.get(op.scope, {}))]
    kept = every[:rows]
    skips = tuple(dict.fromkeys((skip.code, skip.reason) for skip in plan.skips))
    return Shown(tuple(kept), len(pairs), len(plan.held), len(every) - len(kept), dict(plan.counts()), skips)


def as_table(shown: Shown) -> Group:
    """For a terminal."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    if not shown.writes:
        return Group(Text("everything agrees: nothing to write"), *_left_alone(shown))
    table = Table("where", "what", "from", "to", "why", box=None, padding=(0, 2, 0, 0))
    last = ""
    for row in shown.rows:
        line = row.line
        head = "" if row.op == last else ("+ " if line.kind == "create" else "~ ") + line.key
        last = row.op
        table.add_row(
            Text(clean(head), style="bold"),
            line.field,
            Text(_cut(line.before), style="dim"),
            Text(_cut(line.after), style="green"),
            Text(_cut(line.why, 60), style="dim"),
        )
    parts: list[Any] = [table]
    if shown.omitted:
        parts.append(Text(f"... and {shown.omitted:,} more changes: pmsync plan --all", style="dim"))
    return Group(*parts, Text(), _sum(shown), *_left_alone(shown))


def _sum(shown: Shown) -> Text:
    from rich.text import Text

    said = ", ".join(f"{count:,} {name}" for name, count in shown.counts.items())
    text = Text(f"{shown.writes:,} writes: {said}", style="bold")
    if shown.held:
        reasons = dict.fromkeys(row.held for row in shown.rows if row.held)
        text.append(f"\n{shown.held:,} of them wait for `pmsync apply`:", style="yellow")
        for reason in reasons:
            text.append(f"\n  {clean(reason)}", style="yellow")
    return text


def _left_alone(shown: Shown) -> list[Any]:
    from rich.text import Text

    told = [Text(f"left alone ({code}): {clean(reason)}", style="dim") for code, reason in shown.skips[:10]]
    if len(shown.skips) > 10:
        told.append(Text(f"... and {len(shown.skips) - 10:,} more reasons: pmsync plan --json", style="dim"))
    return told


def as_markdown(shown: Shown) -> str:
    """For a pull request. What the systems say is escaped: it stays text."""
    if not shown.writes:
        return "**pmsync plan:** everything agrees, nothing to write."
    said = ", ".join(f"{count:,} {name}" for name, count in shown.counts.items())
    head = [
        f"**pmsync plan:** {shown.writes:,} writes ({said})",
        "",
        "| where | what | from | to | why |",
        "|---|---|---|---|---|",
    ]
    body = [
        "| "
        + " | ".join(_cell(part) for part in (row.line.key, row.line.field, row.line.before, row.line.after, row.line.why))
        + " |"
        for row in shown.rows
    ]
    tail = ["", f"... and {shown.omitted:,} more changes"] if shown.omitted else []
    return "\n".join(head + body + tail)


def as_json(plan: Plan, shown: Shown) -> dict[str, Any]:
    """For machines: counts and every write in words; the plan file itself comes from ``plan -o``."""
    writes = [
        {
            "op": row.op,
            "system": row.line.system,
            "record": row.line.key,
            "kind": str(row.line.kind),
            "field": row.line.field,
            "before": row.line.before,
            "after": row.line.after,
            "why": row.line.why,
            "held": row.held,
        }
        for row in shown.rows
    ]
    left = [{"code": code, "reason": reason} for code, reason in shown.skips]
    return {
        "plan": plan.uid,
        "writes": shown.writes,
        "held": shown.held,
        "omitted": shown.omitted,
        "counts": shown.counts,
        "changes": writes,
        "left_alone": left,
    }


def load(app: App, file: Path) -> Plan:
    """The plan in ``file``; ``held`` is the latest that a sync held back.

    Raises:
        ConfigError: there is none, or it is damaged.
    """
    from pmsync.reconcile.plan import Plan, PlanError

    try:
        data = _held(app) if str(file) == "held" and not file.exists() else file.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"the plan {file} cannot be read: {error.strerror}", hint="pmsync plan -o plan.json makes one"
        ) from error
    try:
        return Plan.decode(data)
    except PlanError as error:
        raise ConfigError(f"{file}: {error}", hint="pmsync plan -o plan.json makes a new one") from error


def _held(app: App) -> bytes:
    with app.store.transaction() as tx:
        rows = tx.plans.held()
    if not rows:
        raise ConfigError("no sync holds anything back", hint="pmsync plan -o plan.json makes a plan")
    return rows[-1].body


def _cut(text: str, width: int = 48) -> str:
    line = " ".join(clean(text).split())
    return line if len(line) <= width else line[: width - 1] + "…"


def _cell(text: str) -> str:
    line = _cut(text, 200)
    for char in "\\`*_{}[]<>()#+-!|@":
        line = line.replace(char, f"\\{char}")
    return line
