"""The bench on which acceptance scenarios are played: both real connectors over in-process emulators, wired by ``app.build``.

People act through the emulators' side doors; the program is started, killed at any boundary, and started again over one store. Every
request is counted where it arrives, and judged there whether it reads or writes.
"""

from __future__ import annotations

import copy
import sqlite3
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

from pmsync_scenario_wire import Asked, Crash, Doom, Wire

from pmsync import app as pmsync_app
from pmsync.engine.engine import Report
from pmsync.engine.events import Event
from pmsync.model.item import LinkState
from pmsync.model.record import RecordRef, ScopeRef
from pmsync.net.clock import VirtualClock
from pmsync.reconcile.plan import Plan
from pmsync.testing.emulator import Dropped, Request, Response, transport
from pmsync_github.emulator import TOKEN, GitHubEmulator, GitHubKnobs
from pmsync_jira.emulation.doors import Scheme
from pmsync_jira.emulator import JiraEmulator, JiraKnobs

PAY, API = ScopeRef("jira", "PAY"), ScopeRef("github", "acme/api")
BOARD = (("To Do", "new"), ("In Progress", "indeterminate"), ("In Review", "indeterminate"), ("Done", "done"))
BOTH_WAYS = """
    mirror:
      - {from: jira, to: "github:acme/api", create: auto}
      - {from: github, to: "jira:PAY", create: auto}
"""
ROOMY = "safety: {start: at_once, max_creates: 10000, max_updates: 10000, max_closes: 10000, close: allow}\n"


