"""What ``pmsync doctor`` says about a Jira site and its projects: what was found, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pmsync.connect.contract import Check, Level
from pmsync.connect.errors import AuthFailed, ConnectorError
from pmsync.connect.plugin import ScopeConfig
from pmsync.model.enums import Kind, Status
from pmsync.model.fields import FIELDS
from pmsync.model.record import ScopeRef
from pmsync.reconcile.lenses import EnumLens
from pmsync.reconcile.surface import Surface
from pmsync_jira import mapping, wire
from pmsync_jira.catalogue import (
    ADMINISTER,
    ADMINISTER_PROJECTS,
    ASSIGN,
    BROWSE,
    LINK,
    OPTIONAL,
    PERMISSIONS,
    Catalogue,
    ProjectFacts,
    refused_query,
)
from pmsync_jira.client import Client, Query, Refused
from pmsync_jira.control import Control
from pmsync_jira.deployments import Deployment, named
from pmsync_jira.settings import JiraScope
from pmsync_jira.stream import within
from pmsync_jira.vocabulary import UNSET, name_key

_ALWAYS = frozenset({"project", "issuetype", "reporter", *mapping.FIELD_OF.values()}) - {"assignee", "duedate", "startdate"}
"""Required fields that need no attention: pmsync or Jira itself fills them in."""
_MADE = (Kind.TASK, Kind.BUG)
"""Kinds whose create screens are looked at."""


@dataclass(frozen=True, slots=True)
class Doctor:
    """Everything a check needs."""

    deployment: Deployment
    client: Client
    catalogue: Catalogue
    control: Control
    scopes: Mapping[ScopeRef, ScopeConfig]

    def check(self, wanted: Sequence[ScopeRef]) -> list[Check]:
        """All findings; nothing found wrong is raised."""
        checks: list[Check] = []
        try:
            checks += self._site()
        except ConnectorError as error:
            return [_trouble("sign-in", error)]
        for scope in wanted:
            try:
                checks += self._scope(scope)
            except ConnectorError as error:
                checks.append(_trouble(str(scope), error))
        return checks

    # -- the site -------------------------------------------------------------------------------------------------------------

    def _site(self) -> Iterator[Check]:
        info = self.control.server_info()
        kind = str(info.get("deploymentType", "unknown"))
        if kind not in self.deployment.types:
            yield _other(kind, self.deployment)
            return
        yield Check(
            Level.OK, "site", f"{info.get('serverTitle', 'Jira')}, {self.deployment.name} {info.get('version', '')}".rstrip()
        )
        account = self.control.myself()
        known_by = account.get("accountId") or account.get("name") or "?"
        yield Check(Level.OK, "sign-in", f"as {account.get('displayName', '?')} ({known_by})")
        zone = account.get("timeZone", "unknown")
        yield Check(
            Level.OK, "time zone", f"the account's zone is {zone}; searches use absolute times, so it makes no difference"
        )

    # -- one project ----------------------------------------------------------------------------------------------------------

    def _scope(self, scope: ScopeRef) -> Iterator[Check]:
        facts = self.catalogue.facts(scope)
        yield Check(Level.OK, str(scope), f"the project {facts.project.name or scope.key}")
        yield from self._permissions(scope)
        yield from self._condition(scope)
        surfaces = self.catalogue.surfaces(scope)
        yield from self._screens(scope, surfaces)
        yield from _maps(scope, facts, self.scopes.get(scope))
        for surface in surfaces:
            yield from _assumptions(scope, surface)

    def _permissions(self, scope: ScopeRef) -> Iterator[Check]:
        held = self.control.permissions(scope.key, [*PERMISSIONS, *OPTIONAL])
        lacking = [name for key, name in PERMISSIONS.items() if not held[key]]
        if not lacking:
            yield Check(Level.OK, f"{scope} permissions", ", ".join(PERMISSIONS.values()))
        for name in lacking:
            level = Level.ERROR if name == PERMISSIONS[BROWSE] else Level.WARNING
            remedy = f"grant {name} to the account in the permission scheme of {scope.key}"
            yield Check(level, f"{scope} permissions", f"the account lacks {name}", remedy)
        if not held[LINK]:
            found = f"the account lacks {OPTIONAL[LINK]}: which issues wait for which is only read in {scope.key}"
            yield Check(Level.NOTE, f"{scope} links", found, f"grant {OPTIONAL[LINK]} to the account, or leave links to people")
        if not held[ASSIGN]:
            found = f"the account lacks {OPTIONAL[ASSIGN]}: who is assigned is only read in {scope.key}"
            yield Check(Level.NOTE, f"{scope} people", found, f"grant {OPTIONAL[ASSIGN]} to the account, or leave it to people")
        if not held[ADMINISTER_PROJECTS]:
            found = f"the account lacks {ADMINISTER}: versions are only read in {scope.key}, none is made or changed"
            yield Check(Level.NOTE, f"{scope} releases", found, f"grant {ADMINISTER} to the account, or leave versions to people")
            found = f"the account lacks {ADMINISTER}: no mark is kept in {scope.key}, so that a restored or copied store may go unnoticed"
            remedy = f"grant {ADMINISTER} to the account in the permission scheme of {scope.key}, or live without the mark"
            yield Check(Level.NOTE, f"{scope} mark", found, remedy)

    def _condition(self, scope: ScopeRef) -> Iterator[Check]:
        config = self.scopes.get(scope)
        where = JiraScope.model_validate(config.settings).where if config else None
        found = self.client.search(Query(within(scope, where), ("id",), size=1))
        if isinstance(found, Refused):
            yield _trouble(f"{scope} search", refused_query(scope, str(found), where))
        elif where:
            yield Check(Level.OK, f"{scope} search", f"the condition {where!r} is understood")

    def _screens(self, scope: ScopeRef, surfaces: Sequence[Surface]) -> Iterator[Check]:
        types = self.catalogue.types(scope)
        if not types:
            remedy = f"give {scope.key} an issue type, and the account the permission Create Issues"
            yield Check(Level.WARNING, f"{scope} issue types", "no issue type can be created", remedy)
        made = {one.id: one for kind in _MADE if (one := mapping.type_for(kind, types)) is not None}
        for issue_type in made.values():
            screen = self.catalogue.screen(scope, issue_type.id)
            yield from _screen(scope, issue_type, screen, surfaces)


def _other(kind: str, wanted: Deployment) -> Check:
    """The site is of another deployment than the config says."""
    found = named(kind)
    if found is None:
        return Check(
            Level.ERROR, "site", f"this is Jira of kind {kind}, which is not known", "use a Jira Cloud or Jira Data Center site"
        )
    remedy = f"set deployment: {found.setting} for this system"
    return Check(Level.ERROR, "site", f"this is {found.name}, and the config says {wanted.setting}", remedy)


def _screen(
    scope: ScopeRef, issue_type: wire.IssueType, screen: Mapping[str, wire.CreateField], surfaces: Sequence[Surface]
) -> Iterator[Check]:
    subject = f"{scope} {issue_type.name} screen"
    for surface in surfaces:
        name = mapping.FIELD_OF.get(surface.id)
        written = surface.id not in mapping.STEPS and FIELDS[surface.field].default.seeds
        if name and screen and written and name not in screen:
            remedy = f"add the field to the screens of {scope.key}, or set fields.{surface.field}.{scope.system} to pull or off"
            yield Check(Level.WARNING, subject, f"the field {name!r} is not on the create screen", remedy)
    for one in screen.values():
        if one.required and not one.has_default and one.id not in _ALWAYS:
            remedy = f"make it optional for {issue_type.name}, or give it a default"
            yield Check(Level.WARNING, subject, f"the field {one.name!r} is required, and pmsync does not fill it in", remedy)


def _maps(scope: ScopeRef, facts: ProjectFacts, config: ScopeConfig | None) -> Iterator[Check]:
    """Map lines that concern nothing in this project: a typing error, or a name of another project."""
    named = {"status": [one.name for one in facts.statuses], "priority": [one.name for one in facts.priorities]}
    for field, names in named.items():
        known = {name_key(name) for name in names}
        for remote in config.maps.get(field, {}) if config else ():
            if name_key(remote) not in known:
                remedy = f"{scope.key} has {', '.join(names) or 'none'}"
                yield Check(
                    Level.NOTE, f"{scope} {field}", f"maps.{field}.{scope.system} names {remote!r}, which is not there", remedy
                )


def _assumptions(scope: ScopeRef, surface: Surface) -> Iterator[Check]:
    subject = f"{scope} {surface.id}"
    for taken in surface.defaults:
        name = surface.display.get(taken.remote, taken.remote)
        yield Check(Level.NOTE, subject, f"{name} is {taken.hub or UNSET}: {taken.why}", taken.change)
    if not isinstance(surface.lens, EnumLens):
        return
    for hub, reason in surface.lens.refused.items():
        if hub:
            yield Check(Level.WARNING, subject, reason, f"until then {hub} is not written to {scope.key}")
    unread = [
        name for token, name in surface.display.items() if token not in surface.lens.reads and token not in surface.lens.empties
    ]
    for name in unread:
        yield Check(Level.WARNING, subject, f"{name!r} has no meaning yet", _line(scope, surface.field, name))


def _line(scope: ScopeRef, field: str, name: str) -> str:
    values: Iterable[str] = Status if field == "status" else ("high", "low", UNSET)
    return f'say it in the config: maps.{field}.{scope.system}: {{"{name}": {next(iter(values))}}}'


def _trouble(subject: str, error: ConnectorError) -> Check:
    remedy = error.hint or ("check login and token" if isinstance(error, AuthFailed) else "try again later")
    return Check(Level.ERROR, subject, error.message, remedy)
