"""Monotonicity by person (model.md section 7): T20 exits, T22 attendance.

Common random numbers make these statements about every single occupant of every slot, for every seed: not means.
"""

from __future__ import annotations

from typing import Any

import pytest

from bscsim.agents.center import Center
from bscsim.agents.collaborative import CollaborativeModel
from bscsim.agents.run import release
from bscsim.agents.staff import Leaver, Staff
from bscsim.scenario.scenario import Scenario
from tests.verification.worlds import Idle, only_turnover, run_to, study

SEEDS = (1, 2, 3, 4)
EXIT_TIE = 1e-9  # steps; two exits at the same moment, apart by rounding


class Watched(Staff):
    """A position that notes when its occupants leave, and what each of them attends."""

    def time_to_leave(self) -> Leaver | None:
        key = (self.center.number, self.slot, self.occupant)
        gone = super().time_to_leave()
        if gone is not None:
            vars(self.model).setdefault("exits", {})[key] = gone.moment
        return gone

    def meet(self, hours: float, relevance: float, dose: float) -> None:
        super().meet(hours, relevance, dose)
        event = (self.center.number, self.slot, self.occupant, self.model.now, hours, relevance)
        vars(self.model).setdefault("met", set()).add(event)


def watch(scenario: Scenario, seed: int, center_class: type[Center] = Center) -> Any:
    """Run a scenario to its horizon and return the model with what was noted."""
    model = CollaborativeModel(scenario, seed, center_class=center_class, staff_class=Watched)
    run_to(model, scenario.calendar.horizon)
    release(model)
    return model


def leaving(base: float, **parameters: float) -> dict[str, float]:
    sectors = {f"turn_base_{sector}": base for sector in ("child_care", "head_start", "school")}
    return {**sectors, "turn_engage": 0.0, "hire_local": 0.0, **parameters}


@pytest.mark.parametrize("dt", ["month", "half_month"])
@pytest.mark.parametrize("ratio", [1.15, 2.0, 5.0])
def test_t20_higher_turnover_brings_exits_forward(ratio: float, dt: str) -> None:
    """T20, path: higher turn_base -> no occupant (slot, occ) leaves later (turn_engage=0, hire_local=0), through
    vacancies, seasons, the change at one year and a whole collaborative.

    Exact but for ties (1e-9 steps).  The next test does the same for tiny increases.
    Fails when an exit is a coin thrown anew each month, or a draw depends on how many exits there were.
    """
    earlier = 0
    for seed in SEEDS:
        low, high = (watch(study({"simulation.dt": dt}, **leaving(0.4 * factor)), seed) for factor in (1.0, ratio))
        for key, moment in low.exits.items():
            assert key in high.exits
            assert high.exits[key] <= moment + EXIT_TIE, key
            earlier += high.exits[key] < moment - EXIT_TIE
    assert earlier > 50


@pytest.mark.parametrize("ratio", [1.0001, 1.01, 1.05])
def test_t20_any_increase_however_small(ratio: float) -> None:
    """T20 for tiny increases, with summers and newcomers: of 200 positions over ten years nobody leaves later.

    It holds because the newcomers' factor ends at one year exactly, also within a step: whoever is hired earlier has
    at any moment cumulated at least as much hazard, as summers come every year.  Fails when tenure < 1 is judged at
    the start of the step (then 3 in 100 leave later at a ratio of 1.01).
    """
    worlds = [only_turnover(120, 0.4 * factor, turn_new=2.0, turn_summer=5.0) for factor in (1.0, ratio)]
    low, high = (watch(world, 1, Idle) for world in worlds)
    assert len(low.exits) > 500
    assert not [key for key, moment in low.exits.items() if high.exits.get(key, 1e9) > moment + EXIT_TIE]


RAISED = [
    {"att_ls": 0.95},
    {"att_call_teacher": 0.7, "att_call_leader": 0.9},
    {"motivation_mean": 0.7},
]  # fmt: skip


@pytest.mark.parametrize("raised", RAISED, ids=lambda raised: next(iter(raised)))
@pytest.mark.parametrize("dt", ["month", "half_month"])
def test_t22_more_reason_to_attend_never_loses_an_attendance(raised: dict[str, float], dt: str) -> None:
    """T22, path: raising att_ls, att_call or set points M never removes an attendance of the same (slot, occ), event
    by event (turn_engage=m_load=m_lead=hire_local=e5=0), withdrawals included.

    Exact.  With e5>0, m_load or m_lead it is not true by path (a success can come later, M and Q can dip).  Fails
    when an attendance is drawn from a shared stream, or something attended lowers M, R or staying in.
    """
    free = dict.fromkeys(("turn_engage", "m_load", "m_lead", "hire_local"), 0.0)
    changes = {"elements.improvement_model": 0.0, "simulation.dt": dt}
    base = {"att_ls": 0.5, "motivation_mean": 0.5, "motivation_sd": 0.05, "withdraw": 0.4}
    more = 0
    for seed in SEEDS:
        low = watch(study(changes, **{**free, **base}), seed)
        high = watch(study(changes, **{**free, **base, **raised}), seed)
        assert low.exits == high.exits
        assert low.met <= high.met, sorted(low.met - high.met)[:5]
        more += len(high.met - low.met)
    assert more > 10
