"""Where blocks are computed: threads of this process, or the workers of a running Dask scheduler."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from bscsim.scenario.faults import Fault, InputError
from bscsim.scenario.memory import available_memory
from bscsim.sweeps.computing import OtherVersionError, Work, compute, compute_there
from bscsim.sweeps.layout import BLOCK_BYTES

if TYPE_CHECKING:
    from bscsim.sweeps.running import Submit

THREAD_BYTES: Final = 3 * BLOCK_BYTES
"""What a thread may take: the record of a block, what is made of it, and the block that waits to be written."""

PATIENCE: Final = 8.0
"""Seconds to wait for a scheduler."""


class Workers(NamedTuple):
    """``submit`` has a block computed; ``width`` blocks at a time keep everybody busy."""

    submit: Submit
    width: int


@contextmanager
def threads(count: int, stop: threading.Event) -> Iterator[Workers]:
    """Threads of this process, each with a block at a time: compiled code does not hold Python's lock.

    There are ``count`` of them, fewer where memory would not do for as many blocks.
    """
    count = max(1, min(count, available_memory() // THREAD_BYTES))
    with ThreadPoolExecutor(count, "bscsim-block") as executor:

        def submit(task: Work) -> Future[bytes]:
            task.prepare()
            return executor.submit(compute, task, stop)

        yield Workers(submit, count + 1)


@contextmanager
def cluster(address: str) -> Iterator[Workers]:
    """Use the workers of the Dask scheduler at an address.

    Raises InputError when nobody answers there within ten seconds, it has no workers, or distributed is not installed;
    OtherVersionError when a worker has another version of the model.
    """
    client = _client(address)
    try:
        _same_version(client)
        count = sum(client.nthreads().values())
        executor = client.get_executor(pure=False, retries=2)
        yield Workers(lambda task: executor.submit(compute_there, task), 2 * count + 1)
    finally:
        client.close(timeout=5)


def _client(address: str) -> Any:
    """Connect to a scheduler that has workers."""
    try:
        from distributed import Client
    except ImportError:
        problem = "needs distributed, which is not installed: pip install 'bscsim[cluster]'"
        raise InputError([Fault("--cluster", "", problem)]) from None
    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        problem = (f"no Dask scheduler answers there ({reason}); start one with `dask scheduler` and give the address "
                   "it prints, such as tcp://HOST:8786")  # fmt: skip
        raise InputError([Fault(f"--cluster {address}", "", problem)]) from None
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except (OSError, TimeoutError):
        client.close(timeout=5)  # type: ignore[no-untyped-call]
        problem = f"the scheduler has no workers; start some with `dask worker {address}`"
        raise InputError([Fault(f"--cluster {address}", "", problem)]) from None
    return client


def _same_version(client: Any) -> None:
    """Refuse workers with another version of the model, or without the package."""
    from bscsim.record.provenance import model_digest

    mine = model_digest()
    for worker, theirs in sorted(client.run(model_version, on_error="return").items()):
        if theirs != mine:
            said = theirs if isinstance(theirs, str) else f"none ({theirs})"
            raise OtherVersionError(f"the worker {worker} has the model's version {said}, and this process {mine}: "
                               "install the same bscsim on every machine")  # fmt: skip


def model_version() -> str:
    """The version of the model on a worker."""
    from bscsim.record.provenance import model_digest

    return model_digest()
