"""GitHub issues: REST and GraphQL, with a token or as a GitHub App. ``README.md`` tells how to set it up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from pmsync.connect.clock import Clock
from pmsync.connect.plugin import Environment, ScopeConfig
from pmsync_github.settings import GitHubScope, GitHubSettings

if TYPE_CHECKING:
    from pmsync_github.connector import GitHubConnector
    from pmsync_github.emulator import GitHubEmulator
    from pmsync_github.stage import GitHubStage

__all__ = ["GitHubScope", "GitHubSettings", "plugin"]


class GitHubPlugin:
    """The package's public face, found by the entry point ``github``. Everything heavy is imported when it is used."""

    name = "github"
    settings: type[BaseModel] = GitHubSettings
    scope_settings: type[BaseModel] = GitHubScope

    def scope_key(self, settings: BaseModel) -> str:
        """``owner/name`` as the config spells it."""
        return GitHubScope.model_validate(settings).repo

    def connector(self, settings: BaseModel, scopes: tuple[ScopeConfig, ...], environment: Environment) -> GitHubConnector:
        """A connector of one account.

        Raises:
            ConfigError: a value map names a state that GitHub does not have, or a hub value that there is not.
        """
        from pmsync_github.connector import GitHubConnector

        return GitHubConnector(GitHubSettings.model_validate(settings), scopes, environment)

    def emulator(self, clock: Clock, **knobs: Any) -> GitHubEmulator:
        """A stand-in server for demos and tests; ``knobs`` are the fields of ``GitHubKnobs``."""
        from pmsync_github.emulator import GitHubEmulator, GitHubKnobs

        return GitHubEmulator(clock, GitHubKnobs(**knobs))

    def stage(self, clock: Clock) -> GitHubStage:
        """A stand-in system with people on it, for the demo."""
        from pmsync_github.stage import GitHubStage

        return GitHubStage(clock)


plugin = GitHubPlugin()
