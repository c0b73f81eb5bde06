"""E15: who applies, who is taken, and which collaborative each center joins (month 0)."""

from __future__ import annotations

from bscsim.engine.arriving import set_positions
from bscsim.engine.ordering import sort
from bscsim.engine.seating import make_team
from bscsim.engine.state import Market, Record, State
from bscsim.engine.stock import current_engagement, current_readiness
from bscsim.record.measures import ACTIVE, APPLIED, PROGRAM_FIXED, REJECTED
from bscsim.rules.costs import shared
from bscsim.rules.draws import ALLOCATION, APPLICATION, FACILITATION, READINESS_ERROR, SELECTION, uniform
from bscsim.rules.enrolment import admissible, application_probability, measured, rank
from bscsim.rules.operators import normal
from bscsim.rules.participation import facilitation
from bscsim.rules.readiness import readiness


def start_collaboratives(q: Record, s: State, m: Market) -> None:
    """E15, E13: enrolment, facilitation and teams."""
    clock = s.clock
    taken = enrol(q, s, m)
    clock.collaboratives = min(taken, q.collaboratives)
    for place in range(taken):
        c = m.order[place]
        number = place % q.collaboratives
        u = uniform(q.seed, clock.replicate, number, 0, 0, FACILITATION)
        s.centers[c].facilitation = facilitation(normal(u), q.sd_coll)
        make_team(q, s, c, number)
        set_positions(q, s, c)
        members = (taken - 1 - number) // q.collaboratives + 1
        s.centers[c].cost[PROGRAM_FIXED] += shared(q.price_fixed, 1.0, members)
        s.participants[place] = c
    clock.participants = taken
    for place in range(taken):
        m.key[s.participants[place]] = 0.0
    sort(s.participants, taken, m.key, m.tie)


def enrol(q: Record, s: State, m: Market) -> int:
    """Put the centers that are taken into ``m.order``, in the order of allocation; return how many."""
    places = q.collaboratives * q.centers_per_collaborative
    if places == 0:
        return 0
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
            m.key[c] = rank(q.rule, center.measured_readiness, center.habit, lot)
            m.tie[c] = center.number
            m.order[queue] = c
            queue += 1
        else:
            center.status = REJECTED
    sort(m.order, queue, m.key, m.tie)
    taken = min(queue, places)
    for place in range(queue):
        c = m.order[place]
        s.centers[c].status = ACTIVE if place < taken else REJECTED
        m.key[c] = lot_of(q, s, c, 0, ALLOCATION)
    sort(m.order, taken, m.key, m.tie)
    return taken


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
    motivation = (center.motivation - q.motivation_mean) / max(q.motivation_sd, 1e-9)
    need = (q.practice_mean - center.habit) / max(q.practice_center_sd, 1e-9)
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
