"""Linear mixed models with nested random intercepts, by profile REML, with three kinds of degrees of freedom.

A random intercept of the center; with `cells`, a second one of staff within centers (cohorts measured in several waves)
or of periods within centers (stepped wedges). One profile routine fits them all (:mod:`.profile`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bscsim.trial.cluster_stats import BOUNDARY, FAILED, OK, Array, ClusterStats, Estimates
from bscsim.trial.estimators.groups import Cells, Group, group_of, take, unpack
from bscsim.trial.estimators.inference import check_alpha, t_inference
from bscsim.trial.estimators.information import Components, components
from bscsim.trial.estimators.kenward_roger import kenward_roger
from bscsim.trial.estimators.newton import best_start, minimize
from bscsim.trial.estimators.profile import Profile
from bscsim.trial.estimators.satterthwaite import satterthwaite

TREATMENT = 1
"""Column of the treatment."""
_PEAKS = (0.0, 0.3, 0.7, 1.2, 2.0, 3.0, 4.5, 7.0)
_PEAKS_OF_TWO = (0.0, 0.7, 2.0)


class Fit(NamedTuple):
    """A mixed model fitted to M of R replicates: those that allow it and converged."""

    rows: Array
    """[M] the replicates fitted."""
    found: Components
    """Their variances and fixed effects; theta [M, c] has the residual, the cluster's, the cell's (if any)."""
    identified: Array
    """[M, c] bool: the data can tell the variance from the others (the center's not, with one unit in each)."""
    zero: Array
    """[M, c] bool: identified, and estimated zero."""
    status: Array
    """[R] int8."""


def lmm_kr(stats: ClusterStats, alpha: float = 0.05, cells: Cells | None = None, constrained: bool = True) -> Estimates:
    """Mixed model by REML, t with Kenward and Roger's standard error and degrees of freedom.

    y = x b + u(center) + v(cell) + e. The formulas are in :func:`.kenward_roger`; as in pbkrtest all variances count as
    estimated, also one that is estimated zero (BOUNDARY), so that the df stay near the number of clusters.

    Parameters
    ----------
    stats, cells
        Sums over centers; over staff or periods in them (:func:`.cells_from_units`), or None.
    alpha
        Of the interval; 0 to 1, ends excluded.
    constrained
        False lets the center's variance be negative, which keeps the size exact where it is small: for studies of
        size. Only without cells.

    Returns
    -------
    Estimates
        In units of y. FAILED where the columns are collinear, clusters are no more than cluster-level columns, the data
        cannot tell the variances apart, or the search does not converge. With one unit in each center the center's
        variance is part of the residual's, and the test is that of ordinary least squares.

    Raises
    ------
    ValueError
        on alpha outside (0, 1) and constrained=False with cells.

    Examples
    --------
    >>> from bscsim.trial.cluster_stats import from_units
    >>> y = [1.0, 2.0, 6.0, 7.0, 2.0, 3.0, 9.0, 8.0]
    >>> stats = from_units([0] * 8, [0, 0, 1, 1, 2, 2, 3, 3], y, None, treated=[False, False, True, True])
    >>> found = lmm_kr(stats)  # equal sizes: the t test on center means
    >>> round(float(found.b[0]), 6), round(float(found.se[0]), 4), round(float(found.df[0]), 6)
    (1.5, 3.9051, 2.0)
    """
    done = fit(stats, cells, constrained)
    se, df = kenward_roger(done.found, TREATMENT, done.identified)
    return inferred(done, se, df, alpha)


def lmm_satterthwaite(
    stats: ClusterStats, alpha: float = 0.05, cells: Cells | None = None, constrained: bool = True
) -> Estimates:
    """Mixed model by REML, t with the model-based standard error and Satterthwaite's degrees of freedom.

    Arguments, errors and failures are those of :func:`lmm_kr`. As in lmerTest and SAS a variance that is estimated zero
    (BOUNDARY) drops out, and the df jump from about the number of clusters to about the number of units.

    >>> from bscsim.trial.cluster_stats import from_units
    >>> y = [1.0, 2.0, 6.0, 7.0, 2.0, 3.0, 9.0, 8.0]
    >>> stats = from_units([0] * 8, [0, 0, 1, 1, 2, 2, 3, 3], y, None, treated=[False, False, True, True])
    >>> round(float(lmm_satterthwaite(stats).df[0]), 6)
    2.0
    """
    done = fit(stats, cells, constrained)
    se, df = satterthwaite(done.found, TREATMENT, done.identified & ~done.zero)
    return inferred(done, se, df, alpha)


def lmm_between_within(
    stats: ClusterStats, alpha: float = 0.05, cells: Cells | None = None, constrained: bool = True
) -> Estimates:
    """Mixed model by REML, t with the model-based standard error and between-within degrees of freedom.

    df = clusters less cluster-level columns for a treatment that is constant within clusters; otherwise units less
    clusters less the other columns (Schluchter & Elashoff 1990, J Stat Comput Simul 37:69). They do not depend on the
    variances. Arguments, errors and failures are those of :func:`lmm_kr`.

    >>> from bscsim.trial.cluster_stats import from_units
    >>> y = [1.0, 2.0, 6.0, 7.0, 2.0, 3.0, 9.0, 8.0]
    >>> stats = from_units([0] * 8, [0, 0, 1, 1, 2, 2, 3, 3], y, None, treated=[False, False, True, True])
    >>> float(lmm_between_within(stats).df[0])
    2.0
    """
    done = fit(stats, cells, constrained)
    clusters = (stats.n > 0).sum(axis=1)[done.rows]
    between = sum(stats.cluster_level)
    within = stats.n.sum(axis=1)[done.rows] - clusters - (len(stats.cluster_level) - between)
    df = clusters - between if stats.cluster_level[TREATMENT] else within
    return inferred(done, np.sqrt(done.found.phi[:, TREATMENT, TREATMENT]), df.astype(np.float64), alpha)


def fit(stats: ClusterStats, cells: Cells | None = None, constrained: bool = True) -> Fit:
    """Fit the mixed model of :func:`lmm_kr` to every replicate that allows it.

    >>> from bscsim.trial.cluster_stats import from_units
    >>> y = [1.0, 2.0, 6.0, 7.0, 2.0, 3.0, 9.0, 8.0]
    >>> stats = from_units([0] * 8, [0, 0, 1, 1, 2, 2, 3, 3], y, None, treated=[False, False, True, True])
    >>> fit(stats).found.theta.round(6).tolist()
    [[0.5, 15.0]]
    """
    if cells is not None and not constrained:
        raise ValueError("constrained=False is offered for the center's intercept alone, not with cells")
    whole = group_of(stats, cells=cells)
    rows = np.flatnonzero(fits(stats, whole))
    profile = Profile((take(whole, rows),))
    lower = profile.lower if constrained else np.full_like(profile.lower, -np.inf)
    pinned = ~tells_apart(profile.groups[0])
    start = np.where(pinned, 0.0, first_guess(profile))
    return finished(profile, *minimize(profile, start, lower, pinned), rows, len(stats.n), pinned)


def first_guess(profile: Profile) -> Array:
    """Where to start the search for the ratios of a single group [M, P]: the best of a coarse grid.

    >>> from bscsim.trial.cluster_stats import from_units
    >>> y = [1.0, 2.0, 6.0, 7.0, 2.0, 3.0, 9.0, 8.0]
    >>> stats = from_units([0] * 8, [0, 0, 1, 1, 2, 2, 3, 3], y, None, treated=[False, False, True, True])
    >>> first_guess(Profile((group_of(stats),))).tolist()
    [[4.5]]
    """
    if len(profile.lower) == 1:
        return best_start(profile, [(a,) for a in _PEAKS])
    return best_start(profile, [(a, b) for a in _PEAKS_OF_TWO for b in _PEAKS_OF_TWO])


def tells_apart(group: Group) -> Array:
    """Which ratios [M, L] the data can tell from the next lower variance: not where all clusters (cells) have one unit.

    Of clusters that all have a single cell the cell's ratio is the one that is not told apart.

    >>> from bscsim.trial.cluster_stats import from_means
    >>> tells_apart(group_of(from_means([[1.0, 2.0]], [False, True]))).tolist()
    [[False]]
    """
    clusters = (group.n > 0).sum(axis=1)
    if group.cells is None:
        return np.asarray(clusters < group.units)[:, None]
    cells = np.where(group.cells.n > 0, group.cells.number, 0).sum(axis=(1, 2))
    return np.stack([clusters < group.units, (cells < group.units) & (clusters < cells)], axis=1)


def finished(profile: Profile, phi: Array, converged: Array, rows: Array, R: int, pinned: Array) -> Fit:
    """Put a search's result [M, P] in its place among R replicates, with what it says of the variances.

    >>> from bscsim.trial.cluster_stats import from_units
    >>> y = [1.0, 2.0, 6.0, 7.0, 2.0, 3.0, 9.0, 8.0]
    >>> stats = from_units([0] * 8, [0, 0, 1, 1, 2, 2, 3, 3], y, None, treated=[False, False, True, True])
    >>> profile, phi, no = Profile((group_of(stats),)), np.zeros((1, 1)), np.array([[False]])
    >>> finished(profile, phi, np.array([True]), np.array([0]), 2, no).status.tolist()
    [1, 2]
    """
    if not converged.all():
        profile, phi, rows, pinned = profile.rows(converged), phi[converged], rows[converged], pinned[converged]
    found = components(profile, phi)
    unknown = np.concatenate([np.zeros((len(phi), 1), bool), pinned], axis=1)  # the first residual is no parameter
    zero = (found.theta == 0) & ~unknown
    status = np.full(R, FAILED, np.int8)
    status[rows] = np.where(zero.any(axis=1), BOUNDARY, OK)
    return Fit(rows, found, ~unknown, zero, status)


def fits(stats: ClusterStats, whole: Group) -> Array:
    """Which replicates allow a fit at all, [R] bool: columns not collinear, more clusters than cluster-level columns.

    >>> from bscsim.trial.cluster_stats import from_means
    >>> stats = from_means([[1.0, 2.0, 3.0], [1.0, 2.0, float("nan")]], [False, False, True])
    >>> fits(stats, group_of(stats)).tolist()
    [True, False]
    """
    q = stats.x1.shape[-1]
    xx = unpack(whole.zz)[:, :q, :q]
    size = np.sqrt(np.diagonal(xx, axis1=1, axis2=2))
    scaled = xx / np.maximum(size[:, :, None] * size[:, None, :], 1e-300)
    clusters = (stats.n > 0).sum(axis=1)
    enough = (clusters > sum(stats.cluster_level)) & (whole.units > q)
    return np.asarray(enough & (np.linalg.eigvalsh(scaled)[:, 0] > 1e-10))


def inferred(done: Fit, se: Array, df: Array, alpha: float) -> Estimates:
    """Test the treatment with the standard errors [M] and degrees of freedom [M] of the replicates fitted.

    >>> from bscsim.trial.cluster_stats import from_means
    >>> done = fit(from_means([[1.0, 3.0, 2.0, 4.0]], [False, False, True, True]))
    >>> inferred(done, np.array([1.0]), np.array([np.inf]), 0.05).b.tolist()
    [1.0]
    """
    check_alpha(alpha)
    R = len(done.status)
    b_se_df = np.full((3, R), np.nan)
    b_se_df[:, done.rows] = done.found.b[:, TREATMENT], se, df
    return t_inference(b_se_df[0], b_se_df[1], b_se_df[2], done.status, alpha)
