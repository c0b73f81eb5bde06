"""E15, E13, E3: application, selection and seats."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bscsim.rules import enrolment
from bscsim.rules.people import ASSISTANT, LEADER, OTHER, PARENT, SUPERVISOR, TEACHER

UNIT = st.floats(0.0, 1.0)
SCORE = st.floats(-5.0, 5.0)
STAFF = (LEADER, SUPERVISOR, TEACHER, ASSISTANT, OTHER)


def test_application_by_hand():
    """logit(.5) + 1 x 1 + 1 x .5 = 1.5."""
    assert enrolment.application_probability(0.5, 1.0, 1.0, 1.0, 0.5) == pytest.approx(1 / (1 + math.exp(-1.5)))
    assert enrolment.application_probability(0.3, 1.0, 0.0, 1.0, 0.0) == pytest.approx(0.3)


@given(st.floats(0.01, 0.99), st.floats(0.0, 5.0), SCORE, SCORE, st.floats(0.0, 3.0))
def test_motivation_and_need_raise_application(rate, slope, motivation, need, more):
    chance = enrolment.application_probability(rate, slope, motivation, slope, need)
    assert 0.0 <= chance <= 1.0
    assert enrolment.application_probability(rate, slope, motivation + more, slope, need) >= chance - 1e-15
    assert enrolment.application_probability(rate, slope, motivation, slope, need + more) >= chance - 1e-15
    assert enrolment.application_probability(rate, 0.0, motivation, 0.0, need) == pytest.approx(rate)


def test_scores_by_hand():
    assert enrolment.score(0.7, 0.5, 0.1) == pytest.approx(2.0)
    assert enrolment.score(0.5, 0.5, 0.0) == 0.0  # nothing varies


def test_measurement_error_by_hand():
    """Reliability .75 and a spread of .12: error SD .12 sqrt(1/3) = .0693."""
    assert enrolment.measured(0.5, 0.12, 0.75, 1.0) == pytest.approx(0.5 + 0.0692820, abs=1e-6)
    assert enrolment.measured(0.5, 0.12, 1.0, 3.0) == 0.5
    assert enrolment.measured(0.02, 0.12, 0.25, -2.0) == 0.0  # a scale has an end


@given(UNIT, st.floats(0.0, 0.4), st.floats(0.01, 1.0), SCORE)
def test_measured_readiness_stays_on_its_scale(true, sd, reliability, score):
    assert 0.0 <= enrolment.measured(true, sd, reliability, score) <= 1.0


def test_bars_by_hand():
    parts, bars = (0.5, 0.8, 0.3), (0.4, 0.7, 0.2)
    assert enrolment.admissible(enrolment.RULE_THRESHOLD, 0.45, 0.45, parts, bars)
    assert not enrolment.admissible(enrolment.RULE_THRESHOLD, 0.4499, 0.45, parts, bars)
    assert enrolment.admissible(enrolment.RULE_HURDLE, 0.0, 1.0, parts, bars)
    for place in range(3):
        low = tuple(value - 0.11 * (index == place) for index, value in enumerate(parts))
        assert not enrolment.admissible(enrolment.RULE_HURDLE, 1.0, 0.0, low, bars)
    for rule in (enrolment.RULE_ALL, enrolment.RULE_RANDOM, enrolment.RULE_TOP, enrolment.RULE_NEED):
        assert enrolment.admissible(rule, 0.0, 1.0, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))


def test_queues_by_hand():
    """Smallest first: the ready, the needy (low practice), or by lot."""
    assert enrolment.rank(enrolment.RULE_TOP, 0.6, 0.3, 0.1) < enrolment.rank(enrolment.RULE_TOP, 0.5, 0.2, 0.0)
    assert enrolment.rank(enrolment.RULE_NEED, 0.1, 0.2, 0.9) < enrolment.rank(enrolment.RULE_NEED, 0.9, 0.3, 0.1)
    for rule in (enrolment.RULE_ALL, enrolment.RULE_RANDOM, enrolment.RULE_THRESHOLD, enrolment.RULE_HURDLE):
        assert enrolment.rank(rule, 0.9, 0.9, 0.25) == 0.25


@pytest.mark.parametrize("size", range(1, 61))
def test_a_third_of_the_staff_sits_on_the_team(size):
    assert enrolment.seats_for(size) == min(6, max(2, round(size / 3)))


def test_seats_of_an_inclusive_team():
    """Leader, teacher, supervisor, assistant, non-teaching, teacher."""
    inclusive = [enrolment.seat_role(order, 0.5, 1.0) for order in range(6)]
    assert inclusive == [LEADER, TEACHER, SUPERVISOR, ASSISTANT, OTHER, TEACHER]
    anyone = enrolment.ANY_CLASSROOM_STAFF
    assert [enrolment.seat_role(order, 0.5, 0.0) for order in range(6)] == [
        anyone, TEACHER, anyone, ASSISTANT, anyone, TEACHER,
    ]  # fmt: skip


@given(st.integers(0, 5), st.floats(1e-9, 1 - 1e-9), UNIT, UNIT)
def test_a_seat_once_at_its_level_stays_so_as_inclusion_rises(order, u, one, other):
    low, high = sorted((one, other))
    if enrolment.seat_role(order, u, low) == enrolment.SEAT_ORDER[order]:
        assert enrolment.seat_role(order, u, high) == enrolment.SEAT_ORDER[order]


def test_who_may_hold_a_seat_and_who_may_stand_in():
    for role in (*STAFF, PARENT):
        classroom = role in (TEACHER, ASSISTANT)
        assert enrolment.may_hold(enrolment.ANY_CLASSROOM_STAFF, role) == classroom
        assert enrolment.may_stand_in(LEADER, role) == classroom
        assert not enrolment.may_stand_in(PARENT, role)
        assert [seat for seat in (*STAFF, PARENT) if enrolment.may_hold(seat, role)] == [role]


def test_refill_by_hand():
    assert enrolment.refill_probability(2.0, 1 / 12) == pytest.approx(1 - math.exp(-1 / 6))
    assert enrolment.refill_probability(0.0, 1 / 12) == 0.0
