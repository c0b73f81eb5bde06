"""Run the compiled engine: replicates in blocks, blocks on threads, and the record that comes of it.

A replicate's numbers depend on its number alone, and every block writes rows of its own, so neither the number of
threads nor the size of blocks nor their order can change a bit.  The kernel does not hold Python's lock: threads are
enough, nothing is copied and nothing is pickled.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from bscsim.engine.burnin import BurnIns, digest
from bscsim.engine.compiling import entry
from bscsim.engine.enrolling import Plan
from bscsim.engine.inputs import Inputs, inputs
from bscsim.engine.kernel import run_block
from bscsim.engine.observing import Labels, Rows
from bscsim.engine.starting import draw_sizes
from bscsim.engine.state import Array, World, world
from bscsim.record import stacks
from bscsim.record.measures import STAFF_COLUMNS
from bscsim.record.staff_rows import StaffRows

if TYPE_CHECKING:
    from bscsim.record.stacks import Stacks
    from bscsim.record.trajectories import Trajectories
    from bscsim.scenario.allocation import Allocation
    from bscsim.scenario.population import Pool

BLOCK_SLOT_MONTHS: Final = 500_000
"""Work of a block, staff slots times months (in steps of a month): some tens of milliseconds.

Ctrl-C waits for the blocks that are under way; the smallest block is one replicate, however large that is.
"""

ALONE: Final = 400_000
"""Work of a run that is not worth another thread."""


def processors() -> int:
    """Return how many processors this process may use: those it is bound to, at most those of its SLURM task."""
    try:
        bound = len(os.sched_getaffinity(0))
    except AttributeError:  # not on this system
        bound = os.cpu_count() or 1
    given = os.environ.get("SLURM_CPUS_PER_TASK", "")  # SLURM does not bind tasks on every cluster
    return min(bound, int(given)) if given.isdecimal() and int(given) else bound


@dataclass
class Job:
    """What all blocks of a run share: inputs, where results go, and the worlds that idle threads have left."""

    given: Inputs
    pool: Pool
    replicates: Array
    sizes: Array
    slots: int
    starts: Array
    labels: Labels
    outs: list[Stacks]
    rows: list[Rows]
    paired: bool
    name: str
    burn_ins: BurnIns | None
    leavers: int
    plan: Plan
    lock: Lock = field(default_factory=Lock)
    idle: list[tuple[World, World]] = field(default_factory=list)

    def take_worlds(self) -> tuple[World, World]:
        """Take a treated world and a twin to simulate in (one and the same without a twin), with room for ``leavers``.

        Both have one layout, because one is copied to the other: other threads may ask for more room at any time.
        """
        with self.lock:
            leavers = self.leavers
            while self.idle:
                pair = self.idle.pop()
                if len(pair[0].market.leavers) == leavers:
                    return pair
        q = self.given.q
        collaboratives = max(1, int(q.collaboratives), len(self.plan.starts))
        shape = (len(self.pool), self.slots, int(q.drivers), collaboratives, len(self.pool.area_names))
        one = world(*shape, leavers)
        return one, world(*shape, leavers) if self.paired else one

    def give_back(self, pair: tuple[World, World]) -> None:
        """Leave worlds for the next block."""
        with self.lock:
            self.idle.append(pair)

    def make_room(self, leavers: int) -> None:
        """Let the worlds that are taken from now on have room for so many people between jobs, or for more."""
        with self.lock:
            self.leavers = max(self.leavers, leavers)

    def name_of(self, one: World) -> str:
        """The name of this run's burn-ins, with the layout in which their bytes stand."""
        return f"{self.name}-{self.slots}-{len(one.market.leavers)}"


