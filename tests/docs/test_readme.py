"""What the documents tell people to type exists, their links lead somewhere, and the config in the README is one."""

from __future__ import annotations

import ast
import re

import pytest

from pmsync.config.load import load
from pmsync.connect.registry import load_plugins
from pmsync.model.enums import Direction, Kind, Priority, Role, Status

DOCUMENTS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/**/*.md", "connectors/*/README.md")
LINK = re.compile(r"\]\(([^)\s]+)\)")
SPAN = re.compile(r"`(?:\.venv/bin/)?pmsync ([^`]+)`")
LINE = re.compile(r"^ {4}(?:\$ )?pmsync (.+)$", re.MULTILINE)


@pytest.fixture(scope="module")
def documents(project_root):
    return {file: file.read_text(encoding="utf-8") for pattern in DOCUMENTS for file in sorted(project_root.glob(pattern))}


@pytest.fixture(scope="module")
def manual(project_root):
    """Command to what ``docs/cli.md`` says of it; that page is made from the program, see test_generated.py."""
    sections = re.split(r"^## ", (project_root / "docs" / "cli.md").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return {section.partition("\n")[0]: section for section in sections}


def typed(text):
    """The command lines in a text, split into words."""
    return [line.split() for line in SPAN.findall(text) + LINE.findall(text)]


def test_every_command_in_the_documents_exists(documents, manual):
    unknown = []
    for file, text in documents.items():
        for words in typed(text):
            plain = [word for word in words if not word.startswith("-")]
            if plain and not any(plain[: len(name.split())] == name.split() for name in manual):
                unknown.append(f"{file.name}: pmsync {' '.join(words)}")
    assert unknown == []


def test_every_option_in_the_documents_exists(documents, manual):
    unknown = []
    for file, text in documents.items():
        for words in typed(text):
            name = next((name for name in manual if words[: len(name.split())] == name.split()), None)
            options = {word.split("=")[0] for word in words if re.match(r"--?[a-z]", word)}
            known = set(re.findall(r"`(--?[a-z-]+)", manual[name])) if name else options
            unknown += [f"{file.name}: pmsync {' '.join(words)}: {option}" for option in options - known]
    assert unknown == []


def test_every_make_target_in_the_documents_exists(documents, project_root):
    targets = set(re.findall(r"^([a-z]+):", (project_root / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {target for text in documents.values() for target in re.findall(r"(?:`| {4})make ([a-z]+)", text)}
    assert named <= targets


def test_every_link_leads_somewhere(documents, project_root):
    broken = []
    for file, text in documents.items():
        for link in LINK.findall(text):
            path, _, anchor = link.partition("#")
            if re.match(r"[a-z]+:", link):
                continue
            target = (file.parent / path).resolve() if path else file
            if not target.exists() or not target.is_relative_to(project_root) or (anchor and anchor not in anchors(target)):
                broken.append(f"{file.relative_to(project_root)}: {link}")
    assert broken == []


def anchors(file):
    """What a heading of a Markdown file is linked by."""
    headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_config_in_the_readme_is_a_good_one(project_root, tmp_path):
    text = (project_root / "README.md").read_text(encoding="utf-8")
    [block] = re.findall(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    file = tmp_path / "pmsync.yaml"
    file.write_text(block, encoding="utf-8")
    plugins, _ = load_plugins(frozenset({"jira", "github"}))
    config = load(file, plugins, {"JIRA_TOKEN": "x", "GITHUB_TOKEN": "y"})
    assert set(config.systems) == {"jira", "github"}
    assert [rule.to for rule in config.products[0].mirror] == ["github:acme/payments", "jira:PAY"]


def test_glossary_explains_every_public_class_of_the_model(project_root):
    glossary = (project_root / "docs" / "glossary.md").read_text(encoding="utf-8")
    sources = [*(project_root / "src/pmsync/model").glob("*.py"), project_root / "src/pmsync/reconcile/view.py"]
    classes = {
        node.name
        for source in sources
        for node in ast.parse(source.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef)
    }
    assert {name for name in classes if f"`{name}`" not in glossary} == set()


def test_glossary_names_every_word_of_the_closed_vocabularies(project_root):
    """``pmsync.model.enums`` says that their meaning is fixed there."""
    glossary = (project_root / "docs" / "glossary.md").read_text(encoding="utf-8")
    words = [str(member) for vocabulary in (Direction, Kind, Priority, Role, Status) for member in vocabulary]
    assert [word for word in words if not re.search(rf"\b{word}\b", glossary)] == []


def test_glossary_explains_each_word_once(project_root):
    glossary = (project_root / "docs" / "glossary.md").read_text(encoding="utf-8")
    words = re.findall(r"^\| ([^|]+) \|", glossary, re.MULTILINE)
    words = [word for word in words if word not in ("word", "---")]
    assert sorted(words) == sorted(set(words))


def test_every_decision_is_in_the_index(project_root):
    folder = project_root / "docs" / "adr"
    index = (folder / "README.md").read_text(encoding="utf-8")
    for file in sorted(folder.glob("[0-9]*.md")):
        title = file.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ").partition(" ")[2]
        assert f"({file.name}) | {title} |" in index
