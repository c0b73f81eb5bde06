"""One block computed, wherever: in a thread here, or on a worker of a cluster."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

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


class Work(Protocol):
    """What a worker asks of a block, whatever the study: the model that asks for it, and its bytes."""

    @property
    def model(self) -> str:
        """The version of the model that asks."""

    def version(self) -> str:
        """The version of the model here."""

    def prepare(self) -> None:
        """Load or compile what it needs, in the thread that hears Ctrl-C."""

    def encoded(self, stop: threading.Event | None) -> bytes:
        """Compute the block: the bytes of a Parquet file."""


@dataclass(frozen=True)
class Task:
    """All that a worker needs to compute a block; ``model`` is the version of the model that asks."""

    block: Block
    scenario: Scenario
    engine: Engine
    model: str
    about: dict[str, Any]

    def version(self) -> str:
        """The version of the model here."""
        from bscsim.record.provenance import model_digest

        return model_digest()

    def prepare(self) -> None:
        """Load or compile the engine."""
        warm(self.engine)

    def encoded(self, stop: threading.Event | None) -> bytes:
        """Simulate the block."""
        from bscsim.engine.reducing import reduce
        from bscsim.simulate import simulate

        numbers = range(self.block.first, self.block.end)
        compiled = self.engine == "compiled"
        alone, shared = (1, burn_ins()) if compiled else (None, None)
        run = simulate(
            self.scenario, numbers, engine=self.engine, progress=watch(stop), threads=alone, burn_ins=shared
        )
        rows = reduce(run)
        return store.encode(self.block.cell, rows.replicate, rows.month, rows.values, self.about)


def compute(task: Work, stop: threading.Event | None = None) -> bytes:
    """Compute a block and return its rows as the bytes of a Parquet file.

    Raises OtherVersionError if this process has another version of the model than the one that asks, and StoppedError
    soon after ``stop`` is set.
    """
    if stop is not None and stop.is_set():
        raise StoppedError
    if task.version() != task.model:
        raise OtherVersionError(f"a worker has another version of the model ({task.version()}, not {task.model}): "
                           "install the same bscsim on every machine")  # fmt: skip
    return task.encoded(stop)


def compute_there(task: Work) -> bytes:
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


def watch(stop: threading.Event | None) -> Callable[[int, int], None]:
    """Make of an event what simulate calls now and then; it raises StoppedError."""

    def tick(_done: int, _total: int) -> None:
        if stop is not None and stop.is_set():
            raise StoppedError

    return tick
