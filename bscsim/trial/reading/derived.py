"""The scenario of a trial: the base with the pool, places, mode and months that the design needs."""

from __future__ import annotations

from typing import Any, Final

from bscsim.scenario.document import Item
from bscsim.scenario.layers import DEFAULT, layer_of
from bscsim.scenario.population import Sectors
from bscsim.scenario.scenario import Scenario
from bscsim.trial.reading.pool import CHOOSING, needs, pool_needed
from bscsim.trial.settings import DesignSettings

MOST_CENTERS: Final = 100_000


def pool_is_given(root: Item) -> bool:
    """Whether the study itself says how many centers there are, by population.centers or a roster.

    A base's number is that of another study. A roster is real, whoever names it.
    """
    layer = layer_of(root, ("population", "centers"))
    roster = root.child("population")
    real = roster.child("roster") if roster is not None else None
    return (real is not None and real.value is not None) or not (layer == DEFAULT or layer.startswith("base "))


def derived(base: Scenario, design: DesignSettings, months: tuple[int, ...], given: bool) -> tuple[Scenario, list[str]]:
    """Return a trial's scenario, and what was changed of the base's pool, in words; InputError is for the caller.

    months
        When somebody is measured.
    given
        Whether the number of centers is the study's own and stays.
    """
    last = max([1, base.calendar.ends, *months])
    if design.type == "interrupted_series":
        last += 1  # reports of the last wave's month are sent in the course of it
    calendar = base.calendar.model_copy(update={"waves": months, "horizon": last})
    enrolment = base.enrolment.model_copy(update={
        "collaboratives": sum(cohort.collaboratives for cohort in design.by_cohort),
        "centers_per_collaborative": design.centers_per_collaborative,
        "rule": "random" if base.enrolment.rule == "all" else base.enrolment.rule,
        "mode": "field" if design.type == "matched_comparison" else base.enrolment.mode,
    })  # fmt: skip
    update: dict[str, Any] = {"calendar": calendar, "enrolment": enrolment}
    notes: list[str] = []
    if not given:
        centers = max(base.population.centers, pool_needed(design, base))
        if centers > base.population.centers:
            sectors = base.population.sectors
            if not sectors.are_shares:
                total = sum(sectors.values)
                names = type(sectors).model_fields
                sectors = Sectors(**{name: value / total for name, value in zip(names, sectors.values, strict=True)})
            update["population"] = base.population.model_copy(update={"centers": centers, "sectors": sectors})
            notes.append(_enlarged(base, design, centers))
    return base.model_copy(update=update), notes


def _enlarged(base: Scenario, design: DesignSettings, centers: int) -> str:
    asked = needs(design)
    text = (
        f"The pool was enlarged from the base's {base.population.centers} centers to {centers:,}, which the design's "
        f"{asked.treated:,} treated and {asked.control:,} control centers need; population.centers would say otherwise."
    )
    if base.enrolment.rule in CHOOSING:
        text += f" The rule {base.enrolment.rule} is given two centers or more for each that it takes."
    elif centers > asked.total:
        text += " Not every center can join or applies, so the pool is larger than the study."
    return text
