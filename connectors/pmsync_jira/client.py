"""Jira's endpoints as typed methods: paths, paging parameters, authentication and manners. No decisions about sync.

Source: Jira Cloud platform REST API v3, https://developer.atlassian.com/cloud/jira/platform/rest/v3/
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from pmsync.connect.errors import Gone
from pmsync.connect.plugin import Environment
from pmsync.net.http import Answer, Call, Http, Limited, Manners, Reach, ReadRule
from pmsync.net.words import retry_after, sent_at
from pmsync_jira import wire
from pmsync_jira.mapping import PROPERTY
from pmsync_jira.settings import JiraSettings
from pmsync_jira.startdate import StartDate

API = "/rest/api/3"
PAGE = 100
"""Issues per search page when fields are asked for; Jira gives no more."""
ID_PAGE = 5000
"""Issues per search page when only the id is."""
BATCH = 100
"""Issues per bulk fetch."""
RECONCILED = 50
"""Issues that one search reads from the database instead of its index; Jira takes no more."""
HISTORY_BATCH = 1000
"""Issues per bulk changelog fetch."""
SHOWN_HISTORY = 40
"""Edits that a bulk fetch shows of an issue at most: the newest."""
PEOPLE_BATCH = 90
"""Accounts per bulk read; more would make the URL too long."""

FIELDS = (
    "summary",
    "description",
    "status",
    "priority",
    "labels",
    "issuetype",
    "project",
    "created",
    "updated",
    "creator",
    "reporter",
    "assignee",
    "security",
    "fixVersions",
    "parent",
    "issuelinks",
    "duedate",
)
"""What a whole record is read from."""

REFUSALS = frozenset({400, 403, 404, 409, 413, 422})
"""Answers to a write that say that it was not carried out, and why."""

READS = tuple(
    ReadRule("POST", re.compile(re.escape(API + path))) for path in ("/search/jql", "/issue/bulkfetch", "/changelog/bulkfetch")
)
"""Requests that only read although they are POSTs."""

_DEFAULT_REST = 5.0
"""Seconds of rest after a refusal that names none."""
_REACH = {"jira-quota": Reach.SYSTEM, "jira-per-issue-on-write": Reach.TARGET}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Query:
    """A search: the JQL, what to show, and how much at a time. ``token`` goes on where the last page ended.

    ``fresh``: ids of issues (at most ``RECONCILED``) that are judged by what the database holds, however far the index is behind.
    """

    jql: str
    fields: Sequence[str]
    size: int = PAGE
    marker: bool = False
    token: str | None = None
    fresh: tuple[int, ...] = ()

    def body(self) -> dict[str, Any]:
        """The request body."""
        body: dict[str, Any] = {"jql": self.jql, "fields": list(self.fields), "maxResults": self.size}
        if self.marker:
            body["properties"] = [PROPERTY]
        if self.token:
            body["nextPageToken"] = self.token
        if self.fresh:
            body["reconcileIssues"] = list(self.fresh)
        return body


@dataclass(frozen=True, slots=True)
class Found:
    """One page of a search and the server's time when it answered (Unix seconds, None when it does not say)."""

    issues: Sequence[wire.Issue]
    token: str | None
    at: float | None


@dataclass(frozen=True, slots=True)
class Read:
    """Issues read directly, and the server's time when it answered (Unix seconds, None when it does not say)."""

    issues: Sequence[wire.Issue]
    at: float | None


@dataclass(frozen=True, slots=True)
class Refused:
    """A definite refusal: the status and Jira's words, general ones and one per field.

    ``moved``: nothing is wrong with the search, but its pages shifted while they were read, so that the walk has to be taken up anew.
    """

    status: int
    messages: Sequence[str]
    fields: Mapping[str, str]
    moved: bool = False

    def __str__(self) -> str:
        parts = [*self.messages, *(f"{name}: {text}" for name, text in self.fields.items())]
        return "; ".join(parts) or f"Jira answered {self.status}"


def limited(answer: Answer, now: float) -> Limited | None:
    """Jira's refusals for limits: 429, with ``RateLimit-Reason`` telling what has to wait.

    Source: https://developer.atlassian.com/cloud/jira/platform/rate-limiting/
    """
    if answer.status != 429:
        return None
    reason = answer.headers.get("ratelimit-reason", "")
    reach = next((reach for prefix, reach in _REACH.items() if reason.startswith(prefix)), Reach.ENDPOINT)
    until = retry_after(answer.headers, now) or _reset(answer.headers, now) or now + _DEFAULT_REST
    return Limited(reach, until, reason or "429")


