"""The Jira connector passes the conformance suite against the stand-in site."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from pmsync.model.record import RecordRef, ScopeRef
from pmsync.net.clock import VirtualClock
from pmsync.testing.conformance import ConnectorSuite, EmulatorBench
from pmsync_jira import plugin
from pmsync_jira.client import READS

SECRET = "hook-secret"
NAMES = {"title": "summary", "body": "description"}
PERMISSIONS = {"read": "BROWSE_PROJECTS", "create": "CREATE_ISSUES", "edit": "EDIT_ISSUES"}


def is_write(request):
    if request.method in ("GET", "HEAD"):
        return False
    return not any(rule.method == request.method and rule.path.fullmatch(request.path) for rule in READS)


class JiraBench(EmulatorBench):
    """The side door of a ``JiraEmulator``."""

    permissions = MappingProxyType(
        {"sign-in": "token", "read": "Browse Projects", "create": "Create Issues", "edit": "Edit Issues"}
    )

    def __init__(self):
        clock = VirtualClock()
        self.jira = plugin.emulator(clock)
        bot = self.jira.bot
        settings = {"url": self.jira.base_url, "login": bot.email, "token": bot.token, "webhook_secret": SECRET}
        scopes = [(ScopeRef("jira", "PAY"), "PAY"), (ScopeRef("jira", "WEB"), "WEB")]
        super().__init__(plugin, settings, scopes, self.jira, clock, is_write)
        self.jira.add_project("PAY", "Payments")
        self.jira.add_project("WEB", "Web shop")
        self.person = self.jira.add_user("Mia Krystof").account_id

    def _fields(self, values):
        fields = {NAMES.get(name, name): value for name, value in values.items()}
        if "labels" in fields:
            fields["labels"] = sorted(fields["labels"] or ())
        return fields

    def person_creates(self, title, **values):
        issue = self.jira.add_issue("PAY", title, actor=self.person, **self._fields(values))
        return RecordRef("jira", str(issue.id))

    def person_edits(self, ref, **values):
        self.jira.edit_issue(ref.remote_id, self.person, **self._fields(values))

    def person_deletes(self, ref):
        self.jira.delete_issue(ref.remote_id, self.person)

    def person_moves(self, ref, to):
        self.jira.move_issue(ref.remote_id, to.key, self.person)

    def person_comments(self, ref, body):
        self.jira.comment_issue(ref.remote_id, self.person, body)

    def ragged_pages(self, sizes):
        self.jira.knobs.ragged = True

    def deny(self, permission):
        if permission == "sign-in":
            self.jira.change_user(self.jira.bot.account_id, active=False)
        else:
            self.jira.deny(PERMISSIONS[permission], "PAY")

    def hint(self, ref):
        sent = []

        def sink(delivery):
            sent.append(delivery)
            return 200

        self.jira.knobs.webhook_secret = SECRET
        self.jira.webhooks.sink = sink
        self.person_edits(ref, title="Hinted at")
        self.jira.webhooks.pump()
        return sent[-1].headers, sent[-1].body


class TestJira(ConnectorSuite):
    @pytest.fixture
    def bench(self):
        return JiraBench()
