"""Reading YAML: the place of every key, and errors that say where."""

from __future__ import annotations

import pytest

from pmsync.config import document
from pmsync.connect.errors import ConfigError


@pytest.fixture
def write(tmp_path):
    """Writes a config and returns its path."""

    def write(content):
        file = tmp_path / "pmsync.yaml"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file

    return write


@pytest.fixture
def complaint(write):
    """What is told about a document: message and hint, the file's name shortened to its last part."""

    def complain(content):
        file = write(content)
        with pytest.raises(ConfigError) as caught:
            document.read(file)[1].stop()
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None, "a traceback would quote the file"
        return f"{caught.value}\n{caught.value.hint}".replace(str(file), file.name)

    return complain


@pytest.fixture
def place(write):
    """The line and column that a problem at a path is told with."""

    def place(content, *path):
        _, problems = document.read(write(content))
        problems.add(path, "here")
        with pytest.raises(ConfigError) as caught:
            problems.stop()
        return tuple(int(number) for number in str(caught.value).split(":")[1:3])

    return place


TEXT = """\
systems:
  jira: {kind: jira, url: x}
products:
  payments:
    github:
      - acme/api
      - {repo: acme/web}
"""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("systems",), (1, 1)),
        (("systems", "jira"), (2, 3)),
        (("systems", "jira", "url"), (2, 22)),
        (("products", "payments", "github", 1), (7, 9)),
        (("products", "payments", "github", 1, "repo"), (7, 10)),
        (("systems", "jira", "token"), (2, 3)),
        (("nowhere",), (1, 1)),
    ],
)
def test_every_key_and_item_has_its_place(place, path, expected):
    """What is missing is told at the place of what misses it."""
    assert place(TEXT, *path) == expected


def test_scalars_are_read_as_yaml_1_2(write):
    text = "a: [1, 0x1F, 2.5, true, null, off, yes, 2024-01-01, 1_000, ~, '5']"
    assert document.read(write(text))[0]["a"] == [1, 31, 2.5, True, None, "off", "yes", "2024-01-01", 1000, None, "5"]


def test_keys_are_texts(write):
    """Remote priorities and products are called 1 or 2026."""
    assert document.read(write("2026: {1: high, true: x, 1.0: y}"))[0] == {"2026": {"1": "high", "true": "x", "1.0": "y"}}


def test_byte_order_mark_is_no_key(write):
    assert document.read(write(b"\xef\xbb\xbfstore: x"))[0] == {"store": "x"}


def test_missing_file(tmp_path):
    with pytest.raises(ConfigError, match="there is no config") as caught:
        document.read(tmp_path / "pmsync.yaml")
    assert caught.value.hint == "pmsync init writes one to start from"


def test_folder_is_no_config(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        document.read(tmp_path)


@pytest.mark.parametrize("content", ["", "\n\n", "# only a comment\n", "---\n", "~", "null"])
def test_empty_file(complaint, content):
    assert "pmsync init writes an example" in complaint(content)


@pytest.mark.parametrize(("content", "what"), [("- a\n- b", "a list"), ("jira", "a single value"), ("5", "a single value")])
def test_what_is_no_mapping(complaint, content, what):
    assert f"pmsync.yaml:1:1: the config is {what}; it must be a mapping" in complaint(content)


def test_duplicate_keys_are_all_told_with_both_lines(complaint):
    said = complaint("systems: {a: 1, a: 2}\nproducts: {}\nsystems: {}\n")
    assert "pmsync.yaml:1:17: systems.a: this key stands twice, first in line 1" in said
    assert "pmsync.yaml:3:1: systems: this key stands twice, first in line 1" in said
    assert "keep one of the two" in said


@pytest.mark.parametrize("content", ["systems:\n\tjira: x", "systems:\n  jira:\n\t  kind: x", "a: [\n\t]\n\tb: 1"])
def test_tab_is_named(complaint, content):
    said = complaint(content)
    assert "a tab stands where spaces must" in said
    assert "indent with spaces" in said


def test_tab_is_placed(complaint):
    assert complaint("systems:\n\tjira: x").startswith("pmsync.yaml:2:1: ")


@pytest.mark.parametrize(
    "content", ["a: &x {b: 1}\nc: *x", "a: &x [*x]", "a: *nowhere", "a: **bold**", "&k a: 1", "a: &x 1\nb: &x 2"]
)
def test_anchors_and_aliases_are_refused(complaint, content):
    said = complaint(content)
    assert "anchors" in said or "a key must be a plain text" in said
    assert "nowhere" not in said, "the text after * may be a secret that was not quoted"


def test_bomb_of_aliases_is_refused_at_once(complaint):
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40)]
    assert "anchors" in complaint("\n".join(lines))


