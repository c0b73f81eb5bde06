"""Figure: practice over time by role, with the collaborative and in the same centers without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bscsim.record.intervals import band, interval
from bscsim.record.measures import STAFF_ROLES
from bscsim.report.figures.style import (
    BLUE,
    SOFT,
    TREATED,
    UNTREATED,
    WASH,
    month_axis,
    new_figure,
    note,
)
from bscsim.report.reading import ROLE_WORDS
from bscsim.report.words import interval_note, level

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bscsim.report.reading import Reading

NAME = "practice"
TITLE = "Practice over time, by role"


def draw(reading: Reading) -> Figure:
    """Five small panels, one a role, and a sixth that explains the marks."""
    figure = new_figure(4.9)
    grid = figure.subplots(2, 3, sharex=True, sharey=True)
    panels = list(grid.ravel())
    series = {world: reading.role_practice(world) for world in reading.worlds}
    for i, role in enumerate(STAFF_ROLES):
        draw_role(panels[i], reading, {world: values[:, :, i] for world, values in series.items()})
        panels[i].set_title(ROLE_WORDS[role])
    for axes in (grid[0, 0], grid[1, 0]):
        axes.set_ylabel("Practice (share of\nopportunities, 0–1)")
    for axes in panels[2:5]:
        axes.tick_params(labelbottom=True)
        axes.set_xlabel("Months from enrollment")
    explain(panels[5], reading)
    label_lines(panels[0], reading, {world: values[:, :, 0] for world, values in series.items()})
    note(figure, source(reading))
    return figure


def draw_role(axes: Axes, reading: Reading, series: dict[str, np.ndarray]) -> None:
    """One role: the two worlds with bands, the active period shaded, sessions and waves marked."""
    calendar = reading.calendar
    axes.axvspan(0, calendar.ends, color=WASH, lw=0)
    for month in calendar.sessions:
        axes.plot([month, month], [0, 0.035], transform=axes.get_xaxis_transform(), color=SOFT, lw=1)
    for world, values in series.items():
        mean, low, high = band(values)
        color = TREATED if world == "treated" else UNTREATED
        months = np.arange(mean.size)
        axes.fill_between(months, low, high, color=color, alpha=0.18, lw=0)
        axes.plot(months, mean, color=color, ls="-" if world == "treated" else (0, (4, 2)))
        waves = [wave for wave in calendar.waves if wave < mean.size]
        axes.plot(waves, mean[waves], "o", color=color, ms=3.2)
    month_axis(axes, calendar, "")
    axes.grid(axis="y")


def label_lines(axes: Axes, reading: Reading, series: dict[str, np.ndarray]) -> None:
    """Name the two lines inside the first panel, clear of both bands."""
    late = slice(3 * reading.calendar.horizon // 5, None)
    bands = [band(values) for values in series.values()]
    bottom, top = axes.get_ylim()
    axes.set_ylim(bottom - 0.06 * (top - bottom), top + 0.06 * (top - bottom))
    gap = 0.015 * (top - bottom)
    above = max(float(np.nanmax(high[late])) for _, _, high in bands) + gap
    right = reading.calendar.horizon
    axes.text(right, above, "with the BSC", color=TREATED, ha="right", va="bottom", fontsize=8)
    if "twin" in series:
        below = min(float(np.nanmin(low[late])) for _, low, _ in bands) - gap
        axes.text(right, below, "without", color=UNTREATED, ha="right", va="top", fontsize=8)


def explain(axes: Axes, reading: Reading) -> None:
    """The sixth panel: what the marks mean, in words."""
    axes.set_axis_off()
    lines = [
        (BLUE, "Solid line: with the collaborative"),
        (UNTREATED, "Dashed: the same centers without it"),
        (SOFT, "Bands: 5th–95th percentile\nof replicates"),
        (SOFT, "Shaded months: pre-work to the\nend of the collaborative"),
        (SOFT, "Ticks above the axis: learning sessions"),
        (SOFT, "Dots: measurement waves"),
    ]
    if not reading.has_twin:
        lines.pop(1)
    y = 0.97
    for color, text in lines:
        axes.text(0.02, y, text, color=color, va="top", fontsize=8, transform=axes.transAxes, linespacing=1.25)
        y -= 0.13 + 0.11 * text.count("\n")


def source(reading: Reading) -> str:
    """What the band is and how many replicates it rests on."""
    return (
        "True simulated practice, mean over the people present in enrolled centers. "
        f"{interval_note(reading, 'Bands')}"
    )


def caption(reading: Reading) -> str:
    """What to see: teachers' practice at the start, the end and the last month."""
    i = STAFF_ROLES.index("teacher")
    treated = reading.role_practice("treated")[:, :, i]
    ends, last = reading.calendar.ends, reading.calendar.horizon
    text = (
        f"Teachers' practice goes from {level(interval(treated[:, 0]).mean)} at enrollment to "
        f"{level(interval(treated[:, ends]).mean)} at the end of the collaborative (month {ends}) and "
        f"{level(interval(treated[:, last]).mean)} at month {last}"
    )
    if reading.has_twin:
        twin = reading.role_practice("twin")[:, :, i]
        text += (
            f"; the same centers without the collaborative stand at {level(interval(twin[:, ends]).mean)} "
            f"and {level(interval(twin[:, last]).mean)}"
        )
    return text + (
        ". The distance between the two lines is the collaborative's effect; the bands show how far one "
        "simulated set of centers can lie from the next, not how well the mean is known."
    )
