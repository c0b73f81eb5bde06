"""Minimum detectable effects from replicates: by the closed form, brute force over effects, and their own errors."""

from __future__ import annotations

from math import inf, isinf, isnan, nan, sqrt

import numpy as np
import pytest
from scipy.stats import t as student

from bscsim.trial import formulas
from bscsim.trial.searching.mdes import Mdes, mdes_from


def trials(replicates: int, df: int, tau: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Estimates with variance 0.04 and their standard errors, as a t test on normal data has them."""
    rng = np.random.default_rng(seed)
    return tau + 0.2 * rng.standard_normal(replicates), 0.2 * np.sqrt(rng.chisquare(df, replicates) / df)


@pytest.mark.parametrize(("df", "alpha", "sides", "power"), [
    (38, 0.05, 2, 0.8), (5, 0.05, 2, 0.8), (5, 0.10, 1, 0.9), (12, 0.01, 2, 0.5),
])  # fmt: skip
def test_normal_data_have_the_closed_forms_mdes(df: int, alpha: float, sides: int, power: float) -> None:
    """200,000 replicates; tolerance of 4 standard errors, by the interval itself."""
    b, se = trials(200_000, df, 0.17)
    found = mdes_from(b, se, df, 0.17, alpha, sides, power)
    exact = formulas.mdes(formulas.Precision(0.04, df), power=power, alpha=alpha, sides=sides)
    assert found.value == pytest.approx(exact, abs=4 * (found.high - found.low) / 3.92)
    assert found.high - found.low < 0.02 * exact


def test_brute_force_over_effects() -> None:
    """The share that rejects, counted effect by effect in plain Python, first reaches the power at the value."""
    b, se = trials(37, 6, 0.1, seed=3)
    df = [4.0, 6.5, inf] * 12 + [3.0]
    found = mdes_from(b, se, df, 0.1, 0.05, 2, 0.8)

    def share(effect: float) -> float:
        critical = [float(student.ppf(0.975, d)) for d in df]
        return sum((x - 0.1 + effect) / s >= c - 1e-9 for x, s, c in zip(b, se, critical, strict=True)) / len(b)

    assert share(found.value) >= 0.8 > share(found.value - 1e-6)
    assert found.replicates == 37


def test_interval_holds_the_value_in_95_of_100() -> None:
    exact = formulas.mdes(formulas.Precision(0.04, 10))
    held = []
    for seed in range(1000):
        b, se = trials(300, 10, 0.0, seed)
        found = mdes_from(b, se, 10, 0.0)
        held.append(found.low <= exact <= found.high)
    assert abs(np.mean(held) - 0.955) <= 0.03  # order statistics: nominal or a little above; 3 standard errors are .02


def test_error_of_the_true_effect_widens_it_in_squares() -> None:
    b, se = trials(500, 10, 0.3)
    known, guessed = (mdes_from(b, se, 10, 0.3, tau_mcse=error) for error in (0.0, 0.02))
    assert guessed.value == known.value
    for end in ("low", "high"):
        bare, wide = (getattr(found, end) - found.value for found in (known, guessed))
        assert abs(wide) == pytest.approx(sqrt(bare**2 + (1.959964 * 0.02) ** 2))
        assert wide * bare > 0


def test_a_shift_and_a_scale_change_nothing_else() -> None:
    b, se = trials(400, 8, 0.0)
    found, moved, scaled = mdes_from(b, se, 8, 0.0), mdes_from(b + 5, se, 8, 5.0), mdes_from(7 * b, 7 * se, 8, 0.0)
    for end in ("value", "low", "high"):
        assert getattr(moved, end) == pytest.approx(getattr(found, end))
        assert getattr(scaled, end) == pytest.approx(7 * getattr(found, end))


def test_failed_fits() -> None:
    b, se = trials(100, 8, 0.0)
    gone = np.concatenate([b, [nan] * 25]), np.concatenate([se, [nan] * 25])
    assert mdes_from(*gone, 8, 0.0) == mdes_from(b, se, 8, 0.0)
    missed = mdes_from(*gone, 8, 0.0, failures_as_misses=True)  # all 100 must reject for a power of .8
    assert missed.value == pytest.approx(float(np.max(student.ppf(0.975, 8) * se - b)))
    assert isinf(missed.high)
    assert isinf(mdes_from(*gone, 8, 0.0, power=0.9, failures_as_misses=True, tau_mcse=0.1).value)
    assert isnan(mdes_from([nan], [nan], [nan], 0.0).value)
    assert mdes_from([nan], [nan], [nan], 0.0).as_dict() == {"value": None, "low": None, "high": None, "replicates": 0}


def test_too_few_replicates_have_no_upper_end() -> None:
    found = mdes_from([0.1, 0.0, -0.1], [0.2] * 3, inf, 0.0)
    assert isinstance(found, Mdes)
    assert isinf(found.high)


def test_what_cannot_be_is_refused() -> None:
    for wrong in ({"alpha": 0.0}, {"sides": 3}, {"power": 1.0}):
        with pytest.raises(ValueError, match="must be inside"):
            mdes_from([0.1], [0.2], 8, 0.0, **wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="as long"):
        mdes_from([0.1, 0.2], [0.2], 8, 0.0)
