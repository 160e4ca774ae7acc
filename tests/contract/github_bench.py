"""The side door of a stand-in GitHub, for the conformance suite."""

from __future__ import annotations

import json
from types import MappingProxyType

from pmsync.model.record import RecordRef, ScopeRef
from pmsync.net.clock import VirtualClock
from pmsync.net.graphql import is_query
from pmsync.testing.conformance import EmulatorBench
from pmsync_github import plugin
from pmsync_github.emulator import BOT, TOKEN, GitHubEmulator

API, WEB = "acme/api", "acme/web"
SECRET = "hook-secret"


def is_write(request):
    if request.path.endswith("/graphql"):
        return not is_query(request.json())
    return request.method not in ("GET", "HEAD")


class GitHubBench(EmulatorBench):
    """The side door of a ``GitHubEmulator``."""

    person = "octocat"
    unknown_id = "I_kwDOAAAAAM4AAAAA"
    permissions = MappingProxyType({"sign-in": "token", "read": API, "edit": "push access"})

    def __init__(self):
        clock = VirtualClock()
        self.hub = GitHubEmulator(clock)
        settings = {"token": TOKEN, "url": self.hub.base_url, "webhook_secret": SECRET}
        scopes = [(ScopeRef("github", API), API), (ScopeRef("github", WEB), WEB)]
        super().__init__(plugin, settings, scopes, self.hub, clock, is_write)
        self.hub.add_user("octocat", name="Mona")
        for name in (API, WEB):
            self.hub.add_repo(name)

    def _place(self, ref):
        issue = self.hub.world.nodes[ref.remote_id]
        return self.hub.world.repos[issue.repo_id].full_name, issue.number

    def person_creates(self, title, **values):
        if "labels" in values:
            values["labels"] = sorted(values["labels"] or ())
        return RecordRef("github", self.hub.add_issue(API, title, **values).node_id)

    def person_edits(self, ref, **values):
        if "labels" in values:
            values["labels"] = sorted(values["labels"] or ())
        self.hub.edit_issue(*self._place(ref), **values)

    def person_deletes(self, ref):
        self.hub.delete_issue(*self._place(ref))

    def person_moves(self, ref, to):
        self.hub.transfer_issue(*self._place(ref), to.key)

    def person_comments(self, ref, body):
        self.hub.comment(*self._place(ref), body)

    def ignore_writes_of(self, field):
        """Without push access GitHub drops the labels of a new issue and says 201."""
        self.hub.set_role(API, BOT, "read")

    def ragged_pages(self, sizes):
        """Pull requests take places on the pages of issues: here they fill whole ones."""
        for number in range(130):
            self.hub.add_pull_request(API, f"Pull request {number}")

    def deny(self, permission):
        if permission == "sign-in":
            self.hub.revoke_token(TOKEN)
        elif permission == "read":
            self.hub.world.repo_named(API).private = True
            self.hub.set_role(API, BOT, "none")
        else:
            self.hub.set_role(API, BOT, "read")

    def hint(self, ref):
        sent = []
        self.hub.add_hook(API, lambda headers, body: sent.append((headers, body)), secret=SECRET)
        self.person_edits(ref, title="Hinted at")
        headers, body = sent[-1]
        assert json.loads(body)["issue"]["node_id"] == ref.remote_id
        return {key.lower(): value for key, value in headers.items()}, body
