"""The connector contract: six verbs make a connector (check, scopes, surfaces, pull, fetch, apply), the optional ones make it excellent.

Terminology (the same words as ``docs/glossary.md``):

* SYSTEM    one configured account. A connector object serves exactly one system.
* SCOPE     one container of it: a Jira project, a repository, a queue.
* RECORD    what is read, always whole; identity is the immutable remote id.
* SURFACE   a place in a record where a hub field shows, with its lens.
* CURSOR    the connector's own position in a stream: opaque text to everybody else.
* OP        one planned write. It is sent once; what became of it comes back as a receipt.

Every verb may raise the ``ConnectorError`` family of ``pmsync.connect.errors``; per-op failures travel inside receipts, so that
one bad op never stops the others. No verb writes unless it is ``apply`` (or ``prepare``, which ``apply`` needs) or
``leave_mark``; with the read-only fence down, all of them raise ``WriteRefused``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from pmsync.connect.capabilities import Capabilities
from pmsync.connect.errors import Rejected
from pmsync.model.enums import Audience
from pmsync.model.record import Comment, Record, RecordRef, ScopeRef
from pmsync.model.roadmap import Roadmap
from pmsync.model.values import Observed
from pmsync.reconcile.operation import Operation
from pmsync.reconcile.surface import Surface


@dataclass(frozen=True, slots=True)
class Scope:
    """A container that can be synced: its display name, who can read it, and the server's own id for it."""

    ref: ScopeRef
    name: str
    audience: Audience
    remote_id: str
    url: str = ""


class Level(StrEnum):
    """How a check came out. ``note`` marks a default that was taken."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of ``pmsync doctor``: what was looked at, what was found, and the remedy."""

    level: Level
    subject: str
    finding: str
    remedy: str = ""


class Stream(StrEnum):
    """The change streams; each has its own cursor and beat."""

    ITEMS = "items"
    COMMENTS = "comments"


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that is wrong in what was read: what it is about, the same while it stands there, and a sentence that says where and why."""

    subject: str
    said: str


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a stream.

    Attributes:
        records: whole records (stream ITEMS).
        comments: comments (stream COMMENTS).
        gone: refs the remote itself reports as deleted.
        cursor: where to go on from once this page is committed; never past anything not yet delivered.
        more: whether another page is ready now. A short or empty page with ``more`` is not the end.
        remarks: all that is wrong in the scope now; None where that was not looked at again.
    """

    cursor: str
    more: bool
    records: tuple[Record, ...] = ()
    comments: tuple[Comment, ...] = ()
    gone: tuple[RecordRef, ...] = ()
    remarks: tuple[Remark, ...] | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """One entry of a record's history: who changed what one surface shows, and when.

    Attributes:
        ref: the record.
        surface: the surface.
        before: what it showed until then, in the surface's own vocabulary and always whole (of labels all, not only those that came or
            went); unobserved where the history does not tell.
        after: what it showed from then on.
        actor: the account that did it, as ``me`` names our own.
        at: Unix seconds by the server's clock, in whatever resolution it has.
    """

    ref: RecordRef
    surface: str
    before: Observed
    after: Observed
    actor: str
    at: float


@dataclass(frozen=True, slots=True)
class Fetched:
    """Direct reads.

    Attributes:
        records: what was found.
        missing: what could not be read (404/403).
        deleted: what the remote says is deleted (410).
        edits: the records' history, where it was asked for: per record complete since then, in the order in which things happened, which
            the stamps alone need not tell.
        at: the server's clock when it began to answer (Unix seconds), 0.0 where it does not say.
    """

    records: tuple[Record, ...]
    missing: tuple[RecordRef, ...] = ()
    deleted: tuple[RecordRef, ...] = ()
    edits: tuple[Edit, ...] = ()
    at: float = 0.0


