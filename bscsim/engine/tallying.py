"""Sums and counts behind the responses of a sweep, by replicate and wave, in one pass over a record.

Everything of a replicate is added up in one order (months, then centers, then slots), so its sums do not depend on
which other replicates the record holds.  Staff rows are in key order, so the people of a center at a wave are one short
run of rows in either world, and a person is looked for in that run alone.
"""

from __future__ import annotations

import numpy as np

from bscsim.engine.inlining import inlined
from bscsim.engine.places import (
    ATTENDED,
    CLIMATE,
    EXITS,
    FIT_GAINED,
    IDEAS_BORROWED,
    INVITED,
    KNOWLEDGE_GAIN,
    MOTIVATION,
    PDSA_STARTED,
    PDSA_SUCCEEDED,
    QI,
    READINESS,
    REPORT_DUE,
    REPORT_SENT,
    SEATS,
    SEATS_HELD,
    STAFF,
)
from bscsim.engine.rows import copy
from bscsim.engine.state import NONE, Array
from bscsim.engine.tallies import (
    ACTIVE_SHARE,
    ASKED,
    BORROWED,
    CAME,
    CENTERS,
    CLIMATE_GAP,
    COUNT,
    DUE,
    FIT,
    FIT_GAP,
    FORMAL,
    GAIN_OTHERS,
    GAIN_TEAM,
    GAINED,
    HIRING_COST,
    INFORMED,
    KEPT,
    KNOWN,
    LEFT,
    MOTIVATION_GAP,
    NOW,
    OTHERS,
    OUTSIDE,
    OWN_STAYERS,
    POSITIONS,
    PRESENT,
    PROGRAM,
    QI_GAP,
    READY,
    READY_GAP,
    SEATED,
    SENT,
    SPONSOR,
    SPONSORED,
    START,
    STARTED,
    STAYERS,
    SUCCEEDED,
    SUM,
    TEAM,
    TREATED,
    TWIN,
    USED,
    People,
    Tallies,
    above,
    level,
    put,
    put_both,
    put_known,
)
from bscsim.record.measures import HIRING, PARENT, TEACHER
from bscsim.record.spread import INFORMED_ABOVE
from bscsim.record.stacks import Stacks


def tally(
    months: Array, collaborative: Array, treated: Stacks, twin: Stacks, people: People, others: People, bounds: Array,
    paired: bool, span: Array, here: Array, out: Tallies,
) -> None:  # fmt: skip
    """Add up every replicate.  Without a twin (``paired`` false) ``twin`` and ``others`` are not read.

    ``months`` [W] are the waves, ``collaborative`` [R, C] the number of a center's collaborative or -1, ``people`` and
    ``others`` the staff in the treated world and in the twin, and ``bounds`` [R, W, world, 2] the first of the staff
    rows of a replicate and wave and the row after the last.  ``span`` int64 [2, 2, 2] and ``here`` float64 [2, 2] are
    room to work in.
    """
    for row in range(collaborative.shape[0]):
        month = 0
        for wave in range(months.shape[0]):
            at = row * months.shape[0] + wave
            flows, means = out.flows[at], out.means[at]
            if wave > 0:
                for kind in range(flows.shape[0]):
                    copy(flows[kind], out.flows[at - 1, kind])
            while month < months[wave]:
                add_month(treated, twin, collaborative, row, month, paired, flows)
                month += 1
            for c in range(collaborative.shape[1]):
                if collaborative[row, c] >= 0:
                    add_center(treated, twin, row, month, c, paired, means)
                elif paired:
                    add_outside(treated, twin, row, month, c, means)
            from_zero = months[0] == 0
            add_people(people, others, collaborative[row], bounds[row], wave, from_zero, paired, span, here, means,
                       out.moments[at])  # fmt: skip


def add_month(
    treated: Stacks, twin: Stacks, collaborative: Array, row: int, month: int, paired: bool, flows: Array
) -> None:
    """Add what happened during a month."""
    real = treated.month_real
    for c in range(collaborative.shape[1]):
        flows[BORROWED, TREATED] += real[row, c, month, IDEAS_BORROWED]
        flows[GAINED, TREATED] += real[row, c, month, FIT_GAINED]
        if collaborative[row, c] < 0:
            continue
        count = treated.month_count
        flows[STARTED, TREATED] += count[row, c, month, PDSA_STARTED]
        flows[SUCCEEDED, TREATED] += count[row, c, month, PDSA_SUCCEEDED]
        flows[DUE, TREATED] += count[row, c, month, REPORT_DUE]
        flows[SENT, TREATED] += count[row, c, month, REPORT_SENT]
        add_events(treated.event_count[row, c, month, INVITED], treated.event_count[row, c, month, ATTENDED], flows)
        cost = treated.cost[row, c, month, 0]
        sponsor = center = 0.0
        for line in range(SPONSORED):
            sponsor += cost[line]
        for line in range(SPONSORED, HIRING):
            center += cost[line]
        flows[SPONSOR, TREATED] += sponsor
        flows[PROGRAM, TREATED] += sponsor + center
        add_leavers(treated, TREATED, row, month, c, flows)
        if paired:
            add_leavers(twin, TWIN, row, month, c, flows)


