"""Leases, on every database: one run at a time, and the one that lost its lease writes nothing."""

from __future__ import annotations

import os
import socket
from threading import Barrier, Thread

import pytest

from pmsync.store import Fenced, Held, StoreError


class TestRunLease:
    def test_a_second_run_is_told_who_holds_the_store(self, store, open_store):
        with store.hold("sync run-1"), pytest.raises(Held) as refused:
            open_store().hold("sync run-2")
        where = f"process {os.getpid()} on {socket.gethostname()}"
        assert refused.value.message == f"the store is held by sync run-1 ({where}, since 1970-01-01T00:16:40Z)"
        assert refused.value.hint

    def test_a_store_is_not_held_twice_by_the_same_run_either(self, store):
        with store.hold("run"), pytest.raises(Held):
            store.hold("run")

    def test_a_lease_given_back_is_free_at_once(self, store, open_store):
        with store.hold("run-1") as lease:
            assert (store.fence, lease.epoch) == (1, 1)
        assert store.fence is None
        with open_store().hold("run-2") as lease:
            assert lease.epoch == 2

    def test_an_expired_lease_is_taken_over_and_the_old_holder_writes_nothing_more(self, store, open_store, clock, make):
        other = open_store()
        with store.hold("slow", ttl=120):
            clock.sleep(119)
            with pytest.raises(Held):
                other.hold("quick")
            clock.sleep(1)
            with other.hold("quick") as lease:
                assert lease.epoch == 2
                with pytest.raises(Fenced, match="taken over"), store.transaction() as tx:
                    make.item(tx)
                with other.transaction() as tx:
                    make.item(tx)
                    assert tx.items.count() == 1

    def test_the_old_holder_stays_out_after_the_new_one_has_gone(self, store, open_store, clock):
        with store.hold("slow", ttl=10) as lease:
            clock.sleep(10)
            with open_store().hold("quick"):
                pass
            with pytest.raises(Fenced), store.transaction():
                pass
            with pytest.raises(Fenced):
                lease.renew()

    def test_giving_back_a_lost_lease_takes_nothing_from_the_new_holder(self, store, open_store, clock):
        old = store.hold("slow", ttl=10)
        clock.sleep(10)
        other = open_store()
        with other.hold("quick"):
            old.release()
            with pytest.raises(Held, match="quick"):
                open_store().hold("third")

    def test_a_renewed_lease_lasts(self, store, open_store, clock):
        with store.hold("run", ttl=100) as lease:
            for _ in range(3):
                clock.sleep(99)
                lease.renew()
            with pytest.raises(Held):
                open_store().hold("other")

    def test_an_expired_lease_that_nobody_took_still_writes(self, store, clock, make):
        with store.hold("run", ttl=10) as lease:
            clock.sleep(60)
            with store.transaction() as tx:
                make.item(tx)
            lease.renew()

    def test_an_error_in_the_run_gives_the_lease_back(self, store, open_store):
        with pytest.raises(KeyError), store.hold("run"):
            raise KeyError
        with open_store().hold("next"):
            pass

    def test_a_holder_has_a_name(self, store):
        with pytest.raises(StoreError, match="name"):
            store.hold("")

    def test_of_two_runs_that_start_together_one_is_refused(self, store, open_store):
        stores, start, outcomes = [store, open_store()], Barrier(2), []

        def run(one):
            start.wait()
            try:
                one.hold("run")
                outcomes.append("held")
            except Held:
                outcomes.append("refused")

        threads = [Thread(target=run, args=(one,)) for one in stores]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["held", "refused"]


class TestNamedLeases:
    def test_a_name_is_leased_to_one_holder_until_released(self, store):
        with store.transaction() as tx:
            assert tx.leases.acquire("item:a", "run-1", 60) == 1
            assert tx.leases.acquire("item:a", "run-2", 60) is None
            assert tx.leases.acquire("item:b", "run-2", 60) == 1
            tx.leases.release("item:a", 1)
            assert tx.leases.acquire("item:a", "run-2", 60) == 2

    def test_a_stale_epoch_neither_renews_nor_releases(self, store, clock):
        with store.transaction() as tx:
            tx.leases.acquire("item:a", "run-1", 60)
            clock.sleep(60)
            assert tx.leases.acquire("item:a", "run-2", 60) == 2
            assert tx.leases.renew("item:a", 1, 60) is False
            tx.leases.release("item:a", 1)
            assert tx.leases.get("item:a").holder == "run-2"
            assert tx.leases.renew("item:a", 2, 60) is True

    def test_a_released_lease_cannot_be_renewed(self, store):
        with store.transaction() as tx:
            tx.leases.acquire("item:a", "run-1", 60)
            tx.leases.release("item:a", 1)
            assert tx.leases.renew("item:a", 1, 60) is False
            assert tx.leases.get("never") is None
