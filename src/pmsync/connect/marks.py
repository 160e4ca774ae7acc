"""Instance marks: what pmsync leaves in a container, so that it notices later whether its own store is older than the world.

A mark is ``pmm1.<who>.<nonce>.<mac>``, 71 characters: ``who`` stands for the instance and tells nothing about it, ``nonce`` for the moment
it was left, and the mac is HMAC-SHA256 over the part before it, cut to 32 hex digits. It may stand in public.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from enum import Enum, auto

_MARK = re.compile(r"pmm1\.[0-9a-f]{16}\.[0-9a-f]{16}\.[0-9a-f]{32}")
_KIN = re.compile(r"pmm\d+\.[0-9a-z.-]+")


class Whose(Enum):
    """Who left a mark: nobody (it is none), this instance, another one with our key, or one with a key of its own."""

    NOBODY = auto()
    OURS = auto()
    SIBLING = auto()
    FOREIGN = auto()


def make_mark(instance: str, nonce: str, key: bytes) -> str:
    """A mark of ``instance``; ``nonce`` is any text that was never used before."""
    text = f"pmm1.{_short(key, 'instance', instance)}.{_short(key, 'nonce', nonce)}"
    return f"{text}.{_mac(key, text)[:32]}"


def whose(mark: str, instance: str, key: bytes) -> Whose:
    """Who left ``mark``. A mark of a later version of pmsync counts as foreign: nothing of it can be judged."""
    if not _MARK.fullmatch(mark):
        return Whose.FOREIGN if _KIN.fullmatch(mark) else Whose.NOBODY
    text, _, mac = mark.rpartition(".")
    if not hmac.compare_digest(mac, _mac(key, text)[:32]):
        return Whose.FOREIGN
    return Whose.OURS if text.split(".")[1] == _short(key, "instance", instance) else Whose.SIBLING


def maker(mark: str) -> str:
    """What stands for the instance that left ``mark``: the same in all its marks. "" where it is no mark."""
    return ".".join(mark.split(".")[:2]) if _KIN.fullmatch(mark) else ""


def _short(key: bytes, what: str, text: str) -> str:
    return _mac(key, f"{what}:{text}")[:16]


def _mac(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
