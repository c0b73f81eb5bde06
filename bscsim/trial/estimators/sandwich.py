"""Cluster-robust variances from sums by cluster: leverage corrections and Bell-McCaffrey degrees of freedom.

For a group g of units that are independent of all others, let D be its model matrix, V its working covariance,
A = D' V^-1 D, s = D' V^-1 (y - D b) its score, and M = (sum A)^-1. The corrections replace the residual e by
(I - H)^-power e, H = D M D' V^-1. Because D' V^-1 f(H) = f(A M) D' V^-1, that is f(A M) s: algebra of q x q, and the
units themselves are not needed. With M = L L' and B = L' A L (symmetric, eigenvalues in [0, 1]), L' f(A M) = f(B) L'.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bscsim.trial.cluster_stats import Array, ClusterStats

SINGULAR = 1e-10
"""Eigenvalues (of a correlation matrix, or one less a leverage) below this are zero."""


class Groups(NamedTuple):
    """The independent units of R trials: which cluster belongs to which, and how many there are."""

    label: Array
    """[R, J] number of the unit, 0 to J - 1: that of its first cluster."""
    there: Array
    """[R, J] whether a cluster has data."""

    def sum(self, values: Array) -> Array:
        """Sum values [R, J, ...] of clusters over each unit: [R, J, ...], zero at labels that are not used."""
        R, J = self.label.shape
        place = (np.arange(R)[:, None] * J + self.label).ravel()
        flat = values.reshape(R * J, -1)
        sums = [np.bincount(place, weights=column, minlength=R * J) for column in flat.T]
        return np.stack(sums, axis=-1).reshape(values.shape)

    @property
    def units(self) -> Array:
        """[R] units with data."""
        return self.units_with(self.there)

    def units_with(self, clusters: Array) -> Array:
        """[R] units that hold one of these clusters, [R, J] bool, with data."""
        return np.asarray((self.sum(clusters & self.there) > 0).sum(axis=1))


def independent_groups(collaborative: Array, there: Array) -> Groups:
    """The highest independent units: the collaborative where a cluster is in one, the cluster itself elsewhere.

    collaborative: [R, J] its number, -1: in none; there: [R, J] whether the cluster has data.

    >>> independent_groups(np.array([[5, 2, 5, -1]]), np.ones((1, 4), bool)).label.tolist()
    [[0, 1, 0, 3]]
    """
    R, J = collaborative.shape
    own = np.broadcast_to(np.arange(J), (R, J))
    grouped = collaborative >= 0
    if not grouped.any():
        return Groups(own, there)
    number = np.unique(collaborative, return_inverse=True)[1].reshape(R, J)
    first = np.full((R, int(number.max()) + 1), J)
    rows = np.broadcast_to(np.arange(R)[:, None], (R, J))
    np.minimum.at(first, (rows[grouped], number[grouped]), own[grouped])
    return Groups(np.where(grouped, first[rows, number], own), there)


def groups_of(stats: ClusterStats, nested: bool = True) -> tuple[Groups, Array]:
    """The independent units of the trials, and whether there are enough of them to test [R].

    nested = False takes every center as independent: the usual practice, too sure of itself where collaboratives
    differ. Enough: two in each arm where arms are of whole clusters, otherwise two.

    >>> from bscsim.trial.cluster_stats import from_means
    >>> stats = from_means([[1.0, 2.0, 3.0, 4.0, 5.0]], [True, True, True, False, False], [5, 5, 5, -1, -1])
    >>> [groups_of(stats, nested)[1].tolist() for nested in (True, False)]
    [[False], [True]]
    """
    labels = stats.collaborative if nested else np.full(stats.n.shape, -1)
    groups = independent_groups(labels, stats.n > 0)
    if not stats.cluster_level[1]:
        return groups, groups.units >= 2
    return groups, np.minimum(groups.units_with(stats.treated), groups.units_with(~stats.treated)) >= 2


def cluster_level_parameters(stats: ClusterStats) -> int:
    """The p of t(J - p): intercept, treatment and the covariates that are constant within clusters."""
    return 2 + sum(stats.cluster_level[2:])


def half_inverse(total: Array, column: int = 1) -> tuple[Array, Array]:
    """L with L L' = total^-1, of [R, q, q] information matrices, and whether the column's coefficient is determined.

    Columns that depend on others are dropped (Moore-Penrose inverse of the matrix scaled to unit diagonal); the
    coefficient of `column` is determined [R] if it takes no part in such a dependence.

    >>> L, determined = half_inverse(np.array([[[2.0, 1.0], [1.0, 1.0]]]))
    >>> np.round(L @ L.mT, 12).tolist(), determined.tolist()
    ([[[1.0, -1.0], [-1.0, 2.0]]], [True])
    """
    scale = np.sqrt(np.maximum(np.einsum("rii->ri", total), 0.0))
    there = scale > 0
    shrink = np.where(there, 1 / np.where(there, scale, 1.0), 0.0)
    values, vectors = np.linalg.eigh(total * shrink[:, :, None] * shrink[:, None, :])
    kept = values > SINGULAR * np.maximum(values[:, -1:], SINGULAR)
    root = np.where(kept, 1 / np.sqrt(np.where(kept, values, 1.0)), 0.0)
    half = shrink[:, :, None] * vectors * root[:, None, :]
    lost = np.where(kept, 0.0, vectors[:, column, :] ** 2).sum(axis=1)
    return half, there[:, column] & (lost < 1e-8)


class Influence(NamedTuple):
    """What each independent unit contributes to the error of one coefficient.

    Its variance v is the sum of squared parts. Under Gaussian errors with the working covariance the parts have the
    covariance G = diag(a) - U U' (times the scale), which gives the degrees of freedom 2 E(v)^2 / Var(v).
    """

    parts: Array
    """[R, J] contributions."""
    own: Array
    """[R, J] a: variance of the part if the coefficients were known."""
    shared: Array
    """[R, J, q] rows of U: what is lost of it because they are estimated."""

    def se(self) -> Array:
        """[R] the robust standard error."""
        return np.asarray(np.sqrt((self.parts**2).sum(axis=1)))

    def df(self, units: Array | None = None) -> Array:
        """[R] tr(G)^2 / tr(G G), of these units or all (Bell, McCaffrey 2002; Pustejovsky, Tipton 2018, eq. 11)."""
        chosen = np.ones(self.own.shape) if units is None else units.astype(np.float64)
        own, shared = self.own * chosen, self.shared * chosen[..., None]
        inside = (shared**2).sum(axis=2)
        trace = (own - inside).sum(axis=1)
        square = ((own - inside) ** 2 - inside**2).sum(axis=1) + ((shared.mT @ shared) ** 2).sum(axis=(1, 2))
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(trace**2 / square)

    def welch(self, treated: Array) -> Array:
        """[R] (VT + VC)^2 / (VT^2 / dfT + VC^2 / dfC): the arms' shares of v with the df of each arm's units alone.

        treated: [R, J] bool, the unit's arm. The arms' variances are as they are found, not as the working model has
        them, so few and variable collaboratives are not believed to be as many as the centers. With equal units and no
        covariates the df of an arm are its units less one (Welch 1947).
        """
        with np.errstate(invalid="ignore", divide="ignore"):
            arms = [((self.parts**2 * arm).sum(axis=1), self.df(arm)) for arm in (treated, ~treated)]
            return np.asarray(sum(v for v, _ in arms) ** 2 / sum(v**2 / df for v, df in arms))


def influence(half: Array, information: Array, score: Array, power: float, column: int = 1) -> Influence:
    """Contributions of groups to the error of one coefficient, their residuals corrected by (I - H)^-power.

    half: [R, q, q], :func:`half_inverse` of the summed information; information: [R, J, q, q] A; score: [R, J, q] s.
    power 0: none (Liang and Zeger 1986); 1/2: Kauermann and Carroll 2001, CR2 of Bell and McCaffrey 2002; 1: Mancl and
    DeRouen 2001. A group that alone determines a coefficient (leverage 1) has no residual there and adds nothing.
    With f = (I - B)^-power and c the column's unit vector: a = c' L f B f L' c, and U's rows are f B L' c.

    >>> found = influence(np.eye(1)[None], np.full((1, 2, 1, 1), 0.5), np.array([[[1.0], [-1.0]]]), 0.5, column=0)
    >>> np.round(found.parts, 4).tolist(), found.df().round(9).tolist()
    ([[1.4142, -1.4142]], [1.0])
    """
    rows = half.mT[:, None]
    values, vectors = np.linalg.eigh(rows @ information @ half[:, None])
    rest = 1 - values
    grown = np.where(rest > SINGULAR, np.where(rest > SINGULAR, rest, 1.0) ** -power, 0.0)
    target = np.einsum("ri,rjik->rjk", half[:, column, :], vectors)
    turned = np.einsum("rjik,rji->rjk", vectors, np.einsum("rqi,rjq->rji", half, score))
    values = np.clip(values, 0.0, 1.0)
    own = (target**2 * values * grown**2).sum(axis=2)
    shared = np.einsum("rjik,rjk->rji", vectors, target * values * grown)
    return Influence((target * grown * turned).sum(axis=2), own, shared)
