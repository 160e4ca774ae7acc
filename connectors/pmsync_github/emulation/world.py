"""The state of the whole stand-in server, its lookups, and the one place that hands out ids and writes the ground-truth log."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pmsync.connect.clock import Clock
from pmsync.testing.emulator import Event
from pmsync_github.emulation.errors import ApiError, Moved, not_found
from pmsync_github.emulation.knobs import GitHubKnobs
from pmsync_github.emulation.state import Comment, Happening, Issue, Label, Milestone, Repo, User


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a webhook tells: event name, action, who did it, where, and what the payload shows besides."""

    event: str
    action: str
    actor: str
    repo: Repo
    detail: Mapping[str, Any] = field(default_factory=dict)


class World:
    """Accounts, repositories and everything in them."""

    def __init__(self, clock: Clock, knobs: GitHubKnobs, events: list[Event]) -> None:
        self.clock = clock
        self.knobs = knobs
        self.events = events
        self.users: dict[str, User] = {}
        self.repos: dict[int, Repo] = {}
        self.names: dict[str, int] = {}
        self.old_names: dict[str, int] = {}
        self.app_roles: dict[str, Callable[[Repo], str]] = {}
        self.nodes: dict[str, User | Repo | Issue | Label | Milestone | Comment] = {}
        self.comments: dict[int, Comment] = {}
        self.notify: Callable[[Notice], None] = lambda notice: None
        self._last_id = 700_000_000

    # -- time and identity -------------------------------------------------------------------------------------------------

    def now(self) -> int:
        """Whole Unix seconds: GitHub's stamps have no fractions."""
        return int(self.clock.now())

    def next_id(self) -> int:
        """A fresh database id."""
        self._last_id += 1
        return self._last_id

    def record(self, actor: str, verb: str, thing: str, **detail: Any) -> None:
        """Write one line of the ground-truth log."""
        self.events.append(Event(self.clock.now(), actor, verb, thing, detail))

    # -- accounts ----------------------------------------------------------------------------------------------------------

    def add_user(self, login: str, kind: str, name: str | None = None, email: str | None = None) -> User:
        """A new account.

        Raises:
            ValueError: the login is taken.
        """
        if login.casefold() in self.users:
            raise ValueError(f"the account {login} exists already")
        user = User(self.next_id(), login, kind, self.now(), name, email)
        self.users[login.casefold()] = user
        self.nodes[user.node_id] = user
        return user

    def user(self, login: str) -> User | None:
        """An account by login, whatever its case."""
        return self.users.get(login.casefold())

    def ensure_user(self, login: str, kind: str = "User") -> User:
        """An account by login; made when it is not there."""
        return self.user(login) or self.add_user(login, kind)

    # -- repositories ------------------------------------------------------------------------------------------------------

    def repo_named(self, full_name: str) -> Repo:
        """A repository by its present name, for the side doors.

        Raises:
            KeyError: there is none.
        """
        return self.repos[self.names[full_name.casefold()]]

    def add_repo(self, owner: User, name: str, *, private: bool, description: str | None, has_issues: bool) -> Repo:
        """A new repository; a redirect from its name ends.

        Raises:
            ValueError: the name is taken.
        """
        full_name = f"{owner.login}/{name}".casefold()
        if full_name in self.names:
            raise ValueError(f"the repository {full_name} exists already")
        self.old_names.pop(full_name, None)
        repo = Repo(self.next_id(), owner.login, name, private, description, has_issues, self.now())
        self.repos[repo.id] = repo
        self.names[full_name] = repo.id
        self.nodes[repo.node_id] = repo
        return repo

    def rename_repo(self, repo: Repo, name: str) -> None:
        """Give a repository a new name; the old one redirects."""
        old = repo.full_name.casefold()
        del self.names[old]
        self.old_names[old] = repo.id
        repo.name = name
        self.old_names.pop(repo.full_name.casefold(), None)
        self.names[repo.full_name.casefold()] = repo.id

    def role(self, repo: Repo, login: str | None) -> str:
        """What an account may do in a repository: none, read, write or admin."""
        floor = "none" if repo.private else "read"
        if login is None:
            return floor
        if (by_app := self.app_roles.get(login.casefold())) is not None:
            role = by_app(repo)
            return floor if role == "none" else role
        if login.casefold() == repo.owner.casefold():
            return "admin"
        role = repo.roles.get(login.casefold(), self.knobs.default_role)
        return floor if role == "none" else role

    def can_push(self, repo: Repo, login: str | None) -> bool:
        """Whether an account may set labels, assignees and milestones."""
        return self.role(repo, login) in ("write", "admin")

    def assignable(self, repo: Repo, login: str) -> bool:
        """Whether an account can be assigned to issues: it works there."""
        return self.can_push(repo, login)

    # -- issues ------------------------------------------------------------------------------------------------------------

    def issue(self, repo: Repo, number: int, *, within: bool = False) -> Issue:
        """An issue by number. ``within``: it is asked for the sake of something in it (its labels, its comments).

        Raises:
            Moved: it was transferred (the redirect covers the issue itself only).
            ApiError: 404, or 410 once deleted.
        """
        if (found := repo.issues.get(number)) is not None:
            return found
        stone = repo.gone.get(number)
        if stone is None:
            raise not_found()
        if stone.target is None:
            raise ApiError(410, "This issue was deleted")
        if within:
            raise not_found()
        repo_id, new_number = stone.target
        raise Moved(f"/repositories/{repo_id}/issues/{new_number}")

    def before_change(self, issue: Issue) -> None:
        """Keep how the issue looked, while lists are to lag behind."""
        if self.knobs.list_lag > 0:
            kept = copy.copy(issue)
            kept.labels, kept.assignees, kept.former = list(issue.labels), list(issue.assignees), []
            horizon = self.clock.now() - self.knobs.list_lag
            issue.former = [entry for entry in issue.former if entry[0] > horizon]
            issue.former.append((self.clock.now(), kept))

    def touch(self, issue: Issue) -> None:
        """Stamp a change."""
        issue.updated_at = self.now()

    def as_listed(self, issue: Issue) -> Issue | None:
        """The issue as lists show it now: itself, an older look of it, or None while too fresh to be listed."""
        if not issue.former:
            return issue
        horizon = self.clock.now() - self.knobs.list_lag
        return next((look for at, look in issue.former if at > horizon), issue)

    def listed(self, repo: Repo) -> list[Issue]:
        """Every issue and pull request that lists show now."""
        if self.knobs.list_lag <= 0:
            return list(repo.issues.values())
        return [look for issue in repo.issues.values() if (look := self.as_listed(issue)) is not None]

    def happen(self, issue: Issue, actor: str, kind: str, **detail: Any) -> None:
        """Add an issue event and a line of the ground-truth log."""
        issue.happenings.append(Happening(self.next_id(), kind, actor, self.now(), detail))
        shown = {key: _word(value) for key, value in detail.items()}
        self.record(actor, f"issue.{kind}", self.place(issue), node_id=issue.node_id, **shown)

    def place(self, issue: Issue) -> str:
        """``owner/name#number``."""
        return f"{self.repos[issue.repo_id].full_name}#{issue.number}"


def _word(value: Any) -> Any:
    if isinstance(value, Label):
        return value.name
    if isinstance(value, Issue):
        return value.node_id
    return value.title if isinstance(value, Milestone) else value
