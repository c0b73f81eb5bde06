"""Closed forms beside a simulation: against the formulas themselves, numpy's own draws, and Gaussian trials."""

from __future__ import annotations

from dataclasses import replace
from math import isnan, sqrt
from typing import Any

import numpy as np
import pytest

from bscsim.trial import formulas
from bscsim.trial.analyzing.compute import compute
from bscsim.trial.formulas import Covariance
from bscsim.trial.gaussian import GaussianTruth
from bscsim.trial.settings import CohortSettings, MeasureSettings
from bscsim.trial.summarizing.closed_form import (
    closed_form_data,
    naive_precision,
    noncentrality_of,
    power_of,
    precision_of,
)
from bscsim.trial.summarizing.components import Inputs, formula_inputs, gaussian_of
from bscsim.trial.summarizing.standing import standing
from bscsim.trial.trial import Trial
from tests.trial.summarizing_cases import SEEN, analysis, columns, trial_of, with_design

PLAIN = Inputs(0.3, 1.0, 0.1, 0.9, 0.1, 0.9, 0.03, 0.0, 15, 15)


def test_inputs_are_the_means_of_what_was_seen() -> None:
    found = formula_inputs(columns(R=4000), trial_of())
    assert (found.units_treated, found.units_control) == pytest.approx((3, 3))
    assert (found.lost_treated, found.lost_control) == pytest.approx((4 / 48, 2 / 48))
    assert found.var_collaborative == pytest.approx(0.02, abs=0.001)
    # of the .15 between 44 treated centers, (44 - 44/6)/43 of the .02 are between collaboratives
    share = (44 - 44 / 6) / 43
    assert found.var_center_treated == pytest.approx(0.15 - share * found.var_collaborative)
    assert found.icc == pytest.approx(0.1)


def test_the_share_of_collaboratives_in_the_variance_between_centers() -> None:
    """ANOVA of 6 groups of 8 centers with variances .5 between and .2 within groups, drawn 20,000 times."""
    rng = np.random.default_rng(3)
    y = rng.normal(0, sqrt(0.5), (20_000, 6, 1)) + rng.normal(0, sqrt(0.2), (20_000, 6, 8))
    seen = y.reshape(20_000, 48).var(axis=1, ddof=1)
    data = columns(R=20_000, seen=SEEN | {"centers_treated": 48.0}) | {
        "seen.var_center_treated": seen, "truth.collaborative": np.full(20_000, 0.5),
    }  # fmt: skip
    assert formula_inputs(data, trial_of()).var_center_treated == pytest.approx(0.2, abs=0.01)


def test_a_collaborative_variance_below_zero_is_none_and_missing_columns_have_no_parts() -> None:
    data = columns(R=100)
    data["truth.collaborative"] = np.full(100, -0.01)
    assert formula_inputs(data).var_collaborative == 0
    bare = formula_inputs({"truth.effect": np.ones(5), "truth.scale": np.full(5, 2.0)})
    assert (bare.var_center, bare.var_unit, bare.effect) == (4.0, 0.0, 1.0)
    assert isnan(bare.units_treated)


def test_nested_is_partially_nested_with_realized_numbers() -> None:
    inputs = formula_inputs(columns(), trial_of())
    made = precision_of(trial_of(), inputs)
    own = inputs.var_center_treated
    expected = formulas.partially_nested(
        6, 44 / 6, 3, 46, var_collaborative=inputs.var_collaborative, var_center=own, var_unit=1.0,
        var_center_control=0.1 * 0.7 / 0.7, var_unit_control=0.9, control_units=3,
    )  # fmt: skip
    assert made.var < expected.var  # without covariates r2 of .3 is still what was seen: adjust by hand
    by_hand = formulas.partially_nested(
        6, 44 / 6, 3, 46, var_collaborative=inputs.var_collaborative, var_center=own - 0.3 * 0.1,
        var_unit=1.0 - 0.3 * 0.9, var_center_control=0.07, var_unit_control=0.63, control_units=3,
    )  # fmt: skip
    assert (made.var, made.df) == pytest.approx((by_hand.var, by_hand.df))


def test_covariates_share_the_loss_of_degrees_of_freedom() -> None:
    one = trial_of(analysis(covariates=("baseline", "sector", "cohort")))
    plain = precision_of(trial_of(), PLAIN)
    made = precision_of(one, replace(PLAIN, pilot=one))
    assert made.df == pytest.approx(plain.df * (6 + 48 - 2 - 2) / (6 + 48 - 2))  # one cohort: no column of its own


