"""Variance of the effect in any cluster x period design by generalized least squares with known covariance."""

from __future__ import annotations

from math import inf
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bscsim.trial.closed.checks import one_of
from bscsim.trial.closed.covariance import Covariance
from bscsim.trial.closed.precision import Precision

Array = NDArray[np.float64]
Df = float | Literal["clusters"]
"""Degrees of freedom of the test: a number (infinite: z), or "clusters": all clusters less 2."""
PeriodEffects = Literal["each", "linear", "none"]


def gls(
    treatment: ArrayLike,
    clusters: ArrayLike,
    units: ArrayLike,
    covariance: Covariance,
    *,
    times: ArrayLike | None = None,
    period_effects: PeriodEffects = "each",
    df: Df = inf,
) -> Precision:
    """Precision of the treatment's effect, in the unit of the covariance's roots.

    Var = [inv(sum_j X_j' inv(V_j) X_j)] of the treatment, over clusters j; X_j: period effects and the treatment column
    of the periods in which the cluster is measured, V_j: covariance of its period means.

    treatment
        [sequences, periods]: 0 control, 1 treated, between: partly so; NaN: not measured (incomplete designs).
    clusters
        [sequences] clusters in each, or one number for all. Unequal clusters: one row each, clusters 1.
    units
        Units measured in each cluster and period, broadcast to [sequences, periods]: a number, or [sequences, 1].
    times
        [periods] when the periods are, rising; 0, 1, ... unless given. Decay and retention are per unit of it.
    period_effects
        "each": a fixed effect of every period; "linear": a trend; "none": the mean alone.
    df
        Convention: z unless given; "clusters": t with J - 2, what two arms of clusters would leave.

    ValueError where the effect cannot be told from period effects, or shapes do not fit.
    Source: Hussey & Hughes 2007, Contemp Clin Trials 28:182-191; Hemming, Lilford & Girling 2015, Stat Med 34:181-196.

    >>> wedge = [[0, 1, 1, 1, 1], [0, 0, 1, 1, 1], [0, 0, 0, 1, 1], [0, 0, 0, 0, 1]]
    >>> round(gls(wedge, 3, 20, Covariance(cluster=0.1, residual=0.9)).var, 6)
    0.009478
    """
    one_of("period_effects", period_effects, ("each", "linear", "none"))
    if isinstance(df, str):
        one_of("df", df, ("clusters",))
    x, number, n, when = _checked(treatment, clusters, units, times)
    trend = _period_columns(when, period_effects)
    information = np.zeros((trend.shape[1] + 1,) * 2)
    for row, count, size in zip(x, number, n, strict=True):
        at = np.flatnonzero(np.isfinite(row))
        columns = np.column_stack([trend[at], row[at]])
        of_means = covariance.of_means(row[at], size[at], when[at])
        information += count * columns.T @ np.linalg.solve(of_means, columns)
    total = float(number.sum())
    return Precision(1 / _left_for_treatment(information), total - 2 if isinstance(df, str) else df)


def _checked(
    treatment: ArrayLike, clusters: ArrayLike, units: ArrayLike, times: ArrayLike | None
) -> tuple[Array, Array, Array, Array]:
    x = np.asarray(treatment, dtype=np.float64)
    if x.ndim != 2 or not x.size:
        raise ValueError(f"treatment must be [sequences, periods], not of shape {x.shape}")
    measured = np.isfinite(x)
    if ((x < 0) | (x > 1)).any() or not measured.any(axis=1).all():
        raise ValueError("treatment must be 0 to 1, or NaN where not measured, and each sequence measured once or more")
    number = np.broadcast_to(np.asarray(clusters, dtype=np.float64), (len(x),))
    n = np.broadcast_to(np.asarray(units, dtype=np.float64), x.shape)
    if not ((number > 0) & np.isfinite(number)).all():
        raise ValueError(f"clusters must be above 0 in every sequence, not {number.tolist()}")
    if not ((n > 0) & np.isfinite(n))[measured].all():
        raise ValueError("units must be above 0 where a cluster is measured")
    when = np.arange(x.shape[1], dtype=np.float64) if times is None else np.asarray(times, dtype=np.float64)
    if when.shape != (x.shape[1],) or not (np.diff(when) > 0).all():
        raise ValueError(f"times must be {x.shape[1]} rising numbers, one a period, not {when.tolist()}")
    return x, number, n, when


def _period_columns(when: Array, effects: PeriodEffects) -> Array:
    """Columns [periods, q] of the period effects."""
    if effects == "each":
        return np.eye(len(when))
    return np.vander(when - when.mean(), 2) if effects == "linear" else np.ones((len(when), 1))


def _left_for_treatment(information: Array) -> float:
    """Information about the treatment that period effects leave: the Schur complement; empty periods drop out."""
    own, cross = float(information[-1, -1]), information[:-1, -1]
    taken = float(cross @ np.linalg.pinv(information[:-1, :-1], hermitian=True) @ cross)
    if own <= 0 or own - taken <= 1e-10 * own:
        raise ValueError(
            "the effect cannot be told from the period effects: in no measured period are some clusters treated and "
            "others not; change the sequences, or assume no or linear period effects"
        )
    return own - taken
