"""Cluster trials of one measurement against explicit covariance matrices of every unit."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bscsim.trial import formulas as f
from bscsim.trial.closed.precision import Precision

ICC = st.floats(0, 0.5)


def same(labels: np.ndarray) -> np.ndarray:
    """Matrix of ones where two units share the label."""
    return (labels[:, None] == labels[None, :]).astype(float)


def gls_var(x: np.ndarray, v: np.ndarray) -> float:
    """Variance of the last coefficient by generalized least squares."""
    return float(np.linalg.inv(x.T @ np.linalg.solve(v, x))[-1, -1])


def ols_var(x: np.ndarray, v: np.ndarray) -> float:
    """True variance of the last coefficient of ordinary least squares when errors have covariance v."""
    bread = np.linalg.inv(x.T @ x)
    return float((bread @ x.T @ v @ x @ bread)[-1, -1])


def trial(sizes: list[int], treated: int, icc: float) -> tuple[np.ndarray, np.ndarray]:
    """Model matrix and covariance of a two-level trial whose first clusters are treated."""
    cluster = np.repeat(np.arange(len(sizes)), sizes)
    x = np.column_stack([np.ones(len(cluster)), cluster < treated]).astype(float)
    return x, icc * same(cluster) + (1 - icc) * np.eye(len(cluster))


@given(st.integers(1, 7), st.integers(1, 6), ICC)
def test_two_level_is_least_squares_over_all_units(treated: int, units: int, icc: float) -> None:
    found = f.two_level(8, units, icc, share=treated / 8)
    assert found.var == pytest.approx(gls_var(*trial([units] * 8, treated, icc)), rel=1e-9)
    assert found.df == 6


def test_covariates_remove_their_share_at_their_level() -> None:
    """r2 leaves (1-r2) of a level's variance: as a trial of smaller variance, with its effect rescaled."""
    icc, r2_unit, r2_cluster = 0.2, 0.3, 0.6
    left = icc * (1 - r2_cluster) + (1 - icc) * (1 - r2_unit)
    found = f.two_level(30, 12, icc, r2_unit=r2_unit, r2_cluster=r2_cluster, covariates=2)
    assert found.var == pytest.approx(left * f.two_level(30, 12, icc * (1 - r2_cluster) / left).var)
    assert found.df == 26


def test_attrition_leaves_a_smaller_trial() -> None:
    assert f.two_level(40, 20, 0.1, lost_clusters=0.25, lost_units=0.2) == f.two_level(30, 16, 0.1)


@given(st.lists(st.integers(1, 12), min_size=2, max_size=6), st.lists(st.integers(1, 12), min_size=2, max_size=6), ICC)
def test_listed_sizes_are_least_squares_over_all_units(treated: list[int], control: list[int], icc: float) -> None:
    expected = gls_var(*trial(treated + control, len(treated), icc))
    assert f.listed_sizes(treated, control, icc).var == pytest.approx(expected, rel=1e-9)


SIZES = [6, 8, 12, 14]  # mean 10, CV of the population .316


def test_factors_of_unequal_sizes() -> None:
    """size: exact for ordinary least squares; equal, optimal: to second order in the CV (here within 1% and 1%)."""
    cv = float(np.std(SIZES) / np.mean(SIZES))
    for icc in (0.02, 0.1, 0.4):
        equal_sizes = f.two_level(8, 10, icc).var
        x, v = trial(SIZES * 2, 4, icc)
        assert f.two_level(8, 10, icc, cv=cv, weights="size").var == pytest.approx(ols_var(x, v), rel=1e-9)
        assert f.two_level(8, 10, icc, cv=cv).var == pytest.approx(gls_var(x, v), rel=0.01)
        means = 2 * np.mean([icc + (1 - icc) / n for n in SIZES]) / 4
        assert f.two_level(8, 10, icc, cv=cv, weights="equal").var == pytest.approx(means, rel=0.02)
        assert f.two_level(8, 10, icc, cv=cv).var > equal_sizes


@given(st.floats(1, 50), ICC, st.floats(0, 1))
def test_optimal_weights_are_the_best_and_cv_0_costs_nothing(units: float, icc: float, cv: float) -> None:
    best, *others = (f.size_factor(units, icc, cv, weights) for weights in ("optimal", "size", "equal"))
    assert f.size_factor(units, icc, 0.0) == 1
    assert all(other >= best - 1e-12 for other in others)


def test_three_level_is_least_squares_over_all_units() -> None:
    top, middle = np.repeat(np.arange(6), 12), np.repeat(np.arange(18), 4)
    v = 0.1 * same(top) + 0.2 * same(middle) + 0.7 * np.eye(72)
    x = np.column_stack([np.ones(72), top < 2]).astype(float)
    assert f.three_level(6, 3, 4, 0.1, 0.2, share=1 / 3).var == pytest.approx(gls_var(x, v))
    reduced = f.three_level(6, 3, 4, 0.1, 0.2, share=1 / 3, r2_unit=0.5, r2_middle=0.4, r2_top=0.3, covariates=1)
    half = 0.07 * same(top) + 0.12 * same(middle) + 0.35 * np.eye(72)
    assert (reduced.var, reduced.df) == (pytest.approx(gls_var(x, half)), 3)


