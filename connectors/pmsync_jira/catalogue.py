"""What a project offers: its statuses, priorities, issue types, screens and our permissions, read once and kept until ``refresh``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pmsync.connect import comments
from pmsync.connect.errors import ConnectorError, Fatal, Gone, Rejected
from pmsync.connect.plugin import ScopeConfig
from pmsync.connect.pointers import not_in
from pmsync.model.record import ScopeRef
from pmsync.reconcile.lenses import DayLens, LabelsLens, PeopleLens, ReferencesLens, TextLens
from pmsync.reconcile.surface import Surface
from pmsync_jira import mapping, priorities, statuses, versions, wire
from pmsync_jira.bodies import LIMIT, Bodies
from pmsync_jira.client import Client
from pmsync_jira.commenting import TEXT_LIMIT

BROWSE, CREATE, EDIT, TRANSITION = "BROWSE_PROJECTS", "CREATE_ISSUES", "EDIT_ISSUES", "TRANSITION_ISSUES"
PERMISSIONS: Mapping[str, str] = {
    BROWSE: "Browse Projects",
    CREATE: "Create Issues",
    EDIT: "Edit Issues",
    TRANSITION: "Transition Issues",
}
"""What pmsync needs in a project: Jira's key to the name in the permission scheme."""
ADMINISTER = "Administer Projects"
"""The permission that the instance mark and versions take; everything else goes without it."""
ADMINISTER_PROJECTS, LINK, ASSIGN = "ADMINISTER_PROJECTS", "LINK_ISSUES", "ASSIGN_ISSUES"
COMMENT = "ADD_COMMENTS"
OPTIONAL: Mapping[str, str] = {
    ADMINISTER_PROJECTS: ADMINISTER,
    LINK: "Link Issues",
    ASSIGN: "Assign Issues",
    COMMENT: "Add Comments",
}
"""What can be done without: versions are only read then, and so is who waits for whom, and who is assigned."""


@dataclass(frozen=True, slots=True)
class ProjectFacts:
    """One project as discovered. ``flat``: why none of its issues can have a parent. ``anchored``: listings tell what links elsewhere we made.

    ``starts``: the config names the field of start dates.
    """

    project: wire.Project
    statuses: tuple[wire.Status, ...]
    priorities: tuple[wire.Priority, ...]
    permissions: Mapping[str, bool]
    flat: str | None = None
    anchored: bool = False
    starts: bool = False


@dataclass(slots=True)
class _Kept:
    """What is remembered of one scope until ``refresh``."""

    project: wire.Project | None = None
    facts: ProjectFacts | None = None
    surfaces: list[Surface] | None = None
    types: list[wire.IssueType] | None = None
    screens: dict[str, dict[str, wire.CreateField]] = field(default_factory=dict)


class Catalogue:
    """Discovery with a memory. Every method may raise what the client raises, and ``Gone`` with the project named."""

    def __init__(self, client: Client, scopes: Mapping[ScopeRef, ScopeConfig], bodies: Bodies) -> None:
        self._client = client
        self._bodies = bodies
        self._scopes = scopes
        self._kept: dict[ScopeRef, _Kept] = {}

    def refresh(self) -> None:
        """Forget everything."""
        self._kept.clear()

    def project(self, scope: ScopeRef) -> wire.Project:
        """The project of a scope.

        Raises:
            Gone: it does not exist, or our account may not see it.
        """
        kept = self._of(scope)
        if kept.project is None:
            kept.project, _ = find_project(self._client, scope)
        return kept.project

    def facts(self, scope: ScopeRef) -> ProjectFacts:
        """Everything the surfaces rest on."""
        kept = self._of(scope)
        if kept.facts is None:
            project = self.project(scope)
            kept.facts = ProjectFacts(
                project,
                tuple(self._client.statuses(scope.key)),
                tuple(self._client.priorities(project.id)),
                self._client.permissions(scope.key, [*PERMISSIONS, *OPTIONAL]),
                self._client.flat(project),
                self._client.lists_properties,
                bool(self._client.start.id),
            )
        return kept.facts

    def surfaces(self, scope: ScopeRef) -> list[Surface]:
        """The surfaces of the project's issues and versions."""
        kept = self._of(scope)
        if kept.surfaces is None:
            kept.surfaces = surfaces(scope, self.facts(scope), self._scopes.get(scope), self._bodies)
        return list(kept.surfaces)

    def types(self, scope: ScopeRef) -> list[wire.IssueType]:
        """The issue types that can be created."""
        kept = self._of(scope)
        if kept.types is None:
            kept.types = self._client.types(scope.key)
        return kept.types

    def screen(self, scope: ScopeRef, issue_type: str) -> Mapping[str, wire.CreateField]:
        """The fields on the create screen of an issue type, by field id."""
        screens = self._of(scope).screens
        if issue_type not in screens:
            screens[issue_type] = {one.id: one for one in self._client.create_fields(scope.key, issue_type)}
        return screens[issue_type]

    def _of(self, scope: ScopeRef) -> _Kept:
        return self._kept.setdefault(scope, _Kept())


