from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bscsim.record import trajectories
from bscsim.record.measures import MEASURES, STAFF_COLUMNS
from bscsim.record.staff_rows import StaffRows
from tests.record.conftest import SmallPool, add_staff, small_run, small_scenario


def test_empty_arrays_have_the_shapes_of_their_axes(run):
    lengths = {"center": 3, "month": 15, "role": 6, "event": 5, "line": 9, "driver": 2}
    for _, world in run.worlds:
        assert list(world.arrays) == [row.name for row in MEASURES]
        for row in MEASURES:
            assert world[row.name].shape == (2, *(lengths[axis] for axis in row.axes))
            assert world[row.name].dtype == row.dtype
    assert run.labels.readiness_measured.shape == (2, 3, 3)
    assert (run.months, run.drivers) == (range(15), 2)


def test_what_nobody_filled_shows(run):
    assert np.isnan(run.treated["practice"]).all()
    assert np.isnan(run.treated["withdrawal_month"]).all()
    assert (run.treated["cost"] == 0).all()
    assert (run.treated["ideas_borrowed"] == 0).all()
    empty = trajectories.Trajectories.empty(small_scenario(), SmallPool(), 7, [0], twin=False)
    assert (empty.labels.collaborative == -1).all()
    assert empty.labels.size.tolist() == [[4, 4, 4]]
    assert empty.twin is None


def test_without_a_twin_the_error_says_how_to_get_one():
    with pytest.raises(ValueError, match="twin=True"):
        _ = small_run(twin=False).untreated


@pytest.mark.parametrize("numbers", [[], [3, 3]])
def test_replicates_are_different_and_not_none(numbers):
    with pytest.raises(ValueError, match="different numbers, at least one"):
        small_run(replicates=numbers)


def test_one_replicate_is_a_view_with_its_own_staff(run):
    for replicate in (9, 4):
        add_staff(run.treated, replicate, 0, {"center": 0, "slot": 0, "person": replicate, "P": 0.5})
    run.treated["qi"][1, 2, 3] = 0.25
    run.labels.size[1] = (5, 6, 7)
    one = run.replicate(9)
    assert one.replicates == (9,)
    assert one.treated["qi"][0, 2, 3] == 0.25
    assert one.labels.size.tolist() == [[5, 6, 7]]
    assert one.treated.staff["person"].tolist() == [9]
    one.treated["qi"][0, 0, 0] = 1.0
    assert run.treated["qi"][1, 0, 0] == 1.0
    with pytest.raises(KeyError, match="no replicate 1"):
        run.replicate(1)


def test_parts_join_in_the_order_of_replicates():
    late, early = small_run(replicates=(8, 2)), small_run(replicates=(5,))
    late.treated["qi"][0], late.treated["qi"][1], early.treated["qi"][0] = 0.8, 0.2, 0.5
    add_staff(late.twin, 8, 0, {"center": 0, "slot": 0, "person": 80})
    add_staff(early.twin, 5, 0, {"center": 0, "slot": 0, "person": 50})
    whole = trajectories.join([late, early])
    assert whole.replicates == (2, 5, 8)
    np.testing.assert_allclose(whole.treated["qi"][:, 0, 0], [0.2, 0.5, 0.8])
    assert whole.untreated.staff["person"].tolist() == [50, 80]


def test_parts_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="occurs twice"):
        trajectories.join([small_run(), small_run()])
    with pytest.raises(ValueError, match="different seeds"):
        trajectories.join([small_run(replicates=(1,)), small_run(replicates=(2,), twin=False)])
    other = small_run(replicates=(1,), pool=SmallPool(id=("a", "b", "z")))
    with pytest.raises(ValueError, match="different centers"):
        trajectories.join([small_run(), other])


def test_bytes_counts_arrays_and_staff(run):
    before = run.bytes
    assert before > sum(values.nbytes for _, world in run.worlds for values in world.arrays.values())
    add_staff(run.treated, 4, 0, {"center": 0, "slot": 0, "person": 1})
    assert run.bytes - before == sum(np.dtype(c.dtype).itemsize * (2 if c.axes else 1) for c in STAFF_COLUMNS)


def test_the_estimate_of_memory_covers_an_empty_record():
    scenario = small_scenario()
    run = small_run(replicates=range(50))
    assert run.bytes < scenario.memory_bytes(50) < 10 * run.bytes


KEYS = [(replicate, month, center, slot) for replicate in (1, 7) for month in (0, 3) for center in (0, 2)
        for slot in (0, 1)]


@given(st.permutations(KEYS), st.integers(1, 5))
def test_rows_come_out_in_key_order_whatever_the_order_they_came_in(keys, read_at):
    rows = StaffRows(drivers=2)
    for count, (replicate, month, center, slot) in enumerate(keys):
        block = {c.name: np.zeros((1, 2) if c.axes else 1, c.dtype) for c in STAFF_COLUMNS[2:]}
        person = np.array([KEYS.index((replicate, month, center, slot))])
        rows.append(replicate, month, **{**block, "center": np.array([center]), "slot": np.array([slot]),
                                         "person": person})
        if count == read_at:
            assert len(rows) == count + 1  # reading in between loses nothing
    assert rows["person"].tolist() == list(range(len(KEYS)))
    assert [tuple(row) for row in np.stack([rows[k] for k in ("replicate", "month", "center", "slot")], 1)] == KEYS


def test_rows_refuse_what_does_not_fit():
    block = {c.name: np.zeros((2, 2) if c.axes else 2, c.dtype) for c in STAFF_COLUMNS[2:]}
    rows = StaffRows(drivers=2)
    with pytest.raises(ValueError, match="lack the columns M"):
        rows.append(0, 0, **{name: value for name, value in block.items() if name != "M"})
    with pytest.raises(ValueError, match="have no columns mood"):
        rows.append(0, 0, **block, mood=np.zeros(2))
    with pytest.raises(ValueError, match=r"column K has shape \(2, 3\), not \(2, 2\)"):
        rows.append(0, 0, **{**block, "K": np.zeros((2, 3))})
    rows.append(0, 0, **block)
    with pytest.raises(ValueError, match="recorded twice: replicate 0, month 0, center 0, slot 0"):
        len(rows)


def test_a_single_value_stands_for_all_rows():
    block = {c.name: np.zeros((2, 2) if c.axes else 2, c.dtype) for c in STAFF_COLUMNS[2:]}
    rows = StaffRows(drivers=2)
    rows.append(3, 16, **{**block, "slot": np.array([0, 1]), "center": 2, "filled": True})
    assert rows["center"].tolist() == [2, 2]
    assert rows["filled"].tolist() == [True, True]
    assert rows["replicate"].tolist() == [3, 3]
    assert len(rows.where(np.array([False, True]))) == 1
