"""Power, minimum detectable effect and sample size against direct integration, scipy and a scan of all sizes."""

from __future__ import annotations

from math import inf, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from bscsim.trial.formulas import (
    Precision,
    TooFew,
    least_clusters,
    mdes,
    normal_size,
    power,
    sample_size,
    two_level,
    units_for_fixed_clusters,
)

POSITIVE = st.floats(0.001, 10)
DEGREES = st.one_of(st.floats(1, 200), st.just(inf))


def by_integration(effect: float, se: float, df: float, alpha: float, sides: int) -> float:
    """Average over the estimated standard error of the normal chance of rejection."""
    critical = stats.t.isf(alpha / sides, df)
    chi = stats.chi(df)

    def given_error(root: float) -> float:
        limit = critical * root / sqrt(df)
        low = stats.norm.cdf(-limit - effect / se) if sides == 2 else 0.0
        return float((stats.norm.sf(limit - effect / se) + low) * chi.pdf(root))

    return float(integrate.quad(given_error, chi.ppf(1e-13), chi.isf(1e-13), epsabs=1e-12, limit=300)[0])


@pytest.mark.parametrize("df", [1, 2, 3.4, 5.399654, 18, 78])
@pytest.mark.parametrize("effect", [0.0, 0.1, 0.8, 3.0, -0.8])
@pytest.mark.parametrize(("alpha", "sides"), [(0.05, 2), (0.05, 1), (0.01, 2)])
def test_power_is_that_of_the_estimated_standard_error(df: float, effect: float, alpha: float, sides: int) -> None:
    found = power(effect, Precision(0.09, df), alpha=alpha, sides=sides)
    assert found == pytest.approx(by_integration(effect, 0.3, df, alpha, sides), abs=1e-8)


@pytest.mark.parametrize("effect", [0.0, 0.5, 2.0, 40.0])
def test_power_is_that_of_scipys_noncentral_t_and_of_the_normal(effect: float) -> None:
    limit = stats.t.isf(0.025, 7)
    expected = stats.nct.sf(limit, 7, effect) + np.nan_to_num(stats.nct.cdf(-limit, 7, effect))
    assert power(effect, Precision(1.0, 7)) == pytest.approx(expected, abs=1e-12)
    normal = stats.norm.sf(1.959963984540054 - effect) + stats.norm.cdf(-1.959963984540054 - effect)
    assert power(effect, Precision(1.0)) == pytest.approx(normal, abs=1e-12)


@given(DEGREES, st.floats(0.001, 0.2), st.sampled_from([1, 2]))
def test_without_an_effect_power_is_the_level(df: float, alpha: float, sides: int) -> None:
    assert power(0.0, Precision(2.0, df), alpha=alpha, sides=sides) == pytest.approx(alpha, abs=1e-10)


@given(POSITIVE, DEGREES, st.floats(0.3, 0.99), st.floats(0.001, 0.2), st.sampled_from([1, 2]))
def test_mdes_and_power_invert_each_other(var: float, df: float, target: float, alpha: float, sides: int) -> None:
    precision = Precision(var, df)
    effect = mdes(precision, power=target, alpha=alpha, sides=sides)
    assert power(effect, precision, alpha=alpha, sides=sides) == pytest.approx(target, abs=1e-8)


def test_the_multiplier_is_right_for_the_normal_and_too_small_for_few_degrees() -> None:
    quantiles = stats.norm.ppf(0.975) + stats.norm.ppf(0.8)
    assert mdes(Precision(4.0), convention="multiplier") == pytest.approx(2 * quantiles, abs=1e-9)
    assert mdes(Precision(4.0)) == pytest.approx(2 * quantiles, abs=1e-4)
    ratio = {df: mdes(Precision(1, df), convention="multiplier") / mdes(Precision(1, df)) for df in (1, 2, 3, 10, 40)}
    assert ratio == pytest.approx({1: 0.86, 2: 0.95, 3: 0.98, 10: 1.0, 40: 1.0}, abs=0.005)


