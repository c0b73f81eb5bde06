"""The text of an arm changes with every setting that changes its rows, and with nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bscsim.power.arms import VARIANTS, changes_of, trial_text
from tests.power.studies import GAUSSIAN, MECHANISTIC, study


def text(folder: Path, of: str, *overrides: str) -> str:
    return trial_text(study(folder, of, *overrides).design.trial(0))


ROWS = [
    "design.collaboratives=3", "design.centers_per_collaborative=3", "design.control_centers=6",
    "design.strata=[sector]", "design.waves={baseline: 0, post: 3}", "measures.score.reliability=0.7",
    "measures.score.sample=1", "measures.score.rater=0.2", "measures.survey.response=0.8",
    "measures.survey.who=teaching", "measures.survey.waves=[post]",
    "attrition.treated=0.2", "attrition.control=0.2", "target.alpha=0.1",
    "scenario.parameters.sd_coll=0.3", "scenario.elements.improvement_model=0", "scenario.calendar.burn_in=1",
    "scenario.population.sizes=9", "scenario.simulation.dt=week", "simulation.seed=3",
    "analysis=[{outcome: score, wave: post, estimators: [cluster_t]}]",
    "analysis=[{outcome: score, wave: post, covariates: [baseline], model: change, estimators: [cluster_t]}]",
    "analysis=[{outcome: score, wave: post, covariates: [baseline], estimators: [cluster_t, lmm_kr]}]",
]  # fmt: skip
"""Changes of the study that change the rows of a replicate."""

SAME = [
    "name=other", "question=Why?", "target.power=0.9", "target.sides=1", "target.correction=holm",
    "costs.collaborative=1", "costs.survey=3", "replicates=30", "compare=false",
    "search={over: design.control_centers, between: [2, 4]}",
]  # fmt: skip
"""Changes of what is made of rows, and of how many there are."""


@pytest.mark.parametrize("change", ROWS)
def test_it_changes_with_what_changes_rows(change: str, tmp_path: Path) -> None:
    assert text(tmp_path, MECHANISTIC, change) != text(tmp_path, MECHANISTIC)


@pytest.mark.parametrize("change", SAME)
def test_it_does_not_change_with_what_is_made_of_rows(change: str, tmp_path: Path) -> None:
    assert text(tmp_path, MECHANISTIC, change) == text(tmp_path, MECHANISTIC)


@pytest.mark.parametrize("change", ["effect: 0.6", "sd_effect: 0.1, effect: 0.5", "effect: 0.5, r2: {center: 0.1}",
                                    "effect: 0.5, var_control: {center: 0.3, staff: 0.3, residual: 0.5}"])  # fmt: skip
def test_it_changes_with_the_truth_that_is_typed_in(change: str, tmp_path: Path) -> None:
    assert text(tmp_path, GAUSSIAN.replace("effect: 0.5", change)) != text(tmp_path, GAUSSIAN)


def test_it_changes_with_the_order_of_measures(tmp_path: Path) -> None:
    """Draws of a measure are keyed by its place."""
    measures = "measures: {survey: {of: staff, response: 0.9}, score: {of: classrooms, reliability: 0.8}}"
    line = next(line for line in MECHANISTIC.splitlines() if line.startswith("measures"))
    turned = MECHANISTIC.replace(line, measures)
    assert text(tmp_path, turned) != text(tmp_path, MECHANISTIC)


def settings(trial: Any) -> dict[str, Any]:
    """What variants may change, by name."""
    return {
        "attrition": trial.attrition, "parameters": trial.scenario.parameters,
        "response": [one.response for one in trial.measures.values()],
        "measurement": [(one.reliability, one.sample) for one in trial.measures.values()],
    }  # fmt: skip


@pytest.mark.parametrize(("variant", "changed"), [
    ("no attrition", {"attrition", "parameters", "response"}), ("no turnover", {"parameters"}),
    ("no contamination", {"parameters"}), ("no collaborative effect", {"parameters"}),
    ("perfect measurement", {"measurement"}), ("equal effects", set()),
])  # fmt: skip
def test_a_variant_takes_away_its_reason_and_no_other(variant: str, changed: set[str], tmp_path: Path) -> None:
    lossy = MECHANISTIC + "attrition: {centers: 0.2}\n"
    lossy = lossy.replace("score: {of: classrooms", "score: {sample: 1, of: classrooms")
    design = study(tmp_path, lossy, "scenario.parameters.hire_local=0.5").design
    before = design.trial(0)
    after = design.trial(0, changes_of(variant, before))
    found, was = settings(after), settings(before)
    assert {name for name in was if found[name] != was[name]} == changed
    assert after.design == before.design
    assert after.analyses == before.analyses


def test_every_variant_is_tested() -> None:
    assert list(VARIANTS) == [
        "no attrition", "no turnover", "no contamination", "no collaborative effect", "perfect measurement",
        "equal effects",
    ]  # fmt: skip
