"""One open transaction and the repositories that work in it."""

from __future__ import annotations

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
from pmsync.store.runs import Runs
from pmsync.store.scopes import Scopes
from pmsync.store.sql import Session
from pmsync.store.suggestions import Suggestions


class Transaction:
    """Everything read and written here happens at one moment, or not at all."""

    def __init__(self, session: Session) -> None:
        self.items = Items(session)
        self.links = Links(session)
        self.observations = Observations(session)
        self.bases = Bases(session)
        self.cursors = Cursors(session)
        self.dirty = Dirty(session)
        self.inbox = Inbox(session)
        self.ops = Ops(session)
        self.conflicts = Conflicts(session)
        self.journal = Journal(session)
        self.runs = Runs(session)
        self.plans = Plans(session)
        self.scopes = Scopes(session)
        self.notices = Notices(session)
        self.suggestions = Suggestions(session)
        self.people = People(session)
        self.pauses = Pauses(session)
        self.leases = Leases(session, local=session.connection.dialect.name == "sqlite")
