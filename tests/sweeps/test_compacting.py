"""Many files into few: the same ones whatever the blocks were, and nothing deleted that is not in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from bscsim.record.responses import COLUMNS
from bscsim.record.store import StoreError
from bscsim.sweeps import compacting, store
from bscsim.sweeps.compacting import compact
from bscsim.sweeps.layout import Block, Layout
from tests.sweeps.conftest import data_of, put_blocks, rows_of, stored, tiny_layout


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return tiny_layout(tmp_path, replicates=12)


def compacted(folder: Path, layout: Layout, **put: Any) -> dict[str, bytes]:
    put_blocks(folder / "cells", layout, **put)
    compact(folder, layout)
    return stored(folder)


def with_size(layout: Layout, size: int) -> Layout:
    return Layout(layout.design, layout.replicates, dict.fromkeys(layout.sizes, size), layout.key)


def test_every_row_once_in_order_and_bit_for_bit(layout: Layout, tmp_path: Path) -> None:
    files = compacted(tmp_path, layout)
    assert [name[:15] for name in files] == [f"p00000{cell}-00000{cell}-"[:15] for cell in range(4)]
    for cell, name in enumerate(files):
        (found,) = store.read(tmp_path / "cells" / name, COLUMNS)
        wanted = rows_of(Block(cell, 0, 12))
        assert found["replicate"].tolist() == wanted["replicate"].tolist()
        assert found["month"].tolist() == wanted["month"].tolist()
        for at, column in enumerate(COLUMNS):
            assert found[column].tolist() == wanted["values"][:, at].astype(found[column].dtype).tolist()


@pytest.mark.parametrize("rows", [5, 24, 65_536])
@pytest.mark.parametrize("most", [200, 2])
def test_the_same_files_whatever_the_blocks(
    rows: int, most: int, layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compacting, "GROUP_ROWS", rows)
    monkeypatch.setattr(compacting, "MOST_FILES", most)
    first = compacted(tmp_path / "a", layout)
    assert len(first) == min(most, 4)
    for name in first:
        file = pq.ParquetFile(tmp_path / "a" / "cells" / name)
        groups = [file.metadata.row_group(at).num_rows for at in range(file.num_row_groups)]
        full, rest = divmod(96 // len(first), rows)
        assert groups == [rows] * full + [rest] * (rest > 0)
    for name, size in (("b", 1), ("c", 12), ("d", 5)):
        assert compacted(tmp_path / name, with_size(layout, size)) == first


@pytest.mark.parametrize("most", [200, 2])
def test_the_same_files_after_more_replicates(
    most: int, layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compacting, "MOST_FILES", most)
    wanted = compacted(tmp_path / "a", layout)
    compacted(tmp_path / "b", Layout(layout.design, 6, layout.sizes, layout.key))
    for _, gap in store.missing(layout, store.scan(tmp_path / "b" / "cells", layout)):
        store.put(tmp_path / "b" / "cells", layout.name(gap), data_of(gap))
    compact(tmp_path / "b", layout)
    assert stored(tmp_path / "b") == wanted


def test_cells_that_lack_something_are_left(layout: Layout, tmp_path: Path) -> None:
    files = compacted(tmp_path, layout, wanted=lambda place: place != 6)  # cell 2, replicates 4 to 8
    assert [name[:7] for name in files] == ["c000002", "c000002", "p000000", "p000001", "p000003"]
    held = store.scan(tmp_path / "cells", layout)
    assert store.missing(layout, held) == [(6, Block(2, 4, 8))]


def test_twice_changes_nothing(layout: Layout, tmp_path: Path) -> None:
    first = compacted(tmp_path, layout)
    compact(tmp_path, layout)
    assert stored(tmp_path) == first


def test_stopped_between_writing_and_deleting_nothing_is_read_twice(
    layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = compacted(tmp_path / "a", layout)

    def stops(path: Path, missing_ok: bool = False) -> None:
        if path.suffix == ".parquet":
            raise KeyboardInterrupt

    put_blocks(tmp_path / "b" / "cells", layout)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", stops)
        with pytest.raises(KeyboardInterrupt):
            compact(tmp_path / "b", layout)
    held = store.scan(tmp_path / "b" / "cells", layout)
    assert len(held.pieces) == 13
    assert [piece.path.name[0] for piece in held.needed()] == ["p", *"ccccccccc"]
    compact(tmp_path / "b", layout)
    assert stored(tmp_path / "b") == wanted


def test_a_file_under_anothers_name_is_refused(layout: Layout, tmp_path: Path) -> None:
    paths = put_blocks(tmp_path / "cells", layout)
    store.put(tmp_path / "cells", layout.name(Block(1, 0, 4)), data_of(Block(0, 0, 4)))
    paths[1].unlink()
    with pytest.raises(StoreError, match=r"c000001-.* holds other rows than its name says"):
        compact(tmp_path, layout)
    assert [path.name[:7] for path in sorted((tmp_path / "cells").iterdir())].count("c000001") == 3


@pytest.mark.parametrize("change", ["a row less", "a row twice", "another month", "another replicate"])
def test_a_file_with_wrong_rows_is_refused(change: str, layout: Layout, tmp_path: Path) -> None:
    paths = put_blocks(tmp_path / "cells", layout)
    block = Block(0, 4, 8)
    rows = rows_of(block)
    if change == "a row less":
        rows = {name: values[:-1] for name, values in rows.items()}
    elif change == "a row twice":
        rows = {name: values[[0, *range(len(values))]] for name, values in rows.items()}
    elif change == "another month":
        rows["month"][1] = 1
    else:
        rows["replicate"][-2:] = 8
    paths[4].unlink()
    store.put(tmp_path / "cells", layout.name(block), data_of(block, **rows))
    with pytest.raises(StoreError, match="holds other rows than its name says"):
        compact(tmp_path, layout)
    assert not list((tmp_path / "cells").glob(".*")), "a temporary file was left"


def test_a_file_damaged_since_it_was_checked_is_refused(layout: Layout, tmp_path: Path) -> None:
    paths = put_blocks(tmp_path / "cells", layout)
    data = bytearray(paths[0].read_bytes())
    data[60] ^= 1
    paths[0].write_bytes(data)
    with pytest.raises(StoreError, match="damaged"):
        compact(tmp_path, layout)
