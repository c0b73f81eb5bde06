"""How much memory a run takes, before it is started: an estimate, and a refusal that says what would fit."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bscsim.scenario.faults import Fault, InputError

if TYPE_CHECKING:
    from bscsim.scenario.population import Pool, Population
    from bscsim.scenario.scenario import Scenario

CENTER_MONTH_BYTES: Final = 450
"""A record's arrays for a center and month: single quantities, by role, by role and event, by cost line."""

DRIVER_BYTES: Final = 4
"""And for each driver: local fit."""

STAFF_ROW_BYTES: Final = 64
"""A staff slot at a wave, without its four numbers a driver."""

AGENT_BYTES: Final = 2500
"""A staff member as a Mesa agent: two objects, lists of four numbers a driver."""

TABLES: Final = 3.0
"""A record with the tables made from it, over the record alone (measured: 92 MB where the arrays were 28)."""

MEAN_STAFF: Final = {"joiners": 20.0, "stock": 9.3}
"""Mean size by built-in distribution (model section 2.5; E-NC-01)."""


def memory_bytes(
    scenario: Scenario, replicates: int | None = None, pool: Pool | None = None, tables: float = TABLES,
    worlds: int | None = None,
) -> int:  # fmt: skip
    """Estimate the bytes of a run whose record is held whole: arrays, staff at waves, tables, one replicate's agents.

    ``replicates`` is the scenario's unless given. A roster's centers are only known with its ``pool``; without one, one
    center is assumed.

    >>> from bscsim.scenario.scenario import Scenario
    >>> 10e6 < memory_bytes(Scenario(), 100) < 200e6
    True
    """
    count = scenario.simulation.replicates if replicates is None else replicates
    centers, staff = _size(scenario, pool)
    worlds = 1 + scenario.simulation.twin if worlds is None else worlds
    drivers = scenario.population.drivers
    center_months = centers * (scenario.calendar.horizon + 1)
    arrays = center_months * (CENTER_MONTH_BYTES + DRIVER_BYTES * drivers)
    rows = staff * len(scenario.calendar.waves) * (STAFF_ROW_BYTES + 16 * drivers)
    agents = staff * (AGENT_BYTES + 160 * drivers)
    return int(worlds * (tables * count * (arrays + rows) + agents))


def _size(scenario: Scenario, pool: Pool | None) -> tuple[int, float]:
    """Centers, and all their staff."""
    population = scenario.population
    if pool is None and population.roster is not None:
        return 1, MEAN_STAFF["stock"]
    centers = len(pool.size) if pool is not None else population.centers
    return centers, staff_of(population, pool) + population.parents * centers


def staff_of(population: Population, pool: Pool | None) -> float:
    """Estimate the staff of all centers; a roster's are only known with its ``pool``.

    >>> from bscsim.scenario.population import Population
    >>> staff_of(Population(), None)  # eight centers of joiners
    160.0
    """
    mean = MEAN_STAFF[population.sizes] if isinstance(population.sizes, str) else float(population.sizes)
    return sum(size or mean for size in (pool.size if pool is not None else (0,) * population.centers))


def available_memory() -> int:
    """Bytes this process may still take: free memory, or what a container's limit leaves, whichever is less.

    >>> available_memory() > 0
    True
    """
    limits = [limit for limit in (_free(), _container()) if limit is not None]
    return min(limits) if limits else 2**62


def _free() -> int | None:
    meminfo = Path("/proc/meminfo")
    if meminfo.exists():
        for line in meminfo.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    try:  # other systems: all there is
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None


def _container() -> int | None:
    limit, used = (Path("/sys/fs/cgroup") / name for name in ("memory.max", "memory.current"))
    try:
        return max(0, int(limit.read_text()) - int(used.read_text()))
    except (OSError, ValueError):  # no such limit, or "max"
        return None


def require_record(
    scenario: Scenario, replicates: int, pool: Pool | None = None, available: int | None = None,
    worlds: int | None = None,
) -> int:  # fmt: skip
    """Do what :func:`require_memory` does for the record alone, without the tables that a report makes of it.

    >>> from bscsim.scenario.scenario import Scenario
    >>> require_record(Scenario(), 100_000, available=10_000_000)
    Traceback (most recent call last):
    ...
    bscsim.scenario.faults.InputError: simulation.replicates: 100000 replicates of 8 centers would take about ...
    """
    return _require(scenario, replicates, pool, available, 1.0, worlds)


def require_memory(scenario: Scenario, available: int | None = None, pool: Pool | None = None) -> int:
    """Return the estimate, or raise InputError that names it and what would fit in ``available`` bytes.

    >>> from bscsim.scenario.scenario import Scenario
    >>> require_memory(Scenario(), available=10_000_000)
    Traceback (most recent call last):
    ...
    bscsim.scenario.faults.InputError: simulation.replicates: 100 replicates of 8 centers would take about 156 MB ...
    """
    return _require(scenario, scenario.simulation.replicates, pool, available, TABLES)


def _require(
    scenario: Scenario, count: int, pool: Pool | None, available: int | None, tables: float, worlds: int | None = None
) -> int:
    free = available_memory() if available is None else available
    need = memory_bytes(scenario, count, pool, tables, worlds)
    if need <= free:
        return need
    centers, _ = _size(scenario, pool)
    fixed = memory_bytes(scenario, 0, pool, tables, worlds)
    fit = int((free - fixed) / ((need - fixed) / count))
    if fit >= 1:
        way_out = f"{fit} replicate{'s' if fit > 1 else ''} would fit"
        path = "simulation.replicates"
    else:
        one = memory_bytes(scenario, 1, pool, tables, worlds)
        way_out = f"one replicate takes {_text(one)}, so at most {int(centers * free / one)} centers would fit"
        path = "population"
    what = f"{count} replicate{'s' if count > 1 else ''} of {centers} centers"
    raise InputError([Fault("", path, f"{what} would take about {_text(need)} of memory, and {_text(free)} is "
                            f"available; {way_out}")])


def _text(size: float) -> str:
    """Write bytes as MB or GB."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"
