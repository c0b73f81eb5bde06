"""The rows behind tables/*.csv, one function a table: a reading of the run in, plain dictionaries out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from bscsim.record.intervals import Interval, interval
from bscsim.record.measures import HIRING, LINES, PAYER_OF_LINE, STAFF_ROLES
from bscsim.report.reading import SECTOR_WORDS, Reading

Row = dict[str, Any]

PARTICIPATION_COLUMNS = {
    "replicate": "number of the replicate", "role": "role of the seat holder",
    "seat_months": "seat holders at the ends of the months before the end, summed",
    **{
        f"{event}_{kind}": f"{words} {kind}"
        for event, words in (("prework_call", "pre-work calls:"), ("call", "all-team calls:"),
                             ("affinity_call", "affinity calls:"), ("session", "learning sessions:"))
        for kind in ("invited", "attended", "share")
    },
    "call_holders": "people offered at least 7 all-team calls",
    "call_regulars": "of these, people who attended at least 4 of their first 7",
    "call_regular_share": "call_regulars / call_holders",
}  # fmt: skip


def numbers(value: Interval) -> Row:
    """The six columns of a mean over replicates."""
    return {
        "mean": value.mean, "ci95_low": value.low, "ci95_high": value.high,
        "p05": value.p05, "p95": value.p95, "replicates": value.n,
    }  # fmt: skip


def effects_by_replicate(reading: Reading, _: Mapping[str, Any]) -> Iterable[Row]:
    """Rows of bscsim.record.truth.overall."""
    if reading.has_twin:
        yield from reading.overall.astype({"arm": str, "estimand": str}).to_dict("records")  # type: ignore[misc]


def effects(reading: Reading, _: Mapping[str, Any]) -> Iterable[Row]:
    """Effects of enrolled centers over replicates."""
    from bscsim.record.truth import OVERALL_ESTIMANDS

    if not (reading.has_twin and reading.has_treated):
        return
    for month in reading.later_waves:
        for estimand in OVERALL_ESTIMANDS:
            for unit, column in (("practice", "effect"), ("SD", "effect_sd")):
                value = interval(reading.effect(estimand, month, column))
                scale = reading.effect(estimand, month, "standardiser")[0]
                yield {"estimand": estimand, "month": month, "unit": unit, **numbers(value), "standardiser": scale}


def center_effects(reading: Reading, _: Mapping[str, Any]) -> Iterable[Row]:
    """True effect of every enrolled center in every replicate."""
    if not reading.has_twin:
        return
    labels = reading.run.labels
    gone = reading.array("treated", "withdrawal_month")
    for month in reading.later_waves:
        raw, sd = reading.center_effects(month, "effect"), reading.center_effects(month)
        for r, c in zip(*np.nonzero(reading.enrolled), strict=True):
            yield {
                "replicate": reading.run.replicates[r], "center": str(labels.center_id[c]),
                "sector": list(SECTOR_WORDS)[int(labels.sector[c])], "size": int(labels.size[r, c]),
                "collaborative": int(labels.collaborative[r, c]), "month": month,
                "readiness_at_selection": float(labels.readiness_selection[r, c]),
                "withdrawal_month": gone[r, c], "effect": raw[r, c], "effect_sd": sd[r, c],
            }  # fmt: skip


def practice(reading: Reading, _: Mapping[str, Any]) -> Iterable[Row]:
    """Practice by world, role and month."""
    for world in reading.worlds:
        values = reading.role_practice(world)
        for i, role in enumerate(STAFF_ROLES):
            for month in range(values.shape[1]):
                yield {"world": world, "role": role, "month": month, **numbers(interval(values[:, month, i]))}


def outcomes(reading: Reading, _: Mapping[str, Any]) -> Iterable[Row]:
    """The seven levels, in long form."""
    for row in reading.outcome_rows:
        kinds = (("with_bsc", row.with_bsc), ("without", row.without), ("difference", row.difference),
                 ("measured_with_bsc", row.measured))  # fmt: skip
        for kind, value in kinds:
            if value.n:
                yield {"level": row.level, "period": row.period, "month": row.month, "outcome": row.outcome,
                       "group": row.group, "unit": row.unit, "value": kind, **numbers(value)}  # fmt: skip


def participation(reading: Reading, _: Mapping[str, Any]) -> Iterable[Row]:
    """Attendance by role and event, and regular callers."""
    attended, regular = reading.attendance(), reading.call_regulars()
    for i, role in enumerate(reading.roles):
        for e, event in enumerate(reading.events):
            yield {"role": role, "measure": f"{event}_share", **numbers(interval(attended[:, i, e]))}
        yield {"role": role, "measure": "at_least_4_of_7_calls", **numbers(interval(regular[:, i]))}


def participation_by_replicate(reading: Reading, _: Mapping[str, Any]) -> Iterable[Row]:
    """Rows of bscsim.record.participation.by_role, without the coaching columns nobody is invited to."""
    table = reading.run.participation()
    yield from table.astype({"role": str})[list(PARTICIPATION_COLUMNS)].to_dict("records")  # type: ignore[misc]


def run_chart(reading: Reading, _: Mapping[str, Any]) -> Iterable[Row]:
    """The points of the run charts, and which signals they belong to."""
    from bscsim.report.figures.run_chart import measures
    from bscsim.report.runchart import read_chart

    if not reading.has_first_collaborative:
        return
    for title, unit, values in measures(reading):
        if not np.isfinite(values).any():
            continue
        chart = read_chart(list(values))
        for month, value in enumerate(values):
            yield {
                "measure": title, "unit": unit, "month": month, "value": value, "median": chart.median,
                "in_shift": int(any(a <= month <= b for a, b in chart.shifts)),
                "in_trend": int(any(a <= month <= b for a, b in chart.trends)),
                "runs": chart.runs, "runs_low": chart.runs_low, "runs_high": chart.runs_high,
            }  # fmt: skip


def turnover(reading: Reading, _: Mapping[str, Any]) -> Iterable[Row]:
    """Annual exit rates and retention by sector."""
    for world in reading.worlds:
        for sector in SECTOR_WORDS:
            if not reading.sector_mask(sector).any():
                continue
            value = numbers(interval(reading.annual_rate(world, sector)))
            yield {"world": world, "sector": sector, "measure": "exits_per_position_year", "month": None, **value}
            months, kept = reading.retention(world, sector)
            for i, month in enumerate(months):
                value = numbers(interval(kept[:, i]))
                yield {"world": world, "sector": sector, "measure": "still_there", "month": month, **value}


def turnover_by_month(reading: Reading, _: Mapping[str, Any]) -> Iterable[Row]:
    """Exit rate of every recorded month."""
    for world in reading.worlds:
        for sector in SECTOR_WORDS:
            if not reading.sector_mask(sector).any():
                continue
            rate = reading.exit_rate(world, sector)
            for month in range(reading.calendar.horizon):
                season = reading.calendar.season_month(month)
                row = {"world": world, "sector": sector, "month": month, "month_of_year": season}
                yield {**row, **numbers(interval(rate[:, month]))}


def spread(reading: Reading, _: Mapping[str, Any]) -> Iterable[Row]:
    """Rows of bscsim.record.spread."""
    if reading.has_twin:
        yield from reading.spread.to_dict("records")  # type: ignore[misc]


def costs(reading: Reading, _: Mapping[str, Any]) -> Iterable[Row]:
    """Cost per enrolled center by ledger line."""
    from bscsim.report.figures.costs import per_center

    if not reading.has_treated:
        return
    cost = per_center(reading)
    for i, line in enumerate(LINES):
        yield {"payer": PAYER_OF_LINE[i], "line": line, **numbers(interval(cost[:, i]))}
    program = interval(cost[:, :HIRING].sum(axis=1))
    yield {"payer": "all", "line": "program (without hiring)", **numbers(program)}


def calendar(reading: Reading, _: Mapping[str, Any]) -> Iterable[Row]:
    """The calendar, month by month."""
    schedule = reading.calendar
    for month in range(schedule.horizon + 1):
        yield {
            "month": month, "month_of_year": schedule.season_month(month), "phase": schedule.phase(month),
            "events": " ".join(schedule.events(month)), "wave": int(month in schedule.waves),
        }  # fmt: skip


def parameters(reading: Reading, manifest: Mapping[str, Any]) -> Iterable[Row]:
    """Every model parameter with the value of this run."""
    from bscsim.scenario.parameters import table

    layers = manifest["layers"]
    for row in table():
        yield {
            "name": row.name, "group": row.group, "value": getattr(reading.scenario.parameters, row.name),
            "default": row.default, "set_by": layers.get(f"parameters.{row.name}", "default"), "unit": row.unit,
            "status": row.status, "plausible_low": row.plausible_low, "plausible_high": row.plausible_high,
            "about": row.about, "source": row.source,
        }  # fmt: skip
