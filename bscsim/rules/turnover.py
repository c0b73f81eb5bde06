"""E1-E3: who leaves, when a position is filled again, and what the center loses with a person."""

from __future__ import annotations

from bscsim.rules.operators import exponential, gentle_growth

SEARCH_MONTHS = 12
"""E2: months after which a leaver who found no place has left the sector."""


def season(calendar_month: int, summer: float) -> float:
    """E1: weight of a calendar month (1-12) in the year's exits; June-August weigh ``summer``, mean 1 over a year."""
    weight = summer if 6 <= calendar_month <= 8 else 1.0
    return weight * 12.0 / (3.0 * summer + 9.0)


def newcomer_factor(factor: float, tenure: float, dt: float) -> float:
    """E1: multiplier of a newcomer's hazard over a step of ``dt`` years that begins at ``tenure`` (years).

    ``factor`` within the first year, 1 after it; a step across the anniversary takes its share of both, so that the
    cumulated hazard is exact and a person hired earlier never leaves later.
    """
    share = (1.0 - tenure) / dt
    return 1.0 + (factor - 1.0) * min(max(share, 0.0), 1.0)


def position_hazard(base: float, role_factor: float, frailty: float) -> float:
    """E1: what a position adds to its holder's hazard, 1/year: the sector's rate ``base``, its role and its center."""
    return base * role_factor * frailty


def exit_hazard(
    position: float, season_weight: float, newcomer: float, engage: float, engagement: float, climate: float
) -> float:
    """E1: hazard of leaving, 1/year.

    ``position`` is :func:`position_hazard`, ``newcomer`` the factor of :func:`newcomer_factor`, and ``engage`` says how
    much the mean of own engagement M and the center's climate C (reference .55) protects.
    """
    protection = gentle_growth(-engage * ((engagement + climate) / 2.0 - 0.55))
    return position * season_weight * newcomer * protection


def exit_threshold(u: float) -> float:
    """E1: an occupant's own Exp(1) threshold; the person leaves when the cumulated hazard passes it."""
    return exponential(u)


def stays(clock: float, added: float, threshold: float) -> bool:
    """E1: whether ``clock``, growing by ``added``, is still below ``threshold`` after the step."""
    return clock + added < threshold


def crossing(clock: float, added: float, threshold: float) -> float:
    """E1: share of the step after which ``clock`` (growing by ``added``) passes ``threshold``; 2 when it does not."""
    if stays(clock, added, threshold):
        return 2.0
    if clock >= threshold:
        return 0.0
    return (threshold - clock) / added


def vacancy_months(u: float, mean: float) -> float:
    """E2: months a position stays empty, exponential."""
    return mean * exponential(u)


def qi_after_losses(qi: float, qi0: float, share: float, lost: int, seats: int) -> float:
    """E1: team members who leave take with them part of the QI capacity gained."""
    return qi0 + max(qi - qi0, 0.0) * (1.0 - share * lost / seats)


def climate_after_exits(climate: float, shock: float, exits: int, size: int) -> float:
    """E1: every exit is a shock to the center's climate."""
    return climate * (1.0 - shock * exits / size)


def onboarded_knowledge(knowledge: float, help_target: float, fit: float, gain: float) -> float:
    """E17, onboarding package: a newcomer starts part of the way to colleagues' knowledge where F is high."""
    return knowledge + gain * fit * max(help_target - knowledge, 0.0)
