"""Figure: main effects and two-way interactions of a factorial experiment, the largest on top."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bscsim.report.figures.style import BLUE, INK, ORANGE
from bscsim.report.sweep.figures.panels import Plan, unit_label
from bscsim.report.sweep.figures.rows import Mark, Panel, Row, draw_panels
from bscsim.report.sweep.numbers import Estimate

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bscsim.report.sweep.study import Outcome, Sweep

MOST = 16
Term = tuple[list[str], Estimate, float | None]


def plans(sweep: Sweep) -> list[Plan]:
    """The figure, if effects were estimated."""
    shown = [outcome for outcome in sweep.shown if terms(sweep, outcome)]
    if not shown:
        return []
    return [Plan("effects", title(sweep, shown[0]), caption(sweep, shown[0]), lambda: draw(sweep, shown))]


def terms(sweep: Sweep, outcome: Outcome) -> list[Term]:
    """Terms of an outcome with estimate and half-normal quantile, largest size first."""
    found: list[Term] = []
    for row in sweep.rows("effects"):
        one = Estimate.of(row.get("estimate")) if row["response"] == outcome.key else None
        if one is not None:
            found.append((list(row["terms"]), one, row.get("half_normal")))
    return sorted(found, key=lambda term: -abs(term[1].mean))


def draw(sweep: Sweep, shown: list[Outcome]) -> Figure:
    """A panel an outcome, each sorted on its own: filled circles are main effects, open squares interactions."""
    columns = 1 if len(shown) == 1 else 2
    made = []
    for outcome in shown:
        rows = tuple(row(sweep, outcome, names, one) for names, one, _ in terms(sweep, outcome)[:MOST])
        more = len(terms(sweep, outcome)) - len(rows)
        title = f"{outcome.title}: the {len(rows)} largest" if more > 0 else outcome.title
        made.append(Panel(title, unit_label(outcome, True), rows, outcome.writer.kind, 0.0))
    note = (
        "Circles: main effects, the mean with the higher level minus the mean with the lower, over all else. Open "
        "squares: two-way interactions, half the difference between the effects of one factor at both levels of the "
        f"other. Paired by common random numbers. {sweep.whiskers()}"
    )
    height, width = (0.25, 40) if columns == 1 else (0.3, 22)
    return draw_panels(made, columns, note, row_height=height, label_width=width)


def row(sweep: Sweep, outcome: Outcome, names: list[str], one: Estimate) -> Row:
    """One term: its mark says whether it is a main effect."""
    main = len(names) == 1
    mark = Mark(one, BLUE if main else ORANGE, "o" if main else "s", main, text=outcome.changes.change(one.mean),
                text_color=INK)  # fmt: skip
    return Row(sweep.term_words(names), (mark,))


def title(sweep: Sweep, outcome: Outcome) -> str:
    """Which main effect is the largest, and whether an interaction rivals it."""
    found = terms(sweep, outcome)
    names, _, _ = found[0]
    kind = "factor" if len(names) == 1 else "combination"
    return f"The {kind} that moves {outcome.lower_title} most: {sweep.term_words(names)}"


def caption(sweep: Sweep, outcome: Outcome) -> str:
    """The largest main effect and interaction with their intervals, and how many are clear of zero."""
    found = terms(sweep, outcome)
    said = []
    for order, name in ((1, "main effect"), (2, "interaction")):
        chosen = next(((names, one) for names, one, _ in found if len(names) == order), None)
        if chosen:
            value = outcome.changes.with_interval(chosen[1], True)
            said.append(f"the largest {name} is that of {sweep.term_words(chosen[0])}, {value}")
    text = f"{outcome.title} ({outcome.change_unit}): " if outcome.change_unit else f"{outcome.title}: "
    text += "; ".join(said) + "."
    if any(one.has_interval for _, one, _ in found):
        clear = sum(one.clear_of_zero for _, one, _ in found)
        text += f" {clear} of {len(found)} intervals leave zero out."
    return text
