"""The start of burn-in: one replicate's centers and first occupants (the arrays' form of scenario/initial.py)."""

from __future__ import annotations

from math import inf, nan

from bscsim.engine.arriving import begin_career, draw_job, set_positions
from bscsim.engine.groups import form_groups
from bscsim.engine.market import FIRST, LAST
from bscsim.engine.rows import fill
from bscsim.engine.state import FIT, NONE, REFILL_AT, SHARE, TENURE, Array, Market, Record, State
from bscsim.engine.stock import take_stock
from bscsim.record.measures import ASSISTANT, PARENT, POOL, TEACHER
from bscsim.rules.beginnings import center_traits, drawn_size, first_tenure
from bscsim.rules.motivation import OTHER_SHARE
from bscsim.rules.operators import LANES
from bscsim.rules.people import role_of_slot
from bscsim.scenario.initial import NO_CLASSROOM


def padded(slots: int) -> int:
    """The next multiple of LANES."""
    return (slots + LANES - 1) // LANES * LANES


def draw_sizes(q: Record, centers: Record, replicates: Array, sizes: Array) -> int:
    """Fill ``sizes`` [R, C] and return the most slots that one replicate needs, padding included."""
    most = 0
    for row in range(sizes.shape[0]):
        slots = 0
        for c in range(sizes.shape[1]):
            center = centers[c]
            size = center.headcount
            if size == 0:
                size = drawn_size(
                    q.seed, replicates[row], center.number, q.stock, q.stock_log_mean[center.sector],
                    q.stock_log_sd[center.sector],
                )  # fmt: skip
            sizes[row, c] = size
            slots += padded(size + q.parents)
        most = max(most, slots)
    return most


def begin(q: Record, s: State, m: Market, centers: Record, sizes: Array, replicate: int) -> None:
    """Lay out a replicate's centers, group after group, and let their first occupants start."""
    clock = s.clock
    clock.replicate = replicate
    clock.month = -q.burn_in
    clock.free = NONE
    for area in range(m.queues.shape[0]):
        for role in range(m.queues.shape[1]):
            m.queues[area, role, FIRST] = m.queues[area, role, LAST] = NONE
    for c in range(s.centers.shape[0]):
        s.centers[c].area = centers[c].area
        s.centers[c].joins = NONE
        s.grouped[c] = c
        s.centers[c].listed_before = clock.listed
        clock.listed += sizes[c] + q.parents
    form_groups(s)
    first = 0
    for place in range(s.centers.shape[0]):
        c = s.grouped[place]
        first = open_center(q, s, centers, c, sizes[c], first)
        hire_first(q, s, c)
        take_stock(q, s, c)


def open_center(q: Record, s: State, centers: Record, c: int, size: int, first: int) -> int:
    """A center's traits and slots; returns the first slot after it."""
    center, replicate = s.centers[c], s.clock.replicate
    center.number, center.sector = centers[c].number, centers[c].sector
    center.headcount, center.first, center.people = size, first, size + q.parents
    center.employees, center.everyone = padded(size), padded(size + q.parents)
    traits = center_traits(q, q.seed, replicate, center.number)
    center.motivation, center.capacity, center.habit = traits.motivation, traits.capacity, traits.habit
    center.qi = center.qi0 = traits.qi
    center.climate = center.climate0 = traits.climate
    center.frailty = traits.frailty
    center.status = POOL
    center.collaborative = NONE
    center.withdrawal_month = nan
    fill(s.driver[FIT, c], q.fit_start)
    rooms = assistants = teachers = 0
    for slot in range(center.people):
        person = s.staff[first + slot]
        person.center = c
        person.role = PARENT if slot == size else role_of_slot(slot, size)
        person.classroom = NO_CLASSROOM
        s.slot[SHARE, first + slot] = OTHER_SHARE
        if person.role == TEACHER:
            rooms += 1
    for i in range(first, first + center.people):
        if s.staff[i].role == TEACHER:
            s.staff[i].classroom = teachers
            teachers += 1
        elif s.staff[i].role == ASSISTANT and rooms > 0:
            s.staff[i].classroom = assistants % rooms
            assistants += 1
    return first + center.everyone


def hire_first(q: Record, s: State, c: int) -> None:
    """The first occupants of a center's slots."""
    center = s.centers[c]
    set_positions(q, s, c)
    for i in range(center.first, center.first + center.people):
        draw_job(q, s, c, i)
        begin_career(q, s, c, i)
        s.slot[REFILL_AT, i] = inf
        s.slot[TENURE, i] = first_tenure(q, q.seed, s.clock.replicate, center.number, i - center.first)
    center.present = center.headcount
    s.clock.created += center.people
