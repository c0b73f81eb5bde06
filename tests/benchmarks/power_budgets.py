"""What a power study costs: budgets, as tests; a busy machine fails some.

Ordinary test runs do not collect this file; name it, with ``-s`` to see the figures: ``pytest -s
tests/benchmarks/power_budgets.py``.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bscsim
from bscsim.engine.burnin import BurnIns
from bscsim.trial.analyzing import compute as computing
from bscsim.trial.cluster_stats import from_units
from bscsim.trial.estimators.cluster_t import cluster_t
from bscsim.trial.estimators.lmm import lmm_kr
from bscsim.trial.gaussian import GaussianTruth
from bscsim.trial.gaussian_trials import gaussian_trials
from bscsim.trial.parallel_trial import ParallelTrial

ROOT = Path(__file__).parents[2]
STUDY = ROOT / "experiments" / "power_cluster_trial.yaml"
FORTY = ("design.centers_per_collaborative=5", "compare=false")
"""Four collaboratives of five beside twenty controls, three estimators, both nulls."""
ROUNDS = 3


def seconds(work: Callable[[], Any], clock: Callable[[], float] = time.perf_counter) -> float:
    """The median time of a few rounds."""
    found = []
    for _ in range(ROUNDS):
        start = clock()
        work()
        found.append(clock() - start)
    return statistics.median(found)


def test_a_thousand_replicates_from_the_command_line(tmp_path: Path) -> None:
    """With twins, measurement, three estimators, both nulls and the report: at most 20 s on two cores, aim 8."""
    words = [sys.executable, "-m", "bscsim.cli", "run", str(STUDY)]
    for change in FORTY:
        words += ["--set", change]
    subprocess.run([*words, "--set", "replicates=10", "--out", str(tmp_path / "warm")], check=True, capture_output=True)
    start = time.perf_counter()
    subprocess.run([*words, "--out", str(tmp_path / "out")], check=True, capture_output=True)
    took = time.perf_counter() - start
    print(f"1,000 mechanistic replicates of 40 centers, command line, report included: {took:.1f} s")
    assert took <= 20


def test_analysis_is_a_tenth_of_a_study(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processor time of the estimators over that of the whole block."""
    trial = bscsim.load(STUDY, FORTY).design.trial(0)
    computing.compute(trial, range(2), 1, threads=1)
    spent = [0.0]
    usual = computing.analyze_worlds

    def timed(*args: Any, **options: Any) -> Any:
        start = time.process_time()
        found = usual(*args, **options)
        spent[0] += time.process_time() - start
        return found

    monkeypatch.setattr(computing, "analyze_worlds", timed)
    whole = seconds(lambda: computing.compute(trial, range(200), 1, BurnIns(), 1), time.process_time) * ROUNDS
    share = spent[0] / whole
    print(f"analysis over the whole study: {share:.3f} (of {1000 * whole / 200 / ROUNDS:.2f} ms CPU a replicate)")
    assert share <= 0.10


def test_a_mixed_model_with_kenward_roger_is_fitted_in_a_tenth_of_a_millisecond() -> None:
    generator = np.random.default_rng(0)
    trials, centers, staff = 1000, 40, 20
    replicate, cluster = np.divmod(np.repeat(np.arange(trials * centers), staff), centers)
    y = generator.normal(size=replicate.size) + np.repeat(generator.normal(size=trials * centers) * 0.4, staff)
    stats = from_units(replicate, cluster, y, None, np.arange(centers) < 20, replicates=trials)
    each = seconds(lambda: lmm_kr(stats)) / trials * 1000
    print(f"mixed model with Kenward-Roger, 40 x 20, a thousand at once: {each:.3f} ms a fit")
    assert each <= 0.1


def test_a_thousand_gaussian_trials() -> None:
    truth = GaussianTruth(0.3, var={"collaborative": 0.03, "center": 0.1, "staff": 0.4, "residual": 0.5})
    design = ParallelTrial(4, 5, 20, staff=20)
    took = seconds(lambda: cluster_t(gaussian_trials(truth, design, 0, 1000, 0).stats))
    print(f"1,000 Gaussian replicates of 40 x 20 with a cluster t: {took:.3f} s")
    assert took <= 0.3
