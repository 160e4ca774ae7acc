"""What libraries log reaches stderr, without secrets. ``PMSYNC_LOG=debug`` shows every request, ``error`` is the default."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterable
from typing import TextIO

from pmsync.net.redact import RedactingFilter, Redactor

LOG_VARIABLE = "PMSYNC_LOG"
"""``debug``, ``info``, ``warning`` or ``error``: from which level on libraries' log lines are shown."""

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
_REDACTOR = Redactor()
"""The process's own: a secret that was known once is never shown again, whichever application it belonged to."""


class _ToStderr(logging.StreamHandler[TextIO]):
    """Writes to what stderr is at the moment, one line a record."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


def protect(secrets: Iterable[str] = (), formatter: logging.Formatter | None = None) -> None:
    """Have every log line of the process pass the redactor, and remember ``secrets``. ``formatter``: how lines look from now on.

    Raises:
        ConfigError: ``PMSYNC_LOG`` names no level.
    """
    _REDACTOR.add(*secrets)
    root = logging.getLogger()
    handler = next((one for one in root.handlers if isinstance(one, _ToStderr)), None)
    if handler is None:
        handler = _ToStderr()
        handler.setFormatter(_Line())
        handler.addFilter(RedactingFilter(_REDACTOR))
        root.addHandler(handler)
        root.setLevel(_level())
        # It warns at each tick that finds the last round still running, which is what we ask of it.
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
    if formatter is not None:
        handler.setFormatter(formatter)


def redactor() -> Redactor:
    """The process's own redactor."""
    return _REDACTOR


def redacted(text: str) -> str:
    """``text`` without the secrets that are known and without what looks like one."""
    return _REDACTOR.text(text)


def _level() -> int:
    from pmsync.config.problems import nearest
    from pmsync.connect.errors import ConfigError

    wanted = os.environ.get(LOG_VARIABLE, "error").lower()
    if wanted not in _LEVELS:
        raise ConfigError(f"{LOG_VARIABLE}={wanted!r} is no level", hint=nearest(wanted, _LEVELS))
    return _LEVELS[wanted]


class _Line(logging.Formatter):
    """Level, logger, message; control characters shown as escapes."""

    def format(self, record: logging.LogRecord) -> str:
        from pmsync.cli.shell import clean

        text = f"{record.levelname.lower()}: {record.name}: {record.getMessage()}"
        return clean(f"{text}\n{record.exc_text}" if record.exc_text else text)
