"""The runner: what is missing is computed once, whatever fails, whoever else is there, wherever it is computed."""

from __future__ import annotations

import errno
import json
import threading
from concurrent.futures import CancelledError, Future
from pathlib import Path
from typing import Any

import pytest

from bscsim.record.store import write_safely
from bscsim.scenario.faults import ResumableError
from bscsim.sweeps import running, store
from bscsim.sweeps.claims import Claims
from bscsim.sweeps.computing import OtherVersionError
from bscsim.sweeps.layout import Block, Layout
from bscsim.sweeps.running import Runner, Shard
from tests.sweeps.conftest import data_of, put_blocks, tiny_layout


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return tiny_layout(tmp_path, replicates=12)  # 12 blocks


class Work:
    """Computes blocks at once, or raises what stands for them; ``asked``: which ones."""

    def __init__(self, raises: dict[Block, list[BaseException]] | None = None) -> None:
        self.raises, self.asked, self.most, self.before = raises or {}, [], 0, lambda block: None

    def submit(self, block: Any) -> Future[bytes]:
        self.asked.append(block)
        future: Future[bytes] = Future()
        self.before(block)
        if self.raises.get(block):
            future.set_exception(self.raises[block].pop(0))
        else:
            future.set_result(data_of(block))
        return future


def runner(folder: Path, layout: Layout, work: Work, **given: Any) -> Runner:
    """A runner whose tasks are the blocks themselves."""
    (folder / "cells").mkdir(parents=True, exist_ok=True)
    named = {"width": 3, "tick": lambda done, total: None, "stop": threading.Event()} | given
    return Runner(folder, layout, lambda block: block, work.submit, **named)  # type: ignore[arg-type,return-value]


def complete(folder: Path, layout: Layout) -> bool:
    return store.missing(layout, store.scan(folder / "cells", layout)) == []


def test_every_block_once_in_order(layout: Layout, tmp_path: Path) -> None:
    work, told = Work(), []
    runner(tmp_path, layout, work, tick=lambda done, total: told.append((done, total))).run()
    assert work.asked == list(layout.blocks())
    assert complete(tmp_path, layout)
    assert told == [(done, 48) for done in range(0, 49, 4)]


def test_only_what_is_missing(layout: Layout, tmp_path: Path) -> None:
    put_blocks(tmp_path / "cells", layout, lambda place: place not in (2, 7))
    work, told = Work(), []
    runner(tmp_path, layout, work, tick=lambda done, total: told.append(done)).run()
    assert work.asked == [Block(2, 0, 4), Block(3, 4, 8)]
    assert told == [40, 44, 48]


def test_parts_are_everything_and_do_not_overlap(layout: Layout, tmp_path: Path) -> None:
    asked = []
    for number in range(5):
        work, told = Work(), []
        shard = Shard(number, 5)
        runner(tmp_path, layout, work, shard=shard, tick=lambda *one, told=told: told.append(one)).run()
        assert told[-1] == (4 * len(work.asked),) * 2
        asked += work.asked
    assert sorted(asked) == sorted(layout.blocks())
    assert complete(tmp_path, layout)


def test_no_more_under_way_than_are_worth_it(layout: Layout, tmp_path: Path) -> None:
    work, most = Work(), []
    one = runner(tmp_path, layout, work, width=4)
    work.before = lambda _: most.append(len(one.under_way) + 1)
    one.run()
    assert max(most) == 4


def test_a_failure_is_tried_three_times_and_written_down(layout: Layout, tmp_path: Path) -> None:
    bad = Block(1, 4, 8)
    work = Work({bad: [ValueError(f"no {number}") for number in (1, 2, 3, 4)]})
    runner(tmp_path, layout, work).run()
    assert work.asked.count(bad) == 3
    assert len(work.asked) == 12 + 2
    held = store.scan(tmp_path / "cells", layout)
    assert [gap for _, gap in store.missing(layout, held)] == [bad]
    assert list(held.failed.values()) == [store.Failure(bad, "ValueError: no 3", 3)]

    again = Work()  # a new run tries again, and forgets the failure
    runner(tmp_path, layout, again).run()
    assert again.asked == [bad]
    assert complete(tmp_path, layout)
    assert store.scan(tmp_path / "cells", layout).failed == {}


def test_two_failures_are_none(layout: Layout, tmp_path: Path) -> None:
    work = Work({Block(1, 4, 8): [ValueError("no"), MemoryError()]})
    runner(tmp_path, layout, work).run()
    assert complete(tmp_path, layout)
    assert list((tmp_path / "cells").glob("*.failed.json")) == []


def test_a_failure_of_another_runner_is_not_tried_again(layout: Layout, tmp_path: Path) -> None:
    bad = Block(1, 8, 12)
    work = Work()
    work.before = lambda block: (
        store.put_failure(tmp_path / "cells", layout.name(bad), store.Failure(bad, "ValueError: no", 3))
        if block == Block(0, 0, 4) else None
    )  # fmt: skip
    with Claims(tmp_path) as other, Claims(tmp_path) as claims:
        assert other.take(layout.name(bad))
        runner(tmp_path, layout, work, claims=claims).run()
    assert bad not in work.asked


