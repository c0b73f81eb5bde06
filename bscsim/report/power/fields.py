"""What the tables of a power study's page share: fields of shares and measures, and what a row is of."""

from __future__ import annotations

import math
from collections.abc import Iterable

from bscsim.report.power.numbers import bare, bare_ends, known, significant
from bscsim.report.power.study import Data, Power, analysis_words, estimator_words
from bscsim.report.sweep.numbers import Estimate
from bscsim.report.sweep.page_tables import SHOWN, Field, View
from bscsim.report.words import level

Rows = list[tuple[tuple[str, ...], tuple[Field, ...]]]
NONE = Field("–")


def share(data: Data | None, digits: int = 2) -> Field:
    """A share as a field."""
    found = known(data)
    return NONE if found is None else Field(bare(found.mean, digits), bare_ends(found, digits))


def measure(found: Estimate | None) -> Field:
    """A number of unknown size as a field; its interval has as many digits."""
    if found is None:
        return NONE
    digits = digits_of(found)
    small = f"{_level(found.low, digits)} to {_level(found.high, digits)}" if found.has_interval else ""
    return Field(_level(found.mean, digits), small)


def digits_of(found: Estimate) -> int:
    """Digits that show three significant ones, but not more than one beyond what the interval knows.

    >>> digits_of(Estimate(0.4, 0.39, 0.41)), digits_of(Estimate(43.2, 43.1, 43.3))
    (3, 1)
    >>> digits_of(Estimate(-2e-4, -1e-3, 0.0))
    5
    """
    size = max(abs(found.mean), found.half if found.has_interval else 0.0)
    digits = 2 - math.floor(math.log10(size)) if size else 0
    if found.has_interval and found.half > 0:
        digits = min(digits, 1 - math.floor(math.log10(found.half)))
    return min(max(digits, 0), 6)


def _level(x: float, digits: int) -> str:
    return level(x, digits) if digits else f"{x:,.0f}".replace("-", "−")


def view(name: str, title: str, about: str, heads: Iterable[str], columns: Iterable[str], rows: Rows, csv: str) -> View:
    """A table of the page."""
    return View(name, title, about, tuple(heads), tuple(columns), tuple(rows[:SHOWN]), csv, len(rows))


def heads_of(power: Power, cell: Data, analysis: Data, estimator: Data) -> tuple[str, ...]:
    """What a row is of: the cell if there are several, the analysis unless all have one, the estimator."""
    words = (*((analysis_words(analysis),) if names_analysis(power) else ()), estimator_words(estimator))
    return (power.cell_label(cell), *words) if power.several_cells else words


def names_analysis(power: Power) -> bool:
    """Whether the analysis is a column of its own: not where cells are and all have the same one."""
    return len(power.analyses) > 1 or not power.several_cells


def headings(power: Power) -> tuple[str, ...]:
    """The words above them."""
    words = ("Analysis", "Estimator") if names_analysis(power) else ("Estimator",)
    return ("Cell", *words) if power.several_cells else words


def first_cell(power: Power) -> str:
    """The words that say that a table is of the first cell, where there are several."""
    return f" Of the cell “{power.cell_label(power.first)}”." if power.several_cells else ""


def degrees(value: float | None) -> Field:
    """Degrees of freedom."""
    return NONE if value is None else Field(significant(value))
