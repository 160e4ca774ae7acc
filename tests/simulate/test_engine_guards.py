"""What a run may write, and where: pauses, trust that is earned, alarms, and breakers."""

from __future__ import annotations

import dataclasses

import pytest

from pmsync.connect.errors import Park, Rejected
from pmsync.engine import pausing
from pmsync.engine.pausing import Who
from pmsync.engine.setup import Policy
from pmsync.model.enums import Audience, Direction
from pmsync.model.record import ScopeRef
from pmsync.reconcile.rails import Limits
from pmsync.testing.faults import Fault, FaultKind

A, B = ScopeRef("a", "A"), ScopeRef("b", "B")
ROOMY = Limits(max_creates=1000, max_updates=1000, max_closes=1000)
CAREFUL = Policy(start="careful", limits=ROOMY)
DAY = 86_400.0


def pat(world):
    return Who("pat", world.clock.now())


def pause(world, target, why=""):
    pausing.pause(world.store, target, pat(world), why)


def titles(world, name="b"):
    return sorted(str(row["title"]) for row in world.rows(name))


def id_of(world, name, title):
    """The record of that title: copies are made in another order than their sources."""
    return next(id_ for id_, row in world.servers[name].rows.items() if row.values["title"] == title)


def requests(world, name):
    return sum(count for called, count in world.calls.counts().items() if called.system == name)


def trust(world, scope):
    return world.read(lambda tx: tx.scopes.get(scope)).trust


def reject_all(server, word="poison"):
    """Let the server refuse every title that contains the word; returns the cure."""
    judge = server._judge

    def sterner(values):
        if word in str(values.get("title", "")):
            raise Rejected("this title is not wanted", surfaces={"title": "this title is not wanted"}, hint="use another one")
        judge(values)

    server._judge = sterner
    return lambda: setattr(server, "_judge", judge)


def limit(world, after):
    """Let the server of ``b`` answer 429 once, after so many updates, and ask for ten minutes of rest."""
    server = world.servers["b"]
    update, left = server.update, [after]

    def counted(*args, **kwargs):
        left[0] -= 1
        if left[0] == -1:
            raise Park("429: too many requests", until=world.clock.now() + 600, reason="rate-limit")
        return update(*args, **kwargs)

    server.update = counted


# -- pauses -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["b", "b:B"])
def test_what_is_paused_is_neither_read_nor_written_and_loses_nothing(linked, target):
    pause(linked, target, "they move house")
    linked.edit("a", title="Changed in a")
    linked.edit("b", by="ben", status="review")
    linked.create("a", title="New in a")
    linked.create("b", title="New in b")
    linked.calls.reset()
    before = linked.servers["b"].writes
    for _ in range(3):
        report = linked.sync()
        assert report.exit_code == 0
        [told] = linked.events("skipped", "paused")
        assert told.text == f"{target} is paused by pat (they move house), until: pmsync resume {target}"
        linked.clock.sleep(700)
    assert linked.plan().ops == ()
    assert requests(linked, "b") == 0
    assert linked.servers["b"].writes == before
    pausing.unpause(linked.store, target, pat(linked))
    linked.rest()
    assert titles(linked, "a") == titles(linked, "b") == ["Changed in a", "New in a", "New in b"]
    assert linked.row("a")["status"] == linked.row("b")["status"] == "review"
    assert not linked.conflicts()


def test_the_other_systems_go_on_while_one_is_paused(make_world):
    world = make_world({"a": "listed", "b": "listed", "c": "listed"})
    world.create("a", title="Login fails")
    world.rest()
    pause(world, "b")
    world.edit("a", title="Login works")
    world.sync()
    assert [world.row(name)["title"] for name in "abc"] == ["Login works", "Login fails", "Login works"]


