"""Segmented regression of an interrupted time series: change of level and of slope at the start, in many centers.

y = intercept + slope t + level change (from the start on) + slope change (months since the start) + center + error,
the center's intercept random with variance tau2, errors AR(1) with variance s2 and correlation phi between neighboring
months. Generalized least squares at the restricted maximum likelihood of (tau2, s2, phi) ("reml"; "ml": maximum
likelihood); months without a report are left out, their gap stays. Reference distribution: t with Satterthwaite degrees
of freedom for all three variances. Agrees with R's nlme (lme with corAR1).

The model lets centers differ in level, not in effect. Where the effect itself differs between centers or collaboratives
the model's standard error is too small for the mean effect; variance = "robust" takes the sandwich over independent
units with CR2 and Bell-McCaffrey degrees of freedom (see :mod:`bscsim.trial.estimators.sandwich`), and is the one to
take then. Neither helps against reports that are missing because of their value.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import ArrayLike

from bscsim.trial.cluster_stats import FAILED, Array, Estimates
from bscsim.trial.estimators.inference import check_alpha, t_inference
from bscsim.trial.estimators.options import check_word
from bscsim.trial.estimators.sandwich import half_inverse, independent_groups, influence
from bscsim.trial.estimators.series_newton import Shape, maximum
from bscsim.trial.estimators.series_reml import Rows, compacted, sums

Effect = Literal["level", "slope"]
Method = Literal["reml", "ml"]
Variance = Literal["model", "robust"]

COLUMN = {"level": 2, "slope": 3}
CHUNK = 300_000
"""Numbers of the model's rows that are worked on at a time, to stay in cache and memory."""


class Segmented(NamedTuple):
    """The estimates of one effect and what was estimated with it."""

    estimates: Estimates
    b: Array
    """[R, q] coefficients: intercept, slope, changes of level and slope, covariates; months count from T / 2."""
    phi: Array
    """[R] correlation between errors of neighboring months."""
    tau2: Array
    """[R] variance between centers."""
    s2: Array
    """[R] variance of the errors within centers."""
    deviance: Array
    """[R] -2 log (restricted) likelihood at its maximum."""


def estimate(
    y: ArrayLike,
    start: ArrayLike,
    alpha: float = 0.05,
    *,
    effect: Effect = "level",
    covariates: ArrayLike | None = None,
    collaborative: ArrayLike | None = None,
    method: Method = "reml",
    variance: Variance = "model",
    at: ArrayLike = 0.0,
) -> Estimates:
    """The estimates of :func:`fit`: change of level (units of y) or of slope (units a month) at the start.

    >>> y = [[[1.0, 2.0, 1.0, 2.0, 3.0, 5.0, 4.0, 5.0], [2.0, 2.0, 3.0, 2.0, 5.0, 5.0, 4.0, 6.0]]]
    >>> found = estimate(y, start=4)
    >>> found.b.round(2).tolist(), found.status.tolist()
    ([2.09], [0])
    """
    return fit(y, start, alpha, effect=effect, covariates=covariates, collaborative=collaborative, method=method,
               variance=variance, at=at).estimates  # fmt: skip


