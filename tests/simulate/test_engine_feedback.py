"""What customers say: tickets are feedback about work, and show where that stands."""

from __future__ import annotations

import pytest

from pmsync.engine.feedback import standing
from pmsync.model.enums import Audience, Kind, Status

DESK = {"a": "listed", "b": "listed", "desk": "planned"}


@pytest.fixture
def world(make_world):
    world = make_world(DESK, containers={"a": ("APP",), "b": ("BUG",)})
    world.rules = tuple(rule for rule in world.mirror_all() if "desk" not in (rule.from_system, rule.to.system))
    world.restart()
    return world


def ticket(world, *about, title="The customer cannot log in"):
    """A customer's ticket that names some keys or addresses; returns its id."""
    values = {"title": title, "about": frozenset(about)}
    return world.servers["desk"].person_creates("DESK", values, "cora", Kind.FEEDBACK)


def shown(world, id_):
    return world.row("desk", id_).get("roadmap")


def test_a_ticket_shows_where_the_issue_stands_that_it_names(world):
    """Requests 10 and 11: the desk sees what became of it without asking."""
    world.create("a", title="Login fails", status="doing")
    told = ticket(world, "APP-1")
    world.rest()
    assert shown(world, told) == "in_progress"
    world.edit("b", by="ben", status="done")
    world.rest()
    assert shown(world, told) == "done"


def test_a_ticket_is_never_the_same_thing_as_an_issue(world):
    """Not even under one title: what a customer says is no replica of the work, and its own state closes nothing."""
    world.create("a", title="Login fails")
    ticket(world, title="Login fails")
    world.rest()
    assert sorted(item.kind for item in world.items()) == [Kind.FEEDBACK, Kind.TASK]


def test_a_ticket_is_copied_nowhere(world):
    ticket(world)
    world.rest()
    assert world.rows("a") == world.rows("b") == []


def test_many_tickets_are_about_one_issue(world):
    world.create("a", title="Login fails", status="doing")
    told = [ticket(world, "APP-1", title=f"No login, says customer {number}") for number in range(3)]
    world.rest()
    assert [shown(world, one) for one in told] == ["in_progress"] * 3


def test_a_ticket_that_names_either_side_is_about_the_same_item(world):
    world.create("a", title="Login fails", status="doing")
    world.rest()
    told = ticket(world, "BUG-1")
    world.rest()
    [item] = [one for one in world.items() if one.kind is Kind.FEEDBACK]
    [work] = [one for one in world.items() if one.kind is Kind.TASK]
    assert item.fields["about"].value.value == frozenset({work.uid})
    assert shown(world, told) == "in_progress"


def test_an_issue_that_is_filed_after_the_ticket_is_found_then(world):
    told = ticket(world, "APP-1")
    world.rest()
    assert shown(world, told) is None
    world.create("a", title="Login fails", status="review")
    world.rest()
    assert shown(world, told) == "in_review"


def test_a_ticket_that_no_longer_names_the_issue_no_longer_shows_it(world):
    world.create("a", title="Login fails", status="doing")
    told = ticket(world, "APP-1")
    world.rest()
    world.edit("desk", told, by="cora", about=frozenset())
    world.rest()
    assert shown(world, told) is None


def test_a_public_desk_shows_nothing_of_internal_work(world):
    """The title would stand in the reason, and the state beside the ticket."""
    world.servers["desk"].containers["DESK"] = Audience.PUBLIC
    world.create("a", title="Login fails", status="doing")
    told = ticket(world, "APP-1")
    world.rest()
    assert shown(world, told) is None


def test_at_rest_nothing_more_is_written(world):
    world.create("a", title="Login fails", status="doing")
    ticket(world, "APP-1")
    world.rest()
    before = world.writes
    world.sync()
    assert world.writes == before


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ([], None),
        ([Status.RELEASED, Status.IN_PROGRESS], Status.IN_PROGRESS),
        ([Status.RELEASED, Status.DECLINED], Status.RELEASED),
        ([Status.DECLINED, Status.DECLINED], Status.DECLINED),
        ([Status.DONE, Status.RELEASED], Status.DONE),
    ],
)
def test_a_wish_stands_where_the_last_of_its_parts_stands(statuses, expected):
    assert standing(statuses) is expected


def test_a_message_that_names_the_issue_is_enough(world):
    """Request 12: customers do not write keys into subjects; whoever answers them does, into the ticket."""
    world.create("a", title="Login fails", status="doing")
    told = ticket(world)
    world.rest()
    assert shown(world, told) is None
    world.servers["desk"].person_comments(told, "We know of this, it is APP-1.", "ana")
    world.edit("desk", told, by="ana", title="The customer cannot log in at all")  # as a message moves its ticket elsewhere
    world.rest()
    assert shown(world, told) == "in_progress"


def test_what_a_message_names_is_shown_in_the_first_plan(world):
    """The ticket is settled behind the work, and once: nothing is left for a second pass."""
    world.create("a", title="Login fails", status="doing")
    told = ticket(world)
    world.servers["desk"].person_comments(told, "It is APP-1 again", "cora")
    report = world.sync()
    assert (shown(world, told), report.tally.of("confirmed")) == ("in_progress", 2)
