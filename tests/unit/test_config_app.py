"""What the composition root makes of a config."""

from __future__ import annotations

import pytest

from pmsync.app import build
from pmsync.connect.errors import ConfigError, StoreError
from pmsync.model.enums import Direction, Kind
from pmsync.model.record import ScopeRef
from pmsync.net.clock import VirtualClock
from pmsync.reconcile.routing import Create, Rule

CONFIG = """\
systems:
  here: {kind: memory, name: test-config-app-here}
  there: {kind: memory, name: test-config-app-there}
products:
  p:
    here: A
    there: [B, C]
    mirror:
      - {kind: [epic, feature], from: here, to: "there:B"}
      - {from: there, to: here, label: x, create: auto}
fields: {comments: {all: pull, there: off}, priority: {owner: here, all: push, respect_human: 14d}}
"""


@pytest.fixture
def built(tmp_path):
    """Builds the application of a config text, and closes it."""
    apps = []

    def built(text, folder=tmp_path):
        file = folder / "pmsync.yaml"
        file.write_text(text, encoding="utf-8")
        apps.append(build(file, environ={}, clock=VirtualClock()))
        return apps[-1]

    yield built
    for app in apps:
        app.close()


def test_relative_store_stands_beside_the_config(built, tmp_path, monkeypatch):
    """Wherever the command is run from; and the key that signs markers stands beside it, for its owner alone."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    built(CONFIG + "store: sqlite:///state.db\n")
    assert (tmp_path / "state.db").is_file()
    assert (tmp_path / "state.key").stat().st_mode & 0o777 == 0o600
    assert list(elsewhere.iterdir()) == []


def test_missing_folder_of_the_store_is_the_stores_error(built):
    with pytest.raises(StoreError, match="does not exist"):
        built(CONFIG + "store: sqlite:///nowhere/state.db\n")


def test_config_error_comes_before_any_file_is_made(built, tmp_path):
    with pytest.raises(ConfigError):
        built(CONFIG + "colour: red\n")
    assert [file.name for file in tmp_path.iterdir()] == ["pmsync.yaml"]


def test_rules_reach_the_engine(built):
    first, second = built(CONFIG).setup.products[0].rules
    assert first == Rule(frozenset({Kind.EPIC, Kind.FEATURE}), "", "here", ScopeRef("there", "B"), Create.REVIEW)
    assert second == Rule(frozenset(), "x", "there", ScopeRef("here", "A"), Create.AUTO)


def test_directions_reach_the_engine(built):
    policy = built(CONFIG).setup.policy
    assert policy.direction("priority", "here") is Direction.PUSH
    assert policy.direction("comments", "here") is Direction.PULL
    assert policy.direction("comments", "there") is Direction.OFF
    assert policy.owners == {"priority": "here"}
    assert policy.respect_human["priority"] == 14 * 86_400


@pytest.mark.parametrize(("since", "begun"), [("", None), (", since: always", 0.0), (", since: 2026-01-31", 1_769_817_600.0)])
def test_how_comments_go_reaches_the_engine(built, since, begun):
    text = CONFIG.replace("comments: {all: pull, there: off}", f"comments: {{all: both{since}}}")
    policy = built(text + "safety: {max_comments: 7}\n").setup.policy
    assert policy.comments_since == begun
    assert policy.comments("here") is Direction.BOTH
    assert policy.limits.max_comments == 7
