"""Figure: rank correlations of an outcome with each factor of a sampled design."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bscsim.report.figures.style import BLUE, INK, ORANGE
from bscsim.report.sweep.figures.panels import Plan
from bscsim.report.sweep.figures.rows import Mark, Panel, Row, draw_panels
from bscsim.report.sweep.numbers import Estimate
from bscsim.report.words import level, listed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bscsim.report.sweep.study import Factor, Outcome, Sweep

MOST = 15


def plans(sweep: Sweep) -> list[Plan]:
    """The figure, if there are correlations."""
    shown = [outcome for outcome in sweep.shown if correlations(sweep, outcome)]
    if not shown:
        return []
    top = correlations(sweep, shown[0])[0][0]
    title = f"The factor that {shown[0].lower_title} goes with most: {top.words}"
    return [Plan("rank_correlations", title, caption(sweep, shown[0]), lambda: draw(sweep, shown))]


def correlations(sweep: Sweep, outcome: Outcome) -> list[tuple[Factor, Estimate]]:
    """Factors with their rank correlation, the strongest first."""
    found = []
    for row in sweep.rows("correlations"):
        if row["response"] == outcome.key:
            one = Estimate.from_parts(row.get("rank_correlation"), row.get("low"), row.get("high"))
            found += [(sweep.factor(row["factor"]), one)] if one else []
    return sorted(found, key=lambda pair: -abs(pair[1].mean))


def draw(sweep: Sweep, shown: list[Outcome]) -> Figure:
    """A panel an outcome, each sorted on its own; bars that may be zero are pale."""
    made = []
    for outcome in shown:
        rows = tuple(Row(factor.words, (mark(one),)) for factor, one in correlations(sweep, outcome)[:MOST])
        made.append(Panel(outcome.title, "Rank correlation", rows, line=0.0, bars=True))
    columns = 1 if len(made) == 1 else 2
    note = (
        "Spearman's rank correlation over cells, whiskers: 95% interval (bootstrap over cells). Blue: rises with the "
        "factor; orange: falls; pale: the interval holds zero."
    )
    return draw_panels(made, columns, note, row_height=0.27, label_width=32 if columns == 1 else 20)


def mark(one: Estimate) -> Mark:
    """A bar colored by its sign, pale if the interval holds zero."""
    sure = one.clear_of_zero or not one.has_interval
    return Mark(one, BLUE if one.mean >= 0 else ORANGE, filled=sure, text=level(one.mean), text_color=INK)


def caption(sweep: Sweep, outcome: Outcome) -> str:
    """The strongest, and those that cannot be told from zero."""
    found = correlations(sweep, outcome)
    factor, one = found[0]
    inside = f" ({level(one.low)} to {level(one.high)})" if one.has_interval else ""
    text = f"{outcome.title} and {factor.words}: {level(one.mean)}{inside}."
    unclear = [factor.words for factor, one in found if one.has_interval and not one.clear_of_zero]
    if unclear:
        text += f" Not told apart from zero: {listed(unclear)}."
    return text + " A rank correlation sees what only rises or only falls; a hump or an interaction can hide from it."
