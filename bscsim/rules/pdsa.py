"""E7-E8 (first half): tests of change: how many start, how long they stay open, what a success is worth."""

from __future__ import annotations

from bscsim.rules.operators import growth
from bscsim.rules.participation import FULL_CONTACT
from bscsim.rules.readiness import MOTIVATION_REFERENCE


def member_drive(engagement: float, contact: float, momentum: float) -> float:
    """E7: one seat holder's contribution to T; a share ``momentum`` of it rests on recent contact."""
    recent = min(1.0, contact / FULL_CONTACT)
    return engagement / MOTIVATION_REFERENCE * (1.0 - momentum + momentum * recent)


def team_rate(
    per_month: float, improvement: float, uptake: float, drive: float, facilitation: float, dt: float
) -> float:
    """E7: expected PDSAs a team starts in a step of ``dt`` years (``per_month`` is the rate of a team of drive 1)."""
    return 12.0 * dt * per_month * improvement * uptake * drive * facilitation


def alumni_rate(per_month: float, improvement: float, uptake: float, qi: float, leader: float, dt: float) -> float:
    """E7: expected PDSAs in a step after the collaborative has ended; it now takes QI capacity and the leader."""
    return 12.0 * dt * per_month * improvement * uptake * qi * leader * 0.6


def gap_share(fit: float, total_gap: float) -> float:
    """E7: share of the starts that a driver draws: its part of the gap 1 - F left over all drivers (none left: 0)."""
    return (1.0 - fit) / total_gap if total_gap > 0.0 else 0.0


def stays_open(months: float, dt: float) -> float:
    """E7: probability that a PDSA open at the start of a step of ``dt`` years is still open at its end."""
    return growth(-12.0 * dt / months)


def new_stays_open(months: float, dt: float) -> float:
    """E7: the same for one started at a uniform moment within the step; keeps the stationary mean at rate x months."""
    return months / (12.0 * dt) * (1.0 - growth(-12.0 * dt / months))


def success_probability(success: float, rescue: float, drive: float) -> float:
    """E7, E17: chance that a resolved PDSA succeeded; ``rescue`` (troubleshooting) removes failures of low drive."""
    return success + (1.0 - success) * rescue * max(0.0, 1.0 - drive)


def borrowed(share_gain: float, sharing: float, present: float, best: float, fit: float) -> float:
    """E8: the share term s: what a team that attends can borrow from the collaborative's best on this driver."""
    return share_gain * sharing * present * max(0.0, best - fit)


def success_gain(fit_gain: float, authority: float, evidence: float, borrowed_: float) -> float:
    """E8: share of the gap 1 - F that one success closes."""
    return min(1.0, fit_gain * authority * evidence * (1.0 + borrowed_))


def borrowed_part(rise: float, borrowed_: float) -> float:
    """E8: how much of a driver's ``rise`` of fit is due to what was borrowed (:func:`success_gain` has 1 + s)."""
    return rise * borrowed_ / (1.0 + borrowed_)


def qi_gain(gain: float, uses_metrics: bool) -> float:
    """E8: share of the gap 1 - Q that one success closes; half as much again where metrics are used consistently."""
    return min(1.0, gain * 1.5) if uses_metrics else gain
