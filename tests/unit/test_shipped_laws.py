"""The laws of every lens that the shipped connectors discover, each from its own stand-in server, and of lenses over any scheme."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmsync.connect.contract import Connector
from pmsync.connect.plugin import Environment, ScopeConfig
from pmsync.model.enums import Priority, Status
from pmsync.model.record import ScopeRef
from pmsync.model.values import EMPTY, Known, Settled, known
from pmsync.net.calls import CallLog
from pmsync.net.clock import VirtualClock
from pmsync.net.fence import Fence
from pmsync.reconcile.laws import check_monotone, check_surface
from pmsync.reconcile.lens import Lens, Unmapped, Unrepresentable
from pmsync.reconcile.lenses import EnumLens, LabelsLens
from pmsync.reconcile.surface import Surface
from pmsync.testing.emulator import transport
from pmsync_github import plugin as github
from pmsync_github.emulator import TOKEN, GitHubEmulator
from pmsync_jira import plugin as jira
from pmsync_jira.emulation.doors import Scheme
from pmsync_jira.emulator import BOT, JiraEmulator
from pmsync_memory import plugin as memory
from pmsync_rt import plugin as rt

QUICK = settings(max_examples=40, deadline=None)
Maps = Mapping[str, Mapping[str, str]]
NAMES = st.text(st.sampled_from("abPp123 /-äß"), min_size=1, max_size=6).map(str.strip).filter(bool)
LEVELS = st.sampled_from(
    [
        "Highest",
        "High",
        "Medium",
        "Low",
        "Lowest",
        "Blocker",
        "Critical",
        "Major",
        "None",
        "P0",
        "P1",
        "P2",
        "Hoch",
        "Egal",
        "Seltsam",
    ]
)
STEPS = st.tuples(NAMES, st.sampled_from(["new", "indeterminate", "done"]))
WORDS = st.sampled_from(
    ["Bug", "priority/high", "prio: Low", "P1", "priority/critical", "high priority", "urgent", "pm/x", "straße"]
)
PRIORITIES, STATUSES = st.sampled_from([str(one) for one in Priority]), st.sampled_from([str(one) for one in Status])


def environment(system: str, way: object = None) -> Environment:
    return Environment(system, VirtualClock(), Fence(), CallLog(), way)


def discover(connector: Connector, scope: ScopeRef) -> list[Surface]:
    try:
        return connector.surfaces(scope)
    finally:
        connector.close()


def jira_surfaces(scheme: Scheme | None = None, maps: Maps | None = None) -> list[Surface]:
    site = JiraEmulator(VirtualClock())
    site.add_project("PAY", scheme=scheme)
    given = {"url": site.base_url, "login": BOT.email, "token": BOT.token}
    scope = ScopeRef("jira", "PAY")
    configs = (ScopeConfig(scope, jira.scope_settings.model_validate("PAY"), maps or {}),)
    return discover(jira.connector(jira.settings.model_validate(given), configs, environment("jira", transport(site))), scope)


def github_surfaces(labels: Sequence[str] = (), maps: Maps | None = None) -> list[Surface]:
    hub = GitHubEmulator(VirtualClock())
    hub.add_repo("acme/api")
    for label in dict.fromkeys(label.casefold() for label in labels):
        hub.add_label("acme/api", label)
    given = {"url": hub.base_url, "token": TOKEN}
    scope = ScopeRef("github", "acme/api")
    configs = (ScopeConfig(scope, github.scope_settings.model_validate("acme/api"), maps or {}),)
    return discover(
        github.connector(github.settings.model_validate(given), configs, environment("github", transport(hub))), scope
    )


def memory_surfaces(maps: Maps | None = None) -> list[Surface]:
    scope = ScopeRef("memory", "HERE")
    configs = (ScopeConfig(scope, memory.scope_settings.model_validate("HERE"), maps or {}),)
    return discover(memory.connector(memory.settings.model_validate({"name": "laws"}), configs, environment("memory")), scope)


def rt_surfaces(maps: Maps | None = None) -> list[Surface]:
    desk = rt.emulator(VirtualClock())
    desk.add_queue("Support")
    scope = ScopeRef("desk", "Support")
    configs = (ScopeConfig(scope, rt.scope_settings.model_validate({"queue": "Support", "tracker": True}), maps or {}),)
    given = {"url": desk.base_url, "token": desk.bot.token}
    return discover(rt.connector(rt.settings.model_validate(given), configs, environment("desk", transport(desk))), scope)


SHIPPED = {
    "jira": jira_surfaces(),
    "github": github_surfaces(["Bug", "priority/high", "P1"]),
    "memory": memory_surfaces(),
    "rt": rt_surfaces(),
}


def assert_lawful(lens: Lens, remote: Settled, hub: Settled) -> None:
    """GetPut, PutGet up to the fibre, and canon, said once more without the product's own checker."""
    meaning = lens.ingest(remote, hub)
    if not isinstance(meaning, Unmapped):
        assert lens.put(meaning, remote) == remote
        assert lens.consistent(remote, meaning)
        assert lens.ingest(remote, meaning) == meaning
    target = lens.put(hub, remote)
    if not isinstance(target, Unrepresentable):
        assert lens.consistent(target, hub)
        assert lens.put(hub, target) == target
        assert lens.ingest(target, hub) == hub
    canon = lens.canon(remote)
    assert lens.canon(canon) == canon
    assert lens.consistent(canon, hub) == lens.consistent(remote, hub)


