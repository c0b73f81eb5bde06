"""Sums over the units of a center at a wave, and from them the statistics that estimators read.

All columns of a model but a person's own baseline are constant in a center at a wave. So its rows are counted and added
up once (n, sum of y, sum of squares), and the columns come in by the algebra of arrays [replicate, place, wave]. Every
replicate is summed and centered on its own: its bits do not depend on which others stand beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bscsim.trial.analyzing.places import Rows, Study
from bscsim.trial.cluster_stats import ClusterStats
from bscsim.trial.estimators.groups import Cells, outer, pack_index

Array = NDArray[Any]

CONSTANT = 1e-9
"""A column whose sum of squares about its mean is below this share of the whole is constant."""


class Sums(NamedTuple):
    """Of y, in center and wave; [R, J] or [R, J, T] each."""

    n: Array
    y1: Array
    yy: Array

    @property
    def mean(self) -> Array:
        """Mean of y; NaN where nothing was measured."""
        return np.where(self.n > 0, self.y1 / np.maximum(self.n, 1.0), np.nan)

    def centered(self, middle: Array | None = None) -> Sums:
        """The sums of y less the replicate's mean over all its units (or another number [R] a replicate).

        >>> Sums(np.array([[1.0, 1.0]]), np.array([[1.0, 3.0]]), np.array([[1.0, 9.0]])).centered().y1.tolist()
        [[-1.0, 1.0]]
        """
        inner = tuple(range(1, self.n.ndim))
        if middle is None:
            middle = self.y1.sum(axis=inner) / np.maximum(self.n.sum(axis=inner), 1.0)
        m = middle.reshape(-1, *(1,) * len(inner))
        return Sums(self.n, self.y1 - self.n * m, self.yy - 2 * m * self.y1 + self.n * m**2)


class Own(NamedTuple):
    """A column u that differs between the units of a center: sums of u, u squared and u y; [R, J] each."""

    u1: Array
    uu: Array
    uy: Array


class Kind(NamedTuple):
    """Persons of each center who were measured at the same waves."""

    waves: tuple[int, ...]
    sums: Sums
    """[R, J]: n persons, and sums of what each one's y add up to over the waves."""


class Model(NamedTuple):
    """What an analysis gives its estimators."""

    stats: ClusterStats
    cells: Cells | None = None
    """Periods or persons within centers, for mixed models; None: they have one intercept a center."""


def sums_of(study: Study, rows: Rows, y: Array | None = None) -> Sums:
    """Sums [R, J] of rows, of their y or of other values of them.

    >>> from bscsim.trial.analyzing.places import example, study_of
    >>> sums_of(study_of(example()), Rows(np.array([0, 0, 2]), np.arange(3), np.array([1.0, 2.0, 5.0]))).y1.tolist()
    [[3.0, 0.0, 5.0]]
    """
    values = rows.y if y is None else y
    return Sums(*(added(study, rows.slot, part) for part in (None, values, values * values)))


def added(study: Study, slot: Array, values: Array | None) -> Array:
    """Add values up in places [R, J]; None: count.

    >>> from bscsim.trial.analyzing.places import example, study_of
    >>> added(study_of(example()), np.array([2, 2]), None).tolist()
    [[0.0, 0.0, 2.0]]
    """
    shape = study.there.shape
    return np.bincount(slot, weights=values, minlength=shape[0] * shape[1]).astype(np.float64).reshape(shape)


def stacked(waves: Sequence[Sums]) -> Sums:
    """Sums of several waves in arrays [R, J, T].

    >>> one = Sums(*(np.ones((1, 2)) for _ in range(3)))
    >>> stacked([one, one, one]).n.shape
    (1, 2, 3)
    """
    return Sums(*(np.stack(parts, axis=-1) for parts in zip(*waves, strict=True)))


