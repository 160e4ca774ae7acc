"""Items and their values, on every database."""

from __future__ import annotations

import pytest

from pmsync.model.enums import Kind
from pmsync.model.item import HubValue, Provenance
from pmsync.model.titles import title_key
from pmsync.model.values import EMPTY, known
from pmsync.store import StoreError


class TestItems:
    def test_an_item_comes_back_as_it_was_made(self, store, make):
        with store.transaction() as tx:
            made = make.item(tx, labels=known(frozenset({"b", "a"})), priority=EMPTY)
        with store.transaction() as tx:
            assert tx.items.get(made.uid) == made
            assert tx.items.get("no such item") is None

    def test_an_item_may_have_no_fields_yet(self, store):
        with store.transaction() as tx:
            made = tx.items.create("payments", Kind.EPIC, {}, Provenance("jira"))
            assert tx.items.get(made.uid) == made

    def test_revisions_only_grow_over_all_items(self, store, make):
        with store.transaction() as tx:
            first, second = make.item(tx, body=known("x")), make.item(tx)
            given = [value.revision for item in (first, second) for value in item.fields.values()]
            written = tx.items.write(first.uid, "title", known("new"), Provenance("person"))
            again = tx.items.write(second.uid, "status", EMPTY, Provenance("pmsync"))
        assert sorted(given) == list(range(1, 4))
        assert (written, again) == (4, 5)

    def test_revisions_are_given_again_only_if_the_transaction_was_undone(self, store, make):
        with pytest.raises(StoreError), store.transaction() as tx:
            tx.items.write(make.item(tx).uid + "?", "title", EMPTY, Provenance("jira"))
        with store.transaction() as tx:
            assert make.item(tx).fields["title"].revision == 1

    def test_a_write_replaces_value_and_provenance(self, store, make):
        with store.transaction() as tx:
            item = make.item(tx, status=known("backlog"))
            by = Provenance("person", "bo", 7.5, "resolved")
            revision = tx.items.write(item.uid, "status", known("done"), by)
            assert tx.items.get(item.uid).fields["status"] == HubValue(known("done"), revision, by)

    def test_a_write_to_an_unknown_item_is_refused(self, store):
        with pytest.raises(StoreError, match="no item"), store.transaction() as tx:
            tx.items.write("nowhere", "title", known("x"), Provenance("jira"))

    def test_titles_are_found_by_what_makes_them_the_same(self, store, make):
        with store.transaction() as tx:
            one, two = make.item(tx, "Ｐay   Twice\n"), make.item(tx, "pay twice")
            make.item(tx, "pay thrice")
            assert tx.items.titled("payments", title_key("PAY twice")) == sorted([one.uid, two.uid])
            assert tx.items.titled("other", title_key("PAY twice")) == []

    def test_a_renamed_item_is_found_by_its_new_title_alone(self, store, make):
        with store.transaction() as tx:
            item = make.item(tx, "old")
            tx.items.write(item.uid, "title", known("new"), Provenance("jira"))
            assert (tx.items.titled("payments", "old"), tx.items.titled("payments", "new")) == ([], [item.uid])

    def test_a_title_too_long_for_an_index_entry_is_found(self, store, make):
        title = "x" * 32_767
        with store.transaction() as tx:
            item = make.item(tx, title)
            assert tx.items.titled("payments", title_key(title)) == [item.uid]

    def test_pages_visit_every_item_once_in_order(self, store, make):
        with store.transaction() as tx:
            made = {make.item(tx, f"t{number}").uid for number in range(23)}
            seen, after = [], ""
            while page := tx.items.page(after, limit=5):
                seen += [item.uid for item in page]
                after = page[-1].uid
            assert seen == sorted(made)
            assert tx.items.count() == 23

    def test_more_items_than_one_statement_takes_are_read_together(self, store, make):
        with store.transaction() as tx:
            uids = [make.item(tx, f"t{number}").uid for number in range(1203)]
            found = tx.items.many([*uids, "unknown", uids[0]])
            assert set(found) == set(uids)
            assert found[uids[7]].fields["title"].value == known("t7")
