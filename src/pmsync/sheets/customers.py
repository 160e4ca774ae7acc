"""The list of customers: a row each, with the columns ``key, name, arr, currency, tier, segment, domains, status, renewal``, and one for each
system that knows the customer by an id of its own, named after the system."""  # noqa: D205, D209 - one thought

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from pmsync.model.customers import Customer, CustomerStatus, Money
from pmsync.sheets.rows import Complain, Complaint, Row, rows
from pmsync.sheets.scalars import amount_of, date_of

_CODE = re.compile(r"[A-Z]{3}")
_STATUSES = {"": CustomerStatus.ACTIVE, **{status.value: status for status in CustomerStatus}}


@dataclass(frozen=True, slots=True)
class Usual:
    """What holds where a row says nothing: the currency; and the names of the systems, which are columns."""

    currency: str
    systems: Collection[str]


def read_customers(files: Iterable[Path], usual: Usual, complain: Complain) -> dict[str, Customer]:
    """All customers of ``files`` by key. Of one that stands there twice the first row counts, and the second is complained about where it differs.

    Raises:
        ConfigError: a file cannot be read at all.
    """
    found: dict[str, Customer] = {}
    places: dict[str, str] = {}
    for file in files:
        for row in rows(file, complain):
            try:
                customer = _customer(row, usual)
            except ValueError as error:
                complain(Complaint(str(file), row.line, str(error), _REMEDY))
                continue
            first = found.setdefault(customer.key, customer)
            place = places.setdefault(customer.key, f"{file}:{row.line}")
            if first != customer:
                message = f"{customer.key} stands here once more, and differs from {place}"
                complain(Complaint(str(file), row.line, message, "keep one of the two rows"))
    return found


_REMEDY = (
    "a customer is a row with key, name, arr (a number), currency (EUR), tier, segment, domains, status, renewal (2026-02-15)"
)


def _customer(row: Row, usual: Usual) -> Customer:
    key = row.get("key", "id") or "-".join(row.get("name").casefold().split())
    if not key:
        raise ValueError("the row has neither a key nor a name")
    status = row.get("status").casefold()
    if status not in _STATUSES:
        raise ValueError(f"{key}: there is no status {status!r}, but {', '.join(CustomerStatus)}")
    renewal = row.get("renewal")
    return Customer(
        key=key,
        name=row.get("name") or key,
        status=_STATUSES[status],
        arr=_arr(key, row, usual),
        tier=row.get("tier"),
        segment=row.get("segment"),
        domains=tuple(re.split(r"[\s,;]+", row.get("domains", "domain").casefold())) if row.get("domains", "domain") else (),
        ids={system: row.get(system.casefold()) for system in usual.systems if row.get(system.casefold())},
        renewal=date_of(renewal) if renewal else None,
    )


def _arr(key: str, row: Row, usual: Usual) -> Money | None:
    text = row.get("arr")
    if not text:
        return None
    amount, sign = amount_of(text)
    currency = row.get("currency").upper() or sign or usual.currency
    if not _CODE.fullmatch(currency):
        raise ValueError(f"{key}: {currency!r} is no code of a currency")
    try:
        return Money(amount, currency)
    except ValueError as error:
        raise ValueError(f"{key}: arr: {error}") from None
