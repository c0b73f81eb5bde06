"""Fill the record: stocks at the start of a month, flows when it is over, staff at waves, totals at the horizon."""

from __future__ import annotations

from math import nan
from typing import NamedTuple

from bscsim.engine.averaging import average_levels, sum_staff, sum_team
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
from bscsim.engine.rows import copy, fill
from bscsim.engine.state import (
    COUNTS,
    EVENT_COUNT,
    FIT,
    K0,
    MOOD,
    NONE,
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

TOGETHER = 4
"""Centers that are recorded at once: as many as stay in the processor's first cache after they have worked."""


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


@inlined
def ends_run(s: State, begin: int, place: int) -> bool:
    """Whether centers from place ``begin`` on are to be recorded with that at ``place`` as their last.

    A few are recorded at once, because the rows of one center are so short that what precedes a loop over them takes
    longer than the loop; their slots must stand side by side.
    """
    if place + 1 - begin == TOGETHER or place + 1 == s.clock.last:
        return True
    center = s.centers[s.grouped[place]]
    return s.centers[s.grouped[place + 1]].first != center.first + center.everyone


def observe_all(q: Record, s: State, o: Stacks, row: int, t: int) -> None:
    """Record the stocks of a group's centers at the start of a month."""
    begin = s.clock.first
    for place in range(s.clock.first, s.clock.last):
        if ends_run(s, begin, place):
            observe(q, s, o, row, t, begin, place)
            begin = place + 1


def observe(q: Record, s: State, o: Stacks, row: int, t: int, begin: int, end: int) -> None:
    """Record the stocks of the centers at places ``begin`` to ``end``, a run of slots, at the start of a month.

    What is not there, as all of a record is before it is filled (NaN of means, 0 of counts), is left as it is.
    """
    first, last = s.centers[s.grouped[begin]], s.centers[s.grouped[end]]
    average_levels(s, first.first, last.first + last.everyone)
    for place in range(begin, end + 1):
        c = s.grouped[place]
        observe_center(q, s, o, row, t, c)
        begin_sums(s, c)
        team = observe_team(q, s, o, row, t, c) if s.centers[c].collaborative != NONE else 0
        observe_staff(s, o, row, t, c, s.centers[c].first - first.first, team)
        observe_roles(s, o, row, t, c)


@inlined
def observe_center(q: Record, s: State, o: Stacks, row: int, t: int, c: int) -> None:
    """What a center is and has."""
    center, real, fit = s.centers[c], o.month_real[row, c, t], o.fit[row, c, t, 0]
    o.status[row, c, t, 0] = center.status
    real[READINESS] = current_readiness(q, s, c)
    real[CAPACITY] = center.capacity
    real[QI] = center.qi
    real[CLIMATE] = center.climate
    real[AUTHORITY] = current_authority(s, c)
    for d in range(s.level.shape[1]):
        fit[d] = s.driver[FIT, c, d]


@inlined
def begin_sums(s: State, c: int) -> None:
    """Nothing is added up by role yet."""
    center = s.centers[c]
    fill(center.practised_by, 0.0)
    fill(center.known_by, 0.0)
    fill(center.mood_by, 0.0)
    fill(center.staff_by, 0)


@inlined
def observe_team(q: Record, s: State, o: Stacks, row: int, t: int, c: int) -> int:
    """A team's seats, their holders and its work; returns how many holders are employees.

    A parent counts, as the one of that role, while holding a seat.
    """
    center, count, seated = s.centers[c], o.month_count[row, c, t], s.centers[c].seated_by
    fill(seated, 0)
    filled = at_role = in_progress = 0
    for order in range(center.seats):
        seat = s.seats[c, order]
        if seat.holder != NONE:
            role = s.staff[seat.holder].role
            filled += 1
            at_role += int(role == seat.named)
            seated[role] += 1
            if role == PARENT:
                center.staff_by[PARENT] = 1
                center.mood_by[PARENT] = s.slot[MOOD, seat.holder]
    for d in range(s.level.shape[1]):
        in_progress += center.open_pdsas[d]
    count[SEATS] = center.seats
    count[SEATS_HELD] = filled
    count[SEATS_AT_ROLE] = at_role
    count[PDSA_OPEN] = in_progress
    if center.status == ACTIVE:
        o.month_real[row, c, t, DRIVE] = team_drive(q, s, c)
    copy(o.role_count[row, c, t, SEAT_HOLDERS], seated)
    return filled - seated[PARENT]


@inlined
def observe_staff(s: State, o: Stacks, row: int, t: int, c: int, at: int, team: int) -> None:
    """How the people of a center are and do: all, and by team."""
    present, real = s.centers[c].present, o.month_real[row, c, t]
    mood, gain = sum_staff(s, c, at)
    team_p, team_k, other_p, other_k = sum_team(s, c, at, team)
    if present > 0:
        real[MOTIVATION] = mood / present
        real[KNOWLEDGE_GAIN] = gain / present
    if team > 0:
        real[PRACTICE_TEAM] = team_p / team
        real[KNOWLEDGE_TEAM] = team_k / team
    if present > team:
        real[PRACTICE_NONTEAM] = other_p / (present - team)
        real[KNOWLEDGE_NONTEAM] = other_k / (present - team)


@inlined
def observe_roles(s: State, o: Stacks, row: int, t: int, c: int) -> None:
    """What was added up by role."""
    center, counts = s.centers[c], s.centers[c].staff_by
    staff, engagement = o.role_count[row, c, t, STAFF], o.role_real[row, c, t, ENGAGEMENT]
    practice, knowledge = o.role_real[row, c, t, PRACTICE], o.role_real[row, c, t, KNOWLEDGE]
    for role in range(ROLE_COUNT):
        if counts[role] > 0:
            staff[role] = counts[role]
            engagement[role] = center.mood_by[role] / counts[role]
            if role != PARENT:
                practice[role] = center.practised_by[role] / counts[role]
                knowledge[role] = center.known_by[role] / counts[role]


def close_month(s: State, o: Stacks, row: int, t: int, c: int) -> None:
    """Record what a center added up over a month, and start anew; where nothing happened, it is there already."""
    center = s.centers[c]
    if center.touched or center.collaborative != NONE:
        center.touched = False
        close_sums(s, o, row, t, c)
        close_counts(s, o, row, t, c)
    if center.met:
        center.met = False
        close_events(s, o, row, t, c)


@inlined
def close_sums(s: State, o: Stacks, row: int, t: int, c: int) -> None:
    """What flowed in a center."""
    center, real = s.centers[c], o.month_real[row, c, t]
    real[KNOWLEDGE_LOST] = center.knowledge_lost
    real[LEAVER_PRACTICE] = center.leaver_practice
    real[FIT_GAINED] = center.fit_gained
    real[IDEAS_BORROWED] = center.ideas_borrowed
    real[SEAT_HOURS] = center.seat_hours
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
    """What was counted and paid in a center."""
    center, count = s.centers[c], o.month_count[row, c, t]
    for kind in range(SEATS_LOST, COUNTS):
        count[kind] = center.counts[kind]
    copy(o.cost[row, c, t, 0], center.cost)
    copy(o.role_count[row, c, t, EXITS], center.exits)
    copy(o.role_count[row, c, t, HIRES], center.hires)
    fill(center.counts, 0)
    fill(center.cost, 0.0)
    fill(center.exits, 0)
    fill(center.hires, 0)


@inlined
def close_events(s: State, o: Stacks, row: int, t: int, c: int) -> None:
    """Whom a center's events were for, and who came."""
    center = s.centers[c]
    invited, attended = o.event_count[row, c, t, INVITED], o.event_count[row, c, t, ATTENDED]
    for role in range(ROLE_COUNT):
        for event in range(EVENT_COUNT):
            invited[role, event] = center.invited[role, event]
            attended[role, event] = center.attended[role, event]
            center.invited[role, event] = center.attended[role, event] = 0


def close_run(s: State, o: Stacks, row: int) -> None:
    """Record the totals at the horizon."""
    clock = s.clock
    people = 0
    for c in range(s.centers.shape[0]):
        center = s.centers[c]
        people += center.people - center.vacant
        o.center_real[row, c, 0] = center.withdrawal_month
        if center.collaborative != NONE:
            o.center_flag[row, c, METRICS_MADE] = center.makes_metrics
            o.center_flag[row, c, METRICS_USED] = center.uses_metrics
            for role in range(ROLE_COUNT):
                o.call_count[row, c, CALL_HOLDERS, role] = center.call_holders[role]
                o.call_count[row, c, CALL_REGULARS, role] = center.call_regulars[role]
    o.persons[row, PERSONS_CREATED] = clock.created
    o.persons[row, PERSONS_PRESENT] = people
    o.persons[row, PERSONS_WAITING] = clock.waiting
    o.persons[row, PERSONS_LEFT] = clock.left


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


def list_staff(s: State, rows: Rows, start: int, month: int) -> None:
    """Write a group's rows of a wave that begins at row ``start``, one a slot; NaN where nobody is."""
    for place in range(s.clock.first, s.clock.last):
        c = s.grouped[place]
        center = s.centers[c]
        at = start + center.listed_before
        for i in range(center.first, center.first + center.people):
            list_slot(s, rows, at, c, i)
            rows.replicate[at] = s.clock.replicate
            rows.month[at] = month
            at += 1


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
