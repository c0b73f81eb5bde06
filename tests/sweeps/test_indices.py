"""Sobol indices against closed forms, SALib, and brute force over pairs of replicates; noise that is taken out."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bscsim.sweeps.indices import Indices, sobol_indices
from bscsim.sweeps.points import saltelli

ISHIGAMI = ((0.3139, 0.4424, 0.0), (0.5576, 0.4424, 0.2437))
"""First and total indices with a = 7, b = 0.1 (Ishigami and Homma 1990)."""
VARIANCE = 13.8446


def ishigami(unit: np.ndarray) -> np.ndarray:
    x = math.pi * (2 * unit - 1)
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def firsts(found: Indices) -> np.ndarray:
    return np.array([one.first for one in found.factors])


def totals(found: Indices) -> np.ndarray:
    return np.array([one.total for one in found.factors])


def independent(n: int, k: int, rng: np.random.Generator) -> np.ndarray:
    """Base points in SALib's order, but independent ones: bootstrap intervals are exact in theory only for these."""
    a, b = rng.random((2, n, k))
    blocks = np.repeat(a[:, None], k + 2, axis=1)
    blocks[:, -1] = b
    for factor in range(k):
        blocks[:, 1 + factor, factor] = b[:, factor]
    return blocks.reshape(-1, k)


def test_ishigami_without_noise() -> None:
    found = sobol_indices(ishigami(saltelli(4096, 3, seed=0))[:, None] * np.ones(3), 3)
    assert firsts(found) == pytest.approx(ISHIGAMI[0], abs=0.01)
    assert totals(found) == pytest.approx(ISHIGAMI[1], abs=0.01)
    assert found.variance == pytest.approx(VARIANCE, rel=0.01)
    assert found.signal_share == pytest.approx(1, abs=1e-12)


def test_the_g_function() -> None:
    """Product of (|4x - 2| + a)/(1 + a): V_i = 1/(3 (1 + a_i)^2), V = product of (1 + V_i) - 1 (Saltelli 1995)."""
    a = np.array([0.0, 1.0, 4.5, 9.0])
    x = saltelli(8192, 4, seed=1)
    own = 1 / (3 * (1 + a) ** 2)
    whole = np.prod(1 + own) - 1
    found = sobol_indices(np.prod((np.abs(4 * x - 2) + a) / (1 + a), axis=1)[:, None], 4, resamples=2)
    assert firsts(found) == pytest.approx(own / whole, abs=0.01)
    assert totals(found) == pytest.approx(own * np.prod(1 + own) / (1 + own) / whole, abs=0.01)


@pytest.mark.parametrize("replicates", [1, 4])
def test_without_noise_they_are_salibs_to_rounding(replicates: int) -> None:
    from SALib.analyze.sobol import analyze

    y = 100 + ishigami(saltelli(64, 3, seed=3))
    problem = {"num_vars": 3, "names": list("abc"), "bounds": [[0.0, 1.0]] * 3}
    theirs = analyze(problem, y, calc_second_order=False, seed=1)
    found = sobol_indices(np.outer(y, np.ones(replicates)), 3)
    np.testing.assert_allclose(firsts(found), theirs["S1"], atol=1e-11)
    np.testing.assert_allclose(totals(found), theirs["ST"], atol=1e-11)
    assert found.corrected == (replicates > 1)


def test_the_classical_ones_are_salibs_on_the_means() -> None:
    from SALib.analyze.sobol import analyze

    rng = np.random.default_rng(0)
    y = ishigami(saltelli(64, 3, seed=3))[:, None] + rng.normal(size=(64 * 5, 6)) * 4
    problem = {"num_vars": 3, "names": list("abc"), "bounds": [[0.0, 1.0]] * 3}
    theirs = analyze(problem, y.mean(axis=1), calc_second_order=False, seed=1)
    found = sobol_indices(y, 3, resamples=2)
    np.testing.assert_allclose([one.salib_first for one in found.factors], theirs["S1"], atol=1e-12)
    np.testing.assert_allclose([one.salib_total for one in found.factors], theirs["ST"], atol=1e-12)


def pairs_mean(u: np.ndarray, v: np.ndarray) -> float:
    """Mean product over base points and all pairs of different replicates, one by one; missing ones left out."""
    by_point = []
    for left, right in zip(u, v, strict=True):
        there = np.flatnonzero(np.isfinite(left) & np.isfinite(right))
        products = [left[r] * right[s] for r in there for s in there if r != s]
        by_point += [np.mean(products)] if products else []
    return float(np.mean(by_point))


