"""Figure: estimators side by side by their power, bias and coverage."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from bscsim.report.figures.style import BLUE
from bscsim.report.power.figures.dots import RED, Scale, draw_side_by_side
from bscsim.report.power.numbers import bare, bare_interval, known
from bscsim.report.power.study import OUT_OF_BAND, analysis_words, estimator_words
from bscsim.report.sweep.figures.panels import Plan
from bscsim.report.sweep.figures.rows import Mark, Panel, Row
from bscsim.report.words import level

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bscsim.report.power.study import Data, Power

MOST_ROWS = 24
Group = tuple["Data", "Data"]


def plans(power: Power) -> list[Plan]:
    """The forest, if an estimator has a power."""
    if not any(known(one.get("power")) for _, _, one in power.estimates()):
        return []
    return [Plan("estimators", "Power, bias and coverage by estimator", caption(power), lambda: draw(power))]


def groups(power: Power) -> list[Group]:
    """The (cell, analysis) that are shown: all if they are few, else those of the first cell."""
    found = [(cell, analysis) for cell in power.cells for analysis in cell["analyses"] if analysis.get("estimators")]
    rows = sum(1 + len(analysis["estimators"]) for _, analysis in found)
    return found if rows <= MOST_ROWS else [pair for pair in found if pair[0] is power.first]


def draw(power: Power) -> Figure:
    """Three panels with the same rows."""
    shown = groups(power)
    made = [
        Panel("Power", "share of trials", rows(power, shown, "power"), line=power.target),
        Panel("Bias", "outcome's unit", rows(power, shown, "bias"), line=0.0),
        Panel("Coverage", "share of intervals", rows(power, shown, "coverage"), line=1 - power.alpha),
    ]
    note = (
        f"{power.whiskers()} Lines: the power wanted ({bare(power.target)}), no bias, and the coverage that intervals "
        f"claim ({bare(1 - power.alpha)}). Red diamonds: type I error out of its band, the power is not to "
        "be quoted."
    )
    return draw_side_by_side(made, [Scale(), Scale(share=False), Scale()], note, label_width=30)


def rows(power: Power, shown: list[Group], name: str) -> tuple[Row, ...]:
    """A heading an analysis (and cell), a row an estimator."""
    out = []
    cells = len({cell.get("cell") for cell, _ in shown})
    digits = digits_of(shown)
    for cell, analysis in shown:
        head = analysis_words(analysis)
        if cells > 1:
            head = f"{power.cell_label(cell)}: {head}" if len(power.analyses) > 1 else power.cell_label(cell)
        out.append(Row(head, heading=True))
        for one in analysis["estimators"]:
            found = known(one.get(name))
            bad = name == "power" and one.get("size_verdict") in OUT_OF_BAND
            text = "" if found is None else level(found.mean, digits) if name == "bias" else bare(found.mean)
            color, marker = (RED, "D") if bad else (BLUE, "o")
            out.append(Row(estimator_words(one), (Mark(found, color, marker, text=text, text_color=color),)))
    return tuple(out)


def digits_of(shown: list[Group]) -> int:
    """Digits that show the largest bias with two significant ones."""
    found = [known(one.get("bias")) for _, analysis in shown for one in analysis["estimators"]]
    most = max((abs(one.mean) for one in found if one is not None), default=0.0)
    return min(max(1 - math.floor(math.log10(most)), 0), 6) if most else 2


def caption(power: Power) -> str:
    """The first estimator's power, and what to read."""
    found = power.headline
    text = ""
    if found is not None and (value := known(found[2].get("power"))) is not None:
        where = f" ({power.cell_label(found[0])})" if power.several_cells else ""
        text = f"{estimator_words(found[2])}{where}: power {bare_interval(value)}. "
    text += (
        "Of estimators whose bias is near zero, whose coverage stands at the line and whose type I error is in its "
        "band below, prefer the one furthest to the right in the first panel."
    )
    all_rows = sum(len(cell["analyses"]) for cell in power.cells)
    left_out = len(groups(power)) < all_rows
    return text + (f" Shown is “{power.cell_label(power.first)}”; all cells are in the table." if left_out else "")
