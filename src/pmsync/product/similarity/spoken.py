"""What somebody said themselves in a mail: without what they quote, what they forward, and their signature. Linear in the length of the text.

The libraries for it that were tried take minutes on a text made to hurt them; this one looks at each line once.
"""

from __future__ import annotations

import hashlib
import re

LONGEST_LINE = 400
"""Characters of a line that are looked at for what it is."""
_QUOTED = re.compile(r"\s{0,3}>")
_SIGNATURE = re.compile(r"(?:--|__+|—)\s*$|Sent from my |Von meinem .{1,40} gesendet|Envoyé de mon ", re.IGNORECASE)
_INTRODUCED = re.compile(
    r"(?:On|Am|Le|El|Il|Op|Em|Den|Dnia)\s.{4,200}(?:wrote|schrieb|écrit|escribió|scritto|schreef|escreveu|skrev|napisał)\b.{0,80}:?\s*$"
)
_FORWARDED = re.compile(
    r"-{2,}\s*(?:Original Message|Forwarded message|Ursprüngliche Nachricht|Weitergeleitete Nachricht|Message d'origine|Mensaje original)",
    re.IGNORECASE,
)
_HEADER = re.compile(r"(?:From|Von|De|Da|Van|Från):\s.{1,200}$")
_DATED = re.compile(r"(?:Sent|Date|Gesendet|Datum|Envoyé|Enviado|Inviato|Verzonden|Skickat):\s")
_TAGS = re.compile(r"<[^<>]{1,300}>")
_SUBJECT = re.compile(r"(?:(?:re|fwd?|aw|wg|antw|sv|tr|rv)\s*(?:\[\d+\])?\s*:\s*|\[[^\]]{1,60}#\d+\]\s*)+", re.IGNORECASE)
_ITSELF = re.compile(
    r"out of office|automatic reply|autoreply|auto-reply|abwesenheit|delivery (?:status|failure)|undeliverable|mailer-daemon",
    re.IGNORECASE,
)


def spoken(text: str) -> str:
    """The text without quotes, forwarded mails and the signature; tags of HTML go, words within them stay."""
    said: list[str] = []
    lines = text.splitlines()
    for number, line in enumerate(lines):
        head = line[:LONGEST_LINE].strip()
        if _QUOTED.match(line):
            continue
        if _SIGNATURE.match(head) or _FORWARDED.match(head) or _introduces(head, lines, number) or _heads(head, lines, number):
            if not _FORWARDED.match(head) or any(one.strip() for one in said):
                break
            continue
        said.append(_TAGS.sub(" ", line))
    return "\n".join(said).strip()


def subject(text: str) -> str:
    """A subject without ``Re:``, ``Fwd:``, ``AW:`` and the number of a ticket in front."""
    return text[_at(text) :].strip()


def is_automatic(title: str) -> bool:
    """Whether a machine wrote it: an absence note, a mail that could not be delivered."""
    return _ITSELF.search(title[:LONGEST_LINE]) is not None


def fingerprint(title: str, text: str) -> str:
    """The same for texts that say the same to the letter, but for case, blanks, quotes and signatures; "" where nothing is said."""
    words = " ".join(f"{subject(title)} {spoken(text)}".casefold().split())
    return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()[:32] if words else ""


def _at(text: str) -> int:
    match = _SUBJECT.match(text.lstrip()[:LONGEST_LINE])
    return len(text) - len(text.lstrip()) + match.end() if match else 0


def _introduces(head: str, lines: list[str], number: int) -> bool:
    """``On Monday, Ana wrote:``, in one line or broken into two; only where something quoted follows."""
    after = [line for line in lines[number + 1 : number + 4] if line.strip()]
    if _INTRODUCED.match(head):
        return not after or any(_QUOTED.match(line) for line in after) or head.endswith(":")
    joined = f"{head} {after[0][:LONGEST_LINE].strip()}" if after else ""
    return len(after) > 1 and bool(_INTRODUCED.match(joined)) and bool(_QUOTED.match(after[1]))


def _heads(head: str, lines: list[str], number: int) -> bool:
    """The head of a quoted mail as some programs write it: who, and right below it when."""
    return bool(_HEADER.match(head)) and any(_DATED.match(line.strip()[:LONGEST_LINE]) for line in lines[number + 1 : number + 4])
