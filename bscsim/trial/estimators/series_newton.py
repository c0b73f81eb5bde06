"""Maximum (restricted) likelihood of the two shape parameters of :mod:`series_reml`, in many replicates at once.

The parameters are u = (artanh phi, log(1 + lambda n)), n the months of the longest center: both nearly quadratic.
Derivatives are central differences of a seven-point stencil, which needs the sums at three phi only.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bscsim.trial.cluster_stats import BOUNDARY, FAILED, OK, Array
from bscsim.trial.estimators.series_reml import Point, Rows, point, sums

STEP = 2e-4
"""Half width of the stencil: small beside the curvature of the likelihood, large beside rounding."""
BOUND = 2.3
"""artanh of the largest phi, 0.98: beyond it the errors cannot be told from the random intercept."""
LONGEST = np.array([0.5, 1.5])
RESTS = 1e-6
"""Longest step at which the search rests."""
FLAT = 0.01
"""Largest slope of the deviance at which the search may rest; a search that is stuck elsewhere has failed."""
ITERATIONS = 60


class Shape(NamedTuple):
    """The maximum of R likelihoods."""

    at: Point
    phi: Array
    """[R] correlation of errors a month apart."""
    ratio: Array
    """[R] lambda = tau2 / s2, at least 0."""
    df: Array
    """[R] Satterthwaite degrees of freedom of the variance of one coefficient."""
    status: Array
    """[R] int8: BOUNDARY where lambda is 0 or phi at its bound, FAILED without convergence."""

    def se(self, column: int) -> Array:
        """[R] the model's standard error of one coefficient."""
        return np.asarray(np.sqrt(self.at.s2 * self.at.inverse[:, column, column]))


class Stencil(NamedTuple):
    """The likelihood around a point: value, slopes and curvature, and slopes of the log variance of a coefficient."""

    center: Point
    slope: Array
    """[R, 2]"""
    curve: Array
    """[R, 2, 2]"""
    drift: Array
    """[R, 2] derivatives of log(s2 inverse[column, column])."""


def maximum(rows: Rows, column: int, reml: bool = True) -> Shape:
    """Newton's method from phi = 0.2 and log(1 + lambda n) = 1; a step that does not raise the likelihood is halved.

    Satterthwaite's degrees of freedom, 2 v^2 / Var(v), come out as 1 / (1 / free + d' H^-1 d): free is N - q, H the
    curvature of -2 log likelihood with s2 profiled out, d the derivative of log v along that profile. A parameter at
    its bound counts as known.

    >>> from bscsim.trial.estimators.series_reml import compacted
    >>> y = np.array([[[1.0, 2.0, 0.0, 1.0, 2.0, 3.0], [5.0, 4.0, 6.0, 5.0, 5.0, 4.0]]])
    >>> found = maximum(compacted(y, np.ones((1, 2, 6, 1))), column=0)
    >>> found.status.tolist(), found.at.b.round(6).tolist()
    ([0], [[3.171114]])
    """
    R = len(rows.z)
    u, best = np.tile([np.arctanh(0.2), 1.0], (R, 1)), np.full(R, np.inf)
    here, step = u.copy(), np.zeros((R, 2))
    moving = np.arange(R)
    for _ in range(ITERATIONS):
        some = stencil(rows.take(moving), u[moving], column, reml)
        better = some.center.deviance <= best[moving] + 1e-9 * (1 + np.abs(some.center.deviance))
        good = moving[better]
        here[good], best[good] = u[good], some.center.deviance[better]
        step[good] = _newton(here[good], some.slope[better], some.curve[better])
        step[moving[~better]] /= 2
        u[moving] = _bounded(here[moving] + step[moving])
        moving = moving[np.abs(u[moving] - here[moving]).max(axis=1) > RESTS]
        if not len(moving):
            break
    last = stencil(rows, here, column, reml)
    return _shape(rows, last, here, moving, reml)


