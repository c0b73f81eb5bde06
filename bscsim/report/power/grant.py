"""The grant page: a methods paragraph ready to paste, assumptions with sources, effects, moderators and costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bscsim.report.power.numbers import bare, significant
from bscsim.report.power.study import Data, Power
from bscsim.report.sweep.page_tables import Field, View
from bscsim.report.words import dollars

MONEY = ("price", "cost", "total", "amount", "each")
SHARES = ("power",)
WORDS = {
    "mdes": "MDES", "mdes_sd": "MDES (SD)", "mdes_sd_corrected": "MDES (SD), corrected level",
    "name": "Assumption", "item": "What", "number": "How many",
    "price": "Price", "total": "Total",
}  # fmt: skip
TITLES = (
    ("assumptions", "Assumptions", "What the calculation rests on, and where each value is from."),
    ("mdes", "Minimum detectable effects", "The smallest true effect that is found with the power given (MDES), of "
     "each analysis alone; at the corrected level, the level divided by the number of analyses."),
    ("moderators", "Moderators", "Whether the effect differs between groups: an interaction needs more than a main "
     "effect does."),
    ("costs", "Costs", "What the design costs, in US dollars."),
)  # fmt: skip


def grant(power: Power) -> dict[str, Any] | None:
    """The grant page; None if there is nothing for it."""
    data = power.part("grant")
    paragraph = str(data.get("methods") or "")
    tables = [one for name, title, about in TITLES if (one := listed(name, title, about, data.get(name) or ())).rows]
    return {"methods": paragraph, "tables": tables} if paragraph or tables else None


def listed(name: str, title: str, about: str, rows: Sequence[Data]) -> View:
    """Plain objects as a table: their text first, then their numbers.

    >>> made = listed("costs", "Costs", "", [{"item": "Centers", "total": 1200.0}])
    >>> made.head, made.columns, made.rows[0][1][0].text
    (('What',), ('Total',), '$1,200')
    """
    names = list(dict.fromkeys(name for row in rows for name in row))
    texts = [one for one in names if all(isinstance(row.get(one), str | None) for row in rows)]
    if name == "assumptions":
        names, texts = ["name", "value", "source"], ["name", "source"]
        return View(f"grant-{name}", title, about, ("Assumption", "Value", "Source"), (), tuple(
            ((str(row.get("name") or ""), shown("value", row.get("value")), str(row.get("source") or "assumed")), ())
            for row in rows
        ), "grant_assumptions.csv", len(rows))  # fmt: skip
    numbers = [one for one in names if one not in texts]
    made = tuple(
        (tuple(str(row.get(one) or "") for one in texts), tuple(Field(shown(one, row.get(one))) for one in numbers))
        for row in rows
    )
    return View(f"grant-{name}", title, about, tuple(heading(one) for one in texts),
                tuple(heading(one) for one in numbers), made, "", len(rows))  # fmt: skip


def heading(name: str) -> str:
    """A name as the heading of a column."""
    return WORDS.get(name) or name.replace("_", " ").capitalize()


def shown(name: str, value: Any) -> str:
    """One value: dollars, shares and plain numbers; a measure with its value alone.

    >>> shown("power", 0.741), shown("price", 1200), shown("value", None), shown("value", 0.212), shown("value", 0.75)
    ('.74', '$1,200', '–', '0.212', '0.75')
    """
    if isinstance(value, dict):
        value = value.get("value")
    if value is None:
        return "–"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if name in MONEY:
        return f"${value:,.0f}" if value >= 0 else dollars(value)
    return bare(value) if name in SHARES else significant(value if abs(value) >= 5e-4 else 0.0)
