"""Every GraphQL document this connector can send fits GitHub's published schema."""

from __future__ import annotations

import gzip
from itertools import chain, combinations

import graphql
import pytest

from pmsync_github import queries

UPDATES = [
    steps
    for steps in chain.from_iterable(combinations(queries.STEPS, size) for size in range(1, len(queries.STEPS) + 1))
    if not {"close", "reopen"} <= set(steps) and not {"parent", "orphan"} <= set(steps)
]


@pytest.fixture(scope="module")
def schema(shared_dir):
    sdl = gzip.decompress((shared_dir / "specs" / "github-schema.graphql.gz").read_bytes()).decode()
    return graphql.build_schema(sdl, assume_valid=True, assume_valid_sdl=True)


@pytest.mark.parametrize(
    "query",
    [
        queries.NODES,
        queries.NODES_AND_PAST,
        queries.PAST,
        queries.IDS,
        queries.users(1),
        queries.users(100),
        queries.issue_ids([7]),
        queries.issue_ids(range(1, 101)),
    ],
)
def test_query_fits_the_schema(schema, query):
    assert graphql.validate(schema, graphql.parse(query)) == []


def test_every_update_fits_the_schema(schema):
    faults = {steps: graphql.validate(schema, graphql.parse(queries.update(steps))) for steps in UPDATES}
    assert {steps: fault for steps, fault in faults.items() if fault} == {}


def test_schema_would_notice(schema):
    """The check has teeth: a field that GitHub does not have is found."""
    assert graphql.validate(schema, graphql.parse(queries.NODES.replace("stateReason", "reasonOfState")))


def test_labels_are_added_before_any_is_removed():
    """If the second step fails, the issue has one label too many rather than one too few."""
    document = queries.update(["remove", "add"])
    assert document.index("addLabelsToLabelable") < document.index("removeLabelsFromLabelable")
