"""What every command stands in: consoles, errors in words, exit codes, the opened application."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from pmsync.app import App
    from pmsync.model.record import ScopeRef

P = ParamSpec("P")
R = TypeVar("R")

RETRY, USAGE, PERSON, CHANGES, INTERRUPTED = 1, 2, 3, 4, 130


def stdout() -> Console:
    """The console for data."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=not sys.stdout.isatty())


def stderr() -> Console:
    """The console for progress and errors."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def print_json(document: Any) -> None:
    """One JSON object on stdout, indented, non-ASCII kept."""
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False, default=str) + "\n")


def guarded(command: Callable[P, R]) -> Callable[P, R]:
    """Turn pmsync's errors into sentences with a remedy and the right exit code; anything else is a bug and keeps its traceback."""

    @functools.wraps(command)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        from pmsync.connect.errors import PmsyncError

        try:
            return command(*args, **kwargs)
        except PmsyncError as error:
            complain(error.args[0] if error.args else str(error), error.hint)
            raise typer.Exit(exit_code(error)) from None
        except KeyboardInterrupt:
            complain("stopped; nothing is lost, the next run goes on from here")
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            sys.stderr.close()
            raise typer.Exit(RETRY) from None

    return wrapper


def exit_code(error: Exception) -> int:
    """The exit code that an error stands for."""
    from pmsync.connect.errors import ConfigError, SafetyStop
    from pmsync.engine.person import NotFoundError

    if isinstance(error, ConfigError | NotFoundError):
        return USAGE
    return PERSON if isinstance(error, SafetyStop) else RETRY


def complain(message: str, hint: str = "") -> None:
    """An error on stderr: what is wrong, and what to do. The text is shown as it is, never interpreted."""
    from rich.text import Text

    console = stderr()
    console.print(Text("error: ", style="bold red") + Text(clean(message)))
    for line in hint.splitlines():
        console.print(Text("  try: ", style="bold") + Text(clean(line)))


def clean(text: str) -> str:
    """Hostile text stays text: control characters are shown as escapes, line breaks kept."""
    return "".join(char if char.isprintable() or char == "\n" else repr(char)[1:-1] for char in text)


@contextmanager
def opened(config: Path, *, read_only: bool = False) -> Iterator[App]:
    """The wired application; what it logs and complains about is redacted."""
    from pmsync.app import build

    app = build(config, read_only=read_only)
    try:
        yield app
    finally:
        app.close()


def wanted_scopes(app: App, names: Sequence[str] | None) -> list[ScopeRef]:
    """The scopes of that name; a system's name alone means all of its scopes.

    Raises:
        ConfigError: the config has no such scope.
    """
    from pmsync.config.problems import nearest
    from pmsync.connect.errors import ConfigError

    known = app.setup.scopes()
    found: list[ScopeRef] = []
    for name in names or ():
        chosen = [scope for scope in known if name in (str(scope), scope.system, scope.key)]
        if not chosen:
            raise ConfigError(f"there is no scope {name!r} in the config", hint=nearest(name, [str(scope) for scope in known]))
        found += chosen
    return found
