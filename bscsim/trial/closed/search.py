"""Sample size: the smallest design that has the power, by search or, where variance is v/x, by the normal formula."""

from __future__ import annotations

from collections.abc import Callable

from bscsim.trial.closed.checks import within
from bscsim.trial.closed.precision import Precision, TooFew, mdes
from bscsim.trial.closed.precision import power as power_of

Design = Callable[[int], Precision]
"""Precision of the design of a given size (clusters, collaboratives, staff: whatever is searched)."""


def sample_size(
    design: Design,
    effect: float,
    *,
    power: float = 0.8,
    alpha: float = 0.05,
    sides: int = 2,
    between: tuple[int, int] = (2, 10_000),
    step: int = 1,
) -> int:
    """Smallest size whose design finds the effect with at least the given power, by :func:`power`'s convention.

    ``design`` turns a size into a precision and must not lose power as the size grows; sizes are between[0],
    between[0] + step, ... up to between[1], and those that leave no degree of freedom count as without power.
    ValueError when even the largest has too little: it says what that one reaches (fixed k has a ceiling).

    >>> from bscsim.trial.closed.clusters import two_level
    >>> sample_size(lambda clusters: two_level(clusters, 20, 0.1), 0.3, between=(4, 400), step=2)
    54
    """
    low, high = between
    if not 1 <= low <= high or step < 1:
        raise ValueError(f"between must be two rising sizes of 1 or more, step 1 or more, not {between} and {step}")
    last = (high - low) // step
    reached = power_of(effect, design(low + last * step), alpha=alpha, sides=sides)
    if reached < power:
        raise ValueError(
            f"no size up to {low + last * step} reaches power {power:g} for an effect of {effect:g}; that one has "
            f"{reached:.3f} and finds {mdes(design(low + last * step), power=power, alpha=alpha, sides=sides):.3g}; "
            "enlarge what is held fixed"
        )
    first = -1  # always too few; `last` always enough
    while last - first > 1:
        middle = (first + last) // 2
        if _reaches(design, low + middle * step, effect, power, alpha, sides):
            last = middle
        else:
            first = middle
    return low + last * step


def _reaches(design: Design, size: int, effect: float, power: float, alpha: float, sides: int) -> bool:
    try:
        precision = design(size)
    except TooFew:
        return False
    return power_of(effect, precision, alpha=alpha, sides=sides) >= power


def normal_size(var_of_one: float, effect: float, *, power: float = 0.8, alpha: float = 0.05, sides: int = 2) -> float:
    """Size x, not rounded, at which an effect with variance var_of_one/x has the power: v (z(1-a/2)+z(power))^2/d^2.

    Normal test (z), the wrong tail neglected: the textbook formula (Donner & Klar 2000, ch. 5), too few where x is
    small; :func:`sample_size` is exact. Clusters an arm of a two-arm trial of m units each: var_of_one =
    2 (icc + (1-icc)/m); units an arm without clusters: 2.

    >>> round(normal_size(2 * (0.05 + 0.95 / 150), 0.4804988), 4)  # the exact t test needs 5
    3.8302
    """
    within("var_of_one", var_of_one, 0, ends="()")
    if effect == 0:
        raise ValueError("effect must not be 0: no size finds it")
    return (mdes(Precision(var_of_one), power=power, alpha=alpha, sides=sides, convention="multiplier") / effect) ** 2


def least_clusters(effect: float, icc: float, *, power: float = 0.8, alpha: float = 0.05, sides: int = 2) -> float:
    """Clusters an arm below which no cluster size is large enough, not rounded: nI icc, nI without clusters (z).

    ``effect`` in SD, ``icc`` at least 0 and below 1. Hemming, Girling et al. 2011, BMC Med Res Methodol 11:102.

    >>> round(least_clusters(0.25, 0.05), 2)
    12.56
    """
    within("icc", icc, 0, 1, ends="[)")
    return icc * normal_size(2.0, effect, power=power, alpha=alpha, sides=sides)


def units_for_fixed_clusters(
    clusters_per_arm: float, effect: float, icc: float, *, power: float = 0.8, alpha: float = 0.05, sides: int = 2
) -> float:
    """Units a cluster, not rounded, where the number of clusters is fixed: m = nI (1-icc)/(k - nI icc), normal test.

    ``effect`` in SD. ValueError where k <= nI icc: then no m is enough (:func:`least_clusters`).
    Hemming, Girling et al. 2011, BMC Med Res Methodol 11:102.

    >>> round(units_for_fixed_clusters(15, 0.25, 0.05), 2)
    97.72
    """
    least = least_clusters(effect, icc, power=power, alpha=alpha, sides=sides)
    if not clusters_per_arm > least:
        raise ValueError(
            f"clusters_per_arm must be above {least:.4g} for an effect of {effect:g} at icc {icc:g}, not "
            f"{clusters_per_arm}: with fewer, no cluster size reaches the power"
        )
    alone = normal_size(2.0, effect, power=power, alpha=alpha, sides=sides)
    return alone * (1 - icc) / (clusters_per_arm - alone * icc)
