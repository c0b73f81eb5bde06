"""Figure: what the closed form promises, what normal data give, and what the program's own dynamics deliver."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bscsim.report.figures.style import BLUE, GREEN, ORANGE
from bscsim.report.power.figures.dots import Scale, draw_side_by_side
from bscsim.report.power.figures.forest import MOST_ROWS
from bscsim.report.power.numbers import bare, known, plain
from bscsim.report.power.study import analysis_words, estimator_words
from bscsim.report.sweep.figures.panels import Plan
from bscsim.report.sweep.figures.rows import Mark, Panel, Row

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bscsim.report.power.study import Data, Power

NAIVE, NESTED = "Usual calculator", "Closed form with collaboratives"


def plans(power: Power) -> list[Plan]:
    """The figure, if a closed form or normal data stand beside the mechanism."""
    if not any(promised(analysis) for _, analysis in shown(power)):
        return []
    title = "What was promised, and what comes out"
    return [Plan("promises", title, caption(power), lambda: draw(power))]


def shown(power: Power) -> list[tuple[Data, Data]]:
    """All cells' analyses if they are few, else the first cell's."""
    found = [(cell, analysis) for cell in power.cells for analysis in cell["analyses"]]
    rows = sum(4 + len(analysis.get("estimators") or ()) for _, analysis in found)
    return found if rows <= MOST_ROWS else [pair for pair in found if pair[0] is power.first]


def promised(analysis: Data) -> list[Row]:
    """Rows of the closed forms and the normal data."""
    closed = analysis.get("closed_form") or {}
    out = []
    for key, name, color, filled in (("naive", NAIVE, ORANGE, False), ("nested", NESTED, ORANGE, True)):
        found = plain((closed.get(key) or {}).get("power"))
        if found is not None:
            out.append(Row(name, (Mark(found, color, "D", filled, text=bare(found.mean), text_color="#B34E00"),)))
    normal = known((analysis.get("gaussian") or {}).get("power"))
    if normal is not None:
        out.append(Row("Normal data, same components", (Mark(normal, GREEN, "s", text=bare(normal.mean),
                                                             text_color="#00775A"),)))  # fmt: skip
    return out


def draw(power: Power) -> Figure:
    """A heading an analysis; below it the promises, then the estimators."""
    found = shown(power)
    cells = len({cell.get("cell") for cell, _ in found})
    rows: list[Row] = []
    for cell, analysis in found:
        head = analysis_words(analysis)
        rows.append(Row(f"{power.cell_label(cell)}: {head}" if cells > 1 else head, heading=True))
        rows += promised(analysis)
        for one in analysis.get("estimators") or ():
            value = known(one.get("power"))
            if value is not None:
                mark = Mark(value, BLUE, text=bare(value.mean), text_color=BLUE)
                rows.append(Row(f"{source(power)}: {estimator_words(one)}", (mark,)))
    note = (
        f"Open diamond: closed form without collaboratives and losses; full diamond: with them; squares: normal data; "
        f"dots: the study itself. {power.whiskers()} Line: the power wanted ({bare(power.target)})."
    )
    panel = Panel("Power", "share of trials", tuple(rows), line=power.target)
    return draw_side_by_side([panel], [Scale(shows=(0.0, 1.0))], note, label_width=38)


def source(power: Power) -> str:
    """What the study's own truth is called."""
    return "Typed-in truth" if power.summary.get("truth") == "gaussian" else "Mechanism"


def caption(power: Power) -> str:
    """How far the usual promise is from what comes out, for the first analysis."""
    head = power.headline
    text = ""
    if head is not None:
        naive = ((head[1].get("closed_form") or {}).get("naive") or {}).get("power")
        value = known(head[2].get("power"))
        if naive is not None and value is not None:
            found = f"{estimator_words(head[2])} comes to {bare(value.mean)}"
            text = f"A usual calculator promises {bare(naive)}; {found}. "
    return text + (
        f"From top to bottom each row knows more of the study ({INTO}); the distance between the first row and the "
        "dots is what planning with the first would cost."
    )


INTO = "first sizes and variances, then collaboratives and losses, then small samples, then the program itself"
