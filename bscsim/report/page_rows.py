"""The rows of the report's tables, as text ready for the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bscsim.record.intervals import FOR_INTERVAL, FOR_PERCENTILES, interval
from bscsim.report.figures.spread import clearly_positive
from bscsim.report.reading import ROLE_WORDS, SECTOR_WORDS, Reading
from bscsim.report.words import dollars, level, percent, percent_interval, with_interval

if TYPE_CHECKING:
    from collections.abc import Mapping

INFLUENTIAL = {
    "fit_floor": "How much of what people learned can be used before the center has adapted it. Nothing published "
    "identifies it, and effects follow it closely.",
    "coach_spill": "How much of a coaching visit reaches staff without a seat. Unidentified; it decides how much of "
    "the spread is the coach's and how much the colleagues'.",
    "ready_elast": "How strongly readiness changes adoption. No effect size was found anywhere; 0 means that readiness "
    "does not matter.",
    "sd_coll": "How much collaboratives differ by their facilitation. It drives the precision of every study with few "
    "collaboratives.",
    "k_hour": "What an hour of contact teaches. Set so that the effect is of the size of published professional "
    "development trials.",
    "k_help": "How fast colleagues learn from each other. The sign is published, the size is not.",
    "momentum": "How much of the PDSA work rests on recent participation.",
}
"""Assumptions that decide the size of the effect (model.md, sections 3 and 6), with the reason in words."""

ESTIMAND_WORDS = {
    "all_present": "All teachers present at the wave",
    "center_mean": "The same, every center counting once",
    "stayers": "Teachers there since month 0, in both worlds",
    "own_world_stayers": "Teachers there since month 0, each world its own",
    "seat_holders": "Teachers who ever held a seat",
    "non_team": "Teachers who never held a seat",
}
STATUS_WORDS = {
    "S": ("known", "from the literature review (OPRE 2018-28)"),
    "L": ("known", "from other literature"),
    "F": ("fitted", "to published figures"),
    "A": ("assumed", "no figure found"),
}


def effect_rows(reading: Reading) -> list[dict[str, Any]]:
    """One row an estimand: the effect in SD at each later wave."""
    return [
        {
            "words": words,
            "cells": [with_interval(interval(reading.effect(name, month))) for month in reading.later_waves],
            "raw": [level(interval(reading.effect(name, m, "effect")).mean, 3) for m in reading.later_waves],
        }
        for name, words in ESTIMAND_WORDS.items()
    ]


def participation_rows(reading: Reading) -> list[dict[str, Any]]:
    """One row a role that was ever invited."""
    attended, regular = reading.attendance(), reading.call_regulars()
    rows = []
    for i, role in enumerate(reading.roles):
        cells = [interval(attended[:, i, reading.events.index(e)]) for e in ("session", "call", "affinity_call")]
        cells.append(interval(regular[:, i]))
        if any(cell.n for cell in cells):
            rows.append({"words": ROLE_WORDS[role], "cells": [percent_interval(cell) for cell in cells]})
    return rows


def teamwork_rows(reading: Reading) -> list[dict[str, str]]:
    """PDSAs, reports, metrics and withdrawal, with the published figure beside each."""
    from bscsim.report import summary

    found, sent = summary.pdsa(reading), summary.reports(reading)
    share = found["share"]
    return [
        line("PDSA cycles started per team, by the end", found["started_per_team"], plain,
             "12 in 21 months (Bidassie 2014); 15–20 in 13 months (estimated, Glasgow 2002)"),
        line("PDSA cycles that reached the faculty's count, per team", found["reported_per_team"], plain,
             "median 6 (3–14) in 18 months (Ebert 2012)"),
        line("of PDSAs: succeeded", share["succeeded"], as_percent, "92.8% (Bidassie 2014)"),
        line("of PDSAs: in progress at the end", share["in_progress"], as_percent, "5.5%"),
        line("of PDSAs: abandoned", share["abandoned"], as_percent, "1.7%"),
        line("Monthly team reports sent", sent["sent_share_of_due"], as_percent, "39–42% (Haine-Schlagel 2013)"),
        line("Teams that made improvement metrics", sent["teams_that_made_metrics"], as_percent,
             "9 of 11 teams (Ebert 2012)"),
        line("Teams that used them consistently", sent["teams_that_used_metrics"], as_percent, "5 of 11 teams"),
        line("Centers that withdrew", summary.of(reading.withdrawn()), as_percent, "2 of 13 teams in 8 months"),
    ]  # fmt: skip


def line(words: str, value: Mapping[str, Any] | None, write: Any, published: str) -> dict[str, str]:
    """One row of a table of numbers: words, mean with interval, 90% of replicates, published figure."""
    if value is None:
        return {"words": words, "value": "n/a", "range": "", "published": published}
    text = write(value["mean"])
    if value["ci95_low"] is not None and value["replicates"] >= FOR_INTERVAL:
        text += f" ({write(value['ci95_low'])} to {write(value['ci95_high'])})"
    few = value["p05"] is None or value["replicates"] < FOR_PERCENTILES
    spread = "" if few else f"{write(value['p05'])} to {write(value['p95'])}"
    return {"words": words, "value": text, "range": spread, "published": published}


def plain(value: float) -> str:
    """A count with one digit."""
    return level(value, 1)


def as_percent(value: float) -> str:
    """A share as a percentage with one digit below ten percent."""
    return percent(value, 1 if abs(value) < 0.1 else 0)


def turnover_rows(reading: Reading) -> list[dict[str, str]]:
    """Share of the staff present who are gone by the next wave, and exits per position, by sector."""
    from bscsim.report import summary

    rows = []
    for sector, found in summary.turnover(reading).items():
        name = "All staff" if sector == "all" else SECTOR_WORDS[sector]
        for step in found["gone_by_next_wave"]:
            words = f"{name}: present at month {step['from_month']}, gone by month {step['to_month']}"
            rows.append(two_worlds(words, step.get("with_bsc"), step.get("without"), as_percent))
        rates = found["exits_per_position_year"]
        rows.append(two_worlds(f"{name}: exits per filled position and year", rates["with_bsc"], rates.get("without"),
                               level))  # fmt: skip
    return rows


def two_worlds(words: str, treated: Any, twin: Any, write: Any) -> dict[str, str]:
    """One row with a value in each world."""
    return {
        "words": words,
        "with": line("", treated, write, "")["value"],
        "without": line("", twin, write, "")["value"] if twin else "",
    }


def cost_rows(reading: Reading) -> list[dict[str, str]]:
    """Totals by payer, the change in hiring, and the price of an SD."""
    from bscsim.report import summary

    found = summary.costs(reading)
    rows = [line("Program, per enrolled center", found["program"], dollars, "")]
    rows += [line(f"of it paid by the {payer}", found["by_payer"][payer], dollars, "") for payer in found["by_payer"]]
    if reading.has_twin:
        rows.append(line("Change in hiring costs of the center", found["hiring_change"], dollars, ""))
    if "program_per_sd_gained" in found and clear_effect(reading):
        per_sd = found["program_per_sd_gained"]
        name = f"Program cost per center until month {per_sd['month']}, per SD of teacher practice gained by then"
        rows.append(line(name, per_sd["ratio"], dollars, ""))
    return rows


def clear_effect(reading: Reading) -> bool:
    """Whether the effect is clearly above zero, so that a price can be put on an SD of it."""
    month = reading.main_wave
    return month is not None and clearly_positive(interval(reading.effect("all_present", month)))


def status_rows() -> list[dict[str, Any]]:
    """How many parameters are known, fitted and assumed."""
    from bscsim.scenario.parameters import table

    rows = table()
    return [
        {"letter": letter, "kind": kind, "basis": basis, "number": sum(row.status == letter for row in rows),
         "total": len(rows)}
        for letter, (kind, basis) in STATUS_WORDS.items()
    ]  # fmt: skip


def influential_rows(reading: Reading) -> list[dict[str, str]]:
    """The influential assumptions with this run's value and the plausible range."""
    from bscsim.scenario.parameters import row

    return [
        {
            "name": name, "value": f"{getattr(reading.scenario.parameters, name):g}",
            "range": f"{row(name).plausible_low:g} to {row(name).plausible_high:g}", "why": why,
        }
        for name, why in INFLUENTIAL.items()
    ]  # fmt: skip


def changed_rows(reading: Reading, manifest: Mapping[str, Any]) -> list[dict[str, str]]:
    """Parameters that are not at their default, and which layer set them."""
    from bscsim.scenario.parameters import table

    return [
        {
            "name": row.name, "value": f"{getattr(reading.scenario.parameters, row.name):g}",
            "default": f"{row.default:g}", "layer": manifest["layers"].get(f"parameters.{row.name}", ""),
        }
        for row in table()
        if getattr(reading.scenario.parameters, row.name) != row.default
    ]  # fmt: skip
