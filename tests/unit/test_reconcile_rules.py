"""The decision over one item, rule by rule."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import msgspec
import pytest

from pmsync.model.enums import Direction, Kind, Role
from pmsync.model.item import HubValue, Item, Link, LinkState, Provenance
from pmsync.model.record import Record, RecordRef, ScopeRef
from pmsync.model.values import EMPTY, Known, Observed, Settled, Unobserved, known
from pmsync.reconcile.lens import Lens
from pmsync.reconcile.lenses import EnumLens, LabelsLens, TextLens
from pmsync.reconcile.reconcile import reconcile
from pmsync.reconcile.surface import Surface
from pmsync.reconcile.view import Base, Candidate, Decision, Dispute, ItemView, Replica, SurfaceView

FINE = EnumLens(
    reads={"To Do": "backlog", "Doing": "in_progress", "Review": "in_review", "Done": "done", "Shipped": "released"},
    writes={"backlog": "To Do", "in_progress": "Doing", "in_review": "Review", "done": "Done", "released": "Shipped"},
    refused={"declined": "no status of this project means declined"},
    unmapped_hint="add maps.status",
)
COARSE = EnumLens(
    reads={"open": "backlog", "closed": "done"},
    writes={"backlog": "open", "in_progress": "open", "in_review": "open", "done": "closed", "released": "closed"},
)
PRIORITY = EnumLens(reads={"High": "high", "Low": "low"}, writes={"high": "High", "low": "Low"})
OTHER = EnumLens(
    reads={"p1": "high", "p3": "low", "p9": "minor"}, writes={"high": "p1", "low": "p3", "minor": "p9", "medium": "p3"}
)
STATUS_A, STATUS_B, STATUS_C = (Known(value) for value in ("backlog", "in_progress", "in_review"))


@dataclass(frozen=True)
class Side:
    """One replica with one surface, in the shortest form."""

    system: str
    shows: Observed
    base: tuple[Settled, Settled] | None
    lens: Lens = FINE
    field: str = "status"
    direction: Direction = Direction.BOTH
    sent: tuple[Settled, ...] = ()
    busy: bool = False
    drift_since: float | None = None
    respect: float = 0.0
    read_only: str | None = None
    state: LinkState = LinkState.LINKED
    actor: str = "ana"
    undone: str = ""


def replica(side: Side) -> Replica:
    scope, ref = ScopeRef(side.system, "X"), RecordRef(side.system, "1")
    link = Link(f"L-{side.system}", "item", ref, scope, Role.MIRROR, side.state, f"{side.system}-1", "", "created")
    record = Record(ref, scope, f"{side.system}-1", "", Kind.TASK, {"s": side.shows}, "v", 86_400.0, 0.0, actor=side.actor)
    surface = Surface("s", side.field, side.lens, read_only=side.read_only)
    base = None if side.base is None else Base(*side.base)
    view = SurfaceView(surface, side.direction, side.shows, base, side.sent, side.drift_since, side.respect, side.undone)
    return Replica(link, record, (view,), busy=side.busy)


def view_of(hub: Settled | None, sides: Iterable[Side], **rest: object) -> ItemView:
    sides = list(sides)
    field = sides[0].field if sides else "status"
    source = rest.pop("source", "hub")
    fields = {} if hub is None else {field: HubValue(hub, 1, Provenance(str(source), "bea", 86_400.0))}
    owners = {field: str(rest.pop("owner"))} if "owner" in rest else {}
    item = Item("item", "pay", Kind.TASK, fields)
    return ItemView(item, tuple(replica(side) for side in sides), owners=owners, now=1_000_000.0, **rest)


def decide(hub: Settled | None, *sides: Side, **rest: object) -> Decision:
    return reconcile(view_of(hub, sides, **rest))


def hub_after(decision: Decision) -> Settled | None:
    return decision.hub[0].value if decision.hub else None


def written(decision: Decision) -> Mapping[str, Settled]:
    return {want.link: want.change.after for want in decision.wanted}


def bases(decision: Decision) -> Mapping[str, tuple[Settled, Settled]]:
    return {write.link: (write.base.remote, write.base.hub) for write in decision.bases}


def codes(decision: Decision) -> list[tuple[str, str]]:
    return [(skip.link, skip.code) for skip in decision.skips]


JIRA_A = Side("jira", Known("To Do"), (Known("To Do"), STATUS_A))
GITHUB_A = Side("github", Known("open"), (Known("open"), STATUS_A), lens=COARSE)
DESK_A = Side("desk", Known("To Do"), (Known("To Do"), STATUS_A))


class TestSingleEdits:
    def test_nothing_moved_decides_nothing(self) -> None:
        assert decide(STATUS_A, JIRA_A, GITHUB_A, DESK_A) == Decision()

    def test_one_edit_reaches_the_hub_and_every_other_side(self) -> None:
        decision = decide(STATUS_A, replace(JIRA_A, shows=Known("Done")), GITHUB_A, DESK_A)
        assert hub_after(decision) == Known("done")
        assert written(decision) == {"L-github": Known("closed"), "L-desk": Known("Done")}
        assert bases(decision) == {"L-jira": (Known("Done"), Known("done"))}

    def test_the_reason_of_a_write_names_who_did_what_and_when(self) -> None:
        decision = decide(STATUS_A, replace(JIRA_A, shows=Known("Review")), DESK_A)
        assert decision.wanted[0].change.why == "jira jira-1 set status to Review (ana, 1970-01-02)"
        assert decision.hub[0].provenance.source == "jira"

    def test_a_hub_edit_reaches_all_sides_with_its_provenance(self) -> None:
        decision = decide(STATUS_B, JIRA_A, DESK_A, source="github")
        assert written(decision) == {"L-jira": Known("Doing"), "L-desk": Known("Doing")}
        assert decision.wanted[0].change.why == "github set status to in_progress (bea, 1970-01-02)"

    def test_c22_no_write_where_the_coarse_side_says_it_already(self) -> None:
        """C22, C35: in_progress still shows as open."""
        decision = decide(STATUS_A, replace(JIRA_A, shows=Known("Doing")), GITHUB_A)
        assert written(decision) == {}
        assert bases(decision)["L-github"] == (Known("open"), STATUS_B)

    def test_an_edit_seen_on_two_sides_at_once_is_one_edit(self) -> None:
        decision = decide(STATUS_A, replace(JIRA_A, shows=Known("Done")), replace(DESK_A, shows=Known("Done")))
        assert hub_after(decision) == Known("done")
        assert not decision.disputes
        assert not decision.wanted

    def test_equal_now_is_no_conflict(self) -> None:
        decision = decide(Known("done"), replace(JIRA_A, shows=Known("Done")), source="github")
        assert decision == replace(Decision(), bases=decision.bases)
        assert bases(decision) == {"L-jira": (Known("Done"), Known("done"))}

    def test_a_side_that_caught_up_takes_part_in_the_next_edit_of_the_same_round(self) -> None:
        caught_up = replace(JIRA_A, shows=Known("Doing"))
        mover = Side("desk", Known("Done"), (Known("Doing"), STATUS_B))
        decision = decide(STATUS_B, caught_up, mover, source="desk")
        assert hub_after(decision) == Known("done")
        assert written(decision) == {"L-jira": Known("Done")}
        assert bases(decision)["L-jira"] == (Known("Doing"), STATUS_B)

    def test_a_move_within_one_meaning_is_no_edit(self) -> None:
        """C35: the remote moved from one to another name of the same hub value while the hub moved on."""
        lens = EnumLens(reads={"Low": "low", "Lowest": "low", "High": "high"}, writes={"low": "Low", "high": "High"})
        side = Side("jira", Known("Lowest"), (Known("Low"), Known("low")), lens=lens, field="priority")
        decision = decide(Known("high"), side, source="github")
        assert not decision.disputes
        assert written(decision) == {"L-jira": Known("High")}

    def test_c35_the_finer_of_two_agreeing_edits_is_kept(self) -> None:
        decision = decide(STATUS_A, replace(JIRA_A, shows=Known("Shipped")), replace(GITHUB_A, shows=Known("closed")))
        assert hub_after(decision) == Known("released")
        assert not decision.disputes
        assert not decision.wanted

    def test_c35_the_finer_edit_is_kept_when_the_coarse_one_came_first(self) -> None:
        closed = Side("github", Known("closed"), (Known("closed"), Known("done")), lens=COARSE)
        decision = decide(Known("done"), replace(JIRA_A, shows=Known("Shipped")), closed, source="github")
        assert hub_after(decision) == Known("released")
        assert not decision.disputes

    def test_an_observed_emptying_empties_the_others(self) -> None:
        one = Side("jira", EMPTY, (Known("High"), Known("high")), lens=PRIORITY, field="priority")
        two = Side("desk", Known("p1"), (Known("p1"), Known("high")), lens=OTHER, field="priority")
        decision = decide(Known("high"), one, two)
        assert hub_after(decision) == EMPTY
        assert written(decision) == {"L-desk": EMPTY}


class TestUnknown:
    def test_unobserved_is_never_an_erase(self) -> None:
        decision = decide(STATUS_A, replace(JIRA_A, shows=Unobserved("the field is hidden")), DESK_A)
        assert codes(decision) == [("L-jira", "unobserved")]
        assert not decision.hub
        assert not decision.wanted

    def test_unobserved_gets_no_write_either(self) -> None:
        decision = decide(STATUS_B, replace(JIRA_A, shows=Unobserved("hidden")), source="desk")
        assert not decision.wanted

    def test_c30_an_unmapped_value_changes_nothing_anywhere(self) -> None:
        decision = decide(STATUS_A, replace(JIRA_A, shows=Known("Blocked")), GITHUB_A)
        assert (decision.skips[0].code, decision.skips[0].subject) == ("unmapped", "Blocked")
        assert "add maps.status" in decision.skips[0].reason
        assert decision == replace(Decision(), skips=decision.skips)

    def test_c30_an_unmapped_value_is_not_overwritten_by_a_hub_edit(self) -> None:
        decision = decide(STATUS_B, replace(JIRA_A, shows=Known("Blocked")), source="desk")
        assert not decision.wanted

    def test_c30_an_unmapped_value_is_not_overwritten_by_a_push(self) -> None:
        decision = decide(STATUS_B, replace(JIRA_A, shows=Known("Blocked"), direction=Direction.PUSH), source="desk")
        assert not decision.wanted

    def test_c36_a_value_without_image_is_reported_and_not_rounded(self) -> None:
        decision = decide(Known("declined"), JIRA_A, source="github")
        assert codes(decision) == [("L-jira", "unrepresentable")]
        assert not decision.wanted

    def test_a_field_the_hub_never_had_erases_nothing(self) -> None:
        side = Side("jira", Known("High"), (Known("High"), Known("high")), lens=PRIORITY, field="priority")
        assert not decide(None, side).wanted

    def test_a_changed_map_alone_writes_nothing(self) -> None:
        side = Side("jira", Known("To Do"), (Known("To Do"), STATUS_B))
        decision = decide(STATUS_B, side)
        assert codes(decision) == [("L-jira", "stale_map")]
        assert not decision.wanted


class TestUndone:
    """Somebody took a write back: the sides differ and were agreed upon so."""

    STANDS = Side("jira", Known("To Do"), (Known("To Do"), STATUS_B), undone="12345678-run")

    @pytest.mark.parametrize("direction", [Direction.BOTH, Direction.PUSH])
    def test_what_was_undone_stands_and_is_told_as_such(self, direction: Direction) -> None:
        decision = decide(STATUS_B, replace(self.STANDS, direction=direction))
        assert codes(decision) == [("L-jira", "undone")]
        assert "undone by run 12345678" in decision.skips[0].reason
        assert (decision.wanted, decision.bases, decision.hub) == ((), (), ())

    def test_a_move_of_the_hub_is_written(self) -> None:
        assert decide(Known("done"), self.STANDS).wanted

    def test_a_move_of_the_record_is_an_edit(self) -> None:
        decision = decide(STATUS_B, replace(self.STANDS, shows=Known("Done")))
        assert [write.value for write in decision.hub] == [Known("done")]
        assert not decision.disputes


class TestInFlight:
    def test_the_old_value_during_our_write_is_a_stale_read(self) -> None:
        side = replace(JIRA_A, sent=(Known("Doing"),), busy=True)
        assert decide(STATUS_B, side, source="desk") == Decision()

    def test_our_own_value_during_our_write_is_an_echo(self) -> None:
        side = replace(JIRA_A, shows=Known("Doing"), sent=(Known("Doing"),), busy=True)
        assert decide(STATUS_B, side, source="desk") == Decision()

    def test_our_own_value_is_no_edit_even_when_the_hub_has_moved_on(self) -> None:
        side = replace(JIRA_A, shows=Known("Doing"), sent=(Known("Doing"),), busy=True)
        decision = decide(STATUS_C, side, source="desk")
        assert codes(decision) == [("L-jira", "busy")]
        assert decision == replace(Decision(), skips=decision.skips)

    def test_a_foreign_value_during_our_write_waits(self) -> None:
        side = replace(JIRA_A, shows=Known("Done"), sent=(Known("Doing"),), busy=True)
        decision = decide(STATUS_B, side, source="desk")
        assert codes(decision) == [("L-jira", "in_flight")]
        assert not decision.hub

    def test_nothing_new_is_planned_for_a_busy_record(self) -> None:
        side = replace(JIRA_A, sent=(Known("Doing"),), busy=True)
        decision = decide(STATUS_C, side, source="desk")
        assert codes(decision) == [("L-jira", "busy")]
        assert not decision.wanted


class TestFirstContact:
    def test_an_empty_side_takes_the_set_value(self) -> None:
        side = Side("jira", EMPTY, None, lens=PRIORITY, field="priority")
        assert written(decide(Known("high"), side)) == {"L-jira": Known("High")}

    def test_an_empty_hub_takes_the_sides_value(self) -> None:
        side = Side("jira", Known("High"), None, lens=PRIORITY, field="priority")
        decision = decide(EMPTY, side)
        assert hub_after(decision) == Known("high")

    def test_equal_values_are_agreed_upon(self) -> None:
        decision = decide(STATUS_A, replace(JIRA_A, base=None))
        assert bases(decision) == {"L-jira": (Known("To Do"), STATUS_A)}
        assert not decision.wanted

    def test_different_values_are_a_conflict_with_both_in_it(self) -> None:
        decision = decide(STATUS_A, replace(JIRA_A, shows=Known("Done"), base=None), DESK_A, source="desk")
        [dispute] = decision.disputes
        assert {(one.source, one.value) for one in dispute.candidates} == {("L-jira", Known("done")), ("L-desk", STATUS_A)}
        assert not decision.hub
        assert not decision.wanted

    def test_a_first_conflict_does_not_end_by_itself(self) -> None:
        jira = replace(JIRA_A, shows=Known("Done"), base=None)
        [dispute] = decide(STATUS_A, jira, DESK_A, source="desk").disputes
        noted = replace(jira, base=(Known("Done"), Known("done")))
        decision = decide(STATUS_A, noted, DESK_A, disputes={"status": dispute})
        assert not decision.settled
        assert not decision.hub

    def test_the_owner_decides_a_first_contact(self) -> None:
        decision = decide(STATUS_A, replace(JIRA_A, shows=Known("Done"), base=None), DESK_A, source="desk", owner="jira")
        assert hub_after(decision) == Known("done")
        assert [(lost.link, lost.value) for lost in decision.overruled] == [("L-desk", STATUS_A)]

    def test_two_first_values_without_a_hub_value_conflict(self) -> None:
        decision = decide(None, replace(JIRA_A, shows=Known("Done"), base=None), replace(DESK_A, base=None))
        assert len(decision.disputes[0].candidates) == 2
        assert not decision.hub

    @pytest.mark.parametrize(("lens", "shown"), [(COARSE, "closed"), (FINE, "Shipped")])
    def test_of_a_record_that_left_the_one_it_was_carried_to_stands_for_the_hub(self, lens, shown) -> None:
        """Simulator seed 70154: where that shows the newcomer's value as well, nothing is contested."""
        mirror = Side("github", Known(shown), (Known(shown), Known("released")), lens=lens)
        newcomer = Side("jira", Known("Done"), None)
        decision = decide(Known("released"), mirror, newcomer, source="desk", departed=frozenset({"desk"}))
        if lens is COARSE:
            assert (hub_after(decision), decision.disputes, decision.wanted) == (Known("done"), (), ())
        else:
            assert {(one.source, one.value) for one in decision.disputes[0].candidates} == {
                ("L-github", Known("released")),
                ("L-jira", Known("done")),
            }


