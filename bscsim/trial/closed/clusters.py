"""Cluster-randomized trials of two and three levels, measured once: variance in SD units and t degrees of freedom.

Total variance of the outcome is 1, so effects are in SD of the outcome over all units of an arm.
"""

from __future__ import annotations

from math import floor

from bscsim.trial.closed.checks import shares, within
from bscsim.trial.closed.precision import Precision
from bscsim.trial.closed.unequal import Weights, size_factor


def two_level(
    clusters: float,
    units: float,
    icc: float,
    *,
    share: float = 0.5,
    r2_unit: float = 0.0,
    r2_cluster: float = 0.0,
    covariates: int = 0,
    cv: float = 0.0,
    weights: Weights = "optimal",
    lost_clusters: float = 0.0,
    lost_units: float = 0.0,
) -> Precision:
    """Clusters of units, treatment given to clusters; convention: t with J - 2 - covariates degrees of freedom.

    Var = (icc (1-r2_cluster) + (1-icc)(1-r2_unit)/n) / (J p (1-p)), times the factor of unequal sizes.

    clusters, share
        J in both arms together, and the share p of them that is treated (0 < p < 1).
    units, cv, weights
        Mean units measured a cluster n, their coefficient of variation, and how the analysis weights clusters
        (:func:`size_factor`).
    icc
        Share of the total variance between clusters, 0 <= icc < 1, before covariates.
    r2_unit, r2_cluster, covariates
        Variance within and between clusters that covariates explain (0 <= r2 < 1), and how many stand at cluster level.
    lost_clusters, lost_units
        Attrition: shares not measured in the end, the same in both arms; J (1-lost) and n (1-lost) are what is left.
        Loss related to outcomes biases the effect, which no variance shows.

    Source: Bloom 2005; Dong & Maynard 2013 (CRA2_2r), J Res Educ Effect 6:24-67.

    >>> from bscsim.trial.closed.precision import mdes
    >>> round(mdes(two_level(20, 15, 0.17), convention="multiplier"), 6)  # PowerUpR 1.1.0
    0.629006
    """
    within("clusters", clusters, 0, ends="()")
    within("units", units, 0, ends="()")
    shares(icc=icc, r2_unit=r2_unit, r2_cluster=r2_cluster, lost_clusters=lost_clusters, lost_units=lost_units)
    within("covariates", covariates, 0)
    left, measured = clusters * (1 - lost_clusters), units * (1 - lost_units)
    between, inside = icc * (1 - r2_cluster), (1 - icc) * (1 - r2_unit)
    factor = size_factor(measured, between / (between + inside), cv, weights)
    mean = (between + inside / measured) * factor
    return Precision(mean / (left * _balance(share)), left - 2 - covariates)


def three_level(
    top: float,
    middle: float,
    units: float,
    icc_top: float,
    icc_middle: float,
    *,
    share: float = 0.5,
    r2_unit: float = 0.0,
    r2_middle: float = 0.0,
    r2_top: float = 0.0,
    covariates: int = 0,
) -> Precision:
    """Units in middle clusters in top clusters, the top randomized; t with K - 2 - covariates degrees of freedom.

    Var = (icc3 (1-r2_top) + icc2 (1-r2_middle)/J + (1-icc3-icc2)(1-r2_unit)/(J n)) / (K p (1-p)): K top clusters of
    both arms, J middle clusters in each, n units in each of those; ``covariates`` counts those of the top level.
    Source: Dong & Maynard 2013 (CRA3_3r).

    >>> from bscsim.trial.closed.precision import power
    >>> round(power(0.269, three_level(60, 3, 15, icc_top=0.06, icc_middle=0.17)), 2)  # PowerUpR: 0.8
    0.8
    """
    for name, value in (("top", top), ("middle", middle), ("units", units)):
        within(name, value, 0, ends="()")
    shares(icc_top=icc_top, icc_middle=icc_middle, r2_unit=r2_unit, r2_middle=r2_middle, r2_top=r2_top)
    within("icc_top + icc_middle", icc_top + icc_middle, 0, 1, ends="[)")
    within("covariates", covariates, 0)
    inside = (1 - icc_top - icc_middle) * (1 - r2_unit) / (middle * units)
    mean = icc_top * (1 - r2_top) + icc_middle * (1 - r2_middle) / middle + inside
    return Precision(mean / (top * _balance(share)), top - 2 - covariates)


def naive_design_effect(clusters: float, units: float, icc: float) -> Precision:
    """What a calculator for persons says after dividing by the design effect: the variance is right, the df are not.

    Whole effective persons an arm N = floor(J n / (2 (1 + (n-1) icc))), Var = 2/N, t with 2N - 2 degrees of freedom
    instead of J - 2: the usual error with few clusters, here for comparison. Equal arms.

    >>> from bscsim.trial.closed.precision import power
    >>> round(power(0.5, naive_design_effect(4, 40, 0.017)), 4), round(power(0.5, two_level(4, 40, 0.017)), 4)
    (0.6788, 0.2914)
    """
    within("clusters", clusters, 0, ends="()")
    within("units", units, 1)
    shares(icc=icc)
    an_arm = floor(clusters * units / (2 * (1 + (units - 1) * icc)))
    return Precision(2 / max(an_arm, 1), 2 * an_arm - 2)


def _balance(share: float) -> float:
    """Product p (1-p) of the arms' shares."""
    within("share", share, 0, 1, ends="()")
    return share * (1 - share)
