"""A sweep of seconds: four cells, two centers of five staff, three months; processes to kill, stand-ins for work."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bscsim.record.responses import COLUMNS
from bscsim.scenario.scenario import Study
from bscsim.sweeps import store
from bscsim.sweeps.layout import Block, Layout

DRIVER = Path(__file__).with_name("driver.py")
DEADLINE = 240.0
"""Seconds after which a process of a test hangs: far more than any takes."""

STUDY = """
kind: sweep
name: tiny
scenario:
  population: {centers: 2, sectors: {child_care: 2}, sizes: 5}
  enrolment: {centers_per_collaborative: 2}
  calendar: {burn_in: 0, prework: [0, 1], sessions: [1], ends: 2, horizon: 3, waves: [0, 2]}
  simulation: {replicates: 40, seed: 1}
sweep:
  factors: {parameters.std_hold: [0.3, 0.9], elements.improvement_model: [0, 1]}
  responses: [effect@end]
"""
CELLS, REPLICATES = 4, 40
BLOCKS = CELLS * REPLICATES // 4
WAVES = (0, 2)


def study_file(folder: Path, text: str = STUDY) -> Path:
    path = folder / "tiny.yaml"
    path.write_text(text)
    return path


def tiny_study(folder: Path, text: str = STUDY) -> Study:
    from bscsim.studies import load

    return load(study_file(folder, text))


def tiny_layout(folder: Path, replicates: int = REPLICATES, size: int = 4, text: str = STUDY) -> Layout:
    """The layout of the tiny study in blocks of ``size``, whatever the version of the model."""
    design: Any = tiny_study(folder, text).design
    sizes = {design.shape(cell): size for cell in design.one_a_shape()}
    return Layout(design, replicates, sizes, "model streams 1")


def rows_of(block: Block, waves: tuple[int, ...] = WAVES) -> dict[str, Any]:
    """Rows that stand in for a block's results: every number says which it is."""
    replicate = np.repeat(np.arange(block.first, block.end, dtype=np.int64), len(waves))
    month = np.tile(np.array(waves, np.int16), block.replicates)
    values = block.cell + replicate[:, None] / 1024 + 16 * month[:, None] + 256.0 * np.arange(len(COLUMNS))
    return {"replicate": replicate, "month": month, "values": values}


def data_of(block: Block, **changed: Any) -> bytes:
    """A block's file, of rows that stand in for results."""
    return store.encode(block.cell, *(rows_of(block) | changed).values(), {"study": "tiny"})


def put_blocks(cells: Path, layout: Layout, wanted: Callable[[int], bool] = lambda _: True) -> list[Path]:
    """Write blocks of a layout, those whose place in the order is wanted."""
    cells.mkdir(parents=True, exist_ok=True)
    return [
        store.put(cells, layout.name(block), data_of(block))
        for place, block in enumerate(layout.blocks()) if wanted(place)
    ]  # fmt: skip


def stored(folder: Path) -> dict[str, bytes]:
    """The files of a study's rows: name and bytes."""
    return {path.name: path.read_bytes() for path in sorted((folder / "cells").iterdir())}


def strays(folder: Path) -> list[str]:
    """What is in a finished folder and is not part of the results."""
    ours = ("manifest.json", "summary.json", "report.html", "tables/cells.csv")
    names = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if not path.is_dir()]
    wrong = [name for name in names if name not in ours and not name.startswith("cells/p")]
    beside = [path.name for path in folder.parent.iterdir() if path.name.startswith(f"{folder.name}.")]
    return wrong + beside + [name for name in ("claims",) if (folder / name).exists()]


def summary_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "summary.json").read_text())
    return found


@dataclass
class Child:
    """A process that runs a command; ``log``: the blocks that it and others computed."""

    server: Server
    number: int
    output: Path
    status: int | None = None

    @property
    def text(self) -> str:
        """What it printed."""
        return self.output.read_text()

    def ended(self) -> bool:
        """Whether it has ended."""
        if self.status is None:
            self.status = self.server.ask(wait=self.number)
        return self.status is not None

    def wait(self) -> int:
        """Wait for its end and return its exit status, minus the signal's number if it was killed."""
        self.server.until(self.ended, self)
        assert self.status is not None
        return self.status

    def kill(self, number: int = signal.SIGKILL) -> int:
        """Send a signal, if it has not ended, and wait for its end."""
        if not self.ended():
            os.kill(self.number, number)
        return self.wait()


