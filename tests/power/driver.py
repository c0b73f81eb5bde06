"""Runs power studies in processes that tests slow down, fail and kill: tests/sweeps/driver.py with other changes."""

from __future__ import annotations

import signal
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from tests.sweeps import driver
from tests.sweeps.driver import MODEL, append, change_clock, change_sync, change_writing, mark_and_sleep

COMPARED = 8
"""Replicates of a variant."""


def warm() -> None:
    """Load or compile all that a study runs, before processes are made."""
    from bscsim.trial.analyzing.compute import compute
    from tests.power.studies import RELIABLE, study

    with tempfile.TemporaryDirectory() as folder:
        design = study(Path(folder), RELIABLE).design
    compute(design.trial(0), range(2), seed=1, threads=1)


def change(asked: dict[str, Any]) -> None:
    """Make the changes that were asked for, by their names."""
    from bscsim.power import layout, needs
    from bscsim.sweeps import claims, workers

    change_version(asked.get("model", MODEL))
    change_reports(asked.get("report"))
    needs.COMPARED = COMPARED  # type: ignore[misc]
    size = asked.get("block")
    layout.size_of = lambda _, replicates: min(size or max(4, replicates // 4), replicates)  # type: ignore[assignment]
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
    """Model and trials have a version that stays, whoever is editing them."""
    from bscsim.record import provenance

    provenance.model_digest = lambda: MODEL  # type: ignore[assignment]
    provenance.trial_digest = lambda: model  # type: ignore[assignment]


def change_reports(report: dict[str, Any] | None) -> None:
    """Leave figures and pages out, which take seconds; ``mark`` and ``seconds``: be slow, and say so."""
    import bscsim.report.power
    from bscsim.report.summary import to_text

    def files(summary: dict[str, Any], _: Any) -> dict[str, bytes]:
        if report:
            mark_and_sleep(**report)
        return {"summary.json": to_text(summary).encode(), "report.html": b"", "tables/power.csv": b"cell\n"}

    bscsim.report.power.power_files = files  # type: ignore[assignment]


def change_compute(log: str | None, seconds: float, poison: dict[str, Any] | None) -> None:
    """Log each block that was computed; take longer; raise in a block of an arm that begins with a replicate."""
    from bscsim.power.computing import TrialTask
    from bscsim.sweeps.computing import StoppedError

    usual = TrialTask.encoded

    def encoded(self: TrialTask, stop: threading.Event | None) -> bytes:
        for _ in range(round(seconds / 0.01)):
            time.sleep(0.01)
            if stop is not None and stop.is_set():
                raise StoppedError
        block = self.block
        if poison is not None and (block.cell, block.first) == (poison["arm"], poison["first"]):
            raise ZeroDivisionError("this block is poison")
        data = usual(self, stop)
        if log is not None:
            append(log, f"{block.cell} {block.first} {block.end} {driver.os.getpid()}")
        return data

    TrialTask.encoded = encoded  # type: ignore[method-assign]


driver.change, driver.change_version = change, change_version
driver.LOADED += ("bscsim.power.stages", "bscsim.report.power", "bscsim.trial.summarizing.summary", "scipy.stats")

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    change_version(MODEL)
    warm()
    sys.exit(driver.serve())
