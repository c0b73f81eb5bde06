"""Paired experiments of model.md section 7: T26 and T28 to T33, in small form.

Every comparison is between runs with common random numbers (:mod:`tests.verification.pairs`): 4 to 20 replicates of
eight centers.  "Above" and "below" mean by more than three Monte Carlo errors of the mean paired difference; where no
difference is expected the tolerance stands in the test.
"""

from __future__ import annotations

import numpy as np
import pytest

from bscsim.agents.staff import Staff
from bscsim.record import truth
from bscsim.record.measures import ASSISTANT, LEADER, TEACHER
from bscsim.record.trajectories import Trajectories
from tests.verification.pairs import (
    END,
    LATER,
    MIDDLE,
    NOBODY_LEAVES,
    START,
    Values,
    by_replicate,
    error,
    is_above,
    is_below,
    run,
    total,
)

SHORT = {"calendar.horizon": END, "calendar.waves": [0, END]}


def parameters(**values: float) -> dict[str, float]:
    return {f"parameters.{name}": value for name, value in values.items()}


# ---- T26: readiness as a product or as a sum ----------------------------------------------------------------------

ADDITIVE = parameters(ready_power=1.0)
UNBALANCED = SHORT | parameters(qi_mean=0.15)
# Motivation, capacity and innovation capacity all at .55 and kept there.
BALANCED = SHORT | parameters(
    qi_mean=0.55, qi_sd=0.0, motivation_sd=0.0, capacity_sd=0.0, person_motivation_sd=0.0,
    m_up=0.0, m_load=0.0, m_lead=0.0, q_gain=0.0, prework=0.0,
)  # fmt: skip


@pytest.mark.parametrize("name", ["readiness", "practice_team", "practice_nonteam", "fit"])
def test_t26_one_low_component_counts_more_in_a_product(name):
    product, additive = run(UNBALANCED), run(UNBALANCED | ADDITIVE)
    assert is_below(by_replicate(product, name, END) - by_replicate(additive, name, END))


def test_t26_fewer_changes_are_tested_where_the_product_is_lower():
    assert is_below(total(run(UNBALANCED), "pdsa_started") - total(run(UNBALANCED | ADDITIVE), "pdsa_started"))


def test_t26_the_product_is_never_above_the_sum_and_falls_short_by_the_imbalance():
    """Center by center at the start, before anything can differ but the formula and what it did in burn-in."""
    product, additive = (run(UNBALANCED | extra).treated for extra in ({}, ADDITIVE))
    lack = additive["readiness"][:, :, START] - product["readiness"][:, :, START]
    parts = np.stack([product[name][:, :, START] for name in ("motivation", "capacity", "qi")])
    assert lack.min() >= -1e-6
    assert np.corrcoef(lack.ravel(), np.log(parts).std(axis=0).ravel())[0, 1] > 0.9


def test_t26_equal_components_give_equal_runs():
    product, additive = (run(BALANCED | extra, 4).treated for extra in ({}, ADDITIVE))
    assert product["readiness"] == pytest.approx(0.55, abs=1e-6)
    for name in ("readiness", "practice", "fit", "pdsa_started", "attended"):
        assert product[name] == pytest.approx(additive[name], abs=1e-6, nan_ok=True), name


# ---- T28: from the team to colleagues -----------------------------------------------------------------------------

CUT = parameters(
    k_help=0.0, coach_spill=0.0, p_norm=0.0, soc_boost=0.0, std_hold=0.0, fit_gain=0.0, hire_local=0.0
)


def gains(record: Trajectories, column: str, month: int = END) -> Values:
    """A column of the table of spread (gains over the twin, the same persons) at one wave, by replicate."""
    table = record.spread()
    return np.asarray(table[table["month"] == month][column], dtype=np.float64)


def test_t28_the_team_leads():
    base = run(twin=True)
    for month in (MIDDLE, END):
        assert is_above(gains(base, "team_gain", month) - gains(base, "nonteam_gain", month))
    assert is_above(by_replicate(base, "practice_team", END) - by_replicate(base, "practice_nonteam", END))
    assert is_above(gains(base, "nonteam_gain"))


def test_t28_colleagues_gain_nothing_when_every_path_to_them_is_cut():
    """Exactly nothing: their practice is their habit in both worlds."""
    cut = run(CUT, 6, twin=True)
    for month in (MIDDLE, END, LATER):
        assert gains(cut, "nonteam_gain", month).tolist() == [0.0] * 6
        assert is_above(gains(cut, "team_gain", month))


