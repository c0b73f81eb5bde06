"""The world at the start of burn-in: both schedulers begin from the one :func:`initial_state`."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bscsim.rules import draws, people
from bscsim.rules.operators import exponential, normal

if TYPE_CHECKING:
    from bscsim.scenario.parameters import Parameters
    from bscsim.scenario.population import Pool
    from bscsim.scenario.scenario import Scenario

NO_CLASSROOM = -1

# North Carolina, January 2019, licensed centers with any employee: log-normal fits of E-NC-02 (log-mean, log-SD) by
# auspice, for independent centers, Head Start and public schools.
STOCK_SIZES = ((1.88, 0.815), (1.95, 0.78), (1.45, 0.61))

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class InitialState:
    """One replicate's centers and first occupants; C centers, N slots (a center's are contiguous), D drivers.

    Centers: ``number`` (the key of their draws), ``sector``, ``area``, ``size`` (staff, parents not counted),
    ``first`` [C+1] (slots of center c are ``first[c]:first[c+1]``), ``traits`` [C, 6] in the order of
    :class:`Traits`. Slots: ``role``, ``classroom`` (-1: none).  First occupants: ``tenure`` (years),
    ``set_point`` m0, and [N, D] ``practice`` b = P and ``knowledge`` k0 = K (0 for parents, who have
    neither).
    """

    number: Ints
    sector: Ints
    area: Ints
    size: Ints
    first: Ints
    traits: Floats
    role: Ints
    classroom: Ints
    tenure: Floats
    set_point: Floats
    practice: Floats
    knowledge: Floats


class Traits(NamedTuple):
    """What a center brings: motivation (mean set point), G, Q0, C0, b_c, and its turnover frailty."""

    motivation: float
    capacity: float
    qi: float
    climate: float
    habit: float
    frailty: float


class FirstPerson(NamedTuple):
    """The first occupant of a slot: years in the job, set point m0, and by driver b and k0."""

    tenure: float
    set_point: float
    practice: list[float]
    knowledge: list[float]


class FirstCenter(NamedTuple):
    """One center at the start of burn-in."""

    size: int
    traits: Traits
    roles: list[int]
    people: list[FirstPerson]


def center_size(scenario: Scenario, pool: Pool, index: int, seed: int, replicate: int) -> int:
    """Staff of center ``index``: the roster's or typed-in number, else drawn from the named size distribution."""
    if pool.size[index] > 0:
        return int(pool.size[index])
    number = int(pool.number[index])
    u = draws.uniform2(seed, replicate, number, 0, 0, draws.CENTER_SIZE)
    if scenario.population.sizes == "stock":
        return people.stock_size(u[0], *STOCK_SIZES[int(pool.sector[index])])
    v = draws.uniform2(seed, replicate, number, 1, 0, draws.CENTER_SIZE)
    w = draws.uniform(seed, replicate, number, 2, 0, draws.CENTER_SIZE)
    return people.joiner_size(u[0], u[1], v[0], v[1], w)


def center_traits(p: Parameters, seed: int, replicate: int, number: int) -> Traits:
    """Draw one center's traits: four share a common factor (Gaussian copula), habit and frailty stand alone."""
    z = []
    for item in range(4):
        pair = draws.uniform2(seed, replicate, number, item, 0, draws.CENTER_TRAITS)
        z += [normal(pair[0]), normal(pair[1])]
    common, own_motivation, own_capacity, own_qi, own_climate, habit, frail, _ = z

    def trait(own: float, mean: float, sd: float) -> float:
        return people.center_trait(people.factor_score(common, own, p.trait_corr), mean, sd)

    return Traits(
        trait(own_motivation, p.motivation_mean, p.motivation_sd),
        trait(own_capacity, p.capacity_mean, p.capacity_sd),
        trait(own_qi, p.qi_mean, p.qi_sd),
        trait(own_climate, p.climate_mean, p.climate_sd),
        p.practice_mean + p.practice_center_sd * habit,
        people.frailty(frail, p.turn_frailty),
    )


