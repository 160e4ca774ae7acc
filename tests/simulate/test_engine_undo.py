"""Undo takes back what a run wrote and nobody touched since, says why the rest stays, and leaves the next sync nothing to redo."""

from __future__ import annotations

import pytest

from pmsync.engine.person import Choice, NotFoundError
from pmsync.engine.setup import Policy
from pmsync.model.enums import Direction
from pmsync.model.record import ScopeRef
from pmsync.model.values import Known
from pmsync.reconcile.plan import Plan
from pmsync.reconcile.protect import selector
from pmsync.reconcile.rails import Limits
from pmsync.reconcile.routing import Create, Rule
from pmsync.store.errors import TooVague
from pmsync.testing.faults import Fault, FaultKind

BEFORE = {"title": "Login fails", "status": "doing", "priority": "1", "labels": frozenset({"Bug"})}
AFTER = {"title": "Login fails at night", "status": "review", "priority": "3", "labels": frozenset({"Bug", "Night"})}


def undo(world, run="last"):
    """What `pmsync undo RUN` does: a plan, by a program that can only read."""
    world.heard = []
    with world.fence.closed():
        return world.engine.undo(world.hear, run)[0]


def take_back(world, run="last"):
    """Make the plan and carry it out, as it comes back from its file."""
    found = undo(world, run)
    return found, world.engine.apply_plan(Plan.decode(found.plan.encode()), world.hear)


def codes(found):
    return sorted({skip.code for skip in found.plan.skips})


def reasons(found):
    return " | ".join(skip.reason for skip in found.plan.skips)


def calm(world):
    """Another sync writes nothing and tells nothing."""
    before = world.writes
    report = world.sync()
    return world.writes == before and report.exit_code == 0 and not world.notices()


@pytest.fixture
def written(linked):
    """A run has just carried edits of four fields from ``a`` to ``b``."""
    linked.edit("a", **AFTER)
    linked.written = linked.sync().run
    return linked


# -- what is put back ----------------------------------------------------------------------------------------------------------------


def test_before_values_are_put_back_everywhere_the_run_wrote(written):
    found, report = take_back(written)
    assert report.exit_code == 0
    assert written.row("b") == BEFORE
    assert [len(op.changes) for op in found.plan.ops] == [4]


def test_making_the_plan_writes_nothing_anywhere(written):
    before = written.writes
    undo(written)
    assert (written.writes, written.row("b")) == (before, AFTER)


def test_the_next_sync_does_not_redo_what_was_undone(written):
    take_back(written)
    assert calm(written)
    assert written.row("b") == BEFORE
    written.rest()
    assert (written.row("a"), written.row("b")) == (AFTER, BEFORE)


def test_the_hub_keeps_what_it_took_over_and_the_undo_says_so(written):
    found, _ = take_back(written)
    assert written.hub("title") == "Login fails at night"
    assert any("4 values taken over" in line for line in found.stays)


def test_it_stays_silent_after_a_restart_and_a_change_of_the_config(written):
    take_back(written)
    written.fingerprints = dict.fromkeys(written.scopes(), "other")
    written.restart()
    before = written.writes
    written.sync()
    written.sync()
    assert (written.writes, written.row("b")) == (before, BEFORE)


def test_an_edit_of_the_hub_afterwards_flows_again(written):
    take_back(written)
    written.edit("a", title="Login fails on Sundays")
    written.rest()
    assert written.row("b")["title"] == "Login fails on Sundays"
    assert written.row("b")["status"] == "doing"


def test_an_edit_of_the_record_afterwards_flows_again(written):
    take_back(written)
    written.edit("b", by="ben", title="Login fails on Sundays")
    written.rest()
    assert written.row("a")["title"] == "Login fails on Sundays"
    assert not written.conflicts()


def test_two_values_that_the_hub_ties_together_are_put_back_as_they_were(linked):
    """A fibre: the hub's minor and low both show as 4; what is put back is the remote's own value."""
    linked.edit("a", priority="4")
    linked.sync()
    found, _ = take_back(linked)
    assert [change.before for op in found.plan.ops for change in op.changes] == [Known("4")]
    assert linked.row("b")["priority"] == "1"
    assert calm(linked)


def test_a_field_that_was_empty_is_emptied_again(world):
    world.create("a", title="Login fails")
    world.rest()
    world.edit("a", priority="2", body="It says 500.")
    world.sync()
    assert world.row("b")["priority"] == "2"
    take_back(world)
    assert "priority" not in world.row("b")
    assert calm(world)


