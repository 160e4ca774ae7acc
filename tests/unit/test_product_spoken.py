"""Mails: what somebody said themselves, and what only looks like it."""

from __future__ import annotations

import time

import pytest

from pmsync.product.similarity import fingerprint, is_automatic, spoken, subject


@pytest.mark.parametrize(
    "tail",
    [
        "> old\n> older",
        "On Mon, Nov 3, 2025 at 10:00 AM Ana <ana@example.com> wrote:\n> old",
        "On Mon, Nov 3, 2025 at 10:00 AM Ana\n<ana@example.com> wrote:\n> old",
        "Am 3.11.2025 um 10:00 schrieb Ana:\n> old",
        "Le 3 nov. 2025 à 10:00, Ana a écrit :\n> old",
        "-----Original Message-----\nFrom: Ana\nold",
        "From: Ana <ana@example.com>\nSent: Monday, 3 November 2025\nold",
        "-- \nEve, Acme Corp\n+49 1",
        "Sent from my phone",
    ],
)
def test_what_is_quoted_or_signed_is_left_out(tail: str) -> None:
    assert spoken(f"It fails.\nStill.\n\n{tail}") == "It fails.\nStill."


@pytest.mark.parametrize(
    "text",
    [
        "On Monday it wrote nothing",
        "From: and to: are swapped",
        "Am I the only one?",
        "a > b",
        "He wrote: no",
        "-- dashes in a line",
    ],
)
def test_what_looks_like_it_and_is_not_stays(text: str) -> None:
    assert spoken(f"{text}\nmore") == f"{text}\nmore"


def test_a_mail_that_is_forwarded_alone_is_what_was_said() -> None:
    assert "It fails" in spoken("---------- Forwarded message ---------\nIt fails")


def test_tags_go_and_words_stay() -> None:
    assert spoken("<div>It <b>fails</b></div>").split() == ["It", "fails"]


@pytest.mark.parametrize("text", ["Re: Login", "AW: WG: Login", "[example.com #12] Re[2]: Login", "Login"])
def test_a_subject_is_what_it_is_about(text: str) -> None:
    assert subject(text) == "Login"


@pytest.mark.parametrize("title", ["Automatic reply: Login", "Out of Office", "Undeliverable: Login"])
def test_what_a_machine_wrote_is_known_by_its_title(title: str) -> None:
    assert is_automatic(title)


def test_the_same_words_have_one_fingerprint() -> None:
    assert fingerprint("Re: Disk full", "Host  a\n> old") == fingerprint("disk FULL", "host a")
    assert fingerprint("Disk full", "host a") != fingerprint("Disk full", "host b")
    assert fingerprint("", "> all quoted") == ""


@pytest.mark.parametrize("part", ["On ", "> \n", "On a b c d wrote:\n", "From: a\n", "-", "\n", "<", "On x\n"])
def test_the_time_for_a_hostile_text_grows_with_its_length_alone(part: str) -> None:
    """Four times the text takes less than twelve times as long: a square would take sixteen."""

    def seconds(size: int) -> float:
        text, began = part * (size // len(part)), time.process_time()
        spoken(text)
        return time.process_time() - began

    assert seconds(80_000) < 12 * seconds(20_000) + 0.05
