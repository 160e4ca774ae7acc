"""People: on a record the ids of accounts of its system, in the hub the names of persons. Who is who is the directory's to say."""

from __future__ import annotations

from dataclasses import dataclass

from pmsync.model.values import EMPTY, Settled, known, members
from pmsync.reconcile.lens import Unmapped, Unrepresentable
from pmsync.reconcile.lenses.references import ReferencesLens

NOBODYS = "an account that belongs to no person of the config is assigned; pmsync people lists such accounts, and what to write"


@dataclass(frozen=True, slots=True)
class PeopleLens(ReferencesLens):
    """As ``ReferencesLens``: an account of nobody's is invisible and stays, and so does a person who has no account here.

    A place with room for one is consistent with any one of the hub's persons. So it never takes the others away, and nothing is written to
    show another one of them.
    """

    def ingest(self, remote: Settled, hub: Settled) -> Settled | Unmapped:
        """The hub's persons with those who have an account here as the remote shows them."""
        found = ReferencesLens.ingest(self, self._spelled(remote), hub)
        return Unmapped(NOBODYS) if isinstance(found, Unmapped) else found

    def put(self, hub: Settled, remote: Settled) -> Settled | Unrepresentable:
        """Whom the record is to be assigned to; whoever is assigned already keeps the spelling of the account."""
        if self.consistent(remote, hub):
            return remote
        target = ReferencesLens.put(self, hub, self._spelled(remote))
        if isinstance(target, Unrepresentable):
            return target
        there = {self._spelling(one): one for one in members(remote)}
        return self._shaped(frozenset(there.get(one, one) for one in members(target)))

    def consistent(self, remote: Settled, hub: Settled) -> bool:
        """The persons with an account here are assigned; where there is room for one, one of them is."""
        return ReferencesLens.consistent(self, self._spelled(remote), hub)

    def canon(self, remote: Settled) -> Settled:
        """Accounts of persons in the config's spelling; others do not count, unless there is room for one, where they stand in the way."""
        return ReferencesLens.canon(self, self._spelled(remote))

    def _spelled(self, remote: Settled) -> Settled:
        return self._shaped(frozenset(map(self._spelling, members(remote))))

    def _spelling(self, account: str) -> str:
        person = self.directory.item(account)
        return account if person is None else self.directory.record(person) or account

    def _shaped(self, accounts: frozenset[str]) -> Settled:
        """One account, where there is room for one, else the set of them."""
        if not self.single:
            return known(accounts)
        return known(min(accounts)) if accounts else EMPTY
