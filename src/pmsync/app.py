"""The composition root: the only file that chooses implementations."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

from pmsync.config.load import load
from pmsync.config.model import Config, FieldRule, MirrorRule, ScoreProfile
from pmsync.config.pointing import Pointer
from pmsync.connect.capabilities import Unsupported
from pmsync.connect.clock import Clock
from pmsync.connect.contract import Connector
from pmsync.connect.errors import ConfigError
from pmsync.connect.plugin import Environment, Plugin, ScopeConfig
from pmsync.connect.registry import load_plugins
from pmsync.engine.engine import Engine
from pmsync.engine.setup import Beats, Policy, Product, Scoring, Setup
from pmsync.model.enums import Direction
from pmsync.model.fields import FIELDS
from pmsync.model.item import COMPUTED
from pmsync.model.record import ScopeRef
from pmsync.net.calls import CallLog
from pmsync.net.clock import SharedClock, SystemClock
from pmsync.net.fence import Fence
from pmsync.net.redact import Redactor
from pmsync.product.priorities import Policy as ScorePolicy
from pmsync.product.profiles import Profile, ProfileBook, ProfileRule
from pmsync.reconcile.protect import selector
from pmsync.reconcile.rails import Limits
from pmsync.reconcile.routing import Create, Rule
from pmsync.store import Store

CLOCK_VARIABLE = "PMSYNC_CLOCK"
"""``shared:FILE`` runs on accelerated time that several processes share; for demonstrations and load tests."""


@dataclass(frozen=True, slots=True)
class App:
    """Everything wired: close it when done.

    ``transports`` in ``build`` maps a system's name to an in-process transport, for tests and the demo.
    """

    config: Config
    setup: Setup
    store: Store
    engine: Engine
    clock: Clock
    calls: CallLog
    fence: Fence
    redactor: Redactor

    def close(self) -> None:
        """Release connections and the database."""
        for connector in self.setup.connectors.values():
            connector.close()
        self.store.close()


def clock_of(environ: Mapping[str, str]) -> Clock:
    """The clock that the environment asks for: real time unless ``PMSYNC_CLOCK`` says otherwise.

    Raises:
        ConfigError: the variable is set to something else than ``shared:FILE``, or the file cannot be used.
    """
    wanted = environ.get(CLOCK_VARIABLE, "")
    if not wanted:
        return SystemClock()
    kind, _, file = wanted.partition(":")
    if kind != "shared" or not file:
        raise ConfigError(f"{CLOCK_VARIABLE}={wanted!r} is not of the form shared:FILE", hint=f"unset {CLOCK_VARIABLE}")
    try:
        return SharedClock(Path(file))
    except OSError as error:
        raise ConfigError(f"{CLOCK_VARIABLE}={wanted}: {error.strerror}", hint=f"unset {CLOCK_VARIABLE}") from None


def read_config(file: Path, environ: Mapping[str, str] | None = None) -> tuple[Config, Mapping[str, Plugin]]:
    """The config at ``file`` and the connectors it may name.

    Raises:
        ConfigError: something in it is wrong.
    """
    plugins, broken = load_plugins()
    try:
        return load(file, plugins, environ), plugins
    except ConfigError as error:
        if broken:
            told = "; ".join(f"connector {one.name} cannot be used: {one.reason}" for one in broken)
            error.hint = f"{error.hint}\n{told}".strip()
        raise


def build(
    file: Path,
    *,
    read_only: bool = False,
    environ: Mapping[str, str] | None = None,
    clock: Clock | None = None,
    transports: Mapping[str, Any] | None = None,
    new_uid: Callable[[], str] | None = None,
    into_sources: bool = False,
) -> App:
    """Wire everything that the config at ``file`` asks for. ``read_only`` puts the fence down: nothing but reads can leave.

    ``into_sources``: this once, what trackers changed may be written into roadmap files.

    Raises:
        ConfigError, StoreError: what cannot be used, with the remedy.
    """
    surroundings = os.environ if environ is None else environ
    config, plugins = read_config(file, surroundings)
    redactor = Redactor(config.secrets)
    time = clock or clock_of(surroundings)
    fence, calls = Fence(read_only=read_only), CallLog()
    with ExitStack() as undo:
        connectors: dict[str, Connector] = {}
        for name in config.systems:
            environment = Environment(name, time, fence, calls, (transports or {}).get(name), str(file.parent), into_sources)
            connectors[name] = _connector(config, name, plugins, environment, redactor)
            undo.callback(connectors[name].close)
        store = Store.open(_store_url(config, file), time)
        undo.callback(store.close)
        key = _marker_key(config, file)
        undo.pop_all()
    setup = Setup(
        connectors,
        tuple(_product(config, name) for name in config.root.products),
        _policy(config, connectors),
        key,
        _fingerprints(config),
        Beats(config.root.schedule.catalogue, config.root.schedule.sweep),
        config.root.people,
        _scoring(config),
    )
    engine = Engine(setup, store, time, new_uid) if new_uid else Engine(setup, store, time)
    return App(config, setup, store, engine, time, calls, fence, redactor)


def _connector(
    config: Config, name: str, plugins: Mapping[str, Plugin], environment: Environment, redactor: Redactor
) -> Connector:
    """Build one connector. What it complains about is redacted: its settings hold secrets.

    Raises:
        ConfigError: it cannot work with what the config says.
    """
    system = config.systems[name]
    scopes = tuple(
        ScopeConfig(ScopeRef(name, place.key), place.settings, _maps(config, name), _namespace(config))
        for product in config.products
        for place in product.places
        if place.system == name
    )
    try:
        return plugins[system.kind].connector(system.settings, scopes, environment)
    except ConfigError as error:
        hint = redactor.text(error.hint)
        where = Pointer(config).where(name, error.message)
        raise ConfigError(f"systems.{name}: {redactor.text(error.message)}", hint=hint, where=where) from None


def _maps(config: Config, system: str) -> dict[str, dict[str, str]]:
    maps = config.root.maps
    status = {remote: str(value) for remote, value in maps.status.get(system, {}).items()}
    priority = {remote: str(value) for remote, value in maps.priority.get(system, {}).items()}
    return {"status": status, "priority": priority}


def _namespace(config: Config) -> str:
    rule = config.root.fields.get("labels")
    return rule.namespace if rule else ""


def _product(config: Config, key: str) -> Product:
    product = next(one for one in config.products if one.key == key)
    scopes = tuple(ScopeRef(place.system, place.key) for place in product.places)
    return Product(key, scopes, tuple(_rule(rule) for rule in product.mirror))


def _rule(rule: MirrorRule) -> Rule:
    return Rule(frozenset(rule.kind or ()), rule.label or "", rule.from_, ScopeRef.parse(rule.to), Create(rule.create))


def _policy(config: Config, connectors: Mapping[str, Connector]) -> Policy:
    fields = config.root.fields
    named_ways: dict[tuple[str, str], Direction] = {
        (name, system): way for name, rule in fields.items() for system, way in _directions(rule)
    }
    defaults: dict[str, Direction] = {name: rule.all for name, rule in fields.items() if rule.all is not None}
    named = frozenset(
        ScopeRef(place.system, place.key)
        for product in config.products
        for place in product.places
        if getattr(place.settings, "audience", None) == "public"
    )
    safety = config.root.safety
    return Policy(
        {**_sourced(connectors, defaults), **named_ways},
        defaults,
        {name: rule.owner for name, rule in fields.items() if rule.owner not in (None, COMPUTED)},
        {name: _respect(rule) for name, rule in fields.items()},
        named,
        Limits(int(safety.max_creates), safety.max_updates, safety.max_closes, safety.close, int(safety.max_comments)),
        safety.start,
        tuple(selector(text, config.systems, _scopes(config)) for text in safety.protect),
        _since(fields["comments"].since) if "comments" in fields else None,
    )


def _respect(rule: FieldRule) -> float:
    """How long a person's edit stands: where a score is the owner, it does unless the config says otherwise."""
    if rule.owner == COMPUTED and "respect_human" not in rule.model_fields_set:
        return ScorePolicy().respect_human
    return rule.respect_human


