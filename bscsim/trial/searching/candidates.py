"""Which designs a budget allows, ranked by what the closed form says of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import isnan, nan, prod

Levels = Mapping[str, int]
MOST_DESIGNS = 200_000


@dataclass(frozen=True)
class Candidate:
    """A design that the budget allows."""

    levels: Levels
    cost: float
    power: float
    """By the closed form; NaN where it has no answer."""


def candidates(over: Sequence[str], between: Sequence[tuple[int, int]], step: int = 1) -> list[dict[str, int]]:
    """All designs: every combination of the fields' values, each from its smallest to its largest by the step.

    ValueError for a pair a field is missing, reversed ranges, or more than 200,000 combinations.

    >>> candidates(("design.collaboratives", "design.control_centers"), ((2, 3), (10, 30)), 10)[-1]
    {'design.collaboratives': 2, 'design.control_centers': 30}
    """
    if len(over) != len(between) or not over:
        raise ValueError(f"{len(over)} fields need as many pairs of smallest and largest value, not {len(between)}")
    if step < 1 or any(low > high for low, high in between):
        raise ValueError(f"each pair must be (smallest, largest), and the step 1 or more; not {between} by {step}")
    ranges = [range(low, high + 1, step) for low, high in between]
    number = prod(len(values) for values in ranges)
    if number > MOST_DESIGNS:
        raise ValueError(f"{number} designs are more than {MOST_DESIGNS}; narrow the ranges or take a larger step")
    return [dict(zip(over, levels, strict=True)) for levels in product(*ranges)]


def best_under(
    budget: float,
    cost: Callable[[Levels], float],
    designs: Sequence[Levels],
    power_of: Callable[[Levels], float],
    keep: int = 8,
) -> list[Candidate]:
    """The most powerful designs that the budget allows, by the closed form: the best first, of equals the cheapest.

    A design is left out if the budget allows another that has at least as much of everything and at least its power: it
    could only be a copy that saves a little. ``power_of`` may raise ValueError (a design too small for a test): such a
    design comes last. ValueError if the budget allows none; it says what the cheapest costs.

    >>> designs = candidates(("k", "m"), ((2, 6), (4, 12)))
    >>> def precise(levels):
    ...     return 1 - 1 / (levels["k"] * levels["m"] ** 0.5)
    >>> found = best_under(400, lambda levels: 60 * levels["k"] + 5 * levels["k"] * levels["m"], designs, precise, 2)
    >>> [(dict(one.levels), one.cost) for one in found]
    [({'k': 4, 'm': 8}, 400), ({'k': 3, 'm': 12}, 360)]
    """
    priced = [(cost(levels), levels) for levels in designs]
    allowed = [Candidate(levels, price, _power(power_of, levels)) for price, levels in priced if price <= budget]
    if not allowed:
        least = min((price for price, _ in priced), default=nan)
        raise ValueError(f"the budget of {budget:,.0f} allows no design; the cheapest costs {least:,.0f}")
    found: list[Candidate] = []
    for one in sorted(allowed, key=_rank):
        if len(found) == keep:
            break
        if not any(all(other.levels[name] >= level for name, level in one.levels.items()) for other in found):
            found.append(one)
    return found


def _rank(one: Candidate) -> tuple[float, float, tuple[int, ...]]:
    """Most power, then least cost, then most of the first fields; no answer last."""
    return (1.0 if isnan(one.power) else -one.power, one.cost, tuple(-level for level in one.levels.values()))


def _power(power_of: Callable[[Levels], float], levels: Levels) -> float:
    try:
        return power_of(levels)
    except ValueError:
        return nan
