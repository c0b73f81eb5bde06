"""Sufficient statistics of trials by cluster: what every estimator reads, of many replicates at once.

A linear model with a random intercept, a sandwich or a t test needs of a cluster only how many units it has and the
sums of x, y and their products. Forty clusters of twenty staff in a thousand replicates are so forty rows a replicate
instead of eight hundred, and all replicates are fitted by the same few array operations.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]

OK = 0
"""Status of a fit: all is well."""
BOUNDARY = 1
"""Status of a fit: a variance is estimated zero; the estimate stands, its degrees of freedom rest on that zero."""
FAILED = 2
"""Status of a fit: there is no estimate; its numbers are NaN."""


class ClusterStats(NamedTuple):
    """Sums over the units of R replicates (trials) of J clusters each, for linear models with q columns.

    Column 0 of the model matrix is the intercept, column 1 the treatment, the others are covariates, of the cluster or
    of the unit. A cluster with n = 0 takes no part. Unit: a value of the outcome, of a person, room or period.
    """

    n: Array
    """[R, J] units with a value."""
    x1: Array
    """[R, J, q] sum over units of the row x."""
    xx: Array
    """[R, J, q, q] sum of x x'."""
    xy: Array
    """[R, J, q] sum of x y."""
    y1: Array
    """[R, J] sum of y, less :attr:`center`."""
    yy: Array
    """[R, J] sum of y squared, y less :attr:`center`."""
    treated: Array
    """[R, J] bool: the cluster's arm (in designs where all are treated at last: whether it has been)."""
    collaborative: Array
    """[R, J] number of the cluster's collaborative within its replicate; -1 where it is in none."""
    stratum: Array
    """[R, J] number of the cluster's stratum or pair; 0 where there are none."""
    cluster_level: tuple[bool, ...]
    """Per column: constant within every cluster."""
    center: float = 0.0
    """Constant that was subtracted from all y, for accuracy; the effect of the treatment does not depend on it."""


class Estimates(NamedTuple):
    """What an estimator says of the effect in each of R replicates; NaN where it failed. Two-sided, b = 0 is tested."""

    b: Array
    """[R] estimate of the effect, in units of the outcome."""
    se: Array
    """[R] its standard error."""
    df: Array
    """[R] degrees of freedom of t = b / se; inf: the normal."""
    p: Array
    """[R] two-sided p-value."""
    low: Array
    """[R] lower end of the 1 - alpha interval."""
    high: Array
    """[R] upper end."""
    status: Array
    """[R] int8: :data:`OK`, :data:`BOUNDARY`, :data:`FAILED`."""


def from_units(
    replicate: ArrayLike,
    cluster: ArrayLike,
    y: ArrayLike,
    x: ArrayLike | None,
    treated: ArrayLike,
    collaborative: ArrayLike | None = None,
    stratum: ArrayLike | None = None,
    replicates: int | None = None,
    treatment: ArrayLike | None = None,
) -> ClusterStats:
    """Sum the rows of units.

    Parameters
    ----------
    replicate, cluster
        [N] integers: the unit's replicate (0 to R-1) and its cluster within it (0 to J-1).
    y
        [N] outcome; a unit with NaN is left out.
    x
        [N, c] or [N] covariates, without intercept and treatment; None: none. Each is centered at its mean over all
        units, which changes nothing but the intercept. NaN is a ValueError: impute or leave the unit out.
    treated, collaborative, stratum
        [R, J], or [J] if equal in all replicates: arm; collaborative (-1 or None: in none); stratum (None: one).
    replicates
        R, if treated is [J]; left out, the largest replicate + 1.
    treatment
        [N] the unit's own exposure, where it changes within clusters (stepped wedge); None: that of its cluster.

    Raises
    ------
    ValueError
        on lengths that do not agree, numbers outside their range and covariates that are not finite.

    Examples
    --------
    >>> stats = from_units([0, 0, 0], [0, 0, 1], [1.0, 2.0, 6.0], None, treated=[False, True])
    >>> stats.n.tolist(), (stats.y1 + stats.n * stats.center).tolist()
    ([[2.0, 1.0]], [[3.0, 6.0]])
    """
    ys, of, unit = np.asarray(y, np.float64), np.asarray(replicate, np.int64), np.asarray(cluster, np.int64)
    arm = _arms(treated, of, replicates)
    R, J = arm.shape
    _check_units(ys, of, unit, R, J)
    there = np.isfinite(ys)
    place = of * J + unit
    if not there.all():
        ys, place = ys[there], place[there]
    exposure = arm.ravel()[place] if treatment is None else np.asarray(treatment, np.float64)[there]
    rows = model_rows(exposure, x, there)
    first = 1 if treatment is not None else 2  # the intercept is constant, and so is the cluster's own arm
    level = (True,) * first + tuple(is_constant(column, place, R * J) for column in rows.T[first:])
    rows[:, 2:] -= rows[:, 2:].mean(axis=0) if len(rows) else 0.0
    center = float(ys.mean()) if ys.size else 0.0
    labels = _labels(arm, collaborative, stratum)
    return ClusterStats(*_sums(rows, ys - center, place, level, (R, J)), *labels, level, center)


