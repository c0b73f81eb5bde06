"""tables/*.csv of a power study: tidy, with every column explained in columns.csv.

A number is written with as many digits as it has (reading it back gives the same number); a missing value is an empty
cell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bscsim.report.power.figures.cost import levels_words
from bscsim.report.power.study import Data, Power
from bscsim.report.sweep.tables import plain, to_csv

Row = list[Any]
SHARE = {"value": "", "mcse": ", its Monte Carlo standard error", "low": ", lower end of the 95% interval",
         "high": ", upper end"}  # fmt: skip
ERROR = {"value": "", "mcse": ", its Monte Carlo standard error"}
SHARES = {
    "power": "share of trials that reject, of the fits that did not fail",
    "power_failures_as_misses": "power with failed fits counted as no rejection",
    "power_fallback": "power with the cluster t in the place of failed fits",
    "type1_sharp": "type I error when nobody is affected",
    "type1_average": "type I error when the effect is zero on average",
    "coverage": "share of intervals that hold the true effect",
    "coverage_realized": "share of intervals that hold the effect in the trial's own centers",
    "type_s": "share of the significant estimates that have the wrong sign",
    "improvement": "share of trials that report a significant improvement, true or not",
}
MEASURES = {
    "size_adjusted_power": "power with the critical value of the average null", "bias": "mean estimate less the truth",
    "bias_measured": "mean estimate less the truth as it is measured", "empirical_se": "SD of the estimates",
    "model_se": "root mean squared standard error", "mean_estimate": "mean estimate",
    "type_m": "mean of |estimate / truth| of the significant estimates",
}  # fmt: skip
COUNTS = {
    "asked": "replicates asked for", "fitted": "fits", "converged": "fits that converged",
    "boundary": "fits with a variance estimated zero", "failed": "fits that failed",
}  # fmt: skip
PLACE = {"cell": "number of the cell", "cell_label": "the cell in words", "analysis": "number of the analysis",
         "title": "the analysis in words"}  # fmt: skip
TRUTHS = {
    "effect": "true effect of the estimand, in the outcome's unit", "effect_sd": "true effect in SD",
    "measured": "true effect as the instrument measures it", "measured_sd": "the same in SD",
    "spill": "effect on controls", "contrast": "treated less controls", "contamination": "contrast less total effect",
    "compliers": "effect in centers that did not withdraw", "last": "effect at the last wave",
    "scale": "SD that effects are divided by",
}  # fmt: skip


@dataclass(frozen=True)
class Table:
    """One file: its name, its columns with their meaning, and how its rows are made."""

    name: str
    columns: Mapping[str, str]
    rows: Callable[[Power], Iterable[Row]]


def spread(names: Mapping[str, str], parts: Mapping[str, str]) -> dict[str, str]:
    """Columns of numbers with their errors: power, power_mcse, power_low, power_high."""
    return {name if part == "value" else f"{name}_{part}": f"{words}{more}"
            for name, words in names.items() for part, more in parts.items()}  # fmt: skip


def fields(data: Data | None, names: Iterable[str], parts: Iterable[str]) -> Row:
    """Their values; empty where there is none."""
    parts = tuple(parts)
    return [((data or {}).get(name) or {}).get(part) for name in names for part in parts]


def place(power: Power, cell: Data, analysis: Data) -> Row:
    """The columns that say of which cell and analysis a row is."""
    return [cell.get("cell"), power.cell_label(cell), analysis.get("analysis"), analysis.get("title")]


def _power(power: Power) -> Iterable[Row]:
    for cell, analysis, one in power.estimates():
        levels = [plain((cell.get("levels") or {}).get(factor.name)) for factor in power.axes]
        yield [
            *place(power, cell, analysis), one.get("name"), *levels, *(one.get(name) for name in COUNTS),
            *fields(one, SHARES, SHARE), *fields(one, MEASURES, ERROR),
            *fields(one, ("mdes",), ("value", "low", "high", "sd")), one.get("mean_df"),
            one.get("size_verdict"), one.get("size_reason"), (cell.get("cost") or {}).get("total"),
        ]  # fmt: skip


def _truth(power: Power) -> Iterable[Row]:
    for cell in power.cells:
        for analysis in cell["analyses"]:
            truth = analysis.get("truth") or {}
            if truth:
                yield [*place(power, cell, analysis), *fields(truth, TRUTHS, ERROR), truth.get("sd_centers"),
                       truth.get("sd_collaboratives")]  # fmt: skip


def _seen(power: Power) -> Iterable[Row]:
    for cell in power.cells:
        for analysis in cell["analyses"]:
            for name, one in (analysis.get("seen") or {}).items():
                yield [*place(power, cell, analysis), name, *((one or {}).get(part) for part in ERROR)]


def _closed(power: Power) -> Iterable[Row]:
    for cell in power.cells:
        for analysis in cell["analyses"]:
            forms = {name: one for name, one in (analysis.get("closed_form") or {}).items() if name != "inputs" and one}
            for name, one in forms.items():
                yield [*place(power, cell, analysis), name, one.get("words"), one.get("power"), one.get("mdes"),
                       one.get("df"), None, None, None]  # fmt: skip
            if normal := analysis.get("gaussian"):
                yield [*place(power, cell, analysis), "gaussian", normal.get("words"),
                       (normal.get("power") or {}).get("value"), None, None,
                       *fields(normal, ("power",), ("mcse", "low", "high"))]  # fmt: skip


def _search(power: Power) -> Iterable[Row]:
    for found in power.searches:
        for row in _searched(found):
            yield [found.get("cell", 0), *row]


def _searched(found: Data) -> Iterable[Row]:
    for row in found.get("evaluations") or ():
        yield ["evaluation", row.get("value"), row.get("replicates"), *fields(row, ("power",), SHARE)]
    for row in found.get("curve") or ():
        yield ["curve", row.get("value"), None, row.get("power"), None, None, None]
    for name in ("found", "low", "high", "closed_form"):
        if found.get(name) is not None:
            yield [name, found[name], None, *(fields(found, ("confirmed",), SHARE) if name == "found" else [None] * 4)]
    if found.get("ceiling") is not None:
        yield ["ceiling", None, None, found["ceiling"], None, None, None]


def _decomposition(power: Power) -> Iterable[Row]:
    for row in power.rows("decomposition"):
        yield [row.get("variant"), row.get("words"), *fields(row, ("power",), SHARE),
               *fields(row, ("difference", "effect", "empirical_se"), ERROR)]  # fmt: skip


def _budget(power: Power) -> Iterable[Row]:
    for row in power.part("budget").get("candidates") or ():
        yield [levels_words(row.get("levels") or {}), row.get("cost"), row.get("power_closed"),
               *fields(row, ("power",), SHARE)]  # fmt: skip


def _family(power: Power) -> Iterable[Row]:
    for cell in power.cells:
        for name, one in (cell.get("family") or {}).items():
            inner = one if one and "value" not in one else {"": one}
            for correction, share in (inner or {}).items() if name != "each" else ():
                label = f"{name}: {correction}" if correction else name
                yield [cell.get("cell"), label, *((share or {}).get(part) for part in SHARE)]
        for correction, shares in ((cell.get("family") or {}).get("each") or {}).items():
            for analysis, share in enumerate(shares):
                label = f"each: {correction}, analysis {analysis}"
                yield [cell.get("cell"), label, *((share or {}).get(part) for part in SHARE)]


def rows_of(name: str, columns: Iterable[str], part: str = "") -> Callable[[Power], Iterable[Row]]:
    """Rows of plain objects, a column a name."""
    names = tuple(columns)

    def made(power: Power) -> Iterable[Row]:
        rows = power.part(part).get(name) or () if part else power.rows(name)
        return ([plain(row.get(one)) for one in names] for row in rows)

    return made


LEVERS = {
    "path": "setting", "name": "it in words", "from": "its value", "to": "the next value",
    "power_from": "closed form's power", "power_to": "the same after the change",
    "cost_from": "cost of the study, US dollars", "cost_to": "the same after the change", "words": "what it buys",
}  # fmt: skip
ASSUMPTIONS = {"name": "assumption", "value": "its value", "source": "where it is from"}
FAILED = {"cell": "number of the cell", "first": "first replicate of the block that failed", "last": "last replicate",
          "error": "what was raised", "attempts": "how often it was tried"}  # fmt: skip


MDES = {
    "mdes": "minimum detectable effect at the power wanted, in the outcome's unit",
    "mdes_low": "lower end of its 95% interval", "mdes_high": "upper end", "mdes_sd": "the same in SD",
}  # fmt: skip
LAST = {"mean_df": "mean degrees of freedom", "size_verdict": "whether the type I error is in its band",
        "size_reason": "why not", "cost": "cost of the study, US dollars"}  # fmt: skip
SPREADS = {"sd_centers": "SD of effects between centers", "sd_collaboratives": "SD between collaboratives"}
PROMISES = {
    "source": "naive, nested (closed forms) or gaussian", "words": "what it is", "power": "power",
    "mdes": "minimum detectable effect", "df": "degrees of freedom", "power_mcse": "Monte Carlo standard error",
    "power_low": "lower end of the 95% interval", "power_high": "upper end",
}  # fmt: skip
SEARCH = {
    "cell": "number of the cell that was searched",
    "kind": "evaluation, curve (fitted), found, low, high (its interval), closed_form or ceiling",
    "value": "value of the field", "replicates": "replicates", **spread({"power": "power"}, SHARE),
}  # fmt: skip
DECOMPOSITION = {
    "variant": "what is switched off", "words": "in words", **spread({"power": "power"}, SHARE),
    **spread({"difference": "power less that as designed, paired", "effect": "true effect",
              "empirical_se": "SD of the estimates"}, ERROR),
}  # fmt: skip
BUDGET = {"levels": "the design", "cost": "US dollars", "power_closed": "closed form's power",
          **spread({"power": "power simulated"}, SHARE)}  # fmt: skip
TOGETHER = "share of trials with a significant analysis; of any_rejected_under_null where nobody is affected"
FAMILY = {"cell": "number of the cell", "correction": "correction", **spread({"share": TOGETHER}, SHARE)}
SEEN = {**PLACE, "name": "what was seen", **spread({"value": "its mean over replicates"}, ERROR)}
SEEN = {name.replace("value_", ""): words for name, words in SEEN.items()}


def tables(power: Power) -> list[Table]:
    """Every table; that of power has a column an axis."""
    levels = {factor.name: f"level of {factor.words}" for factor in power.axes}
    numbers = {**COUNTS, **spread(SHARES, SHARE), **spread(MEASURES, ERROR), **MDES, **LAST}
    return [
        Table("power", {**PLACE, "estimator": "name of the estimator", **levels, **numbers}, _power),
        Table("truth", {**PLACE, **spread(TRUTHS, ERROR), **SPREADS}, _truth),
        Table("seen", SEEN, _seen),
        Table("promises", {**PLACE, **PROMISES}, _closed),
        Table("search", SEARCH, _search),
        Table("decomposition", DECOMPOSITION, _decomposition),
        Table("budget", BUDGET, _budget),
        Table("family", FAMILY, _family),
        Table("levers", LEVERS, rows_of("levers", LEVERS)),
        Table("grant_assumptions", ASSUMPTIONS, rows_of("assumptions", ASSUMPTIONS, "grant")),
        Table("failed", FAILED, rows_of("failed", FAILED)),
    ]


def files(power: Power) -> dict[str, bytes]:
    """Every table that has rows as CSV (power always), and columns.csv that explains their columns."""
    out: dict[str, bytes] = {}
    explained: list[Row] = []
    for table in tables(power):
        rows = list(table.rows(power))
        if rows or table.name == "power":
            out[f"{table.name}.csv"] = to_csv(list(table.columns), rows)
            explained += [[f"{table.name}.csv", name, meaning] for name, meaning in table.columns.items()]
    out["columns.csv"] = to_csv(["table", "column", "meaning"], explained)
    return out
