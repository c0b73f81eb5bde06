"""E6: the month's calls, learning session, coaching visit and report, and what everybody takes from them."""

from __future__ import annotations

from bscsim.engine.places import REPORT_DUE, REPORT_SENT
from bscsim.engine.rows import fill
from bscsim.engine.seating import held
from bscsim.engine.state import ADDED, CONTACT, DOSE, HOURS, MOOD, NONE, PRESENT, RELEVANCE, Array, K, Record, State
from bscsim.record.measures import (
    ACTIVE,
    AFFINITY_CALL,
    ASSISTANT,
    CALL,
    CALLS,
    COACHING,
    COACHING_VISITS,
    PREWORK_CALL,
    REPORTING,
    SESSION,
    SESSIONS,
    STAFF_TIME,
    SUBSTITUTE_COVER,
    SUPPORTS,
    TEACHER,
)
from bscsim.rules.costs import shared, staff_time, substitute
from bscsim.rules.draws import ATTENDANCE, MONTHLY_REPORT, staff_item, uniform, uniform4
from bscsim.rules.operators import pulse, saturating
from bscsim.rules.participation import (
    CALL_HOURS,
    CALL_RELEVANCE,
    COACHING_HOURS,
    COACHING_RELEVANCE,
    COUNTED_CALLS,
    REGULAR_CALLS,
    SESSION_HOURS,
    attendance_probability,
    dose,
    report_probability,
    teaching,
)

REPORT = 5
"""Place of the monthly report among the month's events, after those of the record."""
LOT = (3, 0, 1, 2)
"""Each event's place among a person's four attendance draws of the month, in the order of the record's events."""


def hold_events(q: Record, s: State, calendar: Record) -> None:
    """Process 4: the events of its collaborative's month in every active center."""
    for place in range(s.clock.participants):
        s.active[s.centers[s.participants[place]].collaborative] = 0
    for place in range(s.clock.participants):
        center = s.centers[s.participants[place]]
        if center.status == ACTIVE:
            s.active[center.collaborative] += 1
    for place in range(s.clock.participants):
        c = s.participants[place]
        center = s.centers[c]
        if center.status == ACTIVE:
            events = calendar[q.burn_in + s.clock.month - center.begins].events
            bill_month(q, s, c, events, s.active[center.collaborative])
            meet(q, s, c, events)
            if events[REPORT] > 0:
                report(q, s, c)


def bill_month(q: Record, s: State, c: int, events: Array, active: int) -> None:
    """E16: charge one active center for this month's events and supports; calls are split over the ``active`` ones."""
    cost = s.centers[c].cost
    if events[SESSION] > 0:
        cost[SESSIONS] += q.session_price
    hours = CALL_HOURS * (events[PREWORK_CALL] + events[CALL] + events[AFFINITY_CALL])
    cost[CALLS] += shared(q.price_call_hour, hours, active)
    if events[COACHING] > 0:
        cost[COACHING_VISITS] += q.price_coaching_hour * COACHING_HOURS
    cost[SUPPORTS] += q.stipend_price * held(s, c)
    cost[SUPPORTS] += q.bonus_price * s.centers[c].present / 12.0
    cost[SUPPORTS] += q.trouble_price


def meet(q: Record, s: State, c: int, events: Array) -> None:
    """E6: one center's events of the month, in their order, and what its staff learn from them."""
    clock, center = s.clock, s.centers[c]
    center.met = True
    for order in range(center.seats):
        i = s.seats[c, order].holder
        if i != NONE:
            item = staff_item(i - center.first, s.staff[i].occupant, 0)
            u = uniform4(q.seed, clock.replicate, center.number, item, clock.now, ATTENDANCE)
            lots = s.seats[c, order].lots
            lots[0], lots[1], lots[2], lots[3] = u
    teach = teaching(center.facilitation, q.e3, q.evidence)
    for event in (PREWORK_CALL, CALL):
        if events[event] > 0:
            came = gather(q, s, c, event, teach)
            center.present_share = came / center.seats
            count_calls(s, c)
    if events[AFFINITY_CALL] > 0:
        gather(q, s, c, AFFINITY_CALL, teach)
    if events[SESSION] > 0:
        came = gather(q, s, c, SESSION, teach)
        center.present_share = came / center.seats
    if events[COACHING] > 0:
        coach(q, s, c, teach)
    study(s, c)