class Bench:
    """Jira with the project PAY, GitHub with the repository acme/api, Ana and Ben who work in both, and pmsync between them.

    ``wrap`` is given each emulator, by the system's name. ``config`` is what stands in the file below ``systems``; see ``product``.
    """

    def __init__(
        self,
        folder: Path,
        wrap: Mapping[str, Callable[[Any], Any]],
        *,
        private: bool = True,
        scheme: Scheme | None = None,
        jira: Mapping[str, Any] | None = None,
        github: Mapping[str, Any] | None = None,
    ) -> None:
        self.folder = folder
        self.clock = VirtualClock()
        self.jira = JiraEmulator(self.clock, JiraKnobs(**(jira or {})))
        self.github = GitHubEmulator(self.clock, GitHubKnobs(**(github or {})))
        self.jira.add_project("PAY", "Payments", scheme or Scheme(statuses=BOARD))
        self.github.add_repo("acme/api", private=private)
        self.ana = self.jira.add_user("Ana", email="ana@acme.com").account_id
        self._wrap = wrap
        self.wires: dict[str, Wire] = {}
        self.connect()
        self.random = Random(7)
        self.heard: list[Event] = []
        self.jira_settings = ""
        self.file = folder / "pmsync.yaml"
        self.configure()
        self._app: pmsync_app.App | None = None

    def connect(self) -> None:
        """Lay the wires to the emulators anew."""
        emulators = {"jira": self.jira, "github": self.github}
        self.wires = {name: Wire(name, self._wrap.get(name, lambda one: one)(one)) for name, one in emulators.items()}

    # -- the config --------------------------------------------------------------------------------------------------------------

    def configure(self, product: str = "", *, jira: str = "PAY", github: str = "acme/api", rest: str = ROOMY) -> None:
        """Write the config: ``product`` is what the product says besides its two scopes (default: mirror both ways)."""
        bot = self.jira.bot
        self.file.write_text(
            "systems:\n"
            f'  jira: {{kind: jira, url: "{self.jira.base_url}", login: {bot.email}, token: "{bot.token}"{self.jira_settings}}}\n'
            f'  github: {{kind: github, url: "{self.github.base_url}", token: "{TOKEN}"}}\n'
            f"marker_key: a-key-that-signs-markers\nproducts:\n  pay:\n    jira: {jira}\n    github: {github}\n"
            f"{product or BOTH_WAYS}\n{rest}"
        )

    # -- the program -------------------------------------------------------------------------------------------------------------

    @property
    def app(self) -> pmsync_app.App:
        """The running program; started when it is first needed."""
        if self._app is None:
            self._app = self.start()
        return self._app

    def start(self, *, read_only: bool = False, into_sources: bool = False) -> pmsync_app.App:
        """Build the program over the store in the folder."""
        made = pmsync_app.build(
            self.file,
            read_only=read_only,
            environ={},
            clock=self.clock,
            transports={name: transport(wire) for name, wire in self.wires.items()},
            new_uid=lambda: str(uuid.UUID(int=self.random.getrandbits(128), version=4)),
            into_sources=into_sources,
        )
        made.store.on_commit = lambda moment: self._step() if moment == "before" else None
        return made

    def _step(self) -> None:
        self.wires["jira"].doom.step()

    def stop(self) -> None:
        """End the program."""
        if self._app is not None:
            self._app.close()
            self._app = None

    def doom(self, strike: int) -> Doom:
        """Let the program die at a boundary: a request arriving, a write carried out, a commit."""
        made = Doom(strike)
        for wire in self.wires.values():
            wire.doom = made
        return made

    def restart(self) -> None:
        """The process is gone and another begins; the dead one's hold on the store runs out first."""
        self.stop()
        self.doom(0)
        for wire in self.wires.values():
            wire.quiet()
        self.clock.sleep(121)

    def hear(self, event: Event) -> None:
        """Listen."""
        self.heard.append(event)

    def sync(self, *scopes: ScopeRef) -> Report:
        """One whole round."""
        self.heard = []
        return self.app.engine.sync(self.hear, scopes)

    def pull(self, *scopes: ScopeRef) -> Report:
        """Only pull."""
        self.heard = []
        return self.app.engine.pull(self.hear, scopes)

    def plan(self) -> Plan:
        """A plan, made as the command makes it: by a program that can only read."""
        self.stop()
        self.heard = []
        reader = self.start(read_only=True)
        try:
            return reader.engine.plan(self.hear)[0]
        finally:
            reader.close()

    def apply(self, plan: Plan) -> Report:
        """Carry out a plan as it comes back from its file."""
        self.heard = []
        return self.app.engine.apply_plan(Plan.decode(plan.encode()), self.hear)

    def rest(self, pause: float = 700.0, most: int = 12) -> Report:
        """Sync, with pauses, until a round finds nothing and writes nothing."""
        for _ in range(most):
            before = self.written()
            report = self.sync()
            if self.written() == before and not report.tally.of("pulled") and report.exit_code == 0:
                return report
            self.clock.sleep(pause)
        raise AssertionError(f"no rest after {most} rounds: exit {report.exit_code}, {report.tally}, {self.told()[-20:]}")

    # -- what was asked of the systems -------------------------------------------------------------------------------------------

    def calls(self, system: str = "") -> list[Asked]:
        """The requests since the last ``forget``."""
        return [one for name, wire in self.wires.items() if system in ("", name) for one in wire.asked]

    def counts(self, system: str) -> Counter[str]:
        """The requests since the last ``forget`` by name."""
        return Counter(one.name for one in self.calls(system))

    def writes(self, system: str = "") -> list[str]:
        """The requests since the last ``forget`` that are no reads."""
        return [one.name for one in self.calls(system) if one.write]

    def forget(self) -> None:
        """Count anew."""
        for wire in self.wires.values():
            wire.asked.clear()

    def written(self) -> int:
        """Everything anybody changed in either system, by the systems' own logs."""
        return len(self.jira.events) + len(self.github.events)

    def lose_answer(self, system: str, name: str) -> None:
        """The next request of that name is carried out, and its answer never arrives."""
        wire = self.wires[system]

        def lose(request: Request, response: Response) -> None:
            if wire.asked[-1].name == name:
                wire.after = lambda request, response: None
                raise Dropped(sent=True)

        wire.after = lose

    # -- what people do, and what they see ---------------------------------------------------------------------------------------

    def file_jira(self, title: str = "Login fails", project: str = "PAY", **fields: Any) -> str:
        """Ana files a Jira issue; returns its key."""
        return self.jira.add_issue(project, title, actor=self.ana, **fields).key

    def file_github(self, title: str = "Login fails", repo: str = "acme/api", **fields: Any) -> int:
        """Ben opens a GitHub issue; returns its number."""
        for label in fields.get("labels", ()):
            self.github.add_label(repo, label)
        return self.github.add_issue(repo, title, actor="ben", **fields).number

    def edit_jira(self, key: str, **fields: Any) -> None:
        """Ana edits a Jira issue."""
        self.jira.edit_issue(key, self.ana, **fields)

    def edit_github(self, number: int, repo: str = "acme/api", **changes: Any) -> None:
        """Ben edits a GitHub issue."""
        for label in changes.get("labels", ()):
            self.github.add_label(repo, label)
        self.github.edit_issue(repo, number, actor="ben", **changes)

    def jira_titles(self, project: str = "PAY") -> list[str]:
        """The titles in a project, sorted."""
        return sorted(issue.summary for issue in self.jira.issues(project))

    def github_issues(self, repo: str = "acme/api") -> list[Any]:
        """The issues of a repository by number, pull requests left out."""
        issues = self.github.world.repo_named(repo).issues
        return [issues[number] for number in sorted(issues) if not issues[number].is_pull]

    def github_titles(self, repo: str = "acme/api") -> list[str]:
        """The titles in a repository, sorted."""
        return sorted(issue.title for issue in self.github_issues(repo))

    def github_labels(self, number: int = 1, repo: str = "acme/api") -> set[str]:
        """The labels of an issue."""
        return {label.name for label in self.github.issue(repo, number).labels}

    def jira_refs(self, project: str = "PAY") -> list[RecordRef]:
        """The issues of a project by their immutable names."""
        return [RecordRef("jira", str(issue.id)) for issue in self.jira.issues(project)]

    def jira_status(self, key: str) -> str:
        """The name of an issue's status."""
        return self.jira.state.catalogue.statuses[self.jira.issue(key).status].name

    def jira_priority(self, key: str) -> str:
        """The name of an issue's priority."""
        given = self.jira.issue(key).priority
        return self.jira.state.catalogue.priorities[given].name if given else ""

    # -- what the hub holds ------------------------------------------------------------------------------------------------------

    def read(self, ask: Callable[[Any], Any]) -> Any:
        """Ask the store."""
        with self.app.store.transaction() as tx:
            return ask(tx)

    def items(self) -> list[Any]:
        """All items."""
        return list(self.read(lambda tx: tx.items.page("")))

    def links(self) -> list[Any]:
        """All links."""
        found = self.read(lambda tx: tx.links.of_items([item.uid for item in tx.items.page("")]))
        return [link for group in found.values() for link in group]

    def replicas(self, key: str) -> set[str]:
        """The display keys of all managed records of the item that the record ``key`` belongs to."""
        links = [link for link in self.links() if link.state is LinkState.LINKED]
        [item] = {link.item for link in links if link.key == key}
        return {link.key for link in links if link.item == item}

    def number(self, key: str) -> int:
        """The number of the GitHub issue that mirrors a Jira issue."""
        [found] = [int(one.rpartition("#")[2]) for one in self.replicas(key) if "#" in one]
        return found

    def hub(self, name: str) -> Any:
        """The only item's bare value of a field."""
        [item] = self.items()
        held = item.fields.get(name)
        return getattr(held.value, "value", None) if held else None

    def conflicts(self) -> Sequence[Any]:
        """The open conflicts."""
        return list(self.read(lambda tx: tx.conflicts.list(True)))

    def journal(self, kind: str = "") -> list[Any]:
        """The journal, latest first."""
        return [entry for entry in self.read(lambda tx: tx.journal.recent(10_000)) if kind in ("", entry.kind)]

    def told(self, kind: str = "", code: str | None = None) -> list[str]:
        """What the last run said."""
        return [one.text for one in self.heard if kind in ("", one.kind) and code in (None, one.code)]

    # -- the same moment again ---------------------------------------------------------------------------------------------------

    def freeze(self) -> tuple[Any, ...]:
        """Everything there is, as a value for ``thaw``."""
        self.stop()
        return self.image(), self._copied((self.jira, self.github)), self.clock.now(), self.random.getstate()

    def image(self) -> bytes:
        """What is on the disk."""
        with closing(sqlite3.connect(self.folder / "pmsync.db")) as raw:
            return raw.serialize()

    def thaw(self, frozen: tuple[Any, ...]) -> None:
        """Back to the moment of ``freeze``."""
        image, emulators, now, state = frozen
        self.stop()
        for leftover in self.folder.glob("pmsync.db*"):
            leftover.unlink()
        (self.folder / "pmsync.db").write_bytes(image)
        self.jira, self.github = self._copied(emulators)
        self.clock._now = now
        self.random.setstate(state)
        self.connect()

    def _copied(self, emulators: tuple[Any, Any]) -> tuple[Any, Any]:
        return copy.deepcopy(emulators, {id(self.clock): self.clock})

    def outcome(self) -> dict[str, Any]:
        """Where everything stands, with no names of ours in it."""
        jira = [
            (issue.key, issue.summary, self.jira_status(issue.key), self.jira_priority(issue.key), sorted(issue.labels))
            for issue in self.jira.issues()
        ]
        github = [
            (repo.full_name, issue.title, issue.state, issue.state_reason, sorted(label.name for label in issue.labels))
            for repo in self.github.world.repos.values()
            for issue in repo.issues.values()
        ]
        hub = [
            sorted((name, str(getattr(held.value, "value", None))) for name, held in item.fields.items()) for item in self.items()
        ]
        disputes = [
            (row.dispute.field, str(row.dispute.base), sorted((one.system, one.shown) for one in row.dispute.candidates))
            for row in self.conflicts()
        ]
        links = sorted((str(link.scope), link.state.value) for link in self.links())
        return {
            "jira": sorted(jira),
            "github": sorted(github),
            "hub": sorted(hub),
            "conflicts": sorted(disputes),
            "links": links,
        }


__all__ = ["TOKEN", "Bench", "Crash"]
