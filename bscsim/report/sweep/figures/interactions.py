"""Figure: the strongest two-way interactions of a factorial experiment, as means at both levels of both factors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bscsim.report.figures.style import SOFT, WIDTH
from bscsim.report.sweep.figures.effects import Term, terms
from bscsim.report.sweep.figures.panels import (
    PER_INCH,
    SERIES,
    Plan,
    foot,
    name_ends,
    panels,
    sheet,
    unit_label,
    value_axis,
    wrap,
)
from bscsim.report.sweep.study import ident

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bscsim.report.sweep.study import Factor, Outcome, Sweep

MOST_TERMS, MOST_OUTCOMES = 3, 3


def plans(sweep: Sweep) -> list[Plan]:
    """The figure, if there are interactions."""
    shown = [outcome for outcome in sweep.shown if strongest(sweep, outcome)][:MOST_OUTCOMES]
    if not shown:
        return []
    names = strongest(sweep, shown[0])[0][0]
    title = f"Do the factors help each other? The strongest interaction is {sweep.term_words(names)}"
    return [Plan("interactions", title, caption(sweep, shown[0]), lambda: draw(sweep, shown))]


def strongest(sweep: Sweep, outcome: Outcome) -> list[Term]:
    """The three largest two-way interactions."""
    return [term for term in terms(sweep, outcome) if len(term[0]) == 2][:MOST_TERMS]


def draw(sweep: Sweep, shown: list[Outcome]) -> Figure:
    """A row an outcome, a panel an interaction."""
    columns = max(len(strongest(sweep, outcome)) for outcome in shown)
    figure = sheet(2.7 * len(shown) + 0.35)
    made = panels(figure, columns * len(shown), columns)
    for i, outcome in enumerate(shown):
        chosen = strongest(sweep, outcome)
        for j, axes in enumerate(made[i * columns : (i + 1) * columns]):
            if j >= len(chosen):
                axes.set_axis_off()
                continue
            draw_panel(axes, sweep, outcome, chosen[j], columns)
            if j == 0:
                axes.set_ylabel(wrap(outcome.axis, 30, 2))
        level_rows(made[i * columns : i * columns + len(chosen)])
        for axes, term in zip(made[i * columns :], chosen, strict=False):
            name_levels(axes, sweep.factor(term[0][1]))
    foot(figure, (
        "Dots: mean over all cells with both levels. Parallel lines: no interaction. The cells share their random "
        "numbers, so no interval is drawn on a dot; that of the interaction (95% Monte Carlo) stands above the panel."
    ))  # fmt: skip
    return figure


def level_rows(axes: list[Axes]) -> None:
    """The same scale of values in a row of panels."""
    low = min(one.get_ylim()[0] for one in axes)
    high = max(one.get_ylim()[1] for one in axes)
    for one in axes:
        one.set_ylim(low, high + 0.2 * (high - low))  # room for the names at the right


def mean_at(sweep: Sweep, outcome: Outcome, chosen: list[tuple[Factor, object]]) -> float | None:
    """Mean over the cells that have all the levels."""
    values = [
        one.mean
        for cell in sweep.cells
        if all(ident(cell["levels"].get(factor.name)) == ident(level) for factor, level in chosen)
        and (one := sweep.value(cell, outcome.key)) is not None
    ]
    return sum(values) / len(values) if values else None


def ends_of(factor: Factor) -> tuple[Any, Any]:
    """The two levels of a factor."""
    return factor.levels[0], factor.levels[-1]


def draw_panel(axes: Axes, sweep: Sweep, outcome: Outcome, term: Term, columns: int) -> None:
    """Two lines: the second factor's levels; from left to right the first factor's."""
    names, estimate, _ = term
    across, line = (sweep.factor(name) for name in names)
    inches = (WIDTH - 0.8) / columns
    for j, level in enumerate(ends_of(line)):
        values = [mean_at(sweep, outcome, [(across, at), (line, level)]) for at in ends_of(across)]
        y = [float("nan") if value is None else value for value in values]
        axes.plot([0, 1], y, marker=SERIES[j][1], color=SERIES[j][0], ms=4.6, lw=1.4)
    axes.set_xlim(-0.25, 1.25)
    axes.margins(y=0.15)
    axes.set_xticks([0, 1], [wrap(across.labels[0], 12, 2), wrap(across.labels[-1], 12, 2)])
    axes.set_xlabel(wrap(across.axis, int(inches * PER_INCH["label"]) - 6, 2))
    value_axis(axes.yaxis, outcome.writer.kind)
    axes.grid(axis="y")
    axes.set_title(wrap(sweep.term_words(names), int(inches * PER_INCH["title"]) - 2, 2), fontsize=8.5, pad=18)
    axes.annotate(outcome.changes.with_interval(estimate, True), (0, 1), xycoords="axes fraction", xytext=(0, 6),
                  textcoords="offset points", color=SOFT, fontsize=7.8)  # fmt: skip


def name_levels(axes: Axes, line: Factor) -> None:
    """The lines' levels at their right ends."""
    ends = [float(np.asarray(drawn.get_ydata(), dtype=float)[1]) for drawn in axes.get_lines()]
    name_ends(axes, line.words, ends, (line.labels[0], line.labels[-1]), 10)


def caption(sweep: Sweep, outcome: Outcome) -> str:
    """The first interaction in words: what one factor does with and without the other."""
    names, estimate, _ = strongest(sweep, outcome)[0]
    across, line = (sweep.factor(name) for name in names)
    said = []
    for level in ends_of(line):
        values = [mean_at(sweep, outcome, [(across, at), (line, level)]) for at in ends_of(across)]
        if values[0] is None or values[1] is None:
            return unit_label(outcome, True)
        said.append(f"{outcome.changes.change(values[1] - values[0])} with {line.words} {line.label(level)}")
    return (
        f"{across.words} changes {outcome.lower_title} by {said[0]} and by {said[1]}; half of the difference is the "
        f"interaction, {outcome.changes.with_interval(estimate, True)} {outcome.change_unit}".rstrip() + "."
    )
