"""The calendar: what falls in which month, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from pydantic import ValidationError

from bscsim.scenario.calendar import EVENT_SETTINGS, Calendar
from tests.strategies import calendars

MAX_STEPS = 65_536  # 16 bits of step in the keys of draws


def test_the_default_calendar_is_the_collaborative_of_the_review():
    calendar = Calendar()
    assert calendar.months_of("sessions") == (3, 7, 11, 15)
    assert calendar.months_of("calls") == calendar.months_of("coaching") == tuple(range(3, 16))
    assert calendar.months_of("prework_calls") == (0, 1, 2)
    assert calendar.months_of("waves") == (0, 16, 28, 40)
    assert calendar.season_month(0) == 9
    assert calendar.season_month(calendar.sessions[0]) == 12  # the first session is in December,
    assert calendar.season_month(calendar.ends) == 1  # the end in January
    assert calendar.season_month(-24) == 9


def test_phases_follow_one_another():
    calendar = Calendar(prework=(1, 3), sessions=(4, 7), ends=9, horizon=12, waves=(0,))
    assert [calendar.phase(month) for month in range(-1, 10)] == [
        "burn-in", "recruitment", "pre-work", "pre-work", "start", "learning session 1", "action period 1",
        "action period 1", "learning session 2", "action period 2", "follow-up",
    ]


def test_events_come_in_their_order():
    calendar = Calendar(calls=(4, 6), reports="none")
    assert calendar.events(0) == ("prework_call",)
    assert calendar.events(4) == ("call", "affinity_call", "coaching")
    assert calendar.events(7) == ("affinity_call", "session", "coaching")
    assert calendar.events(16) == calendar.events(-3) == ()


@pytest.mark.parametrize("name", ["starts", "horizon", "nothing"])
def test_only_schedules_have_months(name):
    with pytest.raises(KeyError):
        Calendar().months_of(name)


@pytest.mark.parametrize(("month", "number"), [("September", 9), ("may", 5), ("DEC", 12), (1, 1), (12, 12)])
def test_a_month_has_a_name_or_a_number(month, number):
    assert Calendar(starts=month).starts == number


@pytest.mark.parametrize("given", [
    {"starts": "Ju"}, {"starts": "Septober"}, {"starts": 0}, {"starts": 13}, {"starts": True}, {"starts": 9.0},
    {"burn_in": -1}, {"burn_in": 241}, {"horizon": 601}, {"burn_in": 1.5}, {"horizon": "40"},
    {"prework": [3, 3]}, {"prework": [-1, 3]}, {"prework": [4, 3]}, {"prework": [0]}, {"prework": [0, 3, 4]},
    {"prework": [0.0, 3]}, {"prework": [0, 17]},
    {"sessions": [3, 3]}, {"sessions": [7, 3]}, {"sessions": [2, 7]}, {"sessions": [3, 16]}, {"sessions": 3},
    {"sessions": [3, True]}, {"sessions": [3, 7.5]}, {"sessions": "monthly"},
    {"calls": "weekly"}, {"calls": [2]}, {"calls": [16]}, {"calls": [5, 5]}, {"calls": [3, "x"]}, {"calls": 3},
    {"prework_calls": [3]}, {"reports": True},
    {"ends": 41}, {"ends": 0}, {"waves": []}, {"waves": [0, 41]}, {"waves": [5, 5]}, {"waves": [-1]},
])
def test_what_is_no_calendar_is_refused(given):
    with pytest.raises(ValidationError):
        Calendar(**given)


def test_sessions_may_be_none_at_all():
    assert Calendar(sessions=[]).months_of("sessions") == ()


def test_the_bounds_keep_every_run_inside_the_keys_of_draws():
    longest = Calendar(burn_in=240, horizon=600)
    assert (longest.burn_in + longest.horizon) * 4 < MAX_STEPS


@given(calendars())
def test_every_event_falls_in_its_phase(calendar):
    for month in range(-calendar.burn_in, calendar.horizon + 1):
        events = calendar.events(month)
        phase = calendar.phase(month)
        assert ("prework_call" in events) <= (phase == "pre-work")
        assert ("session" in events) == phase.startswith("learning session")
        if phase in ("burn-in", "recruitment", "follow-up"):
            assert events == ()
    for name in EVENT_SETTINGS.values():
        assert list(calendar.months_of(name)) == sorted(set(calendar.months_of(name)))
