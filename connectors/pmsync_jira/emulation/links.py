"""Links: remote links, upserted by their global id, and links between issues."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pmsync.testing.emulator import Response
from pmsync_jira.emulation.errors import Refusal, bad_request, not_found
from pmsync_jira.emulation.exchange import Exchange, empty
from pmsync_jira.emulation.records import Entry, Issue, IssueLink, RemoteLink
from pmsync_jira.emulation.state import State
from pmsync_jira.emulation.views import relative

REMOTE_LIMIT = 2_000
CONTENT = ("application", "relationship", "object")


def list_remote_links(exchange: Exchange) -> Response:
    """GET issue/{}/remotelink: all of them, or the one of ``globalId``."""
    issue = exchange.entry().current
    global_id = exchange.request.param("globalId")
    if not global_id:
        return Response.of(200, [_json(exchange, issue, link) for link in issue.remote_links])
    return Response.of(200, _json(exchange, issue, _by_global_id(issue, global_id)))


def get_remote_link(exchange: Exchange) -> Response:
    """GET issue/{}/remotelink/{}."""
    issue = exchange.entry().current
    return Response.of(200, _json(exchange, issue, _by_id(issue, exchange.params["linkId"])))


def post_remote_link(exchange: Exchange) -> Response:
    """POST issue/{}/remotelink: 201 for a new one, 200 where the global id is known; what is left out is emptied."""
    entry = exchange.entry()
    issue = entry.current
    project = exchange.state.projects[issue.project]
    exchange.need("LINK_ISSUES", project, "You do not have permission to link issues in this project.")
    body = exchange.object_body()
    _check(body)
    global_id = str(body.get("globalId") or "")
    known = next((link for link in issue.remote_links if global_id and link.global_id == global_id), None)
    if known is None and len(issue.remote_links) >= REMOTE_LIMIT:
        raise Refusal(413, f"The issue has reached its limit of {REMOTE_LIMIT} remote links.")
    link = RemoteLink(
        known.id if known else exchange.state.new_id(), global_id, {name: body[name] for name in CONTENT if name in body}
    )
    others = tuple(one for one in issue.remote_links if one.id != link.id)
    _save(exchange, entry, (*others, link))
    return Response.of(
        200 if known else 201, {"id": link.id, "self": f"{exchange.renderer.rest}/issue/{issue.id}/remotelink/{link.id}"}
    )


def put_remote_link(exchange: Exchange) -> Response:
    """PUT issue/{}/remotelink/{}."""
    entry = exchange.entry()
    body = exchange.object_body()
    _check(body)
    old = _by_id(entry.current, exchange.params["linkId"])
    new = RemoteLink(old.id, str(body.get("globalId") or old.global_id), {name: body[name] for name in CONTENT if name in body})
    _save(exchange, entry, tuple(new if one.id == old.id else one for one in entry.current.remote_links))
    return empty()


def delete_remote_link(exchange: Exchange) -> Response:
    """DELETE issue/{}/remotelink/{}."""
    entry = exchange.entry()
    return _delete(exchange, entry, _by_id(entry.current, exchange.params["linkId"]))


def delete_remote_link_by_global_id(exchange: Exchange) -> Response:
    """DELETE issue/{}/remotelink?globalId=."""
    entry = exchange.entry()
    global_id = exchange.request.param("globalId")
    if not global_id:
        raise bad_request("globalId is required.")
    return _delete(exchange, entry, _by_global_id(entry.current, global_id))


def link_issues(exchange: Exchange) -> Response:
    """POST issueLink: an answer without an id; the same link twice makes one link."""
    body = exchange.object_body()
    kind = _link_type(exchange.state, body.get("type"))
    inward, outward = (_linked(exchange, body.get(name)) for name in ("inwardIssue", "outwardIssue"))
    if inward is outward:
        raise bad_request("You cannot link an issue to itself.")
    exchange.need("LINK_ISSUES", exchange.state.projects[inward.current.project], "No Link Issue Permission for issue")
    exchange.state.link(inward, outward, kind, exchange.person.account_id)
    return empty(201)


def get_issue_link(exchange: Exchange) -> Response:
    """GET issueLink/{}."""
    inward, outward, link = _ends(exchange)
    renderer = exchange.renderer
    shown = {
        "id": link.id,
        "self": f"{renderer.rest}/issueLink/{link.id}",
        "type": renderer.link_type(link.type),
        "inwardIssue": relative(renderer, inward.current.id),
        "outwardIssue": relative(renderer, outward.current.id),
    }
    return Response.of(200, shown)


def delete_issue_link(exchange: Exchange) -> Response:
    """DELETE issueLink/{}: from both its issues."""
    inward, outward, link = _ends(exchange)
    exchange.need("LINK_ISSUES", exchange.state.projects[inward.current.project], "No Link Issue Permission for issue")
    for entry in (inward, outward):
        left = tuple(one for one in entry.current.links if one.id != link.id)
        exchange.state.commit(entry, replace(entry.current, links=left), exchange.person.account_id, verb="unlink")
    return empty()


def _ends(exchange: Exchange) -> tuple[Entry, Entry, IssueLink]:
    """The issue that a link comes from, the one that it points at, and the link as the former shows it."""
    state, wanted = exchange.state, exchange.params["linkId"]
    for entry in state.entries.values():
        for link in entry.current.links:
            other = state.entries[link.other]
            if link.id == wanted and link.outward and state.visible(entry) and state.visible(other):
                return entry, other, link
    raise not_found(f"No issue link with id '{wanted}' exists.")


def link_types(exchange: Exchange) -> Response:
    """GET issueLinkType."""
    return Response.of(
        200, {"issueLinkTypes": [exchange.renderer.link_type(kind) for kind in exchange.state.catalogue.link_types]}
    )


def _json(exchange: Exchange, issue: Issue, link: RemoteLink) -> dict[str, Any]:
    shown = {"id": link.id, "self": f"{exchange.renderer.rest}/issue/{issue.id}/remotelink/{link.id}", **link.content}
    return {**shown, "globalId": link.global_id} if link.global_id else shown


def _check(body: Mapping[str, Any]) -> None:
    target = body.get("object")
    if not isinstance(target, Mapping) or not target.get("url") or not target.get("title"):
        raise bad_request(**{"object.url": "'url' is required.", "object.title": "'title' is required."})
    if len(str(body.get("globalId") or "")) > 255:
        raise bad_request(globalId="The globalId cannot be longer than 255 characters.")


def _by_id(issue: Issue, link_id: str) -> RemoteLink:
    found = next((link for link in issue.remote_links if str(link.id) == link_id), None)
    if found is None:
        raise not_found(f"Remote issue link with id '{link_id}' does not exist.")
    return found


def _by_global_id(issue: Issue, global_id: str) -> RemoteLink:
    found = next((link for link in issue.remote_links if link.global_id == global_id), None)
    if found is None:
        raise not_found(f"Remote issue link with globalId '{global_id}' does not exist.")
    return found


def _save(exchange: Exchange, entry: Entry, links: tuple[RemoteLink, ...]) -> None:
    exchange.state.commit(entry, replace(entry.current, remote_links=links), exchange.person.account_id, verb="remote_link")


def _delete(exchange: Exchange, entry: Entry, link: RemoteLink) -> Response:
    _save(exchange, entry, tuple(one for one in entry.current.remote_links if one.id != link.id))
    return empty()


def _link_type(state: State, named: Any) -> str:
    if isinstance(named, Mapping):
        for id_, (name, _, _) in state.catalogue.link_types.items():
            if id_ == str(named.get("id")) or name == named.get("name"):
                return id_
    raise not_found("No issue link type with that name or id found.")


def _linked(exchange: Exchange, named: Any) -> Entry:
    name = str(named.get("id") or named.get("key") or "") if isinstance(named, Mapping) else ""
    entry = exchange.state.entry(name)
    if entry is None or not exchange.state.visible(entry):
        raise not_found()
    return entry
