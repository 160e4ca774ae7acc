"""One open transaction and the repositories that work in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar, overload

from pmsync.store.bases import Bases
from pmsync.store.conflicts import Conflicts
from pmsync.store.cursors import Cursors
from pmsync.store.dirty import Dirty
from pmsync.store.inbox import Inbox
from pmsync.store.items import Items
from pmsync.store.journal import Journal
from pmsync.store.leases import Leases
from pmsync.store.links import Links
from pmsync.store.notices import Notices
from pmsync.store.observations import Observations
from pmsync.store.ops import Ops
from pmsync.store.pauses import Pauses
from pmsync.store.people import People
from pmsync.store.plans import Plans
from pmsync.store.references import References
from pmsync.store.runs import Runs
from pmsync.store.scopes import Scopes
from pmsync.store.scores import Scores
from pmsync.store.sql import Session
from pmsync.store.suggestions import Suggestions

R = TypeVar("R")


class _Repository(Generic[R]):
    """A repository of a transaction, made when it is first asked for: most transactions need two or three of them."""

    def __init__(self, make: Callable[[Session], R]) -> None:
        self._make = make

    def __set_name__(self, owner: type[Transaction], name: str) -> None:
        self._name = name

    @overload
    def __get__(self, transaction: None, owner: type[Transaction]) -> _Repository[R]: ...
    @overload
    def __get__(self, transaction: Transaction, owner: type[Transaction]) -> R: ...
    def __get__(self, transaction: Transaction | None, owner: type[Transaction]) -> R | _Repository[R]:
        if transaction is None:
            return self
        made = transaction.__dict__[self._name] = self._make(transaction.session)  # from now on found there, before this is asked
        return made


class Transaction:
    """Everything read and written here happens at one moment, or not at all."""

    items = _Repository(Items)
    links = _Repository(Links)
    references = _Repository(References)
    observations = _Repository(Observations)
    bases = _Repository(Bases)
    cursors = _Repository(Cursors)
    dirty = _Repository(Dirty)
    inbox = _Repository(Inbox)
    ops = _Repository(Ops)
    conflicts = _Repository(Conflicts)
    journal = _Repository(Journal)
    runs = _Repository(Runs)
    plans = _Repository(Plans)
    scopes = _Repository(Scopes)
    scores = _Repository(Scores)
    notices = _Repository(Notices)
    suggestions = _Repository(Suggestions)
    people = _Repository(People)
    pauses = _Repository(Pauses)
    leases = _Repository(lambda session: Leases(session, local=session.dialect == "sqlite"))

    def __init__(self, session: Session) -> None:
        self.session = session