@pytest.mark.parametrize("missing", [0, 25])
def test_products_are_of_different_replicates(missing: int) -> None:
    """Brute force over all pairs, complete and with values missing."""
    rng = np.random.default_rng(5)
    y = 3 + ishigami(saltelli(16, 3, seed=1))[:, None] + rng.normal(size=(80, 4)) * 3
    y.ravel()[rng.choice(y.size, missing, replace=False)] = math.nan
    z = (y - np.nanmean(y, axis=0)).reshape(16, 5, 4)
    a, b = z[:, 0], z[:, -1]
    ends = np.concatenate([a, b])
    ends -= np.nanmean(ends, axis=0)
    variance = pairs_mean(ends, ends)
    found = sobol_indices(y, 3, resamples=2)
    assert found.variance == pytest.approx(variance)
    for factor, one in enumerate(found.factors):
        step = z[:, 1 + factor] - a
        both = np.where(np.isfinite(b), step, math.nan)
        assert one.first == pytest.approx(pairs_mean(b, both) / variance)
        assert one.total == pytest.approx(pairs_mean(step, step) / 2 / variance)


def test_intervals_are_percentiles_of_resamples_centered_anew() -> None:
    """Brute force over the same draws: no pairs of draws of one replicate, and centers of each resample."""
    n, k, number = 8, 2, 4
    rng = np.random.default_rng(6)
    y = 5 + ((saltelli(n, k, seed=1) + 0.5) ** 3 @ [3.0, 1.0])[:, None] + rng.normal(size=(n * (k + 2), number)) * 0.05
    drawn = np.random.default_rng(11)
    firsts, totals = [], []
    for _ in range(60):
        rows, columns = drawn.integers(n, size=n), drawn.integers(number, size=number)
        while len(np.unique(columns)) < 2:
            columns = drawn.integers(number, size=number)
        z = y.reshape(n, k + 2, number)[rows][:, :, columns]
        pairs = [(r, s) for r in range(number) for s in range(number) if columns[r] != columns[s]]
        a, b = z[:, 0], z[:, -1]
        ends = np.concatenate([a, b]) - np.concatenate([a, b]).mean(axis=0)
        variance = np.mean([ends[:, r] * ends[:, s] for r, s in pairs])
        b, steps = b - z.mean(axis=(0, 1)), z[:, 1:-1] - a[:, None]
        firsts.append([np.mean([b[:, r] * steps[:, i, s] for r, s in pairs]) / variance for i in range(k)])
        totals.append([np.mean([steps[:, i, r] * steps[:, i, s] for r, s in pairs]) / 2 / variance for i in range(k)])
    for one, first, total in zip(sobol_indices(y, k, seed=11, resamples=60).factors, np.transpose(firsts),
                                 np.transpose(totals), strict=True):  # fmt: skip
        assert (one.first_low, one.first_high) == pytest.approx(tuple(np.percentile(first, [2.5, 97.5])))
        assert (one.total_low, one.total_high) == pytest.approx(tuple(np.percentile(total, [2.5, 97.5])))


def test_noise_biases_the_classical_indices_and_not_these() -> None:
    """Noise of the signal's SD, 4 replicates: means carry a quarter of V. 300 sets of noise on the same 64 base points.

    Classical variance is V + V/4, so first indices shrink by 1.25 and totals become (S + 1/4)/1.25.
    """
    truth = ishigami(saltelli(64, 3, seed=7))
    exact = sobol_indices(truth[:, None], 3, resamples=2)
    rng = np.random.default_rng(8)
    runs = [sobol_indices(truth[:, None] + rng.normal(size=(320, 4)) * math.sqrt(exact.variance), 3, resamples=0)
            for _ in range(300)]  # fmt: skip
    ours = np.array([[firsts(run), totals(run)] for run in runs])
    error = ours.std(axis=0, ddof=1) / math.sqrt(300)
    expected = np.array([firsts(exact), totals(exact)])
    assert (np.abs(ours.mean(axis=0) - expected) < 4 * error + 0.01).all()  # 0.01: a ratio's own bias
    classical = np.array([[[one.salib_first, one.salib_total] for one in run.factors] for run in runs]).mean(axis=0).T
    assert classical[0] == pytest.approx(expected[0] / 1.25, abs=0.02)
    assert classical[1] == pytest.approx((expected[1] + 0.25) / 1.25, abs=0.02)
    assert (classical[1] - expected[1])[2] > 20 * error[1, 2]
    assert np.mean([run.signal_share for run in runs]) == pytest.approx(1 / 1.25, abs=0.02)
    assert np.mean([run.variance for run in runs]) == pytest.approx(exact.variance, rel=0.03)


