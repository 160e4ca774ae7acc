"""The wire: REST and GraphQL over ``pmsync.net``, redirects of renamed repositories, pages by their own links."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from pmsync.connect.errors import AuthFailed, Fatal, Retry
from pmsync.connect.plugin import Environment
from pmsync.model.record import ScopeRef
from pmsync.net.conditional import Tag, fingerprint, tag_of, unless
from pmsync.net.http import Answer, Call, Http
from pmsync.net.words import escape, sent_at
from pmsync_github.limits import MANNERS, READS

API_VERSION = "2022-11-28"
PAGE = 100

_REDIRECTS = frozenset({301, 302, 307, 308})
_READ = frozenset({200}) | _REDIRECTS
_NEXT = re.compile(r"<([^>]+)>\s*;[^,]*\brel=\"?next\"?")
_HOPS = 30


@dataclass(frozen=True, slots=True)
class GraphError:
    """One error of a GraphQL answer. ``path`` leads to the part of the answer that it concerns, empty for all of it."""

    kind: str
    message: str
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GraphAnswer:
    """A GraphQL answer: partial data is normal, each missing part named by an error. ``at``: the server's clock (Unix seconds), 0.0 unknown."""

    data: Mapping[str, Any]
    errors: tuple[GraphError, ...]
    at: float = 0.0


class _RawError(msgspec.Struct):
    message: str = ""
    type: str | None = None
    path: list[str | int] | None = None
    extensions: dict[str, Any] | None = None

    def error(self) -> GraphError:
        """With a kind: GitHub names it ``type``, or for documents that do not fit its schema ``extensions.code``."""
        kind = self.type or ("VALIDATION" if (self.extensions or {}).get("code") else "")
        return GraphError(kind, escape(self.message), tuple(str(part) for part in self.path or ()))


class _RawGraph(msgspec.Struct):
    data: dict[str, Any] | None = None
    errors: list[_RawError] | None = None


