"""Costs line by line, designs that a budget allows, the choice among them by simulation, and levers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

import bscsim
from bscsim.trial import formulas
from bscsim.trial.searching.budget_search import BudgetRequest, BudgetSearch
from bscsim.trial.searching.candidates import Candidate, best_under, candidates
from bscsim.trial.searching.costing import cost_of
from bscsim.trial.searching.levers import levers
from bscsim.trial.settings import AnalysisSettings, CohortSettings, CostSettings, DesignSettings, MeasureSettings
from bscsim.trial.trial import Trial

PRICES = CostSettings(collaborative=1000, treated_center=100, control_center=10, classroom=2, survey=0.5)
ROOMS = {"rooms": MeasureSettings(of="classrooms", sample=3)}
UNITS = {"rooms": 4.0, "staff": 20.0, "children": 2.5, "few": 2.0}


def trial(measures: Mapping[str, MeasureSettings] = ROOMS, **design: Any) -> Trial:
    plan = DesignSettings(**{"collaboratives": 3, "centers_per_collaborative": 6, "control_centers": 20} | design)
    return Trial(bscsim.Scenario(), plan, measures, (AnalysisSettings(outcome=next(iter(measures), "")),), costs=PRICES)


# ---- costs --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("design", "groups", "treated", "control"), [
    ({}, 3, 18, 20),
    ({"cohorts": (CohortSettings(collaboratives=2), CohortSettings(starts=12, collaboratives=1))}, 3, 18, 20),
    ({"type": "wait_list"}, 3 + 4, 38, 0),  # 20 controls: later 4 collaboratives of at most 6
    ({"type": "stepped_wedge"}, 3, 18, 0),
    ({"type": "pre_post"}, 3, 18, 0),
    ({"type": "matched_comparison", "comparisons": 2}, 3, 18, 36),
    ({"type": "interrupted_series"}, 3, 18, 20),
])  # fmt: skip
def test_collaboratives_and_centers_by_hand(design: dict[str, Any], groups: int, treated: int, control: int) -> None:
    found = cost_of(trial(**design), UNITS)
    assert found.lines["collaboratives"] == 1000 * groups
    assert found.lines["centers"] == 100 * treated + 10 * control
    assert found.lines["measurement"] == (treated + control) * 3 * 2 * 2  # 3 rooms, 2 waves, a price of 2
    assert found.total == sum(found.lines.values())


@pytest.mark.parametrize(("name", "measure", "each"), [
    ("rooms", MeasureSettings(of="classrooms", sample=3, waves=("post",)), 3 * 1 * 2),
    ("rooms", MeasureSettings(of="classrooms"), 4 * 2 * 2),
    ("few", MeasureSettings(of="classrooms", sample=3), 2 * 2 * 2),  # fewer rooms than the sample: all of them
    ("children", MeasureSettings(of="children"), 2.5 * 2 * 2),
    ("staff", MeasureSettings(of="staff", response=0.8), 20 * 0.8 * 2 * 0.5),
    ("ready", MeasureSettings(of="readiness"), 1 * 2 * 0.5),
    ("monthly", MeasureSettings(of="reports"), 17 * 0.5),  # months 0 to 16
])  # fmt: skip
def test_measurement_by_hand(name: str, measure: MeasureSettings, each: float) -> None:
    assert cost_of(trial({name: measure}), UNITS).measurement == pytest.approx(38 * each)
    both = cost_of(trial({name: measure, "ready2": MeasureSettings(of="readiness")}), UNITS).measurement
    assert both == pytest.approx(38 * (each + 1))


# ---- candidates ---------------------------------------------------------------------------------------------------


def closed(levels: Mapping[str, int]) -> float:
    return formulas.power(0.35, formulas.partially_nested(
        levels["k"], levels["m"], 5, levels["J"], var_collaborative=0.02, var_center=0.1, var_unit=0.9))  # fmt: skip


def price(levels: Mapping[str, int]) -> float:
    return 60 * levels["k"] + 5 * levels["k"] * levels["m"] + levels["J"]


def test_best_under_a_budget_is_what_a_plain_search_finds() -> None:
    designs = candidates(("k", "m", "J"), ((1, 8), (4, 16), (10, 60)), 2)
    found = best_under(700, price, designs, closed, 8)
    best, best_power = None, -1.0
    for k in range(1, 9, 2):
        for m in range(4, 17, 2):
            for J in range(10, 61, 2):
                levels = {"k": k, "m": m, "J": J}
                if price(levels) <= 700 and k > 1 and closed(levels) > best_power:
                    best, best_power = levels, closed(levels)
    assert (found[0].levels, found[0].power) == (best, pytest.approx(best_power))
    assert len(found) == 8
    assert all(one.cost <= 700 for one in found)
    assert [one.power for one in found] == sorted((one.power for one in found), reverse=True)
    for i, one in enumerate(found):  # none is but a smaller copy of a better one
        assert not any(all(other.levels[f] >= one.levels[f] for f in one.levels) for other in found[:i])


def test_designs_without_an_answer_come_last_and_none_within_the_budget_is_said() -> None:
    designs = candidates(("k", "m", "J"), ((1, 2), (4, 4), (10, 10)))
    assert [one.levels["k"] for one in best_under(1000, price, designs, closed)] == [2]  # k = 1 is but less of it
    assert np.isnan(best_under(100, price, designs, closed)[0].power)
    with pytest.raises(ValueError, match=r"budget of 50 allows no design; the cheapest costs 90"):
        best_under(50, price, designs, closed)
    for over, between, step in ((("k",), ((1, 2), (1, 2)), 1), (("k",), ((2, 1),), 1), (("k",), ((1, 2),), 0)):
        with pytest.raises(ValueError, match=r"pair"):
            candidates(over, between, step)
    with pytest.raises(ValueError, match="narrow the ranges"):
        candidates(("a", "b"), ((1, 1000), (1, 1000)))


# ---- choice by simulation -----------------------------------------------------------------------------------------

POWER = (0.70, 0.60, 0.80, 0.55, 0.65, 0.50, 0.45, 0.62)


def designs() -> list[Candidate]:
    return [Candidate({"k": i}, 100.0, 0.7) for i in range(len(POWER))]


def drive(search: BudgetSearch, rng: np.random.Generator) -> list[tuple[BudgetRequest, int]]:
    told = []
    while (request := search.ask()) is not None:
        rejected = int(rng.binomial(request.replicates, POWER[request.candidate]))
        search.tell(request, rejected, request.replicates)
        told.append((request, rejected))
    return told


def test_the_best_wins_and_its_confirmation_is_honest() -> None:
    won, covered, chosen, fresh = 0, 0, [], []
    for seed in range(200):
        search = BudgetSearch(designs(), 4000)
        told = drive(search, np.random.default_rng(seed))
        found = search.result()
        won += found.best.levels["k"] == 2
        assert found.confirmed is not None
        truth = POWER[found.best.levels["k"]]
        covered += found.confirmed.low <= truth <= found.confirmed.high
        chosen.append(found.ranked[0].power.value - truth)
        fresh.append(found.confirmed.value - truth)
        assert found.over
        assert found.replicates_used == sum(request.replicates for request, _ in told) <= 4000
        assert sum(request.replicates for request, _ in told if request.purpose == "confirm") == 1000
    assert won >= 196
    assert covered >= 180  # 95% of 200 less 3 standard errors
    assert abs(np.mean(fresh)) <= 3 * 0.0126 / np.sqrt(200)


def test_halving_by_hand() -> None:
    search = BudgetSearch(designs(), 4000, first=50)
    told = drive(search, np.random.default_rng(0))
    rounds = [(request.candidate, request.replicates) for request, _ in told[:-1]]
    assert rounds[:8] == [(i, 125) for i in range(8)]  # 3,000 in 3 rounds of 1,000
    assert [n for _, n in rounds[8:]] == [250] * 4 + [500] * 2
    share = [rejected for _, rejected in told[:8]]
    assert sorted(i for i, _ in rounds[8:12]) == sorted(sorted(range(8), key=lambda i: -share[i])[:4])
    numbers = [n for request, _ in told for n in range(request.first, request.first + request.replicates)]
    assert numbers == list(range(50, 50 + len(numbers)))
    assert [one.power.of for one in search.result().ranked] == [875, 875, 375, 375, 125, 125, 125, 125]


def test_a_design_that_can_seldom_be_fitted_does_not_win() -> None:
    """Of the fits of the second all reject, but only one replicate in twenty can be fitted at all."""
    search = BudgetSearch(designs()[:2], 1000)
    while (request := search.ask()) is not None:
        fitted = request.replicates if request.candidate == 0 else round(0.05 * request.replicates)
        search.tell(request, round(0.8 * fitted) if request.candidate == 0 else fitted, fitted)
    found = search.result()
    assert found.best.levels == {"k": 0}
    assert [one.power.value for one in found.ranked] == pytest.approx([0.8, 0.05], abs=0.005)
    assert [one.failed.of for one in found.ranked] == [625, 375]
    assert [one.failed.value for one in found.ranked] == pytest.approx([0.0, 0.95], abs=0.01)
    assert not found.ranked[1].like_best


def test_it_can_be_replayed_and_equals_are_named() -> None:
    first = BudgetSearch(designs(), 4000)
    told = drive(first, np.random.default_rng(3))
    again = BudgetSearch(designs(), 4000)
    for request, rejected in told:
        assert again.ask() == request
        again.tell(request, rejected, request.replicates)
    assert again.result() == first.result()
    twins = BudgetSearch(designs()[:2], 800)
    while (request := twins.ask()) is not None:
        twins.tell(request, request.replicates // 2, request.replicates)
    assert [one.like_best for one in twins.result().ranked] == [True, True]
    assert twins.result().best.levels == {"k": 0}  # of equals the first by the closed form
    assert not first.result().ranked[-1].like_best


def test_one_design_and_wrong_answers() -> None:
    alone = BudgetSearch(designs()[:1], 400)
    request = alone.ask()
    assert request is not None
    with pytest.raises(ValueError, match="was not asked"):
        alone.tell(BudgetRequest(0, 1, request.replicates), 1, 2)
    with pytest.raises(ValueError, match="cannot be"):
        alone.tell(request, 5, 4)
    drive(alone, np.random.default_rng(0))
    assert alone.result().replicates_used == 400
    for few in ([], designs()):
        with pytest.raises(ValueError, match=r"no design|need 24"):
            BudgetSearch(few, 20, confirm=0)


# ---- levers -------------------------------------------------------------------------------------------------------


def nested_power(of: Trial) -> float:
    """A closed form that knows every lever: rooms' error by reliability, half the center variance with a baseline."""
    measure, design = of.measures["rooms"], of.design
    center = 0.1 * (0.5 if "baseline" in of.analyses[0].covariates else 1.0)
    groups = sum(cohort.collaboratives for cohort in design.by_cohort)
    return formulas.power(0.35, formulas.partially_nested(
        groups, design.centers_per_collaborative, int(measure.sample), design.control_centers,
        var_collaborative=0.01, var_center=center, var_unit=0.4 / measure.reliability))  # fmt: skip


