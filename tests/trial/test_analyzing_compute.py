"""compute() of both truths: its columns, its bits, and what the Gaussian truth makes of a trial."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

import bscsim
from bscsim.trial.analyzing.analysis import analyze
from bscsim.trial.analyzing.compute import compute, with_equal_effects
from bscsim.trial.analyzing.gaussian_columns import parallel_trial
from bscsim.trial.cluster_stats import Array, from_units
from bscsim.trial.dataset import Truths
from bscsim.trial.estimators import ols_cr2
from bscsim.trial.estimators.cluster_t import cluster_t
from bscsim.trial.estimators.lmm import lmm_kr
from bscsim.trial.gaussian import GaussianTruth
from bscsim.trial.gaussian_trials import gaussian_trials
from bscsim.trial.parallel_trial import ParallelTrial
from bscsim.trial.settings import AnalysisSettings, CohortSettings, DesignSettings, MeasureSettings
from bscsim.trial.trial import Trial

SMALL = bscsim.Scenario(
    population={"centers": 24, "sizes": 8, "drivers": 2, "areas": 3},
    enrolment={"rule": "random", "collaboratives": 2, "centers_per_collaborative": 4},
    calendar={"burn_in": 2, "prework": (0, 1), "sessions": (1, 3), "ends": 5, "horizon": 8, "waves": (0, 8)},
)
DESIGN = DesignSettings(collaboratives=2, centers_per_collaborative=4, control_centers=8, strata=("sector",),
                        waves={"baseline": 0, "post": 8})  # fmt: skip
SCORE = AnalysisSettings(outcome="score", covariates=("baseline", "sector"),
                         estimators=("cluster_t", "lmm_kr", "randomization"))  # fmt: skip
SURVEY = AnalysisSettings(outcome="survey", cohort="closed", covariates=("baseline",), estimators=("ols_cr2",))
MEASURES = {"score": MeasureSettings(reliability=0.8), "survey": MeasureSettings(of="staff", asks="knowledge")}
TRIAL = Trial(SMALL, DESIGN, MEASURES, (SCORE, SURVEY))
GAUSS = GaussianTruth(
    0.5, 0.2, {"collaborative": 0.05, "center": 0.2, "staff": 0.4, "residual": 0.5}, r2={"center": 0.3}
)


@cache
def made() -> list[dict[str, Array]]:
    return compute(TRIAL, range(6), seed=4)


def test_the_columns_are_those_of_the_contract() -> None:
    names = {f"truth.{name}" for name in Truths._fields} | {
        f"seen.{name}" for name in (
            "centers_treated", "centers_control", "units_treated", "units_control", "lost_treated", "lost_control",
            "withdrawn", "stayed", "var_center", "var_unit", "var_center_treated", "var_unit_treated", "icc",
            "cv_size", "autocorrelation", "r2",
        )
    }  # fmt: skip
    gaussian = compute(replace(TRIAL, truth=GAUSS), range(6), seed=4)
    for columns, what, extra in zip(
        [*made(), *gaussian], [SCORE, SURVEY] * 2, [set(), set(), {"randomization.average.p"}, set()], strict=True
    ):
        fields = ("b", "se", "df", "p", "low", "high", "status")
        own = {f"{e}.{null}{part}" for e in what.estimators for null in ("", "sharp.") for part in fields}
        assert set(columns) == names | own | extra
        assert all(values.shape == (6,) and values.dtype == np.float64 for values in columns.values())


def test_the_mechanism_is_measured_and_analyzed_as_its_parts_say() -> None:
    """Step by step by hand, world by world."""
    from bscsim.trial.enrolling import enrol
    from bscsim.trial.measuring import measure, truths

    who = enrol(TRIAL, range(6), 4)
    run = bscsim.simulate(SMALL, range(6), 4, twin=True, allocation=who.allocation)  # type: ignore[call-arg]
    for columns, what in zip(made(), TRIAL.analyses, strict=True):
        for world, null in (("treated", ""), ("twin", "sharp.")):
            data = measure(run, world, who, TRIAL, what.outcome, what.cohort)
            for name, found in analyze(TRIAL, what, who, data, seed=4).items():
                for part, values in found._asdict().items():
                    np.testing.assert_allclose(columns[f"{name}.{null}{part}"], values, rtol=1e-6, err_msg=name)
        np.testing.assert_allclose(columns["truth.effect"], truths(run, who, TRIAL, what).effect)


def test_a_replicate_is_the_same_in_another_block() -> None:
    for columns, block in zip(made(), compute(TRIAL, range(3, 6), seed=4), strict=True):
        for name, values in columns.items():
            np.testing.assert_allclose(values[3:], block[name], rtol=1e-6, atol=1e-12, err_msg=name)


def test_with_equal_effects_all_heterogeneity_is_gone() -> None:
    """Without covariates the difference of means moves by the constant itself, in both kinds of cohort."""
    plain = replace(TRIAL, analyses=(AnalysisSettings(outcome="score"), replace_(SURVEY, model="change")))
    for columns, name in zip(compute(plain, range(3), 4, equal_effects=0.3), ("cluster_t", "ols_cr2"), strict=True):
        np.testing.assert_allclose(columns[f"{name}.b"], columns[f"{name}.sharp.b"] + 0.3, atol=1e-12)
        np.testing.assert_allclose(columns[f"{name}.se"], columns[f"{name}.sharp.se"], rtol=1e-9)


def replace_(settings: AnalysisSettings, **more: Any) -> AnalysisSettings:
    return AnalysisSettings(**{**settings.model_dump(), **more})


def test_equal_effects_leave_the_baseline_and_those_who_wait() -> None:
    from tests.trial.analyzing_cases import analysis, enrolled, trial, units

    who = enrolled(2)
    data = units(who)
    moved = with_equal_effects(trial(analysis("cluster_t")), "score", who, data, 2.0)
    expected = data.y + 2.0 * (who.treated[data.at, data.center] & (data.wave == 1))
    np.testing.assert_array_equal(moved.y, expected)


@pytest.mark.parametrize("replicates", [[], [0, 2], [3, 2]])
def test_replicates_must_be_consecutive(replicates: list[int]) -> None:
    with pytest.raises(ValueError, match="consecutive"):
        compute(TRIAL, replicates, seed=0)


def gaussian(what: AnalysisSettings, R: int = 400, **design: Any) -> dict[str, Array]:
    given = {"collaboratives": 4, "centers_per_collaborative": 5, "control_centers": 16} | design
    measures = {"score": MeasureSettings(sample=4), "survey": MeasureSettings(of="staff", response=0.6)}
    return compute(Trial(SMALL, DesignSettings(**given), measures, (what,), truth=GAUSS), range(R), seed=1)[0]


def test_a_gaussian_trial_is_that_of_gaussian_trials() -> None:
    found = gaussian(AnalysisSettings(outcome="score", covariates=("baseline", "size")), R=20)
    design = ParallelTrial(4, 5, 16, 4, "repeated", ("center", "baseline"))
    for null, prefix in (("none", ""), ("sharp", "sharp.")):
        trials = gaussian_trials(GAUSS, design, 0, 20, 1, null)  # type: ignore[arg-type]
        np.testing.assert_array_equal(found[f"cluster_t.{prefix}p"], cluster_t(trials.stats).p)
        if null == "none":
            np.testing.assert_array_equal(found["truth.effect"], trials.realized)


def test_gaussian_design_of_settings() -> None:
    cohorts = (CohortSettings(collaboratives=2), CohortSettings(starts=12))
    design = DesignSettings(cohorts=cohorts, centers_per_collaborative=3, control_centers=9, waves={"a": 0, "b": 18})
    made = Trial(SMALL, design, {"survey": MeasureSettings(of="staff", response=0.6)}, ())
    closed = AnalysisSettings(outcome="survey", wave="b", cohort="closed", covariates=("cohort",), model="change")
    assert parallel_trial(made, closed) == ParallelTrial((2, 1), 3, 9, 5, "closed", ("baseline", "cohort"))
    share = parallel_trial(made, replace_(closed, cohort="open")).cohort
    rates = SMALL.parameters.turn_base_child_care, SMALL.parameters.turn_base_head_start
    assert share == pytest.approx(np.exp(-(rates[0] + rates[1]) / 2 * 1.5))


def test_gaussian_change_scores_from_sums() -> None:
    """A closed cohort's change: the staff's lasting part and the center's fall out; var(b) follows from the rest."""
    truth = GaussianTruth(0.5, var={"center": 0.9, "center_period": 0.1, "staff": 0.8, "residual": 0.5})
    what = AnalysisSettings(outcome="score", cohort="closed", model="change")
    design = DesignSettings(collaboratives=4, centers_per_collaborative=5, control_centers=16)
    R = 3000
    found = compute(Trial(SMALL, design, {"score": MeasureSettings(sample=4)}, (what,), truth=truth), range(R), 1)[0]
    expected = 2 * (0.1 + 0.5 / 4) * (1 / 20 + 1 / 16)
    assert found["cluster_t.b"].var(ddof=1) == pytest.approx(expected, rel=3 * (2 / (R - 1)) ** 0.5)


