"""Partially nested arms and interrupted time series against explicit matrices and simulation."""

from __future__ import annotations

from math import inf, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bscsim.trial import formulas as f

VARIANCES = {"var_collaborative": 0.03, "var_center": 0.1, "var_unit": 0.9}


@given(
    st.integers(2, 5), st.integers(1, 4), st.integers(1, 3), st.integers(2, 6), st.floats(0, 0.3), st.floats(0.01, 0.5)
)
def test_the_variance_is_least_squares_over_all_units(
    k: int, m: int, n: int, control: int, coll: float, center: float
) -> None:
    """Different variances, and one unit more a center, in the control arm."""
    collaborative = np.concatenate([np.repeat(np.arange(k), m * n), -1 - np.arange(control * (n + 1))])
    place = np.concatenate([np.repeat(np.arange(k * m), n), k * m + np.repeat(np.arange(control), n + 1)])
    treated = collaborative >= 0
    between = np.where(treated, center, 0.2)
    v = coll * (collaborative[:, None] == collaborative) * treated + np.diag(np.where(treated, 0.7, 0.4))
    v = v + (place[:, None] == place) * between
    x = np.column_stack([np.ones(len(place)), treated]).astype(float)
    found = f.partially_nested(
        k, m, n, control, var_collaborative=coll, var_center=center, var_unit=0.7, var_center_control=0.2,
        var_unit_control=0.4, control_units=n + 1,
    )  # fmt: skip
    assert found.var == pytest.approx(np.linalg.inv(x.T @ np.linalg.solve(v, x))[1, 1], rel=1e-9)


def test_degrees_of_freedom_are_welchs_with_the_true_variances() -> None:
    """The Welch-Satterthwaite df of k collaborative means v J0 center means, from scipy, where s2 are the true ones."""
    k, m, n, control = 5, 8, 12, 30
    arm = np.sqrt([0.03 + 0.1 / m + 0.9 / (m * n), 0.1 + 0.9 / n])
    samples = [spread * stats.zscore(np.arange(size), ddof=1) for spread, size in zip(arm, (k, control), strict=True)]
    welch = stats.ttest_ind(*samples, equal_var=False).df
    assert f.partially_nested(k, m, n, control, **VARIANCES).df == pytest.approx(welch)


def test_a_wrong_df_would_be_seen() -> None:
    """The df lie between the smaller arm's and their sum, and grow with k far slower than the centers do."""
    df = [f.partially_nested(k, 10, 15, 10 * k, **VARIANCES).df for k in (2, 4, 8, 16)]
    assert all(k - 1 < one < 10 * k + k - 2 for k, one in zip((2, 4, 8, 16), df, strict=True))
    assert df == pytest.approx([1.8, 5.4, 12.6, 27.0], abs=0.1)  # 20, 78, ... would be those of centers


def test_without_variance_between_collaboratives_only_the_df_differ() -> None:
    honest = f.partially_nested(4, 10, 15, 40, var_collaborative=0.0, var_center=0.1, var_unit=0.9)
    usual = f.ignoring_collaboratives(4, 10, 15, 40, var_center=0.1, var_unit=0.9)
    assert honest.var == pytest.approx(usual.var) == pytest.approx(f.two_level(80, 15, 0.1).var)
    assert (honest.df, usual.df) == (pytest.approx(4 / (1 / 3 + 1 / 39)), 78)  # arms of equal variance


def test_the_ceiling_at_fixed_k() -> None:
    """More centers and staff cannot pay for collaboratives: the variance ends at tau2_coll/k, the df at k - 1."""
    limit = f.partially_nested(3, 10**7, 100, 10**9, **VARIANCES)
    assert limit.var == pytest.approx(0.01, rel=1e-4)
    assert limit.df == pytest.approx(2, rel=1e-4)


def test_the_usual_test_sees_the_variance_that_it_sees() -> None:
    """The size says which variance the pooled t test expects: that of the residuals, tr(M V)/df (1/km + 1/J0)."""
    k, m, control, coll, mean = 3, 4, 7, 0.05, 0.1 + 0.9 / 15
    arm = np.repeat([1, 0], [k * m, control])
    collaborative = np.concatenate([np.repeat(np.arange(k), m), np.full(control, -1)])
    v = mean * np.eye(k * m + control) + coll * (collaborative[:, None] == collaborative) * np.outer(arm, arm)
    hat = sum(np.outer(arm == one, arm == one) / (arm == one).sum() for one in (0, 1))
    df = k * m + control - 2
    seen = np.trace((np.eye(len(arm)) - hat) @ v) / df * (1 / (k * m) + 1 / control)
    true = f.partially_nested(k, m, 15, control, var_collaborative=coll, var_center=0.1, var_unit=0.9).var
    size = f.size_ignoring_collaboratives(k, m, 15, control, var_collaborative=coll, var_center=0.1, var_unit=0.9)
    assert true * (stats.t.isf(size / 2, df) / stats.t.isf(0.025, df)) ** 2 == pytest.approx(seen)


