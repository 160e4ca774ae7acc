"""Whatever stands in the file: a config, or a ConfigError that says where. Never anything else, and never the secret."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmsync.config.load import load
from pmsync.connect.errors import ConfigError
from pmsync.connect.registry import load_plugins

CANARY = "canary-5ecret-t0ken"
PLUGINS, _ = load_plugins(frozenset({"jira", "github", "memory"}))
GOOD = {
    "systems": {
        "jira": {"kind": "jira", "url": "https://acme.test", "login": "a@b", "token": "${CANARY}"},
        "github": {"kind": "github", "token": "${CANARY}"},
        "mem": {"kind": "memory"},
    },
    "products": {
        "p": {
            "jira": {"project": "PAY", "where": "x = 1"},
            "github": ["acme/api", {"repo": "acme/web", "labels": ["a"]}],
            "mem": "A",
            "mirror": [{"kind": ["epic"], "label": "x", "from": "jira", "to": "github:acme/api", "create": "auto"}],
        }
    },
    "store": "sqlite:///pmsync.db",
    "marker_key": "${CANARY}",
    "fields": {"title": {"owner": "jira", "all": "both", "mem": "pull", "respect_human": "14d"}, "comments": {"all": "pull"}},
    "maps": {"status": {"jira": {"QA": "done"}}, "priority": {"mem": {"1": "high"}}},
    "people": {"ana": {"jira": "x", "email": "a@b"}},
    "safety": {"max_creates": 5, "max_updates": "20%", "close": "never"},
    "schedule": {"every": "60s"},
}


def _paths(node, path=()):
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in pairs:
        yield (*path, key)
        yield from _paths(value, (*path, key))


KEYS = st.sampled_from(
    sorted({str(path[-1]) for path in _paths(GOOD)} | {"app", "private_key", "audience", "namespace", "${CANARY}"})
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    KEYS,
    st.sampled_from(
        ["${CANARY}", "x${CANARY}", "${", "$${", "60s", "20%", "jira:PAY", "acme/api", "bug", "both", "sqlite:///a", "a@b"]
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


def _read(content: bytes) -> str:
    """What is told about the content; "" when it is a good config."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pmsync.yaml"
        file.write_bytes(content)
        try:
            load(file, PLUGINS, {"CANARY": CANARY})
        except ConfigError as error:
            return f"{error}\n{error.hint}"
    return ""


def test_unharmed_config_is_good():
    assert _read(json.dumps(GOOD).encode()) == ""


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(KEYS, VALUES, max_size=5) | VALUES)
def test_any_document_is_a_config_or_a_config_error(document):
    assert CANARY not in _read(json.dumps(document).encode())


@settings(max_examples=500, deadline=None)
@given(st.data())
def test_config_with_one_to_three_wounds_never_fails_otherwise(data):
    """A good config in which some values, at any depth, are replaced by anything, or keys renamed."""
    document = json.loads(json.dumps(GOOD))
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(list(_paths(document)) or [()]))
        if not path:
            break
        parent = document
        for part in path[:-1]:
            parent = parent[part]
        if isinstance(parent, dict) and data.draw(st.booleans()):
            parent[data.draw(KEYS | st.text(max_size=6))] = parent.pop(path[-1])
        else:
            parent[path[-1]] = data.draw(VALUES)
    assert CANARY not in _read(json.dumps(document).encode()).casefold()


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60) | st.text(alphabet="ab:-{}[]&*!|>'\"#%@`?, \n\t\r\\0$~<=.\x85\ufeff", max_size=40).map(str.encode))
def test_any_bytes_are_a_config_or_a_config_error(content):
    assert _read(content) != ""


@pytest.mark.parametrize(
    "yaml", ["%YAML 1.1\n---\na: off\n", "%TAG ! tag:x\n---\na: 1\n", "---\n...\n", "? \n: \n", "? ? ? a\n", "a: |\n  x\n b"]
)
def test_odd_corners_of_yaml(yaml):
    assert _read(yaml.encode()) != ""
