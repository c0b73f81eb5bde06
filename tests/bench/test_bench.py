"""``bscsim bench``: what it gives, that it compares the same work, and that its budgets can be missed.  No timing."""

from __future__ import annotations

import gc
import json
import math
import sys
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import bscsim
from bscsim import bench, cli
from bscsim.bench import bare_rules, common_numbers, engines, hot_path, loops, processes, scaling, scenarios
from bscsim.bench.figures import FIGURES, figure, lines, missed
from bscsim.bench.loops import work as row_work
from bscsim.bench.sizes import Sizes
from bscsim.bench.timing import interleaved, ratio
from bscsim.engine.compiling import compiled
from bscsim.engine.state import Array, B, K, P, State
from bscsim.engine.working import feel, set_conditions, work
from bscsim.record import truth
from bscsim.rules import operators, practice
from bscsim.rules.operators import LANES
from bscsim.scenario.faults import BscsimError
from bscsim.scenario.scenario import Scenario

CONTRACT = [
    "states_equal", "mesa_ratio_1_thread", "mesa_ratio_all_threads", "mesa_over_bare_rules", "kernel_over_hot_path",
    "hot_path_over_reference", "thread_scaling", "ns_per_staff_driver_month", "center_scaling", "replicate_scaling",
    "peak_memory_mib_per_1000_replicates", "import_s", "help_s", "cold_start_s", "warm_start_s", "twin_ratio",
    "burn_in_share", "crn_variance_reduction", "cores", "rounds", "versions",
]  # fmt: skip
TINY = Sizes(rounds=2, long_rounds=1, mesa=1, replicates=2, seconds=0.001, centers_small=10, centers_large=20,
             centers=20, few=1, many=2, paired=4, memory=2, cold_starts=1)  # fmt: skip
