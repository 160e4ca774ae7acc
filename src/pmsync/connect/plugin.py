"""The door: one plugin object per connector package, found by the entry-point group ``pmsync.connectors``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from pmsync.connect.clock import Clock
from pmsync.connect.contract import Connector
from pmsync.model.record import ScopeRef

if TYPE_CHECKING:
    from pydantic import BaseModel


class Fence(Protocol):
    """Says whether writes may leave; the transport asks it for every request."""

    @property
    def read_only(self) -> bool:
        """True while only reads are allowed."""
        ...


@dataclass(frozen=True, slots=True)
class ScopeConfig:
    """One scope as configured: its identity, the connector's own validated settings, and the value maps that concern it.

    ``maps`` is field to (remote name to hub value), from ``maps:`` in the config. ``label_namespace`` is "" for all labels.
    """

    ref: ScopeRef
    settings: BaseModel
    maps: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    label_namespace: str = ""


@dataclass(frozen=True, slots=True)
class Environment:
    """What a connector is given besides its settings. It opens nothing else but the files that those name; it reads no environment variables.

    Attributes:
        system: the system's configured name.
        clock: the one clock for pacing, backoff and stamps.
        fence: the read-only fence that the transport obeys.
        on_call: told of every request that leaves: (system, method, path template or path, status or 0).
        transport: None for the real network; otherwise what ``pmsync.net`` is to send through (an in-process emulator).
        folder: where relative paths in its settings start from: the config's folder.
        into_sources: this run may write into places where people plan, whatever their settings say (``Capabilities.source``).
    """

    system: str
    clock: Clock
    fence: Fence
    on_call: Callable[[str, str, str, int], None]
    transport: Any = None
    folder: str = ""
    into_sources: bool = False


class Plugin(Protocol):
    """A connector package's public face."""

    name: str
    """The ``kind`` in the config, equal to the entry point's name."""

    settings: type[BaseModel]
    """Settings of a system (url, login, token ...), validated by pydantic; secrets are ``SecretStr``."""

    scope_settings: type[BaseModel]
    """Settings of a scope. Must also validate from the short form (a plain string such as ``PAY`` or ``acme/api``)."""

    def scope_key(self, settings: BaseModel) -> str:
        """The display key of the container that a scope's settings name."""
        ...

    def connector(self, settings: BaseModel, scopes: tuple[ScopeConfig, ...], environment: Environment) -> Connector:
        """Build the connector of one system. No call is made yet."""
        ...
