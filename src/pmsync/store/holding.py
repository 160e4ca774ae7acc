"""The run lease: one run at a time works on a store."""

from __future__ import annotations

from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Self

from pmsync.store.errors import Fenced, Held, StoreError
from pmsync.store.leases import RUN, LeaseRow

if TYPE_CHECKING:
    from pmsync.store.store import Store


class Lease:
    """The right of one run to write. Leaving the context gives it back."""

    def __init__(self, store: Store, holder: str, epoch: int, ttl: float) -> None:
        self._store = store
        self.holder = holder
        self.epoch = epoch
        self.ttl = ttl

    def renew(self) -> None:
        """Hold on for another ``ttl`` seconds from now.

        Raises:
            Fenced: the lease was taken over meanwhile.
        """
        with self._store.transaction() as tx:
            if not tx.leases.renew(RUN, self.epoch, self.ttl):
                raise Fenced(
                    "another run has taken over the store; this one may write nothing more", hint="let the other run finish"
                )

    def release(self) -> None:
        """Give the lease back; nothing happens when it was taken over."""
        self._store.fence = None
        with self._store.transaction(fenced=False) as tx:
            tx.leases.release(RUN, self.epoch)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.release()


def take_run_lease(store: Store, holder: str, ttl: float) -> Lease:
    """Take the run lease of a store, from nobody, from a holder whose time is over, or from one whose process is gone.

    Raises:
        Held: somebody holds it, this store included.
    """
    if not holder:
        raise StoreError("a run lease needs the name of its holder")
    with store.transaction(fenced=False) as tx:
        epoch = tx.leases.acquire(RUN, holder, ttl)
        current = tx.leases.get(RUN)
    if epoch is None:
        raise Held(_held_by(current), hint="wait for it to finish; the lease of a run that died expires by itself")
    store.fence = epoch
    return Lease(store, holder, epoch, ttl)


def _held_by(lease: LeaseRow | None) -> str:
    if lease is None:
        return "the store was just taken by another run"
    since = datetime.fromtimestamp(lease.since, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"the store is held by {lease.holder} (process {lease.process} on {lease.host}, since {since})"
