"""The figures of a power study, one file a family, each drawn only if the summary holds its data.

Each module holds `plans(power) -> list[Plan]`: what it would draw, with title and caption for the page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bscsim.report.figures import Drawn
    from bscsim.report.power.study import Power
    from bscsim.report.sweep.figures.panels import Plan


def plan_all(power: Power) -> dict[str, list[Plan]]:
    """What there is to draw, by the section of the page in which it stands, in the order of the page.

    >>> from bscsim.report.power.study import Power
    >>> sum(plan_all(Power({})).values(), [])
    []
    """
    from bscsim.report.power.figures import (
        cost,
        curves,
        decomposition,
        design,
        forest,
        promises,
        search,
        size,
    )

    return {
        "design": design.plans(power),
        "estimators": [*forest.plans(power), *size.plans(power)],
        "curves": curves.plans(power),
        "search": search.plans(power),
        "promises": [*promises.plans(power), *decomposition.plans(power)],
        "cost": cost.plans(power),
    }


def draw_all(power: Power) -> dict[str, list[Drawn]]:
    """Draw every planned figure."""
    from bscsim.report.sweep.figures import draw_one

    return {section: [draw_one(plan) for plan in plans] for section, plans in plan_all(power).items()}
