"""A plan as a person reads it: item by item, Markdown for a pull request, or JSON."""

from __future__ import annotations

import re
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from pmsync.cli.shell import clean
from pmsync.model.enums import Kind
from pmsync.model.fields import FIELDS, OF_COMMENTS, MergeType

if TYPE_CHECKING:
    from rich.console import Group, RenderableType
    from rich.table import Table
    from rich.text import Text

    from pmsync.app import App
    from pmsync.reconcile.plan import Line, Plan

ROWS = 24
"""How many changes are shown unless all are asked for."""
PARTIAL = "nothing to write as far as could be seen: something could not be read"


@dataclass(frozen=True, slots=True)
class Row:
    """One change of one write: to which item and op it belongs, and what holds it back ("" when `sync` would do it)."""

    item: str
    op: str
    line: Line
    held: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A plan in words.

    Attributes:
        rows: the changes that are listed, those of one item together.
        writes: how many ops there are in all.
        held: why ops wait for a person, and how many for each reason.
        omitted: how many changes are not listed.
        counts: ``jira create`` and the like to the number of ops.
        skips: what was left alone: code and reason.
        incomplete: something could not be read, so that more may have to be written.
    """

    rows: tuple[Row, ...]
    writes: int
    held: Mapping[str, int]
    omitted: int
    counts: Mapping[str, int]
    skips: tuple[tuple[str, str], ...]
    incomplete: bool = False


def show(app: App, plan: Plan, *, rows: int | None = ROWS, incomplete: bool = False) -> Shown:
    """Put the plan into words, with the remote's own names for values; ``rows`` limits how many changes are listed.

    ``incomplete``: something could not be read, so that more may have to be written.
    """
    from pmsync.engine.directory import bound
    from pmsync.reconcile.plan import lines

    pairs = [(op, "") for op in plan.ops] + [(held.op, held.reason) for held in plan.held]
    surfaces = {
        scope: {
            one.id: bound(app.store, scope, one, app.setup.people) for one in app.setup.connectors[scope.system].surfaces(scope)
        }
        for scope in {op.scope for op, _ in pairs}
        if scope.system in app.setup.connectors
    }
    every = [Row(op.item, op.uid, line, held) for op, held in pairs for line in lines(op, surfaces.get(op.scope, {}))]
    kept = _excerpt(every, len(every) if rows is None else rows)
    skips = tuple(dict.fromkeys((skip.code, skip.reason) for skip in plan.skips))
    held = Counter(held.reason for held in plan.held)
    return Shown(_titled(app, kept), len(pairs), held, len(every) - len(kept), dict(plan.counts()), skips, incomplete)


def _excerpt(rows: Sequence[Row], most: int) -> list[Row]:
    """Whole items, in turn one of every sort of writes, until ``most`` changes are listed; in the plan's order."""
    items: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        items[row.item].append(row)
    sorts: dict[frozenset[str], deque[str]] = defaultdict(deque)
    for item, its in items.items():
        sorts[frozenset(f"{row.line.system} {row.line.kind}" for row in its)].append(item)
    queues = deque(sorts.values())
    chosen: set[str] = set()
    left = most
    while queues and left > 0:
        queue = queues.popleft()
        item = queue.popleft()
        chosen.add(item)
        left -= len(items[item])
        if queue:
            queues.append(queue)
    return [row for item, its in items.items() if item in chosen for row in its]


def _titled(app: App, rows: Sequence[Row]) -> tuple[Row, ...]:
    from pmsync.engine.comments import title_of
    from pmsync.engine.reading import show as say

    with app.store.transaction() as tx:
        items = tx.items.many({row.item for row in rows})
        titles = {uid: title_of(tx, item) for uid, item in items.items() if item.kind is Kind.COMMENT}
    titles |= {uid: say(item.fields["title"].value) for uid, item in items.items() if "title" in item.fields}
    return tuple(replace(row, title=titles.get(row.item, "")) for row in rows)


def as_table(shown: Shown, more: str = "pmsync plan --all") -> Group:
    """For a terminal: under each item's title the records that would be written, change by change. ``more``: what lists every one."""
    from rich.console import Group
    from rich.text import Text

    if not shown.writes:
        return Group(Text(PARTIAL if shown.incomplete else "everything agrees: nothing to write"), *_left_alone(shown))
    parts: list[RenderableType] = []
    key = max((len(_key(row)) for row in shown.rows), default=0)
    for _, group in groupby(shown.rows, key=lambda row: row.item):
        rows = list(group)
        parts += [Text(_cut(rows[0].title, 100), style="bold"), _block(rows, key)]
    if shown.omitted:
        parts += [Text(f"... and {shown.omitted:,} more changes: {more}", style="dim")]
    return Group(*parts, Text(), _sum(shown), *_left_alone(shown))


