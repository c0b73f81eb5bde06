"""The order of a step and of a run (model section 2.3), over the arrays of one replicate after another."""

from __future__ import annotations

from bscsim.engine.arriving import set_positions
from bscsim.engine.enrolling import start_collaboratives
from bscsim.engine.events import hold_events
from bscsim.engine.observing import Labels, Rows, close_month, close_run, discard_month, label, list_staff, observe
from bscsim.engine.rows import copy, fill
from bscsim.engine.seating import refill_seats
from bscsim.engine.starting import begin
from bscsim.engine.state import HOURS, RELEVANCE, Array, Market, Record, State, World
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
    row: int, burnt: Array, known: Array,
) -> int:  # fmt: skip
    """Run a block of replicates and write them to the record from ``row`` on.

    ``starts`` holds the first of each replicate's staff rows.  Burn-in is the same in both worlds and is simulated
    once, or taken from ``burnt`` where it is ``known``; where ``burnt`` has rows, it is left there.  ``saved`` has room
    for a world.  Returns how many replicates are done: fewer than asked when one needs more room for leavers.
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
        run_months(q, calendar, s, m, treated, treated_rows, row + place, starts[place], 0, q.horizon)
        label(s, labels, row + place)
        if full or s.clock.full:
            return place
    return replicates.shape[0]


def run_months(
    q: Record, calendar: Record, s: State, m: Market, o: Stacks, rows: Rows, row: int, start: int, first: int, end: int
) -> None:
    """One world from one month to another; from month 0 on it is recorded, and at the horizon closed."""
    for month in range(first, end):
        today = calendar[q.burn_in + month]
        if month >= 0:
            start = record(q, s, o, rows, row, start, month, today.wave)
        begin_month(q, s, m, month, today.season)
        for step in range(q.steps_per_month):
            turn_over(q, s, m)
            look_around(q, s)
            if s.clock.participants > 0:
                withdraw(q, s)
                if step == 0:
                    hold_events(q, s, today.events)
            act(q, s)
            s.clock.now += 1
        if month >= 0:
            close_month(s, o, row, month)
    if end == q.horizon:
        record(q, s, o, rows, row, start, end, calendar[q.burn_in + end].wave)
        close_run(s, o, row)


def record(q: Record, s: State, o: Stacks, rows: Rows, row: int, start: int, month: int, wave: bool) -> int:
    """The stocks at the start of a month and, at a wave, every slot; returns where the next wave's rows begin."""
    observe(q, s, o, row, month)
    return list_staff(s, rows, start, month) if wave else start


def begin_month(q: Record, s: State, m: Market, month: int, season: float) -> None:
    """Process 0: a new month begins; what counts as attended in the last one starts from nothing."""
    s.clock.month = month
    s.clock.season = season
    fill(s.slot[RELEVANCE], 0.0)
    fill(s.slot[HOURS], 0.0)
    if s.clock.treated:
        switch_phase(q, s, m)


def look_around(q: Record, s: State) -> None:
    """E3, E4: seats are refilled, then everybody takes stock of themselves and of each other."""
    if s.clock.participants > 0:
        refill_seats(q, s)
    for c in range(s.centers.shape[0]):
        take_stock(q, s, c)
    if s.clock.participants > 0:
        compare_notes(s)


def act(q: Record, s: State) -> None:
    """E7-E12, E14: centers test changes and hear from others, and everyone works."""
    for c in range(s.centers.shape[0]):
        try_changes(q, s, c)
        update_climate(q, s, c)
        hear_from_outside(q, s, c)
        work(q, s, c)


def switch_phase(q: Record, s: State, m: Market) -> None:
    """Process 0: the calendar's phase switches at the start of a month."""
    month = s.clock.month
    if month == 0:
        start_collaboratives(q, s, m)
    if month == q.prework_ends:
        for c in range(s.centers.shape[0]):
            if s.centers[c].status == ACTIVE:
                s.centers[c].qi = pulse(s.centers[c].qi, q.prework)
    if month == q.ends:
        for c in range(s.centers.shape[0]):
            if s.centers[c].status == ACTIVE:
                s.centers[c].status = ALUMNI
                s.centers[c].present_share = 0.0
                set_positions(q, s, c)