def test_a_pause_takes_hold_in_the_middle_of_a_run(make_world):
    """The brake is no use if it waits for the end of an apply that takes hours."""
    world = make_world(policy=Policy(limits=ROOMY))
    for number in range(120):
        world.create("a", title=f"Number {number:03}")
    plan = world.plan()

    def stop_it():
        pause(world, "b", "wrong repository")

    world.once("POST", "create", stop_it)
    report = world.apply(plan)
    assert len(world.rows("b")) == 50, "the batch under way is finished"
    assert report.exit_code == 3
    [told] = world.events("held", "paused")
    assert told.text.startswith("b:B: 70 writes of the plan were not done")
    pausing.unpause(world.store, "b", pat(world))
    assert world.apply(plan).exit_code == 0
    assert len(world.rows("b")) == 120


def test_while_a_scope_is_paused_a_changed_config_of_its_own_waits_for_its_return(linked):
    """The others are not stuck in plan-only runs, and the paused scope's change is still looked at first when it returns."""
    linked.fingerprints = dict.fromkeys(linked.scopes(), "old")
    linked.restart()
    linked.rest()
    pause(linked, "b")
    linked.fingerprints = {**linked.fingerprints, B: "new"}
    linked.restart()
    assert linked.sync().exit_code == 0
    linked.edit("a", title="Changed")
    assert linked.sync().exit_code == 0
    pausing.unpause(linked.store, "b", pat(linked))
    assert linked.sync().exit_code == 3
    assert linked.row("b")["title"] == "Login fails"


def test_pausing_and_resuming_are_in_the_journal_with_who_and_why(linked):
    """C31: nobody has to guess who stopped it."""
    pause(linked, "b", "release day")
    pausing.unpause(linked.store, "b", pat(linked))
    [begun], [ended] = linked.journal("pause"), linked.journal("resume")
    assert (begun.actor, begun.why, ended.actor) == ("pat", "b paused by pat: release day", "pat")


# -- frozen -----------------------------------------------------------------------------------------------------------------------


def freeze(world, scope, why):
    from msgspec.structs import replace

    with world.store.transaction() as tx:
        tx.scopes.put(replace(tx.scopes.get(scope), frozen_why=why))


def test_a_frozen_scope_is_read_and_not_written_until_a_person_says_so(linked):
    freeze(linked, B, "a copy of this store works there too")
    linked.edit("a", title="Changed")
    linked.edit("b", by="ben", status="review")
    for _ in range(2):
        assert linked.sync().exit_code == 3
        assert "a copy of this store" in linked.events("held", "frozen")[0].text
    assert linked.row("b")["title"] == "Login fails"
    assert linked.row("a")["status"] == "review", "reads go on, and the other system is written"
    assert linked.engine.thaw(B, pat(linked)) == "a copy of this store works there too"
    linked.rest()
    assert linked.row("b")["title"] == "Changed"
    assert linked.engine.thaw(B, pat(linked)) == ""


def test_an_approved_plan_does_not_write_to_a_frozen_scope(linked):
    linked.edit("a", title="Changed")
    plan = linked.plan()
    freeze(linked, B, "a copy of this store works there too")
    assert linked.apply(plan).exit_code == 3
    assert linked.row("b")["title"] == "Login fails"


# -- trust ------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def new(make_world):
    """Thirty records in ``a``, none in ``b``, and a config that begins carefully."""
    world = make_world(policy=CAREFUL)
    for number in range(30):
        world.create("a", title=f"Number {number:02}")
    return world


def test_the_first_sync_writes_nothing_into_a_new_scope(new):
    """C23: nothing is written into a new link before a person has seen a plan."""
    for _ in range(3):
        report = new.sync()
        assert (report.exit_code, len(report.held.held), new.writes) == (3, 30, 0)
    assert {held.reason for held in report.held.held} == {"b:B is new: look at the plan first"}
    assert trust(new, B) == ""


