"""What a new process takes: its start, the compilation, and its memory."""

from __future__ import annotations

import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bscsim.bench.sizes import Sizes
from bscsim.scenario.faults import BscsimError

RUN: Final = "import sys, bscsim; bscsim.simulate(bscsim.Scenario(), replicates=int(sys.argv[1]))"
"""A program that simulates as many replicates as it is told."""

PEAK: Final = """
import resource, subprocess, sys
subprocess.run([sys.executable, "-c", *sys.argv[1:]], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
"""A program that runs another and prints its peak: a process that a large one starts inherits the peak of that one."""


def starts(sizes: Sizes) -> dict[str, float]:
    """Seconds to import the package and to print help, the interpreter's own start included."""
    commands = {"import_s": ["-c", "import bscsim"], "help_s": ["-m", "bscsim.cli", "--help"]}
    found: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(sizes.rounds):
        for name, arguments in commands.items():
            found[name].append(seconds(arguments))
    return {name: statistics.median(values) for name, values in found.items()}


def compilation(sizes: Sizes) -> dict[str, float]:
    """Seconds of a first run of one replicate, everything compiled, and of the same run again."""
    cold, warm = [], []
    for _ in range(sizes.cold_starts):
        with tempfile.TemporaryDirectory(prefix="bscsim-bench-") as folder:
            cold.append(seconds(["-c", RUN, "1"], folder))
            warm += [seconds(["-c", RUN, "1"], folder) for _ in range(2)]
    return {"cold_start_s": statistics.median(cold), "warm_start_s": statistics.median(warm)}


def memory(sizes: Sizes) -> dict[str, float | None]:
    """Peak memory of a run of many replicates above that of one, in MiB for 1000; None where it cannot be had."""
    name = "peak_memory_mib_per_1000_replicates"
    if importlib.util.find_spec("resource") is None:  # Windows
        return {name: None}
    many = max(2, sizes.memory)
    return {name: (peak_mib(many) - peak_mib(1)) * 1000 / (many - 1)}


def peak_mib(replicates: int) -> float:
    """Return the peak memory, MiB, of a process that simulates so many replicates.

    >>> peak_mib(1) > 50
    True
    """
    peak = int(_python(["-c", PEAK, RUN, str(replicates)]).split()[-1])
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def seconds(arguments: Sequence[str], cache: str | None = None) -> float:
    """Return how long Python takes with these arguments, in a process of its own.

    >>> 0 < seconds(["-c", "pass"]) < 60
    True
    """
    start = time.perf_counter()
    _python(arguments, cache)
    return time.perf_counter() - start


def _python(arguments: Sequence[str], cache: str | None = None) -> str:
    """Run Python on this copy of the package and return what it prints; ``cache``: where machine code is kept.

    Raises BscsimError with the last line of what it said when it fails.
    """
    root = str(Path(__file__).parents[2])
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])}
    if cache is not None:
        environment["BSCSIM_CACHE_DIR"] = cache
    done = subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BscsimError(f"a Python process failed: {(done.stderr.strip().splitlines() or ['no reason given'])[-1]}")
    return done.stdout
