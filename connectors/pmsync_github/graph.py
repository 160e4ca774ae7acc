"""What is read over GraphQL: issues by id, ids, accounts. A hundred of anything per call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from pmsync.connect.contract import Account
from pmsync.connect.errors import Fatal, Gone
from pmsync_github import queries
from pmsync_github.client import PAGE, Client
from pmsync_github.history import Past
from pmsync_github.mapping import Issue, stamp
from pmsync_github.milestones import Milestone
from pmsync_github.wire import GraphPageInfo, GraphPast, GraphTexts, Said, graph_comment, graph_issue, graph_milestone, graph_past

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Look:
    """What a look by node ids showed, what happened to the issues among it, and the server's clock at the first answer (0.0: unknown)."""

    found: list[Issue | Milestone | Said | None]
    pasts: list[Past]
    at: float


class GraphReads:
    """Batched reads of one account."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def look(self, ids: Sequence[str], since: float | None = None) -> Look:
        """Issues, milestones and comments by node id, in the order asked; None for what is none or cannot be read. With ``since`` their past.

        Raises:
            Retry: GitHub could not answer; nothing follows from what is missing.
            Fatal: the answer does not fit the question.
        """
        found: list[Issue | Milestone | Said | None] = []
        pasts: list[Past] = []
        at = 0.0
        for chunk in _chunks(ids):
            nodes, answered = self._nodes(chunk, since)
            at = at or answered
            with _fitting("Nodes"):
                issues = [graph_issue(node) for node in nodes]
                if since is not None:
                    pasts += [
                        self._past(issue, graph_past(node), since) for issue, node in zip(issues, nodes, strict=True) if issue
                    ]
            found += [issue or graph_milestone(node) or graph_comment(node) for issue, node in zip(issues, nodes, strict=True)]
        return Look(found, pasts, at)

    def _nodes(self, ids: Sequence[str], since: float | None) -> tuple[list[Any], float]:
        variables: dict[str, Any] = {"ids": list(ids)}
        if since is not None:
            variables["since"] = stamp(since)
        answer = self._client.ask(queries.NODES if since is None else queries.NODES_AND_PAST, variables, "Nodes")
        nodes = answer.data.get("nodes")
        if not isinstance(nodes, list) or len(nodes) != len(ids):
            raise Fatal("GitHub's answer to the query Nodes does not fit the question")
        return nodes, answer.at

    def _past(self, issue: Issue, first: GraphPast, since: float) -> Past:
        """All of what happened: more than a page of it costs further calls."""
        past, page = Past(issue, [], []), first
        while True:
            past.events.extend(page.timeline_items.nodes)
            texts = page.user_content_edits or GraphTexts([], GraphPageInfo())
            past.texts.extend(texts.nodes)
            more = page.timeline_items.page_info.hasNextPage
            older = texts.page_info.hasNextPage and past.texts[-1].edited_at.timestamp() >= since
            if not more and not older:
                return past
            cursors = {"items": page.timeline_items.page_info.endCursor, "texts": texts.page_info.endCursor}
            variables = {"id": issue.id, "since": stamp(since), **cursors}
            with _fitting("Past"):
                page = graph_past(self._client.ask(queries.PAST, variables, "Past").data.get("node"))

    def ids(self, repository: str) -> tuple[list[str], bool]:
        """Node ids of all issues and milestones of a repository, and whether they are all.

        Raises:
            Gone: the repository cannot be read.
        """
        owner, name = repository.split("/")
        found: dict[str, list[str]] = {"issues": [], "milestones": []}
        after: dict[str, str | None] = {"issues": None, "milestones": None}
        while True:
            variables = {"owner": owner, "name": name, "after": after["issues"], "milestones": after["milestones"]}
            answer = self._client.ask(queries.IDS, variables, "Ids")
            if not answer.data.get("repository"):
                raise Gone(
                    f"the repository {repository} cannot be read", status=404, hint="does it exist, and may the account see it?"
                )
            parts = {kind: answer.data["repository"][kind] for kind in found}
            for kind, part in parts.items():
                found[kind] += [str(node["id"]) for node in part["nodes"] if node]
            ends = {kind: part["pageInfo"]["endCursor"] or after[kind] for kind, part in parts.items()}
            more = any(part["pageInfo"]["hasNextPage"] for part in parts.values())
            if not more or ends == after:
                whole = all(len(found[kind]) >= part["totalCount"] for kind, part in parts.items())
                return [*found["issues"], *found["milestones"]], whole and not more
            after = ends

    def ids_of_numbers(self, repository: str, numbers: Sequence[int]) -> dict[int, str]:
        """Node ids of issues by number; numbers of what is no issue are left out."""
        owner, name = repository.split("/")
        found: dict[int, str] = {}
        for chunk in _chunks(numbers):
            answer = self._client.ask(queries.issue_ids(chunk), {"owner": owner, "name": name}, "IssueIds")
            issues = answer.data.get("repository") or {}
            found |= {number: str(issues[f"n{number}"]["id"]) for number in chunk if issues.get(f"n{number}")}
        return found

    def accounts(self, logins: Sequence[str]) -> list[Account]:
        """Accounts by login; unknown ones are left out. E-mail addresses are shown only to tokens with another scope: none are asked for."""
        return [Account(user["login"], user["name"] or user["login"]) for user in self._users(logins).values()]

    def account_ids(self, logins: Sequence[str]) -> dict[str, str]:
        """Node ids by login, as it was asked for; unknown ones are left out."""
        return {login: str(user["id"]) for login, user in self._users(logins).items()}

    def _users(self, logins: Sequence[str]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for chunk in _chunks(logins):
            variables = {f"u{number}": login for number, login in enumerate(chunk)}
            users = self._client.ask(queries.users(len(chunk)), variables, "Users").data
            found |= {login: user for alias, login in variables.items() if (user := users.get(alias))}
        return found


@contextmanager
def _fitting(query: str) -> Iterator[None]:
    """What does not decode does not fit the question.

    Raises:
        Fatal: the answer lacks a field.
    """
    try:
        yield
    except msgspec.ValidationError as misfit:
        raise Fatal(f"GitHub's answer to the query {query} lacks a field: {misfit}") from misfit


def _chunks(things: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(things), PAGE):
        yield things[start : start + PAGE]
