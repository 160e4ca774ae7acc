"""Jira Cloud: issues of one project, pulled by search and bulk fetch, written field by field and by transitions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from pmsync_jira.settings import JiraScope, JiraSettings

if TYPE_CHECKING:
    from pmsync.connect.clock import Clock
    from pmsync.connect.plugin import Environment, ScopeConfig
    from pmsync_jira.connector import JiraConnector
    from pmsync_jira.emulator import JiraEmulator
    from pmsync_jira.stage import JiraStage

__all__ = ["JiraScope", "JiraSettings", "plugin"]


class JiraPlugin:
    """The package's public face, found by the entry point ``jira``. What is heavy is imported when it is first needed."""

    name = "jira"
    settings: type[BaseModel] = JiraSettings
    scope_settings: type[BaseModel] = JiraScope

    def scope_key(self, settings: BaseModel) -> str:
        """The project key."""
        return JiraScope.model_validate(settings).project

    def connector(self, settings: BaseModel, scopes: tuple[ScopeConfig, ...], environment: Environment) -> JiraConnector:
        """A connector of the site.

        Raises:
            ConfigError: a value map names what the hub does not have.
        """
        from pmsync_jira.connector import JiraConnector

        return JiraConnector(JiraSettings.model_validate(settings), scopes, environment)

    def emulator(self, clock: Clock, **knobs: Any) -> JiraEmulator:
        """A stand-in site for demo and tests; ``knobs`` are those of ``JiraKnobs``."""
        from pmsync_jira.emulator import JiraEmulator, JiraKnobs

        return JiraEmulator(clock, JiraKnobs(**knobs))

    def stage(self, clock: Clock) -> JiraStage:
        """A stand-in system with people on it, for the demo."""
        from pmsync_jira.stage import JiraStage

        return JiraStage(clock)


plugin = JiraPlugin()
