"""Keeps the tables of ODD.md current: they are made from the code and stand between markers in the file.

Run ``python -m bscsim.agents.odd`` after a change of a parameter, setting, measure or stream; a test fails until then.
With a path it refreshes that file instead.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from bscsim.record.measures import LABELS, MEASURES, STAFF_COLUMNS, Measure
from bscsim.rules import draws
from bscsim.scenario import parameters
from bscsim.scenario.fields import number_text
from bscsim.scenario.scenario import Scenario

ODD: Final = Path(__file__).with_name("ODD.md")
"""The model description."""

STREAM_KEYS: Final[Mapping[str, tuple[str, str, str]]] = {
    "CENTER_SIZE": ("center; part of the draw", "-", "staff of a center whose size is not given"),
    "CENTER_TRAITS": ("center; pair of traits", "-", "common factor, four traits, habitual practice, turnover frailty"),
    "PERSON_TRAITS": ("center; slot, occupant", "-", "a person's terms of habitual practice and of the set point"),
    "DRIVER_PRACTICE": ("center; slot, occupant, driver", "-", "a person's habitual practice of one driver"),
    "INITIAL_TENURE": ("center; slot", "-", "years in the job at the start of burn-in"),
    "EXIT_THRESHOLD": ("center; slot, occupant", "-", "how much hazard an occupant survives (E1)"),
    "VACANCY": ("center; slot, next occupant", "-", "how long the position stays empty (E2)"),
    "HIRE": ("center; slot, new occupant", "-", "whether a leaver of the area is sought; turn in the queue (E2)"),
    "VOLUNTEER": ("center; slot, occupant", "-", "who takes a seat: the smallest (E3)"),
    "SEAT_LEVEL": ("center; seat", "-", "whether a seat is filled at its level (E13)"),
    "SEAT_REFILL": ("center; seat", "every step", "whether an empty seat is refilled (E3)"),
    "ATTENDANCE": ("center; slot, occupant", "first of a month",
                   "one each for the all-team call, affinity call, session and pre-work call of the month (E6)"),
    "PDSA": ("center; driver", "every step", "starts, old ones still open, new ones still open, successes (E7)"),
    "PDSA_REPORT": ("center; driver", "every step", "how many of the ended PDSAs are reported"),
    "MONTHLY_REPORT": ("center", "first of a month", "whether the report is sent (E6)"),
    "METRICS": ("center", "-", "whether the team makes metrics, and uses them consistently (E6)"),
    "WITHDRAWAL": ("center", "every step", "whether the center withdraws (E5)"),
    "FACILITATION": ("number of the collaborative", "-", "facilitation of a collaborative (E6, E7)"),
    "APPLICATION": ("center", "-", "whether the center applies, in mode field (E15)"),
    "READINESS_ERROR": ("center; component", "month",
                        "errors of measured motivation, capacity and innovation capacity (E15)"),
    "SELECTION": ("center", "-", "lot of an applicant (E15)"),
    "ALLOCATION": ("center", "-", "which collaborative a chosen center joins (E15)"),
    "OBSERVATION": ("center; classroom", "month", "error of one observation"),
    "SELF_REPORT": ("center; slot, occupant", "month", "error of a self-report"),
    "RESPONSE": ("center; slot, occupant", "month", "whether a person answers"),
    "CHILD": ("center; classroom", "month", "sampling error of the children tested"),
    "RECRUITMENT": ("center", "-", "place in the queue for a study"),
    "STUDY_COHORT": ("center", "-", "which cohort of a study a center joins"),
    "STUDY_ALLOCATION": ("center; what of it (number of the cohort where that is drawn)", "-",
                         "a study's arms: order within a stratum, a cohort's random start, coins of pairs"),
    "STUDY_COLLABORATIVE": ("center", "-", "which collaborative of its cohort a treated center joins"),
    "STUDY_MATCHING": ("center", "-", "order in which joiners choose their match"),
    "SAMPLE_STAFF": ("center; slot, occupant, measure", "-, or month", "which staff a study measures"),
    "SAMPLE_ROOMS": ("center; measure, classroom", "-, or month", "which classrooms a study observes"),
    "ROOM_ERROR": ("center; measure, classroom", "month", "error of a study's observation of a classroom"),
    "RATER": ("center; measure", "month", "what a center's rooms share of it: their rater"),
    "STAFF_ERROR": ("center; slot, occupant, measure", "month", "error of a study's measurement of a person"),
    "STAFF_RESPONSE": ("center; slot, occupant, measure", "month", "whether a person answers a study"),
    "CENTER_ERROR": ("center; measure, component", "month", "error of a study's measurement of a center"),
    "STUDY_ATTRITION": ("center", "-", "whether, and at which wave, a center leaves a study"),
}
"""Of each stream of :mod:`bscsim.rules.draws`: entity and item, when it is drawn, and what it decides.

