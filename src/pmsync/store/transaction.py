"""One open transaction and the repositories that work in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

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
from pmsync.store.sql import Session
from pmsync.store.suggestions import Suggestions


class Transaction:
    """Everything read and written here happens at one moment, or not at all.

    Each repository is made when it is first asked for: most transactions need two or three of them.
    """

    items: Items
    links: Links
    references: References
    observations: Observations
    bases: Bases
    cursors: Cursors
    dirty: Dirty
    inbox: Inbox
    ops: Ops
    conflicts: Conflicts
    journal: Journal
    runs: Runs
    plans: Plans
    scopes: Scopes
    notices: Notices
    suggestions: Suggestions
    people: People
    pauses: Pauses
    leases: Leases

    def __init__(self, session: Session) -> None:
        self._session = session

    def __getattr__(self, name: str) -> object:
        """The repository of that name."""
        try:
            make = _REPOSITORIES[name]
        except KeyError:
            raise AttributeError(f"a transaction has no {name}") from None
        made = make(self._session)
        setattr(self, name, made)
        return made


_REPOSITORIES: Mapping[str, Callable[[Session], object]] = {
    "items": Items,
    "links": Links,
    "references": References,
    "observations": Observations,
    "bases": Bases,
    "cursors": Cursors,
    "dirty": Dirty,
    "inbox": Inbox,
    "ops": Ops,
    "conflicts": Conflicts,
    "journal": Journal,
    "runs": Runs,
    "plans": Plans,
    "scopes": Scopes,
    "notices": Notices,
    "suggestions": Suggestions,
    "people": People,
    "pauses": Pauses,
    "leases": lambda session: Leases(session, local=session.dialect == "sqlite"),
}
