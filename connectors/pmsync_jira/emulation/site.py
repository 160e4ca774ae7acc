"""The site itself: server, account, permissions, users, and the site-wide lists."""

from __future__ import annotations

from typing import Any

from pmsync.testing.emulator import Response
from pmsync_jira.emulation.errors import bad_request, not_found, not_implemented
from pmsync_jira.emulation.exchange import Exchange
from pmsync_jira.emulation.meta import field_name, field_schema
from pmsync_jira.emulation.records import Person, Project
from pmsync_jira.emulation.views import NOT_NAVIGABLE, SYSTEM_FIELDS

PERMISSIONS: dict[str, tuple[str, str, str]] = {
    "ADMINISTER": ("0", "Administer Jira", "GLOBAL"),
    "ADMINISTER_PROJECTS": ("23", "Administer Projects", "PROJECT"),
    "BROWSE_PROJECTS": ("10", "Browse Projects", "PROJECT"),
    "CREATE_ISSUES": ("11", "Create Issues", "PROJECT"),
    "EDIT_ISSUES": ("12", "Edit Issues", "PROJECT"),
    "TRANSITION_ISSUES": ("46", "Transition Issues", "PROJECT"),
    "DELETE_ISSUES": ("16", "Delete Issues", "PROJECT"),
    "ADD_COMMENTS": ("15", "Add Comments", "PROJECT"),
    "EDIT_ALL_COMMENTS": ("34", "Edit All Comments", "PROJECT"),
    "LINK_ISSUES": ("21", "Link Issues", "PROJECT"),
    "ASSIGN_ISSUES": ("13", "Assign Issues", "PROJECT"),
    "SET_ISSUE_SECURITY": ("26", "Set Issue Security", "PROJECT"),
    "BULK_CHANGE": ("33", "Make bulk changes", "GLOBAL"),
}
"""Permission keys: id, name, kind."""


def server_info(exchange: Exchange) -> Response:
    """GET serverInfo: the one thing that may be read without signing in."""
    return Response.of(
        200,
        {
            "baseUrl": exchange.state.base_url,
            "version": "1001.0.0-SNAPSHOT",
            "versionNumbers": [1001, 0, 0],
            "deploymentType": "Cloud",
            "buildNumber": 100_286,
            "buildDate": "2026-01-01T00:00:00.000+0000",
            "serverTime": exchange.renderer.moment(exchange.state.now_ms()),
            "scmInfo": "0000000000000000000000000000000000000000",
            "serverTitle": "Jira stand-in",
        },
    )


def _account(exchange: Exchange, person: Person) -> dict[str, Any]:
    return {**(exchange.renderer.user(person.account_id) or {}), "locale": "en_US"}


def myself(exchange: Exchange) -> Response:
    """GET myself: the account with its time zone, in which bare JQL dates are read."""
    shown = {**_account(exchange, exchange.person), "expand": "groups,applicationRoles"}
    return Response.of(200, shown)


def my_permissions(exchange: Exchange) -> Response:
    """GET mypermissions: for a project, an issue, or the site."""
    asked = exchange.values("permissions")
    if not asked:
        raise bad_request("The 'permissions' query parameter is required.")
    unknown = [key for key in asked if key not in PERMISSIONS]
    if unknown:
        raise bad_request(f"Unrecognized permission: {', '.join(unknown)}")
    project = place(exchange)
    shown = {}
    for key in asked:
        number, name, kind = PERMISSIONS[key]
        shown[key] = {
            "id": number,
            "key": key,
            "name": name,
            "type": kind,
            "description": name,
            "havePermission": was_granted(exchange, key, project),
        }
    return Response.of(200, {"permissions": shown})


def place(exchange: Exchange) -> Project | None:
    """The project that permissions are asked for, by its name or by an issue's; None for the site.

    Raises:
        Refusal: 404.
    """
    name = exchange.request.param("projectKey") or exchange.request.param("projectId")
    issue = exchange.request.param("issueKey") or exchange.request.param("issueId")
    state = exchange.state
    if issue:
        entry = state.entry(issue)
        if entry is None or not state.visible(entry):
            raise not_found()
        return state.projects[entry.current.project]
    if not name:
        return None
    project = state.project(name)
    if project is None or not state.may("BROWSE_PROJECTS", project):
        raise not_found(f"No project could be found with key '{name}'.")
    return project


