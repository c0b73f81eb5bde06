"""Minimizing many functions of a few bounded parameters at once, by Newton's method with step halving."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from bscsim.trial.cluster_stats import Array
from bscsim.trial.estimators.profile import Point, Profile

CLOSE = 1e-6
"""A step of phi (a log variance) below this is the last one: what is then left is its square."""
AT_REST = 1e-4
"""Largest full step of Newton at which a search that only rounding keeps from lowering h counts as converged."""
LONGEST = 3.0
"""Longest step of a parameter: a factor of 20 in a variance."""
TRIES = 100
"""Evaluations after which a fit has failed."""
FARTHEST = 18.0
"""A phi beyond this, a factor of 6e7 between variances, is one of zero: there is no fit, and soon no precision."""


def minimize(profile: Profile, start: Array, lower: Array, pinned: Array) -> tuple[Array, Array]:
    """Minimize from start [R, P] over phi >= lower [P] in every replicate: phi [R, P], and whether it converged [R].

    A parameter at its bound whose derivative points outward stays there; one that is pinned [R, P] bool stays at its
    start. A step that does not lower h is halved.

    >>> from bscsim.trial.cluster_stats import from_units
    >>> from bscsim.trial.estimators.groups import group_of
    >>> y = [1.0, 2.0, 6.0, 7.0, 2.0, 3.0, 9.0, 8.0]
    >>> stats = from_units([0] * 8, [0, 0, 1, 1, 2, 2, 3, 3], y, None, treated=[False, False, True, True])
    >>> profile = Profile((group_of(stats),))
    >>> phi, converged = minimize(profile, np.array([[1.0]]), profile.lower, np.array([[False]]))
    >>> bool(converged[0]), round(float(np.exp(phi[0, 0])), 6)  # the ratio of mean squares, 30.5 and 0.5
    (True, 61.0)
    """
    phi, done = start.copy(), np.zeros(len(start), bool)
    rows = np.arange(len(start))
    point, here = profile(phi), profile
    step = _step(phi, point, lower, pinned)
    for _ in range(TRIES if len(start) else 0):
        small = np.abs(step).max(axis=1) < CLOSE
        arrived = small | ~np.isfinite(point.h) | (np.abs(phi[rows]) > FARTHEST).any(axis=1)
        if arrived.any():
            _settle(phi, done, rows[small], _take(point, small), lower, pinned)
            rows, step, point = rows[~arrived], step[~arrived], _take(point, ~arrived)
            if not rows.size:
                break
            here = profile.rows(rows)
        trial = np.maximum(phi[rows] + step, lower)
        there = here(trial)
        with np.errstate(invalid="ignore"):
            better = there.h <= point.h + 1e-12 * np.abs(point.h)
        phi[rows[better]] = trial[better]
        point = Point(*(_where(better, new, old) for new, old in zip(there, point, strict=True)))
        step = np.where(better[:, None], _step(phi[rows], point, lower, pinned[rows]), step / 2)
    return phi, done


def best_start(profile: Profile, candidates: Iterable[tuple[float, ...]]) -> Array:
    """Of candidate phi the one with the least h in each replicate, [R, P]: a start near the highest of several peaks.

    >>> from bscsim.trial.cluster_stats import from_units
    >>> from bscsim.trial.estimators.groups import group_of
    >>> y = [1.0, 2.0, 6.0, 7.0, 2.0, 3.0, 9.0, 8.0]
    >>> stats = from_units([0] * 8, [0, 0, 1, 1, 2, 2, 3, 3], y, None, treated=[False, False, True, True])
    >>> best_start(Profile((group_of(stats),)), [(0.0,), (2.0,), (4.0,)]).tolist()
    [[4.0]]
    """
    phis = [np.broadcast_to(np.array(phi), (len(profile.groups[0].units), len(phi))) for phi in candidates]
    heights = np.stack([np.nan_to_num(profile.height(phi), nan=np.inf) for phi in phis])
    return np.asarray(np.stack(phis)[heights.argmin(axis=0), np.arange(heights.shape[1])])


def _settle(phi: Array, done: Array, rows: Array, point: Point, lower: Array, pinned: Array) -> None:
    """Take the last step, where the full step of Newton is small too and not only one that was halved away."""
    last = _step(phi[rows], point, lower, pinned[rows])
    found: Array = np.isfinite(point.h) & (np.abs(last).max(axis=1) < AT_REST)
    found &= (np.abs(phi[rows]) < FARTHEST).all(axis=1)
    phi[rows[found]] = np.maximum(phi[rows[found]] + last[found], lower)
    done[rows[found]] = True


def _step(phi: Array, point: Point, lower: Array, pinned: Array) -> Array:
    """Newton's step over the free parameters, downhill whatever the curvature, cut at the longest."""
    held: Array = pinned | ((phi <= lower) & (point.gradient > 0))
    step = _free_step(point, held)
    pushed: Array = held | ((phi <= lower) & (step < 0))  # by the others, against its own derivative: these wait a step
    if (pushed != held).any():
        step = _free_step(point, pushed)
    longest = np.abs(step).max(axis=1, keepdims=True)
    return np.asarray(step * np.minimum(1.0, LONGEST / np.maximum(longest, LONGEST)))


def _free_step(point: Point, held: Array) -> Array:
    one = np.eye(held.shape[1])
    gradient = np.where(held, 0.0, point.gradient)
    hessian = np.where(~held[:, :, None] & ~held[:, None, :], point.hessian, one)
    usable: Array = np.asarray(np.isfinite(hessian).all(axis=(1, 2)) & np.isfinite(gradient).all(axis=1))
    values, vectors = np.linalg.eigh(np.where(usable[:, None, None], hessian, one))
    size = np.abs(values)
    size = np.maximum(size, np.where(values < 0, 1e-3 * size.max(axis=1, keepdims=True), 0.0) + 1e-8)
    turned = (vectors.swapaxes(1, 2) @ gradient[..., None])[..., 0] / size
    step = -(vectors @ turned[..., None])[..., 0]
    return np.where(usable[:, None] & ~held, step, 0.0)


def _where(rows: Array, new: Array, old: Array) -> Array:
    return np.where(rows.reshape(-1, *[1] * (new.ndim - 1)), new, old)


def _take(point: Point, rows: Array) -> Point:
    return Point(*(array[rows] for array in point))