def _block(rows: Sequence[Row], key: int) -> Table:
    """The records of one item. The key is never wrapped; what a reason repeats is said once."""
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2, 0, 0), expand=True)
    table.add_column(width=key, no_wrap=True)
    table.add_column(width=8, no_wrap=True)
    table.add_column(ratio=1)
    table.add_column(ratio=1, style="dim")
    op = why = ""
    for row in (row for row in rows if not _needless(row, rows)):
        first = row.op != op
        style = "yellow" if row.held else "green"
        reason = "" if row.line.why == why and not first else _cut(row.line.why, 100)
        table.add_row(Text(_key(row) if first else "", style=style), row.line.field, _change(row.line), Text(reason))
        op, why = row.op, row.line.why
        for loss in row.line.losses:
            table.add_row("", "", Text(f"loses: {_cut(loss, 160)}", style="yellow"), "")
    return table


def _key(row: Row) -> str:
    return f"  {'+' if row.line.kind == 'create' else '~'} {clean(row.line.key)}"


def _needless(row: Row, rows: Sequence[Row]) -> bool:
    """What stands above a new record already is left out where something else is said of it: its title, and who wrote a comment on what."""
    new = row.line.kind == "create"
    repeats = new and ((row.line.field == "title" and row.line.after == row.title) or row.line.field in OF_COMMENTS)
    return repeats and any(other.op == row.op and other is not row for other in rows)


def _change(line: Line) -> Text:
    from rich.text import Text

    merge = FIELDS[line.field].merge
    if line.kind == "create" or merge is MergeType.SET:
        return Text(_cut(line.after, 30 if merge is MergeType.TEXT else 48))
    return Text.assemble((_cut(line.before), "dim"), " → ", _cut(line.after))


def _sum(shown: Shown) -> Text:
    from rich.text import Text

    text = Text(f"{shown.writes:,} writes: {_counted(shown)}", style="bold")
    if shown.held:
        text.append(f"\n{sum(shown.held.values()):,} of them wait for `pmsync apply`:", style="yellow")
        for reason, count in shown.held.items():
            text.append(f"\n  {count:,}: {clean(reason)}", style="yellow")
    return text


def _counted(shown: Shown) -> str:
    return ", ".join(f"{count:,} {name}{'' if count == 1 else 's'}" for name, count in shown.counts.items())


def _left_alone(shown: Shown) -> list[Text]:
    from rich.text import Text

    told = [Text(f"left alone ({code}): {clean(reason)}", style="dim") for code, reason in shown.skips[:10]]
    if len(shown.skips) > 10:
        told.append(Text(f"... and {len(shown.skips) - 10:,} more reasons: pmsync plan --json", style="dim"))
    return told


def as_markdown(shown: Shown, name: str = "pmsync plan") -> str:
    """For a pull request. What the systems say is escaped: it stays text. ``name``: what made the plan."""
    if not shown.writes:
        return f"**{name}:** {PARTIAL if shown.incomplete else 'everything agrees, nothing to write'}."
    return "\n".join([f"**{name}:** {shown.writes:,} writes ({_counted(shown)})", *_markdown_held(shown), *_markdown_rows(shown)])


def _markdown_held(shown: Shown) -> Iterator[str]:
    for reason, count in shown.held.items():
        yield f"\n{count:,} wait for `pmsync apply`: {cell(reason)}"


def _markdown_rows(shown: Shown) -> Iterator[str]:
    yield "\n| item | where | what | from | to | why |\n|---|---|---|---|---|---|"
    for row in shown.rows:
        why = "; loses: ".join([row.line.why, *row.line.losses])
        parts = (row.title, row.line.key, row.line.field, row.line.before, row.line.after, why)
        yield "| " + " | ".join(map(cell, parts)) + " |"
    if shown.omitted:
        yield f"\n... and {shown.omitted:,} more changes"


def as_json(plan: Plan, shown: Shown) -> dict[str, Any]:
    """For machines: counts and every write in words; the plan file itself comes from ``plan -o``."""
    writes = [
        {
            "op": row.op,
            "item": row.title,
            "system": row.line.system,
            "record": row.line.key,
            "kind": str(row.line.kind),
            "field": row.line.field,
            "before": row.line.before,
            "after": row.line.after,
            "why": row.line.why,
            "losses": list(row.line.losses),
            "held": row.held,
        }
        for row in shown.rows
    ]
    left = [{"code": code, "reason": reason} for code, reason in shown.skips]
    return {
        "plan": plan.uid,
        "writes": shown.writes,
        "held": sum(shown.held.values()),
        "omitted": shown.omitted,
        "counts": dict(shown.counts),
        "changes": writes,
        "left_alone": left,
    }


def _cut(text: str, width: int = 48) -> str:
    line = " ".join(clean(text).split())
    return line if len(line) <= width else line[: width - 1] + "…"


_MARKDOWN = re.compile(r"[\\`*_{}\[\]<>()#+\-!|@~&$]")
_CALLING = re.compile(r"[@#](?=\w)|(?<=\bGH\\-)(?=\d)|(?<=\w)(?=://)|(?<=\bwww)(?=\.)")
"""What would call a person or an issue, or become a link."""


def cell(text: str) -> str:
    """A table cell that means nothing but itself. GitHub looks for mentions and references after the escapes are gone: a comment stops it."""
    line = _MARKDOWN.sub(r"\\\g<0>", _cut(text, 200))
    return _CALLING.sub(r"\g<0><!-- -->", line)
