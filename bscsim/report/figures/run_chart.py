"""Figure: a run chart of one collaborative's monthly measures, as its faculty would see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bscsim.record.ratio import divide
from bscsim.report.figures.style import AMBER, BLUE, INK, ORANGE, SOFT, month_names, new_figure, note
from bscsim.report.runchart import RunChart, read_chart
from bscsim.report.words import listed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from bscsim.report.reading import Reading

NAME = "run_chart"
TITLE = "Run charts of one collaborative's monthly measures"


def first_collaborative(reading: Reading) -> NDArray[np.bool_]:
    """Centers [C] of collaborative 0 in the first replicate."""
    return np.asarray(reading.run.labels.collaborative[0] == 0, dtype=np.bool_)


def measures(reading: Reading) -> list[tuple[str, str, NDArray[np.float64]]]:
    """The monthly series of the first replicate's first collaborative: title, unit, [T] with NaN for no point."""
    mask = first_collaborative(reading)

    def total(name: str) -> NDArray[np.float64]:
        return np.asarray(reading.array("treated", name)[0][mask].sum(axis=0))

    with_team = (reading.array("treated", "seats_held")[0][mask] > 0).sum(axis=0).astype(np.float64)
    sent = reading.array("treated", "report_sent")[0][mask]
    teacher = reading.roles.index("teacher")
    practice = reading.array("treated", "practice")[0][mask][:, :, teacher]
    seen = (sent > 0) & np.isfinite(practice)
    reported = divide(np.where(seen, practice, 0.0).sum(axis=0), seen.sum(axis=0).astype(np.float64))
    started = divide(total("pdsa_started"), with_team)
    started[: reading.calendar.prework[1]] = np.nan
    sent_share = divide(total("report_sent"), total("report_due"))
    end = reading.calendar.ends  # what the faculty sees: nothing is reported after the collaborative
    return [
        ("PDSA cycles started, per team", "PDSAs a month", started[:end]),
        ("Monthly reports sent", "% of teams", 100 * sent_share[:end]),
        ("True teacher practice, reporting teams", "practice, 0–1", reported[:end]),
    ]


def draw(reading: Reading) -> Figure:
    """Three run charts over one time axis, learning sessions marked through all of them."""
    figure = new_figure(6.0)
    panels = figure.subplots(3, 1, sharex=True)
    for axes, (title, unit, values) in zip(panels, measures(reading), strict=True):
        pad_points = 20 if axes is panels[0] else 6  # room for the sessions' names above the first panel
        draw_chart(axes, values, unit, pad_points)
        axes.set_title(title, pad=pad_points)
        axes.set_ylabel(unit)
        mark_sessions(axes, reading)
    name_sessions(panels[0], reading)
    month_names(panels[2], reading.calendar, reading.calendar.ends)
    note(figure, source())
    return figure


def draw_chart(axes: Axes, values: NDArray[np.float64], unit: str, pad_points: float) -> None:
    """Connected points around the median; points of a shift are filled, a trend is underlined."""
    months = np.arange(values.size)
    there = np.isfinite(values)
    if not there.any():
        axes.text(0.5, 0.5, "no point to plot", transform=axes.transAxes, ha="center", color=SOFT)
        axes.set_yticks([])
        return
    chart = read_chart(list(values))
    axes.axhline(chart.median, color=ORANGE, lw=1.2)
    axes.plot(months[there], values[there], "-", color=SOFT, lw=0.9)
    axes.plot(months[there], values[there], "o", color="white", mec=BLUE, mew=1.1, ms=4.2)
    for first, last in chart.shifts:
        inside = there & (months >= first) & (months <= last) & (values != chart.median)
        axes.plot(months[inside], values[inside], "o", color=BLUE, ms=4.8)
    for first, last in chart.trends:
        inside = there & (months >= first) & (months <= last)
        axes.plot(months[inside], values[inside], "-", color=AMBER, lw=3.5, alpha=0.7, zorder=1)
    axes.set_ylim(*limits(values, unit))
    axes.set_title(verdict(chart), loc="right", fontsize=7.6, fontweight="normal", pad=pad_points)


def limits(values: NDArray[np.float64], unit: str) -> tuple[float, float]:
    """Ends of the y axis: all of 0 to 100 for a percentage, from 0 for a count, else around the points."""
    top, low = float(np.nanmax(values)), float(np.nanmin(values))
    if unit.startswith("%"):
        return -5.0, 105.0
    if unit.startswith("PDSA"):
        top = max(top, 1.0)
        return -0.06 * top, 1.12 * top
    pad = 0.12 * (top - low or 0.1)
    return low - pad, top + pad


def verdict(chart: RunChart) -> str:
    """The three rules' results in one line."""
    digits = 0 if chart.median >= 10 else 2
    runs = f"runs: {chart.runs} ({chart.runs_signal})"
    return f"median {chart.median:.{digits}f} · shifts: {len(chart.shifts)} · trends: {len(chart.trends)} · {runs}"


def mark_sessions(axes: Axes, reading: Reading) -> None:
    """A line at each learning session and at the end."""
    for month in reading.calendar.sessions:
        axes.axvline(month, color=SOFT, lw=0.8, ls=(0, (2, 2)), zorder=0)
    axes.axvline(reading.calendar.ends, color=INK, lw=0.9, zorder=0)


def name_sessions(axes: Axes, reading: Reading) -> None:
    """LS1, LS2, ... and "end" above the first panel."""
    names = [(month, f"LS{i}") for i, month in enumerate(reading.calendar.sessions, start=1)]
    names.append((reading.calendar.ends, "end"))
    where = axes.get_xaxis_transform()
    for i, (month, name) in enumerate(names):
        crowded = i + 1 < len(names) and names[i + 1][0] - month < 2
        side = "right" if crowded or name == "end" else "center"
        axes.text(month - (0.2 if crowded else 0), 1.01, name, transform=where, va="bottom", ha=side, fontsize=7.5,
                  color=SOFT)  # fmt: skip


def source() -> str:
    """The rules, stated on the figure itself."""
    return (
        "One replicate, one collaborative. Center line: median of the first 12 points. Shift (filled points): 6 or "
        "more in a row on one side;\ntrend (thick line): 5 or more rising or falling (Perla et al. 2011); "
        "runs: too few or too many for chance (Swed & Eisenhart 1943)."
    )


def caption(reading: Reading) -> str:
    """What to see: which measures show a signal."""
    said = []
    for title, _, values in measures(reading):
        if np.isfinite(values).any():
            chart = read_chart(list(values))
            signals = [word for word, spans in (("a shift", chart.shifts), ("a trend", chart.trends)) if spans]
            if chart.runs_signal in ("too few", "too many"):
                signals.append(f"{chart.runs_signal} runs")
            said.append(f"{title.lower().replace('pdsa', 'PDSA')}: {listed(signals) if signals else 'no signal'}")
    return (
        "What the faculty of the first simulated collaborative would see (but for observers' errors), including that "
        "only part of the teams "
        f"report in a given month. Signals by the run-chart rules: {'; '.join(said)}. A shift after the learning "
        "sessions is what improvement looks like in this convention; it does not by itself show that the "
        "collaborative caused it."
    )
