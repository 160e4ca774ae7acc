"""pause, resume, and the first sync of a new link, as people meet them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from pmsync.cli.options import complete_system, complete_target


@pytest.fixture
def careful(site):
    """The same site with the config's own default: a new link is looked at first."""
    site.edit("safety: {start: at_once}\n", "")
    return site


def state(site, scope):
    return next(one for one in site.pmsync("status", "--json").json["scopes"] if one["scope"] == scope)


# -- pause and resume -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["github", "github:acme/api", "acme/api"])
def test_a_paused_place_is_left_alone_and_comes_back_with_everything(site, target):
    key, _ = site.pair(summary="Refund fails")
    result = site.pmsync("pause", target, "--why", "they move house")
    name = "github" if target == "github" else "github:acme/api"
    assert (result.code, f"{name} is paused" in result.said) == (0, True)
    site.jira.edit_issue(key, "ana", summary="Refund fails twice")
    asked = len(site.github.events)
    for _ in range(2):
        report = site.pmsync("sync")
        assert (report.code, report.said.count(f"{name} is paused by pat (they move house)")) == (0, 1)
    assert len(site.github.events) == asked
    assert state(site, "github:acme/api")["state"] == "paused"
    assert f"{name} is paused by pat (they move house), until: pmsync resume {name}" in site.pmsync("status").said
    assert "they move house" in site.pmsync("resume", name).said
    assert site.pmsync("sync").code == 0
    assert site.titles() == ["Refund fails twice"]
    assert state(site, "github:acme/api")["state"] == "ready"


def test_what_pauses_and_resumes_is_json_too(site):
    site.pmsync("sync")
    assert site.pmsync("pause", "jira", "--json").json == {"paused": ["jira"], "why": ""}
    assert site.pmsync("resume", "jira", "--json").json == {"target": ["jira"], "resumed": ["jira goes on; it was paused by pat"]}
    assert site.pmsync("resume", "jira", "--json").json == {"target": ["jira"], "resumed": []}
    assert "nothing was paused or frozen there" in site.pmsync("resume", "jira").said


@pytest.mark.parametrize("command", ["pause", "resume"])
def test_a_name_that_is_none_is_refused_with_the_nearest(site, command):
    result = site.pmsync(command, "githb")
    assert (result.code, "did you mean 'github'?" in result.said) == (2, True)


def test_a_pause_of_what_the_config_no_longer_names_shows_and_can_be_lifted(site):
    site.pmsync("pause", "github:acme/api")
    site.edit("    github: acme/api\n    mirror:\n      - {from: jira, to: github, create: auto}\n", "")
    assert "github:acme/api is paused by pat" in site.pmsync("status").said
    assert "goes on" in site.pmsync("resume", "github:acme/api").said


def test_a_pause_needs_no_turn_while_another_run_holds_the_store(site):
    """It is a brake: it must take hold while the daemon is in the middle of something."""
    from pmsync.app import build

    site.pmsync("sync")
    app = build(site.config, environ=site.environ)
    with app.store.hold("pmsync sync", 120.0):
        assert site.pmsync("sync").code == 1
        assert site.pmsync("pause", "github").code == 0
        assert site.pmsync("resume", "github").code == 0
    app.close()


def test_a_frozen_scope_says_why_and_goes_on_when_a_person_says_so(site):
    from msgspec.structs import replace

    from pmsync.app import build
    from pmsync.model.record import ScopeRef

    key, _ = site.pair(summary="Refund fails")
    app = build(site.config, environ=site.environ)
    with app.store.transaction() as tx:
        row = tx.scopes.get(ScopeRef("github", "acme/api"))
        tx.scopes.put(replace(row, frozen_why="a copy of this store works there too"))
    app.close()
    site.jira.edit_issue(key, "ana", summary="Refund fails twice")
    result = site.pmsync("sync")
    assert (result.code, "a copy of this store works there too" in result.said) == (3, True)
    stops = site.pmsync("sync", "--json").json["stops"]
    assert any("a copy of this store works there too" in stop["what"] for stop in stops)
    assert state(site, "github:acme/api")["state"].startswith("frozen, nothing is written there: a copy")
    said = site.pmsync("resume", "github:acme/api").said
    assert "github:acme/api may be written again; it was frozen: a copy of this store works there too" in said
    assert site.pmsync("sync").code == 0
    assert site.titles() == ["Refund fails twice"]


