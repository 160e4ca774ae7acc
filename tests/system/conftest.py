"""A site: stand-ins of Jira and GitHub on loopback, a config for them, and pmsync as its users run it.

Every run's output is kept. When a test ends, the secrets of its site are looked for in all of it and in every file below the site's folder
(C55): no test in this folder passes while a secret shows anywhere.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import io
import json
import logging
import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from typer.main import get_command

from pmsync.cli.main import app
from pmsync.net.clock import SharedClock
from pmsync.testing.emulator import Event, Request, Response, serve
from pmsync_github.emulator import BOT, GitHubEmulator
from pmsync_jira.emulation.records import Person
from pmsync_jira.emulator import JiraEmulator

CANARIES = {
    "JIRA_TOKEN": "canary1jira9Zq7Kx2Lm4Vt",
    "GITHUB_TOKEN": "canary2github8Wn3Rb6Yc1P",
    "PMSYNC_MARKER_KEY": "canary3marker5Hd9Gf2Js7T",
    "HOOK_SECRET": "canary4hook6Bx1Nz8Qe3Mu0",
}
"""The site's secrets. They have no shape that anybody would know for a token."""

CONFIG = """\
systems:
  jira: {{kind: jira, url: "{jira}", login: bot@example.com, token: "${{JIRA_TOKEN}}", webhook_secret: "${{HOOK_SECRET}}"}}
  github: {{kind: github, url: "{github}", token: "${{GITHUB_TOKEN}}"}}
marker_key: "${{PMSYNC_MARKER_KEY}}"
safety: {{start: at_once}}
products:
  payments:
    jira: PAY
    github: acme/api
    mirror:
      - {{from: jira, to: github, create: auto}}
"""
PATIENCE = 20.0
"""Real seconds that a test waits for another process."""


@pytest.fixture(scope="session", autouse=True)
def heeded_interrupts() -> Iterator[None]:
    """Let the processes that tests start heed Ctrl-C, also where the tests themselves run in the background and were told to ignore it."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


FAULT_LINES = 8
"""The end of a traceback: where it came from and what it says."""


class Fault(AssertionError):
    """pmsync ended with a traceback, which nothing that a user does may lead to."""


@dataclass(frozen=True, slots=True)
class Result:
    """How a run ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON document on stdout; anything else there fails the test."""
        return json.loads(self.out)

    @property
    def said(self) -> str:
        """Everything it said, on one line: terminals wrap."""
        return " ".join(f"{self.out} {self.err}".split())


@dataclass(slots=True)
class Site:
    """Both systems, the clock they share with pmsync, and where its files are."""

    folder: Path
    clock: SharedClock
    jira: JiraEmulator
    github: GitHubEmulator
    environ: dict[str, str] = field(repr=False)
    outputs: list[str] = field(default_factory=list, repr=False)

    @property
    def config(self) -> Path:
        return self.folder / "pmsync.yaml"

    @property
    def store(self) -> Path:
        return self.folder / "pmsync.db"

    # -- the config ---------------------------------------------------------------------------------------------------

    def edit(self, old: str, new: str) -> None:
        """Change the config, as with an editor."""
        text = self.config.read_text()
        assert old in text
        self.config.write_text(text.replace(old, new))

    def add(self, text: str) -> None:
        """Add lines to the config."""
        self.config.write_text(self.config.read_text() + text)

    # -- pmsync -------------------------------------------------------------------------------------------------------

    def pmsync(self, *args: str, environ: Mapping[str, str] | None = None) -> Result:
        """Run a command within this process. What is no clean end (a traceback) fails the test."""
        out, err = _stream(), _stream()
        with (
            mock.patch("ssl.create_default_context", _TLS),
            mock.patch.dict(os.environ, environ or self.environ, clear=True),
            contextlib.chdir(self.folder),
            _logging_apart(),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            try:
                _command()(list(args), prog_name="pmsync")
                code = 0
            except SystemExit as ended:
                code = int(ended.code or 0)
        return self._kept(Result(code, _read(out), _read(err)))

    def start(self, *args: str, environ: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Start pmsync as a process."""
        return subprocess.Popen(
            [sys.executable, "-m", "pmsync", *args],
            env=dict(environ or self.environ),
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=_hear_ctrl_c,
        )

    def process(self, *args: str, environ: Mapping[str, str] | None = None) -> Result:
        """Run pmsync as a process to its end."""
        return self.end(self.start(*args, environ=environ))

    def end(self, process: subprocess.Popen[str], number: signal.Signals | None = None) -> Result:
        """Wait for a process, after sending it a signal if one is given."""
        if number is not None:
            process.send_signal(number)
        try:
            out, err = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            pytest.fail(f"still running after {PATIENCE} s:\n{out}\n{err}")
        return self._kept(Result(process.returncode, out, err))

    def _kept(self, result: Result) -> Result:
        self.outputs += [result.out, result.err]
        if "Traceback (most recent call last)" in result.err:
            raise Fault("\n".join(result.err.splitlines()[-FAULT_LINES:]))
        return result

    # -- the systems --------------------------------------------------------------------------------------------------

    def file(self, summary: str = "Refund fails", **fields: Any) -> str:
        """Somebody files an issue in Jira; its key."""
        return self.jira.add_issue("PAY", summary, **fields).key

    def files(self, count: int) -> None:
        """Somebody files many issues in Jira."""
        for number in range(count):
            self.file(f"Issue number {number}")

    def issues(self, repository: str = "acme/api") -> list[Any]:
        """The issues of the repository."""
        return list(self.github.world.repo_named(repository).issues.values())

    def titles(self) -> list[str]:
        """Their titles, sorted."""
        return sorted(issue.title for issue in self.issues())

    def writes(self) -> int:
        """Everything anybody changed through either API, refused attempts included."""
        return len(self.jira.events) + len(self.github.events)

    def pair(self, **fields: Any) -> tuple[str, int]:
        """An issue that lives in both systems: its Jira key and its GitHub number."""
        key = self.file(**fields)
        result = self.pmsync("sync", "--json")
        assert result.code == 0, result
        return key, max(issue.number for issue in self.issues())

    def until(self, holds: Callable[[], bool], process: subprocess.Popen[str] | None = None) -> None:
        """Wait until something holds."""
        end = time.monotonic() + PATIENCE
        while not holds():
            if process is not None and process.poll() is not None:
                result = self.end(process)
                pytest.fail(f"ended early with {result.code}:\n{result.out}\n{result.err}")
            assert time.monotonic() < end, "it never came about"
            time.sleep(0.01)

    # -- secrets ------------------------------------------------------------------------------------------------------

    def leaks(self) -> list[str]:
        """Where a secret shows: in an output, or in a file below the folder."""
        wanted = [spelling for secret in CANARIES.values() for spelling in _spellings(secret)]
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        texts = {"an output": "\n".join(self.outputs).encode(), **{str(path): path.read_bytes() for path in files}}
        return [f"{where}: {spelling.decode()}" for where, text in texts.items() for spelling in wanted if spelling in text]


