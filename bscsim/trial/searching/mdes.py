"""The smallest effect that a study would find, from replicates of one study: no search is needed."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, hypot, inf, nan
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from bscsim.trial.cluster_stats import Array
from bscsim.trial.share import Z, plain


@dataclass(frozen=True, slots=True)
class Mdes:
    """A minimum detectable effect, in the unit of the estimates, and its 95% interval."""

    value: float
    """Infinite: even the largest effect is not found often enough, as too many fits are counted as misses."""
    low: float
    high: float
    replicates: int
    """It is made of."""

    def as_dict(self) -> dict[str, Any]:
        """Plain data; None for what does not exist.

        >>> Mdes(0.3, 0.28, float("inf"), 40).as_dict()
        {'value': 0.3, 'low': 0.28, 'high': None, 'replicates': 40}
        """
        numbers = {"value": self.value, "low": self.low, "high": self.high}
        return {name: plain(number) for name, number in numbers.items()} | {"replicates": self.replicates}


def mdes_from(
    b: ArrayLike,
    se: ArrayLike,
    df: ArrayLike,
    tau: float,
    alpha: float = 0.05,
    sides: int = 2,
    power: float = 0.8,
    *,
    tau_mcse: float = 0.0,
    failures_as_misses: bool = False,
) -> Mdes:
    """Smallest effect d such that replicates with that effect reject, in its direction, as often as the power.

    Estimators are shift equivariant: had the effect been d instead of tau, an estimate would be b - tau + d with the
    same standard error. So a replicate rejects from d = t(1 - alpha/sides, df) se - (b - tau) on, and the answer is the
    power's quantile of these. Its interval is of binomial order statistics (David & Nagaraja 2003, Order Statistics,
    sec. 7.1), to which the error of tau is added in squares; as tau and the estimates of the same replicates err
    together, that is rather too wide. The shift leaves effects as different between centers as they were: of a program
    that works more evenly when it works less, the true value is a little smaller. Rejections in the wrong direction do
    not count; :func:`.mdes` of the closed forms counts them, which makes no difference at powers of .3 and more.

    Parameters
    ----------
    b, se, df
        [R] estimates, standard errors and degrees of freedom (df may be one number; infinite: normal). A replicate
        with a NaN failed: it is left out.
    tau
        True effect, in the unit of b.
    alpha, sides, power
        Level, 1 or 2 sides, and share of replicates wanted, each share inside (0, 1).
    tau_mcse
        Its Monte Carlo standard error.
    failures_as_misses
        Failed fits count as replicates that never reject.

    Returns
    -------
    Mdes
        NaN with no fit; an end of the interval is infinite where the replicates are too few to give it.

    Raises
    ------
    ValueError
        for sides other than 1 and 2, shares outside (0, 1), and arrays of unequal length.

    Examples
    --------
    >>> z = (np.arange(1000) + 0.5) / 1000
    >>> from scipy.special import ndtri
    >>> round(mdes_from(0.1 + 0.2 * ndtri(z), np.full(1000, 0.2), np.inf, 0.1).value, 2)  # (1.96 + .84) 0.2
    0.56
    """
    from scipy.stats import binom

    if sides not in (1, 2) or not 0 < alpha < 1 or not 0 < power < 1:
        raise ValueError(f"alpha {alpha} and power {power} must be inside (0, 1), sides 1 or 2, not {sides}")
    asked = _needed(np.asarray(b, float), np.asarray(se, float), np.asarray(df, float), tau, alpha / sides)
    failed = np.isnan(asked)
    asked = np.sort(np.where(failed, inf, asked) if failures_as_misses else asked[~failed])
    n = len(asked)
    if n == 0:
        return Mdes(nan, nan, nan, 0)
    value = float(asked[ceil(power * n - 1e-9) - 1])
    first, last = int(binom.ppf(0.025, n, power)), int(binom.isf(0.025, n, power)) + 1  # ranks, 0: below all
    low = float(asked[first - 1]) if first >= 1 else -inf
    high = float(asked[last - 1]) if last <= n else inf
    own = Z * tau_mcse
    return Mdes(value, _end(value, low, -own), _end(value, high, own), n)


def _needed(b: Array, se: Array, df: Array, tau: float, tail: float) -> Array:
    """[R] effect from which on each replicate rejects."""
    from scipy.special import ndtri, stdtrit

    if b.shape != se.shape or b.ndim != 1 or (df.ndim and df.shape != b.shape):
        raise ValueError(f"b, se and df have shapes {b.shape}, {se.shape} and {df.shape}; they must be as long")
    df = np.broadcast_to(df, b.shape)
    normal = np.isposinf(df)
    critical = np.where(normal, ndtri(1 - tail), stdtrit(np.where(normal, 1.0, df), 1 - tail))
    return np.asarray(critical * se - (b - tau))


def _end(value: float, end: float, own: float) -> float:
    """An end of an interval, moved out by another error of the same direction."""
    return value + float(np.copysign(hypot(end - value, own), own)) if own and np.isfinite(end) else end
