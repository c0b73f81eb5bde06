"""E7-E8: tests of change."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bscsim.rules import operators, participation, pdsa

UNIT = st.floats(0.0, 1.0)
DT = st.sampled_from([1 / 12, 1 / 24, 1 / 48])


def test_member_drive_by_hand():
    """An engaged member (M .55) with full contact counts 1; without any contact what momentum leaves."""
    assert pdsa.member_drive(0.55, participation.FULL_CONTACT, 0.6) == pytest.approx(1.0)
    assert pdsa.member_drive(0.55, 100.0, 0.6) == pytest.approx(1.0)  # more contact than the program gives
    assert pdsa.member_drive(0.55, 0.0, 0.6) == pytest.approx(0.4)
    assert pdsa.member_drive(0.275, participation.FULL_CONTACT / 2, 0.6) == pytest.approx(0.35)
    assert pdsa.member_drive(0.55, 0.0, 1.0) == 0.0


@given(UNIT, st.floats(0.0, 60.0), st.floats(0.0, 60.0), UNIT)
def test_drive_rises_with_contact(m, contact, more, momentum):
    low = pdsa.member_drive(m, contact, momentum)
    assert 0.0 <= low <= pdsa.member_drive(m, contact + more, momentum) + 1e-12 <= m / 0.55 + 2e-12


@given(DT)
def test_a_reference_team_starts_its_rate_a_month(dt):
    steps = round(1 / (12 * dt))
    assert steps * pdsa.team_rate(0.55, 1.0, 1.0, 1.0, 1.0, dt) == pytest.approx(0.55)
    assert steps * pdsa.team_rate(0.55, 0.5, 2.0, 0.8, 1.1, dt) == pytest.approx(0.55 * 0.5 * 2.0 * 0.8 * 1.1)
    assert steps * pdsa.alumni_rate(0.55, 1.0, 1.0, 0.4, 0.55, dt) == pytest.approx(0.55 * 0.4 * 0.55 * 0.6)


@given(st.lists(UNIT, min_size=1, max_size=10))
def test_starts_go_to_drivers_by_their_part_of_the_gap(fits):
    total = sum(1.0 - fit for fit in fits)
    shares = [pdsa.gap_share(fit, total) for fit in fits]
    assert sum(shares) == pytest.approx(1.0 if total > 0 else 0.0)
    assert all(share >= 0.0 for share in shares)


def test_gap_shares_by_hand():
    assert [pdsa.gap_share(fit, 1.5) for fit in (0.1, 0.4, 1.0)] == pytest.approx([0.6, 0.4, 0.0])
    assert pdsa.gap_share(0.995, 1.0 - 0.995) == 1.0  # the last gap, however small
    assert pdsa.gap_share(1.0, 0.0) == 0.0


def test_open_pdsas_by_hand():
    """One month against a mean of 1.2 months: exp(-1/1.2) stay; of new ones 1.2 (1 - exp(-1/1.2))."""
    assert pdsa.stays_open(1.2, 1 / 12) == pytest.approx(0.434598, abs=1e-6)
    assert pdsa.new_stays_open(1.2, 1 / 12) == pytest.approx(0.678482, abs=1e-6)


@given(st.floats(0.25, 6.0), DT, st.floats(0.0, 3.0))
def test_the_stationary_number_open_is_rate_times_months_for_every_step(months, dt, rate):
    """N = N stays + starts new_stays has the solution rate x months (M/M/infinity)."""
    starts = rate * 12.0 * dt
    stationary = starts * pdsa.new_stays_open(months, dt) / (1.0 - pdsa.stays_open(months, dt))
    assert stationary == pytest.approx(rate * months, rel=1e-9, abs=1e-12)
    assert 0.0 < pdsa.stays_open(months, dt) < pdsa.new_stays_open(months, dt) < 1.0


def test_success_and_rescue_by_hand():
    assert pdsa.success_probability(0.982, 0.0, 0.2) == 0.982
    assert pdsa.success_probability(0.9, 0.5, 0.4) == pytest.approx(0.93)  # .9 + .1 x .5 x .6
    assert pdsa.success_probability(0.9, 0.5, 1.3) == 0.9  # a team with drive needs no rescue


@given(UNIT, UNIT, st.floats(0.0, 2.0))
def test_rescue_never_harms_and_stays_a_probability(success, rescue, drive):
    assert success <= pdsa.success_probability(success, rescue, drive) <= 1.0


def test_what_a_success_is_worth_by_hand():
    assert pdsa.borrowed(1.0, 1.0, 0.5, 0.6, 0.2) == pytest.approx(0.2)  # half the seats there, .4 behind the best
    assert pdsa.borrowed(1.0, 1.0, 0.5, 0.2, 0.6) == 0.0  # the best borrows nothing
    assert pdsa.borrowed(1.0, 0.0, 1.0, 1.0, 0.0) == 0.0  # no shared learning
    assert pdsa.success_gain(0.2, 1.0, 1.0, 0.0) == 0.2
    assert pdsa.success_gain(0.2, 0.5, 0.4, 0.25) == pytest.approx(0.05)
    assert pdsa.success_gain(0.9, 1.2, 1.0, 0.5) == 1.0  # the cap
    assert pdsa.borrowed_part(0.05, 0.25) == pytest.approx(0.05 - pdsa.success_gain(0.2, 0.5, 0.4, 0.0))
    assert pdsa.borrowed_part(0.05, 0.0) == 0.0
    assert pdsa.qi_gain(0.05, False) == 0.05
    assert pdsa.qi_gain(0.05, True) == pytest.approx(0.075)
    assert pdsa.qi_gain(0.9, True) == 1.0


def test_the_gap_halves_after_the_successes_of_the_design():
    """Drivers drawn evenly, D = 6: each success leaves 1 - .2/6 of the mean gap, half of it after 20.4 (T12)."""
    gap = (1.0 - operators.pulse(0.0, pdsa.success_gain(0.2, 1.0, 1.0, 0.0)) + 5.0) / 6.0
    assert math.log(0.5) / math.log(gap) == pytest.approx(20.4, abs=0.1)
