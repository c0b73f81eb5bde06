"""The order of a step and of a run (model section 2.3), over the arrays of one replicate after another.

Within a replicate one group of centers that can meet is run after another (:mod:`bscsim.engine.groups`).
"""

from __future__ import annotations

from bscsim.engine.arriving import set_positions
from bscsim.engine.enrolling import Plan, allot, enrol, recruit, start_collaboratives
from bscsim.engine.events import hold_events
from bscsim.engine.groups import enter, enter_all, form_groups
from bscsim.engine.observing import (
    Labels,
    Rows,
    close_month,
    close_run,
    discard_month,
    ends_run,
    label,
    list_staff,
    observe,
    observe_all,
)
from bscsim.engine.rows import copy, fill
from bscsim.engine.seating import refill_seats
from bscsim.engine.starting import begin
from bscsim.engine.state import HOURS, NONE, RELEVANCE, Array, Market, Record, State, World
from bscsim.engine.stock import compare_notes, take_stock, withdraw
from bscsim.engine.testing import try_changes, update_climate
from bscsim.engine.turnover import turn_over
from bscsim.engine.working import hear_from_outside, work
from bscsim.record.measures import ACTIVE, ALUMNI
from bscsim.record.stacks import Stacks
from bscsim.rules.operators import pulse


def run_block(
    q: Record, calendar: Record, centers: Record, sizes: Array, replicates: Array, one: World, other: World,
    labels: Labels, treated: Stacks, treated_rows: Rows, twin: Stacks, twin_rows: Rows, starts: Array, paired: bool,
    row: int, burnt: Array, known: Array, plan: Plan,
) -> int:  # fmt: skip
    """Run a block of replicates and write them to the record from ``row`` on.

    ``starts`` holds the first of each replicate's staff rows.  Burn-in is the same in both worlds and is simulated
    once, or taken from ``burnt`` where it is ``known``; where ``burnt`` has rows, it is left there.  The twin is run in
    the ``other`` world; ``plan`` has a row a replicate, or none where enrolment decides.  Returns how many replicates
    are done: fewer than asked when one needs more room for leavers.
    """
    s, m = one.state, one.market
    for place in range(replicates.shape[0]):
        if known[place]:
            copy(one.whole, burnt[place])
        else:
            fill(one.whole, 0)
            begin(q, s, m, centers, sizes[place], replicates[place])
            # Burn-in writes to no record; whichever is handed to it.
            run_groups(q, calendar, s, m, twin, twin_rows, row + place, starts[place], -q.burn_in, 0)
            discard_month(s)
            if burnt.shape[0] > 0:
                copy(burnt[place], one.whole)
        full = False
        if paired:
            copy(other.whole, one.whole)
            run_world(q, calendar, other.state, other.market, twin, twin_rows, row + place, starts[place])
            full = other.state.clock.full
        s.clock.treated = True
        allot(s, plan, place)
        run_world(q, calendar, s, m, treated, treated_rows, row + place, starts[place])
        label(s, labels, row + place)
        if full or s.clock.full:
            return place
    return replicates.shape[0]


def run_world(
    q: Record, calendar: Record, s: State, m: Market, o: Stacks, rows: Rows, row: int, start: int
) -> None:
    """One world from month 0 to the horizon, recorded; its staff rows begin at ``start``."""
    enter_all(s)
    observe_all(q, s, o, row, 0)
    if calendar[q.burn_in].wave:
        list_staff(s, rows, start, 0)
        start += s.clock.listed
    if s.clock.treated:
        if s.clock.allotted:
            recruit(q, s)
        else:
            enrol(q, s)
        form_groups(s)
    run_groups(q, calendar, s, m, o, rows, row, start, 0, q.horizon)
    close_run(s, o, row)


def run_groups(
    q: Record, calendar: Record, s: State, m: Market, o: Stacks, rows: Rows, row: int, start: int, first: int, end: int
) -> None:
    """All centers of a world from one month to another, group after group."""
    for group in range(s.clock.groups):
        enter(s, group)
        run_months(q, calendar, s, m, o, rows, row, start, first, end)


def run_months(
    q: Record, calendar: Record, s: State, m: Market, o: Stacks, rows: Rows, row: int, start: int, first: int, end: int
) -> None:
    """A group's centers from one month to another; from month 0 on they are recorded."""
    s.clock.now = (q.burn_in + first) * q.steps_per_month
    s.clock.participants = 0
    for month in range(first, end):
        begin_month(q, s, month, calendar[q.burn_in + month].season)
        for step in range(q.steps_per_month):
            turn_over(q, s, m)
            if s.clock.participants > 0:
                run_collaboratives(q, s, calendar, step == 0)
            act(q, s, o, row, month, step == q.steps_per_month - 1)
            s.clock.now += 1
        if month >= 0 and calendar[q.burn_in + month + 1].wave:
            list_staff(s, rows, start, month + 1)
            start += s.clock.listed


def begin_month(q: Record, s: State, month: int, season: float) -> None:
    """Process 0: a new month begins; what counts as attended in the last one starts from nothing."""
    s.clock.month = month
    s.clock.season = season
    if s.clock.treated:
        switch_phase(q, s)
    for place in range(s.clock.participants):
        center = s.centers[s.participants[place]]
        first, last = center.first, center.first + center.everyone
        fill(s.slot[RELEVANCE, first:last], 0.0)
        fill(s.slot[HOURS, first:last], 0.0)


def run_collaboratives(q: Record, s: State, calendar: Record, first_step: bool) -> None:
    """E3-E6: seats are refilled, teams take stock and compare notes, some withdraw, and the month's events are held."""
    refill_seats(q, s)
    compare_notes(s)
    for place in range(s.clock.participants):
        take_stock(q, s, s.participants[place])
    withdraw(q, s)
    if first_step:
        hold_events(q, s, calendar)


def act(q: Record, s: State, o: Stacks, row: int, month: int, last_step: bool) -> None:
    """E4, E7-E12, E14: a center takes stock, unless it has, and tests changes, and everyone works.

    When a month is over it is recorded here, a few centers at a time, so that each is in the processor's cache once.
    """
    begin = s.clock.first
    for place in range(s.clock.first, s.clock.last):
        c = s.grouped[place]
        if s.centers[c].collaborative == NONE:
            take_stock(q, s, c)
        try_changes(q, s, c)
        update_climate(q, s, c)
        hear_from_outside(q, s, c)
        work(q, s, c)
        if last_step and month >= 0:
            close_month(s, o, row, month, c)
            if ends_run(s, begin, place):
                observe(q, s, o, row, month + 1, begin, place)
                begin = place + 1


def switch_phase(q: Record, s: State) -> None:
    """Process 0: collaboratives start, and the phases of each switch by its own month, at the start of a month."""
    clock = s.clock
    if clock.month == 0 or clock.allotted:
        start_collaboratives(q, s)
    for place in range(clock.participants):
        c = s.participants[place]
        center = s.centers[c]
        month = clock.month - center.begins
        if month == q.prework_ends and center.status == ACTIVE:
            center.qi = pulse(center.qi, q.prework)
        if month == q.ends and center.status == ACTIVE:
            center.status = ALUMNI
            center.present_share = 0.0
            set_positions(q, s, c)
