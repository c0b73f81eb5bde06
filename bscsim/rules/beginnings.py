"""What is drawn once, when a center or a person begins: sizes, traits and scores, each with its key.

Both schedulers call these as they stand.  ``p`` is anything that has the parameters as attributes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from bscsim.rules.draws import (
    CENTER_SIZE,
    CENTER_TRAITS,
    DRIVER_PRACTICE,
    INITIAL_TENURE,
    PERSON_TRAITS,
    staff_item,
    uniform,
    uniform2,
)
from bscsim.rules.operators import exponential, normal
from bscsim.rules.people import center_trait, factor_score, frailty, joiner_size, stock_size

PRACTICE_SCORE, OWN_SCORE, DRIVER_SCORES = 0, 1, 2
"""Places in the row of a newcomer's scores: of practice, of what is the set point's own, and of each driver."""


class Traits(NamedTuple):
    """What a center brings: motivation (mean set point), G, Q0, C0, b_c, and its turnover frailty."""

    motivation: float
    capacity: float
    qi: float
    climate: float
    habit: float
    frailty: float


def drawn_size(seed: int, replicate: int, number: int, stock: bool, log_mean: float, log_sd: float) -> int:
    """Staff of a center, drawn from the North Carolina stock or from the centers that join collaboratives."""
    u = uniform2(seed, replicate, number, 0, 0, CENTER_SIZE)
    if stock:
        return stock_size(u[0], log_mean, log_sd)
    v = uniform2(seed, replicate, number, 1, 0, CENTER_SIZE)
    w = uniform(seed, replicate, number, 2, 0, CENTER_SIZE)
    return joiner_size(u[0], u[1], v[0], v[1], w)


def center_traits(p: Any, seed: int, replicate: int, number: int) -> Traits:
    """Draw one center's traits: four share a common factor (Gaussian copula), habit and frailty stand alone."""
    common, motivation = uniform2(seed, replicate, number, 0, 0, CENTER_TRAITS)
    capacity, qi = uniform2(seed, replicate, number, 1, 0, CENTER_TRAITS)
    climate, habit = uniform2(seed, replicate, number, 2, 0, CENTER_TRAITS)
    frail = uniform(seed, replicate, number, 3, 0, CENTER_TRAITS)
    shared = normal(common)
    return Traits(
        shared_trait(shared, normal(motivation), p.motivation_mean, p.motivation_sd, p.trait_corr),
        shared_trait(shared, normal(capacity), p.capacity_mean, p.capacity_sd, p.trait_corr),
        shared_trait(shared, normal(qi), p.qi_mean, p.qi_sd, p.trait_corr),
        shared_trait(shared, normal(climate), p.climate_mean, p.climate_sd, p.trait_corr),
        p.practice_mean + p.practice_center_sd * normal(habit),
        frailty(normal(frail), p.turn_frailty),
    )


def shared_trait(common: float, own: float, mean: float, sd: float, correlation: float) -> float:
    """One trait of a center from the factor that all its traits share and its own."""
    return center_trait(factor_score(common, own, correlation), mean, sd)


def person_scores(seed: int, replicate: int, number: int, slot: int, occupant: int) -> tuple[float, float]:
    """Standard normal scores of a newcomer: of practice, and of what is the set point's own."""
    practice = career_uniform(seed, replicate, number, slot, occupant, PRACTICE_SCORE)
    own = career_uniform(seed, replicate, number, slot, occupant, OWN_SCORE)
    return normal(practice), normal(own)


def driver_score(seed: int, replicate: int, number: int, slot: int, occupant: int, driver: int) -> float:
    """Standard normal score of a newcomer's practice of one driver."""
    return normal(career_uniform(seed, replicate, number, slot, occupant, DRIVER_SCORES + driver))


def career_uniform(seed: int, replicate: int, number: int, slot: int, occupant: int, place: int) -> float:
    """A newcomer's uniform of one score, in a row of all: without a branch, so that the row is drawn in vectors."""
    is_driver = place >= DRIVER_SCORES
    item = staff_item(slot, occupant, place - DRIVER_SCORES if is_driver else 0)
    stream = DRIVER_PRACTICE if is_driver else PERSON_TRAITS
    first, second = uniform2(seed, replicate, number, item, 0, stream)
    return second if place == OWN_SCORE else first


def first_tenure(p: Any, seed: int, replicate: int, number: int, slot: int) -> float:
    """Years that a slot's first occupant has been in the job."""
    u = uniform(seed, replicate, number, staff_item(slot, 0, 0), 0, INITIAL_TENURE)
    years: float = p.tenure_mean * exponential(u)
    return years
