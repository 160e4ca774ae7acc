"""What a run's writes come to, and whose write stands on a surface after others came."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from pmsync.engine.written import Standing, Written, standing
from pmsync.model.values import EMPTY, Known
from pmsync.store.journal import JournalRow


def ops(*writes):
    """Later writes as (run, the run it took back) in their order."""
    rows = {f"op{n}": SimpleNamespace(run=run, op=SimpleNamespace(undoes=undoes)) for n, (run, undoes) in enumerate(writes)}
    return [JournalRow(run, "write", "item", op=f"op{n}") for n, (run, _) in enumerate(writes)], rows


@pytest.mark.parametrize(
    ("later", "found"),
    [
        ([], Standing("r1")),
        ([("r2", "")], Standing("r2")),
        ([("u1", "r1")], Standing("", "u1")),
        ([("r2", ""), ("u2", "r2")], Standing("r1")),
        ([("r2", ""), ("u2", "r2"), ("u1", "r1")], Standing("", "u1")),
        ([("u1", "r1"), ("u2", "u1")], Standing("u2")),
        ([("r2", ""), ("u1", "r1")], Standing("u1")),
    ],
)
def test_whose_write_stands(later, found):
    assert standing("r1", *ops(*later)) == found


def write(before, after, seq):
    wrap = [Known(frozenset(part)) if isinstance(part, set) else Known(part) if part else EMPTY for part in (before, after)]
    return JournalRow(
        "r", "write", "item", "labels" if isinstance(before, set) else "title", before=wrap[0], after=wrap[1], seq=seq
    )


def test_writes_that_follow_upon_each_other_go_back_to_the_first():
    place = Written("title", "title")
    place.then(write("A", "B", 1))
    place.then(write("B", "C", 2))
    assert (place.before, place.after, place.seq) == (Known("A"), Known("C"), 2)


def test_a_write_upon_somebody_elses_value_goes_back_to_that():
    place = Written("title", "title")
    place.then(write("A", "B", 1))
    place.then(write("Theirs", "C", 2))
    assert (place.before, place.after) == (Known("Theirs"), Known("C"))


def test_a_set_remembers_what_was_added_and_removed_whatever_else_came():
    place = Written("labels", "labels")
    place.then(write({"a", "b"}, {"a", "c"}, 1))
    place.then(write({"a", "c", "theirs"}, {"a", "theirs", "d"}, 2))
    assert (place.added, place.removed) == ({"d": "d"}, {"b": "b"})