class Outcome(StrEnum):
    """What became of an op.

    ``done``: the remote answered success (no proof yet: the engine reads back). ``rejected``: a definite refusal.
    ``not_sent``: provably nothing was sent. ``ambiguous``: the answer was lost. ``conflict``: a compare-and-set failed.
    """

    DONE = "done"
    REJECTED = "rejected"
    NOT_SENT = "not_sent"
    AMBIGUOUS = "ambiguous"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one op.

    Attributes:
        op: uid of the op.
        outcome: see ``Outcome``; when several requests were needed, the worst of them.
        ref: the record; for a create the new id from the create's own answer, also where a later step of it (its status) is ``ambiguous``.
        record: the record as the write's own answer shows it, None when the answer does not show it whole.
        reason: for everything but ``done``, a sentence for a person.
        refused: surface id to the reason, for surfaces that were refused while others may have landed.
        retry_at: for ``not_sent``: when to try again, Unix seconds; None for at once.
        hint: the remedy, where there is one.
    """

    op: str
    outcome: Outcome
    ref: RecordRef | None = None
    record: Record | None = None
    reason: str = ""
    refused: Mapping[str, str] = field(default_factory=dict)
    retry_at: float | None = None
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """The op's record exists."""

    record: Record


@dataclass(frozen=True, slots=True)
class Absent:
    """A complete look found nothing. ``consistent`` says whether the path used cannot lag."""

    consistent: bool


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The look could not be completed; it is evidence of nothing."""

    reason: str


Finding = Found | Absent | Unreadable


@dataclass(frozen=True, slots=True)
class Listing:
    """All ids of a scope. ``complete`` False means that absence from it proves nothing."""

    refs: tuple[RecordRef, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class Container:
    """The container itself: readable or not, the server's clock, and the instance mark kept in it (None: none, or none possible)."""

    readable: bool
    server_time: float
    mark: str | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """A remote account. ``email`` is "" where the system hides it; ``active`` False for deactivated ones."""

    id: str
    name: str
    email: str = ""
    active: bool = True


@dataclass(frozen=True, slots=True)
class Revision:
    """One value of a plan: the keys that lead to it, ``("items", "pay-sso", "horizon")``, and what it is to be; None takes the key out."""

    path: tuple[str, ...]
    value: str | tuple[str, ...] | None


