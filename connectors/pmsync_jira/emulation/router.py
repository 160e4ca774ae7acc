"""Which endpoint answers which path. What is not in this table is answered 501."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from pmsync.testing.emulator import Response
from pmsync_jira.emulation import changelog, comments, datacenter, issues, links, projects, properties, search, site, workflow
from pmsync_jira.emulation.edition import Edition
from pmsync_jira.emulation.exchange import Exchange

Handler = Callable[[Exchange], Response]


@dataclass(frozen=True, slots=True)
class Route:
    """An endpoint. ``template`` as the vendor's description writes it, below the API root."""

    method: str
    template: str
    handler: Handler
    pattern: re.Pattern[str]


TABLE: Mapping[str, Handler] = {
    "GET /serverInfo": site.server_info,
    "GET /myself": site.myself,
    "GET /mypermissions": site.my_permissions,
    "GET /user": site.get_user,
    "GET /user/bulk": site.bulk_users,
    "GET /user/search": site.search_users,
    "GET /status": site.statuses,
    "GET /priority": site.priorities,
    "GET /priority/search": site.search_priorities,
    "GET /field": site.fields,
    "GET /project": projects.list_projects,
    "GET /project/search": projects.search_projects,
    "GET /project/{projectIdOrKey}": projects.get_project,
    "GET /project/{projectIdOrKey}/statuses": projects.project_statuses,
    "GET /project/{projectIdOrKey}/versions": projects.list_versions,
    "GET /project/{projectIdOrKey}/version": projects.page_versions,
    "GET /project/{projectIdOrKey}/properties": properties.project_keys,
    "GET /project/{projectIdOrKey}/properties/{propertyKey}": properties.get_project_property,
    "PUT /project/{projectIdOrKey}/properties/{propertyKey}": properties.put_project_property,
    "DELETE /project/{projectIdOrKey}/properties/{propertyKey}": properties.delete_project_property,
    "POST /version": projects.create_version,
    "GET /version/{id}": projects.get_version,
    "PUT /version/{id}": projects.edit_version,
    "GET /issue/createmeta/{projectIdOrKey}/issuetypes": projects.create_meta_types,
    "GET /issue/createmeta/{projectIdOrKey}/issuetypes/{issueTypeId}": projects.create_meta_fields,
    "POST /issue": issues.create_issue,
    "POST /issue/bulk": issues.create_issues,
    "POST /issue/bulkfetch": issues.bulk_fetch,
    "GET /issue/{issueIdOrKey}": issues.get_issue,
    "PUT /issue/{issueIdOrKey}": issues.edit_issue,
    "DELETE /issue/{issueIdOrKey}": issues.delete_issue,
    "GET /issue/{issueIdOrKey}/editmeta": issues.get_edit_meta,
    "GET /issue/{issueIdOrKey}/transitions": workflow.list_transitions,
    "POST /issue/{issueIdOrKey}/transitions": workflow.do_transition,
    "GET /issue/{issueIdOrKey}/properties": properties.issue_keys,
    "GET /issue/{issueIdOrKey}/properties/{propertyKey}": properties.get_issue_property,
    "PUT /issue/{issueIdOrKey}/properties/{propertyKey}": properties.put_issue_property,
    "DELETE /issue/{issueIdOrKey}/properties/{propertyKey}": properties.delete_issue_property,
    "GET /issue/{issueIdOrKey}/comment": comments.list_comments,
    "POST /issue/{issueIdOrKey}/comment": comments.add_comment,
    "GET /issue/{issueIdOrKey}/comment/{id}": comments.get_comment,
    "PUT /issue/{issueIdOrKey}/comment/{id}": comments.edit_comment,
    "DELETE /issue/{issueIdOrKey}/comment/{id}": comments.delete_comment,
    "GET /comment/{commentId}/properties/{propertyKey}": properties.get_comment_property,
    "PUT /comment/{commentId}/properties/{propertyKey}": properties.put_comment_property,
    "GET /issue/{issueIdOrKey}/changelog": changelog.get_changelog,
    "POST /changelog/bulkfetch": changelog.bulk_changelog,
    "GET /issue/{issueIdOrKey}/remotelink": links.list_remote_links,
    "POST /issue/{issueIdOrKey}/remotelink": links.post_remote_link,
    "DELETE /issue/{issueIdOrKey}/remotelink": links.delete_remote_link_by_global_id,
    "GET /issue/{issueIdOrKey}/remotelink/{linkId}": links.get_remote_link,
    "PUT /issue/{issueIdOrKey}/remotelink/{linkId}": links.put_remote_link,
    "DELETE /issue/{issueIdOrKey}/remotelink/{linkId}": links.delete_remote_link,
    "POST /issueLink": links.link_issues,
    "GET /issueLink/{linkId}": links.get_issue_link,
    "DELETE /issueLink/{linkId}": links.delete_issue_link,
    "GET /issueLinkType": links.link_types,
    "GET /search": search.gone,
    "POST /search": search.gone,
    "GET /search/jql": search.get_search,
    "POST /search/jql": search.post_search,
    "POST /search/approximate-count": search.count,
}


