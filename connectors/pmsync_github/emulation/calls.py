"""One REST request on its way: what an endpoint is given, and the small things every endpoint needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from pmsync.testing.emulator import Request, Response
from pmsync_github.emulation.auth import Caller, Doorkeeper
from pmsync_github.emulation.errors import ApiError, Moved, malformed, not_found
from pmsync_github.emulation.limits import Limits
from pmsync_github.emulation.render import OLDEST, Renderer
from pmsync_github.emulation.state import Issue, Repo
from pmsync_github.emulation.world import World


@dataclass(frozen=True, slots=True)
class Site:
    """What both faces of the server share."""

    world: World
    door: Doorkeeper
    limits: Limits


@dataclass(frozen=True, slots=True)
class Call:
    """One request, its caller, and the variables of its path."""

    site: Site
    request: Request
    caller: Caller
    base: str
    path: Mapping[str, str]

    @property
    def world(self) -> World:
        """Everything there is."""
        return self.site.world

    @property
    def show(self) -> Renderer:
        """The renderer for this server's address."""
        return Renderer(self.site.world, self.base, self.version)

    @property
    def version(self) -> str:
        """The API version asked for."""
        return self.request.headers.get("x-github-api-version", OLDEST)

    @property
    def actor(self) -> str:
        """The login a write is done under.

        Raises:
            ApiError: 401, nobody is logged in.
        """
        if self.caller.login is None:
            raise ApiError(401, "Requires authentication")
        return self.caller.login

    def repo(self) -> Repo:
        """The repository of the path, if the caller may read it.

        Raises:
            Moved: it was renamed.
            ApiError: 404.
        """
        name = f"{self.path['owner']}/{self.path['repo']}".casefold()
        number = self.world.names.get(name)
        if number is None and (moved := self.world.old_names.get(name)) is not None:
            self._visible(self.world.repos[moved])
            raise self._renamed(moved)
        if number is None:
            raise not_found()
        return self._visible(self.world.repos[number])

    def issue(self, repo: Repo, *, within: bool = False) -> Issue:
        """The issue of the path; see ``World.issue``."""
        try:
            return self.world.issue(repo, self.number("issue_number"), within=within)
        except Moved as moved:
            raise Moved(self.base + moved.url) from moved

    def number(self, name: str) -> int:
        """A numeric path variable.

        Raises:
            ApiError: 404.
        """
        text = self.path[name]
        if not text.isascii() or not text.isdigit():
            raise not_found()
        return int(text)

    def push(self, repo: Repo) -> bool:
        """Whether the caller has push access."""
        return self.world.can_push(repo, self.caller.login)

    def need_push(self, repo: Repo) -> None:
        """Refuse callers without push access.

        Raises:
            ApiError: 403.
        """
        if not self.push(repo):
            raise ApiError(403, "Must have admin rights to Repository.")

    def fields(self) -> dict[str, Any]:
        """The JSON object sent.

        Raises:
            ApiError: 400 for broken JSON, 422 for another kind of value.
        """
        try:
            content = self.request.json()
        except ValueError as broken:
            raise ApiError(400, "Problems parsing JSON") from broken
        if content is None:
            return {}
        if not isinstance(content, dict):
            raise malformed("The body is not an object.")
        return content

    def link(self, **changes: str) -> str:
        """This request's address by repository id, with ``changes`` to the query."""
        query = {key: value for key, value in self.request.query if key not in ("page", "after", "before")} | changes
        return f"{self.base}/repositories/{self.repo().id}{self._tail()}?{urlencode(query)}"

    def _tail(self) -> str:
        return "".join(f"/{part}" for part in self.request.path.split("/")[4:])

    def _renamed(self, repo_id: int) -> Moved:
        query = f"?{urlencode(self.request.query)}" if self.request.query else ""
        status = 301 if self.request.method in ("GET", "HEAD") else 307
        return Moved(f"{self.base}/repositories/{repo_id}{self._tail()}{query}", status)

    def _visible(self, repo: Repo) -> Repo:
        if self.world.role(repo, self.caller.login) == "none":
            raise not_found()
        if self.request.method not in ("GET", "HEAD") and self.caller.foreign(repo):
            raise ApiError(403, "Resource not accessible by integration")
        return repo


def ok(content: Any, headers: Mapping[str, str] | None = None, status: int = 200) -> Response:
    """A JSON answer."""
    return Response.of(status, content, headers)
