"""Where blocks are computed: threads that stop when told to, and clusters that are there and of this version."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from bscsim.record import provenance
from bscsim.scenario.faults import InputError
from bscsim.scenario.scenario import Scenario
from bscsim.sweeps import computing, workers
from bscsim.sweeps.computing import OtherVersionError, StoppedError, Task, compute
from bscsim.sweeps.layout import Block
from tests.sweeps.conftest import tiny_study


@pytest.fixture
def scenario(tmp_path: Path) -> Scenario:
    found: Scenario = tiny_study(tmp_path).design.scenario(1)
    return found


@pytest.fixture
def task(scenario: Scenario) -> Task:
    return Task(Block(1, 4, 8), scenario, "compiled", provenance.model_digest(), {"study": "tiny"})


def test_a_block_has_the_rows_of_its_replicates(task: Task) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from bscsim.engine.reducing import reduce
    from bscsim.record.responses import COLUMNS
    from bscsim.simulate import simulate

    rows = pq.read_table(pa.BufferReader(compute(task))).to_pydict()
    assert rows["cell"] == [1] * 8
    assert rows["replicate"] == [4, 4, 5, 5, 6, 6, 7, 7]
    assert rows["month"] == [0, 2] * 4
    whole = reduce(simulate(task.scenario, 8))
    effect = whole.values[whole.replicate >= 4, COLUMNS.index("practice")]
    assert rows["practice"] == effect.astype("float32").tolist()


def test_another_version_of_the_model_is_refused(task: Task) -> None:
    other = Task(task.block, task.scenario, task.engine, "another", task.about)
    with pytest.raises(OtherVersionError, match="install the same bscsim on every machine"):
        compute(other)


def test_a_block_is_dropped_when_it_is_told_to_stop(task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    stop = threading.Event()
    module = sys.modules["bscsim.simulate"]
    simulate = module.simulate  # type: ignore[attr-defined]

    def stopping(*given: Any, **named: Any) -> Any:
        stop.set()
        return simulate(*given, **named)

    monkeypatch.setattr(module, "simulate", stopping)
    with pytest.raises(StoppedError):
        compute(task, stop)
    monkeypatch.setattr(module, "simulate", None)  # and one that has not begun does not begin
    with pytest.raises(StoppedError):
        compute(task, stop)


def test_threads_compute_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    together = threading.Barrier(3)
    monkeypatch.setattr(workers, "compute", lambda task, stop: (together.wait(60), bytes([task.block.cell]))[1])
    with workers.threads(3, threading.Event()) as found:
        assert found.width == 4
        futures = [found.submit(Task(Block(cell, 0, 1), Scenario(), "mesa", "", {})) for cell in range(3)]
        assert [future.result() for future in futures] == [b"\0", b"\1", b"\2"]


def test_there_are_no_more_threads_than_memory_for_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "available_memory", lambda: 5 * workers.THREAD_BYTES)
    with workers.threads(256, threading.Event()) as found:
        assert found.width == 6
    monkeypatch.setattr(workers, "available_memory", lambda: 0)
    with workers.threads(256, threading.Event()) as found:
        assert found.width == 2


def test_the_machine_code_is_loaded_where_signals_are_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the thread that submits, which is the main one: a compiler in another would outlive Ctrl-C."""
    warmed = []
    monkeypatch.setattr(computing, "warm", lambda engine: warmed.append((engine, threading.current_thread())))
    monkeypatch.setattr(workers, "compute", lambda task, stop: b"")
    with workers.threads(1, threading.Event()) as found:
        assert warmed == []  # nothing is loaded for a study that is complete
        found.submit(Task(Block(0, 0, 1), Scenario(), "compiled", "", {})).result()
    assert warmed == [("compiled", threading.current_thread())]


def test_burn_ins_are_shared() -> None:
    assert computing.burn_ins() is computing.burn_ins()


def test_without_distributed_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"pip install 'bscsim\[cluster\]'"), workers.cluster("tcp://127.0.0.1:9"):
        pass
