"""Randomization tests where an analysis is more than a difference between two arms.

In a stepped wedge centers exchange the month in which they begin; of a moderator the arms are exchanged and its product
with the arm is formed anew. The statistic is the least-squares coefficient with the covariates held fixed, which is
linear in y, so p-value and interval come as in :mod:`bscsim.trial.estimators.randomization`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bscsim.trial.analyzing.places import Study
from bscsim.trial.analyzing.sums import Sums
from bscsim.trial.cluster_stats import FAILED, OK, Estimates
from bscsim.trial.estimators import allocations
from bscsim.trial.estimators.randomization import from_allocations

Array = NDArray[Any]

CHUNK = 20
"""Replicates at a time, to bound memory."""


def permutation_test(
    study: Study, sums: Sums, exposures: Callable[[Array, Array], Array], fixed: Array, alpha: float, seed: int,
    permutations: int = 199, first: int = 0, worlds: int = 1,
) -> Estimates:  # fmt: skip
    """Test the first permuted column, centers of a stratum exchanging what the study gave them.

    Parameters
    ----------
    study, sums
        The R replicates of each world; sums [R, J, T].
    exposures
        From replicates [r] and who stands for whom [r, P, J] to permuted columns [r, P, k, J, T].
    fixed
        [R, J, T, z] columns that stay (intercept, periods, covariates).
    alpha, seed, permutations, first
        As in :func:`bscsim.trial.estimators.randomization.randomization_test`; the same permutations in every world.

    Returns
    -------
    Estimates
        df NaN; FAILED where the observed columns depend on each other.

    Examples
    --------
    >>> from bscsim.trial.analyzing.places import example, study_of
    >>> study, one = study_of(example()), np.ones((1, 3, 1))
    >>> sums = Sums(one, np.array([[[2.0], [5.0], [3.0]]]), one)
    >>> arms = lambda some, source: np.take_along_axis(study.treated[some][:, None], source, 2)[:, :, None, :, None]
    >>> found = permutation_test(study, sums, arms, one[..., None], 0.05, seed=0)
    >>> found.b.round(9).tolist(), bool(0.2 < found.p[0] < 0.5)  # one of three centers is the highest by chance
    ([2.5], True)
    """
    R, J = study.there.shape
    out, status = np.full((6, R), np.nan), np.full(R, FAILED, np.int8)
    source = shuffles(study, sums.n.sum(axis=2) == 0, seed, permutations, first, worlds)
    for some in np.array_split(np.arange(R), -(-R // CHUNK)):
        n = sums.n[some].reshape(len(some), -1)
        root = np.sqrt(n)
        basis = _basis(fixed[some].reshape(len(some), J * sums.n.shape[2], -1) * root[..., None])
        y = sums.y1[some].reshape(n.shape) / np.where(root > 0, root, 1.0)
        moved = exposures(some, source[some])
        columns = moved.reshape(*moved.shape[:3], -1) * root[:, None, None]
        columns = columns - (columns @ basis[:, None]) @ basis.mT[:, None]
        coefficient, good = _first_coefficient(columns, np.stack([y, columns[:, 0, 0]], axis=-1))
        t, d = coefficient[..., 0], coefficient[..., 1]
        out[:, some] = from_allocations(t[:, 1:], t[:, 0], d[:, 1:], d[:, 0], alpha, whole=False)
        status[some] = np.where(good & np.isfinite(out[0, some]), OK, FAILED)
    out[:, status == FAILED] = np.nan
    b, se, df, p, low, high = out
    return Estimates(b, se, df, p, low, high, status)


def shuffles(study: Study, empty: Array, seed: int, permutations: int, first: int = 0, worlds: int = 1) -> Array:
    """Whose label each place has, [R, 1 + P, J]: first its own, then those of a random center of its stratum.

    Places without data exchange labels among themselves only.

    >>> from bscsim.trial.analyzing.places import example, study_of
    >>> found = shuffles(study_of(example()), np.zeros((1, 3), bool), seed=0, permutations=2)
    >>> found[0, 0].tolist(), np.sort(found[0]).tolist()
    ([0, 1, 2], [[0, 1, 2], [0, 1, 2], [0, 1, 2]])
    """
    R, J = study.there.shape
    each = R // worlds
    keys = np.stack([allocations.keys(seed, each, J, first, number + 1) for number in range(permutations)], axis=1)
    group = study.stratum + (int(study.stratum.max(initial=0)) + 1) * empty
    base = np.argsort(group, axis=1, kind="stable")
    shuffled = np.argsort(group[:, None] + np.concatenate([keys] * worlds), axis=2, kind="stable")
    source = np.empty((R, 1 + permutations, J), np.int64)
    source[:, 0] = np.arange(J)
    np.put_along_axis(source[:, 1:], np.broadcast_to(base[:, None], shuffled.shape), shuffled, axis=2)
    return source


def _basis(columns: Array) -> Array:
    """Orthonormal columns [R, N, z] that span these; columns that depend on others become 0."""
    u, size, _ = np.linalg.svd(columns, full_matrices=False)
    return np.asarray(u * (size > 1e-9 * np.maximum(size[:, :1], 1e-300))[:, None, :])


def _first_coefficient(columns: Array, targets: Array) -> tuple[Array, Array]:
    """Coefficient [R, P, m] of the first of k columns [R, P, k, N] in targets [R, N, m]; determined at all, [R]."""
    gram = columns @ columns.mT
    product = columns @ targets[:, None]
    scale = np.sqrt(np.maximum(np.einsum("rpkk->rpk", gram), 0.0))
    safe = np.where(scale > 1e-9, scale, 1.0)
    gram = gram / (safe[..., :, None] * safe[..., None, :])
    sound = (scale > 1e-9).all(axis=-1) & (np.linalg.eigvalsh(gram)[..., 0] > 1e-9)
    gram = np.where(sound[..., None, None], gram, np.eye(gram.shape[-1]))
    found = np.linalg.solve(gram, product / safe[..., :, None])[..., 0, :] / safe[..., 0, None]
    return np.where(sound[..., None], found, 0.0), sound[:, 0]
