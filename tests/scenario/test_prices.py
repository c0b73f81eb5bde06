"""Default prices come near two published shapes of cost; the sum is done by hand, without a simulation.

A center of about 20 staff: six seats in a program of four sessions of 12 hours, 13 months of an hour's all-team call,
an hour's affinity call and a coaching visit of 2 hours, three pre-work calls; eight centers in a collaborative.
"""

from __future__ import annotations

import pytest

from bscsim.scenario.parameters import Parameters

P = Parameters()
SEATS = {"leader": 1, "teacher": 2, "supervisor": 1, "assistant": 1, "other": 1}
WAGE = {role: getattr(P, f"wage_{role}") for role in SEATS}
CENTERS, SESSIONS, SESSION_HOURS, MONTHS, COACHING_HOURS, PREWORK_CALLS = 8, 4, 12, 13, 2, 3
MEAN_WAGE = sum(WAGE[role] * seats for role, seats in SEATS.items()) / 6
CLASSROOM = (2 * WAGE["teacher"] + WAGE["assistant"]) / (6 * MEAN_WAGE)  # whose hours away a substitute may cover


def call_hours() -> float:
    """Wage-hours a month of an all-team and an affinity call."""
    joins = {role: getattr(P, f"att_call_{role}") for role in SEATS}
    return sum(WAGE[role] * seats * (2 * joins[role] + 0.15) for role, seats in SEATS.items())


def center_cost(staff_pay: float, pdsas: float) -> tuple[float, float, float]:
    """Staff time, substitutes and reporting of one center."""
    paperwork = MONTHS * P.report_p * P.hours_report * P.wage_leader + pdsas * P.hours_pdsa * MEAN_WAGE
    return staff_pay, staff_pay * CLASSROOM * P.cover_rate, paperwork


COACHING_PAY = MONTHS * COACHING_HOURS * 6 * MEAN_WAGE
FIXED = P.price_fixed / CENTERS + MONTHS * COACHING_HOURS * P.price_coaching_hour


def everything() -> tuple[float, tuple[float, float, float]]:
    """Total and center's lines of the whole program."""
    attended = SESSIONS * SESSION_HOURS * P.att_ls * 6 * MEAN_WAGE
    calls = MONTHS * call_hours() + PREWORK_CALLS * 0.5 * 6 * MEAN_WAGE
    center = center_cost(attended + calls + COACHING_PAY, pdsas=7)
    sponsor = SESSIONS * P.price_session + (2 * MONTHS + PREWORK_CALLS) * P.price_call_hour / CENTERS
    return FIXED + sponsor + sum(center), center


def test_everything_costs_about_2_8_times_coaching_alone():
    coaching = FIXED + sum(center_cost(COACHING_PAY, pdsas=3))
    assert everything()[0] / coaching == pytest.approx(7930 / 2878, rel=0.1)


def test_own_labor_is_62_to_88_percent_of_what_a_center_spends():
    _, (staff, cover, paperwork) = everything()
    assert 0.62 <= (staff + paperwork) / (staff + cover + paperwork) <= 0.88
