"""The paired t test of change from before to after, where everybody is treated and nobody is compared.

It is what most evaluations without a control group report. Whatever else happens between the waves counts as the
program's: the bias is the design's, not the test's.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from bscsim.trial.cluster_stats import OK, Array, ClusterStats, Estimates
from bscsim.trial.estimators.inference import t_inference
from bscsim.trial.estimators.options import check_word

Level = Literal["collaborative", "center"]


def paired_t(stats: ClusterStats, alpha: float = 0.05, level: Level = "collaborative") -> Estimates:
    """One-sample t test of mean change.

    b is the mean over units, se their SD / sqrt(units), df units - 1: `scipy.stats.ttest_rel` on the units' means.

    Parameters
    ----------
    stats
        Of changes, later less earlier (:func:`bscsim.trial.cluster_stats.from_means` of the centers' mean changes);
        covariates are not used.
    alpha
        Of the interval; 0 to 1, ends excluded.
    level
        "collaborative": the mean of a collaborative's centers is a unit, and a center in none is one. "center": each
        center is one, the usual practice; too liberal where collaboratives differ.

    Returns
    -------
    Estimates
        In units of y. FAILED with fewer than two units, and where all change alike.

    Raises
    ------
    ValueError
        on another word for level and alpha outside (0, 1).

    Examples
    --------
    >>> from bscsim.trial.cluster_stats import from_means
    >>> stats = from_means([[1.0, 3.0, 5.0, 7.0]], [True] * 4, [0, 0, 1, 1])
    >>> paired_t(stats).b.tolist(), paired_t(stats).df.tolist(), paired_t(stats, level="center").df.tolist()
    ([4.0], [1.0], [3.0])
    """
    check_word("level", level, ("center", "collaborative"))
    there = stats.n > 0
    change = np.where(there, stats.y1 / np.maximum(stats.n, 1.0), 0.0)
    if level == "collaborative":
        change, there = _together(stats.collaborative, change, there)
    units = there.sum(axis=1)
    some = np.maximum(units, 1)
    b = (change * there).sum(axis=1) / some
    square = (np.where(there, change - b[:, None], 0.0) ** 2).sum(axis=1) / np.maximum(units - 1, 1)
    df = (units - 1).astype(np.float64)
    return t_inference(b + stats.center, np.sqrt(square / some), df, np.full(len(b), OK), alpha)


def _together(collaborative: Array, change: Array, there: Array) -> tuple[Array, Array]:
    """Means of collaboratives, before the centers that are in none."""
    numbers = np.arange(int(collaborative.max(initial=-1)) + 1)
    member = (collaborative[:, None, :] == numbers[:, None]) & there[:, None, :]
    size = member.sum(axis=2)
    pooled = (member * change[:, None, :]).sum(axis=2) / np.maximum(size, 1)
    return np.concatenate([pooled, change], axis=1), np.concatenate([size > 0, there & (collaborative < 0)], axis=1)
