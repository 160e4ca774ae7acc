"""Transactions, on every database: all or nothing, and from any thread."""

from __future__ import annotations

from threading import Thread

import pytest

from pmsync.model.item import Provenance
from pmsync.model.values import known
from pmsync.store import StoreError


class Crash(BaseException):
    """A process that ends here."""


class TestTransactions:
    def test_what_was_committed_is_there_for_the_next_program(self, store, open_store, make):
        with store.transaction() as tx:
            uid = make.item(tx).uid
        store.close()
        with open_store().transaction() as tx:
            assert tx.items.get(uid) is not None

    def test_an_error_undoes_everything(self, store, make):
        def fail() -> None:
            with store.transaction() as tx:
                make.item(tx)
                tx.dirty.mark(["item:a"], None, "x")
                raise KeyError

        with pytest.raises(KeyError):
            fail()
        with store.transaction() as tx:
            assert (tx.items.count(), tx.dirty.count()) == (0, 0)

    def test_a_crash_before_the_commit_loses_it_and_one_after_keeps_it(self, store, make):
        for moment, kept in (("before", 0), ("after", 1)):

            def crash(now: str, at: str = moment) -> None:
                if now == at:
                    raise Crash

            store.on_commit = crash
            with pytest.raises(Crash), store.transaction(durable=True) as tx:
                make.item(tx)
            store.on_commit = None
            with store.transaction() as tx:
                assert tx.items.count() == kept

    def test_the_commit_hook_hears_both_moments_of_each_commit_and_of_no_other(self, store):
        heard: list[str] = []
        store.on_commit = heard.append
        with store.transaction():
            pass
        with pytest.raises(KeyError), store.transaction():
            raise KeyError
        assert heard == ["before", "after"]

    def test_a_transaction_inside_a_transaction_is_refused_at_once(self, store):
        with store.transaction(), pytest.raises(StoreError, match="inside a transaction"), store.transaction():
            pass
        with store.transaction() as tx:
            assert tx.items.count() == 0

    def test_threads_take_turns_and_lose_nothing(self, store, make):
        with store.transaction() as tx:
            item = make.item(tx).uid
        revisions: list[int] = []

        def work(name: str) -> None:
            for number in range(25):
                with store.transaction(durable=number % 5 == 0) as tx:
                    tx.dirty.mark([f"item:{name}-{number}"], None, "x")
                    revisions.append(tx.items.write(item, "title", known(f"{name} {number}"), Provenance("jira")))

        threads = [Thread(target=work, args=(name,)) for name in ("engine", "hints")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with store.transaction() as tx:
            assert tx.dirty.count() == 50
        assert sorted(revisions) == list(range(2, 52))

    def test_two_programs_take_turns(self, store, open_store, make):
        other = open_store()
        for number in range(5):
            for one in (store, other):
                with one.transaction() as tx:
                    make.item(tx, f"t{number}")
        with store.transaction() as tx:
            assert tx.items.count() == 10
