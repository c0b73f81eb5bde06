"""E16: the collaborative's monthly bill to one center's account (seat hours and hires are booked where they occur)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bscsim.record.measures import CALLS, COACHING_VISITS, PROGRAM_FIXED, SESSIONS, SUPPORTS
from bscsim.rules import costs, participation

if TYPE_CHECKING:
    from bscsim.agents.center import Center


def bill_enrolment(center: Center, members: int) -> None:
    """Charge the collaborative's fixed price (faculty, framework meeting), split over its ``members``."""
    center.month.cost[PROGRAM_FIXED] += costs.shared(center.model.parameters.price_fixed, 1.0, members)


def bill_month(center: Center, events: tuple[str, ...], active: int) -> None:
    """Charge one active center for this month's events and supports; calls are split over the ``active`` ones."""
    model = center.model
    p, numbers, cost = model.parameters, model.numbers, center.month.cost
    if "session" in events:
        cost[SESSIONS] += numbers.session_price
    hours = participation.CALL_HOURS * sum(name in events for name in ("prework_call", "call", "affinity_call"))
    cost[CALLS] += costs.shared(p.price_call_hour, hours, active)
    if "coaching" in events:
        cost[COACHING_VISITS] += p.price_coaching_hour * participation.COACHING_HOURS
    seats_held = len(center.team.members) if center.team else 0
    present = sum(person.filled for person in center.employees)
    cost[SUPPORTS] += numbers.stipend_price * seats_held
    cost[SUPPORTS] += numbers.bonus_price * present / 12.0
    cost[SUPPORTS] += numbers.trouble_price