def run(
    record: Trajectories, pool: Pool, threads: int | None = None,
    progress: Callable[[int, int], None] | None = None, burn_ins: BurnIns | None = None,
    allocation: Allocation | None = None,
) -> None:  # fmt: skip
    """Fill an empty record: all its replicates, in each world it holds.

    ``threads``: one a processor unless given, fewer for small runs.  ``progress`` is called in the calling thread with
    (replicates finished, asked).  ``burn_ins``: where to look for states at the end of burn-in, and to keep them.
    ``allocation``: who is in which collaborative, in place of enrolment.
    An exception in the calling thread, Ctrl-C among them, ends the run after the blocks that are under way.
    """
    job = prepare(record, pool, burn_ins, allocation)
    total = len(job.replicates)
    q = job.given.q
    work = job.slots * int(q.steps_per_month) * (int(q.burn_in) + (1 + job.paired) * int(q.horizon))
    size = max(1, min(BLOCK_SLOT_MONTHS // max(work, 1), -(-total // (4 * (threads or processors())))))
    blocks = [(first, min(first + size, total)) for first in range(0, total, size)]
    count = max(1, min(threads or processors(), len(blocks) if total * work > ALONE or threads else 1))
    done = 0
    for finished in _spread(job, blocks, count):
        done += finished
        if progress is not None:
            progress(done, total)
    columns = [rows._asdict() for rows in job.rows]
    for (_, held), one in zip(record.worlds, columns, strict=False):
        held.staff = StaffRows.of(one, int(job.given.q.drivers))


def prepare(
    record: Trajectories, pool: Pool, burn_ins: BurnIns | None = None, allocation: Allocation | None = None
) -> Job:
    """Lay out a run: sizes of centers, places of staff rows, arrays of the record."""
    scenario, numbers = record.scenario, np.array(record.replicates, np.int64)
    given = inputs(scenario, pool, record.seed)
    sizes = np.zeros((len(numbers), len(pool)), np.int64)
    slots = int(entry(draw_sizes)(given.q, given.centers, numbers, sizes))
    waves = len(scenario.calendar.waves)
    counts = (sizes.sum(axis=1) + len(pool) * scenario.population.parents) * waves
    outs = [held.stacks for _, held in record.worlds if held.stacks is not None]
    rows = [_staff_rows(int(counts.sum()), scenario.population.drivers) for _ in outs]
    return Job(
        given, pool, numbers, sizes, slots, np.cumsum(counts) - counts,
        Labels(*(getattr(record.labels, name) for name in Labels._fields)), outs, rows, len(outs) == 2,
        digest(scenario, pool, record.seed) if burn_ins is not None else "", burn_ins, 3 * slots // 2 + len(pool),
        _plan(allocation, len(pool)),
    )  # fmt: skip


def _plan(allocation: Allocation | None, centers: int) -> Plan:
    """Copies, because machine code is made for one kind of array: contiguous and writable."""
    if allocation is None:
        return Plan(np.zeros((0, centers), np.int64), np.zeros((0, centers), np.bool_), np.zeros(0, np.int64))
    return Plan(
        np.array(allocation.collaborative, np.int64, order="C"), np.array(allocation.recruited, np.bool_, order="C"),
        np.array(allocation.starts, np.int64, order="C"),
    )  # fmt: skip


def _staff_rows(count: int, drivers: int) -> Rows:
    return Rows(**{
        column.name: np.empty((count, drivers) if column.axes else count, column.dtype) for column in STAFF_COLUMNS
    })  # fmt: skip


def _spread(job: Job, blocks: list[tuple[int, int]], threads: int) -> Iterator[int]:
    """Run blocks on threads, a few ahead of those that are done; yields the replicates of each finished block."""
    if threads == 1:
        for block in blocks:
            yield run_rows(job, *block)
        return
    if not getattr(entry(run_block), "signatures", True):  # to be loaded or compiled: where Ctrl-C is heard at once
        yield run_rows(job, *blocks[0])
        blocks = blocks[1:]
    waiting: set[Future[int]] = set()
    left = iter(blocks)
    with ThreadPoolExecutor(threads, "bscsim") as executor:
        try:
            while True:
                for block in left:
                    waiting.add(executor.submit(run_rows, job, *block))
                    if len(waiting) >= 2 * threads:
                        break
                if not waiting:
                    return
                finished, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                yield from (one.result() for one in finished)
        finally:
            for one in waiting:
                one.cancel()


def run_rows(job: Job, first: int, end: int) -> int:
    """Run the replicates of rows ``first`` to before ``end`` of the record; returns how many."""
    at = first
    while at < end:
        one, other = job.take_worlds()
        burnt, known = _burnt(job, at, end, one)
        done = int(_call(job, at, end, one, other, burnt, known))
        _keep(job, at, at + done, one, burnt, known)
        at += done
        if at < end:  # more people between two jobs than there was room for: this one again, with twice the room
            job.make_room(2 * len(one.market.leavers))
            for out in job.outs:
                stacks.blank(out, at)
        else:
            job.give_back((one, other))
    return end - first


def _call(job: Job, at: int, end: int, one: World, other: World, burnt: Array, known: Array) -> Any:
    outs = (job.outs[0], job.rows[0], job.outs[-1], job.rows[-1])
    plan = job.plan._replace(collaborative=job.plan.collaborative[at:end], recruited=job.plan.recruited[at:end])
    return entry(run_block)(
        *job.given, job.sizes[at:end], job.replicates[at:end], one, other, job.labels, *outs,
        job.starts[at:end], job.paired, at, burnt, known, plan,
    )  # fmt: skip


def _burnt(job: Job, at: int, end: int, one: World) -> tuple[Array, Array]:
    """States at the end of burn-in: those that are kept, and room for the others; nothing without a store."""
    known = np.zeros(end - at, np.bool_)
    if job.burn_ins is None:
        return np.zeros((0, 0), np.int64), known
    states = np.empty((end - at, len(one.whole)), np.int64)
    for place in range(end - at):
        found = job.burn_ins.take(job.name_of(one), int(job.replicates[at + place]))
        if found is not None:
            states[place], known[place] = found, True
    return states, known


def _keep(job: Job, first: int, end: int, one: World, burnt: Array, known: Array) -> None:
    if job.burn_ins is not None:
        for place in range(end - first):
            if not known[place]:
                job.burn_ins.keep(job.name_of(one), int(job.replicates[first + place]), burnt[place])
