"""What the evaluations of a search say so far: the curve through them, and between which values the answer lies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple

from bscsim.trial.searching.probit_curve import Curve, Point, fit_curve, misfit, probit
from bscsim.trial.searching.sequence import side_of
from bscsim.trial.searching.steps import Steps
from bscsim.trial.share import Share

WINDOW = 1.8
"""How many times as far as the sites aside an evaluation may be from the target to have a part in the curve."""
SURE = 0.01
"""Chance that a value's own replicates put it on the wrong side of the target."""


class Tally(NamedTuple):
    """Of all replicates at one value, how many rejected, and in how many nothing could be fitted: they do not reject.

    Left out, they would make a design that can seldom be analyzed as good as one that always can.
    """

    rejected: int
    replicates: int
    failed: int = 0

    @property
    def power(self) -> Share:
        """Share that rejected, of all."""
        return Share(self.rejected, self.replicates)

    def plus(self, rejected: int, fitted: int, of: int) -> Tally:
        """With more replicates, of which some could be fitted.

        >>> Tally(8, 10).plus(3, 4, 5)
        Tally(rejected=11, replicates=15, failed=1)
        """
        return Tally(self.rejected + rejected, self.replicates + of, self.failed + of - fitted)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where the smallest sufficient value lies, as indexes of Steps.values; their number stands for "none of them"."""

    curve: Curve
    at: int
    """The estimate."""
    low: int
    high: int
    """Its interval, ends included."""
    near: tuple[int, ...]
    """Indexes of the values that the curve goes through."""
    bent: bool
    """The curve does not fit, and the interval is wider for it."""
    crossed: bool
    """A smaller value is surely enough and a larger one surely not: power does not rise with the value."""


def aside(tallies: Mapping[int, Tally]) -> float:
    """Probits to either side of the target at which the slope is learned: .5 up to 500 replicates, then nearer.

    What the closed form has wrong bends the curve, the more so the further away, and more replicates show less of the
    same bend: with the fourth root the bias falls as fast as the standard error.

    >>> aside({0: Tally(300, 500)}), aside({0: Tally(300, 500), 1: Tally(7000, 7500)})
    (0.5, 0.25)
    """
    every = max(sum(tally.replicates for tally in tallies.values()), 500)
    return 0.5 * sqrt(sqrt(500 / every))


def weigh(steps: Steps, target: float, tallies: Mapping[int, Tally], z: float) -> Evidence:
    """Fit the curve to all evaluations near the target, and take what single values prove with it.

    Two sources bound the answer: the values whose power by the curve is within z standard errors of the target (what
    Fieller's interval is of a line, J R Stat Soc B 1954, 16:175), and, without any curve, values whose own power is
    surely below the target (the answer is larger) or surely above it (it is no larger), by an interval that holds at
    every look (:func:`.side_of`).
    """
    goal = probit(target)
    curve, near = _near_curve(steps, goal, tallies)
    points = [_point(steps, tallies, i) for i in near]
    chi_square, free = misfit(points, curve), len(points) - 3
    # 3.7 standard deviations of a chi-square above its mean: about one in a thousand
    bent = free > 0 and chi_square > free + 3.7 * sqrt(2 * free)
    wide = z * (sqrt(chi_square / free) if bent else 1.0)
    low = _first(steps, 0, lambda x: curve.probit_at(x) + wide * curve.error_at(x) >= goal)
    at = _first(steps, low, lambda x: curve.probit_at(x) >= goal)
    high = _first(steps, at, lambda x: curve.probit_at(x) - wide * curve.error_at(x) >= goal)
    above, below = proven(steps, target, tallies)
    crossed = above > below
    if not crossed:
        low, high = max(low, above), min(high, below)
        if low > high:  # the curve contradicts what single values prove: it has no say
            low, high, bent = above, below, True
        at = min(max(at, low), high)
    return Evidence(curve, at, low, high, near, bent, crossed)


def _first(steps: Steps, start: int, enough: Callable[[float], bool]) -> int:
    return next((index for index in range(start, len(steps.x)) if enough(steps.x[index])), len(steps.x))


def _point(steps: Steps, tallies: Mapping[int, Tally], index: int) -> Point:
    return Point(steps.x[index], tallies[index].rejected, tallies[index].replicates)


def _near_curve(steps: Steps, goal: float, tallies: Mapping[int, Tally]) -> tuple[Curve, tuple[int, ...]]:
    """The curve through all evaluations, then through those near the target if they carry half the replicates."""
    near = tuple(sorted(tallies))
    curve = fit_curve([_point(steps, tallies, i) for i in near], goal)
    window = WINDOW * aside(tallies)
    for _ in range(2):
        close = tuple(i for i in sorted(tallies) if abs(curve.probit_at(steps.x[i]) - goal) <= window)
        inside, every = (sum(tallies[i].replicates for i in group) for group in (close, tallies))
        if close == near or len(close) < 2 or 2 * inside < every:
            break
        near = close
        curve = fit_curve([_point(steps, tallies, i) for i in near], goal)
    return curve, near


def proven(steps: Steps, target: float, tallies: Mapping[int, Tally]) -> tuple[int, int]:
    """Smallest and largest index that single values leave for the answer.

    >>> from bscsim.trial.searching.steps import steps
    >>> proven(steps(4, 20, 1, 0.8, float), 0.8, {3: Tally(700, 1000), 5: Tally(800, 1000), 9: Tally(900, 1000)})
    (4, 9)
    """
    low, high = 0, len(steps.values)
    for index, tally in tallies.items():
        side = side_of(tally.rejected, tally.replicates, target, SURE)
        if side < 0:
            low = max(low, index + 1)
        elif side > 0:
            high = min(high, index)
    return low, high
