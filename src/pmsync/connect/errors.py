"""Errors, typed by what the engine does next, each with a ``hint`` for what the person does next.

The tree::

    PmsyncError
    ├── ConfigError          the config is wrong: place and remedy
    ├── StoreError           the database is corrupt, newer than this program, or held by another run
    ├── SafetyStop           a rail stopped the run before harm: a person is needed
    ├── WriteRefused         something tried to write where nothing may (plan mode, a dry run)
    └── ConnectorError
        ├── Retry            passing: try again at ``at``, others go on
        ├── Park             the whole system rests until ``until`` (quota, outage)
        ├── AuthFailed       the credentials are refused: the system is parked for a person
        ├── Rejected         the remote refused this write for good: the item is parked with a remedy
        ├── Conflict         the precondition failed: read again and plan anew
        ├── Ambiguous        the answer was lost after sending: resolve, never resend blindly
        ├── NotSent          nothing left this machine: safe to send again
        ├── Gone             the container or record cannot be read (404/410/403); absence is no proof of deletion
        └── Fatal            this system cannot be worked with (wrong URL, HTML instead of JSON)
"""

from __future__ import annotations


class PmsyncError(Exception):
    """Base of everything pmsync raises on purpose. ``message`` says what is wrong and where; ``hint`` what to do."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class ConfigError(PmsyncError):
    """The config cannot be used. ``where`` is ``file:line:column`` where known."""

    def __init__(self, message: str, *, hint: str = "", where: str = "") -> None:
        super().__init__(f"{where}: {message}" if where else message, hint=hint)
        self.where = where


class StoreError(PmsyncError):
    """The database is corrupt, was written by a newer pmsync, or is held by another run."""


class SafetyStop(PmsyncError):
    """A rail stopped the run before harm."""


class WriteRefused(PmsyncError):
    """A request that is not a read was attempted while only reads are allowed."""


class ConnectorError(PmsyncError):
    """Base of what a connector raises. ``system`` is filled in by the engine when the connector does not know it."""

    system: str = ""


class Retry(ConnectorError):
    """A passing fault. ``at``: Unix seconds of the next attempt."""

    def __init__(self, message: str, *, at: float, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.at = at


class Park(ConnectorError):
    """The whole system rests until ``until`` (Unix seconds); ``reason`` is the remote's own code, e.g. ``jira-quota-tenant-based``."""

    def __init__(self, message: str, *, until: float, reason: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.until = until
        self.reason = reason


class AuthFailed(ConnectorError):
    """The credentials are refused (401), or a named permission is missing (403)."""


class Rejected(ConnectorError):
    """The remote refused a write for good. ``surfaces`` maps surface id to the remote's reason, where it names them."""

    def __init__(self, message: str, *, surfaces: dict[str, str] | None = None, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.surfaces = surfaces or {}


class Conflict(ConnectorError):
    """A compare-and-set failed: the record moved since it was read."""


class Ambiguous(ConnectorError):
    """The request may or may not have been carried out (timeout after sending, reset, 5xx, unreadable 2xx)."""


class NotSent(ConnectorError):
    """The request provably never reached the remote (DNS, connect, TLS)."""


class Gone(ConnectorError):
    """A record or container cannot be read. ``status`` is 403, 404 or 410; only 410 or repeated 404s hint at deletion."""

    def __init__(self, message: str, *, status: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.status = status


class Fatal(ConnectorError):
    """The system cannot be worked with as configured."""
