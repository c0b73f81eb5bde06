"""A real, small run: the tables agree with each other and with the persons behind them."""

from __future__ import annotations

import numpy as np
import pytest

import bscsim
from bscsim.record import store, truth
from bscsim.record.measures import PARENT, TEACHER


@pytest.fixture(scope="module")
def run():
    scenario = bscsim.Scenario(
        name="small", population={"centers": 5, "parents": True, "sizes": 8, "areas": 2},
        enrolment={"centers_per_collaborative": 3, "rule": "random"},
        calendar={"burn_in": 3, "sessions": (3, 5), "ends": 6, "horizon": 13, "waves": (0, 6, 13)},
    )
    return bscsim.simulate(scenario, replicates=[0, 3], seed=5)


def test_arrays_and_persons_tell_the_same_story(run):
    for _, world in run.worlds:
        rows = world.staff
        at = np.searchsorted(run.replicates, rows["replicate"])
        for r in range(2):
            for center in range(5):
                for month in (0, 6, 13):
                    mine = (at == r) & (rows["center"] == center) & (rows["month"] == month) & rows["filled"]
                    staff = mine & (rows["role"] != PARENT)
                    teachers = mine & (rows["role"] == TEACHER)
                    np.testing.assert_allclose(world["practice"][r, center, month, TEACHER],
                                               rows["P"][teachers].mean(dtype=np.float64), rtol=1e-6)
                    assert world["staff"][r, center, month, :PARENT].sum() == staff.sum()
                    assert world["seats_held"][r, center, month] == (rows["seat"][mine] > 0).sum()
                    assert world["seat_holders"][r, center, month].sum() == world["seats_held"][r, center, month]
                    np.testing.assert_allclose(world["knowledge_gain"][r, center, month],
                                               (rows["K"][staff] - rows["k0"][staff]).mean(dtype=np.float64), atol=1e-6)


def test_started_is_succeeded_abandoned_and_in_progress(run):
    table = run.participation("center")
    assert (table["pdsa_started"] == table["pdsa_succeeded"] + table["pdsa_abandoned"]
            + table["pdsa_in_progress"]).all()
    assert len(table) == 2 * 3
    assert table["seat_months"].sum() == run.participation()["seat_months"].sum()
    assert table["session_attended"].sum() == run.participation()["session_attended"].sum() > 0


def test_no_effect_before_the_start_and_one_after_it(run):
    table = run.effects()
    assert (table.query("month == 0")["effect"].dropna() == 0.0).all()
    inside = table.query("month == 6 and enrolled and estimand == 'seat_holders'")["effect"]
    assert inside.mean() > 0.02
    assert set(truth.overall(run)["estimand"]) == set(truth.OVERALL_ESTIMANDS)
    overall = truth.overall(run).query("arm == 'bsc' and estimand == 'center_mean' and month == 13 and replicate == 3")
    centers = table.query("replicate == 3 and enrolled and estimand == 'all_present' and month == 13")
    assert overall["effect"].item() == pytest.approx(centers["effect"].mean())


def test_flows_of_the_months_add_up_in_every_table(run):
    table = run.centers()
    for world in ("treated", "twin"):
        exits = table[table["world"] == world].filter(regex="^exits_(?!parent)").to_numpy().sum()
        by_year = run.turnover()
        assert by_year[by_year["world"] == world]["exits"].sum() == exits > 0
    assert run.costs()["cost"].sum() == pytest.approx(table.query("world == 'treated'")["cost"].sum())
    without = run.costs().query("line != 'hiring'")["without_bsc"]
    assert (without == 0.0).all()


def test_observation_and_truth_agree_on_average_and_self_report_is_higher(run):
    table = run.outcomes().set_index(["outcome", "group"]).sort_index()
    rooms, asked = table.loc[("observed_practice", "classrooms")], table.loc[("self_report", "staff")]
    assert (rooms["measured"] - rooms["true"]).mean() == pytest.approx(0.0, abs=0.03)
    assert (asked["measured"] - asked["true"]).mean() > 0.05
    ready = table.loc[("readiness_gain", "all")].query("month == 0 and arm in ('bsc', 'twin')")
    np.testing.assert_allclose(ready[["true", "measured"]].to_numpy(), 0.0, atol=1e-6)


def test_one_replicate_gives_the_same_rows_as_all(run):
    one = run.replicate(3)
    for name in ("centers", "staff", "participation", "outcomes", "costs", "turnover", "spread"):
        whole = getattr(run, name)()
        own = getattr(one, name)()
        assert own.equals(whole[whole["replicate"] == 3].reset_index(drop=True)), name


def test_it_comes_back_from_disk_and_so_do_its_tables(run, tmp_path):
    store.write(run, tmp_path)
    back = store.read(tmp_path, run.scenario)
    assert store.differences(run, back) == []
    assert back.outcomes().equals(run.outcomes())
    assert back.effects().equals(run.effects())
