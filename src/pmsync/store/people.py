"""The accounts seen in each system. Which person each one is follows from the config and is not kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, select

from pmsync.connect.contract import Account
from pmsync.store.sql import Session
from pmsync.store.tables.remote import PEOPLE


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One account of one system."""

    system: str
    account: Account


_ALL = select(PEOPLE).where(PEOPLE.c.system == bindparam("of")).order_by(PEOPLE.c.account)


class People:
    """One row for each account."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def seen(self, system: str, ids: Iterable[str]) -> None:
        """Note that accounts of those ids exist; what is known of them already stays."""
        now = self._session.now()
        rows = [
            {"system": system, "account": one, "name": "", "email": "", "active": 1, "seen_at": now} for one in sorted(set(ids))
        ]
        self._session.add_missing(PEOPLE, rows)

    def put(self, system: str, accounts: Sequence[Account]) -> None:
        """Store accounts as last seen."""
        now = self._session.now()
        rows = [
            {
                "system": system,
                "account": account.id,
                "name": account.name,
                "email": account.email,
                "active": int(account.active),
                "seen_at": now,
            }
            for account in {account.id: account for account in accounts}.values()
        ]
        self._session.put(PEOPLE, ("name", "email", "active", "seen_at"), rows)

    def all(self, system: str) -> list[PersonRow]:
        """All accounts of a system, ordered by id."""
        return [_person(row) for row in self._session.rows(_ALL, {"of": system})]


def _person(row: Row[Any]) -> PersonRow:
    return PersonRow(row.system, Account(row.account, row.name, row.email, bool(row.active)))
