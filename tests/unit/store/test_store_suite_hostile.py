"""Hostile text stays text, on every database (property tests)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pmsync.model.item import Provenance
from pmsync.model.values import EMPTY, Known, Unobserved
from pmsync.reconcile.operation import Change
from pmsync.reconcile.view import Base, BaseWrite, Candidate, Dispute
from pmsync.store.journal import Entry
from pmsync.store.ops import OpState

HOSTILE = [
    "\x00",
    "a\x00b",
    "\r\n",
    "line\r\nline\rline\n",
    "\ud800",
    "\udfff tail",
    "\ufdd0",
    "\ufdd00000",
    "\ufdd0d800",
    "\ufeffbom",
    "\uffff",
    "👩🏽‍💻🏴󠁧󠁢󠁷󠁬󠁳󠁿",
    "\u202eevil\u202c",
    "שלום עולם",
    "é vs é",
    "İıſß",
    "'; DROP TABLE items; --",
    ":name %s %(x)s {x} ?",
    "\\u0000 \\ud800 \\",
    '"quoted" \\"',
    "null",
    "[]",
    '{"unobserved": "x"}',
    " leading and trailing ",
    "x" * 32_767,
    "\x00" * 5_000,
    "🐘" * 8_000,
]
texts = st.one_of(st.text(st.characters(exclude_categories=())), st.sampled_from(HOSTILE))
values = st.one_of(
    st.just(EMPTY), texts.filter(bool).map(Known), st.frozensets(texts.filter(bool), min_size=1, max_size=4).map(Known)
)
seen = st.one_of(values, texts.map(Unobserved))
many = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


class TestHostileText:
    @many
    @given(values=st.dictionaries(st.sampled_from(["title", "body", "labels"]), values), word=texts)
    def test_items_keep_it(self, store, make, values, word):
        with store.transaction() as tx:
            made = tx.items.create(word, "bug", values, Provenance("jira", word, 1.0, word))
            tx.items.write(made.uid, "title", Known(word), Provenance("jira", word, 2.0, word))
            found = tx.items.get(made.uid)
            assert {name: value.value for name, value in found.fields.items()} == {**values, "title": Known(word)}
            assert (found.product, found.fields["title"].provenance.actor) == (word, word)

    @many
    @given(values=st.dictionaries(texts, seen, max_size=4), word=texts)
    def test_observations_keep_it(self, store, make, values, word):
        record = make.record(
            values=values, key=word, url=word, version=word, creator=word, actor=word, marker=word, references=(word,),
            people={word: word}, raw={"body": word},
        )  # fmt: skip
        comment = make.comment(record.ref, word, author=word)
        with store.transaction() as tx:
            tx.observations.put([record])
            tx.observations.put_comments([comment])
            assert tx.observations.get(record.ref) == record
            assert tx.observations.put([record]) == []
            assert tx.observations.comments(record.ref) == [comment]

    @many
    @given(remote=values, hub=values, word=texts)
    def test_links_and_bases_keep_it(self, store, make, remote, hub, word):
        with store.transaction() as tx:
            link = make.link(make.item(tx).uid, key=word, url=word)
            tx.links.add(link)
            assert link in tx.links.named(word)
            tx.bases.put([BaseWrite(link.uid, "title", Base(remote, hub), word)])
            assert tx.bases.of_links([link.uid])[link.uid]["title"].base == Base(remote, hub)

    @many
    @given(before=values, after=values, hub=values, word=texts)
    def test_ops_keep_it(self, store, make, before, after, hub, word):
        change = Change("title", "title", before, after, hub, word)
        op = make.op(f"item {make.number()}", key=word, changes=(change,), why=word, marker=word)
        with store.transaction() as tx:
            tx.ops.add(op, "run", OpState.INTENT)
            tx.ops.advance(op.uid, OpState.REJECTED, reason=word, floor=word)
            row = tx.ops.get(op.uid)
            assert (row.op, row.reason, row.floor) == (op, word, word)

    @many
    @given(value=values, word=texts)
    def test_history_keeps_it(self, store, make, value, word):
        dispute = Dispute("title", value, (Candidate("hub", word, value, word, word),))
        item = f"item {make.number()}"
        with store.transaction() as tx:
            tx.journal.append([Entry("run", "hub", item, before=value, after=EMPTY, actor=word, why=word)])
            [row] = tx.journal.of_item(item)
            assert (row.before, row.after, row.actor, row.why) == (value, EMPTY, word, word)
            uid = tx.conflicts.put(item, dispute, "run")
            assert tx.conflicts.open_for([item])[item]["title"] == dispute
            assert tx.conflicts.candidates(uid) == dispute.candidates
            tx.notices.raise_(make.pay, word, item, word)
            tx.notices.settle(make.pay, word, item)

    @pytest.mark.parametrize("word", HOSTILE, ids=ascii)
    def test_titles_are_found_whatever_they_hold(self, store, make, word):
        from pmsync.model.titles import title_key

        with store.transaction() as tx:
            item = make.item(tx, word)
            assert item.uid in tx.items.titled("payments", title_key(word))

    def test_texts_that_differ_only_by_an_escape_are_two_texts(self, store, make):
        with store.transaction() as tx:
            for word in HOSTILE[:9]:
                link = make.link(make.item(tx).uid, key=word)
                tx.links.add(link)
                assert tx.links.named(word) == [link]
                assert replace(link, key=word) == tx.links.get(link.uid)
