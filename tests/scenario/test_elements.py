"""Elements as a number or as a mapping, their switches, and the supports."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from bscsim.scenario.elements import Elements, Supports


def test_all_elements_are_there_in_full_by_default():
    full = Elements()
    assert (full.e1, full.e2, full.e3, full.e4, full.e5) == (1, 1, 1, 1, 1)
    assert (full.sessions_held, full.calls_held, full.coaching_held) == (True, True, True)


def test_a_number_is_a_level_and_the_order_is_that_of_the_equations():
    levels = Elements(
        change_framework=0.1, inclusive_team=0.2, expert_faculty=0.3, shared_learning=0.4, improvement_model=0.5)
    assert (levels.e1, levels.e2, levels.e3, levels.e4, levels.e5) == (0.1, 0.2, 0.3, 0.4, 0.5)
    assert Elements(change_framework=1) == Elements()


@pytest.mark.parametrize(("given", "sessions", "calls", "coaching"), [
    ({"shared_learning": 0}, False, False, True),
    ({"expert_faculty": 0}, True, True, False),
    ({"shared_learning": {"learning_sessions": False}}, False, True, True),
    ({"shared_learning": {"calls": False}}, True, False, True),
    ({"expert_faculty": {"coaching_visits": False}}, True, True, False),
])
def test_an_event_needs_its_element_and_its_switch(given, sessions, calls, coaching):
    found = Elements(**given)
    assert (found.sessions_held, found.calls_held, found.coaching_held) == (sessions, calls, coaching)


@pytest.mark.parametrize("value", [True, "1", -0.1, 1.1, None, [1], {"level": True}, {"level": 1, "calls": True}])
def test_what_is_no_level_is_refused(value):
    with pytest.raises(ValidationError):
        Elements(change_framework=value)


@pytest.mark.parametrize("value", [1, "true", None])
def test_a_switch_is_true_or_false(value):
    with pytest.raises(ValidationError):
        Elements(shared_learning={"calls": value})


def test_supports_are_off_by_default_and_levels():
    assert set(Supports().model_dump().values()) == {0.0}
    for value in (1.5, -1, True, "1"):
        with pytest.raises(ValidationError):
            Supports(stipend=value)
