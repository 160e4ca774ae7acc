"""The lens laws, over random lossy tables and over text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmsync.model.enums import Priority
from pmsync.model.values import EMPTY, Known, Settled, known
from pmsync.reconcile.laws import check_enum, check_finite, check_monotone
from pmsync.reconcile.lens import Unmapped, Unrepresentable
from pmsync.reconcile.lenses import EnumLens, LabelsLens, ReferencesLens, TextLens

QUICK = settings(max_examples=150, deadline=None)
WORDS = ("one", "two", "three", "four")
TOKENS = ("A", "B", "C", "D", "E")
PLAIN = EnumLens(reads={"A": "one", "B": "two"}, writes={"one": "A", "two": "B"})


def rank(value: str) -> int:
    return Priority(value).rank


@QUICK
@given(
    st.dictionaries(st.sampled_from(TOKENS), st.sampled_from(WORDS)),
    st.dictionaries(st.sampled_from(WORDS), st.sampled_from(TOKENS)),
    st.booleans(),
)
def test_getput_putget_and_canon_hold_for_every_table(reads: dict[str, str], writes: dict[str, str], blank: bool) -> None:
    lens = EnumLens(reads=reads, writes=writes, empties=frozenset({"none"}), empty_token="none" if blank else None)
    remotes: list[Settled] = [EMPTY, Known("none"), Known("unheard of"), *map(Known, TOKENS)]
    assert check_finite(lens, remotes, [EMPTY, *map(Known, WORDS)]) == []


@QUICK
@given(st.text(), st.text(), st.booleans())
def test_text_obeys_the_laws(remote: str, hub: str, single: bool) -> None:
    assert check_finite(TextLens(single_line=single), [known(remote)], [known(hub), EMPTY]) == []


LABELS = st.frozensets(st.sampled_from(["Bug", "bug", "pm/x y", "PM/X-Y", "priority/high", "tiny ", "straße", "STRASSE"]))


@QUICK
@given(LABELS, LABELS, st.sampled_from(["", "pm/"]), st.booleans(), st.booleans())
def test_labels_obey_the_laws(remote: frozenset[str], hub: frozenset[str], space: str, spaces: bool, leave: bool) -> None:
    lens = LabelsLens(space, (lambda label: label.startswith("priority/")) if leave else None, spaces)
    assert check_finite(lens, [known(remote)], [known(hub), EMPTY]) == []


class TestChecker:
    def test_a_lawful_table_has_no_violation(self) -> None:
        assert check_enum(PLAIN, ["one", "two"]) == []

    def test_a_many_to_one_table_is_lawful(self) -> None:
        lens = EnumLens(reads={"Low": "low"}, writes={"low": "Low", "minor": "Low"})
        assert check_enum(lens, ["low", "minor"]) == []

    def test_a_token_that_cannot_be_read_back_is_named(self) -> None:
        lens = EnumLens(reads={}, writes={"one": "A"})
        [violation] = check_enum(lens, ["one"])
        assert str(violation) == "PutGet: 'one' is written as 'A', which cannot be read back"

    def test_a_token_that_reads_back_outside_its_fibre_is_named(self) -> None:
        lens = EnumLens(reads={"Open": "backlog", "Backlog": "backlog"}, writes={"planned": "Open", "backlog": "Backlog"})
        [violation] = check_enum(lens, ["planned", "backlog"])
        assert violation.words == "'planned' is written as 'Open', which reads back as 'backlog', which is written as 'Backlog'"

    def test_a_value_outside_the_hubs_vocabulary_is_named(self) -> None:
        [violation] = check_enum(EnumLens(reads={"A": "onne"}, writes={}), ["one"])
        assert violation.words == "'A' is read as 'onne', which is none of one"

    def test_crossed_priorities_are_named(self) -> None:
        lens = EnumLens(reads={"1": "low", "2": "high"}, writes={"high": "2", "low": "1"})
        violations = check_monotone(lens, rank, remote_order=["1", "2"])
        assert any("'high' matters more, but '2' matters less" in violation.words for violation in violations)

    def test_crossed_priorities_are_found_without_the_remote_scale(self) -> None:
        lens = EnumLens(reads={"1": "low", "2": "high"}, writes={"high": "1", "low": "2"})
        assert len(check_monotone(lens, rank)) == 1

    def test_a_monotone_map_passes(self) -> None:
        lens = EnumLens(
            reads={"Urgent": "critical", "High": "high", "Low": "low"},
            writes={"critical": "Urgent", "high": "High", "medium": "High", "low": "Low", "minor": "Low"},
        )
        assert check_monotone(lens, rank, remote_order=["Urgent", "High", "Low"]) == []


class TestEnum:
    def test_the_hub_keeps_its_finer_value(self) -> None:
        """C35: a coarse token does not flatten what the hub knows better."""
        lens = EnumLens(reads={"open": "backlog"}, writes={"backlog": "open", "planned": "open"})
        assert lens.ingest(Known("open"), Known("planned")) == Known("planned")
        assert lens.put(Known("planned"), Known("open")) == Known("open")

    def test_c30_an_unmapped_token_says_how_to_map_it(self) -> None:
        lens = EnumLens(reads={}, writes={}, unmapped_hint="write maps.status: {{token}: ...}")
        assert lens.ingest(Known("QA"), EMPTY) == Unmapped("'QA' is not mapped; write maps.status: {QA: ...}")

    def test_c30_an_unmapped_id_is_told_by_its_name(self) -> None:
        lens = EnumLens(reads={}, writes={}, unmapped_hint="map {token}", names={"10001": "QA"})
        assert lens.ingest(Known("10001"), EMPTY) == Unmapped("'QA' is not mapped; map QA")

    def test_c36_a_refused_value_says_why(self) -> None:
        lens = EnumLens(reads={"A": "one"}, writes={"one": "A"}, refused={"two": "no such state", "": "a status is never empty"})
        assert lens.put(Known("two"), Known("A")) == Unrepresentable("no such state")
        assert lens.put(EMPTY, Known("A")) == Unrepresentable("a status is never empty")
        assert lens.put(Known("three"), Known("A")) == Unrepresentable("nothing here stands for 'three'")

    def test_unset_is_not_medium(self) -> None:
        lens = EnumLens(reads={"Medium": "medium"}, writes={"medium": "Medium"}, empties=frozenset({"None"}), empty_token="None")
        assert lens.ingest(Known("None"), Known("medium")) == EMPTY
        assert lens.put(EMPTY, Known("Medium")) == Known("None")
        assert lens.put(EMPTY, EMPTY) == EMPTY

    @pytest.mark.parametrize(
        "parts",
        [
            {"reads": {"A": "one"}, "writes": {}, "empties": frozenset({"A"})},
            {"reads": {}, "writes": {"one": "A"}, "refused": {"one": "no"}},
            {"reads": {}, "writes": {}, "empty_token": "none"},
        ],
    )
    def test_contradictory_tables_are_refused(self, parts: dict[str, object]) -> None:
        with pytest.raises(ValueError, match="'"):
            EnumLens(**parts)


class Book:
    """A directory: ids with a capital letter belong to items, the same in small, of which some have no record here."""

    def __init__(self, absent: frozenset[str]) -> None:
        self._absent = absent

    def item(self, remote_id: str) -> str | None:
        return None if remote_id.startswith("?") or remote_id.lower() in self._absent else remote_id.lower()

    def record(self, item: str) -> str | None:
        return None if item in self._absent else item.upper()

    def rank(self, item: str) -> tuple[bool, str, str]:
        return (item == "b", "", item)

    def title(self, item: str) -> str:
        return item


IDS = ("A", "B", "C", "?1", "?2")
UIDS = ("a", "b", "c")


@QUICK
@given(st.frozensets(st.sampled_from(IDS)), st.frozensets(st.sampled_from(UIDS)), st.frozensets(st.sampled_from(UIDS)))
def test_references_obey_the_laws(remote: frozenset[str], hub: frozenset[str], absent: frozenset[str]) -> None:
    assert check_finite(ReferencesLens(directory=Book(absent)), [known(remote)], [known(hub), EMPTY]) == []


@QUICK
@given(st.sampled_from(["", *IDS]), st.frozensets(st.sampled_from(UIDS)), st.frozensets(st.sampled_from(UIDS)))
def test_a_place_with_room_for_one_obeys_the_laws(remote: str, hub: frozenset[str], absent: frozenset[str]) -> None:
    assert check_finite(ReferencesLens(single=True, directory=Book(absent)), [known(remote)], [known(hub), EMPTY]) == []


@QUICK
@given(st.sampled_from(["", *IDS]), st.sampled_from(["", *UIDS]), st.frozensets(st.sampled_from(UIDS)))
def test_a_parent_obeys_the_laws(remote: str, hub: str, absent: frozenset[str]) -> None:
    lens = ReferencesLens(single=True, scalar=True, directory=Book(absent))
    assert check_finite(lens, [known(remote)], [known(hub), EMPTY]) == []


def test_a_place_with_room_for_one_shows_the_first_that_is_not_shipped() -> None:
    lens = ReferencesLens(single=True, directory=Book(frozenset()))
    assert lens.put(known(frozenset({"b", "c"})), EMPTY) == Known("C")


def test_a_place_with_room_for_one_keeps_what_it_shows_of_several() -> None:
    lens = ReferencesLens(single=True, directory=Book(frozenset()))
    assert lens.put(known(frozenset({"b", "c"})), Known("B")) == Known("B")
