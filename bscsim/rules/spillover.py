"""E14: what reaches centers outside the collaborative through their leaders' informal contacts."""

from __future__ import annotations

from bscsim.rules.operators import pull


def outside_contact(k: float, entry: float, leaders_gain: float, rate: float, dt: float) -> float:
    """E14: knowledge of outside staff after ``dt`` years near leaders who gained ``leaders_gain`` (mean K - k0).

    The target ends at 1: who knew nearly everything on entry cannot gain as much as the leaders did.
    """
    return pull(k, rate * max(min(entry + leaders_gain, 1.0) - k, 0.0), rate, dt)