@pytest.mark.parametrize("path", ["k_help", "coach_spill", "p_norm", "soc_boost"])
def test_t28_each_path_to_colleagues_carries_something(path):
    """Everything else cut, colleagues gain a little by each that is left; coaching is left on to have a source."""
    alone = {name: value for name, value in CUT.items() if name != f"parameters.{path}"}
    if path in ("p_norm", "soc_boost"):  # these two pass on practice, and need somebody with knowledge to use
        alone["parameters.k_help"] = 2.0
        without = run(alone | {f"parameters.{path}": 0.0} | SHORT, 4, twin=True)
        assert is_above(gains(run(alone | SHORT, 4, twin=True), "nonteam_gain") - gains(without, "nonteam_gain"))
    else:
        assert is_above(gains(run(alone | SHORT, 4, twin=True), "nonteam_gain"))


# Whatever else climate acts on (norms, exits, the leader's pull) left out: help alone.
HELP_ALONE = NOBODY_LEAVES | parameters(p_norm=0.0, m_lead=0.0)


@pytest.mark.parametrize("changes", [{}, HELP_ALONE], ids=["by all paths", "by help alone"])
def test_t28_a_better_climate_spreads_more(changes):
    """The ratio of colleagues' gain to the team's, with every center at a climate of .25 or of .85."""
    poor, good = (
        run(changes | parameters(climate_mean=mean, climate_sd=0.0) | SHORT, 5, twin=True) for mean in (0.25, 0.85)
    )
    assert is_above(gains(good, "nonteam_ratio") - gains(poor, "nonteam_ratio"))


# ---- T29: who is counted ------------------------------------------------------------------------------------------


def effect(record: Trajectories, estimand: str, month: int) -> Values:
    """Realised effect on true teacher practice by replicate."""
    table = truth.overall(record)
    rows = table[(table["estimand"] == estimand) & (table["month"] == month) & (table["arm"] == "bsc")]
    return np.asarray(rows["effect"], dtype=np.float64)


@pytest.mark.parametrize("month", [END, LATER])
def test_t29_turnover_makes_the_closed_cohort_gain_more_than_the_open_one(month):
    base = run(twin=True)
    assert is_above(effect(base, "stayers", month) - effect(base, "all_present", month))


@pytest.mark.parametrize("month", [MIDDLE, END, LATER])
def test_t29_without_turnover_all_cohorts_are_one(month):
    """Exactly."""
    still = run(NOBODY_LEAVES, 6, twin=True)
    everyone = effect(still, "all_present", month).tolist()
    assert effect(still, "stayers", month).tolist() == everyone
    assert effect(still, "own_world_stayers", month).tolist() == everyone
    assert min(everyone) > 0.0


# ---- T30: who leaves ----------------------------------------------------------------------------------------------


def leavers_gap(**values: float) -> Values:
    """Practice of leaving teachers minus that of teachers who stay in the same center and month, by replicate.

    No collaborative; set points spread widely (SD .25), so that twenty replicates show the default correlation.
    """
    changes = {"enrolment.collaboratives": 0, "calendar.burn_in": 1, **parameters(person_motivation_sd=0.25, **values)}
    world = run(changes, 20).treated
    exits, staff, practice = (world[name][:, :, :-1, TEACHER].astype(np.float64)
                              for name in ("exits", "staff", "practice"))  # fmt: skip
    left, stay = world["leaver_practice"][:, :, :-1].astype(np.float64), staff - exits
    both = (exits > 0) & (stay > 0)
    left, practice = np.where(both, left, 0.0), np.where(both, practice, 0.0)
    others = (staff * practice - left) / np.where(both, stay, 1.0)
    return (left - exits * others).sum(axis=(1, 2)) / np.where(both, exits, 0.0).sum(axis=(1, 2))


def test_t30_leavers_practise_less_the_more_engagement_keeps_people():
    strong, none = leavers_gap(turn_engage=3.0), leavers_gap(turn_engage=0.0)
    assert is_below(strong)
    assert is_below(strong - none)
    assert abs(none.mean()) < 3 * error(none)  # nothing but chance


def test_t30_because_engagement_goes_with_habit():
    assert is_below(leavers_gap(turn_engage=3.0) - leavers_gap(turn_engage=3.0, person_corr=0.0))


# ---- T31: losing the leader ---------------------------------------------------------------------------------------

CALM = NOBODY_LEAVES | SHORT | parameters(withdraw=0.0)


class LeaderGoes(Staff):
    """The leader leaves in the middle of the collaborative."""

    def exit_hazard(self, tenure: float) -> float:
        goes = self.role == LEADER and self.occupant == 0 and self.model.month == MIDDLE
        return 1e6 if goes else super().exit_hazard(tenure)


