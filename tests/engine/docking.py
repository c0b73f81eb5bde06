"""Two schedulers, one state: the whole state of a Mesa model and of a compiled world as the same plain dict.

Floats are written as their 64 bits in hexadecimal, so that equal means equal to the last one.  Persons who are present
and leavers between two jobs are compared whole; a vacant position only in what it still decides (its next occupant,
when it is filled, whether a seat is held).  What a team or a market is not asked for is not there on either side.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from bscsim.agents.center import Center
from bscsim.agents.collaborative import CollaborativeModel
from bscsim.agents.run import release
from bscsim.agents.staff import Leaver, Staff
from bscsim.engine import market, state
from bscsim.engine.run import Job, prepare, run_rows
from bscsim.engine.state import World
from bscsim.record.measures import PARENT
from bscsim.record.trajectories import Trajectories
from bscsim.scenario.population import Pool, make_pool
from bscsim.scenario.scenario import Scenario

Flat = dict[tuple[Any, ...], Any]

CENTER = ("qi", "climate", "engagement", "readiness", "uptake", "authority", "leader_engagement", "has_leader",
          "status")  # fmt: skip
TEAM = ("present_share", "makes_metrics", "uses_metrics", "collaborative")
PERSON = ("threshold", "lot", "contact", "relevance", "hours", "dose", "last_event", "exposed", "ever_seat", "person",
          "calls_offered", "calls_attended", "tenure")  # fmt: skip
LEAVER = ("step", "moment", "role", "person", "m0", "m", "exposed", "ever_seat")


def bits(value: Any) -> Any:
    """A value in a form in which equal means the same bits."""
    if isinstance(value, float | np.floating):
        return float(value).hex()
    if isinstance(value, bool | np.bool_ | int | np.integer):
        return int(value)
    return tuple(bits(one) for one in value)


# ---- the Mesa model -------------------------------------------------------------------------------------------------


def of_model(model: CollaborativeModel) -> Flat:
    """The whole state of a Mesa model."""
    found: Flat = {("persons",): (model.people_created, model.labour_market.left_sector, model.labour_market.waiting)}
    for center in model.centers:
        found |= _center_of_model(center)
        for person in center.staff:
            found |= _person_of_model(person)
    for queue in model.labour_market._waiting:
        for leaver in queue:
            found[_who(leaver)] = (bits(getattr(leaver, name) for name in LEAVER),
                                   bits((leaver.b, leaver.k0, leaver.k, leaver.p)))  # fmt: skip
    if model.collaboratives:
        found["best fit",] = bits(model.best_fit)
        found["leaders' gain",] = bits(model.leaders_gain)
    return found


def _who(leaver: Leaver) -> tuple[Any, ...]:
    return "leaver", leaver.center_number, leaver.slot, leaver.step, leaver.role


def _center_of_model(center: Center) -> Flat:
    found: Flat = {(center.number, name): bits(getattr(center, name)) for name in CENTER}
    for name in ("fit", "practice_mean", "help_target", "open_pdsas"):
        found[center.number, name] = bits(getattr(center, name))
    found[center.number, "successes"] = bits(getattr(center, "recent_successes", 0.0))
    if center.team is not None:
        team = center.team
        found |= {(center.number, name): bits(getattr(team, name)) for name in TEAM}
        seats = [(-1 if holder is None else holder.slot, role, named, number) for holder, role, named, number in
                 zip(team.seats, team.roles, team.named_roles, team.numbers, strict=True)]  # fmt: skip
        found[center.number, "seats"] = tuple(seats)
        found[center.number, "calls"] = (tuple(team.call_holders), tuple(team.call_regulars))
        found[center.number, "facilitation"] = bits(center.model.facilitation[team.collaborative])
    if center.assessment is not None:
        seen = center.assessment
        found[center.number, "assessed"] = bits((*seen.components, seen.measured_readiness, seen.true_readiness))
    return found


def _person_of_model(person: Staff) -> Flat:
    where = person.center.number, person.slot
    found: Flat = {(*where, "who"): (person.role, person.classroom, person.occupant, int(person.filled), person.seat)}
    if not person.filled:
        return found | {(*where, "refill_at"): bits(float(person.refill_at))}
    found |= {(*where, name): bits(getattr(person, name)) for name in PERSON}
    found[(*where, "mood")] = bits((person.m, person.m0, person.clock))
    if person.role != PARENT:
        found[(*where, "levels")] = bits((person.k, person.k0, person.p, person.b))
    return found


# ---- the compiled world ---------------------------------------------------------------------------------------------


def of_world(world: World) -> Flat:
    """The whole state of a compiled world."""
    s = world.state
    clock = s.clock
    found: Flat = {("persons",): (int(clock.created), int(clock.left), int(clock.waiting))}
    for c in range(len(s.centers)):
        found |= _center_of_world(world, c)
        for slot in range(int(s.centers[c]["people"])):
            found |= _person_of_world(world, c, slot)
    found |= _leavers_of_world(world)
    if clock.collaboratives:
        found["best fit",] = bits(s.best_fit[: clock.collaboratives])
        found["leaders' gain",] = bits(s.leaders_gain)
    return found


def _leavers_of_world(world: World) -> Flat:
    m, found = world.market, {}
    for queue in m.queues.reshape(-1, 2):
        entry = int(queue[market.FIRST])
        while entry != state.NONE:
            one = m.leavers[entry]
            who = "leaver", int(one["number"]), int(one["slot"]), int(one["step"]), int(one["role"])
            levels = m.levels[entry]
            found[who] = (bits(one[name] for name in LEAVER),
                          bits((levels[state.B], levels[state.K0], levels[state.K], levels[state.P])))  # fmt: skip
            entry = int(one["after"])
    return found


def _center_of_world(world: World, c: int) -> Flat:
    s, center = world.state, world.state.centers[c]
    number, drivers = int(center["number"]), s.level.shape[1]
    found: Flat = {(number, name): bits(center[name]) for name in CENTER}
    for name, plane in (("fit", state.FIT), ("practice_mean", state.PRACTICE_MEAN), ("help_target", state.HELP_TARGET)):
        found[number, name] = bits(s.driver[plane, c])
    found[number, "open_pdsas"] = bits(center["open_pdsas"][:drivers])
    found[number, "successes"] = bits(center["recent_successes"])
    if center["collaborative"] != state.NONE:
        found |= {(number, name): bits(center[name]) for name in TEAM}
        seats = s.seats[c, : center["seats"]]
        found[number, "seats"] = tuple(
            (int(seat["holder"]) - int(center["first"]) if seat["holder"] != state.NONE else -1, int(seat["role"]),
             int(seat["named"]), int(seat["number"])) for seat in seats)  # fmt: skip
        found[number, "calls"] = bits((center["call_holders"], center["call_regulars"]))
        found[number, "facilitation"] = bits(center["facilitation"])
    if center["assessed"]:
        names = ("motivation", "capacity", "qi", "readiness")
        found[number, "assessed"] = bits((*(center[f"measured_{name}"] for name in names), center["true_readiness"]))
    return found


def _person_of_world(world: World, c: int, slot: int) -> Flat:
    s, center = world.state, world.state.centers[c]
    i = int(center["first"]) + slot
    person, row = s.staff[i], s.slot[:, i]
    where = int(center["number"]), slot
    filled = int(row[state.PRESENT])
    who = *(int(person[name]) for name in ("role", "classroom", "occupant")), filled, int(person["seat"])
    found: Flat = {(*where, "who"): who}
    if not filled:
        return found | {(*where, "refill_at"): bits(row[state.REFILL_AT])}
    rows = {"threshold": state.EXIT_AT, "contact": state.CONTACT, "relevance": state.RELEVANCE, "hours": state.HOURS,
            "dose": state.DOSE, "tenure": state.TENURE}  # fmt: skip
    found |= {(*where, name): bits(row[rows[name]] if name in rows else person[name]) for name in PERSON}
    found[(*where, "mood")] = bits((row[state.MOOD], row[state.SET_POINT], row[state.EXIT_CLOCK]))
    if person["role"] != PARENT:
        found[(*where, "levels")] = bits(s.level[plane, :, i] for plane in (state.K, state.K0, state.P, state.B))
    return found


# ---- both at the start of a month -----------------------------------------------------------------------------------


def world_at(scenario: Scenario, month: int, seed: int, replicate: int = 0, *, pool: Pool | None = None) -> World:
    """The treated world of the compiled engine at the start of a month (1 to the horizon)."""
    return worlds_at(scenario, month, seed, replicate, pool=pool)[0]


def worlds_at(
    scenario: Scenario, month: int, seed: int, replicate: int = 0, *, pool: Pool | None = None
) -> tuple[World, World]:
    """The treated world and the twin of the compiled engine at the start of a month (1 to the horizon)."""
    pool = make_pool(scenario.population) if pool is None else pool
    job = stopping(scenario, month, seed, replicate, pool)
    run_rows(job, 0, 1)
    return job.idle[-1]


def stopping(scenario: Scenario, month: int, seed: int, replicate: int, pool: Pool) -> Job:
    """A run of one replicate that ends before its horizon."""
    job = prepare(Trajectories.empty(scenario, pool, seed, [replicate], twin=True), pool)
    job.given.q["horizon"] = month
    return job


def model_at(
    scenario: Scenario, months: Iterable[int], seed: int, replicate: int = 0, *, treated: bool = True
) -> dict[int, Flat]:
    """The state of the Mesa model at the start of each of these months."""
    model = CollaborativeModel(scenario, seed, replicate, treated=treated)
    found = {}
    for month in months:
        while model.month < month:
            model.step()
        found[month] = of_model(model)
    release(model)
    return found


def differences(one: Flat, other: Flat) -> list[str]:
    """Where two states differ, as text."""
    keys = list(dict.fromkeys([*one, *other]))
    return [f"{key}: {one.get(key)} != {other.get(key)}" for key in keys if one.get(key) != other.get(key)]