def test_naive_is_two_level_with_planned_numbers() -> None:
    inputs = formula_inputs(columns(), trial_of())
    made = naive_precision(trial_of(), inputs)
    expected = formulas.two_level(96, 3, 0.1, r2_unit=0.3, r2_cluster=0.3)
    assert (made.var, made.df) == (pytest.approx(expected.var), 94)
    twice = naive_precision(trial_of(), replace(inputs, var_center=0.4, var_unit=3.6))
    assert twice.var == pytest.approx(4 * made.var)  # twice the unit, four times the variance
    data = closed_form_data(trial_of(), inputs)
    assert data["naive"]["power"] == pytest.approx(formulas.power(inputs.effect, expected))
    assert data["naive"]["mdes"] == pytest.approx(formulas.mdes(expected))
    assert data["naive"]["icc"] == pytest.approx(0.1)
    assert data["naive"]["power"] > data["nested"]["power"]
    assert "pilot" not in data["inputs"]


def test_before_and_after_is_the_variance_of_mean_changes() -> None:
    """Six collaboratives of eight centers whose means at two waves are correlated by .5, drawn by numpy."""
    inputs = Inputs(0.2, 1.0, 0.1, 0.9, 0.1, 0.9, 0.02, 0.01, 3, 3, autocorrelation=0.5)
    made = precision_of(trial_of(type="pre_post"), inputs)
    rng, mean = np.random.default_rng(5), 0.1 + 0.9 / 3
    waves = rng.multivariate_normal([0, 0], [[mean, mean / 2], [mean / 2, mean]], size=(40_000, 6, 8))
    change = waves[..., 1] - waves[..., 0] + rng.normal(0, 0.1, (40_000, 6, 8))
    change = change.mean(axis=2) + rng.normal(0, sqrt(0.02), (40_000, 6))
    assert made.var == pytest.approx(change.mean(axis=1).var(), rel=0.03)
    assert made.df == 5
    assert naive_precision(trial_of(type="pre_post"), inputs).df == 47


def test_stepped_wedge_is_that_of_the_formulas() -> None:
    cohorts = tuple(CohortSettings(starts=start) for start in (0, 6, 12))
    waves = {"first": 0, "second": 6, "third": 12, "fourth": 18, "last": 24}
    trial = trial_of(
        analysis(wave="last"), type="stepped_wedge", cohorts=cohorts, centers_per_collaborative=3, waves=waves
    )
    trial = replace(trial, measures={"score": MeasureSettings(of="staff", sample=20)})
    inputs = Inputs(0.2, 1.0, 0.1, 0.9, 0.1, 0.9, 0.0, 0.0, 20, 20, autocorrelation=0.08 / (0.1 + 0.9 / 20))
    expected = formulas.stepped_wedge(3, 3, 20, Covariance.of(0.1, cac=0.8), after=2)
    made = precision_of(trial, inputs)
    assert made.var == pytest.approx(expected.var)
    assert made.df == 2
    more = precision_of(trial, replace(inputs, var_collaborative=0.02))
    assert more.var == pytest.approx(expected.var + 0.02 / 3)
    late = with_design(trial, waves={"first": 0, "second": 6, "last": 18})  # a wave sees who began before it
    seen_late = formulas.gls([[0, 1, 1], [0, 0, 1], [0, 0, 1]], 3, 20, Covariance.of(0.1, cac=0.8))
    assert precision_of(late, inputs).var == pytest.approx(seen_late.var)
    usual = formulas.stepped_wedge(3, 3, 20, Covariance.of(0.1), after=2)
    assert naive_precision(trial, inputs).var == pytest.approx(usual.var)


def test_where_there_is_no_formula_words_say_why() -> None:
    late = trial_of(type="wait_list", waits=12)
    for trial, words in (
        (trial_of(type="interrupted_series"), "adjacent months"),
        (late, "waiting centers have begun"),
        (trial_of(analysis(moderator="readiness")), "spread of readiness"),
    ):
        made = closed_form_data(trial, PLAIN)
        assert made["nested"]["power"] is None
        assert words in made["nested"]["words"]
        assert isnan(power_of(trial, PLAIN))
        assert noncentrality_of(trial, PLAIN) > 0
    one = trial_of(collaboratives=1)
    assert closed_form_data(one, PLAIN)["nested"]["words"].startswith("no test: ")
    assert closed_form_data(one, PLAIN)["naive"]["power"] is not None
    assert (power_of(one, PLAIN), noncentrality_of(one, PLAIN)) == (0.0, 0.0)


def test_a_moderator_is_an_interaction_contrast() -> None:
    plain = precision_of(trial_of(), PLAIN)
    made = precision_of(trial_of(analysis(moderator="sector")), PLAIN)
    assert (made.var, made.df) == pytest.approx((4 * plain.var, plain.df - 2))  # half of the centers in each sector


@pytest.mark.parametrize(
    ("path", "value"),
    [("collaboratives", 12), ("centers_per_collaborative", 16), ("control_centers", 96)],
)
def test_more_of_anything_gives_more_power(path: str, value: int) -> None:
    trial = trial_of()
    larger = with_design(trial, **{path: value})
    assert power_of(larger, PLAIN) > power_of(trial, PLAIN) + 0.005
    assert noncentrality_of(larger, PLAIN) > noncentrality_of(trial, PLAIN)