def test_blocked_trials_are_least_squares_over_all_units() -> None:
    """5 blocks of 4 clusters of 3 units, half treated; effects fixed, the same, or varying between blocks."""
    block, cluster = np.repeat(np.arange(5), 12), np.repeat(np.arange(20), 3)
    treated = (cluster % 2).astype(float)
    within = np.column_stack([block == k for k in range(5)]).astype(float)
    v = 0.2 * same(cluster) + 0.8 * np.eye(60)
    assert f.blocked(5, 4, 3, 0.2).var == pytest.approx(gls_var(np.column_stack([within, treated]), v))
    assert (f.blocked(5, 4, 3, 0.2).df, f.blocked(5, 4, 3, 0.2, effects="constant").df) == (10, 14)
    varying = same(block) * (0.1 + 0.06 * np.outer(treated, treated)) + 0.2 * same(cluster) + 0.7 * np.eye(60)
    found = f.blocked_random(5, 4, 3, 0.1, 0.2, 0.06)
    assert found.var == pytest.approx(gls_var(np.column_stack([np.ones(60), treated]), varying))
    assert found.df == 4


def test_pairs_are_blocks_of_two_and_matching_is_a_shared_effect() -> None:
    pair, cluster = np.repeat(np.arange(6), 8), np.repeat(np.arange(12), 4)
    treated = (cluster % 2).astype(float)
    v = 0.3 * (0.4 * same(pair) + 0.6 * same(cluster)) + 0.7 * np.eye(48)
    v += 0.05 * same(pair) * np.outer(treated, treated)
    expected = gls_var(np.column_stack([np.ones(48), treated]), v)
    assert f.matched_pairs(6, 4, 0.3, r2_match=0.4, var_effect=0.05).var == pytest.approx(expected)
    as_blocks = f.blocked_random(6, 2, 4, 0.12, 0.18, 0.05)
    assert f.matched_pairs(6, 4, 0.3, r2_match=0.4, var_effect=0.05).var == pytest.approx(as_blocks.var)
    assert as_blocks.df == f.matched_pairs(6, 4, 0.3).df == 5


def test_an_interaction_is_the_difference_of_two_trials() -> None:
    one, other = f.two_level(30, 20, 0.1), f.two_level(10, 20, 0.1)
    found = f.interaction(f.two_level(40, 20, 0.1), 0.25)
    assert found.var == pytest.approx(one.var + other.var)
    assert found.df == one.df + other.df


@given(st.floats(0.05, 0.95), st.floats(0.05, 0.95), ICC, st.integers(1, 30))
def test_proportions_have_the_variance_of_correlated_binary_outcomes(
    treated: float, control: float, icc: float, units: int
) -> None:
    """Covariance of two of a cluster is icc p (1-p); two clusters treated, four not."""
    x, v = trial([units] * 6, 2, icc)
    spread = np.where(x[:, 1] == 1, treated * (1 - treated), control * (1 - control))
    found = f.proportions(6, units, treated, control, icc, share=1 / 3)
    assert found.var == pytest.approx(gls_var(x, v * np.sqrt(np.outer(spread, spread))), rel=1e-9)
    assert (found.df, f.proportions(6, units, treated, control, icc, test="z").df) == (4, inf)


@given(st.floats(0.01, 0.99), st.floats(0.1, 10))
def test_an_odds_ratio_is_the_ratio_of_odds(control: float, ratio: float) -> None:
    after = f.proportion_after(control, ratio)
    assert after / (1 - after) / (control / (1 - control)) == pytest.approx(ratio)


@given(st.integers(1, 40), ICC, st.floats(0, 1), st.floats(0, 0.9))
def test_ancova_is_the_constrained_analysis_of_two_waves(units: int, icc: float, cac: float, iac: float) -> None:
    """Mixed model with no effect at baseline = regression on the baseline mean with known correlation."""
    correlation = f.wave_correlation(units, icc, cac, iac)
    if correlation > 0.999:
        return
    expected = f.parallel(15, units, f.Covariance.of(icc, cac=cac, iac=iac)).var
    assert f.adjusted(f.two_level(30, units, icc), correlation).var == pytest.approx(expected, rel=1e-6)


def test_adjustment_helps_in_the_known_order_and_takes_its_degree_of_freedom() -> None:
    post = Precision(0.02, 38)
    for r in (0.0, 0.3, 0.5, 0.9):
        ancova, change = f.adjusted(post, r), f.adjusted(post, r, "change")
        assert ancova.var <= min(change.var, post.var) + 1e-15
        assert (ancova.df, change.df) == (37, 38)
    assert f.adjusted(post, 0.5, "change").var == pytest.approx(post.var)
    assert f.adjusted(post, 0.9, "post") == post


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: f.two_level(40, 20, 1.0), "icc must be at least 0 and below 1, not 1.0"),
        (lambda: f.two_level(40, 0, 0.1), "units must be above 0, not 0"),
        (lambda: f.two_level(40, 20, 0.1, share=1), "share must be above 0 and below 1, not 1"),
        (lambda: f.two_level(40, 20, 0.1, cv=2), "cv must be at least 0 and below 2, not 2"),
        (lambda: f.two_level(40, 20, 0.1, covariates=-1), "covariates must be at least 0, not -1"),
        (lambda: f.three_level(40, 3, 20, 0.6, 0.4), "icc_top . icc_middle must be at least 0 and below 1, not 1.0"),
        (lambda: f.blocked(5, 2, 20, 0.1), "leaves 0 degrees of freedom"),
        (lambda: f.matched_pairs(1, 20, 0.1), "leaves 0 degrees of freedom"),
        (lambda: f.adjusted(Precision(1, 5), 1.0), "correlation must be above -1 and below 1, not 1.0"),
        (lambda: f.listed_sizes([], [3], 0.1), "size of at least one cluster"),
        (lambda: f.proportions(20, 20, 0.0, 0.2, 0.1), "treated must be above 0 and below 1, not 0.0"),
    ],
)
def test_bad_input_says_what_is_allowed(call: object, message: str) -> None:
    assert callable(call)
    with pytest.raises(ValueError, match=message):
        call()
