"""Figure: the mean of an outcome over all cells that share one level of a factor, factor by factor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bscsim.report.figures.style import BLUE
from bscsim.report.sweep.figures.panels import Plan
from bscsim.report.sweep.figures.rows import Mark, Panel, Row, draw_panels
from bscsim.report.sweep.numbers import Estimate
from bscsim.report.sweep.study import ident

if TYPE_CHECKING:
    from collections.abc import Hashable

    from matplotlib.figure import Figure

    from bscsim.report.sweep.study import Factor, Outcome, Sweep

Means = dict[tuple[str, "Hashable", str], Estimate]


def plans(sweep: Sweep) -> list[Plan]:
    """The figure, if there are more factors than lines or a map can show, or two levels each."""
    enough = len(sweep.factors) >= 3 or sweep.rows("effects")
    if not sweep.rows("by_factor") or not enough or not sweep.shown:
        return []
    title = "Which factor moves the outcomes, averaged over all the others?"
    return [Plan("by_factor", title, caption(sweep), lambda: draw(sweep))]


def means(sweep: Sweep) -> Means:
    """The mean of every (factor, level, response)."""
    found: Means = {}
    for row in sweep.rows("by_factor"):
        one = Estimate.of(row.get("mean"))
        if one is not None:
            found[row["factor"], ident(row["level"]), row["response"]] = one
    return found


def draw(sweep: Sweep) -> Figure:
    """A heading a factor and a dot a level; a panel an outcome."""
    found = means(sweep)
    made = [panel(sweep, outcome, found) for outcome in sweep.shown]
    columns = min(len(made), 3) if len(made) != 4 else 2
    note = f"Dots: mean over all cells with that level, line: mean of all. {sweep.whiskers()}"
    return draw_panels(made, columns, note, shared=True, row_height=0.2, label_width=26)


def panel(sweep: Sweep, outcome: Outcome, found: Means) -> Panel:
    """One outcome: its rows, and a line at the mean over all levels of the first factor."""
    rows: list[Row] = []
    everything: list[float] = []
    for factor in sweep.factors:
        rows.append(Row(factor.words, heading=True))
        for level, label in zip(factor.levels, factor.labels, strict=True):
            one = found.get((factor.name, ident(level), outcome.key))
            rows.append(Row(f"{label}", (Mark(one, BLUE),)))
            everything += [one.mean] if one else []
    middle = sum(everything) / len(everything) if everything else None
    axis = outcome.unit_words or outcome.unit
    return Panel(outcome.title, axis, tuple(rows), outcome.writer.kind, middle)


def spans(sweep: Sweep, outcome: Outcome) -> list[tuple[Factor, float]]:
    """Factors by the distance between their lowest and highest level mean, largest first."""
    found = means(sweep)
    out = []
    for factor in sweep.factors:
        values = [one.mean for level in factor.levels if (one := found.get((factor.name, ident(level), outcome.key)))]
        if values:
            out.append((factor, max(values) - min(values)))
    return sorted(out, key=lambda pair: -pair[1])


def caption(sweep: Sweep) -> str:
    """Which factor matters most for the first outcome, and the least."""
    first = sweep.shown[0]
    order = spans(sweep, first)
    text = "Long distances between the dots of one factor mean that it matters."
    if len(order) > 1:
        (most, far), (least, near) = order[0], order[-1]
        write = first.changes.change
        text += (
            f" {first.title}: {most.words} moves it by {write(far).lstrip('+')} between its levels, {least.words} by "
            f"{write(near).lstrip('+')}."
        )
    return text