def assert_all_lawful(surface: Surface) -> None:
    """Every token and every hub value of a closed vocabulary; and its priorities keep their order."""
    assert check_surface(surface) == []
    lens = surface.lens
    assert isinstance(lens, EnumLens)
    vocabulary: Sequence[str] = list(Status) if surface.field == "status" else list(Priority)
    remotes = [EMPTY, Known("unheard of"), *map(Known, sorted({*lens.reads, *lens.writes.values(), *lens.empties}))]
    for remote in remotes:
        for hub in [EMPTY, *(Known(str(value)) for value in vocabulary)]:
            assert_lawful(lens, remote, hub)


def closed(surfaces: Sequence[Surface]) -> list[Surface]:
    return [surface for surface in surfaces if isinstance(surface.lens, EnumLens)]


@pytest.mark.parametrize("name", SHIPPED)
def test_every_closed_vocabulary_a_connector_discovers_is_lawful(name: str) -> None:
    """Exhaustive: finite maps are checked over all of both sides."""
    others = set() if name == "rt" else {"priority"}  # a help desk's priority speaks of service levels
    assert {surface.field for surface in closed(SHIPPED[name])} == {"status", *others}
    for surface in closed(SHIPPED[name]):
        assert_all_lawful(surface)


TEXTS = st.text(max_size=12) | st.text(st.sampled_from(" \t\r\n\u2028\u00a0ab"), max_size=12)
LABELS = st.frozensets(st.text(st.sampled_from("aAbß /-\u00a0"), max_size=4) | WORDS, max_size=4)


@QUICK
@given(st.sampled_from(sorted(SHIPPED)), TEXTS, TEXTS, LABELS, LABELS)
def test_every_text_and_label_lens_a_connector_discovers_is_lawful(
    name: str, remote: str, hub: str, shown: frozenset[str], wanted: frozenset[str]
) -> None:
    for surface in SHIPPED[name]:
        if isinstance(surface.lens, LabelsLens):
            assert_lawful(surface.lens, known(shown), known(wanted))
        elif not isinstance(surface.lens, EnumLens):
            assert_lawful(surface.lens, known(remote), known(hub))


@QUICK
@given(st.lists(LEVELS, unique=True), st.dictionaries(LEVELS, PRIORITIES, max_size=2))
def test_any_priority_scheme_of_jira_gives_a_lawful_and_monotone_lens(names: list[str], maps: dict[str, str]) -> None:
    """Maps of the config may contradict the scheme's order; what is refused then says so in words."""
    chosen = {name: hub for name, hub in maps.items() if name in names}
    surfaces = jira_surfaces(Scheme(priorities=names, default_priority=names[0] if names else None), {"priority": chosen})
    [surface] = [one for one in surfaces if one.field == "priority"]
    lawful_or_refused(surface)
    assert chosen or not check_surface(surface)


