"""demo: see a real two-way sync in a minute, with no account anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pmsync.cli.options import AsJson
from pmsync.cli.shell import guarded, print_json, stdout

if TYPE_CHECKING:
    from pmsync.cli.theatre.play import Summary, Theatre


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)


@guarded
def demo(
    once: Annotated[bool, typer.Option("--once", help="End after the story instead of keeping the stand-in systems up.")] = False,
    json: AsJson = False,
) -> None:
    """Sync two product lines between a stand-in Jira, GitHub and help desk on this machine, on accelerated time."""
    import tempfile

    from pmsync.cli.theatre.play import play, theatre
    from pmsync.cli.theatre.tell import Silent, Teller

    with tempfile.TemporaryDirectory(prefix="pmsync-demo-") as folder, theatre(Path(folder)) as stage:
        summary = play(stage, Silent() if json else Teller(stdout()))
        if json:
            print_json(summary.plain())
        else:
            _sum_up(summary)
        if not once:
            _stay(stage)


def _sum_up(summary: Summary) -> None:
    from rich.panel import Panel

    records = "\n".join(f"{name}: {one.records} records, {one.calls} calls" for name, one in summary.systems.items())
    stdout().print()
    stdout().print(
        Panel.fit(
            f"{records}\n"
            f"first plan: {summary.first_plan.creates} creates, {summary.first_plan.updates} updates, {summary.adopted} adopted\n"
            f"merged {summary.merged} edits, kept {summary.conflicts} conflict with both values\n"
            f"second sync: {summary.second_sync_writes} writes\n"
            f"{summary.seconds} s real, {summary.virtual_seconds:,.0f} s on the accelerated clock",
            title="in figures",
        )
    )


def _stay(stage: Theatre) -> None:
    """Keep the stand-in systems up until Ctrl-C."""
    import threading

    out = stdout()
    out.print("\nThe stand-in systems stay up. In another terminal:")
    out.print(f"  export PMSYNC_CLOCK=shared:{stage.folder / 'clock'} PMSYNC_CONFIG={stage.config}", markup=False)
    out.print("  pmsync status; pmsync conflicts; pmsync explain PAY-1; pmsync sync")
    out.print("Ctrl-C ends the demo.")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        out.print("the demo is over")
