"""The control plane over the ``jira`` SDK, for ``doctor``: which site this is, who we are, what we may do, which fields there are.

The SDK is kept from everything it would do on its own: no retries (its own repeat a POST whose answer was lost), no wiki markup, no call
while it is built; its session goes through ``pmsync.net.sdk``, so that fence, pacing and call counting hold for it too.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from pmsync.connect.errors import AuthFailed, ConnectorError, Fatal, Gone, Retry
from pmsync.connect.plugin import Environment
from pmsync.net.limiter import Limiter
from pmsync.net.redact import Redactor
from pmsync.net.words import escape
from pmsync_jira.client import READS
from pmsync_jira.settings import JiraSettings

if TYPE_CHECKING:
    import jira

T = TypeVar("T")

_SAID = 200
"""Characters of Jira's own words that are shown."""


class Control:
    """One site's control plane. The SDK is imported at first use: that alone takes longer than a whole quiet poll."""

    def __init__(self, settings: JiraSettings, environment: Environment, limiter: Limiter) -> None:
        self._settings = settings
        self._environment = environment
        self._limiter = limiter
        self._sdk: jira.JIRA | None = None
        login, token = settings.login, settings.token.get_secret_value()
        self._redactor = Redactor((token, b64encode(f"{login}:{token}".encode()).decode()))

    def server_info(self) -> Mapping[str, Any]:
        """Name, version and kind (``deploymentType``) of the site."""
        return _mapping(self._call(lambda: self._session().server_info()))

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
            import jira

            from pmsync.net.sdk import SdkAdapter

            url = self._settings.url
            sdk = jira.JIRA(
                server=url,
                options={"rest_api_version": "3", "check_update": False},
                basic_auth=(self._settings.login, self._settings.token.get_secret_value()),
                get_server_info=False,
                logging=False,  # it logs whole answers that it cannot read, with whatever a proxy put into them
                max_retries=0,
                timeout=30.0,
            )
            sdk._session.trust_env = self._environment.transport is None  # a server in this process needs no proxy
            sdk._session.mount(url, SdkAdapter(self._environment, self._limiter, READS, base_url=url))
            self._sdk = sdk
        return self._sdk

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
                f"Jira refuses the login: {shown}", hint="make a new API token and check that it belongs to the login"
            )
        if status in (403, 404):
            return Gone(f"Jira answered {status}: {shown}", status=status)
        if status == 429 or status >= 500:
            later = self._environment.clock.now() + 60.0
            return Retry(f"Jira answered {status}: {shown}", at=later, hint="the site is busy or in maintenance: try again later")
        return Fatal(f"Jira answered {status}: {shown}", hint="is the URL that of a Jira Cloud site?")


def _mapping(answer: Any) -> Mapping[str, Any]:
    if not isinstance(answer, Mapping):
        raise Fatal("the site answers with other JSON than Jira does", hint="is the URL that of a Jira site?")
    return answer
