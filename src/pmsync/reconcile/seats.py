"""Seats: the surfaces at which one field of one item shows, as the merge looks at them."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from pmsync.model.enums import Direction
from pmsync.model.fields import FIELDS, MergeType
from pmsync.model.item import LinkState, Provenance
from pmsync.model.labels import label_key
from pmsync.model.values import EMPTY, Known, Settled, Unobserved
from pmsync.reconcile.lens import Unmapped
from pmsync.reconcile.lenses.text import TextLens
from pmsync.reconcile.view import Base, BaseWrite, ItemView, Replica, Skip, SurfaceView

CUT = (
    "only the beginning of a longer text stands in {system}, and it was edited there: such an edit is not taken over. Make it where the whole "
    "text is, or empty the field in {system} to have the text written anew"
)


LEFT_OPEN = Unobserved("")
"""The record does not speak of it; nothing failed that a person should know."""


class HubField(msgspec.Struct, frozen=True):
    """The hub's side of one field.

    ``present`` is False while no value, not even the empty one, was ever agreed. ``departed`` holds systems in which records of the item are
    managed no more, or were tied anew: of a value that came from there, those that it was carried to may be all that is left.
    """

    name: str
    merge: MergeType
    value: Settled
    present: bool
    provenance: Provenance
    owner: str
    now: float
    departed: frozenset[str] = frozenset()

    def same(self, one: Settled, other: Settled) -> bool:
        """Equality of hub values: labels by their keys, everything else exactly."""
        if self.merge is MergeType.SET:
            return _keys(one) == _keys(other)
        return one == other


class Seat(msgspec.Struct, frozen=True):
    """One observed surface of one replica.

    Attributes:
        replica: the record.
        view: the surface.
        remote: what it shows.
        mapped: what that means, measured against the hub's value before the merge.
        base: the agreed pair as it will stand after this decision.
        why: why ``base`` is new, "" when it is not.
    """

    replica: Replica
    view: SurfaceView
    remote: Settled
    mapped: Settled
    base: Base | None
    why: str = ""

    @property
    def link(self) -> str:
        """The link's uid."""
        return self.replica.link.uid

    @property
    def system(self) -> str:
        """The system's name."""
        return self.replica.link.ref.system

    @property
    def order(self) -> tuple[str, str, str]:
        """The fixed order of seats, whatever order they were gathered in."""
        return self.system, self.link, self.view.surface.id

    @property
    def in_flight(self) -> bool:
        """An op on the record is unresolved: nothing is read from it or planned for it."""
        return self.replica.busy or bool(self.view.sent)

    @property
    def moved(self) -> bool:
        """The remote shows another value than the agreed one."""
        return self.base is not None and not self.alike(self.remote, self.base.remote)

    @property
    def is_part(self) -> bool:
        """What was agreed here, or stands here, is a text cut for its length: what is made of it says nothing of the whole."""
        lens = self.view.surface.lens
        shown = [self.remote, *([] if self.base is None else [self.base.remote])]
        return isinstance(lens, TextLens) and any(map(lens.is_part, shown))

    @property
    def blank(self) -> bool:
        """The remote shows nothing."""
        return self.view.surface.lens.consistent(self.remote, EMPTY)

    def alike(self, one: Settled, other: Settled) -> bool:
        """Equality of remote values up to the lens's canon."""
        canon = self.view.surface.lens.canon
        return canon(one) == canon(other)

    def says(self, hub: Settled) -> bool:
        """Whether the remote is consistent with ``hub``."""
        return self.view.surface.lens.consistent(self.remote, hub)

    def meaning(self, hub: Settled) -> Settled:
        """The hub value the remote means; ``hub`` where it is consistent with that."""
        value = self.view.surface.lens.ingest(self.remote, hub)
        return self.mapped if isinstance(value, Unmapped) else value

    def reads(self, hub: HubField) -> bool:
        """Whether what it shows may reach the hub in this decision."""
        direction = self.view.direction
        return not self.in_flight and (direction.ingests or (direction is Direction.INIT and not hub.present))

    def rebased(self, hub: Settled, why: str) -> Seat:
        """The same seat, agreed on what it shows now."""
        surface = self.view.surface
        base = Base(surface.agreed(self.remote), surface.visible(hub))
        return Seat(self.replica, self.view, self.remote, self.mapped, base, why)

    def skip(self, code: str, subject: str, reason: str) -> Skip:
        """A skip of this seat."""
        surface = self.view.surface
        return Skip(self.link, surface.id, surface.field, code, subject, reason)

    def base_write(self, hub: HubField) -> BaseWrite | None:
        """The new pair, None where it says what the stored one said already."""
        old, new = self.view.base, self.base
        if new is None or (old is not None and self.alike(old.remote, new.remote) and hub.same(old.hub, new.hub)):
            return None
        return BaseWrite(self.link, self.view.surface.id, new, self.why)


