"""E5-E6: who stays in the collaborative, who attends, and what attendance teaches."""

from __future__ import annotations

from bscsim.rules.operators import growth, logistic

SESSION_HOURS = 12.0
CALL_HOURS = 1.0
COACHING_HOURS = 2.0
SESSION_RELEVANCE = 0.95
CALL_RELEVANCE = 0.19
COACHING_RELEVANCE = 0.90
FULL_CONTACT = 21.4
"""Contact (E7) that full attendance of the full program keeps up: 12 x .95 + 4 x (.19 + .50 + 1.8)."""


COUNTED_CALLS, REGULAR_CALLS = 7, 4
"""The published measure of call attendance: at least four of the seven calls (Ebert et al. 2012)."""


def affinity_relevance(role: int) -> float:
    """Useful share of an affinity call: leaders .50, supervisors .68 (Ebert et al. 2012), others .5 (assumed)."""
    return 0.68 if role == 1 else 0.50


def affinity_attendance(call: float) -> float:
    """Base probability of attending an affinity call: .15 above the all-team call (assumed), at most .99."""
    return min(call + 0.15, 0.99)


def attendance_probability(base: float, slope: float, engagement: float, readiness: float, support: float) -> float:
    """E6: probability that a seat holder attends; ``base`` and ``support``, which supports (E17) add, are logits."""
    return logistic(base + slope * ((engagement + readiness) / 2.0 - 0.5) + support)


def report_probability(base: float, slope: float, motivation: float, readiness: float) -> float:
    """E6: probability that a center sends its monthly report; ``base`` is a logit."""
    return logistic(base + slope * ((motivation + readiness) / 2.0 - 0.5))


def withdrawal_hazard(withdraw: float, uptake: float) -> float:
    """E5: hazard of leaving the collaborative, 1/year; the less ready leave sooner (uptake at least .2)."""
    return withdraw / max(uptake, 0.2)


def evidence_value(homegrown: float, framework: float) -> float:
    """E6, E8: worth of what is taught or tested, from ``homegrown`` (no change framework) to 1 (full framework)."""
    return homegrown + (1.0 - homegrown) * framework


def facilitation(score: float, sd: float) -> float:
    """A collaborative's facilitation multiplier exp(u), u ~ N(0, sd_coll^2)."""
    return growth(sd * score)


def teaching(facilitation_: float, faculty: float, evidence: float) -> float:
    """E6: factor on every contact hour: facilitation x faculty (half without) x value of the evidence."""
    return facilitation_ * (0.5 + 0.5 * faculty) * evidence


def contact_memory(dt: float) -> float:
    """E7: share of past contact still remembered after ``dt`` years (a memory of four months)."""
    return growth(-3.0 * dt)


def dose(k_hour: float, hours: float, relevance: float, teaching_: float) -> float:
    """E6: learning dose of ``hours`` of which ``relevance`` is of use; a dose closes 1 - exp(-dose) of the gap to 1."""
    return k_hour * hours * relevance * teaching_
