"""The REST face: which path is which endpoint, and the manners every answer shares (limits, ETags, versions, headers)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import unquote

from pmsync.testing.emulator import Request, Response
from pmsync_github.emulation import rest_comments, rest_issues, rest_labels, rest_meta, rest_milestones
from pmsync_github.emulation.auth import Caller
from pmsync_github.emulation.calls import Call, Site
from pmsync_github.emulation.errors import ApiError, not_found, not_implemented
from pmsync_github.emulation.render import OLDEST

VERSIONS = (OLDEST, "2026-03-10")
READ_ONLY = {
    "personal": "Resource not accessible by personal access token",
    "installation": "Resource not accessible by integration",
}
REPO = "/repos/{owner}/{repo}"
ISSUE = REPO + "/issues/{issue_number}"


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint. ``content``: it creates content, for the limit on that."""

    method: str
    template: str
    answer: Callable[[Call], Response]
    content: bool = False


ROUTES = (
    Route("GET", "/user", rest_meta.user),
    Route("GET", "/rate_limit", rest_meta.rate_limit),
    Route("GET", REPO, rest_meta.repo),
    Route("GET", REPO + "/collaborators/{username}/permission", rest_meta.permission),
    Route("GET", REPO + "/issues", rest_issues.index),
    Route("POST", REPO + "/issues", rest_issues.create, content=True),
    Route("GET", REPO + "/issues/comments", rest_comments.of_repo),
    Route("GET", REPO + "/issues/comments/{comment_id}", rest_comments.read),
    Route("PATCH", REPO + "/issues/comments/{comment_id}", rest_comments.edit),
    Route("GET", REPO + "/issues/events", rest_meta.events),
    Route("GET", ISSUE, rest_issues.read),
    Route("PATCH", ISSUE, rest_issues.edit),
    Route("GET", ISSUE + "/comments", rest_comments.of_issue),
    Route("POST", ISSUE + "/comments", rest_comments.create, content=True),
    Route("GET", ISSUE + "/events", rest_meta.issue_events),
    Route("GET", ISSUE + "/timeline", rest_meta.timeline),
    Route("GET", ISSUE + "/parent", rest_issues.parent),
    Route("GET", ISSUE + "/sub_issues", rest_issues.sub_issues),
    Route("POST", ISSUE + "/sub_issues", rest_issues.add_sub_issue),
    Route("DELETE", ISSUE + "/sub_issue", rest_issues.remove_sub_issue),
    Route("GET", ISSUE + "/labels", rest_labels.of_issue),
    Route("POST", ISSUE + "/labels", rest_labels.add),
    Route("PUT", ISSUE + "/labels", rest_labels.replace),
    Route("DELETE", ISSUE + "/labels", rest_labels.clear),
    Route("DELETE", ISSUE + "/labels/{name}", rest_labels.remove),
    Route("GET", REPO + "/labels", rest_labels.index),
    Route("POST", REPO + "/labels", rest_labels.create),
    Route("GET", REPO + "/labels/{name}", rest_labels.read),
    Route("PATCH", REPO + "/labels/{name}", rest_labels.edit),
    Route("DELETE", REPO + "/labels/{name}", rest_labels.delete),
    Route("GET", REPO + "/milestones", rest_milestones.index),
    Route("POST", REPO + "/milestones", rest_milestones.create),
    Route("GET", REPO + "/milestones/{milestone_number}", rest_milestones.read),
    Route("PATCH", REPO + "/milestones/{milestone_number}", rest_milestones.edit),
    Route("DELETE", REPO + "/milestones/{milestone_number}", rest_milestones.delete),
    Route("GET", "/app", rest_meta.app),
    Route("GET", "/app/installations", rest_meta.installations),
    Route("POST", "/app/installations/{installation_id}/access_tokens", rest_meta.access_token),
    Route("GET", REPO + "/installation", rest_meta.repo_installation),
)


def _group(variable: re.Match[str]) -> str:
    """A label's name may hold slashes that the client left as they are (PyGithub does)."""
    return f"(?P<{variable[1]}>{'.+' if variable[1] == 'name' else '[^/]+'})"


_PATTERNS = [(route, re.compile(re.sub(r"\{(\w+)\}", _group, route.template))) for route in ROUTES]


