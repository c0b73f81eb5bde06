"""What the likelihood of nested random intercepts and its derivatives need, from the sums of a group.

Within a cluster V = I + g1 1 1' + g2 blockdiag(1 1'), in units of the residual variance: g1 the ratio of the cluster's
variance to it, g2 that of the cell's. Every quantity below follows from two rank-one inverses (Sherman and Morrison):
with d = 1/(1 + g2 n) of a cell, a = sum of n d over the cells and k = 1/(1 + g1 a),

    1'V^-1 z = k u,  u = sum of d s          (s: cell sum of z)
    1_c'V^-1 z = d s - g1 k n d u
    z'V^-1 z = z'z - g2 sum of d s s' - g1 k u u'

and log|V| = - sum of log d + log(1 + g1 a). With no cells d = 1 and a = n.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bscsim.trial.cluster_stats import Array
from bscsim.trial.estimators.groups import Cells, Group, outer, unpack


class Moments(NamedTuple):
    """Sums over clusters at given ratios; L = 1 (cluster) or 2 (cluster, cell), V_l = dV/dg_l, z = (x, y)."""

    m: Array
    """[R, q+1, q+1] z'V^-1 z."""
    mi: Array
    """[R, L, q+1, q+1] z'V^-1 V_i V^-1 z."""
    mij: Array
    """[R, L, L, q+1, q+1] symmetric part of z'V^-1 V_i V^-1 V_j V^-1 z."""
    logdet: Array
    """[R] log|V|."""
    ti: Array
    """[R, L] trace of V^-1 V_i."""
    tij: Array
    """[R, L, L] trace of V^-1 V_i V^-1 V_j."""


def levels(group: Group) -> int:
    """Random intercepts of the group: 1 of the cluster alone, 2 with cells.

    >>> from bscsim.trial.cluster_stats import from_means
    >>> from bscsim.trial.estimators.groups import group_of
    >>> levels(group_of(from_means([[1.0, 3.0]], [True, False])))
    1
    """
    return 1 if group.cells is None else 2


def largest(group: Group) -> Array:
    """[R, L] most units of a cluster, and of a cell: the scale of each ratio; at least 1.

    >>> from bscsim.trial.cluster_stats import from_units
    >>> from bscsim.trial.estimators.groups import group_of
    >>> largest(group_of(from_units([0, 0, 0], [0, 0, 1], [1.0, 2.0, 6.0], None, treated=[False, True]))).tolist()
    [[2.0]]
    """
    scale = [group.n.max(axis=1)]
    if group.cells is not None:
        scale.append(np.where(group.cells.number > 0, group.cells.n, 0).max(axis=(1, 2)))
    return np.asarray(np.maximum(np.stack(scale, axis=1), 1.0))


def moments(group: Group, ratios: Array) -> Moments:
    """Compute the moments of a group at ratios [R, L] of its variances to the residual's; g1 > -1/n where negative.

    >>> from bscsim.trial.cluster_stats import from_means
    >>> from bscsim.trial.estimators.groups import group_of
    >>> moments(group_of(from_means([[1.0, 3.0]], [True, False])), np.array([[1.0]])).m[0, 0, 0]
    np.float64(1.0)
    """
    if group.cells is None:
        return _one_level(group, ratios[:, :1])
    return _two_levels(group, group.cells, ratios[:, 0], ratios[:, 1])


def _one_level(group: Group, g: Array) -> Moments:
    n = group.n
    k = 1.0 / (1.0 + g * n)
    sums = np.stack([g * k, k * k, k * k * k * n], axis=1) @ group.ss
    full = unpack(np.concatenate([(group.zz - sums[:, 0])[:, None], sums[:, 1:]], axis=1))
    share = n * k
    return Moments(
        full[:, 0], full[:, 1:2], full[:, 2:, None], -np.log(k).sum(axis=1),
        share.sum(axis=1)[:, None], (share * share).sum(axis=1)[:, None, None],
    )  # fmt: skip


