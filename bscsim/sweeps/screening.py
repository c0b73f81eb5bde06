"""Morris screening with replicate noise: which factors move a response at all, and which of them in a crooked way.

An elementary effect is the change of the response over one step of one factor, by unit of the factor's range. Its
values here are means over replicates, paired by their common seeds; what replicate noise alone would show is reported
beside them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Screened:
    """What trajectories say of one factor; in units of the response over the factor's whole range. NaN: nothing known.

    mu, mu_star, sigma
        Mean, mean absolute value and standard deviation of the elementary effects. A large mu_star: the factor matters;
        a large sigma beside it: its effect bends or depends on other factors (Morris 1991, Technometrics 33:161-174;
        Campolongo, Cariboni and Saltelli 2007, Environmental Modelling & Software 22:1509-1518).
    low, high
        95% interval of mu_star, by bootstrap over trajectories (percentiles), with the replicates as they are.
    noise
        The mu_star that replicate noise alone would give: mean of sqrt(2/pi) times the standard errors of the
        elementary effects. A mu_star about this size is not known to be anything. NaN with one replicate.
    trajectories
        Trajectories with a value.
    """

    mu: float
    mu_star: float
    low: float
    high: float
    sigma: float
    noise: float
    trajectories: int


def screen(points: ArrayLike, y: ArrayLike, seed: int = 0, resamples: int = 1000) -> tuple[Screened, ...]:
    """Screen each factor from points [trajectories * (k + 1), k] of the unit cube and y [points, replicates].

    ``points`` are those of :func:`bscsim.sweeps.points.morris`. Replicates missing (NaN) at either end of a step are
    left out of it, steps without replicates are left out of the factor. ValueError when points are no trajectories.

    >>> points = [[0.0, 0.0], [0.5, 0.0], [0.5, 0.5]]
    >>> [one.mu for one in screen(points, [[1.0], [2.0], [2.0]])]
    [2.0, 0.0]
    """
    x, values = np.asarray(points, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if x.ndim != 2 or values.ndim != 2 or len(x) != len(values):
        raise ValueError(f"needs points [points, factors] and y [points, replicates], not {x.shape} and {values.shape}")
    effects, errors = elementary_effects(x, values)
    rng = np.random.default_rng(seed)
    return tuple(_screened(effects[:, factor], errors[:, factor], rng, resamples) for factor in range(x.shape[1]))


def elementary_effects(points: Array, y: Array) -> tuple[Array, Array]:
    """Elementary effects and their standard errors over replicates, [trajectories, factors] each.

    >>> effects, errors = elementary_effects(np.array([[0.5], [0.0]]), np.array([[1.0, 3.0], [1.0, 1.0]]))
    >>> effects.tolist(), errors.tolist()
    ([[2.0]], [[2.0]])
    """
    k = points.shape[1]
    if k == 0 or len(points) % (k + 1):
        raise ValueError(f"{len(points)} points are not trajectories of {k} + 1 points")
    steps = np.diff(points.reshape(-1, k + 1, k), axis=1)
    moved = steps != 0
    if not ((moved.sum(axis=2) == 1).all() and (moved.sum(axis=1) == 1).all()):
        raise ValueError("in a trajectory each step moves one factor, and each factor moves once")
    factor = moved.argmax(axis=2)
    size = np.take_along_axis(steps, factor[..., None], axis=2)[..., 0]
    changes = np.diff(y.reshape(len(steps), k + 1, -1), axis=1) / size[..., None]
    mean, error = _mean_and_error(changes)
    effects, errors = np.empty_like(mean), np.empty_like(error)
    np.put_along_axis(effects, factor, mean, axis=1)
    np.put_along_axis(errors, factor, error, axis=1)
    return effects, errors


def _mean_and_error(changes: Array) -> tuple[Array, Array]:
    """Mean and standard error over the last axis of what is finite; NaN with none, or with one."""
    there = np.isfinite(changes)
    number = there.sum(axis=-1).astype(np.float64)
    known = np.where(there, changes, 0.0)
    mean = np.divide(known.sum(axis=-1), number, out=np.full(number.shape, np.nan), where=number > 0)
    apart = np.where(there, changes - mean[..., None], 0.0)
    squares = (apart**2).sum(axis=-1)
    variance = np.divide(squares, number * (number - 1), out=np.full(number.shape, np.nan), where=number > 1)
    return mean, np.sqrt(variance)


def _screened(effects: Array, errors: Array, rng: np.random.Generator, resamples: int) -> Screened:
    effects, errors = effects[np.isfinite(effects)], errors[np.isfinite(errors)]
    n = effects.size
    if n == 0:
        return Screened(math.nan, math.nan, math.nan, math.nan, math.nan, math.nan, 0)
    sizes = np.abs(effects)
    low, high, sigma = math.nan, math.nan, math.nan
    if n > 1:
        stars = sizes[rng.integers(n, size=(resamples, n))].mean(axis=1)
        low, high = (float(q) for q in np.percentile(stars, [2.5, 97.5]))
        sigma = float(effects.std(ddof=1))
    noise = float(math.sqrt(2 / math.pi) * errors.mean()) if errors.size else math.nan
    return Screened(float(effects.mean()), float(sizes.mean()), low, high, sigma, noise, n)
