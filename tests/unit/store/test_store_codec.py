"""The codec: values to JSON text and back."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmsync.model.titles import title_key
from pmsync.model.values import EMPTY, Known, known
from pmsync.store.codec import decode, decode_optional, decode_settled, digest, encode, encode_optional, encode_settled
from pmsync.store.errors import CorruptStore


def joined(text: str) -> str:
    """The text with every high and low surrogate that stand side by side made one character: so every decoder hands it over."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


texts = st.text(st.characters(exclude_categories=())).map(joined)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (EMPTY, "null"),
        (known("a"), '"a"'),
        (known(frozenset("cab")), '["a","b","c"]'),
        (Known(""), '""'),
        (Known(frozenset()), "[]"),
    ],
)
def test_values_have_a_fixed_spelling(value, written):
    assert encode_settled(value) == written
    assert decode_settled(written) == value


def test_no_value_is_not_the_empty_value():
    assert encode_optional(None) is None
    assert (decode_optional(None), decode_optional("null")) == (None, EMPTY)


@given(st.one_of(texts, st.frozensets(texts)))
def test_every_value_comes_back_and_is_storable_as_utf8_without_nul(value):
    written = encode_settled(Known(value))
    assert decode_settled(written) == Known(value)
    assert "\x00" not in written
    written.encode("utf-8")


@given(st.dictionaries(texts, texts))
def test_equal_documents_are_equal_text(document):
    shuffled = dict(reversed(list(document.items())))
    assert encode(document) == encode(shuffled)
    assert json.loads(encode(document)) == document


def test_what_was_not_written_by_us_is_corrupt():
    for text in ("{", "17", '{"a": 1}', "\ud800"):
        with pytest.raises(CorruptStore) as refused:
            decode(text, msgspec.json.Decoder(str))
        assert "restore a backup" in refused.value.hint


@given(texts, texts)
def test_digests_tell_texts_apart(one, other):
    assert (digest(one) == digest(other)) == (one == other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Pay  twice ", "pay\ttwice"),
        ("ＰＡＹ", "pay"),
        ("STRASSE", "straße"),
        ("Cafe\u0301", "CAFÉ"),
        ("ﬁx", "FIX"),
        ("a\u00a0b", "a b"),
    ],
)
def test_titles_that_a_person_calls_the_same_have_one_key(one, other):
    assert title_key(one) == title_key(other)


@given(texts)
def test_a_title_key_is_its_own_key(text):
    assert title_key(title_key(text)) == title_key(text)
