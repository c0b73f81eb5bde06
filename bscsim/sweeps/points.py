"""Designs as points: which cells a study has, before anything is known of its factors but how many they are.

Designs with levels are arrays of level indices; sampled designs are points of the unit cube. All of them are a function
of their arguments alone: the same seed gives the same bits, and no global random state is read or moved.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

Levels = NDArray[np.int64]
Points = NDArray[np.float64]


def grid(counts: Sequence[int]) -> Levels:
    """Every combination of levels: level indices [cells, factors]; the last factor varies fastest.

    ``counts`` is the number of levels of each factor, 1 or more; ValueError otherwise.

    >>> grid([2, 3]).tolist()
    [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]
    """
    sizes = _counts(counts)
    return np.indices(sizes, dtype=np.int64).reshape(len(sizes), -1).T.copy()


def one_at_a_time(counts: Sequence[int], reference: Sequence[int]) -> Levels:
    """The reference and every other level of every factor, alone: level indices [cells, factors].

    Cell 0 is ``reference``, a level index for each factor, or -1 where the reference is none of the factor's levels
    (then all of them are tried). Then come the levels of the first factor in order, of the second, and so on.
    ValueError when there is no such level.

    >>> one_at_a_time([2, 3], [0, 1]).tolist()
    [[0, 1], [1, 1], [0, 0], [0, 2]]
    >>> one_at_a_time([2], [-1]).tolist()
    [[-1], [0], [1]]
    """
    sizes = _counts(counts)
    if len(reference) != len(sizes):
        raise ValueError(f"{len(reference)} reference levels for {len(sizes)} factors")
    for factor, (level, count) in enumerate(zip(reference, sizes, strict=True)):
        if not -1 <= level < count:
            raise ValueError(f"factor {factor} has levels 0 to {count - 1} (or -1, none of them), not {level}")
    rows = [list(reference)]
    for factor, count in enumerate(sizes):
        for level in range(count):
            if level != reference[factor]:
                rows.append([*reference[:factor], level, *reference[factor + 1 :]])
    return np.array(rows, dtype=np.int64).reshape(len(rows), len(sizes))


def latin_hypercube(n: int, k: int, seed: int) -> Points:
    """Return n random points of [0, 1)^k with exactly one in each n-th of each factor's range.

    Each column is a random order of the n strata with a uniform draw in each (McKay, Beckman and Conover 1979,
    Technometrics 21:239-245). n and k are 1 or more; ValueError otherwise.

    >>> points = latin_hypercube(4, 2, seed=0)
    >>> sorted((4 * points[:, 0]).astype(int).tolist())
    [0, 1, 2, 3]
    """
    _at_least(1, n=n, k=k)
    rng = np.random.default_rng(seed)
    strata = np.column_stack([rng.permutation(n) for _ in range(k)])
    points: Points = np.minimum((strata + rng.random((n, k))) / n, np.nextafter((strata + 1) / n, 0.0))
    return points  # a draw just below 1 must not round up into the next stratum


def sobol_sequence(n: int, k: int, seed: int) -> Points:
    """Return the first n points of a scrambled Sobol sequence in [0, 1)^k: even in every projection.

    n is a power of two, because the sequence is balanced only then (Owen 2020, arXiv:2008.08051); k is 1 or more.
    ValueError otherwise. The scrambling is Owen's, by :class:`scipy.stats.qmc.Sobol`.

    >>> sobol_sequence(4, 2, seed=0).shape
    (4, 2)
    """
    from scipy.stats import qmc

    _at_least(1, n=n, k=k)
    _power_of_two(n)
    points: Points = qmc.Sobol(k, scramble=True, seed=seed).random(n)
    return points


def morris(trajectories: int, k: int, levels: int, seed: int) -> Points:
    """Return Morris trajectories [trajectories * (k + 1), k] on a grid of ``levels`` values 0, ..., 1 for each factor.

    A trajectory is k + 1 points in a row; each step moves one factor by levels / (2 (levels - 1)), and each factor
    moves once (Morris 1991, Technometrics 33:161-174; sampled by SALib). ``levels`` is even and 2 or more, the others
    are 1 or more; ValueError otherwise.

    >>> morris(10, 3, 4, seed=0).shape
    (40, 3)
    """
    _at_least(1, trajectories=trajectories, k=k)
    if levels < 2 or levels % 2:
        raise ValueError(f"the grid of Morris trajectories has an even number of levels, 2 or more, not {levels}")
    with _random_state_kept():
        from SALib.sample.morris import sample

        sampled = sample(_problem(k), trajectories, num_levels=levels, seed=seed)
    points: Points = np.round(sampled * (levels - 1)) / (levels - 1)  # SALib's 1/3 and 1 - 2/3 are one level
    return points


def saltelli(n: int, k: int, seed: int) -> Points:
    """Return the points of Sobol indices [n * (k + 2), k] in [0, 1)^k: k + 2 rows for each of n base points.

    The rows of a base point are A, then A with factor i of B for each i in order, then B, where A and B are two
    independent points (Saltelli et al. 2010, Computer Physics Communications 181:259-270; sampled by SALib, with
    ``calc_second_order=False``). n is a power of two, k is 1 or more; ValueError otherwise.

    >>> a, ab, b = saltelli(1, 1, seed=0)
    >>> bool(ab == b)
    True
    """
    _at_least(1, n=n, k=k)
    _power_of_two(n)
    with _random_state_kept():
        from SALib.sample.sobol import sample

        points: Points = sample(_problem(k), n, calc_second_order=False, seed=seed)
    return points


def _problem(k: int) -> dict[str, Any]:
    """SALib's description of k factors on the unit cube."""
    return {"num_vars": k, "names": [f"x{i}" for i in range(k)], "bounds": [[0.0, 1.0]] * k}


@contextmanager
def _random_state_kept() -> Iterator[None]:
    """Put the global random states back: today's SALib does not move them here, older and other parts of it do."""
    ours, theirs = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(ours)
        np.random.set_state(theirs)  # noqa: NPY002


def _counts(counts: Sequence[int]) -> tuple[int, ...]:
    for factor, count in enumerate(counts):
        if count < 1:
            raise ValueError(f"factor {factor} has {count} levels; it needs 1 or more")
    return tuple(counts)


def _at_least(least: int, **sizes: int) -> None:
    for name, size in sizes.items():
        if size < least:
            raise ValueError(f"{name} is {least} or more, not {size}")


def _power_of_two(n: int) -> None:
    if n & (n - 1):
        below = 1 << (n.bit_length() - 1)
        raise ValueError(f"a Sobol sequence is balanced only in powers of two, such as {below} or {2 * below}, not {n}")
