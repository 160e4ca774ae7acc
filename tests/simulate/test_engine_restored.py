"""A store that is older than the world, over trackers of every kind: noticed by its mark, mended from the markers, wherever that is cut off."""

from __future__ import annotations

import pytest

from pmsync.model.item import LinkState
from pmsync.model.record import ScopeRef

HOUR = 3600.0
MARKED = ["listed", "lagging", "keyed", "listed-rich", "lagging-rich", "keyed-rich"]


def put_back(world, image):
    """The process ends, the backup is put back, another process begins."""
    world.close()
    world._overwrite(image)
    world.doom = type(world.doom)()
    world.clock.sleep(121)
    world.open()


def go_on(world):
    """A life after the backup: records of both trackers, edits of old and new ones on both sides."""
    world.clock.sleep(2 * HOUR)
    world.edit("a", title="Edited later", labels=frozenset({"Bug", "later"}))
    new = world.create("a", title="Filed later in a", priority="2")
    other = world.create("b", title="Filed later in b", status="review")
    world.rest()
    world.edit("b", "1", status="done")
    world.edit("a", new, title="Filed later, and edited")
    world.edit("b", other, labels=frozenset({"of b"}))
    world.rest()


@pytest.fixture(params=MARKED)
def marked(request, make_world):
    """Two linked trackers at rest, both marks left, and their first tracker of that kind."""
    world = make_world({"a": request.param, "b": "listed"})
    world.create("a", title="Login fails", status="doing", priority="1", labels=frozenset({"Bug"}))
    world.create("b", title="The export is slow")
    world.rest()
    return world


def test_nothing_twice_nothing_lost_nothing_overwritten(marked):
    image = marked.store.image()
    go_on(marked)
    before = marked.outcome()
    uids = {item.uid for item in marked.items()}
    put_back(marked, image)
    marked.clock.sleep(HOUR)
    marked.rest()
    assert marked.outcome() == before
    assert {item.uid for item in marked.items()} == uids


@pytest.mark.parametrize("kind", ["listed", "keyed-rich"])
def test_within_the_hour_of_a_mark_too(make_world, kind):
    """A restore that no mark can tell: none was left since. The markers alone tie everything again, where listings do not lag behind."""
    world = make_world({"a": kind, "b": "listed"})
    world.create("a", title="Login fails", status="doing")
    world.create("b", title="The export is slow")
    world.rest(pause=60.0)
    image = world.store.image()
    world.edit("a", title="Just now", priority="3")
    world.create("a", title="Filed at once")
    world.create("b", title="Filed at once, in b")
    world.rest(pause=60.0)
    before = world.outcome()
    put_back(world, image)
    world.rest(pause=60.0)
    assert world.outcome() == before
    assert world.notices() == []


def test_crash_anywhere_in_the_recovery_ends_the_same(make_world, crash):
    """At every request and every commit of it."""
    world = make_world({"a": "listed-rich", "b": "listed"})
    world.create("a", title="Login fails", status="doing")
    world.rest()
    image = world.store.image()
    go_on(world)
    before = world.outcome()
    put_back(world, image)
    world.clock.sleep(HOUR)
    frozen = world.freeze()
    strike = 0
    while True:
        strike += 1
        world.thaw(frozen)
        world.doom.strike = strike
        try:
            world.sync()
            world.sync()
        except crash:
            world.restart()
            world.rest()
            assert world.outcome() == before, f"cut off at boundary {strike}"
            continue
        break
    assert strike > 30


def test_crash_anywhere_while_a_mark_is_left_alarms_nobody(linked, crash):
    """Either mark is ours: the one before, and the one that was about to be left."""
    linked.clock.sleep(2 * HOUR)
    linked.edit("a", title="So that a mark is left")
    frozen = linked.freeze()
    strike = 0
    while True:
        strike += 1
        linked.thaw(frozen)
        linked.doom.strike = strike
        try:
            linked.sync()
        except crash:
            linked.restart()
            linked.clock.sleep(HOUR)
            linked.rest()
            assert linked.notices() == [], f"cut off at boundary {strike}"
            continue
        break
    assert strike > 10


def test_a_restored_store_writes_nothing_in_the_run_that_notices_it(marked):
    image = marked.store.image()
    go_on(marked)
    put_back(marked, image)
    marked.clock.sleep(HOUR)
    marked.edit("a", title="Edited before the first run")
    marked.clock.sleep(HOUR)
    seen = {name: server.rows["1"].values for name, server in marked.servers.items()}
    written, marks = marked.writes, [server.marks for server in marked.servers.values()]
    before = [dict(kept) for kept in marks]
    marked.sync()
    assert marked.writes == written
    assert all(kept != old for kept, old in zip(marks, before, strict=True)), "the marks, and nothing else"
    assert {name: server.rows["1"].values for name, server in marked.servers.items()} == seen
    assert marked.events("waiting", "restored")


def test_every_scope_is_read_anew_also_one_whose_own_mark_tells_nothing(make_world):
    """Nothing was written to ``b`` since the backup, so its mark is the old one; the store is old all the same."""
    world = make_world({"a": "listed", "b": "unmarked", "c": "listed"})
    world.create("a", title="Login fails")
    world.rest()
    image = world.store.image()
    world.clock.sleep(2 * HOUR)
    world.edit("b", title="Edited in b, where no mark is kept")
    world.rest()
    put_back(world, image)
    world.clock.sleep(HOUR)
    lists = len(world.servers["b"].containers)
    world.sync()

    def rows():
        return [world.read(lambda tx, scope=scope: tx.scopes.get(scope)) for scope in world.scopes()]

    assert lists == 1
    assert all(row.frozen_why for row in rows())
    assert [row.scope.system for row in rows() if row.restored_at] == ["a", "c"]
    world.clock.sleep(HOUR)
    world.sync()
    assert [row.frozen_why for row in rows()] == ["", "", ""]
    world.rest()
    assert world.row("a")["title"] == world.row("c")["title"] == "Edited in b, where no mark is kept"


