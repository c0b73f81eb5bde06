"""Rank correlations against scipy, also in each resample, and the coverage of their intervals."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from bscsim.sweeps.points import latin_hypercube
from bscsim.sweeps.ranks import RankCorrelation, rank_correlations


def test_they_are_scipys_with_and_without_ties() -> None:
    rng = np.random.default_rng(0)
    x = np.column_stack([rng.random(60), rng.integers(3, size=60), np.arange(60) % 2, -rng.random(60)])
    y = rng.normal(size=(60, 4)) + x[:, :1] * 2 - x[:, 1:2]
    expected = [stats.spearmanr(column, y.mean(axis=1)).statistic for column in x.T]
    assert [one.rank_correlation for one in rank_correlations(x, y)] == pytest.approx(expected, abs=1e-12)
    tied = np.round(y, 0)
    expected = [stats.spearmanr(column, tied.mean(axis=1)).statistic for column in x.T]
    assert [one.rank_correlation for one in rank_correlations(x, tied)] == pytest.approx(expected, abs=1e-12)


def test_intervals_are_percentiles_of_resamples_ranked_anew() -> None:
    """The same draws, each ranked by scipy."""
    rng = np.random.default_rng(1)
    x, y = np.column_stack([rng.random(25), rng.integers(4, size=25)]), rng.normal(size=25)
    drawn = np.random.default_rng(7).integers(25, size=(200, 25))
    for factor, one in enumerate(rank_correlations(x, y[:, None], seed=7, resamples=200)):
        resampled = [stats.spearmanr(x[rows, factor], y[rows]).statistic for rows in drawn]
        assert (one.low, one.high) == pytest.approx(tuple(np.percentile(resampled, [2.5, 97.5])), abs=1e-12)


def test_a_rising_response_is_one_whatever_its_shape() -> None:
    x = latin_hypercube(40, 2, seed=0)
    rising, _ = rank_correlations(x, np.exp(9 * x[:, :1]))
    falling, _ = rank_correlations(x, -(x[:, :1] ** 9))
    assert (rising.rank_correlation, rising.low, rising.high) == pytest.approx((1, 1, 1))
    assert falling.rank_correlation == pytest.approx(-1)


def test_intervals_cover_at_about_the_nominal_rate() -> None:
    """Bivariate normal with r = 0.5: Spearman's is 6/pi asin(r/2) = 0.4826. 400 studies of 60: standard error 1.1%."""
    exact = 6 / math.pi * math.asin(0.25)
    hits = 0
    for study in range(400):
        x, y = np.random.default_rng(study).multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], size=60).T
        one = rank_correlations(x[:, None], y[:, None], seed=study, resamples=200)[0]
        hits += one.low <= exact <= one.high
    assert 0.89 <= hits / 400 <= 0.98


def test_missing_replicates_and_points_are_left_out() -> None:
    rng = np.random.default_rng(2)
    x, y = rng.random((20, 2)), rng.normal(size=(20, 3))
    gaps = y.copy()
    gaps[3, 1] = math.nan
    gaps[8] = math.nan
    keep = np.arange(20) != 8
    means = np.nanmean(gaps[keep], axis=1)
    found = rank_correlations(x, gaps)
    assert [one.points for one in found] == [19, 19]
    assert found == rank_correlations(x[keep], means[:, None])


@pytest.mark.parametrize("y", [[[1.0]] * 5, [[math.nan]] * 5, [[1.0], [2.0], [math.nan], [math.nan], [math.nan]]])
def test_what_does_not_vary_has_no_correlation(y: list[list[float]]) -> None:
    nan = pytest.approx(math.nan, nan_ok=True)
    number = sum(math.isfinite(row[0]) for row in y)
    assert rank_correlations(np.arange(5.0)[:, None], y) == (RankCorrelation(nan, nan, nan, number),)


def test_a_factor_that_does_not_vary_has_none_beside_one_that_does() -> None:
    still, moved = rank_correlations(np.column_stack([np.ones(5), np.arange(5)]), np.arange(5.0)[:, None])
    assert math.isnan(still.rank_correlation)
    assert moved.rank_correlation == pytest.approx(1)


def test_a_seed_gives_the_same_interval_whatever_the_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    x, y = rng.random((15, 2)), rng.normal(size=(15, 2))
    whole = rank_correlations(x, y, seed=0)
    assert rank_correlations(x, y, seed=0) == whole
    assert rank_correlations(x, y, seed=1) != whole
    monkeypatch.setattr("bscsim.sweeps.ranks._AT_ONCE", 15 * 70)
    assert rank_correlations(x, y, seed=0) == whole


def test_rows_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="needs points"):
        rank_correlations([[0.0]], [[1.0], [2.0]])
