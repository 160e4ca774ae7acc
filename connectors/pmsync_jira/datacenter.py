"""Jira Data Center: version 2 of the API, and what it has otherwise than Cloud. Everything else of the connector sees Cloud's shapes.

Searches go by offset, without issue properties; there are no bulk reads, so that issues are read one by one; an epic is a custom field that
holds a key; accounts are written by login name; history comes whole, oldest first, and without ids of fields.
Source: https://developer.atlassian.com/server/jira/platform/rest-apis/; that searches show no properties: JRASERVER-62898.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from pmsync.connect.errors import Gone
from pmsync.connect.plugin import Environment
from pmsync.model.record import Record, ScopeRef
from pmsync.net.http import Answer, Call, Limited, Reach, ReadRule
from pmsync.net.words import retry_after, sent_at
from pmsync_jira import client, wire
from pmsync_jira.client import Client, Found, Query, Read, Refused, refusal
from pmsync_jira.epics import NO_LINK, Epics
from pmsync_jira.judging import Judge
from pmsync_jira.lookup import walk
from pmsync_jira.mapping import PROPERTY
from pmsync_jira.settings import JiraSettings

API = "/rest/api/2"
READS = (ReadRule("POST", re.compile(re.escape(f"{API}/search"))),)
"""Requests that only read although they are POSTs."""
ID_PAGE = 1000
"""Issues per search page when only ids are: what a site gives at most, unless its administrator says otherwise."""
PROBE = 25
"""Keys probed at a time: each is a call of its own."""
WHOLE = 1_000_000
"""More edits than any issue has: history is never cut."""
MOVED = "the pages of the search shifted while they were read"
_REST = 5.0
"""Seconds of rest after a refusal that names none."""
_PEOPLE = ("assignee", "reporter")


class DataCenterClient(Client):
    """One Jira Data Center site, in the shapes of ``Client``."""

    api = API
    reads = READS
    id_page = ID_PAGE
    batch = 1
    probe = PROBE
    shown_history = WHOLE
    lists_properties = False
    order = "updated ASC, key ASC"

    def __init__(self, settings: JiraSettings, environment: Environment) -> None:
        super().__init__(settings, environment)
        self._epics = Epics(self.fields, self._issue, self.start.fields)
        self._me: wire.User | None = None
        self._logins: dict[str, str] = {}

    @staticmethod
    def credentials(settings: JiraSettings) -> tuple[str, tuple[str, ...]]:
        """A personal access token."""
        token = settings.token.get_secret_value()
        return f"Bearer {token}", (token,)

    @staticmethod
    def limited(answer: Answer, now: float) -> Limited | None:
        """A 429 of the administrator's rate limit, which is one bucket for all that an account asks for.

        Source: https://confluence.atlassian.com/adminjiraserver/improving-instance-stability-with-rate-limiting-983794911.html
        """
        if answer.status != 429:
            return None
        until = retry_after(answer.headers, now)
        if until is None or until <= now:
            until = now + _seconds(answer.headers.get("x-ratelimit-interval-seconds", ""))
        return Limited(Reach.SYSTEM, until, "429")

    def refresh(self) -> None:
        """Forget which fields hold epics, and what accounts are called."""
        self._epics.refresh()
        self._logins.clear()

    # -- reading --------------------------------------------------------------------------------------------------------------

    def search(self, query: Query) -> Found | Refused:
        """One page by offset.

        The last row of the page before is read again: where it is not first now, rows left the part already read, and as many of the
        following would be skipped; then the walk has to be taken up anew.
        """
        start, anchor = _position(query.token)
        path = f"{self.api}/search"
        fields = [*query.fields, *self._epics.fields(query.fields)]
        body = {"jql": query.jql, "startAt": start, "maxResults": query.size, "fields": fields}
        answer = self._http.send(Call("POST", path, f"POST {path}", json=body, expect=frozenset({200, 400})))
        if answer.status == 400:
            return refusal(answer)
        page: wire.OffsetPage = answer.decode(wire.OffsetPage)
        issues: Sequence[wire.Issue] = self._epics.page(answer, query.fields)
        if anchor and (issues[0].id != anchor if issues else page.total <= start):
            return Refused(409, [MOVED], {}, moved=True)
        issues = issues[1:] if anchor else issues
        more = page.start + len(issues) + bool(anchor) < page.total
        token = query.token
        if issues:
            token = f"{page.start + len(issues) - (not anchor)}:{issues[-1].id}"
        shown = [self._shown(one, "comment" in query.fields) for one in issues]
        return Found(self._marked(shown) if query.marker else shown, token if more else None, sent_at(answer.headers))

    def bulk_fetch(self, names: Sequence[str], *, history: bool = False) -> Read:
        """Issues one by one, straight from the database; what cannot be read is left out. The history is whole."""
        found: list[wire.Issue] = []
        at: float | None = None
        for name in dict.fromkeys(names):
            issue, told = self._issue(name, (*self.asked, *self._epics.fields(self.asked)), history=history)
            at = at or told
            if issue is not None:
                found.append(self._shown(issue, comments=False))
        return Read(sorted(found, key=lambda one: int(one.id)), at)

    def comments(self, issue: str, start: int) -> wire.Comments:
        """One page of an issue's comments, with what makes an internal note of a service desk: a property."""
        params = {"startAt": str(start), "maxResults": str(client.PAGE), "orderBy": "created", "expand": "properties"}
        page = self._get(f"/issue/{issue}/comment", "/issue/{}/comment", wire.Comments, params)
        return replace(page, comments=[replace(one, public=not _internal(one)) for one in page.comments])

    def fields(self) -> list[wire.Field]:
        """All fields of the site."""
        return self._get("/field", "/field", list[wire.Field])

    def priorities(self, project_id: str) -> list[wire.Priority]:
        """The site's priorities, the most important first; those of the project's scheme, as far as its create screens tell."""
        everywhere: list[wire.Priority] = self._get("/priority", "/priority", list[wire.Priority])
        for kind in self.types(project_id)[:1]:
            for one in self.create_fields(project_id, kind.id):
                if one.id == "priority" and one.allowed:
                    offered = {str(value.get("id")) for value in one.allowed}
                    return [priority for priority in everywhere if priority.id in offered]
        return everywhere

    def flat(self, project: wire.Project) -> str | None:
        """Why no issue of the project can have a parent. Epics may stand in other projects."""
        return None if self._epics.link else NO_LINK

    def create_fields(self, key: str, issue_type: str) -> list[wire.CreateField]:
        """The fields on the create screen of an issue type; the epic is the parent, and its name is filled in."""
        return self._epics.screen(issue_type, super().create_fields(key, issue_type))

    def myself(self) -> wire.User:
        """Our account, read once."""
        if self._me is None:
            self._me = super().myself()
        return self._me

    def people(self, ids: Sequence[str]) -> list[wire.User]:
        """Accounts by their keys, one call each; unknown ones are left out."""
        found: list[wire.User] = []
        for one in ids:
            try:
                found.append(self._get("/user", "/user", wire.User, {"key": one}))
            except Gone:
                continue
        self._logins.update({one.key: one.login for one in found})
        return found

    # -- writing --------------------------------------------------------------------------------------------------------------

    def create(self, body: Mapping[str, Any]) -> wire.Created | Refused:
        """Make an issue; an epic gets its name."""
        issue_type = str(body["fields"].get("issuetype", {}).get("id", ""))
        fields = {**self._sent(body["fields"]), **self._epics.named(issue_type, body["fields"].get("summary"))}
        made = super().create({**body, "fields": fields})
        return self._told(made) if isinstance(made, Refused) else made

    def edit(self, issue: str, body: Mapping[str, Any]) -> Refused | None:
        """Change an issue's fields."""
        fields, update = dict(body.get("fields", {})), dict(body.get("update", {}))
        if update.pop("parent", None) is not None:
            fields["parent"] = None
        sent = {key: part for key, part in (("fields", self._sent(fields)), ("update", update)) if part}
        refused = super().edit(issue, sent)
        return None if refused is None else self._told(refused)

    def _sent(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Fields as this deployment takes them."""
        sent = self._epics.sent(fields)
        for name in _PEOPLE:
            value = sent.get(name)
            if isinstance(value, Mapping) and "accountId" in value:
                sent[name] = {"name": self._login(str(value["accountId"]))}
        return sent

    def _told(self, refused: Refused) -> Refused:
        """A refusal in Cloud's names of fields."""
        return Refused(refused.status, refused.messages, self._epics.told(refused.fields), refused.moved)

    def _login(self, key: str) -> str:
        if key not in self._logins:
            self.people([key])
        return self._logins.get(key, key)

    # -- shapes ---------------------------------------------------------------------------------------------------------------

    def _issue(self, name: str, fields: Sequence[str], *, history: bool = False) -> tuple[wire.Issue | None, float | None]:
        """One issue by id or key, None where it cannot be read, and the server's time."""
        params = {"fields": ",".join(fields), "properties": PROPERTY}
        if history:
            params["expand"] = "changelog"
        path = f"{self.api}/issue/{name}"
        call = Call("GET", path, f"GET {self.api}/issue/{{}}", params, expect=frozenset({200, 404}))
        answer = self._http.send(call)
        return (None if answer.status == 404 else self._epics.issue(answer, fields)), sent_at(answer.headers)

    def _shown(self, issue: wire.Issue, comments: bool) -> wire.Issue:
        """An issue in Cloud's shapes: the newest edit first, the epic as parent; a service desk's comments are left to be read by themselves."""
        if issue.changelog is not None:
            issue = replace(issue, changelog=replace(issue.changelog, entries=issue.changelog.entries[::-1]))
        embedded = issue.fields.comment if comments else None
        if embedded is not None and _is_desk(issue.fields.project):
            issue = replace(issue, fields=replace(issue.fields, comment=wire.Comments([], embedded.total)))
        return self._epics.adopted(issue)

    def _marked(self, issues: Sequence[wire.Issue]) -> list[wire.Issue]:
        """The issues with the markers of those that our account made; nobody else's carry one."""
        me = self.myself().id
        return [self._with_marker(one) if one.fields.creator and one.fields.creator.id == me else one for one in issues]

    def _with_marker(self, issue: wire.Issue) -> wire.Issue:
        read, _ = self._issue(issue.id, ("updated",))
        return issue if read is None else replace(issue, properties=read.properties)


class IndexJudge(Judge):
    """Asks the index, for there is nothing else to ask; what the index has not seen yet in its present state is not excluded."""

    def _covered(self, scope: ScopeRef, records: Sequence[Record]) -> set[str]:
        found = super()._covered(scope, records)
        left = {record.ref.remote_id: record.version for record in records if record.ref.remote_id not in found}
        return found | (left.keys() - self._current(scope, left))

    def _current(self, scope: ScopeRef, versions: Mapping[str, str]) -> set[str]:
        """Those that the index holds as they are."""
        if not versions:
            return set()
        query = Query(f"id in ({', '.join(versions)}) ORDER BY id ASC", ("updated",), len(versions))
        shown = {one.id: one.fields.updated for page in walk(self._api, scope, query) for one in page.issues}
        return {one for one, version in versions.items() if shown.get(one) == version}


def _position(token: str | None) -> tuple[int, str]:
    """Where a page starts, and the id of the issue that must stand there; "" on the first page."""
    if token is None:
        return 0, ""
    start, _, anchor = token.partition(":")
    return int(start), anchor


def _seconds(text: str) -> float:
    return float(text) if text.isdecimal() else _REST


def _is_desk(project: wire.Project | None) -> bool:
    return project is not None and project.kind == "service_desk"


def _internal(comment: wire.Comment) -> bool:
    values = [one.value for one in comment.properties if one.key == "sd.public.comment"]
    return any(isinstance(value, Mapping) and value.get("internal") is True for value in values)
