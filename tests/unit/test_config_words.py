"""What pydantic finds in the settings of any connector, in the words of the config."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from pmsync.config.problems import Problems, nearest
from pmsync.config.words import known_keys, secret_texts, take
from pmsync.connect.errors import ConfigError


class Basic(BaseModel):
    model_config = ConfigDict(extra="forbid")
    how: Literal["basic"]
    user: str
    password: SecretStr


class Key(BaseModel):
    model_config = ConfigDict(extra="forbid")
    how: Literal["key"]
    pem: SecretStr


class Settings(BaseModel):
    """What a connector from elsewhere may ask for: unions, aliases, nested models in lists and mappings."""

    model_config = ConfigDict(extra="forbid")
    queues: str | list[str] = ""
    level: Literal["a", "b"] | Literal["c"] = "a"
    auth: Annotated[Basic | Key, Field(discriminator="how")] | None = None
    hooks: list[Basic] = Field(default_factory=list)
    by_name: dict[str, Basic] = Field(default_factory=dict, alias="by-name")
    port: int = Field(443, ge=1)


@pytest.fixture
def told():
    """The lines and hints about some settings that stand at ``systems.x``."""

    def told(given):
        problems = Problems("f", {})
        with pytest.raises(ValidationError) as wrong:
            Settings.model_validate(given)
        take(problems, ("systems", "x"), wrong.value, Settings, given)
        with pytest.raises(ConfigError) as caught:
            problems.stop()
        return [line.removeprefix("f:1:1: systems.x.") for line in str(caught.value).splitlines()], caught.value.hint

    return told


def test_union_is_told_once(told):
    assert told({"queues": 5})[0] == ["queues: is a number where a text or a list is wanted"]


def test_words_of_a_union_are_all_offered(told):
    assert told({"level": "z"}) == (["level: unknown value 'z'"], "valid here: a, b, c")


def test_branch_of_a_union_is_no_part_of_the_path(told):
    assert told({"auth": {"how": "basic", "user": "x", "passwrd": "y"}})[0] == [
        "auth.password: is missing",
        "auth.passwrd: unknown key 'passwrd'",
    ]


def test_unknown_key_deep_within_lists_and_mappings_gets_the_nearest_of_that_place(told):
    basic = {"how": "basic", "user": "x", "password": "y"}
    lines, hint = told({"hooks": [basic, {**basic, "usr": 1}], "by-name": {"n": {**basic, "pasword": 1}}})
    assert lines == ["hooks.1.usr: unknown key 'usr'", "by-name.n.pasword: unknown key 'pasword'"]
    assert hint == "line 1: did you mean 'user'?\nline 1: did you mean 'password'?"


def test_key_is_suggested_as_the_config_spells_it(told):
    assert told({"by_name": {}})[1] == "did you mean 'by-name'?"


def test_other_findings_keep_pydantics_words(told):
    assert told({"port": 0})[0] == ["port: input should be greater than or equal to 1"]


def test_known_keys_of_a_place_that_does_not_exist():
    assert known_keys(Settings, ("nowhere", 0)) == []


def test_secrets_are_found_wherever_they_are_declared():
    given = {
        "auth": {"how": "key", "pem": "one"},
        "hooks": [{"password": "two", "user": "no secret"}, 5],
        "by-name": {"n": {"password": "three", "unknown": {"password": "never declared"}}},
        "queues": ["no secret"],
    }
    assert list(secret_texts(Settings, given)) == ["one", "two", "three"]


@pytest.mark.parametrize(
    ("word", "known", "remedy"),
    [
        ("systms", ["systems", "store"], "did you mean 'systems'?"),
        ("STORE", ["systems", "store"], "did you mean 'store'?"),
        ("xyz", ["systems", "store"], "valid here: store, systems"),
        ("", ["a"], "valid here: a"),
        ("a", [], ""),
    ],
)
def test_remedy_is_the_nearest_word_or_all_of_them(word, known, remedy):
    assert nearest(word, known) == remedy
