"""The pool that a design needs: how many centers it recruits, and how many there must be for them to be found."""

from __future__ import annotations

from functools import lru_cache
from math import ceil, comb, exp, log, sqrt
from statistics import NormalDist
from typing import Final, NamedTuple

from bscsim.rules import people
from bscsim.scenario.initial import STOCK_SIZES
from bscsim.scenario.population import Pool, Population
from bscsim.scenario.scenario import Scenario
from bscsim.trial.settings import DesignSettings, MeasureSettings

UNCONTROLLED: Final = ("stepped_wedge", "pre_post")
"""Designs in which every center is treated."""

MARGIN: Final = 3.0
"""Standard deviations by which a pool is larger than enough on average, where who can join is a matter of chance."""

CHOOSING: Final = ("top", "need", "threshold", "hurdle")
"""Rules of enrolment that turn centers away, or have to have some to choose among."""

LARGEST: Final = {"joiners": 60, "stock": 131}
"""Staff of the largest center of a named distribution of sizes."""

MEAN_STAFF: Final = 20
"""Mean staff of centers that join collaboratives (6 to 60)."""


class Needs(NamedTuple):
    """Centers that a design recruits."""

    treated: int
    control: int

    @property
    def total(self) -> int:
        """Both arms."""
        return self.treated + self.control


def needs(design: DesignSettings) -> Needs:
    """Count the centers of each arm; of a wait-list, who waits is the control arm.

    >>> needs(DesignSettings(collaboratives=6, control_centers=48)), needs(DesignSettings(type="pre_post"))
    (Needs(treated=48, control=48), Needs(treated=16, control=0))
    """
    treated = sum(cohort.collaboratives for cohort in design.by_cohort) * design.centers_per_collaborative
    if design.type in UNCONTROLLED:
        return Needs(treated, 0)
    if design.type == "matched_comparison":
        return Needs(treated, treated * design.comparisons)
    return Needs(treated, design.control_centers)


def pool_needed(design: DesignSettings, scenario: Scenario) -> int:
    """Smallest synthetic pool in which the design finds its centers, but for rare draws.

    Centers that can join are large enough and, in mode field, apply; a rule that chooses is given two for each that it
    takes. With n centers of which a share s can join, n s - 3 sqrt(n s (1 - s)) is at least what is needed.

    >>> pool_needed(DesignSettings(collaboratives=6, control_centers=48), Scenario())
    96
    """
    asked, large = needs(design), joinable(scenario.population)
    enrolment = scenario.enrolment
    admitted = 0.5 if enrolment.rule in CHOOSING else 1.0
    if design.type == "matched_comparison":
        apply = applying(scenario)
        joiners = _enough(asked.treated, large * apply * admitted)
        return max(joiners, _enough(asked.control, large * (1 - apply)), asked.total)
    apply = applying(scenario) if enrolment.mode == "field" else 1.0
    return _enough(asked.total, large * apply * admitted)


def _enough(needed: int, share: float) -> int:
    """Smallest n with n s - MARGIN sqrt(n s (1 - s)) >= needed."""
    if needed == 0:
        return 0
    if share >= 1:
        return needed
    share = max(share, 1e-6)
    spread = MARGIN * sqrt(share * (1 - share))
    return ceil(((spread + sqrt(spread**2 + 4 * share * needed)) / (2 * share)) ** 2)


def joinable(population: Population) -> float:
    """Share of synthetic centers with at least min_staff staff; 1 with a roster, whose centers are counted.

    >>> joinable(Population()), round(joinable(Population(sizes="stock", min_staff=10)), 2)
    (1.0, 0.34)
    """
    if population.roster is not None or isinstance(population.sizes, int):
        return 1.0
    shares = [value / sum(population.sectors.values) for value in population.sectors.values]
    if population.sizes == "joiners":
        return _joiners_from(population.min_staff)
    sizes = (NormalDist(mean, sd) for mean, sd in STOCK_SIZES)
    large = [1 - size.cdf(log(population.min_staff - 0.5)) if population.min_staff <= LARGEST["stock"] else 0.0
             for size in sizes]  # fmt: skip
    return sum(share * one for share, one in zip(shares, large, strict=True))


def _joiners_from(least: int) -> float:
    """P(6 + N >= least), at most 60, N negative binomial: a Poisson whose mean is gamma of shape 4, mean 14."""
    if least > LARGEST["joiners"]:
        return 0.0
    p = 1 / (1 + 3.5)
    return 1.0 - sum(comb(n + 3, 3) * p**4 * (1 - p) ** n for n in range(max(0, least - 6)))


def applying(scenario: Scenario) -> float:
    """Share of centers that apply in mode field: the chance of an average one, averaged over motivation and need."""
    p = scenario.parameters
    odds = log(scenario.enrolment.apply_rate / (1 - scenario.enrolment.apply_rate))
    spread = sqrt(p.apply_motivation**2 + p.apply_need**2)
    draws = [NormalDist().inv_cdf((at + 0.5) / 400) for at in range(400)]
    return sum(1 / (1 + exp(-odds - spread * z)) for z in draws) / len(draws)


def largest_center(population: Population, pool: Pool | None) -> int:
    """Staff of the largest center there can be, 0 if nobody knows."""
    if population.roster is not None:
        return max(pool.size, default=0) if pool is not None else 0
    return population.sizes if isinstance(population.sizes, int) else LARGEST[population.sizes]


def smallest_center(population: Population, pool: Pool | None) -> int:
    """Staff of the smallest center that can be in a study."""
    if population.roster is not None:
        found = [size for size in (pool.size if pool is not None else ()) if size >= population.min_staff]
        return min(found, default=0)
    if isinstance(population.sizes, int):
        return population.sizes
    return max(population.min_staff, 6 if population.sizes == "joiners" else 1)


@lru_cache(maxsize=256)
def units_of(size: int, of: str, who: str = "all") -> int:
    """How many classrooms, or staff, a center of a given size has; parents are no staff.

    >>> units_of(20, "classrooms"), units_of(20, "staff", "teaching"), units_of(20, "staff")
    (10, 17, 20)
    """
    roles = [people.role_of_slot(slot, size) for slot in range(size)]
    if of in ("classrooms", "children"):
        return roles.count(people.TEACHER)
    return roles.count(people.TEACHER) + roles.count(people.ASSISTANT) if who == "teaching" else size


def usual_units(population: Population, measure: MeasureSettings) -> int:
    """How many units of a measure a center of mean size has, before anything is seen: what is billed and simulated.

    >>> usual_units(Population(), MeasureSettings()), usual_units(Population(), MeasureSettings(of="reports"))
    (10, 1)
    """
    if measure.of in ("readiness", "reports"):
        return 1
    staff = population.sizes if isinstance(population.sizes, int) else MEAN_STAFF
    return max(units_of(staff, measure.of, measure.who), 1)