@given(st.floats(0.05, 1), st.floats(0, 0.4), st.integers(1, 50), st.floats(1.01, 3))
def test_more_clusters_units_and_effect_give_more_power(effect: float, icc: float, units: int, more: float) -> None:
    least = power(effect, two_level(12, units, icc))
    slack = least - 1e-12
    assert power(effect, two_level(12 * more, units, icc)) > min(slack, 1 - 1e-9)
    assert power(effect, two_level(12, units * more, icc)) > slack
    assert power(effect * more, two_level(12, units, icc)) > min(slack, 1 - 1e-9)
    assert power(effect, two_level(12, units, icc + 0.1)) < least + 1e-12


@pytest.mark.parametrize(("low", "step"), [(1, 1), (3, 1), (4, 2), (5, 7), (60, 1)])
@pytest.mark.parametrize("effect", [0.25, 0.6, 1.5, 9.0])
def test_sample_size_is_the_first_that_a_scan_finds(low: int, step: int, effect: float) -> None:
    def enough(clusters: int) -> bool:
        return clusters > 2 and power(effect, two_level(clusters, 10, 0.1)) >= 0.8

    scan = next(size for size in range(low, 1000, step) if enough(size))
    assert sample_size(lambda clusters: two_level(clusters, 10, 0.1), effect, between=(low, 1000), step=step) == scan


def test_a_ceiling_is_named_and_says_what_would_be_found() -> None:
    """With 8 clusters, no number of units helps: the variance ends at 4 icc/8."""
    with pytest.raises(ValueError, match=r"no size up to 10000 reaches power 0\.8 .* has 0\.2\d\d and finds 0\.7"):
        sample_size(lambda units: two_level(8, units, 0.1), 0.3, between=(1, 10_000))


def test_faults_of_the_design_are_not_taken_for_small_size() -> None:
    with pytest.raises(ValueError, match=r"icc must be at least 0 and below 1, not 1\.1"):
        sample_size(lambda clusters: two_level(clusters, 10, 1.1), 0.3)


@given(st.floats(0.001, 5), st.floats(0.05, 2), st.floats(0.5, 0.99))
def test_normal_size_has_the_power(var: float, effect: float, target: float) -> None:
    size = normal_size(var, effect, power=target)
    wrong = stats.norm.cdf(-1.959963984540054 - effect / sqrt(var / size))  # the tail that the formula neglects
    assert power(effect, Precision(var / size)) == pytest.approx(target + wrong, abs=1e-9)


@given(st.floats(0.1, 1), st.floats(0.001, 0.3), st.floats(1.01, 5))
def test_units_for_fixed_clusters_reach_the_power_and_fewer_clusters_never_do(
    effect: float, icc: float, more: float
) -> None:
    least = least_clusters(effect, icc)
    units = units_for_fixed_clusters(least * more, effect, icc)
    var = two_level(2 * least * more + 4, units, icc).var * (2 * least * more + 4) / (2 * least * more)
    assert power(effect, Precision(var)) == pytest.approx(0.8, abs=1e-4)
    assert power(effect, Precision(2 * icc / least)) == pytest.approx(0.8, abs=1e-4)  # units without end
    with pytest.raises(ValueError, match="no cluster size reaches the power"):
        units_for_fixed_clusters(least * 0.999, effect, icc)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Precision(0.0, 5), "var must be above 0, not 0.0"),
        (lambda: Precision(float("nan"), 5), "var must be above 0, not nan"),
        (lambda: power(0.3, Precision(1), alpha=0), "alpha must be above 0 and below 1, not 0"),
        (lambda: power(0.3, Precision(1), sides=3), "sides must be 1 or 2, not 3"),
        (lambda: power(float("nan"), Precision(1)), "effect must be at least -inf, not nan"),
        (lambda: mdes(Precision(1), power=0.04), "power must be above 0.05 and below 1, not 0.04"),
        (lambda: sample_size(lambda n: Precision(1 / n), 0.3, between=(5, 4)), "between must be two rising sizes"),
        (lambda: normal_size(1, 0), "effect must not be 0"),
    ],
)
def test_bad_input_says_what_is_allowed(call: object, message: str) -> None:
    assert callable(call)
    with pytest.raises(ValueError, match=message):
        call()


def test_no_degree_of_freedom_is_a_reason_of_its_own() -> None:
    with pytest.raises(TooFew, match="leaves 0 degrees of freedom"):
        two_level(2, 20, 0.1)
