"""Traits of centers as allocation uses them: levels of strata, exact keys and scores of pairs, standardized values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bscsim.trial.enrolling.candidates import Candidates

Array = NDArray[Any]

EXACT: Final = ("sector", "area")
"""Traits without an order: equal or not."""


def trait(seen: Candidates, name: str) -> Array:
    """Values of a trait, [R, C] floats."""
    values = getattr(seen, name)
    return np.asarray(np.broadcast_to(values, seen.size.shape), float)


def stratum_codes(seen: Candidates, names: Sequence[str], recruited: Array) -> tuple[Array, int]:
    """Code of each center's stratum [R, C], 0 to S - 1, and S: the levels of all traits together.

    A number is split at its median over the recruited of the replicate: those above are the second level.
    """
    code, levels = np.zeros(seen.size.shape, np.int64), 1
    for name in names:
        if name in EXACT:
            present = np.unique(getattr(seen, name))
            own, number = np.broadcast_to(np.searchsorted(present, getattr(seen, name)), code.shape), len(present)
        else:
            values = trait(seen, name)
            own, number = (values > _median(values, recruited)).astype(np.int64), 2
        code, levels = code * number + own, levels * number
    return code, levels


def exact_code(seen: Candidates, names: Sequence[str]) -> Array:
    """A number that is equal where all traits without an order are: [R, C]."""
    code = np.zeros(seen.size.shape, np.int64)
    for name in (name for name in names if name in EXACT):
        code = code * (int(getattr(seen, name).max()) + 1) + getattr(seen, name)
    return code


def standardized(seen: Candidates, names: Sequence[str], among: Array) -> Array:
    """Scores z [R, C, P] of the numbers among the traits, by mean and SD over ``among``; 0 if missing or constant."""
    numbers = [trait(seen, name) for name in names if name not in EXACT]
    scores = np.zeros((*seen.size.shape, len(numbers)))
    for at, values in enumerate(numbers):
        mean, spread = _moments(values, among)
        away = values - mean
        scores[..., at] = np.divide(away, spread, out=np.zeros(away.shape), where=(spread > 0) & np.isfinite(away))
    return scores


def _moments(values: Array, among: Array) -> tuple[Array, Array]:
    """Mean and SD of each replicate's values among those, [R, 1] each; 0 where there are none."""
    there = among & np.isfinite(values)
    number = np.maximum(there.sum(axis=-1, keepdims=True), 1)
    mean = np.where(there, values, 0.0).sum(axis=-1, keepdims=True) / number
    variance = np.where(there, values - mean, 0.0) ** 2
    return mean, np.sqrt(variance.sum(axis=-1, keepdims=True) / number)


def _median(values: Array, among: Array) -> Array:
    """Median of each replicate's values among those, [R, 1]; infinite where there are none."""
    there = among & np.isfinite(values)
    number = there.sum(axis=-1, keepdims=True)
    ordered = np.sort(np.where(there, values, np.inf), axis=-1)
    middle = np.maximum(number - 1, 0) // 2, np.minimum(number // 2, values.shape[-1] - 1)
    low, high = (np.take_along_axis(ordered, at, axis=-1) for at in middle)
    return np.asarray((low + high) / 2)
