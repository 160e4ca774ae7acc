"""C55: a secret never shows. The ``site`` fixture looks for its secrets after every test of this folder; these tests go where they would."""

from __future__ import annotations

import json
import logging

import pytest

from pmsync.testing.emulator import Response, serve


class Parrot:
    """A server that says back whatever it was told, credentials included."""

    base_url = ""
    events = ()

    def __init__(self, status):
        self.status = status

    def handle(self, request):
        said = f"{request.headers.get('authorization')} {request.path} {request.query} {request.body.decode('utf-8', 'replace')}"
        content = {"message": said, "errorMessages": [said], "errors": {"summary": said}}
        return Response(self.status, {"content-type": "application/json"}, json.dumps(content).encode())


@pytest.mark.parametrize("status", [200, 400, 401, 404, 500])
@pytest.mark.parametrize("system", ["jira", "github"])
def test_a_server_that_repeats_our_credentials_is_not_quoted(site, system, status):
    with serve(Parrot(status)) as url:
        site.edit(getattr(site, system).base_url, url)
        for command in ("doctor", "sync"):
            assert site.pmsync(command).code == 1
    assert site.leaks() == []


def test_the_search_for_leaks_finds_what_there_is(site):
    """A test that cannot fail proves nothing."""
    (site.folder / "note.txt").write_text(f"token={site.environ['JIRA_TOKEN']}")
    site.outputs.append(f"Basic {_basic(site)}")
    assert len(site.leaks()) == 2
    (site.folder / "note.txt").unlink()
    site.outputs.clear()


def _basic(site):
    from base64 import b64encode

    return b64encode(f"bot@example.com:{site.environ['JIRA_TOKEN']}".encode()).decode()


def test_nothing_is_kept_of_a_whole_round(site):
    """Plan file, database, write-ahead log, outputs."""
    site.file()
    for command in (
        ["doctor"],
        ["plan", "-o", "plan.json"],
        ["apply", "plan.json"],
        ["sync"],
        ["status"],
        ["log"],
        ["explain", "PAY-1"],
    ):
        assert site.pmsync(*command).code == 0
    assert (site.folder / "plan.json").exists()
    assert site.store.exists()
    assert site.leaks() == []


def test_debug_logs_of_libraries_show_no_secret(site):
    site.file()
    environ = {**site.environ, "PMSYNC_LOG": "debug"}
    for command in ("doctor", "sync"):
        result = site.process(command, environ=environ)
        assert "debug: " in result.err, "nothing was logged, so nothing was proved"
    assert site.leaks() == []


def test_without_being_asked_libraries_log_nothing(site):
    site.file()
    for command in ("doctor", "sync", "people"):
        assert site.pmsync(command).err == ""


def test_a_log_line_of_any_library_is_cleared(site, monkeypatch):
    """Httpx logs URLs at INFO; a foreign connector may put a token into one."""
    from pmsync.engine import reading

    def talkative(*args):
        logging.getLogger("some.sdk").error("GET /?token=%s", site.environ["GITHUB_TOKEN"])
        return status(*args)

    status = reading.status
    monkeypatch.setattr(reading, "status", talkative)
    assert "error: some.sdk: GET /?token=***" in site.pmsync("status").err


def test_a_fault_shows_its_traceback_without_secrets(site, monkeypatch):
    """Local variables are never shown, and the message is cleared."""
    from pmsync.engine import reading

    def broken(*args):
        token = site.environ["GITHUB_TOKEN"]
        raise RuntimeError(f"{token} is wrong")

    monkeypatch.setattr(reading, "status", broken)
    with pytest.raises(AssertionError, match="this is a fault in pmsync"):
        site.pmsync("status")
    said = site.outputs[-1]
    assert "RuntimeError: *** is wrong" in said
    assert "this is a fault in pmsync" in said
    assert "token = 'canary" not in said


def test_a_fault_with_json_is_still_one_document(site, monkeypatch):
    from pmsync.engine import reading

    def broken(*args):
        raise RuntimeError("oh")

    monkeypatch.setattr(reading, "status", broken)
    with pytest.raises(AssertionError, match="this is a fault in pmsync"):
        site.pmsync("status", "--json")
    document = json.loads(site.outputs[-2])
    assert document["exit_code"] == 1


def test_a_secret_pasted_into_the_config_is_not_quoted(site):
    """Somebody writes the token itself where it does not belong."""
    site.edit("login: bot@example.com", f"login: {{wrong: {site.environ['JIRA_TOKEN']}}}")
    before = site.config.read_text()
    result = site.pmsync("doctor")
    assert result.code == 2
    site.config.write_text("")
    assert site.leaks() == []
    site.config.write_text(before.replace(site.environ["JIRA_TOKEN"], "x"))


def test_the_password_of_the_database_is_not_quoted(site):
    site.add('store: "postgresql://pm:${HOOK_SECRET}@127.0.0.1:1/pmsync"\n')
    result = site.pmsync("status")
    assert result.code == 1
    assert "***" in result.said
