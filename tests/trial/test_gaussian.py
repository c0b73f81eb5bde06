"""The Gaussian truth: its moments by the method of moments, its bits, its nulls, its common random numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bscsim.trial.cluster_stats import Array, ClusterStats, from_units
from bscsim.trial.gaussian import GaussianTruth
from bscsim.trial.gaussian_trials import GaussianTrials, gaussian_trials
from bscsim.trial.parallel_trial import ParallelTrial
from bscsim.trial.unit_arrays import stats_of_arrays

K, M, J0, N = 4, 3, 9, 3
VAR = {"collaborative": 0.3, "center": 0.5, "center_period": 0.2, "staff": 0.8, "residual": 0.6}
CONTROL = {"center": 0.2, "center_period": 0.1, "staff": 0.4, "residual": 0.3}
TRUTH = GaussianTruth(0.7, 0.4, VAR, CONTROL, {"center": 0.3, "staff": 0.6})
SIZES = [1, 4, 2, 3, 2, 15, 1, 2, 3, 4, 2, 26, 3]
RICH = ParallelTrial([2, 1], 2, 7, SIZES, 0.5, ("baseline", "center", "staff", "cohort"))
SIGMA = 4.0


def near(by_replicate: Array, expected: float) -> None:
    """The mean over replicates is as expected, within four of its standard errors."""
    error = by_replicate.std(ddof=1) / len(by_replicate) ** 0.5
    found = by_replicate.mean()
    assert abs(found - expected) <= SIGMA * error, f"{found:.4f} instead of {expected:.4f} +- {error:.4f}"


def same_bits(one: GaussianTrials, two: GaussianTrials) -> None:
    for a, b in zip(one.stats[:9], two.stats[:9], strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(one.realized, two.realized)
    assert one.stats[9:] == two.stats[9:]


def made(design: ParallelTrial, truth: GaussianTruth = TRUTH, last: int = 1500, **more: Any) -> ClusterStats:
    return gaussian_trials(truth, design, 0, last, seed=0, **more).stats


def means(stats: ClusterStats, column: int | None = None) -> Array:
    """Center means [R, J] of y, or of a column of the model."""
    return (stats.y1 if column is None else stats.x1[..., column]) / stats.n


def within(stats: ClusterStats, one: int | None = None, two: int | None = None) -> Array:
    """Within-center covariance [R, J] of y or a column with y or another, from the sums."""
    products = stats.yy if one is None else stats.xy[..., one] if two is None else stats.xx[..., one, two]
    first = stats.y1 if one is None else stats.x1[..., one]
    second = stats.y1 if two is None else stats.x1[..., two]
    return (products - first * second / stats.n) / (stats.n - 1)


def between(a: Array, b: Array) -> Array:
    """Covariance [R] over the last axis."""
    n = a.shape[-1]
    return ((a * b).mean(axis=-1) - a.mean(axis=-1) * b.mean(axis=-1)) * n / (n - 1)


CLOSED = ParallelTrial(K, M, J0, N, "closed", ("baseline", "center", "staff"))
BASELINE, CENTER, STAFF = 2, 3, 4
TREATED = slice(0, K * M)
CONTROLS = slice(K * M, None)


def test_components_after_the_start_by_mean_squares() -> None:
    """Expected mean squares of a nested analysis of variance, arm by arm; covariates change nothing."""
    stats = made(CLOSED)
    near(within(stats)[:, TREATED].mean(axis=1), 0.8 + 0.6)
    near(within(stats)[:, CONTROLS].mean(axis=1), 0.4 + 0.3)
    y = means(stats)
    groups = y[:, TREATED].reshape(-1, K, M)
    centers = 0.5 + 0.2 + 0.4**2 + 1.4 / N
    near(between(groups, groups).mean(axis=1), centers)
    near(between(groups.mean(axis=2), groups.mean(axis=2)), 0.3 + centers / M)
    near(between(y[:, CONTROLS], y[:, CONTROLS]), 0.2 + 0.1 + 0.7 / N)
    near(y[:, TREATED].mean(axis=1), 0.7)
    near(y[:, CONTROLS].mean(axis=1), 0.0)


def test_before_the_start_all_centers_are_untreated() -> None:
    stats = made(CLOSED)
    before = means(stats, BASELINE)
    for arm in (TREATED, CONTROLS):
        near(within(stats, BASELINE, BASELINE)[:, arm].mean(axis=1), 0.4 + 0.3)
        near(between(before[:, arm], before[:, arm]), 0.2 + 0.1 + 0.7 / N)
        near(before[:, arm].mean(axis=1), 0.0)
    groups = before[:, TREATED].reshape(-1, K, M).mean(axis=2)  # collaboratives are not there yet
    near(between(groups, groups), (0.2 + 0.1 + 0.7 / N) / M)


@pytest.mark.parametrize(("cohort", "stays"), [("repeated", 0.0), ("closed", 1.0), (0.4, 0.4), (0.0, 0.0), (1.0, 1.0)])
def test_waves_share_centers_and_those_who_stay(cohort: Any, stays: float) -> None:
    """Covariance of a center's means before and after: the lasting part of the center, and of those who are in both;
    their SDs are those of the arm after the start, and of untreated centers before."""
    stats = made(ParallelTrial(K, M, J0, N, cohort, ("baseline_center_mean",)))
    before, after = means(stats, 2), means(stats)
    near(between(before[:, CONTROLS], after[:, CONTROLS]), 0.2 + stays * 0.4 / N)
    lasting = (0.5 * 0.2) ** 0.5 + stays * (0.8 * 0.4) ** 0.5 / N
    groups = [wave[:, TREATED].reshape(-1, K, M) for wave in (before, after)]
    near(between(*groups).mean(axis=1), lasting)


def test_a_closed_cohort_has_everyones_own_baseline() -> None:
    """Two values of a person share the lasting part alone; an open share of 1 is the same design, to the bit."""
    stats = made(CLOSED)
    cross = within(stats, BASELINE)
    near(cross[:, TREATED].mean(axis=1), (0.8 * 0.4) ** 0.5)
    near(cross[:, CONTROLS].mean(axis=1), 0.4)
    assert stats.cluster_level == (True, True, False, True, False)
    open_for_nobody = gaussian_trials(TRUTH, ParallelTrial(K, M, J0, N, 1.0, CLOSED.covariates), 0, 9, 0)
    same_bits(gaussian_trials(TRUTH, CLOSED, 0, 9, 0), open_for_nobody)


def test_covariates_predict_what_r2_says() -> None:
    """Covariance with a standard normal covariate: the root of r2 times the component; none with the other level."""
    stats = made(CLOSED)
    y, x = means(stats), means(stats, CENTER)
    near(between(x[:, CONTROLS], x[:, CONTROLS]), 1.0)
    near(between(x[:, CONTROLS], y[:, CONTROLS]), (0.3 * 0.2) ** 0.5)
    near(between(x[:, CONTROLS], means(stats, BASELINE)[:, CONTROLS]), (0.3 * 0.2) ** 0.5)
    near(within(stats, STAFF, STAFF).mean(axis=1), 1.0)
    near(within(stats, STAFF)[:, TREATED].mean(axis=1), (0.6 * 0.8) ** 0.5)
    near(within(stats, STAFF)[:, CONTROLS].mean(axis=1), (0.6 * 0.4) ** 0.5)
    near(within(stats, BASELINE, STAFF).mean(axis=1), (0.6 * 0.4) ** 0.5)


def test_replicates_seeds_and_arms_are_independent() -> None:
    stats, other = made(CLOSED), gaussian_trials(TRUTH, CLOSED, 0, 1500, seed=1).stats
    y, z = means(stats) - 0.7 * stats.treated, means(other) - 0.7 * stats.treated
    for products in (y[1:] * y[:-1], y * z, y[:, :9] * y[:, CONTROLS]):
        near(products.mean(axis=1), 0.0)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 8), st.integers(1, 6), st.integers(0, 2**64 - 1), st.booleans())
def test_a_replicate_is_the_same_bits_in_any_batch(first: int, cut: int, seed: int, plain: bool) -> None:
    """Also where blocks of replicates are made one by one."""
    design = ParallelTrial(6, 4, 24, 20, "closed", CLOSED.covariates) if plain else RICH
    middle, last = first + cut, first + 7
    together = gaussian_trials(TRUTH, design, first, last, seed)
    one, two = (gaussian_trials(TRUTH, design, *ends, seed) for ends in ((first, middle), (middle, last)))
    for whole, a, b in zip(together.stats[:9], one.stats[:9], two.stats[:9], strict=True):
        np.testing.assert_array_equal(whole, np.concatenate([a, b]))
    np.testing.assert_array_equal(together.realized, np.concatenate([one.realized, two.realized]))


def test_blocks_change_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = gaussian_trials(TRUTH, RICH, 3, 40, seed=5)
    monkeypatch.setattr("bscsim.trial.gaussian_trials.BLOCK", 200)
    same_bits(whole, gaussian_trials(TRUTH, RICH, 3, 40, seed=5))


def test_designs_share_the_numbers_of_what_both_have() -> None:
    """More centers or people leave the others as they are: this is what makes designs comparable at few replicates."""
    few, more = made(ParallelTrial(2, 3, 4, 5), last=20), made(ParallelTrial(3, 4, 6, 5), last=20)
    kept = [0, 1, 2, 4, 5, 6, 12, 13, 14, 15]
    np.testing.assert_array_equal(few.y1, more.y1[:, kept])
    np.testing.assert_array_equal(few.yy, more.yy[:, kept])
    one, two = (made(ParallelTrial(2, 3, 4, n), GaussianTruth(0.0, var={"staff": 1.0}), last=20) for n in (1, 2))
    second = two.y1 - one.y1
    np.testing.assert_allclose(two.yy, one.y1**2 + second**2)
    staying = made(ParallelTrial(2, 3, 4, 5, "closed"), last=20)
    apart = made(ParallelTrial(2, 3, 4, 5, "repeated"), last=20)
    assert (staying.y1 != apart.y1).all()


def test_the_nulls() -> None:
    """Sharp: the twin, what the treated would have been untreated. Average: the truth less its mean effect."""
    truth, sharp, average = (gaussian_trials(TRUTH, RICH, 0, 30, 2, null) for null in ("none", "sharp", "average"))
    arm = truth.stats.treated
    for null in (sharp, average):
        np.testing.assert_array_equal(null.stats.y1[~arm], truth.stats.y1[~arm])
        np.testing.assert_array_equal(null.stats.xx, truth.stats.xx)
    np.testing.assert_allclose(means(truth.stats) - means(average.stats), 0.7 * arm, atol=1e-12)
    np.testing.assert_allclose(truth.realized - average.realized, 0.7, atol=1e-12)
    assert (sharp.realized == 0).all()
    untreated = gaussian_trials(GaussianTruth(0.0, var=CONTROL, r2=TRUTH.r2), RICH, 0, 30, 2)
    np.testing.assert_array_equal(sharp.stats.y1, untreated.stats.y1)
    assert average.realized.std() > 0.1


def test_the_realized_effect_is_the_difference_from_the_twin() -> None:
    """Mean over the treated centers of outcome less twin's, which holds the effect alone if errors have equal SDs."""
    truth = GaussianTruth(0.7, 0.4, VAR, {"center": 0.2, "center_period": 0.1, "staff": 0.4})
    for design in (CLOSED, RICH):
        found, twin = (gaussian_trials(truth, design, 0, 30, 2, null) for null in ("none", "sharp"))
        gain = (means(found.stats) - means(twin.stats))[:, found.stats.treated[0]].mean(axis=1)
        np.testing.assert_allclose(found.realized, gain, atol=1e-12)
        noisy = GaussianTruth(0.7, 0.4, VAR, dict(truth.var_control) | {"residual": 0.1})  # error is no effect
        np.testing.assert_array_equal(found.realized, gaussian_trials(noisy, design, 0, 30, 2).realized)


