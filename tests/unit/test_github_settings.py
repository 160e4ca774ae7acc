"""The GitHub part of the config: what is accepted, and what is said of the rest."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from pmsync_github import GitHubScope, GitHubSettings, plugin

PEM = "-----BEGIN RSA PRIVATE KEY-----\nx\n-----END RSA PRIVATE KEY-----"


def test_token_alone_is_enough():
    settings = GitHubSettings.model_validate({"token": "ghp_x"})
    assert settings.url == "https://api.github.com"


def test_secrets_never_show():
    settings = GitHubSettings.model_validate({"app": {"id": 1, "private_key": PEM}, "webhook_secret": "hush"})
    shown = f"{settings!r} {settings} {settings.model_dump()}"
    assert "BEGIN" not in shown
    assert "hush" not in shown


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "either `token` or `app`"),
        ({"token": "x", "app": {"id": 1, "private_key": PEM}}, "either `token` or `app`"),
        ({"token": " "}, "is empty"),
        ({"token": "x", "tokn": "y"}, "tokn"),
        ({"token": "x", "url": "http://github.acme.com/api/v3"}, "must be https"),
        ({"token": "x", "url": "https://github.com"}, "https://api.github.com"),
        ({"token": "x", "url": "https://me:pw@api.github.com"}, "credentials belong in `token`"),
        ({"token": "x", "url": "api.github.com"}, "is no address"),
        ({"app": {"id": 1, "private_key": "/path/key.pem"}}, "${file:...}"),
        ({"app": {"id": 0, "private_key": PEM}}, "greater than 0"),
    ],
)
def test_wrong_settings_are_refused_with_the_remedy(given, said):
    with pytest.raises(ValidationError) as refused:
        GitHubSettings.model_validate(given)
    assert said in str(refused.value)


def test_loopback_may_be_http():
    assert GitHubSettings.model_validate({"token": "x", "url": "http://127.0.0.1:8080/"}).url == "http://127.0.0.1:8080"


def test_scope_has_a_short_form():
    assert GitHubScope.model_validate("acme/api") == GitHubScope(repo="acme/api")
    assert plugin.scope_key(GitHubScope.model_validate("Acme/Api")) == "Acme/Api"


def test_scope_keeps_labels_and_audience():
    scope = GitHubScope.model_validate({"repo": "acme/web", "labels": ["payments"], "audience": "public"})
    assert (scope.labels, scope.audience) == (("payments",), "public")


@pytest.mark.parametrize("repo", ["acme", "acme/", "https://github.com/acme/api", "acme/api/issues", "acme/..", "ac me/api", ""])
def test_what_is_no_repository_is_refused_with_an_example(repo):
    with pytest.raises(ValidationError, match="owner/name"):
        GitHubScope.model_validate(repo)


def test_unknown_audience_and_empty_label_are_refused():
    with pytest.raises(ValidationError):
        GitHubScope.model_validate({"repo": "acme/api", "audience": "everyone"})
    with pytest.raises(ValidationError, match="empty label"):
        GitHubScope.model_validate({"repo": "acme/api", "labels": [" "]})
