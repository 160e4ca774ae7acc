"""Edits change the characters of one value and nothing else: over five hundred generated files, and over what people write by hand."""

from __future__ import annotations

import difflib
from random import Random

import pytest

from pmsync.roadmap.edit import add_item, add_release, change
from pmsync.roadmap.items import KEYS
from pmsync.roadmap.layout import tidy
from pmsync.roadmap.read import read
from pmsync.roadmap.tree import Mapping, Scalar, UnreadableError

FILES = 500
HOSTILE = [
    "Plain title",
    "with: colon",
    "hash # inside",
    "- dash",
    "yes",
    "null",
    "12",
    "2026-02-15",
    "'quoted'",
    '"double"',
    "back\\slash",
    "ünïcode 🚀",
    "{brace}",
    "[bracket]",
    "a, b",
    "  spaces  ",
    "*star",
    "&and",
    "!bang",
    "%percent",
    "@at",
    "`tick`",
    "trailing:",
    "?",
    "|",
    "tab\there",
    "nul\u0001char",
    "\u2028separator",
]
WORDS = ["now", "next", "later", "exploring", "not_planned"]


def spelled(random, value):
    """The value as some person may have typed it."""
    style = random.choice(["plain", "single", "double"])
    if style == "double" or not value.replace(" ", "").isalnum():
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"'{value}'" if style == "single" else value


def generated(seed):
    """A roadmap file in a layout of its own."""
    random = Random(seed)
    newline = "\r\n" if random.random() < 0.1 else "\n"
    step = random.choice([2, 2, 2, 4])
    pad, inner = " " * step, " " * step * 2
    lines = ["# A roadmap", ""] if random.random() < 0.5 else []
    lines += ["product: payments   # as the config says"]
    lines += ["releases:", f"{pad}r1: {{name: One, ship: 2026Q1}}", f"{pad}r2:", f"{inner}name: 'Two'"]
    lines += [""] * random.randrange(3)
    lines += ["items:"]
    for number in range(random.randrange(1, 5)):
        lines += random.choice([[], [""], ["", f"{pad}# about item {number}"]])
        lines += item(random, number, pad, inner)
    lines += random.choice([[], [""], ["# the end"]])
    return newline.join(lines) + random.choice(["", newline])


def item(random, number, pad, inner):
    title = spelled(random, random.choice(["Single sign on", "Rotate: tokens", "Über cool", "A 'b' c"]))
    if random.random() < 0.25:
        return [f"{pad}item-{number}: {{title: {title}, horizon: now, release: r1}}{random.choice(['', '  # short'])}"]
    lines = [f"{pad}item-{number}:{random.choice(['', '   # first'])}", f"{inner}title: {title}"]
    if random.random() < 0.5:
        lines += [f"{inner}horizon: {random.choice(WORDS)}        # near or far"]
    if random.random() < 0.4:
        lines += [f"{inner}description: |", f"{inner}  one", "", f"{inner}    two", f"{inner}# after the text"]
    if random.random() < 0.4:
        lines += [f"{inner}labels:", f"{inner}  - alpha", f"{inner}  - 'beta'  # second"]
    elif random.random() < 0.5:
        lines += [f"{inner}labels: [alpha,  'beta']"]
    if random.random() < 0.5:
        lines += [f"{inner}release: r1"]
    return lines


def differing(before, after):
    """The lines that were taken out and put in, in a text whose line ends do not count."""
    old, new = before.splitlines(), after.splitlines()
    codes = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    moved = [code for code in codes if code[0] != "equal"]
    return [line for code in moved for line in old[code[1] : code[2]]], [
        line for code in moved for line in new[code[3] : code[4]]
    ]


def scalars(tree, path=()):
    """Every value of a tree by its path."""
    if isinstance(tree, Scalar):
        yield path, tree.text
    elif isinstance(tree, Mapping):
        for pair in tree.pairs:
            yield from scalars(pair.value, (*path, pair.key))
    else:
        yield path, tuple(one.text for one in tree.items)


@pytest.fixture(scope="module")
def files():
    return [(seed, generated(seed)) for seed in range(FILES)]


def test_five_hundred_files_are_loaded_and_saved_without_changing_a_byte(files):
    """Every value is set to what it is already, and the text stays as it was."""
    for seed, text in files:
        reading = read(text, "payments", "payments.yaml")
        assert reading.problems == (), (seed, reading.problems)
        saved = text
        for path, value in list(scalars(reading.tree))[seed % 3 :: 6]:
            saved = change(saved, path, value)
        assert saved == text, seed


def test_one_changed_value_changes_only_its_line(files):
    """Another title or horizon: one line out and one in, whatever stands around it, and nothing else reads differently."""
    for seed, text in files:
        random = Random(seed + 1)
        reading = read(text, "payments", "payments.yaml")
        key = random.choice(list(reading.roadmap.items))
        field, value = random.choice(
            [("title", random.choice(HOSTILE[:20])), ("horizon", random.choice(WORDS)), ("release", "r2")]
        )
        changed = change(text, ("items", key, field), value)
        if changed == text:
            continue
        out, into = differing(text, changed)
        assert (len(out), len(into)) in ((1, 1), (0, 1)), (seed, out, into)
        before, after = dict(scalars(reading.tree)), dict(scalars(read(changed, "payments", "payments.yaml").tree))
        assert {**before, ("items", key, field): value} == after, seed


