"""The stand-in Request Tracker against a real one: the same requests to both, and status, shape and effect compared.

What is compared: the status of every answer; that everything in the stand-in's answer is in RT's, of the same type and with the same value, numbers
and times aside; RT's sentences word for word. The traps of RT are among the requests, so that the stand-in has to fall into each of them too.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

import pytest

from pmsync.net.clock import VirtualClock
from pmsync.testing.emulator import Request
from pmsync_rt.emulation.state import RIGHTS
from pmsync_rt.emulator import RtEmulator

pytestmark = pytest.mark.rt

LINES = "Type,ObjectId,Field,OldValue,NewValue,Creator,Created"
TICKET = "Subject,Status,Queue,Creator,LastUpdatedBy,Requestor,CustomFields,Created"
QUIET = "Type != 'EmailRecord' AND Type != 'CommentEmailRecord'"


@dataclass
class Step:
    """One request by one account. ``{a}`` in path, query and body is the ticket saved as ``a``; ``log`` the last line before the scenario."""

    who: str
    method: str
    path: str
    body: Any = None
    query: dict[str, str] = field(default_factory=dict)
    save: str = ""
    match: str = ""
    """``If-Match``: ``stale``, or ``fresh`` for the etag that the last answer carried."""


def robot(method: str, path: str, body: Any = None, *, save: str = "", match: str = "", **query: str) -> Step:
    return Step("pmsync-robot", method, path, body, query, save, match)


def ana(method: str, path: str, body: Any = None, *, save: str = "", match: str = "", **query: str) -> Step:
    return Step("ana", method, path, body, query, save, match)


def new(name: str = "a", queue: str = "Support", **fields: Any) -> Step:
    return ana("POST", "/ticket", {"Queue": queue, "Subject": f"Ticket {name}", **fields}, save=name)


def log(step: Any, query: str = QUIET) -> Step:
    return step(
        "GET",
        "/transactions",
        query=f"ObjectType='RT::Ticket' AND id > {{log}} AND {query}",
        fields=LINES,
        orderby="id",
        per_page="100",
    )


def show(step: Any, *names: str) -> Step:
    wanted = " OR ".join(f"id={{{name}}}" for name in names)
    return step("GET", "/tickets", query=wanted, fields=TICKET, orderby="id", per_page="100")


SCENARIOS: dict[str, list[Step]] = {
    "a ticket is filed, and whoever asks is mailed": [
        new(Requestor="bob@corp.test", Content="It does not work"),
        show(robot, "a"),
        robot("GET", "/ticket/{a}"),
        log(robot),
        log(ana, "id > 0"),
    ],
    "fields of requestor and queue ride along": [
        new(Requestor="bob@corp.test"),
        robot("GET", "/tickets", query="id={a}", fields="Requestor,Queue", **{"fields[Requestor]": "Name,EmailAddress,Organization"}),
        robot("GET", "/tickets", query="id={a}", fields="Queue", **{"fields[Queue]": "Name"}),
    ],
    "a PUT of what is wrong is 200, and its good half applies": [
        new(),
        robot("PUT", "/ticket/{a}", {"Status": "bogus"}),
        robot("PUT", "/ticket/{a}", {"CustomFields": {"Roadmap Status": "bogus"}}),
        robot("PUT", "/ticket/{a}", {"CustomFields": {"No Such Field": "x"}}),
        robot("PUT", "/ticket/{a}", {"Subject": "The good half", "CustomFields": {"Roadmap Status": "bogus"}}),
        show(robot, "a"),
        log(robot),
    ],
    "the same PUT again does nothing": [
        new(),
        robot("PUT", "/ticket/{a}", {"Subject": "Twice", "CustomFields": {"Tags": ["x", "y"]}}),
        robot("PUT", "/ticket/{a}", {"Subject": "Twice", "CustomFields": {"Tags": ["y", "x"]}}),
        log(robot),
    ],
    "choices are matched without regard to case, changed, and cleared to a null": [
        new(),
        robot("PUT", "/ticket/{a}", {"CustomFields": {"Roadmap Status": "PLANNED"}}),
        robot("PUT", "/ticket/{a}", {"CustomFields": {"Roadmap Status": "shipped"}}),
        robot("PUT", "/ticket/{a}", {"CustomFields": {"Roadmap Status": ""}}),
        show(robot, "a"),
        log(robot),
    ],
    "a multiple field is set whole": [
        new(CustomFields={"Tags": ["old", "kept"]}),
        robot("PUT", "/ticket/{a}", {"CustomFields": {"Tags": ["kept", "two words", "comma,inside", "Ünïcode"]}}),
        robot("PUT", "/ticket/{a}", {"CustomFields": {"Tags": []}}),
        show(robot, "a"),
        log(robot),
    ],
    "subjects are joined and cut": [
        new(),
        robot("PUT", "/ticket/{a}", {"Subject": "first\r\nsecond"}),
        robot("PUT", "/ticket/{a}", {"Subject": "x" * 201}),
        robot("PUT", "/ticket/{a}", {"Subject": "é" * 101}),
        robot("PUT", "/ticket/{a}", {"Subject": ""}),
        log(robot),
    ],
    "creates drop bad values and refuse bad statuses": [
        robot("POST", "/ticket", {"Queue": "Support", "Subject": "Odd", "CustomFields": {"Roadmap Status": "bogus", "Nope": "x"}}, save="a"),
        show(robot, "a"),
        robot("POST", "/ticket", {"Queue": "Support", "Subject": "Odd", "Status": "bogus"}),
        robot("POST", "/ticket", {"Queue": "Support", "Subject": "Odd", "Status": "rejected"}),
        robot("POST", "/ticket", {"Subject": "Nowhere"}),
        robot("POST", "/ticket", {"Queue": "No Such Queue", "Subject": "Nowhere"}),
        robot("POST", "/ticket", {"Queue": "Secret", "Subject": "Forbidden"}),
    ],
    "a marker is found, and no mail goes out": [
        robot("POST", "/ticket", {"Queue": "Support", "Subject": "Ours", "CustomFields": {"pmsync": "pm1.a.b.c"}}, save="a"),
        robot("GET", "/tickets", query="'CF.{{pmsync}}'='pm1.a.b.c'", fields=TICKET),
        robot("PUT", "/ticket/{a}", {"CustomFields": {"Roadmap Status": "planned"}}),
        robot("PUT", "/ticket/{a}", {"CustomFields": {"Tags": ["x"]}}),
        log(ana, "id > 0"),
    ],
    "conditions on writes": [
        new(),
        robot("PUT", "/ticket/{a}", {"Subject": "Refused"}, match="stale"),
        robot("GET", "/ticket/{a}"),
        robot("PUT", "/ticket/{a}", {"Subject": "Accepted"}, match="fresh"),
        log(robot),
    ],
    "a deleted ticket is listed nowhere, and can still be read": [
        new(),
        ana("DELETE", "/ticket/{a}"),
        show(robot, "a"),
        robot("GET", "/tickets", query="id={a} AND Status='deleted'"),
        robot("GET", "/ticket/{a}"),
        log(robot),
    ],
    "a merged ticket answers as the other one": [
        new("a"),
        new("b"),
        ana("PUT", "/ticket/{a}", {"MergeInto": "{b}"}),
        show(robot, "a", "b"),
        robot("GET", "/ticket/{a}"),
        log(robot),
    ],
    "a moved ticket keeps its number; in a hidden queue nothing of it shows": [
        new("a"),
        new("b"),
        ana("PUT", "/ticket/{a}", {"Queue": "Billing"}),
        show(robot, "a"),
        ana("PUT", "/ticket/{b}", {"Queue": "Secret"}),
        show(robot, "b"),
        robot("GET", "/ticket/{b}"),
        log(robot),
    ],
    "links": [
        new(),
        ana("PUT", "/ticket/{a}", {"AddRefersTo": ["https://acme.atlassian.net/browse/PAY-7"]}),
        ana("PUT", "/ticket/{a}", {"AddRefersTo": ["https://acme.atlassian.net/browse/PAY-7"]}),
        robot("GET", "/tickets", query="id={a}", fields="_hyperlinks"),
        log(robot),
    ],
    "comments stay inside, replies are mailed": [
        new(Requestor="bob@corp.test"),
        ana("POST", "/ticket/{a}/comment", {"Content": "internal", "ContentType": "text/plain"}),
        log(ana, "Type='EmailRecord'"),
        ana("POST", "/ticket/{a}/correspond", {"Content": "a reply", "ContentType": "text/plain"}),
        ana("POST", "/ticket/{a}/comment", {"Content": "no type"}),
        log(ana, "id > 0"),
    ],
    "a resolution is mailed": [
        new(Requestor="bob@corp.test"),
        ana("PUT", "/ticket/{a}", {"Status": "resolved"}),
        log(ana, "id > 0"),
    ],
    "queries": [
        new("a"),
        new("b"),
        robot("GET", "/tickets", query="id IN ({a},{b})"),
        robot("GET", "/tickets", query="nonsense"),
        robot("GET", "/tickets", query="(Queue='Support' AND id > {a}) OR id={a}", fields="Subject", orderby="id", per_page="1"),
        robot("GET", "/tickets", query="Queue='Secret'"),
        robot("GET", "/tickets", query="Status != 'new' AND id={a}"),
        robot("POST", "/tickets", [{"field": "id", "value": "{a}"}]),
    ],
    "refusals": [
        robot("GET", "/ticket/999999"),
        robot("PUT", "/ticket/999999", {"Subject": "x"}),
        robot("GET", "/queue/No%20Such%20Queue"),
        robot("GET", "/queue/Secret"),
        robot("GET", "/user/nobody-at-all"),
        Step("", "GET", "/tickets", query={"query": "id=1"}),
    ],
    "the log hides what an account may not see, and how many lines there are": [
        new(Requestor="bob@corp.test"),
        log(robot, "id > 0"),
        log(ana, "id > 0"),
    ],
    "an account without rights is told no in a success": [
        new(),
        Step("reader", "PUT", "/ticket/{a}", {"Subject": "no", "Status": "open"}),
        Step("reader", "PUT", "/ticket/{a}", {"CustomFields": {"Tags": ["t"]}}),
        Step("reader", "PUT", "/ticket/{a}", {"CustomFields": {"Roadmap Status": "planned"}}),
        Step("reader", "POST", "/ticket", {"Queue": "Support", "Subject": "no"}),
        log(robot),
    ],
    "what is known about a queue": [
        robot("GET", "/queue/Support"),
        robot("GET", "/customfield/2"),
    ],
    "a mark in the queue": [
        robot("PUT", "/queue/Billing", {"CustomFields": {"pmsync": "pmm1.one"}}),
        robot("PUT", "/queue/Billing", {"CustomFields": {"pmsync": "pmm1.one"}}),
        robot("PUT", "/queue/Billing", {"CustomFields": {"No Such Field": "pmm1.one"}}),
        robot("GET", "/queue/Billing"),
    ],
}  # fmt: skip


class Emulated:
    """The stand-in, set up like the real desk."""

    def __init__(self):
        self.desk = RtEmulator(VirtualClock())
        for name in ("Support", "Billing", "Secret"):
            self.desk.add_queue(name)
        self.desk.deny("Secret", *RIGHTS)
        self.tokens = {"pmsync-robot": self.desk.bot.token, "ana": self.desk.add_user("ana", superuser=True).token, "": "none"}
        reader = self.desk.add_user("reader")
        self.desk.state.granted["reader"] = frozenset({"SeeQueue", "ShowTicket", "SeeCustomField"})
        self.tokens["reader"] = reader.token

    def ask(self, who, method, path, body=None, *, headers=None, **query):
        sent = {"authorization": f"token {self.tokens[who]}", **(headers or {})}
        content = b"" if body is None else json.dumps(body).encode()
        answer = self.desk.handle(Request(method, f"/REST/2.0{path}".replace("%20", " "), tuple(query.items()), sent, content))
        return answer.status, answer.headers, answer.body


class Real:
    """RT itself."""

    def __init__(self, desk):
        self.desk = desk

    def ask(self, who, method, path, body=None, *, headers=None, **query):
        answer = self.desk.ask(who, method, path, body, headers=headers, **query)
        return answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, answer.content


def play(side, steps):
    """What came back for each step: status, and the answer with ticket numbers as names."""
    newest = json.loads(
        side.ask(
            "ana", "GET", "/transactions", query="ObjectType='RT::Ticket' AND id > 0", orderby="id", order="DESC", per_page="1"
        )[2]
    )
    names: dict[str, str] = {"log": next((str(one["id"]) for one in newest["items"]), "0")}
    etag, told = "", []
    for step in steps:
        headers = {"if-match": '"1"' if step.match == "stale" else etag} if step.match else None
        query = {name: _filled(value, names) for name, value in step.query.items()}
        body = json.loads(_filled(json.dumps(step.body), names)) if step.body is not None else None
        status, heads, content = side.ask(step.who, step.method, _filled(step.path, names), body, headers=headers, **query)
        etag = heads.get("etag", etag)
        try:
            answer = json.loads(content) if content else None
        except ValueError:
            answer = content.decode()
        if step.save:
            names[step.save] = str(answer["id"])
        told.append((status, plain(answer, {number: name for name, number in names.items() if name != "log"})))
    return told


def _filled(text: str, names: dict[str, str]) -> str:
    filled = re.sub(r"(?<!\{)\{(\w+)\}(?!\})", lambda match: names.get(match[1], match[0]), text)
    return filled.replace("{{", "{").replace("}}", "}") if "CF." in text else filled


def plain(answer, names, *, ticket=False):
    """The answer with tickets by name, other numbers as ``#``, times as ``time``; sentences and fields sorted, for they come in no order."""
    if isinstance(answer, dict):
        kept = {
            key: plain(
                value,
                names,
                ticket=key == "ObjectId" or (key == "id" and (answer.get("type") == "ticket" or "EffectiveId" in answer)),
            )
            for key, value in answer.items()
            if key not in ("_url", "next_page", "pages")
        }
        return {**kept, "_url": answer["_url"]} if answer.get("type") == "external" else kept
    if isinstance(answer, list):
        parts = [plain(one, names) for one in answer]
        if parts and all(isinstance(one, dict) and "name" in one for one in parts):
            return sorted(parts, key=lambda one: one["name"])
        return sorted(parts) if parts and all(isinstance(one, str) for one in parts) else parts
    if answer is None or isinstance(answer, float):
        return answer
    text = str(answer)
    if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text):
        return "time"
    if re.fullmatch(r"\d+", text):
        return names.get(text, "#") if ticket else "#"
    return re.sub(r"(?<=ticket/)\d+$|(?<=Ticket )\d+", lambda match: names.get(match[0], "#"), text)


