"""What our Jira client reads of Jira's answers, and where the vendor's description is known to be too narrow or too vague."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import httpx
import jsonschema_rs

from pmsync.net.clock import VirtualClock
from pmsync.testing.emulator import transport
from pmsync_jira import wire
from pmsync_jira.emulation.views import SYSTEM_FIELDS
from pmsync_jira.emulator import JiraEmulator, JiraKnobs

API = "/rest/api/3"
TEXT_OR_NULL = {"anyOf": [{"type": "string"}, {"type": "null"}]}
DOCUMENT = {
    "type": "object",
    "required": ["type", "version", "content"],
    "properties": {
        "type": {"enum": ["doc"]},
        "version": {"type": "integer"},
        "content": {"type": "array", "items": {"type": "object"}},
    },
}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _nullable(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"anyOf": [dict(schema), {"type": "null"}]}


def _list(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": dict(schema)}


MOMENT = {"type": "string", "format": "date-time"}
ISSUE_FIELDS = {
    "summary": {"type": "string"},
    "issuetype": _ref("IssueTypeDetails"),
    "project": _ref("Project"),
    "status": _ref("StatusDetails"),
    "priority": _nullable(_ref("Priority")),
    "resolution": _nullable(_ref("Resolution")),
    "resolutiondate": _nullable(MOMENT),
    "labels": _list({"type": "string"}),
    "components": _list(_ref("ProjectComponent")),
    "fixVersions": _list(_ref("Version")),
    "versions": _list(_ref("Version")),
    "assignee": _nullable(_ref("UserDetails")),
    "reporter": _nullable(_ref("UserDetails")),
    "creator": _ref("UserDetails"),
    "created": MOMENT,
    "updated": MOMENT,
    "duedate": _nullable({"type": "string", "format": "date"}),
    "parent": _nullable(_ref("LinkedIssue")),
    "security": _nullable(_ref("SecurityLevel")),
    "issuelinks": _list(_ref("IssueLink")),
    "description": _nullable(DOCUMENT),
    "comment": _ref("PageOfComments"),
}

AMENDMENTS = {
    "IssueBean": (
        {"properties": {"fields": {"type": "object", "properties": ISSUE_FIELDS, "additionalProperties": {}}}},
        "an issue's fields are declared as anything; the system fields have schemas elsewhere in the same description, and custom fields are free",
    ),
    f"PUT {API}/issue/{{issueIdOrKey}} 200": (
        _ref("IssueBean"),
        "with returnIssue=true the answer is the issue; it is declared as anything",
    ),
    f"POST {API}/issue/bulk 400": (
        {"$ref": None, "anyOf": [_ref("CreatedIssues"), _ref("ErrorCollection")]},
        "a request that is refused as a whole gets the errors of every other operation",
    ),
    "Comment": ({"properties": {"body": DOCUMENT}}, "the body is declared as anything; in version 3 it is an Atlassian Document"),
    "PageOfComments": (
        {"properties": {"self": {"type": "string", "format": "uri"}}},
        "the page embedded in an issue carries its URL",
    ),
    "ChangeDetails": (
        {"properties": {name: {"type": None, **TEXT_OR_NULL} for name in ("from", "fromString", "to", "toString")}},
        "both sides of a change may be null, as the description's own example shows",
    ),
    "Fields": (
        {"properties": {"priority": {"allOf": None, **_nullable(_ref("Priority"))}}},
        "a linked issue may have no priority",
    ),
    "IssueLink": ({"required": ["type"]}, "a link shown in an issue has the one side that is not that issue"),
    f"GET {API}/issue/{{issueIdOrKey}}/remotelink 200": (
        {"$ref": None, "anyOf": [_list(_ref("RemoteIssueLink")), _ref("RemoteIssueLink")]},
        "without globalId the answer is a list, as the description's own example shows",
    ),
    f"POST {API}/changelog/bulkfetch 200": (
        {
            "$ref": None,
            "type": "object",
            "properties": {
                "nextPageToken": {"type": "string"},
                "issueChangeLogs": _list(
                    {
                        "type": "object",
                        "properties": {
                            "issueId": {"type": "string"},
                            "changeHistories": _list(
                                {
                                    "type": "object",
                                    "properties": {
                                        "id": {"type": "string"},
                                        "author": _ref("UserDetails"),
                                        "created": {"type": "integer"},
                                        "items": _list(_ref("ChangeDetails")),
                                    },
                                },
                            ),
                        },
                    },
                ),
            },
        },
        "the bulk endpoint stamps histories with epoch numbers, as the description's own example shows",
    ),
}
"""Component, or answer, to what is merged into its schema and why."""

STATUSES = {
    401: "no credentials, or wrong ones: any operation",
    403: "a permission is missing",
    404: "what the path names is not there, or not for us",
    410: "the old search was removed after this description was written",
    413: "a limit per issue",
    429: "rate limits are described outside of the API description",
    501: "the stand-in's own answer for what it does not implement",
    503: "maintenance: a page of the edge, not of the API",
}

LEFT_OUT = (
    "nextPageToken",
    "issues[].properties",
    "issues[].fields",
    "issues[].changelog",
    "emailAddress",
    "values[].emailAddress",
    "comments[].visibility",
    "comments[].author.emailAddress",
    "issueChangeLogs[].changeHistories[].author.emailAddress",
    "transitions[].fields",
    "startDate",
    "releaseDate",
    "versions[].startDate",
    "versions[].releaseDate",
)
"""What Jira leaves out when it does not apply or was not asked for."""

DATA_CENTER = {
    f"GET {API}/myself": ("key", "name"),
    f"GET {API}/user/bulk": ("values[].key", "values[].name"),
    f"GET {API}/issue/{{issueIdOrKey}}/comment": ("comments[].author.key", "comments[].author.name", "comments[].properties"),
    f"POST {API}/changelog/bulkfetch": tuple(f"issueChangeLogs[].changeHistories[].author.{name}" for name in ("key", "name")),
    f"GET {API}/issue/createmeta/{{projectIdOrKey}}/issuetypes": ("values",),
    f"GET {API}/issue/createmeta/{{projectIdOrKey}}/issuetypes/{{issueTypeId}}": ("values", "fields[].allowedValues"),
}
"""What our client reads where Data Center shows it, and otherwise goes without."""

READ_BY = {
    f"POST {API}/search/jql": wire.SearchPage,
    f"POST {API}/issue/bulkfetch": wire.BulkFetched,
    f"GET {API}/issue/{{issueIdOrKey}}/comment": wire.Comments,
    f"POST {API}/changelog/bulkfetch": wire.HistoryPage,
    f"POST {API}/issue": wire.Created,
    f"GET {API}/issue/{{issueIdOrKey}}/transitions": wire.Transitions,
    f"GET {API}/project/{{projectIdOrKey}}": wire.Project,
    f"GET {API}/project/{{projectIdOrKey}}/properties/{{propertyKey}}": wire.ProjectProperty,
    f"GET {API}/priority/search": wire.PriorityPage,
    f"GET {API}/issue/createmeta/{{projectIdOrKey}}/issuetypes": wire.TypePage,
    f"GET {API}/issue/createmeta/{{projectIdOrKey}}/issuetypes/{{issueTypeId}}": wire.CreateFieldPage,
    f"GET {API}/mypermissions": wire.Permissions,
    f"GET {API}/myself": wire.User,
    f"GET {API}/user/bulk": wire.UserPage,
    f"POST {API}/version": wire.Version,
    f"GET {API}/version/{{id}}": wire.Version,
    f"GET {API}/issueLinkType": wire.LinkTypes,
}
"""Endpoint to the struct that our client decodes its answer into."""


def rules(openapi: Any) -> Any:
    """The rules for the Jira description; ``openapi`` is the validation module."""
    reads = {name: openapi.reads_of(struct, optional=(*LEFT_OUT, *DATA_CENTER.get(name, ()))) for name, struct in READ_BY.items()}
    reads[f"GET {API}/project/{{projectIdOrKey}}/statuses"] = [
        f"[].{read}" for read in openapi.reads_of(wire.TypeStatuses, optional=LEFT_OUT)
    ]
    reads[f"GET {API}/project/{{projectIdOrKey}}/versions"] = [
        f"[].{read}" for read in openapi.reads_of(wire.Version, optional=LEFT_OUT)
    ]
    search = reads[f"POST {API}/search/jql"]
    search.remove("issues[].key")  # not shown where only the id was asked for
    amendments = [openapi.Amendment(name, reason, merge) for name, (merge, reason) in AMENDMENTS.items()]
    return openapi.Rules(amendments, STATUSES, reads)


def fields_missing(request: Any, body: Any) -> list[str]:
    """Fields, and what an asked for changelog holds, that the request names and an issue of the answer lacks."""
    if not request.path.endswith(("/search/jql", "/issue/bulkfetch")) or request.method != "POST":
        return []
    asked = [name for name in request.json().get("fields") or () if name in SYSTEM_FIELDS]
    past = ("histories", "total") if "changelog" in (request.json().get("expand") or ()) else ()
    without = [
        f"{request.path}: {issue['id']} lacks {name} in the changelog that was asked for"
        for issue in body["issues"]
        for name in past
        if name not in issue.get("changelog", {})
    ]
    return without + [
        f"{request.path}: {issue['id']} lacks the field {name} that was asked for"
        for issue in body["issues"]
        for name in asked
        if name not in issue.get("fields", {})
    ]


def adf_check(schema: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], list[str]]:
    """Judges rich text by the vendor's schema for it."""
    validator = jsonschema_rs.Draft4Validator(dict(schema))
    return lambda document: [error.message[:200] for error in validator.iter_errors(dict(document))]