def new_person(
    scenario: Scenario,
    seed: int,
    replicate: int,
    number: int,
    slot: int,
    occupant: int,
    role: int,
    traits: Traits,
) -> FirstPerson:
    """A person new to the field of centers, keyed by the slot and the occupant's number; tenure 0.

    A parent has a set point, but no practice and no knowledge.
    """
    p, drivers = scenario.parameters, range(scenario.population.drivers)
    pair = draws.uniform2(seed, replicate, number, draws.staff_item(slot, occupant, 0), 0, draws.PERSON_TRAITS)
    score = normal(pair[0])
    set_point = people.set_point(traits.motivation, score, normal(pair[1]), p.person_motivation_sd, p.person_corr)
    if role == people.PARENT:
        return FirstPerson(0.0, set_point, [0.0 for _ in drivers], [0.0 for _ in drivers])
    habits = []
    for driver in drivers:
        item = draws.staff_item(slot, occupant, driver)
        own = normal(draws.uniform(seed, replicate, number, item, 0, draws.DRIVER_PRACTICE))
        habits.append(people.habit(traits.habit, score, own, p.practice_person_sd, p.practice_driver_sd))
    return FirstPerson(0.0, set_point, habits, [people.entry_knowledge(b, p.knowledge_margin) for b in habits])


def classrooms(roles: list[int]) -> list[int]:
    """Classroom of each slot: one a teacher, in slot order; assistants are dealt over the rooms; others none."""
    rooms = sum(role == people.TEACHER for role in roles)
    teachers = assistants = 0
    places = []
    for role in roles:
        if role == people.TEACHER:
            places.append(teachers)
            teachers += 1
        elif role == people.ASSISTANT and rooms:
            places.append(assistants % rooms)
            assistants += 1
        else:
            places.append(NO_CLASSROOM)
    return places


def first_center(scenario: Scenario, pool: Pool, index: int, seed: int, replicate: int) -> FirstCenter:
    """Draw center ``index`` of the pool and its first staff (a parent last, where parents take part)."""
    p, number = scenario.parameters, int(pool.number[index])
    size = center_size(scenario, pool, index, seed, replicate)
    traits = center_traits(p, seed, replicate, number)
    roles = [people.role_of_slot(slot, size) for slot in range(size)]
    roles += [people.PARENT] if scenario.population.parents else []
    staff = []
    for slot, role in enumerate(roles):
        u = draws.uniform(seed, replicate, number, draws.staff_item(slot, 0, 0), 0, draws.INITIAL_TENURE)
        person = new_person(scenario, seed, replicate, number, slot, 0, role, traits)
        staff.append(person._replace(tenure=p.tenure_mean * exponential(u)))
    return FirstCenter(size, traits, roles, staff)


def initial_state(scenario: Scenario, pool: Pool, seed: int, replicate: int) -> InitialState:
    """Draw one replicate's centers and their first staff, at the start of burn-in.

    Every number is keyed by the center's own ``pool.number``, so neither the order of centers nor the
    presence of others changes one.

    >>> import bscsim
    >>> from bscsim.scenario.population import make_pool
    >>> scenario = bscsim.Scenario(name="tiny")
    >>> state = initial_state(scenario, make_pool(scenario.population), seed=1, replicate=0)
    >>> bool((state.practice >= 0).all() and (state.practice <= 1).all())
    True
    """
    centers = [first_center(scenario, pool, index, seed, replicate) for index in range(len(pool))]
    staff = [person for center in centers for person in center.people]
    traits = np.array([center.traits for center in centers], dtype=np.float64).reshape(len(centers), -1)
    levels = (len(staff), scenario.population.drivers)
    return InitialState(
        number=np.array(pool.number, dtype=np.int64),
        sector=np.array(pool.sector, dtype=np.int64),
        area=np.array(pool.area, dtype=np.int64),
        size=np.array([center.size for center in centers], dtype=np.int64),
        first=np.array([0, *accumulate(len(center.roles) for center in centers)], dtype=np.int64),
        traits=traits,
        role=np.array([role for center in centers for role in center.roles], dtype=np.int64),
        classroom=np.array([room for center in centers for room in classrooms(center.roles)], dtype=np.int64),
        tenure=np.array([person.tenure for person in staff], dtype=np.float64),
        set_point=np.array([person.set_point for person in staff], dtype=np.float64),
        practice=np.array([person.practice for person in staff], dtype=np.float64).reshape(levels),
        knowledge=np.array([person.knowledge for person in staff], dtype=np.float64).reshape(levels),
    )
