"""What a user writes about a Jira site and about one of its projects."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from pmsync.connect.conditions import enclosed

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_KEY = re.compile(r"[A-Z][A-Z0-9_]{1,254}")
_ORDER = re.compile(r"\border\s+by\b", re.IGNORECASE)
_QUOTED = re.compile(r"""(["'])(?:\\.|(?!\1).)*\1""", re.DOTALL)

Secret = Annotated[SecretStr, Field(min_length=1)]


class JiraSettings(BaseModel):
    """One Jira site and the account pmsync acts as.

    Attributes:
        deployment: ``cloud``, or ``datacenter`` for a Jira Data Center (or Server) of one's own.
        url: the site, e.g. ``https://acme.atlassian.net``, or ``https://jira.acme.com/jira``.
        login: the account's e-mail address; Data Center goes without it.
        token: its API token; for Data Center a personal access token of the account.
        webhook_secret: the secret that signs webhooks, when they are received.
        start_field: the custom field that holds the day on which work on an issue starts, e.g. ``customfield_10015``; none unless it is set.
        overlap: seconds that every poll reads again, because Jira's search index lags behind its database.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    deployment: Literal["cloud", "datacenter"] = "cloud"
    url: str
    login: str = ""
    token: Secret
    webhook_secret: Secret | None = None
    start_field: str = Field(default="", pattern=r"^(customfield_[0-9]+)?$")
    overlap: float = Field(default=600.0, ge=0, le=86_400)

    @field_validator("url")
    @classmethod
    def _site(cls, url: str) -> str:
        if not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", url):
            raise ValueError(f"{url!r} is not the address of a Jira site, e.g. https://acme.atlassian.net")
        host = urlsplit(url).hostname
        if url.startswith("http://") and host not in _LOOPBACK:
            raise ValueError("must begin with https://, for over http the token could be read on the way")
        return url.rstrip("/")

    @model_validator(mode="after")
    def _whose(self) -> Self:
        if self.deployment == "cloud" and not self.login:
            raise ValueError("login is missing: the e-mail address of the account whose token this is")
        if self.deployment == "datacenter" and self.login:
            raise ValueError("Data Center signs in with a personal access token alone: leave login out")
        return self

    @field_validator("token", "webhook_secret")
    @classmethod
    def _clean(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and secret.get_secret_value() != secret.get_secret_value().strip():
            raise ValueError("begins or ends with white space; is there a line break behind the secret?")
        return secret


class JiraScope(BaseModel):
    """One project, or the part of it that ``where`` selects. The short form is the project's key alone.

    Attributes:
        project: the project key, e.g. ``PAY``.
        where: a JQL condition that narrows the scope, without ``ORDER BY``.
        audience: who can read the project; ``public`` permits that items from private sources are shown here.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    project: str
    where: str | None = None
    audience: Literal["public", "internal", "private"] | None = None

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"project": value} if isinstance(value, str) else value

    @field_validator("project")
    @classmethod
    def _key(cls, key: str) -> str:
        if _KEY.fullmatch(key):
            return key
        nearest = f"; did you mean {key.upper()}?" if _KEY.fullmatch(key.upper()) else ", e.g. PAY"
        raise ValueError(f"{key!r} is not a Jira project key{nearest}")

    @field_validator("where")
    @classmethod
    def _condition(cls, where: str | None) -> str | None:
        """Refuse what would reach beyond the parentheses that the scope's query puts around it."""
        return enclosed(where, _QUOTED, _ORDER)