class Desk:
    """A Jira site with the project PAY, and an HTTP client signed in as its bot. ``wrap`` is given the emulator."""

    def __init__(self, wrap: Any = lambda emulator: emulator, knobs: JiraKnobs | None = None) -> None:
        self.clock = VirtualClock()
        self.site = JiraEmulator(self.clock, knobs)
        self.project = self.site.add_project("PAY", "Payments")
        self.ana = self.site.add_user("Ana", email="ana@acme.com").account_id
        self.wrapped = wrap(self.site)
        bot = self.site.bot
        self.http = httpx.Client(
            transport=transport(self.wrapped), base_url=self.site.base_url + API, auth=(bot.email, bot.token)
        )

    @property
    def knobs(self) -> JiraKnobs:
        """The site's knobs."""
        return self.site.knobs

    def get(self, path: str, **params: Any) -> httpx.Response:
        """GET below the API root."""
        return self.http.get(path, params=params or None)

    def post(self, path: str, body: Any) -> httpx.Response:
        """POST below the API root."""
        return self.http.post(path, json=body)

    def put(self, path: str, body: Any) -> httpx.Response:
        """PUT below the API root."""
        return self.http.put(path, json=body)

    def delete(self, path: str) -> httpx.Response:
        """DELETE below the API root."""
        return self.http.delete(path)

    def create(self, summary: str = "A thing", **fields: Any) -> str:
        """Create an issue through the API; returns its key."""
        body = {"fields": {"project": {"key": "PAY"}, "issuetype": {"name": "Task"}, "summary": summary, **fields}}
        answer = self.post("/issue", body)
        assert answer.status_code == 201, answer.text
        key: str = answer.json()["key"]
        return key

    def search(self, jql: str = "project = PAY", **more: Any) -> dict[str, Any]:
        """One search page."""
        answer = self.post("/search/jql", {"jql": jql, "fields": ["summary", "updated"], **more})
        assert answer.status_code == 200, answer.text
        page: dict[str, Any] = answer.json()
        return page

    def keys(self, jql: str = "project = PAY", **more: Any) -> list[str]:
        """Keys on one search page."""
        return [issue["key"] for issue in self.search(jql, **more)["issues"]]

    def walk(self, jql: str = "project = PAY ORDER BY key ASC", **more: Any) -> list[list[str]]:
        """The keys of every page, following tokens."""
        page = self.search(jql, **more)
        pages = [page]
        while "nextPageToken" in page:
            page = self.search(jql, **more, nextPageToken=page["nextPageToken"])
            pages.append(page)
        return [[issue["key"] for issue in one["issues"]] for one in pages]
