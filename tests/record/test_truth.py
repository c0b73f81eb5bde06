from __future__ import annotations

import numpy as np
import pytest

from bscsim.record import truth
from tests.record.conftest import add_staff, small_run


def row(center, slot, person, practice, **more):
    return {"center": center, "slot": slot, "person": person, "P": practice, **more}


@pytest.fixture
def two_worlds():
    """Replicate 9 of (4, 9): center a has persons 1, 2, 3 at month 0.

    At month 3 treated: 1 (holds a seat), 2, and 5 (new); twin: 1, 3, and 5 (new). Person 4 is an assistant.
    """
    run = small_run()
    for world in (run.treated, run.twin):
        add_staff(world, 9, 0, row(0, 0, 1, 0.2), row(0, 1, 2, 0.4), row(0, 2, 3, 0.6), row(0, 3, 4, 0.9, role=3))
    add_staff(run.treated, 9, 3, row(0, 0, 1, 0.5, seat=1, ever_seat=True), row(0, 1, 2, 0.6), row(0, 2, 5, 0.7),
              row(0, 3, 4, 1.0, role=3), row(2, 0, 7, 0.5))
    add_staff(run.twin, 9, 3, row(0, 0, 1, 0.3), row(0, 1, -1, 0.0), row(0, 2, 5, 0.6), row(0, 4, 3, 0.1),
              row(0, 3, 4, 0.9, role=3), row(2, 0, 7, 0.5))
    return run


EXPECTED = {  # at month 3 in center a: n treated, n twin, treated mean, twin mean
    "all_present": (3, 3, (0.5 + 0.6 + 0.7) / 3, (0.3 + 0.6 + 0.1) / 3),
    "stayers": (1, 1, 0.5, 0.3),  # person 1 alone was there at month 0 and is there in both worlds
    "own_world_stayers": (2, 2, 0.55, 0.2),  # 1 and 2 against 1 and 3
    "seat_holders": (1, 1, 0.5, 0.3),
    "non_team": (1, 1, 0.7, 0.6),  # person 5, in both worlds, never on the team
}


@pytest.mark.parametrize("estimand", truth.ESTIMANDS)
def test_each_estimand_compares_whom_it_says(two_worlds, estimand):
    table = two_worlds.effects().query("replicate == 9 and month == 3 and center_id == 'a'").set_index("estimand")
    n_treated, n_twin, treated, twin = EXPECTED[estimand]
    got = table.loc[estimand]
    assert (got["n_treated"], got["n_twin"]) == (n_treated, n_twin)
    assert got["treated"] == pytest.approx(treated)
    assert got["twin"] == pytest.approx(twin)
    assert got["effect"] == pytest.approx(treated - twin)
    assert got["effect_sd"] == pytest.approx((treated - twin) / got["standardiser"])


def test_standardiser_is_the_sd_of_persons_in_enrolled_centers_of_the_twin(two_worlds):
    sd = truth.standardiser(two_worlds)
    assert sd == pytest.approx([np.std([0.2, 0.4, 0.6], ddof=1), np.std([0.3, 0.6, 0.1], ddof=1)])
    add_staff(two_worlds.twin, 4, 3, row(1, 0, 1, 0.9))  # another replicate's twin counts, center c never
    add_staff(two_worlds.treated, 4, 3, row(1, 0, 1, 0.9))
    assert truth.standardiser(two_worlds)[1] == pytest.approx(np.std([0.3, 0.6, 0.1, 0.9], ddof=1))


def test_a_person_who_moved_to_another_center_is_no_stayer():
    run = small_run(replicates=(4,))
    for world in (run.treated, run.twin):
        add_staff(world, 4, 0, row(0, 0, 1, 0.2), row(1, 0, 2, 0.2))
        add_staff(world, 4, 3, row(1, 1, 1, 0.4), row(1, 0, 2, 0.4))
    table = run.effects().query("month == 3 and center_id == 'b'").set_index("estimand")
    assert table.loc["all_present", "n_treated"] == 2
    assert table.loc["stayers", "n_treated"] == 1
    assert table.loc["own_world_stayers", "n_treated"] == 1


