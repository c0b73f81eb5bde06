"""Figure: how the smallest sufficient value of a field was found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bscsim.report.figures.style import AMBER, BLUE, GREEN, INK, ORANGE, SOFT
from bscsim.report.power.figures.dots import share_ticks
from bscsim.report.power.numbers import bare, bare_interval, known
from bscsim.report.power.study import level_words, path_words
from bscsim.report.sweep.figures.panels import Plan, foot, sheet, wrap
from bscsim.report.sweep.study import shown
from bscsim.report.words import count

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bscsim.report.power.study import Data, Power


def over_words(found: Data) -> str:
    """The field that was searched, in words."""
    over = found.get("over") or "the field"
    return path_words(str(over)) if not isinstance(over, list | tuple) else ", ".join(path_words(str(p)) for p in over)


def plans(power: Power) -> list[Plan]:
    """The picture, if something was searched and tried; of the first cell, where several are searched."""
    found = power.part("search")
    if not found.get("evaluations"):
        return []
    title = f"How much is enough? The search over {over_words(found)}"
    title += f", with {power.cell_label(power.first)}" if power.several_cells else ""
    return [Plan("search", title, caption(power), lambda: draw(power))]


def draw(power: Power) -> Figure:
    """Evaluations, fitted curve, wanted power, the interval found, and what the closed form promises."""
    found = power.part("search")
    figure = sheet(3.5)
    axes = figure.subplots()
    if found.get("low") is not None and found.get("high") is not None:
        axes.axvspan(found["low"], found["high"], color="#e3f1ec", lw=0, zorder=0, label="interval of what is needed")
    curve = [(row["value"], row["power"]) for row in found.get("curve") or () if row.get("power") is not None]
    axes.plot([x for x, _ in curve], [y for _, y in curve], "-", color=BLUE, lw=1.5, label="fitted curve")
    draw_evaluations(axes, power)
    if found.get("found") is not None and (confirmed := known(found.get("confirmed"))) is not None:
        axes.vlines([found["found"]], *confirmed.ends, color=GREEN, lw=2.2, zorder=4)
        axes.plot([found["found"]], [confirmed.mean], "*", color=GREEN, ms=11, mec="white", mew=0.6, zorder=6,
                  label="chosen, with fresh seeds")  # fmt: skip
    if found.get("closed_form") is not None:
        axes.axvline(found["closed_form"], color=ORANGE, lw=1.2, ls=(0, (1, 1.5)), zorder=2,
                     label="closed form's promise")  # fmt: skip
    axes.axhline(power.target, color=SOFT, lw=1.0, ls=(0, (5, 3)), label=f"wanted ({bare(power.target)})", zorder=1)
    if found.get("ceiling") is not None:
        axes.axhline(found["ceiling"], color=AMBER, lw=1.2, ls=(0, (5, 1.5, 1, 1.5)), label="ceiling", zorder=1)
    axes.set_ylim(0, 1.02)
    share_ticks(axes)
    axes.set_ylabel("power")
    axes.set_xlabel(wrap(over_words(found), 70, 1))
    axes.grid(axis="y")
    axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False, fontsize=7.6, labelcolor=INK,
                handlelength=1.8)  # fmt: skip
    foot(figure, "Whiskers: 95% Monte Carlo interval; larger dots have more replicates, each with seeds of its own.")
    return figure


def draw_evaluations(axes: Axes, power: Power) -> None:
    """A dot a value that was tried, its area by its replicates."""
    rows = [(row, one) for row in power.part("search")["evaluations"] if (one := known(row.get("power"))) is not None]
    most = max((int(row.get("replicates") or 1) for row, _ in rows), default=1)
    for i, (row, one) in enumerate(rows):
        size = 3.0 + 3.5 * (int(row.get("replicates") or 1) / most) ** 0.5
        axes.vlines([row["value"]], *one.ends, color=SOFT, lw=0.9, zorder=3)
        axes.plot([row["value"]], [one.mean], "o", color=INK, ms=size, mec="white", mew=0.5, zorder=5,
                  label="tried" if i == 0 else None)  # fmt: skip


def needed(found: Data, words: str) -> str:
    """The value found with its field: "11 centers per collaborative"."""
    over = found.get("over")
    return level_words(over, shown(found["found"])) if isinstance(over, str) else f"{words} {shown(found['found'])}"


def caption(power: Power) -> str:
    """What was found, what confirmed it, what the closed form says."""
    found = power.part("search")
    words = over_words(found)
    parts = []
    if found.get("size_verdict") == "too high":
        parts.append(str(found.get("words") or "No value can be given: the test rejects too often without an effect."))
    elif found.get("found") is not None and found.get("low") is not None and found.get("high") is not None:
        low, high = shown(found["low"]), shown(found["high"])
        parts.append(f"Needed: {needed(found, words)} (95% interval {low} to {high}).")
    elif found.get("found") is not None:
        least = f" (95% interval {shown(found['low'])} or more)" if found.get("low") is not None else ""
        parts.append(f"Needed: {needed(found, words)}{least}.")
    else:
        between = [shown(end) for end in found.get("between") or ()]
        where = f" between {between[0]} and {between[1]}" if len(between) == 2 else ""
        parts.append(f"No value{where} is known to reach the power wanted.")
    if (confirmed := known(found.get("confirmed"))) is not None:
        parts.append(f"With fresh seeds the chosen design has a power of {bare_interval(confirmed)}.")
    if found.get("closed_form") is not None:
        parts.append(f"The closed form promises that {shown(found['closed_form'])} would do.")
    if found.get("ceiling") is not None:
        parts.append(f"The power cannot pass {bare(found['ceiling'])}, however large the value.")
    if found.get("replicates_used"):
        parts.append(f"The search took {count(int(found['replicates_used']), 'replicate')}.")
    parts.append("Read where the curve crosses the dashed line.")
    return " ".join(part for part in parts if part)
