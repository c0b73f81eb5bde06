"""Notes on analyses whose estimators estimate something else than the target."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bscsim import Scenario
from bscsim.trial.settings import AnalysisSettings
from bscsim.trial.summarizing.cautions import notes_of
from bscsim.trial.summarizing.columns import Columns
from bscsim.trial.summarizing.findings import bias
from tests.trial.summarizing_cases import analysis, trial_of

VARYING, ALIKE = ({"seen.cv_size": np.full(2, spread)} for spread in (0.4, 0.001))
"""What was seen of centers of very different sizes, and of samples of one size."""


def about_targets(*analyses: AnalysisSettings, seen: Columns = ALIKE, sizes: int | str = "joiners") -> list[str]:
    """The notes on targets."""
    made = trial_of(*analyses)
    made = replace(made, scenario=Scenario(population={"sizes": sizes}))
    notes = notes_of(made, [seen] * len(analyses), {"analyses": []}, [])
    return [note for note in notes if "the target is" in note]


@pytest.mark.parametrize("estimand", ["all_present", "repeated_cross_section"])
@pytest.mark.parametrize(("name", "title"), [
    ("cluster_t", "t test on collaboratives"), ("cluster_t_centers", "t test on centers (usual practice)"),
    ("paired_t", "paired t test on collaboratives"), ("randomization", "randomization test"),
])  # fmt: skip
def test_a_center_that_counts_once_is_told_from_a_person(estimand: str, name: str, title: str) -> None:
    (note,) = about_targets(analysis(name, "ols_cr2", estimand=estimand), seen=VARYING)
    assert note.startswith("score at post (everyone present")
    assert "in which every person counts once" in note
    assert f"every center counts once in: {title}. Where effects go with the size of centers" in note


@pytest.mark.parametrize(("name", "words"), [
    ("ols_cr2", "every person measured counts once in: least squares (CR2)"),
    ("gee", "between once and once a person in: GEE (Kauermann-Carroll)"),
    ("lmm_kr", "between once and once a person in: mixed model (Kenward-Roger)"),
    ("partially_nested", "between once and once a person in: partially nested mixed model"),
])  # fmt: skip
def test_a_person_that_counts_once_is_told_from_a_center(name: str, words: str) -> None:
    (note,) = about_targets(analysis("cluster_t", name), seen=VARYING)
    assert "in which every center counts once" in note
    assert f"{words}. Where effects go" in note


def test_weights_by_precision_are_neither_target_s() -> None:
    for estimand in ("all_present", "center_mean"):
        (note,) = about_targets(analysis("gee", "lmm_kr", estimand=estimand), seen=VARYING)
        assert "precision of their means" in note
        assert "GEE (Kauermann-Carroll) and mixed model (Kenward-Roger)" in note


def test_samples_of_one_size_make_every_estimator_one_of_centers() -> None:
    """Of large centers as many are measured as of small ones, but all who are there are the target."""
    (note,) = about_targets(analysis("gee", "ols_cr2", estimand="all_present"))
    assert "every center counts once in: GEE (Kauermann-Carroll) and least squares (CR2)" in note
    assert about_targets(analysis("gee", "ols_cr2", estimand="all_present"), sizes=20) == []
    assert about_targets(analysis("gee", "ols_cr2", "lmm_kr", "cluster_t")) == []


def test_there_is_no_such_note_where_target_and_estimator_agree() -> None:
    persons = analysis("ols_cr2", "ols_cr2_centers", estimand="all_present")
    stayers = analysis("ols_cr2", estimand="stayers", cohort="closed")
    moderated = analysis("cluster_t", estimand="all_present", moderator="sector")
    assert about_targets(analysis("cluster_t", "randomization"), stayers, persons, moderated, seen=VARYING) == []


def test_compliers_are_estimated_by_intention_to_treat() -> None:
    (note,) = about_targets(analysis("gee", estimand="compliers"), analysis("gee"))
    assert "centers that did not withdraw" in note
    assert "remain intention to treat" in note
    assert "the bias shown is the difference" in note


def test_stayers_are_not_what_is_measured_where_newcomers_are_measured_too() -> None:
    (note,) = about_targets(analysis("cluster_t", estimand="stayers", cohort="open"), sizes=20)
    assert "newcomers are measured too (cohort open)" in note


def explained(lost: float, weights: str | None) -> str:
    """The sentence on a bias that neither the instrument nor contamination makes."""
    made = {
        "seen": {"lost_treated": {"value": lost}, "lost_control": None},
        "truth": {"scale": {"value": 1.0}, "effect": {"value": 0.3}, "measured": {"value": 0.3}, "spill": None},
    }
    return bias(made, {"bias": {"value": -0.02, "mcse": 0.001}, "other_weights": weights}, "parallel")


def test_a_bias_has_no_cause_that_was_not_there() -> None:
    assert explained(0.0, None).endswith("than that effect, which nothing that is recorded here explains")
    assert "lost" not in explained(0.0, "person")
    assert "in it every person measured counts once, which is not so in the target" in explained(0.0, "person")
    assert explained(0.1, None).endswith("explains: centers are lost before the analysis")
    assert "centers are lost before the analysis and in it centers count by" in explained(0.1, "precision")
