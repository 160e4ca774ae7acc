"""pause, resume: a person's brake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pmsync.cli.options import DEFAULT_CONFIG, AsJson, ConfigFile, complete_target
from pmsync.cli.shell import clean, guarded, opened, print_json, stdout, whoami

if TYPE_CHECKING:
    from pmsync.app import App
    from pmsync.engine.pausing import Who
    from pmsync.model.record import ScopeRef

Target = Annotated[str, typer.Argument(help="A system, or one scope (system:container).", autocompletion=complete_target)]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(pause)
    app.command()(resume)


@guarded
def pause(
    target: Target,
    why: Annotated[str, typer.Option("--why", help="For whoever reads `pmsync status`.")] = "",
    config: ConfigFile = DEFAULT_CONFIG,
    json: AsJson = False,
) -> None:
    """Leave a system or a scope alone: no run reads or writes it until `pmsync resume`. Takes hold in the middle of a run, too."""
    from pmsync.engine import pausing

    with opened(config, read_only=True) as app:
        names = _targets(app, target)
        for name in names:
            pausing.pause(app.store, name, _who(app), why)
    if json:
        print_json({"paused": names, "why": why})
        return
    for name in names:
        stdout().print(clean(f"{name} is paused; what it misses is settled after: pmsync resume {name}"))


@guarded
def resume(
    target: Target,
    accept_listing: Annotated[
        bool, typer.Option("--accept-listing", help="Believe a listing that shrank: what it lacks is really gone.")
    ] = False,
    config: ConfigFile = DEFAULT_CONFIG,
    json: AsJson = False,
) -> None:
    """End a pause, and let a frozen scope be written again."""
    with opened(config, read_only=True) as app:
        names = _targets(app, target)
        done = [line for name in names for line in _resumed(app, name)]
        done += [line for scope in _scopes(app, names) for line in _thawed(app, scope, accept_listing=accept_listing)]
    if json:
        print_json({"target": names, "resumed": done})
        return
    for line in done or [f"{', '.join(names)}: nothing was paused or frozen there"]:
        stdout().print(clean(line))


def _resumed(app: App, name: str) -> list[str]:
    from pmsync.engine import pausing

    found = pausing.unpause(app.store, name, _who(app))
    if found is None:
        return []
    why = f": {found.why}" if found.why else ""
    return [f"{name} goes on; it was paused by {found.who}{why}"]


def _thawed(app: App, scope: ScopeRef, *, accept_listing: bool) -> list[str]:
    from pmsync.engine import pausing

    said = []
    if scope in pausing.frozen_scopes(app.setup, app.store):
        said.append(f"{scope} may be written again; it was frozen: {app.engine.thaw(scope, _who(app))}")
    if accept_listing:
        listed = app.engine.believe(scope, _who(app))
        said.append(
            f"{scope}: no listing was refused there"
            if listed is None
            else f"{scope}: the listing of {listed:,} records counts; the next sync looks at what it lacks"
        )
    return said


def _targets(app: App, name: str) -> list[str]:
    """What a name stands for: a system, a scope, or something that is paused although the config names it no more.

    Raises:
        ConfigError: nothing has that name.
    """
    from pmsync.config.problems import nearest
    from pmsync.connect.errors import ConfigError

    systems, scopes = list(app.setup.connectors), app.setup.scopes()
    with app.store.transaction() as tx:
        paused = [pause.target for pause in tx.pauses.all()]
    if name in systems or name in paused:
        return [name]
    found = [str(scope) for scope in scopes if name in (str(scope), scope.key)]
    if not found:
        known = [*systems, *(str(scope) for scope in scopes)]
        raise ConfigError(f"there is no system or scope {name!r} in the config", hint=nearest(name, known))
    return found


def _scopes(app: App, names: list[str]) -> list[ScopeRef]:
    return [scope for scope in app.setup.scopes() if str(scope) in names or scope.system in names]


def _who(app: App) -> Who:
    from pmsync.engine.pausing import Who

    return Who(whoami(), app.clock.now())
