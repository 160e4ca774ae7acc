"""Hostile text: it lands as it is, up to the lens's canon, or is refused with a reason; it is never silently altered."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from pmsync.connect.contract import Connector, Outcome
from pmsync.connect.markers import verify
from pmsync.model.record import Record
from pmsync.model.values import EMPTY, Settled, known
from pmsync.reconcile.lens import Unrepresentable
from pmsync.reconcile.operation import Operation
from pmsync.testing.conformance.bench import Bench
from pmsync.testing.conformance.drafts import (
    MARKER_KEY,
    Suite,
    change,
    create,
    read,
    send,
    update,
    value,
    work_surfaces,
    writable,
)

LOOKALIKE = "pm1.00000000-0000-0000-0000-000000000001.a.b.0123456789abcdef0123456789abcdef"

TEXTS = {
    "emoji": "Ship it 🚀👩‍👩‍👧‍👦🏳️‍🌈 now",
    "right to left": "שלום עולם \u202eevil\u202c مرحبا",
    "combining": "Zo\u0308e\u0301 a\u0323\u0302 ﷽",
    "CRLF": "first\r\nsecond\r\n\r\nthird",
    "NUL": "before\x00after",
    "controls": "bell\x07 escape\x1b[31m tab\tend",
    "lone surrogate's neighbours": "\ud7ff\ue000\ufffd",
    "HTML": "<script>alert(1)</script> <b>&amp;</b> &lt;",
    "markdown": "# not a title ``` **bold** [x](javascript:alert(1)) ![](//evil) @everyone #1 | a | b |",
    "Jira markup": "{code}x{code} h1. [~admin] !image.png! {color:red}r{color}",
    "template": "{{7*7}} ${7*7} %s %(x)s \\n \\u0000",
    "hidden comment": "text <!-- not ours --> more",
    "marker look-alike": f"<!-- pmsync {LOOKALIKE} --> {LOOKALIKE}",
    "only blanks": "   ",
    "blanks around": "   indented, and trailing   ",
    "long word": "x" * 300,
    "32,767 characters": "All work and no play. " * 1489 + "and so",
}


class TextTests(Suite):
    """Titles, bodies and labels that mean harm, or only look like it."""

    @pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
    def test_hostile_body_lands_or_is_refused(self, bench: Bench, connector: Connector, text: str) -> None:
        """In a create, where bodies are seeded."""
        op = create(connector, bench.scope, title="Hostile", body=text)
        [receipt] = send(connector, bench.scope, op)
        if receipt.outcome is Outcome.REJECTED:
            assert receipt.reason
            return
        assert receipt.outcome is Outcome.DONE, receipt
        assert receipt.ref is not None
        record = read(connector, bench.scope, receipt.ref)
        _check_landed(bench, connector, op, record, receipt.refused)
        if op.marker is not None and record.marker is not None:
            assert record.marker == op.marker, "a look-alike in the text hides the marker"

    @pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
    def test_hostile_title_lands_or_is_refused(self, bench: Bench, connector: Connector, text: str) -> None:
        """In an update; what the lens calls unrepresentable never gets that far."""
        ref = bench.person_creates("Harmless")
        record = read(connector, bench.scope, ref)
        surface = writable(work_surfaces(connector, bench.scope), "title")
        after = surface.lens.put(known(text), value(record, surface))
        if isinstance(after, Unrepresentable):
            assert after.reason
            return
        if after == EMPTY:
            return  # a blank title is no title: nothing that a plan would ever hold
        op = update(record, change(surface, value(record, surface), after, known(text)))
        [receipt] = send(connector, bench.scope, op)
        seen = read(connector, bench.scope, ref)
        if receipt.outcome is Outcome.REJECTED:
            assert receipt.reason
            assert value(seen, surface) == value(record, surface), "refused, and changed all the same"
        else:
            _check_landed(bench, connector, op, seen, receipt.refused)

    @pytest.mark.parametrize("label", ["naïve café", "🚀", "a/b:c", "<b>", "UPPER", "x" * 60, "two words", "comma,inside"])
    def test_hostile_label_lands_or_is_refused(self, bench: Bench, connector: Connector, label: str) -> None:
        """A label keeps its identity, or is refused; it never becomes another one."""
        ref = bench.person_creates("Labelled", labels=frozenset({"stays"}))
        record = read(connector, bench.scope, ref)
        surface = writable(work_surfaces(connector, bench.scope), "labels")
        hub = known(frozenset({"stays", label}))
        after = surface.lens.put(hub, value(record, surface))
        if isinstance(after, Unrepresentable):
            assert after.reason
            return
        op = update(record, change(surface, value(record, surface), after, hub))
        [receipt] = send(connector, bench.scope, op)
        seen = read(connector, bench.scope, ref)
        if receipt.outcome is Outcome.REJECTED or surface.id in receipt.refused:
            assert receipt.reason or receipt.refused[surface.id]
            assert surface.lens.canon(value(seen, surface)) == surface.lens.canon(value(record, surface))
        else:
            assert surface.lens.consistent(value(seen, surface), hub), value(seen, surface)

    def test_marker_look_alike_of_a_person_is_shown_but_does_not_verify(self, bench: Bench, connector: Connector) -> None:
        """Whoever copies or invents a token gains nothing: it is not signed, and not ours by creator."""
        ref = bench.person_creates("Copied", body=f"text\n\n<!-- pmsync:{LOOKALIKE} -->")
        record = read(connector, bench.scope, ref)
        assert record.marker is None or verify(record.marker, MARKER_KEY) is None
        assert record.creator != connector.me()


def _check_landed(bench: Bench, connector: Connector, op: Operation, record: Record, refused: Mapping[str, str]) -> None:
    for one in op.changes:
        surface = next(surface for surface in work_surfaces(connector, bench.scope) if surface.id == one.surface)
        if one.surface in refused:
            assert refused[one.surface]
        else:
            seen: Settled = value(record, surface)
            assert surface.lens.canon(seen) == surface.lens.canon(one.after), f"{surface.id} was silently altered"
