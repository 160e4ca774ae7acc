"""Closed vocabularies: statuses, priorities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pmsync.model.values import EMPTY, Known, Settled
from pmsync.reconcile.lens import Unmapped, Unrepresentable


@dataclass(frozen=True, slots=True)
class EnumLens:
    """A finite two-way map between remote tokens and hub values. Both directions may be lossy.

    Attributes:
        reads: remote token to the hub value it means by default.
        writes: hub value to the one token that stands for it.
        refused: hub value to the reason why it has no image here; the key ``""`` refuses the empty value.
        unmapped_hint: what a person does about a token that ``reads`` lacks; ``{token}`` in it is replaced by the token's name.
        empties: tokens that mean "nothing is set".
        empty_token: which of ``empties`` is written for the empty value; None writes ``EMPTY`` itself.
        names: token to the name a person knows it by, for tokens that are ids; only for messages.

    Raises:
        ValueError: a token is both read and empty, a value both written and refused, or ``empty_token`` is not in ``empties``.
    """

    reads: Mapping[str, str]
    writes: Mapping[str, str]
    refused: Mapping[str, str] = field(default_factory=dict)
    unmapped_hint: str = ""
    empties: frozenset[str] = frozenset()
    empty_token: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if clash := sorted(self.empties.intersection(self.reads)):
            raise ValueError(f"{clash[0]!r} cannot both mean a value and mean empty")
        if clash := sorted(self.refused.keys() & self.writes.keys()):
            raise ValueError(f"{clash[0]!r} cannot both be written and be refused")
        if self.empty_token is not None and self.empty_token not in self.empties:
            raise ValueError(f"the empty token {self.empty_token!r} is not among the tokens that mean empty")

    def ingest(self, remote: Settled, hub: Settled) -> Settled | Unmapped:
        """``hub`` where consistent, else the token's default meaning, else ``Unmapped`` with the hint."""
        if self.consistent(remote, hub):
            return hub
        token = _token(remote)
        if token is None or token in self.empties:
            return EMPTY
        if token in self.reads:
            return Known(self.reads[token])
        name = self.names.get(token, token)
        hint = self.unmapped_hint.replace("{token}", name)
        return Unmapped(f"{name!r} is not mapped{'; ' if hint else ''}{hint}")

    def put(self, hub: Settled, remote: Settled) -> Settled | Unrepresentable:
        """``remote`` where consistent, else the value's token, else ``Unrepresentable``."""
        if self.consistent(remote, hub):
            return remote
        value = _token(hub) or ""
        if value in self.refused:
            return Unrepresentable(self.refused[value])
        if not value:
            return EMPTY if self.empty_token is None else Known(self.empty_token)
        if value in self.writes:
            return Known(self.writes[value])
        return Unrepresentable(f"nothing here stands for {value!r}")

    def consistent(self, remote: Settled, hub: Settled) -> bool:
        """Either map ties the two, or both are empty."""
        token, value = _token(remote), _token(hub)
        if value is None:
            return token is None or token in self.empties
        return token is not None and (self.reads.get(token) == value or self.writes.get(value) == token)

    def canon(self, remote: Settled) -> Settled:
        """Every token that means empty is ``EMPTY``, unless a hub value is written as it; other tokens stand for themselves."""
        token = _token(remote)
        return EMPTY if token in self.empties and token not in self.writes.values() else remote


def _token(value: Settled) -> str | None:
    if not isinstance(value, Known):
        return None
    if not isinstance(value.value, str):
        raise TypeError("an enumeration lens was given a set: the surface is declared for the wrong field")
    return value.value
