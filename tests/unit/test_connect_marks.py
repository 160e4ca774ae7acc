"""Instance marks and markers: who left them, and that they tell nothing to anybody else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pmsync.connect.markers import TOKEN, Marker, origin_of, renewed, sign, verify
from pmsync.connect.marks import Whose, make_mark, maker, whose
from pmsync.model.record import RecordRef

KEY, OTHER = b"the key", b"another key"
INSTANCE = "00000000-0000-4000-8000-000000000001"


def test_a_mark_of_this_instance_is_ours():
    assert whose(make_mark(INSTANCE, "1", KEY), INSTANCE, KEY) is Whose.OURS


def test_a_mark_of_another_store_under_the_same_key_is_a_siblings():
    assert whose(make_mark("another", "1", KEY), INSTANCE, KEY) is Whose.SIBLING


def test_a_mark_under_another_key_is_foreign():
    assert whose(make_mark(INSTANCE, "1", OTHER), INSTANCE, KEY) is Whose.FOREIGN


def test_a_mark_that_was_tampered_with_is_foreign():
    mark = make_mark(INSTANCE, "1", KEY)
    assert whose(mark[:-1] + ("0" if mark[-1] != "0" else "1"), INSTANCE, KEY) is Whose.FOREIGN


def test_a_mark_of_a_later_version_is_foreign():
    assert whose("pmm2.whatever.it-holds", INSTANCE, KEY) is Whose.FOREIGN


@pytest.mark.parametrize("text", ["", "pmsync", "see the wiki", "pmm1", "pm1.a.b.c", "\x00"])
def test_other_text_is_nobodys(text):
    assert whose(text, INSTANCE, KEY) is Whose.NOBODY
    assert maker(text) == ""


def test_two_marks_of_one_instance_differ_and_have_one_maker():
    one, two = make_mark(INSTANCE, "1", KEY), make_mark(INSTANCE, "2", KEY)
    assert one != two
    assert maker(one) == maker(two) != maker(make_mark("another", "1", KEY))


def test_a_mark_fits_everywhere_and_tells_nothing():
    mark = make_mark(INSTANCE, "host.example.com:/srv/pmsync.db", KEY)
    assert len(mark) == 71
    assert not any(part in mark for part in (INSTANCE, "host", "srv", "00000000"))


def test_a_marker_names_its_origin_and_is_read_back():
    marker = Marker("1a", "2b", "3c", origin_of(RecordRef("jira", "10001"), KEY))
    token = sign(marker, KEY)
    assert TOKEN.fullmatch(token)
    assert verify(token, KEY) == marker
    assert verify(token, OTHER) is None


def test_a_marker_without_an_origin_is_read_back():
    marker = Marker("1a", "2b", "3c")
    assert verify(sign(marker, KEY), KEY) == marker


def test_a_marker_with_its_origin_cut_off_is_not_genuine():
    token = sign(Marker("1a", "2b", "3c", "0123456789abcdef"), KEY)
    assert verify(token.replace(".0123456789abcdef", ""), KEY) is None


def test_an_origin_is_opaque():
    """Sixteen hex digits: neither the system nor the id, and another one under another key."""
    ref = RecordRef("jira", "10001")
    assert len(origin_of(ref, KEY)) == 16
    assert "10001" not in origin_of(ref, KEY)
    assert origin_of(ref, KEY) != origin_of(ref, OTHER)
    assert origin_of(ref, KEY) != origin_of(RecordRef("github", "10001"), KEY)


def test_a_marker_is_renewed_for_another_op_of_the_same_item():
    marker = Marker("1a", "2b", "3c", "0123456789abcdef")
    assert renewed(sign(marker, KEY), "4d", KEY) == sign(replace(marker, op="4d"), KEY)
    assert renewed(sign(marker, OTHER), "4d", KEY) is None
