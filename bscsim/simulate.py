"""Run a scenario: pick the scheduler, run both worlds of every replicate, and hand back the record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from bscsim.record.trajectories import Trajectories
    from bscsim.scenario.scenario import Scenario

Engine = Literal["mesa"]


def simulate(
    scenario: Scenario,
    replicates: int | Sequence[int] | None = None,
    seed: int | None = None,
    twin: bool | None = None,
    engine: Engine = "mesa",
    progress: Callable[[int, int], None] | None = None,
) -> Trajectories:
    """Simulate replicates of a scenario, each with its untreated twin if asked, and return the record.

    scenario
        What is simulated; its ``simulation`` block gives what the other arguments leave out.
    replicates
        How many (replicates 0, 1, ... n-1), or the numbers of the replicates to run.  A replicate's numbers
        do not depend on which others are run.
    seed
        0 to 2**63 - 1.
    twin
        Whether to run the same centers, people and draws without the collaborative beside each replicate.
    engine
        "mesa", the readable model of :mod:`bscsim.agents`.
    progress
        Called with (replicates finished, replicates asked) after each replicate.

    Raises ValueError for an unknown engine or a number outside its range.

    >>> import bscsim
    >>> run = simulate(bscsim.Scenario(name="tiny"), replicates=1)
    >>> run.centers().query("month == 16 and world == 'treated'").shape[0]
    8
    """
    from bscsim.agents.run import run_replicate
    from bscsim.record.trajectories import Trajectories
    from bscsim.scenario.population import make_pool

    if engine != "mesa":
        raise ValueError(f"engine {engine!r} is unknown; this version has 'mesa'")
    settings = scenario.simulation
    seed = settings.seed if seed is None else seed
    if not 0 <= seed < 2**63:
        raise ValueError(f"seed {seed} is outside 0 .. 2**63 - 1")
    asked = settings.replicates if replicates is None else replicates
    numbers = range(asked) if isinstance(asked, int) else asked
    pool = make_pool(scenario.population)
    record = Trajectories.empty(scenario, pool, seed, numbers, settings.twin if twin is None else twin)
    for row, replicate in enumerate(record.replicates):
        run_replicate(record, pool, row, replicate)
        if progress is not None:
            progress(row + 1, len(record.replicates))
    return record
