"""Measures of performance against formulas by hand, published figures, and the scatter of the measures themselves."""

from __future__ import annotations

import json
from math import isnan, sqrt
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from bscsim.trial.cluster_stats import BOUNDARY, FAILED, OK, Array, Estimates
from bscsim.trial.estimators.inference import t_inference
from bscsim.trial.failures import fall_back, rejections
from bscsim.trial.performance import Performance, performance
from bscsim.trial.share import Share
from bscsim.trial.size_adjusted import size_adjusted_power


def z_tests(b: Any, se: Any = 1.0, status: Any = OK, df: float = np.inf) -> Estimates:
    b = np.asarray(b, float)
    return t_inference(b, np.broadcast_to(se, b.shape) * 1.0, np.full(b.shape, df), np.broadcast_to(status, b.shape))


B = [0.3, 1.1, -0.4, 0.9, 2.6]
SE = [0.5, 0.6, 0.4, 0.7, 0.5]


def test_measures_of_five_fits_by_hand() -> None:
    """Morris et al. 2019, Table 6, sum by sum; a failed sixth fit is counted and changes none of them."""
    found = performance(z_tests([*B, np.nan], [*SE, 1.0], [OK, OK, BOUNDARY, OK, OK, OK]), 0.8)
    assert (found.replicates, found.ok, found.boundary, found.failed) == (6, 4, 1, 1)
    n, mean = 5, sum(B) / 5
    assert mean == pytest.approx(0.9)
    squares = sum((b - mean) ** 2 for b in B)
    empirical = sqrt(squares / (n - 1))
    assert (found.bias.value, found.bias.mcse) == pytest.approx((0.1, sqrt(squares / (n * (n - 1)))))
    assert found.empirical_se.value == pytest.approx(empirical)
    assert found.empirical_se.mcse == pytest.approx(empirical / sqrt(2 * (n - 1)))
    variances = [se**2 for se in SE]
    model = sqrt(sum(variances) / n)
    spread = sum((v - model**2) ** 2 for v in variances) / (n - 1)
    assert found.model_se.value == pytest.approx(model)
    assert found.model_se.mcse == pytest.approx(sqrt(spread / (4 * n * model**2)))
    relative = found.relative_error_of_model_se
    assert relative.value == pytest.approx(model / empirical - 1)
    error = model / empirical * sqrt(spread / (4 * n * model**4) + 1 / (2 * (n - 1)))
    assert relative.mcse == pytest.approx(error)
    mse = sum((b - 0.8) ** 2 for b in B) / n
    wide = sqrt(sum(((b - 0.8) ** 2 - mse) ** 2 for b in B) / (n * (n - 1)))
    assert (found.mse.value, found.mse.mcse) == pytest.approx((mse, wide))
    assert found.coverage == Share(3, 5)  # not of -.4 and 2.6, with 1.96 standard errors
    assert found.bias_eliminated_coverage == Share(3, 5)
    assert found.power == {"exclude": Share(1, 5), "non_rejection": Share(1, 6), "fallback": None}
    assert (found.type_s, found.type_m.value) == (Share(0, 1), pytest.approx(2.6 / 0.8))  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),  # statsmodels 0.15.0, proportion_confint(method="wilson")
    [
        (80, 100, 0.7111708344068411, 0.8666330666689676),
        (0, 50, 0.0, 0.07134759913335874),
        (50, 50, 0.9286524008666412, 1.0),
        (3, 1000, 0.0010207838811386195, 0.008783014053503176),
    ],
)
def test_the_interval_of_wilson(count: int, of: int, low: float, high: float) -> None:
    share = Share(count, of)
    assert (share.low, share.high) == pytest.approx((low, high), abs=1e-14)
    assert share.mcse == pytest.approx(sqrt(count / of * (1 - count / of) / of))