class AssistantGoes(Staff):
    """The last assistant without a seat leaves then."""

    def exit_hazard(self, tenure: float) -> float:
        idle = [person.slot for person in self.center.staff if person.role == ASSISTANT and not person.seat]
        goes = self.slot == idle[-1] and self.occupant == 0 and self.model.month == MIDDLE
        return 1e6 if goes else super().exit_hazard(tenure)


def test_t31_without_its_leader_a_team_tests_less_and_keeps_less():
    base, gone = run(CALM, 8), run(CALM, 8, staff_class=LeaderGoes)
    assert total(gone, "exits").tolist() == [8.0] * 8
    after = MIDDLE + 1
    assert is_below(total(gone, "pdsa_started", after) - total(base, "pdsa_started", after))
    assert is_below(total(gone, "fit_gained", after) - total(base, "fit_gained", after))
    assert is_below(by_replicate(gone, "fit", END) - by_replicate(base, "fit", END))


def test_t31_because_a_seat_is_empty_and_the_team_has_lost_its_authority():
    """A month later: drive lower by most of one seat in four, authority by most of the way from 1.1 to .5."""
    base, gone = run(CALM, 8), run(CALM, 8, staff_class=LeaderGoes)
    for name, least in (("drive", 0.15), ("authority", 0.4)):
        assert is_below(by_replicate(gone, name, MIDDLE + 1) - by_replicate(base, name, MIDDLE + 1), -least), name


def test_t31_an_assistant_without_a_seat_leaves_a_shock_to_the_climate_and_no_more():
    """Tolerance: 2% of the PDSAs started and of the fit gained after it, and .001 of climate without the shock."""
    base, gone = run(CALM, 8), run(CALM, 8, staff_class=AssistantGoes)
    assert total(gone, "exits").tolist() == [8.0] * 8
    after = MIDDLE + 1
    for flow in ("pdsa_started", "fit_gained"):
        change = total(gone, flow, after) - total(base, flow, after)
        assert abs(change.mean()) < 0.02 * total(base, flow, after).mean()
    assert is_below(by_replicate(gone, "climate", END) - by_replicate(base, "climate", END), -0.003)
    unshaken = CALM | parameters(c_shock=0.0)
    change = by_replicate(run(unshaken, 8, staff_class=AssistantGoes), "climate", END)
    assert abs((change - by_replicate(run(unshaken, 8), "climate", END)).mean()) < 0.001


# ---- T32: the capability trap -------------------------------------------------------------------------------------


def engagement_of_holders(capacity: float, **values: float) -> dict[int, Values]:
    """Mean M at each wave of those who hold a seat at mid-collaborative, by replicate; all centers of one capacity."""
    record = run(NOBODY_LEAVES | parameters(capacity_mean=capacity, capacity_sd=0.0, **values), 8)
    rows = record.treated.staff
    names = np.stack([rows["replicate"], rows["center"], rows["slot"]], axis=1)
    holders = {tuple(name) for name in names[(rows["month"] == MIDDLE) & (rows["seat"] > 0)].tolist()}
    holds = np.array([tuple(name) in holders for name in names.tolist()])
    return {
        month: np.array([rows["M"][holds & (rows["month"] == month) & (rows["replicate"] == replicate)].mean()
                         for replicate in record.replicates], dtype=np.float64)
        for month in (START, MIDDLE, END, LATER)
    }  # fmt: skip


def test_t32_engagement_rises_less_where_capacity_is_low():
    low, high = engagement_of_holders(0.15), engagement_of_holders(0.9)
    for month in (MIDDLE, END):
        assert is_above(low[month] - low[START])
        assert is_below((low[month] - low[START]) - (high[month] - high[START]))


def test_t32_a_heavy_load_makes_it_worse_before_better():
    loaded = engagement_of_holders(0.15, m_load=4.0)
    assert is_below(loaded[MIDDLE] - loaded[START])
    assert is_above(loaded[LATER] - loaded[MIDDLE])
    assert is_above(loaded[LATER] - loaded[END])
    assert is_above((loaded[LATER] - loaded[END]) - 0.5 * (loaded[START] - loaded[END]))  # more than half comes back


# ---- T33: depth and breadth ---------------------------------------------------------------------------------------


def test_t33_more_drivers_touch_more_and_finish_less():
    one, three, eight = (run({"population.drivers": drivers} | SHORT, 10) for drivers in (1, 3, 8))
    assert is_above(by_replicate(one, "fit", END) - by_replicate(three, "fit", END))
    assert is_above(by_replicate(three, "fit", END) - by_replicate(eight, "fit", END))

    def touched(record: Trajectories) -> Values:
        return (record.treated["fit"][:, :, END] > 0.1001).sum(axis=2).mean(axis=1)

    assert is_above(touched(three) - touched(one))
    assert is_above(touched(eight) - touched(three))
