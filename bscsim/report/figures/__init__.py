"""The figures of the report, one file a figure, and the table of them.

Each module holds `NAME` (file name), `TITLE`, `draw(reading) -> Figure` and `caption(reading) -> str`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

    from bscsim.report.reading import Reading


@dataclass(frozen=True)
class Drawn:
    """One finished figure: its files' contents, title and caption."""

    name: str
    title: str
    caption: str
    svg: bytes
    png: bytes


def modules() -> tuple[ModuleType, ...]:
    """The figures in the order of the report."""
    from bscsim.report.figures import (
        costs,
        effects,
        participation,
        practice,
        run_chart,
        spread,
        timeline,
        turnover,
    )

    return (timeline, practice, effects, participation, run_chart, spread, turnover, costs)


def wanted(name: str, reading: Reading) -> bool:
    """Whether a run has what a figure shows: an enrolled center, and for effects a twin and a later wave."""
    if name == "timeline":
        return True
    if not reading.has_treated or (name == "run_chart" and not reading.has_first_collaborative):
        return False
    if name == "participation":
        return bool(reading.center_sum("treated", "invited").any())
    return name != "effects" or (reading.has_twin and bool(reading.later_waves))


def draw_all(reading: Reading) -> list[Drawn]:
    """Draw every figure the run has data for."""
    return [draw_one(module, reading) for module in modules() if wanted(module.NAME, reading)]


def draw_one(module: ModuleType, reading: Reading) -> Drawn:
    """Draw one figure in the report's look and keep it as SVG and PNG."""
    from bscsim.report.figures.style import look, settle, to_bytes

    with look():
        figure = module.draw(reading)
        settle(figure)
        svg, png = to_bytes(figure, "svg"), to_bytes(figure, "png")
    return Drawn(module.NAME, module.TITLE, module.caption(reading), svg, png)
