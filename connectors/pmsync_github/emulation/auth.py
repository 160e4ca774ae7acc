"""Who is calling: personal tokens, installation tokens of an app, an app's own JSON web token, or nobody."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pmsync_github.emulation.errors import ApiError
from pmsync_github.emulation.state import Repo
from pmsync_github.emulation.world import World

UNREADABLE_JWT = "A JSON web token could not be decoded"
JWT_LIFE = 600
JWT_SKEW = 60


@dataclass(frozen=True, slots=True)
class App:
    """A GitHub App. It acts as the account ``<slug>[bot]``."""

    id: int
    slug: str
    owner: str

    @property
    def login(self) -> str:
        """The bot account."""
        return f"{self.slug}[bot]"


@dataclass(frozen=True, slots=True)
class Installation:
    """An app installed on an account; ``repos`` are full names, empty for all of the account's."""

    id: int
    app: App
    account: str
    permissions: Mapping[str, str]
    repos: frozenset[str] = frozenset()

    def covers(self, repo: Repo) -> bool:
        """Whether the repository belongs to the installation."""
        mine = repo.owner.casefold() == self.account.casefold()
        return mine and (not self.repos or repo.full_name.casefold() in self.repos)


@dataclass(frozen=True, slots=True)
class Caller:
    """The account behind a request.

    ``key`` is what limits count by; ``login`` is None for nobody and for an app as such; ``scopes`` are a classic token's, None for others.
    """

    kind: str
    key: str
    token: str = field(default="", repr=False)
    login: str | None = None
    read_only: bool = False
    scopes: str | None = None
    app: App | None = None
    installation: Installation | None = None

    def foreign(self, repo: Repo) -> bool:
        """Whether this is an installation that the repository does not belong to: it may not write there."""
        return self.installation is not None and not self.installation.covers(repo)


NOBODY = Caller("anonymous", "anonymous")


@dataclass(slots=True)
class _Grant:
    caller: Caller
    expires_at: float | None = None


@dataclass(slots=True)
class Doorkeeper:
    """Knows every token and app."""

    world: World
    apps: dict[int, App] = field(default_factory=dict)
    installations: dict[int, Installation] = field(default_factory=dict)
    _grants: dict[str, _Grant] = field(default_factory=dict, repr=False)
    _issued: int = 0

    def add_token(self, token: str, login: str, *, read_only: bool = False) -> None:
        """Accept a personal token of an account: a classic one, or where ``read_only`` a fine-grained one, which shows no scopes."""
        scopes = None if read_only else "repo"
        self._grants[token] = _Grant(Caller("personal", f"user:{login.casefold()}", token, login, read_only, scopes))

    def revoke(self, token: str) -> None:
        """Refuse a token from now on."""
        del self._grants[token]

    def add_app(self, app: App) -> None:
        """Register an app and its bot account."""
        self.apps[app.id] = app
        self.world.ensure_user(app.login, "Bot")

    def install(self, installation: Installation) -> None:
        """Install an app on an account."""
        self.installations[installation.id] = installation
        self.world.app_roles[installation.app.login.casefold()] = self._role_of(installation.app)

    def installation_token(self, installation: Installation) -> tuple[str, float]:
        """A fresh installation token and when it expires, in Unix seconds."""
        self._issued += 1
        token = f"ghs_{installation.id}x{self._issued:08d}"
        expires = self.world.clock.now() + self.world.knobs.installation_token_life
        read_only = installation.permissions.get("issues") != "write"
        key, login = f"installation:{installation.id}", installation.app.login
        caller = Caller("installation", key, token, login, read_only, app=installation.app, installation=installation)
        self._grants[token] = _Grant(caller, expires)
        return token, expires

    def caller(self, headers: Mapping[str, str]) -> Caller:
        """Who sent these headers.

        Raises:
            ApiError: 401 for anything but a good token.
        """
        value = headers.get("authorization")
        if value is None:
            return NOBODY
        scheme, _, token = value.partition(" ")
        if scheme.casefold() not in ("token", "bearer"):
            raise ApiError(401, "Bad credentials")
        if token.count(".") == 2:
            return self._app_caller(token)
        grant = self._grants.get(token)
        if grant is None or (grant.expires_at is not None and self.world.clock.now() >= grant.expires_at):
            raise ApiError(401, "Bad credentials")
        return grant.caller

    def _app_caller(self, token: str) -> Caller:
        head, claims = (_part(piece) for piece in token.split(".")[:2])
        if head.get("alg") != "RS256" or not token.rpartition(".")[2]:
            raise ApiError(401, UNREADABLE_JWT)
        now, issued, expires = self.world.clock.now(), claims.get("iat"), claims.get("exp")
        if not isinstance(issued, int) or issued > now + JWT_SKEW:
            raise ApiError(
                401, "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
            )
        if not isinstance(expires, int) or expires <= now:
            raise ApiError(
                401,
                "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
            )
        if expires > now + JWT_LIFE + JWT_SKEW:
            raise ApiError(401, "'Expiration time' claim ('exp') is too far in the future")
        app = next((one for one in self.apps.values() if str(one.id) == str(claims.get("iss"))), None)
        if app is None:
            raise ApiError(401, "Integration not found")
        return Caller("app", f"app:{app.id}", token, None, True, app=app)

    def _role_of(self, app: App) -> Any:
        def role(repo: Repo) -> str:
            found = next((one for one in self.installations.values() if one.app == app and one.covers(repo)), None)
            if found is None:
                return "none"
            return "write" if found.permissions.get("issues") == "write" else "read"

        return role


def _part(text: str) -> dict[str, Any]:
    try:
        content = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError as broken:
        raise ApiError(401, UNREADABLE_JWT) from broken
    if not isinstance(content, dict):
        raise ApiError(401, UNREADABLE_JWT)
    return content
