"""What the page on roadmaps shows is what the program takes, and the schema for editors agrees with the reader."""

from __future__ import annotations

import json
import re

import jsonschema_rs
import pytest
from ruamel.yaml import YAML

from pmsync.config.load import load
from pmsync.connect.registry import load_plugins
from pmsync.roadmap import schema
from pmsync.roadmap.items import KEYS
from pmsync.roadmap.layout import tidy
from pmsync.roadmap.read import read


@pytest.fixture(scope="module")
def page(project_root):
    return (project_root / "docs" / "roadmap.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def blocks(page):
    """The YAML blocks by their first line."""
    return {text.partition("\n")[0]: text for text in re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)}


@pytest.fixture(scope="module")
def valid(project_root):
    validator = jsonschema_rs.validator_for(
        json.loads((project_root / "config" / "roadmap.schema.json").read_text(encoding="utf-8"))
    )
    yaml = YAML(typ="safe", pure=True)
    return lambda text: validator.is_valid(json.loads(json.dumps(yaml.load(text), default=str)))


def test_the_roadmap_of_the_page_has_nothing_wrong(blocks, valid):
    text = blocks["# roadmap/payments.yaml"]
    assert read(text, "payments", "roadmap/payments.yaml").problems == ()
    assert valid(text)
    assert tidy(text, "x") == tidy(tidy(text, "x"), "x")


def test_the_config_of_the_page_loads(blocks, tmp_path):
    file = tmp_path / "pmsync.yaml"
    file.write_text(blocks["# pmsync.yaml"], encoding="utf-8")
    config = load(file, load_plugins()[0], {"JIRA_TOKEN": "x", "GITHUB_TOKEN": "y"})
    assert [place.key for place in config.products[0].places] == ["payments", "PAY", "acme/api"]


def test_the_page_explains_every_key_of_an_item(page):
    table = page[page.index("| key | shows as |") :]
    scores = {"ice", "wsjf", "cd3", "weighted", "value", "opportunity"}
    assert [key for key in KEYS if f"`{key}`" not in page and key not in scores and not key.startswith("pin_")] == []
    assert table.count("\n| `") >= 10


def test_the_messages_of_the_page_are_the_programs(page, blocks):
    """Wherever they stand in a file."""
    text = blocks["# roadmap/payments.yaml"]
    text = (
        text.replace("when: 2026Q1", "when: 2026-13")
        .replace("release: pay-2026.1", "release: pay-2026.3")
        .replace("13 points", "0")
    )
    said = {str(one).partition(": ")[2] for one in read(text, "payments", "roadmap/payments.yaml").problems}
    shown = re.findall(r"^roadmap/payments\.yaml:\d+:\d+: (.*)$", page, re.MULTILINE)
    assert set(shown) == said


def test_the_schema_is_fresh(project_root):
    assert (project_root / "config" / "roadmap.schema.json").read_text(encoding="utf-8") == schema.text()


def test_the_example_is_valid(project_root, valid):
    assert valid((project_root / "config" / "roadmap" / "payments.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "text",
    [
        "itmes: {}",
        "items: {a: {horizon: soon}}",
        "items: {a: {titel: A}}",
        "items: {a: {when: 2026-Q9}}",
        "items: {a b: {title: A}}",
        "items: {a: {links: [PAY-1]}}",
        "items: {a: {decision: {verdict: perhaps}}}",
        "releases: {r: {name: R, shipped: yes please}}",
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(valid, text):
    assert not valid(text)
    assert read(text, "x", "x.yaml").problems


def test_the_schema_completes_every_key_of_an_item():
    item = schema.document()["properties"]["items"]["additionalProperties"]["properties"]
    assert tuple(item) == KEYS
    assert all(one.get("description") or one.get("anyOf") for one in item.values())
