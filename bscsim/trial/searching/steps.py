"""The values that a search may find, in order, and how far apart their powers are by the closed form."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from math import inf, isfinite, nan, sqrt

from bscsim.trial.searching.probit_curve import probit

USUAL = 1.959963984540054
"""What an estimate must exceed, in standard errors, in a two-sided test at 5% with many degrees of freedom."""


@dataclass(frozen=True, slots=True)
class Steps:
    """Values low, low + step, ... up to high, where each lies on the closed form's scale, and where to start."""

    values: tuple[int, ...]
    x: tuple[float, ...]
    """Rising: probits from the start, by the closed form."""
    start: int
    """Index of the value from which to search: the closed form's answer."""
    center: float
    """Noncentrality at the start."""
    per: float
    """Probits by noncentrality."""
    warnings: tuple[str, ...] = ()


def steps(
    low: int, high: int, step: int, target: float, noncentrality: Callable[[int], float], start: int | None = None
) -> Steps:
    """List the values; where the closed form does not rise with them, the square root of the value stands in, said so.

    The scale is set such that no effect lies where a two-sided test at 5% has its size, whatever the unit of the
    noncentrality. ValueError unless 1 <= low <= high, step >= 1 and target is above .05 and below 1.

    >>> found = steps(4, 20, 4, 0.8, lambda value: value**0.5)
    >>> found.values, found.values[found.start], found.x[1]
    ((4, 8, 12, 16, 20), 8, 0.0)
    """
    if not 1 <= low <= high or step < 1:
        raise ValueError(f"the values must rise from 1 or more, by 1 or more; not from {low} to {high} by {step}")
    if not 0.05 < target < 1:
        raise ValueError(f"the target must be a power above 0.05 and below 1, not {target}")
    values = tuple(range(low, high + 1, step))
    found = tuple(_quiet(noncentrality, value) for value in values)
    needed = USUAL + probit(target)
    warnings: tuple[str, ...] = ()
    if not all(a < b for a, b in pairwise(found)) or not 0 < found[0] <= found[-1] < inf:
        warnings = (
            "the closed form's noncentrality does not rise with the value; the root of the value stands in for it",
        )
        found = tuple(needed * sqrt(value / values[len(values) // 2]) for value in values)
    at = bisect_left(found, needed) if start is None else bisect_left(values, start)
    at = min(at, len(values) - 1)
    per = needed / found[at]
    return Steps(values, tuple(per * (lam - found[at]) for lam in found), at, found[at], per, warnings)


def effective(power: float, alpha: float = 0.05, sides: int = 2) -> float:
    """Noncentrality at which a normal test would have a closed form's power: what a search can go by in its place.

    It bends where the t test loses power with the degrees of freedom, as with few collaboratives; with infinite df it
    is the noncentrality itself. 0 where the power is no more than the test's size, or is 1 to the last digit: 10.

    >>> from bscsim.trial import formulas
    >>> round(effective(formulas.power(0.5, formulas.Precision(0.04))), 3)
    2.5
    """
    critical = -probit(alpha / sides)
    return min(max(critical + probit(min(max(power, 1e-15), 1 - 1e-15)), 0.0), 10.0)


def _quiet(noncentrality: Callable[[int], float], value: int) -> float:
    """NaN, which does not rise, where the closed form has no answer (too few to leave a degree of freedom)."""
    try:
        found = float(noncentrality(value))
    except ValueError:
        return nan
    return found if isfinite(found) else nan
