"""References to secrets: where they lead, and what is told when they lead nowhere."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from pmsync.config.problems import Problems
from pmsync.config.secrets import Surroundings, resolve
from pmsync.connect.errors import ConfigError

CANARY = "canary-5ecret-t0ken"


@pytest.fixture
def find(tmp_path):
    """Resolves one text; returns the value and the secrets, or raises what was wrong."""

    def find(text, **environ):
        problems = Problems("pmsync.yaml", {})
        document, secrets = resolve({"token": text}, problems, Surroundings(environ, tmp_path))
        problems.stop()
        return document["token"], secrets

    return find


@pytest.fixture
def complaint(find):
    """What is told about a text that cannot be resolved."""

    def complain(text, **environ):
        with pytest.raises(ConfigError) as caught:
            find(text, **environ)
        return f"{caught.value}\n{caught.value.hint}"

    return complain


def test_variable_is_filled_in(find):
    assert find("${JIRA_TOKEN}", JIRA_TOKEN=CANARY) == (CANARY, (CANARY,))


def test_reference_may_stand_within_a_text(find):
    assert find("postgresql://pm:${PW}@db/${NAME:-pm}", PW=CANARY) == (f"postgresql://pm:{CANARY}@db/pm", (CANARY,))


def test_default_is_taken_when_the_variable_is_missing_or_empty(find):
    """It is no secret: it stands in the file."""
    assert find("${URL:-https://acme.test}") == ("https://acme.test", ())
    assert find("${URL:-https://acme.test}", URL="") == ("https://acme.test", ())


def test_variable_beats_its_default(find):
    assert find("${URL:-https://acme.test}", URL="https://other.test")[0] == "https://other.test"


def test_value_is_not_searched_for_references(find):
    """A secret may hold any characters."""
    assert find("${TOKEN}", TOKEN="${HOME}$${")[0] == "${HOME}$${"


def test_doubled_dollar_is_a_plain_one(find):
    assert find("a $${NAME} b") == ("a ${NAME} b", ())


def test_dollar_without_brace_is_text(find):
    assert find("$5 and $NAME") == ("$5 and $NAME", ())


def test_missing_variable_is_named(complaint):
    said = complaint("${JIRA_TOKEN}")
    assert "the environment variable JIRA_TOKEN is not set" in said
    assert "export JIRA_TOKEN=..." in said


@pytest.mark.parametrize("value", ["", " ", "\n", "\r\n"])
def test_empty_variable_is_as_bad_as_a_missing_one(complaint, value):
    assert "JIRA_TOKEN is empty" in complaint("${JIRA_TOKEN}", JIRA_TOKEN=value)


def test_trailing_carriage_return_of_an_env_file_is_dropped(find):
    assert find("${TOKEN}", TOKEN=f"{CANARY}\r") == (CANARY, (CANARY,))


def test_file_is_read_without_surrounding_space(find, tmp_path):
    (tmp_path / "token").write_text(f"{CANARY}\n", encoding="utf-8")
    assert find(f"${{file:{tmp_path / 'token'}}}") == (CANARY, (CANARY,))


def test_relative_file_starts_from_the_config(find, tmp_path):
    (tmp_path / "token").write_text(CANARY, encoding="utf-8")
    assert find("${file:token}")[0] == CANARY


def test_missing_file_is_named(complaint):
    said = complaint("${file:/nowhere/token}")
    assert "the secret file /nowhere/token cannot be read: no such file or directory" in said
    assert "create /nowhere/token" in said


def test_empty_file_is_refused(complaint, tmp_path):
    (tmp_path / "token").write_text(" \n", encoding="utf-8")
    assert "is empty" in complaint("${file:token}")


def test_folder_is_no_secret_file(complaint, tmp_path):
    assert "cannot be read: is a directory" in complaint(f"${{file:{tmp_path}}}")


def test_file_that_is_no_text_is_refused(complaint, tmp_path):
    (tmp_path / "token").write_bytes(b"\xff\xfe\x00")
    assert "is not a UTF-8 text" in complaint("${file:token}")


def test_endless_file_is_refused(complaint):
    assert "larger than 64 KiB" in complaint("${file:/dev/zero}")


def test_missing_keyring_package_is_told(complaint, monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)
    said = complaint("${keyring:pmsync/jira}")
    assert "the keyring package is not installed" in said
    assert "pip install keyring" in said


def test_keyring_is_asked_for_service_and_user(find, monkeypatch):
    asked = []
    keyring = SimpleNamespace(get_password=lambda *names: asked.append(names) or CANARY)
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    assert find("${keyring:pmsync/jira}") == (CANARY, (CANARY,))
    assert asked == [("pmsync", "jira")]


def test_keyring_without_the_entry_is_told(complaint, monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", SimpleNamespace(get_password=lambda *names: None))
    assert "the keyring has no entry pmsync/jira" in complaint("${keyring:pmsync/jira}")


def test_failing_keyring_is_told_without_its_words(complaint, monkeypatch):
    """A locked or absent back end fails in any way, and its message may hold anything."""

    def fail(*names):
        raise RuntimeError(CANARY)

    monkeypatch.setitem(sys.modules, "keyring", SimpleNamespace(get_password=fail))
    said = complaint("${keyring:pmsync/jira}")
    assert "the keyring cannot be read (RuntimeError)" in said
    assert CANARY not in said


@pytest.mark.parametrize(
    "text", ["${}", "${JIRA TOKEN}", "${env:TOKEN}", "${keyring:alone}", "${file:}", "${TOKEN-x}", f"${{{CANARY}}}", "${1}"]
)
def test_what_is_no_reference_is_refused_and_not_quoted(complaint, text):
    """Someone may have pasted the secret itself between the braces."""
    said = complaint(text)
    assert "this is not a reference" in said
    assert CANARY not in said


@pytest.mark.parametrize("text", ["${TOKEN", "${A:-${B}}", "a${"])
def test_unclosed_reference_is_refused(complaint, text):
    assert "a reference is not closed" in complaint(text, A="x", B="y", TOKEN="z")


def test_reference_in_a_key_is_refused():
    problems = Problems("pmsync.yaml", {})
    resolve({"systems": {"${NAME}": {}}}, problems, Surroundings({"NAME": "jira"}, None))
    with pytest.raises(ConfigError, match="a reference cannot stand in a key"):
        problems.stop()


def test_what_is_no_text_is_left_alone():
    problems = Problems("pmsync.yaml", {})
    document = {"a": [1, 2.5, True, None, {"b": "c"}]}
    assert resolve(document, problems, Surroundings({}, None)) == (document, ())
