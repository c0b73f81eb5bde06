"""The table of cells right after the answer, and the table of searches: a row a cell."""

from __future__ import annotations

from bscsim.report.power.fields import NONE, Rows, share, view
from bscsim.report.power.figures.search import over_words
from bscsim.report.power.numbers import bare, known
from bscsim.report.power.study import Data, Power, analysis_words, mdes_of
from bscsim.report.sweep.page_tables import Field, View
from bscsim.report.sweep.study import shown
from bscsim.report.words import dollars, level


def cells(power: Power) -> View:
    """Power, type I error, minimum detectable effect and cost of every cell, by the first estimator."""
    rows: Rows = []
    for cell in power.cells if power.several_cells else ():
        name = power.cell_label(cell)
        name += " (best)" if power.best is not None and power.best == cell.get("cell") else ""
        for analysis in cell["analyses"]:
            for one in list(analysis.get("estimators") or ())[:1]:
                heads = (name, analysis_words(analysis)) if len(power.analyses) > 1 else (name,)
                rows.append((heads, fields(power, cell, one)))
    heads = ("Cell", "Analysis") if len(power.analyses) > 1 else ("Cell",)
    what = "Power" if power.randomized else "Significant improvement"
    columns = (what, "Type I, sharp null", "Type I, average null", "Its level", "MDES", "Cost")
    return view("cells", "The cells", about(power), heads, columns, rows, "power.csv")


def fields(power: Power, cell: Data, one: Data) -> tuple[Field, ...]:
    """The numbers of a cell; what must not be quoted stands in brackets."""
    found = share(one.get("power") if power.randomized else one.get("improvement"))
    if one.get("size_verdict") == "too high" and power.randomized:
        found = Field(f"[{found.text}]", found.small)
    mdes, standard = mdes_of(one) if power.randomized else (None, False)
    words = "" if mdes is None else f"{level(mdes.mean, 2 if standard else 3)}{' SD' if standard else ''}"
    least = Field(f"[{words}]" if one.get("size_verdict") == "too high" else words) if words else NONE
    total = (cell.get("cost") or {}).get("total")
    return (
        found, share(one.get("type1_sharp"), 3), share(one.get("type1_average"), 3),
        Field(str(one.get("size_verdict") or "–")), least, NONE if total is None else Field(dollars(float(total))),
    )  # fmt: skip


def about(power: Power) -> str:
    """What the columns are, and which cell is the best."""
    text = "By the first estimator of each analysis. "
    if power.randomized:
        text += (
            "Power: share of trials that find the effect. Type I error: share that call an effect significant where "
            "nobody is affected (sharp null) or where effects differ but average zero (average null). MDES: smallest "
            f"true effect that is found with power {bare(power.target)} (minimum detectable effect). In brackets: a "
            "power or MDES not to be quoted, as the type I error is too high."
        )
    else:
        text += (
            "Significant improvement: share of studies that report one, true or not; it is no power, as nobody is "
            "allocated by lot."
        )
    words = str(power.part("best_cell").get("words") or "")
    return f"{text} Best: {words}." if words else text


def searches(power: Power) -> View:
    """What was found in each cell that was searched; none where only one was."""
    rows: Rows = []
    labels = {int(cell.get("cell") or 0): power.cell_label(cell) for cell in power.cells}
    for one in power.searches if len(power.searches) > 1 else ():
        cell = int(one.get("cell") or 0)
        value = "none is enough" if one.get("found") is None else shown(one["found"])
        value = "none: type I error too high" if one.get("size_verdict") == "too high" else value
        value = f"at most {value}" if one.get("at_most") and one.get("found") is not None else value
        low, high = one.get("low"), one.get("high")
        ends = "" if low is None else f"{shown(low)} {f'to {shown(high)}' if high is not None else 'or more'}"
        promise = NONE if one.get("closed_form") is None else Field(shown(one["closed_form"]))
        confirmed = share(one.get("confirmed")) if known(one.get("confirmed")) else NONE
        words = "; ".join(str(text) for text in one.get("warnings") or ())
        rows.append(((labels.get(cell, f"cell {cell}"), words or "none"), (Field(value, ends), promise, confirmed)))
    title = f"The search over {over_words(power.searches[0])} in every cell" if rows else ""
    text = (
        f"Smallest value with power {bare(power.target)}, its 95% interval below; what the closed form promises; the "
        "power at it in fresh replicates."
    )
    columns = ("Needed", "Closed form", "Power, fresh replicates")
    return view("searches", title, text, ("Cell", "Warnings"), columns, rows, "search.csv")
