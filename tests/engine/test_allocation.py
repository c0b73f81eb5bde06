"""Allocations from outside: the same bits as enrolment's own, in both schedulers, from the months they name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from bscsim.agents.collaborative import CollaborativeModel
from bscsim.agents.run import release
from bscsim.engine import run as engine_run
from bscsim.engine.burnin import BurnIns
from bscsim.record.measures import (
    ACTIVE,
    ALUMNI,
    CONTROL,
    MEASURES,
    POOL,
    PROGRAM_FIXED,
    REJECTED,
    SESSION,
    STAFF_COLUMNS,
    WITHDRAWN,
)
from bscsim.record.store import differences
from bscsim.record.trajectories import Trajectories, World, join
from bscsim.scenario.allocation import Allocation
from bscsim.scenario.population import make_pool
from bscsim.scenario.scenario import Scenario
from bscsim.simulate import Engine, simulate
from tests.engine import docking
from tests.verification.worlds import lively

ALONE = {"parameters.hire_local": 0.0, "parameters.contact_out": 0.0}
MANY = {"population.centers": 12, "population.sizes": "stock"}
STARTS = (0, 5, 9)
SEED = 8


def spread(replicates: int = 3, starts: tuple[int, ...] = STARTS, centers: int = 12) -> Allocation:
    """Three centers in each collaborative, others recruited controls but for the last two; otherwise in each row."""
    collaborative = np.full((replicates, centers), -1)
    recruited = np.ones((replicates, centers), bool)
    for row in range(replicates):
        for number in range(len(starts)):
            collaborative[row, (3 * np.arange(3) + number + row) % centers] = number
        outside = np.flatnonzero(collaborative[row] < 0)[-2:]
        recruited[row, outside] = False
    return Allocation(collaborative, np.array(starts), recruited)


def rows_of(allocation: Allocation, rows: slice) -> Allocation:
    return Allocation(allocation.collaborative[rows], allocation.starts, allocation.recruited[rows])


def own(run: Trajectories, start: int, collaboratives: int) -> Allocation:
    """What enrolment decided in a run, as an allocation."""
    joined = run.labels.collaborative.astype(int)
    return Allocation(joined, np.full(collaboratives, start), joined >= 0)


@pytest.fixture(scope="module")
def staggered() -> Trajectories:
    return simulate(lively(MANY), 3, seed=SEED, allocation=spread())


@pytest.mark.parametrize("engine", ["compiled", "mesa"])
def test_what_enrolment_decides_fed_back_is_the_same_run(engine: Engine) -> None:
    """Places by lot, starts at month 0: every number of the record, labels too, as without an allocation."""
    scenario = lively(MANY)
    ordinary = simulate(scenario, [0, 4], seed=SEED)
    again = simulate(scenario, [0, 4], seed=SEED, engine=engine, allocation=own(ordinary, 0, 2))
    assert (ordinary.labels.collaborative == 1).any()
    assert differences(ordinary, again) == []


@pytest.mark.parametrize("changes", [MANY, {**MANY, "simulation.dt": "week", "enrolment.mode": "field"}])
def test_both_schedulers_agree(changes: dict[str, Any]) -> None:
    """Staggered starts, controls, movers and news between areas: every number of the record and float of the state."""
    scenario, allocation = lively(changes), spread(2)
    compiled, mesa = (simulate(scenario, [3, 1], seed=0, engine=e, allocation=allocation) for e in ("compiled", "mesa"))
    assert differences(mesa, compiled) == []
    assert differences(compiled, simulate(scenario, [3, 1], seed=0)) != []


def test_every_float_of_state_is_the_same() -> None:
    """Around each start and end: also what no record shows, such as the best fit of collaboratives yet to come."""
    scenario, allocation = lively(MANY), spread(1)
    pool = make_pool(scenario.population)
    model = CollaborativeModel(scenario, SEED, 0, allocation=allocation)
    for month in (1, 5, 6, 9, 10, 15, 20, 22):
        while model.month < month:
            model.step()
        job = engine_run.prepare(Trajectories.empty(scenario, pool, SEED, [0]), pool, allocation=allocation)
        job.given.q["horizon"] = month
        engine_run.run_rows(job, 0, 1)
        assert docking.differences(docking.of_model(model), docking.of_world(job.idle[-1][0])) == [], month
    release(model)


def test_threads_batches_and_kept_burn_ins_change_nothing(
    staggered: Trajectories, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario, allocation = lively(MANY), spread()
    parts = [simulate(scenario, [r], seed=SEED, allocation=rows_of(allocation, slice(r, r + 1))) for r in (2, 0, 1)]
    assert differences(staggered, join(parts)) == []
    kept = BurnIns()
    simulate(scenario, 3, seed=SEED, burn_ins=kept)
    assert differences(staggered, simulate(scenario, 3, seed=SEED, burn_ins=kept, allocation=allocation)) == []
    assert kept.hits == 3
    monkeypatch.setattr(engine_run, "BLOCK_SLOT_MONTHS", 1)  # a block a replicate
    assert differences(staggered, simulate(scenario, 3, seed=SEED, threads=2, allocation=allocation)) == []


def test_each_collaborative_has_its_own_calendar(staggered: Trajectories) -> None:
    """Status, sessions and the fixed price, from the start on; labels say the number and the rank of the start."""
    scenario, allocation = lively(MANY), spread()
    world, labels = staggered.treated, staggered.labels
    begins, ends = allocation.starts[allocation.collaborative], scenario.calendar.ends
    assert np.array_equal(labels.collaborative, allocation.collaborative)
    assert np.array_equal(labels.cohort, allocation.collaborative)  # starts rise with the number
    assert np.array_equal(labels.applied, labels.size >= scenario.population.min_staff)
    seen = np.where(labels.applied, REJECTED, POOL)
    for row, center in np.ndindex(labels.size.shape):
        status, number = world["status"][row, center], allocation.collaborative[row, center]
        if number < 0:
            waiting = CONTROL if allocation.recruited[row, center] else seen[row, center]
            assert status.tolist() == [POOL] + [waiting] * 22
            continue
        start = begins[row, center]
        months = np.arange(23)
        assert status[: start + 1].tolist() == [POOL] + [CONTROL] * start
        assert np.isin(status[start + 1 : start + ends + 1], (ACTIVE, WITHDRAWN)).all()
        assert np.isin(status[start + ends + 1 :], (ALUMNI, WITHDRAWN)).all()
        fixed = world["cost"][row, center, :, PROGRAM_FIXED]
        assert np.array_equal(fixed > 0.0, months == start)
        assert fixed[start] == scenario.parameters.price_fixed / 3
        invited = np.flatnonzero(world["invited"][row, center, :, :, SESSION].sum(axis=1))
        left = world["withdrawal_month"][row, center]
        due = [start + month for month in scenario.calendar.sessions if start + month < 22]
        assert invited.tolist() == [month for month in due if not month >= left]
    assert np.isin((ALUMNI, WITHDRAWN), world["status"]).all()


def same_at(one: World, other: World, row: int, center: int, months: slice, name: str) -> bool:
    return np.array_equal(one[name][row, center, months], other[name][row, center, months], equal_nan=True)


MONTHLY = [m.name for m in MEASURES if m.axes[:2] == ("center", "month") and m.name != "status"]


def test_before_its_start_a_center_is_its_twin() -> None:
    """Where nothing passes between centers: every monthly number until the start, and of controls to the end."""
    allocation = spread()
    run = simulate(lively({**MANY, **ALONE}), 3, seed=SEED, allocation=allocation)
    for row, center in np.ndindex(allocation.collaborative.shape):
        number = allocation.collaborative[row, center]
        start = STARTS[number] if number >= 0 else 23
        for name in MONTHLY:
            assert same_at(run.treated, run.untreated, row, center, slice(0, start), name), (row, center, name)
        if number >= 0:
            assert run.treated["seats"][row, center, start + 1] > 0


def test_controls_hear_of_those_who_started(staggered: Trajectories) -> None:
    """With movers and news, controls leave the path of their twin, and so do those who wait for their start."""
    allocation = spread()
    gain = [world["knowledge_gain"] for world in (staggered.treated, staggered.untreated)]
    apart = (gain[0] != gain[1]) & ~(np.isnan(gain[0]) & np.isnan(gain[1]))
    assert apart[allocation.collaborative < 0].any()
    assert apart[allocation.collaborative == 2][:, 1:9].any()


@pytest.mark.parametrize(("start", "month"), [(12, 9), (5, 2)])
def test_a_later_start_is_a_longer_burn_in(start: int, month: int) -> None:
    """Keys count steps from the start of burn-in, so a study begun in the same month is the same to the last bit."""
    late = {**MANY, "calendar.horizon": 22 + start, "calendar.waves": [0, 10 + start, 22 + start]}
    early = {**MANY, "calendar.burn_in": 6 + start, "calendar.starts": month}
    usual = simulate(lively(early), 2, seed=SEED)
    waited = simulate(lively(late), 2, seed=SEED, allocation=own(usual, start, 2))
    for (_, one), (_, other) in zip(usual.worlds, waited.worlds, strict=True):
        for name in MONTHLY:
            assert np.array_equal(one[name], other[name][:, :, start:], equal_nan=True), name
        for column in ("person", "P", "K", "ever_seat", "M"):
            rows = [w.staff[column][w.staff["month"] == at] for w, at in ((one, 22), (other, 22 + start))]
            assert np.array_equal(*rows, equal_nan=rows[0].dtype.kind == "f"), column
    joined = usual.labels.collaborative >= 0
    assert np.array_equal(usual.treated["status"][joined][:, 1:], waited.treated["status"][joined][:, start + 1 :])
    left = [run.treated["withdrawal_month"] for run in (usual, waited)]
    assert np.array_equal(left[0] + start, left[1], equal_nan=True)
    for by in ("role", "center"):  # on each collaborative's own calendar
        tables = [run.participation(by).drop(columns="withdrawal_month", errors="ignore") for run in (usual, waited)]
        assert (tables[0]["seat_months"] > 0).any()
        pd.testing.assert_frame_equal(*tables)
    with pytest.raises(ValueError, match=f"started in month {start}"):
        waited.outcomes()


@pytest.mark.parametrize("starts", [(), (0,), (22, 600)])
@pytest.mark.parametrize("engine", ["compiled", "mesa"])
def test_nobody_starts_nothing_happens(starts: tuple[int, ...], engine: Engine) -> None:
    """No collaborative, an empty one, or starts at and after the horizon: the twin, but for status and labels."""
    late = len(starts) == 2
    collaborative = np.tile(np.arange(12) % 2 if late else np.full(12, -1), (2, 1))
    allocation = Allocation(collaborative, np.array(starts, int), np.ones((2, 12), bool))
    run = simulate(lively(MANY), 2, seed=SEED, engine=engine, allocation=allocation)
    treated, twin = dict(run.treated.arrays), run.untreated.arrays
    assert (treated.pop("status")[:, :, 1:] == CONTROL).all()
    for name, values in treated.items():
        assert np.array_equal(values, twin[name], equal_nan=values.dtype.kind == "f"), name
    for column in STAFF_COLUMNS:
        one, other = (world.staff[column.name] for _, world in run.worlds)
        assert np.array_equal(one, other, equal_nan=one.dtype.kind == "f"), column.name
    assert np.array_equal(run.labels.collaborative, collaborative)
    assert np.array_equal(run.labels.cohort, collaborative)


def test_cohorts_are_ranks_of_starts() -> None:
    """Two collaboratives that start together are one cohort, whatever their numbers."""
    collaborative = np.arange(12)[None] % 5 - 1
    allocation = Allocation(collaborative, np.array([9, 0, 9, 4]), collaborative >= -1)
    run = simulate(lively(MANY), [2], seed=SEED, allocation=allocation)
    assert run.labels.cohort[0, :5].tolist() == [-1, 2, 0, 2, 1]


def test_other_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(3, 12\).*\(2, 12\)"):
        simulate(lively(MANY), 2, allocation=spread(3))
    with pytest.raises(ValueError, match=r"\(2, 12\).*\(2, 8\)"):
        simulate(Scenario(), 2, allocation=spread(2))
