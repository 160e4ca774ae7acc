"""The daemon's log on stderr: for a person on a terminal, one JSON object a line elsewhere; without secrets either way."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import structlog

from pmsync.cli.logs import protect, redactor
from pmsync.net.redact import redact_processor

if TYPE_CHECKING:
    from structlog.typing import EventDict, FilteringBoundLogger, Processor


def logger(*, json: bool) -> FilteringBoundLogger:
    """The logger; what libraries log takes the same form."""
    plain = sys.stderr.isatty() and not json
    shared: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact_processor(redactor()),
        _escaped,
    ]
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if plain
        else structlog.processors.JSONRenderer(ensure_ascii=True)
    )
    foreign = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer]
    )
    protect(formatter=foreign)
    structlog.configure(processors=[*shared, renderer], logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    made: FilteringBoundLogger = structlog.get_logger()
    return made


def _escaped(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """What systems say may hold what a terminal obeys."""
    from pmsync.cli.shell import clean

    return {key: clean(value) if isinstance(value, str) else value for key, value in event.items()}
