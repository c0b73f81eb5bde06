"""CR2 and Bell-McCaffrey degrees of freedom against R's clubSandwich and the definition by n x n matrices."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_ind

from bscsim.trial.cluster_stats import FAILED, OK, from_means, from_units
from bscsim.trial.estimators import gee, ols_cr2
from tests.trial.estimators.small_trial import (
    COLLABORATIVE,
    TREATED,
    Array,
    random_trials,
    rejection_band,
    small_stats,
    small_trial,
    swapped,
)

# clubSandwich 0.5.8 (R 4.2.2): coef_test(lm(y ~ treat [+ base + own]), vcov = "CR2", cluster = center or the
# collaborative where treated, test = "Satterthwaite"): coefficient, standard error, df, p
CLUBSANDWICH = {
    (False, False): (0.298312807881774, 0.322176557980548, 12.25176893884124, 0.372362319105193240),
    (False, True): (0.298312807881774, 0.219765937842077, 6.14765938645058, 0.222364860358651134),
    (True, False): (0.256341964315787, 0.356746905907790, 10.86324017502210, 0.48758329793485355),
    (True, True): (0.256341964315787, 0.2502716869395630, 5.77680446212921, 0.3466777835678475),
}


@pytest.mark.parametrize(("covariates", "nested"), CLUBSANDWICH)
def test_agrees_with_clubsandwich(covariates: bool, nested: bool) -> None:
    found = ols_cr2.estimate(small_stats(covariates), nested=nested)
    got = [found.b[0], found.se[0], found.df[0], found.p[0]]
    np.testing.assert_allclose(got, CLUBSANDWICH[covariates, nested], rtol=1e-10)


def brute_force(x: Array, y: Array, group: Array) -> tuple[float, float, float]:
    """Coefficient, CR2 standard error and df of column 1 with the adjustment matrices of every group written out."""
    bread = np.linalg.inv(x.T @ x)
    e = y - x @ bread @ x.T @ y
    away = np.eye(len(y)) - x @ bread @ x.T
    rows, variance = [], 0.0
    for g in np.unique(group):
        at = np.flatnonzero(group == g)
        values, vectors = np.linalg.eigh(away[np.ix_(at, at)])
        adjust = vectors @ np.diag(values**-0.5) @ vectors.T
        weight = adjust @ x[at] @ bread[:, 1]
        rows.append(away[:, at] @ weight)
        variance += float(weight @ e[at]) ** 2
    gram = np.array(rows) @ np.array(rows).T
    return float((bread @ x.T @ y)[1]), variance**0.5, float(np.trace(gram) ** 2 / (gram**2).sum())


@pytest.mark.parametrize("nested", [False, True])
def test_reduced_algebra_is_the_definition(nested: bool) -> None:
    units = small_trial()
    found = ols_cr2.estimate(small_stats(covariates=True), nested=nested)
    expected = brute_force(units.x, units.y, units.group if nested else units.center)
    np.testing.assert_allclose([found.b[0], found.se[0], found.df[0]], expected, rtol=1e-9)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), periods=st.integers(1, 3))
def test_period_effects_and_treatment_within_clusters(seed: int, periods: int) -> None:
    """A stepped wedge: the treatment changes within centers, and periods are columns."""
    rng = np.random.default_rng(seed)
    center = np.repeat(np.arange(8), 3 * (periods + 1))
    period = np.tile(np.repeat(np.arange(periods + 1), 3), 8)
    exposed = (period > center % (periods + 1)).astype(float)
    columns = (period[:, None] == np.arange(1, periods + 1)).astype(float)
    y = rng.normal(size=8)[center] + rng.normal(size=len(center))
    stats = from_units(np.zeros(len(y), int), center, y, columns, np.ones(8, bool), treatment=exposed)
    found = ols_cr2.estimate(stats)
    expected = brute_force(np.column_stack([np.ones(len(y)), exposed, columns]), y, center)
    np.testing.assert_allclose([found.b[0], found.se[0], found.df[0]], expected, rtol=1e-8, atol=1e-10)


def test_means_of_equal_arms_are_the_t_test() -> None:
    a, b = [0.3, 1.2, 2.2, 0.4, 1.9], [2.0, 2.5, 1.1, 3.9, 2.8]
    found = ols_cr2.estimate(from_means([a + b], [False] * 5 + [True] * 5))
    assert found.p[0] == pytest.approx(ttest_ind(b, a).pvalue, abs=1e-12)
    assert found.df[0] == pytest.approx(8)


def test_fewer_than_two_units_in_an_arm_fail() -> None:
    means = [[1.0, 2.0, 3.0, 5.0], [1.0, 2.0, 3.0, np.nan]]
    found = ols_cr2.estimate(from_means(means, [False, False, True, True]))
    assert found.status.tolist() == [OK, FAILED]
    assert np.isnan(found.b[1])


def test_an_effect_that_the_columns_do_not_determine_fails() -> None:
    arm = np.array([0.0, 0.0, 0.0, 1.0, 1.0, 1.0])
    assert ols_cr2.estimate(from_means([np.arange(6.0)], arm > 0, x=arm[:, None])).status.tolist() == [FAILED]
    twice = np.array([0.3, 0.1, 0.9, 0.2, 0.5, 0.4])[:, None] * np.array([1.0, 2.0])  # superfluous, but harmless
    values = [[1.0, 2.5, 2.0, 3.0, 3.1, 5.0]]
    once, doubled = (ols_cr2.estimate(from_means(values, arm > 0, x=x)) for x in (twice[:, :1], twice))
    np.testing.assert_allclose(np.stack(doubled[:6]), np.stack(once[:6]), rtol=1e-9)


def test_a_cluster_with_its_own_column_adds_nothing() -> None:
    """Leverage 1: the center's residual is 0, and I - H has no inverse."""
    x = np.zeros((7, 1))
    x[6] = 1.0
    values = [1.0, 2.5, 2.0, 3.0, 3.1, 5.0, 9.0]
    with_it = ols_cr2.estimate(from_means([values], [False] * 3 + [True] * 4, x=x))
    without = ols_cr2.estimate(from_means([values[:6]], [False] * 3 + [True] * 3))
    np.testing.assert_allclose([with_it.b, with_it.se, with_it.df], [without.b, without.se, without.df], rtol=1e-9)


