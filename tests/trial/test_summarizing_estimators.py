"""Power, size, bias and failures of a summary against exact distributions and a plain loop over replicates."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt
from typing import Any

import numpy as np
import pytest
from scipy import stats

from bscsim.trial import formulas
from bscsim.trial.cluster_stats import BOUNDARY, FAILED, OK
from bscsim.trial.estimators.inference import t_inference
from bscsim.trial.formulas import Precision
from bscsim.trial.gaussian import GaussianTruth
from bscsim.trial.settings import TargetSettings
from bscsim.trial.summarizing.estimator_rows import estimator_data
from bscsim.trial.summarizing.sizes import size_of
from tests.trial.summarizing_cases import analysis, columns, trial_of


@pytest.mark.parametrize("sides", [1, 2])
def test_power_size_and_mdes_are_those_of_the_noncentral_t(sides: int) -> None:
    """Exact t data: known power, known size under both nulls, known minimum detectable effect."""
    trial = trial_of(target=TargetSettings(sides=sides))
    made = estimator_data(trial, columns(R=20_000), "cluster_t", 20_000)
    precision = Precision(0.1**2, 8)
    expected = formulas.power(0.3, precision, sides=sides)
    assert abs(made["power"]["value"] - expected) < 3 * made["power"]["mcse"]
    for null in ("type1_sharp", "type1_average"):
        assert abs(made[null]["value"] - 0.05) < 3 * sqrt(0.05 * 0.95 / 20_000)
    assert made["size_verdict"] == "holds"
    assert made["size_reason"] == ""
    assert abs(made["size_adjusted_power"]["value"] - expected) < 3 * made["size_adjusted_power"]["mcse"]
    least = formulas.mdes(precision, sides=sides)
    assert made["mdes"]["low"] < least < made["mdes"]["high"]
    assert made["mdes"]["value"] == pytest.approx(least, rel=0.03)
    assert made["mdes"]["sd"] == made["mdes"]["value"]  # the standardizer is 1
    assert made["mean_df"] == 8
    assert abs(made["coverage"]["value"] - 0.95) < 3 * made["coverage"]["mcse"] + 0.003
    assert made["empirical_se"]["value"] == pytest.approx(0.1, rel=0.02)
    assert made["model_se"]["value"] == pytest.approx(0.1, rel=0.02)


@pytest.mark.parametrize(("sides", "effect"), [(2, 0.3), (1, 0.3), (1, -0.3), (2, -0.3)])
def test_counts_are_those_of_a_loop_over_replicates(sides: int, effect: float) -> None:
    data = columns(R=300, effect=effect)
    made = estimator_data(trial_of(target=TargetSettings(sides=sides)), data, "cluster_t", 300)
    mean = sum(data["cluster_t.b"]) / 300
    power = size = 0
    for b, se, df in zip(*(data[f"cluster_t.{part}"] for part in ("b", "se", "df")), strict=True):
        critical = stats.t.ppf(1 - 0.05 / sides, df)
        power += (b / se if sides == 1 else abs(b / se)) >= critical
        size += ((b - mean) / se if sides == 1 else abs(b - mean) / se) >= critical
    assert made["power"]["value"] == pytest.approx(power / 300)
    assert made["type1_average"]["value"] == pytest.approx(size / 300)
    if effect < 0 and sides == 1:
        assert power < 5  # harm is not help


def test_a_biased_design_shows_its_bias_as_type_one_error_and_a_randomized_one_does_not() -> None:
    data = columns(effect=0.1, bias=0.4, sharp_bias=0.4)
    before_after = estimator_data(trial_of(type="pre_post"), data, "cluster_t", 4000)
    expected = formulas.power(0.4, Precision(0.1**2, 8))
    for null in ("type1_sharp", "type1_average"):
        assert abs(before_after[null]["value"] - expected) < 4 * before_after[null]["mcse"] + 0.01
    assert before_after["size_verdict"] == "too high"
    assert "no comparison group" in before_after["size_reason"]
    assert before_after["bias"]["value"] == pytest.approx(0.4, abs=0.01)
    parallel = estimator_data(trial_of(), data, "cluster_t", 4000)
    assert abs(parallel["type1_average"]["value"] - 0.05) < 3 * sqrt(0.05 * 0.95 / 4000)
    assert parallel["bias"]["value"] == before_after["bias"]["value"]
    assert parallel["mdes"] == before_after["mdes"]  # precision, not bias


def test_self_report_is_measured_against_both_truths() -> None:
    data = columns(effect=0.5)
    data["truth.effect"] = data["truth.effect"] - 0.2
    made = estimator_data(trial_of(), data, "cluster_t", 4000)
    assert made["bias"]["value"] == pytest.approx(0.2, abs=0.01)
    assert made["bias_measured"]["value"] == pytest.approx(0.0, abs=0.01)
    gap = data["cluster_t.b"] - data["truth.measured"]
    assert made["bias_measured"]["mcse"] == pytest.approx(gap.std(ddof=1) / sqrt(4000))


def test_a_typed_effect_is_the_target_without_error() -> None:
    truth = GaussianTruth(0.35, var={"center": 0.1, "residual": 0.9})
    made = estimator_data(replace(trial_of(), truth=truth), columns(R=500), "cluster_t", 500)
    b = columns(R=500)["cluster_t.b"]
    assert made["bias"] == {"value": pytest.approx(b.mean() - 0.35), "mcse": pytest.approx(b.std(ddof=1) / sqrt(500))}


def test_failed_and_boundary_fits_are_counted_under_three_rules() -> None:
    data = columns(("cluster_t", "partially_nested"), R=10)
    b = np.array([1.0, 1.0, 0.0, 0.0, np.nan, np.nan, np.nan, np.nan, 1.0, 0.0])
    status = np.array([OK, BOUNDARY, OK, OK, FAILED, FAILED, FAILED, FAILED, OK, OK])
    found = t_inference(b, np.full(10, 0.1), np.full(10, 50.0), status)
    data |= {f"partially_nested.{part}": np.asarray(v, float) for part, v in found._asdict().items()}
    other = t_inference(np.array([0.0] * 4 + [1.0, 1.0, 0.0, np.nan] + [0.0] * 2), np.full(10, 0.1), np.full(10, 50.0),
                        np.zeros(10))  # fmt: skip
    data |= {f"cluster_t.{part}": np.asarray(v, float) for part, v in other._asdict().items()}
    made = estimator_data(trial_of(), data, "partially_nested", 12)
    counts = {name: made[name] for name in ("asked", "fitted", "converged", "boundary", "failed")}
    assert counts == {"asked": 12, "fitted": 6, "converged": 6, "boundary": 1, "failed": 4}
    assert made["power"]["value"] == 3 / 6
    assert made["power_failures_as_misses"]["value"] == 3 / 10
    assert made["power_fallback"]["value"] == 5 / 10  # two of the four failed are rejected by the cluster t
    assert estimator_data(trial_of(), data, "cluster_t", 12)["power_fallback"] is None


def test_the_randomization_test_has_its_own_average_null_or_none() -> None:
    data = columns(("randomization",), R=400)
    data["randomization.df"] = np.full(400, np.nan)
    without = estimator_data(trial_of(), data, "randomization", 400)
    assert (without["type1_average"], without["size_adjusted_power"], without["mdes"]) == (None, None, None)
    assert without["type1_sharp"] is not None
    p = np.full(400, 0.5)
    p[:100] = 0.01
    made = estimator_data(trial_of(), data | {"randomization.average.p": p}, "randomization", 400)
    assert made["type1_average"]["value"] == 0.25
    assert "exact for the sharp null only" in made["size_reason"]
    assert made["size_adjusted_power"] is None, "a quarter of all at the smallest p: there is no test at .05"


def test_an_effect_unknown_in_some_replicates_leaves_power_alone() -> None:
    data = columns(R=200)
    whole = estimator_data(trial_of(), data, "cluster_t", 200)
    data["truth.effect"] = np.where(np.arange(200) < 50, np.nan, data["truth.effect"])
    made = estimator_data(trial_of(), data, "cluster_t", 200)
    assert made["power"] == whole["power"]
    b, true = data["cluster_t.b"][50:], data["truth.effect"][50:]
    assert made["bias"]["value"] == pytest.approx(b.mean() - true.mean())
    assert made["failed"] == 0


def test_an_estimator_without_columns_is_empty_and_one_without_fits_too() -> None:
    absent = estimator_data(trial_of(), columns(R=50), "gee", 50)
    assert absent["power"] is None
    assert absent["fitted"] == 0
    data = columns(R=50)
    full = estimator_data(trial_of(), data, "cluster_t", 50)
    for part in ("b", "se", "df", "p", "low", "high"):
        data[f"cluster_t.{part}"] = np.full(50, np.nan)
    data["cluster_t.status"] = np.full(50, float(FAILED))
    none = estimator_data(trial_of(), data, "cluster_t", 50)
    assert set(absent) == set(full) == set(none)
    assert (none["failed"], none["power"], none["mdes"], none["bias"]) == (50, None, None, None)
    assert none["power_failures_as_misses"]["value"] == 0


def fits(rejected: int, of: int, status: int = OK, se: float = 1.0) -> Any:
    """So many rejections of so many z tests, with a spread of about 1."""
    b = np.zeros(of)
    b[:rejected] = 5.0 * se
    b[rejected:] = np.random.default_rng(0).uniform(-1, 1, of - rejected)
    return t_inference(b, np.full(of, se), np.full(of, np.inf), np.full(of, status))


@pytest.mark.parametrize(
    ("rejected", "verdict"),  # 1,000 fits: the band is .05 -+ 3 sqrt(.05 .95 / 1000) = .0293 to .0707
    [(29, "too low"), (30, "holds"), (50, "holds"), (70, "holds"), (71, "too high")],
)
def test_a_size_holds_within_three_errors(rejected: int, verdict: str) -> None:
    for sharp, average in ((rejected, 50), (50, rejected)):
        assert size_of(trial_of(), "cluster_t", fits(sharp, 1000), fits(average, 1000)).verdict == verdict


def test_too_few_replicates_say_so_unless_the_size_is_far_off() -> None:
    few = size_of(trial_of(), "cluster_t", fits(2, 100), fits(3, 100))
    assert few.verdict == "too few replicates"
    assert "172 fits" in few.reason  # 9 x .95 / .05 = 171
    assert size_of(trial_of(), "cluster_t", fits(2, 100), fits(30, 100)).verdict == "too high"
    assert size_of(trial_of(), "cluster_t", None, None).verdict == "too few replicates"


@pytest.mark.parametrize(
    ("name", "design", "sharp", "average", "words"),
    [
        ("cluster_t_centers", {}, 50, 150, "under the average null: centers of a collaborative share its effect"),
        ("lmm_kr", {}, 50, 150, "partial nesting"),
        ("partially_nested", {}, 90, 150, "under both nulls: with 6 collaboratives"),
        ("partially_nested_dropped", {}, 50, 150, "boundary"),
        ("cluster_t_centers", {}, 90, 200, "(partial nesting); besides, under the sharp null too, the standard error"),
        ("lmm_kr", {"collaboratives": 2, "centers_per_collaborative": 2, "control_centers": 2}, 90, 200,
         "(partial nesting); besides, under the sharp null too, with 6 centers"),
        ("gee_centers", {}, 20, 200, "(partial nesting); under the sharp null it is too low: "),
        ("cluster_t_centers", {}, 20, 50, "; under the average null more are rejected, as centers of a collaborative"),
        ("paired_t_centers", {"type": "pre_post"}, 150, 300, "passes for an effect; besides, centers of a"),
        ("cluster_t", {"type": "matched_comparison"}, 150, 150, "(selection)"),
        ("segmented", {"type": "interrupted_series"}, 150, 50, "under the sharp null: season"),
        ("gee_md", {}, 50, 10, "% too large"),
        ("randomization", {}, 10, 50, "coarse"),
        ("lmm_kr", {"type": "stepped_wedge"}, 50, 10, "either their periods or the units measured again"),
    ],
)
def test_a_size_that_does_not_hold_has_a_reason(name: str, design: Any, sharp: int, average: int, words: str) -> None:
    assert words in size_of(trial_of(**design), name, fits(sharp, 1000), fits(average, 1000)).reason


def test_a_wrong_standard_error_and_boundary_fits_are_named() -> None:
    many = trial_of(collaboratives=40)
    draws = np.random.default_rng(1).normal(size=1000)
    wide = t_inference(draws, np.full(1000, 0.5), np.full(1000, 99.0), np.zeros(1000))
    assert "% too small" in size_of(many, "cluster_t", wide, wide).reason
    shy = fits(5, 1000, BOUNDARY)
    assert "100% of the fits" in size_of(many, "partially_nested", shy, shy).reason
    assert analysis("gee").estimators == ("gee",)


def many_fits(rejected: int, *, ratio: float = 1.0, of: int = 1000, df: float = np.inf, status: int = OK) -> Any:
    """So many rejections, with a model standard error that is so many times the spread of the estimates."""
    b = np.random.default_rng(3).normal(size=of)
    made = t_inference(b, np.full(of, ratio * b.std(ddof=1)), np.full(of, df), np.full(of, status))
    return made._replace(p=np.where(np.arange(of) < rejected, 0.01, 0.5))


def test_a_null_that_is_hardly_more_rejected_is_no_sign_of_nesting() -> None:
    """71 and 68 of 1,000: too high and not, and yet the same. Of the same replicates 20 more are clearly more."""
    close = size_of(trial_of(), "cluster_t_centers", many_fits(68), many_fits(71))
    assert close.verdict == "too high"
    assert "(partial nesting)" not in close.reason
    assert "(partial nesting)" in size_of(trial_of(), "cluster_t_centers", many_fits(68), many_fits(88)).reason
    apart = many_fits(88)._replace(p=many_fits(88).p[::-1])  # not the same replicates: within noise
    assert "(partial nesting)" not in size_of(trial_of(), "cluster_t_centers", many_fits(68), apart).reason
    assert "(partial nesting)" not in size_of(trial_of(), "cluster_t", many_fits(68), many_fits(200)).reason


def test_the_reason_beside_nesting_is_that_of_the_sharp_null() -> None:
    """Ignored nesting makes the standard error too small under the average null; that is no second reason."""
    sharp, average = many_fits(100), many_fits(300, ratio=0.5)
    assert "too small" not in size_of(trial_of(), "lmm_kr", sharp, average).reason
    both = size_of(trial_of(), "lmm_kr", many_fits(100, ratio=0.8), average).reason
    assert "(partial nesting)" in both
    assert "the standard error is on average 20% too small" in both


def test_a_sandwich_of_few_clusters_has_too_many_degrees_of_freedom() -> None:
    few = many_fits(100, df=14.0)
    for name, what in (("gee_centers", "centers"), ("gee", "collaboratives and control centers")):
        reason = size_of(trial_of(), name, few, few).reason
        assert f"under both nulls: the degrees of freedom, {what} less parameters (J - p, here 14" in reason
        assert "partial nesting" not in reason
    plenty = many_fits(100, df=94.0)
    assert "not among the known" in size_of(trial_of(), "gee_centers", plenty, plenty).reason
    assert "J - p, here 94" in size_of(trial_of(), "gee", plenty, plenty).reason  # six of them are collaboratives


@pytest.mark.parametrize(("of", "ratio", "named"), [(10_000, 1.06, True), (10_000, 1.04, False), (400, 1.06, False)])
def test_a_standard_error_is_named_beyond_its_monte_carlo_error(of: int, ratio: float, named: bool) -> None:
    """With a constant model SE the relative error's own is ratio / sqrt(2 (n - 1)): .038 of 400, .0075 of 10,000."""
    shy, bold = many_fits(of // 100, ratio=ratio, of=of), many_fits(of // 10, ratio=2 - ratio, of=of)
    low = size_of(trial_of(), "cluster_t", shy, shy).reason
    assert ("the standard error is on average 6.0% too large" in low) == named
    assert ("with 6 collaboratives the degrees of freedom" in low) != named
    high = size_of(trial_of(collaboratives=40), "cluster_t", bold, bold).reason
    assert ("the standard error is on average 6.0% too small" in high) == named


def test_a_variance_that_is_dropped_does_not_count_as_estimated() -> None:
    shy = many_fits(5, status=BOUNDARY, ratio=1.3)
    assert "counts as estimated" in size_of(trial_of(), "partially_nested", shy, shy).reason
    assert size_of(trial_of(), "partially_nested_dropped", shy, shy).reason == (
        "under both nulls: the standard error is on average 30% too large")
