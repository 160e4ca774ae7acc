"""connector list: which systems pmsync can speak to, and how well."""

from __future__ import annotations

import typer

from pmsync.cli.options import AsJson
from pmsync.cli.shell import clean, guarded, print_json, stdout


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="The installed connectors.", no_args_is_help=True)
    group.command("list")(list_connectors)
    app.add_typer(group, name="connector")


@guarded
def list_connectors(json: AsJson = False) -> None:
    """List the installed connectors, built-in and foreign."""
    from rich.table import Table

    from pmsync.connect.registry import installed, load_plugins

    plugins, broken = load_plugins()
    faults = {one.name: one.reason for one in broken}
    rows = [(entry.name, entry.value.split(":")[0], faults.get(entry.name, "ready")) for entry in installed()]
    if json:
        print_json(
            [{"name": name, "package": package, "state": state, "ready": name in plugins} for name, package, state in rows]
        )
        return
    table = Table("kind", "package", "state", box=None)
    for name, package, state in rows:
        table.add_row(name, package, clean(state))
    stdout().print(table)