def model_of(
    study: Study, sums: Sums, exposure: Array, columns: Sequence[Array], own: Own | None = None,
    middle: Array | None = None,
) -> Model:  # fmt: skip
    """Make the statistics of one wave; exposure and columns are [R, J], own (if any) is the last column.

    Columns of the model: intercept, exposure, columns. All but own are centered at their mean over the study's places;
    y is at that of its units, or at middle [R].

    >>> from bscsim.trial.analyzing.places import example, study_of
    >>> study = study_of(example())
    >>> sums = Sums(np.array([[2.0, 1.0, 1.0]]), np.array([[4.0, 1.0, 3.0]]), np.array([[10.0, 1.0, 9.0]]))
    >>> model_of(study, sums, study.treated * 1.0, []).stats.xy.tolist()
    [[[0.0, 0.0], [-1.0, -1.0], [1.0, 0.0]]]
    """
    sums = sums.centered(middle)
    x = _design(study, exposure, columns)
    n, q = sums.n[..., None], x.shape[-1]
    x1, xy = x * n, x * sums.y1[..., None]
    xx = x1[..., :, None] * x[..., None, :]
    if own is not None:
        full = np.empty((*x.shape[:-1], q + 1, q + 1))
        full[..., :q, :q] = xx
        full[..., :q, q] = full[..., q, :q] = x * own.u1[..., None]
        full[..., q, q] = own.uu
        x1, xy, xx = _beside(x1, own.u1), _beside(xy, own.uy), full
    level = (True,) * q + (False,) * (own is not None)
    return Model(ClusterStats(sums.n, x1, xx, xy, sums.y1, sums.yy, *_labels(study), level))


def model_of_periods(
    study: Study, sums: Sums, exposure: Array, columns: Sequence[Array], persons: Sequence[Kind] = ()
) -> Model:
    """Make the statistics of T waves together; exposure [R, J, T]; columns [R, J] of centers or [R, J, T].

    The model's columns are intercept, exposure, columns. Its cells are the waves of a center, or the persons (rooms) of
    the kinds given.

    >>> from bscsim.trial.analyzing.places import example, study_of
    >>> study, one = study_of(example()), np.ones((1, 3, 2))
    >>> found = model_of_periods(study, Sums(one, one, one), study.treated[..., None] * np.array([0.0, 1.0]), [])
    >>> found.stats.n.tolist(), found.stats.x1[0, :, 1].tolist(), found.stats.cluster_level
    ([[2.0, 2.0, 2.0]], [0.0, 1.0, 0.0], (True, False))
    """
    middle = sums.y1.sum(axis=(1, 2)) / np.maximum(sums.n.sum(axis=(1, 2)), 1.0)
    sums = sums.centered(middle)
    wide = (*study.there.shape, sums.n.shape[2])
    x = _design(study, exposure, [np.broadcast_to(c if c.ndim == 3 else c[..., None], wide) for c in columns])
    s1 = x * sums.n[..., None]
    stats = ClusterStats(
        sums.n.sum(axis=2), s1.sum(axis=2), s1.mT @ x, (x * sums.y1[..., None]).sum(axis=2), sums.y1.sum(axis=2),
        sums.yy.sum(axis=2), *_labels(study), (True, False, *(column.ndim == 2 for column in columns)),
    )  # fmt: skip
    if persons:
        return Model(stats, _persons(x, middle, persons))
    s = _beside(s1, sums.y1)
    return Model(stats, Cells(np.maximum(sums.n, 1.0), (sums.n > 0).astype(np.float64), s, outer(s)))


def _persons(x: Array, middle: Array, kinds: Sequence[Kind]) -> Cells:
    """Cells of persons, of rows x [R, J, T, q]; T sizes, as those measured at equally many waves are of one."""
    (R, J, T, q), (i, j) = x.shape, pack_index(x.shape[-1] + 1)
    number, s, ss = (np.zeros((R, J, T, *more)) for more in ((), (q + 1,), (len(i),)))
    for waves, sums in kinds:
        own, at = sums.centered(middle * len(waves)), len(waves) - 1
        row = x[:, :, list(waves)].sum(axis=2)
        both = outer(_beside(row, np.ones(own.n.shape))) * own.n[..., None]
        both[..., (i < q) & (j == q)] = row * own.y1[..., None]
        both[..., (i == q) & (j == q)] = own.yy[..., None]
        number[:, :, at] += own.n
        s[:, :, at] += _beside(row * own.n[..., None], own.y1)
        ss[:, :, at] += both
    size = np.broadcast_to(np.arange(1.0, T + 1), number.shape)
    return Cells(np.where(number > 0, size, 1.0), number, s, ss)


