from __future__ import annotations

import numpy as np
import pytest

from bscsim.record import levels, measured
from bscsim.record.measures import LEADER, TEACHER
from tests.record.conftest import add_staff, small_run


@pytest.fixture
def filled():
    """One replicate, waves at 0, 3 (the end) and 14; a and b enrolled, c outside."""
    run = small_run(replicates=(4,), obs_rel=1.0, sr_sd=0.0, ready_rel=1.0)
    for _, world in run.worlds:
        for name in ("fit", "qi", "climate", "readiness", "motivation", "capacity"):
            world[name][:] = 0.25
        for month in (0, 3, 14):
            add_staff(world, 4, month, {"center": 0, "slot": 0, "person": 1, "P": 0.25, "K": 0.5},
                      {"center": 0, "slot": 1, "person": 10 + month, "P": 0.75, "K": (0.75, 0.25)},
                      {"center": 1, "slot": 0, "person": 2, "P": 0.5, "classroom": 0},
                      {"center": 1, "slot": 1, "person": 3, "P": 1.0, "classroom": 0, "role": 3})
    return run


def one(run, outcome, month=3, arm="bsc", group="all", value="true", by="arm"):
    table = run.outcomes(by)
    rows = table[(table["outcome"] == outcome) & (table["month"] == month) & (table["group"] == group)]
    rows = rows[rows["arm"] == arm]
    assert len(rows) == 1, rows
    return rows.iloc[0][value]


def test_organizational_levels_from_the_arrays(filled):
    world = filled.treated
    world["fit"][0, 0, 3], world["fit"][0, 1, 3] = (0.75, 0.25), (0.5, 0.5)
    world["qi"][0, :, 3] = (0.5, 0.75, 0.0)
    world["climate"][0, :, 3] = (0.25, 0.75, 0.0)
    world["engagement"][0, 0, 3, LEADER] = 0.625  # b has no leader: missing
    world["readiness"][0, :, 3] = (0.5, 0.75, 1.0)
    filled.labels.readiness_selection[0] = (0.25, 0.375, np.nan)
    assert one(filled, "fit") == 0.5
    assert one(filled, "formalised") == 0.25  # one of four drivers; .5 itself is not above the cut
    assert one(filled, "qi_gain") == pytest.approx((0.25 + 0.5) / 2)
    assert one(filled, "climate_gain") == pytest.approx(0.25)
    assert one(filled, "leader_motivation") == 0.625
    assert one(filled, "leader_motivation", value="centers") == 1
    assert one(filled, "readiness_gain") == pytest.approx((0.25 + 0.375) / 2)
    assert one(filled, "fit", arm="twin") == 0.25
    assert one(filled, "qi_gain", arm="outside") == -0.25
    assert np.isnan(one(filled, "readiness_gain", arm="outside"))
    assert one(filled, "readiness_gain", arm="outside", value="centers") == 0


def test_measured_readiness_gain(filled):
    filled.treated["qi"][0, :, 3] = 0.5
    filled.labels.readiness_measured[0, 0] = 0.25
    gain = (0.25 * 0.25 * 0.5) ** (1 / 3) - 0.25
    assert one(filled, "readiness_gain", value="measured") == pytest.approx(gain)
    assert one(filled, "readiness_gain", 0, value="measured") == pytest.approx(0.0, abs=1e-12)


def test_readiness_of_nobody_counts_neither_as_true_nor_as_measured(filled):
    """A center without staff keeps the engagement it last had (E4), which nobody can be asked for."""
    filled.treated["motivation"][0, 0, 3] = np.nan
    filled.treated["readiness"][0, :, 3] = (0.5, 0.75, 1.0)
    filled.labels.readiness_selection[0, :2] = 0.25
    assert one(filled, "readiness_gain") == pytest.approx(0.5)  # of b alone
    assert one(filled, "readiness_gain", value="centers") == 1


