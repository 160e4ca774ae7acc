"""A Jira Data Center next to a Jira Cloud and a GitHub, in one config: what one of them says, all three show."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pmsync.net.clock import SharedClock
from pmsync.testing.emulator import serve
from pmsync_github.emulator import TOKEN, GitHubEmulator
from pmsync_jira.emulator import JiraEmulator, JiraKnobs

pytestmark = pytest.mark.slow

REPO = "acme/api"
WIKI = "h2. Steps\n\n# open *Settings*\n# press {{Save}}\n"


@dataclass(slots=True)
class World:
    """The three systems and the clock they share with pmsync."""

    folder: Path
    clock: SharedClock
    cloud: JiraEmulator
    center: JiraEmulator
    github: GitHubEmulator

    def run(self, *args: str, codes: tuple[int, ...] = (0,)) -> dict[str, object]:
        """Run pmsync to its end; its JSON."""
        shared = {"PMSYNC_CLOCK": f"shared:{self.folder / 'clock'}", "PMSYNC_CONFIG": str(self.folder / "pmsync.yaml")}
        command = [sys.executable, "-m", "pmsync", *args, "--json"]
        done = subprocess.run(command, env={**os.environ, **shared}, cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode in codes, f"{args}: exit {done.returncode}\n{done.stderr}\n{done.stdout}"
        document: dict[str, object] = json.loads(done.stdout)
        return document

    def settle(self) -> None:
        """Rounds until nothing is left to do."""
        for _ in range(6):
            self.clock.sleep(900)
            report = self.run("sync", codes=(0, 1, 3))
            if report["exit_code"] == 0 and "sent" not in dict(report["counts"]):  # type: ignore[call-overload]  # JSON
                return
        raise AssertionError(report)

    def titles(self) -> list[list[str]]:
        """What is called how, in each system."""
        repo = self.github.world.repo_named(REPO)
        both = [[issue.summary for issue in site.issues(key)] for site, key in ((self.cloud, "PAY"), (self.center, "OPS"))]
        return [sorted(one) for one in (*both, [issue.title for issue in repo.issues.values()])]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    clock = SharedClock(tmp_path / "clock")
    cloud, center = JiraEmulator(clock), JiraEmulator(clock, JiraKnobs(deployment="datacenter"))
    github = GitHubEmulator(clock)
    cloud.add_project("PAY")
    center.add_project("OPS")
    github.add_repo(REPO, private=True)
    with serve(cloud), serve(center), serve(github):
        rules = [
            ("cloud", "center"),
            ("cloud", f"github:{REPO}"),
            ("center", "cloud"),
            ("center", f"github:{REPO}"),
        ]
        mirror = ", ".join(f'{{from: {source}, to: "{target}", create: review}}' for source, target in rules)
        (tmp_path / "pmsync.yaml").write_text(
            f'systems:\n  cloud: {{kind: jira, url: "{cloud.base_url}", login: {cloud.bot.email}, token: {cloud.bot.token}}}\n'
            f'  center: {{kind: jira, deployment: datacenter, url: "{center.base_url}", token: {center.bot.token}}}\n'
            f'  github: {{kind: github, url: "{github.base_url}", token: {TOKEN}}}\n'
            f"products:\n  payments:\n    cloud: PAY\n    center: OPS\n    github: {REPO}\n    mirror: [{mirror}]\n"
            "fields: {body: {all: both}}\n"
        )
        yield World(tmp_path, clock, cloud, center, github)


def test_data_center_next_to_cloud_and_github(world: World) -> None:
    """Issues of either Jira arrive in the other and in GitHub once; edits of text, status (C37) and labels (C42: removals, too) go all ways."""
    ana, ben = world.cloud.add_user("Ana").account_id, world.center.add_user("Ben").account_id
    world.cloud.add_issue("PAY", "From the cloud", actor=ana, issue_type="Task")
    theirs = world.center.add_issue("OPS", "From the cellar", actor=ben, issue_type="Bug", description=WIKI, labels=["slow"])
    for _ in range(3):
        world.run("plan", "-o", "plan.json")
        world.run("apply", "plan.json", codes=(0, 1, 3))
        world.settle()
    assert world.titles() == [["From the cellar", "From the cloud"]] * 3
    [mirror] = [one for one in world.cloud.issues("PAY") if one.summary == "From the cellar"]
    [shown] = [one for one in world.github.world.repo_named(REPO).issues.values() if one.title == "From the cellar"]
    assert mirror.labels == ("slow",)
    assert [label.name for label in shown.labels if not label.name.startswith("priority/")] == ["slow"]
    assert "## Steps" in shown.body
    assert "Settings" in json.dumps(mirror.description)
    assert theirs.description == world.center.issue(theirs.key).description

    world.cloud.edit_issue(mirror.key, ana, summary="From the basement", labels=["seen"])
    world.center.transition_issue(theirs.key, ben, "Done")
    world.settle()
    assert world.titles() == [["From the basement", "From the cloud"]] * 3
    assert world.center.issue(theirs.key).labels == ("seen",)
    assert [label.name for label in shown.labels if not label.name.startswith("priority/")] == ["seen"]
    assert world.center.issue(theirs.key).description == WIKI
    done = {world.cloud.state.catalogue.statuses[world.cloud.issue(mirror.key).status].name, shown.state}
    assert done == {"Done", "closed"}


def test_doctor_finds_all_three_well(world: World) -> None:
    document = world.run("doctor", codes=(0, 1))
    assert "Jira Data Center" in json.dumps(document)
    assert "error" not in {check.get("level") for check in document.get("checks", ())}  # type: ignore[attr-defined]  # JSON