@pytest.mark.parametrize("world", ["treated", "twin"])
def test_a_stayer_was_there_at_month_0_in_both_worlds(world):
    run = small_run(replicates=(4,))
    for name, one in run.worlds:
        add_staff(one, 4, 0, row(0, 0, 1, 0.2), *([row(0, 1, 2, 0.2)] if name == world else []))
        add_staff(one, 4, 3, row(0, 0, 1, 0.4), row(0, 1, 2, 0.4))
    table = run.effects().query("month == 3 and center_id == 'a'").set_index("estimand")
    assert table.loc["stayers", ["n_treated", "n_twin"]].tolist() == [1, 1]
    assert table.loc["non_team", "n_treated"] == 2


def test_the_same_id_in_another_replicate_is_another_person():
    run = small_run()
    add_staff(run.treated, 4, 0, row(0, 0, 1, 0.2))
    add_staff(run.twin, 9, 0, row(0, 0, 1, 0.2))
    table = run.effects().query("estimand == 'non_team' and month == 0")
    assert (table["n_treated"] == 0).all()


def test_at_month_0_every_effect_is_exactly_zero(two_worlds):
    table = two_worlds.effects().query("month == 0 and n_treated > 0")
    assert len(table) == 4  # nobody has held a seat yet
    assert (table["effect"] == 0.0).all()


def test_overall_counts_persons_once_and_in_center_mean_centers_once(two_worlds):
    for world, level in ((two_worlds.treated, 0.9), (two_worlds.twin, 0.8)):
        add_staff(world, 9, 3, row(1, 0, 8, level))
    table = truth.overall(two_worlds).query("replicate == 9 and month == 3").set_index(["arm", "estimand"])
    center = table.loc[("bsc", "center_mean")]
    a = EXPECTED["all_present"][2] - EXPECTED["all_present"][3]
    assert center["effect"] == pytest.approx((a + 0.1) / 2)
    assert (center["n_treated"], center["n_twin"]) == (2, 2)
    person = table.loc[("bsc", "all_present")]
    assert person["effect"] == pytest.approx((0.5 + 0.6 + 0.7 + 0.9) / 4 - (0.3 + 0.6 + 0.1 + 0.8) / 4)
    assert person["n_treated"] == 4
    assert table.loc[("outside", "all_present"), "effect"] == 0.0
    assert table.loc[("outside", "all_present"), "n_treated"] == 1
    empty = truth.overall(two_worlds).query("replicate == 4 and month == 3 and estimand == 'center_mean'")
    assert empty["effect"].isna().all()


def test_an_arm_without_centers_has_no_rows(two_worlds):
    two_worlds.labels.collaborative[:] = 0
    assert truth.overall(two_worlds)["arm"].unique().tolist() == ["bsc"]


def test_if_month_0_is_no_wave_nobody_is_a_stayer():
    run = small_run(replicates=(4,))
    for world in (run.treated, run.twin):
        add_staff(world, 4, 3, row(0, 0, 1, 0.2))
    table = run.effects().set_index(["estimand", "center_id"])
    assert table.loc[("stayers", "a"), "n_treated"] == 0
    assert np.isnan(table.loc[("stayers", "a"), "effect"])
    assert table.loc[("non_team", "a"), "n_treated"] == 1


def test_ids_that_name_different_persons_are_noticed():
    run = small_run(replicates=(4,))
    add_staff(run.treated, 4, 3, row(0, 0, 1, 0.2, b=0.31))
    add_staff(run.twin, 4, 3, row(0, 0, 1, 0.2, b=0.32))
    with pytest.raises(ValueError, match="a person id names two persons"):
        run.effects()


def test_without_a_twin_there_is_no_truth():
    run = small_run(twin=False)
    for table in (run.effects, run.spread, lambda: truth.overall(run)):
        with pytest.raises(ValueError, match="twin=True"):
            table()
