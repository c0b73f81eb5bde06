"""Interrupted time series: segmented regression with AR(1) errors of known covariance."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bscsim.trial.closed.checks import one_of, variances, within
from bscsim.trial.closed.precision import Precision

Array = NDArray[np.float64]


def interrupted_series(
    months: int | Sequence[int],
    change_at: float,
    ar1: float,
    *,
    var: float = 1.0,
    what: Literal["level", "slope"] = "level",
    after: float = 0.0,
    centers: float = 1,
    var_effect: float = 0.0,
    comparison: float = 0,
    df: float = inf,
) -> Precision:
    """Generalized least squares of level and slope around a change: y = b0 + b1 t + b2 [t>=c] + b3 (t-c)[t>=c].

    months
        Number of monthly points 0, 1, ..., or the months that were reported, rising: gaps keep their distance.
    change_at
        The month c of the change; two reported months are needed before it and two from it on.
    ar1, var
        Correlation of the errors of adjacent months of a center, -1 < ar1 < 1 (ar1^gap over gaps, so not below 0 where
        there are gaps), and their variance.
    what, after
        "level": b2 + after b3, the effect `after` months from the change; "slope": b3, a month.
    centers, var_effect
        Independent series of the same months, averaged, and the variance of the true effect between them.
    comparison
        Untreated series to compare with (0: none): the effect is then the difference of the two changes.
    df
        Degrees of freedom of the test; infinite (z) as the covariance is known. Estimated: months - 4 at most.

    Var = [inv(X' inv(V) X)] of the contrast, times 1/centers (+ 1/comparison), + var_effect/centers.
    Source: Wagner, Soumerai, Zhang & Ross-Degnan 2002, J Clin Pharm Ther 27:299-309, with known covariance.

    >>> round(interrupted_series(24, 12, 0.3).var, 6), round(interrupted_series(24, 12, 0.3, what="slope").var, 6)
    (0.881822, 0.022892)
    """
    within("ar1", ar1, -1, 1, ends="()")
    one_of("what", what, ("level", "slope"))
    within("var", var, 0, ends="()")
    within("centers", centers, 0, ends="()")
    variances(var_effect=var_effect, comparison=comparison)
    times = _times(months, change_at, ar1)
    contrast = np.array([0, 0, 1, after]) if what == "level" else np.array([0, 0, 0, 1.0])
    one = var * float(contrast @ _covariance(times, change_at, ar1) @ contrast)
    arms = 1 / centers + (1 / comparison if comparison else 0)
    return Precision(one * arms + var_effect / centers, df)


def _times(months: int | Sequence[int], change_at: float, ar1: float) -> Array:
    times = np.asarray(range(months) if isinstance(months, int) else months, dtype=np.float64)
    if times.ndim != 1 or not (np.diff(times) > 0).all():
        raise ValueError(f"months must be a number of points or rising months, not {months}")
    before = int((times < change_at).sum())
    if before < 2 or len(times) - before < 2:
        raise ValueError(
            f"change_at must leave 2 reported months or more on each side, not {before} before {change_at:g} and "
            f"{len(times) - before} from it on"
        )
    if ar1 < 0 and (np.diff(times) > 1).any():
        raise ValueError(f"ar1 must be at least 0 where months are missing, not {ar1}")
    return times


def _covariance(times: Array, change_at: float, ar1: float) -> Array:
    """Covariance [4, 4] of the coefficients where errors have variance 1."""
    since = np.clip(times - change_at, 0, None)
    x = np.column_stack([np.ones_like(times), times, times >= change_at, since]).astype(np.float64)
    gaps = np.abs(times[:, None] - times[None, :])
    errors: Array = np.power(ar1, gaps)
    found: Array = np.linalg.inv(x.T @ np.linalg.solve(errors, x))
    return found
