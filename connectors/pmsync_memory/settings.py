"""What a person writes in the config for a memory system and its scopes."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, SecretStr, model_validator


class ServerSettings(BaseModel):
    """One memory system. ``name`` finds the server within the process; ``personality`` shapes it when it is first named."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = "default"
    personality: str = "listed"
    webhook_secret: SecretStr = SecretStr("")


class ContainerSettings(BaseModel):
    """One scope. The short form is the container's name alone.

    ``labels`` narrows the scope to records that carry all of them; ``audience: public`` permits that items from private sources are shown here.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    container: str
    labels: tuple[str, ...] = ()
    audience: Literal["public", "internal", "private"] | None = None

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, given: Any) -> Any:
        return {"container": given} if isinstance(given, str) else given
