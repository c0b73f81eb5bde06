"""E14: what reaches centers outside the collaborative through their leaders' informal contacts."""

from __future__ import annotations

from bscsim.rules.operators import pull


def outside_contact(k: float, entry: float, leaders_gain: float, rate: float, dt: float) -> float:
    """E14: knowledge of outside staff after ``dt`` years near leaders who gained ``leaders_gain`` (mean K - k0)."""
    return pull(k, rate * max(entry + leaders_gain - k, 0.0), rate, dt)
