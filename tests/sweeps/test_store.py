"""Files of blocks: whole or not there, known by name, and what is missing, read or refused."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bscsim.record.responses import COLUMNS, MOMENTS
from bscsim.record.store import StoreError
from bscsim.sweeps import store
from bscsim.sweeps.layout import Block, Layout
from bscsim.sweeps.store import Failure, Held, Piece
from tests.sweeps.conftest import data_of, put_blocks, rows_of, tiny_layout


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return tiny_layout(tmp_path, replicates=12)


def held_of(*spans: tuple[int, int, int, int]) -> Held:
    return Held({str(number): Piece(*span, Path(f"{number:04d}")) for number, span in enumerate(spans)})


# ---- what is missing ------------------------------------------------------------------------------------------------

SPANS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 20), st.integers(1, 12)).map(
        lambda one: (min(one[:2]), max(one[:2]), one[2], min(one[2] + one[3], 21))
    ),
    max_size=12,
)


def fake_layout(sizes: tuple[int, ...], replicates: int) -> Any:
    """The blocks of cells, cell after cell; `missing` asks for no more."""
    blocks = [
        Block(cell, first, min(first + size, replicates))
        for cell, size in enumerate(sizes) for first in range(0, replicates, size)
    ]  # fmt: skip
    return SimpleNamespace(blocks=lambda: iter(blocks))


@given(spans=SPANS, sizes=st.tuples(*[st.integers(1, 9)] * 3), replicates=st.integers(1, 20))
def test_missing_is_what_no_file_holds(
    spans: list[tuple[int, int, int, int]], sizes: tuple[int, ...], replicates: int
) -> None:
    layout = fake_layout(sizes, replicates)
    found = store.missing(layout, held_of(*spans))
    there = {(cell, number) for low, high, first, end in spans
             for cell in range(low, high + 1) for number in range(first, end)}  # fmt: skip
    due = [(cell, number) for cell in range(3) for number in range(replicates) if (cell, number) not in there]
    assert [(gap.cell, number) for _, gap in found for number in range(gap.first, gap.end)] == due
    blocks = list(layout.blocks())
    for place, gap in found:
        block = blocks[place]
        assert block.cell == gap.cell
        assert block.first <= gap.first < gap.end <= block.end
    for (place, one), (next_place, other) in pairwise(found):  # a gap is as long as it can be
        assert place != next_place or one.end < other.first


@given(spans=SPANS)
def test_needed_reads_each_row_once_or_refuses(spans: list[tuple[int, int, int, int]]) -> None:
    def rows(one: Any) -> list[tuple[int, int]]:
        return [(cell, number) for cell in range(one[0], one[1] + 1) for number in range(one[2], one[3])]

    partly = any(
        set(rows(a)) & set(rows(b)) and not set(rows(a)) <= set(rows(b)) and not set(rows(b)) <= set(rows(a))
        for a in spans for b in spans
    )  # fmt: skip
    try:
        needed = held_of(*spans).needed()
    except StoreError:
        assert partly
        return
    read = [row for piece in needed for row in rows(piece)]
    assert len(read) == len(dict.fromkeys(read))
    assert sorted(read) == sorted({row for span in spans for row in rows(span)})
    assert [(piece.low, piece.first) for piece in needed] == sorted((piece.low, piece.first) for piece in needed)


def test_two_files_with_a_part_in_common_are_refused_and_repaired(layout: Layout, tmp_path: Path) -> None:
    paths = [store.put(tmp_path, layout.name(block), data_of(block)) for block in (Block(1, 0, 8), Block(1, 6, 10))]
    held = store.scan(tmp_path, layout)
    with pytest.raises(StoreError, match="hold the same replicates of cells 1 to 1"):
        held.needed()
    assert store.drop_overlapping(held) == [paths[1]]
    assert [piece.path for piece in held.needed()] == [paths[0]]
    assert not paths[1].exists()


# ---- files ----------------------------------------------------------------------------------------------------------


def test_rows_come_back_bit_for_bit(layout: Layout, tmp_path: Path) -> None:
    block = Block(3, 4, 8)
    values = rows_of(block)["values"]
    values[0, 0], values[1, 1], values[2, -1] = np.nan, 1 / 3, 1 / 3
    path = store.put(tmp_path, layout.name(block), data_of(block, values=values))
    (found,) = store.read(path, COLUMNS)
    assert found["cell"].tolist() == [3] * 8
    assert found["replicate"].tolist() == [4, 4, 5, 5, 6, 6, 7, 7]
    assert found["month"].tolist() == [0, 2] * 4
    for at, name in enumerate(COLUMNS):
        wanted = values[:, at].astype(np.float64 if name in MOMENTS else np.float32)
        assert found[name].tobytes() == wanted.tobytes()
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".tmp"] == []


def test_the_same_rows_are_the_same_file(layout: Layout, tmp_path: Path) -> None:
    block = Block(0, 0, 4)
    assert len({store.put(tmp_path, layout.name(block), data_of(block)) for _ in range(2)}) == 1


def test_scan_knows_its_own_and_strangers(layout: Layout, tmp_path: Path) -> None:
    paths = put_blocks(tmp_path / "cells", layout)
    (tmp_path / "cells" / "notes.parquet").touch()
    other = tiny_layout(tmp_path, replicates=12)
    other = Layout(other.design, 12, other.sizes, "another model")
    foreign = store.put(tmp_path / "cells", other.name(Block(0, 0, 4)), data_of(Block(0, 0, 4)))
    held = store.scan(tmp_path / "cells", layout)
    assert sorted(piece.path for piece in held.pieces.values()) == sorted(paths)
    assert held.strangers == [foreign]
    assert store.missing(layout, held) == []
    assert store.scan(tmp_path / "nothing", layout).pieces == {}


@pytest.mark.parametrize("how", ["cut", "flip", "empty"])
def test_a_damaged_file_is_dropped(how: str, layout: Layout, tmp_path: Path) -> None:
    paths = put_blocks(tmp_path / "cells", layout)
    data = paths[4].read_bytes()
    flipped = data[:100] + bytes([data[100] ^ 1]) + data[101:]
    paths[4].write_bytes({"cut": data[:-1], "flip": flipped, "empty": b""}[how])
    held = store.scan(tmp_path / "cells", layout)
    assert store.drop_damaged(held) == [paths[4]]
    assert not paths[4].exists()
    assert store.missing(layout, held) == [(4, Block(0, 4, 8))]


def test_a_file_that_cannot_be_read_now_is_not_deleted(
    layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = put_blocks(tmp_path / "cells", layout)
    held = store.scan(tmp_path / "cells", layout)

    def fails(_: Path) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "read_bytes", fails)
    with pytest.raises(OSError, match="Input/output error"):
        store.drop_damaged(held)
    assert all(path.exists() for path in paths)


def test_a_file_that_another_put_away_is_not_damaged(layout: Layout, tmp_path: Path) -> None:
    paths = put_blocks(tmp_path / "cells", layout)
    held = store.scan(tmp_path / "cells", layout)
    paths[0].unlink()
    assert store.drop_damaged(held) == []
    assert store.missing(layout, held) == [(0, Block(0, 0, 4))]


def test_only_temporaries_of_ours_are_swept(layout: Layout, tmp_path: Path) -> None:
    names = [f".{layout.name(Block(0, 0, 4))}-{'0' * 16}.parquet.01234567.tmp", ".mine.tmp", "c.tmp"]
    for name in names:
        (tmp_path / name).touch()
    store.sweep_temporaries(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix == ".tmp") == [".mine.tmp", "c.tmp"]


def test_failures_are_kept_until_they_are_settled(layout: Layout, tmp_path: Path) -> None:
    cells = tmp_path / "cells"
    put_blocks(cells, layout, lambda place: place != 5)
    due, part = Block(1, 4, 8), Block(1, 5, 7)  # the second of a runner with smaller blocks
    for block in (due, part, Block(1, 0, 4), Block(1, 2, 6), Block(1, 8, 16)):  # and those are settled
        store.put_failure(cells, layout.name(block), Failure(block, "ValueError: no", 3))
    held = store.scan(cells, layout)
    assert len(held.failed) == 5
    store.drop_settled(cells, layout, held)
    assert list(held.failed.values()) == [Failure(block, "ValueError: no", 3) for block in (due, part)]
    assert len(list(cells.glob("*.failed.json"))) == 2


def test_a_note_of_a_failure_that_cannot_be_read_is_one_all_the_same(layout: Layout, tmp_path: Path) -> None:
    block = Block(0, 0, 4)
    (tmp_path / f"{layout.name(block)}.failed.json").write_text("{")
    (failure,) = store.scan(tmp_path, layout).failed.values()
    assert failure.block == block
    assert "cannot be read" in failure.error


def test_read_refuses_what_is_not_of_this_format(layout: Layout, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(store, "FORMAT", 99)
    path = store.put(tmp_path, layout.name(Block(0, 0, 4)), data_of(Block(0, 0, 4)))
    monkeypatch.undo()
    with pytest.raises(StoreError, match="stored format 99, this version reads"):
        list(store.read(path, ()))
    path.write_bytes(b"PAR1 is not enough")
    with pytest.raises(StoreError, match="not a readable Parquet file"):
        list(store.read(path, ()))
