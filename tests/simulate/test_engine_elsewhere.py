"""Where else an item shows, and what it waits for that has no record of its own there: a derived field, for systems that link to others."""

from __future__ import annotations

import pytest

from pmsync.connect.pointers import Pointer, not_in
from pmsync.engine.setup import Policy
from pmsync.model.enums import Direction
from pmsync.model.record import RecordRef
from pmsync.model.values import members
from pmsync.reconcile.rails import Limits

LINKING = Policy({("elsewhere", "a"): Direction.PUSH}, limits=Limits(close="allow"))


@pytest.fixture
def pair(make_world):
    world = make_world({"a": "planned", "b": "planned"}, policy=LINKING)
    world.rules = tuple(rule for rule in world.mirror_all() if rule.from_system == "a")
    world.restart()
    return world


def pointers(world, title):
    [item] = [one for one in world.items() if one.fields["title"].value.value == title]
    held = item.fields.get("elsewhere")
    return sorted((one.kind, one.ref.system) for one in map(Pointer.parse, members(held.value))) if held else []


def test_an_item_of_two_systems_points_at_both_its_records(pair):
    """Each system leaves out its own."""
    pair.create("a", title="Login")
    pair.rest()
    assert pointers(pair, "Login") == [("is", "a"), ("is", "b")]


def test_an_item_of_one_system_points_nowhere(pair):
    pair.create("b", title="Login")
    pair.rest()
    assert pointers(pair, "Login") == []


def test_what_is_missing_in_one_of_its_systems_is_pointed_at(pair):
    """C44, across systems: it waits for an issue that has no counterpart where it shows itself."""
    pair.create("a", title="Login")
    pair.rest()
    blocker = pair.create("b", title="Certificates")
    [mirror] = [row.id for row in pair.servers["b"].rows.values() if row.values["title"] == "Login"]
    pair.servers["b"].person_edits(mirror, {"blocked_by": frozenset({blocker})}, "ben")
    pair.rest()
    assert ("waits-for", "b") in pointers(pair, "Login")


def test_nothing_is_derived_where_nobody_shows_it(make_world):
    world = make_world({"a": "planned", "b": "planned"})
    world.create("a", title="Login")
    world.rest()
    assert all("elsewhere" not in item.fields for item in world.items())


def test_a_pointer_comes_back_as_it_was():
    one = Pointer("is", RecordRef("github", "I_kw#1"), "acme/api#1 or so", "https://github.example/acme/api/issues/1")
    assert Pointer.parse(str(one)) == one
    assert one.name == "pmsync:is:github#I_kw#1"
    assert not_in("github")(str(one))
    assert not not_in("git")(str(one))


@pytest.mark.parametrize("text", ["", "is", "is github#1 url", "looks-like github#1 url key", "is github url key"])
def test_what_is_no_pointer_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        Pointer.parse(text)
