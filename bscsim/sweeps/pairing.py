"""Differences between cells, replicate by replicate: what common random numbers are for, and what they bought.

Replicate r has the same seed in every cell, so that its luck is largely the same on both sides of a difference and
cancels (Law, Simulation Modeling and Analysis, ch. 11; Kleijnen 2015, ch. 2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bscsim.record.intervals import Interval, interval


@dataclass(frozen=True)
class Paired:
    """The difference between two cells.

    difference
        First less second, over the replicates that both have: mean, t interval, percentiles.
    variance_ratio
        (variance of the first + variance of the second) / variance of the difference: how many times more replicates
        cells with seeds of their own would need for the same interval. Below 1, pairing did harm. None with fewer than
        two replicates, and when the difference is the same in all of them.
    """

    difference: Interval
    variance_ratio: float | None


@dataclass(frozen=True)
class Bought:
    """What common random numbers bought in a study: the median variance ratio of ``cells`` cells; None of none."""

    median_variance_ratio: float | None
    cells: int


def paired(a: ArrayLike, b: ArrayLike) -> Paired:
    """Compare two cells' values of one response, [replicates] each; replicates that either lacks (NaN) are left out.

    ValueError when the lengths differ.

    >>> paired([1.0, 2.0, 4.0], [0.0, 1.0, 2.0]).difference.mean
    1.3333333333333333
    >>> paired([1.0, 2.0], [0.0, 1.0]).variance_ratio is None
    True
    """
    x, y = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if x.shape != y.shape or x.ndim != 1:
        raise ValueError(f"two rows of the same replicates are compared, not shapes {x.shape} and {y.shape}")
    both = np.isfinite(x) & np.isfinite(y)
    x, y = x[both], y[both]
    return Paired(interval(x - y), _variance_ratio(x, y))


def against(y: ArrayLike, reference: int) -> tuple[Paired, ...]:
    """Compare every cell of y [cells, replicates] with the reference cell, which stands in its own place too.

    >>> [pair.difference.mean for pair in against([[1.0, 2.0], [2.0, 5.0]], reference=0)]
    [0.0, 2.0]
    """
    cells = np.asarray(y, dtype=np.float64)
    return tuple(paired(row, cells[reference]) for row in cells)


def bought(pairs: tuple[Paired, ...]) -> Bought:
    """Summarize what pairing bought over many comparisons; those without a ratio are left out and not counted.

    >>> bought((paired([1.0, 2.0, 4.0], [1.0, 2.0, 3.0]),)).cells
    1
    """
    ratios = [pair.variance_ratio for pair in pairs if pair.variance_ratio is not None]
    return Bought(float(np.median(ratios)) if ratios else None, len(ratios))


def _variance_ratio(x: NDArray[np.float64], y: NDArray[np.float64]) -> float | None:
    if x.size < 2:
        return None
    apart = float((x - y).var(ddof=1))
    rounding = 16 * np.finfo(np.float64).eps * max(float(np.abs(x).max()), float(np.abs(y).max()))
    if apart <= rounding**2:  # a constant difference has a variance of rounding errors, and a ratio of nonsense
        return None
    return float((x.var(ddof=1) + y.var(ddof=1)) / apart)
