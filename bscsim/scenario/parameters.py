"""The one table of model parameters: name, unit, ranges, default, status and source, for all that need it.

Validation of files, ``bscsim parameters``, the tables in ODD.md and the bounds of sensitivity analyses all come from
:func:`table`. The rows stand in four files by concept (``table_people``, ``table_program``, ``table_start``,
``table_money``); a group of parameters is a class there.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self, cast

from pydantic import model_validator

from bscsim.scenario.fields import Frozen, Status, number_text, refuse
from bscsim.scenario.table_money import Prices, SupportEffects
from bscsim.scenario.table_people import Learning, Motivation, Participation, Practice, Readiness, Turnover
from bscsim.scenario.table_program import Application, Measurement, Organization, Pdsa, Program
from bscsim.scenario.table_start import Traits

GROUPS: dict[str, type[Frozen]] = {
    "turnover": Turnover, "readiness": Readiness, "participation": Participation, "learning": Learning,
    "practice": Practice, "pdsa": Pdsa, "organization": Organization, "motivation": Motivation, "program": Program,
    "application": Application, "measurement": Measurement, "traits": Traits, "supports": SupportEffects,
    "prices": Prices,
}
"""The groups of the table, in its order."""

STATUS_TEXT: dict[str, str] = {
    "S": "literature review (OPRE 2018-28)", "L": "other literature", "F": "fitted to published figures",
    "A": "assumption",
}
"""What the letters of the status column mean."""


class Parameters(
    Turnover, Readiness, Participation, Learning, Practice, Pdsa, Organization, Motivation, Program, Application,
    Measurement, Traits, SupportEffects, Prices,
):
    """Every parameter of the model, at its default unless given.

    >>> Parameters().turn_new
    2.0
    >>> Parameters(k_hour=0.05).k_hour
    0.05
    """

    @model_validator(mode="after")
    def _together(self) -> Self:
        if self.metrics_p > self.metrics_made_p:
            involved = ("parameters.metrics_p", "parameters.metrics_made_p")
            problem = (f"must not pass metrics_made_p ({number_text(self.metrics_made_p)}): a team cannot use metrics "
                       f"that it did not make (got {number_text(self.metrics_p)})")
            refuse("Parameters", [(("metrics_p",), problem, involved)])
        return self


@dataclass(frozen=True, slots=True)
class ParameterRow:
    """One row of the table: hard range [low, high] (``open_low``: low itself is refused) and plausible range."""

    name: str
    group: str
    unit: str
    low: float
    high: float
    open_low: bool
    plausible_low: float
    plausible_high: float
    default: float
    status: Status
    source: str
    about: str


def table() -> tuple[ParameterRow, ...]:
    """All rows, in the order of the groups.

    >>> row = table()[0]
    >>> row.name, row.group, row.unit, row.low, row.high, row.default, row.status
    ('turn_base_child_care', 'turnover', 'per year', 0.0, 3.0, 0.46, 'F')
    """
    return tuple(
        _row(name, group, field.default, cast("dict[str, Any]", field.json_schema_extra))
        for group, model in GROUPS.items()
        for name, field in model.model_fields.items()
    )


def row(name: str) -> ParameterRow:
    """Return the row of one parameter; raises KeyError for a name that is not in the table.

    >>> row("k_hour").about.split(",")[0]
    'Knowledge gained in an hour of contact'
    """
    for found in table():
        if found.name == name:
            return found
    raise KeyError(name)


def _row(name: str, group: str, default: float, notes: dict[str, Any]) -> ParameterRow:
    low, high = notes["hard"]
    return ParameterRow(
        name=name, group=group, unit=notes["unit"], low=float(low), high=float(high), open_low=notes["open_low"],
        plausible_low=float(notes["plausible"][0]), plausible_high=float(notes["plausible"][1]),
        default=float(default), status=notes["status"], source=notes["source"], about=notes["about"],
    )


def as_dicts() -> list[dict[str, Any]]:
    """Return the table as plain dicts, ready for JSON.

    >>> as_dicts()[0]["name"]
    'turn_base_child_care'
    """
    return [asdict(found) for found in table()]


def markdown() -> str:
    """Return the table as Markdown, one section a group; ODD.md holds exactly this text.

    >>> print(markdown().splitlines()[0])
    #### turnover: who leaves, and who comes (E1, E2)
    """
    parts = []
    for group, model in GROUPS.items():
        title = (model.__doc__ or "").splitlines()[0].rstrip(".")
        lines = [
            f"#### {group}: {title[0].lower()}{title[1:]}", "",
            "| name | default | unit | allowed | plausible | status | what it does | source |",
            "|---|---|---|---|---|---|---|---|",
        ]
        lines += [_line(found) for found in table() if found.group == group]
        parts.append("\n".join(lines))
    legend = "; ".join(f"{letter}: {text}" for letter, text in STATUS_TEXT.items())
    return "\n\n".join([*parts, f"Status: {legend}."]) + "\n"


def _line(found: ParameterRow) -> str:
    allowed = f"{'above ' if found.open_low else ''}{number_text(found.low)} to {number_text(found.high)}"
    plausible = f"{_short(found.plausible_low)} to {_short(found.plausible_high)}"
    cells = (f"`{found.name}`", _short(found.default), found.unit, allowed, plausible, found.status, found.about,
             found.source)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _short(value: float) -> str:
    return number_text(float(f"{value:.6g}"))
