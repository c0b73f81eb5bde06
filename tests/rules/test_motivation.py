"""E10: engagement under its four pulls."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bscsim.rules import motivation

UNIT = st.floats(0.0, 1.0)
RATE = st.floats(0.0, 4.0)
MONTH = 1 / 12


def test_rates_by_hand():
    assert motivation.lift_rate(0.9, 1.8, 0.0, 1.0) == pytest.approx(1.62)
    assert motivation.lift_rate(0.9, 1.8, 1.0, 1.0) == pytest.approx(0.9 * 2.3)  # one success is worth .5
    assert motivation.lift_rate(0.9, 1.8, 5.0, 1.0) == pytest.approx(0.9 * 2.8)  # two count at most
    assert motivation.lift_rate(0.9, 0.0, 2.0, 0.25) == pytest.approx(0.225)  # colleagues see a quarter of it
    assert motivation.load_rate(0.5, 16.0, 0.55) == pytest.approx(0.45)  # .5 x 2 x .45
    assert motivation.load_rate(4.0, 16.0, 1.0) == 0.0  # capacity to spare
    assert motivation.load_rate(4.0, 0.0, 0.2) == 0.0  # nothing attended


def test_a_stipend_lifts_the_set_point_to_98_at_most_and_lowers_nobody():
    assert motivation.supported_set_point(0.5, 0.1) == pytest.approx(0.6)
    assert motivation.supported_set_point(0.95, 0.1) == 0.98
    assert motivation.supported_set_point(0.99, 0.1) == 0.99


@given(UNIT, RATE, RATE, UNIT, RATE, UNIT, RATE)
def test_engagement_is_the_exact_solution_of_its_pulls(m, lift, lead, leader, home, set_point, load):
    rate = lift + lead + home + load
    target = (lift + lead * leader + home * set_point) / rate if rate > 0 else m
    moved = motivation.engagement(m, lift, lead, leader, home, set_point, load, MONTH)
    assert moved == pytest.approx(target + (m - target) * math.exp(-rate * MONTH), abs=2e-5)
    assert 0.0 <= moved <= 1.0


@given(UNIT, RATE, RATE)
def test_without_events_at_ones_set_point_under_a_like_minded_leader_nothing_moves(m, lead, home):
    assert motivation.engagement(m, 0.0, lead, m, home, m, 0.0, MONTH) == m


@given(RATE, RATE, UNIT, st.floats(0.25, 4.0), UNIT, RATE)
def test_there_is_no_tipping(lift, lead, leader, home, set_point, load):
    """From .1 and from .9 engagement comes to the same place (T24): lift and load do not depend on it."""
    low, high = 0.1, 0.9
    for _ in range(12 * 60):
        low = motivation.engagement(low, lift, lead, leader, home, set_point, load, MONTH)
        high = motivation.engagement(high, lift, lead, leader, home, set_point, load, MONTH)
    assert low == pytest.approx(high, abs=1e-6)
