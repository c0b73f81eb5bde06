"""Runs `bscsim` in processes that tests slow down, fail and kill.

``python driver.py`` loads the package and the machine code once, and then forks a process for each line of its input,
a JSON object: ``args`` of the command line and the changes of :func:`change`.  It answers with the process's number; a
line {"wait": number} answers with its exit status, null while it runs.
"""

from __future__ import annotations

import errno
import importlib.util
import json
import os
import random
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

MODEL = "0123456789abcdef"
"""The version of the model in every process: somebody may be editing the package while tests run."""

LOADED = ("distributed", "numba", "pandas", "pyarrow.parquet", "bscsim.cli", "bscsim.run_folder", "bscsim.report.sweep")
"""What is imported once, before processes are made; distributed may not be installed."""


def serve() -> None:
    """Answer the lines of the input."""
    for name in LOADED:
        if importlib.util.find_spec(name.partition(".")[0]) is not None:
            importlib.import_module(name)
    from bscsim.sweeps.computing import warm

    change_version(MODEL)
    warm("compiled")
    answer("ready")
    for line in iter(sys.stdin.readline, ""):
        asked = json.loads(line)
        if "wait" in asked:
            ended, status = os.waitpid(asked["wait"], os.WNOHANG)
            answer(os.waitstatus_to_exitcode(status) if ended else None)
            continue
        if (number := os.fork()) == 0:
            child(asked)
        answer(number)


def answer(value: Any) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def child(asked: dict[str, Any]) -> None:
    """Be the process that was asked for; never returns."""
    status = 70
    try:
        handle = os.open(asked["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(handle, 1)
        os.dup2(handle, 2)
        change(asked)
        if asked.get("role"):
            {"scheduler": scheduler, "worker": worker}[asked["role"]](asked)
        else:
            import bscsim.cli

            sys.argv = ["bscsim", *asked["args"]]
            status = bscsim.cli.main()
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def scheduler(asked: dict[str, Any]) -> None:
    """Be a Dask scheduler on loopback, which writes its address to a file."""
    import asyncio

    from distributed import Scheduler

    async def run() -> None:
        async with Scheduler(host="127.0.0.1", port=0, dashboard=False) as one:
            write(Path(asked["address"]), one.address)
            await one.finished()

    asyncio.run(run())


def worker(asked: dict[str, Any]) -> None:
    """Be a Dask worker of one thread."""
    import asyncio

    from distributed import Worker

    async def run() -> None:
        place = Path(asked["output"]).with_suffix(".space")
        async with Worker(asked["address"], nthreads=1, dashboard=False, local_directory=place) as one:
            await one.finished()

    asyncio.run(run())


def write(path: Path, text: str) -> None:
    part = path.with_suffix(".part")
    part.write_text(text)
    part.replace(path)


# ---- what tests change ----------------------------------------------------------------------------------------------


def change(asked: dict[str, Any]) -> None:
    """Make the changes that were asked for, by their names."""
    from bscsim.sweeps import claims, layout, workers

    change_version(asked.get("model", MODEL))
    change_reports(asked.get("report"))
    layout.block_size = lambda _, replicates: min(asked.get("block", 4), replicates)  # type: ignore[assignment]
    workers.PATIENCE = asked.get("cluster_patience", 8.0)  # type: ignore[misc]
    claims.Claims.__init__.__defaults__ = asked.get("patience", 30.0), 0.1
    change_compute(asked.get("log"), asked.get("seconds", 0.0), asked.get("poison"))
    if "sync" in asked:
        change_sync(**asked["sync"])
    if "full" in asked:
        change_writing(asked["full"])
    if asked.get("clock"):
        change_clock()


def change_version(model: str) -> None:
    from bscsim.record import provenance

    provenance.model_digest = lambda: model  # type: ignore[assignment]


def change_reports(report: dict[str, Any] | None) -> None:
    """Stand in for the real report, which takes seconds; ``mark`` and ``seconds``: be slow, and say so."""
    import bscsim.report.sweep
    import bscsim.sweeps.summary

    def summarize(sheet: Any, held: Any, _: Any) -> dict[str, Any]:
        failed = [one.error for one in held.failed.values()]
        return {"complete": bool(sheet.there.all()), "there": int(sheet.there.sum()), "failed": failed}

    def files(summary: dict[str, Any], _: Any) -> dict[str, bytes]:
        if report:
            mark_and_sleep(**report)
        data = json.dumps(summary).encode()
        return {"summary.json": data, "report.html": data, "tables/cells.csv": b"cell\n"}

    bscsim.sweeps.summary.summarize = summarize
    bscsim.report.sweep.sweep_files = files


def change_compute(log: str | None, seconds: float, poison: dict[str, Any] | None) -> None:
    """Log each block that was computed; take longer; raise in cells that have a value of std_hold."""
    from bscsim.sweeps import store

    module = sys.modules["bscsim.simulate"]
    simulate, encode = module.simulate, store.encode  # type: ignore[attr-defined]
    left = [10**9 if poison is None or poison["times"] is None else poison["times"]]
    lock = threading.Lock()

    def slow(scenario: Any, *given: Any, **named: Any) -> Any:
        for _ in range(round(seconds / 0.01)):
            time.sleep(0.01)
            if named.get("progress"):
                named["progress"](0, 1)
        if poison is not None and scenario.parameters.std_hold == poison["value"]:
            with lock:
                left[0] -= 1
                if left[0] >= 0:
                    raise ZeroDivisionError("this cell is poison")
        return simulate(scenario, *given, **named)

    def logged(cell: int, replicate: Any, *given: Any) -> bytes:
        if log is not None:
            append(log, f"{cell} {replicate.min()} {replicate.max() + 1} {os.getpid()}")
        return encode(cell, replicate, *given)

    module.simulate = slow  # type: ignore[attr-defined]
    store.encode = logged


def append(log: str, line: str) -> None:
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(handle, f"{line}\n".encode())
    os.close(handle)


def mark_and_sleep(mark: str, seconds: float) -> None:
    """Say that this process is where it was to stop, and wait there, to be killed or for a file to let it go on."""
    Path(mark).touch()
    end = time.monotonic() + seconds
    while time.monotonic() < end and not Path(f"{mark}.go").exists():
        time.sleep(0.01)


def change_sync(at: int, begins: str, mark: str) -> None:
    """Stop inside write number ``at`` of files whose names begin so: written, and not yet renamed."""
    fsync, count = os.fsync, [0]

    def slow(handle: int) -> None:
        if Path(f"/proc/self/fd/{handle}").readlink().name.startswith(begins):
            count[0] += 1
            if count[0] == at:
                mark_and_sleep(mark, 60.0)
        fsync(handle)

    os.fsync = slow


def change_writing(after: int) -> None:
    """Let the disk be full after some blocks were written."""
    from bscsim.sweeps import store

    real, count = store.write_safely, [0]

    def full(path: Path, data: bytes) -> None:
        count[0] += 1
        if count[0] > after:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        real(path, data)

    store.write_safely = full


def change_clock() -> None:
    """Let the clock jump by hours, back and forth."""
    jumps, real = random.Random(1), time.time
    time.time = lambda: real() + jumps.uniform(-5.0, 5.0) * 3600


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # as in a shell, whatever the tests run under
    serve()