def test_levers_change_one_field_each_and_state_power_and_cost() -> None:
    rooms = {"rooms": MeasureSettings(of="classrooms", sample=3, reliability=0.7, waves=("post",))}
    plan = trial(rooms, waves={"post": 16})
    found = {lever["path"]: lever for lever in levers(plan, nested_power, UNITS)}
    power, cost = nested_power(plan), cost_of(plan, UNITS).total
    expected = {  # path: from, to, what it costs
        "design.collaboratives": (3, 4, 1000 + 600 + 6 * 3 * 2),
        "design.centers_per_collaborative": (6, 7, 3 * (100 + 6)),
        "design.control_centers": (20, 26, 6 * (10 + 6)),
        "measures.rooms.sample": (3, 4, 38 * 2),
        "measures.rooms.reliability": (0.7, 0.8, 0),
        "measures.rooms.waves": ("none", "baseline", 38 * 3 * 2),
    }
    assert set(found) == set(expected)
    for path, (before, after, more) in expected.items():
        lever = found[path]
        assert (lever["from"], lever["to"]) == (before, after)
        assert (lever["power_from"], lever["cost_from"]) == (power, cost)
        assert lever["power_to"] > power
        assert lever["cost_to"] - cost == pytest.approx(more), path
    more_centers = formulas.partially_nested(3, 7, 3, 20, var_collaborative=0.01, var_center=0.1, var_unit=0.4 / 0.7)
    assert found["design.centers_per_collaborative"]["power_to"] == pytest.approx(formulas.power(0.35, more_centers))
    assert next(iter(found)) == "measures.rooms.reliability"  # helps and costs nothing
    paid = [(lever["power_to"] - power) / (lever["cost_to"] - cost) for lever in list(found.values())[1:]]
    assert paid == sorted(paid, reverse=True)
    assert "for $318 more" in found["design.centers_per_collaborative"]["words"]


