from __future__ import annotations

import numpy as np
import pytest

from bscsim.record import measures
from bscsim.record.measures import EVENTS, LABELS, LINES, MEASURES, PAYER_OF_LINE, PAYERS, ROLES, STAFF_COLUMNS, STATUS
from bscsim.rules import people

AXES = ("center", "month", "role", "event", "line", "driver", "component")


def test_names_are_unique_and_axes_are_known_and_in_order():
    for table in (MEASURES, LABELS, STAFF_COLUMNS):
        assert len({row.name for row in table}) == len(table)
    for row in (*MEASURES, *LABELS, *STAFF_COLUMNS):
        places = [AXES.index(axis) for axis in row.axes]
        assert places == sorted(places), row.name
        assert np.dtype(row.dtype).name == row.dtype
        assert row.unit
        assert row.about


def test_stocks_and_flows_have_months_and_totals_have_none():
    for row in MEASURES:
        assert ("month" in row.axes) == (row.kind in ("stock", "flow")), row.name


def test_codes_are_positions():
    assert [ROLES[code] for code in (people.LEADER, people.SUPERVISOR, people.TEACHER)] == [
        "leader", "supervisor", "teacher"]
    assert (ROLES[people.ASSISTANT], ROLES[people.OTHER], ROLES[people.PARENT]) == ("assistant", "other", "parent")
    for code, name in ((measures.PREWORK_CALL, "prework_call"), (measures.CALL, "call"), (measures.SESSION, "session"),
                       (measures.AFFINITY_CALL, "affinity_call"), (measures.COACHING, "coaching")):
        assert EVENTS[code] == name
    for code, name in ((measures.POOL, "pool"), (measures.CONTROL, "control"), (measures.ACTIVE, "active"),
                       (measures.WITHDRAWN, "withdrawn"), (measures.ALUMNI, "alumni")):
        assert STATUS[code] == name
    for code, name in ((measures.PROGRAM_FIXED, "program_fixed"), (measures.SUPPORTS, "supports"),
                       (measures.STAFF_TIME, "staff_time"), (measures.REPORTING, "reporting"),
                       (measures.HIRING, "hiring")):
        assert LINES[code] == name


def test_each_line_has_one_payer():
    by_line = dict(zip(LINES, PAYER_OF_LINE, strict=True))
    assert by_line["coaching"] == by_line["supports"] == "sponsor"
    assert by_line["reporting"] == by_line["substitute_cover"] == "center"
    assert by_line["hiring"] == "center, turnover"
    assert {*PAYER_OF_LINE} == {*PAYERS}


def test_an_unknown_measure_names_those_there_are():
    with pytest.raises(KeyError, match=r"no measure 'exit'; there are status.*exits"):
        measures.measure("exit")
