"""What a sweep costs beside the simulation itself: budgets, as tests; a busy machine fails some.

Ordinary test runs do not collect this file; name it, with ``-s`` to see the figures: ``pytest -s
tests/benchmarks/sweep_budgets.py``.  Ratios are of medians of rounds that take turns.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bscsim
from bscsim.engine.burnin import BurnIns
from bscsim.engine.reducing import reduce
from bscsim.record.responses import COLUMNS
from bscsim.run_folder import sweep, sweep_place
from bscsim.scenario.scenario import Study
from bscsim.simulate import simulate
from bscsim.sweeps import computing, store
from bscsim.sweeps.claims import Claims
from bscsim.sweeps.compacting import compact
from bscsim.sweeps.computing import Task

ROUNDS = 3


def study_of(folder: Path, levels: int, replicates: int, **more: str) -> Study:
    """A sweep of the shipped scenario over a parameter that acts through the collaborative."""
    values = ", ".join(f"{0.1 + 0.2 * at / levels:.6f}" for at in range(levels))
    file = folder / "sweep.yaml"
    file.write_text(
        f"kind: sweep\nname: sweep\nscenario: {{simulation: {{replicates: {replicates}}}{more.get('scenario', '')}}}\n"
        f"sweep: {{factors: {{parameters.fit_gain: [{values}]}}}}\n"
    )
    return bscsim.load(file)


def run(study: Study, out: Path, **options: Any) -> float:
    """Run all blocks of a study, without its report, and return the seconds."""
    ready = sweep_place.prepared(study, out, "compiled")
    chosen = sweep.Options(yes=True, **options)
    stop = threading.Event()
    with sweep.workers_of(chosen, stop) as workers:
        sweep_place.begin(ready, force=False)
        with Claims(out) as claims:
            start = time.perf_counter()
            sweep_place.clean(ready, alone=True)
            sweep.runner(ready, chosen, workers, lambda done, total: None, stop, claims).run()
            return time.perf_counter() - start


def timed(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def test_the_runner_costs_less_than_a_tenth(tmp_path: Path) -> None:
    """200 cells x 100 replicates: the runner over `simulate` of the same cells, all threads, burn-ins shared."""
    study = study_of(tmp_path, 200, 100)
    scenarios = [study.design.scenario(cell) for cell in range(200)]
    simulate(scenarios[0], 1)

    def bare() -> None:
        kept = BurnIns()
        for scenario in scenarios:
            simulate(scenario, 100, burn_ins=kept)

    rounds = []
    for at in range(ROUNDS):
        computing.burn_ins.cache_clear()
        rounds.append((run(study, tmp_path / str(at)), timed(bare)))
    ratio = statistics.median(runner / engine for runner, engine in rounds)
    print(f"\nrunner over bare engine: {ratio:.3f} {[tuple(round(one, 2) for one in pair) for pair in rounds]}")
    assert ratio < 1.10


def test_writing_costs_less_than_fifteen_percent(tmp_path: Path) -> None:
    """Encoding and writing blocks of 100 replicates over simulating them on one thread."""
    scenario = bscsim.Scenario()
    shares, reducing = [], []
    for at in range(20):
        start = time.perf_counter()
        record = simulate(scenario, range(100 * at, 100 * at + 100), threads=1)
        simulated = time.perf_counter()
        rows = reduce(record)
        reduced = time.perf_counter()
        store.put(tmp_path, f"c{at:06d}", store.encode(at, rows.replicate, rows.month, rows.values, {}))
        end = time.perf_counter()
        shares.append((end - reduced) / (simulated - start))
        reducing.append((reduced - simulated) / (simulated - start))
    print(f"\nwriting over simulating: {statistics.median(shares):.3f}; reducing: {statistics.median(reducing):.3f}")
    assert statistics.median(shares) < 0.15


def fake(task: Task, stop: object = None) -> bytes:
    """Rows of a block without simulating."""
    waves = np.array(task.scenario.calendar.waves, np.int16)
    replicates = np.arange(task.block.first, task.block.end)
    values = np.random.default_rng(task.block.cell).random((len(replicates) * len(waves), len(COLUMNS)))
    return store.encode(
        task.block.cell, np.repeat(replicates, len(waves)), np.tile(waves, len(replicates)), values, task.about)


def test_a_complete_sweep_of_ten_thousand_blocks_resumes_in_seconds(tmp_path, monkeypatch) -> None:
    study = study_of(tmp_path, 100, 1000)
    monkeypatch.setattr("bscsim.sweeps.workers.compute", fake)
    monkeypatch.setattr("bscsim.sweeps.layout.block_size", lambda scenario, replicates: 10)
    made = run(study, tmp_path / "out")
    files = timed(lambda: run(study, tmp_path / "out"))
    ready = sweep_place.prepared(study, tmp_path / "out", "compiled")
    count = len(list(ready.cells.iterdir()))
    compact(ready.folder, ready.layout)
    few = timed(lambda: run(study, tmp_path / "out"))
    print(f"\n{count} blocks made in {made:.1f} s; resumed in {files:.2f} s; compacted in {few:.2f} s, "
          f"{len(list(ready.cells.iterdir()))} files")  # fmt: skip
    assert count == 10_000
    assert max(files, few) < 5.0


MILLION = """
import resource
import sys
from pathlib import Path

sys.path[:0] = [{root!r}]
import bscsim.sweeps.workers as workers
from bscsim.run_folder import sweep, sweep_place
from bscsim.sweeps.claims import Claims
from tests.benchmarks import sweep_budgets

workers.compute = sweep_budgets.fake
folder = Path({folder!r})
study = sweep_budgets.study_of(folder, 100, 10_000)
sweep_budgets.run(study, folder / "out")
ready = sweep_place.prepared(study, folder / "out", "compiled")
with Claims(folder / "out") as claims:
    claims.take("finish")
    sweep.finish(ready, claims)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def test_a_million_replicates_are_reported_in_less_than_a_gibibyte(tmp_path: Path) -> None:
    """All of it in one process: writing a million replicates of four waves, compacting, report."""
    root = str(Path(__file__).parents[2])
    code = MILLION.format(root=root, folder=str(tmp_path))
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    peak = float(found.stdout.split()[-1])
    disk = sum(path.stat().st_size for path in (tmp_path / "out" / "cells").iterdir()) / 2**20
    print(f"\npeak memory of a million replicates: {peak:.0f} MiB; on disk {disk:.0f} MiB")
    assert peak < 1024


def test_a_cluster_on_one_machine_costs_little(tmp_path: Path) -> None:
    """Two Dask workers over two threads, blocks of a second or more."""
    distributed = pytest.importorskip("distributed")
    study = study_of(tmp_path, 6, 1000)
    rounds = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bscsim.sweeps.layout.BLOCK_BYTES", 2**29)
        with distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster:
            warm = study_of(tmp_path, 4, 2)
            run(warm, tmp_path / "warm", cluster=cluster.scheduler_address)
            for at in range(ROUNDS):
                seconds = [run(study, tmp_path / f"{name}{at}", **options) for name, options in (
                    ("cluster", {"cluster": cluster.scheduler_address}), ("threads", {"workers": 2}))]
                rounds.append(seconds)
    ratio = statistics.median(there / here for there, here in rounds)
    print(f"\ncluster over threads: {ratio:.3f} {[[round(one, 2) for one in pair] for pair in rounds]}")
    assert ratio < 1.15
