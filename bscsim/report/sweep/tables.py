"""tables/*.csv of a sweep: tidy, with every column explained in columns.csv.

A number is written with as many digits as it has (reading it back gives the same number); a missing value is an empty
cell. Levels that are no plain value (lists, mappings) are written as JSON.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bscsim.report.sweep.study import Sweep
from bscsim.report.tables import OVER_REPLICATES as INTERVAL

Row = list[Any]
RESPONSE = {"response": "outcome and time: name@end, name@+months after the end, or name@month"}
CELL = {"cell": "number of the cell, see cells.csv"}
FACTOR = {"factor": "name of the factor"}


@dataclass(frozen=True)
class Table:
    """One file: its name, its columns with their meaning, and how its rows are made."""

    name: str
    columns: Mapping[str, str]
    rows: Callable[[Sweep], Iterable[Row]]


def interval(data: Mapping[str, Any] | None) -> Row:
    """The columns of an interval object; empty where there is none."""
    return [(data or {}).get(name) for name in INTERVAL]


def plain(level: Any) -> Any:
    """A level as a field of a table.

    >>> plain(0.5), plain([3, 7]), plain(True), plain(None)
    (0.5, '[3, 7]', 'true', '')
    """
    if isinstance(level, bool | list | tuple | dict):
        return json.dumps(level, sort_keys=True, ensure_ascii=False)
    return "" if level is None else level


def status(sweep: Sweep, cell: Mapping[str, Any]) -> str:
    """Whether a cell is complete, partial, missing or failed."""
    done = int(cell.get("replicates") or 0)
    if done >= sweep.replicates > 0:
        return "complete"
    if any(one.get("cell") == cell["cell"] for one in sweep.rows("failed")):
        return "failed"
    return "partial" if done else "missing"


def _cells(sweep: Sweep) -> Iterable[Row]:
    for cell in sweep.cells:
        levels = [plain((cell.get("levels") or {}).get(factor.name)) for factor in sweep.factors]
        yield [cell["cell"], sweep.cell_label(cell), *levels, cell.get("replicates") or 0, status(sweep, cell)]


def _factors(sweep: Sweep) -> Iterable[Row]:
    for factor in sweep.factors:
        levels = json.dumps(list(factor.levels), ensure_ascii=False) if factor.levels else ""
        labels = json.dumps(list(factor.labels), ensure_ascii=False) if factor.levels else ""
        yield [factor.name, " ".join(factor.paths), levels, labels, factor.low, factor.high, factor.unit, factor.about]


def _responses(sweep: Sweep) -> Iterable[Row]:
    for cell in sweep.cells:
        for outcome in sweep.outcomes:
            yield [cell["cell"], outcome.key, *interval((cell.get("values") or {}).get(outcome.key))]


def _contrasts(sweep: Sweep) -> Iterable[Row]:
    for row in sweep.rows("contrasts"):
        ratio = row.get("variance_ratio")
        yield [row["cell"], row["against"], row["response"], *interval(row.get("difference")), ratio]


def _common(sweep: Sweep) -> Iterable[Row]:
    for key, one in (sweep.summary.get("common_numbers") or {}).items():
        yield [key, one.get("median_variance_ratio"), one.get("cells")]


def _by_factor(sweep: Sweep) -> Iterable[Row]:
    for row in sweep.rows("by_factor"):
        yield [row["factor"], plain(row["level"]), row.get("label"), row["response"], *interval(row.get("mean"))]


def _one_at_a_time(sweep: Sweep) -> Iterable[Row]:
    for row in sweep.rows("one_at_a_time"):
        level = plain(row["level"])
        yield [row["factor"], level, row.get("label"), row["response"], *interval(row.get("difference"))]


def _effects(sweep: Sweep) -> Iterable[Row]:
    aliases = [list(words) for words in sweep.summary.get("aliases") or ()]
    for row in sweep.rows("effects"):
        name = "*".join(row["terms"])
        same = next((words for words in aliases if name in words), [])
        others = " ".join(word for word in same if word != name)
        yield [name, len(row["terms"]), row["response"], *interval(row.get("estimate")), row.get("half_normal"), others]


def _fields(analysis: str, names: tuple[str, ...]) -> Callable[[Sweep], Iterable[Row]]:
    return lambda sweep: ([row.get(name) for name in names] for row in sweep.rows(analysis))


CORRELATIONS = {
    **FACTOR, **RESPONSE, "rank_correlation": "Spearman's, over cells", "low": "lower end of its 95% interval",
    "high": "upper end",
}  # fmt: skip
MORRIS = {
    **FACTOR, **RESPONSE, "mu_star": "mean size of the elementary effects over the whole range of the factor",
    "low": "lower end of its 95% interval (bootstrap over trajectories)", "high": "upper end",
    "mu": "mean of the elementary effects", "sigma": "their standard deviation",
    "noise": "mu_star that the noise of the replicates alone would give",
}  # fmt: skip
SOBOL = {
    **FACTOR, **RESPONSE, "first": "first-order index, noise of the replicates taken out",
    "first_low": "lower end of its 95% interval", "first_high": "upper end", "total": "total index",
    "total_low": "lower end of its 95% interval", "total_high": "upper end",
    "salib_first": "first-order index as SALib estimates it from the means", "salib_total": "total index likewise",
}  # fmt: skip
FAILED = {
    **CELL, "first": "first replicate of the block that failed", "last": "last replicate of it",
    "error": "what was raised", "attempts": "how often it was tried",
}  # fmt: skip


def tables(sweep: Sweep) -> list[Table]:
    """Every table; that of the cells has a column a factor."""
    levels = {factor.name: f"level of {factor.words}" for factor in sweep.factors}
    return [
        Table("cells", {
            "cell": "number of the cell, from 0", "label": "the cell in words", **levels,
            "replicates": "replicates finished", "status": "complete, partial, missing or failed",
        }, _cells),
        Table("factors", {
            **FACTOR, "paths": "settings it changes", "levels": "its levels, JSON",
            "labels": "what they are called, JSON", "low": "lower end of its range", "high": "upper end",
            "unit": "unit", "about": "what it is",
        }, _factors),
        Table("responses", {**CELL, **RESPONSE, **INTERVAL}, _responses),
        Table("contrasts", {
            **CELL, "against": "the cell it is compared with", **RESPONSE, **INTERVAL,
            "mean": "mean over replicates of the difference, paired by replicate",
            "variance_ratio": "(variance of one + of the other) / variance of the difference: times the replicates "
                              "that cells without common random numbers would need",
        }, _contrasts),
        Table("common_numbers", {
            **RESPONSE, "median_variance_ratio": "median of variance_ratio over the contrasts", "cells": "contrasts",
        }, _common),
        Table("by_factor", {
            **FACTOR, "level": "level", "label": "the level in words", **RESPONSE, **INTERVAL,
        }, _by_factor),
        Table("one_at_a_time", {
            **FACTOR, "level": "level", "label": "the level in words", **RESPONSE, **INTERVAL,
            "mean": "mean difference from the reference, paired by replicate",
        }, _one_at_a_time),
        Table("effects", {
            "term": "factor, or factors joined by *", "order": "1 main effect, 2 two-way interaction", **RESPONSE,
            **INTERVAL, "mean": "high minus low; of interactions half the difference between the effects",
            "half_normal": "half-normal quantile of the size's rank",
            "aliased_with": "terms that this design cannot tell from it",
        }, _effects),
        Table("correlations", CORRELATIONS, _fields("correlations", tuple(CORRELATIONS))),
        Table("morris", MORRIS, _fields("morris", tuple(MORRIS))),
        Table("sobol", SOBOL, _fields("sobol", tuple(SOBOL))),
        Table("failed", FAILED, _fields("failed", tuple(FAILED))),
    ]  # fmt: skip


def files(sweep: Sweep) -> dict[str, bytes]:
    """Every table that has rows as CSV (the cells always), and columns.csv that explains their columns."""
    out: dict[str, bytes] = {}
    explained: list[Row] = []
    for table in tables(sweep):
        rows = list(table.rows(sweep))
        if rows or table.name == "cells":
            out[f"{table.name}.csv"] = to_csv(list(table.columns), rows)
            explained += [[f"{table.name}.csv", name, meaning] for name, meaning in table.columns.items()]
    out["columns.csv"] = to_csv(["table", "column", "meaning"], explained)
    return out


def to_csv(columns: list[str], rows: Iterable[Row]) -> bytes:
    """A table as the bytes of a CSV file.

    >>> to_csv(["a", "b"], [[1, None], [0.1, "x, y"]]).decode().splitlines()
    ['a,b', '1,', '0.1,"x, y"']
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8")
