"""The reference connector's door: settings, named servers, value maps and scope filters."""

from __future__ import annotations

from importlib.metadata import entry_points

import pytest
from pydantic import ValidationError

from pmsync.connect.contract import Stream
from pmsync.connect.errors import ConfigError
from pmsync.connect.plugin import Environment, ScopeConfig
from pmsync.model.enums import Priority, Status
from pmsync.model.record import ScopeRef
from pmsync.model.values import EMPTY, Known
from pmsync.net.clock import VirtualClock
from pmsync.reconcile.laws import check_enum, check_monotone
from pmsync.reconcile.lens import Unrepresentable
from pmsync.testing.conformance.bench import Gate
from pmsync_memory import PERSONALITIES, SERVERS, ContainerSettings, MemoryServer, ServerSettings, plugin
from pmsync_memory.mapping import surfaces_of

HERE = ScopeRef("mem", "HERE")


@pytest.fixture
def server(monkeypatch):
    server = MemoryServer(VirtualClock(), name="mine")
    server.add_containers(["HERE"])
    monkeypatch.setitem(SERVERS, "mine", server)
    return server


def scope(**settings):
    return ScopeConfig(HERE, ContainerSettings.model_validate({"container": "HERE", **settings}))


def environment(server):
    return Environment("mem", server.clock, Gate(read_only=False), lambda *_call: None)


def surface(name, **maps):
    config = ScopeConfig(HERE, ContainerSettings.model_validate("HERE"), maps=maps)
    return next(one for one in surfaces_of(config) if one.id == name)


def test_plugin_enters_by_its_entry_point():
    [entry] = entry_points(group="pmsync.connectors", name="memory")
    assert entry.load() is plugin
    assert plugin.name == "memory"


def test_scope_may_be_written_in_short_form():
    assert plugin.scope_key(ContainerSettings.model_validate("HERE")) == "HERE"
    assert ContainerSettings.model_validate({"container": "HERE"}) == ContainerSettings.model_validate("HERE")


def test_unknown_setting_is_refused():
    with pytest.raises(ValidationError, match="colour"):
        ServerSettings.model_validate({"colour": "red"})


def test_webhook_secret_never_shows():
    settings = ServerSettings.model_validate({"webhook_secret": "canary"})
    assert "canary" not in repr(settings)


def test_named_server_is_shared_by_connectors(server):
    server.person_creates("HERE", {"title": "Seen by both"})
    settings = ServerSettings(name="mine")
    for _ in range(2):
        connector = plugin.connector(settings, (scope(),), environment(server))
        [page] = connector.pull(HERE, Stream.ITEMS, None)
        assert [record.values["title"] for record in page.records] == [Known("Seen by both")]


def test_server_nobody_built_starts_with_the_configured_containers(server, monkeypatch):
    monkeypatch.delitem(SERVERS, "mine")
    connector = plugin.connector(ServerSettings(name="mine", personality="lagging"), (scope(),), environment(server))
    assert [found.name for found in connector.scopes([HERE])] == ["HERE"]
    assert SERVERS["mine"].personality == PERSONALITIES["lagging"]


def test_unknown_personality_is_a_config_error_that_names_the_valid_ones(server):
    with pytest.raises(ConfigError) as caught:
        plugin.connector(ServerSettings(name="other", personality="moody"), (scope(),), environment(server))
    assert "listed-rich" in caught.value.hint


def test_scope_labels_bind_what_is_pulled(server):
    for labels in ({"Payments", "other"}, {"other"}):
        server.person_creates("HERE", {"title": "One", "labels": frozenset(labels)})
    connector = plugin.connector(ServerSettings(name="mine"), (scope(labels=["payments"]),), environment(server))
    [page] = connector.pull(HERE, Stream.ITEMS, None)
    assert [record.key for record in page.records] == ["HERE-1"]


def test_value_maps_of_the_config_overrule_the_defaults():
    """What reads as done here is written as done, so declined loses its image rather than being rounded."""
    status = surface("status", status={"dropped": "done"})
    assert status.lens.ingest(Known("dropped"), EMPTY) == Known("done")
    assert isinstance(status.lens.put(Known("declined"), EMPTY), Unrepresentable)
    assert "dropped" not in {default.remote for default in status.defaults}
    assert check_enum(status.lens, list(Status)) == []


def test_changing_only_what_a_token_reads_as_keeps_every_write():
    status = surface("status", status={"todo": "planned"})
    assert status.lens.put(Known("inbox"), EMPTY) == Known("todo")
    assert check_enum(status.lens, list(Status)) == []


def test_priorities_keep_their_order_on_the_smaller_scale():
    lens = surface("priority").lens
    assert check_monotone(lens, lambda value: Priority(value).rank, ("1", "2", "3", "4")) == []
    assert lens.put(Known("minor"), Known("4")) == Known("4")
    assert lens.ingest(Known("4"), Known("minor")) == Known("minor")


def test_ground_truth_log_tells_who_did_what(server):
    ref = server.person_creates("HERE", {"title": "Old"}, by="ben")
    server.person_edits(ref, {"title": "New"}, by="ana")
    assert [(event.actor, event.verb, event.object) for event in server.events] == [("ben", "create", ref), ("ana", "edit", ref)]
    assert server.events[1].detail == {"surface": "title", "before": "Old", "after": "New"}
