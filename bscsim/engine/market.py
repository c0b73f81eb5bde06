"""E2: leavers between two jobs: a queue an area and role, in the order in which they left.

A leaver's record is taken from a pool: ``leavers`` holds the records, ``levels`` what each of them knows and
does, ``clock.free`` the first of those given back, ``clock.fresh`` the first never used.  A pool that is too small sets
``clock.full``, and the run is made again with a larger one.
"""

from __future__ import annotations

from bscsim.engine.inlining import inlined
from bscsim.engine.state import MOOD, NONE, SET_POINT, Market, Record, State
from bscsim.rules.turnover import SEARCH_MONTHS

FIRST, LAST = 0, 1


def wait_for_work(s: State, m: Market, c: int, i: int, moment: float) -> None:
    """Queue the person who leaves slot ``i`` of center ``c``, with all that the person will bring along."""
    clock, center, person = s.clock, s.centers[c], s.staff[i]
    entry = clock.free
    if entry != NONE:
        clock.free = m.leavers[entry].after
    elif clock.fresh < m.leavers.shape[0]:
        entry = clock.fresh
        clock.fresh += 1
    else:
        clock.full = True
        return
    leaver = m.leavers[entry]
    leaver.step = clock.now
    leaver.moment = moment
    leaver.number = center.number
    leaver.slot = i - center.first
    leaver.area = center.area
    leaver.role = person.role
    leaver.person = person.person
    leaver.m0 = s.slot[SET_POINT, i]
    leaver.m = s.slot[MOOD, i]
    leaver.exposed = person.exposed
    leaver.ever_seat = person.ever_seat
    for kind in range(s.level.shape[0]):
        for d in range(s.level.shape[1]):
            m.levels[entry, kind, d] = s.level[kind, d, i]
    put_on(s, m, entry)


@inlined
def put_on(s: State, m: Market, entry: int) -> None:
    """Put a leaver on the queue: behind who left in an earlier step, among those of this step by the moment."""
    leaver = m.leavers[entry]
    queue = m.queues[leaver.area, leaver.role]
    before, after = queue[LAST], NONE
    while before != NONE and left_later(m.leavers[before], leaver):
        before, after = m.leavers[before].before, before
    leaver.before, leaver.after = before, after
    if before != NONE:
        m.leavers[before].after = entry
    else:
        queue[FIRST] = entry
    if after != NONE:
        m.leavers[after].before = entry
    else:
        queue[LAST] = entry
    s.clock.waiting += 1


@inlined
def left_later(one: Record, other: Record) -> bool:
    """Whether a leaver left in the same step as another and after them; at the same moment slots decide."""
    if one.step != other.step:
        return False
    if one.moment != other.moment:
        return bool(one.moment > other.moment)
    return bool(one.number << 10 | one.slot > other.number << 10 | other.slot)


def give_up(q: Record, s: State, m: Market) -> None:
    """Let go whoever has looked for longer than twelve months: the first of each queue."""
    clock = s.clock
    patience = SEARCH_MONTHS * q.steps_per_month
    for place in range(clock.first_area, clock.last_area):
        area = s.areas[place]
        for role in range(m.queues.shape[1]):
            entry = m.queues[area, role, FIRST]
            while entry != NONE and clock.now - m.leavers[entry].moment > patience:
                after = m.leavers[entry].after
                take_off(s, m, entry)
                clock.left += 1
                entry = after


def latest_leaver(s: State, m: Market, c: int, role: int) -> int:
    """The most recent leaver of the role from another center who left in an earlier step; NONE if there is none."""
    center = s.centers[c]
    entry = m.queues[center.area, role, LAST]
    while entry != NONE:
        leaver = m.leavers[entry]
        if leaver.step < s.clock.now and leaver.number != center.number:
            return entry
        entry = leaver.before
    return NONE


def take_leaver(s: State, m: Market, i: int, entry: int) -> None:
    """Put a leaver into slot ``i``, with all that the person brings along."""
    leaver, person = m.leavers[entry], s.staff[i]
    person.person = leaver.person
    s.slot[SET_POINT, i] = leaver.m0
    s.slot[MOOD, i] = leaver.m
    person.exposed = leaver.exposed
    person.ever_seat = leaver.ever_seat
    for kind in range(s.level.shape[0]):
        for d in range(s.level.shape[1]):
            s.level[kind, d, i] = m.levels[entry, kind, d]
    take_off(s, m, entry)


@inlined
def take_off(s: State, m: Market, entry: int) -> None:
    """Take a leaver off the queue and give the record back."""
    clock, leaver = s.clock, m.leavers[entry]
    queue = m.queues[leaver.area, leaver.role]
    if leaver.before != NONE:
        m.leavers[leaver.before].after = leaver.after
    else:
        queue[FIRST] = leaver.after
    if leaver.after != NONE:
        m.leavers[leaver.after].before = leaver.before
    else:
        queue[LAST] = leaver.before
    leaver.after = clock.free
    clock.free = entry
    clock.waiting -= 1
