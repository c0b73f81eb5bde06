"""One block computed, wherever: in a thread here, or on a worker of a cluster."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from bscsim.scenario.faults import BscsimError
from bscsim.scenario.scenario import Scenario
from bscsim.sweeps import store
from bscsim.sweeps.layout import Block

if TYPE_CHECKING:
    from bscsim.engine.burnin import BurnIns
    from bscsim.simulate import Engine


class OtherVersionError(BscsimError):
    """A worker has another version of the model: its numbers would not be those of the others."""


class StoppedError(Exception):
    """The runner was told to stop: the block is dropped."""


@dataclass(frozen=True)
class Task:
    """All that a worker needs to compute a block; ``model`` is the version of the model that asks."""

    block: Block
    scenario: Scenario
    engine: Engine
    model: str
    about: dict[str, Any]


def compute(task: Task, stop: threading.Event | None = None) -> bytes:
    """Simulate a block and return its rows as the bytes of a Parquet file.

    Raises OtherVersionError if this process has another version of the model than the one that asks, and StoppedError
    soon after ``stop`` is set.
    """
    from bscsim.engine.reducing import reduce
    from bscsim.record.provenance import model_digest
    from bscsim.simulate import simulate

    if stop is not None and stop.is_set():
        raise StoppedError
    if model_digest() != task.model:
        raise OtherVersionError(f"a worker has another version of the model ({model_digest()}, not {task.model}): "
                           "install the same bscsim on every machine")  # fmt: skip
    numbers = range(task.block.first, task.block.end)
    compiled = task.engine == "compiled"
    run = simulate(task.scenario, numbers, engine=task.engine, progress=_watch(stop), threads=1 if compiled else None,
                   burn_ins=burn_ins() if compiled else None)  # fmt: skip
    rows = reduce(run)
    return store.encode(task.block.cell, rows.replicate, rows.month, rows.values, task.about)


def compute_there(task: Task) -> bytes:
    """Do :func:`compute` in a process of a cluster's worker."""
    _keep_memory()
    return compute(task)


@cache
def _keep_memory() -> None:
    """Let this process keep memory that it has freed, where its C library can: the next block takes as much again.

    Dask has workers return it at once, and getting it back page by page took a fifth of the time of a block.
    """
    trim_threshold, mmap_threshold = -1, -3  # of mallopt(3), in glibc
    with suppress(OSError, AttributeError, TypeError):  # another C library
        library = ctypes.CDLL(None)
        library.mallopt(trim_threshold, 2**28)
        library.mallopt(mmap_threshold, 2**25)


@cache
def warm(engine: Engine) -> None:
    """Load or compile the engine, where Ctrl-C and SIGTERM are heard at once: in the thread that calls."""
    from bscsim.engine.reducing import reduce
    from bscsim.simulate import simulate

    if engine == "compiled":
        reduce(simulate(Scenario(), [0], threads=1))


@cache
def burn_ins() -> BurnIns:
    """The states at the end of burn-in that the blocks of this process share."""
    from bscsim.engine.burnin import BurnIns

    return BurnIns()


def _watch(stop: threading.Event | None) -> Callable[[int, int], None]:
    """Make of an event what simulate calls now and then."""

    def tick(_done: int, _total: int) -> None:
        if stop is not None and stop.is_set():
            raise StoppedError

    return tick
