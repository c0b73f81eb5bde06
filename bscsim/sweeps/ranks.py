"""Rank correlations of sampled designs: which factors a response rises or falls with, whatever the shape.

Spearman's: the correlation of ranks, with mean ranks where values are equal.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
_AT_ONCE = 2_000_000
"""Numbers of a block of resamples: bounds memory at some 100 MB."""


@dataclass(frozen=True)
class RankCorrelation:
    """Spearman's correlation of a factor with the response (-1 to 1), 95% bootstrap interval, and the number of points.

    NaN with fewer than three points, and when the factor or the response is the same at all of them.
    """

    rank_correlation: float
    low: float
    high: float
    points: int


def rank_correlations(
    points: ArrayLike, y: ArrayLike, seed: int = 0, resamples: int = 1000
) -> tuple[RankCorrelation, ...]:
    """Correlate each column of points [points, factors] with the mean over replicates of y [points, replicates].

    Replicates that are missing (NaN) are left out of a point's mean, points without any are left out. The interval:
    2.5th and 97.5th percentile of the correlation over resampled points, each resample ranked anew.

    >>> [one.rank_correlation for one in rank_correlations([[0.1], [0.2], [0.9]], [[1.0], [8.0], [9.0]])]
    [1.0]
    """
    x, values = np.asarray(points, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if x.ndim != 2 or values.ndim != 2 or len(x) != len(values):
        raise ValueError(f"needs points [points, factors] and y [points, replicates], not {x.shape} and {values.shape}")
    there = np.isfinite(values)
    number = there.sum(axis=1)
    kept = number > 0
    mean = np.where(there, values, 0.0).sum(axis=1)[kept] / number[kept]
    x = x[kept]
    n = len(mean)
    if n < 3:
        return tuple(RankCorrelation(math.nan, math.nan, math.nan, n) for _ in range(x.shape[1]))
    found = _spearman(x, mean, np.ones((1, n)))[0]
    resampled = _resampled(x, mean, np.random.default_rng(seed), resamples)
    return tuple(_with_interval(float(rho), resampled[:, factor], n) for factor, rho in enumerate(found))


def _with_interval(rho: float, resampled: Array, n: int) -> RankCorrelation:
    known = resampled[np.isfinite(resampled)]
    if math.isnan(rho) or not known.size:
        return RankCorrelation(math.nan, math.nan, math.nan, n)
    low, high = (float(q) for q in np.percentile(known, [2.5, 97.5]))
    return RankCorrelation(rho, low, high, n)


def _resampled(x: Array, y: Array, rng: np.random.Generator, resamples: int) -> Array:
    """Correlations [resamples, factors] of points drawn with replacement."""
    n = len(y)
    block = max(1, _AT_ONCE // n)
    rows = []
    for start in range(0, resamples, block):
        size = min(block, resamples - start)
        drawn = rng.integers(n, size=(size, n)) + n * np.arange(size)[:, None]
        weights = np.bincount(drawn.ravel(), minlength=size * n).reshape(size, n).astype(np.float64)
        rows.append(_spearman(x, y, weights))
    return np.concatenate(rows)


def _spearman(x: Array, y: Array, weights: Array) -> Array:
    """Spearman's correlation [resamples, factors], where weights [resamples, points] say how often a point is drawn."""
    ranks = _mean_ranks(y, weights)
    total = weights.sum(axis=1)
    out = np.full((len(weights), x.shape[1]), np.nan)
    middle = (total + 1) / 2  # mean of the ranks, whatever is equal
    b = ranks - middle[:, None]
    squares_b = (weights * b * b).sum(axis=1)
    for factor in range(x.shape[1]):
        a = _mean_ranks(x[:, factor], weights) - middle[:, None]
        scale = np.sqrt((weights * a * a).sum(axis=1) * squares_b)
        np.divide((weights * a * b).sum(axis=1), scale, out=out[:, factor], where=scale > 0)
    correlations: Array = np.clip(out, -1.0, 1.0)
    return correlations


def _mean_ranks(values: Array, weights: Array) -> Array:
    """Mean rank of each point [resamples, points] in resamples where it stands ``weights`` times; sorts only once."""
    order = np.argsort(values, kind="stable")
    new = np.concatenate([[True], np.diff(values[order]) > 0])
    counts = np.add.reduceat(weights[:, order], np.flatnonzero(new), axis=1)
    group_rank = np.cumsum(counts, axis=1) - (counts - 1) / 2
    ranks = np.empty_like(weights)
    ranks[:, order] = group_rank[:, np.cumsum(new) - 1]
    return ranks
