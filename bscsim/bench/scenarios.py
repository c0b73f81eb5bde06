"""What is simulated to be measured."""

from __future__ import annotations

from bscsim.scenario.scenario import Scenario


def standard() -> Scenario:
    """Return the scenario of all measurements that say nothing else: the default, eight centers, both worlds.

    >>> standard().population.centers
    8
    """
    return Scenario()


def many_centers(number: int) -> Scenario:
    """Return a scenario of so many centers, ten an area, all of them dealt by lot to collaboratives of ten.

    >>> scenario = many_centers(20)
    >>> scenario.enrolment.places, scenario.population.areas
    (20, 2)
    """
    return standard().with_values({
        "population.centers": number, "population.sectors": {"child_care": 0.5, "head_start": 0.5},
        "population.areas": number // 10, "enrolment.collaboratives": number // 10,
        "enrolment.centers_per_collaborative": 10,
    })  # fmt: skip
