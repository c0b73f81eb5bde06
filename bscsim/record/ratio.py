"""Ratios of counts and sums that may be empty."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from bscsim.record.staff_rows import Array


def divide(part: ArrayLike, whole: ArrayLike) -> Array:
    """Divide, with NaN where there is nothing to divide by: a share of nothing is missing, not 0.

    ``whole`` is a count or a sum of what cannot be negative; the two are broadcast against each other.

    >>> divide([1, 0], [4, 0]).tolist()
    [0.25, nan]
    """
    above, below = np.broadcast_arrays(part, whole)
    ratio: Array = np.full(above.shape, np.nan)
    np.divide(above, below, out=ratio, where=below > 0)
    return ratio
