"""E8-E9: what the center keeps."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bscsim.rules import organization

UNIT = st.floats(0.0, 1.0)
RATE = st.floats(0.0, 4.0)
MONTH = 1 / 12


def relaxed(x, target, rate, dt=MONTH):
    return target + (x - target) * math.exp(-rate * dt)


def test_fit_decay_rate_by_hand():
    assert organization.fit_decay_rate(0.5, 0.55, True) == pytest.approx(0.2)  # an engaged leader holds 60%
    assert organization.fit_decay_rate(0.5, 0.275, True) == pytest.approx(0.35)
    assert organization.fit_decay_rate(0.5, 1.0, True) == pytest.approx(0.2)  # no more than that
    assert organization.fit_decay_rate(0.5, 0.0, True) == 0.5  # nobody leads
    assert organization.fit_decay_rate(0.5, 0.55, False) == 0.5  # withdrawn


@given(UNIT, UNIT, RATE)
def test_fit_decays_to_where_it_began(fit, fit0, rate):
    assert organization.fit_decay(fit, fit0, rate, MONTH) == pytest.approx(relaxed(fit, fit0, rate), abs=4e-6)
    assert organization.fit_decay(fit0, fit0, rate, MONTH) == fit0


@given(UNIT, UNIT, RATE)
def test_qi_decays_at_three_tenths_while_active(qi, qi0, decay):
    assert organization.qi_decay(qi, qi0, decay, True, MONTH) == pytest.approx(relaxed(qi, qi0, 0.3 * decay), abs=4e-6)
    assert organization.qi_decay(qi, qi0, decay, False, MONTH) == pytest.approx(relaxed(qi, qi0, decay), abs=4e-6)


@given(UNIT, UNIT, RATE, UNIT, st.booleans(), UNIT, RATE)
def test_climate_is_the_exact_solution_of_its_two_pulls(c, c0, up, present, testing, leader, decay):
    lift = 1.5 * up * (present + testing) / 2 * leader
    rate = lift + decay
    target = (lift + decay * c0) / rate if rate > 0 else c
    moved = organization.climate(c, c0, up, present, testing, leader, decay, MONTH)
    assert moved == pytest.approx(relaxed(c, target, rate), abs=1e-5)
    assert 0.0 <= moved <= 1.0


def test_climate_by_hand():
    """Everybody there, a PDSA open, leader at .55: lift 1.5 x .5 x 1 x .55 = .4125 a year against a decay of .5."""
    target = (0.4125 + 0.5 * 0.5) / 0.9125
    moved = organization.climate(0.5, 0.5, 0.5, 1.0, True, 0.55, 0.5, MONTH)
    assert moved == pytest.approx(relaxed(0.5, target, 0.9125), abs=1e-6)


@given(UNIT, RATE, UNIT, RATE)
def test_no_activity_and_no_leader_leave_the_climate_alone(c, up, leader, decay):
    """To the last bit: the null experiment rests on it."""
    assert organization.climate(c, c, up, 0.0, False, leader, decay, MONTH) == c
    assert organization.climate(c, c, up, 1.0, True, 0.0, decay, MONTH) == c
    assert organization.climate(c, c, 0.0, 1.0, True, leader, decay, MONTH) == c
