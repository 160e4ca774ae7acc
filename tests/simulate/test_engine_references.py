"""Releases are items, and items refer to items: versions, milestones, parents and blockers point at the right records in every system."""

from __future__ import annotations

import pytest

from pmsync.engine import reading
from pmsync.engine.directory import bound
from pmsync.engine.naming import Naming
from pmsync.engine.setup import Policy
from pmsync.model.enums import Direction, Kind
from pmsync.reconcile.operation import OpKind
from pmsync.reconcile.plan import lines
from pmsync.reconcile.rails import Limits
from pmsync.reconcile.routing import Create

PAIR = {"a": "planned", "b": "planned"}


@pytest.fixture
def pair(make_world):
    return make_world(PAIR)


def release(world, name, title, home="", **values):
    """Somebody makes a release; returns its id."""
    server = world.servers[name]
    return server.person_creates(home or world.homes[name][0], {"title": title, **values}, kind=Kind.RELEASE)


def titles(world, name, id_, field):
    """The titles of the records that a record refers to."""
    value = world.row(name, id_).get(field)
    ids = [value] if isinstance(value, str) else value or ()
    return sorted(world.row(name, one)["title"] for one in ids)


def named(world, name, title):
    """The id of the one record of that title."""
    [found] = [row.id for row in world.servers[name].rows.values() if row.values.get("title") == title and not row.deleted]
    return found


def test_a_release_is_made_where_work_shows_that_goes_into_it(pair):
    """Request 6: one release, a version here and a milestone there."""
    v1 = release(pair, "a", "1.0", due="2026-03-31")
    pair.create("a", title="Login", release=frozenset({v1}))
    pair.rest()
    assert titles(pair, "b", named(pair, "b", "Login"), "release") == ["1.0"]
    assert pair.row("b", named(pair, "b", "1.0"))["due"] == "2026-03-31"


def test_a_release_that_nothing_goes_into_is_made_nowhere(pair):
    release(pair, "a", "1.0")
    pair.create("a", title="Login")
    pair.rest()
    assert [row["title"] for row in pair.rows("b")] == ["Login"]


def test_a_new_record_refers_to_its_new_release_from_the_start(pair):
    """One write for the release, one for the record that goes into it: nothing is set afterwards."""
    v1 = release(pair, "a", "1.0")
    pair.create("a", title="Login", release=frozenset({v1}))
    pair.rest()
    assert pair.servers["b"].writes == 2


def test_releases_of_one_name_are_one_release(pair):
    """Request 5: they are joined by name, whatever their ids."""
    va, vb = release(pair, "a", "1.0"), release(pair, "b", "1.0")
    pair.create("a", title="Login", release=frozenset({va}))
    pair.rest()
    assert pair.row("b", named(pair, "b", "Login"))["release"] == frozenset({vb})
    assert [item.kind for item in pair.items()].count(Kind.RELEASE) == 1


def test_a_release_and_an_issue_of_one_name_stay_apart(pair):
    release(pair, "a", "Login")
    pair.create("b", title="Login")
    pair.rest()
    assert sorted(item.kind for item in pair.items()) == [Kind.RELEASE, Kind.TASK]


def test_renaming_a_release_touches_no_issue(pair):
    """C26, C27: the issues refer to it by id."""
    v1 = release(pair, "a", "1.0")
    for title in ("Login", "Logout", "Reset"):
        pair.create("a", title=title, release=frozenset({v1}))
    pair.rest()
    before = pair.writes
    pair.edit("a", v1, title="2026.1")
    pair.rest()
    assert pair.writes == before + 1
    assert titles(pair, "b", named(pair, "b", "Reset"), "release") == ["2026.1"]


def test_an_issue_goes_into_a_release_on_either_side(pair):
    v1, v2 = release(pair, "a", "1.0"), release(pair, "a", "2.0")
    pair.create("a", title="Login", release=frozenset({v1}))
    pair.create("a", title="Other", release=frozenset({v2}))
    pair.rest()
    login = named(pair, "b", "Login")
    pair.edit("b", login, release=frozenset({named(pair, "b", "1.0"), named(pair, "b", "2.0")}))
    pair.rest()
    assert titles(pair, "a", named(pair, "a", "Login"), "release") == ["1.0", "2.0"]


def test_a_release_ships_and_is_dated_on_the_other_side(pair):
    v1 = release(pair, "a", "1.0", due="2026-03-31")
    pair.create("a", title="Login", release=frozenset({v1}))
    pair.rest()
    pair.edit("b", named(pair, "b", "1.0"), state="done", shipped="2026-04-02")
    pair.rest()
    assert (pair.row("a", v1)["state"], pair.row("a", v1)["shipped"]) == ("done", "2026-04-02")


def test_a_child_points_at_its_parents_counterpart(pair):
    epic = pair.create("a", title="Epic")
    pair.create("a", title="Story", parent=epic)
    pair.rest()
    assert titles(pair, "b", named(pair, "b", "Story"), "parent") == ["Epic"]


def test_who_waits_for_whom_is_the_same_on_both_sides(pair):
    first = pair.create("a", title="First")
    pair.create("a", title="Second", blocked_by=frozenset({first}))
    pair.rest()
    assert titles(pair, "b", named(pair, "b", "Second"), "blocked_by") == ["First"]


