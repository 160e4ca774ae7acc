"""Roadmap files are read value by value: what is wrong is named with file, line, column and remedy, and costs nothing else."""

from __future__ import annotations

from random import Random

import pytest

from pmsync.model.enums import Kind, Priority
from pmsync.model.periods import FiscalYear
from pmsync.model.roadmap import Amount, Framework, Horizon, Kano, MetricInput, Moscow, Verdict
from pmsync.roadmap.layout import tidy
from pmsync.roadmap.read import read
from pmsync.roadmap.tree import UnreadableError


def of(text, **settings):
    return read(text, "payments", "roadmap/payments.yaml", **settings)


def items(lines):
    """A file with these lines under items, indented already."""
    return "releases:\n  r1: {name: One}\nitems:\n" + lines


@pytest.fixture(scope="module")
def example(project_root):
    return (project_root / "config" / "roadmap" / "payments.yaml").read_text(encoding="utf-8")


def test_the_example_has_nothing_wrong_and_says_all_it_says(example):
    found = of(example)
    assert found.problems == ()
    sso = found.roadmap.items["pay-sso"]
    assert (sso.title, sso.kind, sso.horizon, sso.moscow) == (
        "Single sign-on for business plans",
        Kind.EPIC,
        Horizon.NOW,
        Moscow.MUST,
    )
    assert (sso.when.text, sso.release, sso.objective, sso.needs) == ("2026Q1", "pay-2026.1", "churn-5", ("pay-tokens",))
    assert sso.effort == Amount(13.0, "points", "", "13 points")
    assert sso.links == ("jira:PAY-101", "github:acme/api#812")
    assert found.roadmap.items["pay-dark-mode"].decision.verdict is Verdict.DECLINED
    assert found.roadmap.objectives["churn-5"].results[0].target == 5.0
    assert found.roadmap.releases["pay-2026.1"].ship.text == "2026-03-31"


def test_scoring_inputs_keep_number_unit_and_rate(example):
    """Request 40."""
    inputs = of(example).roadmap.items["pay-sso"].inputs[Framework.RICE]
    assert inputs["reach"] == Amount(4200.0, "", "quarter", "4200/quarter")
    assert inputs["confidence"].share == 0.8
    assert inputs["effort"] == Amount(2.5, "months", "", "2.5pm")


def test_an_input_may_be_a_metric():
    """Request 41: the number is looked up where it is measured."""
    found = of(items("  a: {title: A, rice: {reach: metric:checkout_users, impact: 1}}\n"))
    assert found.roadmap.items["a"].inputs[Framework.RICE]["reach"] == MetricInput("checkout_users")


def test_criteria_of_a_weighted_score_have_any_names():
    """Request 39."""
    found = of("weights: {revenue: 50, risk: -20}\n" + items("  a: {title: A, weighted: {revenue: 80, risk: 10}}\n"))
    assert found.problems == ()
    assert found.roadmap.weights == {"revenue": 50.0, "risk": -20.0}
    assert set(found.roadmap.items["a"].inputs[Framework.WEIGHTED]) == {"revenue", "risk"}


def test_severity_and_priority_are_two_things():
    """Request 22: a severity is read beside a pinned priority, and what is not written is nobody's statement."""
    entry = of(items("  a: {title: A, kind: bug, severity: S2, priority: high}\n  b: {title: B}\n")).roadmap.items
    assert (entry["a"].severity, entry["a"].pin.priority) == ("S2", Priority.HIGH)
    assert (entry["b"].severity, entry["b"].pin, entry["b"].kano) == (None, None, None)


def test_a_fiscal_year_moves_the_quarters():
    found = of(items("  a: {title: A, when: 2026Q1}\n"), fiscal=FiscalYear(4))
    assert found.roadmap.items["a"].when.first.isoformat() == "2026-04-01"


