"""fmt: the canonical layout of roadmap files, and everything that is wrong in them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from pmsync.cli.options import AsJson
from pmsync.cli.shell import CHANGES, USAGE, clean, guarded, print_json, stderr, stdout

DEFAULT = Path("roadmap")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(fmt)


@guarded
def fmt(
    files: Annotated[list[Path] | None, typer.Argument(help="Roadmap files, or folders of them.", show_default="roadmap")] = None,
    check: Annotated[bool, typer.Option("--check", help="Change nothing; exit with 4 where a layout differs.")] = False,
    json: AsJson = False,
) -> None:
    """Lay roadmap files out in their canonical order, comments kept, and list what is wrong in them (exit code 2)."""
    from pmsync.model.roadmap import Problem
    from pmsync.roadmap.layout import tidy
    from pmsync.roadmap.read import read
    from pmsync.roadmap.tree import UnreadableError

    problems: list[Problem] = []
    changed: list[str] = []
    for file in _files(files or [DEFAULT]):
        text = _text(file)
        try:
            problems += read(text, file.stem, str(file)).problems
            laid = tidy(text, str(file))
        except UnreadableError as error:
            problems += [one for one in error.problems if one not in problems]
            continue
        if laid != text:
            changed.append(str(file))
            if not check:
                _replace(file, laid, text)
    if json:
        told = [{"place": str(one.place), "message": one.message, "remedy": one.remedy} for one in problems]
        print_json({"changed": changed, "problems": told})
    else:
        _print(changed, problems, check=check)
    raise typer.Exit(USAGE if problems else CHANGES if changed and check else 0)


def _print(changed: Sequence[str], problems: Sequence[object], *, check: bool) -> None:
    for name in changed:
        stdout().print(clean(f"{name}: {'layout differs' if check else 'laid out'}"))
    for one in problems:
        stderr().print(clean(str(one)))


def _files(given: Sequence[Path]) -> Iterator[Path]:
    from pmsync.connect.errors import ConfigError

    for path in given:
        if path.is_dir():
            yield from sorted(path.glob("*.yaml"))
        elif path.exists():
            yield path
        else:
            raise ConfigError(f"there is no file or folder {path}", hint="name roadmap files, or the folder that they lie in")


def _text(file: Path) -> str:
    from pmsync.connect.errors import ConfigError

    try:
        return file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}", hint="name a file that pmsync may read") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: the byte 0x{error.object[error.start]:02x} is not UTF-8", hint="save it as UTF-8") from None


def _replace(file: Path, text: str, before: str) -> None:
    """Whole or not at all, and only what was read."""
    from pmsync.connect.errors import ConfigError

    descriptor, name = tempfile.mkstemp(dir=file.resolve().parent, prefix=f".{file.name}.", suffix=".tmp")
    side = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            os.fchmod(stream.fileno(), file.stat().st_mode & 0o777)
            stream.write(text.encode("utf-8"))
        if _text(file) != before:
            raise ConfigError(f"{file} was saved by somebody else meanwhile; it is left alone", hint="run it again")
        side.replace(file.resolve())
    finally:
        side.unlink(missing_ok=True)
