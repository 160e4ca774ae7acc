"""Two records of one system are two, whatever they are called: only a marker, a link or a person ties them."""

from __future__ import annotations

import pytest


@pytest.fixture
def two_containers(make_world):
    """A tracker ``a`` with two containers, and ``b``, which mirrors it."""
    world = make_world(containers={"a": ("A", "A2"), "b": ("B",)})
    world.managed["a"] = ["A", "A2"]
    world.restart()
    return world


@pytest.mark.parametrize("together", [True, False])
def test_an_issue_that_was_cloned_into_another_project_is_mirrored_by_itself(two_containers, together):
    """One title in two projects of the config, filed at different moments: two items, each with its own values and mirror."""
    world = two_containers
    world.create("a", home="A", title="Reduce the splash screens", priority="1")
    if not together:
        world.rest()
    world.clock.sleep(900)
    world.create("a", home="A2", title="Reduce the splash screens")
    world.rest()
    assert [row["title"] for row in world.rows("b")] == ["Reduce the splash screens"] * 2
    assert sorted(str(row.get("priority") or "") for row in world.rows("a")) == ["", "1"]
