"""Run-chart rules of the quality-improvement field.

Source: Perla, Provost & Murray 2011, "The run chart: a simple analytical tool for learning from variation in
healthcare processes", BMJ Quality & Safety 20:46-51. A run chart joins the points of one measure in time order
around a median. Three of its four rules are counted here; the fourth (an "astronomical" point) is a judgement
of the reader and is left to the reader.

- shift: 6 or more consecutive points all above or all below the median; points on the median are skipped.
- trend: 5 or more consecutive points all going up or all going down; of equal neighbours only one counts.
- runs: too many or too few runs about the median for the number of useful points (those not on it), by the
  distribution of Swed & Eisenhart 1943 with equal halves, 2.5% in each tail.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

SHIFT_LENGTH = 6
TREND_LENGTH = 5
BASELINE_POINTS = 12
FEWEST_FOR_RUNS = 10
"""The published table of runs starts at ten useful points."""

Span = tuple[int, int]
"""First and last index (both included) of the points that make a signal."""


@dataclass(frozen=True)
class RunChart:
    """What the rules say of one series. Indices point into the series as given (missing points included)."""

    median: float
    baseline: tuple[int, ...]
    shifts: tuple[Span, ...]
    trends: tuple[Span, ...]
    runs: int
    useful: int
    runs_low: int | None
    runs_high: int | None

    @property
    def runs_signal(self) -> str:
        """"too few", "too many", "as chance" or "too short to judge"."""
        if self.runs_low is None or self.runs_high is None:
            return "too short to judge"
        if self.runs < self.runs_low:
            return "too few"
        return "too many" if self.runs > self.runs_high else "as chance"


def read_chart(values: Sequence[float], baseline: Sequence[int] | None = None) -> RunChart:
    """Apply the rules to one series (NaN = no point that month).

    `baseline`: indices whose median is the centre line, declared in advance; without it the first 12 points
    that exist. Raises ValueError when no point exists.

    >>> chart = read_chart([1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 5, 5, 6, 5, 6, 5])
    >>> chart.median, chart.shifts, chart.trends
    (2.0, ((11, 17),), ())
    """
    present = [i for i, value in enumerate(values) if not math.isnan(value)]
    wanted = range(len(values)) if baseline is None else baseline
    first = [i for i in present if i in wanted]
    if baseline is None:
        first = first[:BASELINE_POINTS]
    if not first:
        raise ValueError("a run chart needs at least one baseline point")
    centre = float(median(values[i] for i in first))
    useful = [i for i in present if values[i] != centre]
    runs = runs_about(values, useful, centre)
    above = sum(values[i] > centre for i in useful)
    low, high = runs_limits(above, len(useful) - above)
    return RunChart(
        median=centre,
        baseline=tuple(first),
        shifts=tuple((run[0], run[-1]) for run in runs if len(run) >= SHIFT_LENGTH),
        trends=tuple(trends(values, present)),
        runs=len(runs),
        useful=len(useful),
        runs_low=low,
        runs_high=high,
    )


def runs_about(values: Sequence[float], useful: Sequence[int], centre: float) -> list[list[int]]:
    """Group the useful indices into runs on one side of the centre line."""
    return [list(group) for _, group in groupby(useful, key=lambda i: values[i] > centre)]


def trends(values: Sequence[float], present: Sequence[int]) -> list[Span]:
    """Stretches of at least 5 points all rising or all falling; a point equal to its predecessor is skipped."""
    distinct: list[int] = []
    for i in present:
        if not distinct or values[i] != values[distinct[-1]]:
            distinct.append(i)
    spans: list[Span] = []
    steps = [(values[b] > values[a], a, b) for a, b in pairwise(distinct)]
    for _, group in groupby(steps, key=lambda step: step[0]):
        stretch = list(group)
        if len(stretch) + 1 >= TREND_LENGTH:
            spans.append((stretch[0][1], stretch[-1][2]))
    return spans


def runs_limits(above: int, below: int) -> tuple[int | None, int | None]:
    """Fewest and most runs that chance explains for points on either side; (None, None) below ten points.

    At most 2.5% in each tail, given how many lie above and below (Swed & Eisenhart 1943: of 10 and 10, 6 runs or
    fewer, or 16 or more, are a signal). A center line of the first points does not halve the later ones, so the
    usual tables, which assume halves, would find too many signals. Computed, not copied from a printed table.

    >>> runs_limits(5, 5), runs_limits(10, 10), runs_limits(15, 5), runs_limits(4, 5), runs_limits(12, 0)
    ((3, 9), (7, 15), (5, 11), (None, None), (None, None))
    """
    useful = above + below
    if useful < FEWEST_FOR_RUNS or not above or not below:
        return None, None
    odds = [runs_probability(count, above, below) for count in range(useful + 1)]
    low, tail = 0, 0.0
    while tail + odds[low] <= 0.025:
        tail += odds[low]
        low += 1
    high, tail = useful, 0.0
    while tail + odds[high] <= 0.025:
        tail += odds[high]
        high -= 1
    return low, high


def runs_probability(count: int, above: int, below: int) -> float:
    """Probability of exactly `count` runs in a random order of `above` highs and `below` lows."""
    if count < 2:
        return 0.0
    half, odd = divmod(count, 2)
    choose = math.comb
    if odd:
        ways = choose(above - 1, half) * choose(below - 1, half - 1)
        ways += choose(above - 1, half - 1) * choose(below - 1, half)
    else:
        ways = 2 * choose(above - 1, half - 1) * choose(below - 1, half - 1)
    return ways / choose(above + below, above)
