"""init and doctor: from nothing to a config that works."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pmsync.cli.options import DEFAULT_CONFIG, AsJson, ConfigFile
from pmsync.cli.shell import RETRY, clean, guarded, opened, print_json, stdout

if TYPE_CHECKING:
    from rich.table import Table

    from pmsync.app import App
    from pmsync.config.pointing import Pointer
    from pmsync.connect.contract import Check, Level
    from pmsync.model.record import ScopeRef


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(init)
    app.command()(doctor)


@guarded
def init(
    file: Annotated[Path, typer.Argument(help="Where to write the config.")] = DEFAULT_CONFIG,
    force: Annotated[bool, typer.Option("--force", help="Overwrite what is there.")] = False,
    json: AsJson = False,
) -> None:
    """Write a commented pmsync.yaml to start from."""
    from importlib.resources import files

    from pmsync.connect.errors import ConfigError

    template = files("pmsync.config").joinpath("template.yaml").read_text(encoding="utf-8")
    try:
        with file.open("w" if force else "x", encoding="utf-8") as stream:
            stream.write(template)
    except FileExistsError:
        raise ConfigError(f"{file} exists already", hint="pmsync init OTHER.yaml, or --force to overwrite it") from None
    except OSError as error:
        raise ConfigError(
            f"{file} cannot be written: {error.strerror}", hint="name a file in a folder you may write to"
        ) from None
    if json:
        print_json({"wrote": str(file)})
    else:
        stdout().print(f"wrote {file}: fill in your systems and products, then: pmsync doctor")


@guarded
def doctor(config: ConfigFile = DEFAULT_CONFIG, json: AsJson = False) -> None:
    """Say what is missing before the first write: tokens, permissions, fields, unmapped values; and every default taken."""
    from pmsync.config.pointing import Pointer

    with opened(config, read_only=True) as app:
        pointer = Pointer(app.config)
        found = {name: _examine(app, name) for name in app.setup.connectors}
    worst = any(check.level == "error" for checks in found.values() for check in checks)
    if json:
        document = {name: [_plain(check, _where(pointer, name, check)) for check in checks] for name, checks in found.items()}
        print_json({"systems": document, "ok": not worst})
    else:
        for name, checks in found.items():
            stdout().print(_table(name, checks, pointer))
    raise typer.Exit(RETRY if worst else 0)


def _examine(app: App, name: str) -> list[Check]:
    from pmsync.connect.contract import Check, Level
    from pmsync.connect.errors import ConnectorError

    scopes = [scope for scope in app.setup.scopes() if scope.system == name]
    try:
        return [*app.setup.connectors[name].check(scopes), *_laws(app, name, scopes)]
    except ConnectorError as error:
        return [Check(Level.ERROR, name, app.redactor.text(error.message), error.hint)]


def _laws(app: App, name: str, scopes: list[ScopeRef]) -> list[Check]:
    """The maps that would turn a value into another on its way there and back."""
    from pmsync.connect.contract import Check, Level
    from pmsync.connect.errors import ConnectorError
    from pmsync.reconcile.laws import check_surface

    found = []
    for scope in scopes:
        try:
            surfaces = app.setup.connectors[name].surfaces(scope)
        except ConnectorError:
            continue  # the connector's own checks say what is wrong with the scope
        for surface in surfaces:
            for violation in check_surface(surface):
                remedy = f"maps.{surface.field}.{name}: map each value to one that reads back"
                found.append(Check(Level.ERROR, f"{scope} {surface.field}", f"the map breaks a law: {violation}", remedy))
    return found


def _where(pointer: Pointer, system: str, check: Check) -> str:
    """The line of the config that the check concerns; the remedy knows best."""
    return pointer.where(system, check.remedy, check.subject, check.finding)


def _plain(check: Check, where: str) -> dict[str, str]:
    return {
        "level": str(check.level),
        "subject": check.subject,
        "finding": check.finding,
        "remedy": check.remedy,
        "where": where,
    }


def _folded(checks: list[Check]) -> list[Check]:
    """Equal findings about several subjects as one."""
    from dataclasses import replace

    subjects: dict[tuple[Level, str, str], list[str]] = {}
    for check in checks:
        subjects.setdefault((check.level, check.finding, check.remedy), []).append(check.subject)
    first = {(check.level, check.finding, check.remedy): check for check in reversed(checks)}
    return [replace(first[key], subject="\n".join(dict.fromkeys(names))) for key, names in subjects.items()]


def _table(name: str, checks: list[Check], pointer: Pointer) -> Table:
    from rich.table import Table
    from rich.text import Text

    styles = {"ok": "green", "note": "cyan", "warning": "yellow", "error": "bold red"}
    table = Table(title=name, title_justify="left", show_header=False, box=None, padding=(0, 2, 0, 0))
    for overflow in ("ellipsis", "fold", "fold"):  # a path or a config line that is cut off helps nobody
        table.add_column(overflow=overflow)
    for check in _folded(checks):
        what = Text(clean(check.finding))
        if check.remedy:
            what.append(f"\n→ {clean(check.remedy)}", style="dim")
        if check.level in ("warning", "error"):
            what.append(f"\n  concerns {_where(pointer, name, check)}", style="dim")
        table.add_row(Text(check.level, style=styles[check.level]), Text(clean(check.subject)), what)
    return table
