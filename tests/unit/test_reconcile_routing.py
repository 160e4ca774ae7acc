"""Mirror rules, and the audience guard."""

from __future__ import annotations

import pytest

from pmsync.model.enums import Audience, Kind
from pmsync.model.record import ScopeRef
from pmsync.reconcile.routing import Create, Route, Rule, may_cross, routes

API, WEB, PAY, OPS = (ScopeRef.parse(text) for text in ("github:acme/api", "github:acme/web", "jira:PAY", "jira:OPS"))
EPICS = Rule(frozenset({Kind.EPIC, Kind.FEATURE}), "", "jira", API, Create.REVIEW)
BUGS = Rule(frozenset({Kind.BUG}), "needs eng", "github", PAY, Create.AUTO)
REST = Rule(frozenset(), "", "jira", WEB, Create.NEVER)


def test_a_rule_names_the_missing_mirror_and_how_it_comes_about() -> None:
    assert routes([EPICS], Kind.EPIC, set(), {"jira"}) == (Route(API, Create.REVIEW),)


def test_the_first_rule_that_fits_decides() -> None:
    assert routes([EPICS, REST], Kind.EPIC, set(), {"jira"}) == (Route(API, Create.REVIEW),)
    assert routes([EPICS, REST], Kind.BUG, set(), {"jira"}) == (Route(WEB, Create.NEVER),)


def test_a_label_condition_goes_by_the_labels_identity() -> None:
    assert routes([BUGS], Kind.BUG, {"Needs-Eng"}, {"github"}) == (Route(PAY, Create.AUTO),)
    assert routes([BUGS], Kind.BUG, {"other"}, {"github"}) == ()


def test_a_kind_that_no_rule_names_stays_where_it_is() -> None:
    assert routes([EPICS, BUGS], Kind.IDEA, set(), {"jira", "github"}) == ()


def test_c18_a_mirror_is_not_mirrored_back() -> None:
    """A record made by one rule must not set off another one toward the system it came from."""
    assert routes([EPICS, REST], Kind.EPIC, set(), {"jira", "github"}) == ()


def test_a_rule_within_one_system_still_routes() -> None:
    rule = Rule(frozenset(), "", "jira", OPS, Create.AUTO)
    assert routes([rule], Kind.BUG, set(), {"jira"}) == (Route(OPS, Create.AUTO),)


def test_each_destination_system_has_its_own_first_rule() -> None:
    desk = Rule(frozenset(), "", "jira", ScopeRef("desk", "Support"), Create.AUTO)
    assert [str(route.to) for route in routes([EPICS, desk], Kind.EPIC, set(), {"jira"})] == ["desk:Support", "github:acme/api"]


@pytest.mark.parametrize("destination", list(Audience))
@pytest.mark.parametrize("named", [True, False])
def test_c54_private_things_never_cross(destination: Audience, named: bool) -> None:
    assert "never cross" in (may_cross(Audience.PRIVATE, destination, named_public=named) or "")


def test_c54_internal_things_become_public_only_where_the_config_names_it() -> None:
    assert "audience: public" in (may_cross(Audience.INTERNAL, Audience.PUBLIC) or "")
    assert may_cross(Audience.INTERNAL, Audience.PUBLIC, named_public=True) is None


@pytest.mark.parametrize("destination", [Audience.PRIVATE, Audience.INTERNAL])
def test_an_audience_may_narrow(destination: Audience) -> None:
    assert may_cross(Audience.PUBLIC, destination) is None
    assert may_cross(Audience.INTERNAL, destination) is None
