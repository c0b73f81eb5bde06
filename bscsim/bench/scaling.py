"""What more of something costs: processors, centers, replicates, a twin, burn-ins."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from bscsim.bench import scenarios
from bscsim.bench.sizes import Sizes
from bscsim.bench.timing import interleaved, ratio

if TYPE_CHECKING:
    from bscsim.record.trajectories import Trajectories


def threads(sizes: Sizes) -> dict[str, float]:
    """One thread over a thread a processor, on as many replicates as keep one thread busy for a while."""
    (taken,) = interleaved({"few": lambda: stream(sizes.few, 1)}, rounds=1)["few"]
    count = math.ceil(sizes.few * sizes.seconds / taken)
    tasks = {"one": lambda: stream(count, 1), "all": lambda: stream(count, None)}
    return {"thread_scaling": ratio(interleaved(tasks, sizes.rounds, before=False), "one", "all")}


def stream(replicates: int, threads: int | None) -> int:
    """Simulate replicates of the default scenario with one batch of the usual size in memory; returns how many.

    >>> stream(3, 1)
    3
    """
    from bscsim.simulate import batches

    def count(run: Trajectories) -> int:
        return len(run.replicates)

    # A loop variable would hold a batch while the next one is simulated.
    return sum(map(count, batches(scenarios.standard(), replicates, threads=threads)))


def centers(sizes: Sizes) -> dict[str, float]:
    """Cost per staff member at many centers over that at few; the number of centers simulated is the same."""
    from bscsim.simulate import simulate

    def run(number: int) -> Trajectories:
        return simulate(scenarios.many_centers(number), max(1, sizes.centers // number), threads=1)

    small, large = sizes.centers_small, sizes.centers_large
    staff = {number: int(run(number).labels.size.sum()) for number in (small, large)}
    seconds = interleaved({"small": lambda: run(small), "large": lambda: run(large)}, sizes.rounds, before=False)
    return {"center_scaling": ratio(seconds, "large", "small") * staff[small] / staff[large]}


def replicates(sizes: Sizes) -> dict[str, float]:
    """Cost of one of many replicates over one of few; both are streamed, in one thread."""
    few, many, repeats = sizes.few, sizes.many, max(1, min(10, sizes.many // sizes.few))

    def run_few() -> None:
        for _ in range(repeats):
            stream(few, 1)

    tasks = {"few": run_few, "many": lambda: stream(many, 1)}
    seconds = interleaved(tasks, sizes.long_rounds, before=False)
    return {"replicate_scaling": ratio(seconds, "many", "few") * few * repeats / many}


def twin(sizes: Sizes) -> dict[str, float]:
    """With the twin over without; a replicate's burn-in is simulated once."""
    from bscsim.simulate import simulate

    scenario = scenarios.standard()
    tasks = {name: lambda two=two: simulate(scenario, sizes.replicates, twin=two, threads=1)
             for name, two in (("with", True), ("without", False))}  # fmt: skip
    return {"twin_ratio": ratio(interleaved(tasks, sizes.rounds), "with", "without")}


def burn_ins(sizes: Sizes) -> dict[str, float]:
    """With every burn-in kept from before over without a store."""
    from bscsim.engine.burnin import BurnIns
    from bscsim.simulate import simulate

    scenario, kept = scenarios.standard(), BurnIns(limit=2**32)
    tasks = {
        "kept": lambda: simulate(scenario, sizes.replicates, threads=1, burn_ins=kept),
        "anew": lambda: simulate(scenario, sizes.replicates, threads=1),
    }
    return {"burn_in_share": ratio(interleaved(tasks, sizes.rounds), "kept", "anew")}