def test_what_was_looked_at_is_written_and_later_runs_begin_with_ten_records(new):
    new.sync()
    assert new.apply(new.plan()).exit_code == 0
    assert (len(new.rows("b")), trust(new, B)) == (30, "canary")
    for number in range(1, 26):
        new.edit("a", str(number), title=f"Changed {number:02}")
    report = new.sync()
    assert report.exit_code == 1
    [told] = new.events("later")
    assert told.text == "b:B is on trial: 15 more writes there wait for the next run"
    assert sum(title.startswith("Changed") for title in titles(new)) == 10
    assert trust(new, B) == "full"
    assert new.sync().exit_code == 0
    assert sum(title.startswith("Changed") for title in titles(new)) == 25


def test_what_was_held_is_forgotten_once_nothing_is(new):
    """``pmsync apply held`` never means what another plan has done already."""
    new.sync()
    assert len(new.read(lambda tx: tx.plans.held())) == 1
    new.apply(new.plan())
    new.sync()
    assert new.read(lambda tx: tx.plans.held()) == []


def test_a_run_in_which_something_was_refused_earns_no_trust(new):
    new.apply(new.plan())
    reject_all(new.servers["b"])
    new.edit("a", "1", title="poison")
    new.edit("a", "2", title="Changed")
    new.sync()
    assert (trust(new, B), "Changed" in titles(new)) == ("canary", True)
    new.edit("a", "3", title="Changed too")
    new.sync()
    assert trust(new, B) == "full", "a later run that went well does"


def test_a_lost_answer_earns_no_trust(new):
    new.apply(new.plan())
    new.servers["b"].mishaps.append(Fault(FaultKind.LOSE_AFTER))
    new.edit("a", "1", title="Changed")
    new.sync()
    assert trust(new, B) == "canary"
    new.rest()
    assert "Changed" in titles(new)


def test_a_scope_in_which_nothing_is_wanted_needs_nobody_and_is_on_trial(make_world):
    """There was no plan to look at; what comes later begins small."""
    world = make_world(policy=CAREFUL)
    for name in "ab":
        world.create(name, title="Login fails")
    assert world.sync().exit_code == 0
    assert (trust(world, A), trust(world, B)) == ("canary", "canary")
    world.edit("a", title="Login works")
    assert world.sync().exit_code == 0
    assert (world.row("b")["title"], trust(world, B), trust(world, A)) == ("Login works", "full", "canary")


def test_a_scope_read_before_its_product_was_earns_no_trust(new):
    """The daemon takes scope by scope: what the others want of it is not known yet."""
    new.sync(B)
    assert trust(new, B) == ""
    assert new.sync(A).exit_code == 3
    assert (new.writes, trust(new, A), trust(new, B)) == (0, "canary", "")


def test_a_system_that_failed_leaves_its_product_untrusted(new):
    new.servers["a"].denied.add("sign-in")
    new.sync()
    assert (trust(new, A), trust(new, B)) == ("", "")


def test_with_start_at_once_a_new_scope_is_trusted(make_world):
    world = make_world(policy=Policy(limits=ROOMY))
    world.create("a", title="Login fails")
    assert world.sync().exit_code == 0
    assert (titles(world), trust(world, B)) == (["Login fails"], "full")
    world.policy = CAREFUL
    world.restart()
    world.edit("a", title="Login works")
    assert world.sync().exit_code == 0, "what was trusted stays so when the config becomes careful"


def test_the_rails_count_before_the_trial_does(new):
    """Ten at a time is no way around ``max_updates``."""
    new.apply(new.plan())
    new.policy = Policy(start="careful", limits=Limits(max_updates=12))
    new.restart()
    for number in range(1, 26):
        new.edit("a", str(number), title=f"Changed {number:02}")
    report = new.sync()
    assert (report.exit_code, len(report.held.held)) == (3, 25)
    assert not any(title.startswith("Changed") for title in titles(new))


# -- everything moved at once -----------------------------------------------------------------------------------------------------


