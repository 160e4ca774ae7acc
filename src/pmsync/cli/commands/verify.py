"""verify: count where the hub and every system differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pmsync.cli.options import DEFAULT_CONFIG, AsJson, ConfigFile, complete_scope
from pmsync.cli.shell import clean, complain, guarded, opened, print_json, stdout, wanted_scopes
from pmsync.cli.watch import watching

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from pmsync.engine.differences import Difference
    from pmsync.engine.verify import ScopeCheck, Verification

ROWS = 24
"""How many unexplained differences are listed unless all are asked for."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(verify)


@guarded
def verify(
    scope: Annotated[
        list[str] | None,
        typer.Argument(help="Only these scopes (system:container, or a system).", autocompletion=complete_scope),
    ] = None,
    config: ConfigFile = DEFAULT_CONFIG,
    stored: Annotated[
        bool, typer.Option("--stored", help="Compare with what was last pulled instead of reading every record.")
    ] = False,
    every: Annotated[bool, typer.Option("--all", help="List every difference, not only the unexplained ones.")] = False,
    json: AsJson = False,
) -> None:
    """Read every linked record and count where it differs from the hub, and why. Changes nothing; exit code 1 if anything is unexplained."""
    with opened(config, read_only=True) as app, watching(quiet=json) as listen:
        found = app.engine.verify(listen, wanted_scopes(app, scope), stored=stored, keep=None if every else ROWS)
    if json:
        print_json(_document(found))
    else:
        stdout().print(_summary(found))
        for check in found.scopes:
            if check.failed:
                complain(f"{check.scope} was not looked at to its end: {check.failed}", check.remedy)
    raise typer.Exit(found.exit_code)


def _document(found: Verification) -> dict[str, object]:
    from pmsync.engine import reading

    return {
        "scopes": [reading.plain(check) for check in found.scopes],
        "unexplained": found.unexplained,
        "differences": [reading.plain(one) for one in found.listed],
        "omitted": found.omitted,
        "exit_code": found.exit_code,
    }


def _summary(found: Verification) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    table = _table("scope", "linked", "in agreement", "differences")
    for check in found.scopes:
        table.add_row(clean(check.scope), f"{check.linked:,}", f"{check.agreed:,}", _counted(check))
    parts: list[RenderableType] = [table, Text()]
    if found.listed:
        parts += [_rows(found.listed), Text()]
    if found.omitted:
        parts.append(Text(f"{found.omitted:,} differences are not listed: pmsync verify --all", style="dim"))
    said = f"{found.unexplained:,} unexplained" if found.unexplained else "nothing unexplained"
    return Group(*parts, Text(said, style="bold red" if found.unexplained else "bold green"))


def _counted(check: ScopeCheck) -> str:
    return ", ".join(f"{count:,} {_word(why)}" for why, count in sorted(check.drift.items())) or "none"


def _rows(listed: list[Difference]) -> Table:
    table = _table("why", "record", "field", "shows", "hub", "")
    for one in listed:
        cells = (_word(one.why), one.record, one.field, _cut(one.shows), _cut(one.hub), one.note)
        table.add_row(*map(clean, cells), style="red" if one.why == "unexplained" else None)
    return table


def _word(why: str) -> str:
    return why.replace("_", " ")


def _cut(text: str, width: int = 40) -> str:
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1] + "…"


def _table(*columns: str) -> Table:
    from rich.table import Table

    return Table(*columns, box=None, padding=(0, 2, 0, 0))
