"""The shapes in which whole values are stored: records, comments, operations, disputes. Fields may be added, never renamed."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from pmsync.model.enums import Audience, Kind
from pmsync.model.record import Comment, Record, RecordRef, Requester, ScopeRef
from pmsync.model.values import Plain, plain, settled
from pmsync.reconcile.operation import Change, Operation, OpKind
from pmsync.reconcile.view import Candidate, Dispute
from pmsync.store.codec import PlainObserved, decode, encode, observed, plain_observed


class RecordDocument(msgspec.Struct, frozen=True):
    """A ``Record``."""

    system: str
    remote_id: str
    scope: str
    key: str
    url: str
    kind: Kind
    values: dict[str, PlainObserved]
    version: str
    updated_at: float
    created_at: float
    creator: str
    actor: str
    audience: Audience
    marker: str | None
    references: tuple[str, ...]
    people: dict[str, str]
    raw: dict[str, str]
    excluded: bool = False
    declared: tuple[str, ...] = ()
    homes: tuple[str, ...] = ()
    ties: tuple[str, ...] = ()
    requester: Requester | None = None
    places: dict[str, str] = {}


class CommentDocument(msgspec.Struct, frozen=True):
    """A ``Comment``."""

    system: str
    remote_id: str
    parent: str
    author: str
    body: str
    created_at: float
    updated_at: float
    audience: Audience
    raw: str = ""
    place: str = ""
    key: str = ""
    url: str = ""
    name: str = ""
    marker: str | None = None
    header: str = ""


class ChangeDocument(msgspec.Struct, frozen=True):
    """A ``Change``."""

    surface: str
    field: str
    before: Plain
    after: Plain
    hub: Plain
    why: str
    losses: tuple[str, ...] = ()


class OperationDocument(msgspec.Struct, frozen=True):
    """An ``Operation``: the frozen payload of an op."""

    uid: str
    kind: OpKind
    item: str
    scope: str
    ref: tuple[str, str] | None
    key: str
    item_kind: Kind
    changes: tuple[ChangeDocument, ...]
    marker: str | None
    why: str
    undoes: str = ""
    ends: bool = False


class CandidateDocument(msgspec.Struct, frozen=True):
    """A ``Candidate``."""

    source: str
    system: str
    value: Plain
    shown: str
    actor: str
    at: float


class DisputeDocument(msgspec.Struct, frozen=True):
    """A ``Dispute``."""

    field: str
    base: Plain
    candidates: tuple[CandidateDocument, ...]


_SHORT = 4_000
"""Characters of a record that is worth remembering."""

_RECORD = msgspec.json.Decoder(RecordDocument)
_COMMENT = msgspec.json.Decoder(CommentDocument)
_OPERATION = msgspec.json.Decoder(OperationDocument)
_DISPUTE = msgspec.json.Decoder(DisputeDocument)
_CANDIDATE = msgspec.json.Decoder(CandidateDocument)


def record_text(record: Record) -> str:
    """A record as JSON text."""
    return encode(
        RecordDocument(
            record.ref.system,
            record.ref.remote_id,
            str(record.scope),
            record.key,
            record.url,
            record.kind,
            plain_observed(record.values),
            record.version,
            float(record.updated_at),
            float(record.created_at),
            record.creator,
            record.actor,
            record.audience,
            record.marker,
            record.references,
            dict(record.people),
            dict(record.raw),
            record.excluded,
            record.declared,
            record.homes,
            record.ties,
            record.requester,
            dict(record.places),
        )
    )


def record_of(text: str) -> Record:
    """Undo ``record_text``."""
    return _remembered(text) if len(text) <= _SHORT else _record(text)


@lru_cache(2_000)
def _remembered(text: str) -> Record:
    """A run reads what it knows of a record again at every step."""
    return _record(text)


def _record(text: str) -> Record:
    found = decode(text, _RECORD)
    return Record(
        ref=RecordRef(found.system, found.remote_id),
        scope=ScopeRef.parse(found.scope),
        key=found.key,
        url=found.url,
        kind=found.kind,
        values=observed(found.values),
        version=found.version,
        updated_at=found.updated_at,
        created_at=found.created_at,
        creator=found.creator,
        actor=found.actor,
        audience=found.audience,
        marker=found.marker,
        references=found.references,
        people=found.people,
        raw=found.raw,
        excluded=found.excluded,
        declared=found.declared,
        homes=found.homes,
        ties=found.ties,
        places=found.places,
        requester=found.requester,
    )


def comment_text(comment: Comment) -> str:
    """A comment as JSON text."""
    return encode(
        CommentDocument(
            comment.ref.system,
            comment.ref.remote_id,
            comment.parent.remote_id,
            comment.author,
            comment.body,
            float(comment.created_at),
            float(comment.updated_at),
            comment.audience,
            comment.raw,
            comment.place,
            comment.key,
            comment.url,
            comment.name,
            comment.marker,
            comment.header,
        )
    )


def comment_of(text: str) -> Comment:
    """Undo ``comment_text``."""
    found = decode(text, _COMMENT)
    return Comment(
        RecordRef(found.system, found.remote_id),
        RecordRef(found.system, found.parent),
        found.author,
        found.body,
        found.created_at,
        found.updated_at,
        found.audience,
        found.raw,
        found.place,
        found.key,
        found.url,
        found.name,
        found.marker,
        found.header,
    )


def operation_text(op: Operation) -> str:
    """An operation as JSON text."""
    return encode(
        OperationDocument(
            op.uid,
            op.kind,
            op.item,
            str(op.scope),
            (op.ref.system, op.ref.remote_id) if op.ref else None,
            op.key,
            op.item_kind,
            tuple(_change_document(change) for change in op.changes),
            op.marker,
            op.why,
            op.undoes,
            op.ends,
        )
    )


def _change_document(change: Change) -> ChangeDocument:
    return ChangeDocument(
        change.surface, change.field, plain(change.before), plain(change.after), plain(change.hub), change.why, change.losses
    )


def operation_of(text: str) -> Operation:
    """Undo ``operation_text``."""
    found = decode(text, _OPERATION)
    changes = tuple(
        Change(one.surface, one.field, settled(one.before), settled(one.after), settled(one.hub), one.why, one.losses)
        for one in found.changes
    )
    return Operation(
        uid=found.uid,
        kind=found.kind,
        item=found.item,
        scope=ScopeRef.parse(found.scope),
        ref=RecordRef(*found.ref) if found.ref else None,
        key=found.key,
        item_kind=found.item_kind,
        changes=changes,
        marker=found.marker,
        why=found.why,
        undoes=found.undoes,
        ends=found.ends,
    )


def candidate_text(candidate: Candidate) -> str:
    """A candidate as JSON text."""
    return encode(_candidate_document(candidate))


def candidate_of(text: str) -> Candidate:
    """Undo ``candidate_text``."""
    return _candidate(decode(text, _CANDIDATE))


def _candidate_document(one: Candidate) -> CandidateDocument:
    return CandidateDocument(one.source, one.system, plain(one.value), one.shown, one.actor, float(one.at))


def _candidate(found: CandidateDocument) -> Candidate:
    return Candidate(found.source, found.system, settled(found.value), found.shown, found.actor, found.at)


def dispute_text(dispute: Dispute) -> str:
    """A dispute as JSON text."""
    candidates = tuple(_candidate_document(one) for one in dispute.candidates)
    return encode(DisputeDocument(dispute.field, plain(dispute.base), candidates))


def dispute_of(text: str) -> Dispute:
    """Undo ``dispute_text``."""
    found = decode(text, _DISPUTE)
    return Dispute(found.field, settled(found.base), tuple(_candidate(one) for one in found.candidates))
