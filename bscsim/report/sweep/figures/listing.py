"""Figure: a list of cells side by side, each outcome with its difference from the reference beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bscsim.report.figures.style import BLUE, INK, ORANGE
from bscsim.report.sweep.figures.panels import Plan, unit_label
from bscsim.report.sweep.figures.rows import Mark, Panel, Row, draw_panels
from bscsim.report.sweep.numbers import Estimate

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bscsim.report.sweep.study import Outcome, Sweep

MOST = 40
ROWS = 100
"""Rows of all outcomes together; with many cells fewer outcomes are drawn."""


def plans(sweep: Sweep) -> list[Plan]:
    """The figure, if the design is a list."""
    if sweep.design != "list" or not sweep.shown:
        return []
    return [Plan("cells", title(sweep), caption(sweep), lambda: draw(sweep))]


def differences(sweep: Sweep, outcome: Outcome) -> dict[int, Estimate]:
    """Difference of each cell from the reference, paired by replicate."""
    found = {}
    for row in sweep.rows("contrasts"):
        one = Estimate.of(row.get("difference")) if row["response"] == outcome.key else None
        if one is not None:
            found[int(row["cell"])] = one
    return found


def draw(sweep: Sweep) -> Figure:
    """Two panels an outcome: the values, and the differences with their numbers."""
    made: list[Panel] = []
    cells = min(len(sweep.cells), MOST)
    compared = bool(sweep.rows("contrasts"))
    for outcome in sweep.shown[: max(ROWS // cells, 1)]:
        kind = outcome.writer.kind
        made.append(Panel(outcome.title, unit_label(outcome), tuple(values(sweep, outcome)), kind))
        if compared:
            rows = tuple(against(sweep, outcome))
            made.append(Panel("Difference from the reference", unit_label(outcome, True), rows, kind, 0.0))
    columns = 2 if len(made) > 1 else 1
    more = f" The first {MOST} of {len(sweep.cells)} cells; the tables hold all." if len(sweep.cells) > MOST else ""
    beside = f" Differences are paired by common random numbers from {sweep.reference} (open dot)." if compared else ""
    note = f"Dots: mean of a cell. {sweep.whiskers()}{beside}{more}"
    return draw_panels(made, columns, note, shared=True, row_height=0.32, label_width=30)


def values(sweep: Sweep, outcome: Outcome) -> list[Row]:
    """One outcome's rows of values; the dot of the reference is open."""
    rows = []
    for cell in sweep.cells[:MOST]:
        one = sweep.value(cell, outcome.key)
        text = outcome.writer.value(one.mean) if one else "no result"
        mark = Mark(one, BLUE, filled=cell["cell"] != sweep.summary.get("reference"), text=text)
        rows.append(Row(sweep.cell_label(cell), (mark,)))
    return rows


def against(sweep: Sweep, outcome: Outcome) -> list[Row]:
    """One outcome's rows of differences; that of the reference itself is empty."""
    found = differences(sweep, outcome)
    rows = []
    for cell in sweep.cells[:MOST]:
        one = found.get(int(cell["cell"]))
        if one is None:
            text = "reference" if cell["cell"] == sweep.summary.get("reference") else ""
            rows.append(Row("", (Mark(None, text=text),)))
        else:
            clear = one.clear_of_zero or not one.has_interval
            words = outcome.changes.change(one.mean)
            rows.append(Row("", (Mark(one, ORANGE, "s", clear, text=words, text_color=INK),)))
    return rows


def title(sweep: Sweep) -> str:
    """Which cell does best."""
    first = sweep.shown[0]
    known = [(one.mean, cell) for cell in sweep.cells if (one := sweep.value(cell, first.key)) is not None]
    best = max(known, key=lambda pair: pair[0])[1]
    return f"{first.title} is highest with {sweep.cell_label(best)}"


def caption(sweep: Sweep) -> str:
    """The largest difference from the reference, and the cells that do not differ from it for sure."""
    first = sweep.shown[0]
    found = differences(sweep, first)
    if not found:
        return f"Means of the cells. {sweep.whiskers()}"
    number, one = max(found.items(), key=lambda pair: abs(pair[1].mean))
    text = (
        f"Against {sweep.reference}, {first.lower_title} differs most with {sweep.cell_label(sweep.cell[number])}: "
        f"{first.changes.with_interval(one, True)} {first.change_unit}".rstrip()
        + ". Filled squares: the interval leaves zero out; open squares: it does not."
    )
    unsure = [number for number, one in found.items() if one.has_interval and not one.clear_of_zero]
    unclear = [sweep.cell_label(sweep.cell[number]) for number in unsure]
    return f"{text} Not told apart from the reference: {'; '.join(unclear)}." if unclear else text
