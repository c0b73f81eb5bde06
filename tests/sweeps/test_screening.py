"""Morris screening against SALib, linear models and pure noise."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bscsim.sweeps.points import morris
from bscsim.sweeps.screening import Screened, elementary_effects, screen


def curved(x: np.ndarray) -> np.ndarray:
    """A response with linear, crooked, interacting and idle factors."""
    return 3 * x[:, 0] - 2 * x[:, 1] ** 2 + 5 * x[:, 2] * x[:, 3] + np.sin(9 * x[:, 1])


@pytest.mark.parametrize("levels", [2, 4, 8])
def test_without_noise_they_are_salibs(levels: int) -> None:
    from SALib.analyze.morris import analyze

    points = morris(30, 5, levels, seed=2)
    y = curved(points)
    problem = {"num_vars": 5, "names": list("abcde"), "bounds": [[0.0, 1.0]] * 5}
    theirs = analyze(problem, points, y, num_levels=levels, seed=1)
    ours = screen(points, y[:, None])
    for name in ("mu", "mu_star", "sigma"):
        np.testing.assert_allclose([getattr(one, name) for one in ours], np.asarray(theirs[name]), atol=1e-12)
    half = [(one.high - one.low) / 2 for one in screen(points, y[:, None], resamples=4000)]
    np.testing.assert_allclose(half, np.asarray(theirs["mu_star_conf"]), atol=1e-12, rtol=0.25)  # two bootstraps


def test_a_linear_model_has_its_slopes_and_no_sigma() -> None:
    points = morris(6, 3, 4, seed=0)
    found = screen(points, np.outer(points @ [2.0, -7.0, 0.0], np.ones(4)))
    assert [one.mu for one in found] == pytest.approx([2, -7, 0], abs=1e-12)
    assert [one.mu_star for one in found] == pytest.approx([2, 7, 0], abs=1e-12)
    assert [(one.sigma, one.noise) for one in found] == [(pytest.approx(0, abs=1e-12),) * 2] * 3
    assert [(one.low, one.high) for one in found] == [(pytest.approx(m, abs=1e-12),) * 2 for m in (2, 7, 0)]
    assert [one.trajectories for one in found] == [6, 6, 6]


def test_effects_use_the_means_and_errors_the_paired_differences() -> None:
    """One trajectory, two steps of 2/3 by hand; luck of a replicate that is common to all points cancels."""
    points = np.array([[0.0, 1.0], [0.0, 1 / 3], [2 / 3, 1 / 3]])
    y = np.add([[1.0, 3.0], [2.0, 6.0], [2.0, 9.0]], [0.0, 1e3])
    effects, errors = elementary_effects(points, y)
    assert effects[0] == pytest.approx([1.5 * 1.5, -2 * 1.5])
    assert errors[0] == pytest.approx([1.5 * 1.5, 1 * 1.5])  # SD of (0, 3) over root 2 is 1.5, of (1, 3) is 1


def test_pure_noise_shows_a_mu_star_of_about_the_noise() -> None:
    """200 trajectories, 20 replicates: the mean of 200 absolute normals is known to 5%, the mean error to 1%."""
    points = morris(200, 4, 4, seed=1)
    rng = np.random.default_rng(0)
    y = rng.normal(size=(len(points), 20)) + 30 * rng.normal(size=20)
    exact = math.sqrt(2 / math.pi) * math.sqrt(2 / 20) * 1.5
    for one in screen(points, y):
        assert one.noise == pytest.approx(exact, rel=0.04)
        assert one.mu_star == pytest.approx(exact, rel=0.2)


def test_intervals_cover_the_expected_mu_star_at_about_the_nominal_rate() -> None:
    """E |EE| of x^2 on four levels: steps 0-2/3 and 1/3-1 with 2/3 and 4/3, mean 1; 300 studies of 30 trajectories."""
    hits = 0
    for seed in range(300):
        points = morris(30, 1, 4, seed)
        found = screen(points, points**2, seed, resamples=300)[0]
        hits += found.low <= 1 <= found.high
    assert 0.9 <= hits / 300 <= 0.985


def test_missing_replicates_are_left_out_of_their_steps() -> None:
    points = morris(8, 3, 4, seed=4)
    y = np.random.default_rng(1).normal(size=(len(points), 5))
    gaps = y.copy()
    gaps[5, 2] = math.nan
    effects, errors = elementary_effects(points, gaps)
    whole, whole_errors = elementary_effects(points, y)
    fewer, fewer_errors = elementary_effects(points, np.delete(y, 2, axis=1))
    beside = effects != whole  # point 5 stands within trajectory 1: two of its steps
    assert np.argwhere(beside)[:, 0].tolist() == [1, 1]
    np.testing.assert_allclose(effects[beside], fewer[beside])
    np.testing.assert_allclose(errors[beside], fewer_errors[beside])
    np.testing.assert_array_equal(errors[~beside], whole_errors[~beside])


def test_points_without_replicates_are_left_out_of_factors() -> None:
    points = morris(8, 3, 4, seed=4)
    y = np.random.default_rng(1).normal(size=(len(points), 5))
    y[0] = math.nan
    found = screen(points, y)
    assert sorted(one.trajectories for one in found) == [7, 8, 8]
    y[:] = math.nan
    nothing = Screened(*[pytest.approx(math.nan, nan_ok=True)] * 6, 0)
    assert screen(points, y) == (nothing,) * 3


def test_one_replicate_has_no_noise_and_one_trajectory_no_interval() -> None:
    points = morris(1, 2, 4, seed=0)
    for one in screen(points, curved(np.pad(points, ((0, 0), (0, 3))))[:, None]):
        assert math.isfinite(one.mu_star)
        assert all(math.isnan(value) for value in (one.low, one.high, one.sigma, one.noise))


def test_a_seed_gives_the_same_interval() -> None:
    points = morris(10, 5, 4, seed=0)
    y = curved(points)[:, None]
    assert screen(points, y, seed=0) == screen(points, y, seed=0)
    assert screen(points, y, seed=0) != screen(points, y, seed=1)


@pytest.mark.parametrize(
    ("points", "said"),
    [([[0.0], [1.0], [0.0]], "3 points are not trajectories of 1 . 1"), ([[0.5], [0.5]], "each step moves one factor"),
     ([[0.0, 0.0], [0.5, 0.0], [1.0, 0.0]], "each factor moves once"),
     ([[0.0, 0.0], [0.5, 0.5], [0.5, 0.5]], "one factor"), ([0.0, 1.0], "needs points")],
)  # fmt: skip
def test_what_are_no_trajectories_is_refused(points: list[list[float]], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        screen(points, [[0.0]] * len(points))