@QUICK
@given(st.lists(STEPS, min_size=1, max_size=5, unique_by=lambda step: step[0].casefold()))
def test_any_status_scheme_of_jira_gives_a_lawful_lens(statuses: list[tuple[str, str]]) -> None:
    [surface] = [one for one in jira_surfaces(Scheme(statuses=statuses)) if one.id == "status"]
    assert_all_lawful(surface)


@QUICK
@given(st.lists(WORDS | NAMES, max_size=6), st.dictionaries(WORDS, PRIORITIES, max_size=2))
def test_any_labels_on_github_give_a_lawful_and_monotone_priority_lens(labels: list[str], maps: dict[str, str]) -> None:
    [surface] = [one for one in github_surfaces(labels, {"priority": maps}) if one.field == "priority"]
    lawful_or_refused(surface)
    assert maps or not check_surface(surface)


@QUICK
@given(st.dictionaries(st.sampled_from(["open", "closed/completed", "closed/not_planned", "closed/duplicate"]), STATUSES))
def test_a_status_map_for_github_is_lawful_or_refused_with_the_counterexample(maps: dict[str, str]) -> None:
    [surface] = [one for one in github_surfaces(maps={"status": maps}) if one.id == "status"]
    lawful_or_refused(surface)


def test_the_states_of_githubs_milestones_are_lawful() -> None:
    [surface] = [one for one in github_surfaces() if one.id == "milestone.state"]
    assert_all_lawful(surface)


@QUICK
@given(
    st.dictionaries(st.sampled_from(["todo", "doing", "review", "done", "dropped"]), STATUSES),
    st.dictionaries(st.sampled_from(["1", "2", "3", "4"]), PRIORITIES),
)
def test_a_map_for_the_memory_tracker_is_lawful_or_refused_with_the_counterexample(
    status: dict[str, str], priority: dict[str, str]
) -> None:
    for surface in closed(memory_surfaces({"status": status, "priority": priority})):
        lawful_or_refused(surface)


def lawful_or_refused(surface: Surface) -> None:
    """What the checker lets pass is lawful by the laws as they are said here."""
    if not check_surface(surface):
        assert_all_lawful(surface)


# -- priority scales --------------------------------------------------------------------------------------------------------------

RANKS = [str(priority) for priority in Priority]


def rank(value: str) -> int:
    return RANKS.index(value)


@st.composite
def scales(draw: st.DrawFn) -> tuple[EnumLens, list[str]]:
    """Any map between the hub's priorities and a scale of tokens, most important first."""
    order = [f"t{number}" for number in range(draw(st.integers(1, 5)))]
    writes = draw(st.dictionaries(st.sampled_from(RANKS), st.sampled_from(order)))
    reads = draw(st.dictionaries(st.sampled_from(order), st.sampled_from(RANKS)))
    return EnumLens(reads=reads, writes=writes), order


@settings(max_examples=300, deadline=None)
@given(scales())
def test_monotone_means_that_no_two_priorities_ever_cross(scale: tuple[EnumLens, list[str]]) -> None:
    """Where p ≤ q, map(p) ≤ map(q), both ways: by brute force over all pairs."""
    lens, order = scale
    written = all(
        order.index(lens.writes[p]) <= order.index(lens.writes[q]) for p in lens.writes for q in lens.writes if rank(p) < rank(q)
    )
    read = all(
        order.index(one) <= order.index(other)
        for one in lens.reads
        for other in lens.reads
        if rank(lens.reads[one]) < rank(lens.reads[other])
    )
    assert (check_monotone(lens, rank, order) == []) == (written and read)


@settings(max_examples=300, deadline=None)
@given(scales())
def test_without_the_remote_scale_crossed_priorities_show_by_writing_and_reading_back(scale: tuple[EnumLens, list[str]]) -> None:
    lens, _ = scale
    back = {hub: lens.reads[token] for hub, token in lens.writes.items() if token in lens.reads}
    monotone = all(rank(back[p]) <= rank(back[q]) for p in back for q in back if rank(p) < rank(q))
    assert (check_monotone(lens, rank) == []) == monotone
