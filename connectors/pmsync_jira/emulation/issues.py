"""Issues: create one or many, read one or many, edit, delete."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pmsync.testing.emulator import Response
from pmsync_jira.emulation.comments import new_comments, read_properties
from pmsync_jira.emulation.edits import Edit, apply_edit, on_screen
from pmsync_jira.emulation.errors import NOT_FOUND, Refusal, bad_request, not_implemented
from pmsync_jira.emulation.exchange import Exchange, empty, strings
from pmsync_jira.emulation.meta import edit_meta, names_and_schema
from pmsync_jira.emulation.records import Entry, Issue, Project
from pmsync_jira.emulation.views import Wanted, chosen, issue_json
from pmsync_jira.emulation.workflow import transitioned, transitions_json

BULK_CREATE = 50
BULK_FETCH = 100
EXPANDS = frozenset({"names", "schema", "changelog", "transitions", "editmeta"})


def wanted_of(exchange: Exchange, fields: list[str], properties: list[str], default: str) -> Wanted:
    """What a request asks to see.

    Raises:
        Refusal: 400 for more than five properties.
    """
    if len(properties) > 5:
        raise bad_request("The maximum number of properties that can be requested is 5.")
    names = [part.strip() for name in fields for part in name.split(",") if part.strip()]
    picked = chosen(names, exchange.state.catalogue.custom, default)
    return Wanted(picked, tuple(properties), key=bool(picked) or "key" in names)


def checked_expand(asked: list[str], known: frozenset[str] = EXPANDS) -> list[str]:
    """The expansions asked for.

    Raises:
        Refusal: 501 for one that this stand-in does not do.
    """
    for name in asked:
        if name not in known:
            raise not_implemented(f"expand={name}")
    return asked


def get_issue(exchange: Exchange) -> Response:
    """GET issue/{}."""
    entry = exchange.entry()
    wanted = wanted_of(exchange, exchange.values("fields"), exchange.values("properties"), "*all")
    return Response.of(200, shown(exchange, entry, wanted, checked_expand(exchange.values("expand"))))


def shown(exchange: Exchange, entry: Entry, wanted: Wanted, expand: list[str]) -> dict[str, Any]:
    """An issue as it is now, with what was expanded."""
    renderer = exchange.renderer
    issue = entry.current
    view = {**issue_json(renderer, issue, wanted), **names_and_schema(renderer, wanted.fields, expand)}
    if "changelog" in expand:
        view["changelog"] = renderer.recent(entry)
    if "transitions" in expand:
        view["transitions"] = transitions_json(renderer, issue, fields=False)
    if "editmeta" in expand:
        view["editmeta"] = edit_meta(renderer, exchange.state.projects[issue.project])
    return view


def create_issue(exchange: Exchange) -> Response:
    """POST issue."""
    entry = _create(exchange, exchange.object_body())
    return Response.of(201, _created(exchange, entry))


def create_issues(exchange: Exchange) -> Response:
    """POST issue/bulk: what can be created is, the rest is reported by its place in the list."""
    updates = exchange.object_body().get("issueUpdates")
    if not isinstance(updates, list) or not updates:
        raise bad_request("issueUpdates must be a list.")
    if len(updates) > BULK_CREATE:
        raise bad_request(f"The number of issues to create in one request is limited to {BULK_CREATE}.")
    made: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    for number, body in enumerate(updates):
        try:
            made.append(_created(exchange, _create(exchange, body)))
        except Refusal as refused:
            errors.append({"status": refused.status, "elementErrors": refused.collection(), "failedElementNumber": number})
    return Response.of(201 if made else 400, {"issues": made, "errors": errors})


def _created(exchange: Exchange, entry: Entry) -> dict[str, Any]:
    issue = entry.current
    return {"id": str(issue.id), "key": issue.key, "self": f"{exchange.renderer.rest}/issue/{issue.id}"}


def _create(exchange: Exchange, body: Any) -> Entry:
    state = exchange.state
    if not isinstance(body, Mapping) or not isinstance(body.get("fields"), Mapping):
        raise bad_request("Invalid request payload. Refer to the REST API documentation and try again.")
    project = _project_of(exchange, body["fields"])
    edit = Edit.of(body, on_screen(state, project) | {"issuetype", "summary"})
    edit = replace(edit, fields={name: value for name, value in edit.fields.items() if name != "project"})
    _check_required(project, edit)
    now = state.now_ms()
    me = exchange.person.account_id
    blank = Issue(
        id=0,
        key="",
        project=project.id,
        summary="",
        issue_type=project.issue_types[0],
        status=project.statuses[0],
        creator=me,
        reporter=me,
        created=now,
        updated=now,
        priority=project.default_priority,
        properties=read_properties(body),
    )
    issue = apply_edit(state, blank, edit)
    issue, _ = new_comments(exchange, issue, body)
    if "transition" in body:
        issue = transitioned(state, issue, {"transition": body["transition"]})
    issue = replace(issue, id=state.new_id(), key=state.next_key(project))
    return state.create(issue, me)


def _project_of(exchange: Exchange, fields: Mapping[str, Any]) -> Project:
    named = fields.get("project")
    name = str(named.get("id") or named.get("key") or "") if isinstance(named, Mapping) else ""
    project = exchange.state.project(name)
    if project is None or not exchange.state.may("BROWSE_PROJECTS", project):
        raise bad_request(project="valid project is required")
    exchange.need("CREATE_ISSUES", project, "You do not have permission to create issues in this project.")
    return project


def _check_required(project: Project, edit: Edit) -> None:
    given = {*edit.fields, *edit.update}
    missing = {name: f"{name.capitalize()} is required." for name in project.required - given}
    if "issuetype" not in given:
        missing["issuetype"] = "Specify an issue type"
    if "summary" not in given:
        missing["summary"] = "You must specify a summary of the issue."
    if missing:
        raise Refusal(400, errors=missing)


def edit_issue(exchange: Exchange) -> Response:
    """PUT issue/{}. There is no precondition of any kind: the last writer wins."""
    entry = exchange.entry()
    body = exchange.object_body()
    project = exchange.state.projects[entry.current.project]
    exchange.need("EDIT_ISSUES", project, "You do not have permission to edit issues in this project.")
    if not (body.get("fields") or body.get("update") or body.get("properties")):
        raise bad_request("one of 'fields' or 'update' required")
    edit = Edit.of(body, on_screen(exchange.state, project))
    issue = apply_edit(exchange.state, entry.current, edit)
    issue, comment = new_comments(exchange, issue, body)
    issue = replace(issue, properties={**issue.properties, **read_properties(body)})
    exchange.state.commit(entry, issue, exchange.person.account_id, comment=comment)
    if exchange.request.param("returnIssue") != "true":
        return empty()
    wanted = wanted_of(exchange, [], [], "*all")
    return Response.of(200, shown(exchange, entry, wanted, checked_expand(exchange.values("expand"))))


def delete_issue(exchange: Exchange) -> Response:
    """DELETE issue/{}."""
    entry = exchange.entry()
    project = exchange.state.projects[entry.current.project]
    exchange.need("DELETE_ISSUES", project, "You do not have permission to delete issues in this project.")
    exchange.state.delete(entry, exchange.person.account_id)
    return empty()


def get_edit_meta(exchange: Exchange) -> Response:
    """GET issue/{}/editmeta; nothing may be edited without the permission."""
    project = exchange.state.projects[exchange.entry().current.project]
    editable = exchange.state.may("EDIT_ISSUES", project)
    return Response.of(200, edit_meta(exchange.renderer, project) if editable else {"fields": {}})


def bulk_fetch(exchange: Exchange) -> Response:
    """POST issue/bulkfetch: never through the index; moved issues are found by their old keys; ascending by id."""
    body = exchange.object_body()
    names = strings(body, "issueIdsOrKeys")
    if not names:
        raise bad_request("issueIdsOrKeys must not be empty.")
    if len(names) > BULK_FETCH:
        raise bad_request(f"The number of issues to fetch in one request is limited to {BULK_FETCH}.")
    wanted = wanted_of(exchange, strings(body, "fields"), strings(body, "properties"), "*navigable")
    expand = checked_expand(strings(body, "expand"))
    found: dict[int, Entry] = {}
    errors: list[dict[str, str]] = []
    for name in names:
        entry = exchange.state.entry(name)
        if entry is not None and exchange.state.visible(entry):
            found[entry.current.id] = entry
        else:
            errors.append({"id": name, "errorMessage": NOT_FOUND})
    issues = [
        shown(exchange, found[id_], wanted, [one for one in expand if one not in {"names", "schema"}]) for id_ in sorted(found)
    ]
    return Response.of(200, {"issues": issues, "issueErrors": errors if exchange.knobs.bulk_errors else []})
