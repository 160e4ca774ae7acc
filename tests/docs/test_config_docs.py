"""The example, the template and the schema of the config are one with the code."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib

import jsonschema_rs
import pytest
from ruamel.yaml import YAML

from pmsync.config import schema
from pmsync.config.load import load
from pmsync.connect.registry import load_plugins
from pmsync.model.fields import FIELDS, OF_COMMENTS

ENVIRON = {"JIRA_TOKEN": "x", "GITHUB_TOKEN": "y", "PMSYNC_MARKER_KEY": "0123456789abcdef"}


@pytest.fixture(scope="module")
def plugins(project_root):
    """The connectors that come with pmsync; others may be installed beside them."""
    own = tomllib.loads((project_root / "pyproject.toml").read_text(encoding="utf-8"))
    found, broken = load_plugins(frozenset(own["project"]["entry-points"]["pmsync.connectors"]))
    assert not broken
    return found


@pytest.fixture(scope="module")
def example(project_root):
    return (project_root / "config" / "pmsync.example.yaml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def valid(project_root):
    """Whether the schema accepts a YAML text."""
    written = json.loads((project_root / "config" / "pmsync.schema.json").read_text(encoding="utf-8"))
    validator = jsonschema_rs.validator_for(written)
    return lambda text: validator.is_valid(YAML(typ="safe", pure=True).load(text))


@pytest.fixture
def read(tmp_path, plugins):
    def read(text):
        file = tmp_path / "pmsync.yaml"
        file.write_text(text, encoding="utf-8")
        return load(file, plugins, ENVIRON)

    return read


def uncommented(text):
    """Every line that shows a default takes effect: ``#key:`` and what is indented below it, but not ``# words``."""
    return re.sub(r"^#(?! \S)", "", text, flags=re.MULTILINE)


def test_example_is_what_init_writes(project_root, example):
    template = (project_root / "src" / "pmsync" / "config" / "template.yaml").read_text(encoding="utf-8")
    assert example == template, "cp src/pmsync/config/template.yaml config/pmsync.example.yaml"


def test_example_is_a_good_config(read, example, valid):
    config = read(example)
    assert set(config.systems) == {"jira", "github"}
    assert valid(example)


def test_defaults_that_the_example_shows_are_the_defaults(read, example, valid):
    """Removing every # changes nothing but the examples of maps and people."""
    silent, spoken = read(example), read(uncommented(example))
    assert spoken.root.model_fields_set == set(type(spoken.root).model_fields), "the example shows every part"
    for part in ("store", "safety", "schedule"):
        assert getattr(spoken.root, part) == getattr(silent.root, part)
        shown = getattr(spoken.root, part)
        assert isinstance(shown, str) or shown.model_fields_set == set(type(shown).model_fields)
    shown = {name: rule.all for name, rule in spoken.root.fields.items()}
    flowing = {name: spec.default for name, spec in FIELDS.items() if name not in OF_COMMENTS}
    assert shown == {**flowing, "comments": "pull"}
    assert all(rule.respect_human == 0 and rule.namespace == "" and not rule.owner for rule in spoken.root.fields.values())
    assert valid(uncommented(example))


def test_schema_is_fresh(project_root, plugins):
    written = (project_root / "config" / "pmsync.schema.json").read_text(encoding="utf-8")
    assert written == schema.text(plugins), "python -m pmsync.config.schema > config/pmsync.schema.json"


def test_schema_does_not_depend_on_the_order_of_connectors(plugins):
    assert schema.text(dict(reversed(plugins.items()))) == schema.text(plugins)


def test_schema_is_printed_by_the_module():
    """What the template tells people to run."""
    printed = subprocess.run([sys.executable, "-m", "pmsync.config.schema"], capture_output=True, text=True, check=True)
    assert json.loads(printed.stdout)["title"] == "pmsync.yaml"
    assert printed.stderr == ""


GOOD = """\
systems:
  jira: {kind: jira, url: "https://acme.atlassian.net", login: bot@acme.com, token: "${JIRA_TOKEN}"}
  github: {kind: github, token: "${GITHUB_TOKEN}"}
products:
  payments:
    jira: {project: PAY, where: 'component = "API"'}
    github: [acme/api, {repo: acme/web, labels: [payments], audience: public}]
    mirror: [{kind: bug, from: github, to: jira, create: auto}]
fields: {title: {owner: jira, all: both, github: pull}, comments: {all: "off"}}
schedule: {every: 60s, jitter: "${JITTER:-10}"}
safety: {max_creates: 20, max_updates: 20%, max_closes: 5}
maps: {priority: {jira: {None: unset}}}
"""


def test_schema_accepts_every_form_of_the_grammar(valid, read):
    assert read(GOOD)
    assert valid(GOOD)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("kind: github,", "kind: githb,"),
        ("token: ", "tokn: "),
        ("systems:", "sytems:"),
        ("kind: bug", "kind: bugg"),
        ("create: auto", "create: maybe"),
        ("repo: acme/web", "rep: acme/web"),
        ("audience: public", "audience: all"),
        ("title:", "titel:"),
        ("all: both", "all: bth"),
        ("github: pull", "github: pul"),
        ('comments: {all: "off"}', "comments: {all: init}"),
        ("every: 60s", "every: soon"),
        ("max_creates: 20,", "max_creates: -1,"),
        ("unset", "none"),
    ],
)
def test_schema_refuses_what_the_program_refuses(valid, read, old, new):
    from pmsync.connect.errors import ConfigError

    text = GOOD.replace(old, new)
    assert not valid(text)
    with pytest.raises(ConfigError):
        read(text)


def test_service_runs_the_daemon(project_root):
    service = (project_root / "config" / "pmsync.service").read_text(encoding="utf-8")
    assert re.search(r"^ExecStart=/opt/pmsync/bin/pmsync daemon --config /etc/pmsync/pmsync.yaml$", service, re.MULTILINE)
    assert re.search(r"^KillSignal=SIGTERM$", service, re.MULTILINE)


def test_service_is_one_that_systemd_understands(project_root, tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    service = (project_root / "config" / "pmsync.service").read_text(encoding="utf-8")
    unit = tmp_path / "pmsync.service"
    unit.write_text(service.replace("/opt/pmsync/bin/pmsync", "/bin/true"), encoding="utf-8")
    found = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    about_others = ("/lib/systemd/", "/usr/lib/systemd/", "/etc/systemd/")
    said = [line for line in found.stderr.splitlines() if not line.startswith(about_others)]
    assert (found.returncode, said) == (0, [])
