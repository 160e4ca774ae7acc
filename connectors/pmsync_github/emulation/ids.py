"""Node ids in the shape of GitHub's newer format: a prefix for the kind, then base64 of a MessagePack array of the ids.

Source of the shape: ids in GitHub's own documentation, such as ``I_kwDOABII585tTAsm``. Clients must take them as opaque.
"""

from __future__ import annotations

import base64
import struct

USER = "U"
BOT = "BOT"
ORGANIZATION = "O"
REPOSITORY = "R"
ISSUE = "I"
PULL_REQUEST = "PR"
COMMENT = "IC"
LABEL = "LA"
MILESTONE = "MI"


def node(kind: str, *numbers: int) -> str:
    """The node id of an object of ``kind``: its own id, or its repository's and its own."""
    packed = bytes([0x91 + len(numbers), 0]) + b"".join(b"\xce" + struct.pack(">I", number) for number in numbers)
    return f"{kind}_{base64.urlsafe_b64encode(packed).decode().rstrip('=')}"
