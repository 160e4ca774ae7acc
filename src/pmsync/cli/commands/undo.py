"""undo: take back what a run wrote."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pmsync.cli.commands.work import Format
from pmsync.cli.interrupt import stoppable
from pmsync.cli.options import DEFAULT_CONFIG, AsJson, ConfigFile
from pmsync.cli.shell import PERSON, RETRY, complain, guarded, opened, print_json, stderr, stdout
from pmsync.cli.watch import watching

if TYPE_CHECKING:
    from pmsync.app import App
    from pmsync.engine.engine import Report
    from pmsync.engine.undo import Undoing


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(undo)


@guarded
def undo(
    run: Annotated[
        str, typer.Argument(help="A run, as `pmsync log` and every report name it; or `last` for the latest that wrote.")
    ],
    config: ConfigFile = DEFAULT_CONFIG,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Save the plan, for `pmsync apply`.")] = None,
    do: Annotated[bool, typer.Option("--apply", help="Do it at once, if no rail asks for a person.")] = False,
    format: Annotated[Format, typer.Option(help="table, md (for a pull request) or json.")] = Format.TABLE,  # noqa: A002 - the option's name
    every: Annotated[bool, typer.Option("--all", help="List every write and everything left alone, however many.")] = False,
    json: AsJson = False,
) -> None:
    """Plan to take back what a run wrote; what people or later runs changed since is left alone. Sends nothing but reads, unless --apply."""
    from pmsync.cli import saved

    quiet = json or format is Format.JSON
    if out is not None:
        saved.check_place(out)
    with opened(config, read_only=not do) as app:
        with app.fence.closed(), watching(quiet=quiet) as listen:
            found, report = app.engine.undo(listen, run)
        if out is not None:
            saved.save(found.plan, out)
        document = _show(app, found, report, format if not quiet else Format.JSON, every=every)
        if not quiet:
            _say_next(found, out, do=do)
        code, done = _carry_out(app, found, report, quiet=quiet) if do else (RETRY if report.tally.failures else 0, None)
    if quiet:
        from pmsync.cli import reports

        print_json({**document, "applied": reports.as_json(done)} if done is not None else document)
    raise typer.Exit(code)


def _show(app: App, found: Undoing, report: Report, format: Format, *, every: bool) -> dict[str, Any]:  # noqa: A002 - the option's name
    """Print the plan; with JSON, which is printed in one piece at the end, return it."""
    from pmsync.cli import plans, reports, undoing

    rows = None if every or format is Format.JSON else plans.ROWS
    shown = plans.show(app, found.plan, rows=rows, incomplete=bool(report.tally.failures))
    if format is Format.JSON:
        return {**undoing.as_json(found, shown), "failures": reports.failures(report)}
    words = undoing.as_markdown if format is Format.MD else undoing.as_table
    stdout().print(words(found, shown, every=every))
    return {}


def _say_next(found: Undoing, out: Path | None, *, do: bool) -> None:
    if out is not None:
        stderr().print(f"saved: pmsync apply {out}")
    elif not do and (found.plan.ops or found.plan.held):
        stderr().print(f"to do it: pmsync undo {found.run.uid[:8]} --apply; or save it with -o, and apply that")


def _carry_out(app: App, found: Undoing, report: Report, *, quiet: bool) -> tuple[int, Report | None]:
    """Do it, unless something could not be read or a rail asks for a person; the exit code, and the report if anything was done."""
    from pmsync.cli import reports

    plan = found.plan
    if report.tally.failures:
        complain("nothing was written: not everything could be read", "try again, or save it with -o and apply what there is")
        return RETRY, None
    if plan.held:
        hint = f"pmsync undo {found.run.uid[:8]} -o undo.json, look at it, then: pmsync apply undo.json"
        complain(f"nothing was written: {len(plan.held):,} writes wait for a person: {plan.held[0].reason}", hint)
        return PERSON, None
    if not plan.ops:
        return 0, None
    with watching(quiet=quiet) as watch, stoppable(app, watch) as listen:
        done = app.engine.apply_plan(plan, listen)
    if not quiet:
        stdout().print(reports.as_text(done))
    return done.exit_code, done
