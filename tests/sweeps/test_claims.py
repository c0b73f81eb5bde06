"""Claims: one runner a block, those of runners that are gone are passed on, and no clock is asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from bscsim.sweeps import claims
from bscsim.sweeps.claims import Claims


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Callable[..., Claims]]:
    """Make runners of one folder; they end with the test."""
    with ExitStack() as stack:
        yield lambda **given: stack.enter_context(Claims(tmp_path, **given))


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The monotonic clock that claims see, to be moved by hand."""
    now = [1000.0]
    monkeypatch.setattr(claims.time, "monotonic", lambda: now[0])
    return now


def claim_files(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "claims").glob("*.claim"))


def forge(folder: Path, *blocks: str, name: str = "f" * 16, beat: int = 1, **said: Any) -> Path:
    """Leave claims and a beat of a runner: of another machine unless said otherwise."""
    me = {"runner": name, "host": "elsewhere", "boot": "other", "pid": 1, "begun": "1"} | said
    (folder / "claims").mkdir(exist_ok=True)
    for block in blocks:
        (folder / "claims" / f"{block}.claim").write_text(json.dumps(me))
    path = folder / "claims" / f"{name}.runner"
    path.write_text(json.dumps(me | {"beat": beat}))
    return path


def dead(folder: Path, *blocks: str, name: str = "d" * 16) -> Path:
    """Leave claims of a process of this machine that is gone."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    boot = claims._boot()
    if boot is None:
        pytest.skip("this system does not tell which processes there are")
    host = os.uname().nodename
    return forge(folder, *blocks, name=name, host=host, boot=boot, pid=ended.pid, begun="0")


def test_one_has_it_until_it_is_given_back(runner: Any) -> None:
    one, other = runner(), runner()
    assert one.take("a")
    assert not other.take("a")
    assert other.take("b")
    one.release(["a"])
    assert other.take("a")


def test_a_runner_at_work_is_named_and_one_that_is_gone_is_not(tmp_path: Path) -> None:
    watcher = Claims(tmp_path, patience=1.0)
    assert watcher.working() == ""
    dead(tmp_path)
    forge(tmp_path, name="e" * 16)  # of another machine: its beat does not rise
    assert watcher.working() == ""
    with Claims(tmp_path, beat=0.05):
        assert watcher.working() == f"process {os.getpid()} on {os.uname().nodename}"


def test_nothing_is_left_in_the_end(tmp_path: Path) -> None:
    with Claims(tmp_path) as one, Claims(tmp_path) as other:
        assert one.others()
        assert other.others()
        assert one.take("a")
        assert other.take("b")
    assert list(tmp_path.iterdir()) == []


def test_alone_is_alone(runner: Any) -> None:
    assert not runner().others()


@pytest.mark.parametrize("before", ["nothing", "dead", "killed while writing"])
def test_of_eight_that_want_it_at_once_exactly_one_gets_it(
    before: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ExitStack() as stack:
        runners = [stack.enter_context(Claims(tmp_path, patience=1e6, beat=1e6)) for _ in range(8)]
        for turn in range(25):
            block = f"block{turn}"
            if before == "dead":
                dead_name = f"{turn:016x}"
                forge_dead(tmp_path, block, dead_name)
            elif before == "killed while writing":
                (tmp_path / "claims" / f"{block}.claim").touch()
                for one in runners:
                    one._seen[f"{block}.claim"] = "", -2e6
            assert race(runners, block) == 1


def forge_dead(folder: Path, block: str, name: str) -> None:
    """Leave the claim of a process of this machine with a number that no process has."""
    boot = claims._boot()
    if boot is None:
        pytest.skip("this system does not tell which processes there are")
    forge(folder, block, name=name, host=os.uname().nodename, boot=boot, pid=2**30, begun="0")


def race(runners: list[Claims], block: str) -> int:
    """How many of the runners get a block that all want at the same time."""
    start, won = threading.Barrier(len(runners)), []

    def want(one: Claims) -> None:
        start.wait()
        if one.take(block):
            won.append(one)

    threads = [threading.Thread(target=want, args=(one,)) for one in runners]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(won)


def test_all_claims_of_a_dead_process_are_passed_on_at_once(tmp_path: Path, seconds: list[float]) -> None:
    dead(tmp_path, "a", "b", "c")
    with Claims(tmp_path) as one:
        assert not one.others()
        assert [one.take(block) for block in "abc"] == [True, True, True]
    assert list(tmp_path.iterdir()) == []


def test_also_when_another_has_forgotten_it(tmp_path: Path, seconds: list[float]) -> None:
    beat = dead(tmp_path, "a")
    forge(tmp_path, name="e" * 16)  # somebody else is there: nothing is tidied up
    beat.unlink()
    with Claims(tmp_path) as one:
        assert one.take("a")


def test_a_process_number_that_is_used_again_is_another_process(tmp_path: Path) -> None:
    boot = claims._boot()
    if boot is None:
        pytest.skip("this system does not tell which processes there are")
    forge(tmp_path, "a", host=os.uname().nodename, boot=boot, pid=os.getpid(), begun="another time")
    with Claims(tmp_path) as one:
        assert one.take("a")


def test_claims_of_another_machine_are_passed_on_when_its_beat_stops(tmp_path: Path, seconds: list[float]) -> None:
    beat = forge(tmp_path, "a", beat=1)
    with Claims(tmp_path, patience=30.0, beat=1e6) as one:
        assert not one.take("a")
        seconds[0] += 29
        assert not one.take("a")
        beat.write_text(beat.read_text().replace('"beat": 1', '"beat": 2'))
        assert not one.take("a")
        seconds[0] += 29
        assert not one.take("a")
        seconds[0] += 2
        assert one.take("a")
        assert not one.others()


def test_a_beat_that_goes_away_is_no_beat(tmp_path: Path, seconds: list[float]) -> None:
    beat = forge(tmp_path, "a")
    with Claims(tmp_path, patience=30.0, beat=1e6) as one:
        assert not one.take("a")
        seconds[0] += 20
        beat.unlink()  # somebody who watched it longer found it gone
        assert not one.take("a")
        seconds[0] += 11
        assert one.take("a")


def test_a_runner_that_slept_is_heard_again(tmp_path: Path, seconds: list[float]) -> None:
    beat = forge(tmp_path, "a", beat=1)
    with Claims(tmp_path, patience=30.0, beat=1e6) as one:
        assert one.others()
        seconds[0] += 31
        assert not one.others()
        forge(tmp_path, "b", beat=2)
        assert beat.exists()
        assert one.others()
        assert not one.take("b")


def test_a_claim_without_an_owner_is_passed_on_after_patience(tmp_path: Path, seconds: list[float]) -> None:
    with Claims(tmp_path, patience=30.0, beat=1e6) as one, Claims(tmp_path, patience=30.0, beat=1e6) as other:
        (tmp_path / "claims" / "a.claim").touch()
        assert not one.take("a")
        seconds[0] += 31
        (tmp_path / "claims" / "b.claim").touch()
        assert not one.take("b"), "it has not been watched yet"
        assert one.take("a")
        assert not other.take("a")


def test_no_clock_of_the_day_is_asked(runner: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def ask() -> float:
        raise AssertionError("time.time was asked")

    monkeypatch.setattr(time, "time", ask)
    forge(tmp_path, "b")
    one = runner()
    assert one.take("a")
    assert not one.take("b")
    one.release(["a"])


def test_a_claim_that_another_has_now_is_left(runner: Any, tmp_path: Path) -> None:
    one = runner()
    assert one.take("a")
    forge(tmp_path, "a")  # it was thought gone, and another took over
    one.release(["a"])
    assert claim_files(tmp_path) == ["a.claim"]


def test_the_chain_of_claims_goes_with_the_last(runner: Any, tmp_path: Path) -> None:
    forge(tmp_path, name="e" * 16)  # somebody is there: nothing is tidied up
    dead(tmp_path, "a")
    one = runner()
    assert one.take("a")
    assert claim_files(tmp_path) == ["a.claim", f"a.{'d' * 16}.claim"]
    one.release(["a"])
    assert claim_files(tmp_path) == []


def test_the_folder_may_go_away(runner: Any, tmp_path: Path) -> None:
    import shutil

    one = runner(beat=1e6)
    shutil.rmtree(tmp_path / "claims")
    assert one.take("a")
    assert claim_files(tmp_path) == ["a.claim"]
    assert (tmp_path / "claims" / f"{one.name}.runner").exists()


def test_no_claim_is_left_on_a_full_disk(runner: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = runner(beat=1e6)

    def full(_: Any) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(claims.json, "dumps", full)
    with pytest.raises(OSError, match="No space left"):
        one.take("a")
    assert claim_files(tmp_path) == []


def test_an_interrupt_leaves_no_claim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: Claims, path: Path) -> bool:
        self._write_claim(path)
        raise KeyboardInterrupt

    monkeypatch.setattr(Claims, "_create", interrupted)
    with pytest.raises(KeyboardInterrupt), Claims(tmp_path) as one:
        one.take("a")
    assert list(tmp_path.iterdir()) == []
