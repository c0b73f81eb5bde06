"""Figure: what power costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bscsim.report.figures.style import BLUE, GREEN, INK, ORANGE, SOFT
from bscsim.report.power.figures.dots import share_ticks
from bscsim.report.power.numbers import bare, known, plain
from bscsim.report.power.study import estimator_words, path_words
from bscsim.report.sweep.figures.panels import Plan, foot, lay_out, place_labels, sheet, value_axis, wrap
from bscsim.report.sweep.numbers import Estimate
from bscsim.report.sweep.study import ident, shown
from bscsim.report.words import dollars

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bscsim.report.power.study import Data, Power

MOST_NAMES = 12


@dataclass(frozen=True)
class Point:
    """One design: what it costs, its power, whether simulated, whether the best under the budget."""

    label: str
    cost: float
    power: Estimate
    simulated: bool
    best: bool = False


def levels_words(levels: Data) -> str:
    """Levels of a candidate in words.

    >>> levels_words({"design.collaboratives": 6, "design.centers_per_collaborative": 8})
    'centers per collaborative 8, collaboratives 6'
    """
    return ", ".join(f"{path_words(path)} {shown(level)}" for path, level in sorted(levels.items()))


def short(levels: Data) -> str:
    """Levels alone where there are several fields: "6 × 8"."""
    values = [shown(level) for _, level in sorted(levels.items())]
    return levels_words(levels) if len(values) == 1 else " × ".join(values)


def plans(power: Power) -> list[Plan]:
    """The figure, if at least two designs have a cost and a power."""
    if len({point.cost for point in points(power)}) < 2:
        return []
    return [Plan("cost", "What power costs", caption(power), lambda: draw(power))]


def points(power: Power) -> list[Point]:
    """Candidates under the budget if there are any, else the cells."""
    found = list(candidates(power))
    costs = {point.cost for point in found}
    return [*found, *(point for point in of_cells(power) if point.cost not in costs)]


def candidates(power: Power) -> Iterator[Point]:
    """Designs that were considered under the budget; by the closed form where they were not simulated."""
    budget = power.part("budget")
    best = ident(dict((budget.get("best") or {}).get("levels") or {}))
    for one in budget.get("candidates") or ():
        simulated = known(one.get("power"))
        value = simulated or plain(one.get("power_closed"))
        levels = dict(one.get("levels") or {})
        if value is not None and one.get("cost") is not None:
            yield Point(short(levels), float(one["cost"]), value, simulated is not None, ident(levels) == best)


def of_cells(power: Power) -> Iterator[Point]:
    """The cells, by the first analysis and estimator."""
    for cell in power.cells:
        first: Data = next(iter(cell["analyses"][0].get("estimators") or ()), {})
        value, total = known(first.get("power")), (cell.get("cost") or {}).get("total")
        if value is not None and total is not None:
            yield Point(cell_name(power, cell), float(total), value, True)


def cell_name(power: Power, cell: Data) -> str:
    """A cell by its levels alone, in the order of the axes; by its label where there are no axes."""
    levels = cell.get("levels") or {}
    if not power.axes:
        return power.cell_label(cell)
    return " × ".join(wrap(factor.label(levels.get(factor.name)), 14, 1) for factor in power.axes)


def draw(power: Power) -> Figure:
    """A dot a design, named where there is room; the best ones for their money are joined."""
    found = points(power)
    figure = sheet(3.5)
    axes = figure.subplots()
    draw_points(axes, found)
    steps = frontier(found)
    axes.plot([p.cost for p in steps], [p.power.mean for p in steps], color=SOFT, lw=0.9, ls=(0, (1, 1.5)), zorder=1)
    axes.axhline(power.target, color=SOFT, lw=1.0, ls=(0, (5, 3)), zorder=1)
    budget = power.part("budget").get("budget") if power.part("budget").get("candidates") else None
    if budget:
        axes.axvline(budget, color=ORANGE, lw=1.2, ls=(0, (4, 2)), zorder=1)
    axes.set_ylim(0, 1.02)
    share_ticks(axes)
    axes.set_ylabel("power")
    value_axis(axes.xaxis, "dollars")
    axes.set_xlabel("Cost of the study (US dollars)")
    axes.margins(x=0.12)
    axes.grid(axis="y")
    foot(figure, note(power, found))
    lay_out(figure)
    some = sorted(found, key=lambda p: p.cost)[:: -(-len(found) // MOST_NAMES)]
    named = [*(p for p in found if p.best and p not in some), *some]
    place_labels(axes, [(p.cost, p.power.mean) for p in named], [wrap(p.label, 26, 2) for p in named], color=INK)
    return figure


def draw_points(axes: Axes, found: list[Point]) -> None:
    """Dots with whiskers; open: by the closed form only; a star: the best."""
    for p in found:
        color = GREEN if p.best else BLUE
        if p.power.has_interval:
            axes.vlines([p.cost], *p.power.ends, color=color, lw=0.9, zorder=2)
        axes.plot([p.cost], [p.power.mean], "*" if p.best else "o", color=color, ms=10 if p.best else 5, zorder=4,
                  mfc=color if p.simulated else "white")  # fmt: skip


def frontier(found: list[Point]) -> list[Point]:
    """Designs that no cheaper or equally dear one beats, by cost."""
    out: list[Point] = []
    for point in sorted(found, key=lambda p: (p.cost, -p.power.mean)):
        if not out or point.power.mean > out[-1].power.mean:
            out.append(point)
    return out


def note(power: Power, found: list[Point]) -> str:
    """What the marks are."""
    text = "Whiskers: 95% Monte Carlo interval. Dotted: designs that none of their cost or less beats. Dashed across: "
    text += f"the power wanted ({bare(power.target)})."
    if not all(p.simulated for p in found):
        text += " Open: closed form only, not simulated."
    if power.part("budget").get("candidates"):
        levels: Data = next((one["levels"] for one in power.part("budget")["candidates"] if one.get("levels")), {})
        text += " Orange: the budget. Star: the best design under it."
        text += f" Labels: {' × '.join(path_words(path) for path in sorted(levels))}." if len(levels) > 1 else ""
    elif power.axes:
        text += f" Labels: {' × '.join(factor.words for factor in power.axes)}."
    return text


def caption(power: Power) -> str:
    """Which is best for the money, and how to read."""
    budget, found = power.part("budget"), points(power)
    text = f"{str(budget['words']).rstrip('.')}. " if budget.get("words") and budget.get("candidates") else ""
    enough = [p for p in found if p.power.mean >= power.target]
    if enough:
        least = min(enough, key=lambda p: p.cost)
        price = f"{dollars(least.cost)} ({least.label})"
        text += f"The cheapest design shown that reaches {bare(power.target)} costs {price}. "
    else:
        text += f"No design shown reaches {bare(power.target)}. "
    head = power.headline
    of = f"Power is that of {estimator_words(head[2])} in the first analysis. " if head is not None else ""
    return f"{text}{of}A design below the dotted line costs more than it needs to."
