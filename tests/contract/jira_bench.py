"""The side door of a stand-in Jira, and the sites on which the conformance suite is run."""

from __future__ import annotations

import re
from types import MappingProxyType

from pmsync.model.record import RecordRef, ScopeRef
from pmsync.net.clock import VirtualClock
from pmsync.testing.conformance import EmulatorBench
from pmsync_jira import plugin
from pmsync_jira.emulation.doors import Scheme, Step
from pmsync_jira.emulator import JiraEmulator, JiraKnobs

READ_POSTS = re.compile(r"/rest/api/(3/(search/jql|issue/bulkfetch|changelog/bulkfetch)|2/search)")
NAMES = {"title": "summary", "body": "description"}
DENIABLE = {"read": "BROWSE_PROJECTS", "create": "CREATE_ISSUES", "edit": "EDIT_ISSUES"}


def is_write(request):
    return request.method not in ("GET", "HEAD") and not READ_POSTS.fullmatch(request.path)


class JiraBench(EmulatorBench):
    """The side door of a ``JiraEmulator``."""

    permissions = MappingProxyType({"sign-in": "token", "read": "browse", "create": "create", "edit": "edit"})
    unknown_id = "999999999"

    def __init__(self, scheme=None, **knobs):
        clock = VirtualClock()
        self.site = JiraEmulator(clock, JiraKnobs(webhook_secret="hook-secret", **knobs))
        self.person = self.site.add_user("Ana", email="ana@example.com").account_id
        for key in ("PAY", "WEB"):
            self.site.add_project(key, scheme=scheme)
        bot = self.site.bot
        settings = {"url": self.site.base_url, "token": bot.token, "webhook_secret": "hook-secret"}
        whose = {"deployment": "datacenter"} if knobs.get("deployment") == "datacenter" else {"login": bot.email}
        scopes = [(ScopeRef("jira", key), key) for key in ("PAY", "WEB")]
        super().__init__(plugin, {**settings, **whose}, scopes, self.site, clock, is_write)

    def person_creates(self, title, **values):
        issue = self.site.add_issue("PAY", title, actor=self.person, issue_type="Task", **self.fields(values))
        return RecordRef("jira", str(issue.id))

    def person_edits(self, ref, **values):
        self.site.edit_issue(ref.remote_id, self.person, **self.fields(values))

    def person_deletes(self, ref):
        self.site.delete_issue(ref.remote_id, self.person)

    def person_moves(self, ref, to):
        self.site.move_issue(ref.remote_id, to.key, self.person)

    def person_comments(self, ref, body):
        self.site.comment_issue(ref.remote_id, self.person, body)

    def hold_back(self, ref, seconds):
        self.site.hold_index(ref.remote_id, seconds)

    def ragged_pages(self, sizes):
        """Jira cuts pages as it likes; the emulator does so at random, from a seed."""
        self.site.knobs.ragged = True

    def deny(self, permission):
        if permission == "sign-in":
            self.site.change_user(self.site.bot.account_id, token="another")
        else:
            self.site.deny(DENIABLE[permission])

    def hint(self, ref):
        told = []
        self.site.webhooks.sink = lambda delivery: told.append(delivery) or 200
        self.person_edits(ref, title="Hinted at")
        self.site.webhooks.pump()
        return told[-1].headers, told[-1].body

    @staticmethod
    def fields(values):
        return {NAMES.get(name, name): sorted(value) if name == "labels" else value for name, value in values.items()}


WORKFLOW = Scheme(
    workflow=[
        Step("Start", "In Progress", ("To Do",)),
        Step("Finish", "Done", ("In Progress",)),
        Step("Reopen", "To Do", ("Done",)),
    ]
)
SITES = {
    "plain": {},
    "lagging index, far west": {"index_lag": 240.0, "account_time_zone": "America/Los_Angeles"},
    "strict workflow": {"scheme": WORKFLOW},
    "in German, silent bulk reads": {
        "translations": {
            "To Do": "Zu erledigen",
            "Done": "Fertig",
            "In Progress": "In Arbeit",
            "High": "Hoch",
            "Task": "Aufgabe",
        },
        "bulk_errors": False,
    },
    "data center": {"deployment": "datacenter"},
    "data center, strict workflow, far east": {
        "deployment": "datacenter",
        "scheme": WORKFLOW,
        "index_lag": 20.0,
        "account_time_zone": "Pacific/Auckland",
    },
}
