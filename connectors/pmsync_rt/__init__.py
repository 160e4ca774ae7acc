"""Request Tracker 5: tickets of one queue, pulled by RT's own log of transactions, written field by field and read back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from pmsync_rt.settings import RtScope, RtSettings

if TYPE_CHECKING:
    from pmsync.connect.clock import Clock
    from pmsync.connect.plugin import Environment, ScopeConfig
    from pmsync_rt.connector import RtConnector
    from pmsync_rt.emulator import RtEmulator
    from pmsync_rt.stage import RtStage

__all__ = ["RtScope", "RtSettings", "plugin"]


class RtPlugin:
    """The package's public face, found by the entry point ``rt``. What is heavy is imported when it is first needed."""

    name = "rt"
    settings: type[BaseModel] = RtSettings
    scope_settings: type[BaseModel] = RtScope

    def scope_key(self, settings: BaseModel) -> str:
        """The queue's name."""
        return RtScope.model_validate(settings).queue

    def connector(self, settings: BaseModel, scopes: tuple[ScopeConfig, ...], environment: Environment) -> RtConnector:
        """A connector of the desk.

        Raises:
            ConfigError: a value map names what the hub does not have.
        """
        from pmsync_rt.connector import RtConnector

        return RtConnector(RtSettings.model_validate(settings), scopes, environment)

    def emulator(self, clock: Clock, **knobs: Any) -> RtEmulator:
        """A stand-in desk for demo and tests; ``knobs`` are those of ``RtKnobs``."""
        from pmsync_rt.emulator import RtEmulator, RtKnobs

        return RtEmulator(clock, RtKnobs(**knobs))

    def stage(self, clock: Clock) -> RtStage:
        """A stand-in system with people on it, for the demo."""
        from pmsync_rt.stage import RtStage

        return RtStage(clock)


plugin = RtPlugin()
