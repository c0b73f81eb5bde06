"""Factorial effects against least squares, a published example and linear models with known coefficients."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from bscsim.sweeps.effects import effects, half_normal, model, pseudo_standard_error
from bscsim.sweeps.fractions import fraction, full


def least_squares(signs: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Twice the regression coefficients of main effects and pairs, without the intercept, for each replicate."""
    k = signs.shape[1]
    pairs = [signs[:, i] * signs[:, j] for i, j in combinations(range(k), 2)]
    matrix = np.column_stack([np.ones(len(signs)), *signs.T, *pairs])
    return 2 * np.linalg.lstsq(matrix, y, rcond=None)[0][1:]


@pytest.mark.parametrize("signs", [full(1), full(2), full(5), fraction(5).signs, fraction(8).signs],
                         ids=["2", "4", "32", "16 of 32", "64 of 256"])  # fmt: skip
def test_effects_and_intervals_are_those_of_least_squares_in_each_replicate(signs: np.ndarray) -> None:
    rng = np.random.default_rng(0)
    y = rng.normal(size=(len(signs), 6)) + rng.normal(size=6) * 50
    found, each = effects(signs, y), least_squares(signs, y)
    assert [one.terms for one in found.effects] == list(model(np.asarray(signs, float))[0])
    assert [one.estimate.mean for one in found.effects] == pytest.approx(list(each.mean(axis=1)), abs=1e-12)
    low, high = stats.t.interval(0.95, 5, each.mean(axis=1), stats.sem(each, axis=1))
    assert [one.estimate.low for one in found.effects] == pytest.approx(list(low), abs=1e-12)
    assert [one.estimate.high for one in found.effects] == pytest.approx(list(high), abs=1e-12)


def test_a_linear_model_gives_back_its_coefficients() -> None:
    """y = 10 + 3 A - B + 2 AC on -1/+1: effects are twice the coefficients, all others 0; order of cells is free."""
    signs = np.random.default_rng(1).permutation(fraction(6).signs)
    y = 10 + 3 * signs[:, 0] - signs[:, 1] + 2 * signs[:, 0] * signs[:, 2]
    found = {one.terms: one.estimate.mean for one in effects(signs, y[:, None]).effects}
    expected = {(0,): 6.0, (1,): -2.0, (0, 2): 4.0}
    assert found == pytest.approx({term: expected.get(term, 0.0) for term in found}, abs=1e-12)
    assert len(found) == 6 + 15


def test_an_interaction_is_half_the_difference_of_differences() -> None:
    low_low, low_high, high_low, high_high = 1.0, 4.0, 2.0, 11.0
    found = effects(full(2), [[low_low], [low_high], [high_low], [high_high]]).effects[-1]
    assert found.terms == (0, 1)
    assert found.estimate.mean == ((high_high - low_high) - (high_low - low_low)) / 2


def test_luck_that_all_cells_share_cancels() -> None:
    rng = np.random.default_rng(2)
    y = rng.normal(size=(8, 5))
    shifted = effects(full(3), y + rng.normal(size=5) * 1000).effects
    for one, other in zip(effects(full(3), y).effects, shifted, strict=True):
        assert one.estimate.low == pytest.approx(other.estimate.low, abs=1e-9)
        assert one.estimate.high == pytest.approx(other.estimate.high, abs=1e-9)


def test_replicates_that_lack_a_cell_are_left_out_and_counted() -> None:
    y = np.random.default_rng(3).normal(size=(4, 6))
    gaps = y.copy()
    gaps[1, 2] = gaps[3, 4] = math.nan
    found = effects(full(2), gaps)
    assert (found.replicates, found.left_out) == (4, 2)
    assert found.effects == effects(full(2), y[:, [0, 1, 3, 5]]).effects


def test_half_normal_quantiles_follow_the_ranks() -> None:
    quantiles = half_normal([0.5, -4.0, 0.1])
    assert quantiles == pytest.approx(list(stats.halfnorm.ppf([0.5, 2.5 / 3, 0.5 / 3])))
    assert half_normal([1.0, -1.0]) == sorted(half_normal([1.0, -1.0]))


def test_lenths_error_by_hand() -> None:
    """Median of 1 ... 7 and 100 is 4.5, s0 = 6.75, limit 16.9; median of 1 ... 7 is 4: 6. All zero: 0."""
    assert pseudo_standard_error([-1, 2, 3, -4, 5, 6, 7, 100]) == 6.0
    assert pseudo_standard_error([0.0, 0.0, 0.0]) == 0.0


def test_lenths_error_is_about_the_true_one_among_few_real_effects() -> None:
    rng = np.random.default_rng(4)
    found = [pseudo_standard_error(np.append(rng.normal(size=28), [30, -40, 50])) for _ in range(2000)]
    assert np.mean(found) == pytest.approx(1, abs=0.1)  # Lenth 1989: some percent of bias with few real effects


def test_the_margin_is_lenths() -> None:
    y = np.random.default_rng(5).normal(size=(16, 1))
    found = effects(fraction(5).signs, y)
    assert found.margin == pytest.approx(stats.t.ppf(0.975, 15 / 3) * found.pseudo_error)
    assert found.pseudo_error == pseudo_standard_error([one.estimate.mean for one in found.effects])


def test_intervals_cover_the_true_effect_at_the_nominal_rate() -> None:
    """20 replicates in 4 cells with their own and common noise; 400 studies: standard error of the rate 1.1%."""
    rng = np.random.default_rng(6)
    signs = full(2)
    hits = 0
    for _ in range(400):
        y = 1.5 * signs[:, :1] + rng.normal(size=(4, 20)) + 3 * rng.normal(size=20)
        first = effects(signs, y).effects[0].estimate
        hits += first.low <= 3.0 <= first.high
    assert 0.915 <= hits / 400 <= 0.98


def test_a_missing_cell_is_named() -> None:
    with pytest.raises(ValueError, match=r"all combinations of levels or a fraction of resolution V; missing: \+-\+"):
        effects(np.delete(full(3), 5, axis=0), np.zeros((7, 2)))


def test_effects_that_are_mixed_up_are_named() -> None:
    signs = full(3)
    half = signs[signs.prod(axis=1) == 1]  # C = AB
    with pytest.raises(ValueError, match=r"first factor 0 and factor 1\*factor 2 \(3 such pairs in 4 cells\)"):
        effects(half, np.zeros((4, 2)))


def test_cells_without_values_are_named() -> None:
    y = np.ones((4, 3))
    y[2] = math.nan
    with pytest.raises(ValueError, match="no replicate has a value in every cell; of 3 replicates, cell 2 lacks 3"):
        effects(full(2), y)


def test_what_is_no_two_level_design_is_refused() -> None:
    with pytest.raises(ValueError, match="signs are -1"):
        effects([[0], [1]], [[1.0], [2.0]])
    with pytest.raises(ValueError, match="needs signs"):
        effects([[-1], [1]], [[1.0]])
