"""People at a real Request Tracker, through its own REST API."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing

import httpx

from pmsync.connect.plugin import Environment, ScopeConfig
from pmsync.model.record import RecordRef, ScopeRef
from pmsync.net.clock import SystemClock
from pmsync.testing.conformance import Bench
from pmsync.testing.conformance.bench import Gate
from pmsync_rt import plugin

READ_POSTS = ("POST /REST/2.0/attachments", "POST /REST/2.0/users")


class RealDesk:
    """``ask`` speaks as any of the server's accounts; the verbs speak as ana, who may everything."""

    def __init__(self, server):
        self.server = server
        self._clients = {}

    def ask(self, who, method, path, body=None, *, headers=None, **query):
        if who not in self._clients:
            self._clients[who] = httpx.Client(
                base_url=f"{self.server.url}/REST/2.0",
                headers={"authorization": f"token {self.server.token(who)}"} if who else {},
                timeout=30,
            )
        return self._clients[who].request(method, path, params=query, json=body, headers=headers)

    def people(self, method, path, body=None, **query):
        answer = self.ask("ana", method, path, body, **query)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def file(self, queue, subject, **fields):
        return self.people("POST", "/ticket", {"Queue": queue, "Subject": subject, **fields})["id"]

    def edit(self, number, **fields):
        return self.people("PUT", f"/ticket/{number}", fields)

    def lines(self, number, *types):
        """The log of a ticket, everything in it."""
        fields = "Type,Field,OldValue,NewValue,Creator"
        found = self.people("GET", f"/ticket/{number}/history", fields=fields, per_page="100")["items"]
        return [line for line in found if not types or line["Type"] in types]

    def sweep(self):
        """Delete every ticket and every mark of a queue, straight in the database: by the API it would take longer than most tests."""
        with closing(sqlite3.connect(self.server.folder / "rt.sqlite", timeout=30)) as database, database:
            database.execute("UPDATE Tickets SET Status = 'deleted' WHERE Status != 'deleted'")
            database.execute("UPDATE ObjectCustomFieldValues SET Disabled = 1 WHERE ObjectType = 'RT::Queue'")

    def close(self):
        for client in self._clients.values():
            client.close()


class RealClock(SystemClock):
    """The real time. What the suite lets pass for a lagging index or a quiet period need not pass here; RT's stamps are whole seconds."""

    def sleep(self, seconds):
        if seconds == 60.0:
            time.sleep(1.1)


class RealBench(Bench):
    """The connector on the real desk. Faults, rights and volumes stay with the stand-in."""

    scope = ScopeRef("desk", "Support")
    elsewhere = ScopeRef("desk", "Billing")
    person = "ana"

    def __init__(self, desk, **settings):
        super().__init__()
        self.clock = RealClock()
        self.desk = desk
        self.settings = settings

    def connector(self, *, read_only=False, clock=None):
        environment = Environment("desk", clock or self.clock, Gate(read_only), self.count)
        scopes = tuple(
            ScopeConfig(ref, plugin.scope_settings.model_validate({"queue": ref.key, **self.settings}))
            for ref in (self.scope, self.elsewhere)
        )
        settings = {"url": self.desk.server.url, "token": self.desk.server.token("pmsync-robot"), "overlap": 2}
        return plugin.connector(plugin.settings.model_validate(settings), scopes, environment)

    def writes(self):
        return sum(1 for call in self.calls if call.method != "GET" and call.name not in READ_POSTS)

    def person_creates(self, title, **values):
        labels = {"CustomFields": {"Tags": sorted(values["labels"])}} if values.get("labels") else {}
        text = {"Content": values["body"]} if values.get("body") else {}
        return RecordRef("desk", self.desk.file("Support", title, **labels, **text))

    def person_edits(self, ref, **values):
        if "body" in values:
            self.lacks("a way to edit a first message: RT has none")
        names = {"title": "Subject", "status": "Status"}
        fields = {names[name]: value for name, value in values.items() if name in names}
        if "labels" in values:
            fields["CustomFields"] = {"Tags": sorted(values["labels"] or ())}
        self.desk.edit(ref.remote_id, **fields)

    def person_deletes(self, ref):
        self.desk.people("DELETE", f"/ticket/{ref.remote_id}")

    def person_moves(self, ref, to):
        self.desk.edit(ref.remote_id, Queue=to.key)

    def person_comments(self, ref, body):
        self.desk.people("POST", f"/ticket/{ref.remote_id}/comment", {"Content": body, "ContentType": "text/plain"})