def test_a_parent_that_shows_up_later_is_taken_up_then(make_world):
    world = make_world(PAIR, containers={"a": ("A", "A2")})
    world.managed["a"] = ["A"]
    world.restart()
    epic = world.create("a", title="Epic", home="A2")
    world.create("a", title="Story", home="A", parent=epic)
    world.rest()
    assert titles(world, "b", named(world, "b", "Story"), "parent") == []
    world.managed["a"] = ["A", "A2"]
    world.restart()
    world.rest()
    assert titles(world, "b", named(world, "b", "Story"), "parent") == ["Epic"]


def test_what_is_not_managed_stays_referred_to(make_world):
    """An edit on the other side takes away only what it knows of."""
    world = make_world(PAIR, containers={"a": ("A", "A2")})
    world.managed["a"] = ["A"]
    world.restart()
    foreign = world.create("a", title="Elsewhere", home="A2")
    first = world.create("a", title="First", home="A")
    second = world.create("a", title="Second", home="A", blocked_by=frozenset({first}))
    world.rest()
    world.edit("a", second, blocked_by=frozenset({first, foreign}))
    world.rest()
    assert world.row("a", second)["blocked_by"] == frozenset({first, foreign})


def test_a_plan_shows_the_release_and_what_goes_into_it(make_world):
    world = make_world(PAIR)
    world.rules = world.mirror_all(Create.REVIEW)
    world.restart()
    v1 = release(world, "a", "1.0")
    world.create("a", title="Login", release=frozenset({v1}))
    plan = world.plan()
    assert [held.op.kind for held in plan.held] == [OpKind.CREATE, OpKind.CREATE]
    world.apply(plan)
    assert titles(world, "b", named(world, "b", "Login"), "release") == ["1.0"]
    assert world.servers["b"].writes == 2


def test_a_field_that_is_only_pulled_makes_no_release(make_world):
    world = make_world(PAIR, policy=Policy(limits=Limits(close="allow"), directions={("release", "b"): Direction.PULL}))
    v1 = release(world, "a", "1.0")
    world.create("a", title="Login", release=frozenset({v1}))
    world.rest()
    assert [row["title"] for row in world.rows("b")] == ["Login"]


def _work_in_releases(make_world):
    """Two issues, one blocked by the other, both in a release, one in a second that the other side has already."""
    world = make_world(PAIR)
    v1, v2 = release(world, "a", "1.0", due="2026-03-31"), release(world, "a", "2.0")
    release(world, "b", "2.0")
    first = world.create("a", title="First", release=frozenset({v1}))
    world.create("a", title="Second", release=frozenset({v1, v2}), blocked_by=frozenset({first}), parent=first)
    return world


def _outcome(world):
    """What a person sees on the other side, references by title."""
    shown = {}
    for row in world.servers["b"].rows.values():
        if not row.deleted:
            title = row.values["title"]
            assert title not in shown, f"{title} is there twice"
            shown[title] = {name: titles(world, "b", row.id, name) for name in ("release", "blocked_by", "parent")}
    return shown


def test_a_crash_at_any_boundary_leaves_every_reference_right_in_the_end(make_world, doom, crash):
    """C12: releases, and what goes into them, are made once each."""
    world = _work_in_releases(make_world)
    world.rest()
    expected, boundaries = _outcome(world), world.doom.passed
    assert expected["Second"] == {"release": ["1.0", "2.0"], "blocked_by": ["First"], "parent": ["First"]}
    for strike in range(1, boundaries + 1):
        world = _work_in_releases(make_world)
        world.doom = doom(strike)
        try:
            world.sync()
        except crash:
            world.restart()
        world.doom = doom()
        world.rest()
        assert _outcome(world) == expected, f"boundary {strike} of {boundaries}"


def test_a_plan_names_releases_by_their_titles(make_world):
    """Nobody reads ids: neither those of a tracker nor those of the hub."""
    world = make_world(PAIR)
    world.rules = world.mirror_all(Create.REVIEW)
    world.restart()
    v1 = release(world, "a", "1.0")
    world.create("a", title="Login", release=frozenset({v1}))
    plan = world.plan()
    scope = plan.held[0].op.scope
    surfaces = {one.id: bound(world.store, scope, one) for one in world.connectors["b"].surfaces(scope)}
    shown = [line.after for held in plan.held for line in lines(held.op, surfaces) if line.field == "release"]
    assert shown == ["+1.0"]


def test_explain_names_what_is_referred_to(pair):
    v1 = release(pair, "a", "1.0")
    pair.create("a", title="Login", release=frozenset({v1}))
    pair.rest()
    [told] = reading.explain(pair.store, "A-2", "release", Naming(pair.setup, pair.store)).fields
    assert told.value == "1.0"
    assert {place.shown for place in told.places} == {"1.0"}


def test_a_plan_larger_than_a_batch_keeps_its_promises(make_world):
    """Every release of an approved plan is made, however far behind it the issue stands that goes into it."""
    world = make_world(PAIR, policy=Policy(limits=Limits(close="allow", max_creates=1000)))
    world.rules = world.mirror_all(Create.REVIEW)
    world.restart()
    for number in range(130):
        world.create("a", title=f"Issue {number}", release=frozenset({release(world, "a", f"1.{number}")}))
    plan = world.plan()
    world.apply(plan)
    assert world.servers["b"].writes == 260
    assert titles(world, "b", named(world, "b", "Issue 129"), "release") == ["1.129"]