def was_granted(exchange: Exchange, key: str, project: Project | None) -> bool:
    """Whether the account has a permission in a project; without one, anywhere."""
    state = exchange.state
    if PERMISSIONS[key][2] == "GLOBAL":
        return (key, "*") not in state.denied
    if project is not None:
        return state.may(key, project)
    return any(state.may(key, one) for one in state.projects.values())


def get_user(exchange: Exchange) -> Response:
    """GET user?accountId=."""
    wanted = exchange.request.param("accountId")
    if wanted not in exchange.state.people:
        raise not_found(f"Specified user does not exist or you do not have required permissions: {wanted}")
    return Response.of(200, exchange.renderer.user(wanted))


def bulk_users(exchange: Exchange) -> Response:
    """GET user/bulk?accountId=...: unknown accounts are left out."""
    asked = exchange.values("accountId")
    if not asked:
        raise bad_request("The 'accountId' query parameter is required.")
    start, size = exchange.window(10, 200)
    found = [exchange.renderer.user(one) for one in dict.fromkeys(asked) if one in exchange.state.people]
    page = exchange.renderer.page(exchange.request.path, found[start : start + size], start, size, len(found))
    return Response.of(200, page)


def search_users(exchange: Exchange) -> Response:
    """GET user/search?query= (or ``accountId``): in names, and in e-mails that are visible."""
    start, size = exchange.window(50, 1000)
    account, query = exchange.request.param("accountId"), exchange.request.param("query").lower()
    if not account and not query:
        raise bad_request("At least one of the parameters 'query' and 'accountId' is required.")
    found = [
        exchange.renderer.user(person.account_id)
        for person in exchange.state.people.values()
        if (account == person.account_id if account else _named(person, query))
    ]
    return Response.of(200, found[start : start + size])


def _named(person: Person, query: str) -> bool:
    return query in person.name.lower() or (person.email_visible and query in person.email.lower())


def statuses(exchange: Exchange) -> Response:
    """GET status."""
    return Response.of(200, [exchange.renderer.status(status) for status in exchange.state.catalogue.statuses.values()])


def priorities(exchange: Exchange) -> Response:
    """GET priority: the whole site's, whatever a project's scheme allows."""
    return Response.of(200, [exchange.renderer.priority(one, full=True) for one in exchange.state.catalogue.priorities.values()])


def search_priorities(exchange: Exchange) -> Response:
    """GET priority/search: ``projectId`` narrows to the schemes of projects."""
    for name in ("id", "priorityName", "onlyDefault", "expand"):
        if exchange.request.param(name):
            raise not_implemented(f"priority/search?{name}=")
    start, size = exchange.window(50, 50)
    known = exchange.state.catalogue.priorities
    projects = [exchange.state.projects[id_] for id_ in exchange.values("projectId") if id_ in exchange.state.projects]
    ids = (
        [id_ for id_ in known if any(id_ in one.priorities for one in projects)] if exchange.values("projectId") else list(known)
    )
    found = [exchange.renderer.priority(known[id_], full=True) for id_ in ids]
    page = exchange.renderer.page(exchange.request.path, found[start : start + size], start, size, len(found))
    return Response.of(200, page)


def fields(exchange: Exchange) -> Response:
    """GET field: system and custom fields."""
    ids = [*SYSTEM_FIELDS, *exchange.state.catalogue.custom]
    return Response.of(200, [_field(exchange, field_id) for field_id in ids])


def _field(exchange: Exchange, field_id: str) -> dict[str, Any]:
    custom = field_id in exchange.state.catalogue.custom
    name = field_name(exchange.renderer, field_id)
    clauses = [f"cf[{field_id.removeprefix('customfield_')}]", name] if custom else [field_id]
    return {
        "id": field_id,
        "key": field_id,
        "name": name,
        "custom": custom,
        "orderable": True,
        "navigable": field_id not in NOT_NAVIGABLE,
        "searchable": True,
        "clauseNames": clauses,
        "schema": field_schema(exchange.renderer, field_id),
    }
