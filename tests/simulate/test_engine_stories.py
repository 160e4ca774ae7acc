"""Every small story: two trackers, one item, two fields, a few events, at most one mishap, at every place where it can happen.

``python -m pmsync.testing.enumerate stories`` tells the longer ones; here are the short ones, and what the oracle would say of bad ones.
"""

from __future__ import annotations

import pytest

from pmsync.engine import apply
from pmsync.testing.enumerate.oracle import Rest, judge
from pmsync.testing.enumerate.values import Act
from pmsync.testing.enumerate.walk import Bounds, Course
from pmsync.testing.stage import Seen

COURSES = (
    Course("listed+history", True, Bounds(3, inside=True, fields=("title",))),
    Course("listed-rich", True, Bounds(2, 1, inside=True)),
    Course("listed", True, Bounds(2, 1)),
    Course("listed", False, Bounds(1, 1)),
    Course("listed+history", False, Bounds(2, inside=True)),
)


@pytest.mark.parametrize("course", COURSES, ids=str)
def test_every_small_story_ends_well(course, record_property):
    """C10, C11, C16, C48: no edit lost, no record doubled or made again, agreement, rest, and no conflict without need."""
    tally = course.walk()
    record_property("stories", tally.stories)
    assert [f"{' | '.join(one.story)} => {'; '.join(one.problems)}" for one in tally.findings] == []
    assert tally.stories >= len(tally.worlds) > 20


def test_the_stories_of_one_event_are_counted_by_hand():
    """Of a record that shows on both sides: nothing; two edits of two fields, a delete and a move on each side; two rounds."""
    tally = Course("listed", True, Bounds(1)).walk()
    assert tally.stories == 1 + 2 * (2 + 1 + 1) + 2


def test_writing_without_looking_is_noticed(monkeypatch):
    """A planted fault: the target is not compared with what the plan saw, and nobody tells what was written over."""
    monkeypatch.setattr(apply, "stale", lambda op, record, surfaces: None)
    tally = Course("listed", True, Bounds(3, inside=True, fields=("title",))).walk()
    assert any(problem.startswith("lost") for one in tally.findings for problem in one.problems)


# -- the oracle, on logs made by hand ----------------------------------------------------------------------------------------------


def log(*lines: str) -> tuple[Act, ...]:
    """``ana a title x y``: somebody on side a changes the title from x to y. The robot's acts begin with ``robot``."""
    found = []
    for who, verb, *rest in map(str.split, lines):
        side, name, before, after = [*rest, "", "", "", ""][:4]
        found.append(Act(who, verb, side, "" if verb in ("read", "round") else "1", name, before, after))
    return tuple(found)


def said(acts: tuple[Act, ...], shown: dict[str, str], disputes: dict[str, frozenset[str]] | None = None) -> list[str]:
    """The kinds of problems; ``shown`` is the title on each side, for a record in its first container."""
    seen = {side: {"1": Seen(side, f"{side}-1", False, None, {"title": title})} for side, title in shown.items()}
    managed = {side: frozenset({side}) for side in "ab"}
    rest = Rest(acts, {"a": {}, "b": {}} | seen, disputes or {}, ("title",), managed, frozenset(), frozenset())
    return sorted({problem.partition(":")[0] for problem in judge(rest)})


BEGUN = (
    "person create a",
    "person edit a title - o",
    "robot create b",
    "robot edit b title - o",
    "robot read a",
    "robot round",
)
CASES = {
    "an edit that shows is kept": (
        ["person edit a title o x", "robot read a", "robot edit b title o x"],
        {"a": "x", "b": "x"},
        {},
        [],
    ),
    "an edit that is overwritten is lost": (
        ["person edit a title o x", "robot read a", "robot edit a title x o"],
        {"a": "o", "b": "o"},
        {},
        ["lost"],
    ),
    "an edit that somebody replaced who saw it is no loss": (
        [
            "person edit a title o x",
            "robot read a",
            "robot edit b title o x",
            "person edit b title x y",
            "robot edit a title x y",
        ],
        {"a": "y", "b": "y"},
        {},
        [],
    ),
    "an edit replaced by somebody who did not see it is lost": (
        ["person edit a title o x", "person edit b title o y", "robot read a", "robot edit a title x y"],
        {"a": "y", "b": "y"},
        {},
        ["lost"],
    ),
    "an edit in a conflict is kept": (
        ["person edit a title o x", "person edit b title o y"],
        {"a": "x", "b": "y"},
        {"title": frozenset("xy")},
        [],
    ),
    "an edit that undoes what nobody had read is none": (
        [
            "person edit a title o x",
            "person edit a title x o",
            "person edit b title o y",
            "robot read a",
            "robot edit a title o y",
        ],
        {"a": "y", "b": "y"},
        {},
        [],
    ),
    "an edit that undoes what had been read counts": (
        [
            "person edit a title o x",
            "robot read a",
            "person edit a title x o",
            "robot edit b title o x",
            "robot edit a title o x",
        ],
        {"a": "x", "b": "x"},
        {},
        ["lost"],
    ),
    "what differs without a conflict is apart": (["person edit a title o x"], {"a": "x", "b": "o"}, {}, ["apart"]),
    "a conflict of one who knew is needless": (
        ["person edit a title o x", "robot read a", "robot edit b title o x", "person edit b title x y"],
        {"a": "x", "b": "y"},
        {"title": frozenset("xy")},
        ["needless"],
    ),
    "a conflict after both agreed in peace is needless": (
        ["person edit a title o x", "person edit b title o x", "robot round", "robot round", "person edit b title x y"],
        {"a": "x", "b": "y"},
        {"title": frozenset("xy")},
        ["needless"],
    ),
    "a conflict over what both sides show is needless": (
        ["person edit a title o x", "person edit b title o y", "person edit b title y x"],
        {"a": "x", "b": "x"},
        {"title": frozenset("xy")},
        ["needless"],
    ),
    "a conflict keeps what was written over": (
        ["person edit a title o x", "person edit b title o y", "robot edit b title y x"],
        {"a": "x", "b": "x"},
        {"title": frozenset("xy")},
        [],
    ),
    "a record is not made again": (
        ["robot read b", "person delete b", "robot create b", "robot edit b title - o"],
        {"a": "o", "b": "o"},
        {},
        ["doubled"],
    ),
    "a record that nobody had read may be made again": (
        ["person delete b", "robot create b", "robot edit b title - o"],
        {"a": "o", "b": "o"},
        {},
        [],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_of_the_oracle(name):
    lines, shown, disputes, problems = CASES[name]
    assert said(log(*BEGUN, *lines), shown, disputes) == problems
