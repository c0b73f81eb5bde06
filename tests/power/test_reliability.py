"""What a power study survives: kills in every stage, others beside it, disks, damage, poison; always the same bytes."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.power.places import Place, stored, strays, summary_of
from tests.sweeps.conftest import Server

pytestmark = pytest.mark.slow

CELL, VARIANT, EQUAL, GAUSSIAN, SEARCH = 0, 1, 6, 7, 100_000
"""Numbers of arms: the only cell, the first variant, the one with equal effects, the Gaussian truth, the search."""

MOMENTS: list[tuple[str, dict[str, Any]]] = [
    ("the folder begins", {"inside": ".manifest", "at": 1}),
    ("a block of the cell is written", {"inside": ".c000000", "at": 2}),
    ("the cell", {"after": CELL, "blocks": 4}),
    ("a block of a variant is written", {"inside": ".c000002", "at": 1}),
    ("the variants", {"after": 4, "blocks": 1}),
    ("a block of equal effects is written", {"inside": ".c000006", "at": 2}),
    ("the Gaussian truth is written", {"inside": ".c000007", "at": 3}),
    ("the Gaussian truth", {"after": GAUSSIAN, "blocks": 4}),
    ("a block of the search is written", {"inside": ".c1", "at": 2}),
    ("the search", {"after": SEARCH, "blocks": 4}),
    ("the report", {"report": True}),
]
"""When it is killed: inside a write, after so many blocks of an arm are there, in the report."""


def kill(place: Place, moment: dict[str, Any]) -> bool:
    """Run until a moment and kill it there; False if the run was over before."""
    mark = {"mark": str(place.mark)}
    if "inside" in moment:
        child = place.run(sync={"at": moment["at"], "begins": moment["inside"], **mark})
        there = place.until_marked(child)
    elif "after" in moment:
        child = place.run(seconds=0.05)
        place.until_arm(moment["after"], child, moment["blocks"])
        there = not child.ended()
    else:
        child = place.run(report={"seconds": 60.0, **mark})
        there = place.until_marked(child)
    assert child.kill() == -signal.SIGKILL, child.text
    return there


def finished(place: Place, whole: dict[str, bytes]) -> None:
    """All that a finished study must be."""
    assert stored(place.out) == whole
    assert strays(place.out) == []


def test_the_study_has_every_stage(whole: dict[str, bytes]) -> None:
    arms = Counter(int(name[1:7]) for name in whole if name.startswith("c"))
    assert set(range(GAUSSIAN + 1)) <= set(arms)
    assert sum(number >= SEARCH for number in arms) >= 2
    found = json.loads(whole["summary.json"])
    assert found["complete"]
    assert found["search"]["replicates_used"] > 0
    assert len(found["decomposition"]) == 7


def test_killed_at_eleven_moments_it_ends_as_if_it_had_not_been(place: Place, whole: dict[str, bytes]) -> None:
    for words, moment in MOMENTS:
        safe, before = place.finished(), len(place.computed())
        assert kill(place, moment), f"never came to: {words}"
        assert not set(place.computed()[before:]) & set(safe), f"{words}: computed again what was finished"
        assert set(safe) <= set(place.finished()), f"{words}: lost what was finished"
    assert place.run().wait() == 0
    finished(place, whole)


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_again_and_again_at_any_time(seed: int, place: Place, whole: dict[str, bytes]) -> None:
    moments = random.Random(seed)
    for _ in range(8):
        child = place.run(seconds=0.05)
        time.sleep(moments.uniform(0.1, 1.0))
        assert child.kill() in (-signal.SIGKILL, 0)
    assert place.run().wait() == 0
    finished(place, whole)


# ---- others beside it -----------------------------------------------------------------------------------------------


def test_two_runners_share_every_stage(place: Place, whole: dict[str, bytes]) -> None:
    runners = [place.run(seconds=0.05, clock=True) for _ in range(2)]
    assert [one.wait() for one in runners] == [0, 0], [one.text for one in runners]
    finished(place, whole)
    lines = [line.split() for line in place.log.read_text().splitlines()]
    assert len({line[3] for line in lines}) == 2, "one of them did everything"
    assert len(lines) <= len(whole)  # a block now and then may be done twice: files are one fewer


def test_a_runner_whose_fellow_is_killed_does_its_blocks_too(place: Place, whole: dict[str, bytes]) -> None:
    stopped = place.run(sync={"at": 2, "begins": ".c000003", "mark": str(place.mark)})
    other = place.run(patience=1e6, seconds=0.02)  # it would wait for days, were the other not known to be gone
    if place.until_marked(stopped):
        stopped.kill()
    assert other.wait() == 0, other.text
    stopped.kill()
    finished(place, whole)


@pytest.mark.parametrize("arm", [CELL, VARIANT, SEARCH])
def test_a_report_while_it_runs(arm: int, place: Place, whole: dict[str, bytes]) -> None:
    child = place.run(seconds=0.1)
    place.until_arm(arm, child)
    early = place.server.run("report", place.out)
    assert early.status == 3, early.text
    assert "replicates are missing" in early.text
    found = summary_of(place.out)
    assert not found["complete"]
    assert found["search"] is None
    assert child.wait() == 0, child.text
    finished(place, whole)
    assert place.server.run("report", place.out).status == 0
    finished(place, whole)


# ---- disks ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("how", "arm"), [("truncated", CELL), ("flipped", GAUSSIAN), ("empty", SEARCH)])
def test_damaged_files_are_computed_again(how: str, arm: int, place: Place, whole: dict[str, bytes]) -> None:
    child = place.run()
    assert child.wait() == 0, child.text
    path = next(path for path in sorted((place.out / "cells").iterdir()) if int(path.name[1:7]) >= arm)
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 4
    path.write_bytes({"truncated": data[: len(data) // 2], "flipped": data, "empty": b""}[how])
    place.log.unlink()
    again = place.run()
    assert again.wait() == 0, again.text
    assert f"{path}: damaged" in again.text
    assert len(place.computed()) == 1
    finished(place, whole)


@pytest.mark.parametrize("blocks", [0, 13, 25])
def test_a_full_disk_ends_the_run_and_it_goes_on_later(blocks: int, place: Place, whole: dict[str, bytes]) -> None:
    child = place.run(full=blocks)
    assert child.wait() == 3, child.text
    assert f"{place.out}: the disk is full" in child.text
    assert len(place.finished()) == blocks
    assert place.run().wait() == 0
    finished(place, whole)


def test_a_small_file_system_that_is_really_full(place: Place, whole: dict[str, bytes]) -> None:
    def mount(options: str) -> None:
        place.out.mkdir(exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place.out)]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("may not mount a tmpfs")

    mount("size=400k")
    try:
        child = place.run()
        assert child.wait() == 3, child.text
        assert f"{place.out}: the disk is full" in child.text
        assert 0 < len(place.finished()) < len(whole) - 1
        assert list((place.out / "cells").glob(".*")) == []
        mount("remount,size=16m")
        child = place.run()
        assert child.wait() == 0, child.text
        finished(place, whole)
    finally:
        subprocess.run(["umount", str(place.out)], check=True)


# ---- poison ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("arm", "first"), [(CELL, 6), (VARIANT, 4), (EQUAL, 0), (GAUSSIAN, 6)])
def test_a_block_that_fails_leaves_no_trace_once_it_succeeds(
    arm: int, first: int, place: Place, whole: dict[str, bytes]
) -> None:
    child = place.run(poison={"arm": arm, "first": first})
    assert child.wait() == 1, child.text
    assert "1 block failed" in child.text
    assert "ZeroDivisionError: this block is poison" in child.text
    assert not summary_of(place.out)["complete"]
    again = place.run()
    assert again.wait() == 0, again.text
    finished(place, whole)


# ---- signals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "status", "arm"), [(signal.SIGTERM, 3, CELL), (signal.SIGUSR1, 3, SEARCH), (signal.SIGINT, 130, SEARCH)]
)
def test_signals_end_it_in_order(number: int, status: int, arm: int, place: Place, whole: dict[str, bytes]) -> None:
    child = place.run(seconds=0.1)
    place.until_arm(arm, child)
    assert child.kill(number) == status, child.text
    assert "the same command goes on" in child.text
    assert not (place.out / "claims").exists()
    assert list((place.out / "cells").glob(".*")) == []
    assert place.run(patience=1e6).wait() == 0
    finished(place, whole)


# ---- however it is run ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_the_bytes_do_not_depend_on_workers(workers: int, place: Place, whole: dict[str, bytes]) -> None:
    assert place.run("--workers", str(workers)).wait() == 0
    finished(place, whole)


@pytest.mark.parametrize("block", [3, 7])
def test_the_summary_does_not_depend_on_blocks(block: int, place: Place, whole: dict[str, bytes]) -> None:
    assert place.run(block=block).wait() == 0
    assert stored(place.out)["summary.json"] == whole["summary.json"]


def test_events_tell_how_far_it_is(place: Place) -> None:
    child = place.run("--json", "--workers", "1", seconds=0.15)
    assert child.wait() == 0, child.text
    events = [json.loads(line) for line in child.text.splitlines() if line.startswith("{")]
    assert events[-1]["event"] == "done"
    steps = events[:-1]
    assert all(one["event"] == "progress" for one in steps)
    assert len(steps) >= 3
    done = [one["done"] for one in steps]
    assert done == sorted(done)
    known = 24 + 6 * 8 + 24  # cell, variants, Gaussian truth
    totals = [one["total"] for one in steps]
    assert totals[0] == known + 240  # and a search at most
    assert totals == sorted(totals, reverse=True)
    used = summary_of(place.out)["search"]["replicates_used"]
    assert steps[-1]["done"] == totals[-1] == known + used


def test_a_dry_run_writes_nothing(place: Place) -> None:
    child = place.run("--dry-run", "--json")
    assert child.wait() == 0, child.text
    assert not place.out.exists()
    assert json.loads(child.text)["cells"] == 1


def test_a_replicate_of_any_arm_is_simulated_again(place: Place) -> None:
    assert place.run().wait() == 0
    searched, number, _ = max(place.finished())
    for arm, replicate in [(CELL, 17), (2, 7), (EQUAL, 3), (GAUSSIAN, 23), (searched, number)]:
        child = place.server.run("rerun", place.out, "--cell", arm, "--replicate", replicate)
        assert child.status == 0, child.text
        assert f"replicate {replicate} of cell {arm} (" in child.text
        assert "all equal bit for bit" in child.text
    wrong = place.server.run("rerun", place.out, "--cell", 99, "--replicate", 0)
    assert wrong.status == 2
    assert "0 to 0 (cells), 1 (no attrition)" in wrong.text
    assert "100000 to 100004 (values that were searched)" in wrong.text
    wrong = place.server.run("rerun", place.out, "--cell", 1, "--replicate", 8)
    assert wrong.status == 2
    assert "must be among those stored of cell 1: 0 to 3, 4 to 7; not 8" in wrong.text


# ---- a cluster ------------------------------------------------------------------------------------------------------


@pytest.fixture
def dask(server: Server, tmp_path: Path) -> Any:
    pytest.importorskip("distributed")
    file = tmp_path / "address"
    scheduler = server.start(role="scheduler", address=str(file))
    server.until(file.exists, scheduler)
    address = file.read_text()
    workers = [server.start(role="worker", address=address, seconds=0.03) for _ in range(2)]
    yield address, workers
    for one in [*workers, scheduler]:
        one.kill()


def test_a_cluster_that_loses_a_worker(dask: Any, place: Place, whole: dict[str, bytes]) -> None:
    address, workers = dask
    other = place.run("--cluster", address, model="another version")
    assert other.wait() == 1, other.text
    assert "install the same bscsim on every machine" in other.text

    stopped = place.run("--cluster", address)
    place.until_arm(VARIANT, stopped)
    assert stopped.kill(signal.SIGTERM) == 3, stopped.text
    child = place.run("--cluster", address)
    place.until_arm(GAUSSIAN, child)
    workers[0].kill()
    assert child.wait() == 0, child.text
    assert len(place.computed()) == 0, "computed here, not there"
    finished(place, whole)