@pytest.mark.parametrize(
    "content", ["a: !!set {x}", "a: !secret x", "a: !!python/object:os.system x", "a: !!binary eA==", "!!omap [a: 1]"]
)
def test_tags_are_refused(complaint, content):
    said = complaint(content)
    assert "tags (!)" in said or "must be a mapping" in said


def test_merge_key_is_a_key_like_any_other(write):
    assert document.read(write("<<: {a: 1}"))[0] == {"<<": {"a": 1}}


def test_key_that_is_a_list_is_refused(complaint):
    assert "pmsync.yaml:2:5: systems: a key must be a text, not a list or a mapping" in complaint("systems:\n  ? [a, b]\n  : c\n")


def test_second_document_is_refused(complaint):
    assert "a second document begins here" in complaint("a: 1\n---\nb: 2\n")


def test_broken_quotes_are_placed(complaint):
    assert complaint('a: 1\nb: "x\n').startswith("pmsync.yaml:3:1: not valid YAML: ")


def test_unquoted_reference_in_braces_is_explained(complaint):
    """The likeliest slip of all: ``{token: ${JIRA_TOKEN}}``."""
    said = complaint("systems:\n  jira: {kind: jira, token: ${JIRA_TOKEN}}\n")
    assert said.startswith("pmsync.yaml:2:")
    assert 'write references in quotes: "${NAME}"' in said


def test_what_the_parser_quotes_is_not_repeated(complaint):
    assert "canary" not in complaint("a: %canary\nb: '\n%canary-5ecret: {")


def test_foreign_encoding_is_placed(complaint):
    said = complaint("a: 1\nb: caf\u00e9".encode("latin-1"))
    assert said == "pmsync.yaml:2:7: the byte 0xe9 is not UTF-8\nsave the file in the encoding UTF-8"


def test_utf_16_is_refused(complaint):
    assert "is not UTF-8" in complaint("a: 1".encode("utf-16"))


@pytest.mark.parametrize("content", ["a: b\x00c", "a: b\x07c"])
def test_control_character_is_placed(complaint, content):
    assert complaint(content).startswith("pmsync.yaml:1:5: not valid YAML: a control character")


@pytest.mark.parametrize("content", ['a: "\\0"', 'a: "\\uD800"', 'a: "\\e[31m"'])
def test_escaped_control_character_is_refused(complaint, content):
    assert "pmsync.yaml:1:1: a: a control character or half a character" in complaint(content)


def test_control_character_in_a_key_is_refused_and_shown_as_text(complaint):
    said = complaint('"a\\e[31m": 1')
    assert "\x1b" not in said
    assert "a key must be a plain text" in said


@pytest.mark.parametrize("content", ["a: !!int abc", "a: !!int ''", "a: !!bool maybe", "a: !!float x", "a: " + "9" * 5000])
def test_number_that_is_none_is_refused(complaint, content):
    assert "this cannot be read as" in complaint(content)


@pytest.mark.parametrize("content", ["[" * 5000, "{a: " * 5000, "- " * 5000, "a: " + "[" * 40 + "]" * 40])
def test_deep_nesting_is_refused(complaint, content):
    assert "nested too deeply" in complaint(content)


def test_huge_file_is_refused_unread(complaint):
    assert "is larger than 1 MiB" in complaint(b"a" * (document.LARGEST + 1))


def test_endless_file_is_refused(tmp_path):
    link = tmp_path / "pmsync.yaml"
    link.symlink_to("/dev/zero")
    with pytest.raises(ConfigError, match="is larger than 1 MiB"):
        document.read(link)
