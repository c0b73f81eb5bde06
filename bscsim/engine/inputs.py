"""What compiled code reads of a scenario: one record of numbers, a calendar by month, and the pool's centers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from bscsim.engine.state import CENTER, Record
from bscsim.record.measures import EVENTS
from bscsim.rules.turnover import season
from bscsim.scenario.initial import STOCK_SIZES
from bscsim.scenario.numbers import numbers

if TYPE_CHECKING:
    from bscsim.scenario.population import Pool
    from bscsim.scenario.scenario import Scenario

MONTH = np.dtype([("season", "f8"), ("events", "i8", (len(EVENTS) + 1,)), ("wave", "?")])


class Inputs(NamedTuple):
    """``q`` [a record of every parameter and number], ``calendar`` [months from the start of burn-in], ``centers``."""

    q: Record
    calendar: Record
    centers: Record


def inputs(scenario: Scenario, pool: Pool, seed: int) -> Inputs:
    """Lay a scenario out for compiled code.

    >>> import bscsim
    >>> from bscsim.scenario.population import make_pool
    >>> scenario = bscsim.Scenario()
    >>> given = inputs(scenario, make_pool(scenario.population), seed=1)
    >>> float(given.q.k_hour), len(given.calendar), len(given.centers)
    (0.04, 65, 8)
    """
    centers = np.zeros(len(pool), CENTER).view(np.recarray)
    centers["number"], centers["sector"], centers["area"] = pool.number, pool.sector, pool.area
    centers["headcount"] = pool.size
    return Inputs(_record(scenario, seed), _calendar(scenario), centers)


def _record(scenario: Scenario, seed: int) -> Record:
    """Every parameter, every number that follows from the scenario, and what only arrays need, under its name."""
    values: dict[str, Any] = dict(scenario.parameters)
    own = {
        "seed": seed, "burn_in": scenario.calendar.burn_in, "horizon": scenario.calendar.horizon,
        "stock": scenario.population.sizes == "stock",
        "stock_log_mean": tuple(mean for mean, _ in STOCK_SIZES), "stock_log_sd": tuple(sd for _, sd in STOCK_SIZES),
    }  # fmt: skip
    for more in (numbers(scenario)._asdict(), own):
        assert not values.keys() & more.keys()
        values |= more
    dtype = np.dtype([(name, *_kind(value)) for name, value in values.items()])
    return np.array([tuple(values.values())], dtype).view(np.recarray)[0]


def _kind(value: Any) -> tuple[Any, ...]:
    if isinstance(value, tuple):
        return ("f8", (len(value),))
    return ("?",) if isinstance(value, bool) else ("i8",) if isinstance(value, int) else ("f8",)


def _calendar(scenario: Scenario) -> Record:
    """Each month's weight of exits, events that are held (the report last) and whether it is a wave."""
    calendar, elements = scenario.calendar, scenario.elements
    held = {
        "session": elements.sessions_held, "call": elements.calls_held, "prework_call": elements.calls_held,
        "affinity_call": elements.calls_held, "coaching": elements.coaching_held, "report": True,
    }  # fmt: skip
    months = np.zeros(calendar.burn_in + calendar.horizon + 1, MONTH)
    for index in range(len(months)):
        month = index - calendar.burn_in
        months[index]["season"] = season(calendar.season_month(month), scenario.parameters.turn_summer)
        due = calendar.events(month)
        months[index]["events"] = [name in due and held[name] for name in (*EVENTS, "report")]
        months[index]["wave"] = month in calendar.waves
    return months.view(np.recarray)
