"""Reading YAML with the place of every key: lines and columns are what an error is worth."""

from __future__ import annotations

from pathlib import Path as File
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from pmsync.config.problems import Path
from pmsync.connect.errors import ConfigError

Places = dict[Path, tuple[int, int]]


def read(file: File) -> tuple[dict[str, Any], Places]:
    """The document as plain dicts and lists, and the (line, column) of every key, counted from 1.

    Raises:
        ConfigError: the file is missing, unreadable, no YAML, has a duplicate key, or is not a mapping.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigError(f"there is no config {file}", hint="pmsync init writes one to start from") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the config {file} cannot be read: {error}") from error
    try:
        document = YAML(typ="rt").load(text)
    except DuplicateKeyError as error:
        raise _marked(file, error, "the same key stands twice", "keep one of the two") from error
    except MarkedYAMLError as error:
        raise _marked(file, error, f"not valid YAML: {error.problem}", "check the indentation and quotes there") from error
    except YAMLError as error:
        raise ConfigError(f"{file}: not valid YAML: {error}") from error
    if not isinstance(document, CommentedMap):
        raise ConfigError(
            f"{file}: the config must be a mapping with systems: and products:", hint="pmsync init writes an example"
        )
    places: Places = {}
    return _plain(document, (), places), places


def _marked(file: File, error: MarkedYAMLError, message: str, hint: str) -> ConfigError:
    mark = error.problem_mark
    where = f"{file}:{mark.line + 1}:{mark.column + 1}" if mark else str(file)
    return ConfigError(message, hint=hint, where=where)


def _plain(node: Any, path: Path, places: Places) -> Any:
    if isinstance(node, CommentedMap):
        for key in node:
            line, column = node.lc.key(key)
            places[(*path, key)] = (line + 1, column + 1)
        return {key: _plain(value, (*path, key), places) for key, value in node.items()}
    if isinstance(node, CommentedSeq):
        for index in range(len(node)):
            line, column = node.lc.item(index)
            places[(*path, index)] = (line + 1, column + 1)
        return [_plain(value, (*path, index), places) for index, value in enumerate(node)]
    if isinstance(node, str):
        return str(node)
    return node
