"""The hands of the site's other people: edits by name, free of screens and permissions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pmsync_jira.emulation.records import Comment, Document, Issue, Project, Transition
from pmsync_jira.emulation.state import State
from pmsync_jira.emulation.workflow import take


@dataclass(frozen=True, slots=True)
class Hands:
    """Makes changed issues; the caller commits them."""

    state: State

    def changed(self, issue: Issue, fields: Mapping[str, Any]) -> Issue:
        """The issue with ``fields`` set.

        Raises:
            KeyError: an unknown field or value.
        """
        setters: Mapping[str, Callable[[Issue, Any], Issue]] = {
            "summary": lambda one, value: replace(one, summary=value),
            "description": lambda one, value: replace(one, description=self._document(value)),
            "status": lambda one, value: take(self.state, one, Transition("0", value, self.status(value))),
            "priority": lambda one, value: replace(one, priority=self._priority(value)),
            "issue_type": lambda one, value: replace(one, issue_type=self._id(self.state.catalogue.issue_types, value)),
            "labels": lambda one, value: replace(one, labels=_sorted(value)),
            "add_labels": lambda one, value: replace(one, labels=_sorted({*one.labels, *value})),
            "remove_labels": lambda one, value: replace(one, labels=_sorted({*one.labels} - {*value})),
            "components": lambda one, value: replace(one, components=self._members(self._components(one), value)),
            "fix_versions": lambda one, value: replace(one, fix_versions=self._members(self._versions(one), value)),
            "assignee": lambda one, value: replace(one, assignee=value),
            "due": lambda one, value: replace(one, due=value),
            "security": lambda one, value: replace(one, security=value),
            "parent": lambda one, value: replace(one, parent=value),
            "properties": lambda one, value: replace(one, properties=dict(value)),
        }
        for name, value in fields.items():
            custom = name in self.state.catalogue.custom
            issue = replace(issue, custom={**issue.custom, name: value}) if custom else setters[name](issue, value)
        return issue

    def status(self, name: str) -> str:
        """Id of a status.

        Raises:
            KeyError: there is none of that name.
        """
        return self._id(self.state.catalogue.statuses, name)

    def commented(self, issue: Issue, actor: str, body: Document) -> tuple[Issue, Comment]:
        """The issue with one more comment, and that comment."""
        now = self.state.now_ms()
        comment = Comment(str(self.state.new_id()), actor, body, now, now, actor)
        return replace(issue, comments=(*issue.comments, comment)), comment

    def moved(self, issue: Issue, target: Project) -> Issue:
        """The issue in another project: what that one does not have falls back to its first or default."""
        return replace(
            issue,
            project=target.id,
            key=self.state.next_key(target),
            status=issue.status if issue.status in target.statuses else target.statuses[0],
            issue_type=issue.issue_type if issue.issue_type in target.issue_types else target.issue_types[0],
            priority=issue.priority if issue.priority in target.priorities else target.default_priority,
            components=(),
            fix_versions=(),
            affects_versions=(),
        )

    def _document(self, value: Document | None) -> Document | None:
        return self.state.edition.document(value) if isinstance(value, str) else value

    def _components(self, issue: Issue) -> Mapping[str, str]:
        return self.state.projects[issue.project].components

    def _versions(self, issue: Issue) -> Mapping[str, str]:
        versions = self.state.catalogue.versions.values()
        return {version.id: version.name for version in versions if version.project == issue.project}

    def _members(self, names: Mapping[str, str], wanted: Iterable[str]) -> tuple[str, ...]:
        ids = {name: id_ for id_, name in names.items()}
        return tuple(ids[name] for name in wanted)

    def _priority(self, name: str | None) -> str | None:
        return None if name is None else self._id(self.state.catalogue.priorities, name)

    def _id(self, table: Mapping[str, Any], name: str) -> str:
        return {thing.name: id_ for id_, thing in table.items()}[name]


def _sorted(labels: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(labels)))
