"""What a sweep survives: processes that are killed, others beside it, clocks, disks, damage, poison."""

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

from tests.sweeps.conftest import BLOCKS, CELLS, REPLICATES, STUDY, Place, Server, stored, strays, summary_of

pytestmark = pytest.mark.slow


def test_killed_twenty_times_it_ends_as_if_it_had_not_been(place: Place, whole: dict[str, bytes]) -> None:
    moments = random.Random(7)
    kills = inside = 0
    while kills < 20:
        safe, before = place.finished(), len(place.computed())
        if moments.random() < 0.45:  # inside the write of a block: in a temporary file, not yet under its name
            at = moments.randint(1, 4)
            child = place.run(seconds=0.02, sync={"at": at, "begins": ".c", "mark": str(place.mark)})
            inside += place.until_marked(child)
        else:
            child = place.run(seconds=0.05)
            time.sleep(moments.uniform(0.0, 0.5))
        assert child.kill() == -signal.SIGKILL, child.text
        kills += 1
        assert not set(place.computed()[before:]) & set(safe), "computed again what was finished"
        assert set(safe) <= set(place.finished()), "lost what was finished"
    assert inside >= 5
    assert place.run().wait() == 0
    assert stored(place.out) == whole
    assert strays(place.out) == []
    assert summary_of(place.out) == {"complete": True, "there": CELLS * REPLICATES, "failed": []}


@pytest.mark.parametrize("at", [1, 3])
def test_killed_while_putting_files_together(at: int, place: Place, whole: dict[str, bytes]) -> None:
    child = place.run(sync={"at": at, "begins": ".p", "mark": str(place.mark)})
    assert place.until_marked(child)
    child.kill()
    assert len(list((place.out / "cells").glob("p*"))) == at - 1
    assert place.run().wait() == 0
    assert len(place.computed()) == BLOCKS
    assert stored(place.out) == whole
    assert strays(place.out) == []


def test_killed_while_reporting(place: Place, whole: dict[str, bytes]) -> None:
    child = place.run(report={"mark": str(place.mark), "seconds": 60})
    assert place.until_marked(child)
    child.kill()
    assert place.run().wait() == 0
    assert len(place.computed()) == BLOCKS
    assert stored(place.out) == whole
    assert strays(place.out) == []


def test_killed_while_the_folder_begins(place: Place, whole: dict[str, bytes]) -> None:
    child = place.run(sync={"at": 1, "begins": ".manifest", "mark": str(place.mark)})
    assert place.until_marked(child)
    child.kill()
    assert [path.name[:10] for path in place.out.iterdir()] == [".manifest."]
    assert place.run().wait() == 0
    assert stored(place.out) == whole
    assert strays(place.out) == []


def test_two_runners_share_the_work(place: Place, whole: dict[str, bytes]) -> None:
    runners = [place.run(seconds=0.03, clock=True) for _ in range(2)]  # the clock, too, jumps by hours
    assert [one.wait() for one in runners] == [0, 0], [one.text for one in runners]
    assert stored(place.out) == whole
    assert strays(place.out) == []
    assert len(place.computed()) <= BLOCKS + 1
    both = Counter(line.split()[3] for line in place.log.read_text().splitlines())
    assert len(both) == 2, "one of them did everything"


def test_the_claims_of_a_killed_runner_are_taken_at_once(place: Place, whole: dict[str, bytes]) -> None:
    child = place.run(seconds=30.0)
    place.server.until(lambda: len(list(place.out.glob("claims/*.claim"))) >= 2)
    child.kill()
    assert place.run(patience=1e6).wait() == 0  # it would wait for days
    assert stored(place.out) == whole
    assert strays(place.out) == []


