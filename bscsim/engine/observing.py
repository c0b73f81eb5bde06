"""Fill the record: stocks at the start of a month, flows when it is over, staff at waves, totals at the horizon."""

from __future__ import annotations

from math import nan
from typing import NamedTuple

from bscsim.engine.inlining import inlined
from bscsim.engine.places import (
    ATTENDED,
    AUTHORITY,
    CALL_HOLDERS,
    CALL_REGULARS,
    CAPACITY,
    CLIMATE,
    DRIVE,
    ENGAGEMENT,
    EXITS,
    FIT_GAINED,
    HIRES,
    IDEAS_BORROWED,
    INVITED,
    KNOWLEDGE,
    KNOWLEDGE_GAIN,
    KNOWLEDGE_LOST,
    KNOWLEDGE_NONTEAM,
    KNOWLEDGE_TEAM,
    LEAVER_PRACTICE,
    METRICS_MADE,
    METRICS_USED,
    MOTIVATION,
    PDSA_OPEN,
    PERSONS_CREATED,
    PERSONS_LEFT,
    PERSONS_PRESENT,
    PERSONS_WAITING,
    PRACTICE,
    PRACTICE_NONTEAM,
    PRACTICE_TEAM,
    QI,
    READINESS,
    SEAT_HOLDERS,
    SEAT_HOURS,
    SEATS,
    SEATS_AT_ROLE,
    SEATS_HELD,
    SEATS_LOST,
    STAFF,
)
from bscsim.engine.rows import add, add_difference, divide, fill
from bscsim.engine.seating import held
from bscsim.engine.state import (
    FIT,
    GAINED,
    K0,
    KNOWN,
    MOOD,
    NONE,
    PRACTISED,
    PRESENT,
    ROLE_COUNT,
    SET_POINT,
    TENURE,
    Array,
    B,
    K,
    P,
    Record,
    State,
)
from bscsim.engine.stock import current_authority, current_readiness
from bscsim.engine.testing import team_drive
from bscsim.record.measures import ACTIVE, PARENT
from bscsim.record.stacks import Stacks


class Rows(NamedTuple):
    """Columns of the staff rows of a world, in the order of the record; ``levels`` are K, k0, P, b by driver."""

    replicate: Array
    month: Array
    center: Array
    slot: Array
    role: Array
    classroom: Array
    occupant: Array
    person: Array
    filled: Array
    seat: Array
    ever_seat: Array
    exposed: Array
    tenure: Array
    M: Array
    m0: Array
    K: Array
    k0: Array
    P: Array
    b: Array


class Labels(NamedTuple):
    """What both worlds share: [R, C], and [R, C, 3] for ``readiness_measured``."""

    size: Array
    collaborative: Array
    cohort: Array
    applied: Array
    readiness_selection: Array
    readiness_measured: Array


def observe(q: Record, s: State, o: Stacks, row: int, t: int, c: int) -> None:
    """Record the stocks of a center at the start of a month."""
    observe_center(q, s, o, row, t, c)
    observe_staff(s, o, row, t, c)


@inlined
def observe_center(q: Record, s: State, o: Stacks, row: int, t: int, c: int) -> None:
    """What a center is and has."""
    center = s.centers[c]
    o.status[0, row, t, c] = center.status
    real, count = o.month_real, o.month_count
    real[READINESS, row, t, c] = current_readiness(q, s, c)
    real[CAPACITY, row, t, c] = center.capacity
    real[QI, row, t, c] = center.qi
    real[CLIMATE, row, t, c] = center.climate
    real[AUTHORITY, row, t, c] = current_authority(s, c)
    for d in range(s.level.shape[1]):
        o.fit[0, row, t, c, d] = s.driver[FIT, c, d]
    if center.collaborative == NONE:
        return
    count[SEATS, row, t, c] = center.seats
    count[SEATS_HELD, row, t, c] = held(s, c)
    at_role = in_progress = 0
    for order in range(center.seats):
        seat = s.seats[c, order]
        if seat.holder != NONE and s.staff[seat.holder].role == seat.named:
            at_role += 1
    for d in range(s.level.shape[1]):
        in_progress += center.open_pdsas[d]
    count[SEATS_AT_ROLE, row, t, c] = at_role
    count[PDSA_OPEN, row, t, c] = in_progress
    if center.status == ACTIVE:
        real[DRIVE, row, t, c] = team_drive(q, s, c)


