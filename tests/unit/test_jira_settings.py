"""What may stand in the config."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from pmsync_jira import JiraScope, JiraSettings, plugin

GOOD = {"url": "https://acme.atlassian.net/", "login": "bot@acme.com", "token": "canary-token"}


def test_short_form_of_a_scope_is_its_key():
    scope = JiraScope.model_validate("PAY")
    assert plugin.scope_key(scope) == "PAY"


@pytest.mark.parametrize(
    ("key", "words"), [("pay", "did you mean PAY?"), ("PAY-7", "e.g. PAY"), ("", "e.g. PAY"), ('P"A', "e.g. PAY")]
)
def test_what_is_no_project_key_is_refused(key, words):
    with pytest.raises(ValidationError, match=words.replace("?", r"\?")):
        JiraScope.model_validate(key)


@pytest.mark.parametrize(
    "where",
    ["a = 1) OR (project = HR", "labels = 'x", "(a = 1", "a = 1 ORDER BY rank", ")("],
)
def test_condition_cannot_reach_beyond_its_scope_c18(where):
    """C18: the scope binds pulls; no condition widens it."""
    with pytest.raises(ValidationError):
        JiraScope(project="PAY", where=where)


@pytest.mark.parametrize("where", ['component = "API (v2)"', "summary ~ 'order by )'", "labels in (a, b)"])
def test_quoted_text_may_hold_anything(where):
    assert JiraScope(project="PAY", where=where).where == where


def test_unknown_keys_are_refused():
    with pytest.raises(ValidationError, match="tokn"):
        JiraSettings.model_validate({**GOOD, "tokn": "x"})


@pytest.mark.parametrize(
    "wrong",
    [
        {"token": ""},
        {"login": ""},
        {"url": "acme.atlassian.net"},
        {"url": "https://me:pw@acme"},
        {"url": "http://acme.example"},
        {"token": "x\n"},
    ],
)
def test_unusable_settings_are_refused(wrong):
    with pytest.raises(ValidationError):
        JiraSettings.model_validate({**GOOD, **wrong})


def test_token_never_shows_c55():
    settings = JiraSettings.model_validate(GOOD)
    assert "canary-token" not in repr(settings) + str(settings.model_dump())
    assert settings.url == "https://acme.atlassian.net"
