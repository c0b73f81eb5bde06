"""Generalized estimating equations with an identity link, corrected for few clusters.

Working correlation within a center: independence or exchangeable, the correlation by moments. The variance is the
sandwich over independent units (collaboratives where there are any, centers elsewhere), so it does not need the working
correlation to be right; with few units it is too small, and three corrections are offered:

- Kauermann and Carroll 2001 (JASA 96:1387-1396): residuals times (I - H)^(-1/2); unbiased if the working model is true
- Mancl and DeRouen 2001 (Biometrics 57:126-134): residuals times (I - H)^-1; a little too large
- Fay and Graubard 2001 (Biometrics 57:1198-1206): score times diag(1 - min(0.75, diag(A M)))^(-1/2). As published, it
  depends on how the arms are coded: here treated 1, untreated 0; exchanging labels changes it slightly, as does
  the origin of covariates (up to 2% of the standard error): here their mean over the study's centers

None of them needs more than the sums of a center (see :mod:`bscsim.trial.estimators.sandwich`). Reference
distribution: t(J - p), J independent units, p parameters of intercept, treatment and cluster-level covariates
(Li and Redden 2015, Stat Med 34:281-296). J counts every center of the untreated arm: where few collaboratives carry
most of the variance, J - p is too many (20,000 Gaussian trials, 8 staff a center, SD 0.35 between collaboratives, 0.3
between centers, 1 within, Kauermann-Carroll: size 0.071 with 6 collaboratives of 4 v 24 centers, 0.105 with 4 of 10 v
40). With degrees = "welch" and the correction of Mancl and DeRouen they are 0.041 and 0.042.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

import numpy as np

from bscsim.trial.cluster_stats import BOUNDARY, FAILED, OK, Array, ClusterStats, Estimates
from bscsim.trial.estimators.inference import t_inference
from bscsim.trial.estimators.ols_cr2 import coefficients, degrees_of_freedom
from bscsim.trial.estimators.options import check_word
from bscsim.trial.estimators.sandwich import cluster_level_parameters, groups_of, half_inverse, influence

Correlation = Literal["exchangeable", "independence"]
Correction = Literal["kauermann_carroll", "mancl_derouen", "fay_graubard", "none"]
Moments = Literal["sas", "geepack"]
Degrees = Literal["units", "bell_mccaffrey", "welch"]

FAY_GRAUBARD_BOUND = 0.75
"""Largest leverage that the correction of Fay and Graubard divides by one less (their b)."""
ITERATIONS = 100
TOLERANCE = 1e-10
DAMPED_FROM = 20
"""Turn from which a correlation that goes to and fro moves half as far each time it turns back: near the lowest that
it can have, small changes of it change the weights of the largest centers a lot, and it would go on for ever."""
POWERS = {"none": 0.0, "kauermann_carroll": 0.5, "mancl_derouen": 1.0, "fay_graubard": 0.0}
LARGEST = 0.9999


class Working(NamedTuple):
    """Where the estimating equations of R trials came to rest."""

    b: Array
    """[R, q] coefficients (the intercept's is that of y less its center)."""
    correlation: Array
    """[R] working correlation within centers."""
    scale: Array
    """[R] variance of a unit's residual."""
    status: Array
    """[R] BOUNDARY: the correlation was held inside its range; FAILED: no convergence."""


def estimate(
    stats: ClusterStats,
    alpha: float = 0.05,
    *,
    correlation: Correlation = "exchangeable",
    correction: Correction = "kauermann_carroll",
    nested: bool = True,
    moments: Moments = "sas",
    degrees: Degrees = "units",
) -> Estimates:
    """Effect of the treatment by GEE, its corrected robust standard error, and a t test.

    FAILED: fewer than two independent units in an arm, J <= p, an effect that the columns do not determine, or no
    convergence. BOUNDARY: the moment estimate of the correlation lies outside the range that a correlation can have.

    Parameters
    ----------
    stats
        sums by center of R trials.
    alpha
        1 - alpha is the interval's level; 0 < alpha < 1.
    correlation, correction
        see the module.
    nested
        True: the centers of a collaborative are one independent unit (the working correlation stays within centers).
    moments
        see :func:`solve`.
    degrees
        "units": J - p. "bell_mccaffrey", "welch": as in :func:`bscsim.trial.estimators.ols_cr2.estimate`, the working
        model with its correlation (not for Fay and Graubard's correction). J > p is asked of all.

    Raises
    ------
    ValueError
        on an alpha outside its range, a word that is none of those offered, and degrees that do not fit the design.

    Examples
    --------
    >>> from bscsim.trial.cluster_stats import from_units
    >>> stats = from_units([0] * 8, [0, 0, 1, 1, 2, 2, 3, 3], [1, 2, 3, 4, 3, 4, 5, 6], None, [False] * 2 + [True] * 2)
    >>> found = estimate(stats)
    >>> found.b.round(6).tolist(), found.se.round(6).tolist(), found.df.tolist()
    ([2.0], [1.414214], [2.0])
    """
    check_word("correction", correction, get_args(Correction))
    _check_degrees(degrees, correction)
    fit = solve(stats, correlation, moments)
    information, score = equations(stats, fit.b, fit.correlation)
    half, determined = half_inverse(information.sum(axis=1))
    groups, enough = groups_of(stats, nested)
    information, score = groups.sum(information), groups.sum(score)
    if correction == "fay_graubard":
        score = score * _fay_graubard(half, information)
    found = influence(half, information, score, POWERS[correction])
    df = (groups.units - cluster_level_parameters(stats)).astype(np.float64)
    status = np.where(determined & enough & (df > 0), fit.status, FAILED)
    if degrees != "units":
        df = degrees_of_freedom(found, groups, stats, degrees)
    return t_inference(fit.b[:, 1], found.se(), df, status, alpha)


def solve(stats: ClusterStats, correlation: Correlation = "exchangeable", moments: Moments = "sas") -> Working:
    """Alternate between the coefficients and the moments of their residuals until the correlation rests.

    "sas": scale = sum r^2 / (N - q), correlation = sum of products over pairs / ((pairs - q) scale), as Liang and Zeger
    1986 and SAS's GENMOD; "geepack": the same with N and pairs, nothing subtracted, as R's geepack. Where no center has
    two units the correlation is 0. It is held between -1 / (n - 1), n the largest center, and 1.

    >>> from bscsim.trial.cluster_stats import from_units
    >>> stats = from_units([0] * 8, [0, 0, 1, 1, 2, 2, 3, 3], [1, 2, 3, 4, 3, 4, 5, 6], None, [False] * 2 + [True] * 2)
    >>> solve(stats, moments="geepack").correlation.round(6).tolist()
    [0.6]
    """
    check_word("correlation", correlation, get_args(Correlation))
    check_word("moments", moments, get_args(Moments))
    R, q = len(stats.n), stats.x1.shape[2]
    b, rho, scale, status = np.zeros((R, q)), np.zeros(R), np.zeros(R), np.full(R, FAILED, np.int8)
    lowest = -0.999 / np.maximum(stats.n.max(axis=1) - 1, 1.0)
    pace, last = np.ones(R), np.zeros(R)
    for turn in range(ITERATIONS):
        going = status == FAILED  # who rests stays as it is, so that a trial's bits do not depend on the others
        information, score = equations(stats, np.zeros((R, q)), rho)
        found = coefficients(half_inverse(information.sum(axis=1))[0], score.sum(axis=1))
        spread, wanted = _moments(stats, found, moments)
        b, scale = np.where(going[:, None], found, b), np.where(going, spread, scale)
        if correlation == "independence":
            return Working(b, rho, scale, np.full(R, OK, np.int8))
        held = np.clip(wanted, lowest, LARGEST)
        step = held - rho
        if turn >= DAMPED_FROM:
            pace = np.where(step * last < 0, pace / 2, pace)
        last = step
        rested = np.where(np.abs(step) >= TOLERANCE, FAILED, np.where(held == wanted, OK, BOUNDARY))
        status = np.where(going, rested, status).astype(np.int8)
        rho = np.where(going, np.where(pace == 1.0, held, rho + pace * step), rho)
        if not (status == FAILED).any():
            break
    return Working(b, rho, scale, status)


def equations(stats: ClusterStats, b: Array, rho: Array) -> tuple[Array, Array]:
    """Information D' V^-1 D [R, J, q, q] and score D' V^-1 (y - D b) [R, J, q] of each center, V a correlation matrix.

    V = (1 - rho) I + rho 11', so V^-1 = (I - c 11') / (1 - rho), c = rho / (1 + (n - 1) rho): sums are enough.

    >>> from bscsim.trial.cluster_stats import from_means
    >>> equations(from_means([[1.0, 3.0]], [False, True]), np.zeros((1, 2)), np.zeros(1))[1].tolist()
    [[[-1.0, 0.0], [1.0, 1.0]]]
    """
    size = rho[:, None]
    c = size / (1 + (stats.n - 1) * size)
    rest = stats.y1 - np.einsum("rjq,rq->rj", stats.x1, b)
    outer = stats.x1[..., :, None] * stats.x1[..., None, :]
    information = (stats.xx - c[..., None, None] * outer) / (1 - size)[..., None, None]
    direct = stats.xy - np.einsum("rjik,rk->rji", stats.xx, b)
    return information, (direct - (c * rest)[..., None] * stats.x1) / (1 - size)[..., None]


def _moments(stats: ClusterStats, b: Array, moments: Moments) -> tuple[Array, Array]:
    """Scale and correlation by moments, [R] each."""
    inner = np.einsum("rjq,rjq->rj", stats.xy - 0.5 * np.einsum("rjik,rk->rji", stats.xx, b), b[:, None, :])
    squares = stats.yy - 2 * inner
    rest = stats.y1 - np.einsum("rjq,rq->rj", stats.x1, b)
    lost = stats.x1.shape[2] if moments == "sas" else 0
    units, pairs = stats.n.sum(axis=1) - lost, (stats.n * (stats.n - 1)).sum(axis=1) / 2 - lost
    products = (rest**2 - squares).sum(axis=1) / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = squares.sum(axis=1) / units
        rho = np.where((pairs > 0) & (scale > 0), products / (pairs * scale), 0.0)
    return scale, rho


def _fay_graubard(half: Array, information: Array) -> Array:
    """The square roots by which each element of each score grows, [R, J, q]."""
    diagonal = np.einsum("rjik,rki->rji", information, half @ half.mT)
    return np.asarray((1 - np.minimum(FAY_GRAUBARD_BOUND, diagonal)) ** -0.5)


def _check_degrees(degrees: str, correction: str) -> None:
    check_word("degrees", degrees, get_args(Degrees))
    if degrees != "units" and correction == "fay_graubard":
        raise ValueError(f"degrees is {degrees!r}, which is not defined for correction 'fay_graubard'; use 'units'")
