"""Pictures of the terminal: pmsync's own commands, run in this process against stand-in systems, with time, names and network pinned.

Nothing in a picture is drawn by hand: each is what a command printed. The clock is virtual, names come from a seeded source and requests
go to the emulators directly, so that the same code prints the same words.
"""

from __future__ import annotations

import io
import os
import re
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout
from pathlib import Path
from random import Random
from unittest import mock

from rich.console import Console
from rich.text import Text

import pmsync.app
from pmsync.cli.main import app as command_line
from pmsync.cli.theatre import play
from pmsync.cli.theatre.story import LINES, built, planned
from pmsync.connect.registry import plugin
from pmsync.engine import reading
from pmsync.model.enums import Status
from pmsync.net.clock import VirtualClock
from pmsync.testing.emulator import transport
from pmsync.testing.stage import Stage

WIDTH = 100
START = 1_772_442_000.0
"""When the pictures are taken: 2026-03-02 09:00 UTC."""

ADDRESSES = {"jira": "https://acme.atlassian.net", "github": "https://api.github.com"}
CELL = 12.2
"""The width of one character in rich's SVG."""

FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"


class Transcript(io.StringIO):
    """What stdout and stderr print, in the order in which they print it. Only stdout counts as a terminal: progress is not recorded."""

    def isatty(self) -> bool:
        """Commands colour what they print here."""
        return True


class Aside(io.TextIOBase):
    """stderr: written into the same transcript."""

    def __init__(self, transcript: Transcript) -> None:
        self._transcript = transcript

    def write(self, text: str) -> int:
        """Write on."""
        return self._transcript.write(text)


def run(*arguments: str) -> str:
    """What ``pmsync ARGUMENTS`` prints, with its colours as ANSI codes."""
    transcript = Transcript()
    with redirect_stdout(transcript), redirect_stderr(Aside(transcript)):
        command_line(list(arguments), prog_name="pmsync", standalone_mode=False)
    printed = transcript.getvalue()
    if "Traceback (most recent call last)" in printed:
        raise RuntimeError(f"pmsync {' '.join(arguments)} fell over, which is no picture to show:\n{printed}")
    return printed


@contextmanager
def pinned(stages: Mapping[str, Stage], clock: VirtualClock) -> Iterator[None]:
    """Build every application over the stages, with names from a seeded source, on the virtual clock."""
    names = Random(7)  # noqa: S311 - names for pictures, not secrets

    def name() -> uuid.UUID:
        return uuid.UUID(int=names.getrandbits(128), version=4)

    transports = {name: transport(stage.emulator) for name, stage in stages.items()}
    build = pmsync.app.build

    def wired(file: Path, *, read_only: bool = False, **_: object) -> pmsync.app.App:
        return build(file, read_only=read_only, clock=clock, transports=transports)

    surroundings = {"COLUMNS": str(WIDTH), "TERM": "xterm-256color", "COLORTERM": "truecolor", "PMSYNC_CLOCK": ""}
    with (
        mock.patch.object(uuid, "uuid4", name),
        mock.patch.object(pmsync.app, "build", wired),
        mock.patch.object(play, "build", wired),
        mock.patch.dict(os.environ, surroundings),
    ):
        yield


def first_sync(config: str) -> dict[str, str]:
    """The way from a config to agreement, command by command: the name of each picture and what it shows.

    Args:
        config: the text of the config, as the README shows it.
    """
    clock = VirtualClock(START)
    stages: dict[str, Stage] = {name: plugin(name).stage(clock) for name in ADDRESSES}  # type: ignore[attr-defined]  # ours have one
    _fill(stages)
    login, secrets = stages["jira"].settings()["login"], {"JIRA_TOKEN": "jira", "GITHUB_TOKEN": "github"}
    secrets = {name: stages[system].settings()["token"] for name, system in secrets.items()}
    with tempfile.TemporaryDirectory() as folder, pinned(stages, clock), mock.patch.dict(os.environ, secrets):
        file = Path(folder, "pmsync.yaml")
        file.write_text(re.sub(r"login: [^,]+", f"login: {login}", config), encoding="utf-8")
        os.environ["PMSYNC_CONFIG"] = str(file)
        return _commands(stages, clock, str(Path(folder, "plan.json")))


def _fill(stages: Mapping[str, Stage]) -> None:
    line = LINES[0]
    for system, container, sketches in (("jira", line.project, planned(line)), ("github", line.repository, built(line))):
        stages[system].emulator.base_url = ADDRESSES[system]
        stages[system].open(container, line.title)
        for sketch in sketches:
            stages[system].file(container, sketch)


