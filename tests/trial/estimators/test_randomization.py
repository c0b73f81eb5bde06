"""The randomization test against enumeration by hand, SciPy's permutation tests, and its own promise of exactness."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from bscsim.trial.cluster_stats import FAILED, OK, ClusterStats, from_means, from_units
from bscsim.trial.estimators import allocations, ols_cr2
from bscsim.trial.estimators.randomization import estimate, randomization_test, relabelled, statistic_test
from tests.trial.estimators.small_trial import Array, random_trials, rejection_band, swapped


def difference(values: Array, arm: Array, axis: int = -1) -> Array:
    return values.mean(axis=axis) - arm.mean(axis=axis)


def trials(replicates: int, treated: Array, seed: int, stratum: Array | None = None) -> ClusterStats:
    means = np.random.default_rng(seed).normal(size=(replicates, len(treated)))
    return from_means(means, treated, stratum=stratum)


def means_of(stats: ClusterStats) -> Array:
    return (stats.y1 / stats.n)[0] + stats.center


@pytest.mark.parametrize("treated", [4, 3])
def test_few_allocations_are_all_used_as_scipy_does(treated: int) -> None:
    arm = np.arange(8) < treated
    stats = trials(1, arm, seed=treated)
    found = randomization_test(stats)
    y = means_of(stats)
    expected = scipy_stats.permutation_test(
        (y[arm], y[~arm]), lambda a, b, axis: np.abs(difference(a, b, axis)), vectorized=True, n_resamples=np.inf,
        alternative="greater",
    )  # fmt: skip
    assert found.exact.tolist() == [True]
    assert found.estimates.p[0] == pytest.approx(expected.pvalue, abs=1e-12)
    assert found.estimates.b[0] == pytest.approx(y[arm].mean() - y[~arm].mean())


def test_pairs_are_the_sign_flip_test() -> None:
    arm, pair = np.array([True, False] * 7), np.repeat(np.arange(7), 2)
    stats = trials(1, arm, 3, pair)
    y = means_of(stats)
    expected = scipy_stats.permutation_test(
        (y[arm] - y[~arm],), lambda d, axis: np.abs(d.mean(axis=axis)), permutation_type="samples", vectorized=True,
        n_resamples=np.inf, alternative="greater",
    )  # fmt: skip
    found = randomization_test(stats)
    assert found.estimates.p[0] == pytest.approx(expected.pvalue, abs=1e-12)
    assert found.smallest_p[0] == 2 / 2**7


def by_hand(means: Array, arm: Array, stratum: Array, weights: Array) -> tuple[float, float]:
    """p and estimate of the stratified difference, every allocation written out by loops."""

    def statistic(treated: Array) -> float:
        parts = [means[treated & (stratum == s)].mean() - means[~treated & (stratum == s)].mean() for s in (0, 1)]
        return float(weights @ parts)

    places = [np.flatnonzero(stratum == s) for s in (0, 1)]
    every = []
    for chosen in product(*(combinations(at, int(arm[at].sum())) for at in places)):
        treated = np.zeros(len(arm), bool)
        treated[[center for some in chosen for center in some]] = True
        every.append(statistic(treated))
    observed = statistic(arm)
    return float(np.mean(np.abs(every) >= abs(observed) - 1e-9)), observed


def test_strata_keep_their_numbers() -> None:
    arm = np.array([1, 0, 0, 1, 0, 1, 0, 1, 0], bool)
    stratum = np.array([0, 0, 0, 0, 1, 1, 1, 1, 0])
    stats = trials(1, arm, 11, stratum)
    weights = np.array([2 * 3 / 5, 2 * 2 / 4])
    p, b = by_hand(means_of(stats), arm, stratum, weights / weights.sum())
    found = randomization_test(stats)
    assert (found.estimates.p[0], found.estimates.b[0]) == pytest.approx((p, b), abs=1e-12)
    assert found.smallest_p[0] == 1 / (10 * 6)
    design = np.array([[5, 2], [4, 2]])
    assert len(np.unique(allocations.enumerated(design), axis=0)) == 60
    drawn = allocations.sampled(design, 3000, seed=5)
    assert set(drawn[:, :5].sum(axis=1)) == {2}
    assert set(drawn[:, 5:].sum(axis=1)) == {2}
    _, counts = np.unique(drawn, axis=0, return_counts=True)  # all 60 alike: chi-square of 59 df below its 99.99%
    assert len(counts) == 60
    assert ((counts - 50) ** 2 / 50).sum() < scipy_stats.chi2.ppf(0.9999, 59)


def test_strata_weigh_as_least_squares_does() -> None:
    arm, stratum = np.array([1, 0, 0, 1, 0, 1, 0, 1, 0, 1], bool), np.array([0, 0, 0, 0, 1, 1, 1, 1, 0, 1])
    stats = trials(1, arm, 12, stratum)
    x = np.column_stack([np.ones(10), arm, stratum])
    b = np.linalg.lstsq(x, means_of(stats), rcond=None)[0][1]
    assert estimate(stats).b[0] == pytest.approx(b)


def test_the_test_is_exact_over_the_allocations_themselves() -> None:
    """Whatever the outcomes, at most a share alpha of the allocations that could have been made rejects."""
    rng = np.random.default_rng(2)
    y = rng.exponential(size=8) ** 2
    every = allocations.enumerated(np.array([[8, 4]]))
    p = randomization_test(from_means(np.tile(y, (70, 1)), every)).estimates.p
    assert np.allclose(np.sort(p), np.repeat(np.arange(2, 71, 2) / 70, 2))


def test_exact_under_partial_nesting_with_any_statistic() -> None:
    """Sharp null: the outcome does not depend on the allocation, so collaboratives are only labels."""
    replicates, arm = 600, np.arange(20) < 10
    inside = np.where(arm, np.arange(20) // 4, -1)
    stats = random_trials(replicates, (5,) * 20, arm, 21, 0.8, 0.0, inside)

    def nested_t(trial: ClusterStats) -> Array:
        found = ols_cr2.estimate(trial)
        return found.b / found.se

    p = statistic_test(stats, nested_t, permutations=39)
    low, high = rejection_band(replicates)
    assert low < (p <= 0.05).mean() < high


def test_any_statistic_agrees_with_the_built_in_one() -> None:
    stats = trials(20, np.arange(16) < 8, seed=13)
    mine = statistic_test(stats, lambda trial: ols_cr2.estimate(trial).b, permutations=399, seed=1)
    built_in = randomization_test(stats, exact_up_to=20_000).estimates.p
    assert np.abs(mine - built_in).max() < 4 * (0.25 / 399) ** 0.5


def test_any_statistic_sees_trials_that_the_design_could_have_made() -> None:
    stratum, arm = np.arange(15) % 3, np.arange(15) < 6
    inside = np.where(arm, np.arange(15) // 3, -1)
    stats = random_trials(2, (2,) * 15, arm, 3, collaborative=inside)._replace(stratum=np.tile(stratum, (2, 1)))
    seen = []

    def watch(trial: ClusterStats) -> Array:
        assert [trial.treated[:, stratum == s].sum(axis=1).tolist() for s in range(3)] == [[2, 2]] * 3
        assert ((trial.collaborative >= 0) == trial.treated).all()
        assert [(trial.collaborative == c).sum(axis=1).tolist() for c in (0, 1)] == [[3, 3]] * 2
        seen.append(trial.treated.tobytes())
        return ols_cr2.estimate(trial).b

    statistic_test(stats, watch, permutations=30)
    assert len(set(seen)) == 31


def test_relabelled_statistics_are_those_of_the_new_trial() -> None:
    rng = np.random.default_rng(4)
    center = np.repeat(np.arange(6), 5)
    y, x = rng.normal(size=30), rng.normal(size=(30, 2))
    old, new = np.array([1, 1, 1, 0, 0, 0], bool), np.array([0, 1, 0, 1, 1, 0], bool)
    inside = np.array([-1, 0, -1, 1, 0, -1])
    none = np.zeros(30, int)
    again = relabelled(from_units(none, center, y, x, old), new[None], inside[None])
    fresh = from_units(none, center, y, x, new, inside)
    for name in ("x1", "xx", "xy", "treated", "collaborative"):
        np.testing.assert_allclose(getattr(again, name), getattr(fresh, name), atol=1e-12, err_msg=name)


def shifted(stats: ClusterStats, shift: float) -> ClusterStats:
    """The same trial with a constant taken off every treated unit."""
    y1 = stats.y1 - shift * stats.x1[..., 1]
    return stats._replace(xy=stats.xy - shift * stats.xx[..., 1], y1=y1)


@pytest.mark.parametrize(("permutations", "exact_up_to", "alpha"), [(999, 5000, 0.05), (399, 10, 0.05), (99, 10, 0.2)])
def test_the_interval_holds_the_shifts_that_are_not_rejected(permutations: int, exact_up_to: int, alpha: float) -> None:
    stats = trials(1, np.arange(10) < 4, seed=17, stratum=np.arange(10) % 2)
    options = {"permutations": permutations, "exact_up_to": exact_up_to, "alpha": alpha}
    found = randomization_test(stats, **options).estimates
    for end, outside in ((found.low[0], -1e-6), (found.high[0], 1e-6)):
        inner, outer = (randomization_test(shifted(stats, end + x), **options) for x in (-outside, outside))
        assert inner.estimates.p[0] > alpha >= outer.estimates.p[0]
    again = randomization_test(shifted(stats, 3.0), **options).estimates
    np.testing.assert_allclose([again.b, again.low, again.high], np.array([found.b, found.low, found.high]) - 3.0)


def test_covariates_are_taken_out_before_the_allocation() -> None:
    """Least squares of all units without the treatment, then the difference of mean residuals; units of two kinds."""
    rng = np.random.default_rng(9)
    sizes = np.array([3, 5, 4, 6, 2, 7, 5, 4])
    center = np.repeat(np.arange(8), sizes)
    x, arm = np.column_stack([rng.normal(size=8)[center], rng.normal(size=len(center))]), np.arange(8) < 4
    y = 2 * x[:, 0] - x[:, 1] + rng.normal(size=len(center)) + arm[center]
    found = randomization_test(from_units(np.zeros(len(y), int), center, y, x, arm)).estimates
    model = np.column_stack([np.ones(len(y)), x])
    residual = [v - model @ np.linalg.lstsq(model, v, rcond=None)[0] for v in (y, arm[center].astype(float))]
    means, own = (np.bincount(center, r) / sizes for r in residual)
    t = np.array([means[list(c)].mean() - np.delete(means, c).mean() for c in combinations(range(8), 4)])
    observed = means[arm].mean() - means[~arm].mean()
    assert found.p[0] == pytest.approx(np.mean(np.abs(t) >= abs(observed) - 1e-9))
    assert found.b[0] == pytest.approx(observed / (own[arm].mean() - own[~arm].mean()))
    assert found.low[0] < found.b[0] < found.high[0]


def test_covariates_do_not_spoil_the_size_and_sharpen_the_test() -> None:
    replicates, arm = 2000, np.arange(24) < 12
    rng = np.random.default_rng(31)
    x = rng.normal(size=(replicates, 24, 1))
    y = x[..., 0] + 0.5 * rng.normal(size=(replicates, 24))
    low, high = rejection_band(replicates)
    null, real = (from_means(y + shift * arm, arm, x=x) for shift in (0.0, 0.6))
    assert low < (randomization_test(null).estimates.p <= 0.05).mean() < high
    power = [(randomization_test(real, adjust=adjust).estimates.p <= 0.05).mean() for adjust in (True, False)]
    assert power[0] > power[1] + 0.3
    inside = randomization_test(real).estimates
    covered = (inside.low < 0.6) & (inside.high > 0.6)
    assert low < 1 - covered.mean() < high


def test_says_where_it_cannot_reject() -> None:
    stats = trials(2, np.arange(6) < 3, seed=1)
    found = randomization_test(stats)
    assert found.smallest_p.tolist() == [0.1, 0.1]
    assert np.isinf([found.estimates.low, found.estimates.high]).all()
    assert randomization_test(trials(1, np.arange(40) < 20, 1), permutations=9).smallest_p.tolist() == [0.1]
    assert allocations.smallest_p(np.array([[6, 2]])) == 1 / 15
    extreme = from_means([[9.0, 8.0, 7.0, 1.0, 2.0, 3.0]], np.arange(6) < 3)
    assert randomization_test(extreme).estimates.p.tolist() == [0.1]


def test_a_replicate_does_not_depend_on_its_batch_and_zero_is_a_seed() -> None:
    stats = trials(6, np.arange(30) < 12, seed=6, stratum=np.arange(30) % 3)
    whole = estimate(stats, seed=0)
    arrays = {name: value[2:] for name, value in stats._asdict().items() if isinstance(value, np.ndarray)}
    part = estimate(stats._replace(**arrays), seed=0, first=2)
    np.testing.assert_allclose(np.stack(part[:6]), np.stack(whole[:6])[:, 2:], rtol=1e-12)
    assert (estimate(stats, seed=1).p != whole.p).any()
    statistic = [statistic_test(s, lambda t: ols_cr2.estimate(t).b, permutations=19, first=f)
                 for s, f in ((stats, 0), (stats._replace(**arrays), 2))]  # fmt: skip
    assert (statistic[0][2:] == statistic[1]).all()


def test_sampled_allocations_come_close_to_all_of_them() -> None:
    stats = trials(200, np.arange(12) < 6, seed=8)
    every, some = randomization_test(stats).estimates.p, randomization_test(stats, exact_up_to=1).estimates.p
    assert np.abs(some - every).max() < 4 * (0.25 / 999) ** 0.5
    assert np.abs((some - every).mean()) < 0.003


def test_centers_without_data_take_no_part() -> None:
    y = np.array([[1.0, 2.0, np.nan, 5.0, 3.0, 9.0, 7.0], [1.0, np.nan, np.nan, np.nan, 3.0, 9.0, 7.0]])
    arm = np.array([0, 0, 0, 0, 1, 1, 1], bool)
    found = randomization_test(from_means(y, arm))
    small = randomization_test(from_means(y[:1, [0, 1, 3, 4, 5, 6]], arm[[0, 1, 3, 4, 5, 6]]))
    np.testing.assert_allclose(np.stack(found.estimates[:6])[:, 0], np.stack(small.estimates[:6])[:, 0])
    assert found.smallest_p.tolist() == [2 / 20, 1 / 4]
    gone = randomization_test(from_means([[1.0, 2.0, np.nan, np.nan]], [False, False, True, True]))
    assert gone.estimates.status.tolist() == [FAILED]
    assert np.isnan(gone.estimates.p[0])
    assert found.estimates.status.tolist() == [OK, OK]


def test_bad_input_is_told() -> None:
    stats = trials(1, np.arange(6) < 3, seed=1)
    with pytest.raises(ValueError, match="permutations is 0; it must be at least 1"):
        randomization_test(stats, permutations=0)
    with pytest.raises(ValueError, match="alpha is 0"):
        randomization_test(stats, alpha=0)
    within = stats._replace(cluster_level=(True, False))
    with pytest.raises(ValueError, match="treatment changes within centers"):
        randomization_test(within)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), scale=st.floats(0.01, 100), treated=st.integers(2, 7))
def test_labels_scale_and_order_do_not_matter(seed: int, scale: float, treated: int) -> None:
    stats = random_trials(2, (3, 5, 2, 4, 6, 3, 4, 2, 5), np.arange(9) < treated, seed, covariates=1)
    first = estimate(stats)
    other = estimate(swapped(stats))
    np.testing.assert_allclose([-other.b, other.p, -other.high], [first.b, first.p, first.low], rtol=1e-6, atol=1e-9)
    larger = estimate(stats._replace(xy=stats.xy * scale, y1=stats.y1 * scale, yy=stats.yy * scale**2))
    np.testing.assert_allclose([larger.b, larger.low], [first.b * scale, first.low * scale], rtol=1e-6, atol=1e-9)
    order = np.random.default_rng(seed).permutation(9)
    arrays = {name: value[:, order] for name, value in stats._asdict().items() if isinstance(value, np.ndarray)}
    moved = estimate(stats._replace(**arrays))
    np.testing.assert_allclose([moved.b, moved.p, moved.high], [first.b, first.p, first.high], rtol=1e-6, atol=1e-9)
