"""Whether the centers that there are suffice for a design."""

from __future__ import annotations

from bscsim.scenario.document import Item
from bscsim.scenario.faults import Fault
from bscsim.scenario.places import item_at
from bscsim.scenario.population import Pool
from bscsim.scenario.scenario import Scenario
from bscsim.trial.reading.case import Case
from bscsim.trial.reading.derived import MOST_CENTERS
from bscsim.trial.reading.pool import joinable, needs, pool_needed
from bscsim.trial.settings import DesignSettings


def check_population(
    case: Case, design: DesignSettings, base: Scenario, root: Item, pool: Pool | None, given: bool
) -> None:
    """Add the fault of a pool that is too small, or would have to be too large."""
    asked, population = needs(design), base.population
    each = f"{asked.treated:,} treated and {asked.control:,} control centers"
    if joinable(population) <= 0:
        _at(case, root, "population.min_staff", f"{population.min_staff} staff: no synthetic center is so large")
    elif not given:
        if (needed := pool_needed(design, base)) > MOST_CENTERS:
            case.fault("design", f"{each} need a pool of {needed:,} centers; at most {MOST_CENTERS:,} are possible")
    elif pool is not None:
        there = sum(size == 0 or size >= population.min_staff for size in pool.size)
        if there < asked.total:
            _at(case, root, "population.roster", f"has {there:,} centers that can join; the design needs "
                f"{asked.total:,} ({each}): a smaller design, or a larger roster")  # fmt: skip
    elif population.centers < asked.total:
        _at(case, root, "population.centers", f"{population.centers:,} centers are fewer than the {asked.total:,} that "
            f"the design needs ({each}); at least {pool_needed(design, base):,}, or leave it out")  # fmt: skip
    if asked.total and isinstance(population.sizes, int) and population.roster is None:
        seats = base.enrolment.team_size
        if isinstance(seats, int) and seats > population.sizes:
            problem = f"{seats} seats are more than the {population.sizes} staff of a center"
            _at(case, root, "enrolment.team_size", problem)


def _at(case: Case, root: Item, path: str, problem: str) -> None:
    """Add a fault about a setting of the scenario."""
    item = item_at(root, path)
    place = item.place if item is not None and item.place else case.place("design")
    case.faults.append(Fault(place, path, problem))
