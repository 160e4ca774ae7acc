"""The side door of a stand-in Request Tracker, and the desks on which the conformance suite is run."""

from __future__ import annotations

from types import MappingProxyType

from pmsync.model.record import RecordRef, ScopeRef
from pmsync.net.clock import VirtualClock
from pmsync.testing.conformance import EmulatorBench
from pmsync_rt import plugin
from pmsync_rt.emulator import BOT, RtEmulator, RtKnobs

READ_POSTS = frozenset({"/REST/2.0/attachments", "/REST/2.0/users"})
DENIABLE = {"read": ("SeeQueue", "ShowTicket"), "create": ("CreateTicket",), "edit": ("ModifyTicket", "ModifyCustomField")}


def is_write(request):
    return request.method not in ("GET", "HEAD") and request.path not in READ_POSTS


class RtBench(EmulatorBench):
    """The side door of an ``RtEmulator``; ``settings`` are the scope's."""

    permissions = MappingProxyType({"sign-in": "token", "read": "ShowTicket", "create": "CreateTicket", "edit": "ModifyTicket"})

    def __init__(self, knobs=None, **settings):
        clock = VirtualClock()
        self.desk = RtEmulator(clock, RtKnobs(**(knobs or {})))
        self.person = self.desk.add_user("ana", superuser=True).name
        if self.desk.bot.superuser:
            self.permissions = MappingProxyType({"sign-in": "token"})
        for queue in ("Support", "Billing"):
            self.desk.add_queue(queue)
        scopes = [(ScopeRef("desk", queue), {"queue": queue, **settings}) for queue in ("Support", "Billing")]
        super().__init__(plugin, {"url": self.desk.base_url, "token": BOT.token}, scopes, self.desk, clock, is_write)

    def person_creates(self, title, **values):
        ticket = self.desk.file("Support", self.person, title, content=values.pop("body", "") or "")
        ref = RecordRef("desk", str(ticket.number))
        self.person_edits(ref, **values)
        return ref

    def person_edits(self, ref, **values):
        if "body" in values:
            self.lacks("a way to edit a first message: RT has none")
        if "title" in values or "status" in values:
            self.desk.edit(ref.remote_id, self.person, subject=values.get("title"), status=values.get("status"))
        if "labels" in values:
            self.desk.put(ref.remote_id, self.person, "Tags", values["labels"] or ())

    def person_deletes(self, ref):
        self.desk.delete(ref.remote_id, self.person)

    def person_moves(self, ref, to):
        self.desk.move(ref.remote_id, self.person, to.key)

    def person_comments(self, ref, body):
        self.desk.say(ref.remote_id, self.person, body)

    def hold_back(self, ref, seconds):
        self.desk.hold_back(ref.remote_id, seconds)

    def ignore_writes_of(self, field):
        self.desk.ignore({"labels": "Tags", "status": "Roadmap Status"}[field])

    def deny(self, permission):
        if permission == "sign-in":
            self.desk.bot.token = "1-27-another"
        else:
            self.desk.deny("Support", *DENIABLE[permission])


DESKS = {
    "help desk": {},
    "with a tag": {"roadmap_tag": "roadmap/"},
    "tracker of our own": {"tracker": True},
    "superuser": {"tracker": True, "knobs": {"superuser": True}},
    "with messages": {"tracker": True, "messages": True},
    "with a condition": {"tracker": True, "where": "Status != 'stalled'"},
}
