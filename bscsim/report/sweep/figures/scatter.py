"""Figures: an outcome against each factor of a sampled design, cell by cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bscsim.report.figures.style import BLUE, ORANGE, WIDTH
from bscsim.report.sweep.figures.panels import (
    PER_INCH,
    Plan,
    columns_for,
    foot,
    panel_title,
    panels,
    sheet,
    value_axis,
    wrap,
)
from bscsim.report.sweep.figures.ranks import correlations
from bscsim.report.sweep.study import ident
from bscsim.report.words import level

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from bscsim.report.sweep.study import Factor, Outcome, Sweep

MOST_FACTORS, MOST_OUTCOMES, MOST_POINTS = 6, 2, 400
WITH_WHISKERS = 150
BINS = 6


def plans(sweep: Sweep) -> list[Plan]:
    """A figure for each of the first two outcomes, if there are correlations."""
    shown = [outcome for outcome in sweep.shown if correlations(sweep, outcome)][:MOST_OUTCOMES]
    return [
        Plan(f"scatter_{i + 1}", f"How does {outcome.lower_title} go with the factors?", caption(sweep, outcome),
             lambda outcome=outcome: draw(sweep, outcome))  # type: ignore[misc]  # the default binds this outcome
        for i, outcome in enumerate(shown)
    ]  # fmt: skip


def draw(sweep: Sweep, outcome: Outcome) -> Figure:
    """A panel a factor, the strongest first."""
    found = correlations(sweep, outcome)[:MOST_FACTORS]
    columns = columns_for(len(found))
    figure = sheet(2.0 * -(-len(found) // columns) + 0.45)
    inches = (WIDTH - 0.9) / columns
    made = panels(figure, len(found), columns, sharey=True)
    for i, (axes, (factor, one)) in enumerate(zip(made, found, strict=True)):
        draw_points(axes, sweep, outcome, factor)
        panel_title(axes, f"rank correlation {level(one.mean)}", inches, 1)
        axes.set_xlabel(wrap(factor.axis, int(inches * PER_INCH["label"]), 2))
        if i % columns == 0:
            axes.set_ylabel(wrap(outcome.axis, 28, 2))
    line = any(with_line(len(points(sweep, outcome, factor))) for factor, _ in found)
    foot(figure, note(sweep, line))
    return figure


def points(sweep: Sweep, outcome: Outcome, factor: Factor) -> NDArray[np.float64]:
    """Level (or its number, if it is none), mean, low and high of every cell with a result: [cell, 4]."""
    rows = []
    for cell in sweep.cells:
        one, at = sweep.value(cell, outcome.key), cell["levels"].get(factor.name)
        if one is None or at is None:
            continue
        number = isinstance(at, int | float) and (factor.numeric or not factor.levels)
        x = float(at) if number else float(factor.places.get(ident(at), 0))
        rows.append((x, one.mean, one.low, one.high))
    return np.array(rows, dtype=np.float64).reshape(-1, 4)


def draw_points(axes: Axes, sweep: Sweep, outcome: Outcome, factor: Factor) -> None:
    """Dots, whiskers if they are few, and the mean of six groups of equal size."""
    data = points(sweep, outcome, factor)
    some = data[:: max(1, -(-len(data) // MOST_POINTS))]
    if len(data) <= WITH_WHISKERS and np.isfinite(data[:, 2]).any():
        axes.vlines(some[:, 0], some[:, 2], some[:, 3], color=BLUE, lw=0.7, alpha=0.35)
    axes.plot(some[:, 0], some[:, 1], "o", color=BLUE, ms=2.6, mew=0, alpha=0.65)
    if with_line(len(data)):
        groups = np.array_split(data[np.argsort(data[:, 0], kind="stable")], BINS)
        middle = np.array([group[:, :2].mean(axis=0) for group in groups])
        axes.plot(middle[:, 0], middle[:, 1], "-s", color=ORANGE, ms=3.6, lw=1.5)
    value_axis(axes.yaxis, outcome.writer.kind)
    if factor.levels and not factor.numeric:
        axes.set_xticks(range(len(factor.levels)), [wrap(label, 10, 2) for label in factor.labels])
    else:
        value_axis(axes.xaxis, "plain")
    axes.grid(axis="y")


def with_line(cells: int) -> bool:
    """Whether a panel of that many cells has a line of means: groups of fewer than four would show noise."""
    return cells >= 4 * BINS


def note(sweep: Sweep, line: bool) -> str:
    """What a dot and the line, if there is one, are."""
    text = "Blue dots: cells, mean over replicates."
    if line:
        text += " Orange line: mean of six groups of equally many cells."
    if len(sweep.cells) <= WITH_WHISKERS:
        text += f" {sweep.whiskers('Thin bars')}"
    if len(sweep.cells) > MOST_POINTS:
        text += f" About {MOST_POINTS} of {len(sweep.cells):,} cells are drawn; lines and correlations use all."
    return text


def caption(sweep: Sweep, outcome: Outcome) -> str:
    """How to read it."""
    found = correlations(sweep, outcome)
    more = f" The {MOST_FACTORS} of {len(found)} factors with the strongest rank correlation." if (
        len(found) > MOST_FACTORS) else ""  # fmt: skip
    return (
        "All factors change from cell to cell at once, so a panel shows one factor through the scatter of all the "
        f"others: a steep line matters, a flat one does not.{more}"
    )
