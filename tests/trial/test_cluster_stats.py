"""Sums over clusters against loops over units, and what the builder refuses."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bscsim.trial.cluster_stats import ClusterStats, from_means, from_units


def units(seed: int = 0) -> dict[str, np.ndarray]:
    """Two replicates of three clusters in scrambled order, some outcomes missing, covariates of cluster and unit."""
    rng = np.random.default_rng(seed)
    replicate, cluster = rng.integers(0, 2, 60), rng.integers(0, 3, 60)
    y = rng.normal(50.0, 1.0, 60)
    y[::7] = np.nan
    x = np.column_stack([2.5 * cluster + replicate, rng.normal(size=60)])
    return {"replicate": replicate, "cluster": cluster, "y": y, "x": x}


TREATED = np.array([[True, False, False], [False, True, False]])


def by_hand(data: dict[str, np.ndarray], stats: ClusterStats, r: int, j: int) -> np.ndarray:
    """Rows (1, treated, covariates less their mean, y less the center) of a cluster's units that have an outcome."""
    there = np.isfinite(data["y"])
    x = data["x"] - data["x"][there].mean(axis=0)
    mine = there & (data["replicate"] == r) & (data["cluster"] == j)
    one = np.ones(mine.sum())
    return np.column_stack([one, TREATED[r, j] * one, x[mine], data["y"][mine] - stats.center])


def test_the_sums_are_those_of_a_loop_over_units() -> None:
    data = units()
    stats = from_units(**data, treated=TREATED)
    assert stats.cluster_level == (True, True, True, False)
    for r in range(2):
        for j in range(3):
            rows = by_hand(data, stats, r, j)
            products = rows.T @ rows
            assert stats.n[r, j] == len(rows)
            np.testing.assert_allclose(stats.x1[r, j], rows[:, :-1].sum(axis=0), atol=1e-12)
            np.testing.assert_allclose(stats.xx[r, j], products[:-1, :-1], atol=1e-12)
            np.testing.assert_allclose(stats.xy[r, j], products[:-1, -1], atol=1e-12)
            assert stats.y1[r, j] == pytest.approx(rows[:, -1].sum(), abs=1e-12)
            assert stats.yy[r, j] == pytest.approx(products[-1, -1])


def test_an_exposure_that_changes_within_clusters_is_a_column_of_the_unit() -> None:
    data = units()
    exposure = (np.arange(60) % 2).astype(float)
    stats = from_units(**data, treated=TREATED, treatment=exposure)
    there = np.isfinite(data["y"])
    mine = there & (data["replicate"] == 1) & (data["cluster"] == 2)
    assert stats.cluster_level[1] is False
    assert stats.x1[1, 2, 1] == exposure[mine].sum()
    assert stats.xx[1, 2, 1, 1] == exposure[mine].sum()


def test_an_arm_given_once_is_that_of_all_replicates() -> None:
    data = units()
    once = from_units(**data, treated=TREATED[0], replicates=4)
    assert once.treated.tolist() == [TREATED[0].tolist()] * 4
    assert once.n[2:].sum() == 0
    assert once.stratum.tolist() == [[0, 0, 0]] * 4
    assert once.collaborative.tolist() == [[-1, -1, -1]] * 4
    assert from_units(**data, treated=TREATED[0]).n.shape == (2, 3)


def test_a_large_constant_costs_no_accuracy() -> None:
    """Sums of squares of values near a million would leave five digits of a variance near 1."""
    data = units()
    near = from_units(**data, treated=TREATED)
    far = from_units(**data | {"y": data["y"] + 1e6, "x": data["x"] + 1e6}, treated=TREATED)
    assert far.center == pytest.approx(near.center + 1e6, rel=1e-12)
    np.testing.assert_allclose(far.yy, near.yy, rtol=1e-7)
    np.testing.assert_allclose(far.xx, near.xx, rtol=1e-7, atol=1e-7)


def test_means_are_clusters_of_one_unit() -> None:
    means = np.array([[1.0, math.nan, 3.0], [4.0, 5.0, 6.0]])
    stats = from_means(means, TREATED, [[0, -1, -1], [-1, 0, -1]], [0, 1, 1], x=np.array([[1.0], [2.0], [6.0]]))
    assert stats.n.tolist() == [[1, 0, 1], [1, 1, 1]]
    assert (stats.y1 + stats.center * stats.n).tolist() == [[1, 0, 3], [4, 5, 6]]
    assert stats.stratum.tolist() == [[0, 1, 1], [0, 1, 1]]
    assert stats.x1[1, 2, 2] - stats.x1[1, 0, 2] == pytest.approx(5.0)
    assert stats.cluster_level == (True, True, True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cluster": np.full(60, 3)}, "cluster is 3 to 3; it must lie in 0 to 2"),
        ({"replicate": np.full(60, -1)}, "replicate is -1 to -1; it must lie in 0 to 1"),
        ({"y": np.zeros(59)}, "one number a unit"),
        ({"x": np.zeros(59)}, "x has 59 rows, y has 60"),
        ({"x": np.full(60, math.inf)}, "NaN or infinite"),
        ({"replicates": 3}, "replicates is 3, but treated has rows for 2"),
    ],
)
def test_what_does_not_fit_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        from_units(**(units() | {"treated": TREATED} | change))  # type: ignore[arg-type]
