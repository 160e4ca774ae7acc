"""Hints: a webhook says where to look, never what is there. So late, doubled, forged and reordered ones are harmless."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading

import pytest

from pmsync.connect.errors import AuthFailed
from pmsync.engine.person import NotFoundError
from pmsync.model.item import LinkState
from pmsync.model.record import RecordRef, ScopeRef

SECRET = "a secret of both sides"


def signed(*ids: str, secret: str = SECRET):
    """The headers and the body of a webhook about records."""
    body = json.dumps({"ids": list(ids)}).encode()
    return {"x-memory-signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}, body


@pytest.fixture
def hinted(linked):
    """The two trackers with one linked record, both sending webhooks."""
    for connector in linked.connectors.values():
        connector._secret = SECRET
    return linked


def inbox(world, system="a"):
    return world.read(lambda tx: tx.inbox.take(system, 1_000))


def reads_of(world, system):
    """How many direct reads were asked of a tracker, counted from the first time this is asked."""
    server = world.servers[system]
    if not isinstance(server.read, CountedReads):
        server.read = CountedReads(server.read)
    return server.read.count


class CountedReads:
    """Direct reads, counted."""

    def __init__(self, read):
        self.read, self.count = read, 0

    def __call__(self, *asked):
        self.count += 1
        return self.read(*asked)


def test_a_hint_is_noted_and_asks_nothing_of_anybody(hinted):
    hinted.doom.strike = hinted.doom.passed + 2  # one commit, and not one request
    assert hinted.engine.hint("a", *signed("1")) == 1
    hinted.doom.strike = 0
    assert inbox(hinted) == [RecordRef("a", "1")]


def test_a_forged_hint_is_refused_and_leaves_nothing(hinted):
    with pytest.raises(AuthFailed):
        hinted.engine.hint("a", *signed("1", secret="of somebody else"))
    headers, _ = signed("1")
    with pytest.raises(AuthFailed):
        hinted.engine.hint("a", headers, b'{"ids": ["2"]}')
    assert inbox(hinted) == []


def test_a_system_that_takes_no_webhooks_says_so(linked):
    with pytest.raises(AuthFailed, match="no webhook_secret"):
        linked.engine.hint("a", *signed("1"))


def test_a_hint_for_a_system_that_nobody_configured_is_refused(hinted):
    with pytest.raises(NotFoundError):
        hinted.engine.hint("nowhere", *signed("1"))


def test_doubled_hints_are_one_look_c13(hinted):
    for _ in range(3):
        hinted.engine.hint("a", *signed("1", "1"))
    assert inbox(hinted) == [RecordRef("a", "1")]
    hinted.edit("a", title="Login fails again")
    reads = reads_of(hinted, "a")
    hinted.rest()
    assert hinted.row("b")["title"] == "Login fails again"
    assert inbox(hinted) == []
    assert reads_of(hinted, "a") - reads == 1


def test_reordered_and_late_hints_restore_nothing_old_c11(hinted):
    """The hint of the first edit comes after the second, and again hours later: what counts is what the record shows when it is read."""
    first = signed("1")
    hinted.edit("a", title="First")
    hinted.edit("a", title="Second")
    hinted.engine.hint("a", *signed("1"))
    hinted.engine.hint("a", *first)
    hinted.rest()
    hinted.clock.sleep(1_800)
    hinted.edit("b", title="Third, elsewhere")
    hinted.rest()
    hinted.engine.hint("a", *first)
    hinted.rest()
    assert hinted.row("a")["title"] == hinted.row("b")["title"] == "Third, elsewhere"
    assert hinted.conflicts() == []


def test_a_lost_hint_is_made_up_for_by_the_listing_c8(hinted):
    hinted.edit("a", title="Nobody told us")
    hinted.rest()
    assert hinted.row("b")["title"] == "Nobody told us"


def test_a_hint_is_followed_before_a_listing_that_lags_behind(make_world):
    """The listing shows a change ten minutes late; with a hint it is in the other tracker after one round."""
    world = make_world({"a": "lagging", "b": "listed"})
    world.create("a", title="Login fails")
    world.rest()
    world.connectors["a"]._secret = SECRET
    world.edit("a", title="Login fails now")
    world.sync()
    assert world.row("b")["title"] == "Login fails"
    world.engine.hint("a", *signed("1"))
    world.sync()
    assert world.row("b")["title"] == "Login fails now"


def test_a_new_record_of_a_managed_container_is_adopted_through_a_hint(make_world):
    world = make_world({"a": "lagging", "b": "listed"})
    world.create("a", title="The first")
    world.rest()
    world.connectors["a"]._secret = SECRET
    new = world.create("a", title="Just filed")
    world.engine.hint("a", *signed(new))
    world.sync()
    assert [row["title"] for row in world.rows("b")] == ["The first", "Just filed"]
    world.rest()
    assert len(world.rows("a")) == len(world.rows("b")) == 2


def test_a_hint_for_an_unmanaged_container_is_dropped(make_world):
    world = make_world(containers={"a": ("A", "ELSEWHERE")})
    world.managed["a"] = ["A"]
    world.restart()
    world.create("a", title="Managed")
    world.rest()
    world.connectors["a"]._secret = SECRET
    stranger = world.create("a", home="ELSEWHERE", title="Not ours")
    world.engine.hint("a", *signed(stranger))
    world.rest()
    assert inbox(world) == []
    assert [row["title"] for row in world.rows("b")] == ["Managed"]
    assert world.read(lambda tx: tx.observations.get(RecordRef("a", stranger))) is None


def test_a_hint_for_what_does_not_exist_is_dropped(hinted):
    hinted.engine.hint("a", *signed("999"))
    assert hinted.rest().exit_code == 0
    assert inbox(hinted) == []


def test_a_hint_before_the_first_listing_changes_nothing(world):
    """First contact adopts what it knows in full: a hint alone is no reason to make an item of a record."""
    for connector in world.connectors.values():
        connector._secret = SECRET
    world.create("a", title="Same title")
    world.create("b", title="Same title")
    world.engine.hint("a", *signed("1"))
    world.sync(ScopeRef("b", "B"))
    assert inbox(world) == [RecordRef("a", "1")]
    world.rest()
    assert len(world.items()) == 1
    assert inbox(world) == []


def test_a_hint_of_a_move_lets_the_link_follow(make_world):
    world = make_world(containers={"a": ("A", "OTHER")})
    world.create("a", title="Moving")
    world.rest()
    world.connectors["a"]._secret = SECRET
    world.servers["a"].person_moves("1", "OTHER")
    world.engine.hint("a", *signed("1"))
    world.sync(ScopeRef("b", "B"), ScopeRef("a", "A"))
    [link] = [link for link in world.links() if link.ref == RecordRef("a", "1")]
    assert (link.scope, link.state) == (ScopeRef("a", "OTHER"), LinkState.LINKED)


def test_a_hint_of_a_deletion_is_looked_into_and_closes_nothing(hinted):
    hinted.servers["a"].person_deletes("1")
    hinted.engine.hint("a", *signed("1"))
    hinted.sync()
    assert [row.code for row in hinted.notices()] == ["missing"]
    assert hinted.row("b")["status"] == "doing"
    assert inbox(hinted) == []


def test_hints_are_read_in_batches(make_world):
    world = make_world(rules=())
    for number in range(251):
        world.create("a", title=f"Record {number}")
    world.sync()
    world.connectors["a"]._secret = SECRET
    world.engine.hint("a", *signed(*(str(number) for number in range(1, 252))))
    before = reads_of(world, "a")
    world.sync()
    assert reads_of(world, "a") - before == 3
    assert inbox(world) == []


def test_hints_of_a_tracker_that_cannot_be_read_wait(hinted):
    hinted.edit("a", title="Still there later")
    hinted.engine.hint("a", *signed("1"))
    hinted.servers["a"].denied = {"read"}
    hinted.sync()
    assert inbox(hinted) == [RecordRef("a", "1")]
    hinted.servers["a"].denied = set()
    hinted.rest()
    assert hinted.row("b")["title"] == "Still there later"
    assert inbox(hinted) == []


def test_without_hints_nothing_more_is_asked(hinted):
    """A quiet poll stays one call for each scope."""
    before = reads_of(hinted, "a")
    hinted.sync()
    assert reads_of(hinted, "a") == before


def test_a_hint_may_come_from_another_thread_in_the_middle_of_a_round(hinted):
    """It waits for the next one."""
    hinted.edit("a", title="While a round is under way")
    told = []

    def deliver():
        thread = threading.Thread(target=lambda: told.append(hinted.engine.hint("a", *signed("1"))))
        thread.start()
        thread.join()

    hinted.once("GET", "list", deliver)
    hinted.sync()
    assert told == [1]
    hinted.rest()
    assert inbox(hinted) == []
    assert hinted.row("b")["title"] == "While a round is under way"


def test_a_crash_anywhere_while_hints_are_followed_forgets_none(hinted, crash):
    hinted.edit("a", title="Followed in the end")
    hinted.engine.hint("a", *signed("1"))
    frozen = hinted.freeze()
    strike = 0
    while True:
        strike += 1
        hinted.thaw(frozen)
        for connector in hinted.connectors.values():
            connector._secret = SECRET
        hinted.doom.strike = strike
        try:
            hinted.sync()
        except crash:
            hinted.restart()
            hinted.rest()
            assert hinted.row("b")["title"] == "Followed in the end"
            assert inbox(hinted) == []
            continue
        break
    assert strike > 5
