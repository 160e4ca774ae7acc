"""The pure parts of the RT connector: settings, words, cursors, references, and the stand-in's query language."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from pmsync.connect.errors import ConfigError
from pmsync.model.enums import Status
from pmsync.model.values import EMPTY, Known
from pmsync.reconcile.laws import check_enum
from pmsync.reconcile.lens import Unmapped, Unrepresentable
from pmsync_rt import RtScope, RtSettings, cursor, plugin
from pmsync_rt.cursor import Anchor, Position, Tracker
from pmsync_rt.emulation.sql import BadQuery, parse
from pmsync_rt.vocabulary import ROADMAP_CHOICES, check_maps, roadmap, statuses
from pmsync_rt.wire import Transaction

WORDS = [str(status) for status in Status]


class TestSettings:
    def test_short_form_is_the_queue(self):
        assert RtScope.model_validate("Support") == RtScope(queue="Support")
        assert plugin.scope_key(RtScope.model_validate("Customer Support")) == "Customer Support"

    def test_address_may_be_that_of_the_api(self):
        """People copy what they find."""
        assert RtSettings(url="https://rt.acme.com/REST/2.0/", token="1-2-x").url == "https://rt.acme.com"

    @pytest.mark.parametrize("url", ["http://rt.acme.com", "rt.acme.com", "https://user@rt.acme.com", "https://rt.acme.com/?x=1"])
    def test_address_that_gives_the_token_away_or_is_none_is_refused(self, url):
        with pytest.raises(ValidationError):
            RtSettings(url=url, token="1-2-x")

    def test_token_with_a_line_break_is_refused_without_being_shown(self):
        with pytest.raises(ValidationError) as caught:
            RtSettings(url="https://rt.acme.com", token="1-2-secret\n")
        assert "secret\n" not in str(caught.value)

    @pytest.mark.parametrize("queue", ["It's", 'a "b"', "a{b}", "a\\b", "a\nb", ""])
    def test_name_that_cannot_be_asked_about_is_refused(self, queue):
        """It would reach beyond its quotes."""
        with pytest.raises(ValidationError):
            RtScope(queue=queue)

    @pytest.mark.parametrize("where", ["Status='new') OR (id>0", "Status='new", "id>0 ORDER BY id", "(id>0"])
    def test_condition_that_reaches_beyond_its_parentheses_is_refused(self, where):
        with pytest.raises(ValidationError):
            RtScope(queue="Support", where=where)

    def test_parenthesis_in_a_quote_is_none(self):
        assert RtScope(queue="Support", where="Subject LIKE ':)'").where == "Subject LIKE ':)'"


class TestWords:
    @pytest.mark.parametrize(
        "lens",
        [
            roadmap(ROADMAP_CHOICES, {}, "desk").lens,
            roadmap(("Soon", "Now", "Later"), {"Soon": "planned"}, "desk").lens,
            roadmap((), {}, "desk").lens,
            statuses({}, "desk").lens,
            statuses({"waiting": "in_review", "new": "backlog"}, "desk").lens,
        ],
        ids=["usual", "own words", "none", "statuses", "own statuses"],
    )
    def test_lenses_keep_the_laws(self, lens):
        assert check_enum(lens, WORDS) == []

    def test_what_is_built_is_not_told_to_be_shipped(self):
        """``done`` is not ``released``."""
        lens = roadmap(ROADMAP_CHOICES, {}, "desk").lens
        assert lens.put(Known("done"), EMPTY) == Known("in progress")
        assert lens.put(Known("released"), EMPTY) == Known("shipped")

    def test_nothing_is_told_to_be_planned_that_is_not(self):
        """A backlog is under review."""
        lens = roadmap(ROADMAP_CHOICES, {}, "desk").lens
        assert lens.put(Known("backlog"), EMPTY) == Known("under review")
        assert isinstance(roadmap(("planned",), {}, "desk").lens.put(Known("backlog"), EMPTY), Unrepresentable)

    def test_unknown_word_names_the_line_that_maps_it(self):
        meaning = roadmap(("someday",), {}, "desk").lens.ingest(Known("someday"), EMPTY)
        assert isinstance(meaning, Unmapped)
        assert 'maps.status.desk: {"someday": planned}' in meaning.reason

    def test_map_onto_nothing_is_refused_with_the_nearest_word(self):
        with pytest.raises(ConfigError) as caught:
            check_maps("desk", {"status": {"open": "in progres"}})
        assert "in_progress" in caught.value.hint


def line(number, second):
    return Transaction(number, created=f"2026-01-01T00:00:{second:02d}Z")


class TestCursor:
    NOW = 1767225600.0 + 59

    def test_cursor_reads_back(self):
        position = Position(7, [9, 11], 12, None, Anchor(5, 1))
        assert cursor.load(cursor.dump(position)) == position

    def test_floor_stays_behind_what_is_young(self):
        """And what was delivered above it is remembered, so that it is not fresh again."""
        tracker = Tracker(Position(0), 30.0)
        lines = [line(1, 0), line(2, 20), line(3, 40), line(5, 50)]
        tracker.delivered(lines, self.NOW, more=False)
        assert tracker.position == Position(2, [3, 5])
        assert [one.id for one in tracker.fresh([line(3, 40), line(4, 41), line(5, 50)])] == [4]

    def test_floor_rises_over_many_pages(self):
        """A long walk through what is old leaves nothing to be remembered."""
        tracker = Tracker(Position(0), 30.0)
        for first in (1, 101, 201):
            tracker.delivered([line(number, 1) for number in range(first, first + 100)], self.NOW, more=first < 201)
        assert tracker.position == Position(300)

    def test_floor_does_not_rise_over_a_gap(self):
        """Once a young line stopped it, the lines of the next page do not lift it."""
        tracker = Tracker(Position(0), 30.0)
        tracker.delivered([line(1, 1), line(2, 50)], self.NOW, more=True)
        tracker.delivered([line(3, 1)], self.NOW, more=False)
        assert tracker.position == Position(1, [2, 3])


class TestQueries:
    ROW = {"id": 7, "Queue": ["Support", "3"], "Status": "new", "CF.{Tags}": ["a", "b"], "Subject": "It's"}  # noqa: RUF012

    @pytest.mark.parametrize(
        ("query", "fits"),
        [
            ("id=7", True),
            ("id > '6' AND Queue='support'", True),
            ("id=1 OR id=2", False),
            ("(id=1 OR id=7) AND Status != 'new'", False),
            ("id=1 OR id=7 AND Status='new'", True),
            ("'CF.{Tags}'='B'", True),
            ("'CF.{Tags}' != 'b'", False),
            ("Subject LIKE 't\\'s'", True),
        ],
    )
    def test_query_is_understood(self, query, fits):
        assert parse(query, self.ROW)(self.ROW.__getitem__) is fits

    @pytest.mark.parametrize("query", ["", "id IN (1,2)", "id=1 AND", "(id=1", "nonsense", "Nope=1", "id=1)"])
    def test_what_is_none_is_refused(self, query):
        with pytest.raises(BadQuery):
            parse(query, self.ROW)