class TestConflicts:
    JIRA_D = replace(JIRA_A, shows=Known("Done"))
    DESK_B = replace(DESK_A, shows=Known("Doing"))

    def test_c29_two_edits_apart_keep_both_values_and_write_nothing(self) -> None:
        decision = decide(STATUS_A, self.JIRA_D, self.DESK_B, GITHUB_A)
        [dispute] = decision.disputes
        assert dispute.base == STATUS_A
        assert {(one.system, one.shown) for one in dispute.candidates} == {("jira", "Done"), ("desk", "Doing")}
        assert not decision.wanted
        assert not decision.hub

    def test_c29_edits_of_different_fields_are_both_kept(self) -> None:
        status = replica(self.JIRA_D)
        title = replica(Side("jira", Known("New"), (Known("Old"), Known("Old")), lens=TextLens(), field="title"))
        labels = Surface("t", "title", TextLens())
        both = replace(status, surfaces=(*status.surfaces, msgspec.structs.replace(title.surfaces[0], surface=labels)))
        fields = {"status": STATUS_A, "title": Known("Old")}
        item = Item("item", "pay", Kind.TASK, {name: HubValue(value, 1, Provenance("x")) for name, value in fields.items()})
        decision = reconcile(ItemView(item, (both,)))
        assert {write.field: write.value for write in decision.hub} == {"status": Known("done"), "title": Known("New")}

    def test_the_outcome_does_not_depend_on_who_was_polled_first(self) -> None:
        """Desk first: the hub had taken its value already; the late edit turns both into candidates and the hub returns."""
        together = decide(STATUS_A, self.JIRA_D, self.DESK_B).disputes[0]
        agreed = replace(self.DESK_B, base=(Known("Doing"), STATUS_B))
        late = decide(STATUS_B, self.JIRA_D, agreed, source="desk")
        pick = [(one.source, one.value) for one in together.candidates]
        assert [(one.source, one.value) for one in late.disputes[0].candidates] == pick
        assert late.disputes[0].base == together.base == STATUS_A
        assert hub_after(late) == STATUS_A
        assert not late.wanted

    def test_a_value_that_no_replica_shows_any_more_stays_a_candidate(self) -> None:
        decision = decide(STATUS_B, self.JIRA_D, source="person")
        assert ("hub", "person", STATUS_B) in {(one.source, one.system, one.value) for one in decision.disputes[0].candidates}

    def test_a_computed_value_gives_way_to_a_person_who_did_not_know_it(self) -> None:
        decision = decide(STATUS_B, self.JIRA_D, source="score")
        assert (hub_after(decision), decision.disputes) == (Known("done"), ())

    def test_the_owner_wins_and_the_loser_is_kept_and_written_over(self) -> None:
        decision = decide(STATUS_A, self.JIRA_D, self.DESK_B, owner="jira")
        assert hub_after(decision) == Known("done")
        [lost] = decision.overruled
        assert (lost.link, lost.value, lost.winner) == ("L-desk", STATUS_B, Known("done"))
        assert bases(decision)["L-desk"] == (Known("Doing"), STATUS_B)
        assert written(decision) == {"L-desk": Known("Done")}

    def test_the_owner_wins_as_well_when_polled_later(self) -> None:
        agreed = replace(self.DESK_B, base=(Known("Doing"), STATUS_B))
        decision = decide(STATUS_B, self.JIRA_D, agreed, source="desk", owner="jira")
        assert hub_after(decision) == Known("done")
        assert [(lost.link, lost.value) for lost in decision.overruled] == [("L-desk", STATUS_B)]

    def test_the_owner_wins_as_well_when_polled_first(self) -> None:
        agreed = replace(self.DESK_B, base=(Known("Doing"), STATUS_B))
        decision = decide(STATUS_B, self.JIRA_D, agreed, source="desk", owner="desk")
        assert not decision.hub
        assert [(lost.link, lost.value) for lost in decision.overruled] == [("L-jira", Known("done"))]
        assert written(decision) == {"L-jira": Known("Doing")}

    def test_the_owner_only_breaks_ties(self) -> None:
        decision = decide(STATUS_A, self.JIRA_D, DESK_A, owner="desk")
        assert hub_after(decision) == Known("done")
        assert not decision.overruled

    def test_an_edit_made_on_top_of_the_owners_value_is_no_tie(self) -> None:
        fresh = Side("desk", Known("Done"), (Known("Doing"), STATUS_B))
        stale = replace(JIRA_A, shows=Known("Review"))
        decision = decide(STATUS_B, fresh, stale, source="score", owner="score")
        assert hub_after(decision) == Known("done")
        assert [(lost.link, lost.value) for lost in decision.overruled] == [("L-jira", STATUS_C)]

    def test_after_a_resolve_only_the_loser_is_written(self) -> None:
        noted = [replace(self.JIRA_D, base=(Known("Done"), Known("done"))), replace(self.DESK_B, base=(Known("Doing"), STATUS_B))]
        decision = decide(Known("done"), *noted, source="person")
        assert written(decision) == {"L-desk": Known("Done")}
        assert not decision.disputes

    def test_a_disputed_edit_is_taken_note_of(self) -> None:
        """So that a resolve in favour of the other side is not taken for a second conflict."""
        decision = decide(STATUS_A, self.JIRA_D, self.DESK_B)
        assert bases(decision) == {"L-jira": (Known("Done"), Known("done")), "L-desk": (Known("Doing"), STATUS_B)}

    @pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
    def test_the_order_of_replicas_does_not_matter(self, order: tuple[int, ...]) -> None:
        sides = [self.JIRA_D, self.DESK_B, GITHUB_A]
        assert decide(STATUS_A, *(sides[i] for i in order)) == decide(STATUS_A, *sides)


