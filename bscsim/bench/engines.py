"""The Mesa model against the compiled engine: the same record, and how much sooner."""

from __future__ import annotations

from typing import Any

from bscsim.bench import scenarios
from bscsim.bench.sizes import Sizes
from bscsim.bench.timing import interleaved, ratio


def measure(sizes: Sizes) -> dict[str, Any]:
    """Both worlds of the default scenario by :func:`bscsim.simulate`, record included, time a replicate.

    The compiled engine runs the Mesa model's replicates and others after them: a few take it no time at all.
    """
    from bscsim.record.store import differences
    from bscsim.simulate import simulate

    scenario, few, many = scenarios.standard(), sizes.mesa, max(sizes.mesa, sizes.replicates)
    equal = not differences(simulate(scenario, few, engine="mesa"), simulate(scenario, few))
    seconds = interleaved({
        "mesa": lambda: simulate(scenario, few, engine="mesa"),
        "one": lambda: simulate(scenario, many, threads=1),
        "all": lambda: simulate(scenario, many),
    }, sizes.rounds)  # fmt: skip
    return {
        "states_equal": equal,
        "mesa_ratio_1_thread": ratio(seconds, "mesa", "one") * many / few,
        "mesa_ratio_all_threads": ratio(seconds, "mesa", "all") * many / few,
    }