def stencil(rows: Rows, u: Array, column: int, reml: bool) -> Stencil:
    """Value and derivatives at u [R, 2], from seven points.

    >>> from bscsim.trial.estimators.series_reml import compacted
    >>> y = np.array([[[1.0, 2.0, 0.0, 1.0], [5.0, 4.0, 6.0, 5.0]]])
    >>> found = stencil(compacted(y, np.ones((1, 2, 4, 1))), np.array([[0.0, 1.0]]), 0, True)
    >>> found.slope.shape, bool((found.curve == found.curve.mT).all())
    ((1, 2), True)
    """
    units = rows.there.sum(axis=(1, 2)).astype(np.float64)
    longest = rows.there.sum(axis=2).max(axis=1)
    f, v = {}, {}
    for i, others in ((-1, (-1, 0)), (0, (-1, 0, 1)), (1, (0, 1))):
        at = sums(rows, np.tanh(u[:, 0] + i * STEP))
        for k in others:
            found = point(at, np.expm1(u[:, 1] + k * STEP) / longest, units, reml)
            f[i, k], v[i, k] = found.deviance, np.log(found.s2 * found.inverse[:, column, column])
            if i == k == 0:
                center = found
    first = [(f[1, 0] - f[-1, 0]) / (2 * STEP), (f[0, 1] - f[0, -1]) / (2 * STEP)]
    drift = [(v[1, 0] - v[-1, 0]) / (2 * STEP), (v[0, 1] - v[0, -1]) / (2 * STEP)]
    twice = [(f[1, 0] - 2 * f[0, 0] + f[-1, 0]) / STEP**2, (f[0, 1] - 2 * f[0, 0] + f[0, -1]) / STEP**2]
    around = f[1, 0] + f[-1, 0] + f[0, 1] + f[0, -1] - 2 * f[0, 0]
    mixed = (f[1, 1] + f[-1, -1] - around) / (2 * STEP**2)
    curve = np.stack([twice[0], mixed, mixed, twice[1]], axis=1).reshape(-1, 2, 2)
    return Stencil(center, np.stack(first, axis=1), curve, np.stack(drift, axis=1))


def _held(u: Array, slope: Array) -> Array:
    """Parameters at a bound that the likelihood would push further, [R, 2] bool."""
    phi = ((u[:, 0] >= BOUND) & (slope[:, 0] < 0)) | ((u[:, 0] <= -BOUND) & (slope[:, 0] > 0))
    return np.stack([phi, (u[:, 1] <= 0) & (slope[:, 1] > 0)], axis=1)


def _fixed(curve: Array, held: Array) -> Array:
    """The curvature without the rows and columns of what is held (1 on their diagonal)."""
    free = ~held
    return np.where(free[:, :, None] & free[:, None, :], curve, np.where(held[:, :, None], np.eye(2), 0.0))


def _newton(u: Array, slope: Array, curve: Array) -> Array:
    """The step down, with curvature made positive and its length bounded; nothing where a bound holds."""
    held = _held(u, slope)
    values, vectors = np.linalg.eigh(_fixed(curve, held))
    values = np.maximum(np.abs(values), 1e-3)
    slope = np.where(held, 0.0, slope)
    step = -np.einsum("rik,rk->ri", vectors, np.einsum("rik,ri->rk", vectors, slope) / values)
    too_long = np.maximum(1.0, np.abs(step / LONGEST).max(axis=1, keepdims=True))
    return np.asarray(step / too_long)  # the same way: clipped one by one it may lead up


def _bounded(u: Array) -> Array:
    return np.stack([np.clip(u[:, 0], -BOUND, BOUND), np.maximum(u[:, 1], 0.0)], axis=1)


def _shape(rows: Rows, last: Stencil, u: Array, moving: Array, reml: bool) -> Shape:
    held = _held(u, last.slope)
    drift = np.where(held, 0.0, last.drift)
    part = np.einsum("ri,ri->r", drift, np.linalg.solve(_fixed(last.curve, held), drift[..., None])[..., 0])
    q = last.center.b.shape[1]
    free = rows.there.sum(axis=(1, 2)) - (q if reml else 0)
    status = np.where(held.any(axis=1), BOUNDARY, OK).astype(np.int8)
    status[moving] = FAILED
    status[np.abs(np.where(held, 0.0, last.slope)).max(axis=1) > FLAT] = FAILED
    longest = rows.there.sum(axis=2).max(axis=1)
    df = 1 / (1 / free + np.maximum(part, 0.0))
    return Shape(last.center, np.tanh(u[:, 0]), np.expm1(u[:, 1]) / longest, df, status)
