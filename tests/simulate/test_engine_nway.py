"""Three systems around one hub: order does not matter, an outage of one stops no other, and calls stay within their budget."""

from __future__ import annotations

from itertools import permutations
from math import ceil

import pytest

from pmsync.connect.errors import Park
from pmsync.engine.setup import Policy
from pmsync.reconcile.rails import Limits

THREE = {"a": "listed", "b": "listed", "c": "listed"}


@pytest.fixture
def three(make_world):
    """One record that shows in three systems, at rest."""
    world = make_world(THREE)
    world.create("a", title="Login fails", status="doing", priority="1", labels=frozenset({"Bug", "UI"}))
    world.rest()
    return world


# -- merging ----------------------------------------------------------------------------------------------------------------------


def test_the_third_system_gets_what_the_others_merged(three):
    three.edit("a", title="From a", labels=frozenset({"Bug", "UI", "Night"}))
    three.edit("b", by="ben", status="review", labels=frozenset({"UI"}))
    three.rest()
    assert three.row("a") == three.row("b") == three.row("c")
    assert three.row("c") == {"title": "From a", "status": "review", "priority": "1", "labels": frozenset({"UI", "Night"})}


def test_what_one_system_cannot_show_still_reaches_the_third(make_world):
    world = make_world(THREE)
    [scope] = [scope for scope in world.scopes() if scope.system == "b"]
    world.maps[scope] = {"status": {"todo": "in_progress"}}
    world.restart()
    world.create("a", title="Login fails", status="doing")
    world.rest()
    world.edit("a", status="todo")
    world.rest()
    assert [world.row(name)["status"] for name in "abc"] == ["todo", "doing", "todo"]


EDITS = {
    "one": {"a": {"title": "A"}},
    "two agree": {"a": {"title": "A"}, "b": {"title": "A"}},
    "two disagree": {"a": {"title": "A"}, "b": {"title": "B"}},
    "all disagree": {"a": {"title": "A"}, "b": {"title": "B"}, "c": {"title": "C"}},
    "two against one": {"a": {"title": "A"}, "b": {"title": "A"}, "c": {"title": "C"}},
    "apart": {"a": {"title": "A"}, "b": {"status": "review"}, "c": {"priority": "3"}},
    "labels": {
        "a": {"labels": frozenset({"Bug"})},
        "b": {"labels": frozenset({"Bug", "UI", "X"})},
        "c": {"labels": frozenset({"UI", "Y"})},
    },
    "mixed": {"a": {"title": "A", "priority": "2"}, "b": {"title": "B"}, "c": {"priority": "3", "labels": frozenset()}},
}


@pytest.mark.parametrize("owner", ["", "c"])
@pytest.mark.parametrize("edits", EDITS)
def test_the_order_of_the_rounds_does_not_matter(make_world, edits, owner):
    """Every order in which the scopes are polled, and all at once, come to the same hub values, and to conflicts over the same values.

    Which of two systems that say the same is named in a conflict may differ.
    """
    world = make_world(THREE, policy=Policy(owners={"title": owner} if owner else {}))
    world.create("a", title="Login fails", status="doing", priority="1", labels=frozenset({"Bug", "UI"}))
    world.rest()
    for name, values in EDITS[edits].items():
        world.clock.sleep(10)
        world.edit(name, by=name, **values)
    start = world.freeze()
    ends = []
    for order in [(), *permutations(world.scopes())]:
        world.thaw(start)
        for scope in order:
            world.sync(scope)
            world.clock.sleep(1)
        world.rest()
        contested = [(field, base, {shown for _, shown in sides}) for field, base, sides in world.outcome()["conflicts"]]
        ends.append((world.outcome()["hub"], contested))
    assert all(end == ends[0] for end in ends)


# -- outages ----------------------------------------------------------------------------------------------------------------------


def test_an_outage_of_one_system_stops_no_other_and_is_caught_up(three):
    three.servers["b"].denied.add("sign-in")
    three.edit("a", title="During the outage")
    three.edit("b", by="ben", priority="3")
    three.create("c", title="New during the outage")
    for _ in range(3):
        assert three.sync().exit_code == 1
        three.clock.sleep(60)
    assert three.row("c")["title"] == "During the outage"
    assert [row["title"] for row in three.rows("a")] == ["During the outage", "New during the outage"]
    three.servers["b"].denied.clear()
    three.rest()
    assert three.rows("b")[0]["title"] == "During the outage"
    assert three.row("a")["priority"] == three.row("c")["priority"] == "3"
    assert len(three.rows("b")) == 2


