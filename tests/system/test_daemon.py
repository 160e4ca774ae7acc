"""The daemon as a process: both ways on its beat, one round at a time, one failing system alone, and an end that loses nothing."""

from __future__ import annotations

import json
import signal
import threading
import time
from dataclasses import dataclass, field

import pytest

from pmsync.jobs.local import Beat, LocalJobs
from pmsync.model.record import ScopeRef

A, B = ScopeRef("jira", "PAY"), ScopeRef("github", "acme/api")
REST = 700.0
"""Seconds after which a system that was refused is asked again."""


@dataclass
class Daemon:
    """A daemon under way, and what it has logged so far."""

    site: object
    process: object
    lines: list = field(default_factory=list)
    out: str = ""

    def __post_init__(self):
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stderr:
            self.lines.append(line)

    def events(self, kind=""):
        """The logged events, of one kind or all; a line that is no JSON object fails the test."""
        found = [json.loads(line) for line in list(self.lines)]
        return [one for one in found if kind in ("", one["event"])]

    def until(self, kind, count=1, **facts):
        """Wait for that many events of a kind."""
        self.site.until(lambda: len(self.matching(kind, facts)) >= count, self.process)

    def matching(self, kind, facts):
        return [one for one in self.events(kind) if all(one.get(name) == value for name, value in facts.items())]

    def rounds(self, scope):
        return len(self.matching("round", {"scope": str(scope)}))

    def end(self, number=signal.SIGTERM):
        """Ask it to stop; its exit code."""
        self.process.send_signal(number)
        code = self.process.wait(timeout=20)
        self.reader.join(timeout=5)
        self.out = self.process.stdout.read()
        self.site.outputs += ["".join(self.lines), self.out]
        return code


@pytest.fixture
def daemon(site):
    """Starts daemons on a beat of one second; those that still run at the end are killed."""
    site.add("schedule: {every: 1s, jitter: 0s}\n")
    started = []

    def start():
        made = Daemon(site, site.start("daemon", "--json"))
        started.append(made)
        made.until("started")
        return made

    yield start
    for one in started:
        if one.process.poll() is None:
            one.end(signal.SIGKILL)
        one.process.stdout.close()
        one.process.stderr.close()


def test_it_syncs_both_ways_on_its_beat_and_logs_json(site, daemon):
    key = site.file("Filed in Jira")
    running = daemon()
    site.until(lambda: site.titles() == ["Filed in Jira"], running.process)
    running.until("round", 2, scope=str(B))
    site.clock.sleep(100)
    site.github.edit_issue("acme/api", 1, title="Mended on GitHub")
    site.until(lambda: site.jira.issue(key).summary == "Mended on GitHub", running.process)
    assert running.end() == 0
    assert running.out == ""
    assert [one["event"] for one in running.events()][-1] == "stopped"
    assert all({"event", "level", "timestamp"} <= one.keys() for one in running.events())
    assert all("\x1b" not in line for line in running.lines)


def test_sigterm_finishes_the_round_under_way_and_exits_0(site, daemon):
    site.edit("start: at_once", "start: at_once, max_creates: 1000")
    site.files(150)
    running = daemon()
    site.until(lambda: len(site.issues()) > 10, running.process)
    assert running.end() == 0
    made = len(site.issues())
    assert 10 < made < 150
    assert site.pmsync("status", "--json").json["in_doubt"] == []


def test_ctrl_c_is_a_clean_end_too(daemon):
    assert daemon().end(signal.SIGINT) == 0


def test_after_kill_9_it_goes_on_and_makes_each_object_once(site, daemon):
    site.edit("start: at_once", "start: at_once, max_creates: 1000")
    site.files(80)
    first = daemon()
    site.until(lambda: len(site.issues()) > 20, first.process)
    assert first.end(signal.SIGKILL) == -signal.SIGKILL
    second = daemon()

    def complete():
        site.clock.sleep(60)  # what is in doubt is looked up after a quiet period
        return len(site.issues()) >= 80

    site.until(complete, second.process)
    assert second.end() == 0
    assert site.titles() == sorted(f"Issue number {number}" for number in range(80))


