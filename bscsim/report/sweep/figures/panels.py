"""What the figures of a sweep share: small multiples, wrapped words, axes by unit, and labels that do not collide."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from bscsim.report.figures.style import BLUE, DPI, GREEN, ORANGE, SKY, SOFT, new_figure, note, spread_apart

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure
    from matplotlib.text import Annotation

    from bscsim.report.sweep.study import Outcome

AMBER, PURPLE = "#E69F00", "#CC79A7"
SERIES = ((BLUE, "o", BLUE), (ORANGE, "s", "#B34E00"), (GREEN, "^", "#00775A"), (AMBER, "D", "#8A6000"),
          (SKY, "v", "#26729E"), (PURPLE, "P", "#9A4474"))  # fmt: skip
"""Color and marker of each line of a panel, and a darker tone of the color for words."""
Box = tuple[float, float, float, float]
PER_INCH = {"title": 12.5, "label": 15.0, "note": 17.3}
"""Characters of the figures' fonts that fit an inch."""


@dataclass(frozen=True)
class Plan:
    """A figure to draw: its file name, title and caption for the page, and how it is drawn."""

    name: str
    title: str
    caption: str
    draw: Callable[[], Figure]


_SEAM = "\N{ZERO WIDTH SPACE}"


def wrap(text: str, width: int, lines: int = 2) -> str:
    r"""Text broken to at most `lines` lines of at most `width` characters; what does not fit becomes an ellipsis.

    >>> wrap("turnover of child care lead teachers", 14).split(chr(10))
    ['turnover of', 'child care …']
    >>> wrap("short", 14), wrap("turn_base_child_care", 14)
    ('short', 'turn_base_\nchild_care')
    """
    width = max(width, 4)
    broken = " ".join(text.split()).replace("_", f"_{_SEAM} ")  # names may be broken after an underscore
    found = [line.replace(f"{_SEAM} ", "").replace(_SEAM, "") for line in textwrap.wrap(broken, width)] or [""]
    if len(found) > lines:
        found = found[:lines]
        found[-1] = f"{found[-1][: width - 2].rstrip()} …"
    return "\n".join(found)


def sheet(height: float) -> Figure:
    """An empty figure, laid out at the resolution of its PNG: words are wider there than at fewer dots an inch."""
    figure = new_figure(height)
    figure.set_dpi(DPI)
    return figure


def lay_out(figure: Figure) -> None:
    """Find the place of everything once and for all. What is laid out already stays as it is.

    Two rounds: words beside the panels make the panels smaller, and these then have other ticks.
    """
    from matplotlib.layout_engine import PlaceHolderLayoutEngine

    engine = figure.get_layout_engine()
    if engine is None or isinstance(engine, PlaceHolderLayoutEngine):
        return
    for _ in range(2):
        engine.execute(figure)
    figure.set_layout_engine("none")


def foot(figure: Figure, text: str) -> None:
    """The note below the figure, broken to its width."""
    width = int((figure.get_figwidth() - 0.3) * PER_INCH["note"])
    note(figure, "\n".join(textwrap.wrap(text, width)))


