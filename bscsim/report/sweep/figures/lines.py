"""Figure: an outcome against one factor, a line for each level of a second, a row of panels for each of a third."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from bscsim.report.figures.style import SOFT, WIDTH
from bscsim.report.sweep.figures.panels import (
    PER_INCH,
    SERIES,
    Plan,
    columns_for,
    foot,
    name_ends,
    panel_title,
    sheet,
    unit_label,
    value_axis,
    wrap,
)
from bscsim.report.sweep.study import ident
from bscsim.report.words import listed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bscsim.report.sweep.numbers import Estimate
    from bscsim.report.sweep.study import Factor, Outcome, Sweep

MOST_LINES, MOST_ROWS = 6, 4


def roles(sweep: Sweep) -> list[Factor] | None:
    """Which factor stands on the axis, which makes the lines, which the rows of panels; None if no way fits.

    The order of the study is kept if it fits.
    """
    factors = [factor for factor in sweep.factors if factor.levels]
    if sweep.design != "grid" or len(factors) != len(sweep.factors) or not 1 <= len(factors) <= 3:
        return None
    for order in itertools.permutations(factors):
        rest = [len(factor.levels) for factor in order[1:]]
        if all(size <= most for size, most in zip(rest, (MOST_LINES, MOST_ROWS), strict=False)):
            return list(order)
    return None


def plans(sweep: Sweep) -> list[Plan]:
    """The figure, if the sweep is a grid of few factors and levels."""
    order = roles(sweep)
    if order is None or not sweep.shown:
        return []
    subject = f"the {sweep.shown[0].lower_title}" if len(sweep.shown) == 1 else "the outcomes"
    verb = "does" if len(sweep.shown) == 1 else "do"
    title = f"How {verb} {subject} change with {listed([factor.words for factor in order])}?"
    return [Plan("response", title, caption(sweep, order), lambda: draw(sweep, order))]


def outcomes_of(sweep: Sweep, order: Sequence[Factor]) -> tuple[Outcome, ...]:
    """The outcomes that are drawn: three columns at most beside a third factor."""
    return sweep.shown[:3] if len(order) == 3 else sweep.shown


def draw(sweep: Sweep, order: Sequence[Factor]) -> Figure:
    """All panels; lines are named at the right of each row."""
    outcomes = outcomes_of(sweep, order)
    rows = order[2].levels if len(order) == 3 else (None,)
    columns = len(outcomes) if len(order) == 3 else columns_for(len(outcomes))
    count = len(outcomes) * len(rows)
    lines = -(-count // columns)
    figure = sheet(2.35 * lines + 0.35 + 0.15 * (len(order) == 3))
    grid = figure.add_gridspec(lines, columns)
    found = by_levels(sweep, order)
    made: list[Axes] = []
    for i, (row, outcome) in enumerate(itertools.product(rows, outcomes)):
        above = made[i - columns] if len(order) == 3 and i >= columns else None
        axes = figure.add_subplot(grid[i // columns, i % columns], sharey=above)
        made.append(axes)
        draw_panel(axes, sweep, order, found, row, outcome)
        inches = (WIDTH - 1.3) / columns
        panel_title(axes, outcome.title, inches)
        if len(order) == 3:
            third = f"{order[2].words}: {order[2].label(row)}"
            axes.set_title(axes.get_title(loc="left"), pad=18)
            axes.annotate(wrap(third, int(inches * PER_INCH["label"]), 1), (0, 1), xycoords="axes fraction",
                          xytext=(0, 6), textcoords="offset points", color=SOFT)  # fmt: skip
        if i + columns >= count:
            axes.set_xlabel(wrap(order[0].axis, int(inches * PER_INCH["label"]), 2))
    if len(order) > 1:
        for i, axes in enumerate(made):
            if i % columns == columns - 1 or i == count - 1:
                name_lines(axes, order[1])
    foot(figure, note(sweep, order))
    return figure


def by_levels(sweep: Sweep, order: Sequence[Factor]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Cells by their levels in the order of the roles."""
    return {tuple(ident(cell["levels"].get(factor.name)) for factor in order): cell for cell in sweep.cells}


def draw_panel(axes: Axes, sweep: Sweep, order: Sequence[Factor], found: Mapping[tuple[Any, ...], dict[str, Any]],
               row: Any, outcome: Outcome) -> None:
    """One outcome at one level of the third factor."""
    at, words, log = positions(order[0])
    series = order[1].levels if len(order) > 1 else (None,)
    for j, level in enumerate(series):
        keys = [(ident(x), *([ident(level)] if len(order) > 1 else []), *([ident(row)] if len(order) > 2 else []))
                for x in order[0].levels]  # fmt: skip
        values = [sweep.value(found[key], outcome.key) if key in found else None for key in keys]
        draw_line(axes, at, values, j, numeric(order[0]))
    if log:
        axes.set_xscale("log")
        axes.minorticks_off()
    axes.set_xticks(at, [wrap(word, 12, 3) for word in words])
    axes.margins(x=0.06)
    value_axis(axes.yaxis, outcome.writer.kind)
    axes.set_ylabel(unit_label(outcome))
    axes.grid(axis="y")


