"""The ``pmsync`` command."""

from __future__ import annotations

import io
import sys
from typing import Annotated

import typer

from pmsync.cli.commands import brake, connectors, daemon, decide, demo, fmt, read, report, score, setup, undo, verify, work

app = typer.Typer(
    name="pmsync",
    help="Keep Jira, GitHub and support tools in agreement: nothing lost, nothing twice, nothing silent.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # what they show may hold a secret; see shell.guarded
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(value: bool) -> None:
    if value:
        from pmsync import __version__

        typer.echo(f"pmsync {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    """Keep Jira, GitHub and support tools in agreement: nothing lost, nothing twice, nothing silent."""


setup.register(app)
work.register(app)
daemon.register(app)
read.register(app)
decide.register(app)
brake.register(app)
undo.register(app)
verify.register(app)
fmt.register(app)
report.register(app)
score.register(app)
connectors.register(app)
demo.register(app)


def main() -> None:
    """The entry point. What the terminal's encoding cannot show is shown as an escape."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    app(prog_name="pmsync")
