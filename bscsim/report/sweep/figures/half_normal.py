"""Figure: half-normal plot of the effects of a factorial experiment: real effects leave the line of the rest."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from bscsim.report.figures.style import BLUE, INK, ORANGE, SOFT, WIDTH
from bscsim.report.sweep.figures.effects import Term, terms
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

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bscsim.report.sweep.study import Outcome, Sweep

NAMED = 8
OUTCOMES = 4
FEWEST = 7
"""Effects below which the plot says nothing."""


def plans(sweep: Sweep) -> list[Plan]:
    """The figure, if there are enough effects with quantiles."""
    shown = [outcome for outcome in sweep.shown if len(with_quantile(sweep, outcome)) >= FEWEST][:OUTCOMES]
    if not shown:
        return []
    title = "Which effects stand out from the crowd of small ones?"
    return [Plan("half_normal", title, caption(sweep, shown[0]), lambda: draw(sweep, shown))]


def with_quantile(sweep: Sweep, outcome: Outcome) -> list[Term]:
    """Terms that have a half-normal quantile."""
    return [term for term in terms(sweep, outcome) if term[2] is not None]


def pseudo_error(sizes: list[float]) -> float:
    """Lenth's pseudo standard error of effects (Lenth 1989, Technometrics 31:469): 1.5 x a median without outliers.

    >>> pseudo_error([1.0, 1.0, 1.0, 20.0])
    1.5
    """
    first = 1.5 * median(sizes)
    kept = [size for size in sizes if size < 2.5 * first]
    return 1.5 * median(kept or sizes)


def margin(sizes: list[float]) -> float:
    """Lenth's margin of error: effects beyond it are unlikely to be part of the crowd."""
    from scipy.special import stdtrit

    return float(stdtrit(len(sizes) / 3, 0.975)) * pseudo_error(sizes)


def outliers(found: list[Term]) -> list[Term]:
    """Terms beyond the margin of error, largest first, at most eight."""
    limit = margin([abs(one.mean) for _, one, _ in found])
    return [term for term in found if abs(term[1].mean) > limit][:NAMED]


def draw(sweep: Sweep, shown: list[Outcome]) -> Figure:
    """A panel an outcome; names are placed when the layout is known."""
    columns = columns_for(len(shown), 2)
    figure = sheet(2.9 * -(-len(shown) // columns) + 0.4)
    made = panels(figure, len(shown), columns)
    for axes, outcome in zip(made, shown, strict=True):
        draw_panel(axes, sweep, outcome)
        panel_title(axes, outcome.title, (WIDTH - 1.0) / columns)
    foot(figure, (
        "Dots: |effect| against the half-normal quantile of its rank; circles: main effects, open squares: "
        "interactions. Gray line: where all would lie if they were chance of one size (Lenth's pseudo standard error). "
        f"Named: beyond his 95% margin of error, at most {NAMED}."
    ))  # fmt: skip
    lay_out(figure)
    for axes, outcome in zip(made, shown, strict=True):
        chosen = outliers(with_quantile(sweep, outcome))
        at = [(float(q or 0.0), abs(one.mean)) for _, one, q in chosen]
        place_labels(axes, at, [wrap(sweep.term_words(names), 26, 2) for names, _, _ in chosen], color=INK)
    return figure


def draw_panel(axes: Axes, sweep: Sweep, outcome: Outcome) -> None:
    """Dots and the line of the pseudo standard error."""
    found = with_quantile(sweep, outcome)
    far = max(float(q or 0.0) for _, _, q in found) * 1.12
    error = pseudo_error([abs(one.mean) for _, one, _ in found])
    top = max(abs(one.mean) for _, one, _ in found) * 1.14 or 1.0
    axes.plot([0, far], [0, error * far], color=SOFT, lw=1.0)
    for names, one, q in found:
        main = len(names) == 1
        axes.plot([float(q or 0.0)], [abs(one.mean)], "o" if main else "s", color=BLUE if main else ORANGE, ms=4.6,
                  mfc=BLUE if main else "white", clip_on=False, zorder=3)  # fmt: skip
    axes.set_xlim(0, far)
    axes.set_ylim(0, top)
    value_axis(axes.yaxis, outcome.writer.kind)
    axes.set_xlabel("Half-normal quantile")
    axes.set_ylabel(f"Size of the effect ({outcome.change_unit})" if outcome.change_unit else "Size of the effect")


def caption(sweep: Sweep, outcome: Outcome) -> str:
    """Which terms stand out for the first outcome."""
    names = [sweep.term_words(names) for names, _, _ in outliers(with_quantile(sweep, outcome))]
    text = "Small effects lie along the line, whatever their cause; those that matter lie far above it."
    said = f" {outcome.title}: {'; '.join(names)}." if names else f" {outcome.title}: none stands out."
    return text + said
