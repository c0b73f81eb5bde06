"""The centers of a study in J places, and the rows of units in them.

A pool may hold hundreds of centers of which a study takes forty; which ones differs between replicates. Estimators read
arrays [replicate, place], so the study's centers move to places 0, 1, ... in the order of the pool. A world more is R
replicates more: the twin's units stand behind those of the treated world, and all estimators fit both at once.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bscsim.trial.dataset import Units
from bscsim.trial.enrolled import NEVER, Enrolled

Array = NDArray[Any]


class Study(NamedTuple):
    """Centers of the study in places; [R, J] each but for place."""

    place: Array
    """[R, C] the center's place; -1: not in the study."""
    center: Array
    """Index of the center in the pool; 0 in an empty place."""
    there: Array
    """bool: the place holds a center."""
    treated: Array
    """bool."""
    collaborative: Array
    """Of treated centers; -1 else: who waits is still alone."""
    stratum: Array
    """0 in empty places."""
    cohort: Array
    """-1 in empty places."""
    begins: Array
    """Month in which the center begins; :data:`bscsim.trial.enrolled.NEVER` if never."""

    def take(self, values: Array, empty: Any = 0) -> Array:
        """Values [R, C] of the pool's centers in places [R, J].

        >>> study = study_of(example())
        >>> study.take(np.arange(8)[None]).tolist()
        [[2, 4, 6]]
        """
        found = np.take_along_axis(np.asarray(values), self.center, axis=1)
        return np.where(self.there, found, empty)


class Rows(NamedTuple):
    """Units measured at one wave, in the order of (replicate, place, unit); [M] each."""

    slot: Array
    """replicate * J + place."""
    unit: Array
    y: Array


def example() -> Enrolled:
    """Enroll three of eight centers, one of them treated, for examples.

    >>> np.flatnonzero(example().in_study[0]).tolist(), np.flatnonzero(example().treated[0]).tolist()
    ([2, 4, 6], [4])
    """
    from bscsim.scenario.allocation import Allocation

    inside = np.isin(np.arange(8), [2, 4, 6])[None]
    group = np.where(np.arange(8) == 4, 0, -1)[None]
    zero, begins = np.zeros((1, 8), np.int64), np.where(group >= 0, 0, NEVER)
    return Enrolled(Allocation(group, np.array([0]), inside), inside, group >= 0, inside - 1, zero, begins, group,
                    inside - 1, np.where(inside, np.nan, 0.5), zero + 20)  # fmt: skip


def example_units() -> Units:
    """Measure two units of each center of :func:`example`, at two waves.

    >>> example_units().y.tolist()
    [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 2.0, 3.0, 6.0, 7.0, 6.0, 7.0]
    """
    wave, center, unit = (part.ravel() for part in np.meshgrid([0, 1], [2, 4, 6], [0, 1], indexing="ij"))
    y = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 2.0, 3.0, 6.0, 7.0, 6.0, 7.0])
    return Units(np.zeros(12, np.int64), wave, center, unit, y)


def study_of(enrolled: Enrolled, planned: int = 0, worlds: int = 1) -> Study:
    """Move the study's centers to places: as many as the fullest replicate needs, or as were planned if that is more.

    planned: [centers] of the design, so that the number of places does not depend on which replicates stand together.
    worlds: how often the replicates are repeated, one world after the other.

    >>> study = study_of(example(), planned=4)
    >>> study.center.tolist(), study.there.tolist(), study.treated.tolist()
    ([[2, 4, 6, 0]], [[True, True, True, False]], [[False, True, False, False]])
    """
    inside = np.asarray(enrolled.in_study, bool)
    R = len(inside)
    J = max(int(inside.sum(axis=1).max(initial=0)), planned, 1)
    place = np.where(inside, np.cumsum(inside, axis=1) - 1, -1)
    r, c = np.nonzero(inside)
    center, there = np.zeros((R, J), np.int64), np.zeros((R, J), bool)
    center[r, place[r, c]], there[r, place[r, c]] = c, True
    empty = Study(place, center, there, *(there for _ in range(5)))
    treated = empty.take(enrolled.treated, False).astype(bool)
    collaborative = np.where(treated, empty.take(enrolled.collaborative, -1), -1)
    study = Study(
        place, center, there, treated, collaborative, np.maximum(empty.take(enrolled.stratum, 0), 0),
        empty.take(enrolled.cohort, -1), empty.take(enrolled.begins, NEVER),
    )  # fmt: skip
    return study if worlds == 1 else Study(*(np.concatenate([part] * worlds) for part in study))


def side_by_side(worlds: list[Units], replicates: int) -> Units:
    """Put the units of several worlds behind each other, as replicates R, R + 1, ... of the second world.

    >>> one = Units(*(np.array([0]) for _ in range(5)))
    >>> side_by_side([one, one], 7).at.tolist()
    [0, 7]
    """
    if len(worlds) == 1:
        return worlds[0]
    at = np.concatenate([units.at + number * replicates for number, units in enumerate(worlds)])
    return Units(at, *(np.concatenate(parts) for parts in zip(*(units[1:] for units in worlds), strict=True)))


def rows_at(study: Study, units: Units, wave: int) -> Rows:
    """Rows of the units measured at a wave in centers of the study; a value that is NaN was not measured.

    >>> units = Units(*(np.array(part) for part in ([0, 0, 0], [0, 1, 1], [2, 0, 6], [0, 0, 5], [1.0, 2.0, 3.0])))
    >>> rows = rows_at(study_of(example()), units, 1)
    >>> rows.slot.tolist(), rows.unit.tolist(), rows.y.tolist()
    ([2], [5], [3.0])
    """
    chosen = np.flatnonzero((units.wave == wave) & np.isfinite(units.y))
    at, center = units.at[chosen].astype(np.int64), units.center[chosen]
    place = study.place[at, center]
    inside = place >= 0
    if not inside.all():
        chosen, at, place = chosen[inside], at[inside], place[inside]
    return Rows(at * study.there.shape[1] + place, units.unit[chosen], units.y[chosen].astype(np.float64))


def partner(of: Rows, among: Rows) -> Array:
    """Position in `among` of the same unit of the same center for each row of `of`; -1: it is not there.

    >>> one = Rows(np.array([0, 0, 1]), np.array([3, 4, 3]), np.zeros(3))
    >>> partner(Rows(np.array([0, 1]), np.array([4, 4]), np.zeros(2)), one).tolist()
    [1, -1]
    """
    if not len(among.slot) or not len(of.slot):
        return np.full(len(of.slot), -1)
    units = of.unit.astype(np.int64), among.unit.astype(np.int64)
    wide = int(max(units[0].max(), units[1].max())) + 1
    if wide * (int(max(of.slot.max(), among.slot.max())) + 1) >= 1 << 62:  # numbers so large would overflow a key
        both = np.unique(np.concatenate(units), return_inverse=True)[1]
        units, wide = (both[: len(of.slot)], both[len(of.slot) :]), int(both.max()) + 1
    key, keys = of.slot * wide + units[0], among.slot * wide + units[1]
    order = np.argsort(keys, kind="stable")
    found = np.minimum(np.searchsorted(keys, key, sorter=order), len(keys) - 1)
    return np.where(keys[order[found]] == key, order[found], -1)