def _commands(stages: Mapping[str, Stage], clock: VirtualClock, plan: str) -> dict[str, str]:
    pictures = {"doctor": excerpt(shown("doctor"), 24), "plan": shown("plan", "-o", plan)}
    pictures["apply"] = shown("apply", plan)
    clock.sleep(3600)
    _people_edit(stages)
    clock.sleep(600)
    sync, conflicts, explain = shown("sync"), shown("conflicts"), shown("explain", "PAY-1", "status")
    pictures["conflict"] = "\n".join((sync, conflicts))
    pictures["explain"] = explain
    found = re.search(r"conflict ([0-9a-f]{8})", plain(conflicts))
    assert found is not None, "the edits above must be in conflict"
    clock.sleep(600)
    resolve = shown("resolve", found[1], "--take", "jira")
    pictures["resolve"] = "\n".join((resolve, shown("sync"), shown("status")))
    clock.sleep(600)
    pictures["undo"] = "\n".join((shown("undo", "last", "--apply"), shown("verify")))
    return {name: text.replace(plan, "plan.json") for name, text in pictures.items()}


def _people_edit(stages: Mapping[str, Stage]) -> None:
    """Ana and Ben edit the same two issues: one pair can be merged, the other cannot."""
    from pmsync.cli.shell import opened

    with opened(Path(os.environ["PMSYNC_CONFIG"]), read_only=True) as app:
        twins = {key: reading.explain(app.store, key, "title").records for key in ("PAY-1", "PAY-2")}
    first, second = (next(name for name in names if name != key) for key, names in twins.items())
    stages["jira"].edit("PAY-1", "ana", title="Refunds: amounts are wrong after daylight saving", label="q3-goal")
    stages["github"].edit(first, "ben", status=Status.DONE, label="regression")
    stages["jira"].edit("PAY-2", "ana", title="Refunds: the page must answer within a second")
    stages["github"].edit(second, "ben", title="Refunds: spinner never stops when the network is slow")


def shown(*arguments: str) -> str:
    """A command line and what it prints."""
    return f"\x1b[1;32m$\x1b[0m \x1b[1mpmsync {' '.join(arguments)}\x1b[0m\n{run(*arguments)}"


def demo() -> str:
    """What ``pmsync demo --once`` prints from the third act on, without the seconds it took here."""
    clock = VirtualClock(START)
    systems = (play.PLANNING, play.BUILDING, play.LISTENING)
    stages: dict[str, Stage] = {name: plugin(name).stage(clock) for name in systems}  # type: ignore[attr-defined]  # ours have one
    with (
        pinned(stages, clock),
        mock.patch.object(play, "SharedClock", return_value=clock),
        mock.patch.object(play, "plugin", lambda name: mock.Mock(stage=lambda _: stages[name])),
        mock.patch.object(play, "serve", return_value=nullcontext()),
    ):
        printed = run("demo", "--once")
    _, act, rest = printed.rpartition("\x1b[1medit\x1b[0m")
    return act + _without_seconds(rest)


def _without_seconds(text: str) -> str:
    """Leave out how long it really took, which differs from machine to machine, and keep the frame straight."""
    return re.sub(r"([\d.]+ s real, )(.*?)( *│)", lambda found: found[2] + " " * len(found[1]) + found[3], text)


def plain(text: str) -> str:
    """Without colours."""
    return Text.from_ansi(text).plain


def picture(title: str, text: str) -> str:
    """An SVG of a terminal that shows ``text``. It asks no server for fonts."""
    console = Console(
        record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor", legacy_windows=False
    )
    console.print(Text.from_ansi(text.rstrip("\n")), soft_wrap=False)
    svg = console.export_svg(title=title, unique_id="terminal")
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"font-family: (Fira Code, monospace|arial);", f"font-family: {FONTS};", svg)
    return re.sub(r' x="([\d.]+)" y="([\d.]+)" textLength="([\d.]+)"([^>]*)>((?:&#160;)+)', _shift, svg) + "\n"


def _shift(found: re.Match[str]) -> str:
    """Let a text begin where its first letter stands: some viewers drop the blanks before it."""
    blanks = found[5].count("&") * CELL
    return f' x="{float(found[1]) + blanks:g}" y="{found[2]}" textLength="{float(found[3]) - blanks:g}"{found[4]}>'


def excerpt(text: str, lines: int) -> str:
    """The first ``lines`` lines, and how many more there are."""
    every = text.rstrip("\n").split("\n")
    left = len(every) - lines
    return text if left <= 0 else "\n".join([*every[:lines], f"\x1b[2;3m({left} more lines)\x1b[0m"])
