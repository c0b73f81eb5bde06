"""The interval for any number of looks: by brute force over values, and its coverage at all looks by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import betaln

from bscsim.trial.searching.sequence import enough, sequence_interval, side_of
from bscsim.trial.share import Share


@pytest.mark.parametrize(("rejected", "of"), [(0, 40), (40, 40), (33, 40), (812, 1000), (3, 2000), (1, 1)])
@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_interval_is_the_values_whose_mixture_ratio_is_small(rejected: int, of: int, alpha: float) -> None:
    values = np.linspace(1e-6, 1 - 1e-6, 200_001)
    ratio = betaln(rejected + 0.5, of - rejected + 0.5) - betaln(0.5, 0.5)
    ratio = ratio - rejected * np.log(values) - (of - rejected) * np.log1p(-values)
    inside = values[ratio < -np.log(alpha)]
    low, high = sequence_interval(rejected, of, alpha)
    assert low == pytest.approx(inside[0], abs=1.1e-5)
    assert high == pytest.approx(inside[-1], abs=1.1e-5)
    for value in (low - 1e-4, low + 1e-4, high - 1e-4, high + 1e-4):
        if 0 < value < 1:
            assert side_of(rejected, of, value, alpha) == (1 if value < low else -1 if value > high else 0)


def test_of_nothing_nothing_is_known() -> None:
    assert sequence_interval(0, 0) == (0.0, 1.0)
    assert not enough(0, 0, 0.8, 0.49)


@pytest.mark.parametrize("power", [0.05, 0.5, 0.8, 0.97])
def test_it_holds_at_all_looks_at_once_and_wilsons_does_not(power: float) -> None:
    """4,000 studies of 1,000 replicates, looked at after every 20: at most 5% ever miss; of Wilson's far more."""
    studies, looks = 4000, np.arange(20, 1001, 20)
    hits = (np.random.default_rng(5).random((studies, 1000)) < power).cumsum(axis=1)[:, looks - 1]
    missed, usual = 0, 0
    known: dict[tuple[int, int], tuple[bool, bool]] = {}
    for row in hits:
        for key in zip(row.tolist(), looks.tolist(), strict=True):
            if key not in known:
                low, high = sequence_interval(*key)
                known[key] = (not low <= power <= high, not Share(*key).low <= power <= Share(*key).high)
        out = [known[key] for key in zip(row.tolist(), looks.tolist(), strict=True)]
        missed, usual = missed + any(own for own, _ in out), usual + any(other for _, other in out)
    assert missed / studies <= 0.05  # it is about .02, so no tolerance is needed
    assert usual / studies > 0.2


@pytest.mark.parametrize("power", [0.74, 0.8, 0.86])
def test_a_power_stopped_by_the_rule_is_still_covered(power: float) -> None:
    rng, missed, used = np.random.default_rng(9), 0, []
    for _ in range(400):
        rejected = fitted = 0
        while not enough(rejected, fitted, 0.8, 0.03):
            rejected, fitted = rejected + int(rng.binomial(100, power)), fitted + 100
        low, high = sequence_interval(rejected, fitted)
        missed += not low <= power <= high
        used.append(fitted)
    assert missed <= 20  # 5% of 400; about 2% are expected
    assert max(used) <= 3000  # within .03: 2.6 times Wilson's 683 at power .8


def test_impossible_counts_are_refused() -> None:
    for rejected, of in ((-1, 4), (5, 4)):
        with pytest.raises(ValueError, match="cannot have rejected"):
            sequence_interval(rejected, of)
    with pytest.raises(ValueError, match="alpha must be"):
        sequence_interval(1, 4, 0.0)
