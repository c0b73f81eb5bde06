"""Figure: what each reason costs in power, by switching it off with the same random numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bscsim.report.figures.style import BLUE
from bscsim.report.power.figures.dots import Scale, draw_side_by_side
from bscsim.report.power.numbers import bare, bare_interval, known, signed
from bscsim.report.power.study import analysis_words, estimator_words
from bscsim.report.sweep.figures.panels import Plan
from bscsim.report.sweep.figures.rows import Mark, Panel, Row

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bscsim.report.power.study import Data, Power
    from bscsim.report.sweep.numbers import Estimate

REFERENCE = "as designed"


def plans(power: Power) -> list[Plan]:
    """The dot plot, if there are differences."""
    if not changes(power):
        return []
    return [Plan("decomposition", "What takes the power away", caption(power), lambda: draw(power))]


def changes(power: Power) -> list[tuple[Data, Estimate]]:
    """Variants with their paired difference in power, the largest gain first."""
    rows = [row for row in power.rows("decomposition") if row.get("variant") != REFERENCE]
    found = [(row, one) for row in rows if (one := known(row.get("difference"))) is not None]
    return sorted(found, key=lambda pair: -pair[1].mean)


def reference(power: Power) -> Estimate | None:
    """The power as designed."""
    rows = [row for row in power.rows("decomposition") if row.get("variant") == REFERENCE]
    return known(rows[0].get("power")) if rows else None


def draw(power: Power) -> Figure:
    """A row a reason that is switched off."""
    rows = []
    for row, one in changes(power):
        to = known(row.get("power"))
        text = signed(one.mean) + (f", to {bare(to.mean)}" if to else "")
        mark = Mark(one, BLUE, filled=one.clear_of_zero or not one.has_interval, text=text)
        rows.append(Row(str(row.get("variant")), (mark,)))
    note = (
        "Dots: power with the reason switched off minus power as designed, paired by replicate with the same random "
        "numbers. Whiskers: 95% Monte Carlo interval; open dots cannot be told apart from no change."
    )
    panel = Panel("Change in power", "difference in the share of trials", tuple(rows), line=0.0)
    return draw_side_by_side([panel], [Scale(share=False)], note, label_width=30)


def caption(power: Power) -> str:
    """The largest reason, and how to read."""
    found = changes(power)
    row, one = found[0]
    now = reference(power)
    text = f"As designed the power is {bare_interval(now)}. " if now is not None else ""
    text += f"Most is gained with “{row.get('variant')}”: {signed(one.mean)}"
    text += f" ({signed(one.low)} to {signed(one.high)})." if one.has_interval else "."
    head = power.headline
    of = f" Estimator: {estimator_words(head[2])}; analysis: {analysis_words(head[1])}." if head is not None else ""
    return (
        f"{text}{of} The further right a dot, the more power that reason takes from the study. Reasons act together: "
        "their differences do not add up."
    )