class TestOpenDisputes:
    OPEN = Dispute(
        "status",
        STATUS_A,
        (
            Candidate("L-desk", "desk", STATUS_B, "Doing", "ana", 1.0),
            Candidate("L-jira", "jira", Known("done"), "Done", "ana", 1.0),
        ),
    )
    JIRA_D = Side("jira", Known("Done"), (Known("Done"), Known("done")))
    DESK_B = Side("desk", Known("Doing"), (Known("Doing"), STATUS_B))

    def go_on(self, *sides: Side, **rest: object) -> Decision:
        return decide(STATUS_A, *sides, disputes={"status": self.OPEN}, **rest)

    def test_an_open_conflict_blocks_and_says_so_once_per_replica(self) -> None:
        decision = self.go_on(self.JIRA_D, self.DESK_B, GITHUB_A)
        assert codes(decision) == [("L-desk", "conflict"), ("L-jira", "conflict")]
        assert decision == replace(Decision(), skips=decision.skips)

    def test_a_later_edit_of_a_party_replaces_its_candidate(self) -> None:
        decision = self.go_on(replace(self.JIRA_D, shows=Known("Review")), self.DESK_B)
        assert {one.value for one in decision.disputes[0].candidates} == {STATUS_B, STATUS_C}

    def test_an_edit_of_a_third_side_joins(self) -> None:
        decision = self.go_on(self.JIRA_D, self.DESK_B, replace(GITHUB_A, shows=Known("closed")))
        assert {one.system for one in decision.disputes[0].candidates} == {"jira", "desk", "github"}
        assert not decision.hub

    def test_it_ends_when_all_sides_agree(self) -> None:
        decision = self.go_on(self.JIRA_D, replace(self.DESK_B, shows=Known("Done")), GITHUB_A)
        assert [ended.value for ended in decision.settled] == [Known("done")]
        assert hub_after(decision) == Known("done")
        assert written(decision) == {"L-github": Known("closed")}
        assert bases(decision)["L-desk"] == (Known("Done"), Known("done"))

    def test_a_withdrawn_edit_leaves_the_other_alone(self) -> None:
        decision = self.go_on(self.JIRA_D, replace(self.DESK_B, shows=Known("To Do")))
        assert [ended.value for ended in decision.settled] == [Known("done")]
        assert written(decision) == {"L-desk": Known("Done")}

    def test_a_value_that_shows_nowhere_ends_with_an_edit_made_upon_it(self) -> None:
        """Simulator seed 42352: whoever set GitHub's had the desk's before his eyes, so that nobody stands for that any more."""
        nowhere = replace(self.OPEN, candidates=(replace(self.OPEN.candidates[0], source="hub"), self.OPEN.candidates[1]))
        github = replace(GITHUB_A, shows=Known("closed"), base=(Known("open"), STATUS_B))
        agreed = decide(STATUS_A, self.JIRA_D, github, disputes={"status": nowhere})
        assert [ended.value for ended in agreed.settled] == [Known("done")]
        unaware = decide(STATUS_A, self.JIRA_D, replace(GITHUB_A, shows=Known("closed")), disputes={"status": nowhere})
        assert not unaware.settled

    def test_the_owner_decides_when_it_joins(self) -> None:
        decision = self.go_on(self.JIRA_D, self.DESK_B, replace(GITHUB_A, lens=FINE, shows=Known("Review")), owner="github")
        assert hub_after(decision) == STATUS_C
        assert {(lost.link, lost.value) for lost in decision.overruled} == {("L-jira", Known("done")), ("L-desk", STATUS_B)}
        assert written(decision) == {"L-jira": Known("Review"), "L-desk": Known("Review")}

    def test_it_ends_at_the_base_when_all_edits_are_withdrawn(self) -> None:
        decision = self.go_on(replace(self.JIRA_D, shows=Known("To Do")), replace(self.DESK_B, shows=Known("To Do")))
        assert [ended.value for ended in decision.settled] == [STATUS_A]
        assert not decision.wanted

    def test_a_party_that_cannot_be_seen_keeps_its_candidate(self) -> None:
        decision = self.go_on(self.JIRA_D, replace(self.DESK_B, shows=Unobserved("hidden")))
        assert not decision.settled
        assert not decision.disputes

    def test_a_party_that_left_is_no_side_any_more(self) -> None:
        """Its value stays where it is; between those that are still managed nothing is contested."""
        decision = self.go_on(self.JIRA_D, left=frozenset({"L-desk"}))
        assert [ended.value for ended in decision.settled] == [Known("done")]

    @pytest.mark.parametrize(("left", "settled"), [(frozenset({"desk"}), [Known("done")]), (frozenset(), [])])
    def test_a_value_of_a_record_that_left_ends_where_all_that_it_was_carried_to_show_the_other_as_well(
        self, left, settled
    ) -> None:
        """GitHub's closed says both."""
        shipped = Candidate("hub", "desk", Known("released"), "Shipped")
        dispute = replace(self.OPEN, candidates=(shipped, self.OPEN.candidates[1]))
        github = replace(GITHUB_A, shows=Known("closed"), base=(Known("closed"), Known("released")))
        decision = decide(Known("released"), self.JIRA_D, github, disputes={"status": dispute}, departed=left)
        assert [ended.value for ended in decision.settled] == settled

    def test_while_nobody_else_speaks_a_party_that_left_ends_nothing(self) -> None:
        decision = self.go_on(replace(self.JIRA_D, shows=Unobserved("hidden")), left=frozenset({"L-desk"}))
        assert not decision.settled


