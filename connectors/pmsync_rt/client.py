"""RT's endpoints as typed methods: paths, paging parameters and authentication. No decisions about sync.

Source: RT 5 REST API version 2 (``RT::REST2``), exercised on RT 5.0.3.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import msgspec

from pmsync.connect.errors import Gone
from pmsync.connect.plugin import Environment
from pmsync.net.http import Answer, Call, Http, Limited, Manners, ReadRule
from pmsync.net.words import sent_at
from pmsync_rt import wire
from pmsync_rt.settings import RtSettings

API = "/REST/2.0"
PAGE = 100
"""Rows of one page; RT cuts a larger wish silently down to this."""

FIELDS = "Subject,Status,Queue,Created,LastUpdated,Creator,LastUpdatedBy,Owner,Requestor,CustomFields,_hyperlinks"
"""What a whole record is read from. The hyperlinks hold the links to other systems."""
EXPANDED = (("fields[Requestor]", "Name,RealName,EmailAddress,Organization"), ("fields[Queue]", "Name"))
"""Fields of what a ticket refers to, which ride along in the same answer."""
LOGGED = "Type,ObjectId,Field,OldValue,NewValue,Creator,Created"

REFUSALS = frozenset({400, 403, 404, 409, 412, 422})
"""Answers to a write that say that it was not carried out, and why."""
ETAG = re.compile(r'"[^"]*"')

READS = (
    ReadRule("POST", re.compile(re.escape(API) + "/attachments")),
    ReadRule("POST", re.compile(re.escape(API) + "/users")),
)
"""Searches by JSON, which read although they are POSTs. The address of as many ids would be too long for some proxies."""


@dataclass(frozen=True, slots=True)
class Listed:
    """Tickets of one page, and the server's clock when it answered (Unix seconds, None when it does not say)."""

    tickets: Sequence[wire.Ticket]
    at: float | None
    total: int | None


@dataclass(frozen=True, slots=True)
class Logged:
    """Lines of RT's log, and the server's clock when it answered."""

    lines: Sequence[wire.Transaction]
    at: float | None


@dataclass(frozen=True, slots=True)
class Shown:
    """One ticket read by itself, with the token that a conditional write carries ("" where RT gave none)."""

    ticket: wire.Ticket
    etag: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A definite refusal: the status and RT's words."""

    status: int
    message: str

    def __str__(self) -> str:
        return self.message or f"RT answered {self.status}"


def unlimited(answer: Answer, now: float) -> Limited | None:
    """RT itself knows no limits; a 429 of a proxy before it is read by ``pmsync.net``."""
    return None


def moment(stamp: str) -> float:
    """Unix seconds from RT's ISO text (``2026-11-24T16:43:23Z``); 0.0 for nothing and for RT's "never", the year 1970."""
    return datetime.fromisoformat(stamp).timestamp() if stamp else 0.0


def sql_day(at: float) -> str:
    """The day before the one in which ``at`` (Unix seconds) falls, so that it is past in every account's time zone.

    RT reads dates in a query in the zone of the account, and an ISO time silently as an earlier one.
    """
    return datetime.fromtimestamp(max(0.0, at - 86_400.0), UTC).strftime("%Y-%m-%d 00:00:00")


