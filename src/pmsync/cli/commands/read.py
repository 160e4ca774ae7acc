"""status, conflicts, explain, log, people: questions about what is known. They read the local store and ask no system."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pmsync.cli.options import DEFAULT_CONFIG, AsJson, ConfigFile
from pmsync.cli.shell import clean, guarded, opened, print_json, stdout

if TYPE_CHECKING:
    from rich.table import Table

    from pmsync.store.journal import Entry


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(status)
    app.command()(conflicts)
    app.command()(explain)
    app.command()(log)
    app.command()(people)


@guarded
def status(config: ConfigFile = DEFAULT_CONFIG, json: AsJson = False) -> None:
    """Where things stand: scopes, links, open conflicts, writes in doubt, what was left alone and why."""
    from pmsync.engine import reading

    with opened(config, read_only=True) as app:
        state = reading.status(app.setup, app.store)
    if json:
        print_json(reading.plain(state))
        return
    table = _table("scope", "linked", "last pull", "state")
    for scope in state.scopes:
        table.add_row(str(scope.scope), f"{scope.linked:,}", _when(scope.pulled_at), clean(scope.state))
    stdout().print(table)
    stdout().print(
        f"\n{state.items:,} items, {state.dirty:,} to look at, {state.conflicts:,} open conflicts, {len(state.in_doubt):,} writes in doubt, "
        f"{state.held:,} held plans"
    )
    for line in state.in_doubt:
        stdout().print(f"  in doubt: {clean(line)}", markup=False)
    for code, reason in state.notices:
        stdout().print(f"  {code}: {clean(reason)}", markup=False)


@guarded
def conflicts(config: ConfigFile = DEFAULT_CONFIG, json: AsJson = False) -> None:
    """The open conflicts: every side's value, who set it, and how to end it."""
    from pmsync.engine import reading

    with opened(config, read_only=True) as app:
        found = reading.conflicts(app.store)
    if json:
        print_json([reading.plain(one) for one in found])
        return
    if not found:
        stdout().print("no open conflicts")
        return
    for one in found:
        stdout().print(
            f"{one.uid[:8]}  {clean(one.name)}  {one.field}  (agreed until now: {clean(one.base)})", markup=False, style="bold"
        )
        for side in one.sides:
            by = f"  {side.actor}, {_when(side.at)}" if side.actor else ""
            stdout().print(f"    {side.system}: {clean(side.shown)}{clean(by)}", markup=False)
        systems = " | ".join(sorted({side.system for side in one.sides}))
        stdout().print(f"    pmsync resolve {one.uid[:8]} --take {systems}", markup=False, style="dim")


@guarded
def explain(
    record: Annotated[str, typer.Argument(help="Key or URL of a record: PAY-7, acme/api#12.")],
    field: Annotated[str | None, typer.Argument(help="One field; all when left out.")] = None,
    config: ConfigFile = DEFAULT_CONFIG,
    json: AsJson = False,
) -> None:
    """Why is this value what it is: who set it, where it shows, what was written, overruled or left alone."""
    from pmsync.engine import reading

    with opened(config, read_only=True) as app:
        found = reading.explain(app.store, record, field)
    if json:
        print_json(reading.plain(found))
        return
    stdout().print(f"{clean(found.title)}  ({', '.join(found.records)})", markup=False, style="bold")
    for value in found.fields:
        stdout().print(f"\n{value.field}: {clean(value.value)}", markup=False, style="bold")
        stdout().print(f"    set by {clean(value.source)}, {_when(value.at)}: {clean(value.why)}", markup=False)
        for place in value.places:
            stdout().print(
                f"    {clean(place.record)} shows {clean(place.shown)}; last agreed on {clean(place.agreed)}", markup=False
            )
        for entry in value.history:
            stdout().print(f"    {_when(entry.at)}  {_told(entry)}", markup=False, style="dim")


@guarded
def log(
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many entries.")] = 50,
    run: Annotated[str | None, typer.Option("--run", help="Only this run.")] = None,
    config: ConfigFile = DEFAULT_CONFIG,
    json: AsJson = False,
) -> None:
    """The journal, latest first: every value taken over, written, overruled, and every decision."""
    from pmsync.engine import reading

    with opened(config, read_only=True) as app:
        entries = reading.log(app.store, limit, run)
    if json:
        print_json([reading.plain(entry) for entry in entries])
        return
    table = _table("when", "run", "what", "field", "why")
    for entry in entries:
        table.add_row(_when(entry.at), entry.run[:8], entry.kind, entry.field, clean(entry.why))
    stdout().print(table)


@guarded
def people(config: ConfigFile = DEFAULT_CONFIG, json: AsJson = False) -> None:
    """Who is who: accounts seen in each system, matched by the config, by e-mail or by exact login; and those nobody knows."""
    found = _people(config)
    if json:
        print_json(found)
        return
    table = _table("system", "account", "name", "person", "how")
    for row in found:
        table.add_row(*(clean(str(row[key])) for key in ("system", "account", "name", "person", "how")))
    stdout().print(table)
    unknown = [row for row in found if not row["person"]]
    if unknown:
        first = unknown[0]
        stdout().print(f"{len(unknown):,} accounts have no person. To say who one is, in the config:")
        stdout().print(f"  people: {{NAME: {{{first['system']}: {first['account']}}}}}", markup=False)


def _people(config: Path) -> list[dict[str, str]]:
    from pmsync.engine import reading

    with opened(config, read_only=True) as app:
        reading.learn_people(app.setup, app.store)
        return reading.people(app.setup, app.store, app.config.root.people)


def _told(entry: Entry) -> str:
    return clean(f"{entry.kind}: {entry.why}")


def _when(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S") if at else "never"


def _table(*columns: str) -> Table:
    from rich.table import Table

    return Table(*columns, box=None, padding=(0, 2, 0, 0))
