"""The job script of a cluster: requeued when SLURM stopped it, and not when it stopped of itself."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "experiments" / "sweep.sbatch"

STAND_IN = """#!/bin/bash
trap 'exit 3' USR1
touch "$MARK"
for _ in $(seq "$ROUNDS"); do sleep 0.05; done
exit 3
"""


@pytest.mark.skipif(shutil.which("bash") is None, reason="SLURM runs the script by bash")
@pytest.mark.parametrize(("sent", "requeued"), [(None, False), (signal.SIGUSR1, True), (signal.SIGTERM, True)])
def test_only_a_task_that_was_told_to_stop_is_requeued(
    tmp_path: Path, sent: signal.Signals | None, requeued: bool
) -> None:
    """A full disk ends it with status 3, too: requeued it would end so again and again."""
    log, mark = tmp_path / "log", tmp_path / "mark"
    for name, text in (("bscsim", STAND_IN), ("scontrol", f'#!/bin/bash\necho "$@" >> {log}\n')):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    slurm = {"SLURM_ARRAY_TASK_ID": "3", "SLURM_ARRAY_JOB_ID": "77", "USER": "me", "MARK": str(mark)}
    path = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "ROUNDS": "0" if sent is None else "200"}
    with subprocess.Popen(["bash", str(SCRIPT), "study.yaml"], env=os.environ | slurm | path) as task:
        if sent is not None:
            until = time.monotonic() + 30
            while not mark.exists() and time.monotonic() < until:
                time.sleep(0.02)
            task.send_signal(sent)
        assert task.wait(60) == 3
    assert log.exists() is requeued
    assert not requeued or log.read_text() == "requeue 77_3\n"
