"""The sums of a mixed model's clusters, with the outcome as the last column and symmetric matrices packed.

A *group* is a set of clusters that share their variances: all of them in an ordinary mixed model, an arm in a
heteroscedastic one. A cluster may be cut into *cells* (staff over waves, periods, centers of a collaborative) with a
random intercept of their own.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from bscsim.trial.cluster_stats import Array, ClusterStats, model_rows


class Cells(NamedTuple):
    """The cells of clusters, cells of one size within a cluster taken together; z = (x, y), p = pairs of its columns.

    number 0 (n does not matter) fills up clusters with fewer sizes of cell than others.
    """

    n: Array
    """[R, K, C] units in each cell of this size."""
    number: Array
    """[R, K, C] cells of this size."""
    s: Array
    """[R, K, C, q+1] sum of z over the units of these cells."""
    ss: Array
    """[R, K, C, p] sum over these cells of (cell sum of z)(cell sum of z)', packed."""


class Group(NamedTuple):
    """Clusters with the same variances; z = (x, y), p = pairs of its columns."""

    units: Array
    """[R] units."""
    zz: Array
    """[R, p] sum over units of z z', packed."""
    n: Array
    """[R, K] units in each cluster."""
    ss: Array
    """[R, K, p] (cluster sum of z)(cluster sum of z)', packed; not used where there are cells."""
    cells: Cells | None
    """Cells within clusters, or None."""


@cache
def pack_index(q: int) -> tuple[Array, Array]:
    """Row and column of each pair of q columns, in packed order; not to be changed, they are kept.

    >>> [index.tolist() for index in pack_index(2)]
    [[0, 0, 1], [0, 1, 1]]
    """
    return np.triu_indices(q)


def outer(a: Array, b: Array | None = None) -> Array:
    """Pack a a', or the symmetric part of a b', of vectors [..., q]: [..., q(q+1)/2].

    >>> outer(np.array([1.0, 2.0])).tolist()
    [1.0, 2.0, 4.0]
    """
    i, j = pack_index(a.shape[-1])
    if b is None:
        return np.asarray(a[..., i] * a[..., j])
    return np.asarray(0.5 * (a[..., i] * b[..., j] + a[..., j] * b[..., i]))


def unpack(packed: Array) -> Array:
    """Full symmetric matrices [..., q, q] of packed ones [..., q(q+1)/2].

    >>> unpack(np.array([1.0, 2.0, 4.0])).tolist()
    [[1.0, 2.0], [2.0, 4.0]]
    """
    return np.asarray(packed[..., _unpack_index(packed.shape[-1])])


@cache
def _unpack_index(p: int) -> Array:
    q = int((np.sqrt(8 * p + 1) - 1) / 2)
    where = np.zeros((q, q), np.int64)
    i, j = pack_index(q)
    where[i, j] = where[j, i] = np.arange(p)
    return where


def group_of(stats: ClusterStats, part: Array | None = None, cells: Cells | None = None) -> Group:
    """The clusters of a trial, or those of a part [R, J] bool, as one group; with the cells of the clusters, if any.

    >>> from bscsim.trial.cluster_stats import from_means
    >>> group_of(from_means([[1.0, 3.0, 5.0]], [True, False, False]), np.array([[False, True, True]])).units.tolist()
    [2.0]
    """
    inside = np.ones(stats.n.shape, bool) if part is None else part
    n = np.where(inside, stats.n, 0.0)
    return Group(n.sum(axis=1), _zz(stats, inside), n, outer(cluster_sums(stats) * inside[..., None]), cells)


def collaboratives_of(stats: ClusterStats) -> Group:
    """The treated arm as one group: collaboratives its clusters, centers their cells.

    A treated center in no collaborative is one of its own.

    >>> from bscsim.trial.cluster_stats import from_means
    >>> stats = from_means([[1.0, 3.0, 5.0, 2.0]], [True, True, True, False], [0, 0, 1, -1])
    >>> collaboratives_of(stats).n.tolist()
    [[2.0, 1.0]]
    """
    inside = stats.treated & (stats.n > 0)
    R, J = inside.shape
    alone = stats.collaborative.max(initial=0) + 1 + np.arange(J)
    label = np.where(inside, np.where(stats.collaborative >= 0, stats.collaborative, alone), -1)
    order = np.argsort(label, axis=1, kind="stable")
    ranked = np.take_along_axis(label, order, axis=1)
    new = np.diff(ranked, axis=1, prepend=-1) != 0
    cluster = np.cumsum(new, axis=1) - 1
    start = np.maximum.accumulate(np.where(new, np.arange(J), 0), axis=1)
    place = np.arange(J) - start
    r, at = np.nonzero(ranked >= 0)
    K, C = int(cluster.max(initial=0)) + 1, int(place[r, at].max(initial=0)) + 1
    slot = (r, cluster[r, at], place[r, at])
    n, s = np.zeros((R, K, C)), np.zeros((R, K, C, stats.x1.shape[-1] + 1))
    n[slot], s[slot] = stats.n[r, order[r, at]], cluster_sums(stats)[r, order[r, at]]
    total = n.sum(axis=2)
    cells = Cells(n, (n > 0).astype(np.float64), s, outer(s))
    return Group(total.sum(axis=1), _zz(stats, inside), total, outer(s.sum(axis=2)), cells)


