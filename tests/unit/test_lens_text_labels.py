"""Text and label lenses: what counts as equal, what is written."""

from __future__ import annotations

import pytest

from pmsync.model.values import EMPTY, Known, Settled, known
from pmsync.reconcile.lens import Unrepresentable
from pmsync.reconcile.lenses import LabelsLens, TextLens, label_collisions

HOSTILE = "\u202egnirts \U0001f600 \x00 line\r\nnext\t'\"<b>{{x}}"


def labels(*names: str) -> Settled:
    return known(frozenset(names))


class TestText:
    @pytest.mark.parametrize("remote", ["a\r\nb", "a\nb\n", "a\nb  \r\n"])
    def test_line_ends_and_trailing_space_are_no_difference(self, remote: str) -> None:
        assert TextLens().consistent(Known(remote), Known("a\nb"))
        assert TextLens().put(Known("a\nb"), Known(remote)) == Known(remote)

    def test_one_line_joins_broken_lines(self) -> None:
        lens = TextLens(single_line=True)
        assert lens.put(Known(" a\r\n\r\nb "), EMPTY) == Known("a b")
        assert lens.consistent(Known("a b"), Known("a\nb"))

    def test_text_over_the_limit_is_refused_and_never_cut(self) -> None:
        lens = TextLens(limit=255)
        assert lens.put(Known("x" * 300), EMPTY) == Unrepresentable("the text has 300 characters, the limit is 255")
        assert lens.put(Known("x" * 255), EMPTY) == Known("x" * 255)

    def test_hostile_text_passes_unharmed(self) -> None:
        assert TextLens().ingest(Known(HOSTILE), EMPTY) == Known(HOSTILE.replace("\r\n", "\n"))

    def test_blank_text_is_empty(self) -> None:
        assert TextLens().ingest(Known(" \r\n"), Known("x")) == EMPTY

    def test_a_set_is_refused(self) -> None:
        with pytest.raises(TypeError, match="wrong field"):
            TextLens().ingest(labels("a"), EMPTY)


class TestLabels:
    def test_what_is_outside_the_namespace_is_kept(self) -> None:
        lens = LabelsLens(namespace="pm/")
        assert lens.put(labels("pm/new", "else"), labels("theirs", "pm/old")) == labels("theirs", "pm/new")

    def test_labels_of_another_surface_are_invisible_and_kept(self) -> None:
        lens = LabelsLens(exclude=lambda label: label.startswith("priority/"))
        assert lens.ingest(labels("bug", "priority/high"), EMPTY) == labels("bug")
        assert lens.put(EMPTY, labels("bug", "Priority/High")) == labels("Priority/High")

    def test_each_side_keeps_its_spelling(self) -> None:
        lens = LabelsLens()
        assert lens.ingest(labels("BUG", "new"), labels("Bug")) == labels("Bug", "new")
        assert lens.put(labels("Bug", "more"), labels("BUG")) == labels("BUG", "more")

    def test_hub_labels_outside_the_namespace_survive_a_reading(self) -> None:
        assert LabelsLens(namespace="pm/").ingest(labels("pm/a"), labels("pm/b", "mine")) == labels("pm/a", "mine")

    def test_white_space_is_written_as_a_hyphen_where_there_is_none(self) -> None:
        lens = LabelsLens(spaces=False)
        assert lens.put(labels("needs  eng"), EMPTY) == labels("needs-eng")
        assert lens.consistent(labels("needs-eng"), labels("Needs eng"))

    def test_a_label_over_the_limit_is_refused_and_named(self) -> None:
        refused = LabelsLens(limit=3).put(labels("abcd"), EMPTY)
        assert refused == Unrepresentable("the label 'abcd' has 4 characters, the limit is 3")

    def test_a_removed_label_goes_in_all_its_spellings(self) -> None:
        assert LabelsLens().put(labels("x"), labels("Bug", "bug", "x")) == labels("x")

    def test_two_spellings_of_one_label_are_flagged(self) -> None:
        assert label_collisions(["Bug", "bug", "needs eng", "needs-eng", "one"]) == [("Bug", "bug"), ("needs eng", "needs-eng")]
        assert label_collisions(["a", "a", "b"]) == []

    def test_text_is_refused(self) -> None:
        with pytest.raises(TypeError, match="wrong field"):
            LabelsLens().put(Known("text"), EMPTY)
