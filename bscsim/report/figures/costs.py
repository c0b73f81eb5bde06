"""Figure: what the collaborative costs a center, by who pays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bscsim.record.intervals import Interval, interval
from bscsim.record.measures import HIRING, LINES, PAYER_OF_LINE
from bscsim.report.figures.style import BLUE, INK, ORANGE, SOFT, new_figure, note
from bscsim.report.words import dollars, interval_note, listed, percent, supports_used

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from bscsim.report.reading import Reading

NAME = "costs"
TITLE = "Costs by payer"
LINE_WORDS = {
    "program_fixed": "Faculty, advisor and framework", "sessions": "Learning sessions", "calls": "Calls",
    "coaching": "Coaching visits", "supports": "Supports", "staff_time": "Staff time",
    "substitute_cover": "Substitute cover", "reporting": "Reports and PDSA work",
    "hiring": "Hiring after exits (change)",
}  # fmt: skip
PAYER_COLORS = {"sponsor": BLUE, "center": ORANGE, "center, turnover": SOFT}
PAYER_WORDS = {"sponsor": "Sponsor", "center": "Center", "center, turnover": "Center, through turnover"}


def per_center(reading: Reading) -> NDArray[np.float64]:
    """US dollars per enrolled center over all recorded months, by line: [R, line].

    Hiring follows exits with or without the collaborative, so with a twin it is the change that the
    collaborative makes; without one it is NaN.
    """
    cost = np.array(reading.per_center("treated", "cost"))
    twin = reading.per_center("twin", "cost")[:, HIRING] if reading.has_twin else np.nan
    cost[:, HIRING] -= twin
    return cost


def shown_lines(reading: Reading) -> list[tuple[str, Interval]]:
    """Lines that cost anything, in ledger order, with their interval over replicates."""
    cost = per_center(reading)
    rows = [(line, interval(cost[:, i])) for i, line in enumerate(LINES)]
    return [(line, value) for line, value in rows if value.n and (value.p05 != 0.0 or value.p95 != 0.0)]


def draw(reading: Reading) -> Figure:
    """One bar a ledger line, colored by payer and labeled with its amount."""
    lines = shown_lines(reading)
    figure = new_figure(1.5 + 0.28 * max(len(lines), 2))
    axes = figure.subplots()
    for y, (line, value) in enumerate(lines):
        color = PAYER_COLORS[PAYER_OF_LINE[LINES.index(line)]]
        axes.barh(y, value.mean, height=0.62, color=color)
        axes.plot([value.p05, value.p95], [y, y], color=INK, lw=0.9)
        axes.annotate(dollars(value.mean), (max(value.mean, value.p95, 0.0), y), xytext=(5, 0),
                      textcoords="offset points", va="center", fontsize=8)  # fmt: skip
    axes.axvline(0, color=SOFT, lw=0.7)
    axes.set_yticks(range(len(lines)), [LINE_WORDS[line] for line, _ in lines], color=INK)
    axes.set_ylim(max(len(lines), 1) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_formatter(lambda x, _: f"{'−' if x < 0 else ''}${abs(x):,.0f}")
    axes.margins(x=0.14)
    axes.set_xlabel("US dollars per enrolled center, all recorded months")
    name_payers(figure, lines)
    note(figure, f"Bar: mean over replicates. {interval_note(reading, 'Thin line')}")
    return figure


def name_payers(figure: Figure, lines: list[tuple[str, Interval]]) -> None:
    """Name each payer in its bars' color, at the right of its block."""
    axes = figure.axes[0]
    blocks: dict[str, list[int]] = {}
    for y, (line, _) in enumerate(lines):
        blocks.setdefault(PAYER_OF_LINE[LINES.index(line)], []).append(y)
    for payer, rows in blocks.items():
        axes.text(1.01, float(np.mean(rows)), PAYER_WORDS[payer].replace(", ", ",\n"), color=PAYER_COLORS[payer],
                  transform=axes.get_yaxis_transform(), va="center", fontsize=8.5, fontweight="bold")  # fmt: skip


def caption(reading: Reading) -> str:
    """What to see: the total, and how much of it is people's time."""
    cost = per_center(reading)
    direct = cost[:, :HIRING].sum(axis=1)
    center = cost[:, [i for i, payer in enumerate(PAYER_OF_LINE) if payer == "center"]].sum(axis=1)
    text = (
        f"The collaborative costs {dollars(interval(direct).mean)} per enrolled center, of which centers themselves "
        f"carry {percent(float(center.mean() / direct.mean())) if direct.mean() else 'n/a'}, mostly as staff time. "
    )
    if reading.has_twin:
        text += (
            "Hiring after exits is counted as the change from the same centers without the collaborative "
            f"({dollars(interval(cost[:, HIRING]).mean)} per center). "
        )
    if used := supports_used(reading):
        paid = dollars(interval(cost[:, LINES.index("supports")]).mean)
        text += f"Supports in use: {listed(used)}; the line “Supports” is what is paid for them ({paid} per center). "
        text += "What they change in hiring is part of the change in hiring costs. " if reading.has_twin else ""
    return text + "Prices are a table to be replaced by local ones; the shape matters more than the sum."
