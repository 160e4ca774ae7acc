"""Ctrl-C, at any moment and as often as somebody likes: a friendly sentence, exit code 130, and the next run goes on."""

from __future__ import annotations

import os
import signal
import time

import pytest

MANY = 60


@pytest.fixture
def applying(site):
    """A process in the middle of applying a plan of many creates."""
    site.files(MANY)
    site.pmsync("plan", "-o", "plan.json")
    process = site.start("apply", "plan.json")
    site.until(lambda: len(site.issues()) > 10, process)
    return process


def go_on(site, *command):
    """Run it again until nothing is in doubt any more."""
    for _ in range(6):
        if site.pmsync(*command).code == 0:
            return
        site.clock.sleep(900)
    pytest.fail("it never came to rest")


def test_ctrl_c_ends_with_130_and_a_sentence(site, applying):
    result = site.end(applying, signal.SIGINT)
    assert result.code == 130
    assert "stopped; nothing is lost, the next run goes on from here" in result.said
    assert 10 < len(site.issues()) < MANY


def test_after_ctrl_c_nothing_is_in_doubt(site, applying):
    """What was begun is finished first."""
    site.end(applying, signal.SIGINT)
    assert site.pmsync("status", "--json").json["in_doubt"] == []


def test_after_ctrl_c_the_next_run_makes_each_object_once(site, applying):
    site.end(applying, signal.SIGINT)
    assert site.pmsync("apply", "plan.json").code == 0
    assert site.titles() == sorted(f"Issue number {number}" for number in range(MANY))
    before = site.writes()
    assert site.pmsync("sync").code == 0
    assert site.writes() == before


def test_after_two_ctrl_c_the_next_runs_make_each_object_once(site, applying):
    """The second one does not wait for anything."""
    applying.send_signal(signal.SIGINT)
    time.sleep(0.002)
    result = site.end(applying, signal.SIGINT)
    assert result.code == 130
    go_on(site, "apply", "plan.json")
    go_on(site, "sync")
    assert site.titles() == sorted(f"Issue number {number}" for number in range(MANY))


def test_after_kill_9_the_next_runs_make_each_object_once(site, applying):
    site.end(applying, signal.SIGKILL)
    go_on(site, "apply", "plan.json")
    go_on(site, "sync")
    assert site.titles() == sorted(f"Issue number {number}" for number in range(MANY))


def test_ctrl_c_with_json_is_one_document(site):
    site.files(MANY)
    site.pmsync("plan", "-o", "plan.json")
    process = site.start("apply", "plan.json", "--json")
    site.until(lambda: len(site.issues()) > 10, process)
    result = site.end(process, signal.SIGINT)
    assert (result.code, result.json["exit_code"]) == (130, 130)


@pytest.mark.parametrize("command", [["plan"], ["pull"], ["sync"], ["doctor"]], ids=" ".join)
def test_ctrl_c_while_reading(site, monkeypatch, command):
    """In the middle of a run within this process: while a page is read."""
    site.files(3)
    answer = site.jira.handle

    def interrupting(request):
        if request.method == "GET" or "search" in request.path:
            os.kill(os.getpid(), signal.SIGINT)
        return answer(request)

    monkeypatch.setattr(site.jira, "handle", interrupting)
    result = site.pmsync(*command)
    assert (result.code, result.out) == (130, "")
    assert "nothing is lost" in result.said
    monkeypatch.setattr(site.jira, "handle", answer)
    assert site.pmsync("sync").code == 0
    assert site.titles() == ["Issue number 0", "Issue number 1", "Issue number 2"]
