"""Designs as points: strata, orders, and random states left alone."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from scipy.stats import kstest, qmc

from bscsim.sweeps.points import grid, latin_hypercube, morris, one_at_a_time, saltelli, sobol_sequence

SAMPLERS: dict[str, Callable[[int], np.ndarray]] = {
    "latin_hypercube": lambda seed: latin_hypercube(16, 3, seed),
    "sobol": lambda seed: sobol_sequence(16, 3, seed),
    "morris": lambda seed: morris(16, 3, 4, seed),
    "saltelli": lambda seed: saltelli(16, 3, seed),
}


@pytest.mark.parametrize("counts", [[2, 3, 4], [1, 5], [3], [2] * 6])
def test_a_grid_is_every_combination_with_the_last_factor_fastest(counts: list[int]) -> None:
    assert grid(counts).tolist() == [list(row) for row in product(*map(range, counts))]


def test_one_at_a_time_moves_one_factor_and_reaches_every_level() -> None:
    counts, reference = [3, 2, 4], [1, 0, 3]
    cells = one_at_a_time(counts, reference)
    assert cells[0].tolist() == reference
    assert len(cells) == 1 + sum(counts) - len(counts)
    assert ((cells[1:] != reference).sum(axis=1) == 1).all()
    for factor, count in enumerate(counts):
        moved = cells[1:, factor] != reference[factor]
        assert sorted([reference[factor], *cells[1:][moved, factor]]) == list(range(count))


def test_a_reference_outside_the_levels_leaves_all_levels_to_try() -> None:
    assert one_at_a_time([2, 3], [-1, 0]).tolist() == [[-1, 0], [0, 0], [1, 0], [-1, 1], [-1, 2]]


@pytest.mark.parametrize(("n", "k"), [(1, 1), (7, 3), (1000, 12)])
def test_a_latin_hypercube_has_one_point_in_each_stratum(n: int, k: int) -> None:
    points = latin_hypercube(n, k, seed=5)
    strata = np.floor(points * n)
    assert (np.sort(strata, axis=0) == np.arange(n)[:, None]).all()
    assert points.min() >= 0
    assert points.max() < 1


def test_a_latin_hypercube_is_drawn_evenly_within_its_strata() -> None:
    """Not at their middles: what is periodic or crooked within a stratum is met, and means over points are unbiased."""
    inside = (latin_hypercube(500, 4, seed=11) * 500 % 1).ravel()
    assert kstest(inside, "uniform").pvalue > 1e-3
    assert inside.std() == pytest.approx(math.sqrt(1 / 12), rel=0.05)


def test_columns_of_a_latin_hypercube_are_in_different_orders() -> None:
    points = latin_hypercube(2000, 4, seed=0)
    apart = np.abs(np.corrcoef(points.T) - np.eye(4)).max()
    assert apart < 5 / np.sqrt(2000)  # standard error of a correlation of independent columns


@pytest.mark.parametrize("seed", [0, 1, 20260101])
def test_the_sobol_sequence_is_that_of_scipy(seed: int) -> None:
    assert (sobol_sequence(64, 5, seed) == qmc.Sobol(5, scramble=True, seed=seed).random_base2(6)).all()


def test_a_sobol_sequence_is_balanced_in_every_factor() -> None:
    points = sobol_sequence(64, 7, seed=3)
    assert (np.sort(np.floor(points * 64), axis=0) == np.arange(64)[:, None]).all()


@pytest.mark.parametrize("levels", [2, 4, 6])
def test_morris_trajectories_are_those_of_salib_on_exact_levels(levels: int) -> None:
    from SALib.sample.morris import sample

    problem = {"num_vars": 4, "names": list("abcd"), "bounds": [[0.0, 1.0]] * 4}
    points = morris(9, 4, levels, seed=0)
    np.testing.assert_allclose(points, sample(problem, 9, num_levels=levels, seed=0), atol=1e-12)
    assert set(points.ravel()) <= set(np.arange(levels) / (levels - 1))
    steps = np.diff(points.reshape(9, 5, 4), axis=1)
    size = levels / (2 * (levels - 1))
    assert sorted(np.abs(steps).sum(axis=1).ravel()) == pytest.approx([size] * 36)
    assert ((steps != 0).sum(axis=2) == 1).all()


def test_saltelli_points_are_those_of_salib_in_its_order() -> None:
    from SALib.sample.sobol import sample

    problem = {"num_vars": 3, "names": list("abc"), "bounds": [[0.0, 1.0]] * 3}
    points = saltelli(32, 3, seed=0)
    assert (points == sample(problem, 32, calc_second_order=False, seed=0)).all()
    blocks = points.reshape(32, 5, 3)
    for factor in range(3):
        others = [other for other in range(3) if other != factor]
        assert (blocks[:, 1 + factor, factor] == blocks[:, -1, factor]).all()
        assert (blocks[:, 1 + factor][:, others] == blocks[:, 0][:, others]).all()
    assert (blocks[:, 0] != blocks[:, -1]).all()


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_seed_gives_the_same_bits_whatever_the_global_random_state(name: str) -> None:
    np.random.seed(1)  # noqa: NPY002
    random.seed(1)
    first = SAMPLERS[name](0)
    np.random.seed(2)  # noqa: NPY002
    random.seed(2)
    assert (SAMPLERS[name](0) == first).all()
    assert (SAMPLERS[name](1) != first).any()


@pytest.mark.parametrize("name", SAMPLERS)
def test_the_global_random_states_are_left_alone(name: str) -> None:
    ours, theirs = random.getstate(), np.random.get_state()[1].copy()  # noqa: NPY002
    SAMPLERS[name](0)
    assert random.getstate() == ours
    assert (np.random.get_state()[1] == theirs).all()  # noqa: NPY002


def test_a_sampler_that_moves_the_global_state_is_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    import SALib.sample.sobol

    def careless(*_: object, **__: object) -> np.ndarray:
        random.random()
        return np.random.random((4, 1))  # noqa: NPY002

    monkeypatch.setattr(SALib.sample.sobol, "sample", careless)
    ours, theirs = random.getstate(), np.random.get_state()  # noqa: NPY002
    saltelli(1, 2, seed=0)
    after = np.random.get_state()  # noqa: NPY002
    assert random.getstate() == ours
    assert (after[1] == theirs[1]).all()
    assert after[2:] == theirs[2:]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: grid([2, 0]), "factor 1 has 0 levels; it needs 1 or more"),
        (lambda: one_at_a_time([2], [2]), r"levels 0 to 1 \(or -1, none of them\), not 2"),
        (lambda: one_at_a_time([2], []), "0 reference levels for 1 factors"),
        (lambda: latin_hypercube(0, 2, 0), "n is 1 or more, not 0"),
        (lambda: sobol_sequence(100, 2, 0), "64 or 128, not 100"),
        (lambda: saltelli(12, 2, 0), "8 or 16, not 12"),
        (lambda: morris(3, 2, 5, 0), "even number of levels, 2 or more, not 5"),
        (lambda: morris(3, 0, 4, 0), "k is 1 or more, not 0"),
    ],
)
def test_impossible_sizes_are_refused(make: Callable[[], object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make()
