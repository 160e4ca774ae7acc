"""What an operation asks of GitHub, and whether an answer shows it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pmsync.model.labels import label_key
from pmsync.model.values import Known, Settled, members
from pmsync.reconcile.operation import Change, Operation
from pmsync_github import mapping
from pmsync_github.mapping import Issue
from pmsync_github.priority import PriorityNames, token

UNASSIGNED = (
    "GitHub answered success and left out {who}: the account has no push access to {repository}, or they cannot be assigned there, "
    "for only those with access to a repository can"
)
DROPPED = "GitHub answered success and left it out: the account has no push access to {repository}, or a rule there forbids it"

STEPS_OF = {
    mapping.TITLE: ("title",),
    mapping.BODY: ("body",),
    mapping.STATUS: ("close", "reopen"),
    mapping.PRIORITY: ("add", "remove"),
    mapping.LABELS: ("add", "remove"),
    mapping.RELEASE: ("milestone",),
    mapping.PARENT: ("parent", "orphan"),
    mapping.ASSIGNEES: ("assign", "unassign"),
}
"""Surface to the steps of an update (``queries.STEPS``) that write it."""


@dataclass(frozen=True, slots=True)
class Intent:
    """An operation in GitHub's words; None or empty: not touched.

    Attributes:
        add, remove: label names per surface.
        release: node id of a milestone, "" for none.
        parent: node id of an issue, "" for none; ``orphaned`` is then the parent that it had.
        assign, unassign: logins.
    """

    title: str | None
    body: str | None
    status: str | None
    add: Mapping[str, tuple[str, ...]]
    remove: Mapping[str, tuple[str, ...]]
    release: str | None = None
    parent: str | None = None
    orphaned: str = ""
    assign: tuple[str, ...] = ()
    unassign: tuple[str, ...] = ()

    @property
    def asks(self) -> bool:
        """Whether anything is to be sent at all."""
        plain = (self.title, self.body, self.status)
        return self.reaches_beyond or any(text is not None for text in plain)

    @property
    def reaches_beyond(self) -> bool:
        """Whether it needs labels, people, milestones or other issues, which GraphQL knows by their ids."""
        several = self.added or self.removed or self.assign or self.unassign
        return bool(several) or self.release is not None or self.parent is not None

    @property
    def added(self) -> tuple[str, ...]:
        """All labels to be added, sorted."""
        return _flat(self.add)

    @property
    def removed(self) -> tuple[str, ...]:
        """All labels to be removed, sorted."""
        return _flat(self.remove)


def read(op: Operation) -> Intent:
    """The intent of ``op``."""
    by_surface = {change.surface: change for change in op.changes}
    sets = {surface: by_surface[surface] for surface in (mapping.PRIORITY, mapping.LABELS) if surface in by_surface}
    return Intent(
        title=_text(by_surface.get(mapping.TITLE)),
        body=_text(by_surface.get(mapping.BODY)),
        status=_text(by_surface.get(mapping.STATUS)),
        add={surface: tuple(sorted(change.added)) for surface, change in sets.items()},
        remove={surface: tuple(sorted(change.removed)) for surface, change in sets.items()},
        release=_one(by_surface.get(mapping.RELEASE)),
        parent=_one(by_surface.get(mapping.PARENT)),
        orphaned="".join(by_surface[mapping.PARENT].removed) if mapping.PARENT in by_surface else "",
        assign=tuple(sorted(by_surface[mapping.ASSIGNEES].added)) if mapping.ASSIGNEES in by_surface else (),
        unassign=tuple(sorted(by_surface[mapping.ASSIGNEES].removed)) if mapping.ASSIGNEES in by_surface else (),
    )


def foreign(op: Operation) -> list[str]:
    """Surfaces of ``op`` that no issue has."""
    return [change.surface for change in op.changes if change.surface not in STEPS_OF]


def state_of(status: str) -> tuple[str, str | None]:
    """State and reason of a status token."""
    state, _, reason = status.partition("/")
    return state, reason or None


def dropped(op: Operation, issue: Issue, priorities: PriorityNames) -> dict[str, str]:
    """Surfaces that the answer shows untouched although a write was asked for and answered with success.

    A surface that shows a third value is not counted: somebody else's edit, or GitHub's own spelling, is for the engine to judge.
    """
    repository = issue.repository or op.scope.key
    return {
        change.surface: UNASSIGNED.format(who=", ".join(sorted(left)), repository=repository)
        if (left := _left_out(change, issue))
        else DROPPED.format(repository=repository)
        for change in op.changes
        if _untouched(change, issue, priorities)
    }


def _left_out(change: Change, issue: Issue) -> set[str]:
    """Whom the answer does not show although they were to be assigned."""
    shown = {login.casefold() for login in issue.assignees}
    return {login for login in change.added if login.casefold() not in shown} if change.surface == mapping.ASSIGNEES else set()


def _untouched(change: Change, issue: Issue, priorities: PriorityNames) -> bool:
    if change.surface in (mapping.PRIORITY, mapping.LABELS):
        if issue.labels is None:
            return False
        shown = {
            label_key(entry.name)
            for entry in issue.labels
            if (change.surface == mapping.PRIORITY) == priorities.concerns(entry.name)
        }
        missing = {label_key(name) for name in change.added} - shown
        left = {label_key(name) for name in change.removed} & shown
        return bool(missing or left)
    if change.surface == mapping.ASSIGNEES:
        kept = {login.casefold() for login in change.removed} & {login.casefold() for login in issue.assignees}
        return bool(kept or _left_out(change, issue))
    if change.surface in (mapping.RELEASE, mapping.PARENT):
        place = issue.release if change.surface == mapping.RELEASE else issue.parent
        return place == "".join(members(change.before)) != "".join(members(change.after))
    shown_text = {mapping.TITLE: issue.title, mapping.STATUS: issue.status, mapping.BODY: mapping.split_marker(issue.body)[0]}
    if change.surface not in shown_text:
        return False
    shown_now = _lines(shown_text[change.surface])
    return shown_now == _lines(_of(change.before)) != _lines(_of(change.after))


def spelled(names: Iterable[str], spellings: Mapping[str, str]) -> list[str]:
    """Priority tokens and label names in the spelling that a new label is to have."""
    return [spellings.get(token(name), name) for name in names]


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").rstrip()


def _text(change: Change | None) -> str | None:
    return None if change is None else _of(change.after)


def _one(change: Change | None) -> str | None:
    return None if change is None else "".join(members(change.after))


def _of(value: Settled) -> str:
    return value.value if isinstance(value, Known) and isinstance(value.value, str) else ""


def _flat(parts: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(sorted({name for names in parts.values() for name in names}))
