"""Keyed draws of a study's measurements, for many units at once: the same in both worlds and whoever else is there."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from bscsim.record.trajectories import Trajectories
from bscsim.rules import draws
from bscsim.trial.enrolled import Array

BLOCK: Final = 32_768
"""Draws made at a time, so that the hundred steps of one draw find their numbers in the processor's cache."""

MEASURES: Final = 64
"""Measures a study can have: the driver's six bits of a staff item tell them apart."""


def uniforms(run: Trajectories, at: Array, center: Array, item: Array, step: Array, stream: int) -> Array:
    """Draw a uniform in (0, 1) for each unit, by :func:`bscsim.rules.draws.uniform`.

    at, center: [N] positions of replicate and center; item, step: [N] integers of the key; stream: a stream's id.

    >>> import bscsim
    >>> run = bscsim.simulate(bscsim.Scenario(name="tiny"), replicates=[3], seed=1)
    >>> one = uniforms(run, np.array([0]), np.array([2]), np.array([7]), np.array([16]), 33)
    >>> float(one[0]) == draws.uniform(1, 3, int(run.labels.number[2]), 7, 16, 33)
    True
    """
    replicate, number = np.asarray(run.replicates, np.int64)[at], run.labels.number[center]
    found = np.empty(len(at))
    keyed: Any = draws.uniform  # its integer arithmetic takes arrays
    for first in range(0, len(at), BLOCK):
        part = slice(first, first + BLOCK)
        found[part] = keyed(run.seed, replicate[part], number[part], item[part], step[part], stream)
    return found


def normals(run: Trajectories, at: Array, center: Array, item: Array, step: Array, stream: int) -> Array:
    """Draw a standard normal for each unit, by inversion of :func:`uniforms`; arguments as there."""
    from scipy.special import ndtri

    return np.asarray(ndtri(uniforms(run, at, center, item, step, stream)))


def place_of(names: list[str], name: str) -> int:
    """Return the position of a measure among a study's, which tells its errors from those of the others.

    ValueError for more measures than keys can tell apart.

    >>> place_of(["class_score", "staff_survey"], "staff_survey")
    1
    """
    if len(names) > MEASURES:
        raise ValueError(f"the study has {len(names)} measures; it can have at most {MEASURES}")
    return names.index(name)