def within(ours, theirs, at="answer"):
    """What the stand-in says that RT does not say so."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key, value in ours.items():
            if key not in theirs:
                yield f"{at}.{key} is not in RT's answer"
            else:
                yield from within(value, theirs[key], f"{at}.{key}")
    elif isinstance(ours, list) and isinstance(theirs, list) and at.endswith("_hyperlinks"):
        known = [(one.get("ref"), one.get("type"), one.get("to")) for one in theirs]
        yield from (f"{at}: RT has no {one}" for one in ours if (one.get("ref"), one.get("type"), one.get("to")) not in known)
    elif isinstance(ours, list) and isinstance(theirs, list):
        if len(ours) != len(theirs):
            yield f"{at}: {len(ours)} here, {len(theirs)} in RT: {ours} / {theirs}"
        for number, (mine, its) in enumerate(zip(ours, theirs, strict=False)):
            yield from within(mine, its, f"{at}[{number}]")
    elif ours != theirs and not (
        at.endswith("message") and isinstance(ours, str) and ours.startswith(("Wrong query", "Incomplete query"))
    ):
        yield f"{at}: {ours!r} here, {theirs!r} in RT"


@pytest.mark.parametrize("name", SCENARIOS)
def test_stand_in_answers_as_the_real_thing(rt_desk, name):
    """Step by step, traps included."""
    steps = SCENARIOS[name]
    emulated, real = play(Emulated(), steps), play(Real(rt_desk), steps)
    found = []
    for step, (ours, theirs) in zip(steps, zip(emulated, real, strict=True), strict=True):
        label = f"{step.who} {step.method} {step.path} {step.body or step.query}"
        if ours[0] != theirs[0]:
            found.append(f"{label}: {ours[0]} here, {theirs[0]} in RT ({theirs[1]})")
        else:
            found += [f"{label}: {one}" for one in within(ours[1], theirs[1])]
    assert not found, "\n".join(found)
