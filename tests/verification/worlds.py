"""What the verification tests share: a small lively scenario, running to a month, and the whole state as a dict.

A snapshot holds every attribute of every center, team and staff slot (floats as their 64 bits in hexadecimal), keyed
by the center's number and the slot, so that two worlds compare bit for bit and whatever their order of storage.  It
reads ``vars()``: state that is added to the model later is compared without a change here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from bscsim.agents.center import Center
from bscsim.agents.collaborative import CollaborativeModel
from bscsim.agents.run import release
from bscsim.agents.staff import Staff
from bscsim.scenario.population import Pool
from bscsim.scenario.scenario import Scenario

# Six centers of ten staff and a parent in two areas, four of them in two collaboratives; 28 months.
SMALL: dict[str, Any] = {
    "population.centers": 6, "population.areas": 2, "population.sizes": 10, "population.drivers": 3,
    "population.parents": True,
    "enrolment.collaboratives": 2, "enrolment.centers_per_collaborative": 2, "enrolment.rule": "random",
    "enrolment.team_size": 5,
    "calendar.burn_in": 6, "calendar.prework": [0, 2], "calendar.sessions": [2, 5, 8], "calendar.ends": 10,
    "calendar.horizon": 22, "calendar.waves": [0, 10, 22],
}  # fmt: skip
SUPPORTS = ("stipend", "substitute_cover", "retention_bonus", "virtual_sessions", "onboarding_package",
            "troubleshooting_calls")  # fmt: skip
LIVELY = {f"supports.{name}": 0.5 for name in SUPPORTS}
BUSY = {"turn_base_child_care": 0.9, "turn_base_head_start": 0.7, "hire_local": 0.5, "contact_out": 0.5}

SEED = 8  # in which both areas hold centers of every kind: test_the_small_world_is_lively

NO_TURNOVER = {f"turn_base_{sector}": 0.0 for sector in ("child_care", "head_start", "school")}

State = dict[tuple[Any, ...], dict[str, Any]]

# References and places in storage, which are no state.
_NOT_STATE = ("model", "center", "staff", "employees", "unique_id", "pos", "index")


def study(changes: Mapping[str, Any] | None = None, **parameters: float) -> Scenario:
    """The SMALL scenario with other values at dotted paths, and with these parameters."""
    own = {f"parameters.{name}": value for name, value in parameters.items()}
    return Scenario().with_values({**SMALL, **(changes or {}), **own})


def lively(changes: Mapping[str, Any] | None = None) -> Scenario:
    """The SMALL scenario in which everything that could differ between worlds happens."""
    parameters = {**BUSY, "pdsa_rate": 1.5, "pdsa_succ": 0.8, "withdraw": 0.5}
    busy = {f"parameters.{name}": value for name, value in parameters.items()}
    return study({**LIVELY, **busy, **(changes or {})})


def only_turnover(months: int, base: float, **parameters: float) -> Scenario:
    """200 positions in ten centers that nobody enrols, all leaving at ``base`` a year."""
    same = {f"turn_base_{sector}": base for sector in ("child_care", "head_start", "school")}
    roles = {f"rolemult_{role}": 1.0 for role in ("leader", "supervisor", "teacher", "assistant", "other")}
    changes = {
        "population.centers": 10, "population.sizes": 20, "population.drivers": 1, "population.parents": False,
        "enrolment.collaboratives": 0, "calendar.burn_in": 0, "calendar.horizon": months, "calendar.waves": [0],
    }  # fmt: skip
    free = {"turn_engage": 0.0, "turn_frailty": 0.0, "turn_new": 1.0, "hire_local": 0.0, "turn_summer": 1.0}
    return study(changes, **same, **roles, **{**free, **parameters})


class Idle(Center):
    """A center whose staff only come and go: with turn_engage=0 nothing they feel or do reaches turnover."""

    def work(self) -> None:
        pass


def frozen(value: Any) -> Any:
    """``value`` with every float as its bits, and agents as their keys."""
    if isinstance(value, float):
        return value.hex()
    if isinstance(value, list | tuple):
        return tuple(frozen(inner) for inner in value)
    if value is None or isinstance(value, int | str):
        return value
    if isinstance(value, Staff):
        return value.center.number, value.slot
    return contents(value)


def contents(thing: Any) -> dict[str, Any]:
    """Every attribute of an agent, a team, ... that is state."""
    return {name: frozen(inner) for name, inner in vars(thing).items() if name not in _NOT_STATE}


def snapshot(model: CollaborativeModel) -> State:
    """The whole state: (number,) -> center, (number, slot) -> position and person, ("model",) -> what is shared."""
    state: State = {}
    for center in model.centers:
        state[center.number,] = contents(center)
        state |= {(center.number, person.slot): contents(person) for person in center.staff}
    market = contents(model.labour_market)
    shared = {"people": model.people_created, "market": market, "leaders_gain": frozen(model.leaders_gain)}
    state["model",] = shared | {"facilitation": frozen(model.facilitation), "best_fit": frozen(model.best_fit)}
    return state


def run_to(model: CollaborativeModel, month: int, each: Callable[[CollaborativeModel], None] | None = None) -> None:
    """Step a model to the start of ``month``; ``each`` is called after every step."""
    while model.month < month:
        model.step()
        if each is not None:
            each(model)


def states(
    scenario: Scenario, months: Iterable[int], seed: int = SEED, replicate: int = 0, *,
    treated: bool = True, pool: Pool | None = None,
    center_class: type[Center] = Center, staff_class: type[Staff] = Staff,
) -> dict[int, State]:  # fmt: skip
    """Snapshots at the start of these months of one run."""
    model = CollaborativeModel(scenario, seed, replicate, treated=treated, pool=pool, center_class=center_class,
                               staff_class=staff_class)  # fmt: skip
    found = {}
    for month in months:
        run_to(model, month)
        found[month] = snapshot(model)
    release(model)
    return found


def differences(
    one: Mapping[int, State], other: Mapping[int, State], omit: Iterable[str] = (), keys: Iterable[Any] | None = None
) -> list[str]:
    """Where two worlds differ, as text; attributes named in ``omit`` do not count; ``keys`` limits what is compared.

    Without ``keys`` everything of both worlds but the shared ``("model",)`` is compared.
    """
    found, skip = [], tuple(omit)
    for month, state in one.items():
        every = [key for key in {**state, **other[month]} if key != ("model",)] if keys is None else list(keys)
        assert every, "nothing to compare"
        for key in every:
            a, b = state.get(key, {}), other[month].get(key, {})
            names = [name for name in {**a, **b} if name not in skip and a.get(name) != b.get(name)]
            found += [f"month {month}, {key}, {name}: {a.get(name)} != {b.get(name)}" for name in names]
    return found


def digest(found: Mapping[int, State]) -> str:
    """One number for a whole run."""
    return hashlib.sha256(repr(list(found.items())).encode()).hexdigest()


def own_digest() -> str:
    """Digest of one lively run, the same in every process."""
    return digest(states(lively(), (0, 10, 22), seed=2**63 - 1))


def floats(value: Any) -> list[float]:
    """All floats inside a (nested) list."""
    return [inner for item in value for inner in floats(item)] if isinstance(value, list | tuple) else [value]
