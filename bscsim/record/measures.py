"""The table of everything a record holds: one row a quantity, with its axes, type, unit and meaning.

Arrays carry a leading replicate axis and then the axes named here, in this order: center, month, role,
event, line, driver.  Stocks are taken at the START of a month (the same moment as a measurement wave); flows
are what happened DURING a month and are 0 at the last point (the horizon), because no step follows it; totals
have no month.  Codes of roles, events, statuses and cost lines are positions in the tuples below, so that
compiled code can use the numbers.

>>> ROLES[TEACHER], EVENTS[SESSION], STATUS[ACTIVE], LINES[HIRING]
('teacher', 'session', 'active', 'hiring')
>>> measure("practice").axes
('center', 'month', 'role')
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bscsim.rules import people
from bscsim.scenario import population

Kind = Literal["label", "stock", "flow", "total"]

ROLES = ("leader", "supervisor", "teacher", "assistant", "other", "parent")
LEADER, SUPERVISOR, TEACHER, ASSISTANT, OTHER, PARENT = (
    people.LEADER, people.SUPERVISOR, people.TEACHER, people.ASSISTANT, people.OTHER, people.PARENT)
STAFF_ROLES = ROLES[:PARENT]
"""The roles that are staff and have knowledge and practice; a parent holds a seat only."""

EVENTS = ("prework_call", "call", "affinity_call", "session", "coaching")
PREWORK_CALL, CALL, AFFINITY_CALL, SESSION, COACHING = range(5)

STATUS = ("pool", "applied", "rejected", "control", "active", "withdrawn", "alumni")
POOL, APPLIED, REJECTED, CONTROL, ACTIVE, WITHDRAWN, ALUMNI = range(7)

SECTORS: tuple[str, ...] = population.SECTORS

LINES = ("program_fixed", "sessions", "calls", "coaching", "supports",
         "staff_time", "substitute_cover", "reporting",
         "hiring")
PROGRAM_FIXED, SESSIONS, CALLS, COACHING_VISITS, SUPPORTS = range(5)
STAFF_TIME, SUBSTITUTE_COVER, REPORTING, HIRING = range(5, 9)
PAYERS = ("sponsor", "center", "center, turnover")
PAYER_OF_LINE = ("sponsor",) * 5 + ("center",) * 3 + ("center, turnover",)
"""Who pays each line of LINES.  Hiring follows exits, with or without the collaborative: kept apart."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One quantity of the record: name, axes after the replicate axis, numpy type, kind, unit and meaning."""

    name: str
    axes: tuple[str, ...]
    dtype: str
    kind: Kind
    unit: str
    about: str

    @property
    def floating(self) -> bool:
        """Whether it is a float, for which NaN stands for a missing value."""
        return self.dtype.startswith("float")


def _rows(kind: Kind, axes: tuple[str, ...], *rows: tuple[str, str, str, str]) -> tuple[Measure, ...]:
    return tuple(Measure(name, axes, dtype, kind, unit, about) for name, dtype, unit, about in rows)