def test_what_is_kept_is_the_gain_over_the_twin_and_exists_after_the_end_only(filled):
    world = filled.treated
    world["fit"][0, 0, 3], world["fit"][0, 0, 14] = (0.75, 0.75), (0.5, 0.25)
    world["fit"][0, 2, 3] = 0.75  # outside: never counts
    filled.twin["climate"][0, 1, 3], filled.twin["climate"][0, 1, 14] = 0.125, 0.25
    world["pdsa_started"][0, 0, 2:5] = (7, 3, 8)  # month 2 is before the end
    assert one(filled, "fit_kept", 14) == pytest.approx(0.125 / 0.5)
    assert one(filled, "fit_kept", 14, value="centers") == 2  # b gained nothing and counts in both sums
    assert np.isnan(one(filled, "fit_kept", 14, "outside"))
    assert one(filled, "climate_kept", 14) == pytest.approx(0.0)
    assert np.isnan(one(filled, "qi_kept", 14))
    assert (one(filled, "fit_kept", 14, value="part"), one(filled, "fit_kept", 14, value="whole")) == (0.125, 0.5)
    assert one(filled, "climate_kept", 14, value="whole") == 0.125
    assert np.isnan(one(filled, "pdsa_after", 14, value="whole"))  # a mean, not a ratio
    assert one(filled, "pdsa_after", 14) == pytest.approx((11 / 11 + 0) / 2)
    table = filled.outcomes()
    distal = table[table["outcome"].isin(["fit_kept", "pdsa_after"])]
    assert distal["period"].unique().tolist() == ["distal"]
    assert distal["month"].unique().tolist() == [14]
    assert table[table["outcome"] == "fit_kept"]["arm"].unique().tolist() == ["bsc", "outside"]


def test_kept_shares_are_pooled_over_centers(filled):
    filled.treated["qi"][0, :2, 3], filled.treated["qi"][0, :2, 14] = (0.5, 1.0), (0.5, 0.25)
    assert one(filled, "qi_kept", 14) == pytest.approx((0.25 + 0.0) / (0.25 + 0.75))
    by_center = filled.outcomes("center").query("outcome == 'qi_kept' and month == 14 and world == 'treated'")
    assert by_center.set_index("center_id")["true"].loc[["a", "b"]].tolist() == pytest.approx([1.0, 0.0])


def test_team_diagnostics(filled):
    world = filled.treated
    world["seats"][0, :2, 1:], world["seats_held"][0, :2, 3], world["seats_at_role"][0, :2, 3] = 4, (3, 1), (2, 0)
    world["drive"][0, :2, 3] = (0.5, 1.0)
    world["pdsa_succeeded"][0, 0, 0:4] = (9, 2, 4, 5)  # pre-work ends at 1, the collaborative at 3
    world["fit_gained"][0, :2, 2] = (0.75, 0.25)
    world["ideas_borrowed"][0, :2, 2] = (0.25, 0.0)
    assert one(filled, "seats_held") == pytest.approx((3 / 4 + 1 / 4) / 2)
    assert one(filled, "roles_covered") == pytest.approx(0.25)
    assert one(filled, "drive") == 0.75
    assert one(filled, "pdsa_succeeded") == pytest.approx((6 / 2 + 0) / 2)
    assert one(filled, "pdsa_succeeded", 14) == one(filled, "pdsa_succeeded")
    assert np.isnan(one(filled, "pdsa_succeeded", 0))
    assert one(filled, "ideas_borrowed") == 0.125
    assert one(filled, "borrowed_share") == 0.25
    for outcome in ("seats_held", "roles_covered", "pdsa_succeeded", "ideas_borrowed", "borrowed_share"):
        assert np.isnan(one(filled, outcome, arm="outside")), outcome


def test_practitioners_by_role_team_and_time_in_the_center(filled):
    filled.treated["practice"][0, :2, 3, TEACHER] = (0.25, 0.75)
    filled.treated["knowledge_nonteam"][0, 1, 3] = 0.375
    assert one(filled, "practice", group="teacher") == 0.5
    assert one(filled, "knowledge", group="nonteam") == 0.375
    assert np.isnan(one(filled, "practice", group="leader"))
    # center a: person 1 was there at month 0, person 13 was not; center b: person 2 stayed
    assert one(filled, "practice", group="stayers") == pytest.approx((0.25 + 0.5) / 2)
    assert one(filled, "practice", group="newcomers") == 0.75
    assert one(filled, "practice", 3, "bsc", "newcomers", "centers") == 1
    assert one(filled, "practice", 0, group="stayers") == pytest.approx((0.5 + 0.5) / 2)
    assert one(filled, "knowledge", group="newcomers") == 0.5