def test_type_s_and_type_m_of_gelman_and_carlin() -> None:
    """Their example, effect 2 with standard error 8.1: power .06, type S error 24%, exaggeration 9.7 (p. 644). All
    three exactly, by the normal distribution; theirs are from 10,000 draws, so that the 9.7 has an error of .06."""
    rng = np.random.default_rng(1)
    found = performance(z_tests(2 + 8.1 * rng.normal(size=200_000), 8.1), 2.0)
    power, wrong, ratio = found.power["exclude"], found.type_s, found.type_m
    assert power is not None
    assert wrong is not None
    assert ratio is not None
    assert round(power.value, 2) == 0.06
    assert abs(wrong.value - 0.24) <= 0.005 + 3 * wrong.mcse
    assert abs(ratio.value - 9.7) <= 3 * 0.06
    shift, critical = 2 / 8.1, norm.ppf(0.975)
    up, down = norm.sf(critical - shift), norm.cdf(-critical - shift)
    far = shift * (up - down) + norm.pdf(critical - shift) + norm.pdf(critical + shift)  # E |z| 1(|z| > critical)
    assert abs(ratio.value - far / (up + down) / shift) <= 4 * ratio.mcse
    assert abs(power.value - up - down) <= 4 * power.mcse
    assert abs(wrong.value - down / (up + down)) <= 4 * wrong.mcse
    mirrored = performance(z_tests(-(2 + 8.1 * np.random.default_rng(1).normal(size=200_000)), 8.1), -2.0)
    assert (mirrored.type_s, mirrored.type_m) == (wrong, ratio)
    none = performance(z_tests([3.0]), 0.0)
    assert (none.type_s, none.type_m) == (None, None)


def test_rules_for_failures() -> None:
    """Of ten fits three failed and four of the others reject; in the failed ones the fallback rejects, does not, and
    fails too."""
    main = z_tests([5.0] * 4 + [0.0] * 3 + [9.0] * 3, 1.0, [OK] * 7 + [FAILED] * 3)
    other = z_tests([0.0] * 7 + [5.0, 0.0, 5.0], 1.0, [OK] * 9 + [FAILED])
    found = rejections(main, 0.05, other)
    assert found == {"exclude": Share(4, 7), "non_rejection": Share(4, 10), "fallback": Share(5, 10)}
    joined = fall_back(main, other)
    assert joined.status.tolist() == [OK] * 9 + [FAILED]
    assert joined.b[:9].tolist() == [5.0] * 4 + [0.0] * 3 + [5.0, 0.0]
    assert isnan(joined.b[9])
    assert performance(main, 0.0, fallback=other).power == found
    nothing = performance(z_tests([1.0, 2.0], 1.0, FAILED), 1.0)
    assert nothing.failed == 2
    assert nothing.power == {"exclude": Share(0, 0), "non_rejection": Share(0, 2), "fallback": None}
    assert json.loads(json.dumps(nothing.as_dict(), allow_nan=False))["bias"] == {"value": None, "mcse": None}


def test_p_equal_to_alpha_rejects() -> None:
    """A randomization test has p-values on a grid with alpha on it."""
    found = z_tests([1.0, 1.0])._replace(p=np.array([0.05, 0.0501]))
    assert rejections(found, 0.05)["exclude"] == Share(1, 2)


def test_intervals_that_do_not_exist_are_not_counted_and_endless_ones_cover() -> None:
    low, high = np.array([np.nan, -np.inf, 5.0]), np.array([np.nan, np.inf, 6.0])
    found = z_tests([1.0, 1.0, 1.0])._replace(low=low, high=high)
    assert performance(found, 1.0).coverage == Share(1, 2)


def test_the_realized_effect_is_covered_more_often_where_effects_vary() -> None:
    """Sampling variance 1, variance of the realized effect 3: the interval for their sum is twice too wide for it."""
    rng = np.random.default_rng(3)
    real = 1 + sqrt(3) * rng.normal(size=20_000)
    found = performance(z_tests(real + rng.normal(size=20_000), 2.0), 1.0, realized=real)
    own = found.coverage_of_realized
    assert own is not None
    assert abs(found.coverage.value - 0.95) <= 4 * found.coverage.mcse
    assert abs(own.value - (2 * norm.cdf(2 * norm.ppf(0.975)) - 1)) <= 4 * max(own.mcse, 1e-4)
    assert found.target.mcse == 0


RUNS, R = 600, 250