@inlined
def average_levels(s: State, c: int) -> None:
    """Each employee's mean over drivers of P, K and K - k0 into the rows PRACTISED, KNOWN and GAINED."""
    first, count = s.centers[c].first, s.centers[c].employees
    last = first + count
    practised, known, gained = s.slot[PRACTISED, :count], s.slot[KNOWN, :count], s.slot[GAINED, :count]
    fill(practised, 0.0)
    fill(known, 0.0)
    fill(gained, 0.0)
    for d in range(s.level.shape[1]):
        known_here = s.level[K, d, first:last]
        add(practised, s.level[P, d, first:last])
        add(known, known_here)
        add_difference(gained, known_here, s.level[K0, d, first:last])
    divide(practised, s.level.shape[1])
    divide(known, s.level.shape[1])
    divide(gained, s.level.shape[1])


@inlined
def observe_staff(s: State, o: Stacks, row: int, t: int, c: int) -> None:
    """How the people of a center are and do: all, by role, and by team."""
    average_levels(s, c)
    center = s.centers[c]
    practised_by, known_by, mood_by = center.practised_by, center.known_by, center.mood_by
    counts, seated = center.staff_by, center.seated_by
    fill(practised_by, 0.0)
    fill(known_by, 0.0)
    fill(mood_by, 0.0)
    fill(counts, 0)
    fill(seated, 0)
    team_p = team_k = other_p = other_k = gain = mood = 0.0
    team = others = 0
    for place in range(center.headcount):
        i = center.first + place
        if s.slot[PRESENT, i] == 0.0:
            continue
        role, practised, known = s.staff[i].role, s.slot[PRACTISED, place], s.slot[KNOWN, place]
        practised_by[role] += practised
        known_by[role] += known
        mood_by[role] += s.slot[MOOD, i]
        counts[role] += 1
        mood += s.slot[MOOD, i]
        gain += s.slot[GAINED, place]
        if s.staff[i].seat > 0:
            seated[role] += 1
            team += 1
            team_p += practised
            team_k += known
        else:
            others += 1
            other_p += practised
            other_k += known
    if center.people > center.headcount:
        observe_parent(s, mood_by, counts, seated, center.first + center.headcount)
    real = o.month_real
    real[MOTIVATION, row, t, c] = ratio(mood, center.present)
    real[PRACTICE_TEAM, row, t, c] = ratio(team_p, team)
    real[KNOWLEDGE_TEAM, row, t, c] = ratio(team_k, team)
    real[PRACTICE_NONTEAM, row, t, c] = ratio(other_p, others)
    real[KNOWLEDGE_NONTEAM, row, t, c] = ratio(other_k, others)
    real[KNOWLEDGE_GAIN, row, t, c] = ratio(gain, center.present)
    observe_roles(s, o, row, t, c)


@inlined
def observe_roles(s: State, o: Stacks, row: int, t: int, c: int) -> None:
    """What was added up by role."""
    center = s.centers[c]
    counts = center.staff_by
    for role in range(ROLE_COUNT):
        o.role_count[STAFF, row, t, c, role] = counts[role]
        o.role_count[SEAT_HOLDERS, row, t, c, role] = center.seated_by[role]
        o.role_real[ENGAGEMENT, row, t, c, role] = ratio(center.mood_by[role], counts[role])
        if role != PARENT:
            o.role_real[PRACTICE, row, t, c, role] = ratio(center.practised_by[role], counts[role])
            o.role_real[KNOWLEDGE, row, t, c, role] = ratio(center.known_by[role], counts[role])


def observe_parent(s: State, mood_by: Array, counts: Array, seated: Array, i: int) -> None:
    """A parent counts while holding a seat."""
    if s.slot[PRESENT, i] > 0.0 and s.staff[i].seat > 0:
        mood_by[PARENT] = s.slot[MOOD, i]
        counts[PARENT] = 1
        seated[PARENT] = 1


def ratio(total: float, count: int) -> float:
    """A mean; NaN of nothing."""
    return total / count if count > 0 else nan


def close_month(s: State, o: Stacks, row: int, t: int, c: int) -> None:
    """Record what a center added up over a month, and start anew."""
    center, real = s.centers[c], o.month_real
    if center.touched or center.collaborative != NONE:
        close_counts(s, o, row, t, c)
    real[KNOWLEDGE_LOST, row, t, c] = center.knowledge_lost
    real[LEAVER_PRACTICE, row, t, c] = center.leaver_practice
    real[FIT_GAINED, row, t, c] = center.fit_gained
    real[IDEAS_BORROWED, row, t, c] = center.ideas_borrowed
    real[SEAT_HOURS, row, t, c] = center.seat_hours
    center.knowledge_lost = center.leaver_practice = center.fit_gained = 0.0
    center.ideas_borrowed = center.seat_hours = 0.0


def discard_month(s: State) -> None:
    """Forget what happened in burn-in, which is not recorded."""
    for c in range(s.centers.shape[0]):
        center = s.centers[c]
        center.touched = False
        center.knowledge_lost = center.leaver_practice = 0.0
        fill(center.counts, 0)
        fill(center.exits, 0)
        fill(center.hires, 0)
        fill(center.cost, 0.0)