def _reset(headers: Mapping[str, str], now: float) -> float | None:
    """``X-RateLimit-Reset`` (ISO text), counted from the answer's own date."""
    try:
        wanted = datetime.fromisoformat(headers.get("x-ratelimit-reset", "")).timestamp()
    except ValueError:
        return None
    sent = sent_at(headers)
    return now + max(0.0, wanted - sent) if sent is not None else wanted


class Client:
    """One Jira Cloud site. Every method may raise what ``Http.send`` raises. Jira Data Center's differences: ``datacenter``.

    Attributes:
        api: the root of the API's paths.
        reads: requests that only read although they are POSTs.
        page: issues per search page when fields are asked for.
        id_page: issues per search page when only ids are.
        batch: issues per direct read.
        probe: keys to be probed at a time.
        shown_history: edits that a direct read shows of an issue at most: the newest.
        order: how a walk through changes is sorted.
        lists_properties: whether listings show the property of every issue.
    """

    api = API
    reads: tuple[ReadRule, ...] = READS
    page = PAGE
    id_page = ID_PAGE
    batch = BATCH
    probe = BATCH
    shown_history = SHOWN_HISTORY
    order = "updated ASC"
    lists_properties = True

    def __init__(self, settings: JiraSettings, environment: Environment) -> None:
        authorization, secrets = self.credentials(settings)
        self.start = StartDate(settings.start_field)
        self.asked = self.start.asked(FIELDS)
        self._http = Http(
            environment,
            settings.url,
            Manners(limited=self.limited),
            auth=lambda: {"authorization": authorization},
            reads=self.reads,
            secrets=secrets,
        )

    @staticmethod
    def credentials(settings: JiraSettings) -> tuple[str, tuple[str, ...]]:
        """The Authorization header, and what of it must never be shown."""
        token = settings.token.get_secret_value()
        basic = base64.b64encode(f"{settings.login}:{token}".encode()).decode()
        return f"Basic {basic}", (token, basic)

    @staticmethod
    def limited(answer: Answer, now: float) -> Limited | None:
        """What a refusal for limits asks for, None where the answer is none."""
        return limited(answer, now)

    def refresh(self) -> None:
        """Forget what was learnt of the site."""

    @property
    def http(self) -> Http:
        """The underlying client, whose pacing the SDK shares."""
        return self._http

    # -- issues -------------------------------------------------------------------------------------------------------------

    def search(self, query: Query) -> Found | Refused:
        """One page; a refusal (bad JQL, an expired token, a project that cannot be seen) comes back as a value."""
        path = f"{self.api}/search/jql"
        answer = self._http.send(Call("POST", path, f"POST {path}", json=query.body(), expect=frozenset({200, 400})))
        if answer.status == 400:
            return refusal(answer)
        page: wire.SearchPage = answer.decode(self.start.page)
        return Found(page.issues, page.token or None, sent_at(answer.headers))

    def bulk_fetch(self, names: Sequence[str], *, history: bool = False) -> Read:
        """At most ``BATCH`` issues by id or key, straight from the database; what cannot be read is left out.

        ``history``: with the newest ``SHOWN_HISTORY`` edits of each.
        """
        path = f"{self.api}/issue/bulkfetch"
        body: dict[str, Any] = {"issueIdsOrKeys": list(names), "fields": list(self.asked), "properties": [PROPERTY]}
        if history:
            body["expand"] = ["changelog"]
        answer = self._http.send(Call("POST", path, f"POST {path}", json=body))
        fetched: wire.BulkFetched = answer.decode(self.start.fetched)
        return Read(fetched.issues, sent_at(answer.headers))

    def status_of(self, issue: str) -> wire.Status | None:
        """The status an issue has now."""
        found: wire.Issue = self._get(f"/issue/{issue}", "/issue/{}", wire.Issue, {"fields": "status"})
        return found.fields.status or None

    def comments(self, issue: str, start: int) -> wire.Comments:
        """One page of an issue's comments, with their properties."""
        params = {"startAt": str(start), "maxResults": str(PAGE), "orderBy": "created", "expand": "properties"}
        return self._get(f"/issue/{issue}/comment", "/issue/{}/comment", wire.Comments, params)

    def comment(self, issue: str, comment: str) -> wire.Comment:
        """One comment, with its properties."""
        params = {"expand": "properties"}
        return self._get(f"/issue/{issue}/comment/{comment}", "/issue/{}/comment/{}", wire.Comment, params)

    def histories(self, issues: Sequence[str], fields: Sequence[str], token: str | None) -> wire.HistoryPage:
        """One page of the edits of at most ``HISTORY_BATCH`` issues, oldest first; of these fields (at most 10), or of all where none is named."""
        path = f"{self.api}/changelog/bulkfetch"
        body: dict[str, Any] = {"issueIdsOrKeys": list(issues)}
        if fields:
            body["fieldIds"] = list(fields)
        if token:
            body["nextPageToken"] = token
        page: wire.HistoryPage = self._http.send(Call("POST", path, f"POST {path}", json=body)).decode(wire.HistoryPage)
        return page

    # -- writes: a definite refusal comes back as a value, everything else is raised -----------------------------------------

    def create(self, body: Mapping[str, Any]) -> wire.Created | Refused:
        """Make an issue."""
        answer = self._write("POST", "/issue", "/issue", {**body, "fields": self.start.sent(body["fields"])})
        return self._refused(answer) if answer.status in REFUSALS else answer.decode(wire.Created)

    def edit(self, issue: str, body: Mapping[str, Any]) -> Refused | None:
        """Change an issue's fields."""
        sent = {**body, "fields": self.start.sent(body["fields"])} if "fields" in body else body
        answer = self._write("PUT", f"/issue/{issue}", "/issue/{}", sent)
        return self._refused(answer) if answer.status in REFUSALS else None

    def transitions(self, issue: str) -> list[wire.Transition] | Refused:
        """The ways out of the issue's present status, with the fields that each asks for."""
        path = f"{self.api}/issue/{issue}/transitions"
        params = {"expand": "transitions.fields"}
        expect = frozenset({200, *REFUSALS})
        answer = self._http.send(Call("GET", path, f"GET {self.api}/issue/{{}}/transitions", params, expect=expect))
        if answer.status in REFUSALS:
            return refusal(answer)
        offered: wire.Transitions = answer.decode(wire.Transitions)
        return offered.transitions

    def transition(self, issue: str, transition: str) -> Refused | None:
        """Take one of the ways out."""
        body = {"transition": {"id": transition}}
        answer = self._write("POST", f"/issue/{issue}/transitions", "/issue/{}/transitions", body)
        return refusal(answer) if answer.status in REFUSALS else None

    def link(self, link_type: str, inward: str, outward: str) -> Refused | None:
        """Link two issues: ``inward`` is the one that blocks, for links of that sort. The same link twice is one link."""
        body = {"type": {"id": link_type}, "inwardIssue": {"id": inward}, "outwardIssue": {"id": outward}}
        answer = self._write("POST", "/issueLink", "/issueLink", body)
        return refusal(answer) if answer.status in REFUSALS else None

    def unlink(self, link: str) -> Refused | None:
        """Take a link away; one that is not there any more is no refusal."""
        path = f"{self.api}/issueLink/{link}"
        expect = frozenset({200, 204, *REFUSALS})
        answer = self._http.send(Call("DELETE", path, f"DELETE {self.api}/issueLink/{{}}", expect=expect))
        return refusal(answer) if answer.status in REFUSALS - {404} else None

    def add_comment(self, issue: str, body: Mapping[str, Any]) -> wire.Made | Refused:
        """Comment on an issue."""
        answer = self._write("POST", f"/issue/{issue}/comment", "/issue/{}/comment", body)
        return refusal(answer) if answer.status in REFUSALS else answer.decode(wire.Made)

    def edit_comment(self, issue: str, comment: str, body: Mapping[str, Any]) -> Refused | None:
        """Write a comment anew; its properties stay."""
        answer = self._write("PUT", f"/issue/{issue}/comment/{comment}", "/issue/{}/comment/{}", body)
        return refusal(answer) if answer.status in REFUSALS else None

    def put_remote_link(self, issue: str, body: Mapping[str, Any]) -> Refused | None:
        """Make a remote link, or change the one of that global id."""
        answer = self._write("POST", f"/issue/{issue}/remotelink", "/issue/{}/remotelink", body)
        return refusal(answer) if answer.status in REFUSALS else None

    def drop_remote_link(self, issue: str, global_id: str) -> Refused | None:
        """Take a remote link away; one that is not there any more is no refusal."""
        path, name = f"{self.api}/issue/{issue}/remotelink", f"DELETE {self.api}/issue/{{}}/remotelink"
        expect = frozenset({200, 204, *REFUSALS})
        answer = self._http.send(Call("DELETE", path, name, {"globalId": global_id}, expect=expect))
        return refusal(answer) if answer.status in REFUSALS - {404} else None

    def issue_property(self, issue: str) -> Any:
        """What the issue property holds; None where there is none."""
        path, name = f"{self.api}/issue/{issue}/properties/{PROPERTY}", f"GET {self.api}/issue/{{}}/properties/{{}}"
        answer = self._http.send(Call("GET", path, name, expect=frozenset({200, 404})))
        if answer.status == 404:
            return None
        found: wire.ProjectProperty = answer.decode(wire.ProjectProperty)
        return found.value

    def put_issue_property(self, issue: str, value: Mapping[str, Any]) -> Refused | None:
        """Set the issue property."""
        answer = self._write("PUT", f"/issue/{issue}/properties/{PROPERTY}", "/issue/{}/properties/{}", value)
        return refusal(answer) if answer.status in REFUSALS else None

    def create_version(self, body: Mapping[str, Any]) -> wire.Version | Refused:
        """Make a version."""
        answer = self._write("POST", "/version", "/version", body)
        return refusal(answer) if answer.status in REFUSALS else answer.decode(wire.Version)

    def edit_version(self, version: str, body: Mapping[str, Any]) -> Refused | None:
        """Change a version; what the body does not name stays."""
        answer = self._write("PUT", f"/version/{version}", "/version/{}", body)
        return refusal(answer) if answer.status in REFUSALS else None

    def _refused(self, answer: Answer) -> Refused:
        """A refusal, with the fields as we call them."""
        found = refusal(answer)
        return Refused(found.status, found.messages, self.start.told(found.fields), found.moved)

    def _write(self, method: str, path: str, name: str, body: Mapping[str, Any]) -> Answer:
        expect = frozenset({200, 201, 204, *REFUSALS})
        return self._http.send(Call(method, self.api + path, f"{method} {self.api}{name}", json=body, expect=expect))

    # -- catalogue ----------------------------------------------------------------------------------------------------------

    def project(self, key: str) -> tuple[wire.Project, float | None]:
        """A project and the server's time."""
        answer = self._http.send(Call("GET", f"{self.api}/project/{key}", f"GET {self.api}/project/{{}}"))
        return answer.decode(wire.Project), sent_at(answer.headers)

    def project_mark(self, key: str) -> tuple[str | None, float | None]:
        """The instance mark kept in the project's properties, and the server's time; no mark when there is none, or no such project."""
        path = f"{self.api}/project/{key}/properties/{PROPERTY}"
        name = f"GET {self.api}/project/{{}}/properties/{{}}"
        answer = self._http.send(Call("GET", path, name, expect=frozenset({200, 404})))
        at = sent_at(answer.headers)
        if answer.status == 404:
            return None, at
        found: wire.ProjectProperty = answer.decode(wire.ProjectProperty)
        mark = found.value.get("mark") if isinstance(found.value, Mapping) else None
        return (mark if isinstance(mark, str) else None), at

    def put_project_mark(self, key: str, mark: str) -> Refused | None:
        """Keep the instance mark in the project's properties; it takes the permission Administer Projects."""
        name = "/project/{}/properties/{}"
        answer = self._write("PUT", f"/project/{key}/properties/{PROPERTY}", name, {"mark": mark})
        return refusal(answer) if answer.status in REFUSALS else None

    def versions(self, key: str) -> list[wire.Version]:
        """All versions of a project, in Jira's order."""
        return self._get(f"/project/{key}/versions", "/project/{}/versions", list[wire.Version])

    def version(self, version: str) -> tuple[wire.Version | None, float | None]:
        """A version, None where there is none that we may see, and the server's time."""
        path = f"{self.api}/version/{version}"
        answer = self._http.send(Call("GET", path, f"GET {self.api}/version/{{}}", expect=frozenset({200, 404})))
        return (None if answer.status == 404 else answer.decode(wire.Version)), sent_at(answer.headers)

    def link_types(self) -> list[wire.LinkType]:
        """The sorts of link that the site has."""
        return self._get("/issueLinkType", "/issueLinkType", wire.LinkTypes).types

    def links_of(self, issue: str) -> list[wire.Link]:
        """The links of an issue as they are now."""
        found: wire.Issue = self._get(f"/issue/{issue}", "/issue/{}", wire.Issue, {"fields": "issuelinks"})
        return found.fields.links or []

    def statuses(self, key: str) -> list[wire.Status]:
        """The statuses of all workflows of a project, each once, in Jira's order."""
        answered: list[wire.TypeStatuses] = self._get(f"/project/{key}/statuses", "/project/{}/statuses", list[wire.TypeStatuses])
        return list({status.id: status for one in answered for status in one.statuses}.values())

    def priorities(self, project_id: str) -> list[wire.Priority]:
        """The priorities of a project's scheme, the most important first; all of the site's where Jira has no scheme search."""
        found: list[wire.Priority] = []
        while True:
            params = {"projectId": project_id, "startAt": str(len(found)), "maxResults": "50"}
            try:
                page = self._get("/priority/search", "/priority/search", wire.PriorityPage, params)
            except Gone:
                return self._get("/priority", "/priority", list[wire.Priority])
            found += page.values
            if not page.values or len(found) >= page.total:
                return found

    def types(self, key: str) -> list[wire.IssueType]:
        """The issue types that we may create in a project."""
        found: list[wire.IssueType] = []
        while True:
            params = {"startAt": str(len(found)), "maxResults": "200"}
            path, name = f"/issue/createmeta/{key}/issuetypes", "/issue/createmeta/{}/issuetypes"
            page = self._get(path, name, wire.TypePage, params)
            listed = page.issue_types or page.values
            found += listed
            if not listed or len(found) >= page.total:
                return found

    def create_fields(self, key: str, issue_type: str) -> list[wire.CreateField]:
        """The fields on the create screen of an issue type."""
        found: list[wire.CreateField] = []
        while True:
            params = {"startAt": str(len(found)), "maxResults": "200"}
            path = f"/issue/createmeta/{key}/issuetypes/{issue_type}"
            page = self._get(path, "/issue/createmeta/{}/issuetypes/{}", wire.CreateFieldPage, params)
            listed = page.fields or page.values
            found += listed
            if not listed or len(found) >= page.total:
                return self.start.screen(found)

    def flat(self, project: wire.Project) -> str | None:
        """Why no issue of the project can have a parent. One stands exactly one level above its children."""
        if len({one.level for one in project.issue_types}) != 1:
            return None
        return f"all issue types of the project {project.key} are of one level, so that none can be the parent of another"

    def permissions(self, key: str, wanted: Sequence[str]) -> dict[str, bool]:
        """Which of the wanted permissions our account has in a project."""
        params = {"projectKey": key, "permissions": ",".join(wanted)}
        found = self._get("/mypermissions", "/mypermissions", wire.Permissions, params)
        return {name: name in found.permissions and found.permissions[name].have for name in wanted}

    def myself(self) -> wire.User:
        """Our account."""
        return self._get("/myself", "/myself", wire.User)

    def people(self, ids: Sequence[str]) -> list[wire.User]:
        """At most ``PEOPLE_BATCH`` accounts by id; unknown ones are left out."""
        params = [("accountId", one) for one in ids] + [("maxResults", str(len(ids)))]
        return self._get("/user/bulk", "/user/bulk", wire.UserPage, params).values

    def close(self) -> None:
        """Release connections."""
        self._http.close()

    def _get(self, path: str, name: str, type_: type[T], params: Mapping[str, str] | Sequence[tuple[str, str]] = ()) -> T:
        answer = self._http.send(Call("GET", self.api + path, f"GET {self.api}{name}", params))
        decoded: T = answer.decode(type_)
        return decoded


def refusal(answer: Answer) -> Refused:
    """Jira's words in a refusal; what is no such document is told as it stands, shortened."""
    try:
        errors = msgspec.json.decode(answer.content, type=wire.Errors)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Refused(answer.status, [f"Jira answered {answer.status}"], {})
    return Refused(answer.status, errors.messages, errors.fields)
