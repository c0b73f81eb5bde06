"""Means and intervals over replicates: the one place where reports and sweeps do this statistics.

A replicate is one simulated collaborative (or one set of collaboratives). Two intervals answer two
questions and are never mixed: the 95% Monte Carlo interval says how well the *mean* is known after this
many replicates, the 5th to 95th percentile says where 90% of simulated replicates fall.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


FOR_INTERVAL = 5
"""Replicates below which no interval is printed: t quantiles make it wider than anything that can happen."""
FOR_PERCENTILES = 20
"""Replicates below which "90% of replicates" is not said: each would be more than 5% of them."""


@dataclass(frozen=True)
class Interval:
    """Mean over replicates with its Monte Carlo interval and the spread of the replicates.

    `low`/`high`: mean -+ t * SE (95%, n-1 degrees of freedom; NaN with one replicate). `p05`/`p95`: 5th and
    95th percentiles over replicates. `n`: replicates with a value. All in the unit of the values.
    """

    mean: float
    low: float
    high: float
    p05: float
    p95: float
    n: int

    @property
    def has_interval(self) -> bool:
        """Whether the report prints the interval of the mean."""
        return self.n >= FOR_INTERVAL and math.isfinite(self.low)

    def as_dict(self) -> dict[str, float | int | None] | None:
        """The fields with NaN as None (JSON has no NaN); None when no replicate has a value."""
        if self.n == 0:
            return None
        numbers = {
            "mean": self.mean, "ci95_low": self.low, "ci95_high": self.high,
            "p05": self.p05, "p95": self.p95,
        }  # fmt: skip
        out: dict[str, float | int | None] = {name: finite(value) for name, value in numbers.items()}
        out["replicates"] = self.n
        return out


def finite(value: float) -> float | None:
    """The value as a Python float, or None when it is NaN or infinite."""
    number = float(value)
    return number if math.isfinite(number) else None


def interval(values: ArrayLike) -> Interval:
    """Summarise one value a replicate; NaN values (nothing to average there) are left out and not counted.

    >>> interval([1.0, 2.0, 3.0]).mean
    2.0
    >>> interval([1.0]).low
    nan
    """
    x = np.asarray(values, dtype=np.float64)
    x = x[np.isfinite(x)]
    if x.size == 0:
        return Interval(math.nan, math.nan, math.nan, math.nan, math.nan, 0)
    half = half_width(x)
    mean = float(x.mean())
    p05, p95 = (float(q) for q in np.percentile(x, [5, 95]))
    return Interval(mean, mean - half, mean + half, p05, p95, int(x.size))


def half_width(x: NDArray[np.float64]) -> float:
    """t(.975, n-1) * SD / sqrt(n) of finite values; NaN when n < 2."""
    if x.size < 2:
        return math.nan
    from scipy.special import stdtrit

    return float(stdtrit(x.size - 1, 0.975) * x.std(ddof=1) / math.sqrt(x.size))


def ratio_of_means(top: ArrayLike, bottom: ArrayLike) -> Interval:
    """Ratio of two means over replicates with a 95% interval by the delta method (linearised residuals).

    A ratio of means, not a mean of ratios: one replicate with a denominator near zero would own the latter.
    `p05`/`p95` are NaN, because a ratio within one replicate is not what is reported.  Missing where the mean to divide
    by is not above 0: a price of a gain that is a loss, or a share of it, says nothing.

    >>> round(ratio_of_means([1.0, 2.0, 3.0], [2.0, 4.0, 6.0]).mean, 6)
    0.5
    """
    a, b = np.asarray(top, dtype=np.float64), np.asarray(bottom, dtype=np.float64)
    both = np.isfinite(a) & np.isfinite(b)
    a, b = a[both], b[both]
    if a.size == 0 or b.mean() <= 0.0:  # a ratio that does not exist has no replicates
        return Interval(math.nan, math.nan, math.nan, math.nan, math.nan, 0)
    ratio = float(a.mean() / b.mean())
    half = half_width((a - ratio * b) / abs(float(b.mean())))
    return Interval(ratio, ratio - half, ratio + half, math.nan, math.nan, int(a.size))


def band(values: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Mean, 5th and 95th percentile over the first axis (replicates), point by point; NaN where all are NaN.

    >>> [float(line[0]) for line in band([[1.0], [3.0]])]
    [2.0, 1.1, 2.9]
    """
    x = np.asarray(values, dtype=np.float64)
    flat = x.reshape(x.shape[0], -1)
    lines = np.full((3, flat.shape[1]), np.nan)
    for j in range(flat.shape[1]):
        column = flat[np.isfinite(flat[:, j]), j]
        if column.size:
            lines[:, j] = (column.mean(), *np.percentile(column, [5, 95]))
    mean, low, high = (line.reshape(x.shape[1:]) for line in lines)
    return mean, low, high
