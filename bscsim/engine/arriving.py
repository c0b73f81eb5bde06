"""E2: who starts in a slot: the first occupants, newcomers to the field, and movers from another center."""

from __future__ import annotations

from math import inf

from bscsim.engine.state import (
    CONTACT,
    DOSE,
    EMPLOYED,
    EXIT_AT,
    EXIT_CLOCK,
    HOURS,
    K0,
    MOOD,
    NEVER,
    POSITION,
    PRESENT,
    REFILL_AT,
    RELEVANCE,
    SET_POINT,
    TENURE,
    B,
    K,
    P,
    Record,
    State,
)
from bscsim.record.measures import ACTIVE, PARENT
from bscsim.rules.beginnings import driver_score, person_scores
from bscsim.rules.draws import EXIT_THRESHOLD, VOLUNTEER, staff_item, uniform
from bscsim.rules.people import entry_knowledge, habit, set_point
from bscsim.rules.turnover import exit_hazard, exit_threshold, newcomer_factor, position_hazard


def begin_career(q: Record, s: State, c: int, i: int) -> None:
    """Fill slot ``i`` of center ``c`` with a person new to the field: state at its entry values, nothing attended."""
    center, person = s.centers[c], s.staff[i]
    seed, replicate, slot = q.seed, s.clock.replicate, i - center.first
    person.person = center.number << 26 | staff_item(slot, person.occupant, 0) >> 6
    score, own = person_scores(seed, replicate, center.number, slot, person.occupant)
    s.slot[SET_POINT, i] = set_point(center.motivation, score, own, q.person_motivation_sd, q.person_corr)
    s.slot[MOOD, i] = s.slot[SET_POINT, i]
    for d in range(s.level.shape[1]):
        level = entry = 0.0
        if person.role != PARENT:
            own = driver_score(seed, replicate, center.number, slot, person.occupant, d)
            level = habit(center.habit, score, own, q.practice_person_sd, q.practice_driver_sd)
            entry = entry_knowledge(level, q.knowledge_margin)
        s.level[B, d, i] = s.level[P, d, i] = level
        s.level[K0, d, i] = s.level[K, d, i] = entry
    person.exposed = False
    person.ever_seat = False
    begin_job(q, s, c, i)


def begin_job(q: Record, s: State, c: int, i: int) -> None:
    """What begins anew with every job, whoever takes it: the exit clock, the lot for seats, memory of contact."""
    center, person = s.centers[c], s.staff[i]
    item = staff_item(i - center.first, person.occupant, 0)
    replicate = s.clock.replicate
    s.slot[PRESENT, i] = 1.0
    s.slot[EMPLOYED, i] = 1.0 if person.role != PARENT else 0.0
    s.slot[EXIT_CLOCK, i] = 0.0
    s.slot[EXIT_AT, i] = exit_threshold(uniform(q.seed, replicate, center.number, item, 0, EXIT_THRESHOLD))
    person.lot = uniform(q.seed, replicate, center.number, item, 0, VOLUNTEER)
    s.slot[CONTACT, i] = s.slot[RELEVANCE, i] = s.slot[HOURS, i] = s.slot[DOSE, i] = 0.0
    person.last_event = NEVER
    person.calls_offered = 0
    person.calls_attended = 0


def start_within_step(q: Record, s: State, c: int, i: int) -> None:
    """The part of the step that is left after a newcomer's arrival counts for the exit clock and tenure."""
    center = s.centers[c]
    rest = (s.clock.now + 1.0 - s.slot[REFILL_AT, i]) * q.dt
    newcomer = newcomer_factor(q.turn_new, 0.0, q.dt)
    hazard = exit_hazard(s.slot[POSITION, i], s.clock.season, newcomer, q.turn_engage, s.slot[MOOD, i], center.climate)
    s.slot[EXIT_CLOCK, i] = hazard * rest
    s.slot[TENURE, i] = rest
    s.slot[REFILL_AT, i] = inf


def position_of(q: Record, s: State, c: int, i: int) -> float:
    """E1, E17: the hazard of a slot: lowered for staff by a retention bonus while the collaborative runs."""
    center = s.centers[c]
    role = s.staff[i].role
    base = q.turnover_base[center.sector]
    if center.status == ACTIVE and role != PARENT:
        base = base * q.bonus_factor
    return position_hazard(base, q.role_factor[role], center.frailty)


def set_positions(q: Record, s: State, c: int) -> None:
    """E1: the hazards of a center's slots, anew whenever its status has changed."""
    center = s.centers[c]
    for i in range(center.first, center.first + center.people):
        s.slot[POSITION, i] = position_of(q, s, c, i)
