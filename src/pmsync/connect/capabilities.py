"""Capabilities are data: what a connector can do, in full, in part with a reason, or not at all with a reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Full:
    """It can, as the contract describes."""


@dataclass(frozen=True, slots=True)
class Partial:
    """It can, within the limits that ``reason`` names."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unsupported:
    """It cannot; ``reason`` says why, for ``pmsync connector list``."""

    reason: str


Support = Full | Partial | Unsupported


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What one connector can do. The engine chooses its path by these, never by a connector's name.

    Attributes:
        idempotency_key: a create may be resent byte for byte under one key.
        marker: a created record carries our token, written atomically with the create.
        find: how a lost create is looked for; Full only when a strongly consistent path exists, Partial when an index lags.
        compare_and_set: a write is refused when the record moved since it was read.
        history: who changed what can be read.
        deletions: the change stream reports deletions.
        ids: all ids of a scope can be listed for the sweep.
        relocate: a move may give a record another id, and the record can be followed from its old key.
        container: the container itself can be looked at: readable, the server's clock, and (Full) a mark of ours that it keeps.
        comments: comments can be pulled.
        commenting: comments can be read by their refs, written with a marker, and found again; see ``connect.comments``.
        hints: webhooks can be verified and parsed.
        source: a place where people plan, as a roadmap in a file: what it says is read whatever the config says of ``all`` systems, and it
            is written only where ``writes`` says so.
        writes: what flows to the system by itself is written there.
        fetch_batch: how many ids one ``fetch`` call reads.
        server_max: seconds after which a timed-out request can no longer land.
        index_lag: seconds an index may lag behind (0 where reads are consistent).
    """

    idempotency_key: Support
    marker: Support
    find: Support
    compare_and_set: Support
    history: Support
    deletions: Support
    ids: Support
    container: Support
    comments: Support
    hints: Support
    relocate: Support = Unsupported("a record keeps its id wherever it moves")
    commenting: Support = Unsupported("comments are only read here")
    source: bool = False
    writes: Support = Full()
    fetch_batch: int = 100
    server_max: float = 300.0
    index_lag: float = 0.0

    @property
    def quiet_period(self) -> float:
        """Seconds after a lost answer before "not found" counts as evidence."""
        return self.server_max + self.index_lag