def test_a_failing_system_is_parked_alone_and_comes_back(site, daemon):
    """GitHub answers 401 while Jira goes on being pulled."""
    from pmsync_github.emulator import BOT

    token = site.environ["GITHUB_TOKEN"]
    site.github.revoke_token(token)
    running = daemon()
    running.until("failed", scope=str(B))
    failed = running.matching("failed", {"scope": str(B)})[0]
    assert "401" in failed["text"]
    assert failed["hint"]
    site.file("Filed while GitHub was away")
    running.until("created_item")
    assert site.issues() == []
    site.github.add_token(BOT, token)
    site.clock.sleep(REST)
    site.until(lambda: site.titles() == ["Filed while GitHub was away"], running.process)
    assert running.end() == 0


def test_beside_a_sync_by_hand_it_waits_for_the_next_beat(site, daemon):
    """Each says who holds the store, and neither disturbs the other."""
    inside, go = threading.Event(), threading.Event()
    answer = site.jira.handle

    def slow(request):
        if "/search/" in request.path and not go.is_set():
            inside.set()
            go.wait(20)
        return answer(request)

    site.jira.handle = slow
    by_hand = site.start("sync", "--json")
    assert inside.wait(20)
    running = daemon()
    running.until("waiting")
    assert f"held by pmsync sync (process {by_hand.pid} on " in running.events("waiting")[0]["text"]
    go.set()
    assert site.end(by_hand).code == 0
    running.until("round")
    assert running.end() == 0


def test_a_sync_by_hand_says_that_the_daemon_holds_the_store(site, daemon):
    inside, go = threading.Event(), threading.Event()
    answer = site.jira.handle

    def slow(request):
        if "/search/" in request.path and not go.is_set():
            inside.set()
            go.wait(20)
        return answer(request)

    site.jira.handle = slow
    running = daemon()
    assert inside.wait(20)
    result = site.pmsync("sync")
    go.set()
    assert result.code == 1
    assert f"held by pmsync sync (process {running.process.pid} on " in result.said
    assert running.end() == 0


def test_a_config_that_is_wrong_ends_it_at_once(site):
    site.add("colour: blue\n")
    result = site.process("daemon")
    assert result.code == 2
    assert "unknown key 'colour'" in result.said


# -- the clockwork ------------------------------------------------------------------------------------------------------------


def run(jobs, seconds):
    timer = threading.Timer(seconds, jobs.stop)
    timer.start()
    jobs.run()
    timer.join()


def test_never_two_rounds_at_once_however_long_they_take():
    """A round that outlasts the beat is followed by one round, not by all that were missed; scopes take turns."""
    under_way, most, seen = [], [], []

    def work(scope):
        under_way.append(scope)
        most.append(len(under_way))
        time.sleep(0.12)
        under_way.remove(scope)
        seen.append(scope)

    run(LocalJobs([A, B], work, Beat(0.05, 0.0)), 0.7)
    assert max(most) == 1
    assert len(seen) <= 8
    assert set(seen) == {A, B}


def test_a_round_that_fails_is_tried_again_and_holds_nothing_up():
    seen = []

    def work(scope):
        seen.append(scope)
        if scope == A:
            raise RuntimeError("a fault")

    run(LocalJobs([A, B], work, Beat(0.05, 0.0)), 0.3)
    assert seen.count(A) > 1
    assert seen.count(B) > 1


def test_the_end_waits_for_the_round_under_way_and_begins_no_other():
    begun, ended = [], []

    def work(scope):
        begun.append(scope)
        time.sleep(0.3)
        ended.append(scope)

    run(LocalJobs([A, B], work, Beat(10.0, 0.0)), 0.1)
    assert begun == ended == [A]


def test_signals_are_given_back_at_the_end():
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    run(LocalJobs([A], lambda scope: None, Beat(10.0, 0.0)), 0.05)
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before
