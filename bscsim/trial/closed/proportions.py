"""Binary outcomes: the difference of two proportions between arms of clusters."""

from __future__ import annotations

from math import inf

from bscsim.trial.closed.checks import one_of, shares, within
from bscsim.trial.closed.precision import Precision
from bscsim.trial.closed.unequal import Weights, size_factor


def proportions(
    clusters: float,
    units: float,
    treated: float,
    control: float,
    icc: float,
    *,
    share: float = 0.5,
    cv: float = 0.0,
    weights: Weights = "size",
    test: str = "t",
) -> Precision:
    """Precision of the risk difference treated - control, from unpooled variances; the effect is that difference.

    Var = (pT (1-pT)/p + pC (1-pC)/(1-p)) (1 + (n-1) icc)/(J n), times the factor of unequal sizes; J clusters of both
    arms, share p treated, n units each; ``icc`` on the scale of proportions, the same in both arms. ``test``: "t" with
    J - 2 degrees of freedom, "z" normal (Donner & Klar 2000, ch. 5, and most calculators).
    Proportions above 0 and below 1.

    >>> from bscsim.trial.closed.precision import power
    >>> round(power(0.1, proportions(24, 150, 0.2, 0.1, 0.05, test="z")), 3)
    0.831
    """
    for name, value in (("treated", treated), ("control", control), ("share", share)):
        within(name, value, 0, 1, ends="()")
    within("clusters", clusters, 0, ends="()")
    within("units", units, 0, ends="()")
    shares(icc=icc)
    one_of("test", test, ("t", "z"))
    spread = treated * (1 - treated) / share + control * (1 - control) / (1 - share)
    var = spread * (icc + (1 - icc) / units) * size_factor(units, icc, cv, weights) / clusters
    return Precision(var, clusters - 2 if test == "t" else inf)


def proportion_after(control: float, odds_ratio: float) -> float:
    """Proportion that an odds ratio turns the control proportion into: effects as evaluators often state them.

    >>> round(proportion_after(0.1, 2.25), 10)
    0.2
    """
    within("control", control, 0, 1, ends="()")
    within("odds_ratio", odds_ratio, 0, ends="()")
    odds = odds_ratio * control / (1 - control)
    return odds / (1 + odds)