def test_levers_that_a_design_has_not_are_not_offered() -> None:
    rooms = {"rooms": MeasureSettings(of="classrooms", sample=4)}  # all rooms there are, no error
    plan = trial(rooms, type="pre_post")
    assert [lever["path"] for lever in levers(plan, lambda _: 0.5, UNITS)] == [
        "design.collaboratives", "design.centers_per_collaborative"]
    paired = trial(rooms, pairs_on=("size",), control_centers=18, cohorts=(
        CohortSettings(collaboratives=1), CohortSettings(starts=12, collaboratives=2)))  # fmt: skip
    seen = []
    found = levers(paired, lambda plan: seen.append(plan.design) or 0.5, UNITS)  # type: ignore[func-returns-value]
    assert (found[0]["path"], found[0]["from"], found[0]["to"]) == ("design.cohorts", 3, 4)
    assert seen[1].control_centers == 24
    assert [cohort.collaboratives for cohort in seen[1].cohorts] == [1, 3]


def test_a_power_without_an_answer_is_none() -> None:
    def power(plan: Trial) -> float:
        if plan.design.collaboratives < 4:
            raise formulas.TooFew("too few")
        return 0.6

    found = {lever["path"]: lever for lever in levers(trial(), power, UNITS)}
    assert found["design.collaboratives"]["power_from"] is None
    assert found["design.collaboratives"]["power_to"] == 0.6
    assert "no power for it" in found["design.control_centers"]["words"]
