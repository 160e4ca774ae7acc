"""The two small notations of the config: durations (``60s``, ``14d``) and amounts (``20`` or ``20%``)."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator

_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd])")
_SHARE = re.compile(r"(\d+(?:\.\d+)?)\s*%")


def seconds(value: object) -> object:
    """Read ``60s``, ``10m``, ``1h`` or ``14d`` as seconds; numbers are seconds already.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(value, bool):
        raise ValueError("a duration looks like 60s, 10m, 1h or 14d")
    if isinstance(value, int | float):
        return value
    match = _DURATION.fullmatch(str(value).strip())
    if match is None:
        raise ValueError("a duration looks like 60s, 10m, 1h or 14d")
    return float(match[1]) * _SECONDS[match[2]]


def amount(value: object) -> object:
    """Read ``20`` as a count (int) and ``20%`` as a share (float from 0 to 1).

    Raises:
        ValueError: it is neither, or out of range.
    """
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    match = _SHARE.fullmatch(str(value).strip())
    if match is None or float(match[1]) > 100:
        raise ValueError("an amount is a count such as 20 or a share such as 20%")
    return float(match[1]) / 100


Seconds = Annotated[float, BeforeValidator(seconds)]
Amount = Annotated[int | float, BeforeValidator(amount)]
