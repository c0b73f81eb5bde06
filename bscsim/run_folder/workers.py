"""Replicates on several processors: child processes that simulate their share and send each record back.

Children are started by command, not by multiprocessing, so that a user's script needs no `__main__` guard and Ctrl-C
reaches this process alone, which then ends the children it started. What a replicate gives does not depend on which
process ran it, so results are the same for any number of workers.
"""

from __future__ import annotations

import os
import pickle
import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from bscsim.scenario.faults import BscsimError

if TYPE_CHECKING:
    from bscsim.record.trajectories import Trajectories
    from bscsim.scenario.scenario import Scenario

Tick = Callable[[int, int], None]
WORTH: Final = 32
"""Centers times replicates that make another process worth its start."""


def processes(scenario: Scenario, centers: int, workers: int | None) -> int:
    """How many processes a run uses: what was asked, or one a processor as far as the work is worth it.

    >>> from bscsim.scenario.scenario import Scenario
    >>> processes(Scenario(), 8, 3), processes(Scenario(), 8, 1)
    (3, 1)
    """
    replicates = scenario.simulation.replicates
    if workers is not None:
        return max(1, min(workers, replicates))
    return max(1, min(processors(), replicates, replicates * centers // WORTH))


def processors() -> int:
    """Processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on this system
        return os.cpu_count() or 1


def simulate_all(scenario: Scenario, engine: str, workers: int | None, progress: Tick | None) -> Trajectories:
    """Simulate all replicates of a scenario, on as many processes as :func:`processes` says."""
    from bscsim.record.trajectories import join
    from bscsim.scenario.population import make_pool
    from bscsim.simulate import simulate

    total = scenario.simulation.replicates
    count = processes(scenario, len(make_pool(scenario.population)), workers)
    if count == 1:
        return simulate(scenario, engine=engine, progress=progress)  # type: ignore[arg-type]
    shares = [list(range(first, total, count)) for first in range(count)]
    children: list[subprocess.Popen[bytes]] = []
    readers: list[threading.Thread] = []
    arrived: queue.SimpleQueue[Any] = queue.SimpleQueue()
    try:
        for share in shares:
            children.append(start(scenario, engine, share))
            readers.append(threading.Thread(target=forward, args=(children[-1].stdout, arrived), daemon=True))
            readers[-1].start()
        parts = collect(arrived, count, total, progress)
    finally:
        for child in children:
            child.kill()
            child.wait()
        for reader in readers:
            reader.join()
    return join(parts)


def start(scenario: Scenario, engine: str, share: list[int]) -> subprocess.Popen[bytes]:
    """Start one child and hand it its share; it runs in a session of its own, out of Ctrl-C's reach."""
    home = str(Path(__file__).resolve().parents[2])
    code = f"import sys; sys.path.insert(0, {home!r}); from bscsim.run_folder.workers import serve; serve()"
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    assert child.stdin is not None
    try:
        pickle.dump((scenario, engine, share), child.stdin)
        child.stdin.close()
    except BrokenPipeError:  # it died at once: collect says so
        pass
    return child


def serve() -> None:
    """Run in a child: read a share from standard input, write each record to standard output."""
    from bscsim.simulate import simulate

    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints must not mix with the records
    scenario, engine, share = pickle.load(sys.stdin.buffer)
    try:
        for number in share:
            pickle.dump(simulate(scenario, replicates=[number], engine=engine), out, protocol=5)
            out.flush()
    except BrokenPipeError:  # the parent has gone
        os._exit(1)


def collect(
    arrived: queue.SimpleQueue[Any], children: int, total: int, progress: Tick | None
) -> list[Trajectories]:
    """Gather the records as they come until every child has ended; raises BscsimError if one ended early."""
    parts: list[Trajectories] = []
    open_ends = children
    while open_ends:
        part = arrived.get()
        if part is None:
            open_ends -= 1
            continue
        parts.append(part)
        if progress is not None:
            progress(len(parts), total)
    if len(parts) != total:
        raise BscsimError(f"a worker process ended early: {len(parts)} of {total} replicates were simulated")
    return parts


def forward(stream: IO[bytes], arrived: queue.SimpleQueue[Any]) -> None:
    """Pass on every record of one child, then None."""
    with stream:
        try:
            while True:
                arrived.put(pickle.load(stream))
        except (EOFError, pickle.UnpicklingError, OSError, ValueError):
            pass  # it has ended, or was ended: collect counts what came
        finally:
            arrived.put(None)
