"""The world at the start of burn-in: both schedulers begin from the one :func:`initial_state`."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bscsim.rules import people
from bscsim.rules.beginnings import Traits, center_traits, drawn_size, driver_score, first_tenure, person_scores

if TYPE_CHECKING:
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
    stock = scenario.population.sizes == "stock"
    return drawn_size(seed, replicate, int(pool.number[index]), stock, *STOCK_SIZES[int(pool.sector[index])])


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
    score, own = person_scores(seed, replicate, number, slot, occupant)
    set_point = people.set_point(traits.motivation, score, own, p.person_motivation_sd, p.person_corr)
    if role == people.PARENT:
        return FirstPerson(0.0, set_point, [0.0 for _ in drivers], [0.0 for _ in drivers])
    scores = [driver_score(seed, replicate, number, slot, occupant, driver) for driver in drivers]
    habits = [people.habit(traits.habit, score, own, p.practice_person_sd, p.practice_driver_sd) for own in scores]
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
        person = new_person(scenario, seed, replicate, number, slot, 0, role, traits)
        staff.append(person._replace(tenure=first_tenure(p, seed, replicate, number, slot)))
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
