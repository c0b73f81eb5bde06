"""The tables of the page: numbers with their intervals below, at most two hundred rows each."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bscsim.report.sweep.numbers import Estimate, Writer
from bscsim.report.sweep.study import Outcome, Sweep, ident
from bscsim.report.sweep.tables import status
from bscsim.report.words import level

SHOWN = 200


@dataclass(frozen=True)
class Field:
    """One field of a table: its text and, smaller below it, its interval."""

    text: str
    small: str = ""


@dataclass(frozen=True)
class View:
    """One table of the page; `csv` names the file with all rows and digits."""

    name: str
    title: str
    about: str
    head: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[tuple[str, ...], tuple[Field, ...]], ...]
    csv: str
    of: int

    @property
    def cut(self) -> bool:
        """Whether rows were left out."""
        return self.of > len(self.rows)


def field(found: Estimate | None, writer: Writer, change: bool = False) -> Field:
    """An estimate as a field."""
    if found is None:
        return Field("–")
    return Field(writer.change(found.mean) if change else writer.value(found.mean), writer.interval(found, change))


def views(sweep: Sweep) -> list[View]:
    """Every table that has rows, in the order of the page: analyses first, the long list of cells last."""
    makers = (effects, one_at_a_time, morris, sobol, correlations, by_factor, contrasts, cells)
    return [view for make in makers if (view := make(sweep)).rows]


def cells(sweep: Sweep) -> View:
    """A row a cell, a column an outcome."""
    outcomes = sweep.shown
    rows = []
    for cell in sweep.cells[:SHOWN]:
        state = status(sweep, cell)
        label = sweep.cell_label(cell) + ("" if state == "complete" else f" ({state})")
        fields = tuple(field(sweep.value(cell, outcome.key), outcome.writer) for outcome in outcomes)
        rows.append(((label,), fields))
    about = f"Mean over replicates, 95% Monte Carlo interval below.{_more(sweep)}"
    return View("cells", "Outcomes by cell", about, ("Cell",), tuple(outcome.axis for outcome in outcomes), tuple(rows),
                "responses.csv", len(sweep.cells))  # fmt: skip


def _more(sweep: Sweep) -> str:
    left = len(sweep.outcomes) - len(sweep.shown)
    return f" {left} more outcome{'' if left == 1 else 's'} in the file." if left > 0 else ""


def pivot(sweep: Sweep, analysis: str, value: str, key: Callable[[Mapping[str, Any]], Hashable],
          head: Callable[[Mapping[str, Any]], tuple[str, ...]], change: bool) -> tuple[list[Any], int]:  # fmt: skip
    """Rows of an analysis with one column an outcome: at most `SHOWN`, and how many there are."""
    found: dict[Hashable, tuple[tuple[str, ...], dict[str, Estimate | None]]] = {}
    for row in sweep.rows(analysis):
        line = found.setdefault(key(row), (head(row), {}))
        line[1][row["response"]] = Estimate.of(row.get(value))
    outcomes = sweep.shown
    rows = [
        (words, tuple(field(values.get(one.key), one.changes if change else one.writer, change) for one in outcomes))
        for words, values in list(found.values())[:SHOWN]
    ]
    return rows, len(found)


def _changes(outcomes: Iterable[Outcome]) -> tuple[str, ...]:
    return tuple(f"{one.title} ({one.change_unit})" if one.change_unit else one.title for one in outcomes)


def contrasts(sweep: Sweep) -> View:
    """A row a cell: its differences from the reference."""
    def head(row: Mapping[str, Any]) -> tuple[str, ...]:
        cell = sweep.cell.get(row["cell"])
        return (sweep.cell_label(cell) if cell else f"cell {row['cell']}",)

    rows, of = pivot(sweep, "contrasts", "difference", lambda row: (row["cell"], row["against"]), head, True)
    about = f"Mean difference from {sweep.reference}, paired by common random numbers, 95% Monte Carlo interval below."
    return View("contrasts", "Differences from the reference", about, ("Cell",), _changes(sweep.shown), tuple(rows),
                "contrasts.csv", of)  # fmt: skip


def _level_key(row: Mapping[str, Any]) -> Hashable:
    return (row["factor"], ident(row["level"]))


def _level_head(sweep: Sweep) -> Callable[[Mapping[str, Any]], tuple[str, ...]]:
    def head(row: Mapping[str, Any]) -> tuple[str, ...]:
        factor = sweep.factor(row["factor"])
        return (factor.words, str(row.get("label") or factor.label(row["level"])))

    return head


def one_at_a_time(sweep: Sweep) -> View:
    """A row a changed level."""
    rows, of = pivot(sweep, "one_at_a_time", "difference", _level_key, _level_head(sweep), True)
    about = "Mean difference from the reference when only this factor is changed, 95% Monte Carlo interval below."
    return View("one-at-a-time", "Changes one at a time", about, ("Factor", "Level"), _changes(sweep.shown),
                tuple(rows), "one_at_a_time.csv", of)  # fmt: skip


def by_factor(sweep: Sweep) -> View:
    """A row a level of a factor."""
    rows, of = pivot(sweep, "by_factor", "mean", _level_key, _level_head(sweep), False)
    about = "Mean over all cells with the level, 95% Monte Carlo interval below."
    return View("by-factor", "Means by level", about, ("Factor", "Level"), tuple(one.axis for one in sweep.shown),
                tuple(rows), "by_factor.csv", of)  # fmt: skip


def effects(sweep: Sweep) -> View:
    """A row a term."""
    rows, of = pivot(sweep, "effects", "estimate", lambda row: tuple(row["terms"]),
                     lambda row: (sweep.term_words(list(row["terms"])),), True)  # fmt: skip
    about = (
        "Main effects: mean with the higher level minus mean with the lower. Interactions (×): half the difference "
        "between the effects of one factor at both levels of the other. 95% Monte Carlo interval below."
    )
    return View("effects", "Effects", about, ("Term",), _changes(sweep.shown), tuple(rows), "effects.csv", of)


def correlations(sweep: Sweep) -> View:
    """A row a factor, a column an outcome."""
    found: dict[str, dict[str, Field]] = {}
    for row in sweep.rows("correlations"):
        one = Estimate.from_parts(row.get("rank_correlation"), row.get("low"), row.get("high"))
        if one is not None:
            small = f"{level(one.low)} to {level(one.high)}" if one.has_interval else ""
            found.setdefault(row["factor"], {})[row["response"]] = Field(level(one.mean), small)
    rows = tuple(
        ((sweep.factor(name).words,), tuple(values.get(outcome.key, Field("–")) for outcome in sweep.shown))
        for name, values in found.items()
    )
    about = "Spearman's rank correlation over cells, 95% interval (bootstrap over cells) below."
    return View("correlations", "Rank correlations", about, ("Factor",), tuple(one.title for one in sweep.shown),
                rows[:SHOWN], "correlations.csv", len(rows))  # fmt: skip


Fields = Callable[[Mapping[str, Any], Outcome], tuple[Field, ...]]


def _listed(sweep: Sweep, analysis: str, fields: Fields) -> list[Any]:
    """Rows (outcome, factor) of an analysis, outcome by outcome."""
    return [
        ((outcome.title, sweep.factor(row["factor"]).words), fields(row, outcome))
        for outcome in sweep.shown for row in sweep.rows(analysis) if row["response"] == outcome.key
    ]  # fmt: skip


def morris(sweep: Sweep) -> View:
    """A row an outcome and factor."""
    def fields(row: Mapping[str, Any], outcome: Outcome) -> tuple[Field, ...]:
        write = outcome.changes
        star = Estimate.from_parts(row.get("mu_star"), row.get("low"), row.get("high"))
        first = field(star, write, True)
        first = Field(first.text.lstrip("+"), first.small.replace("+", ""))
        rest = (row.get(name) for name in ("mu", "sigma", "noise"))
        return (first, *(Field(write.change(float(x)) if x is not None else "–") for x in rest))

    rows = _listed(sweep, "morris", fields)
    about = (
        "mu*: mean size of the change over the whole range of the factor, 95% interval (bootstrap over trajectories) "
        "below; mu: mean change; sigma: its spread; noise: the mu* that chance alone would give."
    )
    return View("morris", "Morris screening", about, ("Outcome", "Factor"), ("mu*", "mu", "sigma", "noise"),
                tuple(rows[:SHOWN]), "morris.csv", len(rows))  # fmt: skip


def sobol(sweep: Sweep) -> View:
    """A row an outcome and factor."""
    def fields(row: Mapping[str, Any], outcome: Outcome) -> tuple[Field, ...]:
        out = []
        for name in ("first", "total", "salib_first", "salib_total"):
            one = Estimate.from_parts(row.get(name), row.get(f"{name}_low"), row.get(f"{name}_high"))
            small = f"{level(one.low)} to {level(one.high)}" if one and one.has_interval else ""
            out.append(Field(level(one.mean), small) if one else Field("–"))
        return tuple(out)

    rows = _listed(sweep, "sobol", fields)
    about = (
        "Share of the variance that the factor explains alone (first order) and with its interactions (total), noise "
        "of the replicates taken out, 95% interval below; and what SALib finds from the means, noise included."
    )
    heads = ("First order", "Total", "First order, SALib", "Total, SALib")
    return View("sobol", "Sobol indices", about, ("Outcome", "Factor"), heads, tuple(rows[:SHOWN]), "sobol.csv",
                len(rows))  # fmt: skip
