"""The compiled engine and the Mesa model agree on every float64 of state and every number of the record (T38, D1)."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bscsim.agents.staff import Staff
from bscsim.engine import run as engine_run
from bscsim.engine.burnin import BurnIns
from bscsim.record import store
from bscsim.record.trajectories import join
from bscsim.scenario.population import make_pool
from bscsim.scenario.scenario import Scenario
from bscsim.simulate import batches, simulate
from tests.engine import docking
from tests.strategies import scenarios
from tests.verification.worlds import NO_TURNOVER, lively, study

ROOT = Path(__file__).parents[2]
TOTAL = {f"turn_base_{sector}": 3.0 for sector in ("child_care", "head_start", "school")}
NOTHING = {f"elements.{name}": 0.0 for name in
           ("change_framework", "inclusive_team", "expert_faculty", "shared_learning", "improvement_model")}
EXTREMES: dict[str, Scenario] = {
    "as shipped": Scenario(),
    "lively, with parents, movers and supports": lively(),
    "weekly": lively({"simulation.dt": "week"}),
    "half-monthly, in field mode": lively({"simulation.dt": "half_month", "enrolment.mode": "field"}),
    "no turnover": study(**NO_TURNOVER),
    "total turnover, all hires local": study(**TOTAL, hire_local=1.0, vac_months=0.1, turn_new=5.0, turn_summer=12.0),
    "long vacancies, empty centers": study({"population.sizes": 4, "enrolment.team_size": "auto"}, **TOTAL,
                                           vac_months=12.0),
    "one center": study({"population.centers": 1, "population.areas": 1, "enrolment.collaboratives": 1,
                         "enrolment.centers_per_collaborative": 1}),
    "an onboarding package that hands over nothing": lively({"supports.onboarding_package": 1.0,
                                                             "parameters.onboarding_gain": 0.0}),
    "one driver": study({"population.drivers": 1}),
    "ten drivers": study({"population.drivers": 10}, pdsa_rate=3.0),
    "all elements off": study(NOTHING),
    "nobody treated": study({"enrolment.collaboratives": 0}),
    "more collaboratives than centers that pass": study({
        "population.centers": 12, "enrolment.collaboratives": 6, "enrolment.rule": "threshold",
        "enrolment.threshold": 0.5}),
    "an area a center, two in each collaborative": study({
        "population.centers": 9, "population.areas": 9, "enrolment.collaboratives": 4,
        "enrolment.centers_per_collaborative": 2}),
    "hurdle": lively({"enrolment.rule": "hurdle"}),
    "threshold": lively({"enrolment.rule": "threshold"}),
    "need, stock sizes": lively({"enrolment.rule": "need", "population.sizes": "stock", "population.centers": 12}),
    "no burn-in": lively({"calendar.burn_in": 0}),
    "every PDSA, everything shared": study(pdsa_rate=3.0, fit_gain=1.0, share_gain=5.0, q_gain=0.3, withdraw=0.0),
    "no readiness effect, additive": study(ready_elast=0.0, ready_power=1.0),
    "harmonic readiness, strongest elasticity": study(ready_elast=3.0, ready_power=-2.0),
}  # fmt: skip


@pytest.mark.parametrize("name", list(EXTREMES))
def test_every_float_of_state_is_the_same(name: str) -> None:
    """All of both worlds' state, at several months and seeds (0 and the largest among them): equal to the last bit."""
    scenario = EXTREMES[name]
    ends, horizon = scenario.calendar.ends, scenario.calendar.horizon
    months = sorted({1, scenario.calendar.prework[1] + 1, ends - 1, ends + 1, horizon})
    for seed, replicate in ((8, 0), (0, 3), (2**63 - 1, 2**32 - 1)):
        assert_docked(scenario, months, seed, replicate)


def assert_docked(scenario: Scenario, months: Sequence[int], seed: int, replicate: int) -> None:
    """Both worlds at these months, in both engines."""
    mesa = [docking.model_at(scenario, months, seed, replicate, treated=treated) for treated in (True, False)]
    for month in months:
        for model, world in zip(mesa, docking.worlds_at(scenario, month, seed, replicate), strict=True):
            assert docking.differences(model[month], docking.of_world(world)) == [], (seed, month)


