"""What the dot plots of a power study share: panels side by side with the same rows, and a band behind the dots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bscsim.report.figures.style import FAINT, GREEN, WIDTH
from bscsim.report.sweep.figures.panels import PER_INCH, foot, sheet, thin_ticks, wrap
from bscsim.report.sweep.figures.rows import Panel, Row, draw_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

RED = "#A61B1B"


@dataclass(frozen=True)
class Scale:
    """What stands behind the dots of a panel: a band, where its axis ends at least, and whether it may pass 0 and 1."""

    band: tuple[float, float] | None = None
    shows: tuple[float, ...] = ()
    share: bool = True


def draw_side_by_side(made: Sequence[Panel], scales: Sequence[Scale], note: str, *, row_height: float = 0.26,
                      label_width: int = 26) -> Figure:  # fmt: skip
    """Panels in one row; the rows are named at the left end."""
    rows = max(len(panel.rows) for panel in made)
    inches = (WIDTH - 0.3 - label_width / PER_INCH["label"]) / len(made)
    titles = [wrap(panel.title, int(0.8 * inches * PER_INCH["title"])) for panel in made]
    figure = sheet(row_height * rows + 1.15 + 0.16 * max(title.count("\n") for title in titles))
    for i, (panel, scale) in enumerate(zip(made, scales, strict=True)):
        axes = figure.add_subplot(1, len(made), i + 1)
        plain = tuple(replace(row, label="") if row.heading else row for row in panel.rows)
        draw_rows(axes, replace(panel, rows=plain), i == 0, label_width)
        axes.set_title(titles[i])
        if i == 0:
            name_headings(axes, panel.rows, label_width, inches)
        set_scale(axes, panel, scale)
    foot(figure, note)
    thin_ticks(figure)
    return figure


def name_headings(axes: Axes, rows: Sequence[Row], label_width: int, inches: float) -> None:
    """Headings begin where the names of rows do, and may go on over the panel, whose row is empty there."""
    from matplotlib.transforms import ScaledTranslation

    figure = axes.get_figure(root=True)
    widest = max((len(row.label) for row in rows if not row.heading), default=label_width)
    left = (min(widest, label_width) + 2) / PER_INCH["label"]
    if figure is None:
        return
    place = axes.get_yaxis_transform() + ScaledTranslation(-left, 0, figure.dpi_scale_trans)
    for y, row in enumerate(rows):
        if row.heading:
            words = wrap(row.label, int((left + 0.8 * inches) * 12.5), 2)
            axes.text(0, y, words, transform=place, va="center", fontsize=7.6, linespacing=1.0, fontweight="bold")


def set_scale(axes: Axes, panel: Panel, scale: Scale) -> None:
    """Limits that hold every whisker, the line and the band; the band itself; shares stay between 0 and 1."""
    values = [x for row in panel.rows for mark in row.marks if mark.found for x in (mark.found.mean, *mark.found.ends)]
    values += [*(scale.band or ()), *scale.shows, *([] if panel.line is None else [panel.line])]
    low, high = min(values, default=0.0), max(values, default=1.0)
    room = 0.07 * (high - low or abs(high) or 1.0)
    low, high = low - room, high + room
    if scale.share:
        low, high = max(low, -0.02), min(high, 1.02)
    axes.set_xlim(low, high)
    if scale.band is not None:
        axes.axvspan(*scale.band, color="#e3f1ec", lw=0, zorder=0)
        for end in scale.band:
            axes.axvline(end, color=GREEN, lw=0.6, ls=(0, (2, 2)), zorder=0)
    axes.grid(axis="x", color=FAINT, lw=0.3)


def share_ticks(axes: Axes) -> None:
    """Shares on the vertical axis as .2, .4 and so on."""
    ticks = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    axes.set_yticks(ticks, [f"{y:.1f}".lstrip("0") if y % 1 else f"{y:.0f}" for y in ticks])
