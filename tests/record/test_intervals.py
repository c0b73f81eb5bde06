"""Intervals over replicates against textbook numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bscsim.record.intervals import band, interval, ratio_of_means


def test_t_interval_of_four_values() -> None:
    """SD of 1, 2, 3, 4 is 1.2910; t(.975, 3) = 3.1824: half width 2.0543."""
    found = interval([1.0, 2.0, 3.0, 4.0])
    assert found.mean == 2.5
    assert (found.low, found.high) == pytest.approx((2.5 - 2.0543, 2.5 + 2.0543), abs=1e-4)
    assert (found.p05, found.p95) == pytest.approx((1.15, 3.85))
    assert found.n == 4


def test_missing_values_are_left_out_and_not_counted() -> None:
    assert interval([1.0, math.nan, 3.0]) == interval([1.0, 3.0])
    assert interval([math.nan]).as_dict() is None


def test_one_value_has_no_interval() -> None:
    found = interval([0.3]).as_dict()
    assert found == {"mean": 0.3, "ci95_low": None, "ci95_high": None, "p05": 0.3, "p95": 0.3, "replicates": 1}


def test_a_ratio_of_means_is_not_a_mean_of_ratios() -> None:
    top, bottom = [1.0, 1.0], [0.5, 3.5]
    assert ratio_of_means(top, bottom).mean == 0.5
    assert np.mean(np.divide(top, bottom)) > 1


def test_a_constant_ratio_has_an_interval_of_no_width() -> None:
    found = ratio_of_means([1.0, 2.0, 3.0], [2.0, 4.0, 6.0])
    assert (found.mean, found.low, found.high) == pytest.approx((0.5, 0.5, 0.5))


def test_a_ratio_to_nothing_is_missing() -> None:
    assert ratio_of_means([1.0], [0.0]).as_dict() is None
    assert math.isnan(ratio_of_means([1.0], [0.0]).mean)
    assert ratio_of_means([10.0] * 3, [-0.01, 0.02, -0.02]).as_dict() is None  # no price of a loss


def test_a_band_is_missing_where_no_replicate_has_a_value() -> None:
    mean, low, high = band([[1.0, math.nan], [3.0, math.nan]])
    assert mean[0] == 2.0
    assert all(math.isnan(line[1]) for line in (mean, low, high))
