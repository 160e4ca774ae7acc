"""What is known of each scope: its container, its beats, and why it rests."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from sqlalchemy import bindparam, select

from pmsync.model.enums import Audience
from pmsync.model.record import ScopeRef
from pmsync.store.sql import Session, chunks
from pmsync.store.tables.remote import SCOPES


class ScopeRow(msgspec.Struct, frozen=True):
    """One scope.

    Attributes:
        scope: which.
        audience: who can read it.
        remote_id: the server's own id for the container.
        name: its display name.
        url: where a person opens it.
        config_hash: fingerprint of the config it was last synced with; a change means plan only.
        listed: how many records the last whole listing held.
        pulled_at: Unix seconds of the last pull, 0 for never; likewise ``catalogue_at`` and ``swept_at``.
        parked_until: Unix seconds until which it rests, 0 for not at all; ``parked_why`` says why.
        frozen_why: why a person must look before anything is written, "" when it is not frozen.
        mark: the instance mark last left in the container, or last seen there; "" for none.
        next_mark: the mark about to be left, kept before it is sent, so that a lost answer is no riddle; "" for none.
        marked_at: Unix seconds when the mark was left, 0 when one is to be left anew.
        restored_at: Unix seconds when the mark last showed that this store is older than the world, 0 for never.
        trust: how far writes may go there: "" nothing yet, for no person has looked at a plan; ``canary`` a few at a time; ``full``.
        comments_from: Unix seconds from which on comments there cross to other systems, 0 while they do not.
        comments_due: 1 while changed records were pulled whose comments were not.
        shrunk_to: how many records the last whole listing held that was not believed, -1 for none.
    """

    scope: ScopeRef
    audience: Audience = Audience.INTERNAL
    remote_id: str = ""
    name: str = ""
    url: str = ""
    config_hash: str = ""
    listed: int = 0
    pulled_at: float = 0.0
    catalogue_at: float = 0.0
    swept_at: float = 0.0
    parked_until: float = 0.0
    parked_why: str = ""
    frozen_why: str = ""
    mark: str = ""
    next_mark: str = ""
    marked_at: float = 0.0
    restored_at: float = 0.0
    trust: str = ""
    shrunk_to: int = -1
    comments_from: float = 0.0
    comments_due: int = 0


_FACTS = ScopeRow.__struct_fields__[2:]
_COLUMNS = [SCOPES.c[name] for name in ("scope", "audience", *_FACTS)]
_MANY = select(*_COLUMNS).where(SCOPES.c.scope.in_(bindparam("of", expanding=True)))


class Scopes:
    """One row for each scope that was ever looked at."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._read: dict[ScopeRef, ScopeRow | None] = {}

    def get(self, scope: ScopeRef) -> ScopeRow | None:
        """What is known of a scope. One transaction asks once: nobody else has a say meanwhile."""
        if scope not in self._read:
            self.many([scope])
        return self._read[scope]

    def many(self, scopes: Iterable[ScopeRef]) -> dict[ScopeRef, ScopeRow | None]:
        """What is known of several; None for one that was never looked at."""
        wanted = list(scopes)
        lacking = {str(scope): scope for scope in wanted if scope not in self._read}
        self._read.update(dict.fromkeys(lacking.values()))
        for part in chunks(lacking):
            for row in self._session.rows(_MANY, {"of": part}):
                name, audience, *facts = tuple(row)
                self._read[lacking[name]] = ScopeRow(lacking[name], Audience(audience), *facts)
        return {scope: self._read[scope] for scope in wanted}

    def put(self, row: ScopeRow) -> None:
        """Store what is known of a scope, whole."""
        facts = {name: getattr(row, name) for name in _FACTS}
        values = {"scope": str(row.scope), "audience": int(row.audience), **facts}
        self._session.put(SCOPES, ("audience", *_FACTS), [values])
        self._read[row.scope] = row
