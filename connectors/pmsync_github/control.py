"""The control plane over PyGithub: who we are, tokens of Apps, repositories, rights, labels.

PyGithub is kept from everything it would do on its own: no retries (its default repeats POST), no pauses, and its connections go through
``pmsync.net.sdk``, so that fence, pacing and call counting hold for it too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from pmsync.connect.errors import AuthFailed, ConnectorError, Fatal, Gone, Rejected, Retry
from pmsync.connect.plugin import Environment
from pmsync.model.record import ScopeRef
from pmsync.net.http import Answer
from pmsync.net.limiter import Limiter
from pmsync.net.redact import Redactor
from pmsync.net.words import escape
from pmsync_github.catalogue import Repository
from pmsync_github.limits import READS, limited
from pmsync_github.mapping import LabelEntry, audience_of, moment
from pmsync_github.settings import AppSettings, GitHubSettings

if TYPE_CHECKING:
    import github
    import github.Repository
    import requests

T = TypeVar("T")

ATTEMPTS = 3
LABEL_COLOUR = "ededed"
_EARLY = 300.0
"""Seconds before its end at which an installation token is renewed."""
_JWT_BACK, _JWT_AHEAD = 60, 540
"""An App's own token: issued a minute ago for clocks that run apart, valid for nine of the ten minutes that GitHub allows."""


