"""E15, E13, E3: who applies, how ready they look, who is taken, and who sits on the improvement team."""

from __future__ import annotations

from math import sqrt

from bscsim.rules.operators import event_probability, logistic, logit
from bscsim.rules.people import ASSISTANT, LEADER, OTHER, PARENT, SUPERVISOR, TEACHER, clip

RULES = ("all", "random", "top", "threshold", "hurdle", "need")
RULE_ALL, RULE_RANDOM, RULE_TOP, RULE_THRESHOLD, RULE_HURDLE, RULE_NEED = range(6)

SEAT_ORDER = (LEADER, TEACHER, SUPERVISOR, ASSISTANT, OTHER, TEACHER)
"""E13: the role each seat of an inclusive team is meant for, in the order in which a center fills its seats."""
PARENT_SEAT = 7
ANY_CLASSROOM_STAFF = -1
"""Seat role when the seat is not filled at its level: any teacher or assistant."""


def application_probability(
    rate: float, motivation_slope: float, motivation_score: float, need_slope: float, need_score: float
) -> float:
    """E15, field mode: chance that a center applies; slopes per SD of motivation and of need (1 - b)."""
    return logistic(logit(rate) + motivation_slope * motivation_score + need_slope * need_score)


def score(value: float, mean: float, sd: float) -> float:
    """E15: ``value`` in standard deviations from ``mean``; where nothing varies, centers do not differ in it."""
    return (value - mean) / max(sd, 1e-9)


def measured(true: float, sd: float, reliability: float, score: float) -> float:
    """E15: a readiness component as an instrument of given reliability shows it, inside [0, 1].

    Error variance is ``sd^2 (1/reliability - 1)`` with ``sd`` the component's spread between centers.
    """
    return clip(true + sd * sqrt(1.0 / reliability - 1.0) * score, 0.0, 1.0)


def admissible(
    rule: int,
    readiness: float,
    threshold: float,
    components: tuple[float, float, float],
    hurdles: tuple[float, float, float],
) -> bool:
    """E15: whether an applicant passes the rule's bar (only the rules threshold and hurdle have one)."""
    if rule == RULE_THRESHOLD:
        return readiness >= threshold
    if rule == RULE_HURDLE:
        return components[0] >= hurdles[0] and components[1] >= hurdles[1] and components[2] >= hurdles[2]
    return True


def rank(rule: int, readiness: float, need_practice: float, lot: float) -> float:
    """E15: place in the queue, smallest first: by readiness (top), by low practice (need), else by lot."""
    if rule == RULE_TOP:
        return -readiness
    if rule == RULE_NEED:
        return need_practice
    return lot


def seats_for(size: int) -> int:
    """E13: seats of a team sized to its center: a third of the staff, 2 to 6."""
    return min(6, max(2, (2 * size + 3) // 6))


def seat_role(order: int, u: float, inclusive: float) -> int:
    """E13: role that may hold the seat ``order`` (0-based).

    Leader, supervisor and non-teaching seats are filled at their level with probability ``inclusive``, else by any
    teacher or assistant.
    """
    role = SEAT_ORDER[order]
    if (role == LEADER or role == SUPERVISOR or role == OTHER) and u >= inclusive:
        return ANY_CLASSROOM_STAFF
    return role


def may_hold(seat: int, role: int) -> bool:
    """E3: whether a person of ``role`` fits a seat meant for ``seat`` (a role code or ANY_CLASSROOM_STAFF)."""
    if seat == ANY_CLASSROOM_STAFF:
        return role == TEACHER or role == ASSISTANT
    return role == seat


def may_stand_in(seat: int, role: int) -> bool:
    """E3: who takes a seat nobody of its role can take: a teacher or an assistant; nobody for a parent."""
    return seat != PARENT and (role == TEACHER or role == ASSISTANT)


def refill_probability(refill: float, dt: float) -> float:
    """E3: chance that an empty seat is refilled within ``dt`` years."""
    return event_probability(refill, dt)