def test_sizes_are_dealt_out_anew() -> None:
    stats = made(RICH, last=1300)
    np.testing.assert_array_equal(np.sort(stats.n, axis=1), np.broadcast_to(sorted(RICH.sizes), stats.n.shape))
    near((stats.n[:, 0] == 2).astype(float), 4 / 13)
    near(stats.n[:, -1], sum(RICH.sizes) / 13)
    alone = stats.n == 1
    np.testing.assert_allclose(stats.yy[alone], stats.y1[alone] ** 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        inside = np.where(stats.n > 1, within(stats), np.nan)
    near(np.nanmean(inside[:, 6:], axis=1), 0.4 + 0.3)


def test_cohorts_have_their_share_of_controls() -> None:
    layout = ParallelTrial([2, 1, 1], 3, 10, 5).layout()
    assert np.bincount(layout.cohort[layout.treated]).tolist() == [6, 3, 3]
    assert np.bincount(layout.cohort[~layout.treated]).tolist() == [5, 3, 2]  # 5, 2.5 and 2.5
    assert np.bincount(layout.collaborative[layout.treated]).tolist() == [3, 3, 3, 3]
    assert (layout.collaborative[~layout.treated] == -1).all()
    assert len(np.unique(layout.key)) == 22
    stats = made(ParallelTrial([2, 1, 1], 3, 10, 5, covariates=("cohort",)), last=2)
    np.testing.assert_array_equal(stats.x1[0, :, 2:] / 5, layout.cohort[:, None] == [1, 2])
    np.testing.assert_array_equal(stats.stratum[1], layout.cohort)


def test_sums_of_arrays_are_those_of_rows() -> None:
    rng = np.random.default_rng(0)
    R, J, n = 3, 4, 5
    y, own, center = rng.normal(size=(R, J, n)), rng.normal(size=(R, J, n)), rng.normal(size=(R, J))
    units = rng.integers(1, n + 1, size=(R, J)).astype(float)
    there = np.arange(n) < units[..., None]
    arm, inside, none = np.array([True, True, False, False]), np.array([0, 1, -1, -1]), np.zeros(J, int)
    found = stats_of_arrays(y, [center, own], units, there, arm, inside, none)
    replicate, cluster, _ = np.nonzero(there)
    x = np.column_stack([np.broadcast_to(center[..., None], y.shape)[there], own[there]])
    rows = from_units(replicate, cluster, y[there], x, arm, inside, replicates=R)
    x1 = rows.x1 + np.append([0.0, 0.0], x.mean(axis=0)) * units[..., None]  # there columns are centered, here not
    np.testing.assert_allclose(found.x1, x1, atol=1e-12)
    np.testing.assert_allclose(found.y1, rows.y1 + rows.center * units, atol=1e-12)
    with np.errstate(invalid="ignore", divide="ignore"):
        for pair in ((), (3,), (3, 3), (2, 3)):
            products = within(found, *pair)[units > 1], within(rows, *pair)[units > 1]
            np.testing.assert_allclose(*products, atol=1e-12)
    assert found.cluster_level == rows.cluster_level
    for name in ("n", "treated", "collaborative", "stratum"):
        np.testing.assert_array_equal(getattr(found, name), getattr(rows, name))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"effect": float("nan")}, "effect is nan; it must be a finite number"),
        ({"sd_effect": -1.0}, "sd_effect is -1.0; it must be finite and at least 0"),
        ({"var": {"centre": 1.0}}, "var has 'centre'; its parts are .* did you mean center?"),
        ({"var": {"staff": -0.1}}, "var.staff is -0.1; it must be finite and at least 0"),
        ({"var": {"collaborative": 1.0}}, "var has no variance at all in center, center_period, staff, residual"),
        ({"var_control": {"collaborative": 1.0}}, "var_control has 'collaborative'; its parts are center, "),
        ({"var_control": {"staff": 0.0}}, "var has no variance at all"),
        ({"r2": {"center": 1.0}}, "r2.center is 1.0; it must be at least 0 and below 1"),
        ({"r2": {"residual": 0.1}}, "r2 has 'residual'; its parts are center, staff"),
    ],
)
def test_impossible_truths(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        GaussianTruth(**{"effect": 0.1, "var": {"staff": 1.0}} | arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"collaboratives": 0}, "collaboratives is 0; it must be a whole number from 1 to 65534"),
        ({"collaboratives": []}, "collaboratives is an empty list"),
        ({"centers_per_collaborative": 1.5}, "centers_per_collaborative is 1.5; it must be a whole number"),
        ({"collaboratives": [1, 1, 1], "control_centers": 2}, "they leave a cohort without any"),
        ({"staff": [1, 2]}, "staff lists 2 sizes; the trial has 10 centers"),
        ({"staff": 0}, "staff is 0; it must be a whole number from 1"),
        ({"cohort": "open"}, "cohort is 'open'; it must be repeated, closed or a share from 0 to 1"),
        ({"cohort": 1.5}, "cohort is 1.5"),
        ({"covariates": ["sector"]}, "covariates has 'sector'; they are baseline, "),
    ],
)
def test_impossible_designs(arguments: dict[str, Any], message: str) -> None:
    whole = {"collaboratives": 2, "centers_per_collaborative": 3, "control_centers": 4, "staff": 5}
    with pytest.raises(ValueError, match=message):
        ParallelTrial(**whole | arguments)  # type: ignore[arg-type]


def test_impossible_replicates() -> None:
    for first, last, seed, message in ((3, 3, 0, "first is 3 and last is 3"), (0, 2**32 + 1, 0, "2.32"),
                                       (0, 1, -1, "seed is -1"), (0, 1, 2**64, "it must lie in 0 to")):  # fmt: skip
        with pytest.raises(ValueError, match=message):
            gaussian_trials(TRUTH, CLOSED, first, last, seed)
    with pytest.raises(ValueError, match="null is 'mean'; it must be none, sharp or average"):
        TRUTH.under("mean")  # type: ignore[arg-type]
