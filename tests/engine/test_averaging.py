"""Sums over staff in float64, in their order: the record rounds to float32 and would rarely show another order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bscsim.engine.averaging import average_levels, sum_staff, sum_team
from bscsim.engine.compiling import compiled
from bscsim.engine.state import GAINED, K0, KNOWN, MOOD, PRACTISED, PRESENT, K, P, State
from bscsim.record.measures import PARENT
from tests.engine import docking
from tests.verification.worlds import lively

FIELDS = ("practised_by", "known_by", "mood_by", "staff_by")


def mean(values: Any) -> float:
    """Of one driver after the other."""
    total = 0.0
    for value in values:
        total += float(value)
    return total / len(values)


def employees(s: State, c: int) -> list[tuple[int, int]]:
    """Place and slot of each employee of a center who is present."""
    center = s.centers[c]
    slots = ((place, int(center["first"]) + place) for place in range(int(center["headcount"])))
    return [(place, i) for place, i in slots if s.slot[PRESENT, i] > 0.0]


def side_by_side(s: State) -> list[int]:
    """Centers in the order of their slots."""
    return [int(c) for c in np.argsort(s.centers["first"])]


def average(s: State, run: list[int]) -> int:
    """Average the levels of a run of centers; returns its first slot."""
    first, last = s.centers[run[0]], s.centers[run[-1]]
    compiled(average_levels)(s, int(first["first"]), int(last["first"] + last["everyone"]))
    return int(first["first"])


@pytest.fixture(scope="module", params=[1, 2, 3, 4, 6, 10])
def state(request: pytest.FixtureRequest) -> State:
    """Six centers in the middle of a collaborative, with vacancies and seat holders."""
    scenario = lively({"population.drivers": request.param, "population.sizes": 13})
    return docking.world_at(scenario, 7, 8).state


@pytest.mark.parametrize(("begin", "end"), [(0, 4), (4, 6), (1, 2), (0, 6)])
def test_means_over_drivers_are_added_up_in_their_order(state: State, begin: int, end: int) -> None:
    """Whatever was in the rows before."""
    state.room[PRACTISED : GAINED + 1] = np.nan
    run = side_by_side(state)[begin:end]
    start = average(state, run)
    for c in run:
        for _, i in employees(state, c):
            k, k0, p = state.level[K, :, i], state.level[K0, :, i], state.level[P, :, i]
            found = tuple(state.room[row, i - start] for row in (PRACTISED, KNOWN, GAINED))
            assert found == (mean(p), mean(k), mean(k - k0))


def test_sums_over_staff_are_in_the_order_of_slots(state: State) -> None:
    """All, by role, and by whether a seat is held; nobody counts who is not there."""
    start = average(state, side_by_side(state))
    seated = vacant = 0
    for c, center in enumerate(state.centers):
        at = int(center["first"]) - start
        wanted = {name: [0.0] * (PARENT + 1) for name in FIELDS}
        mood = gain = 0.0
        team = [0.0] * 4
        holders = 0
        for name in FIELDS:
            center[name][:] = 0
        there = employees(state, c)
        for place, i in there:
            role, m = int(state.staff[i]["role"]), float(state.slot[MOOD, i])
            p, k, g = (float(state.room[row, at + place]) for row in (PRACTISED, KNOWN, GAINED))
            mood, gain = mood + m, gain + g
            for name, value in zip(FIELDS, (p, k, m, 1), strict=True):
                wanted[name][role] += value
            holds = bool(state.staff[i]["seat"] > 0)
            holders += holds
            team[0 if holds else 2] += p
            team[1 if holds else 3] += k
        assert compiled(sum_staff)(state, c, at) == (mood, gain)
        assert {name: list(center[name]) for name in FIELDS} == wanted
        assert list(compiled(sum_team)(state, c, at, holders)) == team
        seated, vacant = seated + holders, vacant + int(center["headcount"]) - len(there)
    assert seated > 0
    assert vacant > 0
