"""summary.json: the answer of a run, machine-readable.

No times, dates, machine or user names are in it, and names are sorted, so two equal runs give equal files. Every
number over replicates is an object: mean, ci95_low, ci95_high (95% Monte Carlo interval of the mean), p05, p95
(percentiles over replicates: 90% of simulated collaboratives lie between) and replicates (those with a value);
null where a number does not exist.
"""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from bscsim.record.intervals import Interval, finite, interval, ratio_of_means
from bscsim.record.measures import EVENTS, HIRING, LINES, PAYER_OF_LINE, PAYERS
from bscsim.record.ratio import divide
from bscsim.report.cautions import cautions
from bscsim.report.reading import SECTOR_WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from bscsim.report.reading import Reading

FORMAT = 1
"""Raised whenever a name in summary.json changes its meaning."""

INTERVAL_NOTE = (
    "mean over replicates; ci95: mean -+ t x standard error over replicates (Monte Carlo interval of the mean); "
    "p05, p95: percentiles over replicates (90% of simulated replicates lie between)"
)


def summarize(reading: Reading, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The whole summary as plain data. `manifest`: see :mod:`bscsim.record.provenance` (its times are not used)."""
    counts = dict(manifest["counts"], enrolled=of(reading.enrolled.sum(axis=1).astype(np.float64)))
    summary: dict[str, Any] = {
        "format": FORMAT,
        "intervals": INTERVAL_NOTE,
        "study": manifest["study"],
        "versions": {name: manifest["versions"][name] for name in ("bscsim", "streams")},
        "run": manifest["run"],
        "centers": counts,
        "warnings": cautions(reading, counts["dropped"]),
    }
    if reading.has_treated:
        summary |= {
            "effects": effects(reading),
            "outcomes": outcomes(reading),
            "participation": participation(reading),
            "pdsa": pdsa(reading),
            "reports": reports(reading),
            "withdrawal": {"share_of_centers": of(reading.withdrawn())},
            "spread": spread(reading),
            "costs": costs(reading),
        }
    summary["turnover"] = turnover(reading)
    return summary


def to_text(summary: Mapping[str, Any]) -> str:
    """The summary as the text of summary.json: sorted names, no NaN, an object of plain values on one line.

    >>> print(to_text({"b": {"mean": 1.0, "n": 2}, "a": []}), end="")
    {
     "a": [],
     "b": {"mean": 1.0, "n": 2}
    }
    """
    return _text(summary, "\n") + "\n"


def _text(value: Any, line: str) -> str:
    if isinstance(value, dict) and any(isinstance(inner, dict | list) for inner in value.values()):
        inside = line + " "
        parts = [f"{json.dumps(key)}: {_text(value[key], inside)}" for key in sorted(value)]
        return "{" + inside + ("," + inside).join(parts) + line + "}"
    if isinstance(value, list) and value:
        inside = line + " "
        return "[" + inside + ("," + inside).join(_text(inner, inside) for inner in value) + line + "]"
    return json.dumps(value, sort_keys=True, allow_nan=False, ensure_ascii=False)


Numbers = dict[str, float | int | None]


def of(values: NDArray[np.float64]) -> Numbers | None:
    """Interval over replicates as plain data."""
    return interval(values).as_dict()


def effects(reading: Reading) -> list[dict[str, Any]]:
    """True effect on teacher practice by estimand and wave, raw and in SD, with the standardiser."""
    from bscsim.record.truth import OVERALL_ESTIMANDS

    if not reading.has_twin:
        return []
    rows = []
    for month in reading.later_waves:
        for estimand in OVERALL_ESTIMANDS:
            scale = reading.effect(estimand, month, "standardiser")
            rows.append({
                "estimand": estimand,
                "month": month,
                "months_after_end": month - reading.calendar.ends,
                "practice": of(reading.effect(estimand, month, "effect")),
                "sd": of(reading.effect(estimand, month)),
                "standardiser": finite(float(scale[0])),
            })  # fmt: skip
    return rows


def outcomes(reading: Reading) -> list[dict[str, Any]]:
    """Every outcome of the seven levels at the end (proximal) and at later waves (distal)."""
    return [
        {
            "level": row.level, "period": row.period, "month": row.month, "outcome": row.outcome,
            "group": row.group, "unit": row.unit, "with_bsc": row.with_bsc.as_dict(),
            "without": row.without.as_dict(), "difference": row.difference.as_dict(),
            "measured_with_bsc": row.measured.as_dict(),
        }
        for row in reading.outcome_rows
        if row.period in ("proximal", "distal")
    ]  # fmt: skip


def participation(reading: Reading) -> dict[str, Any]:
    """By role: share of invitations attended for each event, and people who attended at least 4 of 7 calls."""
    attended, regular = reading.attendance(), reading.call_regulars()
    held = slice(1, reading.calendar.ends + 1)  # at the ends of the months before the end
    seat_months = reading.center_sum("treated", "seat_holders")[:, held].sum(axis=1)
    out: dict[str, Any] = {}
    for i, role in enumerate(reading.roles):
        if not seat_months[:, i].any():
            continue
        out[role] = {f"{event}_share": of(attended[:, i, e]) for e, event in enumerate(EVENTS)}
        out[role]["at_least_4_of_7_calls"] = of(regular[:, i])
        out[role]["seat_months"] = of(seat_months[:, i])
    return out


def pdsa(reading: Reading) -> dict[str, Any]:
    """PDSA cycles per enrolled center by the end, what became of them, and those started afterwards."""
    ends = reading.calendar.ends
    counts = reading.pdsa_counts(ends)
    mix = divide(counts[:, :3], counts[:, :3].sum(axis=1, keepdims=True))
    names = ("succeeded", "in_progress", "abandoned")
    return {
        "started_per_team": of(reading.per_center("treated", "pdsa_started", 0, ends)),
        "reported_per_team": of(reading.per_center("treated", "pdsa_reported", 0, ends)),
        "started_after_end_per_team": of(reading.per_center("treated", "pdsa_started", ends)),
        "given_up_at_withdrawal_per_team": of(reading.per_center("treated", "pdsa_abandoned_at_withdrawal")),
        "share": {name: of(mix[:, i]) for i, name in enumerate(names)},
        "published_share": {"succeeded": 1574 / 1697, "in_progress": 94 / 1697, "abandoned": 29 / 1697},
    }


def reports(reading: Reading) -> dict[str, Any]:
    """Monthly team reports and improvement metrics."""
    sent, due = (reading.center_sum("treated", name).sum(axis=1) for name in ("report_sent", "report_due"))
    number = reading.enrolled.sum(axis=1).astype(np.float64)
    made, used = (reading.center_sum("treated", name) for name in ("metrics_made", "metrics_used"))
    return {
        "sent_share_of_due": of(divide(sent, due)),
        "teams_that_made_metrics": of(divide(made, number)),
        "teams_that_used_metrics": of(divide(used, number)),
    }


def turnover(reading: Reading) -> dict[str, Any]:
    """Turnover of staff of enrolled centers by sector, with and without the collaborative.

    Exits per position count everybody who leaves, also those hired and lost within the year, so they are more than
    the share of the staff present who are gone a year later.
    """
    out: dict[str, Any] = {}
    if not reading.has_treated:
        return out
    for sector in ("all", *SECTOR_WORDS):
        chosen = None if sector == "all" else sector
        if chosen is not None and not reading.sector_mask(chosen).any():
            continue
        rates = {"with_bsc": reading.annual_rate("treated", chosen)}
        if reading.has_twin:
            rates["without"] = reading.annual_rate("twin", chosen)
            rates["difference"] = rates["with_bsc"] - rates["without"]
        out[sector] = {name: of(values) for name, values in rates.items()}
        out[sector] = {"exits_per_position_year": out[sector], "gone_by_next_wave": gone(reading, chosen)}
    return out


def gone(reading: Reading, sector: str | None) -> list[dict[str, Any]]:
    """Share of the staff present at a wave who are no longer in that center at the next (what studies publish)."""
    waves = [int(month) for month in reading.calendar.waves]
    rows = []
    for first, later in pairwise(waves):
        row: dict[str, Any] = {"from_month": first, "to_month": later}
        row["with_bsc"] = of(1.0 - reading.stayed("treated", first, later, sector))
        if reading.has_twin:
            row["without"] = of(1.0 - reading.stayed("twin", first, later, sector))
        rows.append(row)
    return rows


def spread(reading: Reading) -> list[dict[str, Any]]:
    """Gain in practice of team and other staff at each later wave, their ratio, and what reached other centers."""
    if not reading.has_twin:
        return []
    rows = []
    for month in reading.later_waves:
        at = reading.spread[reading.spread["month"] == month]
        column = {name: at[name].to_numpy(dtype=np.float64) for name in at.columns if name != "month"}
        rows.append({
            "month": month,
            "team_gain": of(column["team_gain"]),
            "nonteam_gain": of(column["nonteam_gain"]),
            "nonteam_over_team": ratio_of_means(column["nonteam_gain"], column["team_gain"]).as_dict(),
            "borrowed_share": of(column["borrowed_share"]),
            "outside_informed": of(column["outside_informed"]),
        })  # fmt: skip
    return rows


def costs(reading: Reading) -> dict[str, Any]:
    """US dollars per enrolled center over all recorded months, by line and payer; until the main wave per SD gained."""
    from bscsim.report.figures.costs import per_center

    cost = per_center(reading)
    program = cost[:, :HIRING].sum(axis=1)
    out: dict[str, Any] = {
        "unit": "US dollars per enrolled center, all recorded months",
        "program": of(program),
        "by_line": {line: of(cost[:, i]) for i, line in enumerate(LINES) if i != HIRING},
        "by_payer": {payer: of(cost[:, payer_lines(payer)].sum(axis=1)) for payer in PAYERS[:2]},
        "hiring_change": of(cost[:, HIRING]),
    }
    if reading.has_twin and reading.main_wave is not None:
        spent = reading.per_center("treated", "cost", 0, reading.main_wave)[:, :HIRING].sum(axis=1)
        ratio: Interval = ratio_of_means(spent, reading.effect("all_present", reading.main_wave))
        out["program_per_sd_gained"] = {"month": reading.main_wave, "ratio": ratio.as_dict()}
    return out


def payer_lines(payer: str) -> list[int]:
    """Positions of a payer's lines in the ledger."""
    return [i for i, name in enumerate(PAYER_OF_LINE) if name == payer]
