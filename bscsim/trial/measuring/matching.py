"""Who is the same unit at another wave or in the other world: keys that grow in the order of rows."""

from __future__ import annotations

from typing import Final

import numpy as np

from bscsim.record.trajectories import Trajectories
from bscsim.trial.enrolled import Array

WITHIN: Final = 26
"""Bits of a person's id that tell apart the persons who began in one center; above them stands its number."""


def keys(run: Trajectories, cell: Array, unit: Array) -> Array:
    """Return an int64 a row [N] that names its cell and unit [N], in the order of (cell, unit).

    cell: number of a (replicate, center) or (replicate, wave, center), from 0; unit: a person's id, or a small number.
    The ids do not fit beside a cell: the center's number in them is replaced by its rank among the numbers of the pool.

    Raises ValueError for a person's id that names no center of the pool, or more cells than the numbers can hold.

    >>> import bscsim
    >>> run = bscsim.simulate(bscsim.Scenario(name="tiny"), 1)
    >>> keys(run, np.array([0, 0, 1]), np.array([3, 5, 3])).argsort().tolist()
    [0, 1, 2]
    """
    if unit.max(initial=0) < 1 << WITHIN:
        origin, within, centers = np.zeros(len(unit), np.int64), unit.astype(np.int64), len(run.labels.number)
    else:
        numbers, number = np.sort(run.labels.number), unit >> WITHIN
        origin, centers = np.searchsorted(numbers, number), len(numbers)
        if not np.array_equal(numbers[np.minimum(origin, centers - 1)], number):
            raise ValueError("a person's id names no center of the pool")
        within = unit & ((1 << WITHIN) - 1)
    if (int(cell.max(initial=0)) + 1) * centers >= 1 << (63 - WITHIN):
        raise ValueError("too many replicates and centers at once: take fewer replicates")
    found: Array = (cell * centers + origin) << WITHIN | within
    return found


def among(wanted: Array, held: Array) -> Array:
    """Whether each key [N] is one of those held [M], which are in order.

    >>> among(np.array([1, 2, 9]), np.array([2, 4])).tolist()
    [False, True, False]
    """
    if not len(held):
        return np.zeros(len(wanted), bool)
    place = np.minimum(np.searchsorted(held, wanted), len(held) - 1)
    found: Array = held[place] == wanted
    return found
