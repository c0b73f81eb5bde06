"""E5-E6: attendance, reports, withdrawal and what an hour teaches."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bscsim.rules import operators, participation

UNIT = st.floats(0.0, 1.0)
BASE = st.floats(0.01, 0.99)


def test_calls_reach_the_published_shares():
    """At least 4 of 7 calls: 80% of supervisors and 40% of front-line staff (Ebert et al. 2012)."""
    assert stats.binom.sf(3, 7, 0.65) == pytest.approx(0.80, abs=0.005)
    assert stats.binom.sf(3, 7, 0.455) == pytest.approx(0.40, abs=0.005)


def test_hours_and_the_useful_share_of_each_event():
    """Sessions of two days and the useful shares are published (Ebert et al. 2012), coaching is assumed."""
    rules = participation
    assert (rules.SESSION_HOURS, rules.CALL_HOURS, rules.COACHING_HOURS) == (12.0, 1.0, 2.0)
    assert (rules.SESSION_RELEVANCE, rules.CALL_RELEVANCE, rules.COACHING_RELEVANCE) == (0.95, 0.19, 0.90)


def test_affinity_calls_by_hand():
    assert [participation.affinity_relevance(role) for role in range(6)] == [0.50, 0.68, 0.50, 0.50, 0.50, 0.50]
    assert participation.affinity_attendance(0.455) == pytest.approx(0.605)
    assert participation.affinity_attendance(0.9) == 0.99


@given(BASE, st.floats(0.0, 8.0))
def test_attendance_at_engagement_and_readiness_of_one_half_is_its_base(base, slope):
    logit = operators.logit(base)
    assert participation.attendance_probability(logit, slope, 0.5, 0.5, 0.0) == pytest.approx(base, rel=1e-9)
    assert participation.report_probability(logit, slope, 0.5, 0.5) == pytest.approx(base, rel=1e-9)


def test_attendance_by_hand():
    """logit(.85) + 3 (.6 - .5) + .5 = 2.5346: .9265."""
    chance = participation.attendance_probability(operators.logit(0.85), 3.0, 0.7, 0.5, 0.5)
    assert chance == pytest.approx(0.92653, abs=1e-5)
    assert participation.report_probability(operators.logit(0.41), 3.0, 0.7, 0.5) == pytest.approx(0.48401, abs=1e-5)


@given(BASE, st.floats(0.0, 8.0), UNIT, UNIT, st.floats(0.0, 5.0), st.floats(0.0, 1.0))
def test_attendance_rises_with_engagement_readiness_and_support(base, slope, m, r, support, more):
    base = operators.logit(base)
    chance = participation.attendance_probability(base, slope, m, r, support)
    assert 0.0 < chance <= 1.0
    assert participation.attendance_probability(base, slope, min(m + more, 1.0), r, support) >= chance - 1e-15
    assert participation.attendance_probability(base, slope, m, min(r + more, 1.0), support) >= chance - 1e-15
    assert participation.attendance_probability(base, slope, m, r, support + more) >= chance - 1e-15


def test_withdrawal_by_hand():
    assert participation.withdrawal_hazard(0.15, 1.0) == 0.15
    assert participation.withdrawal_hazard(0.15, 0.5) == pytest.approx(0.3)
    assert participation.withdrawal_hazard(0.15, 0.01) == pytest.approx(0.75)  # the floor of .2


def test_teaching_by_hand():
    assert participation.evidence_value(0.4, 0.0) == 0.4
    assert participation.evidence_value(0.4, 0.5) == pytest.approx(0.7)
    assert participation.evidence_value(0.4, 1.0) == 1.0
    assert participation.teaching(1.0, 0.0, 1.0) == 0.5
    assert participation.teaching(1.2, 1.0, 0.7) == pytest.approx(0.84)
    assert participation.facilitation(0.0, 0.15) == 1.0
    assert participation.facilitation(-1.0, 0.15) == pytest.approx(math.exp(-0.15))


def test_pulses_of_the_channels_are_those_of_the_design():
    """.37 a session, .008 an all-team call, .02 to .03 an affinity call, .07 a month of coaching (model.md, E6)."""

    def closed(hours, relevance):
        return operators.saturating(participation.dose(0.04, hours, relevance, 1.0))

    assert closed(participation.SESSION_HOURS, participation.SESSION_RELEVANCE) == pytest.approx(0.37, abs=0.005)
    assert closed(participation.CALL_HOURS, participation.CALL_RELEVANCE) == pytest.approx(0.008, abs=5e-4)
    assert closed(1.0, participation.affinity_relevance(0)) == pytest.approx(0.020, abs=5e-4)
    assert closed(1.0, participation.affinity_relevance(1)) == pytest.approx(0.027, abs=5e-4)
    assert closed(participation.COACHING_HOURS, participation.COACHING_RELEVANCE) == pytest.approx(0.07, abs=0.001)


@given(st.floats(0.0, 0.1), st.floats(0.0, 12.0), UNIT, st.floats(0.0, 3.0), st.floats(0.0, 12.0))
def test_doses_add_over_hours(k_hour, hours, relevance, teaching, more):
    whole = participation.dose(k_hour, hours + more, relevance, teaching)
    parts = participation.dose(k_hour, hours, relevance, teaching) + participation.dose(
        k_hour, more, relevance, teaching
    )
    assert whole == pytest.approx(parts, rel=1e-9, abs=1e-12)


def test_memory_of_contact_is_four_months():
    assert participation.contact_memory(4 / 12) == pytest.approx(math.exp(-1))
    assert participation.contact_memory(1 / 48) ** 4 == pytest.approx(participation.contact_memory(1 / 12))


def test_full_contact_is_what_the_full_program_keeps_up():
    full = 12 * 0.95 + 4 * (0.19 + 0.50 + 2 * 0.90)
    assert full == pytest.approx(participation.FULL_CONTACT, abs=0.05)