def fit(
    y: ArrayLike,
    start: ArrayLike,
    alpha: float = 0.05,
    *,
    effect: Effect = "level",
    covariates: ArrayLike | None = None,
    collaborative: ArrayLike | None = None,
    method: Method = "reml",
    variance: Variance = "model",
    at: ArrayLike = 0.0,
) -> Segmented:
    """Fit the model to R trials.

    BOUNDARY: tau2 is estimated 0, or phi at its bound (0.98). FAILED: columns that depend on each other in the observed
    months (nothing seen before the start, fewer than two months after it), an outcome that they explain wholly, no
    convergence, or, with variance "robust", fewer than two independent units.

    Parameters
    ----------
    y
        [R, J, T] monthly values, NaN: no report.
    start
        first month under the program, 1 to T - 1, one number or [J] or [R, J]; T or more: never (a comparison center).
    alpha
        1 - alpha is the interval's level; 0 < alpha < 1.
    effect
        which coefficient the estimates are of.
    covariates
        [R, J, T, c], or of a shape that broadcasts to it: more columns, such as calendar months (without the first).
    collaborative
        [J] or [R, J], -1: in none; only for variance "robust".
    method, variance
        see the module.
    at
        months after the start, one number or [J] or [R, J], at which "level" is the distance from what would have been;
        0: the jump at the start.

    Raises
    ------
    ValueError
        on shapes that do not fit, numbers outside their range and words that are none of those offered.
    """
    check_alpha(alpha)
    check_word("effect", effect, get_args(Effect))
    check_word("method", method, get_args(Method))
    check_word("variance", variance, get_args(Variance))
    values = np.asarray(y, np.float64)
    if values.ndim != 3 or values.shape[2] < 4:
        raise ValueError(f"y has shape {values.shape}; it must be [replicates, centers, months] with 4 months or more")
    x = _model(values, start, covariates, at)
    units = np.broadcast_to(-1 if collaborative is None else np.asarray(collaborative, np.int64), values.shape[:2])
    R, q, column = len(values), x.shape[3], COLUMN[effect]
    middle = _middle(values)  # taken off for accuracy
    numbers, b, status = np.full((6, R), np.nan), np.full((R, q), np.nan), np.full(R, FAILED, np.int8)
    for some in np.array_split(np.arange(R), max(1, -(-x.size // CHUNK))):
        rows = compacted(values[some] - middle[some], x[some])
        good = _determined(rows)
        some, rows = some[good], rows.take(good)
        if len(some):
            shape = maximum(rows, column, reml=method == "reml")
            se, df = shape.se(column), shape.df
            if variance == "robust":
                se, df = _robust(rows, shape, units[some], column)
            b[some], status[some] = shape.at.b, shape.status
            numbers[:, some] = [se, df, shape.phi, shape.ratio * shape.at.s2, shape.at.s2, shape.at.deviance]
    b[:, 0] += middle[:, 0, 0]
    b[status == FAILED], numbers[:, status == FAILED] = np.nan, np.nan
    se, df, phi, tau2, s2, deviance = numbers
    return Segmented(t_inference(b[:, column], se, df, status, alpha), b, phi, tau2, s2, deviance)


def columns(months: int, start: ArrayLike, at: ArrayLike = 0.0) -> Array:
    """The model's columns [..., months, 4]: 1, month (from months / 2), after the start, months since the start.

    at: months after the start, as in :func:`fit`, from which the last column counts.

    >>> columns(4, 2).tolist()
    [[1.0, -2.0, 0.0, 0.0], [1.0, -1.0, 0.0, 0.0], [1.0, 0.0, 1.0, 0.0], [1.0, 1.0, 1.0, 1.0]]
    """
    month = np.arange(months, dtype=np.float64)
    since = month - np.asarray(start, np.float64)[..., None]
    after = since >= 0
    slope = np.where(after, since - np.asarray(at, np.float64)[..., None], 0.0)
    parts = (np.ones(since.shape), np.broadcast_to(month - months / 2, since.shape), after, slope)
    return np.stack(parts, axis=-1)


def known_variance(x: ArrayLike, covariance: ArrayLike) -> Array:
    """Covariance [q, q] of the GLS coefficients of one series whose covariance [T, T] is known: (X' V^-1 X)^-1.

    >>> lag = np.abs(np.subtract.outer(np.arange(24), np.arange(24)))
    >>> round(float(known_variance(columns(24, 12), 0.3**lag)[2, 2]), 10)
    0.8818222799
    """
    rows, v = np.asarray(x, np.float64), np.asarray(covariance, np.float64)
    if v.shape != (len(rows), len(rows)):
        raise ValueError(f"covariance has shape {v.shape}; with {len(rows)} months it must be {(len(rows), len(rows))}")
    return np.asarray(np.linalg.inv(rows.T @ np.linalg.solve(v, rows)))


def _model(y: Array, start: ArrayLike, covariates: ArrayLike | None, at: ArrayLike = 0.0) -> Array:
    months = y.shape[2]
    first = np.asarray(start, np.float64)
    if not (first >= 1).all():
        raise ValueError(f"start is {first.min()}; it must be 1 or later, so that a month lies before it")
    x = columns(months, np.broadcast_to(first, y.shape[:2]), at)
    if covariates is None:
        return x
    more = np.asarray(covariates, np.float64)
    more = np.broadcast_to(more, (*y.shape, more.shape[-1]))
    if not np.isfinite(more[np.isfinite(y)]).all():
        raise ValueError("a covariate is NaN or infinite in a month with a report; it must be finite")
    return np.concatenate([x, more], axis=3)


def _determined(rows: Rows) -> Array:
    """Replicates [R] whose columns and outcome do not depend on each other, with observed months to spare."""
    total = (rows.z @ rows.z.mT).sum(axis=1)
    each = [half_inverse(total, column)[1] for column in range(total.shape[1])]
    return np.asarray(np.logical_and.reduce(each) & (rows.there.sum(axis=(1, 2)) > len(each)))


def _middle(y: Array) -> Array:
    """Mean of the observed values of each trial, [R, 1, 1]; 0 where there are none."""
    seen = np.isfinite(y)
    total = np.where(seen, y, 0.0).sum(axis=(1, 2), keepdims=True)
    return np.asarray(total / np.maximum(seen.sum(axis=(1, 2), keepdims=True), 1))


def _robust(rows: Rows, shape: Shape, collaborative: Array, column: int) -> tuple[Array, Array]:
    """Robust standard error and its degrees of freedom, [R] each, with the estimated covariance as working model."""
    products = sums(rows, shape.phi).products
    first = products[:, :, 0, :]
    weight = shape.ratio[:, None] / (1 + shape.ratio[:, None] * first[..., 0])
    full = products - weight[..., None, None] * first[..., :, None] * first[..., None, :]
    q = shape.at.b.shape[1]
    information = full[..., :q, :q]
    score = full[..., :q, q] - np.einsum("rjik,rk->rji", information, shape.at.b)
    groups = independent_groups(collaborative, np.asarray(rows.there.any(axis=2)))
    half, _ = half_inverse(information.sum(axis=1), column)
    found = influence(half, groups.sum(information), groups.sum(score), 0.5, column)
    return np.where(groups.units >= 2, found.se(), np.nan), found.df()