@dataclass
class Server:
    """Makes processes that have the package and its machine code loaded already: see driver.py."""

    process: subprocess.Popen[str]
    outputs: Path
    children: list[Child] = field(default_factory=list)

    def ask(self, **what: Any) -> Any:
        """Send a line, and return the answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def start(self, *args: object, **changes: Any) -> Child:
        """Start a command with changes of driver.py."""
        output = self.outputs / f"{len(self.children)}.txt"
        output.touch()
        number = self.ask(args=[str(one) for one in args], output=str(output), **changes)
        self.children.append(Child(self, number, output))
        return self.children[-1]

    def run(self, *args: object, **changes: Any) -> Child:
        """Run a command to its end."""
        child = self.start(*args, **changes)
        child.wait()
        return child

    def until(self, true: Callable[[], bool], child: Child | None = None) -> None:
        """Wait until something is true; a process that hangs fails the test, and says what it printed."""
        give_up = time.monotonic() + DEADLINE
        while not true():
            if time.monotonic() > give_up:
                pytest.fail(f"hangs: {child.text if child else ''}")
            time.sleep(0.01)

    def close(self) -> None:
        """End everything."""
        for child in self.children:
            child.kill()
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Processes to start, slow down and kill."""
    yield from serving(DRIVER, tmp_path_factory.mktemp("outputs"))


def serving(driver: Path, outputs: Path) -> Iterator[Server]:
    """Yield what makes processes, and end them."""
    if not hasattr(os, "fork") or not Path("/proc/self/fd").exists():
        pytest.skip("needs fork and /proc")
    root = DRIVER.parents[2]
    process = subprocess.Popen([sys.executable, str(driver)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                               env=os.environ | {"PYTHONPATH": str(root)})  # fmt: skip
    assert process.stdout is not None
    assert json.loads(process.stdout.readline()) == "ready"
    made = Server(process, outputs)
    yield made
    made.close()
    process.stdout.close()


@pytest.fixture(scope="session")
def whole(server: Server, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The rows of an uninterrupted run."""
    place = tmp_path_factory.mktemp("whole")
    child = server.run("run", study_file(place), "--out", place / "out")
    assert child.status == 0, child.text
    assert strays(place / "out") == []
    return stored(place / "out")


class Place:
    """A folder for a study, with the log of the blocks that were computed in it."""

    def __init__(self, at: Path, server: Server) -> None:
        self.out, self.log, self.mark, self.server = at / "out", at / "log.txt", at / "mark", server
        self.file = study_file(at)

    def run(self, *args: object, **changes: Any) -> Any:
        """Start a runner."""
        return self.server.start("run", self.file, "--out", self.out, *args, log=str(self.log), **changes)

    def computed(self) -> list[tuple[int, int, int]]:
        """Blocks that were computed: cell, first replicate, end."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [(int(one[0]), int(one[1]), int(one[2])) for one in map(str.split, lines)]

    def finished(self) -> list[tuple[int, int, int]]:
        """Blocks whose files are there."""
        names = [path.name.split("-") for path in (self.out / "cells").glob("c*.parquet")]
        return [(int(cell[1:]), int(first[1:]), int(end)) for cell, first, end, *_ in names]

    def until_finished(self, count: int) -> None:
        """Wait for some blocks."""
        self.server.until(lambda: len(self.finished()) >= count)

    def until_marked(self, child: Any) -> bool:
        """Wait until a process is where it was to stop; False if it ended before."""
        self.server.until(lambda: self.mark.exists() or child.ended(), child)
        there = self.mark.exists()
        self.mark.unlink(missing_ok=True)
        return there


@pytest.fixture
def place(tmp_path: Path, server: Server) -> Place:
    return Place(tmp_path, server)
