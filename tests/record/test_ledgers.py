from __future__ import annotations

import numpy as np
import pytest

from bscsim.record.measures import COACHING_VISITS, HIRING, LEADER, OTHER, PARENT, STAFF_TIME, TEACHER
from tests.record.conftest import small_run


@pytest.fixture
def moved(run):
    world = run.treated
    world["staff"][0, 0, :, TEACHER] = 3
    world["staff"][0, 0, :, OTHER] = 1
    world["staff"][0, 0, 6:, OTHER] = 0  # year 0: 6 months of 4, 6 of 3 staff; year 1: 3
    world["staff"][0, 0, :, PARENT] = 1  # parents are no staff
    world["exits"][0, 0, 2, TEACHER], world["exits"][0, 0, 5, OTHER], world["exits"][0, 0, 13, TEACHER] = 1, 1, 2
    world["exits"][0, 0, 2, PARENT] = 1
    world["exits"][0, 0, 14, TEACHER] = 9  # the horizon: no step follows, nothing counts
    world["hires"][0, 0, 3, TEACHER] = 1
    world["hires"][0, 0, 3, PARENT] = 1
    world["local_hires"][0, 0, 3] = 1
    world["seats_lost"][0, 0, 2], world["seats_refilled"][0, 0, 4] = 1, 1
    world["knowledge_lost"][0, 0, (2, 13)] = (0.25, 0.5)
    world["leaver_practice"][0, 0, (2, 13)] = (0.5, 0.75)
    run.twin["exits"][0, 0, 2, LEADER] = 1
    return run


def test_turnover_by_year(moved):
    table = moved.turnover()
    assert len(table) == 2 * 2 * 3 * 2
    rows = table.query("replicate == 4 and center == 0 and world == 'treated'").set_index("year")
    assert rows["months"].tolist() == [12, 2]
    assert rows["staff"].tolist() == [3.5, 3.0]
    assert rows["exits"].tolist() == [2, 2]
    assert rows["exits_teacher"].tolist() == [1, 2]
    assert rows["exits_parent"].tolist() == [1, 0]
    assert rows["annual_rate"].tolist() == pytest.approx([2 / 3.5, 2 * 12 / (2 * 3.0)])
    assert rows["hires"].tolist() == [1, 0]
    assert rows["local_hires"].tolist() == [1, 0]
    assert rows["replaced"].tolist() == [0.5, 0.0]
    assert (rows["seats_lost"].tolist(), rows["seats_refilled"].tolist()) == ([1, 0], [1, 0])
    assert rows["knowledge_lost"].tolist() == [0.25, 0.5]
    assert rows["leaver_practice"].tolist() == [0.5, 0.375]
    twin = table.query("replicate == 4 and center == 0 and world == 'twin' and year == 0").squeeze()
    assert (twin["exits_leader"], twin["exits"]) == (1, 1)
    assert np.isnan(twin["annual_rate"])  # nobody on staff
    assert np.isnan(twin["leaver_practice"])
    nobody = table.query("replicate == 9 and center == 2 and world == 'twin' and year == 0").squeeze()
    assert np.isnan(nobody["replaced"])


def test_turnover_by_month_adds_up_to_the_year(moved):
    by_month, by_year = moved.turnover("month"), moved.turnover()
    assert len(by_month) == 2 * 2 * 3 * 14
    assert by_month["exits"].sum() == by_year["exits"].sum() == 5
    assert by_month["knowledge_lost"].sum() == by_year["knowledge_lost"].sum()
    row = by_month.query("replicate == 4 and center == 0 and world == 'treated' and month == 2").squeeze()
    assert (row["exits"], row["annual_rate"], row["months"]) == (1, 12 / 4, 1)
    with pytest.raises(ValueError, match="not per 'week'"):
        moved.turnover("week")


def test_costs_by_line_and_payer_with_and_without_the_collaborative(run):
    run.treated["cost"][0, 0, (1, 2), COACHING_VISITS] = (100.0, 50.0)
    run.treated["cost"][0, 0, 1, STAFF_TIME] = 20.0
    run.treated["cost"][0, 0, 5, HIRING] = 300.0
    run.twin["cost"][0, 0, 4, HIRING] = 450.0
    table = run.costs()
    assert len(table) == 2 * 3 * 9
    rows = table.query("replicate == 4 and center == 0").set_index("line")
    assert rows.loc["coaching", ["payer", "cost", "without_bsc", "added"]].tolist() == ["sponsor", 150.0, 0.0, 150.0]
    assert rows.loc["staff_time", ["payer", "cost"]].tolist() == ["center", 20.0]
    assert rows.loc["hiring", ["payer", "cost", "without_bsc", "added"]].tolist() == [
        "center, turnover", 300.0, 450.0, -150.0]
    assert table["cost"].sum() == run.treated["cost"].sum()


def test_without_a_twin_the_other_world_is_missing():
    table = small_run(twin=False).costs()
    assert table["cost"].notna().all()
    assert table["without_bsc"].isna().all()
    assert table["added"].isna().all()
