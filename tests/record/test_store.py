from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bscsim.record import store
from bscsim.record.measures import LABELS, MEASURES
from bscsim.record.trajectories import join
from tests.record.conftest import add_staff, small_run, small_scenario

NAN_WITH_A_MESSAGE = np.array([0x7FC01234], np.uint32).view(np.float32)[0]


def noisy_run(replicates=(4, 9), twin=True, seed=3):
    """Fill every cell with random bits of its type, so that any mix-up shows."""
    run = small_run(twin, replicates)
    random = np.random.default_rng(seed)
    for row in LABELS:
        values = getattr(run.labels, row.name)
        values[...] = random.integers(0, 2, values.shape) if row.dtype == "bool" else random.integers(
            -1, 100, values.shape)
    for _, world in run.worlds:
        for row in MEASURES:
            values = world[row.name]
            if row.floating:
                values[...] = np.frombuffer(random.bytes(values.nbytes), row.dtype).reshape(values.shape)
            else:
                values[...] = random.integers(0, 2 if row.dtype == "bool" else 100, values.shape)
        for replicate in replicates:
            for month in (0, 3):
                add_staff(world, replicate, month, *({"center": c, "slot": s, "person": int(random.integers(2**60)),
                                                      "P": random.random(), "tenure": random.random()}
                                                     for c in range(3) for s in range(int(random.integers(1, 4)))))
    return run


def test_a_record_comes_back_to_the_last_bit(tmp_path):
    run = noisy_run()
    run.treated["qi"][0, 0, :4] = (-0.0, 0.0, np.nan, np.inf)
    run.treated["qi"][0, 0, 4] = NAN_WITH_A_MESSAGE
    files = store.write(run, tmp_path / "cells")
    assert [path.name.rsplit("-", 1)[0] for path in files] == [
        f"{name}-r000004-r000009" for name in ("centers", "months", "staff")]
    back = store.read(tmp_path / "cells", run.scenario)
    assert store.differences(run, back) == []
    assert np.signbit(back.treated["qi"][0, 0, 0])
    assert back.treated["qi"][0, 0, 4:5].tobytes() == NAN_WITH_A_MESSAGE.tobytes()
    assert back.labels.center_id.tolist() == ["a", "b", "c"]
    assert back.treated["qi"].flags.writeable


def test_without_a_twin_and_without_staff(tmp_path):
    run = small_run(twin=False, replicates=(3,))
    store.write(run, tmp_path)
    assert store.differences(run, store.read(tmp_path, run.scenario)) == []


@given(st.data())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_differences_sees_one_changed_bit(data):
    run, other = noisy_run(), noisy_run()
    assert store.differences(run, other) == []
    world = data.draw(st.integers(0, 1))
    row = data.draw(st.sampled_from([row for row in MEASURES if row.dtype != "bool"]))
    cells = np.ascontiguousarray(other.worlds[world][1][row.name])
    flat = cells.view(np.uint8).reshape(-1)
    flat[data.draw(st.integers(0, flat.size - 1))] ^= 1 << data.draw(st.integers(0, 7))
    other.worlds[world][1].arrays[row.name] = cells
    assert store.differences(run, other) == [f"{('treated', 'twin')[world]}.{row.name}"]


def test_differences_names_what_differs():
    run = noisy_run()
    other = noisy_run()
    other.labels.applied[0, 0] ^= True
    other.treated.staff.columns["P"][0, 0] += 1
    assert store.differences(run, other) == ["labels.applied", "treated.staff.P"]
    assert store.differences(run, small_run(twin=False))[-1] == "twin"


def test_equal_records_give_equal_bytes_and_different_ones_different_names(tmp_path):
    one, two = store.write(noisy_run(), tmp_path / "1"), store.write(noisy_run(), tmp_path / "2")
    assert [p.name for p in one] == [p.name for p in two]
    assert [p.read_bytes() for p in one] == [p.read_bytes() for p in two]
    three = store.write(noisy_run(seed=4), tmp_path / "3")
    assert not {p.name for p in one} & {p.name for p in three}


def test_the_largest_replicate_is_written_and_read(tmp_path):
    run = noisy_run((3, 2**32 - 1))
    store.write(run, tmp_path)
    assert store.differences(run, store.read(tmp_path, run.scenario)) == []