@pytest.fixture
def many(make_world):
    """Twenty-five records that show in both systems, at rest."""
    world = make_world(policy=Policy(limits=ROOMY))
    for number in range(25):
        world.create("a", title=f"Number {number:02}", priority="1")
    world.rest()
    return world


def shift(world, count, priority="3"):
    for number in range(1, count + 1):
        world.edit("a", str(number), by="admin", priority=priority)


def test_an_edit_of_nearly_every_record_at_once_waits_for_a_person(many):
    """A field or a clock that slipped: what it would lead to elsewhere is held, run after run."""
    shift(many, 24)
    for _ in range(3):
        report = many.sync()
        assert (report.exit_code, len(report.held.held)) == (3, 24)
        assert {row["priority"] for row in many.rows("b")} == {"1"}
        many.clock.sleep(700)
    assert "24 of 25 records changed at once" in report.held.held[0].reason
    assert many.apply(report.held).exit_code == 0
    assert sum(row["priority"] == "3" for row in many.rows("b")) == 24
    assert many.sync().exit_code == 0
    assert not many.notices("everything_moved")


def test_an_edit_of_most_records_is_work(many):
    shift(many, 22)
    assert many.sync().exit_code == 0


def test_an_edit_of_every_record_in_a_small_scope_is_work(make_world):
    world = make_world(policy=Policy(limits=ROOMY))
    for number in range(19):
        world.create("a", title=f"Number {number:02}", priority="1")
    world.rest()
    shift(world, 19)
    assert world.sync().exit_code == 0


def test_the_alarm_ends_when_the_accident_is_taken_back(many):
    shift(many, 25)
    assert many.sync().exit_code == 3
    shift(many, 25, priority="1")
    many.sync()
    assert not many.notices("everything_moved")
    many.edit("a", title="Changed")
    assert many.sync().exit_code == 0
    assert "Changed" in titles(many)


def test_the_alarm_stays_while_the_other_system_cannot_be_asked(many):
    shift(many, 25)
    many.sync()
    many.servers["b"].denied.add("sign-in")
    many.sync()
    many.servers["b"].denied.clear()
    assert many.sync().exit_code == 3
    assert {row["priority"] for row in many.rows("b")} == {"1"}


def test_a_plan_older_than_the_accident_does_not_approve_it(many):
    many.edit("a", title="Changed")
    old = many.plan()
    many.clock.sleep(60)
    shift(many, 25)
    many.sync()
    many.apply(old)
    assert many.sync().exit_code == 3
    assert {row["priority"] for row in many.rows("b")} == {"1"}


def test_reading_everything_again_after_a_change_of_the_config_is_no_accident(many):
    many.fingerprints = dict.fromkeys(many.scopes(), "old")
    many.restart()
    many.rest()
    many.fingerprints = dict.fromkeys(many.scopes(), "new")
    many.restart()
    assert many.sync().exit_code == 0
    shift(many, 25)
    assert many.sync().exit_code == 0
    assert {row["priority"] for row in many.rows("b")} == {"3"}


# -- a listing that shrank --------------------------------------------------------------------------------------------------------


@pytest.fixture
def shrunk(many):
    """Ten of twenty-five records are deleted in ``a``, and the sweep does not believe it."""
    many.clock.sleep(DAY + 1)
    many.rest()
    for number in range(1, 11):
        many.servers["a"].person_deletes(str(number))
    many.clock.sleep(DAY + 1)
    assert many.sync().exit_code == 3
    return many


def gone(world):
    return sum(link.state == "gone" for link in world.links())


def test_a_listing_that_shrank_is_believed_once_a_person_says_so(shrunk):
    """C46 turned round: what is really gone does not stay for ever (C45)."""
    [notice] = shrunk.notices("shrunk")
    assert "pmsync resume a:A --accept-listing" in notice.reason
    assert shrunk.engine.believe(A, pat(shrunk)) == 15
    for _ in range(3):
        shrunk.clock.sleep(DAY + 1)
        assert shrunk.sync().exit_code == 0
    assert gone(shrunk) == 10
    assert not shrunk.notices("shrunk")
    assert len(shrunk.rows("b")) == 25, "their counterparts stay"


