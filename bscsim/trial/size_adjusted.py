"""Power of a test after its size has been put right: by the p-value that rejects as often as alpha under a null."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, nan, sqrt
from typing import Any

import numpy as np

from bscsim.trial.cluster_stats import FAILED, Array, Estimates
from bscsim.trial.share import Measure, plain


@dataclass(frozen=True, slots=True)
class SizeAdjusted:
    """Power at the critical p-value that a null gives, and that value."""

    power: Measure
    critical_p: float
    """Reject where p is at most this; alpha itself for a test of the right size. 0: no p-value is small enough."""

    def as_dict(self) -> dict[str, Any]:
        """Plain data.

        >>> SizeAdjusted(Measure(0.7, 0.02), 0.03).as_dict()
        {'value': 0.7, 'mcse': 0.02, 'critical_p': 0.03}
        """
        return self.power.as_dict() | {"critical_p": plain(self.critical_p)}


def size_adjusted_power(
    estimates: Estimates, null: Estimates, alpha: float = 0.05, *, paired: bool = True
) -> SizeAdjusted:
    """Power at the size alpha that the test has not, by its p-values under the average null.

    The critical p-value c is the one of rank floor(alpha (R0 + 1)) of the R0 under the null, so that a new trial
    without an effect has p <= c with chance alpha or a little less. Where that rank lies inside a tie, as p-values of a
    randomization test do, c is the next smaller p-value (0 if there is none): with the whole tie the test would reject
    more often than alpha. Failed fits are left out on both sides.

    The Monte Carlo error is that of the share and that of c: with l the ratio of the densities of p under the truth and
    the null at c, from the p-values within a binomial standard error of c's rank, the variance is
    P(1-P)/R + l^2 alpha(1-alpha)/R0 - 2 l (P(both reject) - P alpha)/R; the last term stands for replicates that share
    their random numbers. Simulated, it is right within 6% from 1,000 replicates, up to 15% too large with 250. Source:
    the delta method on a quantile (Bahadur 1966, Ann Math Stat 37:577); the density ratio as in Woodruff 1952, J Am
    Stat Assoc 47:635.

    Parameters
    ----------
    estimates, null
        The same estimator's under the truth and under the null.
    alpha
        0 to 1, ends excluded.
    paired
        Replicate r is the same random numbers in both, as this package makes them. False: independent.

    Returns
    -------
    SizeAdjusted
        NaN where the null has fewer than 1 / alpha - 1 fits, or nothing is fitted under the truth.

    Raises
    ------
    ValueError
        if paired and not of as many replicates.

    Examples
    --------
    >>> from bscsim.trial.estimators.inference import t_inference
    >>> z, one = np.linspace(-3, 3, 999), np.ones(999)
    >>> null, truth = (t_inference(z + d, one, np.inf * one, 0 * one) for d in (0, 2))
    >>> found = size_adjusted_power(truth, null)
    >>> round(found.critical_p, 4), round(float((null.p <= found.critical_p).mean()), 2)
    (0.0043, 0.05)
    """
    if paired and len(estimates.p) != len(null.p):
        raise ValueError(f"{len(estimates.p)} replicates cannot be paired with {len(null.p)}; say paired=False")
    fitted, under = estimates.status != FAILED, null.status != FAILED
    p, p0 = estimates.p[fitted], np.sort(null.p[under])
    rank = floor(alpha * (len(p0) + 1) + 1e-9)
    if rank < 1 or not len(p):
        return SizeAdjusted(Measure(nan, nan), nan)
    kept = rank
    if np.searchsorted(p0, p0[rank - 1], "right") > rank:
        kept = int(np.searchsorted(p0, p0[rank - 1], "left"))
    c = float(p0[kept - 1]) if kept else 0.0
    power = float((p <= c).mean())
    ratio = 0.0 if _is_fixed(p0, rank, alpha) else _density_ratio(p, p0, kept, alpha)
    var = power * (1 - power) / len(p) + ratio**2 * alpha * (1 - alpha) / len(p0)
    if paired:
        both = fitted & under
        hit, hit0 = estimates.p[both] <= c, null.p[both] <= c
        shared = float((hit & hit0).mean() - hit.mean() * hit0.mean()) if both.any() else 0.0
        var -= 2 * ratio * shared * both.sum() / (len(p) * len(p0))
    return SizeAdjusted(Measure(power, sqrt(max(var, 0.0))), c)


def _is_fixed(p0: Array, rank: int, alpha: float) -> bool:
    """Whether the critical value is the same in every sample: the ranks that chance allows all lie in one tie."""
    reach = sqrt(len(p0) * alpha * (1 - alpha))
    low, high = max(int(rank - reach), 1), min(int(rank + reach) + 1, len(p0))
    return bool(p0[low - 1] == p0[high - 1])


def _density_ratio(p: Array, p0: Array, rank: int, alpha: float) -> float:
    """Density of p [R] over that of the sorted p0 [R0] around the rank'th of them; 0 where there is none (rank 0)."""
    n = len(p0)
    if not rank:
        return 0.0
    reach = sqrt(n * alpha * (1 - alpha))
    low, high = max(int(rank - reach), 0), min(int(rank + reach) + 1, n)
    bottom = p0[low - 1] if low else 0.0
    inside = (p > bottom) & (p <= p0[high - 1])
    return float(inside.mean() / ((high - low) / n))
