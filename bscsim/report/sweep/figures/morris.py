"""Figures: Morris screening, as bars of mu* and as the plane of mu* and sigma."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bscsim.report.figures.style import BLUE, INK, ORANGE, SOFT, WIDTH
from bscsim.report.sweep.figures.panels import (
    Plan,
    columns_for,
    foot,
    lay_out,
    panel_title,
    panels,
    place_labels,
    sheet,
    value_axis,
    wrap,
)
from bscsim.report.sweep.figures.rows import Mark, Panel, Row, draw_panels
from bscsim.report.sweep.numbers import Estimate
from bscsim.report.words import listed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bscsim.report.sweep.study import Factor, Outcome, Sweep

MOST_ROWS, MOST_NAMES = 20, 6


@dataclass(frozen=True)
class Screened:
    """One factor's screening: mu* with interval, sigma, and the mu* that noise alone would give."""

    factor: Factor
    star: Estimate
    sigma: float
    noise: float


def screened(sweep: Sweep, outcome: Outcome) -> list[Screened]:
    """Factors by mu*, largest first."""
    found = []
    for row in sweep.rows("morris"):
        star = Estimate.from_parts(row.get("mu_star"), row.get("low"), row.get("high"))
        if row["response"] == outcome.key and star is not None:
            numbers = [float(row.get(name) or 0.0) for name in ("sigma", "noise")]
            found.append(Screened(sweep.factor(row["factor"]), star, *numbers))
    return sorted(found, key=lambda one: -one.star.mean)


def plans(sweep: Sweep) -> list[Plan]:
    """Both figures, if the study is a screening."""
    shown = [outcome for outcome in sweep.shown if screened(sweep, outcome)]
    if not shown:
        return []
    first = shown[0]
    top = screened(sweep, first)[0].factor.words
    return [
        Plan("screening", f"The factor whose range moves {first.lower_title} most: {top}", caption(sweep, first),
             lambda: draw_bars(sweep, shown)),
        Plan("screening_plane", "Do factors act alone and evenly, or through others?", plane_caption(sweep, first),
             lambda: draw_planes(sweep, shown)),
    ]  # fmt: skip


def draw_bars(sweep: Sweep, shown: list[Outcome]) -> Figure:
    """A panel an outcome, each sorted on its own, with the noise floor of each factor as a tick."""
    made = [bar_panel(sweep, outcome) for outcome in shown]
    columns = 1 if len(made) == 1 else 2
    note = (
        "Bars: mean size of the change in the outcome over the whole range of a factor (mu*), whiskers: 95% interval "
        "(bootstrap over trajectories). Orange ticks: what chance alone would give after this many replicates; bars "
        "that do not pass it are pale."
    )
    return draw_panels(made, columns, note, row_height=0.27, label_width=32 if columns == 1 else 20)


def bar_panel(sweep: Sweep, outcome: Outcome) -> Panel:
    """The bars of one outcome."""
    rows = []
    for one in screened(sweep, outcome)[:MOST_ROWS]:
        floor = Estimate(one.noise, float("nan"), float("nan"))
        bar = Mark(one.star, BLUE, filled=above_noise(one), text=outcome.changes.change(one.star.mean).lstrip("+"),
                   text_color=INK)  # fmt: skip
        rows.append(Row(one.factor.words, (bar, Mark(floor, ORANGE, "|"))))
    unit = outcome.change_unit
    return Panel(outcome.title, f"mu* ({unit})" if unit else "mu*", tuple(rows), outcome.writer.kind, 0.0, bars=True)


def above_noise(one: Screened) -> bool:
    """Whether mu* (its lower end, if known) is above what noise alone gives."""
    return (one.star.low if one.star.has_interval else one.star.mean) > one.noise


def draw_planes(sweep: Sweep, shown: list[Outcome]) -> Figure:
    """A panel an outcome; names are placed when the layout is known."""
    columns = columns_for(len(shown), 2)
    figure = sheet(2.9 * -(-len(shown) // columns) + 0.4)
    made = panels(figure, len(shown), columns)
    for axes, outcome in zip(made, shown, strict=True):
        draw_plane(axes, sweep, outcome)
        panel_title(axes, outcome.title, (WIDTH - 1.0) / columns)
    foot(figure, (
        "Dots: factors; to the right: matters more; higher: its change depends on where the other factors, or it "
        "itself, stand. On the gray line sigma equals mu*. Orange line: the noise floor (mean over factors). The "
        f"{MOST_NAMES} factors with the largest mu* are named where there is room."
    ))  # fmt: skip
    lay_out(figure)
    for axes, outcome in zip(made, shown, strict=True):
        found = screened(sweep, outcome)[:MOST_NAMES]
        place_labels(axes, [(one.star.mean, one.sigma) for one in found],
                     [wrap(one.factor.words, 20, 2) for one in found], color=INK)  # fmt: skip
    return figure


def draw_plane(axes: Axes, sweep: Sweep, outcome: Outcome) -> None:
    """Dots, the diagonal and the noise floor."""
    found = screened(sweep, outcome)
    right = max(one.star.mean for one in found) * 1.3 or 1.0
    top = max(one.sigma for one in found) * 1.25 or 1.0
    axes.plot([0, min(right, top)], [0, min(right, top)], color=SOFT, lw=0.8, ls=(0, (4, 3)))
    axes.axvline(sum(one.noise for one in found) / len(found), color=ORANGE, lw=1.0)
    for one in found:
        axes.plot([one.star.mean], [one.sigma], "o", color=BLUE, ms=4.6, mfc=BLUE if above_noise(one) else "white")
    axes.set_xlim(0, right)
    axes.set_ylim(0, top)
    for axis in (axes.xaxis, axes.yaxis):
        value_axis(axis, outcome.writer.kind)
    unit = f" ({outcome.change_unit})" if outcome.change_unit else ""
    axes.set_xlabel(f"mu*{unit}")
    axes.set_ylabel(f"sigma{unit}")


def caption(sweep: Sweep, outcome: Outcome) -> str:
    """The three largest, and those at the noise floor."""
    found = screened(sweep, outcome)
    write = outcome.changes
    said = [f"{one.factor.words} {write.with_interval(one.star, True).replace('+', '')}" for one in found[:3]]
    unit = f" ({outcome.change_unit})" if outcome.change_unit else ""
    text = f"{outcome.title}, mu*{unit}: {listed(said)}."
    lost = [one.factor.words for one in found if not above_noise(one)]
    return f"{text} Not told apart from chance: {listed(lost)}." if lost else text


def plane_caption(sweep: Sweep, outcome: Outcome) -> str:
    """Which factors act through others."""
    found = [one for one in screened(sweep, outcome) if above_noise(one)]
    uneven = [one.factor.words for one in found if one.sigma > 0.5 * one.star.mean]
    text = (
        "A factor near the bottom changes the outcome by the same amount wherever it is moved; one near or above the "
        "gray line acts unevenly or through other factors."
    )
    return f"{text} {outcome.title}: uneven (sigma above half of mu*) {listed(uneven)}." if uneven else text
