"""REST: the own account, repositories, limits, permissions, issue events, and what apps need."""

from __future__ import annotations

from typing import Any

from pmsync.testing.emulator import Response
from pmsync_github.emulation import paging, render_meta
from pmsync_github.emulation.auth import App, Installation
from pmsync_github.emulation.calls import Call, ok
from pmsync_github.emulation.errors import ApiError, not_found
from pmsync_github.emulation.limits import Quota
from pmsync_github.emulation.render import OLDEST
from pmsync_github.emulation.stamps import iso

NOT_FOR_APPS = "Resource not accessible by integration"


def user(call: Call) -> Response:
    """``GET /user``: not for installations."""
    if call.caller.kind == "installation":
        raise ApiError(403, NOT_FOR_APPS)
    return ok(render_meta.own_account(call.show, call.world.users[call.actor.casefold()]))


def repo(call: Call) -> Response:
    """``GET /repos/{owner}/{repo}``."""
    return ok(render_meta.repo(call.show, call.world, call.repo(), call.caller.login))


def rate_limit(call: Call) -> Response:
    """``GET /rate_limit``: costs nothing. From version 2026-03-10 on without ``rate``."""
    who, anonymous = call.caller.key, call.caller.kind == "anonymous"
    core = call.site.limits.quota(who, "core", anonymous=anonymous)
    graphql = call.site.limits.quota(who, "graphql", anonymous=anonymous)
    search = Quota("search", 30, 0, core.reset)
    shown: dict[str, Any] = {"resources": {one.resource: one.content() for one in (core, search, graphql)}}
    if call.version == OLDEST:
        shown["rate"] = core.content()
    return ok(shown)


def permission(call: Call) -> Response:
    """``GET .../collaborators/{username}/permission``: needs push access."""
    found = call.repo()
    call.need_push(found)
    account = call.world.user(call.path["username"])
    if account is None:
        raise not_found()
    role = call.world.role(found, account.login)
    shown = {**call.show.user(account), "permissions": render_meta.permissions(role), "role_name": role}
    return ok({"permission": role, "role_name": role, "user": shown})


def events(call: Call) -> Response:
    """``GET .../issues/events``: newest first, each with its issue."""
    found = call.repo()
    every = [(one, issue) for issue in found.issues.values() for one in issue.happenings]
    every.sort(key=lambda pair: pair[0].id, reverse=True)
    page, headers = paging.by_number(call, every)
    show = call.show
    shown = [render_meta.event(show, found, one) | {"issue": show.issue(issue, whole=False)} for one, issue in page]
    for one in shown:  # the description has the reason only where the events of one issue are listed
        one.pop("state_reason", None)
    return ok(shown, headers)


def issue_events(call: Call) -> Response:
    """``GET .../issues/{issue_number}/events``, oldest first."""
    found = call.repo()
    page, headers = paging.by_number(call, call.issue(found, within=True).happenings)
    return ok([render_meta.event(call.show, found, one) for one in page], headers)


def timeline(call: Call) -> Response:
    """``GET .../issues/{issue_number}/timeline``: events and comments, oldest first."""
    found = call.repo()
    page, headers = paging.by_number(call, render_meta.timeline(call.show, found, call.issue(found, within=True)))
    return ok(page, headers)


# -- apps: these paths are not in the slim description; shapes from GitHub's documentation as PyGithub reads them --------------


def app(call: Call) -> Response:
    """``GET /app``."""
    return ok(_app(call, _own_app(call)))


def installations(call: Call) -> Response:
    """``GET /app/installations``."""
    mine = _own_app(call)
    found = [one for one in call.site.door.installations.values() if one.app == mine]
    page, headers = paging.by_number(call, found)
    return ok([_installation(call, one) for one in page], headers)


def repo_installation(call: Call) -> Response:
    """``GET /repos/{owner}/{repo}/installation``."""
    mine = _own_app(call)
    name = f"{call.path['owner']}/{call.path['repo']}".casefold()
    number = call.world.names.get(name)
    if number is None:
        raise not_found()
    found = call.world.repos[number]
    for one in call.site.door.installations.values():
        if one.app == mine and one.covers(found):
            return ok(_installation(call, one))
    raise not_found()


def access_token(call: Call) -> Response:
    """``POST /app/installations/{installation_id}/access_tokens``."""
    mine = _own_app(call)
    one = call.site.door.installations.get(call.number("installation_id"))
    if one is None or one.app != mine:
        raise not_found()
    token, expires = call.site.door.installation_token(one)
    shown = {
        "token": token,
        "expires_at": iso(int(expires)),
        "permissions": dict(one.permissions),
        "repository_selection": "selected" if one.repos else "all",
    }
    return ok(shown, status=201)


def _own_app(call: Call) -> App:
    if call.caller.app is None or call.caller.kind != "app":
        raise ApiError(401, "A JSON web token could not be decoded")
    return call.caller.app


def _app(call: Call, one: App) -> dict[str, Any]:
    stamp = iso(call.world.users[one.login.casefold()].created_at)
    return {
        "id": one.id,
        "slug": one.slug,
        "node_id": f"A_{one.id}",
        "owner": call.show.login(one.owner),
        "name": one.slug,
        "description": "",
        "external_url": "https://example.com",
        "html_url": f"https://github.com/apps/{one.slug}",
        "created_at": stamp,
        "updated_at": stamp,
        "permissions": {"issues": "write", "metadata": "read"},
        "events": ["issues", "issue_comment"],
        "installations_count": sum(each.app == one for each in call.site.door.installations.values()),
    }


def _installation(call: Call, one: Installation) -> dict[str, Any]:
    account = call.world.users[one.account.casefold()]
    stamp = iso(account.created_at)
    return {
        "id": one.id,
        "account": call.show.user(account),
        "repository_selection": "selected" if one.repos else "all",
        "access_tokens_url": f"{call.base}/app/installations/{one.id}/access_tokens",
        "repositories_url": f"{call.base}/installation/repositories",
        "html_url": f"https://github.com/organizations/{account.login}/settings/installations/{one.id}",
        "app_id": one.app.id,
        "app_slug": one.app.slug,
        "target_id": account.id,
        "target_type": account.kind,
        "permissions": dict(one.permissions),
        "events": ["issues", "issue_comment"],
        "created_at": stamp,
        "updated_at": stamp,
        "single_file_name": None,
        "suspended_at": None,
        "suspended_by": None,
    }
