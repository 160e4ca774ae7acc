"""Secrets are references: ``${NAME}``, ``${NAME:-default}``, ``${file:/run/secrets/x}``, ``${keyring:service/user}``.

They are resolved after parsing, in values only, and never stored anywhere. ``$${`` is a plain ``${``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path as File
from typing import Any

from pmsync.config.problems import Path, Problems

LARGEST = 1 << 16
"""Bytes of a secret file. The longest keys have a tenth of it."""

_REFERENCE = re.compile(r"\$\$\{|\$\{([^{}]*)(\}?)")
_VARIABLE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?", re.DOTALL)
_FORMS = 'write "${NAME}", "${NAME:-default}", "${file:/path}" or "${keyring:service/user}"; a plain "${" is written "$${"'


class SecretMissingError(Exception):
    """A reference leads nowhere; the text says which and what to do, never a value."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where references lead: environment variables, and the folder that relative secret files start from."""

    environ: Mapping[str, str]
    folder: File


def resolve(document: Any, problems: Problems, surroundings: Surroundings) -> tuple[Any, tuple[str, ...]]:
    """Replace every reference in the document; returns it with the secrets that were filled in.

    Defaults count as no secrets: they stand in the file for everyone to read.
    """
    secrets: dict[str, None] = {}

    def look_up(match: re.Match[str]) -> str:
        if match[1] is None:
            return "${"
        value, secret = _look_up(match[1], bool(match[2]), surroundings)
        if secret:
            secrets[value] = None
            problems.hide(value, match[0])
        return value

    def scalar(text: str, path: Path) -> str:
        try:
            return _REFERENCE.sub(look_up, text)
        except SecretMissingError as missing:
            problems.add(path, str(missing), missing.hint)
            return text

    _refuse_in_keys(document, (), problems)
    return _walk(document, (), scalar), tuple(secrets)


def _refuse_in_keys(node: Any, path: Path, problems: Problems) -> None:
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in pairs:
        if isinstance(key, str) and "${" in key:
            problems.add((*path, key), "a reference cannot stand in a key", "write the name out; references stand in values")
        _refuse_in_keys(value, (*path, key), problems)


def _walk(node: Any, path: Path, scalar: Callable[[str, Path], str]) -> Any:
    if isinstance(node, dict):
        return {key: _walk(value, (*path, key), scalar) for key, value in node.items()}
    if isinstance(node, list):
        return [_walk(value, (*path, index), scalar) for index, value in enumerate(node)]
    return scalar(node, path) if isinstance(node, str) else node


def _look_up(reference: str, closed: bool, surroundings: Surroundings) -> tuple[str, bool]:
    """The value, and whether it is a secret. What is no reference is not quoted: someone may have pasted the secret itself."""
    kind, colon, name = reference.partition(":")
    if closed and colon and name and kind == "file":
        return _from_file(name, surroundings.folder), True
    if closed and kind == "keyring" and all(name.partition("/")):
        return _from_keyring(name), True
    match = _VARIABLE.fullmatch(reference)
    if match is None or not closed:
        raise SecretMissingError("this is not a reference" if closed else "a reference is not closed", _FORMS)
    # An env file saved on Windows leaves a carriage return, and no secret ends in a line break.
    value = surroundings.environ.get(match[1], "").strip("\r\n")
    if value.strip():
        return value, True
    if match[2]:
        return match[2], False
    state = "is empty" if match[1] in surroundings.environ else "is not set"
    raise SecretMissingError(f"the environment variable {match[1]} {state}", f"export {match[1]}=... before running pmsync")


def _from_file(name: str, folder: File) -> str:
    file = folder / name
    try:
        with file.open("rb") as stream:
            data = stream.read(LARGEST + 1)
        value = data.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise SecretMissingError(f"the secret file {file} is not a UTF-8 text", f"write the bare secret into {file}") from None
    except (OSError, ValueError) as error:
        reason = (error.strerror or "").lower() if isinstance(error, OSError) else "the name is not valid"
        raise SecretMissingError(
            f"the secret file {file} cannot be read: {reason}", f"create {file}, readable by pmsync"
        ) from None
    if len(data) > LARGEST:
        raise SecretMissingError(
            f"the secret file {file} is larger than {LARGEST >> 10} KiB", "name the file that holds the secret"
        )
    if not value:
        raise SecretMissingError(f"the secret file {file} is empty", f"write the secret into {file}")
    return value


def _from_keyring(name: str) -> str:
    service, _, user = name.partition("/")
    try:
        import keyring
    except ImportError:
        hint = "pip install keyring, or use ${NAME} or ${file:...}"
        raise SecretMissingError("the keyring package is not installed", hint) from None
    try:
        value = keyring.get_password(service, user)
    except Exception as error:  # noqa: BLE001 - a keyring's back end may fail in any way, and its words may hold anything
        said = f"the keyring cannot be read ({type(error).__name__})"
        raise SecretMissingError(said, "unlock it, or use ${NAME} or ${file:...} where there is no desktop") from None
    if not value:
        raise SecretMissingError(f"the keyring has no entry {name}", f"keyring set {service} {user}")
    return str(value)
