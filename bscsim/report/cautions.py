"""What a reader must know before using the numbers of this run; each line is generated from the run itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bscsim.record.intervals import FOR_INTERVAL, FOR_PERCENTILES
from bscsim.report.words import count, listed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bscsim.report.reading import Reading

FEW_REPLICATES = 30


def cautions(reading: Reading, dropped: Mapping[str, int] | None = None) -> list[str]:
    """All cautions that apply, most important first. `dropped`: roster rows left out, by reason."""
    found = [NOT_CALIBRATED, *enrollment(reading), *precision(reading), *waves(reading), *changed(reading)]
    if dropped:
        reasons = listed([f"{number:,} ({reason})" for reason, number in sorted(dropped.items())])
        found.append(f"Roster rows left out of the pool, by reason: {reasons}.")
    return found


NOT_CALIBRATED = (
    "Effects are consequences of stated assumptions, not estimates from data: no randomized trial of a Breakthrough "
    "Series Collaborative in early care and education was found to check them against. Read differences between "
    "scenarios, and vary the influential assumptions before relying on a size."
)


def enrollment(reading: Reading) -> list[str]:
    """Who was enrolled, and what one collaborative cannot say."""
    settings = reading.scenario.enrolment
    enrolled = reading.enrolled.sum(axis=1)
    if not reading.has_treated:
        return ["No center was enrolled in a collaborative: there is no effect to report."]
    found = []
    if settings.collaboratives == 1:
        found.append(
            "Each replicate holds one collaborative. The spread of replicates says what one collaborative may give; "
            "from a single real one, its own faculty and facilitation cannot be told from the program, so no claim "
            "about collaboratives in general follows."
        )
    if enrolled.min() < settings.places:
        found.append(
            f"Fewer centers enrolled than there were places ({settings.places}): from {enrolled.min()} to "
            f"{enrolled.max()} over the replicates."
        )
    return found


def precision(reading: Reading) -> list[str]:
    """How well means over replicates are known."""
    number = reading.replicates
    if number == 1:
        return ["One replicate: there is no interval, and every number is one draw of chance."]
    if number < FOR_INTERVAL:
        return [f"Only {count(number, 'replicate')}: too few for intervals and percentiles. Run at least 30."]
    if number < FOR_PERCENTILES:
        return [f"Only {count(number, 'replicate')}: intervals are rough, and percentiles are left out of the tables."]
    if number < FEW_REPLICATES:
        return [f"Only {count(number, 'replicate')}: intervals and percentiles are rough."]
    return []


def waves(reading: Reading) -> list[str]:
    """What could not be computed for want of a twin or of a wave."""
    found = []
    if not reading.has_twin:
        found.append("No untreated twin was simulated: effects, spread and the change in hiring costs are missing.")
    if not reading.later_waves:
        found.append("No measurement wave after month 0: effects cannot be shown.")
    elif reading.calendar.ends not in reading.later_waves:
        found.append(
            f"There is no wave at the end of the collaborative (month {reading.calendar.ends}); the report leads with "
            f"month {reading.main_wave}."
        )
    return found


def changed(reading: Reading) -> list[str]:
    """Parameters outside their plausible range, and supports whose effects are assumed."""
    from bscsim.scenario.parameters import table

    values = reading.scenario.parameters
    outside = [
        f"{row.name} = {getattr(values, row.name):g} (plausible {row.plausible_low:g} to {row.plausible_high:g})"
        for row in table()
        if not row.plausible_low <= getattr(values, row.name) <= row.plausible_high
    ]
    found = [f"Outside the plausible range: {listed(outside)}."] if outside else []
    supports = [name for name, level in reading.scenario.supports.model_dump().items() if level > 0]
    if supports:
        words = listed([name.replace("_", " ") for name in supports])
        found.append(f"Supports in use ({words}): the effects of supports are assumptions unless the table says else.")
    return found
