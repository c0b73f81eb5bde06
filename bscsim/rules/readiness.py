"""E4: readiness (R = MC2: motivation x general capacity x innovation-specific capacity) and authority."""

from __future__ import annotations

from bscsim.rules.operators import power

READINESS_REFERENCE = 0.45
MOTIVATION_REFERENCE = 0.55
_FLOOR = 1e-12  # a component of exactly 0 has no logarithm; far below anything a center can show
_GEOMETRIC = 1e-6  # exponents nearer to 0 than this are taken as 0: the power mean's rounding grows as 1e-16/exponent


def readiness(motivation: float, capacity: float, qi: float, exponent: float) -> float:
    """Power mean of the three components; exponent 0 is geometric (Scaccia et al. 2015), 1 the additive rival."""
    a = max(motivation, _FLOOR)
    g = max(capacity, _FLOOR)
    q = max(qi, _FLOOR)
    if abs(exponent) < _GEOMETRIC:
        return power(a * g * q, 1.0 / 3.0)
    return power((power(a, exponent) + power(g, exponent) + power(q, exponent)) / 3.0, 1.0 / exponent)


def uptake(readiness_: float, elasticity: float) -> float:
    """g(R): what readiness does to testing and using changes, 1 at the reference .45, at most 2; elasticity 0: none."""
    relative = readiness_ / READINESS_REFERENCE
    return min(relative if elasticity == 1.0 else power(relative, elasticity), 2.0)  # as power has it, at no price


def authority(leader_engagement: float, leader_seated: bool) -> float:
    """What a test of change is worth when the leader sits on the team, .5 otherwise, at most 1.2."""
    if not leader_seated:
        return 0.5
    return min(0.5 + 0.5 * leader_engagement / MOTIVATION_REFERENCE, 1.2)
