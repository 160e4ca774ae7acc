"""status, conflicts, explain, log, people: questions about what is known. They read the local store; names are asked for where needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pmsync.cli.options import DEFAULT_CONFIG, AsJson, ConfigFile, complete_system
from pmsync.cli.shell import RETRY, clean, complain, guarded, opened, print_json, stdout

if TYPE_CHECKING:
    from rich.table import Table

    from pmsync.engine.whoswho import WhosWho


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
    from pmsync.cli.explaining import when
    from pmsync.engine import reading

    with opened(config, read_only=True) as app:
        state = reading.status(app.setup, app.store)
    if json:
        print_json(reading.plain(state))
        return
    table = _table("scope", "linked", "last pull", "state")
    for scope in state.scopes:
        table.add_row(clean(scope.scope), f"{scope.linked:,}", when(scope.pulled_at), clean(scope.state))
    stdout().print(table)
    stdout().print(
        f"\n{state.items:,} items, {state.dirty:,} to look at, {state.conflicts:,} open conflicts, {len(state.in_doubt):,} writes in doubt, "
        f"{state.held:,} held plans"
    )
    for line in state.pauses:
        stdout().print(f"  {clean(line)}")
    for line in state.in_doubt:
        stdout().print(f"  in doubt: {clean(line)}")
    for tied in state.ties:
        stdout().print(f"  kept here: {clean(str(tied))}")
    for code, reason in state.notices:
        stdout().print(f"  {code}: {clean(reason)}")


@guarded
def conflicts(config: ConfigFile = DEFAULT_CONFIG, json: AsJson = False) -> None:
    """The open conflicts: every side's value, who set it, and how to end it."""
    from pmsync.cli.explaining import conflict_lines
    from pmsync.engine import reading

    with opened(config, read_only=True) as app:
        found = reading.conflicts(app.store)
    if json:
        print_json([reading.plain(one) for one in found])
        return
    if not found:
        stdout().print("no open conflicts")
    for line in conflict_lines(found):
        stdout().print(line)


@guarded
def explain(
    record: Annotated[str, typer.Argument(help="Key or URL of a record: PAY-7, acme/api#12.")],
    field: Annotated[str | None, typer.Argument(help="One field; all when left out.")] = None,
    config: ConfigFile = DEFAULT_CONFIG,
    json: AsJson = False,
) -> None:
    """Why is this value what it is: who set it, where it shows, what was written, overruled or left alone."""
    from pmsync.cli.explaining import explanation_lines
    from pmsync.engine import reading
    from pmsync.engine.naming import Naming

    _check_field(field)
    with opened(config, read_only=True, hurried=True) as app:
        found = reading.explain(app.store, record, field, Naming(app.setup, app.store))
    if json:
        print_json(reading.plain(found))
        return
    for line in explanation_lines(found):
        stdout().print(line)


def _check_field(field: str | None) -> None:
    from pmsync.config.problems import nearest
    from pmsync.connect.errors import ConfigError
    from pmsync.model.fields import FIELDS

    if field is not None and field not in FIELDS:
        raise ConfigError(f"there is no field {field!r}", hint=nearest(field, FIELDS))


@guarded
def log(
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many entries.")] = 50,
    run: Annotated[str | None, typer.Option("--run", help="Only this run.")] = None,
    config: ConfigFile = DEFAULT_CONFIG,
    json: AsJson = False,
) -> None:
    """The journal, the latest entries, in their order: every value taken over, written, overruled, and every decision."""
    from pmsync.cli.explaining import when
    from pmsync.engine import reading

    with opened(config, read_only=True) as app:
        entries = reading.log(app.store, limit, run)
    if json:
        print_json([reading.plain(entry) for entry in entries])
        return
    table = _table("when", "run", "what", "field", "why")
    for entry in entries:
        table.add_row(when(entry.at), entry.run[:8], entry.kind, entry.field, clean(entry.why))
    stdout().print(table)


@guarded
def people(
    system: Annotated[
        str, typer.Option("--system", "-s", help="Only accounts of this system.", autocompletion=complete_system)
    ] = "",
    config: ConfigFile = DEFAULT_CONFIG,
    json: AsJson = False,
) -> None:
    """Who is who: accounts seen in each system, those that belong to no person of the config first, and whose they may be."""
    from pmsync.engine import reading
    from pmsync.engine.person import NotFoundError

    with opened(config, read_only=True, hurried=True) as app:
        if system and system not in app.setup.connectors:
            raise NotFoundError(f"there is no system {system!r}", hint=f"there are: {', '.join(app.setup.connectors)}")
        failures = reading.learn_people(app.setup, app.store)
        found = reading.people(app.setup, app.store, system)
    if json:
        print_json(reading.plain(found))
    else:
        _print_people(found)
    for error in failures:
        complain(f"some names are missing: {error.message}", error.hint)
    raise typer.Exit(RETRY if failures else 0)


def _print_people(found: WhosWho) -> None:
    table = _table("system", "account", "name", "person", "may be", "for")
    for row in found.accounts:
        table.add_row(*map(clean, (row.system, row.account, row.name, row.person, row.suggestion, row.reason)))
    stdout().print(table)
    unknown = [row for row in found.accounts if not row.person]
    if not unknown:
        return
    stdout().print(f"{len(unknown):,} accounts belong to nobody. To say whose they are, in the config:")
    stdout().print("people:")
    for line in found.lines or [f"NAME: {{{unknown[0].system}: {clean(unknown[0].account)}}}"]:
        stdout().print(f"  {clean(line)}")


def _table(*columns: str) -> Table:
    from rich.table import Table

    return Table(*columns, box=None, padding=(0, 2, 0, 0))