@inlined
def add_events(invited: Array, attended: Array, flows: Array) -> None:
    """Add the seat holders of a center who were invited to each event, and those who came."""
    for event in range(invited.shape[1]):
        asked = came = 0
        for role in range(invited.shape[0]):
            asked += invited[role, event]
            came += attended[role, event]
        if asked > 0:
            flows[ASKED + event, TREATED] += asked
            flows[CAME + event, TREATED] += came


@inlined
def add_leavers(stacks: Stacks, world: int, row: int, month: int, c: int, flows: Array) -> None:
    """Add who left a center, of how many, and what it cost to hire."""
    left = positions = 0
    for role in range(PARENT):
        left += stacks.role_count[row, c, month, EXITS, role]
        positions += stacks.role_count[row, c, month, STAFF, role]
    flows[LEFT, world] += left
    flows[POSITIONS, world] += positions
    flows[HIRING_COST, world] += stacks.cost[row, c, month, 0, HIRING]


def add_center(treated: Stacks, twin: Stacks, row: int, t: int, c: int, paired: bool, means: Array) -> None:
    """Add the state of an enrolled center at the start of a month."""
    real, count = treated.month_real, treated.month_count
    fit = level(treated.fit[row, c, t], 0)
    put_known(means, FIT, fit)
    if fit == fit:
        put(means, FORMAL, TREATED, above(treated.fit[row, c, t], 0) / treated.fit.shape[4])
    put_known(means, READY, real[row, c, t, READINESS])
    if count[row, c, t, SEATS] > 0:
        put(means, SEATED, TREATED, count[row, c, t, SEATS_HELD] / count[row, c, t, SEATS])
    # Who withdraws does so during a month: at its start, of which the record tells, the center is still active.
    put(means, ACTIVE_SHARE, TREATED, 0.0 if treated.center_real[row, c, 0] < t else 1.0)
    if paired:
        put_known(means, FIT_GAP, fit - level(twin.fit[row, c, t], 0))
        put_known(means, QI_GAP, gap(treated, twin, QI, row, t, c))
        put_known(means, CLIMATE_GAP, gap(treated, twin, CLIMATE, row, t, c))
        put_known(means, READY_GAP, gap(treated, twin, READINESS, row, t, c))
        put_known(means, MOTIVATION_GAP, gap(treated, twin, MOTIVATION, row, t, c))


@inlined
def add_outside(treated: Stacks, twin: Stacks, row: int, t: int, c: int, means: Array) -> None:
    """Add whether news reached a center outside."""
    gained = gap(treated, twin, KNOWLEDGE_GAIN, row, t, c)
    if gained == gained:
        put(means, INFORMED, TREATED, 1.0 if gained > INFORMED_ABOVE else 0.0)


@inlined
def gap(treated: Stacks, twin: Stacks, measure: int, row: int, t: int, c: int) -> float:
    """A float stock of a center minus the twin's."""
    return np.float64(treated.month_real[row, c, t, measure]) - np.float64(twin.month_real[row, c, t, measure])


def add_people(
    people: People, others: People, collaborative: Array, bounds: Array, wave: int, from_zero: bool, paired: bool,
    span: Array, here: Array, means: Array, moments: Array,
) -> None:  # fmt: skip
    """Add the staff of a replicate at a wave, center by center."""
    for world in range(1 + paired):
        span[NOW, world, 1] = bounds[wave, world, 0]
        span[START, world, 1] = bounds[0, world, 0]
    for c in range(collaborative.shape[0]):
        enrolled = collaborative[c] >= 0
        next_center(people, span, NOW, TREATED, bounds[wave, TREATED, 1], c)
        next_center(people, span, START, TREATED, bounds[0, TREATED, 1], c)
        here[TREATED, SUM] = here[TREATED, COUNT] = here[TWIN, SUM] = here[TWIN, COUNT] = 0.0
        add_staff(people, TREATED, enrolled, from_zero, span, here, means, moments)
        if not paired:
            continue
        next_center(others, span, NOW, TWIN, bounds[wave, TWIN, 1], c)
        next_center(others, span, START, TWIN, bounds[0, TWIN, 1], c)
        add_staff(others, TWIN, enrolled, from_zero, span, here, means, moments)
        if enrolled:
            add_pairs(people, others, from_zero, span, means)
            if here[TREATED, COUNT] > 0.0 and here[TWIN, COUNT] > 0.0:
                for world in range(2):
                    put(means, CENTERS, world, here[world, SUM] / here[world, COUNT])


