"""Adjustment for a baseline: what the correlation between waves of cluster means buys."""

from __future__ import annotations

from typing import Literal

from bscsim.trial.closed.checks import one_of, shares, within
from bscsim.trial.closed.precision import Precision

Adjustment = Literal["ancova", "change", "post"]


def wave_correlation(
    units: float, icc: float, cluster_autocorrelation: float, person_autocorrelation: float = 0.0
) -> float:
    """Correlation of a cluster's means at two waves: (n icc rc + (1-icc) rs)/(1 + (n-1) icc).

    ``units`` n measured at each wave; rc: correlation of the cluster's effect at the two waves; rs: of a person's
    within the cluster (0: repeated cross-section; closed cohort: reliability included). All between 0 and 1.
    Source: Teerenstra, Eldridge, Graff, de Hoop & Borm 2012, Stat Med 31:2169-2178.

    >>> round(wave_correlation(20, 0.1, 0.8), 4), round(wave_correlation(20, 0.1, 0.8, 0.6), 4)
    (0.5517, 0.7379)
    """
    within("units", units, 0, ends="()")
    shares(icc=icc)
    within("cluster_autocorrelation", cluster_autocorrelation, 0, 1)
    within("person_autocorrelation", person_autocorrelation, 0, 1)
    return (units * icc * cluster_autocorrelation + (1 - icc) * person_autocorrelation) / (1 + (units - 1) * icc)


def adjusted(post: Precision, correlation: float, method: Adjustment = "ancova") -> Precision:
    """Precision of a post-test comparison of cluster means after adjustment for their baseline.

    ancova
        Var (1 - r^2), one degree of freedom less: on the cluster's (stratum's) baseline mean.
    change
        Var 2 (1 - r): the change score; worse than no adjustment where r < 1/2.
    post
        As it was.

    ``correlation`` r of a cluster's means at the two waves (:func:`wave_correlation`), -1 < r < 1; equal variances.
    Source: Teerenstra et al. 2012, Stat Med 31:2169-2178; Frison & Pocock 1992, Stat Med 11:1685-1704.

    >>> [round(adjusted(Precision(0.02, 38), 0.6, method).var, 5) for method in ("post", "change", "ancova")]
    [0.02, 0.016, 0.0128]
    """
    within("correlation", correlation, -1, 1, ends="()")
    one_of("method", method, ("ancova", "change", "post"))
    if method == "ancova":
        return Precision(post.var * (1 - correlation**2), post.df - 1)
    return Precision(post.var * 2 * (1 - correlation), post.df) if method == "change" else post
