"""Segmented regression against R's nlme, the known-covariance reference case, and likelihoods by whole matrices."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import norm

from bscsim.trial.cluster_stats import BOUNDARY, FAILED, OK
from bscsim.trial.estimators import segmented, series_newton
from bscsim.trial.estimators.series_newton import stencil
from bscsim.trial.estimators.series_reml import compacted, point, sums
from tests.trial.estimators.small_trial import Array, rejection_band


def small_series() -> Array:
    """Six centers, 24 months, three in ten reports missing, as given to R."""
    y = np.full((1, 6, 24), np.nan)
    for j in range(6):
        error = 0.0
        for t in range(24):
            k = 24 * j + t
            error = 0.5 * error + k * 67 % 127 / 63 - 1
            if k * 31 % 10 < 7:
                y[0, j, t] = j * 5 % 7 / 3 + 0.02 * t + (0.8 + 0.03 * (t - 12)) * (t >= 12) + error
    return y


def series(
    replicates: int, centers: int, months: int, seed: int, phi: float = 0.4, center_sd: float = 0.5,
    effect_sd: float = 0.0, missing: float = 0.0,
) -> Array:
    """Gaussian series of SD 1 within centers; each center's own change of level half way averages zero."""
    rng = np.random.default_rng(seed)
    y = rng.normal(size=(replicates, centers, months))
    for t in range(1, months):
        y[..., t] = phi * y[..., t - 1] + (1 - phi**2) ** 0.5 * y[..., t]
    y += center_sd * rng.normal(size=(replicates, centers, 1))
    y[..., months // 2 :] += effect_sd * rng.normal(size=(replicates, centers, 1))
    return np.where(rng.random(y.shape) < missing, np.nan, y)


# nlme 3.1-162 (R 4.2.2): lme(y ~ t + level + slope, random = ~1 | center, correlation = corAR1(form = ~t | center)):
# coefficients of t, level, slope; standard errors of level and slope; phi, tau2, s2; -2 log likelihood. varFix of a
# fit by "ML" is not divided by N - q, as here.
NLME = {
    "reml": (0.0289695494135808, 0.6993298282022177, 0.0018411122893884, 0.2638542648327579, 0.0416801919552049,
             0.308644161901721, 0.788484787152560, 0.354686310029709, 203.17152833111),
    "ml": (0.03001502182932419, 0.68416443428211737, 0.00125129891244027, 0.2554031677096331, 0.0396208800410473,
           0.273307595235459, 0.651988505567584, 0.335482079018244, 190.16022446777),
}  # fmt: skip


@pytest.mark.parametrize("method", NLME)
def test_agrees_with_nlme(method: segmented.Method) -> None:
    level, slope = (segmented.fit(small_series(), 12, effect=effect, method=method) for effect in ("level", "slope"))
    got = [*level.b[0, 1:4], level.estimates.se[0], slope.estimates.se[0], level.phi[0], level.tau2[0], level.s2[0]]
    np.testing.assert_allclose(got, NLME[method][:-1], rtol=2e-6, atol=2e-8)
    assert level.deviance[0] == pytest.approx(NLME[method][-1], abs=1e-9)
    assert level.estimates.b[0] == level.b[0, 2]
    assert slope.estimates.b[0] == slope.b[0, 3]


def test_reference_case_of_known_covariance() -> None:
    """its-gls-level of power-reference.json: 24 points, change at 12, AR(1) 0.3, SD 1."""
    lag = np.abs(np.subtract.outer(np.arange(24), np.arange(24)))
    found = segmented.known_variance(segmented.columns(24, 12), 0.3**lag)
    assert found[2, 2] == pytest.approx(0.8818222799348285, abs=1e-6)
    assert found[3, 3] == pytest.approx(0.0228920888272033, abs=1e-6)
    z = norm.ppf(0.975)
    power = norm.cdf(1 / found[2, 2] ** 0.5 - z) + norm.cdf(-1 / found[2, 2] ** 0.5 - z)
    assert power == pytest.approx(0.18662057986978636, abs=1e-3)  # the other tail adds 0.0005
    with pytest.raises(ValueError, match=r"covariance has shape \(3, 3\); with 24 months it must be \(24, 24\)"):
        segmented.known_variance(segmented.columns(24, 12), np.eye(3))


def by_matrices(y: Array, x: Array, phi: float, ratio: float, s2: float) -> tuple[float, Array]:
    """-2 log restricted likelihood of one trial and (X' V^-1 X)^-1, every center's covariance written out."""
    total, rest, logdet, units = 0.0, 0.0, 0.0, 0
    month = np.arange(y.shape[1])
    parts = []
    for center, rows in zip(y, x, strict=True):
        at = np.flatnonzero(np.isfinite(center))
        v = s2 * (phi ** np.abs(np.subtract.outer(month[at], month[at])) + ratio)
        parts.append((np.linalg.inv(v), rows[at], center[at]))
        logdet += np.linalg.slogdet(v)[1]
        units += len(at)
    information = sum(d.T @ w @ d for w, d, _ in parts)
    b = np.linalg.solve(information, sum(d.T @ w @ c for w, d, c in parts))
    rest = sum((c - d @ b) @ w @ (c - d @ b) for w, d, c in parts)
    total = (units - len(b)) * np.log(2 * np.pi) + logdet + rest + np.linalg.slogdet(information)[1]
    return float(total), np.linalg.inv(information)


@pytest.mark.parametrize(("phi", "ratio"), [(0.3, 2.0), (-0.4, 0.1), (0.0, 0.0), (0.9, 0.5)])
def test_likelihood_is_that_of_the_matrices(phi: float, ratio: float) -> None:
    y, x = small_series(), segmented.columns(24, np.full((1, 6), 12))
    rows = compacted(y, x)
    at = point(sums(rows, np.array([phi])), np.array([ratio]), rows.there.sum(axis=(1, 2)).astype(float))
    expected, inverse = by_matrices(y[0], x[0], phi, ratio, float(at.s2[0]))
    assert at.deviance[0] == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(at.s2[0] * at.inverse[0], inverse, rtol=1e-9, atol=1e-12)


def test_degrees_of_freedom_are_satterthwaites() -> None:
    """2 v^2 / (g' W g), W twice the inverse curvature in all three variances, by finite differences of matrices."""
    y, x = small_series(), segmented.columns(24, np.full((1, 6), 12))

    def deviance(u: Array) -> float:
        return by_matrices(y[0], x[0], np.tanh(u[0]), np.exp(u[1]), np.exp(u[2]))[0]

    def log_variance(u: Array) -> float:
        return float(np.log(by_matrices(y[0], x[0], np.tanh(u[0]), np.exp(u[1]), np.exp(u[2]))[1][2, 2]))

    best = minimize(deviance, [0.3, 0.8, -1.0], method="BFGS", options={"gtol": 1e-6}).x
    unit = 1e-3 * np.eye(3)
    curve = np.zeros((3, 3))
    for (i, a), (k, c) in product(enumerate(unit), repeat=2):
        outer = deviance(best + a + c) + deviance(best - a - c)
        curve[i, k] = (outer - deviance(best + a - c) - deviance(best - a + c)) / 4e-6
    slope = np.array([(log_variance(best + a) - log_variance(best - a)) / 2e-3 for a in unit])
    expected = 1 / (slope @ np.linalg.solve(curve, slope))
    assert segmented.estimate(y, 12).df[0] == pytest.approx(expected, rel=1e-3)


def test_slopes_of_the_search_are_those_of_the_likelihood() -> None:
    rows = compacted(small_series(), segmented.columns(24, np.full((1, 6), 12)))
    u, step = np.array([[0.2, 1.4]]), 1e-3
    at = [stencil(rows, u + step * np.array(d), 2, True).center.deviance[0] for d in ((1, 0), (-1, 0), (0, 1), (0, -1))]
    found = stencil(rows, u, 2, True)
    np.testing.assert_allclose(found.slope[0], [(at[0] - at[1]) / 2e-3, (at[2] - at[3]) / 2e-3], rtol=1e-4)
    turned = [stencil(rows, u + step * np.array(d), 2, True).slope[0] for d in ((1, 0), (-1, 0), (0, 1), (0, -1))]
    expected = np.array([turned[0] - turned[1], turned[2] - turned[3]]) / 2e-3
    np.testing.assert_allclose(found.curve[0], expected, rtol=1e-3)


def test_robust_variance_of_whole_series_is_that_of_the_centers_own_changes() -> None:
    """Complete series of equal length: the estimate is the mean over centers of each center's own GLS change."""
    y = series(1, 7, 12, seed=3)
    fit = segmented.fit(y, 6)
    lag = np.abs(np.subtract.outer(np.arange(12), np.arange(12)))
    x, inverse = segmented.columns(12, 6), np.linalg.inv(fit.phi[0] ** lag)
    own = np.array([np.linalg.solve(x.T @ inverse @ x, x.T @ inverse @ center)[2] for center in y[0]])
    robust = segmented.estimate(y, 6, variance="robust")
    got = [robust.b[0], robust.se[0], robust.df[0]]
    np.testing.assert_allclose(got, [own.mean(), own.std(ddof=1) / 7**0.5, 6], rtol=1e-6)


def test_recovers_what_made_the_series() -> None:
    y = series(300, 20, 24, seed=12, phi=0.5, center_sd=0.7, missing=0.6)
    y[..., 12:] += 0.8 + 0.05 * np.arange(12)
    fit = segmented.fit(y, 12)
    for found, true in ((fit.phi, 0.5), (fit.tau2, 0.49), (fit.s2, 1.0), (fit.b[:, 2], 0.8), (fit.b[:, 3], 0.05)):
        assert abs(found.mean() - true) < 3.5 * found.std() / 300**0.5 + 0.004  # phi is biased by about 1 / months seen
    model = fit.estimates.se.mean()
    assert model == pytest.approx(fit.b[:, 2].std(), rel=0.13)  # SD of 300: 3 MCSE are 12%


@pytest.mark.parametrize(("phi", "missing", "centers"), [(0.0, 0.0, 12), (0.6, 0.6, 8)])
def test_size(phi: float, missing: float, centers: int) -> None:
    replicates = 1000
    y = series(replicates, centers, 18, seed=14, phi=phi, missing=missing)
    low, high = rejection_band(replicates)
    for variance in ("model", "robust"):
        found = segmented.estimate(y, 9, variance=variance)
        assert not (found.status == FAILED).any()
        assert low < (found.p < 0.05).mean() < high, variance


def test_effects_that_differ_between_centers_need_the_robust_variance() -> None:
    replicates = 1500
    y = series(replicates, 8, 18, seed=15, effect_sd=1.0)
    low, high = rejection_band(replicates)
    assert (segmented.estimate(y, 9).p < 0.05).mean() > high + 0.02
    robust = segmented.estimate(y, 9, variance="robust")
    assert low < (robust.p < 0.05).mean() < high
    assert (np.abs(robust.b / robust.se) > 1.96).mean() > high  # wrong degrees of freedom do not hold the size


def test_collaboratives_are_the_independent_units() -> None:
    y = series(4, 8, 12, seed=16)
    joined = segmented.estimate(y, 6, variance="robust", collaborative=np.arange(8) // 4)
    assert joined.df.tolist() == pytest.approx([1.0] * 4)
    alone = segmented.estimate(y, 6, variance="robust", collaborative=np.zeros(8, int))
    assert alone.status.tolist() == [FAILED] * 4


def test_comparison_centers_and_staggered_starts() -> None:
    start = np.array([6, 9, 99, 99])
    y = series(2, 4, 16, seed=17)
    x = segmented.columns(16, start)
    assert x[2, :, 2].sum() == 0
    assert x[1, :, 2].sum() == 7
    fit = segmented.fit(y, start)
    _, inverse = by_matrices(y[0], x, fit.phi[0], fit.tau2[0] / fit.s2[0], fit.s2[0])
    assert fit.estimates.se[0] == pytest.approx(inverse[2, 2] ** 0.5, rel=1e-9)


def test_calendar_months_are_covariates() -> None:
    y = series(2, 5, 24, seed=18)
    summer = (np.arange(24) % 12 < 2).astype(float)[:, None]
    plain = segmented.fit(y, 12, covariates=summer)
    shifted = segmented.fit(y + 3 * summer[:, 0], 12, covariates=summer)
    np.testing.assert_allclose(shifted.b - plain.b, np.tile([0, 0, 0, 0, 3.0], (2, 1)), atol=1e-6)
    with pytest.raises(ValueError, match="a covariate is NaN"):
        segmented.fit(y, 12, covariates=np.full((24, 1), np.nan))


def test_no_variance_between_centers_is_a_boundary() -> None:
    y = series(200, 4, 12, seed=19, center_sd=0.0)
    fit = segmented.fit(y, 6)
    at_zero = fit.tau2 == 0
    assert 20 < at_zero.sum() < 180
    assert (fit.estimates.status[at_zero] == BOUNDARY).all()
    assert (fit.estimates.status[~at_zero & (fit.phi < 0.9)] == OK).all()
    assert (fit.tau2 >= 0).all()


def test_what_cannot_be_fitted_fails_alone() -> None:
    y = series(5, 4, 12, seed=20)
    y[0] = np.nan
    y[1, :, :6] = np.nan  # nothing before the start
    y[2] = 3.0  # explained wholly
    y[3, :, 7:] = np.nan  # one month after the start: no slope
    fit = segmented.fit(y, 6)
    assert fit.estimates.status[:4].tolist() == [FAILED] * 4
    assert np.isnan(fit.estimates.p[:4]).all()
    assert np.isnan(fit.b[:4]).all()
    np.testing.assert_allclose(fit.b[4], segmented.fit(y[4:], 6).b[0], rtol=1e-9)


def test_a_search_that_does_not_rest_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series_newton, "ITERATIONS", 1)
    fit = segmented.fit(series(2, 4, 12, seed=20), 6)
    assert fit.estimates.status.tolist() == [FAILED] * 2
    assert np.isnan([*fit.b[:, 2], *fit.estimates.se, *fit.phi, *fit.deviance]).all()


def test_bad_input_is_told() -> None:
    y = series(1, 3, 8, seed=21)
    with pytest.raises(ValueError, match=r"start is 0\.0; it must be 1 or later"):
        segmented.estimate(y, 0)
    with pytest.raises(ValueError, match=r"y has shape \(3, 8\); it must be \[replicates, centers, months\]"):
        segmented.estimate(y[0], 4)
    with pytest.raises(ValueError, match="effect is 'jump'; it must be one of level, slope"):
        segmented.estimate(y, 4, effect="jump")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="alpha is 1"):
        segmented.estimate(y, 4, alpha=1)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), scale=st.floats(0.01, 100), variance=st.sampled_from(["model", "robust"]))
def test_scale_shift_and_order_do_not_matter(seed: int, scale: float, variance: segmented.Variance) -> None:
    y = series(3, 6, 12, seed, missing=0.2)
    first = segmented.estimate(y, 6, variance=variance)
    larger = segmented.estimate(scale * (y + 50), 6, variance=variance)
    np.testing.assert_allclose([larger.b, larger.se], [scale * first.b, scale * first.se], rtol=1e-4, atol=1e-4 * scale)
    order = np.random.default_rng(seed).permutation(6)
    moved = segmented.estimate(y[:, order], 6, variance=variance)
    np.testing.assert_allclose([moved.b, moved.p], [first.b, first.p], rtol=1e-4, atol=1e-5)
    negative = segmented.estimate(-y, 6, variance=variance)
    np.testing.assert_allclose([-negative.b, negative.p], [first.b, first.p], rtol=1e-4, atol=1e-5)