SHORT = Scenario().with_values({
    "calendar": {"burn_in": 1, "prework": (0, 1), "sessions": (1,), "ends": 2, "horizon": 3, "waves": (0, 2)},
})  # fmt: skip


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bench of a moment: few replicates of a few months, and nothing compiled anew in another process."""
    monkeypatch.setattr(scenarios, "standard", lambda: SHORT)
    monkeypatch.setattr(bench, "QUICK", TINY)
    monkeypatch.setattr(processes, "RUN", "pass")
    monkeypatch.setattr(processes, "compilation", lambda sizes: {"cold_start_s": 41.0, "warm_start_s": 1.5})


def numbers(value: Any) -> Iterator[float]:
    if isinstance(value, dict):
        for part in value.values():
            yield from numbers(part)
    elif value is not None:
        yield value


@pytest.mark.usefixtures("tiny")
def test_the_command_prints_the_contract_as_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["bscsim", "bench", "--quick", "--json"])
    assert cli.main() == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found) == CONTRACT
    assert found["states_equal"] is True
    assert (found["cold_start_s"], found["rounds"]) == (41.0, 2)
    assert found["cores"] >= 1
    assert found["versions"]["bscsim"] == bscsim.__version__
    reductions = found["crn_variance_reduction"]
    assert {"k_hour", "fit_gain", "p_use", "p_rev", "turn_base", "att_ls", "pdsa_rate", "median"} <= set(reductions)
    measured = [found[name] for name in CONTRACT[1:17] if name != "peak_memory_mib_per_1000_replicates"]
    assert all(isinstance(value, float) and 0.0 < value < math.inf for value in measured)
    assert all(value >= 0.0 for value in numbers(reductions))
    table = lines(found)
    assert all(any(line.startswith(name) for line in table) for name in CONTRACT if name != "versions")


@pytest.mark.usefixtures("tiny")
def test_the_command_prints_a_table_for_people(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {one.name: 12.5 for one in FIGURES if not one.part} | {
        "states_equal": True, "crn_variance_reduction": {"k_hour": None, "median": 400.0}, "import_s": None,
        "cores": 2, "rounds": 3, "versions": {"numpy": "2"},
    }  # fmt: skip
    sizes = []
    monkeypatch.setattr(bench, "measure", lambda size, tick: sizes.append(size) or given)
    for arguments, size in ((["--quick"], TINY), ([], bench.FULL)):
        monkeypatch.setattr(sys, "argv", ["bscsim", "bench", *arguments])
        assert cli.main() == 0
        assert sizes[-1] == size
    printed = capsys.readouterr().out.splitlines()
    rows = {line.split()[0]: line for line in printed}
    assert "at least 100 (aim 200)  NO" in rows["mesa_ratio_1_thread"]
    assert "at least 10             yes" in rows["crn_variance_reduction:"]
    assert "at most 40              yes" in rows["cold_start_s"]
    assert rows["states_equal"].split()[1:4] == ["yes", "yes", "yes"]
    assert rows["import_s"].split()[1] == rows["k_hour"].split()[1] == "-"
    assert max(map(len, printed)) <= 150


def test_the_figures_are_those_of_the_contract() -> None:
    assert [one.name for one in FIGURES] == CONTRACT[:18]


@pytest.mark.parametrize(
    ("name", "kept", "broken"),
    [
        ("states_equal", True, False), ("mesa_ratio_1_thread", 100.0, 99.9), ("kernel_over_hot_path", 1.6, 1.61),
        ("hot_path_over_reference", 0.8, 0.81), ("thread_scaling", 1.7, 1.69), ("center_scaling", 1.15, 1.16),
        ("replicate_scaling", 1.15, 1.16), ("twin_ratio", 1.75, 1.76), ("cold_start_s", 40.0, 40.1),
        ("help_s", 0.5, 0.51), ("mesa_over_bare_rules", 2.0, 2.1),
        ("crn_variance_reduction", {"k_hour": 1.0, "median": 10.0}, {"k_hour": 50.0, "median": 9.9}),
        ("crn_variance_reduction", {"median": None}, {"median": 0.0}),
    ],
)  # fmt: skip
def test_a_budget_can_be_missed(name: str, kept: Any, broken: Any) -> None:
    assert missed({name: kept, "cores": 2}) == []
    assert missed({name: broken, "cores": 2}) == [name]


def test_one_processor_has_no_budget_for_threads() -> None:
    assert figure("thread_scaling").met(1.0, cores=1) is None
    assert missed({"thread_scaling": 1.0, "cores": 1}) == []


# ---- timing ---------------------------------------------------------------------------------------------------------


def test_tasks_take_turns_and_run_once_before() -> None:
    order: list[str] = []
    seconds = interleaved({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, rounds=2)
    assert order == ["a", "b", "a", "b", "b", "a"]
    assert {name: len(values) for name, values in seconds.items()} == {"a": 2, "b": 2}
    interleaved({"a": lambda: order.append("c")}, rounds=1, before=False)
    assert order[6:] == ["c"]


def test_a_ratio_is_the_median_within_rounds() -> None:
    slow_machine_in_one_round = {"a": [2.0, 200.0, 2.0], "b": [1.0, 100.0, 1.0]}
    assert ratio(slow_machine_in_one_round, "a", "b") == 2.0


# ---- the hot path and its reference ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bed() -> hot_path.Bed:
    """Two replicates, of which the first needs rows of its own."""
    return hot_path.lay_out(Scenario(), 2)


def test_the_isolated_rows_are_those_of_the_engine(bed: hot_path.Bed) -> None:
    lengths = bed.lasts - bed.firsts
    assert (lengths >= bed.job.sizes).all()
    assert (lengths < bed.job.sizes + LANES).all()
    assert (bed.firsts % LANES == 0).all()
    assert (lengths % LANES == 0).all()
    order = np.argsort(bed.job.given.centers["area"], kind="stable")  # area after area
    assert (bed.firsts[:, order[1:]] == bed.lasts[:, order[:-1]]).all()
    assert bed.lasts.max() <= bed.job.slots
    centers = bed.one.state.centers  # as the last replicate left them
    assert (centers["first"] == bed.firsts[-1]).all()
    assert (centers["first"] + centers["employees"] == bed.lasts[-1]).all()
    assert bed.months == 24 + 2 * 40
    assert hot_path.staff_driver_months(bed) == bed.job.sizes.sum() * 6 * 104


def test_every_slot_of_the_isolated_rows_holds_plausible_numbers(bed: hot_path.Bed) -> None:
    level = bed.one.state.level
    assert ((level > 0.0) & (level < 1.0)).all()
    assert (bed.plain.k >= bed.plain.k0).all()


def test_the_isolated_hot_path_is_that_of_the_engine(bed: hot_path.Bed) -> None:
    """One step of a center, by the engine whole and by its parts."""

    def whole(q: Any, s: State, c: int) -> None:
        work(q, s, c)

    def parts(q: Any, s: State, c: int, first: int, last: int) -> None:
        feel(q, s, c)
        set_conditions(q, s, c)
        climate = s.centers[c].climate
        row_work(q, s, c, first, last, q.k_help * climate, q.p_norm * climate)

    q, one = bed.job.given.q, bed.one
    before = one.whole.copy()
    compiled(whole)(q, one.state, 2)
    after = one.whole.copy()
    one.whole[:] = before
    compiled(parts)(q, one.state, 2, bed.firsts[-1, 2], bed.lasts[-1, 2])
    assert (one.whole == after).all()
    assert not (after == before).all()
    one.whole[:] = before


def test_the_reference_gives_what_the_hot_path_gives(bed: hot_path.Bed) -> None:
    """Other arithmetic, the same model: apart by the error of the approximants, over two years."""
    q, one, plain = bed.job.given.q, bed.one, bed.plain
    before = one.whole.copy()
    compiled(loops.hot_path)(q, one.state, bed.firsts[:1], bed.lasts[:1], 24)
    moved = one.state.level.copy()
    one.whole[:] = before
    other = plain._replace(k=plain.k.copy(), p=plain.p.copy())
    compiled(loops.reference)(other, bed.job.sizes[:1], q.k_forget, q.dt, 24)
    for c, (first, size) in enumerate(zip(bed.firsts[0], bed.job.sizes[0], strict=True)):
        for plane, mine, habit in ((K, other.k, plain.k), (P, other.p, plain.p)):
            engine = moved[plane][:, first : first + size].T
            assert np.allclose(mine[c, :size], engine, rtol=0.0, atol=1e-6)
            assert not np.allclose(engine, habit[c, :size], rtol=0.0, atol=1e-4)
        assert (plain.b[c, :size] == moved[B][:, first : first + size].T).all()


def test_a_step_of_the_reference_is_the_rules_exact_solution() -> None:
    for x, limit, y in ((0.2, 0.9, 0.0), (0.2, 0.9, 0.4), (0.9, 0.1, 0.8)):
        assert loops.settle(x, limit, y) == pytest.approx(limit + (x - limit) * math.exp(-y), abs=3e-6)
    assert loops.settle(0.5, 1.5, 9.0) == 1.0


# ---- the same work ---------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("tiny")
def test_unequal_records_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    original = bscsim.simulate

    def simulate(scenario: Scenario, replicates: int, engine: str = "compiled", **settings: Any) -> Any:
        run = original(scenario, replicates, engine=engine, **settings)
        if engine == "mesa":
            run.treated["qi"][0, 0, 1] = np.nextafter(run.treated["qi"][0, 0, 1], 1.0)
        return run

    monkeypatch.setattr(sys.modules["bscsim.simulate"], "simulate", simulate)
    assert engines.measure(TINY)["states_equal"] is False


def test_streaming_holds_one_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    class Batch:
        replicates = (0, 1)

    alive: list[weakref.ref[Batch]] = []

    def batches(*_: object, **__: object) -> Iterator[Batch]:
        for _ in range(3):
            gc.collect()
            assert not [one for one in alive if one() is not None]
            batch = Batch()
            alive.append(weakref.ref(batch))
            yield batch
            del batch

    monkeypatch.setattr(sys.modules["bscsim.simulate"], "batches", batches)
    assert scaling.stream(6, None) == 6


def test_calls_of_rules_are_recorded_from_outside_and_rules_restored() -> None:
    before = operators.normal, practice.pull
    calls: list[bare_rules.Call] = []
    with bare_rules.recorded(calls):
        bare_rules.replicate(SHORT)
        assert operators.normal is not before[0]
    assert (operators.normal, practice.pull) == before
    names = {rule.__name__ for rule, _ in calls}
    assert {"knowledge", "practice"} <= names
    assert "pull" not in names  # a rule that a rule calls is part of that call
    assert all(rule.__module__.startswith("bscsim.rules.") for rule, _ in calls)


def test_effects_are_those_of_the_true_effects_table() -> None:
    run = bscsim.simulate(Scenario(), replicates=3)
    table = truth.overall(run).query("arm == 'bsc' and estimand == 'all_present' and month == 16")
    assert common_numbers.effects(Scenario(), 3) == pytest.approx(table["effect"].to_numpy(), abs=1e-6)
    assert (table["effect"] > 0.01).all()


def test_the_same_seeds_reduce_variance_and_other_seeds_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two independent effects the difference varies twice as much as one of them."""
    before = common_numbers.effects(Scenario(), 40)
    assert common_numbers.reduction(Scenario(), ("k_hour",), before) > 10.0
    monkeypatch.setattr(common_numbers, "OTHER_SEED", 0)
    assert common_numbers.reduction(Scenario(), ("k_hour",), before) == 1.0
    independent = common_numbers.effects(Scenario(), 40, 5)
    assert 1.0 < np.var(independent - before) / np.var(before) < 4.0