def test_a_listing_that_shrank_further_is_another_matter(shrunk):
    shrunk.engine.believe(A, pat(shrunk))
    for number in range(11, 21):
        shrunk.servers["a"].person_deletes(str(number))
    shrunk.clock.sleep(DAY + 1)
    assert shrunk.sync().exit_code == 3
    assert gone(shrunk) == 0


def test_there_is_nothing_to_believe_where_no_listing_was_refused(many):
    assert many.engine.believe(A, pat(many)) is None


# -- breakers ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["listed", "unmarked"])
def test_four_creates_in_doubt_stop_further_ones_until_they_are_looked_up(make_world, kind):
    """C10, C16: a system that swallows answers gets no heap of records that nobody can tell apart."""
    world = make_world({"a": "listed", "b": kind}, policy=Policy(limits=ROOMY))
    for number in range(30):
        world.create("a", title=f"Number {number:02}")
    world.servers["b"].mishaps += [Fault(FaultKind.LOSE_AFTER)] * 30
    report = world.sync()
    assert report.exit_code in (1, 3)
    assert (len(world.open_ops()), len(world.rows("b"))) == (4, 4)
    assert any("no more are made until they are looked up" in event.text for event in world.events("waiting"))
    world.servers["b"].mishaps.clear()
    world.rest()
    assert titles(world) == titles(world, "a")


def test_three_creates_in_doubt_do_not(make_world):
    world = make_world(policy=Policy(limits=ROOMY))
    for number in range(10):
        world.create("a", title=f"Number {number:02}")
    world.servers["b"].mishaps += [Fault(FaultKind.LOSE_AFTER)] * 3
    world.sync()
    assert len(world.rows("b")) == 10


@pytest.mark.parametrize("count", [20, 4])
def test_a_run_of_refusals_ends_the_writing_to_that_system(many, count):
    """Five refusals that are half of all: a permission is gone, or a field; the other system is written all the same."""
    cure = reject_all(many.servers["b"])
    for number in range(1, count + 1):
        many.edit("a", str(number), title=f"poison {number}")
    many.edit("b", id_of(many, "b", "Number 24"), by="ben", status="review")
    before = many.servers["b"].writes
    report = many.sync()
    assert many.row("a", "25")["status"] == "review"
    if count == 4:
        assert not many.notices("writes_failing")
        return
    assert report.exit_code == 1
    assert report.tally.of("rejected") == 5
    assert many.servers["b"].writes == before + 5
    assert "5 of 5 writes failed" in many.notices("writes_failing")[0].reason
    assert not many.open_ops()
    cure()
    many.clock.sleep(3601)
    many.rest()
    assert titles(many) == titles(many, "a")
    assert not many.notices("writes_failing")


def test_few_refusals_among_many_writes_stop_nothing(many):
    reject_all(many.servers["b"])
    for number in range(1, 23):
        many.edit("a", str(number), title=f"{'poison' if number % 4 == 0 else 'Changed'} {number}")
    many.sync()
    assert sum(title.startswith("Changed") for title in titles(many)) == 17


def test_refused_creates_end_the_creating(make_world):
    world = make_world(policy=Policy(limits=ROOMY))
    for number in range(30):
        world.create("a", title=f"poison {number}")
    reject_all(world.servers["b"])
    report = world.sync()
    assert (report.exit_code, report.tally.of("rejected")) == (1, 5)


def test_a_storm_of_429_parks_the_system_and_repeats_nothing(many):
    """C48: a limit in the middle of a run leaves the rest for later, and nothing that was done is done again."""
    limit(many, 10)
    for number in range(1, 23):
        many.edit("a", str(number), title=f"Changed {number}")
    before = many.servers["b"].writes
    assert many.sync().exit_code == 1
    parked = many.read(lambda tx: tx.scopes.get(B))
    assert parked.parked_until > many.clock.now()
    many.sync()
    many.clock.sleep(700)
    many.rest()
    assert titles(many) == titles(many, "a")
    assert many.servers["b"].writes - before == 22


