"""Notes on pairs and strata that an estimator does not know of."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bscsim.trial.gaussian import GaussianTruth
from bscsim.trial.reading.notes import notes_of
from bscsim.trial.settings import AnalysisSettings
from tests.trial.summarizing_cases import analysis, trial_of


def told(*analyses: AnalysisSettings, **design: object) -> list[str]:
    return [note for note in notes_of(trial_of(*analyses, **design), None) if "centers are allocated within" in note]


def test_estimators_that_ignore_pairs_are_named_with_what_it_costs_and_what_helps() -> None:
    (note,) = told(analysis("cluster_t", "randomization", "lmm_kr"), pairs_on=("size", "practice"))
    assert "within pairs matched on size and practice" in note
    assert "does not enter t test on collaboratives and mixed model (Kenward-Roger)" in note
    assert "standard errors are too large and power is understated" in note
    assert "The estimator randomization compares within pairs, and so does analysis.covariates with size and" in note


@pytest.mark.parametrize(("estimators", "covariates", "design"), [
    (("randomization",), (), {"pairs_on": ("size",)}),
    (("cluster_t",), ("baseline_center_mean", "size"), {"pairs_on": ("size", "practice")}),
    (("cluster_t",), ("baseline", "sector"), {"strata": ("sector",)}),
    (("cluster_t",), (), {}),
    (("lmm_kr",), (), {"strata": ("sector",), "type": "stepped_wedge"}),
])  # fmt: skip
def test_nothing_is_said_where_nothing_is_ignored(
    estimators: tuple[str, ...], covariates: tuple[str, ...], design: dict[str, object]
) -> None:
    assert told(analysis(*estimators, covariates=covariates), **design) == []


def test_only_traits_that_no_covariate_takes_out_are_named() -> None:
    (note,) = told(analysis("gee", covariates=("sector",)), strata=("sector", "area"))
    assert "allocated within strata, which evens out area between the arms" in note
    assert note.endswith("The estimator randomization compares within strata.")


def test_centers_of_a_typed_truth_have_no_traits() -> None:
    made = replace(trial_of(pairs_on=("size",)), truth=GaussianTruth(0.3, var={"center": 0.1, "residual": 0.9}))
    assert not any("centers are allocated within" in note for note in notes_of(made, None))
