"""What a round does with the edits of both sides, and what it leaves alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pmsync.engine.person import Choice, NotFoundError
from pmsync.engine.setup import Policy
from pmsync.model.enums import Direction
from pmsync.model.values import known
from pmsync.reconcile.rails import Limits
from pmsync.reconcile.routing import Create

HOUR = 3600.0
SEVERAL = {"title": "Login fails", "status": "doing", "priority": "1", "labels": frozenset({"Bug"}), "body": "It says 500."}


# -- quiet ------------------------------------------------------------------------------------------------------------------------


def test_a_second_sync_writes_nothing_and_sends_nothing_but_reads(world):
    """C6: no watermark, no rewriting of everything."""
    for number in range(30):
        world.create("ab"[number % 2], title=f"Number {number}", status="doing", labels=frozenset({"Bug"}))
    world.policy = replace(world.policy, limits=Limits(close="allow", max_creates=100))
    world.restart()
    world.sync()
    before = world.writes
    world.calls.reset()
    world.sync()
    assert world.writes == before
    assert world.calls.writes == 0


def test_a_record_touched_between_two_pages_is_taken_up_exactly_once(world):
    """C5: it moves from the first page to the last one."""
    ids = [world.create("a", title=f"Number {number}") for number in range(7)]
    world.servers["a"].page_sizes.extend([3, 3, 3])
    world.once("GET", "list", lambda: world.edit("a", ids[0], title="Touched"))
    world.sync()
    world.rest()
    assert len(world.items()) == 7
    assert sorted(row["title"] for row in world.rows("b")) == sorted(["Touched", *(f"Number {n}" for n in range(1, 7))])


def test_after_three_days_of_silence_everything_is_caught_up(linked):
    """C8."""
    linked.edit("a", title="Changed on Friday")
    linked.edit("b", by="ben", status="review")
    linked.clock.sleep(3 * 86_400)
    linked.rest()
    assert linked.row("a") == linked.row("b")
    assert (linked.row("a")["title"], linked.row("a")["status"]) == ("Changed on Friday", "review")


def test_both_sides_made_the_same_edit_and_nothing_is_written(linked):
    """C22: no write where the values agree already."""
    linked.edit("a", status="review", labels=frozenset({"Bug", "UI"}))
    linked.edit("b", by="ben", status="review", labels=frozenset({"bug", "ui"}))
    before = linked.writes
    linked.rest()
    assert linked.writes == before
    assert not linked.conflicts()


def test_a_finer_value_is_not_flattened(linked):
    """C22, C35: low and minor both show as 4; an unrelated edit leaves either in place."""
    linked.edit("a", priority="4")
    linked.rest()
    before = linked.writes
    linked.edit("a", title="Something else")
    linked.rest()
    assert linked.writes == before + 1


# -- both sides -------------------------------------------------------------------------------------------------------------------


def test_edits_of_different_fields_are_both_kept(linked):
    """C29."""
    linked.edit("a", title="From a")
    linked.edit("b", by="ben", priority="3")
    linked.rest()
    assert linked.row("a") == linked.row("b")
    assert (linked.row("a")["title"], linked.row("a")["priority"]) == ("From a", "3")


def test_edits_of_one_field_are_a_conflict_that_keeps_both_values_and_blocks_only_that_field(linked):
    """C29, request 29."""
    linked.edit("a", title="From a")
    linked.edit("b", by="ben", title="From b", status="review")
    linked.rest()
    [conflict] = linked.conflicts()
    assert conflict.dispute.field == "title"
    assert {(one.system, one.shown, one.actor) for one in conflict.dispute.candidates} == {
        ("a", "From a", "ana"),
        ("b", "From b", "ben"),
    }
    assert (linked.row("a")["title"], linked.row("b")["title"]) == ("From a", "From b")
    assert linked.row("a")["status"] == "review"


@pytest.mark.parametrize("choice", [Choice("b"), Choice(value=known("From a person"))])
def test_a_resolved_conflict_is_carried_to_all(linked, choice):
    linked.edit("a", title="From a")
    linked.edit("b", by="ben", title="From b")
    linked.rest()
    [conflict] = linked.conflicts()
    linked.engine.resolve_conflict(conflict.uid, choice, "pia")
    linked.rest()
    wanted = "From b" if choice.system else "From a person"
    assert linked.row("a")["title"] == linked.row("b")["title"] == wanted
    assert not linked.conflicts()
    assert any(entry.actor == "pia" for entry in linked.journal("resolve"))


def test_an_edit_after_a_resolve_is_an_edit(linked):
    linked.edit("a", title="From a")
    linked.edit("b", by="ben", title="From b")
    linked.rest()
    [conflict] = linked.conflicts()
    linked.edit("b", by="ben", title="Later, from b")
    linked.engine.resolve_conflict(conflict.uid, Choice("a"), "pia")
    linked.rest()
    shown = {linked.row("a")["title"], linked.row("b")["title"]}
    kept = {one.shown for row in linked.conflicts() for one in row.dispute.candidates}
    assert "Later, from b" in shown | kept


def test_a_conflict_that_people_settle_themselves_is_closed(linked):
    linked.edit("a", title="From a")
    linked.edit("b", by="ben", title="From b")
    linked.rest()
    linked.edit("b", by="ben", title="From a")
    linked.rest()
    assert not linked.conflicts()
    assert linked.hub("title") == "From a"


def test_labels_merge_by_what_was_added_and_removed(linked):
    """C42: a label removed at one side goes at the other; what was added meanwhile stays."""
    linked.edit("a", labels=frozenset({"Bug", "UI"}))
    linked.rest()
    linked.edit("a", labels=frozenset({"UI", "Night"}))
    linked.edit("b", by="ben", labels=frozenset({"Bug", "UI", "Noon"}))
    linked.rest()
    assert linked.row("a")["labels"] == linked.row("b")["labels"] == frozenset({"UI", "Night", "Noon"})


def test_the_owner_wins_a_tie_and_the_loser_is_in_the_journal(make_world):
    world = make_world(policy=Policy(owners={"title": "b"}))
    world.create("a", title="Login fails")
    world.rest()
    world.edit("a", title="From a")
    world.edit("b", by="ben", title="From b, the owner")
    world.rest()
    assert world.row("a")["title"] == "From b, the owner"
    assert not world.conflicts()
    [lost] = world.journal("overruled")
    assert lost.before == known("From a")


def test_it_does_not_matter_where_a_record_began(world):
    """Request 46: what was created in b syncs back exactly as what was created in a."""
    world.create("b", by="ben", **SEVERAL)
    world.rest()
    world.edit("a", title="Edited in a", priority="2")
    world.edit("b", by="ben", status="review")
    world.rest()
    assert world.row("a") == world.row("b")
    assert (world.row("b")["title"], world.row("b")["priority"], world.row("a")["status"]) == ("Edited in a", "2", "review")


# -- directions -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("direction", "a_sees_b", "b_sees_a"),
    [("both", True, True), ("push", False, True), ("init", False, False), ("off", False, False)],
)
def test_the_direction_of_a_field_at_a_system_is_obeyed(make_world, direction, a_sees_b, b_sees_a):
    """Request 25."""
    policy = Policy(directions={("priority", "b"): Direction(direction)}, limits=Limits(close="allow"))
    world = make_world(policy=policy)
    world.create("a", **SEVERAL)
    world.rest()
    assert world.row("b").get("priority") == (None if direction == "off" else "1")
    world.edit("b", by="ben", priority="3")
    world.rest()
    assert (world.row("a")["priority"] == "3") is a_sees_b
    world.edit("a", priority="2")
    world.rest()
    assert (world.row("b").get("priority") == "2") is b_sees_a


def test_a_pulled_field_brings_edits_and_takes_none(make_world):
    """Request 25. What is never written to b is never agreed with b either: its next edit meets the hub's value as a concurrent one."""
    world = make_world(policy=Policy(directions={("priority", "b"): Direction.PULL}))
    world.create("a", title="Login fails")
    world.rest()
    world.edit("b", by="ben", priority="3")
    world.rest()
    assert world.row("a")["priority"] == "3"
    world.edit("a", priority="2")
    world.rest()
    assert world.row("b")["priority"] == "3"
    world.edit("b", by="ben", priority="4")
    world.rest()
    [conflict] = world.conflicts()
    assert {one.shown for one in conflict.dispute.candidates} == {"2", "4"}


