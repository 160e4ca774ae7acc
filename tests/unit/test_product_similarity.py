"""Similar texts: what the index finds, forgets and names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmsync.product.similarity import Index, are_siblings, terms_of

TEXTS = st.lists(st.text(alphabet="abc xyz ", max_size=12), max_size=80)


@pytest.fixture
def index() -> Index:
    made = Index()
    made.add("1", "Login fails with SAML", "The identity provider sends us back to the login page.")
    made.add("2", "Export to CSV is slow", "Ten minutes for a thousand rows.")
    made.add("3", "Dark mode", "My eyes hurt at night.")
    return made


def test_the_nearest_is_the_one_that_shares_rare_words(index: Index) -> None:
    assert index.nearest("SAML login broken")[0].key == "1"


def test_words_meet_in_their_stems(index: Index) -> None:
    assert index.nearest("exporting is slow")[0].key == "2"


def test_what_two_texts_share_is_named(index: Index) -> None:
    assert set(index.nearest("slow csv")[0].terms) == {"slow", "csv"}


def test_a_text_resembles_itself_wholly(index: Index) -> None:
    assert index.nearest("Dark mode", "My eyes hurt at night.")[0].score == pytest.approx(1.0, abs=1e-5)


def test_a_text_without_a_known_word_has_no_neighbour(index: Index) -> None:
    assert index.nearest("zzz") == []


def test_an_empty_index_answers_nothing() -> None:
    assert Index().nearest("anything", "at all") == []


def test_only_accepted_texts_are_found(index: Index) -> None:
    assert index.nearest("login", accept=lambda key: key != "1") == []


def test_a_text_added_again_is_replaced(index: Index) -> None:
    index.add("1", "Something else")
    assert index.nearest("SAML") == []
    assert len(index) == 3


def test_code_weighs_less_than_words() -> None:
    index = Index()
    index.add("log", "Crash", "{code}socket timeout{code}")
    index.add("said", "Crash", "socket timeout")
    for number in range(8):
        index.add(f"other {number}", f"another thing {number}")
    assert index.nearest("socket timeout")[0].key == "said"


def test_texts_without_spaces_between_words_are_found() -> None:
    index = Index()
    for number, title in enumerate(["登录失败", "导出很慢", "夜间模式"]):
        index.add(str(number), title)
    assert index.nearest("无法登录")[0].key == "0"


def test_a_hostile_body_takes_time_by_its_length_alone() -> None:
    index = Index()
    index.add("x", "braces", "{code}" * 50_000 + "```" * 50_000)
    assert index.nearest("braces")[0].key == "x"


@given(TEXTS, st.sets(st.integers(0, 79)))
def test_what_was_discarded_might_never_have_been_there(texts: list[str], gone: set[int]) -> None:
    """An index after additions and removals answers with the same texts as one that never held what was removed."""
    lived, fresh = Index(), Index()
    for number, text in enumerate(texts):
        lived.add(str(number), text)
        if number not in gone:
            fresh.add(str(number), text)
    for number in gone:
        lived.discard(str(number))
    lived._compact()  # what is merely marked as gone still counts as held, until the lists are written anew
    assert [one.key for one in lived.nearest("abc xyz")] == [one.key for one in fresh.nearest("abc xyz")]


@given(st.text(max_size=300))
def test_every_text_has_terms_that_are_found_again(text: str) -> None:
    index = Index()
    index.add("it", text)
    for number in range(3):
        index.add(str(number), "")
    assert not list(terms_of(text)) or index.nearest(text)[0].key == "it"


@pytest.mark.parametrize(
    ("one", "other", "siblings"),
    [
        ("Backport fix to 3.1", "Backport fix to 3.2", True),
        ("Disable build on branch-2", "Disable build on branch-3", True),
        ("Crash on start", "Crash on start", False),
        ("Crash on start", "Crash on exit", False),
        ("See PAY-12", "See PAY-13", True),
    ],
)
def test_titles_that_differ_in_a_mark_alone_are_siblings(one: str, other: str, siblings: bool) -> None:
    assert are_siblings(one, other) is siblings