def test_batches_are_read_together_or_by_replicate(tmp_path):
    early, late = noisy_run((0, 1)), noisy_run((12,), seed=8)
    store.write(late, tmp_path)
    store.write(early, tmp_path)
    (tmp_path / "centers-of-mine.parquet").write_text("not ours")
    whole = store.read(tmp_path, early.scenario)
    assert whole.replicates == (0, 1, 12)
    assert store.differences(whole, join([early, late])) == []
    two = store.read(tmp_path, early.scenario, [12, 1])
    assert store.differences(two, join([early.replicate(1), late])) == []
    with pytest.raises(store.StoreError, match="no replicate 7"):
        store.read(tmp_path, early.scenario, [1, 7])


def test_overlapping_batches_are_refused(tmp_path):
    store.write(noisy_run((0, 1)), tmp_path)
    store.write(noisy_run((1, 2)), tmp_path)
    with pytest.raises(store.StoreError, match=r"do not belong together.*occurs twice"):
        store.read(tmp_path, small_scenario())


@pytest.mark.parametrize("table", [0, 1, 2])
@pytest.mark.parametrize("place", [0.0, 0.3, 0.7, 0.999])
def test_one_flipped_bit_anywhere_is_noticed(tmp_path, table, place):
    path = store.write(noisy_run(), tmp_path)[table]
    data = bytearray(path.read_bytes())
    data[int(place * (len(data) - 1))] ^= 1
    path.write_bytes(data)
    with pytest.raises(store.StoreError, match="damaged or truncated") as caught:
        store.read(tmp_path, small_scenario())
    assert path.name in str(caught.value)


@pytest.mark.parametrize("keep", [0, 10, -1])
def test_a_truncated_file_is_noticed(tmp_path, keep):
    path = store.write(noisy_run(), tmp_path)[1]
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(store.StoreError, match="damaged or truncated"):
        store.read(tmp_path, small_scenario())


def test_a_missing_table_and_an_empty_folder_are_named(tmp_path):
    with pytest.raises(store.StoreError, match="no stored record"):
        store.read(tmp_path, small_scenario())
    store.write(noisy_run(), tmp_path)[2].unlink()
    with pytest.raises(store.StoreError, match=r"expected one file staff-r000004-r000009-\*.parquet, found 0"):
        store.read(tmp_path, small_scenario())


def test_a_file_that_is_no_parquet_but_carries_the_right_hash(tmp_path):
    path = store.write(noisy_run(), tmp_path)[0]
    path.unlink()
    junk = b"PAR1 junk PAR1"
    (tmp_path / f"centers-r000004-r000009-{store._hash(junk)}.parquet").write_bytes(junk)
    with pytest.raises(store.StoreError, match="not a readable Parquet file"):
        store.read(tmp_path, small_scenario())


def test_another_scenario_or_format_is_refused(tmp_path, monkeypatch):
    run = noisy_run()
    store.write(run, tmp_path)
    with pytest.raises(store.StoreError, match="belongs to another scenario"):
        store.read(tmp_path, small_scenario(k_hour=0.05))
    monkeypatch.setattr(store, "FORMAT", store.FORMAT + 1)
    with pytest.raises(store.StoreError, match="stored format 1, this version reads 2"):
        store.read(tmp_path, run.scenario)


def test_a_failed_write_leaves_no_file(tmp_path, monkeypatch):
    def full_disk(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store.os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space left"):
        store.write(noisy_run(), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_tables_read_as_they_stand_with_pandas_and_duckdb(tmp_path):
    duckdb = pytest.importorskip("duckdb")
    pd = pytest.importorskip("pandas")
    run = small_run()
    run.treated["practice"][1, 2, 5, 2], run.treated["fit"][0, 0, 0, 1] = 0.75, 0.5
    store.write(run, tmp_path)
    months = pd.read_parquet(next(tmp_path.glob("months-*.parquet")))
    row = months.query("replicate == 9 and world == 0 and center == 2 and month == 5").squeeze()
    assert row["practice_teacher"] == 0.75
    with duckdb.connect() as connection:
        found = connection.execute(
            f"select fit_2 from '{tmp_path}/months-*.parquet' where replicate = 4 and center = 0 and month = 0 "
            "and world = 0").fetchall()
    assert found == [(0.5,)]
