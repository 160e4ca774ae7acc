"""Adoption: what ties a record to an item, and what is only suggested."""

from __future__ import annotations

import pytest

from pmsync.model.enums import Kind
from pmsync.model.record import Record, RecordRef, ScopeRef
from pmsync.model.titles import title_key
from pmsync.model.values import Known, Observed, Unobserved
from pmsync.reconcile.matching import Adopt, How, NoMatch, Peer, Suggest, match, similarity

JIRA, GITHUB = ScopeRef("jira", "PAY"), ScopeRef("github", "acme/api")


def record(title: Observed | str = "Login fails on Safari") -> Record:
    shown = Known(title) if isinstance(title, str) else title
    return Record(RecordRef("github", "n1"), GITHUB, "acme/api#1", "", Kind.BUG, {"title": shown}, "", 0.0, 0.0)


def peer(uid: str, title: str = "something else", *, bound: bool = False, referenced: bool = False) -> Peer:
    return Peer(uid, "pay", title, (JIRA, GITHUB) if bound else (JIRA,), referenced)


def suggested(verdict: object) -> list[str]:
    assert isinstance(verdict, Suggest)
    return [suggestion.item for suggestion in verdict.suggestions]


def test_a_genuine_marker_adopts_at_once() -> None:
    assert match(record(), [peer("a", "Login fails on Safari"), peer("b")], "b") == Adopt("b", How.MARKER)


def test_a_marker_of_an_item_bound_there_is_left_to_a_person() -> None:
    assert suggested(match(record(), [peer("a", bound=True)], "a")) == ["a"]


def test_a_cross_link_to_one_free_item_adopts() -> None:
    assert match(record(), [peer("a", referenced=True), peer("b")], None) == Adopt("a", How.REFERENCE)


def test_cross_links_to_two_items_are_suggestions() -> None:
    assert suggested(match(record(), [peer("b", referenced=True), peer("a", referenced=True)], None)) == ["a", "b"]


def test_a_cross_link_that_two_records_share_is_a_suggestion() -> None:
    assert suggested(match(record(), [peer("a", referenced=True)], None, rival=True)) == ["a"]


def test_c18_a_cross_link_never_rebinds_an_item() -> None:
    assert suggested(match(record(), [peer("a", referenced=True, bound=True)], None)) == ["a"]


def test_c17_a_unique_exact_title_adopts() -> None:
    """C17: people made the same thing in both systems; spelling of case and space does not matter."""
    assert match(record(" login  FAILS on safari"), [peer("a", "Login fails on Safari")], None) == Adopt("a", How.EXACT)


def test_c17_two_of_one_system_are_two_whatever_they_are_called() -> None:
    """An issue that was cloned into another project keeps its title, and is no mirror."""
    verdict = match(record(), [Peer("a", "pay", "Login fails on Safari", (JIRA,), beside=True)], None)
    assert suggested(verdict) == ["a"]


def test_c18_an_exact_title_never_overwrites_an_item_that_is_bound_there() -> None:
    assert match(record(), [peer("a", "Login fails on Safari", bound=True)], None) == NoMatch()


def test_c17_two_items_of_one_title_are_suggestions() -> None:
    peers = [peer("b", "Login fails on Safari"), peer("a", "Login fails on Safari")]
    assert suggested(match(record(), peers, None)) == ["a", "b"]


def test_c17_two_records_of_one_title_are_suggestions() -> None:
    assert suggested(match(record(), [peer("a", "Login fails on Safari")], None, twin=True)) == ["a"]


def test_c17_a_similar_title_is_never_more_than_a_suggestion() -> None:
    verdict = match(record(), [peer("a", "Login fails on Safari 17"), peer("b", "Export to CSV")], None)
    assert isinstance(verdict, Suggest)
    [only] = verdict.suggestions
    assert only.item == "a"
    assert 0.75 <= only.score < 1


def test_the_best_suggestions_come_first_and_are_few() -> None:
    peers = [peer(f"p{i}", "Login fails on Safari" + "!" * (i + 1)) for i in range(9)]
    assert suggested(match(record(), peers, None)) == ["p0", "p1", "p2", "p3", "p4"]


@pytest.mark.parametrize("title", ["", Unobserved("hidden")])
def test_a_record_without_a_title_matches_nothing(title: Observed | str) -> None:
    assert match(record(title), [peer("a", ""), peer("b")], None) == NoMatch()


def test_titles_are_normalised_by_case_width_and_space() -> None:
    assert title_key("  Ｆｉｘ\tTHE  straße ") == title_key("fix the STRASSE")


def test_similarity_is_symmetric_in_words_and_bounded() -> None:
    assert similarity("a b c d", "d c b a") == 1.0
    assert similarity("alpha", "") == 0.0
    assert similarity("payment", "release notes") < 0.75
