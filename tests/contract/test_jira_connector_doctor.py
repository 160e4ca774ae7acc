"""What ``doctor`` finds at a Jira site, and that the SDK obeys the same rules as everything else."""

from __future__ import annotations

import pytest

from pmsync.connect.contract import Level
from pmsync.connect.errors import ConfigError, Rejected
from pmsync.model.record import ScopeRef
from pmsync_jira.emulation.doors import Scheme

PAY = ScopeRef("jira", "PAY")


def findings(kit, connector=None, level=None, scope=PAY):
    checks = (connector or kit.connector()).check([scope])
    return [f"{check.subject}: {check.finding} -> {check.remedy}" for check in checks if level in (None, check.level)]


def test_account_and_its_time_zone_are_shown(jira_kit):
    kit = jira_kit(account_time_zone="Pacific/Auckland")
    told = findings(kit, level=Level.OK)
    assert any("Sync Bot" in line for line in told)
    assert any("Pacific/Auckland" in line for line in told)


def test_every_default_is_told_with_the_line_that_changes_it(jira_kit):
    told = findings(jira_kit(), level=Level.NOTE)
    assert (
        'jira:PAY status: In Progress is in_progress: a well-known name -> maps.status.jira: {"In Progress": in_progress}' in told
    )
    assert 'jira:PAY priority: Lowest is minor: a well-known name -> maps.priority.jira: {"Lowest": minor}' in told


def test_undecided_priority_is_told(jira_kit):
    kit = jira_kit(scheme=Scheme(priorities=["High", "None", "Low"], default_priority=None))
    told = findings(kit, level=Level.NOTE)
    assert any("None is unset" in line and '{"None": unset}' in line for line in told)


def test_ambiguous_status_is_a_warning_with_its_candidates_c36(jira_kit):
    kit = jira_kit(scheme=Scheme(statuses=[("Neu", "new"), ("Wartet", "new"), ("Fertig", "done")]))
    told = findings(kit, level=Level.WARNING)
    assert any("backlog could be any of 'Neu', 'Wartet'" in line for line in told)


@pytest.mark.parametrize(
    ("permission", "name", "level"),
    [
        ("BROWSE_PROJECTS", "Browse Projects", Level.ERROR),
        ("CREATE_ISSUES", "Create Issues", Level.WARNING),
        ("EDIT_ISSUES", "Edit Issues", Level.WARNING),
        ("TRANSITION_ISSUES", "Transition Issues", Level.WARNING),
    ],
)
def test_missing_permission_is_named_c52(jira_kit, permission, name, level):
    kit = jira_kit()
    kit.site.deny(permission, "PAY")
    assert any(name in line and "PAY" in line for line in findings(kit, level=level))


def test_surface_that_may_not_be_written_says_why(jira_kit):
    kit = jira_kit()
    kit.site.deny("EDIT_ISSUES", "PAY")
    locked = {surface.id: surface.read_only for surface in kit.connector().surfaces(PAY)}
    assert "Edit Issues" in locked["title"]
    assert locked["status"] is None


def test_field_off_the_screen_is_named_with_its_remedy_c52(jira_kit):
    kit = jira_kit()
    kit.site.take_off_screen("PAY", "priority")
    told = findings(kit, level=Level.WARNING)
    assert any("'priority' is not on the create screen" in line and "fields.priority.jira" in line for line in told)


def test_wrong_project_is_named(jira_kit):
    kit = jira_kit()
    [line] = findings(kit, kit.connector("NOPE"), Level.ERROR, ScopeRef("jira", "NOPE"))
    assert "no project with the key NOPE" in line
    assert "Browse Projects" in line


def test_wrong_token_is_told_without_showing_it_c55(jira_kit):
    """C55: no secret in a message."""
    kit = jira_kit()
    checks = kit.connector(token="canary-5ecret").check([PAY])
    [check] = [check for check in checks if check.level is Level.ERROR]
    assert "token" in check.remedy
    assert "canary-5ecret" not in repr(checks)


def test_bad_condition_is_told(jira_kit):
    kit = jira_kit()
    told = findings(kit, kit.connector({"project": "PAY", "where": "colour = red"}), Level.ERROR)
    assert any("colour = red" in line for line in told)


def test_map_line_that_concerns_nothing_is_told(jira_kit):
    kit = jira_kit()
    told = findings(kit, kit.connector(maps={"status": {"In Porgress": "in_review"}}), Level.NOTE)
    assert any("'In Porgress', which is not there" in line and "In Progress" in line for line in told)


def test_map_to_an_unknown_hub_value_stops_at_once(jira_kit):
    with pytest.raises(ConfigError, match="in_reveiw"):
        jira_kit().connector(maps={"status": {"Done": "in_reveiw"}})


def test_a_site_of_another_deployment_is_told_with_the_setting(jira_kit, monkeypatch):
    """Detection by serverInfo's deploymentType."""
    kit = jira_kit()
    connector = kit.connector()
    monkeypatch.setattr(connector._control, "server_info", lambda: {"deploymentType": "Server", "version": "10.3"})
    [line] = findings(kit, connector, Level.ERROR)
    assert "Jira Data Center" in line


def test_doctor_makes_no_write_and_counts_every_call(jira_kit):
    """The SDK's calls pass the fence and the counter too (C51)."""
    kit = jira_kit()
    with kit.fence.closed():
        findings(kit)
    assert kit.line.writes == 0
    assert kit.line.requests == len(kit.calls)
    assert any("serverInfo" in name for name, _ in kit.calls)


def test_missing_permission_for_the_mark_is_a_note_with_its_remedy(jira_kit):
    """Administer Projects is needed for the instance mark alone; everything else goes without it."""
    kit = jira_kit()
    assert not any("no mark" in line for line in findings(kit))
    kit.site.deny("ADMINISTER_PROJECTS", "PAY")
    [line] = [line for line in findings(kit, level=Level.NOTE) if "no mark" in line]
    assert "grant Administer Projects to the account" in line


def test_mark_without_the_permission_is_refused_with_its_remedy(jira_kit):
    kit = jira_kit()
    kit.site.deny("ADMINISTER_PROJECTS", "PAY")
    with pytest.raises(Rejected) as refused:
        kit.connector().leave_mark(PAY, "pmm1.x")
    assert refused.value.hint == "grant Administer Projects to the account in PAY"
