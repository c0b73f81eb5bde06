"""Sufficient statistics of trials whose units stand in arrays [replicate, center, place], not in rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bscsim.trial.cluster_stats import Array, ClusterStats


def stats_of_arrays(
    y: Array,
    covariates: Sequence[Array],
    units: Array,
    there: Array | None,
    treated: Array,
    collaborative: Array,
    stratum: Array,
) -> ClusterStats:
    """Sum over the last axis; every replicate on its own, so that its bits do not depend on the others.

    For that reason nothing is centered at a mean over replicates: y and covariates should lie around 0.

    Parameters
    ----------
    y
        [R, J, n] outcome.
    covariates
        Of centers [R, J] or of units [R, J, n].
    units
        [R, J] how many units each center has.
    there
        [R, J, n] bool: which places are units; None: all.
    treated, collaborative, stratum
        [J], as in :class:`.ClusterStats`.

    Examples
    --------
    >>> y, one = np.array([[[1.0, 2.0], [6.0, 9.0]]]), np.array([False, True])
    >>> there = np.array([[[True, True], [True, False]]])
    >>> sums = stats_of_arrays(y, [], np.array([[2.0, 1.0]]), there, one, np.array([-1, 0]), np.zeros(2, int))
    >>> sums.y1.tolist(), sums.yy.tolist(), sums.xy[0, 1].tolist()
    ([[3.0, 6.0]], [[5.0, 36.0]], [6.0, 6.0])
    """
    R, J = units.shape
    y = _kept(y, there)
    ones = np.ones((R, J))
    columns = [ones, ones * treated, *(_kept(column, there) if column.ndim == 3 else column for column in covariates)]
    level = tuple(column.ndim == 2 for column in columns)
    q, y1 = len(columns), y.sum(axis=-1)
    x1, xy, xx = np.empty((R, J, q)), np.empty((R, J, q)), np.empty((R, J, q, q))
    for i, column in enumerate(columns):
        x1[..., i] = column * units if level[i] else column.sum(axis=-1)
        xy[..., i] = column * y1 if level[i] else (column * y).sum(axis=-1)
        for k in range(i + 1):
            if level[i] or level[k]:
                product = column * x1[..., k] if level[i] else columns[k] * x1[..., i]
            else:
                product = (column * columns[k]).sum(axis=-1)
            xx[..., i, k] = xx[..., k, i] = product
    arm, inside, cohort = (np.broadcast_to(label, (R, J)) for label in (treated, collaborative, stratum))
    return ClusterStats(np.asarray(units), x1, xx, xy, y1, (y * y).sum(axis=-1), arm, inside, cohort, level)


def joined(parts: Sequence[ClusterStats]) -> ClusterStats:
    """The replicates of all parts, one after the other; parts of one design, with the same :attr:`center`.

    >>> from bscsim.trial.cluster_stats import from_means
    >>> one = from_means([[1.0, 3.0]], [True, False])
    >>> joined([one, one]).n.shape
    (2, 2)
    """
    first = parts[0]
    if len(parts) == 1:
        return first
    names = [name for name in first._fields if name not in ("cluster_level", "center")]
    sums: dict[str, Any] = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    return first._replace(**sums)


def _kept(values: Array, there: Array | None) -> Array:
    """Values of the units, 0 elsewhere; in C order, because the order of a sum, and so its bits, follows memory."""
    return np.ascontiguousarray(values if there is None else np.where(there, values, 0.0))
