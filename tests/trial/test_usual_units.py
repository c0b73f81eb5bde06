"""Units of a center before anything is seen: one number for what is billed, offered and simulated, the model's own."""

from __future__ import annotations

from functools import cache

import pytest

import bscsim
from bscsim.trial.analyzing.compute import compute
from bscsim.trial.analyzing.gaussian_columns import parallel_trial
from bscsim.trial.reading.pool import units_of, usual_units
from bscsim.trial.settings import AnalysisSettings, DesignSettings, MeasureSettings
from bscsim.trial.summarizing.columns import Columns
from bscsim.trial.summarizing.levers_and_costs import cost_data, lever_data
from bscsim.trial.summarizing.levers_and_costs import units_of as units_in
from bscsim.trial.trial import Trial
from tests.trial.summarizing_cases import SEEN, columns

MEASURES = {
    "rooms": MeasureSettings(), "children": MeasureSettings(of="children"),
    "staff": MeasureSettings(of="staff"), "teaching": MeasureSettings(of="staff", who="teaching"),
}  # fmt: skip
SHORT = {"burn_in": 2, "prework": (0, 1), "sessions": (1, 3), "ends": 5, "horizon": 8, "waves": (0, 8)}
DESIGN = DesignSettings(waves={"baseline": 0, "post": 8})


def of(sizes: int | str, measures: dict[str, MeasureSettings] = MEASURES) -> Trial:
    scenario = bscsim.Scenario(population={"centers": 40, "sizes": sizes}, enrolment={"rule": "random"}, calendar=SHORT)
    return Trial(scenario, DESIGN, measures, tuple(AnalysisSettings(outcome=name) for name in measures))


@cache
def run(sizes: int | str) -> list[Columns]:
    return compute(of(sizes), range(4), seed=1)


def mean_units(seen: Columns) -> float:
    units, centers = ((seen[f"seen.{what}_treated"] + seen[f"seen.{what}_control"]).sum()
                      for what in ("units", "centers"))  # fmt: skip
    return float(units / centers)


@pytest.mark.parametrize("sizes", [20, "joiners"])
@pytest.mark.parametrize("name", list(MEASURES))
def test_units_are_those_that_a_run_has(sizes: int | str, name: str) -> None:
    """Positions stand empty for a while: a run has up to a tenth fewer persons than positions."""
    trial = of(sizes)
    seen = dict(zip(MEASURES, run(sizes), strict=True))[name]
    usual = usual_units(trial.scenario.population, MEASURES[name])
    assert 0.9 * usual <= mean_units(seen) <= 1.02 * usual
    assert usual == units_of(20, MEASURES[name].of, MEASURES[name].who)
    assert units_in(trial, [{}] * len(MEASURES))[name] == usual
    assert parallel_trial(trial, AnalysisSettings(outcome=name)).staff == usual


@pytest.mark.parametrize(("sample", "billed"), [(3, 3), (5, 5), (8, 8), (12, 10), ("all", 10)])
def test_every_room_is_billed(sample: int | str, billed: int) -> None:
    trial = of(20, {"rooms": MeasureSettings(sample=sample)})
    centers = 2 * 8 + 16
    assert cost_data(trial, [{}])["lines"]["measurement"] == centers * 2 * billed * trial.costs.classroom


def test_a_larger_sample_is_offered_as_long_as_there_are_rooms() -> None:
    from bscsim.trial.summarizing.components import formula_inputs

    for sample, offered in ((5, True), (9, True), (10, False)):
        trial = of(20, {"rooms": MeasureSettings(sample=sample)})
        units = {f"units_{arm}": SEEN[f"centers_{arm}"] * sample for arm in ("treated", "control")}
        made = columns(R=10, seen=SEEN | units)
        paths = [lever["path"] for lever in lever_data(trial, [made], formula_inputs(made, trial))]
        assert ("measures.rooms.sample" in paths) == offered


def test_nobody_is_billed_twice_for_what_a_center_has_one_of() -> None:
    for what in ("readiness", "reports"):
        assert usual_units(of(20).scenario.population, MeasureSettings(of=what)) == 1
