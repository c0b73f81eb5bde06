"""E1 in the engine, where nothing that docks with the Mesa model is likely to come."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from bscsim.engine import state, turnover


def test_a_clock_that_reaches_its_threshold_by_rounding_alone_runs_on() -> None:
    """1 + .75 ulp is rounded to the threshold, 1 ulp above 1, which is more than .75 ulp away: nobody leaves yet."""
    ulp = np.finfo(float).eps
    one = state.world(centers=1, slots=4, drivers=1, collaboratives=1, areas=1, leavers=1)
    s = one.state
    s.slot[state.EXIT_CLOCK, :2], s.slot[state.TENURE, :2] = 1.0, 0.5
    s.slot[state.EXIT_AT, :2], s.room[state.ADDED, :2] = (1.0 + ulp, 1.1), (0.75 * ulp, 0.2)
    s.found[:2] = 0, 1
    q = SimpleNamespace(dt=0.25)
    assert turnover.cross(q, s, 0, 2) == 1
    assert s.found[0] == 1
    assert abs(s.room[state.CROSSING, 1] - 0.5) < 1e-12
    assert s.slot[state.EXIT_CLOCK, :2].tolist() == [1.0 + ulp, 1.0]
    assert s.slot[state.TENURE, :2].tolist() == [0.75, 0.5]