def test_a_record_that_moved_since_is_followed_and_not_made_anew(make_world):
    world = make_world({"a": "listed", "b": "listed"}, containers={"a": ("A", "OTHER")})
    world.create("a", title="Moving on")
    world.rest()
    image = world.store.image()
    world.clock.sleep(2 * HOUR)
    world.servers["a"].person_moves("1", "OTHER")
    world.edit("a", title="Moved on")
    world.rest()
    put_back(world, image)
    world.clock.sleep(HOUR)
    world.rest()
    assert [row["title"] for row in world.rows("a")] == [row["title"] for row in world.rows("b")] == ["Moved on"]
    [link] = [link for link in world.links() if link.ref.system == "a" and link.state is LinkState.LINKED]
    assert link.scope == ScopeRef("a", "OTHER")


def test_two_copies_of_one_original_meet_again(make_world):
    """Three trackers: the original in one, our copies in the two others, none of them known to the backup."""
    world = make_world({"a": "listed", "b": "listed", "c": "listed"})
    world.create("a", title="Known all along")
    world.rest()
    image = world.store.image()
    world.clock.sleep(2 * HOUR)
    for name in "abc":
        world.create(name, title=f"Filed later in {name}")
    world.rest()
    before = world.outcome()
    put_back(world, image)
    world.clock.sleep(HOUR)
    world.rest()
    assert world.outcome() == before
    assert len(world.items()) == 4


def test_copies_whose_titles_were_changed_find_their_original(make_world):
    """No title, no reference, nothing but the marker ties them."""
    world = make_world({"a": "listed-rich", "b": "listed-rich"})
    world.create("a", title="Known all along")
    world.rest()
    image = world.store.image()
    world.clock.sleep(2 * HOUR)
    world.create("a", title="Same title")
    world.create("a", title="Same title")
    world.rest()
    world.edit("b", "2", title="Renamed in b")
    put_back(world, image)
    world.clock.sleep(HOUR)
    world.rest()
    assert len(world.rows("a")) == len(world.rows("b")) == 3
    assert [row["title"] for row in world.rows("a")].count("Renamed in b") == 1
    assert world.conflicts() == []


def test_twins_that_people_filed_stay_one_item(make_world):
    """Simulator seeds 14, 1000, 1005 and 369: the older twin made an item of its own before the one that our copy names had its own back.

    Of several pairs, for which twin a copy names as the original is nowhere promised.
    """
    world = make_world({"a": "listed", "b": "listed", "c": "listed"})
    world.create("a", title="Known all along")
    world.rest()
    image = world.store.image()
    world.clock.sleep(2 * HOUR)
    for number in range(6):
        world.create("a", title=f"Filed twice {number}")
        world.create("b", title=f"Filed twice {number}")
        world.clock.sleep(5)
    world.rest()
    before = world.outcome()
    assert [len(world.rows(name)) for name in "abc"] == [7, 7, 7]
    put_back(world, image)
    world.clock.sleep(HOUR)
    world.rest()
    assert world.outcome() == before


@pytest.mark.parametrize("wait", [0.0, 300.0])
@pytest.mark.parametrize("kind", ["lagging", "lagging-rich"])
def test_what_was_just_created_is_not_made_again_though_no_listing_shows_it_yet(make_world, kind, wait):
    """Simulator seeds 202 and 5031: within the hour of the last mark, and within the lag of the tracker in which the copy was made."""
    world = make_world({"a": kind, "b": "listed"})
    world.create("b", title="Known all along")
    world.rest(pause=60.0, most=40)
    image = world.store.image()
    world.create("b", title="Filed at once")
    world.sync()
    assert len(world.rows("a")) == 2
    put_back(world, image)
    for _ in range(6):
        world.sync()
        world.clock.sleep(wait)
    world.rest()
    assert [len(world.rows(name)) for name in "ab"] == [2, 2]
    assert world.notices() == []


def test_a_store_that_waits_for_trailing_listings_says_so_in_every_run(make_world):
    """Also where nothing is to be written: its runs do not end as if all were well."""
    world = make_world({"a": "lagging", "b": "listed"})
    world.create("a", title="Login fails")
    world.rest()
    image = world.store.image()
    go_on(world)
    put_back(world, image)
    world.clock.sleep(HOUR)
    for _ in range(3):
        assert world.sync().exit_code == 1
        assert world.events("waiting", "restored")
    world.clock.sleep(HOUR)
    world.sync()
    assert world.sync().exit_code == 0


def test_a_plan_that_names_an_item_which_the_store_does_not_know_writes_nothing(make_world):
    """Simulator seed 76: the backup that was put back is older than the plan that is applied then. It ended in a bare KeyError."""
    world = make_world({"a": "listed", "b": "listed"})
    world.create("a", title="Known all along")
    world.rest()
    image = world.store.image()
    world.create("a", title="Filed later")
    plan = world.plan()
    assert len(plan.ops) == 1
    put_back(world, image)
    world.apply(plan)
    assert world.events("dropped")
    world.rest()
    assert [len(world.rows(name)) for name in "ab"] == [2, 2]
