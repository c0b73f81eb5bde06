"""Figures: power, and the minimum detectable effect, along each axis of the study."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from bscsim.report.figures.style import SOFT, WIDTH
from bscsim.report.power.figures.dots import share_ticks
from bscsim.report.power.numbers import bare, bare_interval, known, level_interval
from bscsim.report.power.study import analysis_words, estimator_words, in_sd, level_words, mdes_of
from bscsim.report.sweep.figures.lines import draw_line, numeric, positions
from bscsim.report.sweep.figures.panels import (
    PER_INCH,
    SERIES,
    Plan,
    columns_for,
    foot,
    name_ends,
    panel_title,
    panels,
    sheet,
    value_axis,
    wrap,
)
from bscsim.report.sweep.study import ident
from bscsim.report.words import listed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bscsim.report.power.study import Data, Power
    from bscsim.report.sweep.numbers import Estimate
    from bscsim.report.sweep.study import Factor

EFFECT = "truth.gaussian.effect"
MOST_LINES, MOST_PANELS, MANY_LEVELS = 6, 6, 8
Line = tuple[str, list["Estimate | None"]]
Value = Callable[["Data"], "Estimate | None"]


def power_value(estimator: Data) -> Estimate | None:
    """The power."""
    return known(estimator.get("power"))


def mdes_value(estimator: Data) -> Estimate | None:
    """The minimum detectable effect, in SD where that is known."""
    return mdes_of(estimator)[0]


def plans(power: Power) -> list[Plan]:
    """Two figures an axis: power, then minimum detectable effects."""
    made = []
    for kind, value in (("power", power_value), ("mdes", mdes_value)):
        if not any(value(one) for _, _, one in power.estimates()):
            continue
        for number, axis in enumerate(power.axes, start=1):
            if kind == "mdes" and axis.name == EFFECT:
                continue  # what can be found does not depend on what is true
            what = "power" if kind == "power" else "the smallest effect that is found"
            title = f"How {what} changes with {axis.words}"
            made.append(
                Plan(
                    f"{kind}_curve_{number}",
                    title,
                    caption(power, axis, kind),
                    partial(draw, power, axis, kind, value),
                )
            )
    return made


def second(power: Power, axis: Factor) -> Factor | None:
    """The axis whose levels make the lines; None: estimators do."""
    return next((other for other in power.axes if other is not axis and len(other.levels) <= MOST_LINES), None)


def cells_along(power: Power, axis: Factor, fixed: dict[str, Any]) -> list[Data | None]:
    """The cells at each level of an axis with the other axes fixed."""
    found = {}
    for cell in power.cells:
        if all(power.level_of(cell, factor) == fixed[factor.name] for factor in power.axes if factor.name in fixed):
            found[power.level_of(cell, axis)] = cell
    return [found.get(ident(level)) for level in axis.levels]


def lines_of(power: Power, axis: Factor, analysis: Data, value: Value) -> list[Line]:
    """The lines of a panel: estimators, or levels of the second axis with the first estimator."""
    number, other = analysis.get("analysis", 0), second(power, axis)
    fixed = {factor.name: power.level_of(power.first, factor) for factor in power.axes if factor is not axis}
    estimators = list(analysis.get("estimators") or ())

    def along(estimator: Data, at: dict[str, Any]) -> list[Estimate | None]:
        out = []
        for cell in cells_along(power, axis, at):
            one = power.at(cell, number, estimator["name"]) if cell is not None else None
            out.append(value(one) if one is not None else None)
        return out

    if other is None:
        return [(estimator_words(one), along(one, fixed)) for one in estimators[:MOST_LINES]]
    levels = zip(other.labels, other.levels, strict=True)
    first = estimators[:1]
    return [(label, along(one, fixed | {other.name: ident(level)})) for label, level in levels for one in first]


def draw(power: Power, axis: Factor, kind: str, value: Value) -> Figure:
    """A panel an analysis; estimators are named above the panels, levels at the right of the lines."""
    analyses = power.analyses[:MOST_PANELS]
    columns = columns_for(len(analyses), 2)
    other = second(power, axis)
    series = estimators_of(analyses) if other is None else list(other.labels)
    figure = sheet(2.7 * -(-len(analyses) // columns) + 0.4 + 0.2 * (other is None))
    for i, (axes, analysis) in enumerate(zip(panels(figure, len(analyses), columns), analyses, strict=True)):
        inches = (WIDTH - 1.4) / columns
        found = lines_of(power, axis, analysis, value)
        draw_panel(axes, axis, found, series)
        scale_panel(axes, power, kind, analysis)
        panel_title(axes, analysis_words(analysis), inches)
        axes.set_xlabel(wrap(axis.words, int(inches * PER_INCH["label"]), 2))
        if other is not None and (i % columns == columns - 1 or i == len(analyses) - 1):
            ends = [next((one.mean for one in reversed(values) if one), float("nan")) for _, values in found]
            name_ends(axes, other.words, ends, [name for name, _ in found], 17)
    if other is None:
        name_above(figure, series)
    foot(figure, note(power, axis, kind))
    return figure


def estimators_of(analyses: list[Data]) -> list[str]:
    """The estimators of all analyses in words, each once: an estimator looks the same in every panel."""
    names = [estimator_words(one) for analysis in analyses for one in (analysis.get("estimators") or ())[:MOST_LINES]]
    return list(dict.fromkeys(names))[: len(SERIES)]


def name_above(figure: Figure, series: list[str]) -> None:
    """The marks and names of the estimators."""
    from matplotlib.lines import Line2D

    marks = [Line2D([], [], color=color, marker=marker, ms=4.2, lw=1.2) for color, marker, _ in SERIES]
    figure.legend(marks[: len(series)], [wrap(name, 30, 2) for name in series], loc="outside upper left", ncols=3,
                  frameon=False, fontsize=7.6, columnspacing=1.4, handlelength=2.2)  # fmt: skip


def draw_panel(axes: Axes, axis: Factor, found: list[Line], series: list[str]) -> None:
    """Lines with whiskers, a little beside each other so that none hides another."""
    from matplotlib.ticker import MaxNLocator

    at, words, log = places(axis)
    span = max(at) - min(at) or 1.0
    for i, (name, values) in enumerate(found):
        j = series.index(name) if name in series else i
        beside = 0.0 if log else (i - (len(found) - 1) / 2) * 0.012 * span
        draw_line(axes, [x + beside for x in at], values, j, False)
    if scaled(axis):
        for line in axes.get_lines():
            line.set_linestyle("-")
    if log:
        axes.set_xscale("log")
        axes.minorticks_off()
    if crowded(axis):
        whole = all(float(level).is_integer() for level in axis.levels)
        axes.xaxis.set_major_locator(MaxNLocator(8, integer=whole, steps=[1, 2, 5, 10]))
    else:
        axes.set_xticks(at, [wrap(word, 12, 3) for word in words])
    axes.margins(x=0.06)
    axes.grid(axis="y")


def crowded(axis: Factor) -> bool:
    """Whether an axis has so many numbers that only some are named."""
    return axis.numeric and len(axis.levels) > MANY_LEVELS


def scaled(axis: Factor) -> bool:
    """Whether the levels stand where the numbers are."""
    return crowded(axis) or numeric(axis)


def places(axis: Factor) -> tuple[list[float], list[str], bool]:
    """Where the levels stand, how they are called, and whether the scale is logarithmic."""
    return ([float(level) for level in axis.levels], list(axis.labels), False) if crowded(axis) else positions(axis)


def scale_panel(axes: Axes, power: Power, kind: str, analysis: Data) -> None:
    """Power from 0 to 1 with the power wanted; effects from 0 with the true effect."""
    if kind == "power":
        axes.axhline(power.target, color=SOFT, lw=1.0, ls=(0, (5, 3)), zorder=1)
        axes.set_ylim(0, 1.02)
        share_ticks(axes)
        axes.set_ylabel("power")
        return
    standard = any(mdes_of(one)[1] for one in analysis.get("estimators") or ())
    truth = in_sd(analysis) if standard else known((analysis.get("truth") or {}).get("effect"))
    if truth is not None:
        axes.axhline(truth.mean, color=SOFT, lw=1.0, ls=(0, (5, 3)), zorder=1)
    axes.set_ylim(0, axes.get_ylim()[1])
    value_axis(axes.yaxis, "plain")
    axes.set_ylabel("effect (SD)" if standard else "effect (outcome's unit)")


def note(power: Power, axis: Factor, kind: str) -> str:
    """What the dashed line is, and what is held fixed."""
    true = f"the true effect in the cell “{power.cell_label(power.first)}”"
    mark = f"the power wanted ({bare(power.target)})" if kind == "power" else true
    text = f"{power.whiskers('Thin bars')} Dashed horizontal line: {mark}."
    other = second(power, axis)
    if other is not None:
        text += " Lines: first estimator of each analysis."
    rest = [factor for factor in power.axes if factor is not axis and factor is not other]
    if rest:
        levels = power.first.get("levels") or {}
        text += f" Held at: {listed([f'{f.words} {f.label(levels.get(f.name))}' for f in rest])}."
    if axis.numeric and not scaled(axis):
        text += f" Levels of {axis.words} stand side by side, not to scale."
    return text


def caption(power: Power, axis: Factor, kind: str) -> str:
    """From what to what the first line goes, and what to read."""
    value = power_value if kind == "power" else mdes_value
    lines = lines_of(power, axis, power.analyses[0], value)
    known_ends = [(label, one) for label, one in zip(axis.labels, lines[0][1], strict=True) if one] if lines else []
    text = ""
    if len(known_ends) > 1:
        say = bare_interval if kind == "power" else lambda one: level_interval(one, 2)
        (first, a), (last, b) = known_ends[0], known_ends[-1]
        other = second(power, axis)
        line = f"{other.words} {lines[0][0]}" if other is not None else lines[0][0]
        text = f"{line}: from {say(a)} with {level_words(axis.name, first, axis.words)} to {say(b)} with {last}. "
    if kind == "power":
        return text + "Where a line crosses the dashed one, the study reaches the power wanted."
    return text + "Where a line falls below the true effect (dashed), the study finds it with the power wanted."