def test_a_body_is_set_once_at_creation(world):
    world.create("a", **SEVERAL)
    world.rest()
    assert world.row("b")["body"] == "It says 500."
    world.edit("a", body="It says 502.")
    world.edit("b", by="ben", body="My own words.")
    world.rest()
    assert (world.row("a")["body"], world.row("b")["body"]) == ("It says 502.", "My own words.")


def push_world(make_world, **policy):
    world = make_world(policy=Policy(directions={("priority", "b"): Direction.PUSH}, **policy))
    world.create("a", **SEVERAL)
    world.rest()
    world.edit("b", by="ben", priority="4")
    return world


def test_drift_on_a_pushed_field_is_told_journaled_and_overwritten(make_world):
    world = push_world(make_world)
    world.sync()
    assert world.events("overruled")
    assert any("pushed" in entry.why for entry in world.journal("overruled"))
    assert world.row("b")["priority"] == "1"


def test_drift_stands_for_as_long_as_people_are_to_be_respected(make_world):
    world = push_world(make_world, respect_human={"priority": 14 * 86_400.0})
    for _ in range(13):
        world.rest()
        assert world.row("b")["priority"] == "4"
        world.clock.sleep(86_400)
    world.clock.sleep(2 * 86_400)
    world.rest()
    assert world.row("b")["priority"] == "1"


