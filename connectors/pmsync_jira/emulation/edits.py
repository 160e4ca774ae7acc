"""What a create, an edit or a transition may put into an issue's fields, and how Jira refuses the rest, field by field."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pmsync_jira.emulation import adf
from pmsync_jira.emulation.edition import Invalid
from pmsync_jira.emulation.errors import Refusal
from pmsync_jira.emulation.records import Document, Issue, Project
from pmsync_jira.emulation.state import State

SUMMARY_LIMIT = 255
LABEL_LIMIT = 255
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
"""What no text may hold. That Jira refuses NUL is known; the other C0 controls are refused here too, so that nobody relies on them."""

SETS = frozenset({"labels", "components", "fixVersions", "versions"})
EDITABLE = frozenset(
    {
        *SETS,
        "summary",
        "description",
        "priority",
        "assignee",
        "reporter",
        "duedate",
        "parent",
        "security",
        "issuetype",
        "resolution",
    },
)
VERBS: Mapping[str, frozenset[str]] = {name: frozenset({"add", "remove", "set"}) for name in SETS}


@dataclass(frozen=True, slots=True)
class Edit:
    """One request's ``fields`` and ``update``; ``screen`` names the fields that may be touched."""

    fields: Mapping[str, Any]
    update: Mapping[str, Any]
    screen: frozenset[str]

    @classmethod
    def of(cls, body: Any, screen: frozenset[str]) -> Edit:
        """Read a request body.

        Raises:
            Refusal: 400 when it is no object, or its parts are not.
        """
        fields, update = (body.get(name) or {} for name in ("fields", "update")) if isinstance(body, Mapping) else (None, None)
        if not isinstance(fields, Mapping) or not isinstance(update, Mapping):
            raise Refusal(400, "Invalid request payload. Refer to the REST API documentation and try again.")
        return cls(fields, {name: verbs for name, verbs in update.items() if name != "comment"}, screen)


def on_screen(state: State, project: Project) -> frozenset[str]:
    """Fields that the edit screen of a project shows. Status is never among them: it moves by transitions alone."""
    return state.edition.screen(EDITABLE | frozenset(state.catalogue.custom)) - {"resolution"} - project.off_screen


def apply_edit(state: State, issue: Issue, edit: Edit) -> Issue:
    """The issue with the edit carried out.

    Raises:
        Refusal: 400 with a message for every field that was refused; nothing is carried out then.
    """
    errors: dict[str, str] = {}
    names = {*edit.fields, *edit.update} - state.knobs.ignored
    for name in sorted(names, key=lambda name: (name != "issuetype", name)):
        try:
            issue = _one_field(state, issue, edit, name)
        except Invalid as refused:
            errors[name] = str(refused)
    if errors:
        raise Refusal(400, errors=errors)
    return issue


def _one_field(state: State, issue: Issue, edit: Edit, name: str) -> Issue:
    if name in edit.fields and name in edit.update:
        raise Invalid(f"Field '{name}' cannot appear in both 'fields' and 'update'")
    if name not in edit.screen:
        raise Invalid(f"Field '{name}' cannot be set. It is not on the appropriate screen, or unknown.")
    if name in edit.fields:
        return _set(state, issue, name, edit.fields[name])
    for verb, value in _operations(edit.update[name]):
        if verb == "set":
            issue = _set(state, issue, name, value)
        elif verb in VERBS.get(name, frozenset()):
            issue = _delta(state, issue, name, (verb, value))
        else:
            raise Invalid(
                f"Field with id '{name}' and name '{name}' does not support operation '{verb}' Supported operation(s) are: 'set'"
            )
    return issue


def _operations(operations: Any) -> Iterable[tuple[str, Any]]:
    if not isinstance(operations, list) or not all(isinstance(one, Mapping) and len(one) == 1 for one in operations):
        raise Invalid("operations must be a list of objects with one verb each")
    return [next(iter(one.items())) for one in operations]


def _set(state: State, issue: Issue, name: str, value: Any) -> Issue:
    if name == state.edition.link_field():
        return state.edition.with_parent(state, issue, value)
    if name in state.catalogue.custom:
        return replace(issue, custom={**issue.custom, name: value})
    if name in SETS:
        if not isinstance(value, list):
            raise Invalid("data was not an array")
        return _with_set(issue, name, [_member(state, issue, name, one) for one in value])
    return SETTERS[name](state, issue, value)


def _delta(state: State, issue: Issue, name: str, operation: tuple[str, Any]) -> Issue:
    verb, value = operation
    member = _member(state, issue, name, value)
    present = list(_set_of(issue, name))
    if verb == "remove":
        return _with_set(issue, name, [one for one in present if one != member])
    return _with_set(issue, name, [*present, member])


def _set_of(issue: Issue, name: str) -> tuple[str, ...]:
    return {
        "labels": issue.labels,
        "components": issue.components,
        "fixVersions": issue.fix_versions,
        "versions": issue.affects_versions,
    }[name]


def _with_set(issue: Issue, name: str, members: list[str]) -> Issue:
    once = tuple(dict.fromkeys(members))
    match name:
        case "labels":
            return replace(issue, labels=tuple(sorted(once)))
        case "components":
            return replace(issue, components=once)
        case "fixVersions":
            return replace(issue, fix_versions=once)
        case _:
            return replace(issue, affects_versions=once)


