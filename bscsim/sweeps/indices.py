"""Sobol indices of a simulation with replicate noise: what share of a response's variance a factor is behind.

First-order index: the share that goes when the factor is known. Total index: the share that is left when all others
are known. Estimators are those of Saltelli et al. 2010 (Computer Physics Communications 181:259-270): the mean of
f(B) (f(AB_i) - f(A)) for the first, Jansen's half mean of (f(A) - f(AB_i))^2 for the total, over the variance of f.

f is the mean over all replicates there could be. Means over a few replicates carry noise, and squares of noise do not
average out: they swell the variance and the total index. Here, each product of two means is the mean of products of two
*different* replicates,

    mean over r != s of u_r v_s = ((sum u)(sum v) - sum(u v)) / (R (R - 1)),

in which noise, independent between replicates, has expectation zero. So given the points, numerators and variance
estimate without bias what they would be without noise. Every replicate is centered by its own mean first, so that luck
which is common to all points (they share seeds) drops out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
_AT_ONCE = 1_000_000
"""Numbers of each array of a block of resamples: bounds memory at some 100 MB."""
_UNDEFINED = 0.025
"""Share of resamples without a positive variance from which on there is no interval."""


@dataclass(frozen=True)
class Index:
    """The indices of one factor; shares of variance, in theory 0 to 1 (estimates may fall a little outside).

    first, first_low, first_high
        First-order index and its 95% bootstrap interval.
    total, total_low, total_high
        Total index and its interval.
    salib_first, salib_total
        The classical estimates on means over replicates, as SALib gives them: with noise, first is too small and total
        is pulled toward 1.
    """

    first: float
    first_low: float
    first_high: float
    total: float
    total_low: float
    total_high: float
    salib_first: float
    salib_total: float


@dataclass(frozen=True)
class Indices:
    """The indices of all factors, and how much of what was seen is signal. NaN: not known.

    factors
        One :class:`Index` a factor.
    variance
        Variance of the response over the factors' ranges, without replicate noise; its unit is the response's squared.
    signal_share
        ``variance`` over the variance of means over replicates: 1 when noise is nothing, near 0 (even below) when there
        is nothing but noise.
    base_points, replicates
        Base points with a value, and replicates.
    corrected
        Whether noise was taken out. With one replicate it cannot be: then the indices are the classical ones.
    """

    factors: tuple[Index, ...]
    variance: float
    signal_share: float
    base_points: int
    replicates: int
    corrected: bool


class _Pair(NamedTuple):
    """Two quantities whose products over replicates are wanted, u and v [n, m, R], 0 where either is missing.

    ``there`` [n, m, R]: 1 where both are there; [1, 1, R] when nothing is missing. ``u_sums``, ``v_sums`` over
    ``counts`` [base points, R]: what each is centered by, in each resample anew; 0 for differences, in which centers
    cancel.
    """

    u: Array
    v: Array
    there: Array
    u_sums: Array
    v_sums: Array
    counts: Array


class _Parts(NamedTuple):
    """What the estimates are made of.

    ``values``: pairs of values, at A and then at B (2n points), centered by their own mean. ``value_step``: of values
    at B, centered by the mean of all points as SALib does, and steps AB_i - A. ``steps``: of steps.
    """

    values: _Pair
    value_step: _Pair
    steps: _Pair


class _Found(NamedTuple):
    """Estimates of a block of resamples: ``variance`` [resamples]; ``first`` and ``total`` [factors, resamples]."""

    variance: Array
    first: Array
    total: Array


def sobol_indices(y: ArrayLike, k: int, seed: int = 0, resamples: int = 200) -> Indices:
    """Estimate first-order and total indices of k factors from y [n * (k + 2), replicates] of one response.

    Rows are in the order of :func:`bscsim.sweeps.points.saltelli`. Intervals: 2.5th and 97.5th percentile of estimates
    from base points and replicates both drawn with replacement, at least two replicates each; noise is taken out of
    each. They are somewhat wide when noise is large (Owen 2007, Annals of Applied Statistics 1:386-411), and there
    are none (NaN) when in more than 2.5% of draws no variance is left. Missing values (NaN) are left out with what
    they are compared with. ValueError when rows are no whole number of base points.

    >>> from bscsim.sweeps.points import saltelli
    >>> x = saltelli(256, 2, seed=0)
    >>> found = sobol_indices((x[:, :1] + 2 * x[:, 1:]), 2)
    >>> [round(one.first, 1) for one in found.factors]  # variances are as 1 to 4
    [0.2, 0.8]
    """
    values = np.asarray(y, dtype=np.float64)
    if values.ndim != 2 or k < 1 or len(values) == 0 or len(values) % (k + 2):
        raise ValueError(f"needs y [base points * (factors + 2), replicates], not {values.shape} of {k} factors")
    values = values[:, np.isfinite(values).any(axis=0)]
    replicates = values.shape[1]
    blocks = values.reshape(len(values) // (k + 2), k + 2, replicates)
    blocks = blocks[np.isfinite(blocks).any(axis=(1, 2))]
    n = len(blocks)
    if n == 0:
        return Indices((Index(*[math.nan] * 8),) * k, math.nan, math.nan, 0, 0, False)
    parts = _parts(blocks)
    once, each = np.ones((n, 1)), np.ones((replicates, 1))
    corrected = replicates > 1
    classical = _estimate(parts, once, each, distinct=False)
    found = _estimate(parts, once, each, distinct=True) if corrected else classical
    drawn = _bootstrap(parts, np.random.default_rng(seed), resamples, corrected)
    variance = float(found.variance[0])
    return Indices(
        factors=tuple(_index(factor, found, drawn, classical) for factor in range(k)),
        variance=variance,
        signal_share=float(_over(found.variance, classical.variance)[0]),
        base_points=n,
        replicates=replicates,
        corrected=corrected,
    )


def _index(factor: int, found: _Found, drawn: _Found, classical: _Found) -> Index:
    """Put the numbers of one factor together."""
    first = float(_over(found.first[factor], found.variance)[0])
    total = float(_over(found.total[factor], found.variance)[0])
    return Index(
        first, *_percentiles(_over(drawn.first[factor], drawn.variance)),
        total, *_percentiles(_over(drawn.total[factor], drawn.variance)),
        salib_first=float(_over(classical.first[factor], classical.variance)[0]),
        salib_total=float(_over(classical.total[factor], classical.variance)[0]),
    )  # fmt: skip


def _over(part: Array, variance: Array) -> Array:
    """Share of a variance; NaN where the variance is not positive, because there is nothing to have a share of."""
    share = np.full(part.shape, np.nan)
    np.divide(part, variance, out=share, where=variance > 0)
    return share


def _percentiles(drawn: Array) -> tuple[float, float]:
    known = drawn[np.isfinite(drawn)]
    if known.size < 2 or known.size < (1 - _UNDEFINED) * drawn.size:
        return math.nan, math.nan
    low, high = np.percentile(known, [2.5, 97.5])
    return float(low), float(high)


def _parts(blocks: Array) -> _Parts:
    """Sort values [n, k + 2, R] by role, each replicate centered by its mean (and again in each resample)."""
    there = np.isfinite(blocks)
    known = np.where(there, blocks, 0.0)
    centers = known.sum(axis=(0, 1)) / np.maximum(there.sum(axis=(0, 1)), 1)
    known = np.where(there, blocks - centers, 0.0)
    scale = float(np.abs(np.where(there, blocks, 0.0)).max(initial=0.0))
    known[np.abs(known) <= 16 * np.finfo(np.float64).eps * scale] = 0.0  # a constant response varies by rounding only
    a, b, steps = known[:, :1], known[:, -1:], known[:, 1:-1] - known[:, :1]
    has_a, has_b, has_step = there[:, :1], there[:, -1:], there[:, 1:-1] & there[:, :1]
    ends, has_ends = np.concatenate([a, b]), np.concatenate([has_a, has_b])
    end_sums, sums = (a + b)[:, 0], known.sum(axis=1)
    none = np.zeros_like(sums)
    return _Parts(
        values=_pair(ends, ends, has_ends, end_sums, end_sums, has_a[:, 0] + has_b[:, 0].astype(np.float64)),
        value_step=_pair(b, steps, has_step & has_b, sums, none, there.sum(axis=1).astype(np.float64)),
        steps=_pair(steps, steps, has_step, none, none, none),
    )


def _pair(u: Array, v: Array, there: NDArray[np.bool_], u_sums: Array, v_sums: Array, counts: Array) -> _Pair:
    mask = np.ones((1, 1, there.shape[2])) if there.all() else there.astype(np.float64)
    return _Pair(np.where(there, u, 0.0), np.where(there, v, 0.0), mask, u_sums, v_sums, counts)


def _bootstrap(parts: _Parts, rng: np.random.Generator, resamples: int, corrected: bool) -> _Found:
    """Estimates of resamples of base points and replicates, a block at a time."""
    n, k, replicates = parts.steps.u.shape
    block = max(1, _AT_ONCE // max(n * k, 1))
    found = []
    for start in range(0, resamples, block):
        size = min(block, resamples - start)
        draws = [(_drawn(rng, n, 1), _drawn(rng, replicates, 2 if corrected else 1)) for _ in range(size)]
        points, weights = (np.column_stack(one) for one in zip(*draws, strict=True))
        found.append(_estimate(parts, points, weights, distinct=corrected))
    if not found:
        return _Found(np.empty(0), np.empty((k, 0)), np.empty((k, 0)))
    return _Found(*(np.concatenate(one, axis=-1) for one in zip(*found, strict=True)))


def _drawn(rng: np.random.Generator, n: int, least: int) -> Array:
    """How often each of n is drawn with replacement [n], when at least ``least`` different ones must be."""
    while True:
        counts = np.bincount(rng.integers(n, size=n), minlength=n).astype(np.float64)
        if np.count_nonzero(counts) >= least:
            return counts


def _estimate(parts: _Parts, points: Array, weights: Array, distinct: bool) -> _Found:
    """Variance and numerators; ``points`` [n, resamples] and ``weights`` [R, resamples] say how often each counts.

    ``distinct``: products of different replicates only, those drawn more than once being one; else products of means.
    """
    variance, first, total = (_products(pair, points, weights, distinct) for pair in parts)
    return _Found(
        _mean_over_points(variance, np.concatenate([points, points]))[0],
        _mean_over_points(first, points),
        _mean_over_points(total, points) / 2,
    )


def _products(pair: _Pair, points: Array, weights: Array, distinct: bool) -> Array:
    """Mean product of u and v over pairs of (different) replicates [n, m, resamples]; NaN where there is no pair."""
    counts = np.maximum(pair.counts.T @ points, 1.0)
    u_off, v_off = pair.u_sums.T @ points / counts, pair.v_sums.T @ points / counts
    number = _dot(pair.there, weights)
    product = (_dot(pair.u, weights) - _dot(pair.there, u_off * weights)) * (
        _dot(pair.v, weights) - _dot(pair.there, v_off * weights)
    )
    pairs = number**2
    if distinct:
        squared = weights**2
        pairs = pairs - _dot(pair.there, squared)
        product -= _dot(pair.u * pair.v, squared) + _dot(pair.there, u_off * v_off * squared)
        product += _dot(pair.u, v_off * squared) + _dot(pair.v, u_off * squared)
    mean = np.full(product.shape, np.nan)
    np.divide(product, pairs, out=mean, where=pairs > 0)
    return mean


def _dot(values: Array, weights: Array) -> Array:
    """Sum over replicates: [n, m, R] times [R, resamples], as one product of matrices."""
    rows = values.reshape(-1, values.shape[2]) @ weights
    return rows.reshape(*values.shape[:2], weights.shape[1])


def _mean_over_points(products: Array, points: Array) -> Array:
    """Mean of products [n, m, resamples] over base points as often as they count, without missing ones."""
    known = np.isfinite(products)
    number = np.einsum("nmb,nb->mb", known, points)
    total = np.einsum("nmb,nb->mb", np.where(known, products, 0.0), points)
    mean = np.full(total.shape, np.nan)
    np.divide(total, number, out=mean, where=number > 0)
    return mean
