"""Figure: the calendar of the collaborative, month by month."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from bscsim.report.figures.style import (
    AMBER,
    BLUE,
    FAINT,
    GREEN,
    INK,
    ORANGE,
    SKY,
    SOFT,
    WASH,
    month_names,
    new_figure,
    note,
)
from bscsim.report.words import count, listed, months

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bscsim.report.reading import Reading
    from bscsim.scenario.calendar import Calendar

NAME = "timeline"
TITLE = "Calendar of the collaborative"
POINTS_WIDE = 420.0
"""Width of the month axis in points; with the width of a character it says which names fit into a bar."""
CHARACTER = 4.6
LABEL_POINTS = 28.0
EVENT_ROWS = (
    ("prework_calls", "Pre-work calls"),
    ("calls", "All-team calls"),
    ("affinity_calls", "Affinity calls"),
    ("coaching", "Coaching visits"),
    ("reports", "Monthly team reports"),
)


def action_periods(calendar: Calendar) -> list[tuple[int, int]]:
    """Months between one learning session and the next (the last runs to the end), as (first, end)."""
    if not calendar.sessions:
        return [(calendar.prework[1], calendar.ends)]
    return list(pairwise([*calendar.sessions, calendar.ends]))


def draw(reading: Reading) -> Figure:
    """Bars for phases, diamonds for sessions, dots for monthly events, triangles for waves."""
    calendar = reading.calendar
    figure = new_figure(3.7)
    axes = figure.subplots()
    rows = ["Phases", "Learning sessions", *[words for _, words in EVENT_ROWS], "Measurement waves"]
    for y in range(len(rows)):
        axes.axhline(y, color=WASH, lw=9 if y else 0, zorder=0, solid_capstyle="butt")
    draw_phases(axes, calendar)
    draw_sessions(axes, calendar, held(reading, "sessions"))
    for y, (event, _) in enumerate(EVENT_ROWS, start=2):
        draw_events(axes, calendar.months_of(event), y, held(reading, event))
    draw_waves(axes, calendar, len(rows) - 1)
    axes.set_yticks(range(len(rows)), rows, color=INK)
    axes.set_ylim(len(rows) - 0.3, -0.75)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    month_names(axes, calendar, calendar.horizon)
    note(figure, "Month 0 is enrollment. A wave is taken at the start of its month; events fall in the month shown.")
    return figure


def draw_phases(axes: Axes, calendar: Calendar) -> None:
    """Pre-work, action periods and follow-up as bars, named inside where there is room."""
    start, stop = calendar.prework
    bars = [(start, stop, "Pre-work", AMBER)]
    for i, (first, end) in enumerate(action_periods(calendar), start=1):
        bars.append((first, end, f"Action period {i}", SKY))
    bars.append((calendar.ends, calendar.horizon, "Follow-up", FAINT))
    points = points_a_month(calendar)
    for first, end, name, color in bars:
        if end > first:
            axes.barh(0, end - first, left=first, height=0.8, color=color, edgecolor="white", lw=1.2)
            text = fitting(name, points * (end - first))
            axes.text((first + end) / 2, 0, text, ha="center", va="center", fontsize=7.2, linespacing=1.05)


def points_a_month(calendar: Calendar) -> float:
    """Width of a month on the axis, in points."""
    return POINTS_WIDE / calendar.horizon


def fitting(name: str, room: float) -> str:
    r"""The longest form of a phase's name that fits into so many points, or nothing.

    >>> fitting("Pre-work", 60), fitting("Pre-work", 30), fitting("Action period 2", 30), fitting("Follow-up", 5)
    ('Pre-work', 'Pre-\nwork', 'AP 2', '')
    """
    short = name.replace("Action period", "AP")
    for text in (name, name.replace("-", "-\n") if "-" in name else short):
        if CHARACTER * max(len(line) for line in text.split("\n")) <= room:
            return text
    return ""


def held(reading: Reading, event: str) -> bool:
    """Whether scheduled events take place: those of an element that is switched off do not."""
    elements = reading.scenario.elements
    if event == "sessions":
        return elements.sessions_held
    if event == "coaching":
        return elements.coaching_held
    return event == "reports" or elements.calls_held


def draw_events(axes: Axes, months: Sequence[int], y: int, is_held: bool) -> None:
    """One dot a month; hollow, and said so, where the element behind the event is switched off."""
    axes.plot([m + 0.5 for m in months], [y] * len(months), "o", color=SOFT, mfc=SOFT if is_held else "none", ms=3.6)
    if not months or not is_held:
        text, x = ("not held: element switched off", months[-1] + 2.2) if months else ("none", 0.3)
        axes.text(x, y, text, va="center", color=SOFT, fontsize=7.5)


def draw_sessions(axes: Axes, calendar: Calendar, is_held: bool) -> None:
    """One diamond a learning session, numbered; hollow where sessions are switched off."""
    roomy = all(points_a_month(calendar) * (b - a) > LABEL_POINTS for a, b in pairwise(calendar.sessions))
    side, offset = "left", 7
    if calendar.sessions and calendar.ends - calendar.sessions[-1] < 3:  # clear of the line that marks the end
        free = roomy and points_a_month(calendar) * (calendar.sessions[0] + 0.5) > LABEL_POINTS
        side, offset = ("right", -7) if free else ("left", 12)
    for i, month in enumerate(calendar.sessions, start=1):
        axes.plot([month + 0.5], [1], "D", color=BLUE, mfc=BLUE if is_held else "none", ms=6)
        if not roomy and month != calendar.sessions[-1]:
            continue
        words = f"LS{i}" if roomy else f"LS1 to LS{i}"
        axes.annotate(words, (month + 0.5, 1), xytext=(offset, 0), textcoords="offset points", va="center",
                      ha=side, fontsize=7.5, color=BLUE)  # fmt: skip
    if not calendar.sessions or not is_held:
        text, x = ("not held: element switched off", calendar.ends + 2.5) if calendar.sessions else ("none", 0.3)
        axes.text(x, 1, text, va="center", color=SOFT, fontsize=7.5)


def draw_waves(axes: Axes, calendar: Calendar, y: int) -> None:
    """One triangle a measurement wave, and a line where the collaborative ends."""
    roomy = all(points_a_month(calendar) * (b - a) > 2.2 * LABEL_POINTS for a, b in pairwise(calendar.waves))
    for month in calendar.waves:
        axes.plot([month], [y], "^", color=ORANGE, ms=7, clip_on=False)
        last = month > 0.9 * calendar.horizon
        words = f"month {month}" if roomy else str(month)
        axes.annotate(words, (month, y), xytext=(-6 if last else 6, 0), textcoords="offset points",
                      va="center", ha="right" if last else "left", fontsize=7.5, color=ORANGE)  # fmt: skip
    axes.axvline(calendar.ends, color=GREEN, lw=1.1, ls=(0, (4, 2)), zorder=1)
    axes.annotate("end", (calendar.ends, -0.75), xytext=(0, 2), textcoords="offset points", ha="center",
                  color=GREEN, fontsize=8, annotation_clip=False)  # fmt: skip


def caption(reading: Reading) -> str:
    """What to see: phases, how many of each event, and which are not held."""
    calendar = reading.calendar
    scheduled = {event: len(calendar.months_of(event)) for event, _ in EVENT_ROWS}
    words = {event: text.rstrip("s").lower() for event, text in EVENT_ROWS}
    on = [count(number, words[event]) for event, number in scheduled.items() if number and held(reading, event)]
    off = [f"{words[event]}s" for event, number in scheduled.items() if number and not held(reading, event)]
    sessions = "there are no learning sessions"
    if calendar.sessions and held(reading, "sessions"):
        sessions = f"learning sessions fall in {months(calendar.sessions)}, with an action period after each"
    elif calendar.sessions:
        off.insert(0, "learning sessions")
    text = "" if reading.has_treated else "No center was enrolled: this is the calendar that would have been kept. "
    return (
        f"{text}Pre-work runs from month {calendar.prework[0]} to {calendar.prework[1]}; {sessions}; the collaborative "
        f"ends at month {calendar.ends}. Scheduled: {listed(on)}. "
        + (f"Not held, because their element is switched off: {listed(off)}. " if off else "")
        + f"Staff are measured at {months(calendar.waves)}."
    )
