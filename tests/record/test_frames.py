from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from bscsim.record import frames
from tests.record.conftest import add_staff, small_run


def test_centers_has_a_row_for_every_replicate_world_center_and_month_in_order(run):
    run.treated["status"][1, 2, 14] = 3
    run.treated["practice"][1, 1, 5, 2] = 0.75
    run.twin["practice"][1, 1, 5, 2] = 0.5
    run.treated["fit"][1, 1, 5] = (0.25, 0.5)
    run.treated["attended"][1, 1, 5, (0, 2), 3] = (2, 1)
    run.treated["cost"][1, 1, 5, 1] = 10.0
    run.treated["cost"][1, 1, 5, 8] = 4.0
    table = run.centers()
    assert len(table) == 2 * 2 * 3 * 15
    keys = table[["replicate", "world", "center", "month"]].assign(world=table["world"].cat.codes)
    assert [tuple(row) for row in keys.to_numpy()] == [
        (r, w, c, m) for r in (4, 9) for w in (0, 1) for c in range(3) for m in range(15)]
    row = table.query("replicate == 9 and world == 'treated' and center == 1 and month == 5").squeeze()
    assert (row["center_id"], row["sector"], row["area"], row["collaborative"], row["size"]) == (
        "b", "head_start", "north", 0, 4)
    assert (row["practice_teacher"], row["fit_1"], row["fit_2"], row["fit"]) == (0.75, 0.25, 0.5, 0.375)
    assert (row["attended_session"], row["attended_call"]) == (3, 0)
    assert (row["cost_sessions"], row["cost_hiring"], row["cost"]) == (10.0, 4.0, 14.0)
    assert row["status"] == "active"
    twin = table.query("replicate == 9 and world == 'twin' and center == 1 and month == 5").squeeze()
    assert twin["practice_teacher"] == 0.5
    last = table.query("replicate == 9 and world == 'treated' and center == 2 and month == 14").squeeze()
    assert (last["status"], last["area"], last["collaborative"]) == ("control", "south", -1)
    assert len(frames.centers(run, ("twin",))) == 2 * 3 * 15
    assert len(small_run(twin=False).centers()) == 2 * 3 * 15


def test_staff_says_who_and_gives_means_over_drivers(run):
    for world, level in ((run.treated, 0.75), (run.twin, 0.5)):
        add_staff(world, 9, 3, {"center": 1, "slot": 2, "person": 11, "P": level, "role": 3},
                  {"center": 1, "slot": 0, "person": -1, "classroom": -1, "role": 0})
    run.treated.staff.columns["P"][1] = (0.5, 1.0)
    table = run.staff()
    assert table["world"].tolist() == ["treated", "treated", "twin", "twin"]
    assert table["slot"].tolist() == [0, 2, 0, 2]
    row = table.iloc[1]
    assert (row["replicate"], row["center_id"], row["month"], row["person"]) == (9, "b", 3, 11)
    assert row["role"] == "assistant"
    assert (row["P_1"], row["P_2"], row["practice"]) == (0.5, 1.0, 0.75)
    vacant = table.iloc[0]
    assert not vacant["filled"]
    assert np.isnan(vacant["practice"])
    pd.testing.assert_frame_equal(run.staff(month=3), table)
    assert len(frames.staff(run, 3, worlds=("treated",))) == 2
    with pytest.raises(ValueError, match=r"at month 5; waves are at months \[3\]"):
        run.staff(month=5)


def test_replicates_need_not_be_in_order():
    run = small_run(replicates=(9, 4, 6))
    for replicate in (4, 6, 9):
        add_staff(run.treated, replicate, 0, {"center": 0, "slot": 0, "person": replicate})
    run.labels.size[:, 0] = (90, 40, 60)
    table = frames.staff(run, 0, ("treated",))
    assert table[["replicate", "person", "size"]].to_numpy().tolist() == [[4, 4, 40], [6, 6, 60], [9, 9, 90]]
