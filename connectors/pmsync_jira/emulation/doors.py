"""Side doors: how tests and the demo furnish a site, and how its other people work on it. No HTTP, no limits, no permissions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pmsync_jira.emulation import titanium
from pmsync_jira.emulation.knobs import JiraKnobs, Quota
from pmsync_jira.emulation.people import Hands
from pmsync_jira.emulation.records import Entry, FieldKind, Issue, Person, Project, RemoteLink, Transition, Version
from pmsync_jira.emulation.state import State
from pmsync_jira.emulation.webhooks import Webhooks
from pmsync_jira.emulation.workflow import take

STATUSES = (("To Do", "new"), ("In Progress", "indeterminate"), ("Done", "done"))
PRIORITIES = ("Highest", "High", "Medium", "Low", "Lowest")
ISSUE_TYPES = ("Epic", "Story", "Task", "Bug")


@dataclass(frozen=True, slots=True)
class Step:
    """A workflow step by names: to status ``to``, from ``sources`` (None: everywhere), with the fields it shows and insists on."""

    name: str
    to: str
    sources: tuple[str, ...] | None = None
    screen: tuple[str, ...] = ()
    required: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scheme:
    """What a project's issues are made of. ``workflow`` None: from every status to every status."""

    statuses: Sequence[tuple[str, str]] = STATUSES
    priorities: Sequence[str] = PRIORITIES
    issue_types: Sequence[str] = ISSUE_TYPES
    workflow: Sequence[Step] | None = None
    default_priority: str | None = "Medium"


