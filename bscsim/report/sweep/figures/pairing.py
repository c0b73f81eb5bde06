"""Figure: what common random numbers bought: how many times more replicates unpaired cells would need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bscsim.report.figures.style import GREEN, INK, SOFT
from bscsim.report.sweep.figures.panels import Plan, foot, sheet, wrap
from bscsim.report.sweep.numbers import times_words
from bscsim.report.words import count

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bscsim.report.sweep.study import Sweep


def ratios(sweep: Sweep) -> list[tuple[str, float]]:
    """Outcomes with the median variance ratio of their comparisons."""
    data = sweep.summary.get("common_numbers") or {}
    found = []
    for outcome in sweep.outcomes:
        ratio = (data.get(outcome.key) or {}).get("median_variance_ratio")
        if ratio is not None and ratio > 0:
            found.append((outcome.title, float(ratio)))
    return found


def sentence(sweep: Sweep) -> str:
    """What pairing bought, in one sentence; empty if nothing was compared."""
    found = ratios(sweep)
    if not found:
        return ""
    low, high = min(found, key=lambda one: one[1]), max(found, key=lambda one: one[1])
    if low == high:
        return (
            "All cells share their random numbers. Without that, as sharp a comparison would need "
            f"{times_words(high[1])} times the replicates ({high[0]}; median over {compared(sweep)})."
        )
    return (
        "All cells share their random numbers. Without that, as sharp a comparison would need between "
        f"{times_words(low[1])} times ({low[0]}) and {times_words(high[1])} times ({high[0]}) the replicates "
        f"(medians over {compared(sweep)})."
    )


def compared(sweep: Sweep) -> str:
    """What the ratios are of: main effects of a factorial, else differences between cells."""
    return "main effects" if sweep.rows("effects") else "comparisons"


def plans(sweep: Sweep) -> list[Plan]:
    """The figure, if cells were compared on at least two outcomes; one number needs no picture."""
    if len(ratios(sweep)) < 2:
        return []
    return [Plan("pairing", "What did common random numbers buy?", sentence(sweep), lambda: draw(sweep))]


def draw(sweep: Sweep) -> Figure:
    """A dot an outcome on a logarithmic axis, with its number."""
    found = ratios(sweep)
    figure = sheet(0.95 + 0.27 * len(found))
    axes = figure.subplots()
    for y, (_, ratio) in enumerate(found):
        axes.plot([1, ratio], [y, y], color=GREEN, lw=1.6, alpha=0.5)
        axes.plot([ratio], [y], "o", color=GREEN, ms=5)
        axes.text(1.02, y, f"× {times_words(ratio)}", transform=axes.get_yaxis_transform(), va="center", color=INK,
                  fontsize=8)  # fmt: skip
    axes.axvline(1, color=SOFT, lw=0.8)
    axes.set_xscale("log")
    low, high = min(0.8, *(r for _, r in found)), max(3.0, *(r for _, r in found))
    axes.set_xlim(low / 1.1, high * 1.15)
    ticks = [t for t in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if low / 1.1 <= t <= high * 1.15]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.set_yticks(range(len(found)), [wrap(title, 40, 1) for title, _ in found], color=INK)
    axes.set_ylim(len(found) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("Times the replicates that cells with seeds of their own would need")
    foot(figure, note(sweep))
    return figure


def note(sweep: Sweep) -> str:
    """What the ratios are, of what."""
    if sweep.rows("effects"):
        text = (
            f"Median over {count(len(sweep.factors), 'main effect')} of the variance that it would have if cells had "
            "seeds of their own / its variance, over replicates."
        )
    else:
        cells = max(int(one.get("cells") or 0) for one in sweep.summary["common_numbers"].values())
        text = (
            f"Median over {count(cells, 'comparison')} of (variance of one cell + variance of the other) / variance of "
            "their difference, over replicates."
        )
    return f"{text} At 1 pairing bought nothing."
