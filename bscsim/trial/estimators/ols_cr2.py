"""Least squares with the cluster-robust variance CR2 and Bell-McCaffrey degrees of freedom.

The coefficients are those of ordinary least squares over all units (each unit one vote). The variance is robust to any
dependence within independent units: collaboratives where there are any, centers elsewhere. CR2 (Bell and McCaffrey
2002, Survey Methodology 28:169-181) multiplies the residuals of a unit by the symmetric inverse root of I - H, which
makes the variance unbiased where errors are independent with equal variance; Satterthwaite degrees of freedom under
that same model follow Pustejovsky and Tipton 2018 (J Bus Econ Stat 36:672-683). Agrees with R's clubSandwich.

Columns for periods, strata or calendar months are covariates of the statistics like any others.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from bscsim.trial.cluster_stats import FAILED, OK, Array, ClusterStats, Estimates
from bscsim.trial.estimators.inference import t_inference
from bscsim.trial.estimators.options import check_word
from bscsim.trial.estimators.sandwich import Groups, Influence, groups_of, half_inverse, influence

Degrees = Literal["bell_mccaffrey", "welch"]


def estimate(
    stats: ClusterStats, alpha: float = 0.05, *, nested: bool = True, degrees: Degrees = "bell_mccaffrey"
) -> Estimates:
    """Effect of the treatment by least squares, its CR2 standard error, and a t test.

    FAILED: fewer than two independent units in an arm, or an effect that the columns do not determine.

    Parameters
    ----------
    stats
        sums by center of R trials.
    alpha
        1 - alpha is the interval's level; 0 < alpha < 1.
    nested
        True: the centers of a collaborative are one independent unit. False: every center is one, which is the usual
        practice and rejects too often where collaboratives differ.
    degrees
        "bell_mccaffrey": Satterthwaite's for errors that are independent with equal variance, between 1 and the number
        of units less one. Under partial nesting that model takes a collaborative's mean to be as exact as its staff
        are many; with few of them the test rejects too often (the trials of :mod:`bscsim.trial.estimators.gee`: 0.064
        with 6 collaboratives, 0.084 with 4). "welch": each arm's df by that model, joined in proportion to the
        variances that the arms show (there 0.054 and 0.062). Only where arms are of whole centers.

    Raises
    ------
    ValueError
        on an alpha outside its range, and degrees that are not offered or do not fit the design.

    Examples
    --------
    >>> from bscsim.trial.cluster_stats import from_means
    >>> stats = from_means([[1.0, 2.0, 3.0, 3.0, 4.0, 5.0]], treated=[False] * 3 + [True] * 3)
    >>> found = estimate(stats)
    >>> found.b.round(6).tolist(), found.se.round(6).tolist(), found.df.round(6).tolist()
    ([2.0], [0.816497], [4.0])
    """
    check_word("degrees", degrees, get_args(Degrees))
    half, determined = half_inverse(stats.xx.sum(axis=1))
    b = coefficients(half, stats.xy.sum(axis=1))
    groups, enough = groups_of(stats, nested)
    score = groups.sum(stats.xy - np.einsum("rjik,rk->rji", stats.xx, b))
    found = influence(half, groups.sum(stats.xx), score, power=0.5)
    status = np.where(determined & enough, OK, FAILED).astype(np.int8)
    return t_inference(b[:, 1], found.se(), degrees_of_freedom(found, groups, stats, degrees), status, alpha)


def degrees_of_freedom(found: Influence, groups: Groups, stats: ClusterStats, degrees: str) -> Array:
    """Those of :func:`estimate`, [R]; ValueError for "welch" where the treatment changes within centers.

    >>> from bscsim.trial.cluster_stats import from_means
    >>> stats = from_means([[1.0, 2.0, 3.0, 5.0]], treated=[False, False, True, True])
    >>> groups, _ = groups_of(stats)
    >>> found = Influence(np.array([[1.0, -1.0, 1.0, -1.0]]), np.ones((1, 4)), np.zeros((1, 4, 2)))
    >>> degrees_of_freedom(found, groups, stats, "welch").tolist()
    [4.0]
    """
    if degrees != "welch":
        return found.df()
    if not stats.cluster_level[1]:
        raise ValueError("degrees is 'welch', but the treatment changes within centers; use 'bell_mccaffrey'")
    return found.welch(groups.sum(stats.n * stats.treated) > 0)


def coefficients(half: Array, total: Array) -> Array:
    """L L' times the summed X'y: [R, q].

    >>> coefficients(np.eye(2)[None] / 2, np.array([[4.0, 8.0]])).tolist()
    [[1.0, 2.0]]
    """
    out: Array = np.einsum("rik,rk->ri", half, np.einsum("rqi,rq->ri", half, total))
    return out
