"""What ``doctor`` says about a GitHub account and its repositories."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pmsync.connect.contract import Check, Level
from pmsync.connect.errors import ConnectorError
from pmsync.model.enums import Audience
from pmsync.model.record import ScopeRef
from pmsync.reconcile.lenses import label_collisions
from pmsync.reconcile.surface import Surface
from pmsync_github.catalogue import Repository
from pmsync_github.client import API_VERSION
from pmsync_github.priority import PriorityNames

_ISSUES_WRITE = "give the token or App the permission Issues: Read and write, and access to this repository"
_PUSH = "give the account the role Write (Triage is enough for labels on existing issues)"


@dataclass(frozen=True, slots=True)
class Found:
    """What was discovered about one repository."""

    scope: ScopeRef
    repository: Repository
    surfaces: Sequence[Surface]
    labels: tuple[str, ...]
    scope_labels: tuple[str, ...]
    priorities: PriorityNames


def failed(subject: str, error: ConnectorError) -> Check:
    """A check that could not be made, or that an error answered."""
    return Check(Level.ERROR, subject, error.message, error.hint)


def account(login: str, scopes: Sequence[str] | None, *, app: bool) -> Iterator[Check]:
    """Who we are and what the token may do at all."""
    yield Check(Level.OK, "account", f"acting as {login}, API version {API_VERSION}")
    if app or scopes is None:
        return
    if "repo" in scopes:
        yield Check(Level.OK, "token", f"a classic token with the scopes {', '.join(scopes)}")
    elif "public_repo" in scopes:
        yield Check(Level.NOTE, "token", "a classic token for public repositories only", "private ones need the scope repo")
    else:
        yield Check(
            Level.ERROR,
            "token",
            f"a classic token without the scope repo (it has {', '.join(scopes) or 'none'}): it cannot change issues",
            "add the scope repo, or use a fine-grained token with Issues: Read and write",
        )


def repository(found: Found) -> Iterator[Check]:
    """One repository: where it is, whether issues can be written, and every default taken."""
    yield from _whereabouts(found)
    yield from _rights(found)
    yield from _labels(found)
    for surface in found.surfaces:
        for taken in surface.defaults:
            yield Check(
                Level.NOTE,
                f"{found.scope.key}: {surface.field}",
                f"{taken.remote!r} is taken as {taken.hub!r}: {taken.why}",
                taken.change,
            )


def _whereabouts(found: Found) -> Iterator[Check]:
    key, repository = found.scope.key, found.repository
    seen_by = "everybody" if repository.audience is Audience.PUBLIC else "those with access"
    yield Check(Level.OK, key, f"readable; its issues are seen by {seen_by}")
    if repository.name.casefold() != key.casefold():
        yield Check(
            Level.WARNING,
            key,
            f"the repository is now called {repository.name}; its redirect is followed as long as GitHub keeps it",
            f"write {repository.name} in the config",
        )


def _rights(found: Found) -> Iterator[Check]:
    key, repository = found.scope.key, found.repository
    if repository.archived:
        yield Check(
            Level.ERROR, key, "the repository is archived: nothing can be written", "unarchive it, or take it out of the config"
        )
    if not repository.has_issues:
        yield Check(Level.ERROR, key, "issues are switched off", "switch them on in the repository's settings")
    if repository.push is False:
        yield Check(
            Level.ERROR,
            f"{key}: push access",
            "the account has no push access: GitHub would drop labels and priority without a word, and refuse changes to others' issues",
            _PUSH,
        )
    elif repository.push is None:
        yield Check(Level.NOTE, f"{key}: push access", "GitHub does not tell what the account may do here", _ISSUES_WRITE)
    else:
        yield Check(
            Level.OK, f"{key}: push access", "the account's role allows labels; a fine-grained token may still allow less"
        )
    if repository.organization:
        yield Check(
            Level.NOTE,
            f"{key}: priority",
            "priority is kept in labels; the organization's issue field Priority (a preview) is not used yet",
        )


def _labels(found: Found) -> Iterator[Check]:
    key, names = found.scope.key, found.priorities
    for label in found.labels:
        if names.concerns(label) and names.value(label) is None:
            yield Check(
                Level.WARNING,
                f"{key}: priority",
                f"the label {label!r} looks like a priority, but which?",
                f'maps.priority.{found.scope.system}: {{"{label}": high}}',
            )
    for group in label_collisions(found.labels):
        shown = " and ".join(repr(label) for label in group)
        yield Check(Level.WARNING, f"{key}: labels", f"{shown} count as one label elsewhere", "merge them into one on GitHub")
    existing = {label.casefold() for label in found.labels}
    for label in found.scope_labels:
        if label.casefold() not in existing:
            yield Check(
                Level.WARNING,
                key,
                f"the scope asks for the label {label!r}, which does not exist",
                "create it, or mend `labels` in the config",
            )