class TestDirections:
    def test_pull_is_read_and_never_written(self) -> None:
        pulled = replace(JIRA_A, direction=Direction.PULL)
        assert hub_after(decide(STATUS_A, replace(pulled, shows=Known("Done")))) == Known("done")
        assert not decide(STATUS_B, pulled, source="desk").wanted

    def test_off_is_neither(self) -> None:
        side = replace(JIRA_A, direction=Direction.OFF, shows=Known("Done"))
        assert decide(STATUS_A, side) == Decision()

    def test_init_is_read_only_while_the_hub_has_no_value(self) -> None:
        side = Side("jira", Known("text"), None, lens=TextLens(), field="body", direction=Direction.INIT)
        assert hub_after(decide(None, side)) == Known("text")
        assert decide(Known("other"), side) == Decision()

    def test_init_on_several_sides_takes_one_and_disputes_nothing(self) -> None:
        one = Side("jira", Known("one"), None, lens=TextLens(), field="body", direction=Direction.INIT)
        decision = decide(None, one, replace(one, system="desk", shows=Known("two")))
        assert hub_after(decision) == Known("two")
        assert not decision.disputes

    def test_a_body_that_flows_both_ways_conflicts_like_any_value(self) -> None:
        one = Side("jira", Known("mine"), (Known("old"), Known("old")), lens=TextLens(), field="body")
        decision = decide(Known("old"), one, replace(one, system="desk", shows=Known("yours")))
        assert len(decision.disputes) == 1

    def test_a_read_only_surface_is_skipped_with_its_reason(self) -> None:
        decision = decide(STATUS_B, replace(JIRA_A, read_only="not on the screen"), source="desk")
        assert [(skip.code, skip.reason) for skip in decision.skips] == [("read_only", "not on the screen")]

    def test_an_unmanaged_link_takes_no_part(self) -> None:
        side = replace(JIRA_A, state=LinkState.UNMANAGED, shows=Known("Done"))
        assert decide(STATUS_A, side) == Decision()