@inlined
def next_center(people: People, span: Array, when: int, world: int, last: int, c: int) -> None:
    """Move a span of rows on to the rows of the next center."""
    at = span[when, world, 1]
    span[when, world, 0] = at
    while at < last and people.center[at] == c:
        at += 1
    span[when, world, 1] = at


def add_staff(
    people: People, world: int, enrolled: bool, from_zero: bool, span: Array, here: Array, means: Array, moments: Array
) -> None:
    """Add the staff of a center in one world: of a center outside, its teachers' practice."""
    first = span[NOW, world, 0]
    if enrolled:
        for i in range(span[START, world, 0], span[START, world, 1]):
            if is_staff(people, i):
                means[KEPT, world, COUNT] += 1.0
    for i in range(first, span[NOW, world, 1]):
        if not is_staff(people, i):
            continue
        teacher = people.role[i] == TEACHER
        if not enrolled:
            if teacher:
                put(means, OUTSIDE, world, level(people.P, i))
            continue
        then = find(people, span, START, world, people.person[i], i - first)
        if then != NONE and is_staff(people, then):
            means[KEPT, world, SUM] += 1.0
        if teacher:
            stayed = from_zero and then != NONE and people.role[then] == TEACHER
            add_teacher(people, i, world, stayed, here, means, moments)


@inlined
def add_teacher(
    people: People, i: int, world: int, stayed: bool, here: Array, means: Array, moments: Array
) -> None:
    """Add a teacher of an enrolled center."""
    practice = level(people.P, i)
    put(means, PRESENT, world, practice)
    here[world, SUM] += practice
    here[world, COUNT] += 1.0
    put(means, KNOWN, world, level(people.K, i))
    means[USED, world, SUM] += above(people.P, i)
    means[USED, world, COUNT] += people.P.shape[1]
    if stayed:
        put(means, OWN_STAYERS, world, practice)
    if world == TWIN:  # Welford's update: number, mean, sum of squared deviations
        moments[0] += 1.0
        step = practice - moments[1]
        moments[1] += step / moments[0]
        moments[2] += step * (practice - moments[1])


def add_pairs(people: People, others: People, from_zero: bool, span: Array, means: Array) -> None:
    """Add the staff of an enrolled center who are there in both worlds."""
    first = span[NOW, TREATED, 0]
    for i in range(first, span[NOW, TREATED, 1]):
        if not is_staff(people, i):
            continue
        who, order = people.person[i], i - first
        j = find(others, span, NOW, TWIN, who, order)
        if j == NONE or not is_staff(others, j):
            continue
        practice, otherwise = level(people.P, i), level(others.P, j)
        put(means, GAIN_TEAM if people.ever_seat[i] else GAIN_OTHERS, TREATED, practice - otherwise)
        if people.role[i] != TEACHER or others.role[j] != TEACHER:
            continue
        put_both(means, TEAM if people.ever_seat[i] else OTHERS, practice, otherwise)
        if from_zero and taught(people, span, TREATED, who, order) and taught(others, span, TWIN, who, order):
            put_both(means, STAYERS, practice, otherwise)


@inlined
def is_staff(people: People, i: int) -> bool:
    """Whether somebody is there, and not a parent."""
    return people.filled[i] and people.role[i] != PARENT


@inlined
def taught(people: People, span: Array, world: int, who: int, order: int) -> bool:
    """Whether a person was a teacher of the center at the first wave."""
    then = find(people, span, START, world, who, order)
    return then != NONE and people.role[then] == TEACHER


def find(people: People, span: Array, when: int, world: int, who: int, order: int) -> int:
    """The row of a person in a span, or NONE; most are in the same place as where they were seen."""
    first, last = span[when, world, 0], span[when, world, 1]
    if first + order < last and people.person[first + order] == who:
        return first + order
    for i in range(first, last):
        if people.person[i] == who:
            return i
    return NONE