@pytest.mark.parametrize("name", list(EXTREMES))
def test_every_number_of_the_record_is_the_same(name: str) -> None:
    """Both worlds, every array and every staff row; and two replicates are no copy of one."""
    one, other = (simulate(EXTREMES[name], [0, 7], seed=5, engine=engine) for engine in ("mesa", "compiled"))
    assert store.differences(one, other) == []
    assert store.differences(other.replicate(0), other.replicate(7)) != []


def test_the_largest_replicate_is_told_by_its_number() -> None:
    """Numbers up to 2**32 - 1 are keys of draws, and of the rows of the record."""
    last = 2**32 - 1
    one, other = (simulate(study(), [last], seed=5, engine=engine) for engine in ("mesa", "compiled"))
    assert store.differences(one, other) == []
    assert set(other.treated.staff["replicate"].tolist()) == {last}
    assert len(other.replicate(last).treated.staff) == len(other.treated.staff) > 0


@pytest.mark.slow
@given(scenario=scenarios(), seed=st.integers(0, 2**63 - 1), replicate=st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_random_scenarios_agree(scenario: Scenario, seed: int, replicate: int) -> None:
    """Scenarios drawn anywhere inside the hard ranges: state at the middle and the end, and the record."""
    horizon = scenario.calendar.horizon
    months = sorted({max(1, horizon // 2), horizon})
    assert_docked(scenario, months, seed, replicate)
    one, other = (simulate(scenario, [replicate], seed, engine=engine) for engine in ("mesa", "compiled"))
    assert store.differences(one, other) == []


@pytest.mark.parametrize("name", ["k", "p", "m", "contact", "clock"])
def test_the_comparison_sees_a_single_last_bit(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Mesa model whose last step moves one number of one person by one unit in the last place is told apart."""
    scenario = study()
    compiled = docking.of_world(docking.world_at(scenario, 6, 8))
    working = Staff.feel

    def nudged(self: Staff) -> None:
        working(self)
        if (self.center.number, self.slot, self.model.month) == (0, 1, 5):
            value = getattr(self, name)
            if isinstance(value, list):
                value[0] = float(np.nextafter(value[0], 2.0))
            else:
                setattr(self, name, float(np.nextafter(value, 99.0)))

    monkeypatch.setattr(Staff, "feel", nudged)
    assert docking.differences(docking.model_at(scenario, [6], 8)[6], compiled) != []


# ---- one result, however it is come by ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole() -> Any:
    return simulate(lively(), 13, seed=3, threads=1)


@pytest.mark.parametrize("threads", [2, 3, 16])
def test_threads_change_nothing(threads: int, whole: Any) -> None:
    assert store.differences(whole, simulate(lively(), 13, seed=3, threads=threads)) == []


@pytest.mark.parametrize("work", [1, 10_000, 10**9])
def test_blocks_change_nothing(work: int, whole: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_run, "BLOCK_SLOT_MONTHS", work)
    assert store.differences(whole, simulate(lively(), 13, seed=3, threads=2)) == []


def test_batches_and_the_order_of_replicates_change_nothing(whole: Any) -> None:
    assert store.differences(whole, join(list(batches(lively(), 13, size=5, seed=3)))) == []
    shuffled = simulate(lively(), [5, 12, 0], seed=3)
    assert all(store.differences(whole.replicate(n), shuffled.replicate(n)) == [] for n in (0, 5, 12))


def test_without_the_twin_the_treated_world_is_the_same(whole: Any) -> None:
    alone = simulate(lively(), 13, seed=3, twin=False)
    assert alone.twin is None
    assert store.differences(dataclasses.replace(whole, twin=None), alone) == []


def test_a_market_that_was_too_small_is_enlarged_and_leaves_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a year's leavers of a center of twelve do not fit: the replicate is run again with more room."""
    scenario = study(**TOTAL, vac_months=0.1)
    expected = simulate(scenario, 4, seed=3, engine="mesa")
    prepare = engine_run.prepare
    rooms: list[int] = []

    def narrow(*arguments: Any) -> Any:
        job = prepare(*arguments)
        job.leavers = job.slots + 1
        rooms.append(job.leavers)
        jobs.append(job)
        return job

    jobs: list[Any] = []
    monkeypatch.setattr(engine_run, "prepare", narrow)
    assert store.differences(expected, simulate(scenario, 4, seed=3)) == []
    assert jobs[0].leavers > rooms[0]


def test_worlds_that_are_taken_together_have_one_layout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another thread may ask for more room while this one takes its worlds: the twin is a copy of the bytes."""
    scenario = study()
    expected = simulate(scenario, 3, seed=3, engine="mesa")
    prepare, make = engine_run.prepare, engine_run.world
    jobs: list[Any] = []
    rooms: list[int] = []

    def meanwhile(*shape: int) -> Any:
        rooms.append(shape[-1])
        jobs[0].make_room(2 * jobs[0].leavers)
        return make(*shape)


    def kept(*arguments: Any) -> Any:
        jobs.append(prepare(*arguments))
        return jobs[0]

    monkeypatch.setattr(engine_run, "prepare", kept)
    monkeypatch.setattr(engine_run, "world", meanwhile)
    assert store.differences(expected, simulate(scenario, 3, seed=3)) == []
    assert rooms[::2] == rooms[1::2] != rooms[:1] * (len(rooms) // 2)


def test_the_order_of_centers_changes_nothing_but_their_places() -> None:
    """T9: centers stored in another order have the same states (keyed by number)."""
    scenario = lively()
    pool = make_pool(scenario.population)
    order = [4, 2, 0, 5, 1, 3]
    names = ("id", "number", "sector", "area", "size")
    mixed = dataclasses.replace(
        pool, **{name: tuple(getattr(pool, name)[index] for index in order) for name in names})  # fmt: skip
    for month in (5, 22):
        one = docking.of_world(docking.world_at(scenario, month, 8))
        other = docking.of_world(docking.world_at(scenario, month, 8, pool=mixed))
        assert docking.differences(one, other) == []


# ---- burn-ins that are kept -----------------------------------------------------------------------------------------


def test_kept_burn_ins_change_nothing() -> None:
    """A cell that takes its burn-ins from another gives the bits it would have given alone."""
    kept = BurnIns()
    base = lively()
    other = lively({"parameters.fit_gain": 0.4, "elements.shared_learning": 0.5, "enrolment.collaboratives": 1})
    simulate(base, 5, seed=3, burn_ins=kept)
    assert (kept.hits, kept.misses) == (0, 5)
    fast = simulate(other, 5, seed=3, burn_ins=kept, threads=2)
    assert (kept.hits, kept.misses) == (5, 5)
    assert store.differences(simulate(other, 5, seed=3), fast) == []


# ---- the same bits in every process ---------------------------------------------------------------------------------

DIGEST = """
import hashlib
from bscsim.simulate import simulate
from tests.verification.worlds import lively
run = simulate(lively(), 3, seed=2**63 - 1)
digest = hashlib.sha256()
for _, world in run.worlds:
    for values in (*world.arrays.values(), *world.staff.columns.values()):
        digest.update(values.tobytes())
print(digest.hexdigest())
"""


def own_digest(**environment: str) -> str:
    done = subprocess.run([sys.executable, "-c", DIGEST], capture_output=True, text=True, check=True, cwd=ROOT,
                          env={**os.environ, **environment})  # fmt: skip
    return done.stdout.strip()


@pytest.fixture(scope="module")
def native() -> str:
    return own_digest(PYTHONHASHSEED="0")


def test_hash_seeds_and_time_zones_change_nothing(native: str) -> None:
    assert own_digest(PYTHONHASHSEED="77", TZ="Pacific/Auckland") == native


@pytest.mark.slow
def test_processors_and_optimization_change_nothing(native: str) -> None:
    """A stand-in for a cluster's mixed processors: code for any x86-64 or arm64, hardly optimized."""
    assert own_digest(NUMBA_CPU_NAME="generic", NUMBA_CPU_FEATURES="", NUMBA_OPT="1") == native


@pytest.mark.slow
def test_plain_python_gives_the_same_bits() -> None:
    """With the compiler off the engine is Python that a debugger can follow, and gives what it gives compiled."""
    code = ("from bscsim.record.store import differences\nfrom bscsim.simulate import simulate\n"
            "from tests.verification.worlds import lively\n"
            "one, other = (simulate(lively(), [2**32 - 1], 2**63 - 1, engine=name) for name in ('mesa', 'compiled'))\n"
            "print(differences(one, other))")
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True,
                          cwd=ROOT, env={**os.environ, "NUMBA_DISABLE_JIT": "1"})  # fmt: skip
    assert done.stdout.strip() == "[]"
