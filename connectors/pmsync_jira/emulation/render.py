"""How the site's things look as JSON: users, statuses, priorities, projects, versions, comments, histories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from pmsync_jira.emulation.adf import plain_text
from pmsync_jira.emulation.records import (
    CATEGORIES,
    Comment,
    Document,
    Entry,
    History,
    Issue,
    IssueType,
    Person,
    Priority,
    Project,
    Status,
    Version,
)
from pmsync_jira.emulation.state import State

RECENT_HISTORY = 40
"""Most change groups that ``expand=changelog`` shows; the older ones need the changelog endpoints."""


@lru_cache(maxsize=64)
def zone(name: str) -> tzinfo:
    """A time zone by its IANA name."""
    return ZoneInfo(name or "UTC")


@dataclass(frozen=True, slots=True)
class Renderer:
    """Renders for one reader. ``api`` is "3", or "2" for webhooks, whose rich texts are strings."""

    state: State
    reader: Person
    api: str = "3"

    @property
    def rest(self) -> str:
        """The root of the API's own URLs."""
        return f"{self.state.base_url}/rest/api/{self.api}"

    @property
    def time_zone(self) -> str:
        """The reader's profile zone."""
        return self.reader.time_zone or self.state.knobs.account_time_zone

    def moment(self, ms: int) -> str:
        """A moment as Jira writes it, in the reader's zone."""
        shown = datetime.fromtimestamp(ms // 1000, zone(self.time_zone))
        return f"{shown:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}{shown:%z}"

    def local(self, name: str) -> str:
        """A name in the reader's language."""
        return self.state.knobs.translations.get(name, name)

    def is_child(self, issue: Issue) -> bool:
        """Whether the field ``parent`` shows the issue's parent."""
        return self.state.edition.is_child(self.state.catalogue, issue)

    def custom(self, issue: Issue, field_id: str) -> Any:
        """The value of a custom field."""
        return issue.custom.get(field_id)

    def recent(self, entry: Entry) -> dict[str, Any]:
        """The history that comes along with an issue: the newest part of it, the latest first."""
        histories = [self.history(one) for one in entry.history[-RECENT_HISTORY:][::-1]]
        return {"startAt": 0, "maxResults": len(histories), "total": len(entry.history), "histories": histories}

    def text(self, document: Document | None) -> Any:
        """A rich text as this API version shows it."""
        if document is None or self.api == "3":
            return document
        return plain_text(document)

    def user(self, account_id: str | None) -> dict[str, Any] | None:
        """A user as others see it; None for nobody."""
        if account_id is None:
            return None
        person = self.state.people.get(account_id) or Person(account_id, "Former user", active=False, kind="unknown")
        avatars = f"{self.state.base_url}/avatar/{account_id}"
        shown: dict[str, Any] = {
            "self": f"{self.rest}/user?accountId={account_id}",
            "accountId": account_id,
            "avatarUrls": {f"{size}x{size}": f"{avatars}?size={size}" for size in (48, 24, 16, 32)},
            "displayName": person.name,
            "active": person.active,
            "timeZone": person.time_zone or self.state.knobs.account_time_zone,
            "accountType": person.kind,
        }
        if person.email and (person.email_visible or person.account_id == self.reader.account_id):
            shown["emailAddress"] = person.email
        return shown

    def category(self, key: str) -> dict[str, Any]:
        """A status category."""
        number, color, name = CATEGORIES[key]
        link = f"{self.rest}/statuscategory/{number}"
        return {"self": link, "id": number, "key": key, "colorName": color, "name": self.local(name)}

    def status(self, status: Status) -> dict[str, Any]:
        """A status."""
        return {
            "self": f"{self.rest}/status/{status.id}",
            "description": "",
            "iconUrl": f"{self.state.base_url}/images/icons/statuses/generic.png",
            "name": self.local(status.name),
            "id": status.id,
            "statusCategory": self.category(status.category),
        }

    def priority(self, priority: Priority, *, full: bool = False) -> dict[str, Any]:
        """A priority; ``full`` as the lists show it."""
        shown = {
            "self": f"{self.rest}/priority/{priority.id}",
            "iconUrl": f"{self.state.base_url}/images/icons/priorities/{priority.id}.svg",
            "name": self.local(priority.name),
            "id": priority.id,
        }
        return {**shown, "description": "", "statusColor": priority.color, "isDefault": False} if full else shown

    def issue_type(self, kind: IssueType) -> dict[str, Any]:
        """An issue type."""
        return {
            "self": f"{self.rest}/issuetype/{kind.id}",
            "id": kind.id,
            "description": "",
            "iconUrl": f"{self.state.base_url}/images/icons/issuetypes/{kind.id}.svg",
            "name": self.local(kind.name),
            "subtask": kind.level < 0,
            "hierarchyLevel": kind.level,
        }

    def project_stub(self, project: Project) -> dict[str, Any]:
        """A project as an issue's field shows it."""
        return {
            "self": f"{self.rest}/project/{project.id}",
            "id": project.id,
            "key": project.key,
            "name": project.name,
            "projectTypeKey": project.type_key,
            "simplified": False,
            "avatarUrls": {f"{size}x{size}": f"{self.rest}/universal_avatar/{size}" for size in (48, 24, 16, 32)},
        }

    def project(self, project: Project) -> dict[str, Any]:
        """A project in full."""
        return {
            **self.project_stub(project),
            "expand": "description,lead,issueTypes,url,projectKeys,permissions,insight",
            "description": "",
            "lead": self.user(project.lead),
            "components": [self.component(id_, name) for id_, name in project.components.items()],
            "issueTypes": [self.issue_type(self.state.catalogue.issue_types[id_]) for id_ in project.issue_types],
            "assigneeType": "UNASSIGNED",
            "versions": [self.version(version) for version in self.versions_of(project)],
            "roles": {},
            "style": "classic",
            "isPrivate": project.private,
            "properties": {},
        }

    def component(self, id_: str, name: str) -> dict[str, Any]:
        """A component."""
        return {"self": f"{self.rest}/component/{id_}", "id": id_, "name": name}

    def versions_of(self, project: Project) -> list[Version]:
        """The versions of one project, oldest first."""
        return [version for version in self.state.catalogue.versions.values() if version.project == project.id]

    def version(self, version: Version) -> dict[str, Any]:
        """A version; dates only where they are set."""
        shown: dict[str, Any] = {
            "self": f"{self.rest}/version/{version.id}",
            "id": version.id,
            "name": version.name,
            "archived": version.archived,
            "released": version.released,
            "projectId": int(version.project),
        }
        optional = {"description": version.description, "startDate": version.start_date, "releaseDate": version.release_date}
        return {**shown, **{key: value for key, value in optional.items() if value}}

    def comment(self, issue_id: int, comment: Comment, *, properties: bool = False) -> dict[str, Any]:
        """A comment; its properties only where they were asked for."""
        shown = {
            "self": f"{self.rest}/issue/{issue_id}/comment/{comment.id}",
            "id": comment.id,
            "author": self.user(comment.author),
            "body": self.text(comment.body),
            "updateAuthor": self.user(comment.update_author),
            "created": self.moment(comment.created),
            "updated": self.moment(comment.updated),
            "jsdPublic": not comment.properties.get("sd.public.comment", {}).get("internal", False),
        }
        if comment.visibility is not None:
            shown["visibility"] = dict(comment.visibility)
        if properties:
            shown["properties"] = [{"key": key, "value": value} for key, value in comment.properties.items()]
        return shown

    def history(self, history: History, *, bulk: bool = False) -> dict[str, Any]:
        """A change group. The bulk endpoint stamps it with epoch milliseconds instead of text."""
        return {
            "id": history.id,
            "author": self.user(history.author),
            "created": history.created if bulk else self.moment(history.created),
            "items": self.changes(history),
        }

    def changes(self, history: History) -> list[dict[str, Any]]:
        """The lines of a change group."""
        return [
            {
                "field": change.field,
                "fieldtype": "custom" if change.field_id.startswith("customfield_") else "jira",
                "fieldId": change.field_id,
                "from": change.before,
                "fromString": change.before_text,
                "to": change.after,
                "toString": change.after_text,
            }
            for change in history.changes
        ]

    def link_type(self, type_id: str) -> dict[str, Any]:
        """A kind of issue link."""
        name, inward, outward = self.state.catalogue.link_types[type_id]
        return {"id": type_id, "name": name, "inward": inward, "outward": outward, "self": f"{self.rest}/issueLinkType/{type_id}"}

    def page(self, path: str, values: Sequence[Any], start: int, size: int, total: int) -> dict[str, Any]:
        """A page bean: some of ``total`` values. ``path`` is where it was asked for."""
        page: dict[str, Any] = {
            "self": f"{self.state.base_url}{path}?startAt={start}&maxResults={size}",
            "maxResults": size,
            "startAt": start,
            "total": total,
            "isLast": start + len(values) >= total,
            "values": list(values),
        }
        if not page["isLast"]:
            page["nextPage"] = f"{self.state.base_url}{path}?startAt={start + len(values)}&maxResults={size}"
        return page