_TLS = functools.cache(ssl.create_default_context)
"""Reading all certificates that this machine trusts takes longer than most runs here."""


@functools.cache
def _command() -> Any:
    return get_command(app)


def _spellings(secret: str) -> list[bytes]:
    plain = secret.encode()
    return [plain, base64.b64encode(plain)[4:-4], base64.b64encode(b"bot@example.com:" + plain)[24:-4], plain.hex().encode()]


def _stream() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="strict", write_through=True)


def _read(stream: io.TextIOWrapper) -> str:
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode()


@contextmanager
def _logging_apart() -> Iterator[None]:
    """What a run does to the process's logging ends with it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)


def _hear_ctrl_c() -> None:
    """A test run in the background ignores Ctrl-C, and so would its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Door:
    """A server on loopback that stays for the whole session, while what answers behind it changes with every test."""

    def __init__(self) -> None:
        self.core: Any = None
        self.base_url = ""
        self.events: list[Event] = []

    def handle(self, request: Request) -> Response:
        return self.core.handle(request)

    def lead_to(self, core: Any) -> None:
        """Let ``core`` answer from now on."""
        self.core, core.base_url = core, self.base_url


@pytest.fixture(scope="session")
def doors() -> Iterator[list[Door]]:
    """Two servers: taking one down takes longer than most tests."""
    made = [Door(), Door()]
    with serve(made[0]), serve(made[1]):
        yield made


@pytest.fixture
def site(tmp_path: Path, doors: list[Door]) -> Iterator[Site]:
    """An empty Jira project PAY, an empty private repository acme/api, and a config that mirrors the one into the other."""
    folder = tmp_path / "site"
    folder.mkdir()
    clock = SharedClock(folder / "clock")
    bot = Person("5b10a2844c20165700ede21g", "Sync Bot", "bot@example.com", CANARIES["JIRA_TOKEN"])
    jira, github = JiraEmulator(clock, bot=bot), GitHubEmulator(clock)
    github.add_token(BOT, CANARIES["GITHUB_TOKEN"])
    jira.add_project("PAY", "Payments")
    github.add_repo("acme/api", private=True)
    doors[0].lead_to(jira)
    doors[1].lead_to(github)
    environ = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(folder),
        "USER": "pat",
        "PMSYNC_CLOCK": f"shared:{folder / 'clock'}",
        "PMSYNC_CONFIG": str(folder / "pmsync.yaml"),
        **CANARIES,
    }
    made = Site(folder, clock, jira, github, environ)
    made.config.write_text(CONFIG.format(jira=jira.base_url, github=github.base_url))
    yield made
    assert made.leaks() == []
