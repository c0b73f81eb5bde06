"""Figure: what changing one factor at a time does to an outcome, the largest change on top."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from bscsim.report.figures.style import BLUE, FAINT, ORANGE, SKY, SOFT
from bscsim.report.sweep.figures.panels import AMBER, Plan, unit_label, wrap
from bscsim.report.sweep.figures.rows import Mark, Panel, Row, draw_panels
from bscsim.report.sweep.numbers import Estimate
from bscsim.report.sweep.study import ident

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bscsim.report.sweep.study import Factor, Outcome, Sweep

MOST_LEVELS = 4
MOST_FACTORS = 20
BELOW, ABOVE = ((ORANGE, "#B34E00"), (AMBER, "#8A6000")), ((BLUE, BLUE), (SKY, "#26729E"))
BESIDE = ((SOFT, SOFT), (FAINT, SOFT))
Change = tuple[Any, str, Estimate]


def plans(sweep: Sweep) -> list[Plan]:
    """The figure, if one factor at a time was changed."""
    shown = [outcome for outcome in sweep.shown if changes(sweep, outcome)]
    if not shown:
        return []
    top = changes(sweep, shown[0])[0][0]
    title = f"Changed one at a time, the factor that moves {shown[0].lower_title} most: {top.words}"
    return [Plan("tornado", title, caption(sweep, shown[0]), lambda: draw(sweep, shown))]


def changes(sweep: Sweep, outcome: Outcome) -> list[tuple[Factor, list[Change]]]:
    """By factor its (level, label, difference from the reference), factors with the widest span first."""
    found: dict[str, list[Change]] = {}
    for row in sweep.rows("one_at_a_time"):
        one = Estimate.of(row.get("difference")) if row["response"] == outcome.key else None
        if one is not None:
            factor = sweep.factor(row["factor"])
            label = str(row.get("label") or factor.label(row["level"]))
            found.setdefault(row["factor"], []).append((row["level"], label, one))
    pairs = [(sweep.factor(name), ends_of(sweep.factor(name), levels)) for name, levels in found.items()]
    return sorted(pairs, key=lambda pair: -span(pair[1]))


def ends_of(factor: Factor, levels: list[Change]) -> list[Change]:
    """Levels in the factor's order; of many only the first and the last."""
    ordered = sorted(levels, key=lambda one: factor.places.get(ident(one[0]), len(factor.levels)))
    return ordered if len(ordered) <= MOST_LEVELS else [ordered[0], ordered[-1]]


def span(levels: list[Change]) -> float:
    """Distance from the lowest to the highest difference, the reference (0) included."""
    values = [0.0, *(one.mean for _, _, one in levels)]
    return max(values) - min(values)


def draw(sweep: Sweep, shown: list[Outcome]) -> Figure:
    """A panel an outcome, each sorted on its own."""
    made = [panel(sweep, outcome) for outcome in shown]
    tall = max(len(row.marks) for one in made for row in one.rows)
    columns = 1 if len(made) == 1 else 2
    note = (
        "Bars: mean difference from the reference when only this factor is changed, paired by common random numbers; "
        "the level and its difference stand at the right. Orange: levels before the reference in the factor's order; "
        f"blue: after it{unplaced(sweep)}. {sweep.whiskers()}"
    )
    height = max(0.3, 0.17 * tall + 0.06)
    return draw_panels(made, columns, note, row_height=height, label_width=30 if columns == 1 else 16)


def unplaced(sweep: Sweep) -> str:
    """Which factors have the reference nowhere in the order of their levels: their bars are all gray."""
    names = dict.fromkeys(row["factor"] for row in sweep.rows("one_at_a_time"))
    words = [sweep.factor(name).words for name in names if math.isnan(reference_place(sweep, sweep.factor(name)))]
    return f"; gray: the reference has none of the levels ({', '.join(words)})" if words else ""


def panel(sweep: Sweep, outcome: Outcome) -> Panel:
    """One outcome's bars."""
    found = changes(sweep, outcome)
    rows = tuple(Row(factor.words, tuple(marks(sweep, factor, levels, outcome))) for factor, levels in found)
    title = outcome.title if len(rows) <= MOST_FACTORS else f"{outcome.title}: the {MOST_FACTORS} largest"
    return Panel(title, unit_label(outcome, True), rows[:MOST_FACTORS], outcome.writer.kind, 0.0, bars=True)


def marks(sweep: Sweep, factor: Factor, levels: list[Change], outcome: Outcome) -> list[Mark]:
    """A thin bar a level, colored by which side of the reference's level it is on."""
    middle = reference_place(sweep, factor)
    out = []
    count = {True: 0, False: 0}
    for i, (level, label, one) in enumerate(levels):
        after = factor.places.get(ident(level), len(factor.levels)) > middle
        sides = BESIDE if math.isnan(middle) else ABOVE if after else BELOW
        color, tone = sides[count[after] % 2]
        count[after] += 1
        text = f"{wrap(label, 15, 1)}: {outcome.changes.change(one.mean)}"
        below = (i - (len(levels) - 1) / 2) * 0.8 / len(levels)
        out.append(Mark(one, color, below=below, text=text, text_color=tone))
    return out


def reference_place(sweep: Sweep, factor: Factor) -> float:
    """Where the reference cell's level stands among the factor's levels; NaN if it has no place in their order.

    A number that is none of the levels stands between those below and above it, whichever way they are ordered.
    """
    cell = sweep.cell.get(sweep.summary.get("reference") or 0)
    level = (cell or {}).get("levels", {}).get(factor.name)
    place = factor.places.get(ident(level))
    if place is not None:
        return place
    number = isinstance(level, int | float) and not isinstance(level, bool)
    steps = [after - before for before, after in pairwise(factor.levels)] if number and factor.numeric else []
    if not steps or not (all(step > 0 for step in steps) or all(step < 0 for step in steps)):
        return math.nan
    before = [one for one in factor.levels if (one < level if steps[0] > 0 else one > level)]
    return len(before) - 0.5


def caption(sweep: Sweep, outcome: Outcome) -> str:
    """The largest change with its interval, and which changes cannot be told from none."""
    found = changes(sweep, outcome)
    factor, levels = found[0]
    _, label, one = max(levels, key=lambda level: abs(level[2].mean))
    text = (
        f"{outcome.title} changes most, by {outcome.changes.with_interval(one, True)} {outcome.change_unit}".rstrip()
        + f", when {factor.words} is {label} instead of its level in the reference."
    )
    unclear = [one.words for one, levels in found
               if all(change.has_interval and not change.clear_of_zero for _, _, change in levels)]  # fmt: skip
    if unclear:
        text += f" Not told apart from no change: {', '.join(unclear)}."
    return text + " One at a time shows no interactions."
