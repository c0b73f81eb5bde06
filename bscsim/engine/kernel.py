"""The order of a step and of a run (model section 2.3), over the arrays of one replicate after another."""

from __future__ import annotations

from bscsim.engine.arriving import set_positions
from bscsim.engine.enrolling import Plan, allot, enrol, recruit, start_collaboratives
from bscsim.engine.events import hold_events
from bscsim.engine.observing import Labels, Rows, close_month, close_run, discard_month, label, list_staff, observe
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
    q: Record, calendar: Record, centers: Record, sizes: Array, replicates: Array, one: World, saved: Array,
    labels: Labels, treated: Stacks, treated_rows: Rows, twin: Stacks, twin_rows: Rows, starts: Array, paired: bool,
    row: int, burnt: Array, known: Array, plan: Plan,
) -> int:  # fmt: skip
    """Run a block of replicates and write them to the record from ``row`` on.

    ``starts`` holds the first of each replicate's staff rows.  Burn-in is the same in both worlds and is simulated
    once, or taken from ``burnt`` where it is ``known``; where ``burnt`` has rows, it is left there.  ``saved`` has room
    for a world; ``plan`` has a row a replicate, or none where enrolment decides.  Returns how many replicates are done:
    fewer than asked when one needs more room for leavers.
    """
    s, m = one.state, one.market
    for place in range(replicates.shape[0]):
        if known[place]:
            copy(one.whole, burnt[place])
        else:
            fill(one.whole, 0)
            begin(q, s, m, centers, sizes[place], replicates[place])
            run_months(q, calendar, s, m, twin, twin_rows, row + place, starts[place], -q.burn_in, 0)
            discard_month(s)
            if burnt.shape[0] > 0:
                copy(burnt[place], one.whole)
        full = s.clock.full
        if paired:
            copy(saved, one.whole)
            run_months(q, calendar, s, m, twin, twin_rows, row + place, starts[place], 0, q.horizon)
            full = full or s.clock.full
            copy(one.whole, saved)
        s.clock.treated = True
        allot(s, plan, place)
        run_months(q, calendar, s, m, treated, treated_rows, row + place, starts[place], 0, q.horizon)
        label(s, labels, row + place)
        if full or s.clock.full:
            return place
    return replicates.shape[0]


def run_months(
    q: Record, calendar: Record, s: State, m: Market, o: Stacks, rows: Rows, row: int, start: int, first: int, end: int
) -> None:
    """One world from one month to another; from month 0 on it is recorded, and at the horizon closed."""
    if end > first >= 0:
        for c in range(s.centers.shape[0]):
            observe(q, s, o, row, first, c)
    for month in range(first, end):
        today = calendar[q.burn_in + month]
        if month >= 0 and today.wave:
            start = list_staff(s, rows, start, month)
        begin_month(q, s, m, month, today.season)
        for step in range(q.steps_per_month):
            turn_over(q, s, m)
            if s.clock.participants > 0:
                run_collaboratives(q, s, calendar, step == 0)
            act(q, s, o, row, month, step == q.steps_per_month - 1)
            s.clock.now += 1
    if end == q.horizon:
        if calendar[q.burn_in + end].wave:
            list_staff(s, rows, start, end)
        close_run(s, o, row)


def begin_month(q: Record, s: State, m: Market, month: int, season: float) -> None:
    """Process 0: a new month begins; what counts as attended in the last one starts from nothing."""
    s.clock.month = month
    s.clock.season = season
    if s.clock.treated:
        switch_phase(q, s, m)
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

    When a month is over it is recorded here, center by center, so that each is in the processor's cache once.
    """
    for c in range(s.centers.shape[0]):
        if s.centers[c].collaborative == NONE:
            take_stock(q, s, c)
        try_changes(q, s, c)
        update_climate(q, s, c)
        hear_from_outside(q, s, c)
        work(q, s, c)
        if last_step and month >= 0:
            close_month(s, o, row, month, c)
            observe(q, s, o, row, month + 1, c)


def switch_phase(q: Record, s: State, m: Market) -> None:
    """Process 0: collaboratives start, and the phases of each switch by its own month, at the start of a month."""
    clock = s.clock
    if clock.month == 0:
        if clock.allotted:
            recruit(q, s)
        else:
            enrol(q, s, m)
    if clock.month == 0 or clock.allotted:
        start_collaboratives(q, s, m)
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
