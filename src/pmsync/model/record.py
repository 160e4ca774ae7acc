"""What a connector reads: records, and the names by which they are found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import msgspec

from pmsync.model.enums import Audience, Kind
from pmsync.model.values import Observed


class ScopeRef(msgspec.Struct, frozen=True):
    """One container of one system, e.g. ``ScopeRef("jira", "PAY")``. ``key`` is the container's display key."""

    system: str
    key: str

    def __str__(self) -> str:
        return f"{self.system}:{self.key}"

    @classmethod
    @lru_cache(1000)
    def parse(cls, text: str) -> ScopeRef:
        """Read ``system:key`` back; the key may hold further colons.

        Raises:
            ValueError: there is no colon, or a side is empty.
        """
        system, colon, key = text.partition(":")
        if not (colon and system and key):
            raise ValueError(f"{text!r} is not of the form system:key")
        return cls(system, key)


class RecordRef(msgspec.Struct, frozen=True):
    """The immutable identity of a record: the system and its remote id (Jira's numeric id, GitHub's node id), never a key."""

    system: str
    remote_id: str

    def __str__(self) -> str:
        return f"{self.system}#{self.remote_id}"


@dataclass(frozen=True, slots=True)
class Requester:
    """Who asks in a support tool.

    Attributes:
        contact: what tells this person from others: the address as a connector reads it, a keyed hash of it as the store keeps it.
        domain: the end of the address, without the ``@``.
        organization: the name of the organization, where the system knows it.
        organization_id: its id there.
    """

    contact: str
    domain: str = ""
    organization: str = ""
    organization_id: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """One remote record as last read, always whole: a partial row of a listing is no record.

    Attributes:
        ref: the immutable identity.
        scope: the container it lives in now (it changes when the record moves).
        key: the display key (``PAY-7``, ``acme/api#12``); heals itself on a move.
        url: where a person opens it.
        kind: what the connector takes it for.
        values: surface id to what was seen there. Surfaces of the scope that are missing here count as unobserved.
        version: the remote's own change token (etag, updated-at), for display and for "must I refetch", never for truth.
        updated_at: server time of the last change, Unix seconds.
        created_at: server time of creation, Unix seconds.
        creator: the remote account that made it ("" when the system does not say); markers count only on our own creations.
        actor: the remote account of the last change, "" when unknown.
        audience: who can read the record where it stands (an issue with a security level is PRIVATE).
        marker: the marker token found on the record, not yet verified; None when there is none.
        references: URLs and keys of other records that a native cross-link or the text names, for adoption.
        places: surface id to where a person finds the value, ``roadmap/payments.yaml:9``, where that can be said.
        homes: scopes, as ``system:container``, of which a person has written down that it is to have a record there too.
        declared: records, as ``system:key``, of which a person has written down that they are the same thing as this one.
        ties: links to other records that no hub field carries, each as ``<link id> <remote id of the other> <sort>``.
        people: surface-like name ("assignee", "reporter") to the remote account.
        raw: the connector's own untouched text of rich fields, e.g. ``{"body": <ADF as JSON text>}``.
        requester: who asks, of a support tool's records.
        excluded: the remote says that the scope's condition does not cover the record (a condition that only it can judge).
    """

    ref: RecordRef
    scope: ScopeRef
    key: str
    url: str
    kind: Kind
    values: Mapping[str, Observed]
    version: str
    updated_at: float
    created_at: float
    creator: str = ""
    actor: str = ""
    audience: Audience = Audience.INTERNAL
    marker: str | None = None
    references: tuple[str, ...] = ()
    people: Mapping[str, str] = field(default_factory=dict)
    raw: Mapping[str, str] = field(default_factory=dict)
    excluded: bool = False
    ties: tuple[str, ...] = ()
    declared: tuple[str, ...] = ()
    homes: tuple[str, ...] = ()
    places: Mapping[str, str] = field(default_factory=dict)
    requester: Requester | None = None


@dataclass(frozen=True, slots=True)
class Comment:
    """One remote comment, always whole.

    Attributes:
        ref: the immutable identity; no issue of the system has the same.
        parent: the record that it belongs to.
        author: the remote account that wrote it.
        body: readable text (Markdown); of a copy that pmsync made without its header.
        created_at: server time, Unix seconds; ``updated_at`` likewise.
        audience: who can read it: the narrower of its own audience and its record's.
        raw: the connector's own untouched form of the text where that is another one (Jira's document as JSON text).
        place: the display key of its record, ``PAY-7``.
        key: its own display key, ``PAY-7 comment 10023``.
        url: where a person opens it.
        name: the author as people know them, "" where that is ``author``.
        marker: the marker token found in a copy of ours, None where there is none or somebody else wrote it.
        header: of a copy of ours, the line above the text that says who wrote it where.
    """

    ref: RecordRef
    parent: RecordRef
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
