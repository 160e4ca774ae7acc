"""Jira Data Center: version 2 of the API, wiki markup, accounts with names and keys, epics in a custom field, searches by offset."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pmsync.testing.emulator import Response
from pmsync_jira.emulation import adf
from pmsync_jira.emulation.catalogue import Catalogue
from pmsync_jira.emulation.edition import Edition, Invalid
from pmsync_jira.emulation.errors import bad_request, not_found
from pmsync_jira.emulation.exchange import Exchange, strings
from pmsync_jira.emulation.issues import wanted_of
from pmsync_jira.emulation.jql import compile_query
from pmsync_jira.emulation.meta import create_meta, names_and_schema
from pmsync_jira.emulation.records import Document, Entry, FieldKind, History, Issue, IssueType, Person
from pmsync_jira.emulation.render import Renderer
from pmsync_jira.emulation.search import cut, in_order, seen
from pmsync_jira.emulation.site import PERMISSIONS, place, was_granted
from pmsync_jira.emulation.views import issue_json

EPIC_LINK = FieldKind("customfield_10008", "Epic Link", "any", "com.pyxis.greenhopper.jira:gh-epic-link")
EPIC_NAME = FieldKind("customfield_10009", "Epic Name", "string", "com.pyxis.greenhopper.jira:gh-epic-label")
VERSION = "9.12.8"
PAGE = 50


class DataCenter(Edition):
    """One's own Jira."""

    root = "/rest/api/2"
    bot = Person("JIRAUSER10000", "Sync Bot", "bot@example.com", "jira-pat", login="pmsync-bot", email_visible=True)
    signs = "bearer"

    def furnish(self, catalogue: Catalogue) -> None:
        """The fields of Jira Software."""
        for kind in (EPIC_LINK, EPIC_NAME):
            catalogue.custom[kind.id] = kind

    def account(self, number: int, name: str) -> Person:
        """Known by a key for good, and by a login that may change."""
        return Person(f"JIRAUSER{10_000 + number}", name, login=name.lower().replace(" ", "."), email_visible=True)

    def document(self, text: str) -> Document:
        """Wiki markup is what was typed."""
        return text

    def checked(self, value: Any, further: Callable[[Mapping[str, Any]], list[str]] | None) -> Document:
        """A text within the limit that sites have unless their administrator says otherwise."""
        if not isinstance(value, str):
            raise Invalid("Operation value must be a string")
        if len(value) > adf.TEXT_LIMIT:
            raise Invalid(f"The entered text is too long. It exceeds the allowed limit of {adf.TEXT_LIMIT:,} characters.")
        return value

    def who(self, people: Mapping[str, Person], value: Mapping[str, Any]) -> str | None:
        """By login."""
        return next((one.account_id for one in people.values() if one.login and one.login == value.get("name")), None)

    def screen(self, fields: frozenset[str]) -> frozenset[str]:
        """Sub-tasks do not change their parent."""
        return fields - {"parent"}

    def is_child(self, catalogue: Catalogue, issue: Issue) -> bool:
        """Only sub-tasks have a parent by that name."""
        return catalogue.issue_types[issue.issue_type].level < 0

    def link_field(self) -> str:
        """Epic Link."""
        return EPIC_LINK.id

    def with_parent(self, state: Any, issue: Issue, value: Any) -> Issue:
        """The issue with another epic, or none.

        Raises:
            Invalid: it is no epic, or the issue cannot have one.
        """
        if value is None:
            return replace(issue, parent=None)
        kinds = state.catalogue.issue_types
        entry = state.entry(value) if isinstance(value, str) else None
        if entry is None or not state.visible(entry) or kinds[entry.current.issue_type].level != 1:
            raise Invalid(f"Issue '{value}' is not an Epic.")
        if kinds[issue.issue_type].level != 0 or entry.current.id == issue.id:
            raise Invalid("Only issues that are neither epics nor sub-tasks can have an epic.")
        return replace(issue, parent=entry.current.id)


class DataCenterRenderer(Renderer):
    """Renders as Data Center does."""

    @property
    def rest(self) -> str:
        """There is but one version of the API."""
        return f"{self.state.base_url}{DataCenter.root}"

    def text(self, document: Document | None) -> Any:
        """Wiki markup."""
        return document

    def user(self, account_id: str | None) -> dict[str, Any] | None:
        """Login name and key, and the e-mail."""
        if account_id is None:
            return None
        person = self.state.people.get(account_id) or Person(account_id, "Former user", active=False)
        login = person.login or account_id.lower()
        shown: dict[str, Any] = {
            "self": f"{self.rest}/user?username={login}",
            "name": login,
            "key": account_id,
            "avatarUrls": {"48x48": f"{self.state.base_url}/secure/useravatar?avatarId=10122"},
            "displayName": person.name,
            "active": person.active,
            "timeZone": person.time_zone or self.state.knobs.account_time_zone,
        }
        return {**shown, "emailAddress": person.email} if person.email else shown

    def issue_type(self, kind: IssueType) -> dict[str, Any]:
        """There is no hierarchy but sub-tasks."""
        return {name: value for name, value in super().issue_type(kind).items() if name != "hierarchyLevel"}

    def comment(self, issue_id: int, comment: Any, *, properties: bool = False) -> dict[str, Any]:
        """Whether it is an internal note, only the property tells."""
        shown = super().comment(issue_id, comment, properties=properties)
        return {name: value for name, value in shown.items() if name != "jsdPublic"}

    def changes(self, history: History) -> list[dict[str, Any]]:
        """Without ids of fields; an epic that an issue got is told under the name of its field."""
        shown = []
        for line in super().changes(history):
            field_id = line.pop("fieldId")
            epic = field_id == "parent"
            shown.append({**line, "field": EPIC_LINK.name, "fieldtype": "custom"} if epic else line)
        return shown

    def recent(self, entry: Entry) -> dict[str, Any]:
        """The whole history, the oldest first."""
        histories = [self.history(one) for one in entry.history]
        return {"startAt": 0, "maxResults": len(histories), "total": len(histories), "histories": histories}

    def custom(self, issue: Issue, field_id: str) -> Any:
        """The epic's key where that is asked for, else what was set."""
        if field_id != EPIC_LINK.id:
            return super().custom(issue, field_id)
        epic = None if issue.parent is None or self.is_child(issue) else self.state.entries[issue.parent]
        return None if epic is None or epic.deleted else epic.current.key


