"""E2: who starts in a slot: the first occupants, newcomers to the field, and movers from another center."""

from __future__ import annotations

from math import inf

from bscsim.engine.inlining import inlined, vectorized
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
    Array,
    B,
    K,
    P,
    Record,
    State,
)
from bscsim.record.measures import ACTIVE, PARENT
from bscsim.rules.beginnings import DRIVER_SCORES, OWN_SCORE, PRACTICE_SCORE, career_uniform
from bscsim.rules.draws import EXIT_THRESHOLD, HIRE, VACANCY, VOLUNTEER, staff_item, uniform2
from bscsim.rules.operators import is_central, normal_center, normal_tail
from bscsim.rules.people import entry_knowledge, habit, set_point
from bscsim.rules.turnover import exit_hazard, exit_threshold, newcomer_factor, position_hazard

FIRST, SECOND, SCORE = 0, 1, 2
"""Rows of ``drawn``."""
JOB_DRAWS = VOLUNTEER - EXIT_THRESHOLD + 1
"""The streams of what is drawn for a job follow each other."""


@vectorized
def draw_person(uniform: Array, seed: int, replicate: int, number: int, slot: int, occupant: int) -> None:
    """Draw all uniforms of a person new to the field (and some that nobody reads behind them)."""
    for place in range(uniform.shape[0]):
        uniform[place] = career_uniform(seed, replicate, number, slot, occupant, place)


@inlined
def score(scores: Array, uniform: Array, found: Array) -> None:
    """Standard normal scores of a row of uniforms: all as if they were central, then those few that are not."""
    tails = 0
    for place in range(scores.shape[0]):
        scores[place] = normal_center(uniform[place])
    for place in range(scores.shape[0]):
        found[tails] = place
        tails += int(not is_central(uniform[place]))
    for place in range(tails):
        scores[found[place]] = normal_tail(uniform[found[place]])


@vectorized
def draw_streams(first: Array, second: Array, seed: int, replicate: int, number: int, item: int, stream: int) -> None:
    """Draw two uniforms from each of the streams that follow ``stream``."""
    for place in range(first.shape[0]):
        first[place], second[place] = uniform2(seed, replicate, number, item, 0, stream + place)


def draw_job(q: Record, s: State, c: int, i: int) -> float:
    """Draw what slot ``i`` holds ready for its next occupant, all in one row; returns the uniform of the vacancy.

    All of it is keyed by who comes, so it can be drawn when the last one leaves.
    """
    center, person = s.centers[c], s.staff[i]
    item = staff_item(i - center.first, person.occupant, 0)
    first, second = s.drawn[FIRST, :JOB_DRAWS], s.drawn[SECOND, :JOB_DRAWS]
    draw_streams(first, second, q.seed, s.clock.replicate, center.number, item, EXIT_THRESHOLD)
    s.slot[EXIT_AT, i] = exit_threshold(first[0])
    person.near, person.turn = first[HIRE - EXIT_THRESHOLD], second[HIRE - EXIT_THRESHOLD]
    person.lot = first[VOLUNTEER - EXIT_THRESHOLD]
    return first[VACANCY - EXIT_THRESHOLD]


def begin_career(q: Record, s: State, c: int, i: int) -> None:
    """Fill slot ``i`` of center ``c`` with a person new to the field: state at its entry values, nothing attended."""
    center, person = s.centers[c], s.staff[i]
    slot = i - center.first
    person.person = center.number << 26 | staff_item(slot, person.occupant, 0) >> 6
    scores = s.drawn[SCORE]
    draw_person(s.drawn[FIRST], q.seed, s.clock.replicate, center.number, slot, person.occupant)
    score(scores, s.drawn[FIRST], s.found)
    practice, own = scores[PRACTICE_SCORE], scores[OWN_SCORE]
    s.slot[SET_POINT, i] = set_point(center.motivation, practice, own, q.person_motivation_sd, q.person_corr)
    s.slot[MOOD, i] = s.slot[SET_POINT, i]
    for d in range(s.level.shape[1]):
        level = entry = 0.0
        if person.role != PARENT:
            own = scores[DRIVER_SCORES + d]
            level = habit(center.habit, practice, own, q.practice_person_sd, q.practice_driver_sd)
            entry = entry_knowledge(level, q.knowledge_margin)
        s.level[B, d, i] = s.level[P, d, i] = level
        s.level[K0, d, i] = s.level[K, d, i] = entry
    person.exposed = False
    person.ever_seat = False
    begin_job(s, i)


def begin_job(s: State, i: int) -> None:
    """What begins anew with every job, whoever takes it: the exit clock, memory of contact."""
    person = s.staff[i]
    s.slot[PRESENT, i] = 1.0
    s.slot[EMPLOYED, i] = 1.0 if person.role != PARENT else 0.0
    s.slot[EXIT_CLOCK, i] = 0.0
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
