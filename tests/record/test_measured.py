from __future__ import annotations

import numpy as np
import pytest

from bscsim.record import measured
from bscsim.record.measures import ACTIVE
from bscsim.rules import draws, measurement, operators
from tests.record.conftest import SmallPool, add_staff, small_run


def crowd(run, replicate=4, month=0, center=0, people=400, seed=1, **more):
    """Fill a center with one-person rooms of different practice and motivation, alike in both worlds."""
    practice = np.random.default_rng(seed).normal(0.4, 0.1, people)
    mood = np.random.default_rng(seed + 1).normal(0.5, 0.1, people)
    for _, world in run.worlds:
        add_staff(world, replicate, month, *({"center": center, "slot": i, "person": i, "P": practice[i], "M": mood[i],
                                              **more} for i in range(people)))
    return run


def test_a_room_is_the_mean_of_the_staff_present_in_it():
    run = small_run(replicates=(4,))
    add_staff(run.treated, 4, 3, {"center": 1, "slot": 0, "person": 1, "P": 0.2, "classroom": 0},
              {"center": 1, "slot": 1, "person": 2, "P": 0.6, "classroom": 0, "role": 3},
              {"center": 1, "slot": 2, "person": -1, "classroom": 0, "role": 3},
              {"center": 1, "slot": 3, "person": 3, "P": 0.9, "classroom": 1},
              {"center": 1, "slot": 4, "person": 4, "P": 0.9, "classroom": -1, "role": 0},
              {"center": 1, "slot": 5, "person": -1, "classroom": 2})
    rooms = measured.rooms(run, run.treated, measured.Reference(*np.zeros((4, 1))))
    assert rooms.classroom.tolist() == [0, 1]  # an empty room is not seen
    assert rooms.true.tolist() == pytest.approx([0.4, 0.9])
    assert rooms.center.tolist() == [1, 1]


def test_observation_error_has_the_variance_that_the_reliability_says():
    run = crowd(small_run(replicates=(4,), obs_rel=0.5), people=1000)
    scale = measured.reference(run)
    rooms = measured.rooms(run, run.treated, scale)
    error = rooms.observed - rooms.true
    assert scale.room_sd[0] == pytest.approx(np.std(rooms.true, ddof=1))
    assert np.std(error) == pytest.approx(scale.room_sd[0], rel=0.08)  # SE of an SD of 1000: 2.2%
    assert abs(np.mean(error)) < 4 * scale.room_sd[0] / np.sqrt(1000)
    assert abs(np.corrcoef(error, rooms.true)[0, 1]) < 0.13
    perfect = measured.rooms(crowd(small_run(replicates=(4,), obs_rel=1.0)), run.treated, scale)
    np.testing.assert_array_equal(perfect.observed, perfect.true)


def test_draws_are_those_of_the_scalar_functions_and_keys_are_center_room_and_month():
    run = small_run()
    add_staff(run.treated, 9, 3, {"center": 2, "slot": 1, "person": 5, "P": 0.5, "classroom": 6, "occupant": 3})
    scale = measured.Reference(*np.full((4, 2), 0.25))
    room, p = measured.rooms(run, run.treated, scale), run.scenario.parameters
    step = 3  # the month, whatever burn-in and time step
    z = operators.normal(draws.uniform(7, 9, 4_000_000_000, 6, step, draws.OBSERVATION))
    assert room.observed[0] == measurement.observed_practice(0.5, 0.25, p.obs_rel, z)
    z = operators.normal(draws.uniform(7, 9, 4_000_000_000, 6, step, draws.CHILD))
    assert room.tested[0] == measurement.children_tested(room.child[0], 10, z)
    report = measured.reports(run, run.treated, scale)
    item = draws.staff_item(1, 3, 0)
    z = operators.normal(draws.uniform(7, 9, 4_000_000_000, item, step, draws.SELF_REPORT))
    assert report.report[0] == measurement.self_report(0.5, p.sr_bias, p.sr_demand, 0.0, p.sr_sd, z)
    lot = draws.uniform(7, 9, 4_000_000_000, item, step, draws.RESPONSE)
    assert report.responded[0] == (lot < report.probability[0])


def test_the_same_room_has_the_same_error_in_both_worlds():
    run = small_run(replicates=(4,))
    for world, level in ((run.treated, 0.75), (run.twin, 0.5)):
        add_staff(world, 4, 3, {"center": 0, "slot": 0, "person": 1, "P": level})
    scale = measured.Reference(*np.full((4, 1), 0.25))
    one, other = (measured.rooms(run, world, scale) for _, world in run.worlds)
    assert one.observed[0] - other.observed[0] == pytest.approx(0.25)
    assert one.observed[0] != 0.75


def test_measurements_do_not_depend_on_other_replicates_or_on_the_order_of_centers():
    def seen(run, center):
        rooms = measured.rooms(run, run.treated, measured.reference(run))
        keep = (rooms.center == center) & (rooms.at == run.replicates.index(4))
        return rooms.observed[keep].tolist()

    one = crowd(small_run(replicates=(4,)), center=1, people=5)
    many = crowd(crowd(small_run(replicates=(9, 4)), center=1, people=5), replicate=9, center=0, seed=5)
    turned = crowd(small_run(replicates=(4,), pool=SmallPool(id=("b", "a", "c"), number=(1, 0, 4_000_000_000))),
                   center=0, people=5)
    assert seen(one, 1) == seen(many, 1) == seen(turned, 0)
    assert len(set(seen(one, 1))) == 5