def server_info(exchange: Exchange) -> Response:
    """GET serverInfo."""
    shown = {
        "baseUrl": exchange.state.base_url,
        "version": VERSION,
        "versionNumbers": [int(part) for part in VERSION.split(".")],
        "deploymentType": "Server",
        "buildNumber": 9_120_008,
        "buildDate": "2026-01-01T00:00:00.000+0000",
        "serverTime": exchange.renderer.moment(exchange.state.now_ms()),
        "scmInfo": "0000000000000000000000000000000000000000",
        "serverTitle": "Jira stand-in",
    }
    return Response.of(200, shown)


def my_permissions(exchange: Exchange) -> Response:
    """GET mypermissions: all of them, whatever was asked for."""
    project = place(exchange)
    shown = {
        key: {"id": number, "key": key, "name": name, "type": kind, "havePermission": was_granted(exchange, key, project)}
        for key, (number, name, kind) in PERMISSIONS.items()
    }
    return Response.of(200, {"permissions": shown})


def get_user(exchange: Exchange) -> Response:
    """GET user?username= or ?key=."""
    key, name = exchange.request.param("key"), exchange.request.param("username")
    people = exchange.state.people
    found = key if key in people else exchange.state.edition.who(people, {"name": name})
    if found is None or found == "":
        raise not_found(f"The user named '{name or key}' does not exist")
    return Response.of(200, exchange.renderer.user(found))


def search_users(exchange: Exchange) -> Response:
    """GET user/search?username=: in logins, names and e-mails."""
    start, size = exchange.window(50, 1000)
    query = exchange.request.param("username").lower()
    people = exchange.state.people.values()
    found = [one for one in people if any(query in text.lower() for text in (one.login, one.name, one.email))]
    return Response.of(200, [exchange.renderer.user(one.account_id) for one in found[start : start + size]])


def create_meta_types(exchange: Exchange) -> Response:
    """GET issue/createmeta/{}/issuetypes."""
    project = exchange.project()
    kinds = [exchange.renderer.issue_type(exchange.state.catalogue.issue_types[id_]) for id_ in project.issue_types]
    return _page(exchange, kinds)


def create_meta_fields(exchange: Exchange) -> Response:
    """GET issue/createmeta/{}/issuetypes/{}: an epic insists on its name, and has no epic itself."""
    project, kind = exchange.project(), exchange.params["issueTypeId"]
    if kind not in project.issue_types:
        raise bad_request("The issue type is not available in this project.")
    level = exchange.state.catalogue.issue_types[kind].level
    hidden = {1: EPIC_LINK.id, 0: EPIC_NAME.id}
    shown = [one for one in create_meta(exchange.renderer, project) if one["fieldId"] != hidden.get(level)]
    return _page(exchange, [{**one, "required": True} if one["fieldId"] == EPIC_NAME.id else one for one in shown])


def _page(exchange: Exchange, values: Sequence[Any]) -> Response:
    start, size = exchange.window(50, 200)
    shown, total = list(values[start : start + size]), len(values)
    page = {"maxResults": size, "startAt": start, "total": total, "isLast": start + len(shown) >= total, "values": shown}
    return Response.of(200, page)


def get_search(exchange: Exchange) -> Response:
    """GET search."""
    asked = (exchange.request.param("jql"), exchange.number("startAt", 0), exchange.number("maxResults", PAGE))
    return _search(exchange, asked, exchange.values("fields"), exchange.values("expand"))


def post_search(exchange: Exchange) -> Response:
    """POST search."""
    body = exchange.object_body()
    start, size = body.get("startAt", 0), body.get("maxResults", PAGE)
    if not isinstance(start, int) or not isinstance(size, int):
        raise bad_request("Can not deserialize the request.")
    return _search(exchange, (str(body.get("jql") or ""), start, size), strings(body, "fields"), strings(body, "expand"))


def _search(exchange: Exchange, asked: tuple[str, int, int], fields: list[str], expand: list[str]) -> Response:
    """A page by offset, of what the index shows. Issue properties are not shown, whatever is asked for."""
    jql, start, size = asked
    query = compile_query(jql, exchange.state, exchange.person)
    wanted = wanted_of(exchange, fields, [], "*navigable")
    hits = in_order(seen(exchange, query, frozenset()), query)
    size = min(size, exchange.knobs.search_max)
    renderer = exchange.renderer
    shown = []
    for issue in hits[start : start + cut(exchange, size)]:
        view = issue_json(renderer, issue, wanted)
        if "changelog" in expand:
            view["changelog"] = renderer.recent(exchange.state.entries[issue.id])
        shown.append(view)
    answer = {"expand": "schema,names", "startAt": start, "maxResults": size, "total": len(hits), "issues": shown}
    return Response.of(200, {**answer, **names_and_schema(renderer, wanted.fields, expand)})
