from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bscsim.record import truth
from bscsim.record.responses import COLUMNS, MOMENTS, RESPONSES, pooled_sd, response
from tests.record.conftest import add_staff, small_run

# The contract with the sweeps: a study names these, and result files are read by them.
NAMES = (
    "practice", "practice_twin", "effect", "effect_centers", "effect_stayers", "effect_own_stayers", "effect_team",
    "effect_others", "effect_outside", "gain_team", "gain_others", "outside_informed", "borrowed", "knowledge",
    "knowledge_effect", "used", "used_effect", "fit", "fit_effect", "formalised", "qi_effect", "climate_effect",
    "readiness", "readiness_effect", "motivation_effect", "attendance", "session_attendance", "call_attendance",
    "coaching_attendance", "seats_held", "pdsa_started", "pdsa_succeeded", "active_share", "exit_rate",
    "exit_rate_twin", "retained", "retained_twin", "cost_program", "cost_sponsor", "cost_hiring_effect",
    "reports_sent", "enrolled",
)


def test_the_columns_are_those_that_studies_name():
    assert [row.name for row in RESPONSES] == list(NAMES)
    assert (*NAMES, *MOMENTS) == COLUMNS
    assert MOMENTS == ("twin_n", "twin_mean", "twin_m2")
    assert len(set(COLUMNS)) == len(COLUMNS)


def test_every_response_says_its_unit_and_meaning_and_is_found_by_name():
    for row in RESPONSES:
        assert row.unit
        assert row.about
        assert "@" not in row.name  # a response key is name@when
        assert response(row.name) is row


def test_an_unknown_response_names_those_there_are():
    with pytest.raises(KeyError, match=r"no response 'efect'; there are practice, .*enrolled"):
        response("efect")
    with pytest.raises(KeyError):
        response("twin_n")


def moments(groups):
    return [np.array(column) for column in zip(*(
        (len(g), np.mean(g) if len(g) else np.nan, np.sum((g - np.mean(g)) ** 2) if len(g) else np.nan)
        for g in groups), strict=True)]


@given(st.lists(st.lists(st.floats(0, 1), max_size=9), max_size=8))
def test_merged_moments_give_the_sd_of_all_persons(lists):
    groups = [np.array(one) for one in lists]
    n, mean, m2 = moments(groups) if groups else ([], [], [])
    everyone = np.concatenate([np.empty(0), *groups])
    if len(everyone) < 2:
        assert math.isnan(pooled_sd(n, mean, m2))
    else:
        assert pooled_sd(n, mean, m2) == pytest.approx(np.std(everyone, ddof=1), rel=1e-9, abs=1e-12)


def test_merging_keeps_its_digits_where_the_mean_is_large():
    """Sums of squares would lose all of them: the SD is 1e-9 of the mean."""
    groups = [1e9 + np.array([0.0, 1.0, 2.0]), 1e9 + np.array([1.0, 3.0])]
    assert pooled_sd(*moments(groups)) == pytest.approx(np.std([0, 1, 2, 1, 3], ddof=1), rel=1e-12)


def test_rows_without_a_twin_or_without_persons_are_passed_over():
    nan = math.nan
    assert pooled_sd([nan, 2.0, 0.0, 1.0], [nan, 0.5, nan, 1.5], [nan, 0.5, nan, 0.0]) == pytest.approx(
        np.std([0.0, 1.0, 1.5], ddof=1), rel=1e-12)
    assert math.isnan(pooled_sd([nan], [nan], [nan]))


def test_columns_of_unequal_length_are_refused():
    with pytest.raises(ValueError, match="zip"):
        pooled_sd([1, 2], [0.5, 0.5], [0.0])


def test_it_is_the_standardiser_of_truth():
    """Of a record made by hand: two replicates, three centers, one of them outside."""
    run = small_run()
    practised = {4: (0.1, 0.5, 0.7), 9: (0.3, 0.4, 0.9)}
    for replicate, (a, b, outside) in practised.items():
        for world in (run.treated, run.twin):
            add_staff(world, replicate, 3, *(
                {"center": c, "slot": 0, "person": c + 1, "P": p} for c, p in enumerate((a, b, outside))))
    groups = [np.float32(values[:2]).astype(float) for values in practised.values()]
    assert pooled_sd(*moments(groups)) == pytest.approx(truth.standardiser(run)[0], rel=1e-12)