def draw_line(axes: Axes, at: Sequence[float], values: Sequence[Estimate | None], j: int, band: bool) -> None:
    """One line with its intervals: a band along numbers, whiskers at categories."""
    color, marker, _ = SERIES[j]
    mean, low, high = (np.array([getattr(one, name) if one else math.nan for one in values])
                       for name in ("mean", "low", "high"))  # fmt: skip
    axes.plot(at, mean, marker=marker, color=color, ms=4.2, lw=1.5 if band else 1.0, ls="-" if band else (0, (2, 2)),
              zorder=3)  # fmt: skip
    if np.isfinite(low).any():
        if band:
            axes.fill_between(at, low, high, color=color, alpha=0.2, lw=0)
        axes.vlines(at, low, high, color=color, lw=1.0)


def numeric(factor: Factor) -> bool:
    """Whether the axis is a scale of numbers that are far enough apart to be read."""
    return positions(factor)[0] != [float(i) for i in range(len(factor.levels))] or (
        factor.numeric and list(factor.levels) == list(range(len(factor.levels)))
    )


def positions(factor: Factor) -> tuple[list[float], list[str], bool]:
    """Where the levels stand, how they are called, and whether the scale is logarithmic.

    Numbers stand where they belong, on a logarithmic scale if they span a factor of 15; if two would be too close to
    be read, and for all other levels, they stand side by side.
    """
    places = [float(i) for i in range(len(factor.levels))]
    words = list(factor.labels)
    if not factor.numeric:
        return places, words, False
    numbers = [float(level) for level in factor.levels]
    log = min(numbers) > 0 and max(numbers) / min(numbers) >= 15
    scaled = sorted(math.log(x) if log else x for x in numbers)
    closest = min(b - a for a, b in pairwise(scaled)) / (scaled[-1] - scaled[0])
    room = 0.09 if max(len(word) for word in words) <= 4 else 0.16
    return (numbers, words, log) if closest >= room else (places, words, False)


def name_lines(axes: Axes, factor: Factor) -> None:
    """Each line's level at its last point."""
    ends = []
    for line in axes.get_lines():
        y = np.asarray(line.get_ydata(), dtype=float)
        known = y[np.isfinite(y)]
        ends.append(float(known[-1]) if known.size else math.nan)
    name_ends(axes, factor.words, ends, factor.labels, 17)


def note(sweep: Sweep, order: Sequence[Factor]) -> str:
    """What the bands are, and what an axis does that is not to scale."""
    mark = "Bands and thin bars" if numeric(order[0]) else "Bars"
    text = f"Dots: mean of a cell. {sweep.whiskers(mark)}"
    if order[0].numeric and not numeric(order[0]):
        text += f" Levels of {order[0].words} stand side by side, not to scale."
    if positions(order[0])[2]:
        text += f" Logarithmic scale of {order[0].words}."
    if not numeric(order[0]) and len(order[0].levels) > 1:
        text += " Dashed lines join the same level; between categories there is nothing."
    return text


def caption(sweep: Sweep, order: Sequence[Factor]) -> str:
    """Where the first outcome is highest and lowest, and how much the cells share."""
    first = sweep.shown[0]
    known = [(one, cell) for cell in sweep.cells if (one := sweep.value(cell, first.key)) is not None]
    best, worst = max(known, key=lambda pair: pair[0].mean), min(known, key=lambda pair: pair[0].mean)
    text = (
        f"{first.title} goes from {first.writer.with_interval(worst[0])} with {sweep.cell_label(worst[1])} to "
        f"{first.writer.with_interval(best[0])} with {sweep.cell_label(best[1])}."
    )
    if len(order) > 1 and (steps := gains(sweep, order, first)):
        text += f" {steps}"
    return f"{text} Cells share their random numbers, so differences are known better than the bands of two lines say."


def gains(sweep: Sweep, order: Sequence[Factor], outcome: Outcome) -> str:
    """How much the outcome changes from the first to the last level of the axis, at both ends of the second factor."""
    found = by_levels(sweep, order)
    third = [ident(order[2].levels[0])] if len(order) > 2 else []
    said = []
    for level in (order[1].levels[0], order[1].levels[-1]):
        ends = [found.get((ident(x), ident(level), *third)) for x in (order[0].levels[0], order[0].levels[-1])]
        values = [sweep.value(cell, outcome.key) if cell else None for cell in ends]
        if values[0] is None or values[1] is None:
            return ""
        change = outcome.writer.change(values[1].mean - values[0].mean)
        said.append(f"{change} with {order[1].words} {order[1].label(level)}")
    first, last = order[0].label(order[0].levels[0]), order[0].label(order[0].levels[-1])
    where = f" ({order[2].words} {order[2].label(order[2].levels[0])})" if third else ""
    return f"From {order[0].words} {first} to {last} it changes by {said[0]} and by {said[1]}{where}."


