"""Blocked and matched cluster trials, with effects that differ between blocks or not; interaction contrasts.

Clusters are randomized within blocks (sites, sectors, cohorts) or within pairs. SD units as each function says.
"""

from __future__ import annotations

from typing import Literal

from bscsim.trial.closed.checks import one_of, shares, variances, within
from bscsim.trial.closed.precision import Precision


def blocked(
    blocks: float,
    clusters: float,
    units: float,
    icc: float,
    *,
    share: float = 0.5,
    r2_unit: float = 0.0,
    r2_cluster: float = 0.0,
    covariates: int = 0,
    effects: Literal["fixed", "constant"] = "fixed",
) -> Precision:
    """Fixed blocks: the effect in these K blocks of J clusters of n units each.

    Var = (icc (1-r2_cluster) + (1-icc)(1-r2_unit)/n) / (p (1-p) J K); total variance within blocks is 1. t with
    K (J-2) - covariates degrees of freedom where every block has an effect of its own ("fixed"), K (J-1) - 1 -
    covariates where one effect is fitted ("constant"); ``covariates`` of clusters. ``clusters`` J counts both arms.
    Source: Dong & Maynard 2013 (BCRA3_2f, constant effects as in BIRA2_1c).

    >>> from bscsim.trial.closed.precision import power
    >>> round(power(0.145, blocked(5, 44, 20, 0.1)), 3)  # PowerUpR: 0.803
    0.803
    """
    one_of("effects", effects, ("fixed", "constant"))
    shares(icc=icc, r2_unit=r2_unit, r2_cluster=r2_cluster)
    within("covariates", covariates, 0)
    mean = icc * (1 - r2_cluster) + (1 - icc) * (1 - r2_unit) / _positive(units=units)
    df = blocks * (clusters - 2) if effects == "fixed" else blocks * (clusters - 1) - 1
    return Precision(mean / _of_blocks(blocks, clusters, share), df - covariates)


def blocked_random(
    blocks: float,
    clusters: float,
    units: float,
    icc_block: float,
    icc_cluster: float,
    var_effect: float,
    *,
    share: float = 0.5,
    r2_unit: float = 0.0,
    r2_cluster: float = 0.0,
    r2_effect: float = 0.0,
    covariates: int = 0,
) -> Precision:
    """Random blocks: the effect in the population of blocks, where it has variance var_effect (squared SD units).

    Var = var_effect (1-r2_effect)/K + (icc2 (1-r2_cluster) + (1-icc3-icc2)(1-r2_unit)/n)/(p (1-p) J K); t with
    K - 1 - covariates degrees of freedom (covariates of blocks). Total variance, blocks included, is 1.
    PowerUp! gives the heterogeneity as omega = var_effect/icc_block. Source: Dong & Maynard 2013 (BCRA3_2r).

    >>> from bscsim.trial.closed.precision import power
    >>> round(power(0.246, blocked_random(24, 6, 10, 0.13, 0.10, var_effect=0.4 * 0.13)), 3)  # PowerUpR: 0.799
    0.799
    """
    shares(icc_block=icc_block, icc_cluster=icc_cluster, r2_unit=r2_unit, r2_cluster=r2_cluster, r2_effect=r2_effect)
    within("icc_block + icc_cluster", icc_block + icc_cluster, 0, 1, ends="[)")
    variances(var_effect=var_effect, covariates=covariates)
    inside = (1 - icc_block - icc_cluster) * (1 - r2_unit) / _positive(units=units)
    mean = icc_cluster * (1 - r2_cluster) + inside
    var = var_effect * (1 - r2_effect) / blocks + mean / _of_blocks(blocks, clusters, share)
    return Precision(var, blocks - 1 - covariates)


def matched_pairs(
    pairs: float,
    units: float,
    icc: float,
    *,
    r2_match: float = 0.0,
    r2_unit: float = 0.0,
    var_effect: float = 0.0,
) -> Precision:
    """Pairs of clusters, one of each treated; the paired t test of cluster means, K - 1 degrees of freedom.

    Var = (2 (icc (1-r2_match) + (1-icc)(1-r2_unit)/n) + var_effect)/K. ``r2_match``: correlation of the cluster effects
    of a pair, the share of the between-cluster variance that matching removes. ``var_effect``: variance of the true
    effect between pairs. Total variance is 1. Matching pays only where r2_match makes up for K-1 instead of 2K-2
    degrees of freedom. Source: Martin, Diehr, Perrin & Koepsell 1993, Stat Med 12:329-338.

    >>> matched_pairs(20, 20, 0.1, r2_match=0.5)
    Precision(var=0.0095, df=19)
    """
    shares(icc=icc, r2_match=r2_match, r2_unit=r2_unit)
    variances(var_effect=var_effect)
    mean = icc * (1 - r2_match) + (1 - icc) * (1 - r2_unit) / _positive(units=units)
    return Precision((2 * mean + var_effect) / _positive(pairs=pairs), pairs - 1)


def interaction(precision: Precision, share: float) -> Precision:
    """Difference between the effects in two groups of clusters (a moderator such as sector): Var/(q (1-q)), df - 2.

    ``share``: the share q of clusters in one group, the same in both arms; variances equal. At q = 1/2 the contrast
    has four times the variance of the overall effect. The group and its product with treatment take the two degrees
    of freedom. Source: Dong, Kelcey & Spybrook 2018, J Exp Educ 86:489-514 (cluster-level moderators).

    >>> interaction(Precision(0.01, 38), 0.5)
    Precision(var=0.04, df=36)
    """
    within("share", share, 0, 1, ends="()")
    return Precision(precision.var / (share * (1 - share)), precision.df - 2)


def _positive(**value: float) -> float:
    ((name, number),) = value.items()
    within(name, number, 0, ends="()")
    return number


def _of_blocks(blocks: float, clusters: float, share: float) -> float:
    """Product p (1-p) J K, the denominator of the variance of a difference."""
    within("share", share, 0, 1, ends="()")
    return share * (1 - share) * _positive(clusters=clusters) * _positive(blocks=blocks)