def test_size_with_unbalanced_arms() -> None:
    replicates = 4000
    treated = np.arange(26) < 6
    stats = random_trials(replicates, (4, 9, 6, 12, 8, 7, 5, 3, 9, 11, 8, 6, 10) * 2, treated, seed=8)
    found = ols_cr2.estimate(stats)
    low, high = rejection_band(replicates)
    assert low < (found.p < 0.05).mean() < high
    assert (np.abs(found.b / found.se) > 1.96).mean() > high  # wrong degrees of freedom do not hold the size
    assert found.df.max() < 26 - 2


def test_collaboratives_must_not_be_ignored() -> None:
    replicates, treated = 2000, np.arange(48) < 24
    inside = np.where(treated, np.arange(48) // 4, -1)
    stats = random_trials(replicates, (8,) * 48, treated, 6, 0.3, 0.35, inside)
    low, high = rejection_band(replicates)
    assert low - 0.01 < (ols_cr2.estimate(stats).p < 0.05).mean() < high
    assert (ols_cr2.estimate(stats, nested=False).p < 0.05).mean() > high + 0.03


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), scale=st.floats(0.01, 100))
def test_labels_scale_and_order_do_not_matter(seed: int, scale: float) -> None:
    stats = random_trials(2, tuple(range(2, 14)), TREATED[:12], seed, collaborative=COLLABORATIVE[:12], covariates=1)
    first = ols_cr2.estimate(stats)
    other = ols_cr2.estimate(swapped(stats))
    np.testing.assert_allclose([-other.b, other.p, other.df], [first.b, first.p, first.df], rtol=1e-6, atol=1e-9)
    larger = ols_cr2.estimate(stats._replace(xy=stats.xy * scale, y1=stats.y1 * scale, yy=stats.yy * scale**2))
    np.testing.assert_allclose([larger.b, larger.se], [first.b * scale, first.se * scale], rtol=1e-6, atol=1e-9)
    order = np.random.default_rng(seed).permutation(12)
    arrays = {name: value[:, order] for name, value in stats._asdict().items() if isinstance(value, np.ndarray)}
    moved = ols_cr2.estimate(stats._replace(**arrays))
    np.testing.assert_allclose([moved.b, moved.p], [first.b, first.p], rtol=1e-6, atol=1e-9)


def test_welch_degrees_are_welchs_for_cluster_means() -> None:
    """Equal units: collaboratives of 2 in one arm, centers in the other, against SciPy on the units' means."""
    y = np.array([1.0, 3.0, 2.5, 4.5, 8.0, 6.0, 1.0, 1.4, 1.1, 2.0, 0.8, 1.7])
    arm, inside = np.arange(12) < 6, np.where(np.arange(12) < 6, np.arange(12) // 2, -1)
    found = ols_cr2.estimate(from_means([y], arm, inside), degrees="welch")
    expected = ttest_ind(y[:6].reshape(3, 2).mean(axis=1), y[6:], equal_var=False)
    assert (found.df[0], found.p[0]) == pytest.approx((expected.df, expected.pvalue))


def test_welch_degrees_hold_the_size_with_few_collaboratives() -> None:
    replicates, treated = 2000, np.arange(80) < 40
    inside = np.where(treated, np.arange(80) // 10, -1)  # 4 collaboratives of 10
    stats = random_trials(replicates, (8,) * 80, treated, 6, 0.3, 0.35, inside)
    _, high = rejection_band(replicates)
    assert (ols_cr2.estimate(stats, degrees="welch").p < 0.05).mean() < high
    assert (ols_cr2.estimate(stats).p < 0.05).mean() > high  # the df of equal variances are too many
    corrected = gee.estimate(stats, degrees="welch")
    assert (corrected.p < 0.05).mean() < high
    assert (gee.estimate(stats).p < 0.05).mean() > high


def test_welch_degrees_need_arms_of_whole_centers() -> None:
    exposure = np.array([0.0, 1.0, 0.0, 1.0, 0.0, 0.0])
    stats = from_units([0] * 6, [0, 0, 1, 1, 2, 2], np.arange(6.0), None, np.ones(3, bool), treatment=exposure)
    with pytest.raises(ValueError, match="treatment changes within centers; use 'bell_mccaffrey'"):
        ols_cr2.estimate(stats, degrees="welch")