def test_reliability_sample_answers_and_attrition_follow_the_settings() -> None:
    pilot = trial_of()
    inputs = formula_inputs(columns(), pilot)

    def changed(**settings: Any) -> Trial:
        return replace(pilot, measures={"score": pilot.measures["score"].model_copy(update=settings)})

    better = standing(changed(reliability=1.0), inputs)  # .8 of the variance of 1 between units is true
    assert (better.var_center, better.var_unit) == pytest.approx((0.1, 0.7))
    rated = standing(changed(reliability=1.0, rater=0.25), inputs)  # a quarter of what falls away was the rater's
    assert (rated.var_center, rated.var_unit) == pytest.approx((0.05, 0.75))
    assert standing(changed(sample=6), inputs).units_treated == pytest.approx(6)
    assert standing(changed(response=0.5), inputs).units_control == pytest.approx(1.5)
    less = replace(pilot, attrition=pilot.attrition.model_copy(update={"treated": 0.1}))
    assert standing(less, inputs).left_treated == pytest.approx(1 - 4 / 48 - 0.1)
    assert standing(less, inputs).left_control == pytest.approx(1 - 2 / 48)
    told = replace(pilot, measures={"score": MeasureSettings(of="staff", asks="self_report", reliability=0.8)})
    perfect = replace(pilot, measures={"score": MeasureSettings(of="staff", asks="self_report")})
    # self-reports have an error of their own
    assert standing(perfect, replace(inputs, pilot=told)).var_unit == pytest.approx(0.9)


def test_a_baseline_explains_as_much_as_it_is_correlated() -> None:
    plain, asked = trial_of(), trial_of(analysis(covariates=("baseline",)))
    change = trial_of(analysis(covariates=("baseline",), model="change"))
    seen = Inputs(0.3, 1.0, 0.1, 0.9, 0.1, 0.9, 0.0, 0.0, 3, 3, autocorrelation=0.5, pilot=plain)
    assert standing(plain, seen).unexplained == 1
    assert standing(asked, seen).unexplained == pytest.approx(1 - 0.5**2)
    assert standing(change, seen).unexplained == pytest.approx(2 * (1 - 0.5))
    back = replace(seen, r2=0.25, pilot=asked)
    assert standing(asked, back).unexplained == pytest.approx(0.75)
    assert standing(plain, back).unexplained == pytest.approx(1)
    # twice the sample: means vary .25 instead of .4, of which the same .2 is shared with the baseline's
    larger = replace(asked, measures={"score": asked.measures["score"].model_copy(update={"sample": 6})})
    assert standing(larger, back).unexplained == pytest.approx(1 - (0.2 / 0.25) ** 2)


TRUTH = GaussianTruth(
    0.35, 0.15, {"collaborative": 0.04, "center": 0.12, "center_period": 0.03, "staff": 0.4, "residual": 0.45}
)


def gaussian_trial(**settings: Any) -> Trial:
    measures = {"score": MeasureSettings(of="staff", sample=10)}
    return replace(trial_of(analysis(**settings)), measures=measures, truth=TRUTH)


def test_components_of_a_gaussian_trial_are_found_again() -> None:
    """Read from the columns of 400 trials as if a mechanism had made them, and typed in as they are."""
    trial = gaussian_trial(cohort="closed", covariates=("baseline",))
    found = compute(trial, range(400), seed=2)[0]
    typed = formula_inputs(found, trial)
    assert (typed.effect, typed.var_effect, typed.var_center_treated) == pytest.approx((0.35, 0.0225, 0.15 + 0.0225))
    made = gaussian_of(replace(trial, truth=None), found)
    assert made.effect == pytest.approx(0.35, abs=0.02)  # over 2,400 collaboratives
    assert made.sd_effect == pytest.approx(0.15)
    assert made.var["collaborative"] == pytest.approx(0.04)
    everything = made.untreated
    assert everything["center"] + everything["center_period"] == pytest.approx(0.15, abs=0.01)
    assert everything["staff"] + everything["residual"] == pytest.approx(0.85, abs=0.02)
    # what is shared between waves: center + staff / 10
    assert everything["center"] + everything["staff"] / 10 == pytest.approx(0.16, abs=0.01)
    arms = made.treated
    assert arms["center"] + arms["center_period"] == pytest.approx(0.15, abs=0.015)


def test_the_closed_form_is_near_the_gaussian_power_and_carries_over_to_another_sample() -> None:
    """Inputs of a pilot of ten people a center, power of a study of thirty."""
    pilot = gaussian_trial(covariates=("baseline",))
    inputs = formula_inputs(compute(pilot, range(300), seed=3)[0], pilot)
    large = replace(pilot, measures={"score": pilot.measures["score"].model_copy(update={"sample": 30})})
    for trial in (pilot, large):
        p = compute(trial, range(2000), seed=4)[0]["cluster_t.p"]
        power = float((p <= 0.05).mean())
        assert power_of(trial, inputs) == pytest.approx(power, abs=0.04)
    assert power_of(large, inputs) > power_of(pilot, inputs) + 0.02
