"""A GitHub connector on the stand-in server, for tests of what is GitHub's alone."""

from __future__ import annotations

from itertools import count

from pmsync.connect.contract import Stream
from pmsync.connect.markers import Marker, sign
from pmsync.connect.plugin import Environment, ScopeConfig
from pmsync.model.enums import Kind
from pmsync.model.record import RecordRef, ScopeRef
from pmsync.model.values import EMPTY, Known, known
from pmsync.net.clock import VirtualClock
from pmsync.net.fence import Fence
from pmsync.net.graphql import is_query
from pmsync.reconcile.operation import Change, Operation, OpKind
from pmsync.testing.emulator import Request, transport
from pmsync.testing.faults import Faulty
from pmsync_github import plugin
from pmsync_github.emulator import TOKEN, GitHubEmulator, GitHubKnobs

API = ScopeRef("github", "acme/api")
WEB = ScopeRef("github", "acme/web")


def is_write(request):
    if request.path.endswith("/graphql"):
        return not is_query(request.json())
    return request.method not in ("GET", "HEAD")


class Hub:
    """The emulator with two public repositories, the line to it, and connectors that count their calls."""

    API, WEB, TOKEN = API, WEB, TOKEN

    def __init__(self, wrap=lambda emulator: emulator, **knobs):
        self.clock = VirtualClock()
        self.server = GitHubEmulator(self.clock, GitHubKnobs(**knobs))
        self.line = Faulty(wrap(self.server), self.clock, is_write)
        self.calls = []
        self._uids = count(1)
        for scope in (API, WEB):
            self.server.add_repo(scope.key)

    def connector(self, *scopes, maps=None, settings=None, read_only=False, line=None):
        """``scopes`` as in the config; both repositories when left out."""
        given = [plugin.scope_settings.model_validate(scope) for scope in scopes or (API.key, WEB.key)]
        configs = tuple(ScopeConfig(ScopeRef("github", one.repo), one, maps or {}) for one in given)
        system = plugin.settings.model_validate({"url": self.server.base_url, **(settings or {"token": TOKEN})})
        fence = Fence(read_only=read_only)
        environment = Environment("github", self.clock, fence, self._count, transport(line or self.line))
        return plugin.connector(system, configs, environment)

    def _count(self, system, method, name, status):
        self.calls.append((method, name, status))

    def names(self, *, writes=False):
        """Names of the calls so far; ``writes`` leaves reads and GraphQL queries out."""
        reads = ("GET", "POST /graphql Nodes", "POST /graphql Ids", "POST /graphql Users")
        return [
            name if " " in name else f"{method} {name}"
            for method, name, _ in self.calls
            if not (writes and (method == "GET" or name in reads))
        ]

    def spent(self):
        """Requests counted against the hourly limit so far; asking is free."""
        headers = {"authorization": f"Bearer {TOKEN}", "user-agent": "test"}
        answer = self.server.handle(Request("GET", "/rate_limit", (), headers))
        return int(answer.headers["x-ratelimit-used"])

    def issues(self, number, repo=API.key):
        return [self.server.add_issue(repo, f"Issue {index}") for index in range(number)]

    def read(self, connector, issue, scope=API):
        [record] = connector.fetch(scope, [RecordRef("github", issue.node_id)]).records
        return record

    def uid(self):
        return f"00000000-0000-0000-0000-{next(self._uids):012d}"

    def update(self, record, **after):
        """An update that brings surfaces (``priority`` for ``label:priority``) to remote values."""
        changes = []
        for name, wanted in after.items():
            surface = "label:priority" if name == "priority" else name
            value = known(frozenset(wanted) if isinstance(wanted, (set, list)) else wanted)
            changes.append(Change(surface, name, record.values[surface], value, value, "test"))
        return Operation(
            self.uid(), OpKind.UPDATE, self.uid(), record.scope, record.ref, record.key, record.kind, tuple(changes), None, "test"
        )

    def create(self, scope=API, **after):
        """A create with a marker."""
        changes = []
        for name, wanted in after.items():
            surface = "label:priority" if name == "priority" else name
            value = Known(frozenset(wanted) if isinstance(wanted, (set, list)) else wanted)
            changes.append(Change(surface, name, EMPTY, value, value, "test"))
        uid, item = self.uid(), self.uid()
        marker = sign(Marker("00000000-0000-0000-0000-00000000000a", item, uid), b"key")
        return Operation(uid, OpKind.CREATE, item, scope, None, "", Kind.TASK, tuple(changes), marker, "test")

    def send(self, connector, *ops, scope=API):
        connector.prepare(scope, ops)
        return list(connector.apply(scope, ops))

    def pull(self, connector, cursor=None, scope=API, stream=Stream.ITEMS):
        pages = list(connector.pull(scope, stream, cursor))
        return [record for page in pages for record in page.records], pages[-1].cursor