WRONG = {
    "unknown key": ("  a: {title: A, horizn: now}\n", "unknown key 'horizn'", "did you mean 'horizon'?", "horizn"),
    "unknown word": ("  a: {title: A, horizon: nwo}\n", "there is no horizon 'nwo'", "did you mean 'now'?", "nwo"),
    "unknown release": (
        "  a: {title: A, release: r2}\n",
        "there is no release 'r2' in this file",
        "valid here: r1",
        "release",
    ),
    "unknown objective": ("  a: {title: A, objective: o}\n", "there is no objective 'o' in this file", "", "objective"),
    "effort 0": ("  a: {title: A, effort: 0}\n", "an effort of 0 cannot be", "remove the line", "0}"),
    "effort -3": ("  a: {title: A, effort: -3 points}\n", "an effort of -3 points cannot be", "remove the line", "-3"),
    "confidence 800": ("  a: {title: A, rice: {confidence: 800}}\n", "confidence is 800: it goes from 0 to 100%", "80%", "800"),
    "size 0": ("  a: {title: A, wsjf: {size: 0}}\n", "size is 0: a score divides by it", "unscored is not 0", "0}}"),
    "date": ("  a: {title: A, when: 2026-13}\n", "'2026-13' is no time: there is no month 13", "2026-02", "2026-13"),
    "day": ("  a: {title: A, when: 2026-02-30}\n", "2026-02 has 28 days", "2026-02", "2026-02-30"),
    "pin against a floor": (
        "  a: {title: A, kano: basic, priority: low}\n",
        "pinned to low, but kano basic keeps it at high",
        "pin it to high",
        "priority",
    ),
    "pin without priority": (
        "  a: {title: A, pin_until: 2026-02-01}\n",
        "pin_until stands without a priority",
        "add priority",
        "pin_until",
    ),
    "key twice": ("  a: {title: A, title: B}\n", "the key 'title' stands twice, first in line 4", "keep one", "title: B"),
    "parent of itself": ("  a: {title: A, parent: a}\n", "a is part of a: a circle", "take one of them out", "parent"),
    "number beyond sense": ("  a: {title: A, effort: 99999999999999999999}\n", "is a number too large", "digits", "999"),
    "unit": ("  a: {title: A, effort: 3 bananas}\n", "there is no unit 'bananas'", "", "3 ban"),
    "list for text": ("  a: {title: [A]}\n", "is a list where a text is wanted", "in quotes", "[A]"),
    "link": ("  a: {title: A, links: [PAY-1]}\n", "'PAY-1' names no record", "jira:PAY-101", "PAY-1"),
    "anchor": ("  a: &x {title: A}\n", "anchors (&) and aliases (*) are not part", "write the value out", "&x"),
    "tag": ("  a: {title: !x A}\n", "tags (!) are not part", "quote a text", "!x"),
    "key of an item": ("  a b: {title: A}\n", "'a b' cannot be a key", "pay-sso", "a b"),
    "item is no mapping": ("  a: now\n", "is a text where keys with values are wanted", "key: value", "now"),
    "decision": ("  a: {title: A, decision: {reason: x}}\n", "decision: has no verdict", "declined", "{reason"),
}


@pytest.mark.parametrize(("lines", "said", "remedy", "token"), WRONG.values(), ids=WRONG)
def test_a_bad_value_is_named_with_its_place_and_remedy_and_the_rest_is_read(lines, said, remedy, token):
    found = of(items(lines + "  whole: {title: Whole, horizon: next}\n"))
    [problem] = found.problems
    assert str(problem).startswith(f"roadmap/payments.yaml:4:{lines.index(token) + 1}: ")
    assert said in problem.message
    assert remedy in problem.remedy
    assert found.roadmap.items["whole"].horizon is Horizon.NEXT


def test_a_circle_of_needs_is_named_at_each_of_its_items_and_broken():
    found = of(items("  a: {needs: [b]}\n  b: {needs: [c]}\n  c: {needs: [a, d]}\n  d: {title: D}\n"))
    assert [str(one.place) for one in found.problems] == [f"roadmap/payments.yaml:{line}:7" for line in (4, 5, 6)]
    assert found.problems[0].message == "a needs b needs c needs a: a circle, so none of them can come first"
    assert {key: entry.needs for key, entry in found.roadmap.items.items()} == {"a": (), "b": (), "c": ("d",), "d": ()}


