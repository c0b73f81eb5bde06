"""Panels of rows: a label at the left, dots or bars with whiskers, and numbers at the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bscsim.report.figures.style import BLUE, INK, SOFT, WIDTH
from bscsim.report.sweep.figures.panels import PER_INCH, foot, sheet, thin_ticks, value_axis, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bscsim.report.sweep.numbers import Estimate


@dataclass(frozen=True)
class Mark:
    """One estimate in a row: how it looks, how far below the row's middle it stands, and its words at the right."""

    found: Estimate | None
    color: str = BLUE
    marker: str = "o"
    filled: bool = True
    below: float = 0.0
    text: str = ""
    text_color: str = SOFT


@dataclass(frozen=True)
class Row:
    """One line of a panel; a heading has no marks."""

    label: str
    marks: tuple[Mark, ...] = ()
    heading: bool = False


@dataclass(frozen=True)
class Panel:
    """One panel of rows: its title, what its axis shows, of which kind its values are, and a line to compare with."""

    title: str
    axis: str
    rows: tuple[Row, ...]
    kind: str = "plain"
    line: float | None = None
    bars: bool = False


def draw_panels(made: Sequence[Panel], columns: int, note: str, *, shared: bool = False, row_height: float = 0.24,
                label_width: int = 24) -> Figure:
    """Panels in rows of `columns`. With `shared` all have the same rows, named at the left end only."""
    lines = -(-len(made) // columns)
    tall = [max(len(panel.rows) for panel in made[i * columns : (i + 1) * columns]) for i in range(lines)]
    heights = [row_height * max(rows, 1) + 0.1 for rows in tall]
    named_inches = label_width / PER_INCH["label"]
    inches = WIDTH - 0.3 - named_inches if shared else WIDTH - 0.3 - columns * named_inches
    titled = [wrap(panel.title, int(inches / columns * PER_INCH["title"])) for panel in made]
    titles = 0.18 * max((title.count("\n") for title in titled), default=0)
    figure = sheet(sum(heights) + (0.78 + titles) * lines + 0.3)
    grid = figure.add_gridspec(lines, columns, height_ratios=heights)
    for i, panel in enumerate(made):
        axes = figure.add_subplot(grid[i // columns, i % columns])
        named = not shared or i % columns == 0
        draw_rows(axes, panel, named, label_width)
        axes.set_title(titled[i])
    foot(figure, note)
    thin_ticks(figure)
    return figure


def draw_rows(axes: Axes, panel: Panel, named: bool, label_width: int) -> None:
    """Rows from top to bottom with faint lines, marks, words at the right and the axis of values."""
    places = [y for y, row in enumerate(panel.rows) if not row.heading]
    axes.hlines(places, 0, 1, transform=axes.get_yaxis_transform(), color="#eceef1", lw=0.6, zorder=0)
    for y, row in enumerate(panel.rows):
        for mark in row.marks:
            draw_mark(axes, mark, y + mark.below, panel.bars, 0.72 / max(len(row.marks), 1))
    if panel.line is not None:
        axes.axvline(panel.line, color=SOFT, lw=0.8, zorder=1)
    for artist in (*axes.lines, *axes.patches, *axes.collections):
        artist.set_in_layout(False)  # inside the panel: nothing to measure
    if named:
        name_rows(axes, panel.rows, label_width)
    axes.yaxis.set_visible(False)
    axes.set_ylim(len(panel.rows) - 0.4, -0.6)
    axes.margins(x=0.07)
    axes.spines["left"].set_visible(False)
    value_axis(axes.xaxis, panel.kind)
    axes.set_xlabel(panel.axis)


def draw_mark(axes: Axes, mark: Mark, y: float, bars: bool, thick: float) -> None:
    """A bar or a dot with its whisker, and its words."""
    if mark.text:
        axes.text(1.02, y, mark.text, transform=axes.get_yaxis_transform(), va="center", fontsize=7.5,
                  color=mark.text_color)  # fmt: skip
    if mark.found is None:
        return
    if bars:
        axes.barh(y, mark.found.mean, height=thick, color=mark.color, alpha=1.0 if mark.filled else 0.35, lw=0)
    if mark.found.has_interval:
        axes.plot([mark.found.low, mark.found.high], [y, y], color=INK if bars else mark.color, lw=1.1,
                  solid_capstyle="butt", zorder=3)  # fmt: skip
    if not bars:
        axes.plot([mark.found.mean], [y], mark.marker, color=mark.color, ms=4.6, zorder=4,
                  mfc=mark.color if mark.filled else "white")  # fmt: skip


def name_rows(axes: Axes, rows: Sequence[Row], label_width: int) -> None:
    """Labels of the rows at the left; headings stand out. Plain words, because ticks are measured many times over."""
    for y, row in enumerate(rows):
        words = wrap(row.label, label_width + 8, 1) if row.heading else wrap(row.label, label_width)
        axes.text(-0.02, y, words, transform=axes.get_yaxis_transform(), ha="right", va="center", fontsize=7.6,
                  linespacing=1.0, fontweight="bold" if row.heading else "normal")  # fmt: skip
