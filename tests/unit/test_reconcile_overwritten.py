"""A value that we wrote over unseen is merged as if it had been seen in time."""

from __future__ import annotations

from pmsync.model.enums import Direction, Kind, Role
from pmsync.model.item import HubValue, Item, Link, LinkState, Provenance
from pmsync.model.record import Record, RecordRef, ScopeRef
from pmsync.model.values import EMPTY, Known, known
from pmsync.reconcile.lenses import EnumLens, LabelsLens, TextLens
from pmsync.reconcile.overwritten import Overwritten, take_back
from pmsync.reconcile.reconcile import reconcile
from pmsync.reconcile.surface import Surface
from pmsync.reconcile.view import Base, Candidate, Dispute, ItemView, Replica, SurfaceView

OLD, OURS, THEIRS = Known("Old"), Known("Ours"), Known("Theirs")
STATUS = EnumLens(reads={"To Do": "backlog", "Done": "done"}, writes={"backlog": "To Do", "done": "Done", "declined": "Done"})


def replica(system, shows, base, lens=None, field="title", direction=Direction.BOTH):
    scope, ref = ScopeRef(system, "X"), RecordRef(system, "1")
    link = Link(f"L-{system}", "item", ref, scope, Role.MIRROR, LinkState.LINKED, f"{system}-1", "", "created")
    record = Record(ref, scope, f"{system}-1", "", Kind.TASK, {"s": shows}, "v", 50.0, 0.0)
    surface = Surface("s", field, lens or TextLens(255, single_line=True))
    return Replica(link, record, (SurfaceView(surface, direction, shows, Base(*base)),), busy=True)


def view(*replicas, hub=OURS, field="title", source="jira", owner="", disputes=()):
    item = Item("item", "pay", Kind.TASK, {field: HubValue(hub, 2, Provenance(source, "bea", 60.0))})
    owners = {field: owner} if owner else {}
    return ItemView(item, replicas, {one.field: one for one in disputes}, owners, 1_000.0)


JIRA = replica("jira", OURS, (OURS, OURS))
GITHUB = replica("github", OURS, (OURS, OURS))
LOST = Overwritten("L-github", "s", THEIRS, Base(OLD, OLD), "ben", 70.0)


def test_both_values_stand_in_a_conflict_and_the_hub_goes_back_to_what_was_agreed():
    decision = take_back(view(JIRA, GITHUB), LOST)
    [dispute] = decision.disputes
    assert dispute.base == OLD
    assert {(one.system, one.source, one.value, one.actor) for one in dispute.candidates} == {
        ("github", "hub", THEIRS, "ben"),
        ("jira", "L-jira", OURS, "bea"),
    }
    assert [write.value for write in decision.hub] == [OLD]


def test_the_record_shows_what_we_wrote_so_no_base_moves():
    assert take_back(view(JIRA, GITHUB), LOST).bases == ()


def test_the_conflict_stays_open_although_no_replica_shows_the_value():
    """The next look at the records finds two that say the same: that is no withdrawal of what was written over."""
    [dispute] = take_back(view(JIRA, GITHUB), LOST).disputes
    decision = reconcile(view(JIRA, GITHUB, hub=OLD, source="pmsync", disputes=[dispute]))
    assert (decision.settled, decision.wanted, decision.hub) == ((), (), ())


def test_the_owner_of_the_field_has_the_last_word():
    won = take_back(view(JIRA, GITHUB, owner="github"), LOST)
    assert [(write.value, write.provenance.actor) for write in won.hub] == [(THEIRS, "ben")]
    assert [(one.link, one.value) for one in won.overruled] == [("L-jira", OURS)]
    lost = take_back(view(JIRA, GITHUB, owner="jira"), LOST)
    assert lost.hub == ()
    assert [(one.link, one.value, one.winner) for one in lost.overruled] == [("L-github", THEIRS, OURS)]


def test_an_edit_made_upon_ours_is_simply_taken_up():
    """It was known what we write: nothing is contested."""
    upon = Overwritten("L-github", "s", THEIRS, Base(OURS, OURS), "ben", 70.0)
    decision = take_back(view(JIRA, GITHUB), upon)
    assert [write.value for write in decision.hub] == [THEIRS]
    assert decision.disputes == ()


def test_a_value_that_means_the_same_is_nothing_to_take_back():
    places = [replica(name, Known("Done"), (Known("Done"), Known("done")), STATUS, "status") for name in ("jira", "github")]
    same = Overwritten("L-github", "s", Known("Done"), Base(Known("To Do"), Known("backlog")), "ben", 70.0)
    assert take_back(view(*places, hub=Known("done"), field="status"), same) == take_back(view(), same)


def test_it_joins_a_conflict_that_is_open_already_and_only_once():
    dispute = Dispute("title", OLD, (Candidate("L-jira", "jira", OURS, "Ours"),))
    [joined] = take_back(view(JIRA, GITHUB, hub=OLD, disputes=[dispute]), LOST).disputes
    assert [(one.source, one.value) for one in joined.candidates] == [("hub", THEIRS), ("L-jira", OURS)]
    assert take_back(view(JIRA, GITHUB, hub=OLD, disputes=[joined]), LOST).disputes == ()


def test_members_that_were_added_are_added_again():
    labels = LabelsLens()
    places = [replica(name, EMPTY, (EMPTY, EMPTY), labels, "labels") for name in ("jira", "github")]
    again = Overwritten("L-github", "s", known(frozenset({"Bug"})), None, "ben", 70.0)
    decision = take_back(view(*places, hub=known(frozenset({"UI"})), field="labels"), again)
    assert [write.value for write in decision.hub] == [Known(frozenset({"Bug", "UI"}))]
    assert "while we were taking it off" in decision.hub[0].provenance.why


def test_what_is_only_pushed_takes_nothing_back():
    """A person's edit there is drift, and overwriting it is what the config says."""
    pushed = replica("github", OURS, (OURS, OURS), direction=Direction.PUSH)
    assert take_back(view(JIRA, pushed), LOST).disputes == ()


def test_what_cannot_be_told_takes_nothing_back():
    place = replica("github", Known("Done"), (Known("Done"), Known("done")), STATUS, "status")
    strange = Overwritten("L-github", "s", Known("Parked"), None, "ben", 70.0)
    assert take_back(view(place, hub=Known("done"), field="status"), strange) == take_back(view(), strange)
