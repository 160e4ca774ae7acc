"""A stateful stand-in for GitHub's REST and GraphQL API, as far as issues need it; answers 501 to everything else.

It behaves as GitHub documents, with its traps: cursors instead of page numbers, silent drops without push access, transfers that redirect
and whose sub-resources do not, deletions that answer 410, ETags that differ by token, hourly quotas and secondary limits on one clock, hooks
that are signed and may be lost. ``GitHubKnobs`` turns them; the plain methods (``add_issue``, ``edit_issue`` ...) are what people do in the
browser. ``events`` tells what really happened.

Where documents and reports are silent it takes the quieter way: equal values leave ``updated_at`` alone, opening an open issue does nothing,
moving into a repository that lacks a label drops that label. A GraphQL ``stateReason`` of a duplicate is refused without ``enableDuplicate``,
for nobody wrote down what it would be. Endpoints of Apps follow PyGithub's reading, for the description at hand leaves them out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from urllib.parse import urlsplit

from pmsync.connect.clock import Clock
from pmsync.testing.emulator import Event, Request, Response
from pmsync_github.emulation import checks, edits, milestones
from pmsync_github.emulation.auth import NOBODY, App, Doorkeeper, Installation
from pmsync_github.emulation.calls import Site
from pmsync_github.emulation.errors import ApiError
from pmsync_github.emulation.graphql import GraphQL
from pmsync_github.emulation.knobs import GitHubKnobs
from pmsync_github.emulation.limits import Limits
from pmsync_github.emulation.rest import Rest, refusal
from pmsync_github.emulation.stamps import http_date
from pmsync_github.emulation.state import ROLES, Comment, Issue, Label, Milestone, Repo, User
from pmsync_github.emulation.webhooks import Hook, Messenger, Sink
from pmsync_github.emulation.world import World

__all__ = ["BOT", "TOKEN", "GitHubEmulator", "GitHubKnobs"]

BOT = "pmsync-bot"
"""The account that exists from the start."""

TOKEN = "ghp_emulated000000000000000000000000000"  # noqa: S105 - it opens nothing but this emulator
"""Its personal token."""

WRITE_PERMISSIONS = {"issues": "write", "metadata": "read"}
Result = TypeVar("Result")
AGENT = "Request forbidden by administrative rules. Please make sure your request has a User-Agent header."


@dataclass(slots=True)
class _Fault:
    status: int
    method: str
    path: re.Pattern[str]
    after: bool
    left: int


class GitHubEmulator:
    """The server. ``handle`` is its only network face; ``serve`` and ``transport`` of ``pmsync.testing.emulator`` carry it."""

    def __init__(self, clock: Clock, knobs: GitHubKnobs | None = None, *, seed: int = 0) -> None:
        self.base_url = "https://api.github.test"
        self.events: list[Event] = []
        self.clock = clock
        self.knobs = knobs or GitHubKnobs()
        self.world = World(clock, self.knobs, self.events)
        self._site = Site(self.world, Doorkeeper(self.world), Limits(clock, self.knobs))
        self._rest = Rest(self._site)
        self._graphql = GraphQL(self._site)
        self._messenger = Messenger(self.world, lambda: self.base_url, seed)
        self._faults: list[_Fault] = []
        self._requests = 0
        self.world.notify = self._messenger.notice
        self.add_user(BOT, token=TOKEN)

    # -- the network face ----------------------------------------------------------------------------------------------------

    def handle(self, request: Request) -> Response:
        """Answer one request."""
        self._requests += 1
        prefix = urlsplit(self.base_url).path.rstrip("/")
        path = request.path.removeprefix(prefix) or "/"
        fault = self._fault(request.method, path)
        if fault is not None and not fault.after:
            return self._stamped(_broken(fault.status))
        response = self._answer(replace(request, path=path), request.path)
        self._messenger.deliver()
        return self._stamped(_broken(fault.status) if fault is not None else response)

    def _answer(self, request: Request, full_path: str) -> Response:
        if not request.headers.get("user-agent"):
            return refusal(ApiError(403, AGENT))
        base = self.base_url.rstrip("/")
        try:
            caller = self._site.door.caller(request.headers)
        except ApiError as refused:
            quota = self._site.limits.quota(NOBODY.key, "core", anonymous=True)
            return replace(refusal(refused), headers={"content-type": "application/json; charset=utf-8", **quota.headers()})
        if request.path == "/graphql" or full_path == "/api/graphql":
            return self._graphql.answer(request, caller)
        return self._rest.answer(request, caller, base)

    def _stamped(self, response: Response) -> Response:
        extra = {
            "date": http_date(self.clock.now()),
            "server": "github.com",
            "x-github-request-id": f"{self._requests:04X}:EMU",
        }
        return replace(response, headers={**extra, **response.headers})

    # -- faults --------------------------------------------------------------------------------------------------------------

    def fail_next(self, status: int, *, method: str = "", path: str = ".*", after: bool = False, times: int = 1) -> None:
        """Answer ``status`` to the next ``times`` requests of ``method`` ("": any) whose path matches the pattern ``path`` fully.

        ``after``: the request is carried out first; only its answer is lost.
        """
        self._faults.append(_Fault(status, method, re.compile(path), after, times))

    def _fault(self, method: str, path: str) -> _Fault | None:
        for fault in self._faults:
            if fault.left > 0 and fault.method in ("", method) and fault.path.fullmatch(path):
                fault.left -= 1
                return fault
        return None

    # -- accounts and access -------------------------------------------------------------------------------------------------

    def add_user(
        self, login: str, *, token: str = "", name: str | None = None, email: str | None = None, read_only: bool = False
    ) -> User:
        """A new account, with a personal token if one is given (``read_only``: a token that may not write)."""
        user = self.world.add_user(login, "User", name, email)
        if token:
            self._site.door.add_token(token, login, read_only=read_only)
        return user

    def add_token(self, login: str, token: str, *, read_only: bool = False) -> None:
        """Another personal token for an account."""
        self._site.door.add_token(token, login, read_only=read_only)

    def revoke_token(self, token: str) -> None:
        """Answer 401 to a token from now on."""
        self._site.door.revoke(token)

    def add_app(
        self, app_id: int, slug: str, account: str, *, repos: Iterable[str] = (), permissions: Mapping[str, str] | None = None
    ) -> Installation:
        """A GitHub App installed on an account (all repositories unless ``repos`` names some). Its installation id is ``app_id + 1000``."""
        self.world.ensure_user(account, "Organization")
        app = App(app_id, slug, account)
        self._site.door.add_app(app)
        chosen = frozenset(name.casefold() for name in repos)
        installation = Installation(app_id + 1000, app, account, dict(permissions or WRITE_PERMISSIONS), chosen)
        self._site.door.install(installation)
        return installation

    def set_role(self, full_name: str, login: str, role: str) -> None:
        """Give an account a role in a repository: none, read, write or admin."""
        if role not in ROLES:
            raise ValueError(f"{role} is no role: {', '.join(ROLES)}")
        self.world.repo_named(full_name).roles[login.casefold()] = role

    # -- repositories --------------------------------------------------------------------------------------------------------

    def add_repo(
        self,
        full_name: str,
        *,
        private: bool = False,
        owner_kind: str = "Organization",
        description: str | None = None,
        has_issues: bool = True,
    ) -> Repo:
        """A new repository ``owner/name``; the owner is made when it is not there (``Organization`` or ``User``)."""
        owner, _, name = full_name.partition("/")
        account = self.world.ensure_user(owner, owner_kind)
        return self.world.add_repo(account, name, private=private, description=description, has_issues=has_issues)

    def set_private(self, full_name: str, private: bool) -> None:
        """Hide a repository or open it to the public."""
        self.world.repo_named(full_name).private = private

    def rename_repo(self, full_name: str, name: str) -> None:
        """Rename a repository; its old address redirects."""
        self.world.rename_repo(self.world.repo_named(full_name), name)

    def add_label(self, full_name: str, name: str, *, color: str = edits.DEFAULT_COLOR, description: str | None = None) -> Label:
        """A label of a repository; the present one if there is one of that name."""
        repo = self.world.repo_named(full_name)
        return edits.ensure_label(self.world, repo, repo.owner, checks.label_name(name), color, description)

    def rename_label(self, full_name: str, name: str, new_name: str) -> None:
        """Rename a label."""
        repo = self.world.repo_named(full_name)
        edits.rename_label(self.world, repo, repo.owner, repo.labels[name.casefold()], new_name)

    # -- milestones ------------------------------------------------------------------------------------------------------------

    def milestone(self, full_name: str, title: str) -> Milestone:
        """The milestone of that title.

        Raises:
            KeyError: there is none.
        """
        for one in self.world.repo_named(full_name).milestones.values():
            if one.title == title:
                return one
        raise KeyError(title)

    def add_milestone(self, full_name: str, title: str, *, actor: str = "octocat", **fields: Any) -> Milestone:
        """A milestone made by ``actor``; ``fields`` as in REST (state, description, due_on)."""
        self.world.ensure_user(actor)
        return self._done(milestones.create(self.world, self.world.repo_named(full_name), actor, {"title": title, **fields}))

    def edit_milestone(self, full_name: str, number: int, *, actor: str = "octocat", **changes: Any) -> Milestone:
        """``actor`` changes a milestone; ``changes`` as in REST (title, state, description, due_on)."""
        self.world.ensure_user(actor)
        repo = self.world.repo_named(full_name)
        milestones.edit(self.world, repo, repo.milestones[number], actor, changes)
        return self._done(repo.milestones[number])

    def delete_milestone(self, full_name: str, number: int, *, actor: str = "octocat") -> None:
        """``actor`` deletes a milestone."""
        self.world.ensure_user(actor)
        repo = self.world.repo_named(full_name)
        milestones.delete(self.world, repo, repo.milestones[number], actor)
        self._messenger.deliver()

    # -- what people do to issues ------------------------------------------------------------------------------------------------

    def issue(self, full_name: str, number: int) -> Issue:
        """The issue as it is now.

        Raises:
            KeyError: there is none (deleted and transferred ones included).
        """
        return self.world.repo_named(full_name).issues[number]

    def add_issue(self, full_name: str, title: str, *, actor: str = "octocat", is_pull: bool = False, **fields: Any) -> Issue:
        """An issue opened by ``actor``; ``fields`` as in REST (body, labels, assignees, milestone)."""
        self.world.ensure_user(actor)
        repo = self.world.repo_named(full_name)
        checked = checks.issue_fields(self.world, repo, {"title": title, **fields}, creating=True)
        return self._done(edits.create_issue(self.world, repo, actor, checked, is_pull=is_pull))

    def add_pull_request(self, full_name: str, title: str, *, actor: str = "octocat", **fields: Any) -> Issue:
        """A pull request: it takes a number and shows up in issue lists."""
        return self.add_issue(full_name, title, actor=actor, is_pull=True, **fields)

    def edit_issue(self, full_name: str, number: int, *, actor: str = "octocat", **changes: Any) -> Issue:
        """``actor`` changes an issue; ``changes`` as in REST (title, body, state, state_reason, labels, assignees, milestone)."""
        self.world.ensure_user(actor)
        issue = self.issue(full_name, number)
        checked = checks.issue_fields(self.world, self.world.repo_named(full_name), changes, creating=False)
        edits.edit_issue(self.world, issue, actor, checked)
        return self._done(issue)

    def put_under(self, full_name: str, number: int, parent: Issue | None, *, actor: str = "octocat") -> None:
        """``actor`` makes an issue a sub-issue of ``parent``, or of nobody."""
        self.world.ensure_user(actor)
        issue = self.issue(full_name, number)
        if parent is not None:
            edits.add_sub_issue(self.world, parent, issue, actor, replace=True)
        elif issue.parent is not None:
            edits.remove_sub_issue(self.world, issue.parent, issue, actor)
        self._messenger.deliver()

    def close(self, full_name: str, number: int, *, actor: str = "octocat", reason: str = "completed") -> Issue:
        """Close an issue."""
        return self.edit_issue(full_name, number, actor=actor, state="closed", state_reason=reason)

    def comment(self, full_name: str, number: int, body: str, *, actor: str = "octocat") -> Comment:
        """Comment on an issue."""
        self.world.ensure_user(actor)
        return self._done(edits.add_comment(self.world, self.issue(full_name, number), actor, body))

    def edit_comment(self, comment: Comment, body: str, *, actor: str = "octocat") -> None:
        """Change a comment's text."""
        edits.edit_comment(self.world, comment, actor, body)
        self._messenger.deliver()

    def delete_comment(self, comment: Comment, *, actor: str = "octocat") -> None:
        """Delete a comment: 404 from now on."""
        edits.delete_comment(self.world, comment, actor)
        self._messenger.deliver()

    def delete_issue(self, full_name: str, number: int, *, actor: str = "octocat") -> None:
        """Delete an issue: 410 from now on."""
        self.world.ensure_user(actor)
        edits.delete_issue(self.world, self.issue(full_name, number), actor)
        self._messenger.deliver()

    def transfer_issue(self, full_name: str, number: int, target: str, *, actor: str = "octocat") -> Issue:
        """Transfer an issue to another repository of the same owner; returns the new issue."""
        self.world.ensure_user(actor)
        issue = self.issue(full_name, number)
        return self._done(edits.transfer_issue(self.world, issue, actor, self.world.repo_named(target)))

    # -- hooks -----------------------------------------------------------------------------------------------------------------

    def add_hook(self, full_name: str, sink: Sink, *, secret: str = "", events: Iterable[str] = ("*",)) -> Hook:
        """Deliver a repository's events to ``sink(headers, body)``, signed with ``secret``."""
        return self._messenger.add(self.world.repo_named(full_name), sink, secret, events)

    def deliver(self) -> int:
        """Send the deliveries that are due, held back ones included when their time has come; returns how many went out."""
        return self._messenger.deliver()

    def _done(self, result: Result) -> Result:
        self._messenger.deliver()
        return result


def _broken(status: int) -> Response:
    return Response(status, {"content-type": "text/html; charset=utf-8"}, b"<html><body><h1>Unicorn!</h1></body></html>")