def from_means(
    means: ArrayLike,
    treated: ArrayLike,
    collaborative: ArrayLike | None = None,
    stratum: ArrayLike | None = None,
    x: ArrayLike | None = None,
) -> ClusterStats:
    """Take each cluster's mean as its only unit; NaN: the cluster takes no part.

    means: [R, J]; x: [R, J, c] or [J, c] covariates of the clusters; the others as in :func:`from_units`, whose errors
    these are. What is between units within clusters is unknown then: only tests on cluster means can be made of it.

    >>> from_means([[1.0, 2.0, float("nan")]], treated=[True, False, False]).n.tolist()
    [[1.0, 1.0, 0.0]]
    """
    y = np.atleast_2d(np.asarray(means, np.float64))
    R, J = y.shape
    covariates = None
    if x is not None:
        covariates = np.broadcast_to(np.asarray(x, np.float64), (R, J, np.shape(x)[-1])).reshape(R * J, -1)
    replicate, cluster = np.divmod(np.arange(R * J), J)
    return from_units(replicate, cluster, y.ravel(), covariates, treated, collaborative, stratum, R)


def is_constant(values: Array, place: Array, places: int) -> bool:
    """Whether values [N] are the same, to the bit, in all units of each place [N] (0 to places - 1).

    >>> is_constant(np.array([1.0, 1.0, 2.0]), np.array([0, 0, 1]), 2)
    True
    """
    one = np.zeros(places)
    one[place] = values
    return bool(np.all(one[place] == values))


def model_rows(exposure: Array, x: ArrayLike | None, there: Array) -> Array:
    """Rows [M, q] of the model (intercept, exposure [M], covariates) of the M of N units that are there [N] bool.

    x [N, c] or [N] is as in :func:`from_units`; here it is not centered yet.

    >>> model_rows(np.array([1.0]), [7.0, 8.0], np.array([False, True])).tolist()
    [[1.0, 1.0, 8.0]]
    """
    covariates = np.zeros((len(there), 0)) if x is None else np.asarray(x, np.float64)
    if covariates.ndim == 1:
        covariates = covariates[:, None]
    if len(covariates) != len(there):
        raise ValueError(f"x has {len(covariates)} rows, y has {len(there)}")
    covariates = covariates[there]
    if not np.isfinite(covariates).all():
        raise ValueError("a covariate is NaN or infinite in a unit that has an outcome; it must be finite")
    return np.column_stack([np.ones(len(exposure)), np.asarray(exposure, np.float64), covariates])


def _arms(treated: ArrayLike, replicate: Array, replicates: int | None) -> Array:
    arm = np.asarray(treated, bool)
    if arm.ndim == 2:
        if replicates not in (None, len(arm)):
            raise ValueError(f"replicates is {replicates}, but treated has rows for {len(arm)}")
        return arm
    R = int(replicate.max(initial=-1)) + 1 if replicates is None else replicates
    return np.broadcast_to(arm, (R, arm.size))


def _check_units(y: Array, replicate: Array, cluster: Array, R: int, J: int) -> None:
    if not y.shape == replicate.shape == cluster.shape or y.ndim != 1:
        shapes = f"{y.shape}, {replicate.shape}, {cluster.shape}"
        raise ValueError(f"y, replicate and cluster have one number a unit, not the shapes {shapes}")
    for name, numbers, limit in (("replicate", replicate, R), ("cluster", cluster, J)):
        if numbers.size and (numbers.min() < 0 or numbers.max() >= limit):
            raise ValueError(f"{name} is {numbers.min()} to {numbers.max()}; it must lie in 0 to {limit - 1}")


def _labels(arm: Array, collaborative: ArrayLike | None, stratum: ArrayLike | None) -> tuple[Array, Array, Array]:
    inside = np.full(arm.shape, -1) if collaborative is None else np.asarray(collaborative, np.int64)
    strata = np.zeros(arm.shape, np.int64) if stratum is None else np.asarray(stratum, np.int64)
    return arm, np.broadcast_to(inside, arm.shape), np.broadcast_to(strata, arm.shape)


def _sums(
    rows: Array, y: Array, place: Array, level: tuple[bool, ...], shape: tuple[int, int]
) -> tuple[Array, Array, Array, Array, Array, Array]:
    """n, x1, xx, xy, y1 and yy; a column that is constant within clusters comes out of the sum."""
    q, places = rows.shape[1], shape[0] * shape[1]

    def total(values: Array | None) -> Array:
        return np.bincount(place, weights=values, minlength=places).astype(np.float64)

    n, y1 = total(None), total(y)
    once = np.zeros((q, places))  # the value of such a column in each cluster
    for c in np.flatnonzero(level):
        once[c, place] = rows[:, c]
    x1, xy, xx = np.empty((places, q)), np.empty((places, q)), np.empty((places, q, q))
    for i in range(q):
        x1[:, i] = once[i] * n if level[i] else total(rows[:, i])
        xy[:, i] = once[i] * y1 if level[i] else total(rows[:, i] * y)
    for i in range(q):
        for k in range(i + 1):
            if level[i] or level[k]:
                product = once[i] * x1[:, k] if level[i] else once[k] * x1[:, i]
            else:
                product = total(rows[:, i] * rows[:, k])
            xx[:, i, k] = xx[:, k, i] = product
    sums = (n, x1, xx, xy, y1, total(y * y))
    return tuple(part.reshape(*shape, *part.shape[1:]) for part in sums)  # type: ignore[return-value]
