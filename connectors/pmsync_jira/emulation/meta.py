"""Field metadata: names, schemas, and what may be chosen where."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pmsync_jira.emulation.edits import SETS, on_screen
from pmsync_jira.emulation.records import Project
from pmsync_jira.emulation.render import Renderer
from pmsync_jira.emulation.views import SYSTEM_FIELDS, resolution_json, security_json


def field_name(renderer: Renderer, field_id: str) -> str:
    """Display name of a field."""
    custom = renderer.state.catalogue.custom.get(field_id)
    return custom.name if custom else SYSTEM_FIELDS[field_id][0]


def field_schema(renderer: Renderer, field_id: str) -> dict[str, Any]:
    """JSON schema of a field, as Jira describes it."""
    custom = renderer.state.catalogue.custom.get(field_id)
    if custom:
        return {"type": custom.type, "custom": custom.custom, "customId": int(field_id.removeprefix("customfield_"))}
    _, kind, items = SYSTEM_FIELDS[field_id]
    return {"type": kind, "system": field_id} if items is None else {"type": kind, "items": items, "system": field_id}


def names_and_schema(renderer: Renderer, fields: Iterable[str], expand: Iterable[str]) -> dict[str, Any]:
    """The ``names`` and ``schema`` maps, where they were asked for."""
    asked = set(expand)
    ordered = sorted(fields)
    shown: dict[str, Any] = {}
    if "names" in asked:
        shown["names"] = {field_id: field_name(renderer, field_id) for field_id in ordered}
    if "schema" in asked:
        shown["schema"] = {field_id: field_schema(renderer, field_id) for field_id in ordered}
    return shown


def field_meta(renderer: Renderer, project: Project, field_id: str, *, required: bool = False) -> dict[str, Any]:
    """What an edit or a transition may do with one field."""
    shown: dict[str, Any] = {
        "required": required,
        "schema": field_schema(renderer, field_id),
        "name": field_name(renderer, field_id),
        "key": field_id,
        "hasDefaultValue": field_id == "priority" and project.default_priority is not None,
        "operations": ["add", "set", "remove"] if field_id in SETS else ["set"],
    }
    if field_id in CHOICES:
        shown["allowedValues"] = CHOICES[field_id](renderer, project)
    return shown


def edit_meta(renderer: Renderer, project: Project) -> dict[str, Any]:
    """What the edit screen of a project offers."""
    fields = sorted(on_screen(renderer.state, project))
    return {"fields": {name: field_meta(renderer, project, name, required=name == "summary") for name in fields}}


def create_meta(renderer: Renderer, project: Project) -> list[dict[str, Any]]:
    """What the create screen of a project offers."""
    fields = sorted(on_screen(renderer.state, project) | {"project"})
    required = {"summary", "project", "issuetype"} | project.required
    return [{**field_meta(renderer, project, name, required=name in required), "fieldId": name} for name in fields]


CHOICES: Mapping[str, Callable[[Renderer, Project], list[Any]]] = {
    "priority": lambda shown, project: [shown.priority(shown.state.catalogue.priorities[id_]) for id_ in project.priorities],
    "issuetype": lambda shown, project: [shown.issue_type(shown.state.catalogue.issue_types[id_]) for id_ in project.issue_types],
    "components": lambda shown, project: [shown.component(id_, name) for id_, name in project.components.items()],
    "fixVersions": lambda shown, project: [shown.version(version) for version in shown.versions_of(project)],
    "versions": lambda shown, project: [shown.version(version) for version in shown.versions_of(project)],
    "resolution": lambda shown, project: [resolution_json(shown, id_) for id_ in shown.state.catalogue.resolutions],
    "security": lambda shown, project: [security_json(shown, id_) for id_ in shown.state.catalogue.security],
    "project": lambda shown, project: [shown.project_stub(project)],
}
"""The values that a field offers in a project."""