def test_gaussian_change_scores_are_those_of_rows() -> None:
    from bscsim.trial.analyzing.gaussian_columns import _changed

    rng = np.random.default_rng(0)
    center, y, u = np.repeat(np.arange(8), 3), rng.normal(size=24), rng.normal(size=(24, 2))
    arm = np.arange(8) < 4
    made = _changed(
        from_units(center * 0, center, y, u, arm), ParallelTrial(1, 4, 4, 3, "closed", ("baseline", "staff"))
    )
    expected = from_units(center * 0, center, y - u[:, 0], u[:, 1], arm)
    for estimator in (cluster_t, ols_cr2.estimate, lmm_kr):
        one, two = estimator(made), estimator(expected)
        np.testing.assert_allclose((one.b, one.se), (two.b, two.se), rtol=1e-6)


def test_gaussian_columns_seen_are_the_truths_components() -> None:
    found = gaussian(AnalysisSettings(outcome="score", covariates=("baseline",)))
    for name, expected in (("var_center", 0.2), ("var_unit", 0.9), ("r2", np.nan)):
        values = found[f"seen.{name}"]
        if np.isfinite(expected):
            assert abs(values.mean() - expected) < 4 * values.std() / 20
    rho = found["seen.autocorrelation"]
    assert abs(rho.mean() - 0.2 / (0.2 + 0.9 / 4)) < 0.03  # 36 centers; the mean of correlations is a little low
    assert (found["truth.scale"] == 1.1**0.5).all()
    assert (found["truth.collaborative"] == 0.05).all()
    assert found["truth.centers"] == pytest.approx(0.04)


def test_designs_and_moderators_without_a_gaussian_truth_are_refused() -> None:
    with pytest.raises(ValueError, match="parallel designs"):
        gaussian(AnalysisSettings(outcome="score"), type="wait_list")
    with pytest.raises(ValueError, match="no moderators"):
        gaussian(AnalysisSettings(outcome="score", moderator="sector"))
    with pytest.raises(ValueError, match="equal_effects"):
        compute(replace(TRIAL, truth=GAUSS), range(2), 0, equal_effects=0.1)
