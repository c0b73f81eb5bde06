"""Sizes of tests and targets of trials, with plain code beside the package's (T36 and D4 of model.md, issue 5).

Gaussian trials of thousands of replicates: who holds the level under both nulls, who does not, and whether the report
says so with the right reason. Then the model: what a large trial converges to, and which random numbers are shared.
Seeds are fixed, so a test that passes passes always. Tolerances are Monte Carlo standard errors (MCSE).
"""

from __future__ import annotations

from functools import cache
from math import sqrt
from typing import Any

import numpy as np
import pytest

import bscsim
from bscsim.trial.analyzing.analysis import of_sums
from bscsim.trial.analyzing.compute import Columns, columns_of_estimates, compute
from bscsim.trial.cluster_stats import FAILED, Array
from bscsim.trial.gaussian import GaussianTruth
from bscsim.trial.gaussian_trials import gaussian_trials
from bscsim.trial.parallel_trial import ParallelTrial
from bscsim.trial.settings import AnalysisSettings, AttritionSettings, DesignSettings, MeasureSettings
from bscsim.trial.summarizing.closed_form import closed_form_data
from bscsim.trial.summarizing.components import formula_inputs
from bscsim.trial.summarizing.estimator_rows import estimator_data
from bscsim.trial.trial import Trial

ALPHA, R, EFFECT = 0.05, 4000, 0.3
BAND = 3 * sqrt(ALPHA * (1 - ALPHA) / R)
ROBUST = ("cluster_t", "gee_md", "ols_cr2")
"""They know collaboratives, and are offered for few of them."""
NAIVE = ("cluster_t_centers", "gee_centers", "ols_cr2_centers", "lmm_kr")
"""They take centers for independent."""


def truth_of(tau2: float) -> GaussianTruth:
    return GaussianTruth(
        EFFECT, var={"collaborative": tau2, "center": 0.16, "center_period": 0.04, "staff": 0.4, "residual": 0.4}
    )


def layout(k: int, unequal: bool = False) -> ParallelTrial:
    """k collaboratives of six beside 24 centers; ten staff in each, or 2 to 30."""
    centers = 6 * k + 24
    sizes = np.maximum(2, np.round(10 * np.exp(np.linspace(-1.2, 1.1, centers)))).astype(int).tolist()
    return ParallelTrial(k, 6, 24, staff=sizes if unequal else 10)


@cache
def columns(k: int, tau2: float, names: tuple[str, ...], unequal: bool = False) -> Columns:
    worlds = [
        of_sums(gaussian_trials(truth_of(tau2), layout(k, unequal), 0, R, 11, null).stats, names, ALPHA, 11, 0)
        for null in ("none", "sharp")
    ]
    return columns_of_estimates(worlds)


def sharp(found: Columns, name: str) -> float:
    return float((found[f"{name}.sharp.p"] <= ALPHA).mean())


def average(found: Columns, name: str, df: Array | None = None) -> float:
    """Rejections of the effect that was typed in, by the intervals' own arithmetic; df: others than the estimator's."""
    from scipy.stats import t

    quantile = t.ppf(1 - ALPHA / 2, found[f"{name}.df"] if df is None else df)
    return float((np.abs(found[f"{name}.b"] - EFFECT) >= quantile * found[f"{name}.se"]).mean())


def reported(k: int, found: Columns, name: str) -> dict[str, Any]:
    """The row that the report has of an estimator."""
    design = DesignSettings(collaboratives=k, centers_per_collaborative=6, control_centers=24)
    trial = Trial(bscsim.Scenario(), design, {}, (AnalysisSettings(),), truth=truth_of(0.03))
    return estimator_data(trial, found | {"truth.effect": np.full(R, EFFECT)}, name, R)


# T36: who holds the level


@pytest.mark.parametrize(("k", "tau2"), [(4, 0.03), (8, 0.03), (8, 0.0)])
def test_tests_that_know_the_collaboratives_hold_their_size_under_both_nulls(k: int, tau2: float) -> None:
    found = columns(k, tau2, ROBUST)
    for name in ROBUST:
        assert abs(sharp(found, name) - ALPHA) <= BAND, name
        assert abs(average(found, name) - ALPHA) <= BAND, name
        assert reported(k, found, name)["size_verdict"] == "holds"