def test_an_outage_in_the_middle_of_the_writes_loses_nothing(three):
    three.create("a", title="Second")
    three.edit("a", title="Changed")
    three.once("POST", "create", lambda: three.servers["b"].denied.add("sign-in"))
    assert three.sync().exit_code == 1
    three.servers["b"].denied.clear()
    three.clock.sleep(400)
    three.rest()
    for name in "abc":
        assert sorted(row["title"] for row in three.rows(name)) == ["Changed", "Second"]


def test_a_patient_run_leaves_a_system_alone_whose_credentials_fail(three):
    """The daemon's: no hammering on a locked door."""
    three.servers["b"].denied.add("sign-in")
    three.engine.sync(three.hear, patient=True)
    three.calls.reset()
    three.clock.sleep(300)
    three.engine.sync(three.hear, patient=True)
    assert three.calls.by_system() == {"a": 1, "c": 1}
    three.clock.sleep(301)
    three.engine.sync(three.hear, patient=True)
    assert three.calls.by_system()["b"] == 1


def test_a_quota_parks_every_scope_of_its_system_until_it_is_over(make_world):
    """The rest is kept in the store, and a round of another scope sends nothing there either."""
    world = make_world({"a": "listed", "b": "listed"}, containers={"a": ("A",), "b": ("B", "B2")})
    world.create("a", title="Login fails")
    world.rest()
    until = world.clock.now() + 1800
    read = world.servers["b"].changed_rows

    def exhausted(container, after):
        raise Park("the quota is used up", until=until, reason="quota")

    world.servers["b"].changed_rows = exhausted
    assert world.sync().exit_code == 1
    world.servers["b"].changed_rows = read
    world.restart()
    world.edit("a", title="Changed")
    world.calls.reset()
    world.sync(*[scope for scope in world.scopes() if scope.system == "a"])
    world.sync(*[scope for scope in world.scopes() if scope.key == "B2"])
    assert "b" not in world.calls.by_system()
    world.clock.sleep(1800)
    world.rest()
    assert world.row("b")["title"] == "Changed"


def test_a_container_that_cannot_be_read_stops_no_other_of_its_system(make_world):
    world = make_world(containers={"a": ("A",), "b": ("B", "B2")})
    world.create("a", title="Login fails")
    world.rest()
    kept = world.servers["b"].containers.pop("B2")
    world.clock.sleep(3700)
    world.edit("a", title="Changed")
    world.edit("b", by="ben", priority="3")
    assert world.sync().exit_code == 1
    assert (world.row("b")["title"], world.row("a")["priority"]) == ("Changed", "3")
    world.servers["b"].containers["B2"] = kept
    world.rest()


# -- calls ------------------------------------------------------------------------------------------------------------------------


def loaded(make_world, count, **systems):
    world = make_world(systems or None, rules=None, policy=Policy(limits=Limits(max_creates=1000, max_updates=1000)))
    for number in range(count):
        world.create("a", title=f"Number {number}")
    return world


def test_the_first_pull_costs_a_call_per_page(make_world):
    world = loaded(make_world, 250)
    world.engine.pull(world.hear)
    calls = world.calls.by_name("a")
    assert calls.pop("list") == ceil(250 / 100)
    assert calls == {"container": 1, "mark": 1, "list comments": 1}


def test_a_quiet_poll_costs_one_call_per_scope(make_world):
    world = loaded(make_world, 120)
    world.rest()
    world.calls.reset()
    world.sync()
    assert world.calls.by_system() == {"a": 1, "b": 1}


def test_updates_cost_their_writes_and_two_batched_reads_per_hundred(make_world):
    world = loaded(make_world, 140)  # an edit of every single record would be taken for an accident
    world.rest()
    for number in range(1, 121):
        world.edit("a", str(number), title=f"Changed {number}")
    world.calls.reset()
    world.sync()
    assert world.calls.by_name("b") == {"list": 1, "update": 120, "read": 2 * ceil(120 / 100)}
    world.calls.reset()
    world.sync()
    assert world.calls.by_name("b") == {"list": 2}  # our own changes come back, and are nobody's


def test_creates_cost_their_writes_and_one_batched_read_per_fifty(make_world):
    world = loaded(make_world, 120)
    world.sync()
    calls = world.calls.by_name("b")
    assert (calls["create"], calls["read"]) == (120, ceil(120 / 50))
