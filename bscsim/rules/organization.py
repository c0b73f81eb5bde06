"""E8 (second half) and E9: what the center keeps: local fit F, QI capacity Q and climate C."""

from __future__ import annotations

from bscsim.rules.operators import pull
from bscsim.rules.readiness import MOTIVATION_REFERENCE


def fit_decay_rate(decay: float, leader: float, takes_part: bool) -> float:
    """E8: rate (1/year) of losing formalised practice; an engaged leader of an active or alumni center slows it."""
    return decay * (1.0 - 0.6 * min(1.0, leader / MOTIVATION_REFERENCE)) if takes_part else decay


def fit_decay(fit: float, fit0: float, rate: float, dt: float) -> float:
    """E8: local fit F of a driver after ``dt`` years of decay to where it began."""
    return pull(fit, rate * (fit0 - fit), rate, dt)


def qi_decay(qi: float, qi0: float, decay: float, active: bool, dt: float) -> float:
    """E8: QI capacity after ``dt`` years; slower (x .3) while the collaborative runs."""
    rate = decay * 0.3 if active else decay
    return pull(qi, rate * (qi0 - qi), rate, dt)


def climate(
    climate_: float,
    climate0: float,
    up: float,
    present: float,
    testing: bool,
    leader: float,
    decay: float,
    dt: float,
) -> float:
    """E9: climate rises with joint activity under an engaged leader and returns to its own level.

    ``up`` is c_up (0 unless active), ``present`` the share of seats at the latest session or call,
    ``testing`` whether a PDSA is open.
    """
    activity = (present + (1.0 if testing else 0.0)) / 2.0
    lift = 1.5 * up * activity * leader
    return pull(climate_, lift * (1.0 - climate_) + decay * (climate0 - climate_), lift + decay, dt)
