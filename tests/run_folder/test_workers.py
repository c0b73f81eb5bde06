"""Several processes give what one gives, and end when they should."""

from __future__ import annotations

import subprocess
import sys

import pytest

from bscsim.record import store
from bscsim.run_folder import workers
from bscsim.scenario.faults import BscsimError
from bscsim.scenario.scenario import Scenario
from bscsim.simulate import simulate
from tests.run_folder.conftest import tiny_study


def test_two_processes_give_the_same_bits_as_one() -> None:
    scenario = tiny_study(simulation__replicates=5).scenario
    told: list[tuple[int, int]] = []
    record = workers.simulate_all(scenario, "mesa", 2, lambda done, total: told.append((done, total)))
    assert store.differences(record, simulate(scenario)) == []
    assert told == [(n, 5) for n in range(1, 6)]


def test_a_process_that_dies_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def dead(*arguments: object) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", "import os; os._exit(3)"]
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)

    monkeypatch.setattr(workers, "start", dead)
    with pytest.raises(BscsimError, match="0 of 2 replicates"):
        workers.simulate_all(tiny_study().scenario, "mesa", 2, None)


def test_no_process_is_left_after_an_interrupt(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []
    real = workers.start

    def noted(*arguments: object) -> subprocess.Popen[bytes]:
        started.append(real(*arguments))  # type: ignore[arg-type]
        return started[-1]

    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(workers, "start", noted)
    with pytest.raises(KeyboardInterrupt):
        workers.simulate_all(tiny_study(simulation__replicates=50).scenario, "mesa", 2, interrupt)
    assert len(started) == 2
    assert all(child.poll() is not None for child in started)


def test_small_runs_stay_in_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "processors", lambda: 16)
    assert workers.processes(tiny_study().scenario, 2, None) == 1
    assert workers.processes(Scenario(), 8, None) == 16
    assert workers.processes(Scenario(), 8, 500) == 100
