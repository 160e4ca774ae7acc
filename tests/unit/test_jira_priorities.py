"""The priority lens: well-known names, places in the scheme, and None that is not medium."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pmsync.model.enums import Priority
from pmsync.model.values import EMPTY, Known
from pmsync.reconcile.laws import check_enum
from pmsync_jira import wire
from pmsync_jira.priorities import vocabulary

HUB = [priority.value for priority in Priority]


def read(names, maps=None):
    """Name to what it means, hub priority to the name that is written, and the vocabulary."""
    scheme = [wire.Priority(str(number), name) for number, name in enumerate(names, 1)]
    found = vocabulary(scheme, maps or {}, "jira")
    reads = {found.display[token]: hub for token, hub in found.lens.reads.items()}
    writes = {hub: found.display[token] for hub, token in found.lens.writes.items()}
    return reads, writes, found


def test_jiras_own_scheme_is_one_to_one():
    names = ["Highest", "High", "Medium", "Low", "Lowest"]
    reads, writes, _ = read(names)
    assert list(reads.values()) == HUB
    assert list(writes.values()) == names


def test_jiras_scheme_of_old_is_one_to_one():
    reads, writes, _ = read(["Blocker", "Critical", "Major", "Minor", "Trivial"])
    assert list(reads.values()) == HUB
    assert writes["high"] == "Critical"


def test_titaniums_none_is_empty_and_never_medium():
    """A measured scheme: None and null both mean that nobody has decided (request 29)."""
    reads, writes, found = read(["Critical", "High", "Medium", "None", "Low", "Trivial"])
    assert reads == {"Critical": "critical", "High": "high", "Medium": "medium", "Low": "low", "Trivial": "minor"}
    assert found.lens.ingest(Known("4"), Known("medium")) == EMPTY
    assert found.lens.consistent(Known("4"), EMPTY)
    assert found.lens.consistent(EMPTY, EMPTY)
    assert writes["medium"] == "Medium"


def test_empty_is_written_as_the_undecided_priority_where_there_is_one():
    _, _, found = read(["High", "Low", "Unprioritized"])
    assert found.lens.put(EMPTY, Known("1")) == Known("3")
    _, _, without = read(["High", "Low"])
    assert without.lens.put(EMPTY, Known("1")) == EMPTY


def test_numbers_start_where_the_scheme_starts():
    assert list(read(["P0", "P1", "P2", "P3", "P4"])[0].values()) == HUB
    assert list(read(["P1 - now", "P2", "P3", "P4", "P5"])[0].values()) == HUB


def test_unknown_names_are_placed_between_known_ones():
    reads, _, _ = read(["Highest", "Dringlich", "Medium", "Egal", "Lowest"])
    assert reads == {"Highest": "critical", "Dringlich": "high", "Medium": "medium", "Egal": "low", "Lowest": "minor"}


def test_localised_scheme_is_placed_by_rank():
    """Trap 12."""
    assert list(read(["H\u00f6chste", "Hoch", "Mittel", "Niedrig", "Niedrigste"])[0].values()) == HUB


def test_missing_levels_are_written_as_the_nearest_and_told():
    _, writes, found = read(["High", "Low"])
    assert writes == {"critical": "High", "high": "High", "medium": "High", "low": "Low", "minor": "Low"}
    assert {taken.hub for taken in found.defaults if "nearest" in taken.why} == {"critical", "medium", "minor"}


def test_names_out_of_order_keep_their_meaning_and_strangers_stay_unmapped():
    """Where the scheme's order contradicts its names, places in it mean nothing."""
    reads, _, _ = read(["Low", "Seltsam", "High"])
    assert reads == {"Low": "low", "High": "high"}


def test_config_goes_first_and_can_say_unset():
    reads, writes, found = read(["High", "Normal", "Someday"], {"someday": "unset", "Normal": "low"})
    assert reads == {"High": "high", "Normal": "low"}
    assert found.lens.empties == {"3"}
    assert writes["low"] == "Normal"


def test_project_without_priorities_refuses_them():
    _, _, found = read([])
    assert set(found.lens.refused) == set(HUB)


WORDS = [
    "Highest",
    "High",
    "Medium",
    "Low",
    "Lowest",
    "Blocker",
    "Critical",
    "Major",
    "Minor",
    "Trivial",
    "P0",
    "P2",
    "None",
    "X",
    "Y",
    "Z",
]


@given(
    st.lists(st.sampled_from(WORDS), max_size=8, unique=True),
    st.dictionaries(st.sampled_from(WORDS), st.sampled_from(HUB), max_size=2),
)
def test_lens_keeps_the_laws_for_every_scheme(names, maps):
    _, _, found = read(names, maps)
    assert check_enum(found.lens, HUB) == []


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=8, unique=True))
def test_writes_are_monotone_in_meaning(names):
    """A higher hub priority is never written as one that means less."""
    _, _, found = read(names)
    meant = [Priority(found.lens.reads[token]).rank for hub in HUB if (token := found.lens.writes.get(hub))]
    assert meant == sorted(meant)


@given(st.lists(st.sampled_from(["A", "B", "C", "D", "E", "F", "G", "H", "I"]), min_size=1, max_size=9, unique=True))
def test_placed_by_rank_is_monotone_in_the_scheme(names):
    reads, _, _ = read(names)
    ranks = [Priority(reads[name]).rank for name in names]
    assert ranks == sorted(ranks)
