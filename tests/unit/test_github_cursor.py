"""The cursor of a GitHub stream: never past what was delivered, never back, small."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmsync.net.conditional import Tag
from pmsync_github.cursor import KEPT, LEAST_OVERLAP, OVERLAP, ROOM, Delivered, Position, digest

NOW = 1_767_225_600.0


def delivered(*seconds_ago):
    return {f"I_{index}": Delivered(NOW - ago, "x") for index, ago in enumerate(seconds_ago)}


def test_beginning_has_no_moment():
    assert Position.parse(None) == Position()
    assert Position.parse("") == Position()


@given(st.text())
def test_any_text_is_read_without_an_error(text):
    assert isinstance(Position.parse(text), Position)


def test_cursor_is_read_back():
    position = Position().advance(NOW, delivered(3, 90))
    assert Position.parse(position.text()) == position


def test_moment_lies_the_overlap_before_the_look():
    assert Position().advance(NOW, {}).since == NOW - OVERLAP


def test_moment_stays_while_nothing_is_new_and_the_tag_is_read_back():
    position = Position().advance(NOW, delivered(3))
    still = position.stay(Tag('W/"v1"', "me"))
    assert (still.since, still.seen) == (position.since, position.seen)
    assert Position.parse(still.text()) == still


def test_tag_does_not_outlive_the_listing_it_came_with():
    assert Position().stay(Tag('W/"v1"', "me")).advance(NOW, delivered(3)).tag is None


@pytest.mark.parametrize("tag", ["1", '"v1"', "[]", '["v1"]', '["v1", 2]', "{}", "null"])
def test_cursor_with_a_tag_of_another_shape_keeps_the_moment(tag):
    assert Position.parse(f'{{"since": 5, "seen": {{}}, "tag": {tag}}}') == Position(5.0)


def test_what_was_delivered_within_the_overlap_is_known_and_the_rest_forgotten():
    position = Position().advance(NOW, delivered(3, OVERLAP + 1))
    assert set(position.seen) == {"I_0"}
    assert position.knows("I_0", Delivered(NOW - 3, "x"))
    assert not position.knows("I_0", Delivered(NOW - 3, "changed within the same second"))


def test_moment_never_goes_back():
    position = Position().advance(NOW, {})
    assert position.advance(NOW - 3600, {}).since == position.since


def test_dense_load_shortens_the_overlap_to_what_one_page_holds():
    position = Position().advance(NOW, delivered(*range(OVERLAP.__int__())))
    assert len(position.seen) == ROOM
    assert NOW - OVERLAP < position.since <= NOW - LEAST_OVERLAP


def test_denser_load_keeps_the_least_overlap():
    position = Position().advance(NOW, delivered(*([1] * 300)))
    assert position.since == NOW - LEAST_OVERLAP


def test_cursor_stays_small_and_forgets_the_oldest():
    position = Position().advance(NOW, delivered(*(index / 100 for index in range(2000))))
    assert len(position.seen) == KEPT
    assert "I_0" in position.seen


def test_digest_tells_contents_apart_and_takes_any_text():
    assert digest("a", "b") != digest("ab", "")
    assert digest("\ud800") == digest("\ud800")
