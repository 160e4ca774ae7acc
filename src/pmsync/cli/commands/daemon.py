"""daemon: the sync that repeats itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from pmsync.cli.options import DEFAULT_CONFIG, AsJson, ConfigFile
from pmsync.cli.shell import guarded, opened

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger as _Log

    from pmsync.app import App
    from pmsync.engine.events import Event
    from pmsync.model.record import ScopeRef


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(daemon)


@guarded
def daemon(config: ConfigFile = DEFAULT_CONFIG, json: AsJson = False) -> None:
    """Sync every scope on its schedule until SIGTERM or Ctrl-C; the round under way is finished first."""
    from pmsync.cli.dailylog import logger
    from pmsync.jobs.local import Beat, LocalJobs

    log = logger(json=json)
    with opened(config) as app:
        schedule = app.config.root.schedule
        scopes = app.setup.scopes()
        jobs = LocalJobs(scopes, lambda scope: _round(app, scope, log), Beat(schedule.every, schedule.jitter))
        jobs.on_stop(app.engine.stop)
        jobs.run(lambda: log.info("started", scopes=[str(scope) for scope in scopes], every=schedule.every))
        log.info("stopped")


def _round(app: App, scope: ScopeRef, log: _Log) -> None:
    """One scope's turn. Whatever goes wrong is told and tried again at the next one."""
    from pmsync.connect.errors import PmsyncError
    from pmsync.store.errors import Held

    def hear(event: Event) -> None:
        if event.kind != "progress" and (event.kind != "pulled" or event.done):
            log.info(event.kind, text=event.text, scope=str(event.scope or scope), item=event.item, hint=event.hint)

    try:
        report = app.engine.sync(hear, [scope], patient=True)
    except Held as error:
        log.info("waiting", scope=str(scope), text=error.message, hint="tried again at the next beat")
        return
    except PmsyncError as error:
        log.error("round failed", scope=str(scope), text=error.message, hint=error.hint)
        return
    except Exception:  # a fault of ours must not end the daemon; it is logged whole
        log.exception("fault", scope=str(scope), hint="please report this; the other scopes go on")
        return
    log.info("round", scope=str(scope), run=report.run, exit_code=report.exit_code, counts=report.tally.counts)
