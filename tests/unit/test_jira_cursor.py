"""The cursor: it never passes what was not delivered, stays small, and comes from the server's time alone."""

from __future__ import annotations

from pmsync_jira import cursor
from pmsync_jira.cursor import Cursor, Tracker, Walk

OVERLAP = 600_000
T = 1_767_225_600_000


def walked(start, rows, at):
    """The cursor behind a walk of one page that listed ``rows`` (id, updated) at server time ``at`` (ms)."""
    tracker = Tracker(start, OVERLAP)
    tracker.began(at / 1000)
    new = [row for row in rows if tracker.is_new(*row)]
    tracker.delivered(new)
    for _, updated in rows:
        tracker.listed(updated)
    tracker.turned(None)
    return tracker.finished(), new


def test_cursor_stays_an_overlap_behind_the_newest_change():
    """Trap 2: what the index still withholds is listed next time."""
    found, _ = walked(Cursor(), [("1", T)], at=T + 60_000)
    assert found.since == T - OVERLAP


def test_record_from_the_future_does_not_poison_the_cursor():
    """C7: dated 2099."""
    found, _ = walked(Cursor(), [("1", T), ("2", 4_070_908_800_000)], at=T + 60_000)
    assert found.since == T + 60_000 - OVERLAP


def test_quiet_project_is_not_read_from_its_last_change_for_ever():
    found, _ = walked(Cursor(), [("1", T)], at=T + 10 * 3_600_000)
    assert found.since == T + 9 * 3_600_000
    assert found.seen == {}


def test_nothing_is_delivered_twice_within_the_overlap():
    first, _ = walked(Cursor(), [("1", T), ("2", T + 5)], at=T + 10)
    _, again = walked(first, [("1", T), ("2", T + 5), ("3", T + 6)], at=T + 20)
    assert again == [("3", T + 6)]


def test_newer_state_of_a_delivered_record_is_delivered():
    first, _ = walked(Cursor(), [("1", T)], at=T + 10)
    _, again = walked(first, [("1", T + 5)], at=T + 20)
    assert again == [("1", T + 5)]


def test_cursor_never_goes_back():
    first, _ = walked(Cursor(), [("1", T)], at=T + 10 * 3_600_000)
    second, _ = walked(first, [], at=T)
    assert second.since == first.since


def test_without_server_time_the_newest_change_decides():
    tracker = Tracker(Cursor(), OVERLAP)
    tracker.listed(T)
    assert tracker.finished().since == T - OVERLAP


def test_after_a_mass_change_most_polls_look_beyond_it_and_every_fifth_at_all_of_it():
    rows = [(str(number), T + number) for number in range(150)]
    found, _ = walked(Cursor(), rows, at=T + 200)
    shallow = []
    for step in range(1, 7):
        shallow.append(Tracker(found, OVERLAP).walk.shallow)
        found, _ = walked(found, [] if shallow[-1] else rows, at=T + 200 + step)
    assert shallow == [True, True, True, True, False, True]


def test_shallow_poll_does_not_move_the_whole_walk():
    """What is indexed late is found by the next whole walk."""
    rows = [(str(number), T + number) for number in range(150)]
    found, _ = walked(Cursor(), rows, at=T + 200)
    later, _ = walked(found, [("x", T + 900_000)], at=T + 900_001)
    assert later.since == found.since
    assert later.seen.keys() >= {"0", "x"}


def test_memory_of_a_walk_stays_bounded():
    tracker = Tracker(Cursor(), OVERLAP)
    tracker.began(T / 1000)
    tracker.delivered((str(number), T) for number in range(20_000))
    tracker.listed(T)
    assert len(tracker.midway().seen) == cursor.REMEMBERED


def test_walk_is_taken_up_once_at_one_place():
    tracker = Tracker(Cursor(since=T, walk=Walk(floor=T, token="t", reached=T + 5)), OVERLAP)
    assert tracker.take_up()
    assert (tracker.walk.floor, tracker.walk.token) == (T + 5, None)
    assert not tracker.take_up()
    tracker.listed(T + 6)
    assert tracker.take_up()


def test_cursor_survives_its_text():
    whole = Cursor(since=T, beyond=T, newest=T, shallow=2, seen={"1": T}, walk=Walk(floor=T, start=T, token="t", reached=T))
    assert cursor.parse(cursor.dump(whole)) == whole


def test_text_that_is_no_cursor_starts_from_the_beginning():
    for text in (None, "", "garbage", '{"v": 99, "since": 5}', "[]"):
        assert cursor.parse(text) == Cursor()