def _scoring(config: Config) -> Scoring | None:
    """How priorities follow from scores; None where the config does not give them to the score."""
    rule, said = config.root.fields.get("priority"), config.root.score
    if rule is None or rule.owner != COMPUTED:
        return None
    rules = tuple(ProfileRule(_profile(one), one.line, frozenset(one.kind or ())) for one in said.profiles)
    policy = ScorePolicy(freeze=said.freeze, respect_human=_respect(rule), max_changes=said.max_changes, max_share=said.max_share)
    return Scoring(ProfileBook(rules=rules), policy, said.every)


def _profile(said: ScoreProfile) -> Profile:
    return Profile(
        name=" ".join(filter(None, (said.framework or "moscow", said.line, *(said.kind or ())))),
        framework=said.framework,
        moscow=said.moscow,
        weights=said.weights,
        effort_unit=said.effort,
    )


def _since(day: date | Literal["always"] | None) -> float | None:
    """Midnight of the day, UTC, in Unix seconds."""
    if day is None or day == "always":
        return None if day is None else 0.0
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()


def _sourced(connectors: Mapping[str, Connector], defaults: Mapping[str, Direction]) -> dict[tuple[str, str], Direction]:
    """How fields flow for places where people plan: they are read whatever holds for ``all`` systems, and written where that is wanted."""
    found: dict[tuple[str, str], Direction] = {}
    for system, connector in connectors.items():
        if connector.capabilities.source:
            way = Direction.PULL if isinstance(connector.capabilities.writes, Unsupported) else Direction.BOTH
            given = {name: defaults.get(name, spec.default) for name, spec in FIELDS.items()}
            kept = (Direction.OFF, Direction.INIT)
            found |= {(name, system): one if one in kept else way for name, one in given.items()}
    return found


