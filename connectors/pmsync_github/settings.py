"""What the config may say about a GitHub account and about one repository of it."""

from __future__ import annotations

import re
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

PUBLIC_API = "https://api.github.com"
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_REPOSITORY = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})/[A-Za-z0-9._-]{1,100}")


class AppSettings(BaseModel):
    """A GitHub App that acts in place of a person's token."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: int = Field(gt=0, description="The App's id, from its settings page")
    private_key: SecretStr = Field(description="The App's private key in PEM form, best as ${file:/path/to/key.pem}")
    installation: int | None = Field(
        default=None, gt=0, description="The installation to act as; found through the first repository when left out"
    )

    @field_validator("private_key")
    @classmethod
    def _looks_like_a_key(cls, value: SecretStr) -> SecretStr:
        if "PRIVATE KEY-----" not in value.get_secret_value():
            raise ValueError("is no PEM private key; download one from the App's settings page and name it as ${file:...}")
        return value


class GitHubSettings(BaseModel):
    """One GitHub account: a token or an App, and where the API answers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    token: SecretStr | None = Field(default=None, description="A fine-grained or classic token, best as ${GITHUB_TOKEN}")
    app: AppSettings | None = Field(default=None, description="A GitHub App instead of a token")
    url: str = Field(default=PUBLIC_API, description="The API's address; GitHub Enterprise Server: https://HOST/api/v3")
    webhook_secret: SecretStr | None = Field(default=None, description="The secret that GitHub signs its webhooks with")

    @field_validator("url")
    @classmethod
    def _safe_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("https", "http") or not parts.hostname:
            raise ValueError(f"{value!r} is no address; GitHub's own is {PUBLIC_API}")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("carries more than an address; credentials belong in `token`")
        if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            raise ValueError("must be https: a token sent over http can be read on the way")
        if parts.hostname in ("github.com", "www.github.com"):
            raise ValueError(f"is the web site; the API answers at {PUBLIC_API}")
        return value.rstrip("/")

    @field_validator("token", "webhook_secret")
    @classmethod
    def _not_empty(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().strip():
            raise ValueError("is empty; is the variable that it names set?")
        return value

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        if (self.token is None) == (self.app is None):
            raise ValueError("needs either `token` or `app`, and not both")
        return self


class GitHubScope(BaseModel):
    """One repository, optionally only its issues that carry all of ``labels``. The short form is ``owner/name``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    repo: str = Field(description="owner/name")
    labels: tuple[str, ...] = Field(default=(), description="Only issues that carry every one of these labels")
    audience: Literal["public", "internal", "private"] | None = Field(
        default=None, description="`public` permits that items from private sources are shown here"
    )

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"repo": value} if isinstance(value, str) else value

    @field_validator("repo")
    @classmethod
    def _owner_and_name(cls, value: str) -> str:
        if not _REPOSITORY.fullmatch(value) or value.rsplit("/", 1)[1] in (".", ".."):
            raise ValueError(f"{value!r} is no repository; write it as owner/name, e.g. acme/api")
        return value

    @field_validator("labels")
    @classmethod
    def _named_labels(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any(not label.strip() for label in value):
            raise ValueError("holds an empty label")
        return value
