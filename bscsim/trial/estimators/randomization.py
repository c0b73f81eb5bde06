"""Randomization test of the sharp null hypothesis, respecting how the design allocated centers.

Centers are allocated again within their strata (simple randomization: one stratum; matched pairs: strata of two), with
as many treated in each as there were; collaboratives are formed after, so the test is exact also under partial nesting.
It asks whether *anybody* is affected: under the average null (effects that differ and average zero) it is not exact.

p = (b + 1) / (m + 1), b of m sampled allocations at least as extreme, two-sided (Phipson and Smyth 2010, Stat Appl
Genet Mol Biol 9:39), or the share of all allocations where they are few. Centers without data stay where they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from bscsim.trial.cluster_stats import FAILED, OK, Array, ClusterStats, Estimates
from bscsim.trial.estimators import allocations
from bscsim.trial.estimators.inference import check_alpha
from bscsim.trial.estimators.ols_cr2 import coefficients
from bscsim.trial.estimators.sandwich import half_inverse

Statistic = Callable[[ClusterStats], Array]
"""From the sums of R trials to one number each, [R]; the test is two-sided in its absolute value."""

CHUNK = 512
"""Replicates of one design that are tested at a time, to bound memory."""
TIE = 1e-10
"""Statistics closer than this, relative to the observed one, are equal."""


class RandomizationTest(NamedTuple):
    """The estimates, and how fine a p-value the design allows."""

    estimates: Estimates
    """b: the shift that the test finds most plausible; se: spread of b over the allocations if that shift is true; low,
    high: all constant shifts that are not rejected (infinite where none can be); df: NaN, there is none."""
    smallest_p: Array
    """[R] smallest p-value possible: where it exceeds alpha the test can never reject, and the report must say so."""
    exact: Array
    """[R] bool: all allocations were used."""


def estimate(
    stats: ClusterStats, alpha: float = 0.05, *, permutations: int = 999, seed: int = 0, first: int = 0
) -> Estimates:
    """The estimates of :func:`randomization_test`, adjusted for the covariates of the statistics.

    >>> from bscsim.trial.cluster_stats import from_means
    >>> found = estimate(from_means([[1.0, 2.0, 3.0, 4.0, 6.0, 5.0]], [False] * 3 + [True] * 3))
    >>> found.b.round(6).tolist(), found.p.round(6).tolist()
    ([3.0], [0.1])
    """
    return randomization_test(stats, alpha, permutations=permutations, seed=seed, first=first).estimates


def randomization_test(
    stats: ClusterStats,
    alpha: float = 0.05,
    *,
    adjust: bool = True,
    permutations: int = 999,
    exact_up_to: int = 5000,
    seed: int = 0,
    first: int = 0,
) -> RandomizationTest:
    """Compare the difference of center means within strata with that under other allocations.

    Each center's mean counts once; strata are weighed as in :func:`allocations.weights`. The interval inverts the test
    for a constant shift, in closed form because the statistic is linear in y. With covariates an allocation more
    aligned to the observed one than that is to itself is counted as extreme at every shift, which can only widen it.

    Parameters
    ----------
    stats
        sums by center of R trials with arms of whole centers.
    alpha
        1 - alpha is the interval's level; 0 < alpha < 1.
    adjust
        True: means of residuals of a least-squares fit of all units on the covariates without the treatment (Gail et
        al. 1996, Stat Med 15:1069-1092). The test stays exact, because covariates precede the allocation.
    permutations
        sampled allocations, m >= 1.
    exact_up_to
        all allocations are used where there are no more than this.
    seed, first
        the sample is a function of the seed, the design and the replicate's number, which starts at `first`.

    Raises
    ------
    ValueError
        on numbers outside their range and a treatment that changes within centers.

    Examples
    --------
    >>> from bscsim.trial.cluster_stats import from_means
    >>> found = randomization_test(from_means([[1.0, 2.0, 3.0, 4.0, 6.0, 5.0]], [False] * 3 + [True] * 3), alpha=0.05)
    >>> found.exact.tolist(), found.smallest_p.tolist(), found.estimates.high.tolist()
    ([True], [0.1], [inf])
    """
    _check(stats, alpha, permutations)
    outcome, exposure = _residual_means(stats, adjust)
    R, J = stats.n.shape
    order = np.lexsort((allocations.keys(seed, R, J, first), stats.stratum, stats.n == 0))
    outcome, exposure = np.take_along_axis(outcome, order, 1), np.take_along_axis(exposure, order, 1)
    treated = np.take_along_axis(stats.treated & (stats.n > 0), order, 1)
    numbers = np.full((6, R), np.nan)
    floor, exact, status = np.full(R, np.nan), np.zeros(R, bool), np.full(R, FAILED, np.int8)
    for rows, design in _designs(stats):
        K = int(design[:, 0].sum())
        if not np.any((design[:, 1] > 0) & (design[:, 1] < design[:, 0])):
            continue
        whole = allocations.ways(design) <= exact_up_to
        others = allocations.enumerated(design) if whole else allocations.sampled(design, permutations, seed)
        w = allocations.weights(others, design)
        for some in np.array_split(rows, -(-len(rows) // CHUNK)):
            mine = allocations.weights(treated[some, :K], design)
            # a product for each trial, not one for all: its bits would depend on how many there are
            pair = [((w @ v[some, :K, None])[..., 0], (mine * v[some, :K]).sum(axis=1)) for v in (outcome, exposure)]
            numbers[:, some] = from_allocations(*pair[0], *pair[1], alpha, whole)
        floor[rows], exact[rows] = allocations.smallest_p(design, None if whole else permutations), whole
        status[rows] = np.where(np.isfinite(numbers[0, rows]), OK, FAILED)
    b, se, df, p, low, high = numbers
    return RandomizationTest(Estimates(b, se, df, p, low, high, status), floor, exact)


def statistic_test(
    stats: ClusterStats, statistic: Statistic, *, permutations: int = 999, seed: int = 0, first: int = 0
) -> Array:
    """p-values [R] of any statistic by sampled allocations, collaboratives formed anew among the treated.

    statistic: see :data:`Statistic`; a NaN (a fit that failed) counts as extreme, and an observed NaN gives NaN. It is
    called permutations + 1 times. The centers of a stratum exchange arm and collaborative with each other. Errors as
    :func:`randomization_test`.

    >>> from bscsim.trial.cluster_stats import from_means
    >>> from bscsim.trial.estimators.ols_cr2 import estimate as least_squares
    >>> stats = from_means([[float(j) for j in range(20)]], [False] * 10 + [True] * 10)
    >>> statistic_test(stats, lambda trial: least_squares(trial).b, permutations=99).tolist()
    [0.01]
    """
    _check(stats, 0.05, permutations)
    R, J = stats.n.shape
    observed = np.abs(statistic(stats))
    extreme = np.zeros(R)
    empty = stats.n == 0
    base = np.lexsort((np.broadcast_to(np.arange(J), (R, J)), stats.stratum, empty))
    for number in range(permutations):
        shuffled = np.lexsort((allocations.keys(seed, R, J, first, number + 1), stats.stratum, empty))
        source = np.empty_like(base)
        np.put_along_axis(source, base, shuffled, axis=1)
        labels = (np.take_along_axis(label, source, 1) for label in (stats.treated, stats.collaborative))
        again = relabelled(stats, *labels)
        extreme += ~(np.abs(statistic(again)) < observed * (1 - TIE))
    return np.where(np.isnan(observed), np.nan, (extreme + 1) / (permutations + 1))


def relabelled(stats: ClusterStats, treated: Array, collaborative: Array) -> ClusterStats:
    """The same outcomes and covariates under another allocation [R, J]; the treatment's column follows it.

    >>> from bscsim.trial.cluster_stats import from_means
    >>> stats = from_means([[1.0, 2.0]], [False, True])
    >>> relabelled(stats, ~stats.treated, stats.collaborative).xx[0, :, 1, 1].tolist()
    [1.0, 0.0]
    """
    x1, xx, xy = stats.x1.copy(), stats.xx.copy(), stats.xy.copy()
    x1[..., 1] = np.where(treated, stats.n, 0.0)
    xx[..., 1, :] = np.where(treated[..., None], x1, 0.0)
    xx[..., :, 1] = xx[..., 1, :]
    xy[..., 1] = np.where(treated, stats.y1, 0.0)
    return stats._replace(x1=x1, xx=xx, xy=xy, treated=treated, collaborative=collaborative)


def _check(stats: ClusterStats, alpha: float, permutations: int) -> None:
    check_alpha(alpha)
    if permutations < 1:
        raise ValueError(f"permutations is {permutations}; it must be at least 1, such as 999")
    if not stats.cluster_level[1]:
        raise ValueError("the treatment changes within centers; the test needs a design that allocates whole centers")


def _residual_means(stats: ClusterStats, adjust: bool) -> tuple[Array, Array]:
    """Center means [R, J] of the outcome and of the treatment, less what covariates (or the intercept) explain."""
    kept = [i for i in range(stats.x1.shape[2]) if i != 1][: None if adjust else 1]
    half, _ = half_inverse(stats.xx[:, :, kept][..., kept].sum(axis=1), column=0)
    x1, arm = stats.x1[..., kept], stats.x1[..., 1]
    sums = (stats.xy[..., kept], stats.xx[:, :, 1, kept])
    size = np.where(stats.n > 0, stats.n, 1.0)
    fitted = [np.einsum("rjq,rq->rj", x1, coefficients(half, each.sum(axis=1))) for each in sums]
    return (stats.y1 - fitted[0]) / size, (arm - fitted[1]) / size


def _designs(stats: ClusterStats) -> list[tuple[Array, Array]]:
    """Replicates with the same design, and that design [S, 2]: centers with data and treated ones of each stratum."""
    there = stats.n > 0
    _, dense = np.unique(stats.stratum, return_inverse=True)
    dense = dense.reshape(stats.n.shape)
    S, R = int(dense.max()) + 1, len(dense)
    place = (np.arange(R)[:, None] * S + dense).ravel()
    both = (there, there & stats.treated)
    counts = [np.bincount(place, weights=each.ravel(), minlength=R * S).reshape(R, S) for each in both]
    table, which = np.unique(np.stack(counts, axis=2).astype(np.int64), axis=0, return_inverse=True)
    return [(np.flatnonzero(which.ravel() == i), design[design[:, 0] > 0]) for i, design in enumerate(table)]


def from_allocations(t: Array, t0: Array, d: Array, d0: Array, alpha: float, whole: bool) -> Array:
    """b, se, df, p, low, high, [6, R], of statistics t [R, m] of the outcome, d of the treatment; t0, d0 observed.

    whole: the m allocations are all there are, the observed one among them.

    >>> t, d = np.array([[3.0, -3.0, 1.0, -1.0]]), np.array([[1.0, -1.0, 0.0, 0.0]])
    >>> from_allocations(t, t[:, 0], d, d[:, 0], 0.05, True)[[0, 3], 0].tolist()
    [3.0, 0.5]
    """
    bad = np.abs(d0) < TIE
    d0 = np.where(bad, np.nan, d0)
    b = t0 / d0
    size = np.maximum(np.abs(t).max(axis=1), np.abs(t0))
    extreme = (np.abs(t) >= (np.abs(t0) - TIE * size)[:, None]).sum(axis=1)
    m = t.shape[1] + (not whole)
    se = np.sqrt(((t - b[:, None] * d) ** 2).mean(axis=1)) / np.abs(d0)
    low, high = _accepted(t, t0[:, None], d, d0[:, None], int(np.floor(alpha * m + 1e-9)) + whole)
    p = (extreme + (not whole)) / m
    return np.where(bad, np.nan, np.stack([b, se, np.full(len(b), np.nan), p, low, high]))


def _accepted(t: Array, t0: Array, d: Array, d0: Array, needed: int) -> tuple[Array, Array]:
    """The shifts at which at least `needed` allocations are as extreme as the observed one, [R] lowest and highest.

    At shift s allocation i is as extreme if |t_i - s d_i| >= |t0 - s d0|: between the roots (t0 -+ t_i) / (d0 -+ d_i)
    if |d_i| < |d0|. All these intervals hold b = t0 / d0, so the lowest shift is the needed-th smallest lower end.
    """
    if needed == 0:
        everywhere = np.full(len(t), np.inf)
        return -everywhere, everywhere
    inside = np.abs(d) < np.abs(d0) * (1 - TIE)
    with np.errstate(invalid="ignore", divide="ignore"):
        roots = (t0 - t) / (d0 - d), (t0 + t) / (d0 + d)
    low = np.where(inside, np.minimum(*roots), -np.inf)
    high = np.where(inside, np.maximum(*roots), np.inf)
    m = t.shape[1]
    if needed > m:
        return np.full(len(t), np.nan), np.full(len(t), np.nan)
    return np.partition(low, needed - 1, axis=1)[:, needed - 1], np.partition(high, m - needed, axis=1)[:, m - needed]