class Rest:
    """Answers everything but GraphQL."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def answer(self, request: Request, caller: Caller, base: str) -> Response:
        """Answer one request of a known caller. The path starts at the API's root."""
        limits, anonymous = self._site.limits, caller.kind == "anonymous"
        free = request.path == "/rate_limit"
        try:
            if not free:
                limits.secondary(caller.key, "core", 1 if request.method in ("GET", "HEAD") else 5)
                limits.primary(limits.quota(caller.key, "core", anonymous=anonymous), caller_name(caller, self._site))
        except ApiError as refused:
            return self._finish(refusal(refused), request, caller)
        try:
            response = self._carry_out(request, caller, base)
        except ApiError as refused:
            response = refusal(refused)
        response = _conditional(request, caller, response)
        if response.status != 304 and not free:
            limits.spend(caller.key, "core")
        return self._finish(response, request, caller)

    def _carry_out(self, request: Request, caller: Caller, base: str) -> Response:
        request = self._by_name(request)
        route, variables = _route(request)
        version = request.headers.get("x-github-api-version", VERSIONS[0])
        if version not in VERSIONS:
            raise ApiError(self._site.world.knobs.unsupported_version_status, f"The API version {version} is not supported.")
        if request.method not in ("GET", "HEAD"):
            self._may_write(caller)
            if route.content:
                self._site.limits.content(caller.key)
        return route.answer(Call(self._site, request, caller, base, variables))

    def _by_name(self, request: Request) -> Request:
        """``/repositories/{id}/...`` is ``/repos/{owner}/{repo}/...``."""
        if not request.path.startswith("/repositories/"):
            return request
        number, slash, rest = request.path.removeprefix("/repositories/").partition("/")
        repo = self._site.world.repos.get(int(number)) if number.isascii() and number.isdigit() else None
        if repo is None:
            raise not_found()
        return replace(request, path=f"/repos/{repo.full_name}{slash}{rest}")

    def _may_write(self, caller: Caller) -> None:
        if caller.kind == "anonymous":
            raise ApiError(401, "Requires authentication")
        if caller.kind == "personal" and (caller.read_only or self._site.world.knobs.token_read_only):
            raise ApiError(403, READ_ONLY["personal"])
        if caller.kind == "installation" and caller.read_only:
            raise ApiError(403, READ_ONLY["installation"])

    def _finish(self, response: Response, request: Request, caller: Caller) -> Response:
        quota = self._site.limits.quota(caller.key, "core", anonymous=caller.kind == "anonymous")
        headers = {
            "x-github-media-type": "github.v3; format=json",
            "x-github-api-version-selected": request.headers.get("x-github-api-version", VERSIONS[0]),
            **quota.headers(),
            **({} if caller.scopes is None else {"x-oauth-scopes": caller.scopes}),
            **response.headers,
        }
        return replace(response, headers=headers, body=b"" if request.method == "HEAD" else response.body)


def refusal(refused: ApiError) -> Response:
    """A refusal as an answer."""
    return Response.of(refused.status, refused.body(), refused.headers)


def _route(request: Request) -> tuple[Route, dict[str, str]]:
    method = "GET" if request.method == "HEAD" else request.method
    for route, pattern in _PATTERNS:
        if route.method == method and (match := pattern.fullmatch(request.path)):
            return route, {name: unquote(value) for name, value in match.groupdict().items()}
    raise not_implemented(f"{request.method} {request.path}")


def _conditional(request: Request, caller: Caller, response: Response) -> Response:
    """Add an ETag to a read, and turn it into 304 when the caller has it. ETags differ from token to token."""
    if request.method not in ("GET", "HEAD") or response.status != 200:
        return response
    version = request.headers.get("x-github-api-version", "")
    seed = b"\n".join((caller.token.encode(), version.encode(), request.path.encode(), response.body))
    etag = f'W/"{hashlib.sha256(seed).hexdigest()}"'
    headers = {
        **response.headers,
        "etag": etag,
        "cache-control": "private, max-age=60, s-maxage=60",
        "vary": "Accept, Authorization",
    }
    if etag in request.headers.get("if-none-match", ""):
        return Response(304, {key: value for key, value in headers.items() if key != "content-type"})
    return replace(response, headers=headers)


def caller_name(caller: Caller, site: Site) -> str:
    """Whom a refusal for limits names."""
    if caller.login is None:
        return "127.0.0.1"
    if caller.installation is not None:
        return f"installation ID {caller.installation.id}"
    return f"user ID {site.world.users[caller.login.casefold()].id}"