def test_stages_by_cut_points(filled):
    # teachers' drivers: a has K .5 .5 .75 .25 and P .25 .25 .75 .75; b has K .6 .6 and P .5 .5
    assert one(filled, "known", group="teacher") == pytest.approx((1 / 4 + 1) / 2)
    assert one(filled, "used", group="teacher") == pytest.approx((2 / 4 + 0) / 2)


def test_observed_reported_and_tested(filled):
    p = filled.scenario.parameters
    assert one(filled, "observed_practice", group="classrooms") == pytest.approx((0.5 + 0.75) / 2)
    assert one(filled, "observed_practice", group="classrooms", value="measured") == pytest.approx((0.5 + 0.75) / 2)
    assert one(filled, "self_report", group="staff") == pytest.approx((0.5 + 0.75) / 2)
    table = filled.outcomes("center").query("outcome == 'self_report' and group == 'teacher' and center_id == 'b'")
    answered = table["measured"].dropna()
    assert len(answered)
    np.testing.assert_allclose(answered, 0.5 + p.sr_bias)
    for outcome in ("response", "child_score"):
        group = "staff" if outcome == "response" else "classrooms"
        assert np.isfinite(one(filled, outcome, group=group))
        assert np.isfinite(one(filled, outcome, group=group, value="measured"))


def test_only_those_who_answered_are_reported():
    run = small_run(replicates=(4,), nonresp_slope=3.0, sr_sd=0.0, sr_bias=0.0)
    for _, world in run.worlds:
        add_staff(world, 4, 3, *({"center": 0, "slot": s, "person": s, "P": s / 400, "M": s / 400} for s in range(400)))
    asked = measured.reports(run, run.treated, measured.reference(run))
    answered = asked.practice[asked.responded].mean()
    assert one(run, "self_report", group="staff", value="measured") == pytest.approx(answered)
    assert answered - one(run, "self_report", group="staff") > 0.05
    assert one(run, "response", group="staff", value="measured") == pytest.approx(asked.responded.mean())


def test_periods_arms_levels_and_order(filled):
    table = filled.outcomes()
    assert table.groupby("month", observed=True)["period"].unique().map(list).to_dict() == {
        0: ["baseline"], 3: ["proximal"], 14: ["distal"]}
    assert table["arm"].unique().tolist() == ["bsc", "twin", "outside", "outside_twin"]
    assert {*table["level"]} == {*levels.LEVELS}
    assert {*table["outcome"]} == {outcome.name for outcome in levels.OUTCOMES}
    order = [list(table["arm"].cat.categories).index(arm) for arm in table["arm"]]
    assert order == sorted(order)


def test_a_wave_between_start_and_end_is_during(filled):
    for _, world in filled.worlds:
        add_staff(world, 4, 2, {"center": 0, "slot": 0, "person": 1, "P": 0.25})
    table = filled.outcomes()
    assert table.query("month == 2")["period"].unique().tolist() == ["during"]


def test_everyone_enrolled_means_no_arm_outside(filled):
    filled.labels.collaborative[:] = 0
    assert filled.outcomes()["arm"].unique().tolist() == ["bsc", "twin"]
    assert "outside_informed" not in filled.outcomes()["outcome"].tolist()


def test_a_wave_need_not_fall_on_the_end(filled):
    run = filled
    keep = run.treated.staff["month"] != 3
    run.treated.staff = run.treated.staff.where(keep)
    run.twin.staff = run.twin.staff.where(run.twin.staff["month"] != 3)
    assert one(run, "fit") == 0.25  # what the arrays hold is there
    assert np.isnan(one(run, "observed_practice", group="classrooms"))  # what needs persons is missing


def test_by_center_and_without_a_twin(filled):
    table = filled.outcomes("center")
    assert {"world", "center_id", "sector"} <= {*table.columns}
    fit = table.query("outcome == 'fit' and month == 3")
    assert fit["world"].tolist() == ["treated"] * 3 + ["twin"] * 3
    with pytest.raises(ValueError, match="not by 'person'"):
        filled.outcomes("person")
    alone = small_run(twin=False, replicates=(4,))
    add_staff(alone.treated, 4, 0, {"center": 0, "slot": 0, "person": 1, "P": 0.25})
    names = alone.outcomes()
    assert names["arm"].unique().tolist() == ["bsc", "outside"]
    assert not {"fit_kept", "nonteam_share"} & {*names["outcome"]}