# -- one item's order -------------------------------------------------------------------------------------------------------------


def test_what_follows_a_refused_write_of_an_item_waits_its_turn_and_the_others_go_on(many):
    """C10, C11: the refused value rests; the item's next value takes its place and never overtakes it; other items are not held up."""
    cure = reject_all(many.servers["b"])
    many.edit("a", "1", title="poison 1")
    many.edit("a", "2", title="Changed 2")
    many.sync()
    [refusal] = many.notices("refused")
    assert "use another one" in refusal.reason or "not wanted" in refusal.reason
    many.edit("a", "1", title="poison 2")
    many.sync()
    many.edit("a", "1", title="Good at last")
    many.rest()
    events = [e for e in many.servers["b"].events if e.actor == "robot" and e.verb == "edit"]
    assert {"Changed 2", "Good at last"} <= set(titles(many))
    assert len(events) == 2, "one for each item: the refused values were never seen there"
    cure()
    many.clock.sleep(3601)
    many.rest()
    assert "Good at last" in titles(many), "what was refused does not come back over what followed it"


def test_every_write_says_who_wanted_it_what_it_changed_and_why(linked):
    """C31."""
    linked.edit("a", by="ana", title="Login works")
    linked.rest()
    entry = max(linked.journal("write"), key=lambda one: one.at)
    assert (entry.system, entry.field, entry.before.value, entry.after.value) == ("b", "title", "Login fails", "Login works")
    assert "ana" in entry.why
    assert entry.run


def test_push_surfaces_that_drift_everywhere_are_no_alarm(make_world):
    """What is only pushed to is nobody's news."""
    policy = Policy(limits=ROOMY, directions={("priority", "b"): Direction.PUSH})
    world = make_world(policy=policy)
    for number in range(25):
        world.create("a", title=f"Number {number:02}", priority="1")
    world.rest()
    for number in range(1, 26):
        world.edit("b", str(number), by="ben", priority="4")
    assert world.sync().exit_code == 0
    assert {row["priority"] for row in world.rows("b")} == {"1"}


# -- closing many, and closing the wrong one --------------------------------------------------------------------------------------


def test_closing_many_at_once_waits_whole_for_a_person(make_world):
    """C20: somebody cleans up on one side; the other side is not swept along unasked."""
    world = make_world(policy=Policy(limits=Limits(max_creates=1000)))
    for number in range(40):
        world.create("a", title=f"Number {number:02}")
    world.rest()
    for number in range(1, 13):
        world.edit("a", str(number), by="admin", status="done")
    for _ in range(2):
        report = world.sync()
        assert (report.exit_code, len(report.held.held)) == (3, 12)
        assert {row["status"] for row in world.rows("b")} == {"todo"}
    world.apply(report.held)
    assert sum(row["status"] == "done" for row in world.rows("b")) == 12


@pytest.mark.parametrize("marked", [True, False])
def test_closing_a_duplicate_never_closes_the_good_one(linked, marked):
    """C20: a person's copy, its hidden marker included, is nobody's counterpart: closing it closes nothing else, ever again."""
    title = linked.row("b")["title"]
    copy = linked.servers["b"].person_creates("B", {"title": title}, "ben")
    if marked:
        linked.servers["b"].rows[copy].marker = linked.servers["b"].rows["1"].marker
    linked.rest()
    linked.edit("b", copy, by="ben", status="done")
    for _ in range(3):
        linked.sync()
        linked.clock.sleep(700)
    linked.rest()
    assert linked.row("b")["status"] == linked.row("a")["status"] == "doing"


# -- audiences, by every path -----------------------------------------------------------------------------------------------------


