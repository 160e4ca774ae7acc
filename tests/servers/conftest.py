"""A private PostgreSQL cluster, and the store's fixtures on it; a private Request Tracker.

The server is ``PMSYNC_TEST_POSTGRES`` (a URL with the right to create schemas and databases) or one of our own, started from the system's
binaries in a temporary directory and reachable through a socket there alone.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import URL, Engine, create_engine, make_url, text

_SHARED = Path(__file__).resolve().parents[1] / "unit" / "store" / "conftest.py"
_spec = importlib.util.spec_from_file_location("store_fixtures", _SHARED)
assert _spec is not None
assert _spec.loader is not None
_fixtures = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_fixtures)

clock = _fixtures.clock
make = _fixtures.make
open_store = _fixtures.open_store
store = _fixtures.store
statements = _fixtures.statements
use_everything = _fixtures.use_everything

_SCHEMAS = count(1)
_FAST = "-c fsync=off -c full_page_writes=off -c listen_addresses='' -c max_connections=50"


def _binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parents[1].name))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


class Cluster:
    """A PostgreSQL server of our own. It refuses to run as root, so root runs it as the user the package made."""

    def __init__(self, binaries: Path) -> None:
        self._binaries = binaries
        self._user = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
        self.folder = Path(tempfile.mkdtemp(prefix="pmsync-pg-", dir="/tmp"))
        self.folder.chmod(0o755)
        self._data = self.folder / "data"
        if self._user:
            os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)

    def start(self) -> URL:
        self._run("initdb", "-D", self._data, "-A", "trust", "-U", "pmsync", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        settings = f"{_FAST} -c unix_socket_directories={self.folder}"
        self._run("pg_ctl", "-D", self._data, "-w", "-l", self.folder / "log", "-o", settings, "start")
        return URL.create("postgresql", "pmsync", database="postgres", query={"host": str(self.folder)})

    def stop(self) -> None:
        self._run("pg_ctl", "-D", self._data, "-m", "immediate", "stop")
        shutil.rmtree(self.folder)

    def _run(self, program: str, *arguments: object) -> None:
        # Output goes to a file: the server inherits it, and a pipe would stay open for as long as it runs.
        with (self.folder / "setup.log").open("ab") as log:
            command = [str(self._binaries / program), *map(str, arguments)]
            user = {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []} if self._user else {}
            done = subprocess.run(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self.folder, check=False, **user)
        assert done.returncode == 0, (self.folder / "setup.log").read_text()


@pytest.fixture(scope="session")
def postgres() -> Iterator[URL]:
    """The URL of a server's maintenance database."""
    given = os.environ.get("PMSYNC_TEST_POSTGRES")
    if given:
        yield make_url(given)
        return
    binaries = _binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL: install the package postgresql, or set PMSYNC_TEST_POSTGRES to a server's URL")
    cluster = Cluster(binaries)
    url = cluster.start()
    yield url
    cluster.stop()


@pytest.fixture(scope="session")
def server(postgres: URL) -> Iterator[Engine]:
    """A connection beside pmsync, by which tests prepare and disturb."""
    engine = create_engine(postgres.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    yield engine
    engine.dispose()


@pytest.fixture
def store_url(postgres: URL, server: Engine) -> Iterator[str]:
    """An empty schema of its own for each test, which is ten times faster to make than a database; dropped afterwards."""
    name = f"pmsync_test_{os.getpid()}_{next(_SCHEMAS)}"
    with server.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {name}"))
    url = postgres.set(drivername="postgresql").update_query_dict({"options": f"-csearch_path={name}"})
    yield url.render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(text("SET client_min_messages = warning"))
        connection.execute(text(f"DROP SCHEMA {name} CASCADE"))


def _beside(name: str) -> ModuleType:
    """A module of this folder, which is no package."""
    known = sys.modules.get(f"servers_{name}")
    if known is not None:
        return known
    spec = importlib.util.spec_from_file_location(f"servers_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def rt_server() -> Iterator[Any]:
    """A real Request Tracker 5, started once."""
    servers = _beside("rt_server")
    if lacking := servers.missing():
        pytest.skip(lacking)
    server = servers.RtServer()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def rt_desk(rt_server: Any) -> Iterator[Any]:
    """The real desk with no ticket in sight, and people at it."""
    desk = _beside("rt_desk").RealDesk(rt_server)
    desk.sweep()
    yield desk
    desk.close()