def _scopes(config: Config) -> list[ScopeRef]:
    return [ScopeRef(place.system, place.key) for product in config.products for place in product.places]


def _directions(rule: FieldRule) -> list[tuple[str, Direction]]:
    return [(system, Direction(direction)) for system, direction in (rule.model_extra or {}).items()]


def _store_url(config: Config, file: Path) -> str:
    """A relative SQLite file stands beside the config, wherever the command is run from."""
    url = config.root.store
    prefix = "sqlite:///"
    if url.startswith(prefix) and not url.startswith((f"{prefix}/", f"{prefix}:memory:")):
        return prefix + str((file.parent / url.removeprefix(prefix)).absolute())
    return url


def _marker_key(config: Config, file: Path) -> bytes:
    """The configured key, else one generated beside the store with mode 0600: it must outlive the store."""
    if config.root.marker_key is not None:
        return config.root.marker_key.get_secret_value().encode()
    path = _key_file(config, file)
    try:
        if not path.exists():
            _write_key(path)
        key = path.read_text(encoding="ascii").strip()
    except OSError as error:
        hint = "make the folder writable, or set marker_key: ${PMSYNC_MARKER_KEY} in the config"
        raise ConfigError(f"the marker key {path} cannot be kept: {error.strerror}", hint=hint) from error
    if not key:
        raise ConfigError(
            f"the marker key {path} is empty", hint="restore it from a backup; delete it only if nothing was synced yet"
        )
    return key.encode()


def _write_key(path: Path) -> None:
    """Whole or not at all: written beside its place, then linked there; another run may have been first."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(descriptor, "w", encoding="ascii") as stream:
        stream.write(secrets.token_hex(32))
    try:
        os.link(name, path)
    except FileExistsError:
        return
    finally:
        Path(name).unlink()


def _key_file(config: Config, file: Path) -> Path:
    url = _store_url(config, file)
    if url.startswith("sqlite:///") and ":memory:" not in url:
        return Path(url.removeprefix("sqlite:///")).with_suffix(".key")
    return file.with_suffix(".key")


def _fingerprints(config: Config) -> dict[ScopeRef, str]:
    """What concerns a scope, hashed: its settings, its system's address, maps, rules of fields and mirrors, people and protection; never a secret."""
    found = {}
    for product in config.products:
        for place in product.places:
            system = config.systems[place.system]
            parts = [system.kind, str(getattr(system.settings, "url", "")), place.settings.model_dump_json()]
            parts += [json.dumps(_maps(config, place.system), sort_keys=True)]
            parts += [rule.model_dump_json() for rule in product.mirror]
            parts += [
                f"{name} is {said[place.system]}" for name, said in sorted(config.root.people.items()) if place.system in said
            ]
            parts += [f"protect {text}" for text in sorted(config.root.safety.protect)]
            parts += [f"{name}={_concerning(rule, place.system)}" for name, rule in sorted(config.root.fields.items())]
            found[ScopeRef(place.system, place.key)] = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return found


def _concerning(rule: FieldRule, system: str) -> str:
    own = (rule.model_extra or {}).get(system)
    return json.dumps([rule.owner, rule.all, rule.respect_human, rule.namespace, own, *([str(rule.since)] if rule.since else [])])
