"""E15: who applies, who is taken, and which collaborative each center joins, and when each starts."""

from __future__ import annotations

from typing import NamedTuple

from bscsim.engine.arriving import set_positions
from bscsim.engine.ordering import sort
from bscsim.engine.rows import fill
from bscsim.engine.seating import make_team
from bscsim.engine.state import NONE, Array, Record, State
from bscsim.engine.stock import current_engagement, current_readiness
from bscsim.record.measures import ACTIVE, APPLIED, CONTROL, PROGRAM_FIXED, REJECTED
from bscsim.rules.costs import shared
from bscsim.rules.draws import ALLOCATION, APPLICATION, FACILITATION, READINESS_ERROR, SELECTION, uniform
from bscsim.rules.enrolment import admissible, application_probability, measured, rank, score
from bscsim.rules.operators import normal
from bscsim.rules.participation import facilitation
from bscsim.rules.readiness import readiness


class Plan(NamedTuple):
    """An allocation from outside (:class:`bscsim.scenario.allocation.Allocation`); no rows where enrolment decides."""

    collaborative: Array  # [R, C] int64
    recruited: Array  # [R, C] bool
    starts: Array  # [K] int64


def allot(s: State, plan: Plan, row: int) -> None:
    """Note where an allocation from outside puts each center, and when its collaborative starts."""
    if plan.collaborative.shape[0] == 0:
        return
    s.clock.allotted = True
    s.clock.collaboratives = plan.starts.shape[0]
    for number in range(s.best_fit.shape[0]):
        fill(s.best_fit[number], 0.0)
    for c in range(s.centers.shape[0]):
        center, number = s.centers[c], plan.collaborative[row, c]
        center.joins = number
        center.recruited = plan.recruited[row, c]
        if number != NONE:
            center.begins = plan.starts[number]


def start_collaboratives(q: Record, s: State) -> None:
    """E15, E13: facilitation and teams of a group's collaboratives that start this month."""
    clock, starting = s.clock, 0
    for place in range(clock.first, clock.last):
        c = s.grouped[place]
        center = s.centers[c]
        if center.joins != NONE and center.begins == clock.month:
            s.active[center.joins] = 0
            s.order[starting] = c
            starting += 1
    if starting == 0:
        return
    for place in range(starting):
        s.active[s.centers[s.order[place]].joins] += 1
    for place in range(starting):
        c = s.order[place]
        center = s.centers[c]
        center.status = ACTIVE
        u = uniform(q.seed, clock.replicate, center.joins, 0, 0, FACILITATION)
        center.facilitation = facilitation(normal(u), q.sd_coll)
        make_team(q, s, c, center.joins)
        set_positions(q, s, c)
        center.cost[PROGRAM_FIXED] += shared(q.price_fixed, 1.0, s.active[center.joins])
        s.participants[clock.participants] = c
        clock.participants += 1
    for place in range(clock.participants):
        c = s.participants[place]
        s.key[c] = 0.0
        s.tie[c] = s.centers[c].number
    sort(s.participants, clock.participants, s.key, s.tie)


def recruit(q: Record, s: State) -> None:
    """Month 0 where places come from outside: every center that is large enough is assessed, nobody is refused."""
    for c in range(s.centers.shape[0]):
        center = s.centers[c]
        if center.headcount >= q.min_staff:
            center.status = REJECTED
            assess(q, s, c)
        if center.recruited:
            center.status = CONTROL


def enrol(q: Record, s: State) -> None:
    """Month 0: applicants are assessed, and those who are taken are dealt over collaboratives in the order of a lot."""
    places = q.collaboratives * q.centers_per_collaborative
    if places == 0:
        return
    queue = 0
    for c in range(s.centers.shape[0]):
        center = s.centers[c]
        if not applies(q, s, c):
            continue
        center.status = APPLIED
        lot = assess(q, s, c)
        seen = (center.measured_motivation, center.measured_capacity, center.measured_qi)
        hurdles = (q.hurdles[0], q.hurdles[1], q.hurdles[2])
        if admissible(q.rule, center.measured_readiness, q.threshold, seen, hurdles):
            s.key[c] = rank(q.rule, center.measured_readiness, center.habit, lot)
            s.tie[c] = center.number
            s.order[queue] = c
            queue += 1
        else:
            center.status = REJECTED
    sort(s.order, queue, s.key, s.tie)
    taken = min(queue, places)
    for place in range(queue):
        c = s.order[place]
        s.centers[c].status = ACTIVE if place < taken else REJECTED
        s.key[c] = lot_of(q, s, c, 0, ALLOCATION)
    sort(s.order, taken, s.key, s.tie)
    s.clock.collaboratives = min(taken, q.collaboratives)
    for place in range(taken):
        s.centers[s.order[place]].joins = place % q.collaboratives


def lot_of(q: Record, s: State, c: int, item: int, stream: int) -> float:
    """A uniform of a center for what is decided once, whatever the length of burn-in or of a step."""
    return uniform(q.seed, s.clock.replicate, s.centers[c].number, item, 0, stream)


def applies(q: Record, s: State, c: int) -> bool:
    """Whether a center that is large enough applies: always in trials, by motivation and need in the field."""
    center = s.centers[c]
    if center.headcount < q.min_staff:
        return False
    if not q.field:
        return True
    motivation = score(center.motivation, q.motivation_mean, q.motivation_sd)
    need = -score(center.habit, q.practice_mean, q.practice_center_sd)
    chance = application_probability(q.apply_rate, q.apply_motivation, motivation, q.apply_need, need)
    return lot_of(q, s, c, 0, APPLICATION) < chance


def assess(q: Record, s: State, c: int) -> float:
    """Measure an applicant's readiness with the instrument's error and return its lot."""
    center = s.centers[c]
    error = (
        normal(lot_of(q, s, c, 0, READINESS_ERROR)),
        normal(lot_of(q, s, c, 1, READINESS_ERROR)),
        normal(lot_of(q, s, c, 2, READINESS_ERROR)),
    )
    center.measured_motivation = measured(current_engagement(s, c), q.motivation_sd, q.ready_rel, error[0])
    center.measured_capacity = measured(center.capacity, q.capacity_sd, q.ready_rel, error[1])
    center.measured_qi = measured(center.qi, q.qi_sd, q.ready_rel, error[2])
    center.measured_readiness = readiness(
        center.measured_motivation, center.measured_capacity, center.measured_qi, q.ready_power
    )
    center.true_readiness = current_readiness(q, s, c)
    center.assessed = True
    return lot_of(q, s, c, 0, SELECTION)