class Client:
    """Speaks to one GitHub. Paths of a repository are given below it (``/issues``); where it was renamed, the new address is remembered."""

    def __init__(
        self,
        environment: Environment,
        url: str,
        *,
        auth: Callable[[], Mapping[str, str]],
        secrets: Sequence[str] = (),
    ) -> None:
        enterprise = url.endswith("/api/v3")
        self.prefix = "/v3" if enterprise else ""
        base = url.removesuffix("/v3") if enterprise else url
        self.http = Http(environment, base, MANNERS, auth=auth, reads=READS, secrets=secrets)
        self._auth = auth
        self._base_path = urlsplit(base).path
        self._clock = environment.clock
        self._addresses: dict[str, str] = {}

    def address(self, scope: ScopeRef) -> str:
        """The path of a repository: by its configured name, or where a redirect led."""
        return self._addresses.get(scope.key, f"{self.prefix}/repos/{scope.key}")

    def renamed(self, scope: ScopeRef, name: str) -> None:
        """Speak of the repository by another name than the configured one from now on."""
        self._addresses.setdefault(scope.key, f"{self.prefix}/repos/{name}")

    def read(
        self, scope: ScopeRef, below: str, params: Mapping[str, str] | None = None, *, also: frozenset[int] = frozenset()
    ) -> Answer:
        """GET something of a repository whose address does not depend on what moves inside it; a rename is followed and remembered.

        Raises:
            As ``Http.send``; statuses in ``also`` are returned.
        """
        return self._remembering(scope, below, _get(self.address(scope) + below, _template(below), params or {}, also))

    def poll(self, scope: ScopeRef, below: str, params: Mapping[str, str], tag: Tag | None) -> Answer:
        """The same, answered with ``UNCHANGED`` while the answer that ``tag`` came with is still what there is.

        Raises:
            As ``Http.send``.
        """
        call = _get(self.address(scope) + below, _template(below), params)
        return self._remembering(scope, below, unless(call, tag, self._owner()))

    def tag(self, answer: Answer) -> Tag | None:
        """What a later ``poll`` with the same parameters needs, from the answer to this one."""
        return tag_of(answer, self._owner())

    def _owner(self) -> str:
        """GitHub's ETags differ from token to token, so that an App's are of use for an hour; and the version shapes what is read."""
        return fingerprint(*self._auth().values(), API_VERSION)

    def _remembering(self, scope: ScopeRef, below: str, call: Call) -> Answer:
        answer, path = self._follow(call)
        if path != self.address(scope) + below and path.endswith(below):
            self._addresses[scope.key] = path.removesuffix(below)
        return answer

    def read_issue(self, scope: ScopeRef, number: int, repository: str = "") -> Answer:
        """GET one issue of the scope by number, or of another ``repository`` (``owner/name``).

        A redirect is followed to wherever the issue was transferred, and nothing is remembered of it.
        404 and 410 are returned, not raised.
        """
        home = f"{self.prefix}/repos/{repository}" if repository else self.address(scope)
        path = f"{home}/issues/{number}"
        return self._follow(_get(path, _template("/issues/0"), {}, frozenset({404, 410})))[0]

    def page(self, url: str, below: str) -> Answer:
        """A further page of a listing, by the address that the page before it gave."""
        return self._follow(_get(url, _template(below), {}))[0]

    def write(self, method: str, path: str, name: str, body: Any, expect: frozenset[int]) -> Answer:
        """Send one write, once. Redirects are not followed.

        Raises:
            As ``Http.send``.
        """
        return self.http.send(Call(method, path, name, json=body, headers=_HEADERS, expect=expect))

    def ask(self, query: str, variables: Mapping[str, Any], name: str) -> GraphAnswer:
        """Send a GraphQL query; parts that are not found stay null with an error of kind NOT_FOUND.

        Raises:
            AuthFailed: the token may not ask for this.
            Retry: GitHub answered with another error (time-out, resource limits): nothing follows from what is missing.
        """
        answer = self.graph(query, variables, name)
        for error in answer.errors:
            if error.kind in ("INSUFFICIENT_SCOPES", "FORBIDDEN") and not error.path:
                raise AuthFailed(
                    f"GitHub refuses the query {name}: {error.message}", hint="see the permissions in the connector's README"
                )
            if error.kind not in ("NOT_FOUND", "FORBIDDEN"):
                raise Retry(f"GitHub could not answer the query {name}: {error.message}", at=self._clock.now() + 60)
        return answer

    def graph(self, query: str, variables: Mapping[str, Any], name: str) -> GraphAnswer:
        """Send a GraphQL document.

        Raises:
            As ``Http.send``.
        """
        body = {"query": query, "variables": dict(variables)}
        raw = self.http.send(
            Call("POST", "/graphql", f"POST /graphql {name}", json=body, headers=_HEADERS, expect=frozenset({200}))
        )
        parsed: _RawGraph = raw.decode(_RawGraph)
        return GraphAnswer(parsed.data or {}, tuple(error.error() for error in parsed.errors or ()), sent_at(raw.headers) or 0.0)

    def _follow(self, call: Call) -> tuple[Answer, str]:
        """Send a read, following redirects with the query kept (the location of a rename has none). Returns the answer and the last path."""
        passed: set[str] = set()
        while call.path not in passed and len(passed) < _HOPS:
            passed.add(call.path)
            answer = self.http.send(call)
            if answer.status not in _REDIRECTS:
                return answer, self._below_base(call.path)
            location = answer.headers.get("location", "")
            if not location:
                raise Fatal(f"GitHub redirected {call.path} without saying where to")
            params = {} if urlsplit(location).query else call.params
            call = replace(call, path=location if "://" in location else location.removeprefix(self._base_path), params=params)
        raise Fatal(f"GitHub redirects {call.path} in a circle")

    def _below_base(self, path: str) -> str:
        """The path of an address, as it is written relative to the base."""
        return urlsplit(path).path.removeprefix(self._base_path) if "://" in path else path


_HEADERS = {"accept": "application/vnd.github+json", "x-github-api-version": API_VERSION}


def next_link(answer: Answer) -> str | None:
    """The address of the next page, exactly as given; None on the last page."""
    match = _NEXT.search(answer.headers.get("link", ""))
    return match[1] if match else None


def numbered(url: str) -> bool:
    """Whether a page link counts pages. Such a listing shifts while it is read: what moves to its end pulls the next page back."""
    query = parse_qs(urlsplit(url).query)
    return "page" in query and not query.keys() & {"after", "before"}


def server_time(answer: Answer) -> float:
    """The server's clock, from the ``Date`` header.

    Raises:
        Fatal: there is none that can be read; our own clock would not do.
    """
    sent = sent_at(answer.headers)
    if sent is None:
        raise Fatal("GitHub's answer carries no readable Date", hint="does a proxy strip headers?")
    return sent


def _get(path: str, name: str, params: Mapping[str, str], also: frozenset[int] = frozenset()) -> Call:
    return Call("GET", path, name, params=params, headers=_HEADERS, expect=_READ | also)


def _template(below: str) -> str:
    return "GET /repos/{}" + re.sub(r"/\d+", "/{}", below)
