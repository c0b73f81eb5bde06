from __future__ import annotations

import numpy as np
import pytest

from bscsim.record.measures import ACTIVE, ASSISTANT, CALL, PREWORK_CALL, SESSION, TEACHER, WITHDRAWN


@pytest.fixture
def took_part(run):
    world = run.treated
    # two teachers of center a and one of b invited to the session of month 1; two came
    world["invited"][0, 0, 1, TEACHER, SESSION] = 2
    world["invited"][0, 1, 1, TEACHER, SESSION] = 1
    world["attended"][0, 0, 1, TEACHER, SESSION] = 2
    # calls: an assistant of center a, 2 invited over two months, 1 came; a pre-work call at month 0
    world["invited"][0, 0, 1:3, ASSISTANT, CALL] = 1
    world["attended"][0, 0, 2, ASSISTANT, CALL] = 1
    world["invited"][0, 0, 0, TEACHER, PREWORK_CALL] = 4
    world["attended"][0, 0, 0, TEACHER, PREWORK_CALL] = 3
    # seats are counted at the start of months 1, 2 and 3 (the end); month 4 is after it, month 0 before anybody sat
    world["seat_holders"][0, 0, 0:5, TEACHER] = (9, 2, 2, 1, 1)
    world["seat_holders"][0, 1, 1:5, TEACHER] = 1
    world["seats_held"][0, 0, 0:5] = (9, 3, 3, 2, 2)
    world["call_holders"][0, 0, TEACHER], world["call_regulars"][0, 0, TEACHER] = 3, 2
    world["call_holders"][0, 1, TEACHER], world["call_regulars"][0, 1, TEACHER] = 1, 1
    # tests of change of center a: months 1 and 2 count, month 3 is after the end
    world["pdsa_started"][0, 0, 1:4] = (3, 2, 7)
    world["pdsa_succeeded"][0, 0, 1:4] = (1, 1, 5)
    world["pdsa_abandoned"][0, 0, 2:4] = (2, 9)
    world["pdsa_abandoned_at_withdrawal"][0, 0, 2] = 1
    world["pdsa_reported"][0, 0, 1] = 1
    world["pdsa_open"][0, 0, 3] = 1
    world["report_due"][0, 0, 1:3] = 1
    world["report_sent"][0, 0, 2] = 1
    world["status"][0, 0, 3], world["status"][0, 1, 3] = ACTIVE, WITHDRAWN
    world["withdrawal_month"][0, 1] = 2.0
    world["metrics_made"][0, 0] = True
    return run


def test_by_role(took_part):
    table = took_part.participation().set_index(["replicate", "role"])
    assert len(table) == 2 * 6
    teacher = table.loc[(4, "teacher")]
    assert (teacher["session_invited"], teacher["session_attended"]) == (3, 2)
    assert teacher["session_share"] == pytest.approx(2 / 3)
    assert (teacher["prework_call_invited"], teacher["prework_call_share"]) == (4, 0.75)
    assert teacher["seat_months"] == (2 + 2 + 1) + 3
    assert (teacher["call_holders"], teacher["call_regulars"], teacher["call_regular_share"]) == (4, 3, 0.75)
    assistant = table.loc[(4, "assistant")]
    assert (assistant["call_invited"], assistant["call_attended"], assistant["call_share"]) == (2, 1, 0.5)
    assert np.isnan(assistant["session_share"])
    assert np.isnan(assistant["call_regular_share"])
    other_replicate = table.loc[(9, "teacher")]
    assert (other_replicate["session_invited"], other_replicate["seat_months"]) == (0, 0)


def test_by_center(took_part):
    table = took_part.participation("center").set_index(["replicate", "center_id"])
    assert list(table.index) == [(4, "a"), (4, "b"), (9, "a"), (9, "b")]  # c was never enrolled
    a, b = table.loc[(4, "a")], table.loc[(4, "b")]
    assert (a["pdsa_started"], a["pdsa_succeeded"], a["pdsa_abandoned"], a["pdsa_in_progress"]) == (5, 2, 2, 1)
    assert a["pdsa_started"] == a["pdsa_succeeded"] + a["pdsa_abandoned"] + a["pdsa_in_progress"]
    assert (a["pdsa_abandoned_at_withdrawal"], a["pdsa_reported"]) == (1, 1)
    assert (a["reports_due"], a["reports_sent"], a["report_share"]) == (2, 1, 0.5)
    assert (a["session_invited"], a["session_attended"], a["session_share"]) == (2, 2, 1.0)
    assert a["seat_months"] == 3 + 3 + 2
    assert (a["status"], b["status"]) == ("active", "withdrawn")
    assert np.isnan(a["withdrawal_month"])
    assert b["withdrawal_month"] == 2.0
    assert (a["metrics_made"], a["metrics_used"]) == (True, False)
    assert np.isnan(b["report_share"])


def test_only_two_ways(run):
    with pytest.raises(ValueError, match="not by 'seat'"):
        run.participation("seat")
