"""E11, E12 and E14: what people know and do."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bscsim.rules import practice, spillover

UNIT = st.floats(0.0, 1.0)
RATE = st.floats(0.0, 8.0)
MONTH = 1 / 12


def relaxed(x, target, rate, dt=MONTH):
    return target + (x - target) * math.exp(-rate * dt)


def test_colleagues_help_upwards_only():
    """Help at 2 x .55 = 1.1 a year, nothing forgotten at P = 1."""
    assert practice.knowledge(0.4, 0.4, 1.0, 0.6, 1.1, 0.6, MONTH) == pytest.approx(relaxed(0.4, 0.6, 1.1), abs=1e-6)
    assert practice.knowledge(0.7, 0.4, 1.0, 0.6, 1.1, 0.6, MONTH) == 0.7


def test_what_is_not_used_is_forgotten():
    """Forgetting at .6 x (1 - .25) = .45 a year, down to entry knowledge."""
    assert practice.knowledge(0.8, 0.4, 0.25, 0.0, 0.0, 0.6, MONTH) == pytest.approx(relaxed(0.8, 0.4, 0.45), abs=1e-6)
    assert practice.knowledge(0.8, 0.4, 1.0, 0.0, 0.0, 0.6, MONTH) == 0.8
    assert practice.knowledge(0.4, 0.4, 0.0, 0.4, 1.1, 0.6, MONTH) == 0.4  # to the last bit


@given(UNIT, UNIT, UNIT, UNIT, RATE, RATE)
def test_knowledge_is_the_exact_solution_of_help_and_forgetting(k, entry, p, colleagues, help_, forget):
    fade = forget * (1.0 - p)
    rate = help_ + fade
    target = (help_ * max(k, colleagues) + fade * entry) / rate if rate > 0 else k
    moved = practice.knowledge(k, entry, p, colleagues, help_, forget, MONTH)
    assert moved == pytest.approx(relaxed(k, target, rate), abs=5e-5)


def test_colleagues_who_know_a_little_more_help_a_little():
    helped = practice.knowledge(0.4, 0.4, 1.0, 0.405, 2.0, 0.6, MONTH)
    assert helped == pytest.approx(relaxed(0.4, 0.405, 2.0), abs=1e-7)


@given(UNIT, UNIT, UNIT, UNIT, RATE, RATE)
def test_knowledge_stays_between_entry_and_the_best_of_self_and_colleagues(k, entry, p, target, help_, forget):
    moved = practice.knowledge(k, entry, p, target, help_, forget, MONTH)
    assert min(k, entry) - 1e-12 <= moved <= max(k, entry, target) + 1e-12


def test_reinforcement_by_hand():
    assert practice.reinforcement(0.4, 1.0) == pytest.approx(1.5)  # half way at .4
    assert practice.reinforcement(0.3, 1.0) == pytest.approx(1 + 0.0081 / (0.0081 + 0.0256))
    assert practice.reinforcement(0.8, 2.0) == pytest.approx(1 + 2 * 0.4096 / 0.4352)
    assert practice.reinforcement(0.9, 0.0) == 1.0
    assert practice.reinforcement(0.0, 4.0) == 1.0


def test_fit_makes_knowledge_usable_and_holds_practice():
    assert practice.usable(0.4, 0.0) == 0.4
    assert practice.usable(0.4, 0.5) == pytest.approx(0.7)
    assert practice.usable(0.4, 1.0) == 1.0
    assert practice.reversion_rate(2.0, 0.8, 0.5) == pytest.approx(1.2)
    assert practice.reversion_rate(2.0, 1.0, 1.0) == 0.0


@given(UNIT, UNIT, UNIT, UNIT, RATE, UNIT, RATE, RATE)
def test_practice_is_the_exact_solution_of_its_three_pulls(p, habit, gained, usable, use, colleagues, norm, revert):
    gained *= 1.0 - habit  # K <= 1 and k0 >= b
    rate = use + norm + revert
    goal = habit + gained * usable
    target = (use * goal + norm * colleagues + revert * habit) / rate if rate > 0 else p
    moved = practice.practice(p, habit, gained, usable, use, colleagues, norm, revert, MONTH)
    assert moved == pytest.approx(relaxed(p, target, rate), abs=2e-4)
    assert min(p, goal, habit, colleagues) - 1e-12 <= moved <= max(p, goal, habit, colleagues) + 1e-12


@given(UNIT, st.floats(-1.0, 0.0), UNIT, RATE, RATE)
def test_without_gained_knowledge_habit_stays_habit(habit, gained, usable, use, revert):
    """To the last bit, whatever the rates."""
    assert practice.practice(habit, habit, gained, usable, use, 0.0, 0.0, revert, MONTH) == habit


@given(UNIT, UNIT, UNIT, RATE)
def test_contact_outside_lifts_toward_the_leaders_gain_and_never_lowers(k, entry, gain, rate):
    heard = spillover.outside_contact(k, entry, gain, rate, MONTH)
    goal = max(k, min(entry + gain, 1.0))
    assert heard == pytest.approx(relaxed(k, goal, rate), abs=1e-4)
    assert k <= heard <= goal + 1e-12


def test_contact_outside_by_hand():
    assert spillover.outside_contact(0.4, 0.4, 0.2, 0.05, 1.0) == pytest.approx(0.6 - 0.2 * math.exp(-0.05), abs=1e-6)
    assert spillover.outside_contact(0.4, 0.4, 0.0, 1.0, 1.0) == 0.4
    assert spillover.outside_contact(0.7, 0.4, 0.2, 1.0, 1.0) == 0.7
