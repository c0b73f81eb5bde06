"""tables/*.csv: what the figures and the summary are made of, tidy, with every column documented.

A number is written with as many digits as it has (reading it back gives the same number); a missing value is an
empty cell. `replicate` tables hold one row a replicate; the others hold the mean over replicates with `ci95_low`,
`ci95_high` (95% Monte Carlo interval of the mean), `p05`, `p95` (percentiles over replicates) and `replicates`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bscsim.report import table_rows as rows

if TYPE_CHECKING:
    import pandas as pd

    from bscsim.report.reading import Reading

OVER_REPLICATES = {
    "mean": "mean over replicates",
    "ci95_low": "lower end of the 95% Monte Carlo interval of the mean (empty with one replicate)",
    "ci95_high": "upper end of it",
    "p05": "5th percentile over replicates",
    "p95": "95th percentile over replicates",
    "replicates": "replicates that have a value",
}
MONTH = "months from enrollment; stocks at its start, flows during it"
WORLD = "treated (with the collaborative) or twin (the same centers without it)"
WHOLE = ("month", "runs_low", "runs_high", "n_treated", "n_twin")
"""Columns that stay whole numbers although some cells are empty."""


@dataclass(frozen=True)
class Table:
    """One file: its name, what a row is, its columns with their meaning, and how its rows are made."""

    name: str
    about: str
    columns: Mapping[str, str]
    make: Callable[[Reading, Mapping[str, Any]], Iterable[rows.Row]]


TABLES: tuple[Table, ...] = (
    Table("effects", "true effect on teacher practice, enrolled centers: one row an estimand, wave and unit", {
        "estimand": "whose practice is compared (see bscsim.record.truth)", "month": MONTH,
        "unit": "practice (0-1) or SD", **OVER_REPLICATES,
        "standardiser": "SD of true teacher practice in the twin at that wave, all replicates",
    }, rows.effects),
    Table("effects_by_replicate", "the same for each replicate and arm", {
        "replicate": "number of the replicate", "arm": "bsc (enrolled centers) or outside (all others: spill-over)",
        "estimand": "whose practice is compared", "month": MONTH,
        "n_treated": "persons (centers for center_mean) with the collaborative", "n_twin": "the same without",
        "treated": "mean practice with the collaborative", "twin": "mean practice without",
        "effect": "treated - twin", "effect_sd": "effect / standardiser", "standardiser": "SD, see effects",
    }, rows.effects_by_replicate),
    Table("center_effects", "true effect on the teachers present: one row a replicate, enrolled center and wave", {
        "replicate": "number of the replicate", "center": "name of the center", "sector": "its sector",
        "size": "its staff positions", "collaborative": "number of its collaborative", "month": MONTH,
        "readiness_at_selection": "true readiness R at enrollment", "withdrawal_month": "empty if it stayed",
        "effect": "practice with the collaborative - without", "effect_sd": "the same in SD",
    }, rows.center_effects),
    Table("practice_by_role", "true practice of staff of enrolled centers: one row a world, role and month", {
        "world": WORLD, "role": "staff role", "month": MONTH, **OVER_REPLICATES,
    }, rows.practice),
    Table("outcomes", "outcomes at the seven levels, enrolled centers: one row an outcome, group, month and value", {
        "level": "organizational, team, practitioner or recipient",
        "period": "baseline, during, proximal (the end) or distal (later)", "month": MONTH,
        "outcome": "name (see bscsim.record.levels)", "group": "whose", "unit": "unit of the numbers",
        "value": "with_bsc, without, difference (true values) or measured_with_bsc (what a study would see)",
        **OVER_REPLICATES,
    }, rows.outcomes),
    Table("participation", "share of invitations attended, and regular callers: one row a role and measure", {
        "role": "role of the seat holder", "measure": "event_share, or at_least_4_of_7_calls (share of people)",
        **OVER_REPLICATES,
    }, rows.participation),
    Table("participation_by_replicate", "the counts behind it: one row a replicate and role",
          rows.PARTICIPATION_COLUMNS, rows.participation_by_replicate),
    Table("run_chart", "monthly measures of the first replicate's first collaborative: one row a measure and month", {
        "measure": "what is plotted", "unit": "its unit", "month": MONTH, "value": "the point; empty if none",
        "median": "center line: median of the first 12 points", "in_shift": "1 if in a shift (6 or more on one side)",
        "in_trend": "1 if in a trend (5 or more rising or falling)", "runs": "runs about the median",
        "runs_low": "fewest runs that chance explains; empty below ten useful points", "runs_high": "most runs",
    }, rows.run_chart),
    Table("turnover", "exits and retention of staff of enrolled centers: one row a world, sector, measure and wave", {
        "world": WORLD, "sector": "sector", "measure": "exits_per_position_year, or still_there (share of the staff "
        "present at the first wave who are in the same center)", "month": MONTH, **OVER_REPLICATES,
    }, rows.turnover),
    Table("turnover_by_month", "exits per filled position and month: one row a world, sector and month", {
        "world": WORLD, "sector": "sector", "month": MONTH, "month_of_year": "1 January to 12 December",
        **OVER_REPLICATES,
    }, rows.turnover_by_month),
    Table("spread", "gain of team and other staff, and reach: one row a replicate and wave", {
        "replicate": "number of the replicate", "month": MONTH,
        "team_gain": "gain in practice of staff who ever held a seat (same person in both worlds)",
        "n_team": "such persons", "nonteam_gain": "gain of the others", "n_nonteam": "such persons",
        "nonteam_ratio": "nonteam_gain / team_gain", "borrowed_share": "share of all rises of fit borrowed from peers",
        "outside_centers": "centers never enrolled", "outside_knowledge": "their mean gain in knowledge",
        "outside_informed": "share of them reached",
    }, rows.spread),
    Table("costs", "US dollars per enrolled center, all recorded months: one row a ledger line", {
        "payer": "who pays", "line": "ledger line; hiring is the change from the twin", **OVER_REPLICATES,
    }, rows.costs),
    Table("calendar", "the calendar: one row a month", {
        "month": MONTH, "month_of_year": "1 January to 12 December", "phase": "phase of the collaborative",
        "events": "events scheduled in the month", "wave": "1 if staff are measured at its start",
    }, rows.calendar),
    Table("parameters", "model parameters of this run: one row a parameter", {
        "name": "name in files", "group": "group of the table", "value": "value in this run", "default": "default",
        "set_by": "layer that set it: default, base, file or --set", "unit": "unit",
        "status": "S review, L literature, F fitted, A assumption", "plausible_low": "plausible range",
        "plausible_high": "plausible range", "about": "what it does", "source": "basis of the default",
    }, rows.parameters),
)  # fmt: skip


def frame(table: Table, reading: Reading, manifest: Mapping[str, Any]) -> pd.DataFrame:
    """The rows of one table as a data frame with exactly the documented columns."""
    import pandas as pd

    made = pd.DataFrame(list(table.make(reading, manifest)), columns=list(table.columns))
    whole = {name: "Int64" for name in WHOLE if name in made and made[name].dtype != np.int64}
    return made.astype(whole) if whole and len(made) else made


def files(reading: Reading, manifest: Mapping[str, Any]) -> dict[str, bytes]:
    """Every table as CSV (tables with no row are left out), and the README that documents the columns."""
    out: dict[str, bytes] = {}
    made = []
    for table in TABLES:
        made_rows = frame(table, reading, manifest)
        if len(made_rows):
            out[f"{table.name}.csv"] = made_rows.to_csv(index=False, lineterminator="\n").encode("utf-8")
            made.append(table)
    out["README.md"] = readme(made).encode("utf-8")
    return out


def readme(tables: Iterable[Table]) -> str:
    """The documentation of the tables, in Markdown."""
    intro = " ".join((__doc__ or "").split("\n\n", 1)[1].split())
    parts = ["# Tables", intro]
    for table in tables:
        parts.append(f"## {table.name}.csv\n\n{table.about[0].upper()}{table.about[1:]}.")
        parts.append("| column | meaning |\n|---|---|\n" + "\n".join(
            f"| {name} | {meaning} |" for name, meaning in table.columns.items()))  # fmt: skip
    return "\n\n".join(parts) + "\n"
