"""The control plane over the ``jira`` SDK, for ``doctor``: which site this is, who we are, what we may do, which fields there are.

The SDK is kept from everything it would do on its own: no retries (its own repeat a POST whose answer was lost), no wiki markup, no call
while it is built; its session goes through ``pmsync.net.sdk``, so that fence, pacing and call counting hold for it too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from pmsync.connect.errors import AuthFailed, ConnectorError, Fatal, Gone, Retry
from pmsync.connect.plugin import Environment
from pmsync.net.limiter import Limiter
from pmsync.net.redact import Redactor
from pmsync.net.words import escape
from pmsync_jira import deployments
from pmsync_jira.settings import JiraSettings

if TYPE_CHECKING:
    import jira

T = TypeVar("T")

_EVERYWHERE = "2"
"""The API version that both deployments have."""
_SAID = 200
"""Characters of Jira's own words that are shown."""


class Control:
    """One site's control plane. The SDK is imported at first use: that alone takes longer than a whole quiet poll."""

    def __init__(self, settings: JiraSettings, environment: Environment, limiter: Limiter) -> None:
        self._settings = settings
        self._environment = environment
        self._limiter = limiter
        self._sdk: jira.JIRA | None = None
        self._deployment = deployments.of(settings)
        self._redactor = Redactor(self._deployment.client.credentials(settings)[1])

    def server_info(self) -> Mapping[str, Any]:
        """Name, version and kind (``deploymentType``) of the site.

        A site of the other deployment refuses the login, or has no such address; both tell what they are without a login.
        """
        try:
            return _mapping(self._call(lambda: self._session().server_info()))
        except (AuthFailed, Gone):
            anonymous = self._made({"options": {"rest_api_version": _EVERYWHERE}})
            try:
                found = _mapping(self._call(lambda: anonymous.server_info()))
            except ConnectorError:
                found = {}
            finally:
                anonymous.close()  # type: ignore[no-untyped-call]  # the SDK leaves it untyped
            if found.get("deploymentType", "") in self._deployment.types or not found:
                raise
            return found

    def myself(self) -> Mapping[str, Any]:
        """Our account."""
        return _mapping(self._call(lambda: self._session().myself()))

    def permissions(self, project: str, wanted: Sequence[str]) -> dict[str, bool]:
        """Which of the wanted permissions our account has in a project."""
        answer = self._call(lambda: self._session().my_permissions(projectKey=project, permissions=",".join(wanted)))
        found = _mapping(_mapping(answer).get("permissions", {}))
        return {name: bool(_mapping(found.get(name, {})).get("havePermission")) for name in wanted}

    def close(self) -> None:
        """Release the SDK's session."""
        if self._sdk is not None:
            self._sdk.close()  # type: ignore[no-untyped-call]  # the SDK leaves it untyped

    def _session(self) -> jira.JIRA:
        if self._sdk is None:
            self._sdk = self._made(self._deployment.sdk(self._settings))
        return self._sdk

    def _made(self, wanted: Mapping[str, Any]) -> jira.JIRA:
        import jira

        from pmsync.net.sdk import SdkAdapter

        url = self._settings.url
        sdk = jira.JIRA(
            server=url,
            **{**wanted, "options": {**wanted["options"], "check_update": False}},
            get_server_info=False,
            logging=False,  # it logs whole answers that it cannot read, with whatever a proxy put into them
            max_retries=0,
            timeout=30.0,
        )
        sdk._session.trust_env = self._environment.transport is None  # a server in this process needs no proxy
        sdk._session.mount(url, SdkAdapter(self._environment, self._limiter, self._deployment.client.reads, base_url=url))
        return sdk

    def _call(self, ask: Callable[[], T]) -> T:
        """Translate the SDK's errors. Their own text holds headers, so only the status and Jira's words are told."""
        import jira
        import requests

        try:
            return ask()
        except jira.JIRAError as error:
            raise self._told(int(error.status_code or 0), str(error.text or "")) from None
        except requests.JSONDecodeError:
            raise Fatal("the site answers with something else than JSON", hint="is the URL that of a Jira site?") from None
        except requests.RequestException as error:
            raise Retry(
                f"{self._settings.url} cannot be reached ({type(error).__name__})",
                at=self._environment.clock.now() + 60.0,
                hint="is the URL right, and is the network up?",
            ) from None

    def _told(self, status: int, text: str) -> ConnectorError:
        shown = escape(self._redactor.text(" ".join(text.split())))[:_SAID]
        if status == 401:
            return AuthFailed(
                f"Jira refuses the login: {shown}",
                hint=f"make a new {self._deployment.token} and check that it belongs to the account",
            )
        if status in (403, 404):
            return Gone(f"Jira answered {status}: {shown}", status=status)
        if status == 429 or status >= 500:
            later = self._environment.clock.now() + 60.0
            return Retry(f"Jira answered {status}: {shown}", at=later, hint="the site is busy or in maintenance: try again later")
        return Fatal(f"Jira answered {status}: {shown}", hint=f"is the URL that of a {self._deployment.name} site?")


def _mapping(answer: Any) -> Mapping[str, Any]:
    if not isinstance(answer, Mapping):
        raise Fatal("the site answers with other JSON than Jira does", hint="is the URL that of a Jira site?")
    return answer