def test_other_versions_and_lost_workers_end_the_run(layout: Layout, tmp_path: Path) -> None:
    work = Work({Block(0, 0, 4): [OtherVersionError("another")]})
    with pytest.raises(OtherVersionError):
        runner(tmp_path, layout, work).run()
    work = Work({Block(3, 0, 4): [CancelledError()]})
    with pytest.raises(ResumableError, match="the workers went away; 12 of 48 replicates are safe"):
        runner(tmp_path, layout, work, width=1).run()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_ends_the_run(
    number: int, layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, data: bytes) -> None:
        if path.name.startswith("c000003"):
            raise OSError(number, "no room")
        write_safely(path, data)

    monkeypatch.setattr(store, "write_safely", full)
    with pytest.raises(ResumableError, match=r"the disk is full \(no room\); 12 of 48 replicates are safe"):
        runner(tmp_path, layout, Work(), width=1).run()


def test_other_errors_of_a_disk_are_not_hidden(
    layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(path: Path, data: bytes) -> None:
        raise OSError(errno.EIO, "broken")

    monkeypatch.setattr(store, "write_safely", fails)
    with pytest.raises(OSError, match="broken"):
        runner(tmp_path, layout, Work()).run()


def test_a_temporary_file_that_somebody_swept_is_written_again(
    layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace, swept = Path.replace, []

    def sweeping(path: Path, target: Path) -> Path:
        if len(swept) < 2 and path.suffix == ".tmp":
            swept.append(path)
            store.sweep_temporaries(path.parent)
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", sweeping)
    runner(tmp_path, layout, Work()).run()
    assert len(swept) == 2
    assert complete(tmp_path, layout)


def test_what_another_has_claimed_is_left_and_then_taken_over(layout: Layout, tmp_path: Path) -> None:
    names = [layout.name(block) for block in layout.blocks()]
    work = Work()
    with Claims(tmp_path) as other, Claims(tmp_path) as claims:
        assert other.take(names[0])
        assert other.take(names[1])
        one = runner(tmp_path, layout, work, claims=claims)
        store.put(tmp_path / "cells", names[1], data_of(Block(1, 0, 4)))
        work.before = lambda block: other.release(names[:2]) if block == Block(3, 8, 12) else None
        one.run()
        assert work.asked == [*list(layout.blocks())[2:], Block(0, 0, 4)]
    assert complete(tmp_path, layout)
    assert not (tmp_path / "claims").exists()


def test_what_another_has_just_finished_is_not_done_again(layout: Layout, tmp_path: Path) -> None:
    work, blocks = Work(), list(layout.blocks())

    def also(block: Block) -> None:
        if block == blocks[1]:  # the other one is as quick as lightning
            put_blocks(tmp_path / "cells", layout, lambda place: place > 4)

    work.before = also
    with Claims(tmp_path), Claims(tmp_path) as claims:
        runner(tmp_path, layout, work, claims=claims).run()
    assert work.asked == blocks[:5]


def test_whatever_ends_it_what_is_under_way_is_dropped(
    layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    futures: list[Future[bytes]] = []
    waited: list[Any] = []
    monkeypatch.setattr(running, "wait", lambda given, **_: waited.extend(given))

    class Slow(Work):
        def submit(self, block: Any) -> Future[bytes]:
            futures.append(Future())
            if len(futures) == 3:
                raise KeyboardInterrupt
            return futures[-1]

    stop = threading.Event()
    with Claims(tmp_path) as claims:
        with pytest.raises(KeyboardInterrupt):
            runner(tmp_path, layout, Slow(), claims=claims, stop=stop).run()
        assert stop.is_set()
    assert [future.cancelled() for future in futures] == [True, True, False]
    assert waited == [], "a cancelled block of a cluster is never done: it would wait for a minute"
    assert not (tmp_path / "claims").exists()


def test_every_claim_is_given_back_at_the_end_of_its_block(layout: Layout, tmp_path: Path) -> None:
    work, most = Work(), []
    with Claims(tmp_path) as claims:
        work.before = lambda _: most.append(len(list((tmp_path / "claims").glob("*.claim"))))
        runner(tmp_path, layout, work, claims=claims).run()
        assert list((tmp_path / "claims").glob("*.claim")) == []
    assert max(most) == 3


def test_notes_of_failures_are_plain_json(layout: Layout, tmp_path: Path) -> None:
    runner(tmp_path, layout, Work({Block(0, 0, 4): [ValueError("é")] * 3})).run()
    (note,) = (tmp_path / "cells").glob("*.failed.json")
    assert json.loads(note.read_text(encoding="utf-8")) == {"error": "ValueError: é", "attempts": 3}


def test_the_looks_of_others_are_few(layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One look at the folder before and one after each round, not one a block."""
    looks = []
    scan = running.store.scan
    monkeypatch.setattr(running.store, "scan", lambda *given: looks.append(given) or scan(*given))
    with Claims(tmp_path) as claims:
        runner(tmp_path, layout, Work(), claims=claims).run()
    assert len(looks) == 2
