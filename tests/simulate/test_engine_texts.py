"""Bodies that flow both ways (``body: {all: both}``): edits of different paragraphs are merged, and an untouched text is never rewritten."""

from __future__ import annotations

import pytest

from pmsync.engine.setup import Policy
from pmsync.model.enums import Direction
from pmsync.reconcile.rails import Limits

BODY = "It says 500.\n\nSince Monday.\n\n* on Linux\n* on macOS"


@pytest.fixture
def make(make_world):
    """One record with a body that shows in two trackers, at rest."""

    def make(owner=""):
        owners = {"body": owner} if owner else {}
        world = make_world(policy=Policy(limits=Limits(close="allow"), defaults={"body": Direction.BOTH}, owners=owners))
        world.create("a", title="Login fails", body=BODY)
        world.rest()
        return world

    return make


def bodies(world):
    return {world.row(name)["body"].rstrip("\n") for name in "ab"}


def test_two_people_who_edit_different_paragraphs_both_keep_theirs(make):
    """C24: nobody's paragraph is lost because another one was edited elsewhere."""
    world = make()
    world.edit("a", body=BODY.replace("500", "502"))
    world.edit("b", by="ben", body=BODY.replace("Monday", "Sunday"))
    world.rest()
    assert bodies(world) == {BODY.replace("500", "502").replace("Monday", "Sunday")}
    assert not world.conflicts()


def test_the_same_paragraph_edited_twice_is_a_conflict_that_holds_both(make):
    world = make()
    world.edit("a", body=BODY.replace("500", "502"))
    world.edit("b", by="ben", body=BODY.replace("500", "503"))
    world.rest()
    [conflict] = world.conflicts()
    assert len(conflict.dispute.candidates) == 2
    assert len(bodies(world)) == 2


def test_the_owner_decides_over_the_paragraph_alone(make):
    """What the other side wrote elsewhere in the text stays, and what gave way is in the journal."""
    world = make(owner="a")
    world.edit("a", body=BODY.replace("500", "502"))
    world.edit("b", by="ben", body=BODY.replace("500", "503").replace("Monday", "Sunday"))
    world.rest()
    assert bodies(world) == {BODY.replace("500", "502").replace("Monday", "Sunday")}
    assert "503" in world.journal("overruled")[0].before.value


def test_an_untouched_text_is_never_rewritten(make):
    """C25: an edit of the title sends the title."""
    world = make()
    before = world.row("b")["body"]
    world.edit("a", title="Login fails at night")
    world.rest()
    assert world.row("b")["body"] == before


def test_an_emptied_text_is_emptied_on_the_other_side(make):
    world = make()
    world.edit("a", body=None)
    world.rest()
    assert "body" not in world.row("b")
