"""How many centers each cohort and arm is to have, and how many it gets where too few were recruited."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bscsim.trial.settings import DesignSettings

Array = NDArray[Any]

ALL_TREATED = ("stepped_wedge", "pre_post")
"""Designs without controls of their own: every center that is recruited is treated."""


class Quotas(NamedTuple):
    """Centers of each cohort, by arm; G cohorts."""

    treated: Array
    """[G], or [R, G] once filled."""
    control: Array

    @property
    def both(self) -> Array:
        """Of both arms."""
        return np.asarray(self.treated + self.control)


def apportion(total: Array, shares: Sequence[int] | Array) -> Array:
    """Share whole numbers out in proportion, by largest remainders; the first where they are equal: [R, G].

    >>> apportion(np.array([7, 2]), [2, 2, 3]).tolist()
    [[2, 2, 3], [1, 0, 1]]
    """
    shares = np.asarray(shares, np.int64)
    whole, rest = np.divmod(np.asarray(total, np.int64)[:, None] * shares, max(1, int(shares.sum())))
    place = np.argsort(np.argsort(-rest, axis=-1, kind="stable"), axis=-1, kind="stable")
    left = np.asarray(total)[:, None] - whole.sum(axis=-1, keepdims=True)
    return np.asarray(whole + (place < left))


def wanted(design: DesignSettings) -> Quotas:
    """Centers that the design asks for; of a matched comparison those that join.

    Controls are shared over cohorts in proportion to their collaboratives.

    >>> wanted(DesignSettings(collaboratives=2, centers_per_collaborative=8, control_centers=16))
    Quotas(treated=array([16]), control=array([16]))
    """
    by_cohort = np.array([cohort.collaboratives for cohort in design.by_cohort])
    none = (*ALL_TREATED, "matched_comparison")
    controls = 0 if design.type in none else design.control_centers
    return Quotas(by_cohort * design.centers_per_collaborative, apportion(np.array([controls]), by_cohort)[0])


def filled(asked: Quotas, available: Array) -> Quotas:
    """What each cohort and arm gets, [R, G]: all it wants, or its share of those there are (largest remainders).

    available: [R] centers. Where an arm that is wanted would have fewer than two, nobody is in the study.

    >>> filled(Quotas(np.array([16]), np.array([8])), np.array([30, 12, 3])).control.tolist()
    [[8], [4], [0]]
    """
    cells = np.concatenate([asked.treated, asked.control])
    got = apportion(np.minimum(available, cells.sum()), cells)
    treated, control = np.split(got, 2, axis=-1)
    enough = (treated.sum(axis=-1) >= 2) & ((control.sum(axis=-1) >= 2) | (asked.control.sum() == 0))
    return Quotas(treated * enough[:, None], control * enough[:, None])