def patterns(stats: ClusterStats) -> list[tuple[Array, list[int]]]:
    """Replicates that can use the same columns, and these columns: a covariate without variance is left out.

    A study of one sector has no use for a column of sectors, and least squares none for a column of zeros.

    >>> from bscsim.trial.cluster_stats import from_means
    >>> x = np.array([[[1.0], [2.0], [0.0]], [[1.0], [1.0], [1.0]]])
    >>> stats = from_means([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]], [False, True, True], x=x)
    >>> [(rows.tolist(), kept) for rows, kept in patterns(stats)]
    [([1], [0, 1]), ([0], [0, 1, 2])]
    """
    total, first = np.einsum("rjqq->rq", stats.xx), stats.x1.sum(axis=1)
    spread = total - first**2 / np.maximum(stats.n.sum(axis=1), 1.0)[:, None]
    kept = spread > CONSTANT * np.maximum(total, 1e-300)
    kept[:, :2] = True
    if kept.all():
        return [(np.arange(len(kept)), list(range(kept.shape[1])))]
    table, which = np.unique(kept, axis=0, return_inverse=True)
    return [(np.flatnonzero(which.ravel() == i), np.flatnonzero(row).tolist()) for i, row in enumerate(table)]


def part_of(model: Model, rows: Array, columns: Sequence[int]) -> Model:
    """The model in some replicates, with some of its columns.

    >>> from bscsim.trial.cluster_stats import from_means
    >>> stats = from_means([[1.0, 2.0]], [False, True], x=np.ones((1, 2, 3)))
    >>> part_of(Model(stats), np.array([0]), [0, 1]).stats.xx.shape
    (1, 2, 2, 2)
    """
    stats, cells = model
    q = stats.x1.shape[-1]
    if len(rows) == len(stats.n) and len(columns) == q:
        return model
    at = list(columns)
    x1, xy, xx = stats.x1[rows][..., at], stats.xy[rows][..., at], stats.xx[rows][..., at, :][..., at]
    level = tuple(stats.cluster_level[c] for c in at)
    some = ClusterStats(
        stats.n[rows], x1, xx, xy, stats.y1[rows], stats.yy[rows], stats.treated[rows], stats.collaborative[rows],
        stats.stratum[rows], level, stats.center,
    )  # fmt: skip
    if cells is None:
        return Model(some)
    i, j = pack_index(q + 1)
    pairs = np.flatnonzero(np.isin(i, [*at, q]) & np.isin(j, [*at, q]))
    return Model(
        some, Cells(cells.n[rows], cells.number[rows], cells.s[rows][..., [*at, q]], cells.ss[rows][..., pairs])
    )


def _design(study: Study, exposure: Array, columns: Sequence[Array]) -> Array:
    """Rows [R, J, q] or [R, J, T, q]: intercept, exposure, columns less their means; 0 in empty places."""
    there = study.there.reshape(*study.there.shape, *(1,) * (exposure.ndim - 2))
    inner = tuple(range(1, exposure.ndim))
    size = np.maximum(np.broadcast_to(there, exposure.shape).sum(axis=inner, keepdims=True), 1)
    kept = [np.where(there, column, 0.0) for column in columns]
    kept = [np.where(there, column - column.sum(axis=inner, keepdims=True) / size, 0.0) for column in kept]
    return np.stack([np.broadcast_to(there * 1.0, exposure.shape), np.where(there, exposure, 0.0), *kept], axis=-1)


def _beside(x: Array, last: Array) -> Array:
    return np.concatenate([x, last[..., None]], axis=-1)


def _labels(study: Study) -> tuple[Array, Array, Array]:
    return study.treated, study.collaborative, study.stratum