_STOCKS = _rows(
    "stock", ("center", "month"),
    ("status", "int8", "code", "where the center stands: a position in STATUS"),
    ("readiness", "float32", "0-1", "R of E4: power mean of motivation, capacity and qi"),
    ("motivation", "float32", "0-1", "A of E4: mean M of the filled slots"),
    ("capacity", "float32", "0-1", "G, general capacity (fixed)"),
    ("qi", "float32", "0-1", "Q, innovation-specific (improvement) capacity"),
    ("climate", "float32", "0-1", "C, psychological safety and relational coordination"),
    ("authority", "float32", "0-1.2", "a of E4: the team's power to change the center"),
    ("seats", "int16", "seats", "seats the team has, filled or empty; 0 where there is no team"),
    ("seats_held", "int16", "seats", "seats somebody holds"),
    ("seats_at_role", "int16", "seats", "seats held by the role that E13 names for them"),
    ("drive", "float32", "ratio", "T of E7: motivated, recently trained share of seats; NaN when not active"),
    ("pdsa_open", "int16", "PDSAs", "tests of change in progress"),
    ("practice_team", "float32", "0-1", "mean P of staff who hold a seat now; NaN if nobody"),
    ("practice_nonteam", "float32", "0-1", "mean P of staff who hold no seat now; NaN if nobody"),
    ("knowledge_team", "float32", "0-1", "mean K of staff who hold a seat now; NaN if nobody"),
    ("knowledge_nonteam", "float32", "0-1", "mean K of staff who hold no seat now; NaN if nobody"),
    ("knowledge_gain", "float32", "0-1", "mean over staff and drivers of K - k0; NaN if nobody"),
)
_ROLE_STOCKS = _rows(
    "stock", ("center", "month", "role"),
    ("staff", "int16", "persons", "filled slots of the role (parents: those who hold a seat)"),
    ("seat_holders", "int16", "persons", "people of the role who hold a seat"),
    ("practice", "float32", "0-1", "mean P over persons and drivers; NaN if nobody or a parent"),
    ("knowledge", "float32", "0-1", "mean K over persons and drivers; NaN if nobody or a parent"),
    ("engagement", "float32", "0-1", "mean M; NaN if nobody"),
)
_DRIVER_STOCKS = _rows(
    "stock", ("center", "month", "driver"),
    ("fit", "float32", "0-1", "F of the driver: how far it is adapted and standardised here"),
)
_FLOWS = _rows(
    "flow", ("center", "month"),
    ("seats_lost", "int16", "seats", "seats emptied by an exit"),
    ("seats_refilled", "int16", "seats", "empty seats given to somebody (not the first filling at month 0)"),
    ("local_hires", "int16", "persons", "newcomers who came from another center of the area"),
    ("knowledge_lost", "float32", "persons", "sum over leavers of the mean over drivers of K - k0"),
    ("leaver_practice", "float32", "persons", "sum over leaving teachers of the mean over drivers of P"),
    ("pdsa_started", "int16", "PDSAs", "tests of change started"),
    ("pdsa_succeeded", "int16", "PDSAs", "tests of change that ended in success"),
    ("pdsa_abandoned", "int16", "PDSAs", "tests of change given up, those given up at withdrawal included"),
    ("pdsa_abandoned_at_withdrawal", "int16", "PDSAs", "of these, given up because the center withdrew"),
    ("pdsa_reported", "int16", "PDSAs", "tests of change that reached the faculty's count"),
    ("fit_gained", "float32", "0-1", "sum over successes of the rise of F, before any decay"),
    ("ideas_borrowed", "float32", "0-1", "the part of fit_gained that the best center gave: s/(1+s) of each"),
    ("report_due", "int16", "reports", "monthly reports due"),
    ("report_sent", "int16", "reports", "monthly reports sent"),
    ("seat_hours", "float32", "hours", "hours of events attended by seat holders"),
)
_ROLE_FLOWS = _rows(
    "flow", ("center", "month", "role"),
    ("exits", "int16", "persons", "people who left the center"),
    ("hires", "int16", "persons", "people who took a vacant slot"),
)
_EVENT_FLOWS = _rows(
    "flow", ("center", "month", "role", "event"),
    ("invited", "int16", "persons", "seat holders for whom the event took place"),
    ("attended", "int16", "persons", "seat holders who were there"),
)
_LINE_FLOWS = _rows(
    "flow", ("center", "month", "line"),
    ("cost", "float64", "USD", "money by line of LINES; PAYER_OF_LINE says who pays"),
)
_TOTALS = (
    *_rows(
        "total", ("center",),
        ("metrics_made", "bool", "yes/no", "the team made improvement metrics"),
        ("metrics_used", "bool", "yes/no", "the team used them consistently"),
        ("withdrawal_month", "float32", "months", "month in which the center withdrew; NaN if it did not"),
    ),
    *_rows(
        "total", ("center", "role"),
        ("call_holders", "int16", "persons", "people offered 7 or more all-team calls (pre-work counts)"),
        ("call_regulars", "int16", "persons", "of these, those who attended at least 4 of their first 7"),
    ),
    *_rows(
        "total", (),
        ("persons_created", "int64", "persons", "people who ever existed, the first staff included"),
        ("persons_present", "int64", "persons", "people in a filled slot at the horizon"),
        ("persons_waiting", "int64", "persons", "leavers still in the area's pool at the horizon"),
        ("persons_left", "int64", "persons", "people who left the sector"),
    ),
)

