"""The report's tables of the seven levels: outcomes compared with the untreated twin, and those that are not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bscsim.record.intervals import Interval
from bscsim.report.figures.spread import shared_gain
from bscsim.report.reading import ROLE_WORDS, Reading
from bscsim.report.words import level

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bscsim.report.outcome_table import OutcomeRow

OUTCOME_WORDS = {
    "fit": "Local fit: how far the practices are adapted to the center and made its standard (F)",
    "formalised": "Practices formalized: share of the drivers of change with a local fit above .5",
    "qi_gain": "Gain in improvement capacity", "climate_gain": "Gain in climate",
    "leader_motivation": "Leader's motivation", "readiness_gain": "Gain in readiness since enrollment",
    "pdsa_after": "PDSA cycles a month since the end", "fit_kept": "Local fit kept since the end",
    "qi_kept": "Improvement capacity kept since the end", "climate_kept": "Climate kept since the end",
    "nonteam_share": "Colleagues' gain over the team's, as in the answer",
    "outside_informed": "Centers outside reached",
    "seats_held": "Seats held", "drive": "Team drive: motivated, recently trained share of the seats (T)",
    "pdsa_succeeded": "PDSA cycles that succeeded, a month, from pre-work to the end",
    "ideas_borrowed": "Improvement from borrowed ideas, summed up to the end",
    "borrowed_share": "Share of improvement that was borrowed, up to the end",
    "roles_covered": "Seats held at their level", "practice": "Practice (P)", "knowledge": "Knowledge (K)",
    "known": "Drivers of change that are known (knowledge above .5)",
    "used": "Drivers of change that are used (practice above .5)",
    "observed_practice": "Classroom practice (measured: observed)", "self_report": "Practice (measured: self-report)",
    "response": "Survey response", "child_score": "Child outcome",
}  # fmt: skip
GROUP_WORDS = {
    "all": "", "team": "team", "nonteam": "staff without a seat", "stayers": "teachers there since month 0",
    "newcomers": "teachers who came later", "staff": "all staff", "classrooms": "",
    **{role: words.lower() for role, words in ROLE_WORDS.items()},
}  # fmt: skip
CUMULATED = ("pdsa_succeeded", "ideas_borrowed", "borrowed_share")
"""Sums over the collaborative: after its end they would repeat and look like activity that goes on."""
LEVEL_NAMES = ("organizational", "team", "practitioner", "recipient")


def level_blocks(reading: Reading) -> list[dict[str, Any]]:
    """The four levels: outcomes with a difference, and outcomes that have none, by month."""
    rows = [row for row in reading.outcome_rows if row.period in ("proximal", "distal")]
    months = sorted({row.month for row in rows})
    blocks = []
    for name in LEVEL_NAMES:
        mine: dict[tuple[str, str], dict[int, OutcomeRow]] = {}
        for row in rows:
            if row.level == name:
                mine.setdefault((row.outcome, row.group), {})[row.month] = row
        block: dict[str, Any] = {"name": name, "months": months, "compared": [], "alone": []}
        for (outcome, group), by_month in mine.items():
            if any(row.difference.n for row in by_month.values()):
                block["compared"].append(compared_line(outcome, group, by_month, months))
            elif any(cells := alone_cells(reading, outcome, by_month, months)):
                block["alone"].append({"words": named(outcome, group), "unit": unit(by_month), "cells": cells})
        blocks.append(block)
    return [block for block in blocks if block["compared"] or block["alone"]]


def named(outcome: str, group: str) -> str:
    """An outcome with the people it is of."""
    words, who = OUTCOME_WORDS.get(outcome, outcome.replace("_", " ")), GROUP_WORDS.get(group, group)
    return f"{words}, {who}" if who else words


def unit(by_month: Mapping[int, OutcomeRow]) -> str:
    """The unit, which is that of every month."""
    return next(iter(by_month.values())).unit


def compared_line(
    outcome: str, group: str, by_month: Mapping[int, OutcomeRow], months: Sequence[int]
) -> dict[str, Any]:
    """One outcome as cells of text: both worlds at the first month, differences at all."""
    end = by_month.get(months[0])
    return {
        "words": named(outcome, group),
        "unit": unit(by_month),
        "with": written(end.with_bsc) if end else "",
        "without": written(end.without) if end else "",
        "measured": written(end.measured) if end else "",
        "cells": [cell(by_month[month].difference) if month in by_month else None for month in months],
    }


def alone_cells(
    reading: Reading, outcome: str, by_month: Mapping[int, OutcomeRow], months: Sequence[int]
) -> list[dict[str, str] | None]:
    """The values of an outcome without a comparison, month by month."""
    found = []
    for month in months:
        value = by_month[month].with_bsc if month in by_month else None
        if outcome == "nonteam_share" and reading.has_twin:
            value = shared_gain(reading, month)  # as in the answer, and withheld as there
        if outcome in CUMULATED and month > reading.calendar.ends:
            value = None
        found.append(cell(value) if value is not None else None)
    return found


def written(value: Interval) -> str:
    """A mean, or nothing where there is none."""
    return level(value.mean, 3) if value.n else ""


def cell(value: Interval) -> dict[str, str] | None:
    """A mean with its interval; None where there is no value."""
    if not value.n:
        return None
    text = f"{level(value.low, 3)} to {level(value.high, 3)}" if value.has_interval else ""
    return {"value": level(value.mean, 3), "interval": text}
