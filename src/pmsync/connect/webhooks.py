"""Whether a webhook comes from whom it says: the one comparison that every connector's ``hints`` rests on."""

from __future__ import annotations

import hashlib
import hmac


def genuine(body: bytes, secret: str, given: str, method: str = "sha256") -> bool:
    """Whether ``given`` is the hex HMAC of the raw ``body`` under ``secret``, compared in constant time; never under an empty secret."""
    wanted = hmac.new(secret.encode(), body, getattr(hashlib, method)).hexdigest()
    return bool(secret) and hmac.compare_digest(wanted.encode(), given.encode("utf-8", "surrogatepass"))
