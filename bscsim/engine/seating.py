"""E3, E13: who sits on a center's improvement team."""

from __future__ import annotations

from bscsim.engine.inlining import inlined
from bscsim.engine.places import SEATS_REFILLED
from bscsim.engine.state import NONE, PRESENT, SHARE, Record, State
from bscsim.record.measures import ACTIVE, PARENT
from bscsim.rules.draws import METRICS, SEAT_LEVEL, SEAT_REFILL, uniform
from bscsim.rules.enrolment import PARENT_SEAT, SEAT_ORDER, may_hold, may_stand_in, seat_role, seats_for
from bscsim.rules.motivation import HOLDER_SHARE, OTHER_SHARE


def make_team(q: Record, s: State, c: int, collaborative: int) -> None:
    """E13: seats in their order, open to whom their lots say, and their first holders."""
    center = s.centers[c]
    replicate, number = s.clock.replicate, center.number
    center.collaborative = collaborative
    center.seats = seats_for(center.headcount) if q.team_size == 0 else min(q.team_size, center.headcount)
    for order in range(center.seats):
        seat = s.seats[c, order]
        lot = uniform(q.seed, replicate, number, order, 0, SEAT_LEVEL)
        seat.role = seat_role(order, lot, q.e2)
        seat.named = SEAT_ORDER[order]
        seat.number = order + 1
        seat.holder = NONE
    if q.parents:
        seat = s.seats[c, center.seats]
        seat.role = seat.named = PARENT
        seat.number = PARENT_SEAT
        seat.holder = NONE
        center.seats += 1
    center.present_share = 0.0
    metrics = uniform(q.seed, replicate, number, 0, 0, METRICS)
    center.makes_metrics = metrics < q.metrics_made_p
    center.uses_metrics = metrics < q.metrics_p
    for order in range(center.seats):
        fill_seat(s, c, order)


def fill_seat(s: State, c: int, order: int) -> bool:
    """E3: give the seat to the present non-member of its role with the smallest lot, else to a stand-in."""
    center, seat = s.centers[c], s.seats[c, order]
    chosen = stand_in = NONE
    for i in range(center.first, center.first + center.people):
        person = s.staff[i]
        if s.slot[PRESENT, i] == 0.0 or person.seat > 0:
            continue
        if may_hold(seat.role, person.role) and (chosen == NONE or person.lot < s.staff[chosen].lot):
            chosen = i
        if may_stand_in(seat.role, person.role) and (stand_in == NONE or person.lot < s.staff[stand_in].lot):
            stand_in = i
    if chosen == NONE:
        chosen = stand_in
    if chosen == NONE:
        return False
    person = s.staff[chosen]
    seat.holder = chosen
    person.seat = seat.number
    person.ever_seat = True
    person.calls_offered = 0
    person.calls_attended = 0
    s.slot[SHARE, chosen] = HOLDER_SHARE
    return True


def refill_seats(q: Record, s: State) -> None:
    """E3: each empty seat of an active center may be given to a colleague."""
    clock = s.clock
    for place in range(clock.participants):
        c = s.participants[place]
        center = s.centers[c]
        if center.status != ACTIVE:
            continue
        for order in range(center.seats):
            seat = s.seats[c, order]
            if seat.holder == NONE:
                u = uniform(q.seed, clock.replicate, center.number, seat.number, clock.now, SEAT_REFILL)
                if u < q.refill_probability and fill_seat(s, c, order):
                    s.centers[c].counts[SEATS_REFILLED] += 1


def lose_seat(s: State, c: int, i: int) -> None:
    """Whoever sits in slot ``i`` gives up the seat held."""
    for order in range(s.centers[c].seats):
        if s.seats[c, order].holder == i:
            s.seats[c, order].holder = NONE
    s.staff[i].seat = 0
    s.slot[SHARE, i] = OTHER_SHARE


@inlined
def held(s: State, c: int) -> int:
    """How many of a center's seats somebody holds."""
    count = 0
    for order in range(s.centers[c].seats):
        if s.seats[c, order].holder != NONE:
            count += 1
    return count