CLOUD_ONLY = (
    "/search",
    "/issue/bulkfetch",
    "/changelog/bulkfetch",
    "/user/bulk",
    "/priority/search",
    "/project/search",
    "/issue/{issueIdOrKey}/changelog",
    "/project/{projectIdOrKey}/version",
)
"""Beginnings of endpoints that Data Center does not have, or has otherwise."""
DATA_CENTER: Mapping[str, Handler] = {
    "GET /serverInfo": datacenter.server_info,
    "GET /mypermissions": datacenter.my_permissions,
    "GET /user": datacenter.get_user,
    "GET /user/search": datacenter.search_users,
    "GET /issue/createmeta/{projectIdOrKey}/issuetypes": datacenter.create_meta_types,
    "GET /issue/createmeta/{projectIdOrKey}/issuetypes/{issueTypeId}": datacenter.create_meta_fields,
    "GET /search": datacenter.get_search,
    "POST /search": datacenter.post_search,
}
"""Endpoints that Data Center has otherwise."""


EVERYWHERE = "/rest/api/2/serverInfo"
"""What both deployments answer."""


def _route(line: str, handler: Handler) -> Route:
    method, template = line.split(" ")
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template)
    return Route(method, template, handler, re.compile(pattern + "/?"))


def _is_shared(line: str) -> bool:
    path = line.split(" ")[1]
    return not any(path == one or path.startswith(f"{one}/") for one in CLOUD_ONLY)


NOT_ISSUES = frozenset({"/issue/createmeta", "/issue/picker", "/issue/bulk", "/issue/limit", "/issue/properties"})
"""Endpoints beside ``/issue/{issueIdOrKey}`` that are not in the table, and are no issues either."""

ROUTES = tuple(_route(line, handler) for line, handler in TABLE.items())
"""Literal paths stand before the templates that would swallow them."""
DATA_CENTER_ROUTES = tuple(
    _route(line, handler)
    for line, handler in {**dict(filter(lambda row: _is_shared(row[0]), TABLE.items())), **DATA_CENTER}.items()
)


def find(edition: Edition, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """The endpoint of a request and the parts of its path; None when there is none."""
    below = path.removeprefix(edition.root if path != EVERYWHERE else EVERYWHERE.removesuffix("/serverInfo"))
    if below == path or (below.rstrip("/") in NOT_ISSUES and method == "GET"):
        return None
    for route in ROUTES if edition.root == Edition.root else DATA_CENTER_ROUTES:
        match = route.pattern.fullmatch(below) if route.method == method else None
        if match is not None:
            return route, {name: unquote(value) for name, value in match.groupdict().items()}
    return None
