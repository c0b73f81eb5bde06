"""E11-E12: what a person knows and does.  The hot path: most of the arithmetic is here."""

from __future__ import annotations

from bscsim.rules.operators import pull

SEAT_WEIGHT = 3.0
"""E11: colleagues learn three times as much from seat holders who attended or were coached lately (Sun et al. 2013)."""
RECENT_MONTHS = 3


def knowledge(
    k: float, entry: float, practice_: float, help_target: float, help_: float, forget: float, dt: float
) -> float:
    """E11: knowledge after ``dt`` years: up toward colleagues' mean, down toward entry level where it is not used.

    ``help_`` is k_help x climate; ``forget`` is k_forget; both 1/year.
    """
    fade = forget * (1.0 - practice_)
    gap = help_target - k
    drift = (help_ * gap if gap > 0.0 else 0.0) + fade * (entry - k)
    return pull(k, drift, help_ + fade, dt)


def reinforcement(colleagues: float, boost: float) -> float:
    """E12: 1 + boost x Hill(4, .4) of colleagues' mean practice (complex contagion; boost 0: none)."""
    p2 = colleagues * colleagues
    p4 = p2 * p2
    return 1.0 + boost * (p4 / (p4 + 0.0256))


def usable(fit_floor: float, fit: float) -> float:
    """E12: share of newly gained knowledge that fits local work, from ``fit_floor`` to 1 as F grows."""
    return fit_floor + (1.0 - fit_floor) * fit


def reversion_rate(rev: float, hold: float, fit: float) -> float:
    """E12: rate (1/year) of slipping back to habit; standardised work (F) holds."""
    return rev * (1.0 - hold * fit)


def practice(
    p: float,
    habit: float,
    gained: float,
    usable_: float,
    use: float,
    colleagues: float,
    norm: float,
    revert: float,
    dt: float,
) -> float:
    """E12: practice after ``dt`` years under use, norm and reversion (rates ``use``, ``norm``, ``revert``, 1/year).

    ``gained`` is K - k0: only knowledge gained (if any) is put to use, on top of the person's own habit.
    """
    target = habit + gained * usable_ if gained > 0.0 else habit
    drift = use * (target - p) + norm * (colleagues - p) + revert * (habit - p)
    return pull(p, drift, use + norm + revert, dt)
