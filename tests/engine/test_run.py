"""Blocks, threads, interruptions, bad input, and what the compiler must not do."""

from __future__ import annotations

import gc
import os
import platform
import re
import subprocess
import sys
import time
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bscsim.engine import run as engine_run
from bscsim.engine import turnover, working
from bscsim.engine.compiling import compiled
from bscsim.scenario import memory
from bscsim.scenario.faults import InputError
from bscsim.scenario.scenario import Scenario
from bscsim.simulate import batches, simulate, threads_of
from tests.verification.worlds import study

ROOT = Path(__file__).parents[2]


def test_progress_rises_to_the_total_in_the_calling_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_run, "BLOCK_SLOT_MONTHS", 5000)
    told: list[tuple[int, int]] = []
    simulate(study(), 40, threads=2, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (40, 40)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert len(told) > 4


@pytest.mark.parametrize("threads", [1, 2])
def test_an_interrupt_ends_the_run_after_the_blocks_under_way(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C reaches the calling thread: what is under way ends, nothing more is begun, and no thread is left."""
    monkeypatch.setattr(engine_run, "BLOCK_SLOT_MONTHS", 5000)
    begun: list[int] = []
    original = engine_run.run_rows

    def counted(job: Any, first: int, end: int) -> int:
        begun.append(first)
        return original(job, first, end)

    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(engine_run, "run_rows", counted)
    with pytest.raises(KeyboardInterrupt):
        simulate(study(), 400, threads=threads, progress=interrupt)
    assert len(begun) <= 3 * threads
    after = len(begun)
    time.sleep(0.05)
    assert len(begun) == after


def test_a_fault_in_a_block_reaches_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: Any) -> int:
        raise ZeroDivisionError("a block")

    monkeypatch.setattr(engine_run, "run_rows", broken)
    with pytest.raises(ZeroDivisionError, match="a block"):
        simulate(study(), 40, threads=2)


@pytest.mark.slow
def test_ctrl_c_stops_a_long_run_at_once() -> None:
    """A million replicates, a signal, and the process is gone within seconds."""
    code = ("import sys, bscsim\nfrom bscsim.simulate import batches\nprint('ready', flush=True)\n"
            "[print(len(run.replicates), flush=True) for run in batches(bscsim.Scenario(), 1_000_000, size=200)]")
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                             cwd=ROOT)  # fmt: skip
    assert child.stdout is not None
    assert [child.stdout.readline().strip() for _ in range(2)] == ["ready", "200"]
    child.send_signal(2)
    sent = time.monotonic()
    _, errors = child.communicate(timeout=20)
    assert "KeyboardInterrupt" in errors
    assert child.returncode != 0
    assert time.monotonic() - sent < 5  # no clock of a noisy machine is trusted with the second


def test_what_does_not_fit_is_refused_with_its_estimate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available_memory", lambda: 50_000_000)
    with pytest.raises(InputError, match=r"simulation\.replicates: 100000 replicates .* would fit"):
        simulate(Scenario(), 100_000)


def test_any_number_runs_in_bounded_batches() -> None:
    """A batch that was handed out is not held on to (that the parts make up the whole: test_docking)."""
    gone: list[weakref.ref[Any]] = []
    for run in batches(study(), 60, size=20):
        gc.collect()
        assert all(earlier() is None for earlier in gone)
        gone.append(weakref.ref(run))
        del run
    assert len(gone) == 3


@pytest.mark.parametrize(("wrong", "message"), [
    ({"engine": "fast"}, r"engine 'fast' is unknown; there are 'compiled' and 'mesa'"), ({"threads": 0}, "threads 0"),
    ({"seed": -1}, r"seed -1 is outside"), ({"replicates": []}, "at least one"), ({"replicates": [1, 1]}, "different"),
    ({"replicates": [-1]}, r"0 \.\. 2\*\*32 - 1"), ({"replicates": [2**32]}, r"0 \.\. 2\*\*32 - 1"),
    ({"engine": "mesa", "threads": 2}, "compiled engine"),
])  # fmt: skip
def test_bad_input_is_named(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        simulate(study(), **{"replicates": 1, **wrong})


def test_a_batch_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="size 0"):
        next(batches(study(), 3, size=0))


def test_a_twin_that_is_asked_for_counts_in_the_estimate(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = Scenario().with_values({"simulation.twin": False})
    monkeypatch.setattr(memory, "available_memory", lambda: int(1.2 * memory.memory_bytes(alone, 100, tables=1.0)))
    assert simulate(alone, 100).twin is None
    with pytest.raises(InputError, match="would fit"):
        simulate(alone, 100, twin=True)


def test_a_count_of_numpy_is_a_count() -> None:
    assert simulate(study(), np.int64(2)).replicates == (0, 1)


def test_threads_follow_the_processors_this_process_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 3, 5}, raising=False)
    assert engine_run.processors() == threads_of("compiled") == 3
    monkeypatch.delattr(os, "sched_getaffinity")
    assert engine_run.processors() == (os.cpu_count() or 1)
    assert threads_of("compiled", 7) == 7


# ---- what the compiler must not do ----------------------------------------------------------------------------------


def listings() -> dict[str, str]:
    """Assembler of the hot path and of the exit clocks, each compiled by itself, for this processor."""
    row = [np.full(12, value) for value in (0.5, 0.4, 0.3, 0.2, 0.6, 0.1)]
    learn, practise, run_clocks = map(compiled, (working.learn, working.practise, turnover.run_clocks))
    learn(row[0], row[1], row[2], 0.5, 1.1, 0.6, 1 / 12)
    practise(row[2], row[3], row[0], row[1], row[4], 0.5, 1.0, 0.3, 0.3, 1.0, 1 / 12)
    run_clocks(row[0], row[1], row[2], row[3], row[4], row[5], 1.0, 2.0, 0.8, 0.5, 1 / 12)
    return {one.__name__: "\n".join(one.inspect_asm().values()) for one in (learn, practise, run_clocks)}


FUSED = re.compile(r"\bvfn?m(?:add|sub|addsub|subadd)\d+[sp][sd]\b|\bf(?:n?madd|n?msub|mla|mls)\b")


@pytest.mark.parametrize("line", ["\tvfmadd213pd %ymm0, %ymm1, %ymm2", "\tvfnmadd231sd %xmm0", "\tfmadd d0, d1, d2, d3",
                                  "\tfmla v0.2d, v1.2d, v2.2d"])  # fmt: skip
def test_the_scan_knows_fused_instructions(line: str) -> None:
    assert FUSED.search(line)


def test_no_product_is_fused_with_a_sum() -> None:
    """A fused multiply-add rounds once where plain Python rounds twice, and only on processors that have it."""
    text = "\n".join(listings().values())
    assert not FUSED.findall(text)
    assert re.search(r"mulpd|mulsd|fmul", text)  # products there are: the scan reads what it means to read


@pytest.mark.skipif(platform.machine() != "x86_64", reason="names of vector instructions are of this processor")
@pytest.mark.parametrize(("loop", "divisions"), [("learn", 1), ("practise", 1), ("run_clocks", 2)])
def test_the_hot_path_divides_by_the_vector(loop: str, divisions: int) -> None:
    """Speed rests on it: a rule that cannot be vectorised, or one array too many, would show here first."""
    assert len(re.findall(r"\bv?divpd\b", listings()[loop])) >= divisions


@pytest.mark.parametrize(("given", "most"), [("1", 1), ("64", None), ("", None), ("0", None), ("two", None)])
def test_a_slurm_task_takes_the_processors_it_was_given(given, most, monkeypatch) -> None:
    bound = engine_run.processors()
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", given)
    assert engine_run.processors() == (most or bound)