@pytest.fixture
def published(make_world):
    """An internal record whose copy in ``b`` was allowed, and a config that allows it no more; ``b`` is public."""
    world = make_world(policy=Policy(named_public=frozenset({B}), limits=ROOMY))
    world.servers["b"].containers["B"] = Audience.PUBLIC
    before = world.freeze()
    world.create("a", title="Customer X leaks")
    run = world.rest().run
    world.edit("a", title="Customer X leaks at night")
    run = world.sync().run
    world.policy = Policy(limits=ROOMY)
    world.restart()
    return world, run, before


def test_an_undo_carries_nothing_into_public(published):
    world, run, _ = published
    undoing, _ = world.engine.undo(world.hear, run)
    assert len(undoing.plan.ops) == 1
    world.apply(undoing.plan)
    assert "public" in world.events("dropped")[0].text
    assert titles(world) == ["Customer X leaks at night"]


def test_a_restored_store_carries_nothing_into_public(published):
    """What the backup does not know of is found again by its marker, and not written to."""
    world, _, before = published
    store, *_ = before
    world.close()
    world._overwrite(store)
    world.clock.sleep(3601)
    world.open()
    world.edit("a", title="Customer X leaks everywhere")
    for _ in range(4):
        world.sync()
        world.clock.sleep(3601)
    assert [link.scope for link in world.links()] == [A, B]
    assert titles(world) == ["Customer X leaks at night"]


def test_an_apply_of_what_was_held_creates_nothing_in_public(make_world):
    """Approval lifts the rails; the audience guard is none."""
    world = make_world(policy=CAREFUL)
    world.create("a", title="Customer X leaks")
    held = world.sync().held
    world.servers["b"].containers["B"] = Audience.PUBLIC
    world.clock.sleep(3601)
    world.apply(held)
    assert world.rows("b") == []


@pytest.mark.parametrize("left", ["deleted", "restricted", "unlinked"])
def test_what_came_from_a_record_that_takes_no_part_any_more_reaches_nothing_public(make_world, left):
    """The hub still holds what an internal record said. The only counterpart that is left is public, and learns nothing of it."""
    world = make_world({"a": "listed", "b": "listed", "c": "listed"}, rules=(), policy=Policy(limits=ROOMY))
    world.servers["b"].containers["B"] = world.servers["c"].containers["C"] = Audience.PUBLIC
    for name in "abc":
        world.create(name, title="Login fails")
    world.rest()
    world.edit("a", title="Customer X leaks")
    world.edit("c", by="ben", priority="4")
    world.rest()
    assert world.row("b")["title"] == world.row("c")["title"] == "Login fails"
    if left == "unlinked":
        world.engine.unlink("A-1")
    elif left == "deleted":
        world.servers["a"].person_deletes("1")
    else:
        world.servers["a"].containers["A"] = Audience.PRIVATE
    for _ in range(4):
        world.clock.sleep(DAY + 1)
        world.edit("c", by="ben", labels=frozenset({f"{world.clock.now():.0f}"}))
        world.sync()
    assert world.row("b") == {"title": "Login fails", "status": "todo"}
    assert world.row("c")["title"] == "Login fails"


def test_what_was_restricted_crosses_nowhere_though_its_counterpart_cannot_be_asked_just_then(linked):
    """Simulator seed 30102: alone in sight, the restricted record was merged into the hub, and what it said was written once the other was back."""
    connector = linked.connectors["a"]
    plain = connector._record
    connector._record = lambda row: dataclasses.replace(plain(row), audience=Audience.PRIVATE)
    linked.edit("a", title="Customer X leaks")
    linked.servers["b"].denied.add("sign-in")
    linked.clock.sleep(700)
    linked.sync()
    linked.servers["b"].denied.clear()
    linked.rest()
    assert linked.row("b")["title"] == "Login fails"
    assert linked.hub("title") == "Login fails"