def test_reference_takes_untreated_centers_only():
    run = small_run(twin=False, replicates=(4,))
    for center, level in ((0, 0.9), (2, 0.2)):
        add_staff(run.treated, 4, 3, *({"center": center, "slot": s, "person": 10 * center + s, "P": level + 0.1 * s,
                                        "M": level} for s in (0, 1)))
    run.treated["status"][0, :, 3] = (4, 4, 3)  # a and b are active
    scale = measured.reference(run)
    assert scale.room_mean[0] == pytest.approx(0.25)
    assert scale.room_sd[0] == pytest.approx(np.std([0.2, 0.3], ddof=1))
    assert scale.motivation_mean[0] == pytest.approx(0.2)
    nobody = small_run(twin=False, replicates=(4,))
    add_staff(nobody.treated, 4, 3, {"center": 0, "slot": 0, "person": 1, "P": 0.5})
    nobody.treated["status"][0, 0, 3] = 4
    assert np.isnan(measured.reference(nobody).room_sd).all()
    rooms = measured.rooms(nobody, nobody.treated, measured.reference(nobody))
    assert np.isnan(rooms.observed).all()  # unknown, not perfect


def test_self_report_is_biased_and_more_so_after_exposure():
    def mean_error(**more):
        run = crowd(small_run(replicates=(4,), sr_bias=0.1, sr_demand=0.05, sr_sd=0.02), **more)
        report = measured.reports(run, run.treated, measured.reference(run))
        return np.mean(report.report - report.practice)

    assert mean_error() == pytest.approx(0.10, abs=4 * 0.02 / 20)
    assert mean_error(exposed=True) - mean_error() == pytest.approx(0.05)


def test_the_motivated_answer_more_often():
    run = crowd(small_run(replicates=(4,), nonresp_slope=1.5), people=1000)
    report = measured.reports(run, run.treated, measured.reference(run))
    mood = run.treated.staff["M"]
    rate = report.responded[mood > 0.5].mean(), report.responded[mood <= 0.5].mean()
    assert rate[0] - rate[1] > 0.15
    assert report.responded.mean() == pytest.approx(report.probability.mean(), abs=4 * 0.4 / np.sqrt(1000))
    indifferent = crowd(small_run(replicates=(4,), nonresp_slope=0.0))
    report = measured.reports(indifferent, indifferent.treated, measured.reference(indifferent))
    np.testing.assert_allclose(report.probability, measurement.RESPONSE_RATE)


def test_child_scores_follow_practice_and_lost_lead_teachers():
    run = small_run(replicates=(4,), child_slope=0.5, child_turn=-0.25)
    stayed = {"tenure": 3.25 / 12}  # month 3 of a year that starts in September is December: 3 months of school
    late = {"tenure": 2.75 / 12}
    add_staff(run.treated, 4, 3, {"center": 0, "slot": 0, "person": 1, "P": 0.5, **stayed},
              {"center": 0, "slot": 1, "person": 2, "P": 0.75, **late},
              {"center": 0, "slot": 2, "person": -1, "classroom": 2},
              {"center": 0, "slot": 3, "person": 3, "P": 0.25, "classroom": 2, "role": 3, "tenure": 0.01},
              {"center": 0, "slot": 4, "person": 4, "P": 0.5, "classroom": 0, "role": 3, "tenure": 0.01})
    scale = measured.Reference(np.array([0.5]), np.array([0.25]), np.array([0.5]), np.array([0.1]))
    rooms = measured.rooms(run, run.treated, scale)
    assert rooms.changed.tolist() == [0.0, 1.0, 1.0]  # stayed; came late; post vacant (an assistant keeps the room)
    assert rooms.child.tolist() == pytest.approx([0.0, 0.5 - 0.25, -0.5 - 0.25])


def test_tested_children_differ_from_the_true_mean_by_sampling():
    run = crowd(small_run(replicates=(4,)), people=1000)
    rooms = measured.rooms(run, run.treated, measured.reference(run))
    assert np.std(rooms.tested - rooms.child) == pytest.approx(1 / np.sqrt(10), rel=0.09)


def test_measured_readiness_has_each_components_error_and_is_reproducible(run):
    for name, level in (("motivation", 0.5), ("capacity", 0.4), ("qi", 0.3)):
        run.treated[name][:] = level
    seen = measured.measured_readiness(run, run.treated, np.array([0, 3]))
    assert seen.shape == (2, 2, 3)
    p, step = run.scenario.parameters, 3
    parts = []
    for item, (level, sd) in enumerate(((0.5, p.motivation_sd), (0.4, p.capacity_sd), (0.3, p.qi_sd))):
        u = draws.uniform(7, 9, 1, item, step, draws.READINESS_ERROR)
        parts.append(np.float32(level) + sd * np.sqrt(1 / p.ready_rel - 1) * operators.normal(u))
    assert seen[1, 1, 1] == pytest.approx(np.prod(parts) ** (1 / 3))
    exact = small_run(ready_rel=1.0)
    for name, level in (("motivation", 0.5), ("capacity", 0.4), ("qi", 0.3)):
        exact.treated[name][:] = level
    np.testing.assert_allclose(measured.measured_readiness(exact, exact.treated, np.array([0])), 0.06 ** (1 / 3))


def test_without_an_untouched_center_measurements_are_missing_not_perfect():
    """A scale of errors needs untreated rooms: a run without twin whose first wave comes late has none."""
    run = small_run(twin=False)
    run.treated["status"][:] = ACTIVE
    for month in (0, 3):
        add_staff(run.treated, 9, month, *({"center": 0, "slot": s, "person": s, "P": 0.1 * s} for s in (1, 2, 3)))
    scale = measured.reference(run)
    assert np.isnan(scale.room_sd).all()
    assert np.isnan(measured.rooms(run, run.treated, scale).observed).all()
    table = run.outcomes().query("outcome in ['observed_practice', 'response', 'child_score']")
    assert table["measured"].isna().all()
    assert table.query("outcome == 'observed_practice'")["true"].notna().any()
