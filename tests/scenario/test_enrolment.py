"""Who joins."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from bscsim.scenario.enrolment import Enrolment


def test_places_are_what_all_collaboratives_hold():
    assert Enrolment().places == 8
    assert Enrolment(collaboratives=0).places == 0
    assert Enrolment(collaboratives=3, centers_per_collaborative=5, rule="top").places == 15


@pytest.mark.parametrize("given", [
    {"collaboratives": -1}, {"collaboratives": 1.0}, {"collaboratives": True}, {"centers_per_collaborative": 0},
    {"rule": "best"}, {"mode": "lab"}, {"apply_rate": 0}, {"apply_rate": 1}, {"threshold": 1.1},
    {"hurdle": {"motivation": -0.1}}, {"hurdle": {"climate": 0.5}}, {"hurdle": 0.5},
    {"team_size": 1}, {"team_size": 7}, {"team_size": "all"}, {"team_size": 4.0}, {"team_size": True},
])
def test_what_is_no_enrolment_is_refused(given):
    with pytest.raises(ValidationError):
        Enrolment(**given)


@pytest.mark.parametrize("size", ["auto", 2, 6])
def test_team_sizes(size):
    assert Enrolment(team_size=size).team_size == size
