"""Names of records in texts."""

from __future__ import annotations

import pytest

from pmsync.text.names import names_in


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("see PAY-7, PAY-08 and pay-9", ["PAY-7"]),
        ("acme/api#12 (and #13)", ["acme/api#12"]),
        ("https://acme.atlassian.net/browse/PAY-7.", ["https://acme.atlassian.net/browse/PAY-7"]),
        ("UTF-8, ISO-8859-1 and x-PAY-7", ["UTF-8"]),
        ("see PAY-7, A1_B-12.", ["PAY-7", "A1_B-12"]),
        ("pay-7 UTF-8-BOM XPAY-7x PAY-0 -PAY-7 ISO-", []),
        ("", []),
    ],
)
def test_keys_and_addresses_are_found(text, names):
    assert names_in(text) == names
