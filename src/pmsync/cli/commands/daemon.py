"""daemon: the sync that repeats itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from pmsync.cli.options import DEFAULT_CONFIG, AsJson, ConfigFile
from pmsync.cli.shell import guarded, opened

if TYPE_CHECKING:
    from pmsync.app import App
    from pmsync.engine.events import Event
    from pmsync.model.record import ScopeRef


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(daemon)


@guarded
def daemon(config: ConfigFile = DEFAULT_CONFIG, json: AsJson = False) -> None:
    """Sync every scope on its schedule until SIGTERM or Ctrl-C; the round under way is finished first."""
    from pmsync.jobs.local import Beat, LocalJobs

    with opened(config) as app:
        log = _logger(app, json)
        schedule = app.config.root.schedule
        scopes = app.setup.scopes()
        log.info("started", scopes=[str(scope) for scope in scopes], every=schedule.every)
        jobs = LocalJobs(scopes, lambda scope: _round(app, scope, log), Beat(schedule.every, schedule.jitter))
        jobs.on_stop(app.engine.stop)
        jobs.run()
        log.info("stopped")


def _round(app: App, scope: ScopeRef, log: _Log) -> None:
    from pmsync.connect.errors import PmsyncError

    def hear(event: Event) -> None:
        if event.kind != "progress":
            log.info(event.kind, text=event.text, scope=str(event.scope or scope), item=event.item, hint=event.hint)

    try:
        report = app.engine.sync(hear, [scope], patient=True)
    except PmsyncError as error:
        log.error("round failed", scope=str(scope), text=error.message, hint=error.hint)
        return
    log.info("round", scope=str(scope), run=report.run, exit_code=report.exit_code, **report.tally.counts)


if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger as _Log


def _logger(app: App, json: bool) -> _Log:
    """Lines for a person on a terminal, one JSON object a line elsewhere; secrets are redacted either way."""
    import logging
    import sys

    import structlog

    from pmsync.net.redact import redact_processor

    plain = sys.stderr.isatty() and not json
    renderer = structlog.dev.ConsoleRenderer() if plain else structlog.processors.JSONRenderer(ensure_ascii=False)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            redact_processor(app.redactor),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logger: _Log = structlog.get_logger()
    return logger
