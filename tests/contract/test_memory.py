"""The reference connector passes the suite in every personality that its server can have."""

from __future__ import annotations

import hashlib
import hmac
import json
from types import MappingProxyType

import pytest

from pmsync.connect.plugin import Environment, ScopeConfig
from pmsync.model.record import RecordRef, ScopeRef
from pmsync.net.clock import VirtualClock
from pmsync.testing.conformance import Bench, ConnectorSuite
from pmsync.testing.conformance.bench import Gate
from pmsync_memory import PERSONALITIES, ContainerSettings, MemoryConnector, MemoryServer
from pmsync_memory.server import PERMISSIONS, Fate


class MemoryBench(Bench):
    """The side door of a ``MemoryServer``."""

    scope, elsewhere = ScopeRef("memory", "HERE"), ScopeRef("memory", "THERE")
    person = "ana"
    permissions = MappingProxyType({name: name for name in PERMISSIONS})

    def __init__(self, personality):
        super().__init__()
        self.clock = VirtualClock()
        self.server = MemoryServer(self.clock, PERSONALITIES[personality])
        self.server.add_containers(["HERE", "THERE"])

    def connector(self, *, read_only=False, clock=None):
        scopes = [ScopeConfig(ref, ContainerSettings.model_validate(ref.key)) for ref in (self.scope, self.elsewhere)]
        return MemoryConnector(
            self.server, scopes, Environment("memory", clock or self.clock, Gate(read_only), self.count), "s3cret"
        )

    def writes(self):
        return self.server.writes

    def person_creates(self, title, **values):
        return RecordRef("memory", self.server.person_creates("HERE", {"title": title, **values}))

    def person_edits(self, ref, **values):
        self.server.person_edits(ref.remote_id, values)

    def person_deletes(self, ref):
        self.server.person_deletes(ref.remote_id)

    def person_moves(self, ref, to):
        self.server.person_moves(ref.remote_id, to.key)

    def person_comments(self, ref, body):
        self.server.person_comments(ref.remote_id, body)

    def lose_next_write(self, moment):
        self.server.fates.append(Fate.LOST if moment == "before" else Fate.UNANSWERED)

    def refuse_next_write(self):
        self.server.fates.append(Fate.UNSENT)

    def delay_next_write(self, seconds):
        self.server.lateness = seconds
        self.server.fates.append(Fate.LATE)

    def repeat_next_write(self):
        self.server.fates.append(Fate.TWICE)

    def ignore_writes_of(self, field):
        self.server.ignored.add(field)

    def ragged_pages(self, sizes):
        self.server.page_sizes.extend(sizes)

    def deny(self, permission):
        self.server.denied.add(permission)

    def hint(self, ref):
        body = json.dumps({"ids": [ref.remote_id]}).encode()
        return {"x-memory-signature": hmac.new(b"s3cret", body, hashlib.sha256).hexdigest()}, body


class TestMemory(ConnectorSuite):
    @pytest.fixture(params=PERSONALITIES)
    def bench(self, request):
        return MemoryBench(request.param)