def find_project(client: Client, scope: ScopeRef) -> tuple[wire.Project, float | None]:
    """The project of a scope, and the server's time.

    Raises:
        Gone: it does not exist, or our account may not see it.
    """
    try:
        return client.project(scope.key)
    except Gone as gone:
        raise gone_project(scope, gone) from gone


def gone_project(scope: ScopeRef, cause: ConnectorError) -> Gone:
    """The error for a project that cannot be seen."""
    status = cause.status if isinstance(cause, Gone) else 404
    hint = f"is {scope.key} the project's key, and does the account have the permission {PERMISSIONS[BROWSE]} in it?"
    error = Gone(f"{scope}: Jira shows no project with the key {scope.key}", status=status, hint=hint)
    error.system = scope.system
    return error


def refused_query(scope: ScopeRef, words: str, where: str | None) -> ConnectorError:
    """The error for a search that Jira refuses: the project cannot be seen, or the configured condition is wrong."""
    if f"'{scope.key}'" in words and "project" in words.casefold():
        return gone_project(scope, Fatal(words))
    if where is None:
        return Rejected(f"{scope}: Jira refuses the search: {words}")
    return Rejected(
        f"{scope}: Jira refuses the search with the condition {where!r}: {words}", hint="correct `where` of this scope"
    )


def surfaces(scope: ScopeRef, facts: ProjectFacts, config: ScopeConfig | None, bodies: Bodies) -> list[Surface]:
    """Where hub fields show in a project's issues and versions. Pure."""
    maps = config.maps if config else {}
    namespace = config.label_namespace if config else ""
    states = statuses.vocabulary(facts.statuses, maps.get("status", {}), scope.system)
    levels = priorities.vocabulary(facts.priorities, maps.get("priority", {}), scope.system)
    locked = _lacking(scope, facts, EDIT)
    return [
        Surface(mapping.TITLE, "title", TextLens(mapping.TITLE_LIMIT, single_line=True), read_only=locked),
        Surface(mapping.BODY, "body", TextLens(LIMIT, markdown=True, form=bodies), read_only=locked),
        Surface(
            mapping.STATUS,
            "status",
            states.lens,
            read_only=_lacking(scope, facts, TRANSITION),
            display=states.display,
            defaults=states.defaults,
        ),
        Surface(
            mapping.PRIORITY,
            "priority",
            levels.lens,
            read_only=locked,
            display=levels.display,
            defaults=levels.defaults,
        ),
        Surface(
            mapping.LABELS,
            "labels",
            LabelsLens(namespace, spaces=False, limit=mapping.LABEL_LIMIT),
            read_only=locked,
        ),
        Surface(mapping.RELEASE, "release", ReferencesLens(), read_only=locked),
        Surface(mapping.PARENT, "parent", ReferencesLens(single=True, scalar=True), read_only=locked or facts.flat),
        Surface(mapping.BLOCKED_BY, "blocked_by", ReferencesLens(), read_only=_lacking(scope, facts, LINK)),
        Surface(mapping.ASSIGNEES, "assignees", PeopleLens(single=True), read_only=_lacking(scope, facts, ASSIGN)),
        Surface(mapping.DUE, "due", DayLens(), read_only=locked),
        *([Surface(mapping.START, "start", DayLens(begins=True), read_only=locked)] if facts.starts else ()),
        *_elsewhere(scope, facts),
        *versions.surfaces(_lacking(scope, facts, ADMINISTER_PROJECTS)),
        *comments.surfaces(TEXT_LIMIT, _lacking(scope, facts, COMMENT), text=TextLens(TEXT_LIMIT, markdown=True, form=bodies)),
    ]


def _elsewhere(scope: ScopeRef, facts: ProjectFacts) -> list[Surface]:
    """Remote links, where what we made of them is seen with every issue."""
    lens = LabelsLens(exclude=not_in(scope.system))
    return [Surface(mapping.ELSEWHERE, "elsewhere", lens, read_only=_lacking(scope, facts, LINK))] if facts.anchored else []


def _lacking(scope: ScopeRef, facts: ProjectFacts, permission: str) -> str | None:
    if facts.permissions.get(permission, False):
        return None
    name = PERMISSIONS.get(permission) or OPTIONAL[permission]
    return f"the account lacks the permission {name} in the project {scope.key}"
