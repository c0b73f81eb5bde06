"""E15 on hand-made cases: who applies, who is taken, who goes where."""

import numpy as np
import pytest

from bscsim.agents import enrolment
from bscsim.record.measures import ACTIVE, APPLIED, POOL, REJECTED
from bscsim.rules import draws
from bscsim.rules.operators import logistic, logit

EIGHT = {"population.centers": 8, "enrolment.centers_per_collaborative": 8}
EXACT = {"parameters.ready_rel": 1.0}


def choose(model):
    """Enrol, and return the numbers of the centers taken, in order of number."""
    return sorted(center.number for members in enrolment.enrol(model) for center in members)


def statuses(model):
    return [center.status for center in model.centers]


def ready(model, levels):
    """Give each center engagement, capacity and QI capacity of one level."""
    for center, level in zip(model.centers, levels, strict=True):
        center.capacity = center.qi = level
        for person in center.staff:
            person.m = level


def test_rule_all_takes_everyone_and_min_staff_keeps_the_smallest_out(build):
    model = build(EIGHT, sizes=[3, 4, 5, 3, 8, 9, 10, 12])
    assert choose(model) == [1, 2, 4, 5, 6, 7]
    assert [status == POOL for status in statuses(model)] == [True, False, False, True] + [False] * 4
    assert model.centers[0].assessment is None  # never assessed, so never in the record as an applicant
    larger = build(EIGHT | {"population.min_staff": 9}, sizes=[3, 4, 5, 3, 8, 9, 10, 12])
    assert choose(larger) == [5, 6, 7]


def test_rule_random_takes_the_smallest_lots(build):
    model = build(EIGHT | {"enrolment.rule": "random", "enrolment.centers_per_collaborative": 3})
    lots = [center.lot(0, draws.SELECTION) for center in model.centers]
    assert choose(model) == sorted(np.argsort(lots)[:3].tolist())
    assert sorted(statuses(model)) == [REJECTED] * 5 + [ACTIVE] * 3


def test_rule_top_takes_the_most_ready(build):
    model = build(EIGHT | EXACT | {"enrolment.rule": "top", "enrolment.centers_per_collaborative": 3})
    ready(model, [0.3, 0.8, 0.2, 0.7, 0.4, 0.5, 0.6, 0.1])
    assert choose(model) == [1, 3, 6]
    for center, level in zip(model.centers, [0.3, 0.8, 0.2, 0.7, 0.4, 0.5, 0.6, 0.1], strict=True):
        assert center.assessment.components == pytest.approx((level,) * 3)
        assert center.assessment.measured_readiness == pytest.approx(level)
        assert center.assessment.true_readiness == pytest.approx(level)


def test_readiness_is_selected_on_as_measured_and_kept_as_true(build):
    rule = {"enrolment.rule": "top", "enrolment.centers_per_collaborative": 3, "parameters.ready_rel": 0.2}
    model = build(EIGHT | rule)
    levels = [0.46, 0.47, 0.48, 0.49, 0.50, 0.51, 0.52, 0.53]
    ready(model, levels)
    taken = choose(model)
    seen = [center.assessment for center in model.centers]
    assert [assessment.true_readiness for assessment in seen] == pytest.approx(levels)
    measured = [assessment.measured_readiness for assessment in seen]
    assert taken == sorted(np.argsort(measured)[-3:].tolist())
    assert taken != [5, 6, 7]


def test_rule_threshold_rejects_below_and_draws_lots_above(build):
    rule = {"enrolment.rule": "threshold", "enrolment.threshold": 0.45}
    levels = [0.44, 0.46, 0.2, 0.7, 0.4, 0.5, 0.6, 0.1]
    model = build(EIGHT | EXACT | rule)
    ready(model, levels)
    assert choose(model) == [1, 3, 5, 6]
    assert [status == REJECTED for status in statuses(model)] == [level < 0.45 for level in levels]
    fewer = build(EIGHT | EXACT | rule | {"enrolment.centers_per_collaborative": 2})
    ready(fewer, levels)
    lots = {center.number: center.lot(0, draws.SELECTION) for center in fewer.centers}
    assert choose(fewer) == sorted(sorted([1, 3, 5, 6], key=lots.get)[:2])


@pytest.mark.parametrize("low", range(3))
def test_rule_hurdle_wants_each_component(build, low):
    model = build(EIGHT | EXACT | {"enrolment.rule": "hurdle"})
    ready(model, [0.6] * 8)
    weak = model.centers[5]
    if low == 0:
        for person in weak.staff:
            person.m = 0.44  # below .45
    elif low == 1:
        weak.capacity = 0.44
    else:
        weak.qi = 0.19  # below .2
    assert choose(model) == [0, 1, 2, 3, 4, 6, 7]


