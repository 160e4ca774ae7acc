"""Roadmap as code: a folder of YAML files, one for each product line, read and written as a system among the others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel

from pmsync_files.settings import FilesSettings, LineScope

if TYPE_CHECKING:
    from pmsync.connect.plugin import Environment, ScopeConfig
    from pmsync_files.connector import FilesConnector

__all__ = ["FilesSettings", "LineScope", "plugin"]


class FilesPlugin:
    """The package's public face, found by the entry point ``files``. What is heavy is imported when it is first needed."""

    name = "files"
    settings: type[BaseModel] = FilesSettings
    scope_settings: type[BaseModel] = LineScope

    def scope_key(self, settings: BaseModel) -> str:
        """The product line's name."""
        return LineScope.model_validate(settings).line

    def connector(self, settings: BaseModel, scopes: tuple[ScopeConfig, ...], environment: Environment) -> FilesConnector:
        """A connector of the folder; in tests the transport is a folder in memory."""
        from pmsync_files.connector import FilesConnector
        from pmsync_files.folder import DiskFolder

        wanted = FilesSettings.model_validate(settings)
        folder = environment.transport or DiskFolder(Path(environment.folder) / wanted.path, environment.clock)
        return FilesConnector(folder, wanted, scopes, environment)


plugin = FilesPlugin()
