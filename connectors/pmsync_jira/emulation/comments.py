"""Comments: list, read, write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pmsync.testing.emulator import Response
from pmsync_jira.emulation.edition import Invalid
from pmsync_jira.emulation.edits import checked_document
from pmsync_jira.emulation.errors import Refusal, bad_request, not_found
from pmsync_jira.emulation.exchange import Exchange, checked_property, empty
from pmsync_jira.emulation.records import Comment, Document, Entry, Issue

LIMIT = 5_000
"""Most comments on one issue."""


def list_comments(exchange: Exchange) -> Response:
    """GET issue/{}/comment."""
    issue = exchange.entry().current
    start, size = exchange.window(100, 5000)
    order = exchange.request.param("orderBy", "created")
    if order.lstrip("+-") != "created":
        raise bad_request(f"Comments cannot be sorted by '{order}'.")
    comments = issue.comments[::-1] if order.startswith("-") else issue.comments
    properties = "properties" in exchange.values("expand")
    shown = [exchange.renderer.comment(issue.id, one, properties=properties) for one in comments[start : start + size]]
    return Response.of(200, {"startAt": start, "maxResults": size, "total": len(comments), "comments": shown})


def get_comment(exchange: Exchange) -> Response:
    """GET issue/{}/comment/{}."""
    issue = exchange.entry().current
    properties = "properties" in exchange.values("expand")
    return Response.of(200, exchange.renderer.comment(issue.id, _find(issue, exchange.params["id"]), properties=properties))


def add_comment(exchange: Exchange) -> Response:
    """POST issue/{}/comment."""
    entry = exchange.entry()
    issue = entry.current
    project = exchange.state.projects[issue.project]
    exchange.need("ADD_COMMENTS", project, "You do not have the permission to comment on this issue.")
    if len(issue.comments) >= LIMIT:
        raise Refusal(413, f"The issue has reached its limit of {LIMIT} comments.")
    comment = _new_comment(exchange, exchange.object_body())
    _save(exchange, entry, (*issue.comments, comment), comment, "comment")
    return Response.of(201, exchange.renderer.comment(issue.id, comment))


def edit_comment(exchange: Exchange) -> Response:
    """PUT issue/{}/comment/{}."""
    entry = exchange.entry()
    old = _find(entry.current, exchange.params["id"])
    body = exchange.object_body()
    exchange.need("EDIT_ALL_COMMENTS", exchange.state.projects[entry.current.project], "You cannot edit this comment.")
    new = replace(
        old,
        body=_document(exchange, body),
        updated=max(exchange.state.now_ms(), old.updated + 1),
        update_author=exchange.person.account_id,
        visibility=body.get("visibility", old.visibility),
        properties={**old.properties, **read_properties(body)},
    )
    comments = tuple(new if one.id == old.id else one for one in entry.current.comments)
    _save(exchange, entry, comments, new, "edit_comment")
    return Response.of(200, exchange.renderer.comment(entry.current.id, new))


def delete_comment(exchange: Exchange) -> Response:
    """DELETE issue/{}/comment/{}."""
    entry = exchange.entry()
    gone = _find(entry.current, exchange.params["id"])
    comments = tuple(one for one in entry.current.comments if one.id != gone.id)
    exchange.state.commit(entry, replace(entry.current, comments=comments), exchange.person.account_id, verb="delete_comment")
    return empty()


def new_comments(exchange: Exchange, issue: Issue, body: Mapping[str, Any]) -> tuple[Issue, Comment | None]:
    """The issue with the comment that ``update.comment`` of a request adds, and that comment.

    Raises:
        Refusal: 400 for anything but one ``add``.
    """
    operations = (body.get("update") or {}).get("comment")
    if not operations:
        return issue, None
    if not isinstance(operations, list) or [list(one) for one in operations] != [["add"]]:
        raise bad_request(comment="This stand-in takes one 'add' of a comment.")
    comment = _new_comment(exchange, operations[0]["add"])
    return replace(issue, comments=(*issue.comments, comment)), comment


def read_properties(body: Mapping[str, Any]) -> dict[str, Any]:
    """The entity properties that a create or a comment brings along.

    Raises:
        Refusal: 400 when they are malformed or too long.
    """
    listed = body.get("properties") or []
    if not isinstance(listed, list) or not all(isinstance(one, Mapping) and "key" in one and "value" in one for one in listed):
        raise bad_request(properties="Each property needs a key and a value.")
    return {str(one["key"]): checked_property(one["value"]) for one in listed}


def comment_by_id(exchange: Exchange) -> tuple[Entry, Comment]:
    """The comment that a comment-property path names, and its issue.

    Raises:
        Refusal: 404.
    """
    wanted = exchange.params["commentId"]
    for entry in exchange.state.entries.values():
        found = next((one for one in entry.current.comments if one.id == wanted), None)
        if found is not None and exchange.state.visible(entry):
            return entry, found
    raise not_found(f"Can not find a comment for the id: {wanted}.")


def _find(issue: Issue, comment_id: str) -> Comment:
    found = next((one for one in issue.comments if one.id == comment_id), None)
    if found is None:
        raise not_found(f"Can not find a comment for the id: {comment_id}.")
    return found


def _new_comment(exchange: Exchange, body: Any) -> Comment:
    if not isinstance(body, Mapping):
        raise bad_request("Comment body is not valid!")
    now = exchange.state.now_ms()
    author = exchange.person.account_id
    return Comment(
        str(exchange.state.new_id()),
        author,
        _document(exchange, body),
        now,
        now,
        author,
        body.get("visibility"),
        read_properties(body),
    )


def _document(exchange: Exchange, body: Mapping[str, Any]) -> Document:
    try:
        return checked_document(exchange.state, body.get("body"))
    except Invalid as refused:
        if str(refused) == "CONTENT_LIMIT_EXCEEDED":
            raise bad_request(comment=str(refused)) from refused
        raise bad_request("Comment body is not valid!", comment=str(refused)) from refused


def _save(exchange: Exchange, entry: Entry, comments: tuple[Comment, ...], comment: Comment, verb: str) -> None:
    issue = replace(entry.current, comments=comments)
    exchange.state.commit(entry, issue, exchange.person.account_id, verb=verb, comment=comment)
