"""Figure: who is where when. A row a cohort and arm, months of the study to the right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from bscsim.report.figures.style import AMBER, BLUE, FAINT, INK, ORANGE, SKY, SOFT, WASH
from bscsim.report.figures.timeline import fitting
from bscsim.report.sweep.figures.panels import Plan, foot, lay_out, sheet, wrap
from bscsim.report.words import MONTHS, count, listed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bscsim.report.power.study import Data, Power

TYPES = {
    "parallel": "A parallel cluster trial", "wait_list": "A wait-list trial",
    "stepped_wedge": "A stepped wedge", "pre_post": "A pre/post study without controls",
    "matched_comparison": "A matched comparison", "interrupted_series": "An interrupted time series",
}  # fmt: skip
COLORS = {"waiting": WASH, "before": WASH, "prework": AMBER, "action": SKY, "follow-up": FAINT, "no program": WASH}
NAMES = {
    "waiting": "Waits", "before": "Before", "prework": "Pre-work", "follow-up": "Follow-up", "no program": "No program",
}  # fmt: skip
WAITING = ("wait_list", "stepped_wedge")
"""Designs in which those who are not treated yet wait for it."""
MANY_WAVES = 8
POINTS_WIDE = 395.0


@dataclass(frozen=True)
class Lane:
    """One row: who, which phases when (kind, first month, end), learning sessions and waves (name, month)."""

    label: str
    phases: tuple[tuple[str, float, float], ...]
    sessions: tuple[int, ...]
    waves: tuple[tuple[str, int], ...]


def plans(power: Power) -> list[Plan]:
    """The picture, if cohorts are listed."""
    if not power.part("design").get("cohorts"):
        return []
    return [Plan("design", "Who is where when", caption(power), lambda: draw(power))]


def lanes(design: Data) -> list[Lane]:
    """Rows from top to bottom: of each cohort its collaboratives, then its controls."""
    cohorts = list(design["cohorts"])
    last = max([wave["month"] for cohort in cohorts for wave in cohort.get("waves") or ()], default=0)
    last = max([last, *(cohort.get("ends") or 0 for cohort in cohorts)])
    return [lane for i, cohort in enumerate(cohorts) for lane in cohort_lanes(design, cohort, i, len(cohorts), last)]


def cohort_lanes(design: Data, cohort: Data, i: int, of: int, last: int) -> Iterator[Lane]:
    """The treated and the control row of a cohort."""
    waves = tuple((str(wave.get("name") or ""), int(wave["month"])) for wave in cohort.get("waves") or ())
    first = min([month for _, month in waves], default=0)
    end = max([month for _, month in waves], default=last)
    starts, begins = int(cohort.get("starts") or 0), cohort.get("begins")
    sessions = tuple(int(month) for month in cohort.get("sessions") or ())
    start = min(starts, int(begins)) if begins is not None else starts
    ends = int(cohort["ends"]) if cohort.get("ends") is not None else end
    name = f"Cohort {i + 1}: " if of > 1 else ""
    step = "Step" if design.get("type") == "stepped_wedge" else "Cohort"
    name = name.replace("Cohort", step)
    work = cohort.get("prework") or (start, sessions[0] if sessions else start)
    before = "waiting" if design.get("type") in WAITING else "before"
    groups = count(int(cohort.get("collaboratives") or 0), "collaborative")
    centers = count(int(cohort.get("treated_centers") or 0), "center")
    yield Lane(f"{name}{groups}, {centers}", tuple(treated(first, work, sessions, ends, end, before)),
               sessions, waves)  # fmt: skip
    if cohort.get("control_centers"):
        begin = cohort.get("control_begins")
        shift = None if begin is None else int(begin) - start
        later = () if shift is None else tuple(month + shift for month in sessions)
        phases = [("no program", float(min(first, start)), float(end))] if shift is None else list(
            treated(min(first, start), [month + shift for month in work], later, ends + shift, end)
        )  # fmt: skip
        kind = "comparison" if design.get("type") == "matched_comparison" else "control"
        kind = "waiting" if shift is not None else kind
        yield Lane(f"{name}{cohort['control_centers']:,} {kind} centers", tuple(phases), later, waves)


def treated(first: float, prework: Sequence[float], sessions: tuple[int, ...], ends: float, end: float,
            before: str = "waiting") -> Iterator[tuple[str, float, float]]:  # fmt: skip
    """Phases from the first wave to the last: what is before, pre-work, action periods, follow-up."""
    start = float(prework[0])
    if start > first:
        yield before, first, start
    work = float(sessions[0]) if sessions else float(prework[1])
    if min(prework[1], work) > start:
        yield "prework", start, min(float(prework[1]), work)
    for a, b in pairwise([work, *(float(month) for month in sessions[1:]), float(ends)]):
        yield "action", a, b
    if end > ends:
        yield "follow-up", ends, end


def season(design: Data) -> int | None:
    """Calendar month (0: January) of month 0 of the study; None where no wave says one."""
    for cohort in design["cohorts"]:
        for wave in cohort.get("waves") or ():
            name = str(wave.get("calendar") or "")[:3]
            if name in MONTHS:
                return (MONTHS.index(name) - int(wave["month"])) % 12
    return None


def draw(power: Power) -> Figure:
    """Bars for phases, diamonds for learning sessions, triangles for waves, pale stripes for summers."""
    design = power.part("design")
    found = lanes(design)
    first = min([0.0, *(phase[1] for lane in found for phase in lane.phases)])
    last = max([1.0, *(phase[2] for lane in found for phase in lane.phases)])
    figure = sheet(0.52 * len(found) + 1.3)
    axes = figure.subplots()
    draw_summers(axes, season(design), first, last)
    many = any(len(lane.waves) > MANY_WAVES for lane in found)
    for y, lane in enumerate(found):
        draw_phases(axes, lane, y, POINTS_WIDE / (last - first))
        axes.plot(lane.sessions, [y] * len(lane.sessions), "D", color=BLUE, ms=4.6, mec="white", mew=0.5, zorder=4)
        marks = [month for _, month in lane.waves]
        axes.plot(marks, [y + 0.37] * len(marks), "|" if many else "^", color=ORANGE, ms=5.4, zorder=4, clip_on=False)
    axes.set_ylim(len(found) - 0.35, -0.6)
    names = ["\n".join(wrap(part, 22, 2) for part in lane.label.split(": ")) for lane in found]
    axes.set_yticks(range(len(found)), names, color=INK)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    span = last - first
    axes.set_xlim(first - 0.015 * span, last + 0.015 * span)
    name_months(axes, season(design), first, last)
    foot(figure, note(found, many, season(design) is not None))
    lay_out(figure)
    return figure


def note(found: list[Lane], many: bool, seasons: bool) -> str:
    """What the marks and colors are, of those that are there."""
    kinds = {kind for lane in found for kind, _, _ in lane.phases}
    words = {"prework": "Amber: pre-work.", "action": "Light blue: the program.", "follow-up": "Gray: follow-up."}
    said = ["Diamonds: learning sessions."] if any(lane.sessions for lane in found) else []
    said += [f"{'Ticks' if many else 'Triangles'} below a bar: waves of measurement."]
    said += [text for kind, text in words.items() if kind in kinds]
    return " ".join([*said, "Yellow stripes: summers (June to August)."] if seasons else said)


def draw_summers(axes: Axes, zero: int | None, first: float, last: float) -> None:
    """A stripe a summer."""
    if zero is None:
        return
    for month in range(int(first) - 12, int(last) + 12):
        low, high = max(float(month), first), min(float(month + 3), last)
        if (zero + month) % 12 == 5 and high > low:
            axes.axvspan(low, high, color="#fff6db", lw=0, zorder=0)


def draw_phases(axes: Axes, lane: Lane, y: int, points: float) -> None:
    """The bars of a row, named inside where there is room."""
    number = 0
    for kind, a, b in lane.phases:
        if b <= a:
            continue
        edge = SOFT if COLORS[kind] == WASH else "white"
        axes.barh(y, b - a, left=a, height=0.5, color=COLORS[kind], edgecolor=edge, lw=0.6, zorder=2)
        number += kind == "action"
        words = f"Action period {number}" if kind == "action" else NAMES[kind]
        words = "Program" if kind == "action" and not lane.sessions else words
        room = points * (b - a) - (10 if kind == "action" else 4)
        axes.text((a + b) / 2, y, fitting(words, room), ha="center", va="center", fontsize=6.8, linespacing=1.0,
                  color=INK, zorder=5)  # fmt: skip


def name_months(axes: Axes, zero: int | None, first: float, last: float) -> None:
    """Months of the study, and below them the month of the year if it is known."""
    step = next(s for s in (1, 2, 3, 4, 6, 12, 24, 60, 120) if (last - first) / s <= 14)
    ticks = list(range(int(first), int(last) + 1, step))
    axes.set_xticks(ticks, [f"{m}" if zero is None else f"{m}\n{MONTHS[(zero + m) % 12]}" for m in ticks])
    axes.set_xlabel("Month of the study" + ("" if zero is None else ", and month of the year"))


def caption(power: Power) -> str:
    """What to read in it: how many are in each arm, and when they are measured."""
    design: dict[str, Any] = dict(power.part("design"))
    cohorts = design["cohorts"]
    kind = TYPES.get(str(design.get("type")), str(design.get("type") or "The study").replace("_", " "))
    total = {name: sum(int(cohort.get(name) or 0) for cohort in cohorts)
             for name in ("collaboratives", "treated_centers", "control_centers")}  # fmt: skip
    text = (
        f"{kind}: {count(total['treated_centers'], 'center')} in {count(total['collaboratives'], 'collaborative')}"
        + (f" and {count(total['control_centers'], 'center')} without" if total["control_centers"] else "")
        + (f", in {len(cohorts)} cohorts" if len(cohorts) > 1 else "") + "."
    )  # fmt: skip
    waves = list(cohorts[0].get("waves") or ())
    if 0 < len(waves) <= MANY_WAVES:
        when = [f"month {wave['month']}" + (f", {wave['calendar']}" if wave.get("calendar") else "") for wave in waves]
        said = [f"{wave.get('name')} ({month})" for wave, month in zip(waves, when, strict=True)]
        text += f" {'The first cohort' if len(cohorts) > 1 else 'Everybody'} is measured at {listed(said)}."
    elif waves:
        text += f" There are {len(waves)} waves of measurement."
    text += " Read along a row what happens to an arm, and down a month who is compared with whom at that time."
    return text + (f" The picture is of the cell “{power.cell_label(power.first)}”." if power.several_cells else "")