"-" is keyed by step 0, "month" by the number of the month, everything else by the step.
"""

_SETTINGS: Final = ("population", "enrolment", "calendar", "elements", "supports", "simulation")


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Write a Markdown table.

    >>> print(table(["a", "b"], [["1", "x"]]))
    | a | b |
    |---|---|
    | 1 | x |
    """
    heads = list(heads)
    lines = [_row(heads), "|" + "---|" * len(heads), *(_row(row) for row in rows)]
    return "\n".join(lines)


def render_tables() -> dict[str, str]:
    """Return the text between each pair of markers: status, settings, parameters, measures, streams.

    >>> list(render_tables())
    ['status', 'settings', 'parameters', 'measures', 'streams']
    """
    return {
        "status": _status(), "settings": _settings(), "parameters": parameters.markdown().rstrip("\n"),
        "measures": _measures(), "streams": _streams(),
    }


def renewed(text: str) -> str:
    """Return ``text`` with current tables between its markers.

    Raises ValueError if a pair of markers (``<!-- NAME: begin -->``, ``<!-- NAME: end -->``) is not there exactly once.
    """
    for name, content in render_tables().items():
        begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
            raise ValueError(f"the text must hold {begin} and then {end}, once each")
        before, _, rest = text.partition(begin)
        text = f"{before}{begin}\n{content}\n{end}{rest.partition(end)[2]}"
    return text


def refresh(path: Path = ODD) -> bool:
    """Bring the tables of a file up to date; return whether it changed.  Raises ValueError as :func:`renewed` does."""
    old = path.read_text(encoding="utf-8")
    new = renewed(old)
    if new != old:
        path.write_text(new, encoding="utf-8", newline="\n")
    return new != old


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _status() -> str:
    """Count the parameters by group and status."""
    rows = parameters.table()
    letters = list(parameters.STATUS_TEXT)
    counts = [
        [group, *(str(sum(row.group == group and row.status == letter for row in rows)) for letter in letters)]
        for group in parameters.GROUPS
    ]
    total = ["**all**", *(f"**{sum(row.status == letter for row in rows)}**" for letter in letters)]
    heads = ["group", *(f"{letter}: {text}" for letter, text in parameters.STATUS_TEXT.items())]
    return table(heads, [*counts, total])


def _settings() -> str:
    """List what a scenario file can set beside the parameters."""
    parts = []
    for group in _SETTINGS:
        about = Scenario.model_fields[group]
        rows = [
            (f"`{name}`", _shown(field.default), _note(field.json_schema_extra, "allowed"), field.description or "")
            for name, field in type(about.default).model_fields.items()
        ]
        parts.append(f"#### {group}\n\n" + table(("setting", "default", "allowed", "meaning"), rows))
    return "\n\n".join(parts)


def _note(notes: Any, name: str) -> str:
    return str(notes[name]) if isinstance(notes, dict) else ""


def _shown(value: Any) -> str:
    """Write a default as a person would type it."""
    if isinstance(value, BaseModel):
        value = value.model_dump()
        if list(value) == ["level"]:
            return _shown(value["level"])
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_shown(inner)}" for key, inner in value.items())
    if isinstance(value, tuple):
        return "[" + ", ".join(_shown(inner) for inner in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return number_text(value) if isinstance(value, int | float) else "none" if value is None else str(value)


def _measures() -> str:
    """List the arrays of a record, its labels and the columns of its staff rows."""
    kinds = {
        "stock": "Stocks: taken at the START of a month, the moment of a measurement wave",
        "flow": "Flows: what happened DURING a month (0 at the horizon, after which nothing happens)",
        "total": "Totals of a run",
    }
    parts = [
        f"#### {title}\n\n" + _measure_table([row for row in MEASURES if row.kind == kind])
        for kind, title in kinds.items()
    ]
    parts.append("#### Labels: the same in both worlds\n\n" + _measure_table(LABELS))
    parts.append("#### Staff rows: one a slot at each wave\n\n" + _measure_table(STAFF_COLUMNS))
    return "\n\n".join(parts)


def _measure_table(rows: Iterable[Measure]) -> str:
    return table(
        ("name", "by", "unit", "meaning"),
        ((f"`{row.name}`", ", ".join(row.axes) or "-", row.unit, row.about) for row in rows),
    )


def _streams() -> str:
    """List the streams of random numbers in the order of their ids."""
    ordered = sorted(draws.STREAMS.items(), key=lambda entry: entry[1])
    rows = ((str(number), f"`{name}`", *STREAM_KEYS[name]) for name, number in ordered)
    version = f"Version of the registry: {draws.STREAM_VERSION}."
    return version + "\n\n" + table(("id", "stream", "entity; item", "step", "decides"), rows)


if __name__ == "__main__":
    refresh(Path(sys.argv[1]) if len(sys.argv) > 1 else ODD)
