"""Loops over rows: the order of a sum, which is part of the bits of every run."""

from __future__ import annotations

import platform
import re

import numpy as np
import pytest

from bscsim.engine.compiling import compiled
from bscsim.engine.rows import weighted_sum
from bscsim.rules.operators import LANES


def by_lanes(values: np.ndarray, weight: np.ndarray) -> float:
    """The sum as it is told: each lane from the first quad to the last, then pairs of lanes."""
    lanes = [0.0] * LANES
    for i, (value, times) in enumerate(zip(values.tolist(), weight.tolist(), strict=True)):
        lanes[i % LANES] += value * times
    return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3])


@pytest.mark.parametrize("first", [0, 4, 12])
@pytest.mark.parametrize("count", [4, 8, 20, 52])
def test_a_sum_adds_lanes_from_the_first_quad_to_the_last(first: int, count: int) -> None:
    draws = np.random.default_rng(count)
    values, weight = draws.random(first + count), draws.integers(0, 4, first + count) * 1.0
    expected = by_lanes(values[first:], weight[first:])
    running = np.zeros(first + count + LANES)
    for one in (weighted_sum, compiled(weighted_sum), weighted_sum):  # what one leaves behind is nothing to the next
        assert one(values, weight, first, count, running) == expected
    assert not running[:LANES].any()


@pytest.mark.skipif(platform.machine() != "x86_64", reason="names of vector instructions are of this processor")
def test_a_sum_is_made_of_vectors() -> None:
    one = compiled(weighted_sum)
    one(np.ones(8), np.ones(8), 0, 8, np.zeros(12))
    assert any(re.search(r"\bv?addpd\b", text) for text in one.inspect_asm().values())
