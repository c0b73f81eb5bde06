"""Covariance models of cluster x period designs: what units of one cluster share within and between periods."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bscsim.trial.closed.checks import shares, variances, within

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Covariance:
    """Variance components of y[cluster, period, unit], in the squared unit of the outcome.

    cluster, decay
        Variance of the cluster's effect, and its correlation one unit of time apart (1: the same in all periods,
        exchangeable, Hussey & Hughes 2007; below 1: discrete-time decay, Kasza et al. 2019).
    cluster_period
        Variance of an effect of the cluster in one period only (block-exchangeable, Hooper et al. 2016).
    person, person_decay, retention
        Variance of the person's intercept, its correlation one unit of time apart, and the share of the persons
        measured who are still there one unit of time later. All periods of one cohort: retention 1 (closed). A
        repeated cross-section has no person intercept of its own: person 0 (its variance belongs to the residual).
    residual
        Variance of the rest: occasion, rater.
    effect, effect_cluster
        Variance of the treatment's effect between clusters, and its covariance with the cluster's effect.

    ValueError for negative variances, correlations outside [0, 1], or a covariance that no such variances allow.

    >>> Covariance(cluster=0.1, residual=0.9).icc
    0.1
    """

    cluster: float = 0.0
    cluster_period: float = 0.0
    person: float = 0.0
    residual: float = 1.0
    decay: float = 1.0
    person_decay: float = 1.0
    retention: float = 1.0
    effect: float = 0.0
    effect_cluster: float = 0.0

    def __post_init__(self) -> None:
        variances(cluster=self.cluster, cluster_period=self.cluster_period, person=self.person, effect=self.effect)
        within("residual", self.residual, 0, ends="()")
        for name in ("decay", "person_decay", "retention"):
            within(name, getattr(self, name), 0, 1)
        limit = np.sqrt(self.effect * self.cluster)
        within("effect_cluster", self.effect_cluster, -limit, limit)

    @classmethod
    def of(cls, icc: float, *, cac: float = 1.0, iac: float = 0.0, total: float = 1.0) -> Covariance:
        """From correlations: intraclass icc within a period, cluster autocorrelation cac, person autocorrelation iac.

        cluster = icc cac, cluster_period = icc (1-cac), person = (1-icc) iac, residual = (1-icc)(1-iac), times the
        total variance. 0 <= icc, iac < 1; 0 <= cac <= 1. Source: Hooper, Teerenstra, de Hoop & Eldridge 2016, Stat Med
        35:4718-4728.

        >>> Covariance.of(0.1, cac=0.8)
        Covariance(cluster=0.08..., cluster_period=0.01..., person=0.0, residual=0.9, decay=1.0, ...)
        """
        shares(icc=icc, iac=iac)
        within("cac", cac, 0, 1)
        within("total", total, 0, ends="()")
        return cls(
            cluster=total * icc * cac,
            cluster_period=total * icc * (1 - cac),
            person=total * (1 - icc) * iac,
            residual=total * (1 - icc) * (1 - iac),
        )

    @property
    def total(self) -> float:
        """Variance of one measurement of an untreated unit."""
        return self.cluster + self.cluster_period + self.person + self.residual

    @property
    def icc(self) -> float:
        """Correlation of two units of a cluster in the same period, untreated."""
        return (self.cluster + self.cluster_period) / self.total

    def of_means(self, treatment: ArrayLike, units: ArrayLike, times: ArrayLike) -> Array:
        """Covariance [periods, periods] of one cluster's period means, all three arguments [periods].

        Generalized least squares on these means equals that on the units: persons measured in the same periods form a
        group g with inverse covariance P_g, and inv(sum_g E_g' P_g E_g) replaces the covariance of the units' part.
        With unequal units in a closed cohort, the person in place i is measured in every period with i units or more
        (dropout, late joiners). With retention below 1 the means are weighted without knowing who is who (Kasza et
        al. 2020, Stat Med 39:1871-1883), and the units must be equal.

        >>> cohort = Covariance(cluster=0.1, person=0.5, residual=0.4)
        >>> cohort.of_means([0, 1], [10, 10], [0, 1]).round(2).tolist()
        [[0.19, 0.15], [0.15, 0.19]]
        """
        x, n = np.asarray(treatment, dtype=np.float64), np.asarray(units, dtype=np.float64)
        when = np.asarray(times, dtype=np.float64)
        gaps = np.abs(when[:, None] - when[None, :])
        shared: Array = self.cluster * self.decay**gaps + self.cluster_period * np.eye(len(x))
        shared = shared + self.effect * np.outer(x, x) + self.effect_cluster * (x[:, None] + x[None, :])
        return shared + self._of_units(n, gaps)

    def _of_units(self, units: Array, gaps: Array) -> Array:
        """Covariance of means that stems from the units of the cluster."""
        if self.person == 0:
            return np.diag(self.residual / units)
        alone: Array = self.person * (self.person_decay * self.retention) ** gaps + self.residual * np.eye(len(units))
        if (units == units[0]).all():
            means: Array = alone / units[0]
            return means
        if self.retention < 1:
            raise ValueError(
                f"units must be the same in all periods of a cluster where retention is {self.retention:g}; "
                "give their mean, or retention 1"
            )
        return _grouped(units, alone)


def _grouped(units: Array, alone: Array) -> Array:
    """Inverse of the summed information of the groups of persons that share their periods."""
    information: Array = np.zeros_like(alone)
    below = 0.0
    for level in np.unique(units):
        at = np.flatnonzero(units >= level)
        information[np.ix_(at, at)] += (level - below) * np.linalg.inv(alone[np.ix_(at, at)])
        below = level
    return np.asarray(np.linalg.inv(information), dtype=np.float64)
