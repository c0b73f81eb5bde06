"""Model section 2.5: who is there at the start."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bscsim.rules import people
from bscsim.scenario.initial import STOCK_SIZES

UNIT = st.floats(0.0, 1.0)
SCORE = st.floats(-8.0, 8.0)
L, S, T, A, O = people.LEADER, people.SUPERVISOR, people.TEACHER, people.ASSISTANT, people.OTHER  # noqa: E741


def roles(size):
    return [people.role_of_slot(slot, size) for slot in range(size)]


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (4, [L, T, A, T]),
        (5, [L, T, A, T, A]),
        (7, [L, T, A, T, A, T, A]),
        (8, [L, T, A, T, S, A, T, A]),
        (10, [L, T, A, T, S, A, O, T, A, T]),
        (12, [L, T, A, T, S, A, O, T, A, T, A, T]),
    ],
)
def test_roles_by_size(size, expected):
    """Leader, teacher, assistant, teacher, supervisor from 8, assistant, non-teaching from 10, then both."""
    assert roles(size) == expected


@pytest.mark.parametrize("extra", [5, 10, 50])
def test_the_rest_is_two_fifths_assistants(extra):
    rest = roles(7 + extra)[7:]
    assert rest.count(A) == 0.4 * extra
    assert rest.count(T) == 0.6 * extra


@pytest.mark.parametrize("size", range(4, 61))
def test_every_center_has_one_leader_and_teachers(size):
    all_roles = roles(size)
    assert all_roles.count(L) == 1
    assert all_roles[0] == L
    assert all_roles.count(S) == (size >= 8)
    assert all_roles.count(O) == (size >= 10)
    assert all_roles.count(T) >= 2


def test_joiners_are_six_to_sixty_and_twenty_on_average():
    """6 + Poisson(Gamma(4, mean 14)), over 8,000 quintuples; Monte Carlo SE of the mean about .09."""
    u = np.random.default_rng(1).uniform(size=(8000, 5))
    sizes = np.array([people.joiner_size(*row) for row in u])
    assert sizes.min() >= 6
    assert sizes.max() <= 60
    assert sizes.mean() == pytest.approx(20.0, abs=0.3)
    assert sizes.var() == pytest.approx(14 + 14**2 / 4, rel=0.1)  # gamma-Poisson: mean + mean^2 / shape


def test_joiners_grow_with_every_draw_downwards():
    """Each uniform enters by inversion, so one that falls (a longer exponential) never makes a center smaller."""
    for place in range(4):
        u = [0.5] * 5
        sizes = []
        for value in (0.9, 0.5, 0.1):
            u[place] = value
            sizes.append(people.joiner_size(*u))
        assert sizes == sorted(sizes)


def test_independent_centers_of_the_stock_are_small():
    """North Carolina 2019: median 6, quartiles 4 and 11, nine tenths at most 19."""
    u = (np.arange(4000) + 0.5) / 4000
    sizes = [people.stock_size(v, *STOCK_SIZES[0]) for v in u]
    quartiles = np.quantile(sizes, [0.25, 0.5, 0.75, 0.9])
    assert quartiles == pytest.approx([4, 6, 11, 19], abs=1.0)
    assert min(sizes) >= 1
    assert max(sizes) <= 131


def test_the_ends_of_the_scales():
    """Far scores end exactly at the bounds of the design."""
    assert [people.center_trait(z, 0.55, 0.15) for z in (-20, 20)] == [0.05, 0.95]
    assert [people.set_point(0.55, z, z, 0.12, 0.4) for z in (-20, 20)] == [0.02, 0.98]
    assert [people.habit(0.3, z, z, 0.12, 0.05) for z in (-20, 20)] == [0.01, 0.99]
    assert [people.stock_size(u, *STOCK_SIZES[0]) for u in (1e-12, 1 - 1e-12)] == [1, 131]
    assert [people.stock_size(0.5, log_mean, 0.0) for log_mean in (np.log(6.49), np.log(6.51))] == [6, 7]  # rounded


@given(SCORE, SCORE, UNIT)
def test_traits_stay_inside(common, own, correlation):
    score = people.factor_score(common, own, correlation)
    assert 0.05 <= people.center_trait(score, 0.55, 0.4) <= 0.95
    assert 0.02 <= people.set_point(0.55, common, own, 0.4, correlation) <= 0.98
    assert 0.01 <= people.habit(0.3, common, own, 0.4, 0.4) <= 0.99
    assert people.frailty(score, 1.5) > 0.0


def test_traits_share_the_stated_correlation():
    """Two traits of 20,000 centers; SE of the correlation about .006.  The common factor gives each variance 1."""
    z = np.random.default_rng(2).standard_normal((20_000, 3))
    pairs = np.array([[people.factor_score(c, own, 0.4) for own in (one, two)] for c, one, two in z])
    assert np.corrcoef(pairs.T)[0, 1] == pytest.approx(0.4, abs=0.025)
    assert pairs.std(axis=0) == pytest.approx([1.0, 1.0], abs=0.02)


def test_set_points_go_with_habit_and_keep_their_spread():
    z = np.random.default_rng(3).standard_normal((20_000, 2))
    points = np.array([people.set_point(0.5, habit, own, 0.12, 0.4) for habit, own in z])
    assert np.corrcoef(points, z[:, 0])[0, 1] == pytest.approx(0.4, abs=0.025)
    assert points.std() == pytest.approx(0.12, abs=0.003)


@pytest.mark.parametrize("sd", [0.0, 0.5, 1.5])
def test_frailty_averages_one(sd):
    """By the trapezoidal rule over the normal density."""
    z = np.linspace(-9, 9, 4001)
    density = np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
    assert np.trapezoid([people.frailty(v, sd) for v in z] * density, z) == pytest.approx(1.0, abs=1e-6)


def test_levels_by_hand():
    assert people.clip(0.4, 0.0, 0.3) == 0.3
    assert people.clip(-0.4, 0.0, 0.3) == 0.0
    assert people.center_trait(1.0, 0.55, 0.15) == pytest.approx(0.70)
    assert people.set_point(0.55, 1.0, 0.0, 0.12, 0.4) == pytest.approx(0.55 + 0.12 * 0.4)
    assert people.habit(0.3, 1.0, -1.0, 0.12, 0.05) == pytest.approx(0.37)
    assert people.entry_knowledge(0.3, 0.1) == pytest.approx(0.4)
    assert people.entry_knowledge(0.95, 0.1) == 1.0


@given(UNIT, UNIT)
def test_nobody_knows_less_than_they_do_on_entry(habit, margin):
    assert habit <= people.entry_knowledge(habit, margin) <= 1.0
