"""How every figure of the report looks, and how it is saved the same byte for byte.

Colours are Okabe & Ito's eight (readable with any colour vision); a line never differs from another by colour
alone. Matplotlib's global state is not touched: figures are made and saved inside `look()`.
"""

from __future__ import annotations

import io
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bscsim.scenario.calendar import Calendar

INK = "#222222"
SOFT = "#5f6368"
FAINT = "#c9ccd1"
WASH = "#eef1f5"
BLUE, ORANGE, GREEN = "#0072B2", "#D55E00", "#009E73"
SKY, AMBER = "#56B4E9", "#E69F00"
TREATED, UNTREATED = BLUE, SOFT
SECTOR_COLORS = {"child_care": BLUE, "head_start": ORANGE, "school": GREEN}
SECTOR_MARKERS = {"child_care": "o", "head_start": "s", "school": "^"}
WIDTH = 7.4
"""Inches: the width of the report's column."""
DPI = 160

SETTINGS: dict[str, Any] = {
    "svg.hashsalt": "bscsim",
    "svg.fonttype": "none",  # text stays text: it can be searched, selected and translated, and files stay small
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Geneva", "Arial", "Helvetica"],
    "font.size": 8.5,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 7,
    "axes.labelsize": 8.5,
    "axes.labelcolor": INK,
    "axes.edgecolor": SOFT,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "text.color": INK,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "lines.linewidth": 1.6,
    "grid.color": "#e3e6ea",
    "grid.linewidth": 0.6,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "figure.dpi": 100,
    "path.simplify": True,
}


@contextmanager
def look() -> Iterator[None]:
    """Matplotlib's settings for the report, restored afterwards; starts from its defaults, not the user's."""
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(SETTINGS)  # type: ignore[arg-type]  # its names are literals in the stubs
        yield


def new_figure(height: float, width: float = WIDTH) -> Figure:
    """An empty figure (inches) drawn with Agg, outside pyplot; it lays itself out without overlaps."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    figure = Figure(figsize=(width, height), layout=ConstrainedLayoutEngine(w_pad=0.06, h_pad=0.06))
    FigureCanvasAgg(figure)
    return figure


def settle(figure: Figure) -> None:
    """Lay the figure out once, so that saving it twice does not do so twice."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")


def to_bytes(figure: Figure, kind: str) -> bytes:
    """The figure as "svg" or "png" without dates or versions, so that equal figures are equal files."""
    buffer = io.BytesIO()
    metadata = {"Date": None, "Creator": None} if kind == "svg" else {"Software": None}
    figure.savefig(buffer, format=kind, dpi=DPI, metadata=metadata)
    return buffer.getvalue()


def note(figure: Figure, text: str) -> None:
    """The source note below a figure: what the band is, how many replicates."""
    figure.supxlabel(text, x=0.01, ha="left", fontsize=7.2, color=SOFT)


def month_axis(axes: Axes, calendar: Calendar, label: str = "Months from enrollment") -> None:
    """Months from 0 to the horizon, with a tick at each measurement wave (or each half year, if there are many)."""
    axes.set_xlim(-0.3, calendar.horizon + 0.3)
    axes.set_xticks(month_ticks(calendar))
    axes.set_xlabel(label)


def month_ticks(calendar: Calendar) -> list[int]:
    """Month 0, the end, the horizon and the waves; round months where those would stand too close."""
    last = calendar.horizon
    ticks = sorted({0, calendar.ends, last, *calendar.waves})
    if len(ticks) > 7 or min(b - a for a, b in pairwise(ticks)) < last / 12:
        step = next(s for s in (1, 2, 3, 6, 12, 24, 60, 120) if last / s <= 7)
        return list(range(0, last + 1, step))
    return ticks


def month_names(axes: Axes, calendar: Calendar, last: int) -> None:
    """Months 0..last: numbers on the first line of the axis, the months' names below."""
    from bscsim.report.words import MONTHS

    step = next(s for s in (1, 2, 3, 4, 6, 12, 24, 60, 120) if last / s <= 21)
    ticks = list(range(0, last + 1, step))
    axes.set_xticks(ticks, [f"{m}\n{MONTHS[calendar.season_month(m) - 1]}" for m in ticks])
    axes.set_xlim(-0.01 * last, 1.01 * last)
    axes.set_xlabel("Months from enrollment, and month of the year")


def spread_apart(wanted: list[float], gap: float) -> list[float]:
    """Positions as near to the wanted ones as a least gap allows, in the same order (for direct labels).

    >>> spread_apart([0.5, 0.5], 0.2)
    [0.4, 0.6]
    """
    order = sorted(range(len(wanted)), key=lambda i: (wanted[i], i))
    groups: list[tuple[list[int], float]] = []
    for i in order:
        members, centre = [i], wanted[i]
        while groups and centre - gap * (len(members) - 1) / 2 < (
            groups[-1][1] + gap * (len(groups[-1][0]) - 1) / 2 + gap
        ):
            before, _ = groups.pop()
            members = before + members
            centre = sum(wanted[j] for j in members) / len(members)
        groups.append((members, centre))
    out = [0.0] * len(wanted)
    for members, centre in groups:
        for place, j in enumerate(members):
            out[j] = round(centre + gap * (place - (len(members) - 1) / 2), 12)
    return out