def _member(state: State, issue: Issue, name: str, value: Any) -> str:
    if name == "labels":
        return _label(value)
    if name == "components":
        known = state.projects[issue.project].components
        return _pick(value, known, "Component")
    versions = {id_: one.name for id_, one in state.catalogue.versions.items() if one.project == issue.project}
    return _pick(value, versions, "Version")


def _label(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise Invalid("string expected at index 0")
    if re.search(r"\s", value):
        raise Invalid(f"The label '{value}' contains spaces which is invalid.")
    if len(value) > LABEL_LIMIT:
        raise Invalid(f"The label '{value[:20]}...' exceeds the maximum length of {LABEL_LIMIT} characters.")
    _clean(value)
    return value


def _pick(value: Any, known: Mapping[str, str], what: str) -> str:
    if not isinstance(value, Mapping):
        raise Invalid("expected Object containing an id or a name property")
    if "id" in value:
        if str(value["id"]) in known:
            return str(value["id"])
        raise Invalid(f"{what} id '{value['id']}' is not valid")
    for id_, name in known.items():
        if name == value.get("name"):
            return id_
    raise Invalid(f"{what} name '{value.get('name')}' is not valid")


def _clean(text: str) -> None:
    if CONTROL.search(text):
        raise Invalid("The text contains characters that are not allowed.")


def _summary(state: State, issue: Issue, value: Any) -> Issue:
    if not isinstance(value, str) or not value.strip():
        raise Invalid("You must specify a summary of the issue.")
    if "\n" in value or "\r" in value:
        raise Invalid("The summary is invalid because it contains newline characters.")
    if len(value) > SUMMARY_LIMIT:
        raise Invalid(f"Summary can't exceed {SUMMARY_LIMIT} characters.")
    _clean(value)
    return replace(issue, summary=value)


def checked_document(state: State, value: Any) -> Document:
    """A rich text that Jira would take.

    Raises:
        Invalid: with Jira's code for what is wrong.
    """
    document = state.edition.checked(value, state.knobs.adf_check)
    for text in adf.texts(document):
        _clean(text)
    return document


def _description(state: State, issue: Issue, value: Any) -> Issue:
    return replace(issue, description=None if value is None else checked_document(state, value))


def _priority(state: State, issue: Issue, value: Any) -> Issue:
    if value is None:
        return replace(issue, priority=None)
    scheme = state.projects[issue.project].priorities
    known = {id_: state.catalogue.priorities[id_].name for id_ in scheme}
    try:
        return replace(issue, priority=_pick(value, known, "Priority"))
    except Invalid as refused:
        raise Invalid("The priority selected is invalid.") from refused


def _issue_type(state: State, issue: Issue, value: Any) -> Issue:
    known = {id_: state.catalogue.issue_types[id_].name for id_ in state.projects[issue.project].issue_types}
    try:
        return replace(issue, issue_type=_pick(value, known, "Issue type"))
    except Invalid as refused:
        raise Invalid("Specify a valid issue type") from refused


def _person(state: State, value: Any) -> str | None:
    if value is None:
        return None
    account = state.edition.who(state.people, value) if isinstance(value, Mapping) else None
    if account is None:
        raise Invalid(f"Specify a valid value for the user: {value}")
    if not state.people[account].active:
        raise Invalid(f"User '{account}' cannot be assigned issues.")
    return account


def _due(state: State, issue: Issue, value: Any) -> Issue:
    if value is not None and not (isinstance(value, str) and DATE.fullmatch(value)):
        raise Invalid("Error parsing date string: " + str(value))
    return replace(issue, due=value)


def _parent(state: State, issue: Issue, value: Any) -> Issue:
    kinds = state.catalogue.issue_types
    level = kinds[issue.issue_type].level
    if value is None or (isinstance(value, Mapping) and value.get("none") is True):
        if level < 0:
            raise Invalid("Issue type is a sub-task but parent issue key or id not specified.")
        return replace(issue, parent=None)
    name = str(value.get("key") or value.get("id")) if isinstance(value, Mapping) else ""
    entry = state.entry(name)
    if entry is None or not state.visible(entry) or entry.current.id == issue.id:
        raise Invalid("Could not find issue by id or key.")
    if kinds[entry.current.issue_type].level != level + 1:
        raise Invalid("Given parent work item does not belong to appropriate hierarchy.")
    return replace(issue, parent=entry.current.id)


def _security(state: State, issue: Issue, value: Any) -> Issue:
    return replace(issue, security=None if value is None else _pick(value, state.catalogue.security, "Security level"))


def _resolution(state: State, issue: Issue, value: Any) -> Issue:
    return replace(issue, resolution=None if value is None else _pick(value, state.catalogue.resolutions, "Resolution"))


SETTERS: Mapping[str, Callable[[State, Issue, Any], Issue]] = {
    "summary": _summary,
    "description": _description,
    "priority": _priority,
    "issuetype": _issue_type,
    "assignee": lambda state, issue, value: replace(issue, assignee=_person(state, value)),
    "reporter": lambda state, issue, value: replace(issue, reporter=_person(state, value)),
    "duedate": _due,
    "parent": _parent,
    "security": _security,
    "resolution": _resolution,
}
"""How each single-valued field is set."""