def gather(q: Record, s: State, c: int, event: int, teach: float) -> int:
    """E6: hold one event for the seat holders; return how many came (``came`` of a seat says who)."""
    center = s.centers[c]
    count = 0
    for order in range(center.seats):
        i = s.seats[c, order].holder
        s.seats[c, order].came = False
        if i == NONE:
            continue
        role = s.staff[i].role
        s.centers[c].invited[role, event] += 1
        hours, relevance, base, support = CALL_HOURS, CALL_RELEVANCE, q.call_logit[role], 0.0
        if event == AFFINITY_CALL:
            relevance, base = q.affinity_relevance[role], q.affinity_logit[role]
        elif event == SESSION:
            hours, relevance, base, support = SESSION_HOURS, q.session_relevance, q.session_logit, q.session_support
        support += q.attend_support[role]
        chance = attendance_probability(base, q.att_slope, s.slot[MOOD, i], center.readiness, support)
        if s.seats[c, order].lots[LOT[event]] < chance:
            s.seats[c, order].came = True
            count += 1
            s.centers[c].attended[role, event] += 1
            take_part(s, i, hours, relevance, dose(q.k_hour, hours, relevance, teach) * q.e4)
            charge_time(q, s, c, i, hours)
    return count


def take_part(s: State, i: int, hours: float, relevance: float, learned: float) -> None:
    """E6, E7, E10: an event attended (or a coaching visit received) and what it taught."""
    s.slot[DOSE, i] += learned
    s.slot[RELEVANCE, i] += relevance
    s.slot[HOURS, i] += hours
    s.slot[CONTACT, i] += hours * relevance
    s.staff[i].exposed = True
    s.staff[i].last_event = s.clock.now


def charge_time(q: Record, s: State, c: int, i: int, hours: float) -> None:
    """E16: working hours given to the collaborative and, for classroom staff, their substitutes."""
    role = s.staff[i].role
    cost = s.centers[c].cost
    s.centers[c].seat_hours += hours
    cost[STAFF_TIME] += staff_time(hours, q.wages[role])
    if role == TEACHER or role == ASSISTANT:
        cost[SUPPORTS] += substitute(hours, q.wages[role], q.released)
        cost[SUBSTITUTE_COVER] += substitute(hours, q.wages[role], q.cover_rate * (1.0 - q.released))


def count_calls(s: State, c: int) -> None:
    """Count all-team calls: a person's first seven count for the published measure."""
    for order in range(s.centers[c].seats):
        i = s.seats[c, order].holder
        if i == NONE:
            continue
        person = s.staff[i]
        person.calls_offered += 1
        if person.calls_offered <= COUNTED_CALLS and s.seats[c, order].came:
            person.calls_attended += 1
        if person.calls_offered == COUNTED_CALLS:
            s.centers[c].call_holders[person.role] += 1
            if person.calls_attended >= REGULAR_CALLS:
                s.centers[c].call_regulars[person.role] += 1


def coach(q: Record, s: State, c: int, teach: float) -> None:
    """E6: faculty on site: every seat holder is coached, and a share of it reaches the others (no draw)."""
    center = s.centers[c]
    learned = dose(q.k_hour, COACHING_HOURS, COACHING_RELEVANCE, teach) * q.coach_potency * q.e3
    for i in range(center.first, center.first + center.people):
        person = s.staff[i]
        if person.seat > 0:
            s.centers[c].invited[person.role, COACHING] += 1
            s.centers[c].attended[person.role, COACHING] += 1
            take_part(s, i, COACHING_HOURS, COACHING_RELEVANCE, learned)
            charge_time(q, s, c, i, COACHING_HOURS)
        elif s.slot[PRESENT, i] > 0.0:
            s.slot[DOSE, i] += q.coach_spill * learned


def study(s: State, c: int) -> None:
    """E6: knowledge from this month's events; doses of several events add up."""
    center = s.centers[c]
    first, last = center.first, center.first + center.employees
    share = s.room[ADDED, : center.employees]
    fill(share, 0.0)
    for place in range(center.headcount):
        if s.slot[DOSE, first + place] > 0.0:
            share[place] = saturating(s.slot[DOSE, first + place])
            s.slot[DOSE, first + place] = 0.0
    for d in range(s.level.shape[1]):
        lift(s.level[K, d, first:last], share)


def lift(level: Array, share: Array) -> None:
    """A row of pulses."""
    for i in range(level.shape[0]):
        level[i] = pulse(level[i], share[i])


def report(q: Record, s: State, c: int) -> None:
    """E6: a monthly report is sent or not; it changes nothing but the record."""
    center, clock = s.centers[c], s.clock
    s.centers[c].counts[REPORT_DUE] += 1
    chance = report_probability(q.report_logit, q.att_slope, center.engagement, center.readiness)
    if uniform(q.seed, clock.replicate, center.number, 0, clock.now, MONTHLY_REPORT) < chance:
        s.centers[c].counts[REPORT_SENT] += 1
        s.centers[c].cost[REPORTING] += q.hours_report * q.wage_leader
