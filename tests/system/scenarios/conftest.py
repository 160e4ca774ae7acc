"""What the acceptance scenarios share: a bench with both systems, their every answer held to the vendors' own descriptions."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

import pytest

MEMORY = Path("/dev/shm")


def _load(name: str, path: Path) -> ModuleType:
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


_CONTRACT = _load("pmsync_contract_fixtures", Path(__file__).parents[2] / "contract" / "conftest.py")
github_openapi = _CONTRACT.github_openapi
github_schema = _CONTRACT.github_schema
github_validated = _CONTRACT.github_validated
jira_contract = _CONTRACT.jira_contract
jira_validator = _CONTRACT.jira_validator
jira_validated = _CONTRACT.jira_validated


@pytest.fixture(scope="session")
def kit() -> ModuleType:
    """The module of the bench."""
    _load("pmsync_scenario_wire", Path(__file__).with_name("scenario_wire.py"))
    return _load("pmsync_scenario_kit", Path(__file__).with_name("scenario_kit.py"))


@pytest.fixture
def quick_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Starting the program again and again goes faster: its compiled SQL and an unchanged config are kept."""
    from pmsync import app
    from pmsync.store import store

    engines: dict[str, Any] = {}
    configs: dict[str, Any] = {}
    connect, read_config = store.connect, app.read_config

    def warm(url: Any) -> Any:
        if str(url) not in engines:
            engines[str(url)] = connect(url)
        return engines[str(url)]

    def remembered(file: Path, environ: Any = None) -> Any:
        text = file.read_text()
        if text not in configs:
            configs[text] = read_config(file, environ)
        return configs[text]

    monkeypatch.setattr(store, "connect", warm)
    monkeypatch.setattr(app, "read_config", remembered)


@pytest.fixture
def make_bench(kit: ModuleType, request: pytest.FixtureRequest, project_root: Path) -> Iterator[Callable[..., Any]]:
    """Builds benches. ``strict`` (the default) holds every answer of the emulators to the vendors' descriptions, where they are at hand."""
    made: list[Any] = []
    home = TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None)

    def make(*, strict: bool = True, **settings: Any) -> Any:
        folder = Path(home.name) / f"bench{len(made)}"
        folder.mkdir()
        wrap = {}
        if strict and (project_root.parent / "shared").is_dir():
            wrap = {name: request.getfixturevalue(f"{name}_validated") for name in ("jira", "github")}
        made.append(kit.Bench(folder, wrap, **settings))
        return made[-1]

    yield make
    for bench in made:
        bench.stop()
    home.cleanup()


@pytest.fixture
def bench(make_bench: Callable[..., Any]) -> Any:
    """The two systems, empty, mirrored both ways."""
    return make_bench()
