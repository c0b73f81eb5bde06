"""Every kind of measure against plain Python that takes one unit at a time (:mod:`tests.trial.measured_by_hand`)."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from bscsim.record.measures import PARENT
from bscsim.record.trajectories import Trajectories
from bscsim.rules import measurement
from bscsim.trial.measuring import measure
from bscsim.trial.measuring.instruments import child_score
from bscsim.trial.measuring.selecting import response_probability
from tests.trial.enrolled_by_hand import enrolled_in, in_two_cohorts, simulated, trial_of
from tests.trial.measured_by_hand import by_hand

MEASURES: dict[str, dict[str, Any]] = {
    "rooms": {"of": "classrooms", "reliability": 0.75, "sample": 2, "rater": 0.4},
    "survey": {"of": "staff", "sample": 6, "response": 0.7},
    "observed": {"of": "staff", "asks": "practice", "who": "teaching", "reliability": 0.6},
    "test": {"of": "staff", "asks": "knowledge", "reliability": 0.8, "sample": 4, "response": 0.9},
    "mood": {"of": "staff", "asks": "motivation", "reliability": 0.9},
    "children": {"of": "children", "reliability": 0.8, "sample": 2},
    "ready": {"of": "readiness", "reliability": 0.75},
    "reports": {"of": "reports", "reliability": 0.7},
}


@cache
def run() -> Trajectories:
    return simulated()


@pytest.mark.parametrize("world", ["treated", "twin"])
@pytest.mark.parametrize("cohort", ["repeated", "open", "closed"])
@pytest.mark.parametrize("name", list(MEASURES))
def test_every_row_is_what_the_scalar_rules_give(name: str, cohort: str, world: str) -> None:
    """Two cohorts, one center outside the study, centers lost, replicates out of order: rows and their order, exactly;
    readings to 1e-9 (the sum over a room or of variances in another order)."""
    waves = {"baseline": 0, "post": 5, "followup": 10}
    trial = trial_of(run(), MEASURES, (0.5, 0.3), starts=(0, 5), waves=waves)
    enrolled = in_two_cohorts(run())
    there = getattr(run(), world)
    units = measure(run(), world, enrolled, trial, name, cohort)
    wanted = by_hand(run(), there, enrolled, trial, name, cohort)
    assert list(zip(*(field.tolist() for field in units[:4]), strict=True)) == [row[:4] for row in wanted]
    np.testing.assert_allclose(units.y, [row[4] for row in wanted], rtol=0, atol=1e-9)
    assert len(wanted) > 30
    assert set(units.at.tolist()) == {0, 1, 2}
    assert enrolled.cohort.shape[1] - 1 not in set(units.center.tolist())


def test_a_measure_is_used_at_its_own_waves_in_order_of_time() -> None:
    measures = {"late": {"of": "classrooms", "waves": ("followup", "post")}}
    trial = trial_of(run(), measures)
    units, enrolled = measure(run(), "treated", enrolled_in(run()), trial, "late"), enrolled_in(run())
    assert [row[:4] for row in by_hand(run(), run().treated, enrolled, trial, "late")] == list(
        zip(*(field.tolist() for field in units[:4]), strict=True))
    assert set(units.wave.tolist()) == {0, 1}
    post = measure(run(), "treated", enrolled_in(run()), trial_of(run(), {"p": {"waves": ("post",)}}), "p")
    assert units.y[units.wave == 0].tolist() == post.y.tolist()


def test_waves_of_a_stepped_wedge_count_from_the_study() -> None:
    trial = trial_of(run(), {"rooms": {}}, starts=(0, 5), type="stepped_wedge")
    plain = trial_of(run(), {"rooms": {}})
    enrolled = in_two_cohorts(run())
    together = enrolled._replace(cohort=np.minimum(enrolled.cohort, 0), start=enrolled.start * 0)
    for one, other in zip(measure(run(), "treated", enrolled, trial, "rooms"),
                          measure(run(), "treated", together, plain, "rooms"), strict=True):  # fmt: skip
        assert one.tolist() == other.tolist()


def test_a_month_that_was_not_recorded_is_refused() -> None:
    trial = trial_of(run(), {"rooms": {}}, waves={"baseline": 0, "post": 7})
    with pytest.raises(ValueError, match="month 7, but the scenario records staff in"):
        measure(run(), "treated", enrolled_in(run()), trial, "rooms")


def test_nobody_is_measured_of_a_study_without_centers() -> None:
    none = enrolled_in(run())
    none = none._replace(in_study=none.in_study & False, cohort=none.cohort - 1)
    for cohort in ("repeated", "closed"):
        for name in MEASURES:
            assert len(measure(run(), "treated", none, trial_of(run(), MEASURES), name, cohort).y) == 0


def test_parents_and_empty_rooms_are_not_there() -> None:
    trial = trial_of(run(), {"staff": {"of": "staff"}, "rooms": {}})
    people, rooms = (measure(run(), "treated", enrolled_in(run()), trial, name) for name in ("staff", "rooms"))
    rows = run().treated.staff
    parents = rows["person"][rows["filled"] & (rows["role"] == PARENT)]
    assert len(parents)
    assert not np.isin(people.unit, parents).any()
    inside = np.isin(rows["month"], [0, 10, 20]) & (rows["classroom"] >= 0)
    names = ("replicate", "month", "center", "classroom")
    every, taught = ({tuple(key) for key in np.stack([rows[name][keep] for name in names], axis=1).tolist()}
                     for keep in (inside, inside & rows["filled"]))  # fmt: skip
    assert len(taught) < len(every)  # there is a room without staff
    assert len(rooms.y) == len(taught)


def test_array_rules_are_the_scalar_rules() -> None:
    """Also where nothing differs, and there is no scale."""
    grid = np.linspace(-0.2, 1.2, 29)
    for sd in (0.1, 0.0):
        mean, spread = np.full(29, 0.45), np.full(29, sd)
        found = child_score(grid, mean, spread, 0.3, (grid > 0.5) * 1.0, -0.15)
        wanted = [measurement.child_score(x, 0.45, sd, 0.3, float(x > 0.5), -0.15) for x in grid.tolist()]
        np.testing.assert_allclose(found, wanted, rtol=1e-14)
        chance = response_probability(grid, mean, spread, 0.5, measurement.RESPONSE_RATE)
        wanted = [measurement.response_probability(x, 0.45, sd, 0.5) for x in grid.tolist()]
        np.testing.assert_allclose(chance, wanted, rtol=1e-14)
    assert np.isnan(child_score(grid, grid * np.nan, grid * np.nan, 0.3, grid, -0.15)).all()
