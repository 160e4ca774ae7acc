"""The roster: which person of the config an account of one system belongs to, and which account a person has there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pmsync.reconcile.lens import Lens
from pmsync.reconcile.lenses import PeopleLens

People = Mapping[str, Mapping[str, str]]
"""Person's name to what the config says of it: system to account, and ``email``."""

NOBODY: People = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Roster:
    """A ``Directory`` over the config alone. What looks alike without being written there is for ``pmsync people`` to suggest.

    Attributes:
        persons: account, in one case, to the person's name.
        accounts: person's name to the account.
    """

    persons: Mapping[str, str]
    accounts: Mapping[str, str]

    @classmethod
    def of(cls, people: People, system: str) -> Roster:
        """The roster of one system."""
        accounts = {name: said[system].strip() for name, said in people.items() if said.get(system, "").strip()}
        return cls({account.casefold(): name for name, account in accounts.items()}, accounts)

    def item(self, remote_id: str) -> str | None:
        """The person whose account it is. Trackers do not tell accounts apart by case."""
        return self.persons.get(remote_id.casefold())

    def record(self, item: str) -> str | None:
        """The person's account."""
        return self.accounts.get(item)

    def rank(self, item: str) -> tuple[bool, str, str]:
        """By name."""
        return False, "", item

    def title(self, item: str) -> str:
        """The person's name."""
        return item


def knows_nobody(lens: Lens) -> bool:
    """Whether it is one over people, and the config names nobody's account in its system."""
    return isinstance(lens, PeopleLens) and isinstance(lens.directory, Roster) and not lens.directory.accounts
