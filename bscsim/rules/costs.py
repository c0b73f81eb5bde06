"""E16: what it costs, in US dollars of the price table."""

from __future__ import annotations


def scaled(level: float, at_full: float) -> float:
    """Multiplier of a support at ``level`` (0-1) whose multiplier at level 1 is ``at_full``."""
    return 1.0 - level * (1.0 - at_full)


def staff_time(hours: float, wage: float) -> float:
    """Working hours given to the collaborative, at the role's hourly wage."""
    return hours * wage


def substitute(hours: float, wage: float, covered: float) -> float:
    """Substitutes for the ``covered`` share of hours away from the classroom, at the wage of who is replaced."""
    return hours * wage * covered


def shared(price: float, units: float, members: int) -> float:
    """A collaborative's bill split evenly over its ``members``."""
    return price * units / members
