"""E4: readiness, uptake and authority."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bscsim.rules import operators, readiness

LEVEL = st.floats(0.01, 1.0)
EXPONENT = st.floats(-2.0, 1.0)


def test_readiness_of_an_average_center_by_hand():
    """A = G = .55, Q = .30: geometric .09075^(1/3), arithmetic 1.4/3, harmonic 3/(2/.55 + 1/.3)."""
    assert readiness.readiness(0.55, 0.55, 0.30, 0.0) == pytest.approx(0.449382, abs=1e-6)
    assert readiness.readiness(0.55, 0.55, 0.30, 1.0) == pytest.approx(0.466667, abs=1e-6)
    assert readiness.readiness(0.55, 0.55, 0.30, -1.0) == pytest.approx(0.430435, abs=1e-6)


@given(LEVEL, EXPONENT)
def test_equal_components_are_the_readiness_whatever_the_exponent(level, exponent):
    assert readiness.readiness(level, level, level, exponent) == pytest.approx(level, rel=1e-9)


@given(LEVEL, LEVEL, LEVEL, EXPONENT, EXPONENT)
def test_power_means_lie_inside_and_rise_with_the_exponent(a, g, q, one, other):
    low, high = (readiness.readiness(a, g, q, exponent) for exponent in sorted((one, other)))
    assert min(a, g, q) * (1 - 1e-6) <= low <= high * (1 + 1e-6) <= max(a, g, q) * (1 + 2e-6)


@given(LEVEL, LEVEL, LEVEL, LEVEL, EXPONENT)
def test_readiness_rises_with_each_component_and_is_symmetric(a, more, g, q, exponent):
    low, high = sorted((a, more))
    assert readiness.readiness(low, g, q, exponent) <= readiness.readiness(high, g, q, exponent) * (1 + 1e-9)
    assert readiness.readiness(a, g, q, exponent) == pytest.approx(readiness.readiness(q, a, g, exponent), rel=1e-9)


@given(LEVEL)
def test_elasticity_one_is_the_power_it_stands_for(level):
    assert readiness.uptake(level, 1.0) == min(operators.power(level / readiness.READINESS_REFERENCE, 1.0), 2.0)


@pytest.mark.parametrize("exponent", [1e-300, -1e-300, 1e-17, -1e-12, 1e-7, -1e-6, 2e-6])
def test_exponents_next_to_zero_are_geometric(exponent):
    """Straight from the formula an exponent of 1e-17 would give 1, or overflow."""
    assert readiness.readiness(0.6, 0.5, 0.1, exponent) == pytest.approx(0.03 ** (1 / 3), rel=2e-6)


def test_a_component_of_zero_has_a_readiness():
    """The geometric mean falls to (almost) nothing, the additive one does not."""
    assert 0.0 <= readiness.readiness(0.0, 0.5, 0.5, 0.0) < 1e-3
    assert readiness.readiness(0.0, 0.5, 0.5, 1.0) == pytest.approx(1 / 3)
    assert 0.0 <= readiness.readiness(0.0, 0.5, 0.5, -2.0) < 1e-6


def test_uptake_by_hand():
    assert readiness.uptake(0.45, 1.0) == 1.0
    assert readiness.uptake(0.225, 1.0) == pytest.approx(0.5)
    assert readiness.uptake(0.225, 2.0) == pytest.approx(0.25)
    assert readiness.uptake(0.95, 3.0) == 2.0  # the cap
    assert readiness.uptake(0.1, 0.0) == 1.0  # readiness does not count


@given(LEVEL, LEVEL, st.floats(0.0, 3.0))
def test_uptake_rises_with_readiness_up_to_two(one, other, elasticity):
    low, high = sorted((one, other))
    assert 0.0 <= readiness.uptake(low, elasticity) <= readiness.uptake(high, elasticity) <= 2.0


def test_authority_by_hand():
    assert readiness.authority(0.55, True) == pytest.approx(1.0)
    assert readiness.authority(0.275, True) == pytest.approx(0.75)
    assert readiness.authority(1.0, True) == 1.2  # the cap
    assert readiness.authority(1.0, False) == 0.5  # no leader on the team