class TestDrift:
    PUSHED = Side("jira", Known("Low"), (Known("High"), Known("high")), PRIORITY, "priority", Direction.PUSH)

    def test_a_persons_edit_is_kept_in_the_journal_and_overwritten(self) -> None:
        decision = decide(Known("high"), self.PUSHED)
        assert decision.drift == (("L-jira", "s"),)
        assert [(lost.value, lost.winner) for lost in decision.overruled] == [(Known("low"), Known("high"))]
        assert written(decision) == {"L-jira": Known("High")}
        assert not decision.hub

    def test_a_respected_edit_stands_for_its_time(self) -> None:
        decision = decide(Known("high"), replace(self.PUSHED, respect=100.0))
        assert codes(decision) == [("L-jira", "drift_respected")]
        assert decision.drift == (("L-jira", "s"),)
        assert not decision.wanted
        assert not decision.bases

    def test_a_respected_edit_is_overwritten_afterwards(self) -> None:
        decision = decide(Known("high"), replace(self.PUSHED, respect=100.0, drift_since=1_000_000.0 - 100.0))
        assert written(decision) == {"L-jira": Known("High")}

    def test_the_overruled_edit_is_told_once(self) -> None:
        noted = replace(self.PUSHED, base=(Known("Low"), Known("low")))
        decision = decide(Known("high"), noted)
        assert not decision.overruled
        assert written(decision) == {"L-jira": Known("High")}

    def test_a_plain_push_is_no_drift(self) -> None:
        decision = decide(Known("low"), replace(self.PUSHED, shows=Known("High")))
        assert not decision.drift
        assert written(decision) == {"L-jira": Known("Low")}

    def test_an_open_conflict_of_others_holds_the_overwrite_and_still_tells_the_drift(self) -> None:
        parties = (Candidate("L-x", "x", Known("high"), "High"), Candidate("L-y", "y", Known("low"), "Low"))
        dispute = Dispute("priority", Known("high"), parties)
        decision = decide(Known("high"), self.PUSHED, disputes={"priority": dispute})
        assert decision.drift == (("L-jira", "s"),)
        assert codes(decision) == [("L-jira", "conflict")]
        assert not decision.wanted

    def test_a_push_never_erases_what_it_meets(self) -> None:
        assert not decide(EMPTY, replace(self.PUSHED, base=None)).wanted


