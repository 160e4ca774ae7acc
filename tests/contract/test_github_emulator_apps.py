"""The GitHub emulator: Apps, their own tokens and those of their installations."""

from __future__ import annotations

import base64
import json

import pytest


@pytest.fixture
def app(github):
    """App 7, installed on acme for acme/api alone."""
    return github.server.add_app(7, "pmsync", "acme", repos=["acme/api"])


def jwt(github, *, algorithm="RS256", **claims):
    """A token as an App makes it; the signature is not looked at, as the emulator knows no keys."""
    now = int(github.clock.now())
    content = {"iat": now - 60, "exp": now + 540, "iss": "7"} | claims
    parts = ({"alg": algorithm, "typ": "JWT"}, content)
    return ".".join([*(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts), "c2ln"])


def installation_token(github, app, **claims):
    return github.ask("POST", f"/app/installations/{app.id}/access_tokens", token=jwt(github, **claims))


def test_an_app_finds_itself_and_its_installation(github, app):
    assert github.ask("GET", "/app", token=jwt(github)).json["slug"] == "pmsync"
    assert github.ask("GET", "/installation", token=jwt(github)).json["id"] == app.id
    assert [one["id"] for one in github.ask("GET", "/app/installations", token=jwt(github)).json] == [app.id]
    github.server.add_repo("acme/web")
    assert github.ask("GET", "/repos/acme/web/installation", token=jwt(github)).status == 404


def test_an_installation_writes_as_its_bot_where_it_is_installed(github, app):
    github.server.add_repo("acme/web")
    token = installation_token(github, app).json["token"]
    made = github.ask("POST", "/issues", {"title": "x", "labels": ["y"]}, token=token).json
    assert (made["user"]["login"], made["user"]["type"], made["labels"][0]["name"]) == ("pmsync[bot]", "Bot", "y")
    assert github.ask("POST", "/repos/acme/web/issues", {"title": "x"}, token=token).status == 403
    assert github.ask("GET", "/repos/acme/web/issues", token=token).json == []
    assert github.graph("{ viewer { login } }", token=token)["data"]["viewer"]["login"] == "pmsync[bot]"


def test_an_installation_has_no_account_of_its_own(github, app):
    refused = github.ask("GET", "/user", token=installation_token(github, app).json["token"])
    assert (refused.status, refused.json["message"]) == (403, "Resource not accessible by integration")


def test_an_installation_token_ends_after_an_hour_and_its_successor_has_other_etags(github, app):
    made = installation_token(github, app).json
    assert made["expires_at"] == "2026-01-01T01:00:00Z"
    first = github.ask("GET", "/issues", token=made["token"])
    github.clock.sleep(3600)
    assert github.ask("GET", "/issues", token=made["token"]).status == 401
    other = installation_token(github, app).json["token"]
    assert github.ask("GET", "/issues", token=other, headers={"if-none-match": first.headers["etag"]}).status == 200


def test_an_installation_that_may_only_read(github):
    app = github.server.add_app(7, "pmsync", "acme", permissions={"issues": "read", "metadata": "read"})
    token = installation_token(github, app).json["token"]
    assert github.ask("GET", "/issues", token=token).status == 200
    refused = github.ask("POST", "/issues", {"title": "x"}, token=token)
    assert (refused.status, refused.json["message"]) == (403, "Resource not accessible by integration")


@pytest.mark.parametrize(
    ("claims", "word"),
    [
        ({"exp": 1}, "Expiration time"),
        ({"exp": 2_000_000_000}, "too far in the future"),
        ({"iat": 2_000_000_000}, "Issued at"),
        ({"iss": "8"}, "Integration not found"),
        ({"algorithm": "HS256"}, "could not be decoded"),
    ],
)
def test_tokens_of_the_wrong_shape_are_refused(github, app, claims, word):
    refused = installation_token(github, app, **claims)
    assert refused.status == 401
    assert word in refused.json["message"]


def test_a_personal_token_is_no_app(github, app):
    assert github.ask("GET", "/app").status == 401
    assert github.ask("GET", "/app", token="a.b.c").status == 401