def test_the_claims_of_a_lost_machine_are_taken_after_patience(place: Place, whole: dict[str, bytes]) -> None:
    child = place.run(seconds=30.0)
    place.server.until(lambda: len(list(place.out.glob("claims/*.claim"))) >= 2)
    child.kill()
    for path in place.out.glob("claims/*.*"):
        path.write_text(json.dumps(json.loads(path.read_text()) | {"host": "elsewhere"}))
    waiting = place.run(patience=1e6)
    place.until_finished(BLOCKS - 5)
    waiting.kill()
    assert len(place.finished()) <= BLOCKS - 2, "it took what another machine may be doing"
    assert place.run(patience=0.3).wait() == 0
    assert stored(place.out) == whole
    assert strays(place.out) == []


def test_four_parts_at_once_one_of_them_killed(place: Place, whole: dict[str, bytes]) -> None:
    shards = [place.run("--shard", f"{number}/4", seconds=0.02) for number in range(3)]
    stopped = place.run("--shard", "3/4", sync={"at": 4, "begins": ".c", "mark": str(place.mark)})
    assert place.until_marked(stopped)
    stopped.kill()
    assert [one.wait() for one in shards] == [0, 0, 0], [one.text for one in shards]
    assert "part 0 of 4 is done" in shards[0].text
    early = place.server.run("report", place.out)
    assert early.status == 3
    assert f"28 of {CELLS * REPLICATES} replicates are missing" in early.text
    assert summary_of(place.out)["there"] == CELLS * REPLICATES - 28
    assert place.run("--shard", "3/4").wait() == 0
    assert len(place.computed()) <= BLOCKS + 3  # those the killed one had under way
    assert place.server.run("report", place.out).status == 0
    assert stored(place.out) == whole
    assert strays(place.out) == []


# ---- disks ----------------------------------------------------------------------------------------------------------