def test_unequal_sizes_leave_the_level_of_the_t_test() -> None:
    """Of 2 to 30 staff; the t test gives each center one vote."""
    found = columns(6, 0.03, ("cluster_t",), unequal=True)
    assert abs(sharp(found, "cluster_t") - ALPHA) <= BAND
    assert abs(average(found, "cluster_t") - ALPHA) <= BAND


def test_ignoring_partial_nesting_inflates_under_the_average_null_alone() -> None:
    """Under the sharp null collaboratives do nothing, and no test can tell; the report gives the reason."""
    found = columns(4, 0.1, NAIVE)
    for name in NAIVE:
        assert abs(sharp(found, name) - ALPHA) <= BAND, name
        assert average(found, name) > ALPHA + 10 * BAND / 3, name
        row = reported(4, found, name)
        assert row["size_verdict"] == "too high"
        assert "average null" in row["size_reason"]
        assert "partial nesting" in row["size_reason"]
        assert row["size_adjusted_power"]["value"] < row["power"]["value"]


def test_a_deliberately_wrong_df_is_caught() -> None:
    """The right standard error with the df of 48 centers: the test that passes with its own df does not."""
    found = columns(4, 0.1, ("cluster_t", "cluster_t_centers"))
    naive = found["cluster_t_centers.df"]
    assert naive.min() > 20
    assert abs(average(found, "cluster_t") - ALPHA) <= BAND
    assert average(found, "cluster_t", naive) > ALPHA + BAND


def test_two_collaboratives_are_too_few_and_the_report_says_so() -> None:
    """Welch's approximation and J - p degrees of freedom are too many, of the mixed model too few."""
    found = columns(2, 0.03, ("cluster_t", "gee", "partially_nested"))
    wanted = (("cluster_t", "too high", "2 collaboratives"), ("gee", "too high", "sandwich with few clusters"),
              ("partially_nested", "too low", "boundary"))  # fmt: skip
    for name, verdict, reason in wanted:
        row = reported(2, found, name)
        assert row["size_verdict"] == verdict
        assert reason in row["size_reason"]


def test_the_reports_average_null_is_the_one_that_is_simulated() -> None:
    """Shifted estimates reject as do trials simulated without an effect in the mean, replicate by replicate."""
    made = gaussian_trials(truth_of(0.03), layout(4), 0, R, 11, "average").stats
    for name in ("cluster_t", "gee", "lmm_kr"):
        null, found = of_sums(made, [name], ALPHA, 11, 0)[name], columns(4, 0.03, (name,))
        np.testing.assert_allclose(null.b, found[f"{name}.b"] - EFFECT, atol=1e-7)
        np.testing.assert_allclose(null.se, found[f"{name}.se"], rtol=1e-6)
        assert abs(float((null.p <= ALPHA).mean()) - reported(4, found, name)["type1_average"]["value"]) < 0.005


def test_summary_of_an_estimator_against_plain_loops() -> None:
    """Power, bias, coverage, both sizes and size-adjusted power, a replicate at a time."""
    from scipy.stats import t

    found = columns(4, 0.03, ("cluster_t",))
    row = reported(4, found, "cluster_t")
    b, se, df = (found[f"cluster_t.{part}"].tolist() for part in ("b", "se", "df"))
    mean = sum(b) / R
    power = covered = wrong = 0
    null = []
    for i in range(R):
        half = t.ppf(0.975, df[i]) * se[i]
        power += abs(b[i]) >= half
        covered += b[i] - half <= EFFECT <= b[i] + half
        wrong += abs(b[i] - mean) >= half
        null.append(2 * t.sf(abs(b[i] - mean) / se[i], df[i]))
    critical = sorted(null)[int(ALPHA * (R + 1)) - 1]
    adjusted = sum(2 * t.sf(abs(b[i]) / se[i], df[i]) <= critical for i in range(R)) / R
    for name, value in (("power", power / R), ("coverage", covered / R), ("type1_average", wrong / R),
                        ("size_adjusted_power", adjusted), ("bias", mean - EFFECT)):  # fmt: skip
        assert row[name]["value"] == pytest.approx(value, abs=1e-9), name
    assert row["type1_sharp"]["value"] == sharp(found, "cluster_t")


