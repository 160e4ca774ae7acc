"""Each fault does to a request what its name says, and nothing to any other."""

from __future__ import annotations

import json

import httpx
import pytest

from pmsync.net.clock import VirtualClock
from pmsync.testing.emulator import Dropped, Request, Response, transport
from pmsync.testing.faults import Chance, Fault, FaultKind, Faulty, is_unsafe

WRITE = Request("POST", "/things", body=b'{"name": "one"}')
READ = Request("GET", "/things")


class Counter:
    """An honest emulator: a POST adds a thing, a GET counts them."""

    def __init__(self) -> None:
        self.base_url = "http://counter"
        self.events = []
        self.things = 0

    def handle(self, request):
        self.things += request.method == "POST"
        return Response.of(200, {"things": self.things})


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def faulty(clock):
    return Faulty(Counter(), clock)


def things(faulty):
    return faulty.emulator.things


def test_without_faults_requests_pass(faulty):
    assert json.loads(faulty.handle(WRITE).body) == {"things": 1}
    assert faulty.met == []


def test_scripted_fault_waits_for_the_next_write_and_befalls_it_alone(faulty):
    faulty.next_write(Fault(FaultKind.FAIL_BEFORE))
    assert faulty.handle(READ).status == 200
    assert faulty.handle(WRITE).status == 503
    assert faulty.handle(WRITE).status == 200
    assert [(ordinal, fault.kind) for ordinal, _request, fault in faulty.met] == [(2, FaultKind.FAIL_BEFORE)]


def test_scripted_fault_may_wait_for_a_read(faulty):
    faulty.next_read(Fault(FaultKind.FAIL_BEFORE))
    assert faulty.handle(WRITE).status == 200
    assert faulty.handle(READ).status == 503


def test_refused_request_is_never_sent(faulty):
    faulty.next_write(Fault(FaultKind.REFUSE))
    with pytest.raises(Dropped) as dropped:
        faulty.handle(WRITE)
    assert not dropped.value.sent
    assert (things(faulty), faulty.writes) == (0, 0)


@pytest.mark.parametrize(("kind", "effect"), [(FaultKind.LOSE_BEFORE, 0), (FaultKind.LOSE_AFTER, 1)])
def test_lost_answer_is_lost_before_or_after_the_effect(faulty, kind, effect):
    faulty.next_write(Fault(kind))
    with pytest.raises(Dropped) as dropped:
        faulty.handle(WRITE)
    assert dropped.value.sent
    assert things(faulty) == effect


def test_late_request_takes_effect_when_its_time_has_come(faulty, clock):
    faulty.next_write(Fault(FaultKind.LATE, seconds=60.0))
    with pytest.raises(Dropped):
        faulty.handle(WRITE)
    clock.sleep(59.0)
    assert json.loads(faulty.handle(READ).body) == {"things": 0}
    clock.sleep(1.0)
    assert json.loads(faulty.handle(READ).body) == {"things": 1}
    assert json.loads(faulty.handle(READ).body) == {"things": 1}


def test_late_request_whose_line_drops_again_disturbs_nobody(clock):
    """A zombie's own answer goes nowhere, whatever it is."""

    class Dropping(Counter):
        def handle(self, request):
            if request.method == "POST":
                raise Dropped(sent=True)
            return super().handle(request)

    faulty = Faulty(Dropping(), clock)
    faulty.next_write(Fault(FaultKind.LATE))
    with pytest.raises(Dropped):
        faulty.handle(WRITE)
    assert faulty.handle(READ).status == 200


def test_repeated_request_reaches_the_server_twice_and_answers_once(faulty):
    faulty.next_write(Fault(FaultKind.TWICE))
    assert json.loads(faulty.handle(WRITE).body) == {"things": 1}
    assert (things(faulty), faulty.writes) == (2, 2)


@pytest.mark.parametrize(("kind", "effect"), [(FaultKind.FAIL_BEFORE, 0), (FaultKind.FAIL_AFTER, 1)])
def test_server_error_comes_before_or_after_the_effect(faulty, kind, effect):
    faulty.next_write(Fault(kind, status=502))
    assert faulty.handle(WRITE).status == 502
    assert things(faulty) == effect


def test_limit_answers_429_with_its_headers_and_no_effect(faulty):
    faulty.next_write(Fault(FaultKind.LIMIT, headers={"retry-after": "30"}))
    answer = faulty.handle(WRITE)
    assert (answer.status, answer.headers["retry-after"], things(faulty)) == (429, "30", 0)


@pytest.mark.parametrize("kind", [FaultKind.TRUNCATE, FaultKind.GARBLE])
def test_spoilt_answer_is_no_json_although_the_server_acted(faulty, kind):
    faulty.next_write(Fault(kind))
    answer = faulty.handle(WRITE)
    assert (answer.status, things(faulty)) == (200, 1)
    with pytest.raises(ValueError, match=r"."):
        json.loads(answer.body)


def test_html_page_stands_in_for_the_server(faulty):
    faulty.next_write(Fault(FaultKind.HTML))
    answer = faulty.handle(WRITE)
    assert (answer.status, things(faulty)) == (200, 0)
    assert answer.headers["content-type"].startswith("text/html")


def test_delay_passes_time_and_spoils_nothing(faulty, clock):
    start = clock.now()
    faulty.next_write(Fault(FaultKind.DELAY, seconds=90.0))
    assert faulty.handle(WRITE).status == 200
    assert clock.now() - start == 90.0


@pytest.mark.parametrize(("kind", "error"), [(FaultKind.REFUSE, httpx.ConnectError), (FaultKind.LOSE_AFTER, httpx.ReadTimeout)])
def test_through_the_transport_a_fault_is_the_clients_own_error(faulty, kind, error):
    faulty.next_write(Fault(kind))
    with httpx.Client(transport=transport(faulty), base_url="http://counter") as client, pytest.raises(error):
        client.post("/things")


def test_chance_draws_the_same_faults_for_the_same_seed(clock):
    kinds = tuple(Fault(kind) for kind in (FaultKind.FAIL_BEFORE, FaultKind.LIMIT, FaultKind.HTML))

    def run(seed):
        faulty = Faulty(Counter(), clock, plan=Chance(seed, 0.3, kinds))
        for _ in range(100):
            faulty.handle(WRITE)
        return [(ordinal, fault.kind) for ordinal, _request, fault in faulty.met]

    assert run(7) == run(7)
    assert run(7) != run(8)
    assert 15 < len(run(7)) < 45


def test_chance_spares_what_it_does_not_fit(clock):
    faulty = Faulty(Counter(), clock, plan=Chance(1, 1.0, (Fault(FaultKind.REFUSE),)))
    assert faulty.handle(READ).status == 200
    assert not is_unsafe(READ)


def test_chance_meets_every_kind_of_fault(clock):
    """Coverage: no kind is out of reach of a seeded run."""
    faulty = Faulty(Counter(), clock, plan=Chance(3, 1.0, tuple(Fault(kind, seconds=1.0) for kind in FaultKind)))
    for _ in range(300):
        try:
            faulty.handle(WRITE)
        except Dropped:
            continue
    assert {fault.kind for _ordinal, _request, fault in faulty.met} == set(FaultKind)


def test_address_and_log_are_the_emulators_own(faulty):
    faulty.base_url = "http://127.0.0.1:1"
    assert faulty.emulator.base_url == "http://127.0.0.1:1"
    assert faulty.events is faulty.emulator.events