def test_a_change_that_moves_nothing_has_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common_numbers, "effects", lambda scenario, count, offset=0: np.zeros(count) + offset)
    found = common_numbers.measure(TINY)["crn_variance_reduction"]
    assert set(found.values()) == {None}


# ---- processes -------------------------------------------------------------------------------------------------------


def test_the_memory_of_a_process_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that is started takes over the peak of the one that starts it, so another stands between."""
    pytest.importorskip("resource")
    monkeypatch.setattr(processes, "RUN", "pass")
    large: Array = np.ones(40_000_000)  # 305 MiB
    assert processes.peak_mib(1) < 100 < large.nbytes / 2**20
    monkeypatch.setattr(processes, "RUN", "import sys; held = bytearray(int(sys.argv[1]) * 2**20)")
    name = "peak_memory_mib_per_1000_replicates"
    assert processes.memory(Sizes(memory=201))[name] == pytest.approx(1000, rel=0.05)


def test_the_second_start_finds_the_folder_of_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    program = (
        "import os, pathlib, time; place = pathlib.Path(os.environ['BSCSIM_CACHE_DIR'], 'kept'); "
        "place.exists() or (time.sleep(0.5), place.touch())"
    )
    monkeypatch.setattr(processes, "RUN", program)
    found = processes.compilation(TINY)
    assert found["cold_start_s"] > found["warm_start_s"] + 0.2


def test_a_process_that_fails_says_why() -> None:
    with pytest.raises(BscsimError, match="a Python process failed: ValueError: no such thing"):
        processes.seconds(["-c", "raise ValueError('no such thing')"])