def damage(path: Path, how: str) -> None:
    data = bytearray(path.read_bytes())
    if how == "truncated":
        path.write_bytes(data[: len(data) // 2])
    else:
        data[len(data) // 3] ^= 4
        path.write_bytes(data)


@pytest.mark.parametrize("how", ["truncated", "flipped"])
def test_damaged_files_are_computed_again(how: str, place: Place, whole: dict[str, bytes]) -> None:
    child = place.run(seconds=0.05)
    place.until_finished(6)
    child.kill()
    before = place.finished()
    victim = sorted((place.out / "cells").glob("c*.parquet"))[1]
    cell, first = int(victim.name[1:7]), int(victim.name[9:17])
    damage(victim, how)
    marked = len(place.computed())
    child = place.run()
    assert child.wait() == 0
    assert f"{victim}: damaged" in child.text
    again = [block for block in place.computed()[marked:] if block in before]
    assert again == [(cell, first, first + 4)]
    assert stored(place.out) == whole

    marked = len(place.computed())
    part = sorted((place.out / "cells").glob("p*.parquet"))[2]
    damage(part, how)
    child = place.run()
    assert child.wait() == 0
    assert f"{part}: damaged" in child.text
    assert [block[0] for block in place.computed()[marked:]] == [2] * (REPLICATES // 4)
    assert stored(place.out) == whole


def test_a_full_disk_ends_the_run_and_it_goes_on_later(place: Place, whole: dict[str, bytes]) -> None:
    child = place.run(full=5)
    assert child.wait() == 3
    assert f"{place.out}: the disk is full" in child.text
    assert "of 160 replicates are safe" in child.text
    assert len(place.finished()) == 5
    assert place.run().wait() == 0
    assert stored(place.out) == whole
    assert strays(place.out) == []


@pytest.fixture
def small(place: Place) -> Any:
    """Make the folder a file system of so many kilobytes."""

    def mount(size: str) -> None:
        if not place.out.is_mount():
            place.out.mkdir()
        options = [f"{'remount,' * place.out.is_mount()}size={size}", "tmpfs", str(place.out)]
        if subprocess.run(["mount", "-t", "tmpfs", "-o", *options], capture_output=True, check=False).returncode:
            pytest.skip("may not mount a tmpfs")

    yield mount
    if place.out.is_mount():
        subprocess.run(["umount", str(place.out)], check=True)


def test_a_small_file_system_that_is_really_full(small: Any, place: Place, whole: dict[str, bytes]) -> None:
    small("120k")
    child = place.run()
    assert child.wait() == 3, child.text
    assert f"{place.out}: the disk is full" in child.text  # for a block, or for a claim
    assert 0 < len(place.finished()) < BLOCKS
    assert list((place.out / "cells").glob(".*")) == []
    small("8m")
    assert place.run().wait() == 0
    assert stored(place.out) == whole
    assert strays(place.out) == []


def test_no_room_for_the_report(small: Any, place: Place, whole: dict[str, bytes]) -> None:
    small("2m")
    child = place.run(report={"mark": str(place.mark), "seconds": 60})
    assert place.until_marked(child)
    with pytest.raises(OSError, match="No space left"):
        (place.out / "filler").write_bytes(b"0" * 2**21)
    place.mark.with_name("mark.go").touch()
    assert child.wait() == 3, child.text
    assert "the disk is full (No space left on device); what was simulated is kept" in child.text
    (place.out / "filler").unlink()
    assert place.run().wait() == 0
    assert len(place.computed()) == BLOCKS
    assert stored(place.out) == whole
    assert strays(place.out) == []


def test_a_folder_that_cannot_be_written(place: Place, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    child = place.server.run("run", place.file, "--out", tmp_path / "file" / "out")
    assert child.status == 2
    assert "is a file, not a folder" in child.text


def test_a_folder_that_has_become_read_only(place: Place) -> None:
    child = place.run(seconds=0.05)
    place.until_finished(4)
    child.kill()
    bind = ["mount", "--bind", "-o", "ro", str(place.out), str(place.out)]
    if subprocess.run(bind, capture_output=True, check=False).returncode:
        pytest.skip("may not mount a folder read-only")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(place.out)], check=True)
        before = stored(place.out)
        child = place.run()
        assert child.wait() == 2, child.text
        assert f"{place.out}: cannot be written: Read-only file system" in child.text
        assert stored(place.out) == before
    finally:
        subprocess.run(["umount", str(place.out)], check=True)
    assert place.run().wait() == 0


# ---- poison ---------------------------------------------------------------------------------------------------------


def test_a_cell_that_always_fails_does_not_stop_the_rest(place: Place, whole: dict[str, bytes]) -> None:
    child = place.run(block=20, poison={"value": 0.9, "times": None})
    assert child.wait() == 1
    assert "4 blocks failed, the first in cell 2" in child.text
    assert "ZeroDivisionError: this cell is poison" in child.text
    found = summary_of(place.out)
    assert (found["there"], found["failed"]) == (80, ["ZeroDivisionError: this cell is poison"] * 4)
    notes = sorted((place.out / "cells").glob("*.failed.json"))
    assert [json.loads(note.read_text())["attempts"] for note in notes] == [3, 3, 3, 3]

    assert place.run(block=20).wait() == 0  # tries again
    assert stored(place.out) == whole
    assert strays(place.out) == []
    assert len(place.computed()) == 8, "what had not failed was computed again"


def test_a_failure_that_passes_is_not_one(place: Place, whole: dict[str, bytes]) -> None:
    assert place.run(poison={"value": 0.9, "times": 2}).wait() == 0
    assert stored(place.out) == whole
    assert strays(place.out) == []


def test_a_part_says_that_a_cell_fails(place: Place) -> None:
    child = place.run("--shard", "2/4", block=20, poison={"value": 0.9, "times": None})
    assert child.wait() == 1  # part 2 of 4 is cell 2
    assert "2 blocks failed" in child.text
    child = place.run("--shard", "1/4", block=20, poison={"value": 0.9, "times": None})
    assert child.wait() == 0
    assert place.server.run("report", place.out).status == 1


# ---- signals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 3), (signal.SIGUSR1, 3), (signal.SIGINT, 130)])
def test_signals_end_it_in_order(number: int, status: int, place: Place, whole: dict[str, bytes]) -> None:
    child = place.run(seconds=0.1)
    place.until_finished(3)
    assert child.kill(number) == status, child.text
    assert "the same command goes on" in child.text
    assert not (place.out / "claims").exists()
    assert list((place.out / "cells").glob(".*")) == []
    assert place.run(patience=1e6).wait() == 0
    assert len(place.computed()) <= BLOCKS + 2  # those that were under way
    assert stored(place.out) == whole


# ---- however it is run ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "block"), [(["--workers", "1"], 40), (["--workers", "3"], 7), (["--engine", "mesa"], 13)]
)
def test_the_bits_do_not_depend_on_how_it_is_run(
    args: list[str], block: int, place: Place, whole: dict[str, bytes]
) -> None:
    assert place.run(*args, block=block).wait() == 0
    assert stored(place.out) == whole


def test_more_replicates_later(place: Place, whole: dict[str, bytes]) -> None:
    assert place.run("--replicates", "10").wait() == 0
    few = place.run("--replicates", "6")
    assert few.wait() == 2
    assert "holds 10 replicates of this study, and 6 are asked for" in few.text
    assert place.run().wait() == 0
    numbers = [number for _, first, end in place.computed() for number in range(first, end)]
    assert Counter(numbers) == dict.fromkeys(range(REPLICATES), CELLS)
    assert stored(place.out) == whole
    assert strays(place.out) == []


def test_the_same_seed_in_every_cell(whole: dict[str, bytes], tmp_path: Path) -> None:
    """Cells share their random numbers: at month 0 nothing has come of their differences."""
    import pyarrow.parquet as pq

    frames = []
    for name, data in whole.items():
        (tmp_path / name).write_bytes(data)
        frames.append(pq.read_table(tmp_path / name).to_pandas().query("month == 0").drop(columns="cell"))
    assert len(frames) == CELLS
    assert all(frame["practice"].tolist() == frames[0]["practice"].tolist() for frame in frames)
    assert frames[0]["practice"].nunique() > 1
    assert "seed: 1" in STUDY


# ---- a cluster ------------------------------------------------------------------------------------------------------


@pytest.fixture
def dask(server: Server, tmp_path: Path) -> Any:
    pytest.importorskip("distributed")
    file = tmp_path / "address"
    scheduler = server.start(role="scheduler", address=str(file))
    server.until(file.exists, scheduler)
    address = file.read_text()
    workers = [server.start(role="worker", address=address, seconds=0.05) for _ in range(2)]
    yield address, workers
    for one in [*workers, scheduler]:
        one.kill()


def test_a_cluster_that_loses_a_worker(dask: Any, place: Place, whole: dict[str, bytes]) -> None:
    address, workers = dask
    other = place.run("--cluster", address, model="another version")
    assert other.wait() == 1
    assert "install the same bscsim on every machine" in other.text
    assert not place.out.exists()

    stopped = place.run("--cluster", address)
    place.until_finished(4)
    assert stopped.kill(signal.SIGTERM) == 3, stopped.text
    assert not (place.out / "claims").exists()

    child = place.run("--cluster", address)
    place.until_finished(14)
    workers[0].kill()
    assert child.wait() == 0, child.text
    assert len(place.computed()) == 0, "computed here, not there"
    assert stored(place.out) == whole
    assert strays(place.out) == []


def test_a_cluster_that_is_not_there(place: Place) -> None:
    pytest.importorskip("distributed")
    child = place.run("--cluster", "tcp://127.0.0.1:9", cluster_patience=1.0)
    assert child.wait() == 2
    assert "no Dask scheduler answers there" in child.text
    assert not place.out.exists()
