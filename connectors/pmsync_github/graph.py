"""What is read over GraphQL: issues by id, ids, accounts. A hundred of anything per call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

import msgspec

from pmsync.connect.contract import Account
from pmsync.connect.errors import Fatal, Gone
from pmsync_github import queries
from pmsync_github.client import PAGE, Client
from pmsync_github.mapping import Issue
from pmsync_github.wire import graph_issue

T = TypeVar("T")


class GraphReads:
    """Batched reads of one account."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def issues(self, ids: Sequence[str]) -> list[Issue | None]:
        """Issues by node id, in the order asked; None for what cannot be read or is no issue.

        Raises:
            Retry: GitHub could not answer; nothing follows from what is missing.
            Fatal: the answer does not fit the question.
        """
        found: list[Issue | None] = []
        for chunk in _chunks(ids):
            answer = self._client.ask(queries.NODES, {"ids": list(chunk)}, "Nodes")
            nodes = answer.data.get("nodes")
            if not isinstance(nodes, list) or len(nodes) != len(chunk):
                raise Fatal("GitHub's answer to the query Nodes does not fit the question")
            try:
                found += [graph_issue(node) for node in nodes]
            except msgspec.ValidationError as misfit:
                raise Fatal(f"GitHub's answer to the query Nodes lacks a field: {misfit}") from misfit
        return found

    def ids(self, repository: str) -> tuple[list[str], bool]:
        """Node ids of all issues of a repository, and whether they are all.

        Raises:
            Gone: the repository cannot be read.
        """
        owner, name = repository.split("/")
        found: list[str] = []
        after: str | None = None
        while True:
            answer = self._client.ask(queries.IDS, {"owner": owner, "name": name, "after": after}, "Ids")
            if not answer.data.get("repository"):
                raise Gone(
                    f"the repository {repository} cannot be read", status=404, hint="does it exist, and may the account see it?"
                )
            issues = answer.data["repository"]["issues"]
            found += [str(node["id"]) for node in issues["nodes"] if node]
            page = issues["pageInfo"]
            if not page["hasNextPage"] or page["endCursor"] == after:
                return found, not page["hasNextPage"] and len(found) >= issues["totalCount"]
            after = page["endCursor"]

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
        found: list[Account] = []
        for chunk in _chunks(logins):
            variables = {f"u{number}": login for number, login in enumerate(chunk)}
            users = self._client.ask(queries.users(len(chunk)), variables, "Users").data
            found += [Account(user["login"], user["name"] or user["login"]) for alias in variables if (user := users.get(alias))]
        return found


def _chunks(things: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(things), PAGE):
        yield things[start : start + PAGE]