def test_rule_need_takes_the_lowest_practice_first(build):
    model = build(EIGHT | {"enrolment.rule": "need", "enrolment.centers_per_collaborative": 3})
    habit = [0.3, 0.1, 0.5, 0.2, 0.4, 0.6, 0.15, 0.9]
    for center, level in zip(model.centers, habit, strict=True):
        center.traits = center.traits._replace(habit=level)
    assert choose(model) == [1, 3, 6]


@pytest.mark.parametrize(("motivation", "need"), [(0.0, 0.0), (2.0, 0.0), (0.0, 2.0), (1.0, 1.0)])
def test_field_mode_is_the_logit_of_motivation_and_need(build, motivation, need):
    model = build(EIGHT | {
        "enrolment.mode": "field", "enrolment.apply_rate": 0.4, "enrolment.rule": "random",
        "parameters.apply_motivation": motivation, "parameters.apply_need": need,
    })  # fmt: skip
    expected = []
    for center in model.centers:
        z_motivation = (center.traits.motivation - 0.55) / 0.10
        z_need = (0.30 - center.traits.habit) / 0.07
        chance = logistic(logit(0.4) + motivation * z_motivation + need * z_need)
        expected.append(center.lot(0, draws.APPLICATION) < chance)
    assert 0 < sum(expected) < 8
    assert choose(model) == [number for number, applies in enumerate(expected) if applies]
    assert [status == POOL for status in statuses(model)] == [not applies for applies in expected]


def test_collaboratives_are_dealt_in_turn_and_share_no_center(build):
    model = build({"population.centers": 8, "enrolment.rule": "random", "enrolment.collaboratives": 3,
                   "enrolment.centers_per_collaborative": 2})  # fmt: skip
    groups = enrolment.enrol(model)
    numbers = [center.number for members in groups for center in members]
    by_lot = sorted(numbers, key=lambda number: model.centers[number].lot(0, draws.ALLOCATION))
    assert [[center.number for center in members] for members in groups] == [by_lot[start::3] for start in range(3)]
    assert [len(members) for members in groups] == [2, 2, 2]
    assert len(set(numbers)) == 6
    assert statuses(model).count(ACTIVE) == 6
    assert statuses(model).count(REJECTED) == 2


def test_too_few_applicants_leave_a_collaborative_small_or_out(build):
    model = build(EIGHT | EXACT | {"enrolment.rule": "threshold", "enrolment.collaboratives": 4,
                                   "enrolment.centers_per_collaborative": 2})  # fmt: skip
    ready(model, [0.6, 0.6, 0.6, 0.1, 0.1, 0.1, 0.1, 0.1])
    assert [len(members) for members in enrolment.enrol(model)] == [1, 1, 1]


def test_nobody_is_treated_without_a_collaborative_and_in_the_twin(build, run_to):
    none = run_to(build({"enrolment.collaboratives": 0}), 2)
    twin = run_to(build(treated=False), 2)
    for model in (none, twin):
        assert model.collaboratives == []
        assert statuses(model) == [POOL] * 4
        assert all(center.team is None and center.assessment is None for center in model.centers)


def test_no_center_stays_merely_applied(build):
    model = build(EIGHT | {"enrolment.rule": "random", "enrolment.centers_per_collaborative": 5})
    enrolment.enrol(model)
    assert APPLIED not in statuses(model)


@pytest.mark.parametrize("rule", ["random", "need"])
def test_neither_burn_in_nor_the_step_changes_who_is_taken(build, run_to, rule):
    """Lots are drawn once, whatever came before; readiness may differ, so rules that look at it are left out."""
    taken = []
    for time in ({}, {"calendar.burn_in": 3}, {"simulation.dt": "week"}):
        model = run_to(build(EIGHT | time | {"enrolment.rule": rule, "enrolment.centers_per_collaborative": 4}), 1)
        taken.append([[center.number for center in members] for members in model.collaboratives])
    assert taken[0] == taken[1] == taken[2]


def test_enrolment_knows_no_order_of_storage(build):
    changes = EIGHT | {"enrolment.rule": "top", "enrolment.centers_per_collaborative": 4, "enrolment.collaboratives": 2}
    one, other = build(changes), build(changes)
    other.centers = other.centers[::-1]
    groups = [[[center.number for center in members] for members in enrolment.enrol(m)] for m in (one, other)]
    assert groups[0] == groups[1]