def test_only_what_the_run_did_to_a_set_is_taken_back(written):
    """A label that somebody added since, and that every side knows by now, stays where it is."""
    written.edit("b", by="ben", labels=frozenset({"Night", "Bug", "VIP"}))
    written.rest()
    take_back(written, written.written)
    assert written.row("b")["labels"] == frozenset({"Bug", "VIP"})
    written.rest()
    assert written.row("a")["labels"] == frozenset({"Bug", "Night", "VIP"})


def test_a_label_that_was_not_pulled_yet_is_never_lost_to_an_undo(written):
    """Agreeing on a set as it stands would make an edit that nobody saw look agreed upon."""
    written.edit("b", by="ben", labels=frozenset({"Night", "Bug", "VIP"}))
    found, _ = take_back(written)
    assert codes(found) == ["changed_since"]
    written.rest()
    assert written.row("a")["labels"] == frozenset({"Bug", "Night", "VIP"})


def test_the_undo_is_in_the_journal_as_such(written):
    take_back(written)
    entries = written.journal("undo")
    assert {(entry.field, entry.surface, entry.system) for entry in entries} == {(name, name, "b") for name in AFTER}
    [title] = [entry for entry in entries if entry.field == "title"]
    assert (title.before, title.after) == (Known(AFTER["title"]), Known(BEFORE["title"]))
    assert f"undoes run {written.written[:8]}" in title.why


def test_the_breaker_does_not_take_undo_and_redo_for_a_loop(written):
    """Back and forth by a person's will: a later edit still flows."""
    for _ in range(4):
        take_back(written)
    written.edit("a", title="Login fails on Sundays")
    written.rest()
    assert written.row("b")["title"] == "Login fails on Sundays"
    assert not written.notices("loop")


# -- what is left alone, and why -----------------------------------------------------------------------------------------------------


def test_what_a_person_changed_since_is_left_alone_and_named(written):
    written.edit("b", by="ben", title="Ben's own")
    found, _ = take_back(written)
    assert codes(found) == ["changed_since"]
    assert "by ben: it shows Ben's own" in reasons(found)
    assert written.row("b") == {**BEFORE, "title": "Ben's own"}


def test_a_change_that_was_synced_meanwhile_is_left_alone_and_named(written):
    written.edit("b", by="ben", status="done")
    written.rest()
    found, _ = take_back(written, written.written)
    assert codes(found) == ["changed_since"]
    assert "status was changed since, by ben" in reasons(found)
    assert written.row("b") == {**BEFORE, "status": "done"}


def test_what_a_later_run_wrote_again_is_left_alone(written):
    written.edit("a", title="Login fails on Sundays")
    later = written.sync().run
    found, _ = take_back(written, written.written)
    assert reasons(found) == f"B-1: title was written again by run {later[:8]}"
    assert written.row("b") == {**BEFORE, "title": "Login fails on Sundays"}


def test_undoing_the_later_run_first_clears_the_way_for_the_earlier_one(written):
    written.edit("a", title="Login fails on Sundays")
    later = written.sync().run
    take_back(written, later)
    assert written.row("b") == AFTER
    found, _ = take_back(written, written.written)
    assert not found.plan.skips
    assert written.row("b") == BEFORE
    assert calm(written)


def test_a_field_is_not_undone_twice(written):
    _, report = take_back(written, written.written)
    found = undo(written, written.written)
    assert (codes(found), found.plan.ops) == (["undone_already"], ())
    assert f"was undone by run {report.run[:8]}" in reasons(found)


def test_an_undo_of_an_undo_works_by_the_same_rule(written):
    _, first = take_back(written)
    found, _ = take_back(written, first.run)
    assert found.run.uid == first.run
    assert written.row("b") == AFTER
    assert calm(written)
    assert all(row.undone == "" for rows in bases(written).values() for row in rows.values())


def test_a_field_in_conflict_is_left_alone(linked):
    linked.edit("a", title="Ours")
    run = linked.sync().run
    linked.edit("a", title="Said a")
    linked.edit("b", by="ben", title="Said b")
    linked.sync()
    assert linked.conflicts()
    found = undo(linked, run)
    assert (codes(found), found.plan.ops) == (["conflict"], ())


def test_a_field_that_is_only_pulled_by_now_is_left_alone(written):
    written.policy = Policy(defaults={"title": Direction.PULL}, limits=Limits(close="allow"))
    written.restart()
    found, _ = take_back(written)
    assert codes(found) == ["not_pushed"]
    assert written.row("b") == {**BEFORE, "title": AFTER["title"]}


