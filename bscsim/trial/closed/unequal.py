"""Clusters of unequal size: what the coefficient of variation costs, and the exact variance for listed sizes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from bscsim.trial.closed.checks import one_of, shares, within
from bscsim.trial.closed.precision import Precision

Weights = Literal["optimal", "size", "equal"]
"""How clusters are weighted: by 1/variance (mixed model), by their units (OLS, GEE independence), or not at all."""


def size_factor(units: float, icc: float, cv: float, weights: Weights = "optimal") -> float:
    """By how much the variance exceeds that of equal clusters of the same mean size n: a factor, 1 where cv is 0.

    optimal
        1/(1 - cv^2 L (1-L)), L = n icc/(n icc + 1 - icc): van Breukelen, Candel & Berger 2007, Stat Med 26:2589-2603
        (second order; cv below 2, good below 1).
    size
        (1 + ((1 + cv^2) n - 1) icc)/(1 + (n-1) icc): exact; Eldridge, Ashby & Kerry 2006, Int J Epidemiol 35:1292-1300.
    equal
        (icc + (1-icc)(1 + cv^2)/n)/(icc + (1-icc)/n): the mean of 1/n to second order.

    >>> [round(size_factor(20, 0.05, 0.5, weights), 3) for weights in ("optimal", "size", "equal")]
    [1.067, 1.128, 1.122]
    """
    within("units", units, 0, ends="()")
    shares(icc=icc)
    within("cv", cv, 0, 2, ends="[)")
    one_of("weights", weights, ("optimal", "size", "equal"))
    if weights == "size":
        return (1 + ((1 + cv**2) * units - 1) * icc) / (1 + (units - 1) * icc)
    if weights == "equal":
        return (icc + (1 - icc) * (1 + cv**2) / units) / (icc + (1 - icc) / units)
    reliability = units * icc / (units * icc + 1 - icc)
    return 1 / (1 - cv**2 * reliability * (1 - reliability))


def listed_sizes(treated: Sequence[float], control: Sequence[float], icc: float) -> Precision:
    """Cluster trial with the size of every cluster known, optimal weights, variances known: exact; t with J - 2 df.

    Var = 1/sum_T w + 1/sum_C w, w = 1/(icc + (1-icc)/n_j), in SD units. Set ``df`` to infinity for the normal test
    (``Precision(x.var)``): the weights are not estimated here, which costs a few percent more with few clusters.

    >>> round(listed_sizes([5, 8, 10, 12, 15, 18, 20, 25, 30, 37], [5, 8, 10, 12, 15, 18, 20, 25, 30, 37], 0.05).var, 6)
    0.022133
    """
    shares(icc=icc)
    return Precision(_arm(treated, icc) + _arm(control, icc), len(treated) + len(control) - 2)


def _arm(sizes: Sequence[float], icc: float) -> float:
    if not len(sizes):
        raise ValueError("each arm needs the size of at least one cluster")
    for size in sizes:
        within("size of a cluster", size, 0, ends="()")
    return 1 / sum(1 / (icc + (1 - icc) / size) for size in sizes)
