"""Entity properties of issues, projects and comments: JSON under a key, not searchable, silent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pmsync.testing.emulator import Response
from pmsync_jira.emulation.comments import comment_by_id
from pmsync_jira.emulation.errors import not_found
from pmsync_jira.emulation.exchange import Exchange, empty, property_value
from pmsync_jira.emulation.records import Entry


def _one(properties: Mapping[str, Any], key: str) -> Response:
    if key not in properties:
        raise not_found(f"The property {key} does not exist.")
    return Response.of(200, {"key": key, "value": properties[key]})


def _keys(where: str, properties: Mapping[str, Any]) -> Response:
    return Response.of(200, {"keys": [{"self": f"{where}/properties/{key}", "key": key} for key in properties]})


def _save_issue(exchange: Exchange, entry: Entry, properties: Mapping[str, Any]) -> None:
    issue = replace(entry.current, properties=properties)
    exchange.state.commit(entry, issue, exchange.person.account_id, verb="property")


def issue_keys(exchange: Exchange) -> Response:
    """GET issue/{}/properties."""
    issue = exchange.entry().current
    return _keys(f"{exchange.renderer.rest}/issue/{issue.id}", issue.properties)


def get_issue_property(exchange: Exchange) -> Response:
    """GET issue/{}/properties/{}."""
    return _one(exchange.entry().current.properties, exchange.params["propertyKey"])


def put_issue_property(exchange: Exchange) -> Response:
    """PUT issue/{}/properties/{}: 201 when it is new, 200 when it replaces."""
    entry = exchange.entry()
    project = exchange.state.projects[entry.current.project]
    exchange.need("EDIT_ISSUES", project, "You do not have permission to edit issues in this project.")
    key = exchange.params["propertyKey"]
    status = 200 if key in entry.current.properties else 201
    _save_issue(exchange, entry, {**entry.current.properties, key: property_value(exchange)})
    return empty(status)


def delete_issue_property(exchange: Exchange) -> Response:
    """DELETE issue/{}/properties/{}."""
    entry = exchange.entry()
    _one(entry.current.properties, exchange.params["propertyKey"])
    kept = {key: value for key, value in entry.current.properties.items() if key != exchange.params["propertyKey"]}
    _save_issue(exchange, entry, kept)
    return empty()


def project_keys(exchange: Exchange) -> Response:
    """GET project/{}/properties."""
    project = exchange.project()
    return _keys(f"{exchange.renderer.rest}/project/{project.id}", project.properties)


def get_project_property(exchange: Exchange) -> Response:
    """GET project/{}/properties/{}."""
    return _one(exchange.project().properties, exchange.params["propertyKey"])


def put_project_property(exchange: Exchange) -> Response:
    """PUT project/{}/properties/{}; it takes the permission to administer the project."""
    project = exchange.project()
    exchange.need("ADMINISTER_PROJECTS", project, "You do not have permission to administer this project.")
    key = exchange.params["propertyKey"]
    status = 200 if key in project.properties else 201
    project.properties[key] = property_value(exchange)
    exchange.state.record(exchange.person.account_id, "project_property", project.key, key=key)
    return empty(status)


def delete_project_property(exchange: Exchange) -> Response:
    """DELETE project/{}/properties/{}."""
    project = exchange.project()
    exchange.need("ADMINISTER_PROJECTS", project, "You do not have permission to administer this project.")
    key = exchange.params["propertyKey"]
    _one(project.properties, key)
    del project.properties[key]
    exchange.state.record(exchange.person.account_id, "project_property", project.key, key=key)
    return empty()


def get_comment_property(exchange: Exchange) -> Response:
    """GET comment/{}/properties/{}."""
    _, comment = comment_by_id(exchange)
    return _one(comment.properties, exchange.params["propertyKey"])


def put_comment_property(exchange: Exchange) -> Response:
    """PUT comment/{}/properties/{}."""
    entry, comment = comment_by_id(exchange)
    key = exchange.params["propertyKey"]
    status = 200 if key in comment.properties else 201
    new = replace(comment, properties={**comment.properties, key: property_value(exchange)})
    comments = tuple(new if one.id == comment.id else one for one in entry.current.comments)
    exchange.state.commit(entry, replace(entry.current, comments=comments), exchange.person.account_id, verb="comment_property")
    return empty(status)
