"""Leases with fencing epochs: who may work on what, and until when."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, select, update

from pmsync.store.sql import Session
from pmsync.store.tables.work import LEASES

RUN = "run"
"""The name of the lease that a run holds on the whole store."""


@dataclass(frozen=True, slots=True)
class LeaseRow:
    """One lease that is held, or was. Times are Unix seconds; ``holder`` is "" after a release."""

    name: str
    holder: str
    epoch: int
    host: str
    process: int
    since: float
    expires_at: float


_GET = select(LEASES).where(LEASES.c.name == bindparam("of"))
EPOCH = select(LEASES.c.epoch).where(LEASES.c.name == bindparam("of")).with_for_update(read=True)
"""The epoch of the lease named ``of``, which cannot change before the transaction ends; no row when it never was held."""

_TAKE = (
    update(LEASES)
    .where(LEASES.c.name == bindparam("of"), LEASES.c.epoch == bindparam("known"))
    .values(
        holder=bindparam("who"),
        epoch=LEASES.c.epoch + 1,
        host=bindparam("on_host"),
        process=bindparam("pid"),
        since=bindparam("at"),
        expires_at=bindparam("until"),
    )
)
_RENEW = (
    update(LEASES)
    .where(LEASES.c.name == bindparam("of"), LEASES.c.epoch == bindparam("known"), LEASES.c.holder != "")
    .values(expires_at=bindparam("until"))
)
_RELEASE = (
    update(LEASES).where(LEASES.c.name == bindparam("of"), LEASES.c.epoch == bindparam("known")).values(holder="", expires_at=0.0)
)


class Leases:
    """One row for each name that was ever leased; its epoch grows with every holder and never goes back.

    ``local`` says that every holder works on this host's files (SQLite), so that a holder whose process is gone can be told at once.
    """

    def __init__(self, session: Session, *, local: bool) -> None:
        self._session = session
        self._local = local

    def acquire(self, name: str, holder: str, ttl: float) -> int | None:
        """Take a lease for ``ttl`` seconds; its epoch, or None while somebody holds it (the same holder included)."""
        session = self._session
        now = session.now()
        values = {"who": holder, "on_host": socket.gethostname(), "pid": os.getpid(), "at": now, "until": now + ttl}
        current = self.get(name)
        if current is None:
            row = {
                "name": name,
                "holder": holder,
                "epoch": 1,
                "host": values["on_host"],
                "process": values["pid"],
                "since": now,
                "expires_at": now + ttl,
            }
            return 1 if session.add(LEASES, row) else None
        if self.is_held(current):
            return None
        taken = session.run(_TAKE, {"of": name, "known": current.epoch, **values})
        return current.epoch + 1 if taken else None

    def release(self, name: str, epoch: int) -> None:
        """Give a lease back; nothing happens when it was taken over meanwhile."""
        self._session.run(_RELEASE, {"of": name, "known": epoch})

    def renew(self, name: str, epoch: int, ttl: float) -> bool:
        """Hold on for ``ttl`` seconds from now; False when the lease was taken over or released."""
        return bool(self._session.run(_RENEW, {"of": name, "known": epoch, "until": self._session.now() + ttl}))

    def get(self, name: str) -> LeaseRow | None:
        """The lease of that name, whether it is held or not; None when it never was."""
        row = self._session.row(_GET, {"of": name})
        return _lease(row) if row else None

    def is_held(self, lease: LeaseRow) -> bool:
        """Whether somebody holds it: not released, not expired, and not left behind by a process that is gone."""
        if not lease.holder or lease.expires_at <= self._session.now():
            return False
        return not (self._local and lease.host == socket.gethostname() and not process_lives(lease.process))


def process_lives(pid: int) -> bool:
    """Whether a process of that number runs on this machine."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _lease(row: Row[Any]) -> LeaseRow:
    return LeaseRow(row.name, row.holder, row.epoch, row.host, row.process, row.since, row.expires_at)
