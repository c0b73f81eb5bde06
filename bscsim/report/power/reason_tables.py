"""The tables of reasons and prices: promises, what is switched off, designs under a budget, levers."""

from __future__ import annotations

from typing import Any

from bscsim.report.power.fields import NONE, Rows, degrees, first_cell, measure, share, view
from bscsim.report.power.figures.cost import levels_words
from bscsim.report.power.numbers import bare, known, plain, signed, significant
from bscsim.report.power.study import Data, Power, analysis_words
from bscsim.report.sweep.numbers import Estimate
from bscsim.report.sweep.page_tables import Field, View
from bscsim.report.words import dollars


def promises(power: Power) -> View:
    """Closed forms and normal data of the first cell, with what they are."""
    rows: Rows = []
    for analysis in power.analyses:
        closed = analysis.get("closed_form") or {}
        for name, words in (("naive", "Usual calculator"), ("nested", "Closed form with collaboratives")):
            if one := closed.get(name):
                numbers = (Field(bare(one.get("power"))), measure(plain(one.get("mdes"))), degrees(one.get("df")))
                rows.append(((words, analysis_words(analysis), str(one.get("words") or "")), numbers))
        if one := analysis.get("gaussian"):
            heads = ("Normal data", analysis_words(analysis), str(one.get("words") or ""))
            rows.append((heads, (share(one.get("power")), NONE, NONE)))
    about = f"What each promise rests on; MDES in the outcome's unit.{first_cell(power)}"
    heads = ("Source", "Analysis", "What it is")
    return view("promises", "The promises", about, heads, ("Power", "MDES", "df"), rows, "promises.csv")


def decomposition(power: Power) -> View:
    """What is switched off, and what that changes."""
    rows: Rows = []
    for one in power.rows("decomposition"):
        change = known(one.get("difference"))
        gain = NONE if change is None else Field(signed(change.mean), _ends(change))
        more = [measure(known(one.get(name))) for name in ("effect", "empirical_se")]
        heads = (str(one.get("variant")), str(one.get("words") or ""))
        rows.append((heads, (share(one.get("power")), gain, *more)))
    about = "Each row switches one thing off, with the same random numbers; differences are paired by replicate."
    columns = ("Power", "Change", "True effect", "Empirical SE")
    title, heads = "Switched off one by one", ("Variant", "What it is")
    return view("decomposition", title, about, heads, columns, rows, "decomposition.csv")


def _ends(found: Estimate) -> str:
    return f"{signed(found.low)} to {signed(found.high)}" if found.has_interval else ""


def budget(power: Power) -> View:
    """The designs that were considered under the budget."""
    rows: Rows = []
    data = power.part("budget")
    for one in data.get("candidates") or ():
        cost = Field(f"${one['cost']:,.0f}") if one.get("cost") is not None else NONE
        closed = Field(bare(one.get("power_closed")))
        rows.append(((levels_words(one.get("levels") or {}),), (cost, closed, share(one.get("power")))))
    about = f"Designs that were considered for {dollars(float(data.get('budget') or 0.0))}; the best were simulated."
    columns = ("Cost", "Power, closed form", "Power")
    return view("budget", "Designs under the budget", about, ("Design",), columns, rows, "budget.csv")


def levers(power: Power) -> View:
    """What one more of each buys."""
    rows: Rows = []
    for one in power.rows("levers"):
        gain, price = _step(one, "power"), _step(one, "cost")
        values = f"{_plain(one.get('from'))} → {_plain(one.get('to'))}"
        rows.append(((str(one.get("name") or one.get("path")),), (
            Field(values), Field(bare(one.get("power_to"))), _gain(gain),
            _price(price), _per(gain, price),
        )))  # fmt: skip
    columns = ("From → to", "Power", "Gain", "Cost", "Cost of .01 of power")
    about = "What one more of each buys, by the closed form with collaboratives; a low last column is a cheap lever."
    return view("levers", "Levers", about, ("Lever",), columns, rows, "levers.csv")


def _step(one: Data, name: str) -> float | None:
    ends = (one.get(f"{name}_from"), one.get(f"{name}_to"))
    return None if ends[0] is None or ends[1] is None else float(ends[1] - ends[0])


def _plain(value: Any) -> str:
    return significant(value) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _price(price: float | None) -> Field:
    """What a lever costs; one that the prices do not know has none."""
    if price is None:
        return NONE
    return Field(f"${price:,.0f}".replace("$-", "−$") if price else "not priced")


def _gain(gain: float | None) -> Field:
    return NONE if gain is None else Field(signed(gain, 3))


def _per(gain: float | None, price: float | None) -> Field:
    return Field(dollars(price / gain / 100)) if gain is not None and price and gain > 1e-4 else NONE
