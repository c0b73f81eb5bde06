"""Trials made up for the tests of estimators: one small one by a formula, and many with Gaussian random effects."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bscsim.trial.cluster_stats import Array, ClusterStats, from_units


class Rows(NamedTuple):
    """One trial, row by row of units."""

    center: Array
    cell: Array
    y: Array
    x: Array  # a covariate of the unit
    treated: Array  # [centers]
    collaborative: Array  # [centers]

    def stats(self, *, covariate: bool = True) -> ClusterStats:
        zero = np.zeros(len(self.y), int)
        x = self.x if covariate else None
        return from_units(zero, self.center, self.y, x, self.treated, self.collaborative)


def by_formula(cells: float = 0.6) -> Rows:
    """18 centers of unequal size, 9 treated in 3 unequal collaboratives, with few digits for other software."""
    sizes = 2 + (np.arange(18) * 7) % 5
    center = np.repeat(np.arange(18), sizes)
    i = np.arange(len(center))
    treated = np.arange(18) < 9
    collaborative = np.where(treated, np.array([0, 0, 1, 1, 1, 2, 2, 2, 2] + [-1] * 9), -1)
    cell = np.concatenate([np.arange(size) // 2 for size in sizes])
    part = np.where(treated, np.sin(2.0 + 3.0 * collaborative), 0.0)
    x = np.round(np.cos(1.3 * i) + 0.1 * center, 4)
    noise = np.sin(1.7 * i**1.1) * np.where(treated[center], 1.4, 0.9)
    y = 0.4 * treated[center] + 0.9 * part[center] + 0.8 * np.sin(5.0 * center) + 0.5 * x + noise
    y += cells * np.sin(11.0 * center + 7.0 * cell)
    return Rows(center, cell, np.round(y, 4), x, treated, collaborative)


def gaussian(
    seed: int,
    replicates: int,
    centers: tuple[int, int],
    units: int,
    variances: dict[str, float],
    collaboratives: int = 0,
    slope: float = 0.0,
    missing: float = 0.0,
) -> ClusterStats:
    """Trials without an effect: (treated, control) centers; variances of collaborative, center and residual, and of the
    controls' center and residual where they differ; a share of missing units; a unit-level covariate with a slope."""
    rng = np.random.default_rng(seed)
    J = sum(centers)
    treated = np.arange(J) < centers[0]
    member = np.arange(J) * collaboratives // max(centers[0], 1)
    sd = {}
    for name in ("center", "residual"):
        sd[name] = np.sqrt(np.where(treated, variances[name], variances.get(f"control_{name}", variances[name])))
    level = rng.normal(size=(replicates, J)) * sd["center"]
    if collaboratives:
        group = rng.normal(size=(replicates, collaboratives)) * variances["collaborative"] ** 0.5
        level[:, treated] += group[:, member[treated]]
    y = level[..., None] + rng.normal(size=(replicates, J, units)) * sd["residual"][:, None]
    x = None
    if slope:
        x = rng.normal(size=y.shape)
        y, x = y + slope * x, x.ravel()
    if missing:
        y[rng.random(y.shape) < missing] = np.nan
    replicate, center = np.divmod(np.repeat(np.arange(replicates * J), units), J)
    inside = np.where(treated, member, -1) if collaboratives else None
    return from_units(replicate, center, y.ravel(), x, treated, inside, replicates=replicates)


def holds_size(p: Array, alpha: float = 0.05) -> None:
    """Fail unless the share of p <= alpha, failures left out, lies within 3 Monte Carlo standard errors of alpha."""
    p = p[np.isfinite(p)]
    error = (alpha * (1 - alpha) / p.size) ** 0.5
    share = (p <= alpha).mean()
    assert abs(share - alpha) <= 3 * error, f"rejects {share:.4f} instead of {alpha} +- {3 * error:.4f}"
