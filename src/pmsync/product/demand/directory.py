"""Whose voice it is: customers by their ids, their organization's name, and the ends of mail addresses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from pmsync.model.customers import Customer

ANYONE = frozenset(
    {
        "aol.com",
        "gmail.com",
        "gmx.de",
        "gmx.net",
        "googlemail.com",
        "hotmail.com",
        "icloud.com",
        "live.com",
        "mail.ru",
        "me.com",
        "msn.com",
        "outlook.com",
        "proton.me",
        "protonmail.com",
        "qq.com",
        "web.de",
        "yahoo.com",
        "yandex.ru",
        "163.com",
    }
)
"""Ends of addresses that anybody can have: they name no customer."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What is known of where a piece of feedback came from.

    Attributes:
        ids: system to the id of the organization there.
        organization: its name.
        domain: the end of the sender's address, without the ``@``.
    """

    ids: Mapping[str, str] = field(default_factory=dict)
    organization: str = ""
    domain: str = ""


class Directory:
    """Finds the customer for an origin. What would fit several customers fits none."""

    def __init__(self, customers: Iterable[Customer]) -> None:
        self._ids: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self._names: defaultdict[str, set[str]] = defaultdict(set)
        self._domains: defaultdict[str, set[str]] = defaultdict(set)
        for customer in customers:
            for pair in customer.ids.items():
                self._ids[pair].add(customer.key)
            for name in (customer.name, customer.key):
                self._names[_folded(name)].add(customer.key)
            for domain in customer.domains:
                self._domains[domain.casefold()].add(customer.key)

    def of(self, origin: Origin) -> str | None:
        """The key of the one customer that fits: by id, else by the organization's name, else by domain; None for none or several."""
        for found in self._ways(origin):
            if found:
                return next(iter(found)) if len(found) == 1 else None
        return None

    def _ways(self, origin: Origin) -> Iterator[set[str]]:
        yield {key for pair in origin.ids.items() for key in self._ids.get(pair, ())}
        yield self._names.get(_folded(origin.organization), set()) if origin.organization else set()
        yield self._by_domain(origin.domain.casefold().strip("."))

    def _by_domain(self, domain: str) -> set[str]:
        """``eu.acme.com`` belongs to ``acme.com``, unless somebody claims it for itself."""
        while domain and domain not in ANYONE:
            if domain in self._domains:
                return self._domains[domain]
            domain = domain.partition(".")[2]
        return set()


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())