class Client:
    """One Request Tracker. Every method may raise what ``Http.send`` raises."""

    def __init__(self, settings: RtSettings, environment: Environment) -> None:
        token = settings.token.get_secret_value()
        self._http = Http(
            environment,
            settings.url,
            Manners(limited=unlimited),
            auth=lambda: {"authorization": f"token {token}"},
            reads=READS,
            secrets=(token,),
        )

    # -- tickets ------------------------------------------------------------------------------------------------------------

    def tickets(self, query: str, fields: str = FIELDS) -> Listed:
        """The first ``PAGE`` tickets of a TicketSQL query by number, from the database. Deleted and merged ones are never listed.

        Raises:
            Rejected: RT does not understand the query.
        """
        params = [("query", query), ("fields", fields), *EXPANDED, ("orderby", "id"), ("order", "ASC"), ("per_page", str(PAGE))]
        answer = self._http.send(Call("GET", f"{API}/tickets", f"GET {API}/tickets", params if fields else params[:1]))
        page: wire.TicketPage = answer.decode(wire.TicketPage)
        return Listed(page.items, sent_at(answer.headers), page.total)

    def ticket(self, number: str) -> Shown:
        """One ticket by itself. A merged one answers with the ticket it went into.

        Raises:
            Gone: there is none (404), or the account may not see it (403).
        """
        answer = self._look(f"/ticket/{number}", "/ticket/{}")
        return Shown(answer.decode(wire.Ticket), answer.headers.get("etag", ""))

    def log(self, query: str, *, newest: bool = False, size: int = PAGE) -> Logged:
        """The first lines of a TransactionSQL query by number, or with ``newest`` the last ones, newest first."""
        params = {
            "query": f"ObjectType='RT::Ticket' AND {query}",
            "fields": LOGGED,
            "orderby": "id",
            "order": "DESC" if newest else "ASC",
            "per_page": str(size),
        }
        answer = self._http.send(Call("GET", f"{API}/transactions", f"GET {API}/transactions", params))
        page: wire.TransactionPage = answer.decode(wire.TransactionPage)
        return Logged(page.items, sent_at(answer.headers))

    def messages(self, transactions: Sequence[str], size: int = PAGE) -> list[wire.Attachment]:
        """The parts of the messages of at most 50 lines of the log, in the order they were written; binary ones without their content.

        ``Parent`` is not asked for: RT 5.0.3 answers that with an error 500. Unless told OR, RT would ask for all ids at once.
        """
        wanted = [{"field": "TransactionId", "value": one, "entry_aggregator": "OR"} for one in transactions]
        found: list[wire.Attachment] = []
        page = 1
        while True:
            params = {
                "fields": "TransactionId,ContentType,Content,Filename",
                "orderby": "id",
                "per_page": str(size),
                "page": str(page),
            }
            answer = self._http.send(
                Call("POST", f"{API}/attachments", f"POST {API}/attachments", params, json=wanted, timeout=60.0)
            )
            parts: wire.AttachmentPage = answer.decode(wire.AttachmentPage)
            found += parts.items
            if len(parts.items) < size:
                return found
            page += 1

    # -- writes: a definite refusal comes back as a value, everything else is raised ----------------------------------------

    def create(self, body: Mapping[str, Any]) -> wire.Created | Refused:
        """Make a ticket. RT ignores idempotency keys, and drops values of custom fields it does not like without a word."""
        answer = self._write("POST", "/ticket", "/ticket", body)
        return refusal(answer) if answer.status in REFUSALS else answer.decode(wire.Created)

    def edit(self, number: str, body: Mapping[str, Any], etag: str) -> list[str] | Refused:
        """Change a ticket unless it moved since ``etag``; RT's messages, among which stand its refusals too."""
        condition = {"if-match": etag} if ETAG.fullmatch(etag) else {}
        answer = self._write("PUT", f"/ticket/{number}", "/ticket/{}", body, condition)
        return refusal(answer) if answer.status in REFUSALS else _messages(answer)

    def put_queue(self, name: str, fields: Mapping[str, str]) -> list[str] | Refused:
        """Set custom fields of a queue itself; RT's messages."""
        answer = self._write("PUT", f"/queue/{quote(name, safe='')}", "/queue/{}", {"CustomFields": dict(fields)})
        return refusal(answer) if answer.status in REFUSALS else _messages(answer)

    def _write(
        self, method: str, path: str, name: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> Answer:
        expect = frozenset({200, 201, *REFUSALS})
        return self._http.send(
            Call(method, API + path, f"{method} {API}{name}", json=body, headers=headers or {}, expect=expect, timeout=60.0)
        )

    # -- catalogue ----------------------------------------------------------------------------------------------------------

    def about(self) -> wire.About:
        """RT's version."""
        found: wire.About = self._http.send(Call("GET", f"{API}/rt", f"GET {API}/rt")).decode(wire.About)
        return found

    def queue(self, name: str) -> tuple[wire.Queue, float | None]:
        """A queue, by name or number, and the server's time.

        Raises:
            Gone: there is none (404), or the account may not see it (403).
        """
        answer = self._look(f"/queue/{quote(name, safe='')}", "/queue/{}")
        return answer.decode(wire.Queue), sent_at(answer.headers)

    def custom_field(self, number: str) -> wire.CustomField:
        """A custom field with the values it offers; it takes the right SeeCustomField for all queues.

        Raises:
            Gone: there is none (404), or the account may not see it by itself (403).
        """
        found: wire.CustomField = self._look(f"/customfield/{number}", "/customfield/{}").decode(wire.CustomField)
        return found

    def user(self, name: str) -> wire.User | None:
        """An account by name or number; None when there is none."""
        try:
            found: wire.User = self._look(f"/user/{quote(name, safe='')}", "/user/{}").decode(wire.User)
        except Gone:
            return None
        return found

    def users(self, names: Sequence[str]) -> list[wire.User]:
        """At most ``PAGE`` accounts by name; unknown ones are left out."""
        wanted = [{"field": "Name", "value": one, "entry_aggregator": "OR"} for one in names]
        params = {"fields": "Name,RealName,EmailAddress,Organization,Disabled", "per_page": str(PAGE), "find_disabled_rows": "1"}
        answer = self._http.send(Call("POST", f"{API}/users", f"POST {API}/users", params, json=wanted))
        page: wire.UserPage = answer.decode(wire.UserPage)
        return page.items

    def close(self) -> None:
        """Release connections."""
        self._http.close()

    def _look(self, path: str, name: str) -> Answer:
        """Read one record. RT says 403 of what the account may not see; its credentials are fine then."""
        answer = self._http.send(Call("GET", API + path, f"GET {API}{name}", expect=frozenset({200, 403})))
        if answer.status == 403:
            raise Gone(
                f"GET {API}{path}: the account may not see it", status=403, hint="grant the account the right to see it in RT"
            )
        return answer


def refusal(answer: Answer) -> Refused:
    """RT's words in a refusal."""
    try:
        words = msgspec.json.decode(answer.content, type=wire.Refusal).message
    except (msgspec.DecodeError, UnicodeDecodeError):
        words = ""
    return Refused(answer.status, words)


def _messages(answer: Answer) -> list[str]:
    found: list[str | None] = answer.decode(list[str | None])
    return [one for one in found if one]


def json_text(value: object) -> str:
    """Stable JSON, for what a record keeps untouched."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
