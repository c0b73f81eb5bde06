"""Who is there: the traits that a center and a person bring (model.md 2.5).

Roles are codes 0 leader, 1 supervisor, 2 teacher, 3 assistant, 4 other (non-teaching), 5 parent.
"""

from __future__ import annotations

from math import sqrt

from bscsim.rules.operators import exponential, growth, normal, poisson

LEADER, SUPERVISOR, TEACHER, ASSISTANT, OTHER, PARENT = 0, 1, 2, 3, 4, 5


def clip(x: float, low: float, high: float) -> float:
    """``x`` held inside [low, high]."""
    return min(max(x, low), high)


def joiner_size(u1: float, u2: float, u3: float, u4: float, u5: float) -> int:
    """Staff of a center that joins collaboratives: 6 + Poisson(Gamma(4, mean 14)), 6..60; five uniforms.

    The gamma of shape 4 is the sum of four exponentials of mean 3.5.  [assumption: joiners are larger than the stock]
    """
    rate = 3.5 * (exponential(u1) + exponential(u2) + exponential(u3) + exponential(u4))
    return min(6 + poisson(rate, u5), 60)


def stock_size(u: float, log_mean: float, log_sd: float) -> int:
    """Staff of a licensed center of the North Carolina stock of January 2019: rounded log-normal, 1..131."""
    return int(clip(growth(log_mean + log_sd * normal(u)) + 0.5, 1.0, 131.0))


def role_of_slot(slot: int, size: int) -> int:
    """Role of the ``slot``-th position of a center of ``size`` staff.

    Filled in the order leader, teacher, assistant, teacher, supervisor (size >= 8), assistant, non-teaching
    (size >= 10); the rest 40% assistants and 60% teachers (two assistants in every five, spread evenly).
    """
    if slot < 4:
        return LEADER if slot == 0 else (ASSISTANT if slot == 2 else TEACHER)
    place = slot - 4
    if size >= 8:
        if place == 0:
            return SUPERVISOR
        place -= 1
    if place == 0:
        return ASSISTANT
    place -= 1
    if size >= 10:
        if place == 0:
            return OTHER
        place -= 1
    return ASSISTANT if place % 5 == 1 or place % 5 == 3 else TEACHER


def factor_score(common: float, own: float, correlation: float) -> float:
    """Standard normal score of a trait that shares ``correlation`` with the center's other traits (Gaussian copula)."""
    return sqrt(correlation) * common + sqrt(1.0 - correlation) * own


def center_trait(score: float, mean: float, sd: float) -> float:
    """A center's trait from its score, held inside [.05, .95]."""
    return clip(mean + sd * score, 0.05, 0.95)


def frailty(score: float, sd: float) -> float:
    """A center's turnover multiplier, log-normal with mean 1 (E1)."""
    return growth(sd * score - 0.5 * sd * sd)


def set_point(
    center_motivation: float, practice_score: float, own_score: float, sd: float, correlation: float
) -> float:
    """A person's motivational set point m0, correlated with the person's practice, inside [.02, .98]."""
    score = correlation * practice_score + sqrt(1.0 - correlation * correlation) * own_score
    return clip(center_motivation + sd * score, 0.02, 0.98)


def habit(
    center_practice: float, practice_score: float, driver_score: float, person_sd: float, driver_sd: float
) -> float:
    """A person's habitual practice b of one driver before any collaborative, inside [.01, .99]."""
    return clip(center_practice + person_sd * practice_score + driver_sd * driver_score, 0.01, 0.99)


def entry_knowledge(habit_: float, margin: float) -> float:
    """Knowledge k0 on entry: a little more than is practised, ``min(1, b + margin)``."""
    return min(1.0, habit_ + margin)
