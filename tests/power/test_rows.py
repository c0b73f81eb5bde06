"""Rows go to disk and come back as they were, whatever files they stand in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bscsim.power.rows import decode, encode, gathered
from bscsim.record.store import StoreError

VALUES = np.array([1.5, np.nan, -0.0, np.inf, 5e-324])


def back(data: bytes, folder: Path) -> dict[str, np.ndarray]:
    path = folder / "rows.parquet"
    path.write_bytes(data)
    return decode(path)


def test_every_bit_comes_back(tmp_path: Path) -> None:
    rows = back(encode(range(7, 12), [{"a": VALUES}, {"b": VALUES[::-1]}], {}), tmp_path)
    assert rows["replicate"].tolist() == [7, 8, 9, 10, 11] * 2
    assert rows["analysis"].tolist() == [0] * 5 + [1] * 5
    assert rows["a"][:5].tobytes() == VALUES.tobytes()
    assert rows["b"][5:].tobytes() == VALUES[::-1].tobytes()
    assert np.isnan(rows["a"][5:]).all(), "an analysis has no numbers of another"


def test_the_same_rows_are_the_same_bytes() -> None:
    one, other = ({"a": VALUES, "b": VALUES + 1}, {"b": VALUES + 1, "a": VALUES})
    assert encode(range(5), [one], {"x": 1}) == encode(range(5), [other], {"x": 1})
    assert encode(range(5), [one], {"x": 1}) != encode(range(5), [one], {"x": 2})


@given(st.permutations(range(12)), st.integers(1, 11), st.integers(0, 11))
def test_files_in_any_order_give_the_rows_in_order(order: list[int], cut: int, first: int) -> None:
    def file(numbers: list[int]) -> dict[str, np.ndarray]:
        replicate = np.array([*numbers, *numbers])
        analysis = np.repeat([0, 1], len(numbers))
        return {"replicate": replicate, "analysis": analysis, "x": replicate + 100.0 * analysis}

    found = gathered([file(order[:cut]), file(order[cut:])], first, 12)
    for analysis in (0, 1):
        assert found[analysis]["replicate"].tolist() == list(range(first, 12))
        assert found[analysis]["x"].tolist() == [number + 100.0 * analysis for number in range(first, 12)]


def test_columns_without_a_number_are_left_out(tmp_path: Path) -> None:
    rows = back(encode(range(5), [{"a": VALUES}, {"b": VALUES, "none": np.full(5, np.nan)}], {}), tmp_path)
    first, second = gathered([rows], 0, 5)
    assert set(first) == {"replicate", "a"}
    assert set(second) == {"replicate", "b"}
    assert gathered([], 0, 5) == []


def test_what_cannot_be_read_says_so(tmp_path: Path) -> None:
    data = encode(range(5), [{"a": VALUES}], {})
    with pytest.raises(StoreError, match="not a readable Parquet file"):
        back(data[: len(data) // 2], tmp_path)
    path = tmp_path / "other.parquet"
    pq.write_table(pa.table({"replicate": [1]}), path)
    with pytest.raises(StoreError, match="stored format None, this version reads 1"):
        decode(path)
