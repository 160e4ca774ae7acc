"""The comparison that webhooks of every system rest on."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from pmsync.connect.webhooks import genuine

BODY = b'{"issue": 1}'


def signed(secret: str, method: str = "sha256") -> str:
    return hmac.new(secret.encode(), BODY, getattr(hashlib, method)).hexdigest()


@pytest.mark.parametrize("method", ["sha256", "sha384", "sha512"])
def test_the_body_as_it_was_signed_is_genuine(method: str) -> None:
    assert genuine(BODY, "s3cret", signed("s3cret", method), method)


@pytest.mark.parametrize("given", ["", signed("other"), signed("s3cret")[:-1], signed("s3cret").upper(), "\udcff", "ü"])
def test_everything_else_is_not_and_raises_nothing(given: str) -> None:
    assert not genuine(BODY, "s3cret", given)


def test_another_body_is_not_genuine() -> None:
    assert not genuine(BODY + b" ", "s3cret", signed("s3cret"))


def test_nothing_is_genuine_without_a_secret() -> None:
    """An empty secret signs for everybody."""
    assert not genuine(BODY, "", signed(""))
