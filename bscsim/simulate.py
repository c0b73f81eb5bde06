"""Run a scenario: pick the scheduler, run both worlds of every replicate, and hand back the record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import index
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from bscsim.engine.burnin import BurnIns
    from bscsim.record.trajectories import Trajectories
    from bscsim.scenario.allocation import Allocation
    from bscsim.scenario.population import Pool
    from bscsim.scenario.scenario import Scenario

Engine = Literal["compiled", "mesa"]
ENGINES: tuple[str, ...] = get_args(Engine)


def simulate(
    scenario: Scenario,
    replicates: int | Sequence[int] | None = None,
    seed: int | None = None,
    twin: bool | None = None,
    engine: Engine = "compiled",
    progress: Callable[[int, int], None] | None = None,
    threads: int | None = None,
    burn_ins: BurnIns | None = None,
    allocation: Allocation | None = None,
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
        "compiled", the rules as machine code (:mod:`bscsim.engine`), or "mesa", the readable model of
        :mod:`bscsim.agents`.  Both give the same bits; the first run after an installation compiles.
    progress
        Called with (replicates finished, replicates asked) now and then.
    threads
        Of the compiled engine: one a processor unless given.  Results do not depend on it.
    burn_ins
        A :class:`bscsim.engine.burnin.BurnIns` that several calls share, so that scenarios which begin alike simulate
        their burn-in once (compiled engine).
    allocation
        A :class:`bscsim.scenario.allocation.Allocation`: who is in which collaborative and when each starts, decided
        by a study in place of the scenario's enrolment; a row a replicate, a column a center of the pool, in their
        orders.  Every center that is large enough is assessed at month 0 and nobody is refused; a collaborative's own
        calendar counts from its start, and season, waves and horizon stay those of the scenario.

    Raises ValueError for an unknown engine, a number outside its range or an allocation of another shape, and
    InputError for a record that would not fit in memory (:func:`batches` takes any number of replicates).

    >>> import bscsim
    >>> run = simulate(bscsim.Scenario(name="tiny"), replicates=1)
    >>> run.centers().query("month == 16 and world == 'treated'").shape[0]
    8
    """
    from bscsim.scenario.memory import require_record
    from bscsim.scenario.population import make_pool

    settings = scenario.simulation
    _check(engine, threads)
    if engine == "mesa" and (threads is not None or burn_ins is not None):
        raise ValueError("threads and burn_ins are of the compiled engine; the mesa engine takes neither")
    asked = settings.replicates if replicates is None else replicates
    numbers = list(asked) if isinstance(asked, Iterable) else range(index(asked))
    both = settings.twin if twin is None else twin
    pool = make_pool(scenario.population)
    if allocation is not None and allocation.collaborative.shape != (len(numbers), len(pool)):
        raise ValueError(f"the allocation is for {allocation.collaborative.shape} (replicates, centers); "
                         f"there are {(len(numbers), len(pool))}")  # fmt: skip
    require_record(scenario, len(numbers), pool, worlds=1 + both)
    seed = _seed(scenario, seed)
    return _simulate(scenario, pool, numbers, seed, both, engine, progress, threads, burn_ins, allocation)


def batches(
    scenario: Scenario,
    replicates: int | None = None,
    size: int = 250,
    seed: int | None = None,
    twin: bool | None = None,
    threads: int | None = None,
) -> Iterator[Trajectories]:
    """Simulate any number of replicates, ``size`` at a time: memory holds one batch, whatever their number.

    The other arguments are those of :func:`simulate`, and what it yields, joined, is what that would return.  Bad
    arguments are refused when the first batch is asked for.

    >>> import bscsim
    >>> [run.replicates for run in batches(bscsim.Scenario(), replicates=3, size=2)]
    [(0, 1), (2,)]
    """
    _check("compiled", threads)
    if size < 1:
        raise ValueError(f"size {size} is below 1")
    total = scenario.simulation.replicates if replicates is None else replicates
    for first in range(0, total, size):
        yield simulate(scenario, range(first, min(first + size, total)), seed, twin, threads=threads)


def threads_of(engine: Engine, threads: int | None = None) -> int:
    """Return how many threads a large run takes: those asked for, or one a processor; the mesa engine has one.

    >>> threads_of("compiled", 3), threads_of("mesa")
    (3, 1)
    """
    from bscsim.engine.run import processors

    return 1 if engine == "mesa" else threads or processors()


def _check(engine: str, threads: int | None) -> None:
    if engine not in ENGINES:
        raise ValueError(f"engine {engine!r} is unknown; there are {' and '.join(map(repr, ENGINES))}")
    if threads is not None and threads < 1:
        raise ValueError(f"threads {threads} is below 1")


def _seed(scenario: Scenario, seed: int | None) -> int:
    seed = scenario.simulation.seed if seed is None else seed
    if not 0 <= seed < 2**63:
        raise ValueError(f"seed {seed} is outside 0 .. 2**63 - 1")
    return seed


def _simulate(
    scenario: Scenario, pool: Pool, numbers: Sequence[int], seed: int, twin: bool, engine: Engine,
    progress: Callable[[int, int], None] | None, threads: int | None, burn_ins: BurnIns | None,
    allocation: Allocation | None,
) -> Trajectories:  # fmt: skip
    from bscsim.record.trajectories import Trajectories

    record = Trajectories.empty(scenario, pool, seed, numbers, twin)
    if engine == "compiled":
        from bscsim.engine.run import run

        run(record, pool, threads, progress, burn_ins, allocation)
    else:
        from bscsim.agents.run import run_replicate

        for row, replicate in enumerate(record.replicates):
            run_replicate(record, pool, row, replicate, allocation)
            if progress is not None:
                progress(row + 1, len(record.replicates))
    if allocation is not None:
        record.labels.place(allocation)
    return record
