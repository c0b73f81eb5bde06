"""Places in a queue: what recruitment, allocation and the dealing of collaboratives have in common."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bscsim.rules.draws import uniform

Array = NDArray[Any]


def lots(seed: int, replicates: Array, entities: Array, stream: int, item: int = 0) -> Array:
    """Keyed uniforms in (0, 1), [R, E]: a lot depends on the seed and its own replicate and entity alone.

    replicates, entities: [R] and [E] whole numbers, 0 to 2^32 - 1.

    >>> from bscsim.rules.draws import RECRUITMENT
    >>> both = lots(1, np.array([0, 7]), np.array([3, 4]), RECRUITMENT)
    >>> bool(both[1, 0] == uniform(1, 7, 3, 0, 0, RECRUITMENT))
    True
    """
    rows = np.asarray(replicates, np.int64)[:, None]
    return np.asarray(uniform(seed, rows, np.asarray(entities, np.int64)[None, :], item, 0, stream))  # type: ignore[arg-type]


def places(group: Array, *keys: Array) -> Array:
    """The place of each within its group, from 0, in the order of the keys; -1 for those in no group.

    group
        [R, C] whole numbers from 0; -1: in none. Every row is its own.
    keys
        [R, C] each, the first the one that decides; equal ones keep the order of the columns.

    >>> places(np.array([[0, 1, 0, -1, 0]]), np.array([[3, 9, 1, 0, 2]])).tolist()
    [[2, 0, 0, -1, 1]]
    """
    outside = group < 0
    labels = np.where(outside, np.iinfo(np.int64).max, group)
    order = np.lexsort((*keys[::-1], labels), axis=-1)
    sorted_labels = np.take_along_axis(labels, order, axis=-1)
    at = np.broadcast_to(np.arange(group.shape[1]), group.shape)
    opens = np.ones(group.shape, bool)
    opens[:, 1:] = sorted_labels[:, 1:] != sorted_labels[:, :-1]
    first = np.maximum.accumulate(np.where(opens, at, 0), axis=-1)
    result = np.empty(group.shape, np.int64)
    np.put_along_axis(result, order, at - first, axis=-1)
    return np.where(outside, -1, result)


def before(numbers: Array) -> Array:
    """Sum of the columns before each column, [R, G].

    >>> before(np.array([[2, 3, 4]])).tolist()
    [[0, 2, 5]]
    """
    return np.cumsum(numbers, axis=-1) - numbers