def cells_from_units(
    stats: ClusterStats,
    replicate: ArrayLike,
    cluster: ArrayLike,
    cell: ArrayLike,
    y: ArrayLike,
    x: ArrayLike | None = None,
    treatment: ArrayLike | None = None,
) -> Cells:
    """Cut the clusters of :func:`bscsim.trial.cluster_stats.from_units` into cells, by the same units it was given.

    cell: [N] integers >= 0, the unit's cell within its cluster (staff member, period); the others as there.

    >>> from bscsim.trial.cluster_stats import from_units
    >>> of, center, person, y = [0] * 4, [0, 0, 0, 1], [0, 0, 1, 0], [1.0, 2.0, 3.0, 4.0]
    >>> stats = from_units(of, center, y, None, treated=[False, True])
    >>> cells = cells_from_units(stats, of, center, person, y)
    >>> cells.n.tolist(), cells.number.tolist()
    ([[[1.0, 2.0], [1.0, 1.0]]], [[[1.0, 1.0], [1.0, 0.0]]])
    """
    ys, at = np.asarray(y, np.float64), np.asarray(cell, np.int64)
    if at.shape != ys.shape or (at.size and at.min() < 0):
        raise ValueError("cell is one integer of 0 or more a unit")
    there = np.isfinite(ys)
    R, J = stats.n.shape
    whole = (np.asarray(replicate, np.int64) * J + np.asarray(cluster, np.int64))[there]
    exposure = stats.treated.ravel()[whole] if treatment is None else np.asarray(treatment, np.float64)[there]
    z = np.column_stack([model_rows(exposure, x, there), ys[there] - stats.center])
    z[:, 2:-1] -= z[:, 2:-1].mean(axis=0) if len(z) else 0.0
    wide = int(at.max(initial=0)) + 1
    keys, place = np.unique(whole * wide + at[there], return_inverse=True)
    n = np.bincount(place, minlength=len(keys)).astype(np.float64)
    sums = np.column_stack([np.bincount(place, weights=column, minlength=len(keys)) for column in z.T])
    return _by_size(n, sums, keys // wide, (R, J))


def take(group: Group, rows: Array) -> Group:
    """The group in some of its replicates only.

    >>> from bscsim.trial.cluster_stats import from_means
    >>> take(group_of(from_means([[1.0, 2.0], [3.0, 4.0]], [True, False])), np.array([1])).units.tolist()
    [2.0]
    """
    cells = None if group.cells is None else Cells(*(array[rows] for array in group.cells))
    return Group(group.units[rows], group.zz[rows], group.n[rows], group.ss[rows], cells)


def only(group: Group, columns: tuple[int, ...]) -> Group:
    """The group with some columns of z = (x, y) only.

    >>> from bscsim.trial.cluster_stats import from_means
    >>> only(group_of(from_means([[1.0, 3.0]], [True, False])), (0, 2)).zz.tolist()  # n, sum of y, of its square
    [[2.0, 0.0, 2.0]]
    """
    q1 = int((np.sqrt(8 * group.zz.shape[1] + 1) - 1) / 2)
    i, j = pack_index(q1)
    pairs = np.flatnonzero(np.isin(i, columns) & np.isin(j, columns))
    cells = group.cells
    if cells is not None:
        cells = Cells(cells.n, cells.number, cells.s[..., list(columns)], cells.ss[..., pairs])
    return Group(group.units, group.zz[:, pairs], group.n, group.ss[..., pairs], cells)


def cluster_sums(stats: ClusterStats) -> Array:
    """Sums of z = (x, y) of each cluster, [R, J, q+1].

    >>> from bscsim.trial.cluster_stats import from_means
    >>> cluster_sums(from_means([[1.0, 3.0]], [True, False])).tolist()
    [[[1.0, 1.0, -1.0], [1.0, 0.0, 1.0]]]
    """
    return np.concatenate([stats.x1, stats.y1[..., None]], axis=-1)


def _zz(stats: ClusterStats, inside: Array) -> Array:
    q = stats.x1.shape[-1]
    weight = inside.astype(np.float64)
    full = np.empty((len(weight), q + 1, q + 1))
    full[:, :q, :q] = np.einsum("rj,rjab->rab", weight, stats.xx)
    full[:, :q, q] = full[:, q, :q] = np.einsum("rj,rja->ra", weight, stats.xy)
    full[:, q, q] = (weight * stats.yy).sum(axis=1)
    i, j = pack_index(q + 1)
    return full[:, i, j]


def _by_size(n: Array, sums: Array, cluster: Array, shape: tuple[int, int]) -> Cells:
    """Take cells of one size (n units, sums of z, cluster 0 to R J - 1 of each cell) of a cluster together."""
    sizes, size = np.unique(n, return_inverse=True)
    whole = (*shape, len(sizes))
    slot, places = cluster * len(sizes) + size, int(np.prod(whole))

    def add(values: Array) -> Array:
        return np.bincount(slot, weights=values, minlength=places).reshape(whole)

    number = add(np.ones(len(n)))
    s = np.stack([add(column) for column in sums.T], axis=-1)
    ss = np.stack([add(column) for column in outer(sums).T], axis=-1)
    return Cells(np.where(number > 0, sizes, 1.0), number, s, ss)
