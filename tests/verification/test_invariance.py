"""Invariance (model.md section 7): T9 storage, company, waves and processes change nothing; T11 drivers are alike.

T9 is exact, whole states bit for bit at several months, with every support on, movers and outside contacts.  T11 is
exact to rounding (1e-12), because relabelling drivers changes the order of two sums.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bscsim.agents.center import Center
from bscsim.agents.collaborative import CollaborativeModel
from bscsim.agents.run import release
from bscsim.record.measures import ALUMNI, LABELS, MEASURES, STAFF_COLUMNS, WITHDRAWN
from bscsim.rules import beginnings, draws
from bscsim.scenario.population import Pool, make_pool
from bscsim.simulate import simulate
from tests.verification.worlds import SEED, differences, lively, own_digest, run_to, snapshot, states

ROOT = Path(__file__).parents[2]
MONTHS = (-3, 0, 1, 5, 10, 16, 22)


def test_the_small_world_is_lively() -> None:
    """What makes the comparisons of this folder strong: in the lively world everything that could differ happens."""
    model = CollaborativeModel(lively(), SEED)
    run_to(model, 22)
    for flow in ("local_hires", "seats_lost", "seats_refilled", "pdsa_succeeded", "pdsa_abandoned", "report_sent"):
        assert sum(getattr(center.month, flow) for center in model.centers) > 0, flow
    outside = [center for center in model.centers if center.team is None]
    assert {center.area for center in model.centers if center.status == ALUMNI} == {0, 1}
    assert any(center.status == WITHDRAWN for center in model.centers)
    assert any(k > k0 for c in outside for p in c.staff for k, k0 in zip(p.k, p.k0, strict=True))
    attended = np.sum([center.month.attended for center in model.centers], axis=0)
    assert (attended.sum(axis=1) > 0).all(), "people of every role come"
    assert (attended.sum(axis=0) > 0).all(), "to every kind of event"
    release(model)


def permuted(pool: Pool, order: tuple[int, ...], areas: tuple[int, ...]) -> Pool:
    """The same centers in another order, and areas under other codes."""

    def pick(values: tuple) -> tuple:
        return tuple(values[place] for place in order)

    names = tuple(pool.area_names[areas.index(code)] for code in range(len(areas)))
    return replace(pool, id=pick(pool.id), number=pick(pool.number), sector=pick(pool.sector), size=pick(pool.size),
                   area=tuple(areas[code] for code in pick(pool.area)), area_names=names)  # fmt: skip


@pytest.mark.parametrize("rule", ["random", "top", "need"])
@pytest.mark.parametrize("dt", ["month", "half_month"])
def test_t9_order_of_storage(rule: str, dt: str) -> None:
    """T9, exact: centers in another order and areas under other codes live the same lives, person by person.

    Fails when a draw, a queue, a rank or a sum over centers follows storage instead of a key.  Turnover is high and
    every job is offered to movers, so that several vacancies of a step compete for one leaver.
    """
    crowded = {"parameters.hire_local": 1.0, "parameters.turn_base_child_care": 2.5}
    scenario = lively({"enrolment.rule": rule, "simulation.dt": dt, **crowded})
    pool = make_pool(scenario.population)
    here = states(scenario, MONTHS, pool=pool)
    there = states(scenario, MONTHS, pool=permuted(pool, (4, 1, 5, 0, 3, 2), (1, 0)))
    assert differences(here, there, omit=("area",)) == []
    for month in MONTHS:
        one, other = here[month]["model",], there[month]["model",]
        assert one["people"] == other["people"]
        assert one["market"]["_waiting"] == other["market"]["_waiting"][::-1]
        assert one["leaders_gain"] == other["leaders_gain"][::-1]
        assert one["best_fit"] == other["best_fit"]


class Backwards(Center):
    """A center that lets its staff leave and work in the opposite order."""

    def lose_people(self) -> None:
        self.staff.reverse()
        super().lose_people()
        self.staff.reverse()

    def work(self) -> None:
        self.staff.reverse()
        super().work()
        self.staff.reverse()


def test_t9_order_of_agents() -> None:
    """T9 (section 2.3, synchronous update), exact: the order in which agents act within a process changes nothing.

    Fails when somebody reads a state that a colleague has already moved in the same process.  The month's counters
    are left out: sums over leavers, whose last digit follows the order.
    """
    scenario = lively()
    here, there = states(scenario, MONTHS), states(scenario, MONTHS, center_class=Backwards)
    assert differences(here, there, omit=("month",)) == []


def with_one_more(pool: Pool, area: int, size: int) -> Pool:
    """The pool with a center of this size before all others, in an area that may be new."""
    names = pool.area_names if area < len(pool.area_names) else (*pool.area_names, "elsewhere")
    return replace(pool, id=("extra", *pool.id), number=(999, *pool.number), sector=(0, *pool.sector),
                   area=(area, *pool.area), size=(size, *pool.size), area_names=names)  # fmt: skip


@pytest.mark.parametrize(("area", "same"), [(2, True), (0, False)])
def test_t9_a_center_elsewhere_changes_nobody(area: int, same: bool) -> None:
    """T9, exact: one more center in an area of its own, too small to join, changes no other center or person; in an
    area with others (control) it does, through movers.

    A further collaborative cannot be added outside the selection pool: in this package all collaboratives draw on
    one pool.  That membership of other collaboratives does not matter is T10.
    """
    scenario = lively()
    pool = make_pool(scenario.population)
    here, there = states(scenario, MONTHS, pool=pool), states(scenario, MONTHS, pool=with_one_more(pool, area, 3))
    keys = [key for key in here[0] if key != ("model",)]
    assert (differences(here, there, keys=keys) == []) == same
    assert (999,) in there[0]


def test_t9_a_wave_changes_nothing() -> None:
    """T9, exact: with two more measurement waves every recorded number, and every row of the old waves, is the same."""
    one = simulate(lively(), replicates=2, seed=5)
    other = simulate(lively({"calendar.waves": [0, 3, 10, 17, 22]}), replicates=2, seed=5)
    for (_, here), (_, there) in zip(one.worlds, other.worlds, strict=True):
        for measure in MEASURES:
            assert here[measure.name].tobytes() == there[measure.name].tobytes(), measure.name
        old = np.isin(there.staff["month"], (0, 10, 22))
        assert not old.all()
        for column in STAFF_COLUMNS:
            assert here.staff[column.name].tobytes() == there.staff[column.name][old].tobytes(), column.name


def test_t9_a_replicate_does_not_depend_on_others() -> None:
    """T9, exact: replicate 3 run alone is replicate 3 run after others, and differs from these."""
    alone, among = simulate(lively(), replicates=[3]), simulate(lively(), replicates=[5, 0, 3])
    same, other = among.replicate(3), among.replicate(0)
    for label in LABELS:
        assert getattr(alone.labels, label.name).tobytes() == getattr(same.labels, label.name).tobytes(), label.name
    for place in (0, 1):
        here, there, third = (run.worlds[place][1] for run in (alone, same, other))
        for measure in MEASURES:
            assert here[measure.name].tobytes() == there[measure.name].tobytes(), measure.name
        for column in STAFF_COLUMNS:
            assert here.staff[column.name].tobytes() == there.staff[column.name].tobytes(), column.name
        assert here["qi"].tobytes() != third["qi"].tobytes()


def test_t9_models_side_by_side() -> None:
    """T9, exact: two models stepped in turn do not touch each other, and no model uses a random state."""
    scenario = lively()
    alone = states(scenario, (16,), seed=8)[16]
    model, neighbor = (CollaborativeModel(scenario, seed) for seed in (8, 9))
    untouched = model.random.getstate(), model.rng.bit_generator.state
    while model.month < 16:
        neighbor.step()
        model.step()
    assert snapshot(model) == alone
    assert snapshot(neighbor) != alone
    assert (model.random.getstate(), model.rng.bit_generator.state) == untouched
    release(model)
    release(neighbor)


PRINT_DIGEST = "from tests.verification.worlds import own_digest; print(own_digest())"


def test_t9_processes_and_hash_seeds() -> None:
    """T9, exact: other processes, with other seeds of Python's hash, reach the same bits.

    Fails when anything iterates over a set or a hash reaches a key.
    """
    found = []
    for hash_seed in ("0", "1"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        run = subprocess.run([sys.executable, "-c", PRINT_DIGEST], cwd=ROOT, env=environment, check=True,
                             capture_output=True, text=True)  # fmt: skip
        found.append(run.stdout.strip())
    assert found == [own_digest()] * 2


DRIVERS = 3
NEW_LABEL = (2, 0, 1)  # driver d of the first world is driver NEW_LABEL[d] of the second


def relabel_draws(patch: pytest.MonkeyPatch) -> None:
    """Give each driver the draws that it had under its old label."""
    old = [NEW_LABEL.index(d) for d in range(DRIVERS)]

    def key(item: int, stream: int) -> int:
        if stream in (draws.PDSA, draws.PDSA_REPORT):
            return old[item]
        return item - item % 64 + old[item % 64] if stream == draws.DRIVER_PRACTICE else item

    for name in ("uniform", "uniform2", "uniform4"):
        draw = getattr(draws, name)

        def relabelled(seed, replicate, entity, item, step, stream, draw=draw):  # type: ignore[no-untyped-def]
            return draw(seed, replicate, entity, key(item, stream), step, stream)

        for module in (draws, beginnings):
            if hasattr(module, name):
                patch.setattr(module, name, relabelled)


def test_t11_drivers_relabelled(monkeypatch: pytest.MonkeyPatch) -> None:
    """T11, exact to rounding (1e-12): give the drivers each other's draws and every K, P, b, F and count of PDSAs
    moves to the new label, and nothing else changes.

    Drivers are therefore exchangeable, and with equal K, b, F at the start their expected paths are equal.  Fails
    when a driver's number does more than key its draws.
    """
    scenario = lively()
    first = CollaborativeModel(scenario, seed=4)
    run_to(first, 16)
    with monkeypatch.context() as patch:
        relabel_draws(patch)
        second = CollaborativeModel(scenario, seed=4)
        run_to(second, 16)
    assert len({tuple(center.fit) for center in second.centers}) > 1
    for center, other in zip(first.centers, second.centers, strict=True):
        assert center.month.pdsa_started == other.month.pdsa_started
        assert [center.climate, center.qi] == pytest.approx([other.climate, other.qi], abs=1e-12)
        for d, label in enumerate(NEW_LABEL):
            assert center.fit[d] == pytest.approx(other.fit[label], abs=1e-12)
            assert center.open_pdsas[d] == other.open_pdsas[label]
        for person, same in zip(center.staff, other.staff, strict=True):
            assert (person.person, person.filled, person.seat) == (same.person, same.filled, same.seat)
            assert person.m == pytest.approx(same.m, abs=1e-12)
            for levels, again in ((person.k, same.k), (person.p, same.p), (person.b, same.b)):
                assert levels == pytest.approx([again[label] for label in NEW_LABEL], abs=1e-12)
    release(first)
    release(second)


def test_t11_equal_drivers_stay_equal() -> None:
    """T11, exact: with equal b across drivers and no PDSAs (e5=0, which alone tells drivers apart), every person's
    K and P and every center's F are the same number in each driver at any time, although they do move.
    """
    model = CollaborativeModel(lively({"elements.improvement_model": 0.0, "parameters.practice_driver_sd": 0.0}))
    learned = False
    for month in (0, 6, 10, 22):
        run_to(model, month)
        for center in model.centers:
            assert len(set(center.fit)) == 1
            for person in center.staff:
                assert len(set(person.k)) == len(set(person.p)) == 1
                learned = learned or (person.k[0] > person.k0[0] + 0.2 and person.p[0] > person.b[0] + 0.02)
    assert learned
    release(model)