def hub_field(view: ItemView, name: str) -> HubField:
    """The hub's side of field ``name``."""
    stored = view.item.fields.get(name)
    return HubField(
        name=name,
        merge=FIELDS[name].merge,
        value=EMPTY if stored is None else stored.value,
        present=stored is not None,
        provenance=Provenance("hub") if stored is None else stored.provenance,
        owner=view.owners.get(name, ""),
        now=view.now,
        departed=view.departed,
    )


def take_seats(view: ItemView, hub: HubField) -> tuple[list[Seat], list[Skip]]:
    """The seats of one field in their fixed order, and what had to be left out with its reason."""
    seats: list[Seat] = []
    skips: list[Skip] = []
    for replica in view.replicas:
        if replica.link.state is not LinkState.LINKED:
            continue
        for place in replica.surfaces:
            if place.surface.field != hub.name or _idle(place, hub) or place.observed == LEFT_OPEN:
                continue
            taken = _take(replica, place, hub)
            if isinstance(taken, Skip):
                skips.append(taken)
            else:
                seats.append(taken)
    return sorted(seats, key=lambda seat: seat.order), skips


def follow(view: ItemView, hub: HubField, value: Settled) -> list[BaseWrite]:
    """The bases of places that leave the field open: they go along with ``value``, so that what is said there later is an edit of it."""
    if hub.name in view.disputes:
        return []
    found = []
    for replica in view.replicas:
        for place in replica.surfaces:
            if place.surface.field != hub.name or place.observed != LEFT_OPEN or not place.direction.ingests:
                continue
            base = Base(EMPTY, place.surface.visible(value))
            if replica.link.state is LinkState.LINKED and place.base != base:
                found.append(BaseWrite(replica.link.uid, place.surface.id, base, "it is left open, and goes along"))
    return found


def agree_where_equal(hub: HubField, seats: Iterable[Seat]) -> list[Seat]:
    """Rebase every seat that says what the hub says, and every one whose edit does not show in the hub's vocabulary."""
    return [_agree(hub, seat) for seat in seats]


def _agree(hub: HubField, seat: Seat) -> Seat:
    if seat.in_flight or seat.view.direction is Direction.INIT:
        return seat
    if seat.says(hub.value):
        return seat.rebased(hub.value, "both sides say the same")
    if seat.base is not None and seat.moved and seat.says(seat.base.hub):
        return seat.rebased(seat.base.hub, "the remote moved between values that mean the same in the hub")
    return seat


def _idle(place: SurfaceView, hub: HubField) -> bool:
    return place.direction is Direction.OFF or (place.direction is Direction.INIT and hub.present)


def _take(replica: Replica, place: SurfaceView, hub: HubField) -> Seat | Skip:
    surface = place.surface
    if isinstance(place.observed, Unobserved):
        return Skip(replica.link.uid, surface.id, surface.field, "unobserved", surface.field, place.observed.reason)
    remote = place.observed
    meaning = surface.lens.ingest(remote, hub.value)
    seat = Seat(replica, place, remote, _mapped(place, meaning, hub), place.base)
    if seat.in_flight and not _echo(seat):
        reason = "an edit arrived while a write of ours is unresolved; it is merged when that write is settled"
        return seat.skip("in_flight", surface.show(remote), reason)
    if place.base is not None and seat.is_part:
        return _part(seat, hub)
    if isinstance(meaning, Unmapped):
        subject = "elsewhere" if FIELDS[hub.name].refers or FIELDS[hub.name].people else surface.show(remote)
        return seat.skip("unmapped", subject, meaning.reason)
    return seat


def _mapped(place: SurfaceView, meaning: Settled | Unmapped, hub: HubField) -> Settled:
    """What the remote means; of a text that is part of another one, what it shows."""
    if not isinstance(meaning, Unmapped):
        return meaning
    return place.observed if hub.merge is MergeType.TEXT and not isinstance(place.observed, Unobserved) else hub.value


def _part(seat: Seat, hub: HubField) -> Seat | Skip:
    """A place where a text was cut for its length. What is shown is no edit of the whole; emptied, it shows nothing and is written anew."""
    direction = seat.view.direction
    if seat.blank and direction.emits:
        why = "the part of a longer text that stood here was emptied"
        return Seat(seat.replica, seat.view, seat.remote, seat.mapped, Base(seat.remote, EMPTY), why)
    if not seat.moved or not direction.ingests or seat.says(hub.value):
        return seat
    return seat.skip("cut", hub.name, CUT.format(system=seat.system))


def _echo(seat: Seat) -> bool:
    """Whether the remote shows what was agreed or what we sent: an echo or a stale read, never an edit. Nothing at first contact is no edit."""
    if seat.base is None and seat.blank:
        return True
    expected = [*seat.view.sent, *([] if seat.base is None else [seat.base.remote])]
    return any(seat.alike(seat.remote, value) for value in expected)


def _keys(value: Settled) -> frozenset[str]:
    if not isinstance(value, Known):
        return frozenset()
    return frozenset(map(label_key, value.value if isinstance(value.value, frozenset) else [value.value]))
