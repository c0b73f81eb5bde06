"""Figure: a grid of two factors with many levels, as a map of numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from bscsim.report.figures.style import SOFT, WIDTH
from bscsim.report.sweep.figures.lines import by_levels, roles
from bscsim.report.sweep.figures.panels import PER_INCH, Plan, foot, panel_title, sheet, wrap
from bscsim.report.sweep.study import ident

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from bscsim.report.sweep.study import Outcome, Sweep

WITH_NUMBERS = 14
"""Columns up to which every cell can hold its number."""


def plans(sweep: Sweep) -> list[Plan]:
    """The figure, if the sweep is a grid of two factors with too many levels for lines."""
    whole = len(sweep.factors) == 2 and all(factor.levels for factor in sweep.factors)
    if sweep.design != "grid" or not whole or roles(sweep) is not None or not sweep.shown:
        return []
    x, y = sweep.factors
    title = f"Where on the map of {x.words} and {y.words} is the outcome high?"
    return [Plan("map", title, caption(sweep), lambda: draw(sweep))]


def draw(sweep: Sweep) -> Figure:
    """One map an outcome, the first factor across and the second upwards."""
    x, y = sweep.factors
    columns = 2 if len(x.levels) <= 6 and len(sweep.shown) > 1 else 1
    lines = -(-len(sweep.shown) // columns)
    figure = sheet((0.24 * min(len(y.levels), 24) + 0.95) * lines + 0.3)
    grid = figure.add_gridspec(lines, columns)
    for i, outcome in enumerate(sweep.shown):
        axes = figure.add_subplot(grid[i // columns, i % columns])
        draw_map(axes, sweep, outcome)
        inches = (WIDTH - 1.0) / columns
        panel_title(axes, outcome.axis, inches, 1)
        if i + columns >= len(sweep.shown):
            axes.set_xlabel(wrap(x.axis, int(inches * PER_INCH["label"]), 1))
        axes.set_ylabel(wrap(y.axis, max(3 * len(y.levels), 14), 2))
    foot(figure, note(sweep))
    return figure


def values_of(sweep: Sweep, outcome: Outcome) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Means and half-widths of the intervals: [level of the second factor, level of the first]."""
    x, y = sweep.factors
    found = by_levels(sweep, (x, y))
    mean = np.full((len(y.levels), len(x.levels)), math.nan)
    half = mean.copy()
    for i, b in enumerate(y.levels):
        for j, a in enumerate(x.levels):
            cell = found.get((ident(a), ident(b)))
            one = sweep.value(cell, outcome.key) if cell else None
            if one is not None:
                mean[i, j], half[i, j] = one.mean, one.half
    return mean, half


def draw_map(axes: Axes, sweep: Sweep, outcome: Outcome) -> None:
    """Colors from light to dark by value, the number in each field, gray where there is none."""
    from matplotlib.colors import LinearSegmentedColormap

    mean, _ = values_of(sweep, outcome)
    shades = LinearSegmentedColormap.from_list("bscsim", ["#f3f7fb", "#a9cfe8", "#3b8fc4", "#004b7a"])
    axes.set_facecolor("#dddddd")  # shows where there is no result
    axes.pcolormesh(np.ma.masked_invalid(mean), cmap=shades, edgecolors="white", lw=1.0)
    low, high = np.nanmin(mean), np.nanmax(mean)
    if mean.shape[1] <= WITH_NUMBERS:
        for (i, j), value in np.ndenumerate(mean):
            if math.isfinite(value):
                dark = high > low and luminance(shades((value - low) / (high - low))) < 0.2
                axes.text(j + 0.5, i + 0.5, outcome.writer.value(float(value)), ha="center", va="center", fontsize=7,
                          color="white" if dark else "#222222")  # fmt: skip
    x, y = sweep.factors
    step = max(1, math.ceil(len(x.labels) / 16))
    axes.set_xticks(np.arange(0, len(x.labels), step) + 0.5, [wrap(label, 9, 2) for label in x.labels[::step]])
    step = max(1, math.ceil(len(y.labels) / 24))
    axes.set_yticks(np.arange(0, len(y.labels), step) + 0.5, [wrap(label, 16, 1) for label in y.labels[::step]])
    axes.tick_params(length=0, colors=SOFT)
    for spine in axes.spines.values():
        spine.set_visible(False)


def luminance(color: tuple[float, float, float, float]) -> float:
    """Relative luminance of WCAG 2: white words are easier to read below 0.2, dark ones above.

    >>> luminance((1.0, 1.0, 1.0, 1.0)), luminance((0.0, 0.0, 0.0, 1.0))
    (1.0, 0.0)
    """
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color[:3])
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def note(sweep: Sweep) -> str:
    """How far the numbers are known: the widest interval of each outcome."""
    said = []
    for outcome in sweep.shown:
        half = values_of(sweep, outcome)[1]
        if np.isfinite(half).any():
            said.append(f"{outcome.lower_title} ±{outcome.writer.value(float(np.nanmax(half)))}")
    text = "Numbers: mean of a cell; darker is higher; gray fields have no result."
    return f"{text} Widest 95% Monte Carlo interval of a mean: {', '.join(said)}." if said else text


def caption(sweep: Sweep) -> str:
    """Where the first outcome is highest and lowest."""
    first = sweep.shown[0]
    known = [(one, cell) for cell in sweep.cells if (one := sweep.value(cell, first.key)) is not None]
    (high, best), (low, worst) = max(known, key=lambda pair: pair[0].mean), min(known, key=lambda pair: pair[0].mean)
    write = first.writer.with_interval
    return (
        f"{first.title} is highest, {write(high)}, with {sweep.cell_label(best)}, and lowest, {write(low)}, with "
        f"{sweep.cell_label(worst)} (95% Monte Carlo intervals)."
    )