def scattered(make: Any, runs: int = RUNS) -> tuple[Array, Array]:
    """Values and stated errors [runs] of a measure of many small studies of R replicates."""
    rng = np.random.default_rng(8)
    found = [make(rng) for _ in range(runs)]
    return np.array([measure.value for measure in found]), np.array([measure.mcse for measure in found])


def errors_are_honest(values: Array, errors: Array, tolerance: float = 0.12) -> None:
    """The scatter of a measure over studies is what each study says of it, within 4 standard errors of the scatter
    (4 / sqrt(2 RUNS) = .12)."""
    assert np.sqrt(np.mean(errors**2)) == pytest.approx(values.std(ddof=1), rel=tolerance)


@pytest.mark.parametrize("name", ["bias", "empirical_se", "model_se", "relative_error_of_model_se", "mse", "coverage"])
def test_monte_carlo_errors_are_the_scatter_of_the_measure(name: str) -> None:
    def study(rng: np.random.Generator) -> Any:
        se = np.sqrt(rng.chisquare(6, size=R) / 6)
        return getattr(performance(z_tests(0.5 + rng.normal(size=R), se), 0.4), name)

    errors_are_honest(*scattered(study))


@pytest.mark.parametrize("shared", [0.0, 0.9])
def test_the_error_of_bias_knows_what_the_target_shares_with_the_estimates(shared: float) -> None:
    """Target: the mean of realized effects of all replicates, of which the estimates of a fifth failed."""

    def study(rng: np.random.Generator) -> Any:
        real = 1 + rng.normal(size=R)
        b = shared * real + 0.5 * rng.normal(size=R)
        found = z_tests(b, 1.0, np.where(rng.random(R) < 0.2, FAILED, OK))
        return performance(found, realized=real).bias

    errors_are_honest(*scattered(study))


def liberal(rng: np.random.Generator, effect: float, size: int = R) -> tuple[Estimates, Estimates]:
    """A test that takes its standard errors, on five degrees of freedom, for known; under the truth and the null."""
    z, se = rng.normal(size=size), np.sqrt(rng.chisquare(5, size=size) / 5)
    return z_tests(z + effect, se), z_tests(z, se)


def test_size_adjusted_power_is_that_of_the_right_critical_value() -> None:
    """With t on 5 df in the place of z the test has its size; power by the noncentral t. Unadjusted it rejects more."""
    from scipy.stats import nct, t

    truth, null = liberal(np.random.default_rng(4), 2.5, 40_000)
    found = performance(truth, 2.5, null=null)
    critical = t.ppf(0.975, 5)
    exact = nct.sf(critical, 5, 2.5) + nct.cdf(-critical, 5, 2.5)
    adjusted, plain = found.size_adjusted_power, found.power["exclude"]
    assert adjusted is not None
    assert plain is not None
    assert abs(adjusted.power.value - exact) <= 4 * adjusted.power.mcse
    assert adjusted.critical_p == pytest.approx(2 * norm.sf(critical), rel=0.2)
    assert plain.value - exact > 20 * plain.mcse


@pytest.mark.parametrize(("paired", "effect"), [(True, 2.0), (False, 2.0), (True, 3.5)])
def test_the_error_of_size_adjusted_power(paired: bool, effect: float) -> None:
    """It counts the critical value's: without, it would be half of the scatter at effect 2."""

    def study(rng: np.random.Generator) -> Any:
        truth, null = liberal(rng, effect, 1000)
        if not paired:
            _, null = liberal(rng, effect, 1000)
        return size_adjusted_power(truth, null, paired=paired).power

    values, errors = scattered(study, 400)
    errors_are_honest(values, errors, tolerance=0.15)
    mean = values.mean()
    assert effect > 3 or sqrt(mean * (1 - mean) / 1000) < 0.75 * values.std()