# -- what has no meaning or no image ----------------------------------------------------------------------------------------------


def test_an_unmapped_value_never_becomes_an_erase(linked):
    """C30."""
    linked.force("b", "1", status="weird")
    linked.edit("a", title="Something else")
    linked.rest()
    assert (linked.row("a")["status"], linked.row("b")["status"]) == ("doing", "weird")
    assert linked.hub("status") == "in_progress"
    assert ["weird" in notice.reason for notice in linked.notices("unmapped")] == [True]


def test_a_status_that_has_no_image_is_refused_never_rounded(make_world):
    """C36: the config gave ``todo`` another meaning, so nothing stands for the backlog any more."""
    world = make_world()
    [scope] = [scope for scope in world.scopes() if scope.system == "b"]
    world.maps[scope] = {"status": {"todo": "in_progress"}}
    world.restart()
    world.create("a", title="Login fails", status="doing")
    world.rest()
    world.edit("a", status="todo")
    world.rest()
    assert world.row("b")["status"] == "doing"
    assert len(world.notices("unrepresentable")) == 1


# -- routing and first contact ----------------------------------------------------------------------------------------------------


def test_the_same_thing_made_by_people_on_both_sides_is_adopted_by_its_exact_title(world):
    """C23: first contact ties before it creates."""
    world.create("a", title="Login fails", priority="1")
    world.create("b", by="ben", title="login  FAILS ", labels=frozenset({"Bug"}))
    world.rest()
    assert (len(world.items()), len(world.rows("a")), len(world.rows("b"))) == (1, 1, 1)
    assert world.row("b")["priority"] == "1"
    assert world.row("a")["labels"] == frozenset({"Bug"})


@pytest.mark.parametrize("apart", [0, 250])
def test_a_title_that_several_records_share_ties_nothing(make_world, apart):
    """C17, C18: also when the twins are a batch of records apart."""
    world = make_world(rules=())
    world.create("a", title="Login fails")
    world.create("b", title="Login fails")
    for number in range(apart):
        world.create("b", title=f"Number {number}")
    world.create("b", by="ben", title="login fails")
    world.sync()
    assert {link.how for link in world.links()} == {"origin"}


def test_alike_titles_are_suggested_and_linked_by_a_person_alone(make_world):
    """C17."""
    from pmsync.engine.likeness import suggestions

    world = make_world(rules=())
    world.create("a", title="Login fails at night", status="doing")
    world.create("b", by="ben", title="Login fails at nite", priority="2")
    world.rest()
    assert len(world.items()) == 2
    [pair] = suggestions(world.setup, world.store)
    assert {pair.keep, pair.other} == {"A-1", "B-1"}
    world.engine.link("A-1", "B-1")
    world.rest()
    [conflict] = [row for row in world.conflicts() if row.dispute.field == "title"]
    assert len(conflict.dispute.candidates) == 2
    assert world.row("a")["priority"] == "2"