def small_correlation(first: int, last: int) -> Any:
    """Of 2 to 73 staff that differ little between centers: a correlation near its lowest is often estimated."""
    truth = GaussianTruth(0.0, var={"center": 0.02, "staff": 0.4, "residual": 0.58})
    staff = [2, 4, 6, 8, 11, 14, 18, 25] * 5 + [40, 73]
    return gaussian_trials(truth, ParallelTrial(3, 6, 24, staff=staff), first, last, 11).stats


def test_gee_comes_to_rest_where_the_correlation_goes_to_and_fro() -> None:
    """At its lowest the correlation used to jump between two values for ever, and the fit was counted as failed."""
    stats = small_correlation(0, 1500)
    found = of_sums(stats, ["gee"], ALPHA, 0, 0)["gee"]
    assert (found.status != FAILED).all()
    assert (found.status == 1).sum() > 5


@pytest.mark.parametrize("name", ["gee", "gee_md", "lmm_kr", "partially_nested", *ROBUST[::2], "randomization"])
def test_a_replicate_does_not_depend_on_those_beside_it(name: str) -> None:
    """To the bit, so that blocks of any length hold the same rows."""
    truth = GaussianTruth(EFFECT, var={"collaborative": 0.03, "center": 0.12, "staff": 0.4, "residual": 0.5})
    staff = [int(size) for size in np.linspace(3, 30, 48)]
    design = ParallelTrial(4, 6, 24, staff=staff, covariates=["baseline"])
    many, few = (
        of_sums(gaussian_trials(truth, design, *ends, 1).stats, [name], ALPHA, 1, ends[0])[name]
        for ends in ((0, 200), (50, 51))
    )
    for one, other in zip(many, few, strict=True):
        np.testing.assert_array_equal(one[50:51], other)


# the closed form, Gaussian trials, and the search


def gaussian_study(m: int) -> Trial:
    analysis = AnalysisSettings(outcome="survey", estimand="all_present")
    design = DesignSettings(collaboratives=6, centers_per_collaborative=m, control_centers=40)
    truth = GaussianTruth(
        0.45, sd_effect=0.1, var={"collaborative": 0.02, "center": 0.12, "staff": 0.4, "residual": 0.48}
    )
    return Trial(bscsim.Scenario(), design, {"survey": MeasureSettings(of="staff", sample=6)}, (analysis,), truth=truth)


@cache
def power_at(m: int, replicates: int = 5000) -> float:
    found = compute(gaussian_study(m), range(replicates), seed=987)[0]
    return float((found["cluster_t.p"] <= ALPHA).mean())


def test_the_nested_closed_form_is_the_power_of_gaussian_trials() -> None:
    trial = gaussian_study(6)
    closed = closed_form_data(trial, formula_inputs(compute(trial, range(200), seed=3)[0], trial))
    assert abs(closed["nested"]["power"] - power_at(6)) <= 3 * sqrt(0.25 / 5000)
    assert closed["naive"]["power"] > closed["nested"]["power"] + 0.02


def test_the_searched_value_has_the_power_and_two_less_has_not() -> None:
    """5,000 replicates of another seed at the value found; `power(n) >= target` by the search's own is no test."""
    from bscsim.trial.searching.size_search import SizeSearch

    search = SizeSearch(2, 24, 1, 0.8, lambda m: 0.9 * sqrt(m), most=3000)
    while (ask := search.ask()) is not None:
        found = compute(gaussian_study(ask.value), range(ask.first, ask.first + ask.replicates), seed=1)[0]
        search.tell(ask, int((found["cluster_t.p"] <= ALPHA).sum()), ask.replicates)
    value = search.result().value
    assert value is not None
    error = sqrt(0.16 / 5000)
    assert power_at(min(value + 2, 24)) >= 0.8 - 3 * error
    assert power_at(max(value - 3, 2)) < 0.8 + 3 * error


# the model: targets, losses, and common random numbers

