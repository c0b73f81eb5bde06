"""E16: sums worked by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bscsim.rules import costs


def test_costs_by_hand():
    assert costs.staff_time(12.0, 13.07) == pytest.approx(156.84)
    assert costs.substitute(12.0, 13.07, 0.5) == pytest.approx(78.42)
    assert costs.shared(120.0, 2.0, 8) == 30.0


def test_a_support_scales_between_nothing_and_its_full_effect():
    assert costs.scaled(0.0, 0.4) == 1.0
    assert costs.scaled(1.0, 0.4) == pytest.approx(0.4)
    assert costs.scaled(0.5, 0.4) == pytest.approx(0.7)


@given(st.floats(0.0, 1e7), st.floats(0.0, 10.0), st.integers(1, 1000))
def test_a_shared_bill_is_paid_in_full(price, units, members):
    assert sum(costs.shared(price, units, members) for _ in range(members)) == pytest.approx(price * units, rel=1e-9)
