"""The real input: 2,000 issues of a real Jira, mirrored into an empty GitHub by plan and apply, killed in between, and synced."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pmsync.net.clock import SharedClock
from pmsync.testing.emulator import serve
from pmsync_github.emulator import TOKEN, GitHubEmulator
from pmsync_jira.emulator import JiraEmulator

pytestmark = [pytest.mark.shared, pytest.mark.slow]

ISSUES = 2000
HOMES = {"TIMOB": "tidev/titanium", "ALOY": "tidev/alloy"}
MEMORY_MB = 250


@dataclass(slots=True)
class World:
    """Both systems, the clock they share with pmsync, and where its files are."""

    folder: Path
    clock: SharedClock
    jira: JiraEmulator
    github: GitHubEmulator
    peak_mb: float = 0.0
    runs: list[dict[str, object]] = field(default_factory=list)

    def start(self, *args: str) -> subprocess.Popen[str]:
        """Start pmsync as its user would, on the shared accelerated clock."""
        environ = {
            **os.environ,
            "PMSYNC_CLOCK": f"shared:{self.folder / 'clock'}",
            "PMSYNC_CONFIG": str(self.folder / "pmsync.yaml"),
        }
        command = [sys.executable, "-m", "pmsync", *args]
        return subprocess.Popen(command, env=environ, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, *args: str) -> tuple[int, dict[str, object]]:
        """Run pmsync to its end; its exit code and JSON."""
        process = self.start(*args, "--json")
        watcher = threading.Thread(target=self._watch, args=(process,))
        watcher.start()
        out, err = process.communicate()
        watcher.join()
        assert out, f"{args}: exit {process.returncode}\n{err}"
        assert process.returncode in (0, 1, 3), f"{args}: exit {process.returncode}\n{err}\n{out}"
        document = json.loads(out)
        self.runs.append(document)
        return process.returncode, document

    def _watch(self, process: subprocess.Popen[str]) -> None:
        """Note the process's own peak of resident memory. The usage that wait4 reports would count what was forked, not what runs."""
        while process.poll() is None:
            try:
                status = Path(f"/proc/{process.pid}/status").read_text()
            except OSError:
                return
            peak = [int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")]
            self.peak_mb = max(self.peak_mb, *(one / 1024 for one in peak), 0.0)
            time.sleep(0.02)

    def until_quiet(self, *args: str) -> None:
        """Repeat a command, letting time pass, until it has nothing left to do."""
        for _ in range(12):
            code, document = self.run(*args)
            if code == 0:
                return
            self.clock.sleep(900)
        raise AssertionError(f"{args} never came to rest: {document}")

    def created(self) -> int:
        """Issues in both repositories."""
        return sum(len(self.github.world.repo_named(name).issues) for name in HOMES.values())

    def writes(self) -> int:
        """Everything anybody changed through either API."""
        return len(self.jira.events) + len(self.github.events)


@pytest.fixture(scope="module")
def world(shared_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("titanium")
    clock = SharedClock(folder / "clock")
    jira, github = JiraEmulator(clock), GitHubEmulator(clock)
    loaded = jira.load_titanium(shared_dir / "data" / "titanium-issues.jsonl.xz", ISSUES)
    assert loaded == ISSUES
    for repository in HOMES.values():
        github.add_repo(repository, private=True)
    with serve(jira), serve(github):
        rules = "".join(
            f"  {project.lower()}:\n    jira: {project}\n    github: {repository}\n"
            f'    mirror: [{{from: jira, to: "github:{repository}", create: review}}]\n'
            for project, repository in HOMES.items()
        )
        (folder / "pmsync.yaml").write_text(
            f'systems:\n  jira: {{kind: jira, url: "{jira.base_url}", login: {jira.bot.email}, token: {jira.bot.token}}}\n'
            f'  github: {{kind: github, url: "{github.base_url}", token: {TOKEN}}}\nproducts:\n{rules}'
        )
        yield World(folder, clock, jira, github)


@pytest.fixture(scope="module")
def synced(world: World) -> World:
    """Plan, apply with a kill -9 at a random moment, apply again, sync."""
    before = world.writes()
    _, plan = world.run("plan", "-o", "plan.json")
    releases = {version for issue in world.jira.issues() for version in issue.fix_versions}
    assert plan["writes"] == ISSUES + len(releases)
    assert world.writes() == before
    killed_at = random.Random(2026).randrange(100, 1900)
    process = world.start("apply", "plan.json", "--json")
    while world.created() < killed_at:
        assert process.poll() is None, f"apply ended early: {process.communicate()}"
        time.sleep(0.005)
    process.kill()
    process.communicate()
    world.until_quiet("apply", "plan.json")
    world.until_quiet("sync")
    return world


def test_every_issue_arrives_once_although_apply_was_killed(synced: World) -> None:
    """C12: kill -9 between creates, restart; still one issue each."""
    wanted = Counter(" ".join(issue.summary.split()) for issue in synced.jira.issues())
    found = Counter(
        " ".join(issue.title.split()) for name in HOMES.values() for issue in synced.github.world.repo_named(name).issues.values()
    )
    assert found == wanted


def test_status_and_priority_arrive_and_none_is_never_medium(synced: World) -> None:
    """Closed stays closed, and the priorities None and null become no label at all (request 32)."""
    mirrors = [issue for name in HOMES.values() for issue in synced.github.world.repo_named(name).issues.values()]
    shared = Counter(" ".join(issue.title.split()) for issue in mirrors)
    by_title = {" ".join(issue.title.split()): issue for issue in mirrors}
    catalogue = synced.jira.state.catalogue
    alone = [issue for issue in synced.jira.issues() if shared[" ".join(issue.summary.split())] == 1]
    assert len(alone) > ISSUES * 0.95
    for issue in alone:
        mirror = by_title[" ".join(issue.summary.split())]
        done = catalogue.statuses[issue.status].category == "done"
        assert (mirror.state == "closed") == done, issue.key
        name = catalogue.priorities[issue.priority].name if issue.priority else "None"
        labels = [label.name for label in mirror.labels if label.name.startswith("priority/")]
        assert bool(labels) == (name != "None"), (issue.key, name, labels)


def test_the_next_sync_writes_nothing(synced: World) -> None:
    """C6: nothing changed, nothing written, by the servers' own count."""
    before = synced.writes()
    code, report = synced.run("sync")
    assert (code, synced.writes()) == (0, before), report


def test_pmsync_stays_small(synced: World) -> None:
    """The 2,000 issues, their plan included, fit into little memory."""
    if not Path("/proc/self/status").exists():
        pytest.skip("this system does not tell a process's peak of memory")
    assert 20 < synced.peak_mb < MEMORY_MB, synced.peak_mb
