"""Paired experiments of model.md section 7 that take a small model or a behaviour of one agent: T26, T28, T31.

What can be shown at scale, with the compiled engine, is in test_at_scale*.py.  Every comparison is between runs with
common random numbers (:mod:`tests.verification.pairs`).  "Above" and "below" mean by more than three Monte Carlo errors
of the mean paired difference; where no difference is expected the tolerance stands in the test.
"""

from __future__ import annotations

import numpy as np
import pytest

from bscsim.agents.staff import Staff
from bscsim.record.measures import LEADER
from bscsim.record.trajectories import Trajectories
from tests.verification.pairs import (
    END,
    MIDDLE,
    NOBODY_LEAVES,
    Values,
    by_replicate,
    is_above,
    is_below,
    run,
)

SHORT = {"calendar.horizon": END, "calendar.waves": [0, END]}


def parameters(**values: float) -> dict[str, float]:
    return {f"parameters.{name}": value for name, value in values.items()}


# ---- T26: readiness as a product or as a sum ----------------------------------------------------------------------

ADDITIVE = parameters(ready_power=1.0)
BALANCED = SHORT | parameters(
    qi_mean=0.55, qi_sd=0.0, motivation_sd=0.0, capacity_sd=0.0, person_motivation_sd=0.0,
    m_up=0.0, m_load=0.0, m_lead=0.0, q_gain=0.0, prework=0.0,
)  # fmt: skip


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



# ---- T31: losing the leader ---------------------------------------------------------------------------------------

CALM = NOBODY_LEAVES | SHORT | parameters(withdraw=0.0)


class LeaderGoes(Staff):
    """The leader leaves in the middle of the collaborative."""

    def exit_hazard(self, tenure: float) -> float:
        goes = self.role == LEADER and self.occupant == 0 and self.model.month == MIDDLE
        return 1e6 if goes else super().exit_hazard(tenure)


def test_t31_because_a_seat_is_empty_and_the_team_has_lost_its_authority():
    """A month later: drive lower by most of one seat in four, authority by most of the way from 1.1 to .5."""
    base, gone = run(CALM, 8), run(CALM, 8, staff_class=LeaderGoes)
    for name, least in (("drive", 0.15), ("authority", 0.4)):
        assert is_below(by_replicate(gone, name, MIDDLE + 1) - by_replicate(base, name, MIDDLE + 1), -least), name
