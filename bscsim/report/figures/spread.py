"""Figure: does practice spread from the team to the rest of the center, and what became of the PDSAs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bscsim.record.intervals import Interval, interval, ratio_of_means
from bscsim.record.ratio import divide
from bscsim.report.figures.style import AMBER, BLUE, FAINT, GREEN, INK, ORANGE, SOFT, new_figure, note
from bscsim.report.words import interval_note, level, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from bscsim.report.reading import Reading

NAME = "spread"
TITLE = "Spread inside the center, and PDSA cycles"
GROUPS = (("seat_holders", "Team (ever\nheld a seat)", BLUE, "o"), ("non_team", "Others", ORANGE, "s"))
ROOMY = 3
"""Waves that leave room for labels beside the points."""
PUBLISHED_MIX = (1574, 94, 29)
"""PDSAs succeeded, in progress, abandoned: 141 teams over 21 months, Bidassie et al. 2014 (E-PDSA rows)."""
MIX_WORDS = ("succeeded", "in progress", "abandoned")
MIX_COLORS = (GREEN, FAINT, AMBER)


def draw(reading: Reading) -> Figure:
    """Left: effect on team members and on the others at each wave. Right: what became of the PDSAs."""
    figure = new_figure(3.0)
    left, right = figure.subplots(1, 2, width_ratios=[1.25, 1])
    if reading.has_twin and reading.later_waves:
        draw_gains(left, reading)
    else:
        left.set_axis_off()
        left.text(0, 0.5, "Effects need the untreated twin\nand a wave after month 0.", color=SOFT)
    draw_mix(right, reading)
    note(figure, source(reading))
    return figure


def draw_gains(axes: Axes, reading: Reading) -> None:
    """Effect in SD of the same teachers, by whether they ever held a seat, one column a wave."""
    waves = reading.later_waves
    for shift, (estimand, words, color, marker) in zip((-0.09, 0.09), GROUPS, strict=True):
        rows = [interval(reading.effect(estimand, month)) for month in waves]
        x = np.arange(len(waves)) + shift
        for at, row in zip(x, rows, strict=True):
            axes.plot([at, at], [row.p05, row.p95], color=color, lw=1.3, alpha=0.5)
        axes.plot(x, [row.mean for row in rows], marker, color=color, ms=5.5)
        if len(waves) <= ROOMY:
            axes.annotate(words, (x[0], rows[0].mean), xytext=(9, 0), textcoords="offset points", color=color,
                          va="center", fontsize=8)  # fmt: skip
        else:
            y = 0.97 if estimand == "seat_holders" else 0.84
            axes.text(0.98, y, words.replace("\n", " "), transform=axes.transAxes, color=color, ha="right", va="top",
                      fontsize=8)  # fmt: skip
    axes.axhline(0, color=SOFT, lw=0.7)
    if len(waves) <= ROOMY:
        axes.set_xticks(range(len(waves)), [f"month {month}" for month in waves])
    else:
        axes.set_xticks(range(len(waves)), [str(month) for month in waves])
        axes.set_xlabel("Month of the wave")
    axes.set_xlim(-0.45, len(waves) - 1 + (0.45 if len(waves) > 1 else 1.2))
    axes.set_ylabel("Effect on the same teachers\n(SD of teacher practice)")
    axes.set_title("Effect on team members and others")
    axes.grid(axis="y")


def mix(reading: Reading) -> NDArray[np.float64]:
    """Shares succeeded, in progress, abandoned at the end (given up at withdrawal left out): [R, 3]."""
    counts = reading.pdsa_counts(reading.calendar.ends)[:, :3]
    return divide(counts, counts.sum(axis=1, keepdims=True))


def draw_mix(axes: Axes, reading: Reading) -> None:
    """Two stacked bars: this run and the published counts."""
    here = [interval(column).mean for column in mix(reading).T]
    published = [number / sum(PUBLISHED_MIX) for number in PUBLISHED_MIX]
    for y, shares in enumerate((here, published)):
        left = 0.0
        for share, color in zip(shares, MIX_COLORS, strict=True):
            if np.isfinite(share):
                axes.barh(y, share, left=left, color=color, height=0.42, edgecolor="white", lw=0.8)
                left += share
        text = " · ".join(f"{percent(share, 1)} {word}" for share, word in zip(shares, MIX_WORDS, strict=True))
        text = text if np.isfinite(shares[0]) else "no PDSA cycle was started"
        axes.text(0, y + 0.27, text, va="top", fontsize=6.9, color=INK)
    axes.text(0, -0.27, f"This run, at month {reading.calendar.ends}", va="bottom", fontsize=8)
    axes.text(0, 0.73, "Published: 141 teams, 21 months", va="bottom", fontsize=8)
    axes.set_ylim(1.6, -0.6)
    axes.set_xlim(0, 1)
    axes.set_axis_off()
    axes.set_title("What became of the PDSA cycles")


CLEAR_GAIN = 0.02
"""SD of practice; a smaller gain is nothing to divide by."""


def shared_gain(reading: Reading, month: int) -> Interval | None:
    """How much of the team's gain reaches the others; None when the team's gain is not clearly above zero."""
    team, others = reading.effect("seat_holders", month), reading.effect("non_team", month)
    return ratio_of_means(others, team) if clearly_positive(interval(team)) else None


def clearly_positive(gain: Interval) -> bool:
    """Whether a gain in SD is large enough, and known well enough, to divide by it.

    >>> clearly_positive(interval([0.1, 0.2, 0.15])), clearly_positive(interval([-0.1, 0.2, 0.15]))
    (True, False)
    """
    return gain.mean >= CLEAR_GAIN and (gain.n == 1 or gain.low > 0)


def source(reading: Reading) -> str:
    """What point and line are, and whose counts are beside ours."""
    return (
        f"Point: mean over replicates. {interval_note(reading, 'Line')} "
        "Published PDSA counts: Bidassie et al. 2014,\ncoach-scored; PDSAs given up because a center withdrew are "
        "left out."
    )


def caption(reading: Reading) -> str:
    """What to see: how much of the team's gain reaches the others."""
    counts = reading.pdsa_counts(reading.calendar.ends)
    started = divide(counts.sum(axis=1), reading.enrolled.sum(axis=1).astype(np.float64))
    text = f"Each team starts {interval(started).mean:.1f} PDSA cycles by the end of the collaborative"
    wave = reading.main_wave
    if reading.has_twin and wave is not None:
        team, others = reading.effect("seat_holders", wave), reading.effect("non_team", wave)
        ratio = shared_gain(reading, wave)
        text += (
            f". At month {wave} the effect on teachers who ever held a seat is {level(interval(team).mean)} SD, on the "
            f"others {level(interval(others).mean)} SD"
        )
        text += f": {percent(ratio.mean)} of the team's gain has reached them" if ratio else (
            "; the team's gain is not clearly above zero, so no share of it is given"
        )
    return text + (
        ". The share of PDSA cycles in progress is the larger, the shorter the collaborative: a cycle takes as long in "
        "a short one as in the 21 months of the published counts."
    )
