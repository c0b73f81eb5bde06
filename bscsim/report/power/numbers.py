"""Numbers of a power study in words: shares as .81, with their 95% Monte Carlo intervals."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from bscsim.report.sweep.numbers import Estimate
from bscsim.report.words import MISSING, level

Z = 1.959963984540054
"""Normal quantile of a 95% interval."""


def known(data: Mapping[str, Any] | None) -> Estimate | None:
    """A share or measure of summary.json with its 95% interval; None where there is no value.

    The interval is the one given (Wilson's of a share), else value and 1.96 Monte Carlo standard errors to each side.

    >>> known({"value": 0.8, "mcse": 0.01, "low": 0.78, "high": 0.82})
    Estimate(mean=0.8, low=0.78, high=0.82, n=0)
    >>> round(known({"value": 0.5, "mcse": 0.1}).low, 3), known({"value": None, "mcse": None}), known(None)
    (0.304, None, None)
    """
    if data is None or data.get("value") is None:
        return None
    value, mcse = float(data["value"]), data.get("mcse")
    if data.get("low") is not None and data.get("high") is not None:
        return Estimate.from_parts(value, data["low"], data["high"])
    return Estimate.from_parts(value) if not mcse else Estimate(value, value - Z * mcse, value + Z * mcse)


def plain(x: float | None) -> Estimate | None:
    """A number without an interval."""
    return Estimate.from_parts(x)


def bare(x: float | None, digits: int = 2) -> str:
    """A share as evaluators write it, without the zero in front.

    >>> bare(0.8136), bare(0.0531, 3), bare(-0.02), bare(1.0), bare(0.0), bare(0.9994), bare(None)
    ('.81', '.053', '−.02', '1.00', '.00', '1.00', 'n/a')
    """
    if x is None or not math.isfinite(x):
        return MISSING
    text = f"{abs(x):.{digits}f}"
    text = text[1:] if text.startswith("0.") else text
    return f"−{text}" if x < 0 and any(c in "123456789" for c in text) else text


def bare_ends(found: Estimate | None, digits: int = 2) -> str:
    """An interval of a share: ".78 to .83"; empty without one."""
    return f"{bare(found.low, digits)} to {bare(found.high, digits)}" if found and found.has_interval else ""


def bare_interval(found: Estimate | None, digits: int = 2) -> str:
    """A share with its interval.

    >>> bare_interval(Estimate(0.81, 0.784, 0.833)), bare_interval(None)
    ('.81 (.78 to .83)', 'n/a')
    """
    if found is None:
        return MISSING
    ends = bare_ends(found, digits)
    return f"{bare(found.mean, digits)} ({ends})" if ends else bare(found.mean, digits)


def signed(x: float | None, digits: int = 2) -> str:
    """A difference of shares with its sign.

    >>> signed(0.061), signed(-0.061), signed(0.001), signed(None)
    ('+.06', '−.06', '.00', 'n/a')
    """
    text = bare(x, digits)
    return text if text == MISSING or text.startswith("−") or not any(c in "123456789" for c in text) else f"+{text}"


def level_interval(found: Estimate | None, digits: int = 3) -> str:
    """A level or effect with its interval: "0.048 (0.047 to 0.049)"."""
    if found is None:
        return MISSING
    text = level(found.mean, digits)
    return f"{text} ({level(found.low, digits)} to {level(found.high, digits)})" if found.has_interval else text


def significant(x: float | None, digits: int = 3) -> str:
    """A number of unknown size with so many significant digits.

    >>> significant(43.21), significant(0.00312), significant(120.0), significant(0.0), significant(None)
    ('43.2', '0.00312', '120', '0', 'n/a')
    """
    if x is None or not math.isfinite(x):
        return MISSING
    places = digits - 1 - math.floor(math.log10(abs(x))) if x else 0
    text = f"{round(x, places):,.{max(places, 0)}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace("-", "−")