@inlined
def close_counts(s: State, o: Stacks, row: int, t: int, c: int) -> None:
    """Record what was counted and paid in a center over a month, and start anew."""
    center = s.centers[c]
    center.touched = False
    for kind in range(SEATS_LOST, o.month_count.shape[0]):
        o.month_count[kind, row, t, c] = center.counts[kind]
        center.counts[kind] = 0
    for line in range(o.cost.shape[4]):
        o.cost[0, row, t, c, line] = center.cost[line]
        center.cost[line] = 0.0
    for role in range(ROLE_COUNT):
        o.role_count[EXITS, row, t, c, role] = center.exits[role]
        o.role_count[HIRES, row, t, c, role] = center.hires[role]
        center.exits[role] = center.hires[role] = 0
    if not center.met:
        return
    center.met = False
    for role in range(ROLE_COUNT):
        for event in range(o.event_count.shape[5]):
            o.event_count[INVITED, row, t, c, role, event] = center.invited[role, event]
            o.event_count[ATTENDED, row, t, c, role, event] = center.attended[role, event]
            center.invited[role, event] = center.attended[role, event] = 0


def close_run(s: State, o: Stacks, row: int) -> None:
    """Record the totals at the horizon."""
    clock = s.clock
    people = 0
    for c in range(s.centers.shape[0]):
        center = s.centers[c]
        people += center.people - center.vacant
        o.center_real[0, row, c] = center.withdrawal_month
        if center.collaborative != NONE:
            o.center_flag[METRICS_MADE, row, c] = center.makes_metrics
            o.center_flag[METRICS_USED, row, c] = center.uses_metrics
            for role in range(ROLE_COUNT):
                o.call_count[CALL_HOLDERS, row, c, role] = center.call_holders[role]
                o.call_count[CALL_REGULARS, row, c, role] = center.call_regulars[role]
    o.persons[PERSONS_CREATED, row] = clock.created
    o.persons[PERSONS_PRESENT, row] = people
    o.persons[PERSONS_WAITING, row] = clock.waiting
    o.persons[PERSONS_LEFT, row] = clock.left


def label(s: State, labels: Labels, row: int) -> None:
    """Record what both worlds share: sizes, and what enrolment decided and saw."""
    for c in range(s.centers.shape[0]):
        center = s.centers[c]
        labels.size[row, c] = center.headcount
        seen, joined = center.assessed, center.collaborative != NONE
        labels.applied[row, c] = seen
        labels.readiness_measured[row, c, 0] = center.measured_motivation if seen else nan
        labels.readiness_measured[row, c, 1] = center.measured_capacity if seen else nan
        labels.readiness_measured[row, c, 2] = center.measured_qi if seen else nan
        labels.readiness_selection[row, c] = center.true_readiness if seen else nan
        labels.collaborative[row, c] = center.collaborative if joined else NONE
        labels.cohort[row, c] = 0 if joined else NONE


def list_staff(s: State, rows: Rows, at: int, month: int) -> int:
    """Write a row a slot, from row ``at`` on; NaN where nobody is.  Returns the row after the last."""
    for c in range(s.centers.shape[0]):
        center = s.centers[c]
        for i in range(center.first, center.first + center.people):
            list_slot(s, rows, at, c, i)
            rows.replicate[at] = s.clock.replicate
            rows.month[at] = month
            at += 1
    return at


@inlined
def list_slot(s: State, rows: Rows, at: int, c: int, i: int) -> None:
    """Write one slot's row."""
    person, here = s.staff[i], s.slot[PRESENT, i] > 0.0
    rows.center[at] = c
    rows.slot[at] = i - s.centers[c].first
    rows.role[at] = person.role
    rows.classroom[at] = person.classroom
    rows.occupant[at] = person.occupant
    rows.person[at] = person.person if here else -1
    rows.filled[at] = here
    rows.seat[at] = person.seat
    rows.ever_seat[at] = here and person.ever_seat
    rows.exposed[at] = here and person.exposed
    rows.tenure[at] = s.slot[TENURE, i] if here else nan
    rows.M[at] = s.slot[MOOD, i] if here else nan
    rows.m0[at] = s.slot[SET_POINT, i] if here else nan
    known = here and person.role != PARENT
    for d in range(s.level.shape[1]):
        rows.K[at, d] = s.level[K, d, i] if known else nan
        rows.k0[at, d] = s.level[K0, d, i] if known else nan
        rows.P[at, d] = s.level[P, d, i] if known else nan
        rows.b[at, d] = s.level[B, d, i] if known else nan
