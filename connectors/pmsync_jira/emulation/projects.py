"""Projects: read them, their statuses, what their issues are made of, and their versions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pmsync.testing.emulator import Response
from pmsync_jira.emulation.edits import DATE
from pmsync_jira.emulation.errors import bad_request, not_found, not_implemented
from pmsync_jira.emulation.exchange import Exchange
from pmsync_jira.emulation.meta import create_meta
from pmsync_jira.emulation.records import Project, Version

NAME_LIMIT = 255
DESCRIPTION_LIMIT = 16_384


def _visible(exchange: Exchange) -> list[Project]:
    return [project for project in exchange.state.projects.values() if exchange.state.may("BROWSE_PROJECTS", project)]


def get_project(exchange: Exchange) -> Response:
    """GET project/{}."""
    return Response.of(200, exchange.renderer.project(exchange.project()))


def list_projects(exchange: Exchange) -> Response:
    """GET project: all that the account may browse."""
    return Response.of(200, [exchange.renderer.project_stub(project) for project in _visible(exchange)])


def search_projects(exchange: Exchange) -> Response:
    """GET project/search: by keys, ids or a part of key or name; projects that may not be browsed are left out."""
    for name in ("orderBy", "typeKey", "categoryId", "status", "properties", "propertyQuery"):
        if exchange.request.param(name):
            raise not_implemented(f"project/search?{name}=")
    start, size = exchange.window(50, 100)
    keys, ids, query = exchange.values("keys"), exchange.values("id"), exchange.request.param("query").lower()
    found = [
        exchange.renderer.project_stub(project)
        for project in _visible(exchange)
        if (not keys or project.key in keys)
        and (not ids or project.id in ids)
        and (query in project.key.lower() or query in project.name.lower())
    ]
    page = exchange.renderer.page(exchange.request.path, found[start : start + size], start, size, len(found))
    return Response.of(200, page)


def project_statuses(exchange: Exchange) -> Response:
    """GET project/{}/statuses: the statuses of each issue type."""
    project = exchange.project()
    catalogue, renderer = exchange.state.catalogue, exchange.renderer
    statuses = [renderer.status(catalogue.statuses[id_]) for id_ in project.statuses]
    shown: list[dict[str, Any]] = []
    for id_ in project.issue_types:
        kind = renderer.issue_type(catalogue.issue_types[id_])
        shown.append({**{name: kind[name] for name in ("self", "id", "name", "subtask")}, "statuses": statuses})
    return Response.of(200, shown)


def create_meta_types(exchange: Exchange) -> Response:
    """GET issue/createmeta/{}/issuetypes."""
    project = exchange.project()
    start, size = exchange.window(50, 200)
    kinds = [exchange.renderer.issue_type(exchange.state.catalogue.issue_types[id_]) for id_ in project.issue_types]
    shown = kinds[start : start + size]
    return Response.of(200, {"issueTypes": shown, "startAt": start, "maxResults": size, "total": len(kinds)})


def create_meta_fields(exchange: Exchange) -> Response:
    """GET issue/createmeta/{}/issuetypes/{}."""
    project = exchange.project()
    if exchange.params["issueTypeId"] not in project.issue_types:
        raise bad_request("The issue type is not available in this project.")
    start, size = exchange.window(50, 200)
    fields = create_meta(exchange.renderer, project)
    return Response.of(200, {"fields": fields[start : start + size], "startAt": start, "maxResults": size, "total": len(fields)})


def list_versions(exchange: Exchange) -> Response:
    """GET project/{}/versions: all of them."""
    renderer = exchange.renderer
    return Response.of(200, [renderer.version(version) for version in renderer.versions_of(exchange.project())])


def page_versions(exchange: Exchange) -> Response:
    """GET project/{}/version: paged."""
    for name in ("orderBy", "query", "status", "expand"):
        if exchange.request.param(name):
            raise not_implemented(f"project/version?{name}=")
    start, size = exchange.window(50, 50)
    versions = exchange.renderer.versions_of(exchange.project())
    shown = [exchange.renderer.version(version) for version in versions[start : start + size]]
    return Response.of(200, exchange.renderer.page(exchange.request.path, shown, start, size, len(versions)))


def get_version(exchange: Exchange) -> Response:
    """GET version/{}."""
    return Response.of(200, exchange.renderer.version(_version(exchange)))


def create_version(exchange: Exchange) -> Response:
    """POST version; it takes the permission to administer the project. Names are unique within it."""
    body = exchange.object_body()
    project = exchange.state.project(str(body.get("projectId") or body.get("project") or ""))
    if project is None or not exchange.state.may("BROWSE_PROJECTS", project):
        raise not_found("Project must be specified to create a version.")
    exchange.need("ADMINISTER_PROJECTS", project, "You must have global or project administrator rights to modify versions.")
    version = _filled(exchange, Version(str(exchange.state.new_id()), project.id, ""), {**body, "released": False})
    exchange.state.catalogue.versions[version.id] = version
    exchange.state.record(exchange.person.account_id, "version", project.key, id=version.id, name=version.name)
    return Response.of(201, exchange.renderer.version(version))


def edit_version(exchange: Exchange) -> Response:
    """PUT version/{}; issues that show it do not move their ``updated``."""
    version = _version(exchange)
    project = exchange.state.projects[version.project]
    exchange.need("ADMINISTER_PROJECTS", project, "You must have global or project administrator rights to modify versions.")
    body = exchange.object_body()
    if "moveUnfixedIssuesTo" in body:
        raise not_implemented("moveUnfixedIssuesTo")
    changed = _filled(exchange, version, {"name": version.name, **body})
    exchange.state.catalogue.versions[version.id] = changed
    exchange.state.record(exchange.person.account_id, "version", project.key, id=version.id, name=changed.name)
    return Response.of(200, exchange.renderer.version(changed))


def _version(exchange: Exchange) -> Version:
    version = exchange.state.catalogue.versions.get(exchange.params["id"])
    if version is None or not exchange.state.may("BROWSE_PROJECTS", exchange.state.projects[version.project]):
        raise not_found(f"Could not find version for id '{exchange.params['id']}'")
    return version


def _filled(exchange: Exchange, version: Version, body: dict[str, Any]) -> Version:
    name = str(body.get("name") or "")
    if not name or len(name) > NAME_LIMIT:
        raise bad_request(name=f"You must specify a valid version name of at most {NAME_LIMIT} characters")
    others = [
        one for one in exchange.state.catalogue.versions.values() if one.project == version.project and one.id != version.id
    ]
    if any(one.name.lower() == name.lower() for one in others):
        raise bad_request(name="A version with this name already exists in this project.")
    if len(str(body.get("description") or "").encode()) > DESCRIPTION_LIMIT:
        raise bad_request(description="The description is too long.")
    for date in ("startDate", "releaseDate"):
        if body.get(date) and not DATE.fullmatch(str(body[date])):
            raise bad_request(**{date: "The date must be yyyy-mm-dd."})
    return replace(
        version,
        name=name,
        description=body.get("description", version.description) or "",
        start_date=body.get("startDate", version.start_date) or "",
        release_date=body.get("releaseDate", version.release_date) or "",
        released=bool(body.get("released", version.released)),
        archived=bool(body.get("archived", version.archived)),
    )
