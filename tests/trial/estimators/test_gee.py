"""GEE against R's geepack, statsmodels, and the textbook's n x n matrices."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t as student

from bscsim.trial.cluster_stats import BOUNDARY, FAILED, OK, from_means, from_units
from bscsim.trial.estimators import gee, ols_cr2
from tests.trial.estimators.small_trial import (
    COLLABORATIVE,
    TREATED,
    Array,
    Units,
    power_of,
    random_trials,
    rejection_band,
    small_stats,
    small_trial,
    swapped,
)

# geepack 1.3.9 (R 4.2.2), geeglm(y ~ treat [+ base + own], id = center): coefficient of treat, its robust standard
# error, working correlation, scale
GEEPACK = {
    (False, "independence"): (0.298312807881773, 0.297410692147178, 0.0, 0.714663217850661),
    (False, "exchangeable"): (0.30111365095552, 0.296223548192122, 0.372618720760221, 0.716692153702822),
    (True, "independence"): (0.256341964315787, 0.313245397332333, 0.0, 0.655547638304055),
    (True, "exchangeable"): (0.252006893549703, 0.293177726823885, 0.459865095412177, 0.661220099924722),
}
# statsmodels 0.15.0, GEE of the same models with Exchangeable(): the same with moments of the other kind, and the
# standard error with cov_type "bias_reduced" (Mancl and DeRouen)
STATSMODELS = {
    False: (0.301031492880351, 0.29622232254271, 0.3678763900650681, 0.7294685521645549, 0.338993143116258),
    True: (0.251765752380128, 0.29332297, 0.4480443879456691, 0.6851976521061914, 0.37202444),
}


@pytest.mark.parametrize(("covariates", "correlation"), GEEPACK)
def test_agrees_with_geepack(covariates: bool, correlation: gee.Correlation) -> None:
    stats = small_stats(covariates)
    fit = gee.solve(stats, correlation, "geepack")
    found = gee.estimate(stats, correlation=correlation, correction="none", moments="geepack", nested=False)
    got = [found.b[0], found.se[0], fit.correlation[0], fit.scale[0]]
    np.testing.assert_allclose(got, GEEPACK[covariates, correlation], rtol=1e-7)


@pytest.mark.parametrize("covariates", STATSMODELS)
def test_agrees_with_statsmodels(covariates: bool) -> None:
    stats = small_stats(covariates)
    fit = gee.solve(stats)
    plain, corrected = (gee.estimate(stats, correction=c, nested=False) for c in ("none", "mancl_derouen"))
    got = [plain.b[0], plain.se[0], fit.correlation[0], fit.scale[0], corrected.se[0]]
    np.testing.assert_allclose(got, STATSMODELS[covariates], rtol=3e-8)


def textbook(units: Units, rho: float, group: Array, correction: str) -> tuple[float, float]:
    """Coefficient and standard error of the treatment by whole matrices, one block an independent unit."""
    same = units.center[:, None] == units.center[None, :]
    inverse = np.linalg.inv(np.where(same, rho, 0.0) + (1 - rho) * np.eye(len(units.y)))
    x = units.x
    bread = np.linalg.inv(x.T @ inverse @ x)
    b = bread @ x.T @ inverse @ units.y
    meat = np.zeros_like(bread)
    for g in np.unique(group):
        at = np.flatnonzero(group == g)
        d, w, e = x[at], inverse[np.ix_(at, at)], (units.y - x @ b)[at]
        rest = np.eye(len(at)) - d @ bread @ d.T @ w
        power = {"none": 0.0, "fay_graubard": 0.0, "kauermann_carroll": -0.5, "mancl_derouen": -1.0}[correction]
        score = d.T @ w @ (power_of(rest, power) @ e if power else e)
        if correction == "fay_graubard":
            score = score / np.sqrt(1 - np.minimum(0.75, np.diag(d.T @ w @ d @ bread)))
        meat += np.outer(score, score)
    return b[1], (bread @ meat @ bread)[1, 1] ** 0.5


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("correction", gee.POWERS)
def test_corrections_are_those_of_the_matrices(correction: gee.Correction, nested: bool) -> None:
    units, stats = small_trial(), small_stats(covariates=True)
    # from_units centers covariates, and Fay and Graubard's correction depends on where they are centered
    units.x[:, 2:] -= units.x[:, 2:].mean(axis=0)
    fit = gee.solve(stats)
    found = gee.estimate(stats, correction=correction, nested=nested)
    group = units.group if nested else units.center
    expected = textbook(units, float(fit.correlation[0]), group, correction)
    np.testing.assert_allclose([found.b[0], found.se[0]], expected, rtol=1e-9)


def test_degrees_of_freedom_are_independent_units_less_cluster_level_parameters() -> None:
    stats = small_stats(covariates=True)  # 3 collaboratives and 8 centers; intercept, arm and one of two covariates
    assert stats.cluster_level == (True, True, True, False)
    assert gee.estimate(stats).df.tolist() == [11 - 3]
    assert gee.estimate(stats, nested=False).df.tolist() == [16 - 3]


@pytest.mark.parametrize("covariates", [False, True])
def test_bell_mccaffrey_under_independence_is_cr2(covariates: bool) -> None:
    stats = small_stats(covariates)
    found = gee.estimate(stats, correlation="independence", degrees="bell_mccaffrey")
    np.testing.assert_allclose(np.stack(found[:6]), np.stack(ols_cr2.estimate(stats)[:6]), rtol=1e-12)


def test_bell_mccaffrey_is_the_chi_square_of_the_working_model() -> None:
    """2 E(v)^2 / Var(v) of the variance estimate itself, of Gaussian data with the working covariance."""
    stats = random_trials(4000, (3, 6, 9, 4) * 4, np.arange(16) < 5, seed=9, center_sd=0.7)
    found = gee.estimate(stats, degrees="bell_mccaffrey")
    variance = found.se**2
    effective = 2 * variance.mean() ** 2 / variance.var()
    assert effective == pytest.approx(found.df.mean(), rel=0.12)  # sampling error about 5%, and the correlation's own
    assert found.df.mean() < 0.7 * (16 - 2)


def test_correlation_is_held_inside_its_range() -> None:
    y = [1.0, -1.0, 1.1, -1.0, 1.0, -0.9, 0.9, -1.2]  # units of a center are opposites: correlation -1
    stats = from_units([0] * 8, [0, 0, 1, 1, 2, 2, 3, 3], y, None, [False, False, True, True])
    fit = gee.solve(stats)
    assert fit.status.tolist() == [BOUNDARY]
    assert fit.correlation.tolist() == pytest.approx([-0.999])
    assert gee.estimate(stats).status.tolist() == [BOUNDARY]


def test_single_units_have_no_correlation() -> None:
    stats = from_means([[1.0, 2.0, 4.0, 4.0]], [False, False, True, True])
    assert gee.solve(stats).correlation.tolist() == [0.0]
    assert gee.estimate(stats).status.tolist() == [OK]


def test_one_collaborative_cannot_be_tested() -> None:
    stats = random_trials(3, (4,) * 12, np.arange(12) < 6, seed=1, collaborative=np.where(np.arange(12) < 6, 0, -1))
    assert gee.estimate(stats).status.tolist() == [FAILED] * 3
    assert np.isnan(gee.estimate(stats).p).all()
    assert gee.estimate(stats, nested=False).status.tolist() == [OK] * 3


def test_words_are_checked() -> None:
    stats = small_stats(covariates=False)
    with pytest.raises(ValueError, match="correction is 'hc3'; it must be one of kauermann_carroll, mancl_derouen"):
        gee.estimate(stats, correction="hc3")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="correlation is 'ar1'"):
        gee.estimate(stats, correlation="ar1")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="not defined for correction 'fay_graubard'"):
        gee.estimate(stats, correction="fay_graubard", degrees="bell_mccaffrey")
    with pytest.raises(ValueError, match="alpha is 5"):
        gee.estimate(stats, alpha=5)


SIZES24 = (4, 6, 8, 10) * 6


def test_size_with_24_centers() -> None:
    replicates = 4000
    stats = random_trials(replicates, SIZES24, np.arange(24) < 12, seed=4)
    low, high = rejection_band(replicates)
    found = {name: gee.estimate(stats, correction=name) for name in gee.POWERS}
    assert low < (found["kauermann_carroll"].p < 0.05).mean() < high
    assert (found["mancl_derouen"].p < 0.05).mean() < high
    assert (found["fay_graubard"].p < 0.05).mean() < high
    assert (found["none"].p < 0.05).mean() > high  # what the corrections are for
    corrected = found["kauermann_carroll"]
    z = np.abs(corrected.b / corrected.se) > student.ppf(0.975, 1e9)
    assert z.mean() > high  # wrong degrees of freedom do not hold the size


def test_ignoring_collaboratives_rejects_too_often() -> None:
    replicates, treated = 2000, np.arange(48) < 24
    inside = np.where(treated, np.arange(48) // 4, -1)  # 6 collaboratives of 4
    stats = random_trials(replicates, (8,) * 48, treated, 5, 0.3, 0.35, inside)
    _, high = rejection_band(replicates)
    assert (gee.estimate(stats, nested=False).p < 0.05).mean() > high + 0.03


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    scale=st.floats(0.01, 100),
    correlation=st.sampled_from(["exchangeable", "independence"]),
    correction=st.sampled_from(["kauermann_carroll", "mancl_derouen", "none"]),
)
def test_labels_scale_and_order_do_not_matter(
    seed: int, scale: float, correlation: gee.Correlation, correction: gee.Correction
) -> None:
    stats = random_trials(2, tuple(range(2, 14)), TREATED[:12], seed, collaborative=COLLABORATIVE[:12], covariates=1)
    first = gee.estimate(stats, correlation=correlation, correction=correction)
    other = gee.estimate(swapped(stats), correlation=correlation, correction=correction)
    np.testing.assert_allclose(other.b, -first.b, atol=1e-8)
    np.testing.assert_allclose(other.p, first.p, rtol=1e-6)
    grown = stats._replace(xy=stats.xy * scale, y1=stats.y1 * scale, yy=stats.yy * scale**2)
    larger = gee.estimate(grown, correlation=correlation, correction=correction)
    np.testing.assert_allclose([larger.b, larger.se], [first.b * scale, first.se * scale], rtol=1e-6, atol=1e-9)
    order = np.random.default_rng(seed).permutation(12)
    arrays = {name: value[:, order] for name, value in stats._asdict().items() if isinstance(value, np.ndarray)}
    moved = gee.estimate(stats._replace(**arrays), correlation=correlation, correction=correction)
    np.testing.assert_allclose([moved.b, moved.p], [first.b, first.p], rtol=1e-6, atol=1e-9)
