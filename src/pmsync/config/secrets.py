"""Secrets are references: ``${NAME}``, ``${NAME:-default}``, ``${file:/run/secrets/x}``, ``${keyring:service/user}``.

They are resolved after parsing, on scalar values only, and never stored anywhere.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path as File
from typing import Any

from pmsync.config.problems import Path, Problems

_REFERENCE = re.compile(r"\$\{([^{}]+)\}")


class SecretMissingError(Exception):
    """A reference leads nowhere; the text says which and what to do, never a value."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def resolve(document: Any, problems: Problems, environ: Mapping[str, str] | None = None) -> tuple[Any, tuple[str, ...]]:
    """Replace every reference in the document; returns it with the secrets that were filled in."""
    environment = os.environ if environ is None else environ
    secrets: list[str] = []

    def scalar(text: str, path: Path) -> str:
        try:
            return _REFERENCE.sub(lambda match: _remember(secrets, _look_up(match[1], environment)), text)
        except SecretMissingError as missing:
            problems.add(path, str(missing), missing.hint)
            return text

    return _walk(document, (), scalar), tuple(secrets)


def _walk(node: Any, path: Path, scalar: Callable[[str, Path], str]) -> Any:
    if isinstance(node, dict):
        return {key: _walk(value, (*path, key), scalar) for key, value in node.items()}
    if isinstance(node, list):
        return [_walk(value, (*path, index), scalar) for index, value in enumerate(node)]
    return scalar(node, path) if isinstance(node, str) else node


def _remember(secrets: list[str], value: str) -> str:
    secrets.append(value)
    return value


def _look_up(reference: str, environment: Mapping[str, str]) -> str:
    if reference.startswith("file:"):
        return _from_file(reference.removeprefix("file:"))
    if reference.startswith("keyring:"):
        return _from_keyring(reference.removeprefix("keyring:"))
    name, has_default, default = reference.partition(":-")
    value = environment.get(name, "") or (default if has_default else "")
    if not value:
        state = "is empty" if name in environment else "is not set"
        raise SecretMissingError(f"the environment variable {name} {state}", f"export {name}=... before running pmsync")
    return value


def _from_file(name: str) -> str:
    try:
        value = File(name).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SecretMissingError(
            f"the secret file {name} cannot be read: {error.strerror}", f"create {name}, readable by pmsync"
        ) from error
    if not value:
        raise SecretMissingError(f"the secret file {name} is empty", f"write the secret into {name}")
    return value


def _from_keyring(name: str) -> str:
    service, _, user = name.partition("/")
    try:
        import keyring
    except ImportError as error:
        raise SecretMissingError(
            "the keyring package is not installed", "pip install keyring, or use ${ENV} or ${file:...}"
        ) from error
    value = keyring.get_password(service, user)
    if not value:
        raise SecretMissingError(f"the keyring has no entry {name}", f"keyring set {service} {user}")
    return str(value)
