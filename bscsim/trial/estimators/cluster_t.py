"""The t test on means of the highest independent unit of each arm: the collaborative where treated, else the center."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from bscsim.trial.cluster_stats import OK, Array, ClusterStats, Estimates
from bscsim.trial.estimators.groups import cluster_sums
from bscsim.trial.estimators.inference import t_inference
from bscsim.trial.estimators.options import check_word

Level = Literal["collaborative", "center"]
Weights = Literal["equal", "precision"]


class Units(NamedTuple):
    """The independent units of R replicates, at most U in one: rows of a regression of their means."""

    weight: Array
    """[R, U] relative weight within the arm, mean 1; 0: no such unit."""
    treated: Array
    """[R, U] bool."""
    x: Array
    """[R, U, q] means of the model's columns."""
    y: Array
    """[R, U] means of y."""


def cluster_t(
    stats: ClusterStats, alpha: float = 0.05, level: Level = "collaborative", weights: Weights = "equal"
) -> Estimates:
    """Welch's t test of the units' means, adjusted for covariates by their regression.

    A unit is a collaborative in the treated arm (its mean is that of its centers' means) and a center in the control
    arm. Without covariates b is the difference of the arms' means, se^2 = vT/kT + vC/kC and df are Satterthwaite's with
    kT - 1 and kC - 1 (Welch 1947, Biometrika 34:28): `scipy.stats.ttest_ind(equal_var=False)`. With covariates (cluster
    means of all columns) b is that of the regression of unit means; each arm's variance is its sum of squared residuals
    over f = the sum of 1 - leverage of its units, so that the arms share the loss of one df a covariate, and se^2 =
    vT times the sum of squared weights of treated units in b + the same of the controls.

    Parameters
    ----------
    stats
        Sums over centers. A treated center in no collaborative is a unit of its own.
    alpha
        Of the interval; 0 to 1, ends excluded.
    level
        "collaborative": as above. "center": centers in both arms, the usual practice; its test is too liberal where
        collaboratives differ (T36 of model.md), and reports say so.
    weights
        "equal", or "precision": centers weigh 1 / (tau2 + s2 / n), s2 the pooled variance within centers, tau2 that
        between them (means within arms; >= 0), both over all centers of a replicate; collaboratives weigh the same.

    Returns
    -------
    Estimates
        In units of y. FAILED with fewer than two units in an arm, collinear covariates, no df left in an arm, and, for
        "precision", no center with two units.

    Raises
    ------
    ValueError
        on other words for level and weights, alpha outside (0, 1), and a treatment that changes within clusters.

    Examples
    --------
    >>> from bscsim.trial.cluster_stats import from_means
    >>> stats = from_means([[1.0, 3.0, 2.0, 4.0, 5.0, 1.0]], [True] * 4 + [False] * 2, [0, 0, 1, 1, -1, -1])
    >>> cluster_t(stats).b.tolist(), cluster_t(stats, level="center").b.tolist()
    ([-0.5], [-0.5])
    """
    if not stats.cluster_level[1]:
        raise ValueError("the treatment changes within clusters; a t test on cluster means needs it constant in each")
    units = independent_units(stats, level, weights)
    weight, treated = units.weight, units.treated & (units.weight > 0)
    control = ~units.treated & (weight > 0)
    root = np.sqrt(weight)
    X, y = units.x * root[..., None], units.y * root
    counts = np.stack([treated.sum(axis=1), control.sum(axis=1)], axis=1)
    xx = X.swapaxes(1, 2) @ X
    good = (counts >= 2).all(axis=1) & _full_rank(xx)
    inverse = np.linalg.inv(np.where(good[:, None, None], xx, np.eye(X.shape[2])))
    row = X @ inverse  # row u of X (X'X)^-1: what the unit's y weighs in each coefficient
    b = (row.swapaxes(1, 2) @ y[..., None])[..., 0]
    residual = y - (X @ b[..., None])[..., 0]
    leverage = (row * X).sum(axis=2)
    f = np.stack([((1 - leverage) * arm).sum(axis=1) for arm in (treated, control)])
    rss = np.stack([(residual**2 * arm).sum(axis=1) for arm in (treated, control)])
    square = np.stack([(row[..., 1] ** 2 * arm).sum(axis=1) for arm in (treated, control)])
    good &= (f > 1e-9).all(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        parts = np.where(good, rss / f * square, np.nan)
        df = parts.sum(axis=0) ** 2 / (parts**2 / f).sum(axis=0)
    return t_inference(b[:, 1], np.sqrt(parts.sum(axis=0)), df, np.full(len(b), OK), alpha)


def independent_units(stats: ClusterStats, level: Level = "collaborative", weights: Weights = "equal") -> Units:
    """Means and weights of the independent units, as :func:`cluster_t` takes them; its errors are these.

    >>> from bscsim.trial.cluster_stats import from_means
    >>> stats = from_means([[1.0, 3.0, 5.0]], [True, True, False], [0, 0, -1])
    >>> independent_units(stats).weight.tolist()  # the collaborative, then the centers
    [[1.0, 0.0, 0.0, 1.0]]
    """
    check_word("level", level, ("center", "collaborative"))
    check_word("weights", weights, ("equal", "precision"))
    there = stats.n > 0
    mean = cluster_sums(stats) / np.maximum(stats.n, 1.0)[..., None]
    weight = there.astype(np.float64) if weights == "equal" else _precision(stats, mean[..., -1])
    treated = stats.treated
    if level == "collaborative":
        mean, weight, treated = _together(stats, mean, weight)
    return Units(_relative(weight, treated), treated, mean[..., :-1], mean[..., -1])


def _together(stats: ClusterStats, mean: Array, weight: Array) -> tuple[Array, Array, Array]:
    """Put the mean of each collaborative, with weight 1, before the centers, whose own weight is then 0."""
    grouped = stats.treated & (stats.collaborative >= 0) & (weight > 0)
    K = int(stats.collaborative.max(initial=-1)) + 1
    share = (stats.collaborative[:, None, :] == np.arange(K)[:, None]) * (weight * grouped)[:, None, :]
    total = share.sum(axis=2)
    pooled = share @ mean / np.where(total > 0, total, 1.0)[..., None]
    alone = np.where(stats.treated, (weight > 0) & ~grouped, weight)
    joint = np.concatenate([np.ones((len(total), K), bool), stats.treated], axis=1)
    return np.concatenate([pooled, mean], axis=1), np.concatenate([total > 0, alone], axis=1), joint


def _precision(stats: ClusterStats, mean: Array) -> Array:
    n, there = stats.n, stats.n > 0
    within = np.where(there, stats.yy - n * mean**2, 0.0).sum(axis=1)
    more = np.where(there, n - 1, 0.0).sum(axis=1)
    between = np.zeros(len(n))
    for arm in (stats.treated & there, ~stats.treated & there):
        middle = (mean * arm).sum(axis=1) / np.maximum(arm.sum(axis=1), 1)
        between += ((mean - middle[:, None]) ** 2 * arm).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        s2 = within / np.where(more > 0, more, np.nan)
        inverse = np.where(there, 1.0 / np.maximum(n, 1.0), 0.0).sum(axis=1) / there.sum(axis=1)
        tau2 = np.maximum(between / (there.sum(axis=1) - 2) - s2 * inverse, 0.0)
        weight = np.where(there, 1.0 / (tau2[:, None] + s2[:, None] / np.maximum(n, 1.0)), 0.0)
    return np.where(np.isfinite(weight), weight, 0.0)


def _relative(weight: Array, treated: Array) -> Array:
    """Weights with mean 1 in each arm, so that the arms' shares of a common slope do not hang on a scale."""
    out = np.zeros_like(weight)
    for arm in (treated, ~treated):
        own = weight * arm
        mean = own.sum(axis=1) / np.maximum((own > 0).sum(axis=1), 1)
        out += own / np.where(mean > 0, mean, 1.0)[:, None]
    return out


def _full_rank(xx: Array) -> Array:
    size = np.sqrt(np.diagonal(xx, axis1=1, axis2=2))
    scaled = xx / np.maximum(size[:, :, None] * size[:, None, :], 1e-300)
    return np.asarray(np.linalg.eigvalsh(scaled)[:, 0] > 1e-10)