def panels(figure: Figure, count: int, columns: int, **more: Any) -> list[Axes]:
    """That many panels in rows of `columns`; places left over are removed."""
    rows = -(-count // columns)
    made = list(figure.subplots(rows, columns, squeeze=False, **more).ravel())
    for axes in made[count:]:
        axes.remove()
    return made[:count]


def columns_for(count: int, most: int = 3) -> int:
    """How many columns `count` panels stand in: no row left nearly empty.

    >>> [columns_for(n) for n in (1, 2, 3, 4, 5, 6)]
    [1, 2, 3, 2, 3, 3]
    """
    return min(count, most) if count != 4 else min(2, most)


def panel_title(axes: Axes, text: str, inches: float, lines: int = 2) -> None:
    """The bold title of a panel that is about that wide."""
    axes.set_title(wrap(text, int(inches * PER_INCH["title"]), lines))


def value_axis(axis: Axis, kind: str, ticks: int = 5) -> None:
    """At most that many ticks on an axis of values of a kind (plain, share, dollars); its label says the unit."""
    from matplotlib.ticker import MaxNLocator, ScalarFormatter

    axis.set_major_locator(MaxNLocator(ticks, steps=[1, 2, 2.5, 5, 10]))
    if kind == "share":
        axis.set_major_formatter(lambda x, _: f"{100 * x:.6g}".replace("-", "−"))
    elif kind == "dollars":
        axis.set_major_formatter(lambda x, _: dollar_tick(x))
    else:
        plain = ScalarFormatter(useOffset=False)
        plain.set_scientific(False)
        axis.set_major_formatter(plain)


def dollar_tick(x: float) -> str:
    """US dollars on an axis.

    >>> dollar_tick(12500.0), dollar_tick(-800.0), dollar_tick(2.5e6)
    ('$12.5k', '−$800', '$2.5M')
    """
    sign, size = "−" if x < 0 else "", abs(x)
    if size >= 1e6:
        return f"{sign}${size / 1e6:.6g}M"
    return f"{sign}${size / 1e3:.6g}k" if size >= 1e4 else f"{sign}${size:,.6g}"


def name_ends(axes: Axes, head: str, ends: Sequence[float], words: Sequence[str], width: int) -> None:
    """Name lines at their right ends (in data; NaN stands in the middle), and above them what the names are of.

    The panel gets more room at its top if the highest line leaves none.
    """
    from matplotlib.transforms import ScaledTranslation

    figure = axes.get_figure(root=True)
    tall = axes.get_position().height * (figure.get_figheight() if figure else 1.0)
    line = 0.115 / max(tall, 0.5)  # of the panel's height
    labels = [wrap(word, width, 2 if len(words) <= 4 else 1) for word in words]
    gap = line * (1.3 + any("\n" in label for label in labels))
    title = wrap(head, width + 3, 2)
    size = 0.65 * gap + line * (1 + title.count("\n"))
    places = spread_apart(_shares(axes, ends), gap)
    if (over := max(places) + size - 1.02) > 0:
        low, high = axes.get_ylim()
        axes.set_ylim(low, high + (high - low) * over / (1 - min(over + size, 0.6)))
        places = spread_apart(_shares(axes, ends), gap)

    def right(points: float) -> Any:
        return axes.transAxes + ScaledTranslation(points / 72, 0, axes.figure.dpi_scale_trans)

    for y, label, (color, marker, tone) in zip(places, labels, SERIES, strict=False):
        axes.plot([1.0], [y], marker, color=color, ms=3.6, transform=right(6), clip_on=False)
        axes.text(1.0, y, label, transform=right(10.5), color=tone, va="center", fontsize=7.6, linespacing=1.0)
    axes.text(1.0, max(places) + 0.65 * gap, title, transform=right(4), color=SOFT, va="bottom", fontsize=7.2,
              linespacing=1.0)  # fmt: skip


def _shares(axes: Axes, values: Sequence[float]) -> list[float]:
    """Values as shares of a panel's height; the middle where there is none."""
    low, high = axes.get_ylim()
    return [(value - low) / (high - low) if math.isfinite(value) else 0.5 for value in values]


def unit_label(outcome: Outcome, change: bool = False) -> str:
    """The unit for an axis whose panel already says what the outcome is."""
    if change:
        return f"Difference ({outcome.change_unit})" if outcome.change_unit else "Difference"
    return outcome.unit_words or outcome.unit


def place_labels(axes: Axes, points: Sequence[tuple[float, float]], texts: Sequence[str], **style: Any) -> list[str]:
    """Name points of a laid-out panel without one label on another, on a point or outside the panel.

    Points are served in the order given; eight places around each are tried, then the same farther off with a thin
    line. Returns the texts that found no place. The figure must be laid out: places are measured in its pixels.
    """
    from matplotlib.text import Text

    renderer = axes.figure.canvas.get_renderer()  # type: ignore[attr-defined]  # Agg's canvas has one
    inside = axes.get_window_extent(renderer)
    transformed = [axes.transData.transform(point) for point in points]
    pixels = [(float(x), float(y)) for x, y in transformed]
    marks = [(x - _CLEAR, y - _CLEAR, x + _CLEAR, y + _CLEAR) for x, y in pixels]
    taken: list[Box] = []
    lost = []
    for i, ((x, y), text) in enumerate(zip(points, texts, strict=True)):
        others = marks[:i] + marks[i + 1 :]
        found: list[Box] = []
        for dx, dy, reach in _AROUND:
            label = _label(axes, (x, y), text, (dx * reach, dy * reach), **style)
            label.update_positions(renderer)
            extent = Text.get_window_extent(label, renderer)  # the words alone: that of an annotation holds its line
            box = (extent.x0 - 1, extent.y0 - 1, extent.x1 + 1, extent.y1 + 1)
            fits = box[0] >= inside.x0 and box[2] <= inside.x1 and box[1] >= inside.y0 and box[3] <= inside.y1
            way = _way((x, y), box) if reach > _NEAR else []
            free = not any(_overlap(box, other) for other in [*taken, *others])
            if fits and free and not any(_overlap(step, other) for step in way for other in [*taken, *others]):
                found = [box, *way]
                break
            label.remove()
        taken += found
        if not found:
            lost.append(text)
    return lost


_CLEAR = 11.0
"""Pixels around a point that labels of other points keep free, so that nobody takes them for its own."""
_DIRECTIONS = ((1, 0), (-1, 0), (1, 1), (-1, 1), (1, -1), (-1, -1), (0, 1), (0, -1))
_NEAR = 5.5
_AROUND = tuple((dx, dy, reach) for reach in (_NEAR, 14, 26, 40) for dx, dy in _DIRECTIONS)


def _label(axes: Axes, at: tuple[float, float], text: str, offset: tuple[float, float], **style: Any) -> Annotation:
    """One label at an offset in points; far ones have a thin line to their point."""
    dx, dy = offset
    far = max(abs(dx), abs(dy)) > _NEAR
    return axes.annotate(
        text, at, xytext=offset, textcoords="offset points", fontsize=style.get("fontsize", 7.5),
        color=style.get("color"), ha="center" if dx == 0 else "left" if dx > 0 else "right",
        va="center" if dy == 0 else "bottom" if dy > 0 else "top",
        bbox={"boxstyle": "square,pad=0.05", "fc": "white", "ec": "none", "alpha": 0.8},
        arrowprops={"arrowstyle": "-", "color": SOFT, "lw": 0.5, "shrinkA": 1, "shrinkB": 3} if far else None,
    )  # fmt: skip


def thin_ticks(figure: Figure) -> None:
    """Lay the figure out, then take ticks away where the numbers of a horizontal axis would touch."""
    from matplotlib.ticker import MaxNLocator

    lay_out(figure)
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]  # Agg's canvas has one
    for axes in figure.axes:
        for ticks in (4, 3, 2):
            low, high = sorted(axes.get_xlim())
            labels = [text for text in axes.get_xticklabels() if low <= text.get_position()[0] <= high]
            boxes = sorted((box.x0, box.x1) for box in (text.get_window_extent(renderer) for text in labels))
            if all(b[0] - a[1] >= _CLEAR for a, b in pairwise(boxes)):
                break
            axes.xaxis.set_major_locator(MaxNLocator(ticks, steps=[1, 2, 2.5, 5, 10]))


def _way(point: tuple[float, float], box: Box) -> list[Box]:
    """Steps along the line from a point to its label, as small boxes."""
    middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    steps = []
    for i in range(20):
        x, y = (start + (end - start) * i / 20 for start, end in zip(point, middle, strict=True))
        step = (x - 0.5, y - 0.5, x + 0.5, y + 0.5)
        if not _overlap(step, box) and math.dist((x, y), point) > _CLEAR:
            steps.append(step)
    return steps


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