def test_size_adjusted_power_of_the_null_itself_has_no_error() -> None:
    """What the same replicates share is all there is: the share of p <= c is alpha by construction. With replicates of
    its own it has the error of a share and that of c."""
    null = liberal(np.random.default_rng(5), 0.0, 999)[1]
    same = size_adjusted_power(null, null).power
    assert same.value == 50 / 999
    assert same.mcse < 1e-4
    apart = size_adjusted_power(null, null, paired=False).power
    assert apart.mcse == pytest.approx(sqrt(2 * 0.05 * 0.95 / 999), rel=0.01)


def discrete(p: Any) -> Estimates:
    nothing = np.zeros(len(p))
    return Estimates(nothing, nothing, nothing, np.asarray(p), nothing, nothing, nothing.astype(np.int8))


@pytest.mark.parametrize(("ways", "critical"), [(20, 0.0), (32, None), (70, None), (200, None)])
def test_the_critical_value_of_coarse_p_values_is_below_a_tie(ways: int, critical: float | None) -> None:
    """Exact tests of 3 v 3, five pairs, 4 v 4 centers have p = 2 k / ways: with a tie taken whole they exceed alpha.

    That of 3 v 3 can never reject at .05, whatever the sample.
    """
    rng = np.random.default_rng(0)

    def study(rng: np.random.Generator) -> tuple[Estimates, Estimates]:
        null = rng.integers(1, ways // 2 + 1, 1000) * 2 / ways
        return discrete(np.minimum(null, rng.integers(1, ways // 2 + 1, 1000) * 2 / ways)), discrete(null)

    for _ in range(50):
        truth, null = study(rng)
        found = size_adjusted_power(truth, null)
        assert (null.p <= found.critical_p).mean() <= 0.05
        assert critical is None or found.critical_p == pytest.approx(critical)
        assert found.power.value == (truth.p <= found.critical_p).mean()
        assert critical is None or (found.power.value, found.power.mcse) == (0.0, 0.0)


def test_a_critical_value_that_no_sample_changes_adds_no_error() -> None:
    """p of .02 and .2: at .05 the second atom is never within reach, so that power has the error of a share."""
    rng = np.random.default_rng(3)
    null = np.repeat([0.02, 0.2, 0.6], [20, 180, 800])
    truth = rng.permutation(np.repeat([0.02, 0.2, 0.6], [400, 300, 300]))
    found = size_adjusted_power(discrete(truth), discrete(null), paired=False)
    assert (found.critical_p, found.power.value) == (0.02, 0.4)
    assert found.power.mcse == pytest.approx(sqrt(0.4 * 0.6 / 1000))


def test_size_adjustment_needs_enough_replicates() -> None:
    null = z_tests(np.linspace(0.1, 3, 18))
    assert isnan(size_adjusted_power(null, null).power.value)
    enough = z_tests(np.linspace(0.1, 3, 19))
    assert size_adjusted_power(enough, enough).power.value == pytest.approx(1 / 19)
    failed = z_tests([1.0], 1.0, FAILED)
    assert isnan(size_adjusted_power(failed, enough, paired=False).critical_p)
    with pytest.raises(ValueError, match="18 replicates cannot be paired with 19; say paired=False"):
        size_adjusted_power(null, enough)


def test_plain_data_has_all_measures() -> None:
    found = performance(z_tests(B, SE), 0.8, realized=B, null=z_tests(B, SE), fallback=z_tests(B))
    made = json.loads(json.dumps(found.as_dict(), allow_nan=False))
    assert list(made) == list(Performance.__dataclass_fields__)
    assert made["power"]["exclude"] == Share(1, 5).as_dict()
    assert made["size_adjusted_power"] == {"value": None, "mcse": None, "critical_p": None}
    assert made["coverage_of_realized"]["value"] == 1


def test_bad_arguments() -> None:
    found = z_tests(B)
    with pytest.raises(ValueError, match="needs the truth, or the realized effects"):
        performance(found)
    with pytest.raises(ValueError, match=r"realized has the shape \(4,\); there are 5 replicates"):
        performance(found, realized=B[:4])
    with pytest.raises(ValueError, match="alpha is 5; it must lie between 0 and 1"):
        performance(found, 0.8, alpha=5)
    with pytest.raises(ValueError, match="fallback has 1 replicates, the estimates have 5"):
        performance(found, 0.8, fallback=z_tests([1.0]))
