"""Likelihood of many centers' series: a random intercept of the center and AR(1) errors, with months missing.

The covariance of a center's observed months is s2 (R + lambda 11'), R_tu = phi^|t - u|, lambda = tau2 / s2. An observed
month given the observed month before it, g months earlier, has mean phi^g times that one's error and variance
s2 (1 - phi^(2g)), so R^-1 needs no matrix: residuals are z_k - phi^g z_(k-1), whatever is missing between. The random
intercept follows by Sherman-Morrison from the sums of products of a center, and s2 is profiled out.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bscsim.trial.cluster_stats import Array


class Rows(NamedTuple):
    """Observed months of R trials of J centers, moved to the front: K is the largest number of them."""

    z: Array
    """[R, J, q + 1, K] columns of the model (the first is 1) and the outcome; 0 where there are no more months."""
    gap: Array
    """[R, J, K] months since the observed month before; 0 in a center's first."""
    there: Array
    """[R, J, K] bool."""

    def take(self, rows: Array) -> Rows:
        """Only these replicates."""
        return Rows(self.z[rows], self.gap[rows], self.there[rows])


class Sums(NamedTuple):
    """What the likelihood needs of the rows at one phi."""

    products: Array
    """[R, J, q + 1, q + 1] Z' R^-1 Z of each center."""
    logdet: Array
    """[R] sum over centers of log det R."""


class Point(NamedTuple):
    """Likelihood and least squares at one (phi, lambda)."""

    deviance: Array
    """[R] -2 log (restricted) likelihood, s2 profiled out."""
    b: Array
    """[R, q] coefficients."""
    inverse: Array
    """[R, q, q] (X' (R + lambda 11')^-1 X)^-1."""
    s2: Array
    """[R] variance of a month's error."""


def compacted(y: Array, x: Array) -> Rows:
    """Rows of the observed months; y: [R, J, T], NaN missing; x: [R, J, T, q], finite where y is.

    >>> rows = compacted(np.array([[[5.0, np.nan, 7.0]]]), np.ones((1, 1, 3, 1)))
    >>> rows.z[0, 0].tolist(), rows.gap[0, 0].tolist()
    ([[1.0, 1.0], [5.0, 7.0]], [0, 2])
    """
    seen = np.isfinite(y)
    order = np.argsort(~seen, axis=2, kind="stable")[..., : max(1, int(seen.sum(axis=2).max(initial=1)))]
    there = np.take_along_axis(seen, order, axis=2)
    gap = np.diff(order, axis=2, prepend=order[..., :1])
    z = np.concatenate([x.mT, y[:, :, None, :]], axis=2)
    z = np.where(there[:, :, None, :], np.take_along_axis(z, order[:, :, None, :], axis=3), 0.0)
    return Rows(z, np.where(there, gap, 0), there)


def sums(rows: Rows, phi: Array) -> Sums:
    """Products weighted by R^-1, phi [R] in (-1, 1).

    >>> rows = compacted(np.array([[[5.0, np.nan, 7.0]]]), np.ones((1, 1, 3, 1)))
    >>> np.round(sums(rows, np.array([0.5])).products[0, 0, 0, 0], 12)  # 1' R^-1 1 = 2 / (1 + 0.25)
    np.float64(1.6)
    """
    powers = phi[:, None] ** np.arange(int(rows.gap.max(initial=0)) + 1)
    powers[:, 0] = 0.0
    rho = powers[np.arange(len(phi))[:, None, None], rows.gap]
    spare = 1 - rho**2
    white = rows.z.copy()
    white[..., 1:] -= rho[:, :, None, 1:] * rows.z[..., :-1]
    white *= (rows.there / np.sqrt(spare))[:, :, None, :]
    return Sums(white @ white.mT, np.log(spare).sum(axis=(1, 2)))


def point(at: Sums, size: Array, units: Array, reml: bool = True) -> Point:
    """Profile likelihood; size: [R] lambda > -1 / 1' R^-1 1; units: [R] observed months.

    >>> rows = compacted(np.array([[[5.0, np.nan, 7.0]]]), np.ones((1, 1, 3, 1)))
    >>> at = point(sums(rows, np.array([0.0])), np.array([0.0]), np.array([2.0]))
    >>> at.b.tolist(), at.s2.tolist(), at.inverse.tolist()
    ([[6.0]], [2.0], [[[0.5]]])
    """
    first = at.products[:, :, 0, :]
    grown = 1 + size[:, None] * first[..., 0]
    weight = size[:, None] / grown
    total = at.products.sum(axis=1) - first.mT @ (weight[..., None] * first)
    q = total.shape[1] - 1
    inverse = np.linalg.inv(total[:, :q, :q])
    b = np.einsum("rij,rj->ri", inverse, total[:, :q, q])
    rest = total[:, q, q] - (b * total[:, :q, q]).sum(axis=1)
    free = units - q if reml else units
    s2 = rest / free
    deviance = free * (1 + np.log(2 * np.pi * s2)) + at.logdet + np.log(grown).sum(axis=1)
    if reml:
        deviance = deviance + np.linalg.slogdet(total[:, :q, :q])[1]
    return Point(deviance, b, inverse, s2)