EVERYBODY = MeasureSettings(of="staff", asks="practice")
ANALYSES = (
    AnalysisSettings(outcome="practice", cohort="open", estimators=("cluster_t_centers",)),
    AnalysisSettings(outcome="practice", cohort="open", estimand="all_present", estimators=("ols_cr2_centers",)),
    AnalysisSettings(outcome="survey", cohort="open", estimand="all_present", estimators=("ols_cr2_centers",)),
)
"""Each estimand with the estimator that weighs as it does: centers alike, or everybody."""


def large(centers: int, attrition: AttritionSettings, **parameters: float) -> Trial:
    """Centers per arm, in collaboratives of ten, of the sizes of those that join; everybody asked."""
    population = {"centers": 2 * centers, "drivers": 2, "sectors": {"child_care": 1.0}}
    calendar = {"burn_in": 6, "prework": (0, 1), "sessions": (1, 4, 7, 10), "ends": 14, "horizon": 16, "waves": (0, 16)}
    enrolment = {"rule": "random", "collaboratives": centers // 10, "centers_per_collaborative": 10}
    given: dict[str, Any] = {"population": population, "enrolment": enrolment, "calendar": calendar}
    scenario = bscsim.Scenario(**given, parameters=parameters)
    design = DesignSettings(
        collaboratives=centers // 10, centers_per_collaborative=10, control_centers=centers,
        waves={"baseline": 0, "post": 16},
    )  # fmt: skip
    measures = {"practice": EVERYBODY, "survey": MeasureSettings(of="staff")}
    return Trial(scenario, design, measures, ANALYSES, attrition)


@cache
def large_trials() -> tuple[Columns, ...]:
    return tuple(compute(large(120, AttritionSettings(treated=0.3, control=0.1)), range(16), seed=2))


def z_of(values: Array) -> float:
    return float(values.mean() / (values.std(ddof=1) / sqrt(len(values))))


@pytest.mark.parametrize("number", range(len(ANALYSES)))
def test_a_large_trial_converges_to_its_target_whoever_is_lost(number: int) -> None:
    """120 centers an arm of unequal size, of which 30% and 10% are lost by lot: the estimate less the twin's is the
    true effect as measured less what spilled over, within four Monte Carlo errors that are below a twentieth of it.

    Fails when the target weighs centers and persons otherwise than said, or losses depend on what the program did.
    """
    found, name = large_trials()[number], ANALYSES[number].estimators[0]
    contrast = found["truth.measured"] - found["truth.spill"]
    off = found[f"{name}.b"] - found[f"{name}.sharp.b"] - contrast
    assert off.std(ddof=1) / 4 < contrast.mean() / 20
    assert abs(z_of(off)) < 4
    assert contrast.mean() < found["truth.measured"].mean()  # contamination is in the target's account


def test_who_weighs_otherwise_than_the_estimand_misses_it_and_attrition_is_as_configured() -> None:
    """Small centers gain more or less than large ones: the mean center is not the mean person."""
    center, person = large_trials()[:2]
    assert abs(z_of(center["truth.effect"] - person["truth.effect"])) > 6
    for arm, share in (("treated", 0.3), ("control", 0.1)):
        error = sqrt(share * (1 - share) / (120 * 16))
        assert abs(float(center[f"seen.lost_{arm}"].mean()) - share) < 4 * error


def test_cells_share_their_draws_and_seeds_do_not() -> None:
    """Variants change nothing in the twin that they do not touch; another seed changes all; 0 is a seed."""
    trial = large(30, AttritionSettings())
    equal = large(30, AttritionSettings(), sd_coll=0.0)
    base, other = (compute(one, range(12), seed=0)[0] for one in (trial, equal))
    twin = "cluster_t_centers.sharp.b"
    np.testing.assert_array_equal(base[twin], other[twin])
    assert (base["cluster_t_centers.b"] != other["cluster_t_centers.b"]).all()
    later = compute(trial, range(4, 8), seed=0)[0]
    for name, values in later.items():
        np.testing.assert_array_equal(values, base[name][4:8], err_msg=name)
    second = compute(trial, range(12), seed=1)[0]
    assert not np.isin(second[twin], base[twin]).any()
    assert abs(np.corrcoef(second[twin], base[twin])[0, 1]) < 4 / sqrt(12)
    assert (base["cluster_t_centers.status"] != FAILED).all()