def test_a_chain_of_two_thousand_needs_is_no_circle():
    lines = "".join(f"  i{n}: {{needs: [i{n + 1}]}}\n" for n in range(2000)) + "  i2000: {title: End}\n"
    assert of(items(lines)).problems == ()


def test_a_record_that_two_items_claim_belongs_to_the_first():
    """One record is one item's, so nothing is adopted twice."""
    found = of(items("  a: {links: [jira:PAY-1]}\n  b: {links: [JIRA:pay-1, jira:PAY-2]}\n"))
    [problem] = found.problems
    assert "JIRA:pay-1 belongs to 'a' already (line 4)" in problem.message
    assert found.roadmap.items["b"].links == ("jira:PAY-2",)


def test_weights_that_sum_to_0_are_none():
    """Request 39."""
    found = of("weights: {a: 0, b: 0}\nitems:\n")
    assert "they sum to 0" in found.problems[0].message
    assert found.roadmap.weights == {}


def test_two_releases_of_one_name_are_named():
    found = of("releases:\n  a: {name: One}\n  b: {name: one }\n")
    assert "'b' has the name of 'a'" in found.problems[0].message


@pytest.mark.parametrize(
    ("text", "said", "place"),
    [
        ("items:\n<<<<<<< ours\n  a: {}\n=======\n  b: {}\n>>>>>>> theirs\n", "a merge of this file was not finished", "2:1"),
        ("items:\n\ta: {}\n", "a tab stands where spaces must", "2:1"),
        ("items: [\n", "not valid YAML", "2:1"),
        ("- a\n", "a roadmap is a mapping with items:", "1:1"),
        ("items:\n---\nitems:\n", "a second document begins here", "2:1"),
        ("items: *x\n", "anchors (&) and aliases (*)", "1:8"),
        ("items: \x00\n", "a control character stands here", "1:8"),
    ],
)
def test_a_file_that_is_no_document_says_where_and_what_to_do(text, said, place):
    with pytest.raises(UnreadableError) as caught:
        of(text)
    assert said in caught.value.problems[0].message
    assert str(caught.value.problems[0].place) == f"roadmap/payments.yaml:{place}"


def test_an_empty_file_is_an_empty_roadmap():
    assert of("").roadmap.items == {}
    assert of("# only a comment\n").problems == ()


def test_a_message_never_holds_more_than_one_line():
    """Hostile text stays text."""
    found = of(items('  a: {title: A, horizon: "x\\u001b[31m\\ny"}\n'))
    assert all("\n" not in str(one) and "\x1b" not in str(one) for one in found.problems)


def test_places_name_the_line_of_every_key():
    """Request 42: what explain quotes."""
    entry = of(items("  a:\n    title: A\n    when: 2026Q1\n")).roadmap.items["a"]
    assert (str(entry.place("when")), str(entry.place("kano"))) == ("roadmap/payments.yaml:6:5", "roadmap/payments.yaml:4:3")


def test_kano_and_moscow_are_closed_vocabularies():
    entry = of(items("  a: {title: A, kano: delighter, moscow: wont}\n")).roadmap.items["a"]
    assert (entry.kano, entry.moscow) == (Kano.DELIGHTER, Moscow.WONT)


PIECES = [
    "\n",
    "  ",
    "\t",
    ":",
    " #",
    "{",
    "}",
    "[",
    "]",
    ",",
    "'",
    '"',
    "&a",
    "*a",
    "!x",
    "|",
    ">",
    "-",
    "\x00",
    "\u2028",
    "~",
    "@",
    "---\n",
]


@pytest.mark.parametrize("seed", range(60))
def test_a_file_spoilt_at_random_is_read_or_refused_and_never_brings_the_reader_down(example, seed):
    """Hostile input: pieces of YAML put in, taken out and moved about."""
    random, text = Random(seed), example
    for _ in range(random.randrange(1, 4)):
        at, other = random.randrange(len(text)), random.randrange(len(text))
        piece = random.choice([random.choice(PIECES), text[other : other + 40], ""])
        text = text[:at] + piece + text[at + (0 if piece else random.randrange(30)) :]
    try:
        of(text)
        laid = tidy(text, "x")
    except UnreadableError:
        return
    assert tidy(laid, "x") == laid
