from __future__ import annotations

import numpy as np
import pytest

from bscsim.record.spread import INFORMED_ABOVE
from tests.record.conftest import add_staff, small_run


def person(center, slot, number, practice, **more):
    return {"center": center, "slot": slot, "person": number, "P": practice, **more}


def test_spread_to_colleagues_counts_the_same_person_in_both_worlds():
    run = small_run(replicates=(4,))
    add_staff(run.treated, 4, 3, person(0, 0, 1, 0.5, ever_seat=True, role=0), person(0, 1, 2, 0.45),
              person(0, 2, 3, 0.35, role=3), person(1, 0, 4, 0.7, ever_seat=True), person(0, 3, 9, 0.9),
              person(2, 0, 6, 0.9))
    add_staff(run.twin, 4, 3, person(0, 0, 1, 0.3, role=0), person(0, 1, 2, 0.4), person(0, 2, 3, 0.3, role=3),
              person(1, 0, 4, 0.3), person(2, 0, 6, 0.1))
    row = run.spread().squeeze()
    assert (row["n_team"], row["n_nonteam"]) == (2, 2)  # 9 is in one world only, 6 in a center outside
    assert row["team_gain"] == pytest.approx((0.2 + 0.4) / 2)
    assert row["nonteam_gain"] == pytest.approx(0.05)
    assert row["nonteam_ratio"] == pytest.approx(0.05 / 0.3)


def test_ratios_of_nothing_are_missing():
    run = small_run(replicates=(4,))
    for world in (run.treated, run.twin):
        add_staff(world, 4, 0, person(0, 0, 1, 0.5), person(0, 1, 2, 0.5))
        add_staff(world, 4, 3, person(0, 0, 1, 0.5, ever_seat=world is run.treated), person(0, 1, 2, 0.5))
    run.labels.collaborative[:] = 0
    table = run.spread().set_index("month")
    assert table.loc[0, "n_team"] == 0
    assert np.isnan(table.loc[0, "team_gain"])
    assert table.loc[3, "n_team"] == 1
    assert table.loc[3, "team_gain"] == 0.0
    for column in ("nonteam_ratio", "borrowed_share", "outside_informed", "outside_knowledge"):
        assert table[column].isna().all(), column
    assert (table["outside_centers"] == 0).all()


def test_a_share_of_a_loss_is_missing():
    run = small_run(replicates=(4,))
    for world, level in ((run.treated, 0.25), (run.twin, 0.5)):
        add_staff(world, 4, 3, person(0, 0, 1, level, ever_seat=world is run.treated), person(0, 1, 2, 0.5))
    row = run.spread().squeeze()
    assert row["team_gain"] == -0.25
    assert np.isnan(row["nonteam_ratio"])


def test_spread_between_centers_is_the_borrowed_part_of_the_rises_so_far(run):
    for month in (0, 3, 14):
        for world in (run.treated, run.twin):
            add_staff(world, 9, month, person(0, 0, 1, 0.5))
    run.treated["fit_gained"][1, 0, 1], run.treated["ideas_borrowed"][1, 0, 1] = 0.25, 0.125
    run.treated["fit_gained"][1, 1, 3], run.treated["ideas_borrowed"][1, 1, 3] = 0.75, 0.125
    table = run.spread().query("replicate == 9").set_index("month")
    assert np.isnan(table.loc[0, "borrowed_share"])
    assert table.loc[3, "borrowed_share"] == 0.5  # what month 3 brings counts after it
    assert table.loc[14, "borrowed_share"] == 0.25


def test_spread_outside_is_knowledge_above_the_twin(run):
    run.labels.collaborative[0] = (0, -1, -1)
    for month in (0, 14):
        for world in (run.treated, run.twin):
            add_staff(world, 4, month, person(0, 0, 1, 0.5))
    run.twin["knowledge_gain"][0, :, 14] = 0.03125
    run.treated["knowledge_gain"][0, :, 14] = (0.5, 0.03125 + 2 * INFORMED_ABOVE, 0.03125)
    row = run.spread().query("replicate == 4 and month == 14").squeeze()
    assert row["outside_centers"] == 2
    assert row["outside_knowledge"] == pytest.approx(INFORMED_ABOVE, rel=1e-5)
    assert row["outside_informed"] == 0.5
    run.treated["knowledge_gain"][0, 2, 14] = np.nan  # nobody works there: not counted
    row = run.spread().query("replicate == 4 and month == 14").squeeze()
    assert (row["outside_centers"], row["outside_informed"]) == (1, 1.0)
