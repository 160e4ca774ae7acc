"""Setting GitHub up: Apps, ``doctor``, webhooks, and PyGithub kept on a leash. Every answer comes from the stand-in server."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from pmsync.connect.contract import Level, Outcome
from pmsync.connect.errors import AuthFailed, ConfigError, WriteRefused
from pmsync.connect.plugin import Environment, ScopeConfig
from pmsync.model.record import RecordRef, ScopeRef
from pmsync.model.values import Known
from pmsync.net.fence import Fence
from pmsync.testing.emulator import serve
from pmsync_github import plugin
from pmsync_github.emulator import BOT


@pytest.fixture
def hub(github_hub):
    return github_hub()


@pytest.fixture(scope="module")
def key():
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    return made.private_bytes(*form).decode()


def found(connector, *scopes, level=Level.ERROR):
    return [f"{check.subject}: {check.finding} -> {check.remedy}" for check in connector.check(scopes) if check.level is level]


# -- Apps ---------------------------------------------------------------------------------------------------------------------


def test_app_finds_its_installation_and_acts_as_its_bot(hub, key):
    hub.server.add_app(7, "pmsync", "acme")
    connector = hub.connector(settings={"app": {"id": 7, "private_key": key}})
    assert connector.me() == "pmsync[bot]"
    [receipt] = hub.send(connector, hub.create(title="T"))
    assert receipt.outcome is Outcome.DONE
    assert receipt.record.creator == "pmsync[bot]"


def test_record_of_a_bot_is_the_same_over_both_apis(hub, key):
    """GraphQL calls the bot pmsync, REST pmsync[bot]; markers count only on our own creations."""
    hub.server.add_app(7, "pmsync", "acme")
    connector = hub.connector(settings={"app": {"id": 7, "private_key": key, "installation": 1007}})
    [receipt] = hub.send(connector, hub.create(title="T"))
    [pulled], _ = hub.pull(connector)
    [fetched] = connector.fetch(hub.API, [receipt.ref]).records
    assert pulled == fetched == receipt.record


def test_installation_token_is_renewed_before_it_ends(hub, key):
    hub.server.add_app(7, "pmsync", "acme")
    connector = hub.connector(settings={"app": {"id": 7, "private_key": key, "installation": 1007}})
    for _ in range(5):
        hub.pull(connector)
        hub.clock.sleep(1700)
    granted = [name for name in hub.names() if "access_tokens" in name]
    assert len(granted) == 3
    assert 401 not in {status for _, _, status in hub.calls}


def test_app_reads_a_quiet_list_once_for_each_installation_token(hub, key):
    """GitHub's ETags belong to one token, and an App's are renewed about every hour."""
    hub.server.add_app(7, "pmsync", "acme")
    hub.issues(1)
    connector = hub.connector(settings={"app": {"id": 7, "private_key": key, "installation": 1007}})
    cursor = None
    for _ in range(180):
        _, cursor = hub.pull(connector, cursor)
        hub.clock.sleep(60)
    granted = [name for name in hub.names() if "access_tokens" in name]
    unchanged = [status for _, name, status in hub.calls if name == "GET /repos/{}/issues" and status == 304]
    assert len(granted) == 4
    assert len(unchanged) == 180 - 1 - len(granted)


def test_app_may_ask_for_its_token_while_only_reads_are_allowed(hub, key):
    hub.server.add_app(7, "pmsync", "acme")
    hub.issues(1)
    connector = hub.connector(settings={"app": {"id": 7, "private_key": key}}, read_only=True)
    assert len(hub.pull(connector)[0]) == 1


def test_key_of_no_meaning_is_refused_without_showing_it(hub):
    broken = "-----BEGIN RSA PRIVATE KEY-----\nbm9uc2Vuc2U=\n-----END RSA PRIVATE KEY-----"
    connector = hub.connector(settings={"app": {"id": 7, "private_key": broken, "installation": 1}})
    with pytest.raises(AuthFailed, match="private key") as refused:
        hub.pull(connector)
    assert "bm9uc2Vuc2U" not in str(refused.value)


def test_app_that_is_not_installed_is_named(hub, key):
    hub.server.add_app(7, "pmsync", "elsewhere")
    connector = hub.connector(settings={"app": {"id": 7, "private_key": key}})
    assert any("installation" in line for line in found(connector, hub.API))


# -- doctor -------------------------------------------------------------------------------------------------------------------------


def test_doctor_finds_nothing_wrong_and_shows_every_default_with_the_line_that_changes_it(hub):
    hub.server.add_label("acme/api", "P1")
    connector = hub.connector()
    assert found(connector, hub.API) == []
    notes = found(connector, hub.API, level=Level.NOTE)
    assert any("'open' is taken as 'backlog'" in note and "maps.status.github" in note for note in notes)
    assert any("'P1' is taken as 'high'" in note and 'maps.priority.github: {"P1": high}' in note for note in notes)
    assert any("'priority/low' is taken as 'low'" in note for note in notes)
    assert any("issue field Priority" in note for note in notes)


def test_doctor_names_missing_push_access(hub):
    hub.server.set_role("acme/api", BOT, "read")
    assert any("push access" in line and "role Write" in line for line in found(hub.connector(), hub.API))


def test_doctor_names_a_repository_that_is_not_there_and_goes_on(hub):
    connector = hub.connector("acme/nothing", "acme/api")
    lines = found(connector, ScopeRef("github", "acme/nothing"), hub.API)
    assert len(lines) == 1
    assert "acme/nothing" in lines[0]


def test_doctor_names_a_renamed_repository(hub):
    hub.server.rename_repo("acme/api", "gateway")
    [warning] = found(hub.connector(), hub.API, level=Level.WARNING)
    assert "write acme/gateway in the config" in warning


def test_doctor_names_issues_that_are_switched_off(hub):
    hub.server.world.repo_named("acme/api").has_issues = False
    assert any("switched off" in line for line in found(hub.connector(), hub.API))


def test_doctor_names_labels_it_cannot_read_and_scope_labels_that_are_missing(hub):
    for name in ("priority/someday", "needs qa", "needs-qa"):
        hub.server.add_label("acme/api", name)
    warnings = found(hub.connector({"repo": "acme/api", "labels": ["payments"]}), hub.API, level=Level.WARNING)
    assert any("'priority/someday' looks like a priority" in line for line in warnings)
    assert any("'needs qa' and 'needs-qa'" in line for line in warnings)
    assert any("'payments', which does not exist" in line for line in warnings)


def test_doctor_with_a_wrong_token_says_so_alone(hub):
    [line] = found(hub.connector(settings={"token": "wrong"}), hub.API)
    assert "401" in line


def test_map_of_a_state_that_github_does_not_have_is_refused_with_the_nearest(hub):
    with pytest.raises(ConfigError, match="closed/notplanned") as refused:
        hub.connector(maps={"status": {"closed/notplanned": "declined"}})
    assert "'closed/not_planned'" in refused.value.hint


# -- other addresses ----------------------------------------------------------------------------------------------------------------


def test_enterprise_server_has_its_api_below_a_path(hub):
    """REST below /api/v3, GraphQL at /api/graphql, redirects with the whole path."""
    hub.server.base_url = "https://github.acme.test/api/v3"
    [issue] = hub.issues(1)
    hub.server.rename_repo("acme/api", "gateway")
    connector = hub.connector()
    [pulled], cursor = hub.pull(connector)
    assert pulled == hub.read(connector, issue)
    assert hub.pull(connector, cursor)[0] == []
    [receipt] = hub.send(connector, hub.update(pulled, title="New", labels={"ux"}))
    assert receipt.record.values["labels"] == Known(frozenset({"ux"}))


def test_doctor_over_a_real_socket(hub):
    """PyGithub and our own client, both without the in-process transport."""
    with serve(hub.server) as url:
        environment = Environment("github", hub.clock, Fence(read_only=True), lambda *call: None)
        settings = plugin.settings.model_validate({"token": hub.TOKEN, "url": url})
        connector = plugin.connector(
            settings, (ScopeConfig(hub.API, plugin.scope_settings.model_validate("acme/api")),), environment
        )
        assert found(connector, hub.API) == []
        assert hub.pull(connector)[0] == []
        connector.close()


# -- webhooks -------------------------------------------------------------------------------------------------------------------------


def test_hints_of_signed_webhooks_name_the_issue_and_its_new_self(hub):
    sent = []
    hub.server.add_hook("acme/api", lambda headers, body: sent.append((dict(headers), body)), secret="s3cret")
    [issue] = hub.issues(1)
    hub.server.add_pull_request("acme/api", "Pull")
    new = hub.server.transfer_issue("acme/api", issue.number, "acme/web")
    connector = hub.connector(settings={"token": hub.TOKEN, "webhook_secret": "s3cret"})
    hinted = {ref for headers, body in sent for ref in connector.hints(headers, body)}
    assert hinted == {RecordRef("github", issue.node_id), RecordRef("github", new.node_id)}


def test_hints_without_a_configured_secret_are_refused(hub):
    with pytest.raises(AuthFailed, match="webhook_secret"):
        hub.connector().hints({"x-hub-signature-256": "sha256=00"}, b"{}")


# -- PyGithub -----------------------------------------------------------------------------------------------------------------------


def test_label_created_with_a_lost_answer_is_asked_for_once(hub):
    """PyGithub's own retry repeats POST; ours asks what became of it instead."""
    [issue] = hub.issues(1)
    connector = hub.connector()
    op = hub.update(hub.read(connector, issue), labels={"ux"})
    hub.server.fail_next(502, method="POST", path=".*/labels", after=True)
    receipts = hub.send(connector, op)
    assert [receipt.refused for receipt in receipts] == [{}]
    assert len([name for name in hub.names() if name == "POST /repos/acme/api/labels"]) == 1


def test_pygithub_meets_the_fence_too(hub):
    connector = hub.connector(read_only=True)
    with pytest.raises(WriteRefused):
        connector.prepare(hub.API, [hub.create(title="T", labels={"never-seen"})])


def test_plugin_builds_the_stand_in_server(hub):
    emulator = plugin.emulator(hub.clock, page_window=200)
    assert emulator.knobs.page_window == 200
