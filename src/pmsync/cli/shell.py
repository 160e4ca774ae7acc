"""What every command stands in: consoles, errors in words, exit codes, the opened application."""

from __future__ import annotations

import functools
import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from pmsync.app import App
    from pmsync.connect.errors import PmsyncError
    from pmsync.model.record import ScopeRef

P = ParamSpec("P")
R = TypeVar("R")

PARTS = 5_000
"""Pieces of a JSON document that are written at a time."""

RETRY, USAGE, PERSON, CHANGES, INTERRUPTED = 1, 2, 3, 4, 130

STOPPED = "stopped; nothing is lost, the next run goes on from here"
FAULT = "this is a fault in pmsync, not in what you did; please report it with the lines above, from which secrets are removed"

_UNSEEN = re.compile("[\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What a terminal obeys instead of showing it, or what no encoding can carry; JSON itself escapes what is below the space."""


def stdout() -> Console:
    """The console for data. Text is never interpreted: brackets and colons are what somebody wrote."""
    from rich.console import Console

    return Console(highlight=False, markup=False, emoji=False, soft_wrap=not sys.stdout.isatty())


def stderr() -> Console:
    """The console for progress and errors."""
    from rich.console import Console

    return Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=not sys.stderr.isatty())


def print_json(document: Any) -> None:
    """One JSON document on stdout, indented. Non-ASCII is kept where the terminal can show it."""
    utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    parts = json.JSONEncoder(indent=2, ensure_ascii=not utf8, default=str).iterencode(document)
    while some := "".join(
        islice(parts, PARTS)
    ):  # a plan of thousands of writes is larger as one text than all the rest of the process
        sys.stdout.write(_UNSEEN.sub(lambda match: f"\\u{ord(match[0]):04x}", some))
    sys.stdout.write("\n")
    sys.stdout.flush()


def guarded(command: Callable[P, R]) -> Callable[P, R]:
    """Turn errors into sentences with a remedy and the right exit code; with ``--json`` also into the one document on stdout.

    What pmsync does not raise on purpose is a fault: it keeps its traceback, without secrets.
    """

    @functools.wraps(command)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        from pmsync.connect.errors import PmsyncError

        as_json = bool(kwargs.get("json")) or kwargs.get("format") == "json"
        try:
            return command(*args, **kwargs)
        except PmsyncError as error:
            code = exit_code(error)
            _fail(_said(error), error.hint, code, as_json=as_json)
        except KeyboardInterrupt:
            code = INTERRUPTED
            _fail(STOPPED, "", code, as_json=as_json)
        except BrokenPipeError:
            # Whoever read our output has had enough. Python would complain when it flushes at the end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = RETRY
        except typer.Exit:
            raise
        except Exception as error:  # noqa: BLE001 - the outermost place: a fault is told, and its text must not tell secrets
            _show_fault(error)
            code = RETRY
            _fail(FAULT, "", code, as_json=as_json)
        raise typer.Exit(code)

    return wrapper


def exit_code(error: Exception) -> int:
    """The exit code that an error stands for."""
    from pmsync.connect.errors import ConfigError, SafetyStop
    from pmsync.engine.person import NotFoundError
    from pmsync.store.errors import TooVague

    if isinstance(error, ConfigError | NotFoundError | TooVague):
        return USAGE
    return PERSON if isinstance(error, SafetyStop) else RETRY


def complain(message: str, hint: str = "") -> None:
    """An error on stderr: what is wrong, and what to do. The text is shown as it is, never interpreted."""
    from rich.text import Text

    from pmsync.cli.logs import redacted

    console = stderr()
    console.print(Text("error: ", style="bold red") + Text(clean(redacted(message))))
    for line in hint.splitlines():
        console.print(Text("  try: ", style="bold") + Text(clean(redacted(line))))


def clean(text: str) -> str:
    """Hostile text stays text: control characters are shown as escapes, line breaks kept."""
    return "".join(char if char.isprintable() or char == "\n" else repr(char)[1:-1] for char in text)


@contextmanager
def opened(config: Path, *, read_only: bool = False, hurried: bool = False, into_sources: bool = False) -> Iterator[App]:
    """The wired application; what is logged and complained about from now on is free of its secrets.

    ``hurried``: a system that does not answer at once fails instead of being asked again. ``into_sources``: roadmap files may be written.
    """
    from pmsync.app import build, clock_of
    from pmsync.cli.hurry import Hurried
    from pmsync.cli.logs import protect

    protect()
    clock = Hurried(clock_of(os.environ)) if hurried else None
    app = build(config, read_only=read_only, clock=clock, into_sources=into_sources)
    protect(app.config.secrets)
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
    return list(dict.fromkeys(found))


def whoami() -> str:
    """The login name of the person at the keyboard; a container's user may have none."""
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "somebody"


def _said(error: PmsyncError) -> str:
    return str(error.args[0]) if error.args else str(error)


def _fail(message: str, hint: str, code: int, *, as_json: bool) -> None:
    from pmsync.cli.logs import redacted

    complain(message, hint)
    if as_json:
        print_json({"error": redacted(message), "remedy": redacted(hint), "exit_code": code})


def _show_fault(error: Exception) -> None:
    import traceback

    from pmsync.cli.logs import redacted

    sys.stderr.write(clean(redacted("".join(traceback.format_exception(error)))))
