"""Paired differences against the textbook t interval, and variance ratios against their closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from bscsim.sweeps.pairing import Bought, against, bought, paired


def test_the_interval_is_that_of_a_paired_t_test() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(1.0, 1.0, 30), rng.normal(0.0, 2.0, 30)
    found = paired(a, b).difference
    low, high = stats.ttest_rel(a, b).confidence_interval(0.95)
    assert (found.mean, found.low, found.high) == pytest.approx((a.mean() - b.mean(), low, high))


def test_replicates_that_either_cell_lacks_are_left_out() -> None:
    a, b = [1.0, math.nan, 4.0, 2.0, 7.0], [0.5, 1.0, math.nan, 1.0, 2.0]
    assert paired(a, b) == paired([1.0, 2.0, 7.0], [0.5, 1.0, 2.0])
    assert paired(a, b).difference.n == 3


def test_the_ratio_is_how_many_more_replicates_unpaired_cells_need() -> None:
    """Common part of variance 9, own parts of variance 1 on each side: (10 + 10) / 2 = 10; opposite luck: 20 / 38."""
    rng = np.random.default_rng(1)
    common, own_a, own_b = 3 * rng.normal(size=40_000), rng.normal(size=40_000), rng.normal(size=40_000)
    assert paired(common + own_a, common + own_b).variance_ratio == pytest.approx(10, rel=0.05)
    assert paired(common + own_a, own_b - common).variance_ratio == pytest.approx(20 / 38, rel=0.05)
    assert paired(own_a, own_b).variance_ratio == pytest.approx(1, rel=0.05)


def test_the_ratio_by_hand() -> None:
    """Variances of (1, 2, 6) and (0, 3, 3): 7 and 3; of the differences (1, -1, 3): 4."""
    assert paired([1.0, 2.0, 6.0], [0.0, 3.0, 3.0]).variance_ratio == pytest.approx(10 / 4)


@pytest.mark.parametrize(
    ("a", "b"),
    [([1.0], [0.0]), ([], []), ([math.nan, 1.0], [2.0, math.nan]), ([0.1, 0.7, 0.3], [0.1, 0.7, 0.3]),
     ([0.1 + 0.2, 1.1 + 0.2, 7.3 + 0.2], [0.1, 1.1, 7.3]), ([1e9 + 0.1, 2e9 + 0.1, 5e8 + 0.1], [1e9, 2e9, 5e8])],
)  # fmt: skip
def test_there_is_no_ratio_of_a_constant_difference_or_too_few_replicates(a: list[float], b: list[float]) -> None:
    assert paired(a, b).variance_ratio is None


def test_every_cell_is_compared_with_the_reference() -> None:
    y = np.random.default_rng(2).normal(size=(5, 8))
    assert against(y, 3) == tuple(paired(row, y[3]) for row in y)
    assert against(y, 3)[3].difference.mean == 0


def test_what_pairing_bought_is_the_median_of_known_ratios() -> None:
    pairs = tuple(paired(*rows) for rows in [([1.0, 2.0, 6.0], [0.0, 3.0, 3.0]), ([1.0], [2.0]),
                                             ([0.0, 2.0], [0.0, 1.0]), ([0.0, 2.0], [0.0, -1.0])])  # fmt: skip
    assert bought(pairs) == Bought(pytest.approx(2.5), 3)  # 2.5, 5 and 5/9
    assert bought(()) == Bought(None, 0)


def test_rows_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="same replicates"):
        paired([1.0, 2.0], [1.0])