def test_a_value_taken_out_takes_only_its_lines(files):
    """Also a text of several lines; the comments around it stay."""
    for seed, text in files[::10]:
        reading = read(text, "payments", "payments.yaml")
        for key, entry in reading.roadmap.items.items():
            for field in ("description", "labels", "release"):
                if field not in entry.places:
                    continue
                changed = change(text, ("items", key, field), None)
                before, after = dict(scalars(reading.tree)), dict(scalars(read(changed, "payments", "payments.yaml").tree))
                assert {path: value for path, value in before.items() if path[:3] != ("items", key, field)} == after, seed
                assert text.count("#") - changed.count("#") <= (field == "labels"), seed


def test_new_items_and_releases_stand_behind_the_last_and_disturb_nothing(files):
    for seed, text in files[::10]:
        before = dict(scalars(read(text, "payments", "payments.yaml").tree))
        grown = add_release(
            add_item(text, "fresh", {"title": "A: new", "horizon": "next", "labels": ("x", "y: z")}), "r3", {"name": "Three"}
        )
        out, _ = differing(text, grown)
        assert out in ([], [text.splitlines()[-1]]) or all(" {" in line for line in out), (seed, out)
        after = read(grown, "payments", "payments.yaml")
        assert after.problems == (), seed
        entry = after.roadmap.items["fresh"]
        assert (entry.title, entry.labels) == ("A: new", frozenset({"x", "y: z"}))
        assert before.items() <= dict(scalars(after.tree)).items(), seed


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("layout", ["block", "flow", "quoted", "missing"])
def test_hostile_text_reads_back_as_it_was_written(value, layout):
    """Hostile text stays text; control characters come back as a refusal when they are read."""
    text = {
        "block": "items:\n  a:\n    title: old  # note\n",
        "flow": "items:\n  a: {title: old, horizon: now}\n",
        "quoted": "items:\n  a:\n    title: 'old'\n",
        "missing": "items:\n  a:\n    horizon: now\n",
    }[layout]
    changed = change(text, ("items", "a", "title"), value)
    tree = read(changed, "x", "x.yaml").tree
    pair = tree.get("items").value.get("a").value.get("title")
    assert pair.value.text == ("" if "\u0001" in value else value)


@pytest.mark.parametrize("value", ["one\ntwo", "one\n\n  two: #3\n", " lead\ntwo", "one \ntwo", "a\r\nb", "end\n\n\n"])
def test_a_text_of_several_lines_reads_back_as_it_was_written(value):
    text = "items:\n  a:\n    description: old\n    horizon: now  # note\n"
    changed = change(text, ("items", "a", "description"), value)
    assert read(changed, "x", "x.yaml").roadmap.items["a"].description == value
    assert changed.endswith("    horizon: now  # note\n")


def test_a_list_keeps_the_lines_of_what_stays():
    text = "items:\n  a:\n    labels:\n      - alpha  # first\n      - beta\n      - gamma  # third\n    horizon: now\n"
    changed = change(text, ("items", "a", "labels"), ("alpha", "gamma", "delta"))
    assert changed == text.replace("      - beta\n", "").replace("# third\n", "# third\n      - delta\n")


def test_an_item_without_a_line_of_its_own_gets_one():
    assert change("items:\n  a:\n  b: {}\n", ("items", "a", "title"), "A") == "items:\n  a:\n    title: A\n  b: {}\n"


def test_a_file_without_items_gets_them():
    assert read(add_item("product: p\n", "a", {"title": "A"}), "x", "x").roadmap.items["a"].title == "A"
    assert read(add_item("items: {}\n", "a", {"title": "A"}), "x", "x").roadmap.items["a"].title == "A"
    assert read(add_item("", "a", {"title": "A"}), "x", "x").roadmap.items["a"].title == "A"


# -- the canonical layout -----------------------------------------------------------------------------------------------------


def test_the_layout_is_canonical_and_says_the_same(files):
    """Laid out twice is laid out once; every comment is still there, and every value."""
    for seed, text in files[::6]:
        laid = tidy(text, "payments.yaml")
        assert tidy(laid, "payments.yaml") == laid, seed
        assert laid.count("#") == text.count("#"), seed
        assert dict(scalars(read(laid, "p", "p").tree)) == dict(scalars(read(text, "p", "p").tree)), seed
        assert "\r" not in laid


def test_keys_come_in_one_order_and_items_in_their_authors(project_root):
    text = (
        "items:\n    b:\n        horizon: now   # soon\n        # what it is\n        title: B\n    a: {title: A}\nproduct: p\n"
    )
    wanted = "product: p\n\nitems:\n  b:\n    # what it is\n    title: B\n    horizon: now   # soon\n\n  a: {title: A}\n"
    assert tidy(text, "x.yaml") == wanted
    assert KEYS[0] == "title"


def test_a_file_with_a_key_twice_is_not_laid_out():
    with pytest.raises(UnreadableError, match="stands twice"):
        tidy("items:\n  a: {title: A, title: B}\n", "x.yaml")


def test_the_example_is_laid_out(project_root):
    text = (project_root / "config" / "roadmap" / "payments.yaml").read_text(encoding="utf-8")
    assert tidy(text, "payments.yaml") == text