def labels(*names: str) -> Settled:
    return known(frozenset(names))


class TestSets:
    JIRA = Side("jira", labels("a"), (labels("a"), labels("a")), LabelsLens(spaces=False), "labels")
    GITHUB = replace(JIRA, system="github", lens=LabelsLens())

    def test_additions_and_removals_of_two_sides_merge(self) -> None:
        start = replace(self.JIRA, base=(labels("a", "b"), labels("a", "b")))
        one = replace(start, shows=labels("a", "b", "c"))
        two = replace(start, system="github", shows=labels("b"))
        decision = decide(labels("a", "b"), one, two)
        assert hub_after(decision) == labels("b", "c")
        assert written(decision) == {"L-jira": labels("b", "c"), "L-github": labels("b", "c")}
        assert not decision.disputes

    def test_an_addition_wins_over_a_concurrent_removal(self) -> None:
        remover = replace(self.JIRA, shows=EMPTY)
        adder = replace(self.GITHUB, base=(EMPTY, EMPTY), shows=labels("A"))
        decision = decide(labels("a"), remover, adder)
        assert not decision.hub
        assert written(decision) == {"L-jira": labels("a")}

    def test_first_contact_is_a_union(self) -> None:
        decision = decide(labels("a"), self.JIRA, replace(self.GITHUB, base=None, shows=labels("b")))
        assert hub_after(decision) == labels("a", "b")
        assert written(decision) == {"L-jira": labels("a", "b"), "L-github": labels("a", "b")}

    def test_a_merged_addition_is_not_seen_again(self) -> None:
        """Otherwise a label removed elsewhere would come back from the side that had once added it."""
        first = decide(labels("a"), replace(self.GITHUB, shows=labels("b")))
        assert bases(first)["L-github"] == (labels("b"), labels("b"))
        behind = decide(labels("x"), replace(self.GITHUB, base=(EMPTY, EMPTY), shows=labels("b")))
        assert bases(behind)["L-github"] == (labels("b"), labels("b"))
        assert written(behind) == {"L-github": labels("b", "x")}
        later = decide(EMPTY, replace(self.GITHUB, shows=labels("b"), base=(labels("b"), labels("b"))))
        assert not later.hub
        assert written(later) == {"L-github": EMPTY}

    def test_c22_a_label_with_a_space_is_written_once_and_then_equal(self) -> None:
        first = decide(labels("needs eng"), replace(self.JIRA, shows=EMPTY, base=(EMPTY, EMPTY)))
        assert written(first) == {"L-jira": labels("needs-eng")}
        after = replace(self.JIRA, shows=labels("needs-eng"), base=(labels("needs-eng"), labels("needs eng")))
        assert decide(labels("needs eng"), after) == Decision()

    def test_spelling_is_each_sides_own(self) -> None:
        decision = decide(labels("Bug"), replace(self.GITHUB, base=None, shows=labels("BUG", "x")))
        assert hub_after(decision) == labels("Bug", "x")
        assert not decision.wanted

    def test_the_write_is_a_delta_against_what_is_there_now(self) -> None:
        lens = LabelsLens(namespace="pm/")
        side = Side("github", labels("theirs", "pm/a"), (labels("pm/a"), labels("pm/a")), lens, "labels")
        [want] = decide(labels("pm/b"), side).wanted
        assert (want.change.added, want.change.removed) == (labels("pm/b").value, labels("pm/a").value)

    def test_the_reason_says_who_added_what(self) -> None:
        decision = decide(labels("a"), replace(self.GITHUB, shows=labels("a", "b")), self.JIRA)
        assert decision.wanted[0].change.why == "github github-1 added b (ana, 1970-01-02)"
