"""Keyed standard normal numbers for trials made of Gaussian variance components.

A number is a function of seed, replicate, center, person and what it decides (:mod:`bscsim.rules.draws`), so a trial
with more centers, more staff, another cohort or another truth shares all the numbers of what both have, and the bits do
not depend on which replicates are made together. The month of the key is one that no simulation reaches: the numbers
are none of the program's.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bscsim.rules import draws
from bscsim.trial.cluster_stats import Array

STEP = 0xFFFF
"""The month in the key."""
COMPONENTS, COVARIATE, COLLABORATIVE = 0, 1, 2
"""What the numbers of a center decide: its own effects; its covariate and size; those of the collaborative it leads."""


def center_words(seed: int, replicate: Array, center: Array, item: int) -> tuple[Array, Array, Array, Array]:
    """Four 32-bit words for each replicate and center (arrays of int64 that broadcast, one axis or more).

    >>> [word.shape for word in center_words(0, np.arange(3)[:, None], np.arange(2), COMPONENTS)]
    [(3, 2), (3, 2), (3, 2), (3, 2)]
    """
    return _words(seed, replicate, center, item, draws.CENTER_TRAITS)


def person_words(
    seed: int, replicate: Array, center: Array, person: Array, occupant: int
) -> tuple[Array, Array, Array, Array]:
    """Four words for each person of each center; occupant 0 was there at baseline, 1 is who comes in their place.

    >>> person_words(0, np.arange(3)[:, None, None], np.arange(2)[:, None], np.arange(5), 0)[0].shape
    (3, 2, 5)
    """
    return _words(seed, replicate, center, 2 * person + occupant, draws.PERSON_TRAITS)


def uniform(words: Array) -> Array:
    """Numbers strictly inside (0, 1), of 32 bits.

    >>> float(uniform(np.array([0])).item()) == 2.0**-33
    True
    """
    return np.asarray((words + 0.5) * 2.0**-32)


def normal(words: Array) -> Array:
    """Standard normal numbers, by inversion; of 32 bits, so all lie within 6.4 and their variance is 1 to 1e-8.

    >>> normal(np.array([0, 2**31 - 1, 2**32 - 1])).round(2).tolist()
    [-6.34, -0.0, 6.34]
    """
    from scipy.special import ndtri

    return np.asarray(ndtri(uniform(words)))


def _words(seed: int, replicate: Array, center: Array, item: Array | int, stream: int) -> tuple[Any, Any, Any, Any]:
    keyed: Any = draws.words  # written for integers and for arrays of wrapping int64 alike
    of, where, what = np.broadcast_arrays(
        np.asarray(replicate, np.int64), np.asarray(center, np.int64), np.asarray(item, np.int64)
    )
    found: tuple[Any, Any, Any, Any] = keyed(seed, of, where, what, STEP, stream)
    return found
