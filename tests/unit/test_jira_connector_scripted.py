"""The connector against scripted answers, for what a stand-in site does not do."""

from __future__ import annotations

import httpx
import pytest

from pmsync.connect.contract import Outcome
from pmsync.connect.errors import AuthFailed, Fatal, Gone
from pmsync.connect.plugin import ScopeConfig
from pmsync.model.enums import Kind
from pmsync.model.record import RecordRef, ScopeRef
from pmsync.model.values import Known
from pmsync.reconcile.operation import Change, Operation, OpKind
from pmsync_jira import JiraScope, plugin

PAY = ScopeRef("jira", "PAY")
TOKEN = "canary-5ecret-t0ken"
ISSUE = {"id": "10001", "key": "CASH-1", "fields": {"summary": "Stays", "project": {"id": "10000", "key": "CASH"}}}


@pytest.fixture
def connector(wire):
    """Builds a connector on scripted answers: by path, or one for all."""

    def build(answers):
        def reply(request):
            found = answers if isinstance(answers, httpx.Response) else answers[request.url.path.removeprefix("/rest/api/3")]
            return httpx.Response(found.status_code, headers=found.headers, content=found.content)

        server = wire(reply)
        settings = {"url": server.base_url, "login": "bot@acme.com", "token": TOKEN, "webhook_secret": "s"}
        scopes = (ScopeConfig(PAY, JiraScope(project="PAY")),)
        return plugin.connector(plugin.settings.model_validate(settings), scopes, server.environment())

    return build


def test_renamed_project_key_keeps_its_scope_c43(connector):
    """C43: the project answers to its old key, its issues show the new one; they are still ours."""
    jira = connector(
        {
            "/issue/bulkfetch": httpx.Response(200, json={"issues": [ISSUE]}),
            "/project/PAY": httpx.Response(200, json={"id": "10000", "key": "CASH", "name": "Cash"}),
        }
    )
    [record] = jira.fetch(PAY, [RecordRef("jira", "10001")]).records
    assert (record.scope, record.key) == (PAY, "CASH-1")
    assert jira.in_scope(PAY, record)


def test_issue_of_a_project_that_is_not_configured_keeps_its_own_scope(connector):
    jira = connector(
        {
            "/issue/bulkfetch": httpx.Response(200, json={"issues": [ISSUE]}),
            "/project/PAY": httpx.Response(200, json={"id": "77", "key": "PAY"}),
        }
    )
    [record] = jira.fetch(PAY, [RecordRef("jira", "10001")]).records
    assert record.scope == ScopeRef("jira", "CASH")


def test_priorities_of_the_site_serve_where_there_is_no_scheme_search(connector):
    jira = connector(
        {
            "/project/PAY": httpx.Response(200, json={"id": "1", "key": "PAY"}),
            "/project/PAY/statuses": httpx.Response(200, json=[]),
            "/priority/search": httpx.Response(404, json={"errorMessages": ["gone"]}),
            "/priority": httpx.Response(200, json=[{"id": "1", "name": "High"}]),
            "/mypermissions": httpx.Response(200, json={"permissions": {}}),
        }
    )
    [lens] = [surface.lens for surface in jira.surfaces(PAY) if surface.id == "priority"]
    assert lens.reads == {"1": "high"}


def test_login_page_is_no_answer(connector):
    """Trap 16: HTML instead of JSON is a wrong URL, not an empty site."""
    page = httpx.Response(200, html="<html>Sign in</html>")
    with pytest.raises(Fatal, match="web page"):
        connector(page).fetch(PAY, [RecordRef("jira", "1")])


def test_refused_token_is_told_without_showing_it_c55(connector):
    with pytest.raises(AuthFailed) as refused:
        connector(httpx.Response(401, json={"errorMessages": [f"bad {TOKEN}"]})).me()
    assert TOKEN not in f"{refused.value} {refused.value.hint}"


def test_invisible_container_is_unreadable(connector):
    assert not connector(httpx.Response(404, json={})).container(PAY).readable


def test_wrong_project_is_gone_by_name(connector):
    with pytest.raises(Gone, match="PAY"):
        connector(httpx.Response(404, json={})).scopes([PAY])


def test_edit_that_met_another_is_a_conflict(connector):
    """409: nothing was carried out; read again and plan anew."""
    change = Change("title", "title", Known("a"), Known("b"), Known("b"), "asked")
    op = Operation("u", OpKind.UPDATE, "i", PAY, RecordRef("jira", "1"), "PAY-1", Kind.TASK, (change,), None, "asked")
    [receipt] = connector(httpx.Response(409, json={"errorMessages": ["busy"]})).apply(PAY, [op])
    assert receipt.outcome is Outcome.CONFLICT


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-hub-signature": "sha1=00"},
        {"x-hub-signature": "sha256=00"},
        {"x-hub-signature": "sha256=\u00e4"},
        {"x-hub-signature": ""},
    ],
)
def test_webhook_without_our_signature_is_refused(connector, headers):
    with pytest.raises(AuthFailed):
        connector(httpx.Response(200)).hints(headers, b'{"issue": {"id": "1"}}')
