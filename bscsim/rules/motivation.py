"""E10: engagement: success and contact lift it, the leader and one's own set point draw it, overload drains it."""

from __future__ import annotations

from bscsim.rules.operators import pull

HOLDER_SHARE, OTHER_SHARE = 1.0, 0.25
"""How much of the team's successes lifts those who hold a seat, and the others, who see them from outside."""


def lift_rate(up: float, relevance: float, successes: float, share: float) -> float:
    """E10: rate of the pull to 1: relevance of the last month's events plus half its successes (at most 2).

    ``share`` is HOLDER_SHARE or OTHER_SHARE.
    """
    return up * (relevance + share * min(successes, 2.0) / 2.0)


def load_rate(load: float, hours: float, capacity: float) -> float:
    """E10: rate of the pull to 0: hours of the last month's events against spare capacity (capability trap)."""
    return load * (hours / 8.0) * (1.0 - capacity)


def supported_set_point(own: float, lift: float) -> float:
    """E10, E17: a seat holder's set point, raised by a participation stipend, at most to .98."""
    return max(own, min(own + lift, 0.98))


def engagement(
    m: float, lift: float, lead: float, leader: float, home: float, set_point: float, load: float, dt: float
) -> float:
    """E10: engagement after ``dt`` years under four pulls (rates ``lift``, ``lead``, ``home``, ``load``, 1/year)."""
    drift = lift * (1.0 - m) + lead * (leader - m) + home * (set_point - m) - load * m
    return pull(m, drift, lift + lead + home + load, dt)