class Control:
    """One account's control plane. ``limiter`` is the pacing that ``Http`` uses; asked for late, for ``Http`` needs our token first."""

    def __init__(
        self, environment: Environment, settings: GitHubSettings, limiter: Callable[[], Limiter], first: ScopeRef | None
    ) -> None:
        self._environment = environment
        self._settings = settings
        self._limiter = limiter
        self._first = first
        self._github: github.Github | None = None
        self._repositories: dict[str, github.Repository.Repository] = {}
        self._token = ""
        self._until = 0.0
        self._redactor = Redactor(self.secrets())

    # -- credentials ---------------------------------------------------------------------------------------------------------

    def token(self) -> str:
        """The token to send now: the configured one, or the App's installation token, renewed before it ends.

        Raises:
            AuthFailed: the App or its key is refused, or it is not installed where it is needed.
        """
        app = self._settings.app
        if app is None:
            assert self._settings.token is not None
            return self._settings.token.get_secret_value()
        if self._environment.clock.now() >= self._until - _EARLY:
            self._renew(app)
        return self._token

    def secrets(self) -> list[str]:
        """What must never show in a message."""
        app, token = self._settings.app, self._settings.token
        kept = [app.private_key if app else None, token, self._settings.webhook_secret]
        return [secret.get_secret_value() for secret in kept if secret is not None]

    def login(self) -> str:
        """The account that our writes carry as author; of an App its bot."""
        if self._settings.app is None:
            return str(self._call("reading our own account", lambda: self._session().get_user().login))
        slug = self._call("reading the App", lambda: self._as_app("GET", "/app")["slug"])
        return f"{slug}[bot]"

    def scopes(self) -> list[str] | None:
        """The scopes of a classic token, known once something was read; None for fine-grained tokens and Apps."""
        scopes = self._session().oauth_scopes
        return None if scopes is None or scopes == [""] else list(scopes)

    # -- repositories --------------------------------------------------------------------------------------------------------

    def repository(self, scope: ScopeRef) -> Repository:
        """The repository, under the name it has now.

        Raises:
            Gone: it does not exist or is not visible to us.
        """

        def read() -> Repository:
            found = self._session().get_repo(scope.key)
            described = _described(found.raw_data)
            self._repositories[scope.key] = found
            return described

        return self._call(f"reading the repository {scope.key}", read)

    def labels(self, scope: ScopeRef) -> list[LabelEntry]:
        """All labels of the repository."""
        repository = self._repository(scope)

        def read() -> list[LabelEntry]:
            # Not raw_data: on an object of a list it asks the server for each one again.
            return [LabelEntry(label.name, label.node_id) for label in repository.get_labels()]

        return self._call(f"reading the labels of {scope.key}", read)

    def create_label(self, scope: ScopeRef, name: str) -> LabelEntry:
        """Create a label, once.

        Raises:
            Rejected: GitHub will not have it, or it exists already.
            AuthFailed: without push access nobody may.
        """
        repository = self._repository(scope)
        made = self._call(f"creating the label {name!r}", lambda: repository.create_label(name, LABEL_COLOUR), attempts=1)
        return LabelEntry(made.name, made.node_id)

    def close(self) -> None:
        """Release PyGithub's connections."""
        if self._github is not None:
            self._github.close()
            self._github = None
            self._repositories.clear()

    # -- PyGithub, tamed -----------------------------------------------------------------------------------------------------

    def _repository(self, scope: ScopeRef) -> github.Repository.Repository:
        if scope.key not in self._repositories:
            self.repository(scope)
        return self._repositories[scope.key]

    def _session(self) -> github.Github:
        if self._github is None:
            self._github = self._build(_live_auth(self.token))
        return self._github

    def _build(self, auth: Any) -> github.Github:
        import github

        built = github.Github(
            auth=auth,
            base_url=self._settings.url,
            per_page=100,
            retry=None,
            seconds_between_requests=None,
            seconds_between_writes=None,
        )
        # PyGithub has no seam for a transport but a class-wide one, which would reach other systems' clients too.
        built.requester._Requester__connectionClass = self._connection  # type: ignore[attr-defined] # a private name, on purpose
        return built

    def _connection(self, host: str, port: int | None = None, **options: Any) -> Any:
        from github.Requester import HTTPRequestsConnectionClass, HTTPSRequestsConnectionClass

        from pmsync.net.sdk import SdkAdapter

        secure = self._settings.url.startswith("https://")
        made = (HTTPSRequestsConnectionClass if secure else HTTPRequestsConnectionClass)(host, port, **options)
        adapter = SdkAdapter(self._environment, self._limiter(), READS, base_url=self._settings.url.removesuffix("/v3"))
        made.session.trust_env = self._environment.transport is None  # a server in this process needs no proxy
        made.session.mount("https://", adapter)
        made.session.mount("http://", adapter)
        return made

    # -- Apps ----------------------------------------------------------------------------------------------------------------

    def _renew(self, app: AppSettings) -> None:
        installation = app.installation or self._find_installation()
        path = f"/app/installations/{installation}/access_tokens"
        granted = self._call("asking for an installation token", lambda: self._as_app("POST", path))
        self._token, self._until = str(granted["token"]), moment(str(granted["expires_at"]))
        self._redactor.add(self._token)

    def _find_installation(self) -> int:
        if self._first is None:
            raise AuthFailed("the App's installation is unknown", hint="write its id as app.installation")
        path = f"/repos/{self._first.key}/installation"
        return int(
            self._call(f"looking for the App's installation on {self._first.key}", lambda: self._as_app("GET", path))["id"]
        )

    def _as_app(self, verb: str, path: str) -> dict[str, Any]:
        """One request under the App's own identity. The token is made here because PyGithub stamps it with the real time."""
        from github import Auth
        from jwt.exceptions import PyJWTError

        app = self._settings.app
        assert app is not None
        now = int(self._environment.clock.now())
        claims = {"iat": now - _JWT_BACK, "exp": now + _JWT_AHEAD, "iss": str(app.id)}
        try:
            signed = Auth.AppAuth.create_jwt_sign(app.private_key.get_secret_value(), "RS256")(claims)
        except (ValueError, TypeError, PyJWTError):
            signed = None
        if signed is None:
            raise AuthFailed(
                "the App's private key cannot be read", hint="app.private_key must be the PEM file as GitHub gave it"
            )
        jwt = signed.decode() if isinstance(signed, bytes) else str(signed)
        session = self._build(Auth.AppAuthToken(jwt))
        try:
            _, content = session.requester.requestJsonAndCheck(verb, path)
        finally:
            session.close()
        return dict(content)

    # -- errors --------------------------------------------------------------------------------------------------------------

    def _call(self, what: str, action: Callable[[], T], attempts: int = ATTEMPTS) -> T:
        """Run ``action``; passing faults of reads are tried again, everything else becomes an error of ours."""
        import github
        import requests

        for attempt in range(1, attempts + 1):
            try:
                return action()
            except github.GithubException as refused:
                error = self._refusal(what, refused)
            except requests.RequestException as broken:
                error = self._unreached(what, broken)
            except (AssertionError, RuntimeError, ValueError, LookupError, TypeError, AttributeError) as misfit:
                error = Fatal(
                    f"{what}: GitHub's answer cannot be used ({type(misfit).__name__})", hint="is the url the address of the API?"
                )
            if not isinstance(error, Retry) or attempt == attempts:
                break
            self._environment.clock.sleep(error.at - self._environment.clock.now())
        error.system = self._environment.system
        raise error

    def _refusal(self, what: str, refused: github.GithubException) -> ConnectorError:
        status, now = refused.status, self._environment.clock.now()
        said = refused.data.get("message", "") if isinstance(refused.data, dict) else ""
        message = f"{what}: GitHub answered {status}{': ' if said else ''}{escape(self._redactor.text(str(said)))[:200]}"
        body = b'{"message": "rate limit"}' if "rate limit" in str(said).lower() else b""
        headers = {key.lower(): str(value) for key, value in (refused.headers or {}).items()}
        if limited(Answer(status, headers, body), now):
            return Retry(message, at=now)  # the limiter took note and holds the next request as long as GitHub asks
        if status == 401:
            return AuthFailed(message, hint="is the token valid and not expired?")
        if status == 403:
            return AuthFailed(message, hint="the account or token lacks a permission; see the connector's README")
        if status in (404, 410, 451):
            return Gone(message, status=status, hint="does it exist, and may the account see it? GitHub answers 404 for both")
        if status == 422:
            return Rejected(message)
        return Retry(message, at=now + 2) if status >= 500 else Fatal(message)

    def _unreached(self, what: str, broken: requests.RequestException) -> ConnectorError:
        import requests

        if isinstance(broken, requests.exceptions.SSLError):
            return Fatal(
                f"{what}: the certificate of {self._settings.url} is not trusted",
                hint="is the url right, and is a proxy in between?",
            )
        return Retry(
            f"{what}: GitHub cannot be reached ({type(broken).__name__})",
            at=self._environment.clock.now() + 2,
            hint="is the URL right, is the server up, and is a proxy needed (HTTPS_PROXY)?",
        )


def _described(raw: dict[str, Any]) -> Repository:
    rights = raw.get("permissions")
    return Repository(
        name=str(raw["full_name"]),
        id=str(raw["node_id"]),
        url=str(raw.get("html_url", "")),
        audience=audience_of(str(raw.get("visibility") or ("private" if raw["private"] else "public"))),
        archived=bool(raw.get("archived")),
        has_issues=bool(raw.get("has_issues", True)),
        push=_may_label(rights) if isinstance(rights, dict) else None,
        organization=(raw.get("owner") or {}).get("type") == "Organization",
        write=_may_write(rights) if isinstance(rights, dict) else None,
    )


def _may_label(rights: dict[str, Any]) -> bool:
    return any(bool(rights.get(right)) for right in ("push", "maintain", "admin", "triage"))


def _may_write(rights: dict[str, Any]) -> bool:
    return any(bool(rights.get(right)) for right in ("push", "maintain", "admin"))


def _live_auth(token: Callable[[], str]) -> Any:
    """An authentication for PyGithub that asks for the token anew at each request."""
    from github import Auth

    class LiveAuth(Auth.Auth):
        token_type = "Bearer"  # noqa: S105 - the scheme, no secret

        @property
        def token(self) -> str:
            return token()

    return LiveAuth()
