"""The allocations that a design could have made: all of them, or a random sample with the observed one's margins.

A design is a list of strata (one for simple randomization; a matched pair is a stratum of two) with the number of
centers and of treated centers in each; all allocations with these numbers are equally likely.
"""

from __future__ import annotations

import itertools
import math

import numpy as np

from bscsim.trial.cluster_stats import Array

SAMPLED = 1
"""Second word of the key of sampled allocations."""
SHUFFLED = 2
"""Second word of the key that shuffles the centers of a replicate."""


def ways(design: Array) -> int:
    """Number of allocations; design: [S, 2] centers and treated centers of each stratum.

    >>> ways(np.array([[4, 2], [2, 1]]))
    12
    """
    return math.prod(math.comb(int(n), int(k)) for n, k in design)


def smallest_p(design: Array, permutations: int | None = None) -> float:
    """Smallest two-sided p that a test over these allocations can give; permutations: sampled (None: all are used).

    Two of all allocations are as extreme as the most extreme one where every stratum is halved (exchanging the arms
    changes only the sign), otherwise one; sampled, one in permutations + 1 at best.

    >>> smallest_p(np.array([[6, 3]])), smallest_p(np.array([[40, 20]]), 999)
    (0.1, 0.001)
    """
    mirrored = 2 if all(n == 2 * k for n, k in design) else 1
    floor = mirrored / ways(design)
    return floor if permutations is None else max(floor, 1 / (permutations + 1))


def enumerated(design: Array) -> Array:
    """All allocations, [ways, centers] bool; the centers stand in the order of the strata.

    >>> enumerated(np.array([[2, 1], [1, 1]])).astype(int).tolist()
    [[1, 0, 1], [0, 1, 1]]
    """
    out = np.zeros((1, 0), bool)
    for n, k in design:
        chosen = np.array(list(itertools.combinations(range(n), k)), np.int64).reshape(math.comb(int(n), int(k)), k)
        block = np.zeros((len(chosen), n), bool)
        np.put_along_axis(block, chosen, True, axis=1)
        out = np.hstack([np.repeat(out, len(block), axis=0), np.tile(block, (len(out), 1))])
    return out


def sampled(design: Array, permutations: int, seed: int) -> Array:
    """Random allocations, [permutations, centers] bool, a function of the design and the seed alone.

    >>> sampled(np.array([[4, 1], [2, 2]]), 3, seed=0).sum(axis=1).tolist()
    [3, 3, 3]
    """
    keys = np.random.default_rng([seed, SAMPLED, *design.ravel().tolist()]).random((permutations, design[:, 0].sum()))
    out = np.zeros(keys.shape, bool)
    first = 0
    for n, k in design:
        order = np.argsort(keys[:, first : first + n], axis=1)[:, :k]
        np.put_along_axis(out, first + order, True, axis=1)
        first += n
    return out


def keys(seed: int, replicates: int, centers: int, first: int = 0, number: int = 0) -> Array:
    """Random numbers [replicates, centers] to sort centers by; those of a replicate depend on its number alone.

    first: number of the first replicate; number: of the permutation. A batch that starts later continues the same rows:

    >>> bool((keys(0, 3, 4)[1:] == keys(0, 2, 4, first=1)).all())
    True
    """
    generator = np.random.PCG64([seed, SHUFFLED, number])
    generator.advance(first * centers)
    return np.random.Generator(generator).random((replicates, centers))


def weights(treated: Array, design: Array) -> Array:
    """Weights [m, centers] whose sum product with center means is the difference between arms within strata.

    Each stratum's difference of means counts n1 n0 / (n1 + n0), as least squares with effects of strata weighs it; a
    stratum without one of the arms counts nothing. With one stratum it is the plain difference of means.

    >>> weights(np.array([[True, False, False]]), np.array([[3, 1]])).tolist()
    [[1.0, -0.5, -0.5]]
    """
    n, k = design[:, 0].astype(np.float64), design[:, 1].astype(np.float64)
    share = k * (n - k) / n
    share /= share.sum()
    with np.errstate(invalid="ignore", divide="ignore"):
        inside, outside = (np.where(share > 0, share / arm, 0.0) for arm in (k, n - k))
    at = np.repeat(np.arange(len(design)), design[:, 0])
    return np.where(treated, inside[at], -outside[at])