def test_luck_that_all_points_share_changes_nothing() -> None:
    rng = np.random.default_rng(9)
    y = ishigami(saltelli(32, 3, seed=2))[:, None] + rng.normal(size=(160, 5))
    plain, shifted = sobol_indices(y, 3, seed=4), sobol_indices(y + rng.normal(size=5) * 100, 3, seed=4)
    assert shifted.variance == pytest.approx(plain.variance, rel=1e-10)
    assert shifted.signal_share == pytest.approx(plain.signal_share, rel=1e-10)
    for one, other in zip(plain.factors, shifted.factors, strict=True):
        assert vars(other) == pytest.approx(vars(one), abs=1e-9)


@pytest.mark.parametrize(("noise", "lowest"), [(0.0, 0.88), (1.0, 0.91)])
def test_intervals_cover_at_about_the_nominal_rate(noise: float, lowest: float) -> None:
    """100 studies of 128 independent base points and 5 replicates, six intervals each, which are not independent.

    With noise the intervals are wider than they need be (points and replicates are both drawn): only a floor then.
    """
    hits = []
    for study in range(100):
        rng = np.random.default_rng(study)
        y = ishigami(independent(128, 3, rng))[:, None] + noise * math.sqrt(VARIANCE) * rng.normal(size=(640, 5))
        found = sobol_indices(y + rng.normal(size=5) * 10, 3, seed=study).factors
        hits.append([one.first_low <= exact <= one.first_high for one, exact in zip(found, ISHIGAMI[0], strict=True)]
                    + [one.total_low <= exact <= one.total_high for one, exact in zip(found, ISHIGAMI[1], strict=True)]
                    )  # fmt: skip
    assert lowest <= np.mean(hits) <= (0.98 if noise == 0 else 1)


def test_replicates_that_differ_in_what_matters_widen_the_interval() -> None:
    """Slopes of their own in each replicate, no noise of points: drawing points alone would not see it."""
    x = saltelli(256, 2, seed=0)
    rng = np.random.default_rng(1)
    same = sobol_indices((x @ [1.0, 1.0])[:, None] * np.ones(6), 2).factors[0]
    apart = sobol_indices(x @ (1 + rng.normal(size=(2, 6))), 2).factors[0]
    assert apart.first_high - apart.first_low > 2 * (same.first_high - same.first_low)


def test_missing_points_and_replicates_are_left_out() -> None:
    rng = np.random.default_rng(2)
    y = ishigami(saltelli(32, 3, seed=2))[:, None] + rng.normal(size=(160, 4))
    gaps = np.column_stack([y, np.full(160, math.nan)])
    gaps = np.concatenate([gaps, np.full((5, 5), math.nan)])
    assert sobol_indices(gaps, 3) == sobol_indices(y, 3)
    assert (sobol_indices(gaps, 3).base_points, sobol_indices(gaps, 3).replicates) == (32, 4)


@pytest.mark.parametrize("replicates", [1, 5])
def test_a_response_that_does_not_vary_has_no_indices(replicates: int) -> None:
    y = np.full((35, replicates), 0.3) + 0.7 * np.arange(replicates)
    y[::3, 0] = 0.1 + 0.2  # rounding alone is no variance
    found = sobol_indices(y, 3)
    assert found.variance == 0
    assert all(math.isnan(value) for one in found.factors for value in vars(one).values())


def test_nothing_but_noise_has_no_interval() -> None:
    y = np.random.default_rng(3).normal(size=(64 * 4, 5))
    found = sobol_indices(y, 2)
    assert abs(found.signal_share) < 0.5
    assert all(math.isnan(one.total_low) for one in found.factors)


def test_nothing_at_all_is_not_known() -> None:
    found = sobol_indices(np.full((8, 3), math.nan), 2)
    assert (found.base_points, found.replicates) == (0, 0)
    assert all(math.isnan(value) for one in found.factors for value in vars(one).values())


def test_a_seed_gives_the_same_intervals_whatever_the_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    y = ishigami(saltelli(16, 3, seed=2))[:, None] + np.random.default_rng(0).normal(size=(80, 4))
    assert sobol_indices(y, 3, seed=0) == sobol_indices(y, 3, seed=0)
    assert sobol_indices(y, 3, seed=0) != sobol_indices(y, 3, seed=1)
    whole = sobol_indices(y, 3)
    monkeypatch.setattr("bscsim.sweeps.indices._AT_ONCE", 16 * 3 * 7)
    for one, other in zip(sobol_indices(y, 3).factors, whole.factors, strict=True):
        assert vars(one) == pytest.approx(vars(other), rel=1e-9)


def test_rows_that_are_no_base_points_are_refused() -> None:
    with pytest.raises(ValueError, match=r"not \(7, 2\) of 3 factors"):
        sobol_indices(np.zeros((7, 2)), 3)
