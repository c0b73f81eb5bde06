"""Operators against closed forms and against SciPy."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bscsim.rules import operators

UNIT = st.floats(0.0, 1.0)
RATE = st.floats(0.0, 50.0)
OPEN = st.floats(1e-9, 1 - 1e-9)


@given(UNIT, UNIT, st.floats(0.0, 12.0))
def test_pull_is_the_exact_solution_of_one_pull(x, target, rate):
    """x(t) = target + (x - target) exp(-r t), to the approximant's stated error of 4e-6 at r dt <= 1."""
    moved = operators.pull(x, rate * (target - x), rate, 1 / 12)
    assert moved == pytest.approx(target + (x - target) * math.exp(-rate / 12), abs=4e-6)


@given(UNIT, st.lists(st.tuples(RATE, UNIT), min_size=1, max_size=4), st.floats(0.001, 10.0))
def test_pull_stays_between_the_state_and_its_targets(x, pulls, dt):
    drift = sum(rate * (target - x) for rate, target in pulls)
    moved = operators.pull(x, drift, sum(rate for rate, _ in pulls), dt)
    bounds = [x, *(target for _, target in pulls)]
    assert min(bounds) - 1e-12 <= moved <= max(bounds) + 1e-12


@given(UNIT, RATE, st.floats(0.0, 1.0))
def test_pull_leaves_a_state_at_its_targets_alone(x, rate, dt):
    """The exact null rests on this: not a bit changes."""
    assert operators.pull(x, 0.0 * rate, rate, dt) == x


@given(UNIT, UNIT, st.floats(0.0, 6.0))
def test_two_half_steps_of_a_pull_are_one_step(x, target, rate):
    whole = operators.pull(x, rate * (target - x), rate, 1 / 12)
    half = operators.pull(x, rate * (target - x), rate, 1 / 24)
    half = operators.pull(half, rate * (target - half), rate, 1 / 24)
    assert half == pytest.approx(whole, abs=4e-6)


@given(UNIT, UNIT)
def test_pulse_closes_its_share_of_the_gap(x, share):
    assert operators.pulse(x, share) == pytest.approx(1 - (1 - x) * (1 - share), abs=1e-15)
    assert x <= operators.pulse(x, share) <= 1.0


def test_doses_add():
    """Two doses after one another close what their sum closes."""
    twice = operators.pulse(operators.pulse(0.2, operators.saturating(0.3)), operators.saturating(0.5))
    assert twice == pytest.approx(operators.pulse(0.2, operators.saturating(0.8)), abs=1e-15)


@given(OPEN)
def test_logit_and_logistic_undo_each_other(p):
    assert operators.logistic(operators.logit(p)) == pytest.approx(p, rel=1e-9)


@pytest.mark.parametrize("u", [1e-16, 1e-9, 1e-4, 0.02, 0.075, 0.3, 0.5, 0.7, 0.925, 0.999, 1 - 1e-9, 1 - 1e-12])
def test_normal_is_scipys_quantile(u):
    assert operators.normal(u) == pytest.approx(stats.norm.ppf(u), rel=1e-13, abs=1e-15)


def test_exponential_is_scipys_quantile():
    u = np.linspace(0.001, 0.999, 97)
    assert [operators.exponential(1 - v) for v in u] == pytest.approx(stats.expon.ppf(u), rel=1e-12)


@given(st.floats(0.0, 60.0), OPEN)
def test_poisson_is_scipys_quantile(mean, u):
    count = operators.poisson(mean, u)
    assert stats.poisson.cdf(count, mean) >= u - 1e-9
    assert count == 0 or stats.poisson.cdf(count - 1, mean) <= u + 1e-9


@given(st.integers(0, 40), UNIT, OPEN)
def test_binomial_is_scipys_quantile(trials, p, u):
    count = operators.binomial(trials, p, u)
    assert 0 <= count <= trials
    assert stats.binom.cdf(count, trials, p) >= u - 1e-9
    assert count == 0 or stats.binom.cdf(count - 1, trials, p) <= u + 1e-9


@given(st.floats(0.0, 20.0), st.floats(0.0, 5.0), OPEN)
def test_counts_never_fall_when_the_rate_rises(mean, more, u):
    assert operators.poisson(mean + more, u) >= operators.poisson(mean, u)