@pytest.mark.parametrize(("coll", "published"), [(0.0, 0.05), (0.01, 0.085), (0.03, 0.137)])
def test_the_size_of_the_usual_test_is_what_simulation_finds(coll: float, published: float) -> None:
    """T36 of the specification of the model, and 20,000 replicates here: center means, average null, pooled t."""
    found = f.size_ignoring_collaboratives(4, 10, 15, 40, var_collaborative=coll, var_center=0.1, var_unit=0.9)
    rng = np.random.default_rng(1)
    treated = rng.normal(0, sqrt(0.16), (20_000, 4, 10)) + rng.normal(0, sqrt(coll), (20_000, 4, 1))
    control = rng.normal(0, sqrt(0.16), (20_000, 40))
    p = stats.ttest_ind(treated.reshape(20_000, 40), control, axis=1).pvalue
    size = float((p < 0.05).mean())
    error = sqrt(size * (1 - size) / 20_000)
    assert abs(size - published) < 3 * error * sqrt(2)  # the published one has an error of its own
    assert abs(found - size) < 3 * error + (0.006 if coll else 0)  # its own approximation
    assert found == pytest.approx(0.05) or coll


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: f.partially_nested(1, 10, 15, 40, **VARIANCES), "1 collaboratives .* needs 2 of each"),
        (lambda: f.partially_nested(4, 10, 15, 1, **VARIANCES), "1 control centers .* needs 2 of each"),
        (lambda: f.partially_nested(4, 0, 15, 40, **VARIANCES), "centers must be above 0, not 0"),
        (
            lambda: f.partially_nested(4, 5, 15, 40, **{**VARIANCES, "var_center": -0.1}),
            "var_center must be at least 0, not -0.1",
        ),
        (lambda: f.interrupted_series(24, 1, 0.3), "2 reported months or more on each side, not 1 before 1 and 23"),
        (lambda: f.interrupted_series([0, 2, 1, 4, 5], 2, 0.3), "rising months"),
        (lambda: f.interrupted_series([0, 1, 3, 4, 5], 2, -0.3), "ar1 must be at least 0 where months are missing"),
        (lambda: f.interrupted_series(24, 12, 1.0), "ar1 must be above -1 and below 1, not 1.0"),
    ],
)
def test_bad_input_says_what_is_allowed(call: object, message: str) -> None:
    assert callable(call)
    with pytest.raises(ValueError, match=message):
        call()


def whitened(months: np.ndarray, change: float, ar1: float) -> np.ndarray:
    """Covariance of the coefficients by ordinary least squares on errors made independent one after the other."""
    x = np.column_stack(
        [np.ones(len(months)), months, months >= change, np.maximum(months - change, 0)]
    ).astype(float)  # fmt: skip
    rho = ar1 ** np.diff(months)
    rest = (x[1:] - rho[:, None] * x[:-1]) / np.sqrt(1 - rho**2)[:, None]
    independent = np.vstack([x[:1], rest])
    return np.linalg.inv(independent.T @ independent)


@given(st.lists(st.integers(0, 40), min_size=8, max_size=30, unique=True), st.floats(0, 0.9))
def test_series_are_least_squares_on_whitened_months(months: list[int], ar1: float) -> None:
    """With gaps; the level after 6 months is that at the change and 6 slopes."""
    when = np.sort(np.array(months, dtype=float))
    change = float(when[len(when) // 2])
    expected = whitened(when, change, ar1)
    level = f.interrupted_series(sorted(months), change, ar1)
    slope = f.interrupted_series(sorted(months), change, ar1, what="slope")
    later = f.interrupted_series(sorted(months), change, ar1, after=6)
    assert (level.var, slope.var) == (pytest.approx(expected[2, 2], rel=1e-7), pytest.approx(expected[3, 3], rel=1e-7))
    contrast = np.array([0, 0, 1, 6])
    assert later.var == pytest.approx(contrast @ expected @ contrast, rel=1e-7)


def test_centers_of_a_series_average_and_a_comparison_adds_its_own_error() -> None:
    one = f.interrupted_series(24, 12, 0.3, var=2.0)
    assert f.interrupted_series(24, 12, 0.3).var * 2 == pytest.approx(one.var)
    many = f.interrupted_series(24, 12, 0.3, var=2.0, centers=10, var_effect=0.5, comparison=20)
    assert many.var == pytest.approx(one.var / 10 + one.var / 20 + 0.05)
    assert one.df == inf
    assert f.interrupted_series(24, 12, 0.3, df=20).df == 20


def test_missing_months_cost() -> None:
    reported = [month for month in range(24) if month % 5 not in (1, 3, 4)]  # 40% of reports
    assert f.interrupted_series(reported, 12, 0.3).var > 1.5 * f.interrupted_series(24, 12, 0.3).var