def value(group: Group, ratios: Array) -> tuple[Array, Array]:
    """Return m and logdet of :func:`moments` alone, for a third of its work; m is packed.

    >>> from bscsim.trial.cluster_stats import from_means
    >>> from bscsim.trial.estimators.groups import group_of
    >>> m, logdet = value(group_of(from_means([[1.0, 3.0]], [True, False])), np.array([[1.0]]))
    >>> m[0, 0].round(6), logdet.round(6).tolist()  # two clusters of one unit, V = 2
    (np.float64(1.0), [1.386294])
    """
    g1 = ratios[:, 0]
    if group.cells is None:
        k = 1.0 / (1.0 + g1[:, None] * group.n)
        m = group.zz - ((g1[:, None] * k)[:, None, :] @ group.ss)[:, 0]
        return m, -np.log(k).sum(axis=1)
    g2, (n, number, s, ss), (R, p) = ratios[:, 1], group.cells, group.zz.shape
    d = 1.0 / (1.0 + g2[:, None, None] * n)
    u = (d[:, :, None, :] @ s)[:, :, 0]
    k = 1.0 / (1.0 + g1[:, None] * (number * n * d).sum(axis=2))
    places = n.shape[1] * n.shape[2]
    sd = (d.reshape(R, 1, places) @ ss.reshape(R, places, p))[:, 0]
    m = group.zz - g2[:, None] * sd - ((g1[:, None] * k)[:, None, :] @ outer(u))[:, 0]
    return m, -(number * np.log(d)).sum(axis=(1, 2)) - np.log(k).sum(axis=1)


def _two_levels(group: Group, cells: Cells, g1: Array, g2: Array) -> Moments:
    n, number = cells.n, cells.number
    R, p = group.zz.shape
    d = 1.0 / (1.0 + g2[:, None, None] * n)
    nd = n * d
    u, v, w = np.moveaxis(np.stack([d, nd * d, nd * nd * d], axis=2) @ cells.s, 2, 0)
    a, a2, a3 = (number * nd).sum(axis=2), (number * nd**2).sum(axis=2), (number * nd**3).sum(axis=2)
    places = n.shape[1] * n.shape[2]  # not -1: R may be 0
    flat = np.stack([d, d * d, nd * d * d], axis=1).reshape(R, 3, places)
    sd, sd2, snd3 = np.moveaxis(flat @ cells.ss.reshape(R, places, p), 1, 0)
    k = 1.0 / (1.0 + g1[:, None] * a)
    c = g1[:, None] * k
    omega = v - (c * a2)[..., None] * u
    uu, uv = outer(u), outer(u, v)

    def total(weight: Array, packed: Array) -> Array:
        return np.asarray((weight[:, None, :] @ packed)[:, 0])

    packed = [
        group.zz - g2[:, None] * sd - total(c, uu),
        total(k * k, uu),
        sd2 - 2 * total(c, uv) + total(c * c * a2, uu),
        total(k**3 * a, uu),
        total(k * k, outer(u, omega)),
        snd3 - 2 * total(c, outer(u, w)) + total(c * c * a3, uu) - total(c, outer(omega)),
    ]
    full = unpack(np.stack(packed, axis=1))
    shape = (R, 2, 2)
    traces = [(k * k * a * a), k * k * a2, k * k * a2, a2 - 2 * c * a3 + (c * a2) ** 2]
    return Moments(
        full[:, 0], full[:, 1:3], full[:, [3, 4, 4, 5]].reshape(*shape, *full.shape[2:]),
        -(number * np.log(d)).sum(axis=(1, 2)) - np.log(k).sum(axis=1),
        np.stack([(k * a).sum(axis=1), (a - c * a2).sum(axis=1)], axis=1),
        np.stack([trace.sum(axis=1) for trace in traces], axis=1).reshape(shape),
    )  # fmt: skip
