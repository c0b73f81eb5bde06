"""The curve of a search: against a general optimizer, textbook maximum likelihood, and its own errors by simulation."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import norm

from bscsim.trial.searching.evidence import Tally, proven, weigh
from bscsim.trial.searching.probit_curve import SPREAD, Curve, Point, fit_curve, misfit, probit
from bscsim.trial.searching.steps import effective, steps

GOAL = probit(0.8)
SEEN = [
    [Point(-0.6, 61, 100), Point(0.0, 152, 200), Point(0.4, 90, 100)],
    [Point(0.0, 100, 100)],
    [Point(-1.0, 0, 100), Point(1.0, 100, 100)],  # separated: no maximum without the ridge
    [Point(-2.0, 700, 1000), Point(0.0, 780, 1000), Point(2.0, 800, 1000), Point(4.0, 805, 1000)],
    [Point(0.3, 80, 100), Point(-0.3, 85, 100)],  # falls
]


def posterior(theta: np.ndarray, points: list[Point]) -> float:
    """Minus the penalized log likelihood, term by term."""
    total = sum(((t - m) / sd) ** 2 / 2 for t, m, sd in zip(theta, (GOAL, 1.0, 0.0), SPREAD, strict=True))
    for x, rejected, fitted in points:
        eta = theta[0] + theta[1] * x + theta[2] * x * x
        total -= rejected * norm.logcdf(eta) + (fitted - rejected) * norm.logsf(eta)
    return float(total)


@pytest.mark.parametrize("points", SEEN)
def test_fit_is_the_maximum_that_a_general_optimizer_finds(points: list[Point]) -> None:
    curve = fit_curve(points, GOAL)
    best = minimize(posterior, [GOAL, 1.0, 0.0], (points,), method="Nelder-Mead",
                    options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 5000, "maxfev": 5000})  # fmt: skip
    found = np.array([curve.height, curve.slope, curve.bend])
    assert posterior(found, points) <= best.fun + 1e-9
    assert found == pytest.approx(best.x, abs=1e-4)


def test_many_replicates_give_the_curve_they_are_made_of_and_its_textbook_errors() -> None:
    """Expected counts of a known curve; the covariance is (X'WX)^-1 with W = n phi^2 / (p q) (McCullagh & Nelder)."""
    true, x, n = np.array([0.7, 1.3, -0.2]), np.array([-0.5, 0.0, 0.3, 0.8]), 10_000_000
    design = np.vander(x, 3, increasing=True)
    p = norm.cdf(design @ true)
    points = [Point(float(a), round(float(share) * n), n) for a, share in zip(x, p, strict=True)]
    curve = fit_curve(points, GOAL)
    assert (curve.height, curve.slope, curve.bend) == pytest.approx(true, abs=1e-4)
    weights = n * norm.pdf(design @ true) ** 2 / (p * (1 - p))
    covariance = np.linalg.inv(design.T @ (weights[:, None] * design))
    assert np.array(curve.covariance) == pytest.approx(covariance, rel=1e-3)
    at = np.array([1.0, 0.2, 0.04])
    assert curve.error_at(0.2) == pytest.approx(float(np.sqrt(at @ covariance @ at)), rel=1e-3)
    off = [Point(point.x, point.rejected + 5000, n) for point in points]
    assert misfit(off, curve) == pytest.approx(float(np.sum(5000**2 / (n * p * (1 - p)))), rel=0.01)


def test_a_curve_never_falls() -> None:
    for bend in (-0.3, 0.0, 0.3):
        curve = Curve(0.8, 0.5, bend, ((1.0, 0.0, 0.0),) * 3)
        heights = [curve.probit_at(x) for x in np.linspace(-5, 5, 201)]
        assert all(b >= a - 1e-12 for a, b in pairwise(heights))


def test_effective_noncentrality_of_a_t_test_with_few_df_is_below_its_own() -> None:
    from bscsim.trial import formulas

    few = formulas.Precision(0.04, 3.0)
    assert effective(formulas.power(0.5, few)) < few.noncentrality(0.5) - 0.5
    assert effective(formulas.power(0.3, formulas.Precision(0.01), alpha=0.1, sides=1), 0.1, 1) == pytest.approx(3.0)
    assert (effective(0.0), effective(1.0)) == (0.0, pytest.approx(9.9, abs=0.11))


def test_interval_of_the_root_holds_it() -> None:
    """Fixed replicates at three values: the interval at 1.96 holds the smallest sufficient value in about 95%."""
    known = steps(4, 200, 1, 0.8, lambda value: value**0.5 / 3.5)
    sites, rng, held = (80, 96, 110), np.random.default_rng(3), 0
    power = {value: norm.cdf(1.1 * value**0.5 / 3.5 - 1.96 - 0.25) for value in known.values}
    truth = next(i for i, value in enumerate(known.values) if power[value] >= 0.8)
    for _ in range(500):
        tallies = {known.values.index(v): Tally(int(rng.binomial(400, power[v])), 400) for v in sites}
        found = weigh(known, 0.8, tallies, 1.96)
        held += found.low <= truth <= found.high
    assert 0.93 <= held / 500 <= 0.995


def test_single_values_prove_what_no_curve_does() -> None:
    known = steps(4, 20, 1, 0.8, lambda value: value**0.5)
    low = weigh(known, 0.8, {3: Tally(650, 1000), 7: Tally(930, 1000)}, 1.96)
    assert 4 <= low.low <= low.high <= 7
    seen = {3: Tally(650, 1000), 4: Tally(790, 1000), 7: Tally(930, 1000)}
    assert proven(known, 0.8, seen) == (4, 7)  # index 3 is not enough, so it is 4 or more; 7 is enough
    crossed = weigh(known, 0.8, {3: Tally(930, 1000), 7: Tally(650, 1000)}, 1.96)
    assert crossed.crossed