class Connector(ABC):
    """One system, spoken to. Implementations are thread-confined: the engine calls one scope at a time."""

    @property
    @abstractmethod
    def capabilities(self) -> Capabilities:
        """What this connector can do; constant for its lifetime."""

    @abstractmethod
    def me(self) -> str:
        """The remote account we act as; markers count only on records this account created."""

    @abstractmethod
    def check(self, scopes: Sequence[ScopeRef]) -> list[Check]:
        """What ``doctor`` prints: authentication, permissions, time zone, fields, unmapped values; each with a remedy.

        Never raises for what it finds wrong: that is what the checks say.
        """

    @abstractmethod
    def scopes(self, wanted: Sequence[ScopeRef]) -> list[Scope]:
        """The wanted containers as the server knows them.

        Raises:
            Gone: one does not exist or is not visible to us (the message names it).
        """

    @abstractmethod
    def surfaces(self, scope: ScopeRef) -> list[Surface]:
        """Which hub fields show where in this scope's records: allowed values, lens, read-only and why, defaults taken.

        Cached by the connector; ``refresh`` drops the cache.
        """

    @abstractmethod
    def refresh(self) -> None:
        """Forget the discovered catalogue (fields, statuses, labels); the next use reads it again."""

    @abstractmethod
    def pull(self, scope: ScopeRef, stream: Stream, cursor: str | None) -> Iterator[Page]:
        """Pages of what changed since ``cursor`` (None: from the beginning), oldest first.

        What the scope's filter lets through is yielded. What left it is yielded too where the server can list it (an issue that lost a
        label): ``in_scope`` tells the two apart, and a record that is only no longer listed would go on being written. Re-delivering is
        allowed, skipping is not: the cursor keeps an overlap for lagging indexes and comes from server time only. A page's cursor is
        given back only once the page is committed, so what vouches for what was delivered (an ETag) belongs into it. Listing calls are
        O(pages).
        """

    @abstractmethod
    def fetch(self, scope: ScopeRef, refs: Sequence[RecordRef], since: float | None = None) -> Fetched:
        """Direct reads by id, never through a search index; ceil(n / fetch_batch) calls. A moved record comes back with its new scope and key.

        With the capability ``commenting`` a ref may be a comment's as well: it comes back as the record that ``comments.record`` makes of it, equal
        to what the stream of comments shows.

        With ``since`` (Unix seconds by the server's clock) their history from then on comes along in the same calls, where the capability
        ``history`` says that there is one: who changed what, so that an edit that we wrote over is found, and a write of ours that was
        edited upon is known to have landed.
        """

    @abstractmethod
    def in_scope(self, scope: ScopeRef, record: Record) -> bool:
        """Whether the record belongs to the scope as configured (container and, where they can be judged locally, its filters)."""

    def prepare(self, scope: ScopeRef, ops: Sequence[Operation]) -> None:
        """Create what the ops need to exist (labels, say), idempotently, before any intent is written. Default: nothing."""

    @abstractmethod
    def apply(self, scope: ScopeRef, ops: Sequence[Operation]) -> Iterator[Receipt]:
        """Send each op once and yield its receipt, in order, each before the next is sent. Only touched surfaces are sent, sets as deltas.

        With the capability ``commenting`` an op may be a comment's (``Kind.COMMENT``, see ``comments.written``): a new one is as open as its issue at
        most, in a service desk an internal note, and carries header and marker; a changed one keeps both.
        """

    # -- optional verbs; where there is a capability of that name, it says whether and how far the verb is there ------------

    def floor(self, scope: ScopeRef) -> str:
        """Where a later ``find`` starts looking: taken before a create is sent (highest key seen, server time). Opaque text."""
        return ""

    def find(self, scope: ScopeRef, op: Operation, floor: str) -> Finding:
        """Look for the record of a create whose answer was lost, by the strongest path there is; a comment in the list of its issue's comments."""
        return Unreadable("this connector cannot look for a lost create")

    def relocate(self, scope: ScopeRef, ref: RecordRef, key: str) -> Record | None:
        """Follow a record whose id no longer answers from its last display key (a transfer makes a new id); None when it leads nowhere."""
        return None

    def ids(self, scope: ScopeRef) -> Listing:
        """All ids of the scope, for the sweep."""
        return Listing((), complete=False)

    def container(self, scope: ScopeRef) -> Container:
        """The container's state. Counted as a slower beat, not per poll."""
        raise NotImplementedError

    def leave_mark(self, scope: ScopeRef, mark: str) -> None:
        """Keep ``mark`` (at most 100 characters, opaque, fit for the public) in the container, in place of the one that is there.

        It is read back by ``container``. One call, or two where there was none yet; no record is touched by it.

        Raises:
            Rejected: no mark can be kept there, the permission included; the hint is the remedy.
        """
        raise Rejected("this connector keeps no marks")

    def roadmap(self, scope: ScopeRef) -> Roadmap | None:
        """The plan that a source keeps there (``Capabilities.source``), with all that no field of a record says; None where there is none.

        The remote id of an item's record is the item's full name, ``line/key``.

        Raises:
            Gone: it cannot be read.
        """
        return None

    def revise(self, scope: ScopeRef, revisions: Sequence[Revision]) -> None:
        """Change values of the plan, all in one write or none. A person asked for it: it does not ask whether the source is written by syncs.

        Raises:
            Rejected: a value cannot stand there, or there is no plan to change.
            Conflict: somebody saved the plan meanwhile.
        """
        raise Rejected("this connector keeps no roadmap")

    def people(self, scope: ScopeRef, ids: Sequence[str]) -> list[Account]:
        """Accounts by id, for the identity map; unknown ids are left out."""
        return []

    def hints(self, headers: Mapping[str, str], body: bytes) -> list[RecordRef]:
        """Verify a webhook and name the records it hints at. State is never taken from it.

        Raises:
            AuthFailed: the signature is missing or wrong.
            Rejected: it is genuine, and points at nothing that is synced; the message says what it is about.
        """
        return []

    def close(self) -> None:
        """Release connections."""
