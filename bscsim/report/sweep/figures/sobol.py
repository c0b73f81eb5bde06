"""Figure: Sobol indices, how much of an outcome's variance each factor explains alone and with its interactions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bscsim.report.figures.style import BLUE, SKY
from bscsim.report.sweep.figures.panels import Plan
from bscsim.report.sweep.figures.rows import Mark, Panel, Row, draw_panels
from bscsim.report.sweep.numbers import Estimate
from bscsim.report.words import level, listed, percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bscsim.report.sweep.study import Factor, Outcome, Sweep

MOST = 15
Indices = tuple["Factor", "Estimate | None", "Estimate"]


def indices(sweep: Sweep, outcome: Outcome) -> list[Indices]:
    """Factors with first-order and total index, the largest total first."""
    found: list[Indices] = []
    for row in sweep.rows("sobol"):
        total = Estimate.from_parts(row.get("total"), row.get("total_low"), row.get("total_high"))
        if row["response"] == outcome.key and total is not None:
            first = Estimate.from_parts(row.get("first"), row.get("first_low"), row.get("first_high"))
            found.append((sweep.factor(row["factor"]), first, total))
    return sorted(found, key=lambda one: -one[2].mean)


def plans(sweep: Sweep) -> list[Plan]:
    """The figure, if there are indices."""
    shown = [outcome for outcome in sweep.shown if indices(sweep, outcome)]
    if not shown:
        return []
    top = indices(sweep, shown[0])[0][0]
    title = f"The factor that explains most of the variation of {shown[0].lower_title}: {top.words}"
    return [Plan("sobol", title, caption(sweep, shown[0]), lambda: draw(sweep, shown))]


def draw(sweep: Sweep, shown: list[Outcome]) -> Figure:
    """A panel an outcome, each sorted on its own: the upper bar of a factor is its total, the lower its own share."""
    made = []
    for outcome in shown:
        rows = []
        for factor, first, total in indices(sweep, outcome)[:MOST]:
            marks = [Mark(total, BLUE, below=-0.2, text=level(total.mean), text_color=BLUE)]
            if first is not None:
                marks.append(Mark(first, SKY, below=0.2, text=level(first.mean), text_color="#26729E"))
            rows.append(Row(factor.words, tuple(marks)))
        made.append(Panel(outcome.title, "Share of the variance", tuple(rows), line=0.0, bars=True))
    columns = 1 if len(made) == 1 else 2
    note = (
        "Dark upper bars: total index (with interactions); light lower bars: first-order index (alone). Noise of the "
        "replicates is taken out. Whiskers: 95% interval (bootstrap over points and replicates)."
    )
    return draw_panels(made, columns, note, row_height=0.38, label_width=32 if columns == 1 else 20)


def caption(sweep: Sweep, outcome: Outcome) -> str:
    """The largest totals, what interactions add, and what is near zero."""
    found = indices(sweep, outcome)
    factor, first, total = found[0]
    inside = f" ({level(total.low)} to {level(total.high)})" if total.has_interval else ""
    text = f"{outcome.title}: {factor.words} has a total index of {level(total.mean)}{inside}"
    text += f", {level(first.mean)} of it alone." if first is not None else "."
    alone = sum(first.mean for _, first, _ in found if first is not None)
    text += f" The first-order indices add up to {level(alone)}; what is missing to 1 is interaction."
    nothing = [factor.words for factor, _, total in found if total.has_interval and total.low <= 0]
    if nothing:
        text += f" Not told apart from nothing: {listed(nothing)}."
    share = ((sweep.summary.get("noise") or {}).get(outcome.key) or {}).get("signal_share")
    if share is not None:
        text += f" {percent(share)} of the variance between the cells' means is signal, the rest replicate noise."
    return text