def test_a_listing_nobody_refused_needs_no_belief(site):
    site.pmsync("sync")
    assert "jira:PAY: no listing was refused there" in site.pmsync("resume", "jira", "--accept-listing").said


def test_the_shell_offers_systems_and_scopes(site, monkeypatch):
    for name, value in site.environ.items():
        monkeypatch.setenv(name, value)
    context = SimpleNamespace(params={"config": str(site.config)})
    assert complete_system(context, "g") == ["github"]
    assert complete_target(context, "") == ["jira", "github", "jira:PAY", "github:acme/api"]
    assert complete_target(context, "github:") == ["github:acme/api"]


# -- the first sync of a new link -------------------------------------------------------------------------------------------------


def test_a_new_link_is_looked_at_before_anything_is_written(careful):
    """C23: plan, apply, sync, as the README says."""
    careful.files(12)
    result = careful.pmsync("sync")
    assert (result.code, careful.issues()) == (3, [])
    assert "github:acme/api is new: look at the plan first: pmsync plan -o plan.json, then pmsync apply plan.json" in result.said
    assert state(careful, "github:acme/api")["state"].startswith("new: nothing is written there")
    assert "12: github:acme/api is new: look at the plan first" in careful.pmsync("plan", "-o", "plan.json").said
    assert careful.pmsync("apply", "plan.json").code == 0
    assert len(careful.issues()) == 12
    assert state(careful, "github:acme/api")["state"].startswith("on trial: at most 10 records a run")
    careful.clock.sleep(60)
    for issue in careful.jira.issues():
        careful.jira.edit_issue(issue.key, "ana", summary=f"{issue.summary}, again") if issue.key != "PAY-1" else None
    result = careful.pmsync("sync")
    assert (result.code, "1 more writes there wait for the next run" in result.said) == (1, True)
    assert state(careful, "github:acme/api")["state"] == "ready"
    assert careful.pmsync("sync").code == 0
    assert sum(title.endswith("again") for title in careful.titles()) == 11


def test_apply_held_is_as_good_as_a_plan_file(careful):
    careful.file("Refund fails")
    assert careful.pmsync("sync", "--json").json["held"] == 1
    assert careful.pmsync("apply", "held").code == 0
    assert careful.pmsync("sync").code == 0
    assert careful.titles() == ["Refund fails"]


def test_where_nothing_is_to_be_written_a_first_sync_needs_nobody(careful):
    assert careful.pmsync("sync").code == 0


# -- protection -------------------------------------------------------------------------------------------------------------------


def test_what_the_config_protects_is_never_written_and_the_skip_says_by_what(site):
    key, number = site.pair(summary="Refund fails")
    site.edit("start: at_once", f'start: at_once, protect: ["github:acme/api#{number}"]')
    site.clock.sleep(60)
    site.jira.edit_issue(key, "ana", summary="Refund fails twice")
    result = site.pmsync("sync")
    assert f"acme/api#{number} is not written: it is protected by github:acme/api#{number}" in result.said
    assert site.titles() == ["Refund fails"]
    assert "protected: acme/api#" in site.pmsync("status").said
    site.edit(f', protect: ["github:acme/api#{number}"]', "")
    assert site.pmsync("sync").code == 3, "the config changed: look first"
    assert site.pmsync("apply", "held").code == 0
    assert site.titles() == ["Refund fails twice"]


@pytest.mark.parametrize(
    ("selector", "said"),
    [
        ("githb:acme/api", "there is no system 'githb'"),
        ("status:finished", "unknown status 'finished'"),
        ("kind:buug", "did you mean 'bug'?"),
        ("label:", "does not say which label"),
        ("", "is empty"),
    ],
)
def test_a_selector_that_means_nothing_is_refused(site, selector, said):
    site.edit("start: at_once", f'start: at_once, protect: ["{selector}"]')
    result = site.pmsync("sync")
    assert (result.code, said in result.said, "safety.protect.0" in result.said) == (2, True, True), result.said
