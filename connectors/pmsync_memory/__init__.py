"""The reference connector: a tracker in plain Python (``server``), and the smallest connector that speaks to it (``connector``).

It is the model for connector authors (``docs/tutorial-connector.md``) and the other side in fast tests: name a server in the config, or
hand a ``MemoryServer`` to ``MemoryConnector``.
"""

from __future__ import annotations

from pydantic import BaseModel

from pmsync.connect.clock import Clock
from pmsync.connect.errors import ConfigError
from pmsync.connect.plugin import Environment, ScopeConfig
from pmsync_memory.connector import MemoryConnector
from pmsync_memory.personality import PERSONALITIES, Personality
from pmsync_memory.server import MemoryServer
from pmsync_memory.settings import ContainerSettings, ServerSettings
from pmsync_memory.stage import MemoryStage

__all__ = [
    "PERSONALITIES",
    "SERVERS",
    "ContainerSettings",
    "MemoryConnector",
    "MemoryServer",
    "Personality",
    "ServerSettings",
    "plugin",
]

SERVERS: dict[str, MemoryServer] = {}
"""The servers of this process, by the name that the config uses. A test may put its own here first."""


class MemoryPlugin:
    """The package's public face, found by the entry point ``memory``."""

    name = "memory"
    settings: type[BaseModel] = ServerSettings
    scope_settings: type[BaseModel] = ContainerSettings

    def scope_key(self, settings: BaseModel) -> str:
        """The container's name."""
        return ContainerSettings.model_validate(settings).container

    def connector(self, settings: BaseModel, scopes: tuple[ScopeConfig, ...], environment: Environment) -> MemoryConnector:
        """A connector of the named server, which is built with the configured containers when nobody built it before.

        Raises:
            ConfigError: there is no such personality.
        """
        wanted = ServerSettings.model_validate(settings)
        if wanted.personality not in PERSONALITIES:
            raise ConfigError(f"no personality {wanted.personality!r}", hint=f"use one of {', '.join(PERSONALITIES)}")
        if wanted.name not in SERVERS:
            SERVERS[wanted.name] = MemoryServer(environment.clock, PERSONALITIES[wanted.personality], wanted.name)
            SERVERS[wanted.name].add_containers(scope.ref.key for scope in scopes)
        return MemoryConnector(SERVERS[wanted.name], scopes, environment, wanted.webhook_secret.get_secret_value())

    def stage(self, clock: Clock, name: str = "default", personality: str = "listed") -> MemoryStage:
        """A server with people on it, which takes the place of any earlier one of its name in this process."""
        stage = MemoryStage(clock, name, personality)
        SERVERS[name] = stage.server
        return stage


plugin = MemoryPlugin()