MEASURES: tuple[Measure, ...] = (
    *_STOCKS, *_ROLE_STOCKS, *_DRIVER_STOCKS, *_FLOWS, *_ROLE_FLOWS, *_EVENT_FLOWS, *_LINE_FLOWS, *_TOTALS)
"""Every array of a World, in the order in which it is stored."""

LABELS: tuple[Measure, ...] = (
    *_rows(
        "label", ("center",),
        ("size", "int16", "slots", "staff slots of the center"),
        ("collaborative", "int16", "number", "the collaborative it was put in; -1 none"),
        ("cohort", "int16", "number", "its cohort; -1 none"),
        ("applied", "bool", "yes/no", "it applied"),
        ("readiness_selection", "float64", "0-1", "true R at enrolment"),
    ),
    Measure("readiness_measured", ("center", "component"), "float64", "label", "0-1",
            "measured motivation, capacity and innovation capacity at enrolment; NaN if never assessed"),
)
"""What differs between replicates and is the same in both worlds; each has a leading replicate axis."""

COMPONENTS = ("motivation", "capacity", "innovation")

STAFF_COLUMNS: tuple[Measure, ...] = (
    *_rows(
        "stock", (),
        ("replicate", "int64", "number", "replicate, 0 to 2**32 - 1"),
        ("month", "int16", "months", "month of the wave"),
        ("center", "int32", "index", "position of the center in the labels"),
        ("slot", "int16", "number", "staff position in the center"),
        ("role", "int8", "code", "a position in ROLES"),
        ("classroom", "int16", "number", "classroom; -1 none"),
        ("occupant", "int32", "number", "0, 1, 2, ... occupant of the slot; in a vacant slot the next one"),
        ("person", "int64", "number", "the person's own id; -1 in a vacant slot"),
        ("filled", "bool", "yes/no", "somebody is there"),
        ("seat", "int8", "number", "seat held; 0 none"),
        ("ever_seat", "bool", "yes/no", "the person has ever held a seat in this world"),
        ("exposed", "bool", "yes/no", "the person has ever attended an event or been coached"),
        ("tenure", "float32", "years", "time in this center; NaN in a vacant slot"),
        ("M", "float32", "0-1", "motivation; NaN in a vacant slot"),
        ("m0", "float32", "0-1", "set point of motivation; NaN in a vacant slot"),
    ),
    *_rows(
        "stock", ("driver",),
        ("K", "float32", "0-1", "knowledge; NaN in a vacant slot and for parents"),
        ("k0", "float32", "0-1", "entry value of knowledge; NaN likewise"),
        ("P", "float32", "0-1", "practice; NaN likewise"),
        ("b", "float32", "0-1", "habitual practice before the collaborative; NaN likewise"),
    ),
)
"""Columns of the staff rows: one row a slot (parent seats included) at each measurement wave."""

STAFF_KEY = ("replicate", "month", "center", "slot")

_BY_NAME = {row.name: row for row in MEASURES}


def measure(name: str) -> Measure:
    """Return the row of MEASURES with this name.

    Raises KeyError, with the names there are, for any other name.

    >>> measure("exits").unit
    'persons'
    """
    try:
        return _BY_NAME[name]
    except KeyError:
        raise KeyError(f"no measure {name!r}; there are {', '.join(_BY_NAME)}") from None
