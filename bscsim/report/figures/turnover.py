"""Figure: when staff leave, and how many of those present at enrollment are still there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bscsim.record.intervals import band, interval
from bscsim.report.figures.style import (
    SECTOR_COLORS,
    SECTOR_MARKERS,
    WASH,
    month_ticks,
    new_figure,
    note,
    spread_apart,
)
from bscsim.report.reading import SECTOR_WORDS, row_means
from bscsim.report.words import MONTHS, interval_note, listed, percent, sector_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from bscsim.report.reading import Reading

NAME = "turnover"
TITLE = "Staff turnover"
SUMMER = (6, 7, 8)


def by_month_of_year(reading: Reading, sector: str) -> NDArray[np.float64]:
    """Exits per 100 positions in each month of the year, from the month of enrollment on: [R, 12]."""
    rate = reading.exit_rate("treated", sector)[:, : reading.calendar.horizon]
    seasons = season_order(reading)
    months = [reading.calendar.season_month(m) for m in range(reading.calendar.horizon)]
    columns = [[m for m, season in enumerate(months) if season == wanted] for wanted in seasons]
    return 100 * np.stack([row_means(rate[:, pick]) for pick in columns], axis=1)


def season_order(reading: Reading) -> list[int]:
    """The twelve months of the year, from the one in which the collaborative starts."""
    start = reading.calendar.season_month(0)
    return [(start - 1 + i) % 12 + 1 for i in range(12)]


def sectors(reading: Reading) -> list[str]:
    """Sectors that have an enrolled center."""
    return [sector for sector in SECTOR_WORDS if reading.sector_mask(sector).any()]


def draw(reading: Reading) -> Figure:
    """Left: exits by month of the year. Right: share of the month-0 staff still in the same center."""
    figure = new_figure(3.3)
    left, right = figure.subplots(1, 2, width_ratios=[1.15, 1])
    draw_season(left, reading)
    if len(reading.calendar.waves) > 1:
        draw_retention(right, reading)
    else:
        right.set_axis_off()
    note(figure, source(reading))
    return figure


def draw_season(axes: Axes, reading: Reading) -> None:
    """Exit rate by month of the year, one line a sector, summer shaded."""
    order = season_order(reading)
    for i, month in enumerate(order):
        if month in SUMMER:
            axes.axvspan(i - 0.5, i + 0.5, color=WASH, lw=0)
    for sector in sectors(reading):
        mean, low, high = band(by_month_of_year(reading, sector))
        color = SECTOR_COLORS[sector]
        axes.fill_between(range(12), low, high, color=color, alpha=0.13, lw=0)
        axes.plot(range(12), mean, marker=SECTOR_MARKERS[sector], ms=3.6, color=color, label=SECTOR_WORDS[sector])
    axes.set_title("Exits by month of the year")
    axes.set_ylabel("Exits per 100 filled positions\nand month")
    axes.set_xticks(range(12), [MONTHS[m - 1][0] for m in order])
    axes.set_xlabel(f"Month ({MONTHS[order[0] - 1]} to {MONTHS[order[-1] - 1]})")
    axes.set_xlim(-0.5, 11.5)
    axes.set_ylim(bottom=0)
    axes.grid(axis="y")
    summer = [i for i, month in enumerate(order) if month in SUMMER]
    axes.text(float(np.mean(summer)), 0.985, "summer", transform=axes.get_xaxis_transform(), ha="center", va="top",
              fontsize=7.5)  # fmt: skip


def draw_retention(axes: Axes, reading: Reading) -> None:
    """Retention at the waves, direct labels at the end of the lines."""
    ends: list[tuple[str, float]] = []
    for sector in sectors(reading):
        months, kept = reading.retention("treated", sector)
        mean, low, high = band(100 * kept)
        color = SECTOR_COLORS[sector]
        axes.fill_between(months, low, high, color=color, alpha=0.13, lw=0)
        axes.plot(months, mean, marker=SECTOR_MARKERS[sector], ms=4, color=color)
        ends.append((sector, float(mean[-1])))
    axes.set_ylim(0, 104)
    last = reading.calendar.waves[-1]
    places = spread_apart([y for _, y in ends], 8)
    for (sector, _), y in zip(ends, places, strict=True):
        axes.text(last * 1.03, y, SECTOR_WORDS[sector], color=SECTOR_COLORS[sector], va="center", fontsize=8)
    axes.set_title(f"Staff of month {reading.calendar.waves[0]} still there")
    axes.set_ylabel("% in the same center")
    axes.set_xticks([month for month in month_ticks(reading.calendar) if month <= last])
    axes.set_xlim(-0.02 * last, last * 1.38)
    axes.spines["bottom"].set_bounds(0, last)
    axes.set_xlabel("Months from enrollment (waves)")
    axes.grid(axis="y")


def source(reading: Reading) -> str:
    """What is counted and what the band is."""
    return (
        f"Staff of enrolled centers, with the collaborative. {interval_note(reading, 'Bands')}"
    )


def caption(reading: Reading) -> str:
    """What to see: the summer peak and what is left at the last wave."""
    order = season_order(reading)
    summer = [i for i, month in enumerate(order) if month in SUMMER]
    rest = [i for i in range(12) if i not in summer]
    said, kept_words = [], []
    for sector in sectors(reading):
        rate = by_month_of_year(reading, sector)
        name = sector_words(sector)
        said.append(
            f"{name} {interval(row_means(rate[:, summer])).mean:.1f} against "
            f"{interval(row_means(rate[:, rest])).mean:.1f}"
        )
        kept_words.append(f"{percent(interval(reading.retention('treated', sector)[1][:, -1]).mean)} ({name})")
    waves = reading.calendar.waves
    kept_text = (
        f" Of the staff present at month {waves[0]}, {listed(kept_words)} are still in the same center at month "
        f"{waves[-1]}."
        if len(waves) > 1
        else ""
    )
    return (
        "Exits peak in June to August: exits per 100 positions in a summer month against any other month are "
        f"{listed(said)}.{kept_text} What a person learned leaves with the person; what the center has standardized "
        "stays."
    )
