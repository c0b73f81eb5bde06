"""Notes on analyses whose estimators estimate something else than the target."""

from __future__ import annotations

from typing import Any

import pytest

from bscsim.trial.settings import AnalysisSettings
from bscsim.trial.summarizing.cautions import notes_of
from tests.trial.summarizing_cases import analysis, trial_of


def about_targets(*analyses: AnalysisSettings, **design: Any) -> list[str]:
    """The notes on targets, without figures."""
    notes = notes_of(trial_of(*analyses, **design), [{}] * len(analyses), {"analyses": []}, [])
    return [note for note in notes if "the target is" in note]


@pytest.mark.parametrize("estimand", ["all_present", "repeated_cross_section"])
@pytest.mark.parametrize(("name", "title"), [
    ("cluster_t", "t test on collaboratives"), ("cluster_t_centers", "t test on centers (usual practice)"),
    ("paired_t", "paired t test on collaboratives"), ("randomization", "randomization test"),
])  # fmt: skip
def test_a_center_that_counts_once_is_told_from_a_person(estimand: str, name: str, title: str) -> None:
    (note,) = about_targets(analysis(name, "gee", estimand=estimand))
    assert note.startswith("score at post (everyone present")
    assert f"every center counts once in: {title}. What that estimates is the mean of centers" in note


def test_there_is_no_such_note_where_target_and_estimator_agree() -> None:
    persons = analysis("gee", "lmm_kr", "partially_nested", estimand="all_present")
    stayers = analysis("cluster_t", estimand="stayers", cohort="closed")
    assert about_targets(analysis("cluster_t"), stayers, persons) == []


def test_compliers_are_estimated_by_intention_to_treat() -> None:
    (note,) = about_targets(analysis("gee", estimand="compliers"), analysis("gee"))
    assert "centers that did not withdraw" in note
    assert "remain intention to treat" in note
    assert "the bias shown is the difference" in note


def test_stayers_are_not_what_is_measured_where_newcomers_are_measured_too() -> None:
    (note,) = about_targets(analysis("cluster_t", estimand="stayers", cohort="open"))
    assert "newcomers are measured too (cohort open)" in note