def test_what_was_unlinked_is_left_alone_until_it_is_linked_again(linked):
    linked.engine.unlink("B-1")
    linked.edit("a", title="Changed")
    linked.rest()
    assert linked.row("b")["title"] == "Login fails"
    assert len(linked.rows("b")) == 1
    linked.engine.link("A-1", "B-1")
    linked.rest()
    [conflict] = linked.conflicts()
    linked.engine.resolve_conflict(conflict.uid, Choice("a"), "pia")
    linked.rest()
    assert linked.row("b")["title"] == "Changed"


def test_a_newcomer_contests_nothing_that_all_managed_records_show_as_well(make_world):
    """Simulator seed 70154: what a record said that a person unlinked is shown by its copy, and that shows what the newcomer says, too."""
    world = make_world({"a": "listed", "b": "listed", "c": "listed"})
    world.rules = tuple(rule for rule in world.mirror_all() if (rule.from_system, rule.to.system) == ("a", "b"))
    world.maps[world.scopes()[2]] = {"status": {"review": "released"}}
    world.restart()
    world.create("a", title="Login fails", status="done")
    world.rest()
    world.engine.unlink("A-1")
    world.create("c", by="ben", title="Login fails", status="review")
    world.rest()
    assert {link.how for link in world.links()} == {"unlinked", "created", "exact"}
    assert (world.conflicts(), world.hub("status")) == ([], "released")


def test_a_record_tied_anew_contests_nothing_that_all_the_others_show_as_well(make_world):
    """Simulator seed 104763: it was edited while it was unlinked, and what it had said before shows nowhere apart from that."""
    world = make_world()
    world.maps[world.scopes()[0]] = {"status": {"review": "released"}}
    world.restart()
    world.create("a", title="Login fails", status="done")
    world.rest()
    world.engine.unlink("A-1")
    world.edit("a", status="review")
    world.engine.link("B-1", "A-1")
    world.rest()
    assert (world.conflicts(), world.hub("status"), world.row("b")["status"]) == ([], "released", "done")


def test_linked_records_are_not_linked_again(linked):
    with pytest.raises(NotFoundError, match="linked already"):
        linked.engine.link("A-1", "B-1")


def test_the_scope_binds_pulls_and_pushes_alike(linked):
    """C18: a record that leaves the scope's filter becomes unmanaged, and nothing is written to it."""
    [scope] = [scope for scope in linked.scopes() if scope.system == "b"]
    linked.settings[scope] = {"labels": ("Bug",)}
    linked.restart()
    linked.rest()
    linked.edit("b", by="ben", labels=frozenset({"Other"}))
    linked.edit("a", title="Changed")
    linked.rest()
    assert linked.row("b")["title"] == "Login fails"
    assert {link.state.value for link in linked.links()} == {"linked", "unmanaged"}
    linked.edit("b", by="ben", labels=frozenset({"Other", "Bug"}))
    linked.rest()
    assert linked.row("b")["title"] == "Changed"


def test_more_creates_than_allowed_are_held_whole_for_a_person(world):
    """C18: the bulk guard."""
    for number in range(21):
        world.create("a", title=f"Number {number}")
    report = world.sync()
    assert report.exit_code == 3
    assert (len(report.held.held), len(world.rows("b"))) == (21, 0)
    assert world.read(lambda tx: tx.plans.held())
    assert world.apply(report.held).exit_code == 0
    assert len(world.rows("b")) == 21
    world.rest()


def test_a_mirror_under_review_waits_for_a_person(make_world):
    world = make_world()
    world.rules = world.mirror_all(Create.REVIEW)
    world.restart()
    world.create("a", title="Login fails")
    report = world.sync()
    assert (report.exit_code, len(world.rows("b"))) == (3, 0)
    world.apply(report.held)
    assert len(world.rows("b")) == 1
    world.rest()


def test_comments_are_pulled_raw_and_stay_where_they_are(linked):
    linked.servers["a"].person_comments("1", "a word\r\nfrom Ana")
    linked.edit("a", title="Changed")
    linked.rest()
    [link] = [link for link in linked.links() if link.scope.system == "a"]
    [comment] = linked.read(lambda tx: tx.observations.comments(link.ref))
    assert comment.body == "a word\r\nfrom Ana"
    assert not linked.servers["b"].notes
