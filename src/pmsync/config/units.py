"""The small notations of the config: durations (``60s``, ``14d``) and amounts (``20`` or ``20%``)."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, Field

LONGEST = 3650 * 86_400.0
"""Seconds. Ten years: what is longer is a slip, and no scheduler can count it."""

MOST = 10**9
"""The largest count."""

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_DURATION = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,12})?)\s*([smhd]?)")
_COUNT = re.compile(r"[0-9]{1,9}")
_SHARE = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,12})?)\s*%")


def seconds(value: object) -> float:
    """Read ``60s``, ``10m``, ``1h`` or ``14d`` as seconds; bare numbers are seconds already.

    Raises:
        ValueError: it is no duration, negative, or longer than ten years.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        found = value
    elif isinstance(value, str) and (match := _DURATION.fullmatch(value.strip())):
        found = float(match[1]) * _UNITS[match[2]]
    else:
        found = -1
    if not found >= 0:  # not a number fails here too
        raise ValueError("a duration looks like 60s, 10m, 1h or 14d")
    if found > LONGEST:
        raise ValueError("a duration is at most 3650d")
    return float(found)


def amount(value: object) -> int | float:
    """Read ``20`` as a count (int) and ``20%`` as a share (float from 0 to 1).

    Raises:
        ValueError: it is neither, or out of range.
    """
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST:
        return value
    text = value.strip() if isinstance(value, str) else ""
    if _COUNT.fullmatch(text):
        return int(text)
    match = _SHARE.fullmatch(text)
    if match is None or float(match[1]) > 100:
        raise ValueError("an amount is a count such as 20 or a share such as 20%")
    return float(match[1]) / 100


_DurationText = Annotated[str, Field(pattern=r"^\s*[0-9]+(\.[0-9]+)?\s*[smhd]?\s*$", description="60s, 10m, 1h or 14d")]
_ShareText = Annotated[str, Field(pattern=r"^\s*[0-9]+(\.[0-9]+)?\s*%?\s*$", description="20, or a share such as 20%")]
_Number = Annotated[float, Field(ge=0)]
_Whole = Annotated[int, Field(ge=0)]

Seconds = Annotated[float, BeforeValidator(seconds, json_schema_input_type=_Number | _DurationText)]
Amount = Annotated[int | float, BeforeValidator(amount, json_schema_input_type=_Whole | _ShareText)]