class SideDoors:
    """The methods that are not HTTP."""

    state: State
    knobs: JiraKnobs
    bot: Person
    webhooks: Webhooks

    def add_user(self, name: str, *, email: str = "", token: str = "", account_id: str = "", active: bool = True) -> Person:
        """A person; with ``token`` one who can call the API."""
        account = self.state.edition.account(len(self.state.people), name)
        account_id = account_id or account.account_id
        person = replace(account, account_id=account_id, email=email, token=token, active=active)
        self.state.people[account_id] = person
        return person

    def change_user(self, account_id: str, **changes: Any) -> Person:
        """Change attributes of a person, e.g. ``active`` or ``time_zone``."""
        person = replace(self.state.people[account_id], **changes)
        self.state.people[account_id] = person
        if account_id == self.bot.account_id:
            self.bot = person
        return person

    def add_project(self, key: str, name: str = "", scheme: Scheme | None = None, *, type_key: str = "software") -> Project:
        """A project with its schemes; statuses, priorities and types are shared with other projects by name."""
        scheme = scheme or Scheme()
        state, catalogue = self.state, self.state.catalogue
        statuses = {label: catalogue.status(label, category, state.new_id).id for label, category in scheme.statuses}
        priorities = {label: catalogue.priority(label, state.new_id).id for label in scheme.priorities}
        kinds = tuple(catalogue.issue_type(label, state.new_id).id for label in scheme.issue_types)
        project = Project(str(state.new_id()), key, name or key, self.bot.account_id, type_key)
        project.statuses, project.priorities, project.issue_types = tuple(statuses.values()), tuple(priorities.values()), kinds
        project.default_priority = priorities.get(scheme.default_priority or "")
        steps = scheme.workflow if scheme.workflow is not None else [Step(label, label) for label in statuses]
        project.transitions = tuple(_transition(number, step, statuses) for number, step in enumerate(steps, 1))
        state.projects[project.id] = project
        return project

    def rename_project(self, key: str, new_key: str) -> None:
        """An administrator changes a project's key: its issues are called by the new one, old keys keep resolving."""
        self.state.rename(self._project(key), new_key)

    def add_component(self, project: str, name: str) -> str:
        """A component of a project; returns its id."""
        component = str(self.state.new_id())
        self.state.catalogue.components[component] = name
        self._project(project).components[component] = name
        return component

    def add_version(self, project: str, name: str, **details: Any) -> Version:
        """A version of a project; ``details`` as the attributes of ``Version``."""
        version = Version(str(self.state.new_id()), self._project(project).id, name, **details)
        self.state.catalogue.versions[version.id] = version
        return version

    def edit_version(self, version: str, **details: Any) -> Version:
        """A person changes a version: ``name``, ``released``, ``archived``, ``start_date``, ``release_date``."""
        changed = replace(self.state.catalogue.versions[version], **details)
        self.state.catalogue.versions[version] = changed
        return changed

    def versions(self, project: str) -> list[Version]:
        """The versions of a project, oldest first."""
        home = self._project(project).id
        return [one for one in self.state.catalogue.versions.values() if one.project == home]

    def link_issues(self, blocker: str, blocked: str, actor: str, link_type: str = "10000") -> None:
        """A person says that an issue waits for another, or links them in another sort."""
        self.state.link(self._entry(blocker), self._entry(blocked), link_type, actor)

    def add_remote_link(self, key: str, actor: str, url: str, title: str) -> None:
        """A person links an issue to a page."""
        entry = self._entry(key)
        link = RemoteLink(self.state.new_id(), "", {"object": {"url": url, "title": title}})
        issue = replace(entry.current, remote_links=(*entry.current.remote_links, link))
        self.state.commit(entry, issue, actor, verb="remote_link")

    def add_custom_field(self, name: str, type_: str = "string") -> str:
        """A custom field on every screen; returns its id."""
        field_id = f"customfield_{self.state.new_id()}"
        self.state.catalogue.custom[field_id] = FieldKind(field_id, name, type_)
        return field_id

    def add_security_level(self, name: str) -> str:
        """A security level; returns its id. Issues that carry it are still visible to the bot: ``hide`` those that are not."""
        level = str(self.state.new_id())
        self.state.catalogue.security[level] = name
        return level

    def take_off_screen(self, project: str, *fields: str) -> None:
        """Make fields unsettable in a project."""
        self._project(project).off_screen.update(fields)

    def deny(self, permission: str, project: str = "*") -> None:
        """Take a permission from API accounts: BROWSE_PROJECTS, CREATE_ISSUES, EDIT_ISSUES, TRANSITION_ISSUES, ADMINISTER_PROJECTS ..."""
        self.state.denied.add((permission, project))

    def allow(self, permission: str, project: str = "*") -> None:
        """Give a permission back."""
        self.state.denied.discard((permission, project))

    def hide(self, key: str, *, hidden: bool = True) -> None:
        """Make an issue unreadable for API accounts, as a security level would: it is omitted everywhere, without a word."""
        self._entry(key).hidden = hidden

    def hold_index(self, key: str, seconds: float) -> None:
        """Keep the latest change of an issue out of search for ``seconds`` from now."""
        self.state.hold_index(self._entry(key), seconds)

    def exhaust_quota(self, seconds: float, reason: str = "jira-quota-tenant-based") -> None:
        """Refuse every request for ``seconds``."""
        self.knobs.quota = Quota(self.state.clock.now() + seconds, reason)

    def issue(self, key: str) -> Issue:
        """An issue as it is now, by id or any of its keys.

        Raises:
            KeyError: there is none.
        """
        return self._entry(key).current

    def issues(self, project: str = "") -> list[Issue]:
        """All issues that exist, or those of one project, oldest id first."""
        wanted = self._project(project).id if project else ""
        entries = (self.state.entries[id_] for id_ in sorted(self.state.entries))
        return [one.current for one in entries if not one.deleted and wanted in {"", one.current.project}]

    def add_issue(self, project: str, summary: str, *, actor: str = "", **fields: Any) -> Issue:
        """An issue that a person files; ``fields`` as for ``edit_issue``, and ``issue_type`` (default: the project's last)."""
        home = self._project(project)
        now, author = self.state.now_ms(), actor or self.bot.account_id
        blank = Issue(
            id=self.state.new_id(),
            key=self.state.next_key(home),
            project=home.id,
            summary=summary,
            issue_type=home.issue_types[-1],
            status=home.statuses[0],
            creator=author,
            reporter=author,
            created=now,
            updated=now,
            priority=home.default_priority,
        )
        return self.state.create(Hands(self.state).changed(blank, fields), author).current

    def edit_issue(self, key: str, actor: str, **fields: Any) -> Issue:
        """A person's edit. Names are names: ``summary``, ``description`` (text or document), ``priority``, ``status``, ``labels``,
        ``add_labels``, ``remove_labels``, ``components``, ``fix_versions``, ``assignee`` (account id), ``issue_type``, ``security``, or a
        custom field's id.

        Raises:
            KeyError: there is no such issue, field, or value.
        """  # noqa: D205
        entry = self._entry(key)
        self.state.commit(entry, Hands(self.state).changed(entry.current, fields), actor)
        return entry.current

    def transition_issue(self, key: str, actor: str, status: str) -> Issue:
        """A person moves an issue to a status, whatever the workflow says."""
        entry = self._entry(key)
        step = Transition("0", status, Hands(self.state).status(status))
        self.state.commit(entry, take(self.state, entry.current, step), actor, verb="transition")
        return entry.current

    def comment_issue(self, key: str, actor: str, text: str | Mapping[str, Any]) -> str:
        """A person comments; returns the comment's id."""
        entry = self._entry(key)
        body = self.state.edition.document(text) if isinstance(text, str) else text
        issue, comment = Hands(self.state).commented(entry.current, actor, body)
        self.state.commit(entry, issue, actor, verb="comment", comment=comment)
        return comment.id

    def edit_comment(self, key: str, comment: str, actor: str, text: str | None = None, *, role: str = "") -> None:
        """A person writes a comment anew, or lets only one role read it."""
        entry = self._entry(key)
        [old] = [one for one in entry.current.comments if one.id == comment]
        body = old.body if text is None else self.state.edition.document(text)
        visibility = {"type": "role", "value": role} if role else old.visibility
        now = max(self.state.now_ms(), old.updated + 1)
        new = replace(old, body=body, visibility=visibility, updated=now, update_author=actor)
        comments = tuple(new if one is old else one for one in entry.current.comments)
        self.state.commit(entry, replace(entry.current, comments=comments), actor, verb="edit_comment", comment=new)

    def delete_comment(self, key: str, comment: str, actor: str) -> None:
        """A person deletes a comment."""
        entry = self._entry(key)
        kept = tuple(one for one in entry.current.comments if one.id != comment)
        self.state.commit(entry, replace(entry.current, comments=kept), actor, verb="delete_comment")

    def move_issue(self, key: str, project: str, actor: str = "") -> Issue:
        """Move an issue to another project: a new key, the same id; the old key keeps resolving."""
        entry = self._entry(key)
        issue = Hands(self.state).moved(entry.current, self._project(project))
        self.state.commit(entry, issue, actor or self.bot.account_id, verb="move")
        return entry.current

    def delete_issue(self, key: str, actor: str = "") -> None:
        """Delete an issue for good."""
        self.state.delete(self._entry(key), actor or self.bot.account_id)

    def load_titanium(self, source: Path | Iterable[str | bytes], limit: int | None = None) -> int:
        """Take in REST v2 issues, one JSON object a line (a path may be compressed with xz), the newest ``limit`` by creation.

        Keys, ids, moments, names, labels, links and comments stay as they are; on Cloud wiki texts become plain paragraphs. No event, no webhook.
        """
        return titanium.load(self.state, self.bot.account_id, source, limit)

    def _project(self, key: str) -> Project:
        project = self.state.project(key)
        if project is None:
            raise KeyError(key)
        return project

    def _entry(self, key: str) -> Entry:
        entry = self.state.entry(key)
        if entry is None:
            raise KeyError(key)
        return entry


def _transition(number: int, step: Step, statuses: Mapping[str, str]) -> Transition:
    sources = None if step.sources is None else frozenset(statuses[name] for name in step.sources)
    return Transition(
        str(number * 10 + 1), step.name, statuses[step.to], sources, frozenset(step.screen), frozenset(step.required)
    )
