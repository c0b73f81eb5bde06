"""Ranges: ends that are reached and not passed, whole numbers, and places on the range's own scale."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bscsim.scenario.document import item_of
from bscsim.sweeps.factors import Factor
from bscsim.sweeps.points import morris
from bscsim.sweeps.ranges import Range
from bscsim.sweeps.screening import screen


def ranged(low: float, high: float, log: bool = False, whole: bool = False) -> Range:
    return Range("p", low, high, log, whole, item_of(0, ""))


@pytest.mark.parametrize(("low", "high"), [(0.06, 0.9), (0.1, 0.7), (0.02, 0.08), (1e-3, 0.3), (0.7, 1.1)])
@pytest.mark.parametrize("log", [False, True])
def test_ends_are_reached_to_the_last_bit(low: float, high: float, log: bool) -> None:
    one = ranged(low, high, log)
    assert (one.at(0.0), one.at(1.0)) == (low, high)


def test_some_upper_end_is_missed_by_the_plain_sum() -> None:
    assert 0.06 + (0.9 - 0.06) > 0.9, "the case above no longer tells anything"


def test_whole_numbers_on_a_log_scale_are_the_nearest() -> None:
    one = ranged(1, 100, log=True, whole=True)
    found = [one.at(unit) for unit in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert found == [1, 3, 10, 32, 100]  # 3.16, 10, 31.6
    assert [type(value) for value in found] == [int] * 5


def test_a_whole_number_stands_where_its_logarithm_does() -> None:
    one = ranged(1, 100, log=True, whole=True)
    assert [one.position(unit) for unit in (0.0, 0.75, 1.0)] == pytest.approx([0, math.log(32) / math.log(100), 1])
    linear = ranged(2, 5, whole=True)
    assert [linear.position(unit) for unit in (0.1, 0.3, 0.6, 1.0)] == pytest.approx([0, 1 / 3, 2 / 3, 1])


def test_screening_finds_a_logarithm_straight_on_a_log_scale() -> None:
    """A response ln(x) over 1 to 100: every elementary effect is ln(100) by the whole range, and sigma is 0."""
    factor = Factor("p", (), (), (ranged(1, 100, log=True, whole=True),), "")
    points = morris(20, 1, 4, seed=3)[:, 0]
    values = [math.log(factor.at(float(unit))[0][1].value) for unit in points]
    places = np.array([[factor.position(float(unit))] for unit in points])
    (found,) = screen(places, np.array(values)[:, None])
    assert found.mu_star == pytest.approx(math.log(100))
    assert found.sigma == pytest.approx(0, abs=1e-9)
