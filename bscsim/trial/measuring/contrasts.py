"""Whose mean is compared: sums of true states by center in both worlds, and the effect an estimand makes of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bscsim.record.ratio import divide
from bscsim.record.trajectories import Trajectories
from bscsim.trial.enrolled import Array
from bscsim.trial.measuring.matching import among, keys
from bscsim.trial.measuring.present import Present


class Cells(NamedTuple):
    """Sums and numbers of units by center, [R, C] each: the treated world and the twin."""

    treated: Array
    n_treated: Array
    twin: Array
    n_twin: Array

    @property
    def effect(self) -> Array:
        """[R, C] each center's own effect, the difference of its means; NaN if one is empty."""
        return divide(self.treated, self.n_treated) - divide(self.twin, self.n_twin)


def cells(treated: Present, twin: Present, values: str, shape: tuple[int, int]) -> Cells:
    """Sum the field ``values`` ("true" or "shown") of the rows of both worlds; shape: (R, C)."""
    return Cells(*_sums(treated, values, shape), *_sums(twin, values, shape))


def _sums(rows: Present, values: str, shape: tuple[int, int]) -> tuple[Array, Array]:
    place, size = rows.at * shape[1] + rows.center, shape[0] * shape[1]
    return (np.bincount(place, getattr(rows, values), size).reshape(shape),
            np.bincount(place, minlength=size).reshape(shape))  # fmt: skip


def center_mean(found: Cells, member: Array) -> Array:
    """Effect [R] in which each member center ([R, C] bool) with units in both worlds counts once; NaN without any.

    >>> one = Cells(*(np.array([row]) for row in ([2.0, 9.0], [1, 3], [1.0, 4.0], [1, 2])))
    >>> center_mean(one, np.ones((1, 2), bool)).tolist(), everyone(one, np.ones((1, 2), bool)).tolist()
    ([1.0], [1.0833...])
    """
    effect = found.effect
    there = np.isfinite(effect) & member
    return divide(np.where(there, effect, 0.0).sum(axis=1), there.sum(axis=1))


def difference(found: Cells, member: Array, moderator: Array) -> Array:
    """By how much effects differ [R] where the moderator ([R, C]) is one higher: the slope of centers' effects on it.

    Least squares over member centers, each once; NaN where fewer than two of them differ in the moderator.

    >>> one = Cells(*(np.array([row]) for row in ([2.0, 9.0], [1, 3], [1.0, 4.0], [1, 2])))
    >>> difference(one, np.ones((1, 2), bool), np.array([[0.0, 2.0]])).tolist()  # effects 1 and 1
    [0.0]
    """
    effect = found.effect
    there = np.isfinite(effect) & member & np.isfinite(moderator)
    number = np.maximum(there.sum(axis=1, keepdims=True), 1)
    x, y = (np.where(there, values, 0.0) for values in (moderator, effect))
    x = np.where(there, x - x.sum(axis=1, keepdims=True) / number, 0.0)
    spread = (x * x).sum(axis=1)
    return divide((x * y).sum(axis=1), np.where(spread > 1e-12, spread, 0.0))


def everyone(found: Cells, member: Array) -> Array:
    """Effect [R] in which each unit of the member centers ([R, C] bool) counts once, in each world its own."""
    treated, n_treated, twin, n_twin = (np.where(member, part, 0).sum(axis=1) for part in found)
    return divide(treated, n_treated) - divide(twin, n_twin)


def stayers(run: Trajectories, treated: Present, twin: Present) -> tuple[Present, Present]:
    """Return the rows of occasion 1 of units that are in the same center at occasions 0 and 1 in both worlds."""
    worlds = treated, twin
    held = [keys(run, rows.at * len(run.labels.number) + rows.center, rows.unit) for rows in worlds]
    found = []
    for rows, own in zip(worlds, held, strict=True):
        stay = rows.wave == 1
        for other, key in zip(worlds, held, strict=True):
            for occasion in (0, 1):
                stay = stay & among(own, key[other.wave == occasion])
        found.append(rows.where(stay))
    return found[0], found[1]
