"""pull, plan, apply, sync: the commands that move data."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pmsync.cli.interrupt import stoppable
from pmsync.cli.options import DEFAULT_CONFIG, AsJson, ConfigFile, PlanFile, Scopes
from pmsync.cli.shell import CHANGES, guarded, opened, print_json, stderr, stdout, wanted_scopes
from pmsync.cli.watch import watching

if TYPE_CHECKING:
    from pmsync.cli.plans import Shown
    from pmsync.engine.engine import Report


class Format(StrEnum):
    """How a plan is printed."""

    TABLE = "table"
    MD = "md"
    JSON = "json"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(pull)
    app.command()(plan)
    app.command()(apply)
    app.command()(sync)


@guarded
def pull(
    config: ConfigFile = DEFAULT_CONFIG,
    scope: Scopes = None,
    write: Annotated[
        bool, typer.Option("--write", help="Then write what trackers changed into the roadmap files, and nowhere else.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Read what changed in every system. Writes nothing anywhere but into the local store, and with --write into the roadmap files."""
    with opened(config, read_only=not write, into_sources=write) as app, watching(quiet=json) as listen:
        report = app.engine.pull(listen, wanted_scopes(app, scope), into_sources=write)
    _finish(report, json)


@guarded
def plan(
    config: ConfigFile = DEFAULT_CONFIG,
    scope: Scopes = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Save the plan, for `pmsync apply`.")] = None,
    format: Annotated[Format, typer.Option(help="table, md (for a pull request) or json.")] = Format.TABLE,  # noqa: A002 - the option's name
    every: Annotated[bool, typer.Option("--all", help="List every write, however many.")] = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit with 4 when there is anything to write.")] = False,
    json: AsJson = False,
) -> None:
    """Show every write that would bring the systems into agreement, with its reason. Sends nothing but reads."""
    from pmsync.cli import plans, reports, saved

    quiet = json or format is Format.JSON
    if out is not None:
        saved.check_place(out)
    with opened(config, read_only=True) as app, watching(quiet=quiet) as listen:
        found, report = app.engine.plan(listen, wanted_scopes(app, scope))
        if out is not None:
            saved.save(found, out)
        rows = None if every or quiet else plans.ROWS
        shown = plans.show(app, found, rows=rows, incomplete=bool(report.tally.failures))
    if quiet:
        print_json({**plans.as_json(found, shown), "failures": reports.failures(report)})
    else:
        _print_plan(shown, format)
    if out is not None:
        stderr().print(f"saved: pmsync apply {out}")
    if report.tally.failures:
        raise typer.Exit(1)
    raise typer.Exit(CHANGES if exit_code and shown.rows else 0)


def _print_plan(shown: Shown, format: Format) -> None:  # noqa: A002 - the option's name
    from pmsync.cli import plans

    stdout().print(plans.as_markdown(shown) if format is Format.MD else plans.as_table(shown))


@guarded
def apply(
    file: PlanFile,
    config: ConfigFile = DEFAULT_CONFIG,
    wait: Annotated[bool, typer.Option(help="Rest as long as a system's limits ask for, then go on.")] = True,
    json: AsJson = False,
) -> None:
    """Do exactly what a saved plan lists; what has moved since is skipped with a reason. Safe to repeat after a crash."""
    from pmsync.cli import saved

    with opened(config) as app, watching(quiet=json) as watch, stoppable(app, watch) as listen:
        report = app.engine.apply_plan(saved.load(app, file), listen, wait=wait)
    _finish(report, json)


@guarded
def sync(config: ConfigFile = DEFAULT_CONFIG, scope: Scopes = None, json: AsJson = False) -> None:
    """One whole round: do what the config permits, hold the rest as a plan (exit code 3)."""
    with opened(config) as app, watching(quiet=json) as watch, stoppable(app, watch) as listen:
        report = app.engine.sync(listen, wanted_scopes(app, scope))
    _finish(report, json)


def _finish(report: Report, as_json: bool) -> None:
    from pmsync.cli import reports

    if as_json:
        print_json(reports.as_json(report))
    else:
        stdout().print(reports.as_text(report))
    raise typer.Exit(report.exit_code)