def test_an_unlinked_record_and_a_deleted_one_are_left_alone(world):
    for title in ("One", "Two"):
        world.create("a", title=title)
    world.rest()
    for id_ in ("1", "2"):
        world.edit("a", id_, priority="1")
    world.sync()
    world.engine.unlink("B-1")
    world.servers["b"].person_deletes("2")
    found = undo(world)
    assert (codes(found), found.plan.ops) == (["gone", "unmanaged"], ())


def test_a_scope_that_left_the_config_is_left_alone(written):
    written.managed.pop("b")
    written.rules = ()
    written.restart()
    found = undo(written)
    assert (codes(found), found.plan.ops) == (["out_of_reach"], ())


def test_a_system_that_cannot_be_read_fails_the_undo_and_nothing_is_planned_for_it(written):
    written.servers["b"].denied.add("sign-in")
    found, report = written.engine.undo(written.hear, "last")
    assert (codes(found), report.exit_code) == (["out_of_reach"], 1)


def test_a_protected_record_is_left_alone(written):
    """By the label that the record has now, whatever it had when the run wrote to it."""
    protect = (selector("label:night", ["a", "b"], written.scopes()),)
    written.policy = Policy(limits=Limits(close="allow"), protect=protect)
    written.restart()
    found = undo(written)
    assert (codes(found), found.plan.ops) == (["protected"], ())


def test_a_paused_system_is_left_alone(written):
    written.read(lambda tx: tx.pauses.put("b", "ana", "a freeze"))
    found = undo(written)
    assert (codes(found), found.plan.ops) == (["out_of_reach"], ())
    assert "pmsync resume b" in reasons(found)


def test_a_record_with_a_write_in_doubt_is_left_alone(written):
    written.edit("a", title="Lost")
    written.servers["b"].mishaps.append(Fault(FaultKind.LOSE_AFTER, seconds=30))
    written.sync()
    assert written.open_ops()
    found = undo(written, written.written)
    assert (codes(found), found.plan.ops) == (["unresolved"], ())


def test_an_edit_between_the_plan_and_its_apply_is_not_overwritten(written):
    found = undo(written)
    written.edit("b", by="ben", title="Ben's own")
    written.apply(found.plan)
    assert written.row("b")["title"] == "Ben's own"
    assert "Ben's own" in written.events("dropped")[0].text


def test_an_edit_right_after_the_undo_is_an_edit(written):
    """Correctness 1.8: what is read back and was not sent is met as a person's edit."""
    found = undo(written)
    written.once("PATCH", "update", lambda: written.edit("b", by="ben", title="Ben's own"))
    written.apply(found.plan)
    written.rest()
    assert written.row("a")["title"] == "Ben's own"


def test_a_value_that_the_server_silently_keeps_is_told_and_not_called_undone(written):
    """A success code is no proof for an undo either, although what stands there is what the hub says."""
    written.servers["b"].ignored.add("title")
    _, report = take_back(written)
    assert report.tally.of("rejected") == 1
    assert "title is not put back" in written.events("rejected")[0].text
    assert {entry.field for entry in written.journal("undo")} == {"labels", "priority", "status"}
    written.servers["b"].ignored.clear()
    assert calm(written)
    assert written.row("b") == {**BEFORE, "title": AFTER["title"]}


# -- what the run created ------------------------------------------------------------------------------------------------------------


def test_a_created_record_is_closed_and_given_back(linked):
    created = first_run(linked)
    _, report = take_back(linked, created)
    assert report.exit_code == 0
    assert linked.row("b") == {**BEFORE, "status": "dropped"}
    [link] = [link for link in linked.links() if link.ref.system == "b"]
    assert (link.state.value, link.how) == ("unmanaged", "undone")


def test_what_was_given_back_is_not_made_anew(linked):
    """The mirror rule still asks for a record in ``b``; one that was undone stands for it."""
    take_back(linked, first_run(linked))
    linked.edit("a", title="Login fails on Sundays")
    linked.rest()
    assert len(linked.rows("b")) == 1
    assert linked.row("b")["title"] == "Login fails"


def test_edits_on_a_record_that_was_given_back_stay_there(linked):
    take_back(linked, first_run(linked))
    linked.edit("b", by="ben", title="Ben's own")
    linked.rest()
    assert linked.row("a")["title"] == "Login fails"


