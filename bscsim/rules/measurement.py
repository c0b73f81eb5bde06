"""What a study would see of the truth: observation, self-report, non-response, child scores.

The measurement layer of model.md, section 3.  Each function takes the true state and standard normal
``score``s or a uniform drawn by the caller from the streams OBSERVATION, SELF_REPORT, RESPONSE and CHILD,
keyed by center number, by classroom or (slot, occupant), and by step; so what is measured of one person depends
on nobody else's being measured.

>>> observed_practice(0.4, 0.1, 1.0, 2.0)                 # a perfect instrument
0.4
>>> self_report(0.4, 0.1, 0.05, 1.0, 0.12, 0.0)           # a typical report after exposure
0.55...
"""

from __future__ import annotations

from math import sqrt

from bscsim.rules.operators import logistic, logit

RESPONSE_RATE = 0.8
"""Probability that a person of average motivation answers a survey [assumption]."""

CHILDREN_A_ROOM = 10
"""Children tested in a classroom; their mean has this many children's sampling error [assumption]."""

SCHOOL_YEAR_STARTS = 9
"""Month of the year in which a school year begins (September)."""


def observed_practice(true: float, spread: float, reliability: float, score: float) -> float:
    """Return the practice of a classroom as an observer scores it on one occasion.

    ``true`` is the mean practice of the staff present, ``spread`` the SD of true room means in untreated
    centers and ``reliability`` (0-1] that of one observation (rater and occasion), so the error variance is
    ``spread^2 (1/reliability - 1)``.  Unbounded: an instrument's error does not know the scale's ends.
    """
    return true + spread * sqrt(1.0 / reliability - 1.0) * score


def self_report(
    practice: float, bias: float, demand: float, exposed: float, sd: float, score: float
) -> float:
    """Return practice as reported: ``bias`` too high, and ``demand`` more once ``exposed`` (0 or 1)."""
    return practice + bias + demand * exposed + sd * score


def response_probability(motivation: float, mean: float, spread: float, slope: float) -> float:
    """Return the probability of answering a survey: .8 at the mean, ``slope`` logits per SD of motivation."""
    if spread <= 0.0:
        return RESPONSE_RATE
    return logistic(logit(RESPONSE_RATE) + slope * (motivation - mean) / spread)


def school_months(season_month: int) -> int:
    """Return the months of school behind the start of a month of the year (1-12): 1..12, 12 in September.

    >>> school_months(1), school_months(9)
    (4, 12)
    """
    months = (season_month - SCHOOL_YEAR_STARTS) % 12
    return months if months > 0 else 12


def lead_changed(present: bool, tenure: float, months: int) -> bool:
    """Return whether a room's lead teacher changed within the school year.

    True if the post is vacant now, or its holder (``tenure`` in years) began later than the school year,
    which is ``months`` old: the children lost the teacher they began with, or began without one.
    """
    return not present or tenure < months / 12.0


def child_score(
    practice: float, mean: float, spread: float, slope: float, changed: float, change: float
) -> float:
    """Return the mean outcome of a room's children, in SD of children.

    ``slope`` per SD of classroom practice, and ``change`` if ``changed`` is 1 (the lead teacher changed in the
    school year); ``mean`` and ``spread`` are those of true room means in untreated centers.
    """
    if spread <= 0.0:
        return change * changed
    return slope * (practice - mean) / spread + change * changed


def children_tested(true: float, children: float, score: float) -> float:
    """Return the mean outcome of the children tested: the true mean and sampling error (SD 1 a child)."""
    return true + score / sqrt(children)
