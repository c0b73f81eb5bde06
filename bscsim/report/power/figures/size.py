"""Figure: type I error under both nulls beside the band in which a test that holds its level would stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bscsim.report.figures.style import BLUE, SOFT
from bscsim.report.power.figures.dots import RED, Scale, draw_side_by_side
from bscsim.report.power.numbers import bare, known
from bscsim.report.power.study import analysis_words, estimator_words
from bscsim.report.sweep.figures.panels import Plan
from bscsim.report.sweep.figures.rows import Mark, Panel, Row
from bscsim.report.words import count

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bscsim.report.power.study import Power
    from bscsim.report.sweep.numbers import Estimate

NULLS = {"type1_sharp": "Sharp null: nobody is affected", "type1_average": "Average null: zero on average"}
WITH_WHISKERS = 3


def plans(power: Power) -> list[Plan]:
    """The dot plot, if a type I error was found."""
    if not any(known(one.get(name)) for _, _, one in power.estimates() for name in NULLS):
        return []
    return [Plan("type_one", "Do the tests hold their level?", caption(power), lambda: draw(power))]


def draw(power: Power) -> Figure:
    """A panel a null; dots of many cells stand one below the other in the estimator's row."""
    cells = len(power.cells)
    band = (max(power.alpha - power.band, 0.0), power.alpha + power.band)
    made = [Panel(title, "type I error", rows(power, name, band), line=power.alpha) for name, title in NULLS.items()]
    note = (
        f"Line: the level wanted ({bare(power.alpha)}). Green band: within 3 Monte Carlo standard errors of it with "
        f"{count(power.tested, 'replicate')}. Red diamonds are out of the band."
    )
    many = f" A dot a cell ({cells} cells); numbers: their range."
    note += f" {power.whiskers()}" if cells <= WITH_WHISKERS else many
    height = 0.26 if cells == 1 else min(0.24 + 0.03 * cells, 0.48)
    return draw_side_by_side(made, [Scale(band, (0.0,)), Scale(band, (0.0,))], note, row_height=height, label_width=30)


def rows(power: Power, name: str, band: tuple[float, float]) -> tuple[Row, ...]:
    """A heading an analysis, a row an estimator, a dot a cell."""
    out = []
    for analysis in power.analyses:
        out.append(Row(analysis_words(analysis), heading=True))
        for one in analysis.get("estimators") or ():
            same = [power.at(cell, analysis.get("analysis", 0), one["name"]) for cell in power.cells]
            found = [(size, other.get("size_verdict") != "holds") for other in same
                     if other is not None and (size := known(other.get(name))) is not None]  # fmt: skip
            out.append(Row(estimator_words(one), marks(found, band)))
    return tuple(out)


def marks(found: list[tuple[Estimate, bool]], band: tuple[float, float]) -> tuple[Mark, ...]:
    """Dots (and whether they may be bad) spread over the height of a row, and their number or range in words."""
    out = []
    worst = SOFT
    for i, (one, doubtful) in enumerate(found):
        bad = doubtful and not band[0] <= one.mean <= band[1]
        worst = RED if bad else worst
        below = 0.0 if len(found) == 1 else (i / (len(found) - 1) - 0.5) * 0.66
        shown = one if len(found) <= WITH_WHISKERS else type(one)(one.mean, one.mean, one.mean)
        out.append(Mark(shown, RED if bad else BLUE, "D" if bad else "o", below=below))
    values = [one.mean for one, _ in found]
    if values:
        text = bare(values[0], 3) if len(values) == 1 else f"{bare(min(values), 3)} to {bare(max(values), 3)}"
        out.append(Mark(None, text=text, text_color=worst))
    return tuple(out)


def caption(power: Power) -> str:
    """What is out of its band."""
    bad: dict[str, None] = {}
    for _, _, one in power.out_of_band():
        bad.setdefault(f"{estimator_words(one)} ({one['size_verdict']})")
    said = f"Out of the band: {', '.join(bad)}." if bad else "No test is out of its band."
    return (
        f"{said} The sharp null puts the trial's labels on centers that nobody touched. Under the average null effects "
        "still differ between centers and collaboratives, which a test that ignores collaboratives does not see. "
        "A power counts only where both dots stand in the band."
    )
