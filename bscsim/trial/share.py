"""Numbers over replicates with their Monte Carlo errors: a share with Wilson's interval, and any other measure."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, nan, sqrt
from typing import Any

import numpy as np

from bscsim.trial.cluster_stats import Array

Z = 1.959963984540054
"""Normal quantile of a 95% interval."""


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many: a power, a size, a coverage. With none at all (of 0) its numbers are NaN.

    >>> power = Share(80, 100)
    >>> power.value, round(power.mcse, 3), round(power.low, 4), round(power.high, 4)
    (0.8, 0.04, 0.7112, 0.8666)
    """

    count: int
    of: int

    @property
    def value(self) -> float:
        """The share, 0 to 1."""
        return self.count / self.of if self.of else nan

    @property
    def mcse(self) -> float:
        """Monte Carlo standard error, sqrt(p (1 - p) / n)."""
        return sqrt(self.value * (1 - self.value) / self.of) if self.of else nan

    @property
    def low(self) -> float:
        """Lower end of the 95% interval of Wilson 1927 (J Am Stat Assoc 22:209); honest where p is near 0 or 1."""
        return self._wilson(-Z)

    @property
    def high(self) -> float:
        """Upper end of it."""
        return self._wilson(Z)

    def _wilson(self, z: float) -> float:
        n, p = self.of, self.value
        if not n:
            return nan
        end = (p + z * z / (2 * n) + z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))) / (1 + z * z / n)
        return min(max(end, 0.0), 1.0)  # at p = 0 and 1 an end is exactly that, but for the rounding

    def as_dict(self) -> dict[str, Any]:
        """Plain data; None for what does not exist.

        >>> Share(0, 0).as_dict()
        {'value': None, 'mcse': None, 'ci95_low': None, 'ci95_high': None, 'count': 0, 'of': 0}
        """
        numbers = {"value": self.value, "mcse": self.mcse, "ci95_low": self.low, "ci95_high": self.high}
        return {name: plain(number) for name, number in numbers.items()} | {"count": self.count, "of": self.of}


@dataclass(frozen=True, slots=True)
class Measure:
    """A number over replicates and its Monte Carlo standard error; NaN for what does not exist.

    >>> Measure(0.01, 0.004).as_dict()
    {'value': 0.01, 'mcse': 0.004}
    """

    value: float
    mcse: float

    def as_dict(self) -> dict[str, Any]:
        """Plain data; None for NaN."""
        return {"value": plain(self.value), "mcse": plain(self.mcse)}


def share_of(hits: Array) -> Share:
    """How many of a bool array are true.

    >>> share_of(np.array([True, False]))
    Share(count=1, of=2)
    """
    return Share(int(np.count_nonzero(hits)), int(hits.size))


def mean_of(values: Array) -> Measure:
    """The mean and its standard error, SD / sqrt(n).

    >>> mean_of(np.array([1.0, 3.0]))
    Measure(value=2.0, mcse=1.0)
    """
    n = values.size
    return Measure(float(values.mean()) if n else nan, float(values.std(ddof=1) / sqrt(n)) if n > 1 else nan)


def plain(number: float) -> float | None:
    """The number, or None if it is not finite.

    >>> plain(float("nan")) is None
    True
    """
    return float(number) if isfinite(number) else None