def test_link_takes_a_record_back_that_was_given_back(linked):
    take_back(linked, first_run(linked))
    found = undo(linked, first_run(linked))
    assert "pmsync link" in reasons(found)
    linked.engine.link("A-1", "B-1")
    linked.sync()
    [conflict] = linked.conflicts()
    linked.engine.resolve_conflict(conflict.uid, Choice("a"), "ana")
    linked.rest()
    assert linked.row("b") == BEFORE


def test_a_created_record_on_which_somebody_worked_is_left_alone(linked):
    linked.edit("b", by="ben", title="Ben's own")
    for sync_first in (False, True):
        if sync_first:
            linked.rest()
        found = undo(linked, first_run(linked))
        assert (codes(found), found.plan.ops) == (["changed_since"], ())
        assert "title was edited since" in reasons(found)


def test_a_created_record_that_only_later_runs_wrote_to_is_given_back(written):
    take_back(written, first_run(written))
    assert written.row("b") == {**AFTER, "status": "dropped"}


def test_a_created_record_that_is_closed_already_is_only_given_back(world):
    world.create("a", title="Login fails", status="done")
    world.rest()
    before = world.writes
    found, report = take_back(world, first_run(world))
    assert (world.writes, report.exit_code) == (before, 0)
    assert [(op.ends, op.changes) for op in found.plan.ops] == [(True, ())]
    assert [link.how for link in world.links() if link.ref.system == "b"] == ["undone"]
    world.rest()
    assert world.writes == before


def test_a_record_that_cannot_be_closed_is_given_back_open_and_told(make_world):
    policy = Policy(directions={("status", "b"): Direction.OFF}, limits=Limits(close="allow"))
    world = make_world(policy=policy)
    world.create("a", title="Login fails", status="doing")
    world.rest()
    found, _ = take_back(world, first_run(world))
    assert codes(found) == ["left_open"]
    assert "close it by hand" in reasons(found)
    assert world.row("b")["status"] == "todo"
    assert [link.how for link in world.links() if link.ref.system == "b"] == ["undone"]


def test_creates_and_updates_of_one_run_are_both_taken_back(linked):
    linked.create("a", title="New here")
    linked.edit("a", title="Login fails at night")
    linked.sync()
    take_back(linked)
    assert linked.row("b", "1")["title"] == "Login fails"
    assert linked.row("b", "2")["status"] == "dropped"
    assert calm(linked)


# -- which run -----------------------------------------------------------------------------------------------------------------------


def test_a_run_may_be_named_by_its_beginning_or_as_the_last_one(written):
    written.sync()
    assert undo(written, "last").run.uid == undo(written, written.written[:8]).run.uid == written.written


def test_a_run_that_does_not_exist_is_an_error_that_offers_some(written):
    with pytest.raises(NotFoundError) as caught:
        undo(written, "no-such-run")
    assert written.written[:8] in caught.value.hint


def test_a_beginning_that_several_runs_share_is_too_vague(make_world):
    world = make_world()
    first = [report.run[0] for report in (world.sync() for _ in range(20))]
    shared = next(digit for digit in first if first.count(digit) > 1)
    with pytest.raises(TooVague):
        undo(world, shared)


def test_last_before_anything_was_written(world):
    with pytest.raises(NotFoundError, match="none has written anything"):
        undo(world, "last")


def test_a_run_that_wrote_nothing_has_nothing_to_undo(written):
    quiet = written.sync().run
    found = undo(written, quiet)
    assert (found.plan.ops, found.plan.skips) == ((), ())


def test_an_undo_over_the_limits_waits_for_a_person_and_apply_is_their_word(make_world):
    world = make_world(policy=Policy(limits=Limits(close="never")))
    world.create("a", title="Login fails")
    world.rest()
    found = undo(world)
    assert (found.plan.ops, len(found.plan.held)) == ((), 1)
    assert "close: never" in found.plan.held[0].reason
    world.apply(found.plan)
    assert world.row("b")["status"] == "dropped"


def test_putting_an_open_status_back_is_no_close(linked):
    linked.policy = Policy(limits=Limits(close="never"))
    linked.edit("a", status="done")
    linked.apply(linked.plan())
    assert linked.row("b")["status"] == "done"
    linked.restart()
    assert len(undo(linked).plan.ops) == 1


