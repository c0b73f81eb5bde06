"""A small unbalanced trial written as formulas, so that R could be given the same numbers; matrices and brute force."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bscsim.trial.cluster_stats import ClusterStats, from_units

Array = NDArray[np.float64]

SIZES = (5, 9, 4, 12, 7, 3, 8, 10, 6, 11, 4, 7, 9, 5, 8, 6)
TREATED = np.arange(16) < 8
COLLABORATIVE = np.where(TREATED, np.arange(16) // 3, -1)


class Units(NamedTuple):
    """One trial, a row a unit."""

    center: NDArray[np.int64]
    group: NDArray[np.int64]
    """The highest independent unit."""
    x: Array
    y: Array


def small_trial() -> Units:
    """16 centers, the first 8 treated in collaboratives of 3, 3 and 2; a covariate of the center, one of the unit."""
    center = np.repeat(np.arange(16), SIZES)
    i = np.arange(1, len(center) + 1)
    base, own, arm = (center * 7 % 11) / 10, (i * 53 % 89) / 40 - 1, center < 8
    y = (i * 37 % 101) / 50 - 1 + (center * 29 % 17) / 8 + 0.3 * arm + 0.5 * base + 0.4 * own
    x = np.column_stack([np.ones(len(i)), arm, base, own])
    group = np.where(arm, 100 + COLLABORATIVE[center], center)
    return Units(center, group, x, y)


def small_stats(covariates: bool) -> ClusterStats:
    units = small_trial()
    x = units.x[:, 2:] if covariates else None
    return from_units(np.zeros(len(units.y), int), units.center, units.y, x, TREATED, COLLABORATIVE)


def random_trials(
    replicates: int, sizes: tuple[int, ...], treated: Array, seed: int, center_sd: float = 0.4,
    collaborative_sd: float = 0.0, collaborative: Array | None = None, covariates: int = 0,
) -> ClusterStats:
    """Gaussian trials without an effect; residual SD 1; the collaboratives' effects average zero over trials."""
    rng = np.random.default_rng(seed)
    J, N = len(sizes), sum(sizes)
    center = np.repeat(np.arange(J), sizes)
    level = center_sd * rng.normal(size=(replicates, J))
    if collaborative is not None:
        drawn = collaborative_sd * rng.normal(size=(replicates, int(collaborative.max()) + 2))
        drawn[:, -1] = 0.0  # number -1: in none
        level = level + drawn[:, collaborative]
    y = level[:, center] + rng.normal(size=(replicates, N))
    x = rng.normal(size=(replicates * N, covariates)) if covariates else None
    replicate = np.repeat(np.arange(replicates), N)
    return from_units(replicate, np.tile(center, replicates), y.ravel(), x, treated, collaborative, None, replicates)


def power_of(matrix: Array, power: float) -> Array:
    """A real power of a matrix with real eigenvalues, by its eigenvectors; eigenvalue 0 stays 0."""
    values, vectors = np.linalg.eig(matrix)
    grown = np.where(np.abs(values) > 1e-9, np.maximum(np.abs(values), 1e-9) ** power, 0.0)
    return np.real(vectors @ np.diag(grown) @ np.linalg.inv(vectors))


def rejection_band(replicates: int, alpha: float = 0.05) -> tuple[float, float]:
    """The nominal size -+ 3 Monte Carlo standard errors."""
    error = 3 * (alpha * (1 - alpha) / replicates) ** 0.5
    return alpha - error, alpha + error


def swapped(stats: ClusterStats) -> ClusterStats:
    """The same trials with the arms' labels exchanged."""
    turn = np.eye(stats.x1.shape[2])
    turn[1, 0], turn[1, 1] = 1.0, -1.0
    return stats._replace(
        x1=stats.x1 @ turn.T, xx=turn @ stats.xx @ turn.T, xy=stats.xy @ turn.T, treated=~stats.treated
    )
