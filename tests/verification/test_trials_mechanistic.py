"""Trials of the mechanism (model.md section 7): T34 spill-over, the size of tests under both nulls, and a wrong df.

Seeds are fixed, so a test that passes passes always. Tolerances are Monte Carlo standard errors (MCSE).
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

import bscsim
from bscsim.trial.analyzing.compute import compute
from bscsim.trial.cluster_stats import Array
from bscsim.trial.settings import AnalysisSettings, DesignSettings, MeasureSettings
from bscsim.trial.trial import Trial

ALPHA = 0.05


def trial_of(
    k: int, m: int, controls: int, areas: int, measure: MeasureSettings, analysis: AnalysisSettings, **parameters: float
) -> Trial:
    """A parallel trial of k collaboratives of m centers of ten staff, over at month 14, measured at 16."""
    centers = k * m + controls
    population = {"centers": centers, "sizes": 10, "drivers": 2, "areas": areas, "sectors": {"child_care": 1.0}}
    enrolment = {"rule": "random", "collaboratives": k, "centers_per_collaborative": m}
    calendar = {"burn_in": 6, "prework": (0, 1), "sessions": (1, 4, 7, 10), "ends": 14, "horizon": 16, "waves": (0, 16)}
    scenario = bscsim.Scenario(
        population=population, enrolment=enrolment, calendar=calendar, parameters=parameters  # type: ignore[arg-type]
    )  # fmt: skip
    design = DesignSettings(
        collaboratives=k, centers_per_collaborative=m, control_centers=controls, waves={"baseline": 0, "post": 16}
    )
    return Trial(scenario, design, {"score": measure}, (analysis,))


# T34, spill-over


@cache
def spilling(hire_local: float, contact_out: float) -> dict[str, Array]:
    """All rooms observed without error, in four areas with twelve centers each."""
    analysis = AnalysisSettings(outcome="score", estimators=("cluster_t_centers",))
    trial = trial_of(4, 6, 24, 4, MeasureSettings(), analysis, hire_local=hire_local, contact_out=contact_out)
    return compute(trial, range(60), seed=3)[0]


def mean_and_error(values: Array) -> tuple[float, float]:
    return float(values.mean()), float(values.std(ddof=1) / len(values) ** 0.5)


def contrast(columns: dict[str, Array]) -> Array:
    """The estimate less that of the twin: the same centers, labels and errors, so only the program is left."""
    return np.asarray(columns["cluster_t_centers.b"] - columns["cluster_t_centers.sharp.b"])


def test_t34_without_spill_over_the_trial_finds_the_effect_exactly() -> None:
    """No common hires and no contacts: the contrast is the effect in each replicate, to rounding."""
    columns = spilling(0.0, 0.0)
    assert (columns["truth.spill"] == 0).all()
    np.testing.assert_allclose(contrast(columns), columns["truth.effect"], atol=1e-12)


@pytest.mark.parametrize(("hire_local", "contact_out"), [(0.8, 0.0), (0.0, 0.8)])
def test_t34_spill_over_biases_toward_zero(hire_local: float, contact_out: float) -> None:
    """Controls learn too; the contrast misses just what they learned, and is nearer to 0."""
    columns = spilling(hire_local, contact_out)
    spill, error = mean_and_error(columns["truth.spill"])
    assert spill > 5 * error > 0
    bias = contrast(columns) - columns["truth.effect"]
    np.testing.assert_allclose(bias, -columns["truth.spill"], atol=1e-12)
    assert 0 < contrast(columns).mean() < columns["truth.effect"].mean()


# Size under both nulls

R = 300
ESTIMATORS = ("cluster_t", "partially_nested", "cluster_t_centers", "lmm_kr")


@cache
def differing() -> dict[str, Array]:
    """Collaboratives that differ a lot (sd_coll at its upper bound), little turnover, everybody's practice measured."""
    measure = MeasureSettings(of="staff", asks="practice", who="teaching")
    analysis = AnalysisSettings(outcome="score", cohort="closed", covariates=("baseline",), estimators=ESTIMATORS)
    away: dict[str, Any] = {"hire_local": 0.0, "contact_out": 0.0, "withdraw": 0.0}
    trial = trial_of(4, 10, 24, 64, measure, analysis, sd_coll=0.5, turn_base_child_care=0.1, **away)
    return compute(trial, range(R), seed=1)[0]


def sharp(name: str) -> float:
    return float((differing()[f"{name}.sharp.p"] <= ALPHA).mean())


def average(name: str, df: Array | None = None) -> float:
    """Rejections of the null that effects are 0 on average: estimates about the mean of the true effects."""
    from scipy.special import stdtrit

    columns = differing()
    tau = columns["truth.effect"].mean()
    quantile = stdtrit(columns[f"{name}.df"] if df is None else df, 1 - ALPHA / 2)
    return float((np.abs(columns[f"{name}.b"] - tau) > quantile * columns[f"{name}.se"]).mean())


def holds(size: float) -> bool:
    return abs(size - ALPHA) <= 3 * (ALPHA * (1 - ALPHA) / R) ** 0.5


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cluster_t", "partially_nested"])
def test_tests_that_know_the_collaboratives_hold_their_size_under_both_nulls(name: str) -> None:
    """Four collaboratives of ten; both estimators; no fit fails."""
    assert (differing()[f"{name}.status"] != 2).all()
    assert holds(sharp(name)), f"{name} rejects {sharp(name):.3f} under the sharp null"
    assert holds(average(name)), f"{name} rejects {average(name):.3f} under the average null"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cluster_t_centers", "lmm_kr"])
def test_ignoring_collaboratives_inflates_under_the_average_null_alone(name: str) -> None:
    """Under the sharp null collaboratives do nothing, and no test can tell."""
    assert holds(sharp(name))
    assert average(name) > 0.2


@pytest.mark.slow
def test_a_wrong_df_is_caught() -> None:
    """The standard error is right, but it is used as if its df came from the centers, not from four collaboratives."""
    naive = differing()["cluster_t_centers.df"]
    assert naive.min() > 30
    assert holds(average("cluster_t"))
    assert not holds(average("cluster_t", naive)), "a test with the centers' df holds its size: nothing would show"