# -- every kind of system, every crash, every lost answer ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["listed", "keyed", "lagging", "unmarked", "listed-rich", "lagging-rich"])
def test_three_replicas_are_put_back_on_every_kind_of_system(make_world, kind):
    world = make_world({"a": "listed", "b": kind, "c": kind})
    world.create("a", **BEFORE)
    world.rest()
    world.edit("a", **AFTER)
    world.sync()
    found, _ = take_back(world)
    assert (world.row("b"), world.row("c"), len(found.plan.ops)) == (BEFORE, BEFORE, 2)
    world.rest()
    assert (world.row("a"), world.row("b"), world.row("c")) == (AFTER, BEFORE, BEFORE)


@pytest.mark.parametrize("kind", ["listed", "lagging", "listed-rich"])
def test_the_plan_of_an_undo_is_carried_out_whole_whenever_its_apply_dies(make_world, crash, kind):
    """C12: at every request and every commit of the apply, a create given back included."""
    world = make_world({"a": "listed", "b": kind})
    world.create("a", **BEFORE)
    world.rest()
    world.clock.sleep(700)
    world.create("a", title="New here")
    world.edit("a", **AFTER)
    world.sync()
    plan = undo(world).plan
    start = world.freeze()
    world.doom.passed = 0
    world.apply(plan)
    steps, end = world.doom.passed, finish(world, plan)
    for step in range(1, steps + 1):
        world.thaw(start)
        world.doom.strike = step
        with pytest.raises(crash):
            world.apply(plan)
        world.restart()
        assert finish(world, plan) == end, f"crash at step {step} of {steps}"
    assert world.row("b") == BEFORE


@pytest.mark.parametrize("kind", [FaultKind.LOSE_BEFORE, FaultKind.LOSE_AFTER, FaultKind.TWICE, FaultKind.REFUSE])
def test_an_undo_whose_answer_was_lost_comes_to_the_same_end(written, kind):
    plan = undo(written).plan
    written.servers["b"].mishaps.append(Fault(kind, seconds=30))
    written.apply(plan)
    finish(written, plan)
    assert (written.row("a"), written.row("b")) == (AFTER, BEFORE)
    assert calm(written)


def test_a_run_that_died_is_undone_by_its_own_name(linked, crash):
    """Its writes were looked up by the run after it, and belong to the one that sent them."""
    linked.edit("a", **AFTER)
    linked.once("PATCH", "update", lambda: setattr(linked.doom, "strike", linked.doom.passed + 1))
    with pytest.raises(crash):
        linked.sync()
    linked.restart()
    linked.rest()
    [died] = {entry.op for entry in linked.journal("write") if entry.field == "title" and entry.after == Known(AFTER["title"])}
    run = linked.read(lambda tx: tx.ops.get(died)).run
    take_back(linked, run)
    assert linked.row("b") == BEFORE


def test_several_writes_of_one_run_to_one_place_are_taken_back_to_the_first(make_world):
    """A rule in ``b`` answers a new title with a label, in the middle of the round."""
    rules = (Rule(frozenset(), "", "a", ScopeRef("b", "B"), Create.AUTO),)
    world = make_world(rules=rules)
    world.create("a", title="One")
    world.rest()
    world.edit("a", title="Two")
    world.once("PATCH", "update", lambda: world.edit("a", title="Three"))
    world.sync()
    world.sync()
    last, first = (row.uid for row in world.read(lambda tx: tx.runs.writers(2)))
    take_back(world, last)
    assert world.row("b")["title"] == "Two"
    take_back(world, first)
    assert world.row("b")["title"] == "One"


def test_an_edit_that_an_undo_wrote_over_unseen_is_kept(make_world):
    """C13: made between the look and the write, and told by the system's history."""
    world = make_world({"a": "listed", "b": "listed-rich"})
    world.create("a", **BEFORE)
    world.rest()
    world.edit("a", labels=AFTER["labels"])
    world.sync()
    found = undo(world)
    world.once("GET", "read", lambda: world.edit("b", by="ben", labels=frozenset({"Bug", "Night", "VIP"})))
    world.apply(found.plan)
    world.rest()
    assert "VIP" in world.row("a")["labels"]
    assert "VIP" in world.row("b")["labels"]


def finish(world, plan):
    """Apply the same plan until nothing of it is outstanding, and rest."""
    for _ in range(6):
        if world.apply(plan).exit_code == 0:
            break
        world.clock.sleep(900)
    world.rest()
    return world.outcome()


def first_run(world):
    return world.read(lambda tx: tx.runs.writers(100))[-1].uid


def bases(world):
    return world.read(lambda tx: tx.bases.of_links([link.uid for link in world_links(tx)]))


def world_links(tx):
    return [link for group in tx.links.of_items([item.uid for item in tx.items.page("")]).values() for link in group]
