"""How much centers' true effects differ between collaboratives and within them."""

from __future__ import annotations

import numpy as np

from bscsim.record.ratio import divide
from bscsim.trial.enrolled import Array


def components(effect: Array, group: Array) -> tuple[Array, Array]:
    """Return the variance of effects between groups and within them, of each of R replicates.

    The moments of a one-way analysis of variance of unequal groups: within, MSW; between, (MSB - MSW) / n0 with
    n0 = (N - sum n^2 / N) / (k - 1) (Searle, Casella and McCulloch 1992, Variance Components, ch. 3).

    Parameters
    ----------
    effect, group
        [R, C] a center's effect, NaN for those that do not count, and its group, 0 or more.

    Returns
    -------
    between, within
        [R] each; NaN with one group, and where no group has two centers. Between can be negative.

    Examples
    --------
    >>> between, within = components(np.array([[1.0, 3.0, 5.0, 7.0]]), np.array([[0, 0, 1, 1]]))
    >>> between.tolist(), within.tolist()
    ([7.0], [2.0])
    """
    there = np.isfinite(effect)
    R, K = len(effect), int(group.max(initial=0)) + 1
    rows, columns = np.nonzero(there)
    place, values = rows * K + group[rows, columns], effect[rows, columns]
    n = np.bincount(place, minlength=R * K).reshape(R, K)
    mean = divide(np.bincount(place, values, R * K).reshape(R, K), n)
    total, groups = n.sum(axis=1), (n > 0).sum(axis=1)
    inside = np.bincount(rows, (values - mean.ravel()[place]) ** 2, R)
    held = np.where(n > 0, mean, 0.0)
    grand = divide((n * held).sum(axis=1), total)
    msb = divide((n * (held - grand[:, None]) ** 2).sum(axis=1), groups - 1)
    msw = divide(inside, total - groups)
    n0 = divide(total - divide((n**2).sum(axis=1), total), groups - 1)
    return divide(msb - msw, n0), msw
