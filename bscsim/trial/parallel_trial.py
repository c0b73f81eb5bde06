"""A parallel trial with partial nesting: who is treated, in which collaborative, and how many are measured.

Treated centers learn together in collaboratives of m centers; control centers are in none. Cohorts start one after the
other, each with collaboratives of its own and its share of the control centers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from bscsim.trial.cluster_stats import Array

COVARIATES = ("baseline", "baseline_center_mean", "center", "staff", "cohort")
"""Names of covariates that a trial may adjust for."""


class Layout(NamedTuple):
    """Where the J centers of a trial stand: the treated by collaborative, then the controls by cohort."""

    treated: Array
    """[J] bool."""
    collaborative: Array
    """[J] 0 to K-1; -1: in none."""
    cohort: Array
    """[J] 0 to C-1."""
    key: Array
    """[J] the center's key for random numbers: its place in its collaborative, or among the controls."""


@dataclass(frozen=True)
class ParallelTrial:
    """Design of a parallel trial that is measured once after the start, and before it where a covariate needs that.

    collaboratives
        k, or how many start in each cohort; all at least 1.
    centers_per_collaborative
        m, 1 to 65535. The same in all.
    control_centers
        J0, shared over cohorts in proportion to their collaboratives (largest remainder); at least one for each.
    staff
        People measured in a center at each wave: one number for all, or a list with a size for every center, which is
        dealt out to the centers anew in each replicate, as allocation is random. At least 1.
    cohort
        Who is measured after the start: "repeated", other people than before; "closed", the same; a share between 0 and
        1, an open cohort: each person measured after is, with that chance, one measured before, else a newcomer.
    covariates
        Of the analysis: "baseline" (in a closed cohort the person's own, else the center's mean),
        "baseline_center_mean", "center" and "staff" (measures that predict the outcome as well as the truth's r2 says),
        "cohort" (an intercept for every cohort but the first).

    ValueError says which of these is out of range.

    >>> trial = ParallelTrial([2, 1], 4, 12, staff=20)
    >>> trial.centers, trial.layout().cohort.tolist()
    (24, [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1])
    """

    collaboratives: int | Sequence[int]
    centers_per_collaborative: int
    control_centers: int
    staff: int | Sequence[int]
    cohort: Literal["repeated", "closed"] | float = "repeated"
    covariates: Sequence[str] = ()

    def __post_init__(self) -> None:
        if not self.by_cohort:
            raise ValueError("collaboratives is an empty list; give one number a cohort")
        for number in self.by_cohort:
            _whole("collaboratives", number, 65534)
        _whole("centers_per_collaborative", self.centers_per_collaborative, 65535)
        _whole("control_centers", self.control_centers, 65535)
        if min(self._controls()) < 1:
            raise ValueError(
                f"control_centers is {self.control_centers}: shared in proportion to the collaboratives "
                f"{list(self.by_cohort)} they leave a cohort without any; give more"
            )
        for number in self.sizes:
            _whole("staff", number, 2**30)
        if not isinstance(self.staff, int) and len(self.sizes) != self.centers:
            raise ValueError(f"staff lists {len(self.sizes)} sizes; the trial has {self.centers} centers")
        if self.cohort not in ("repeated", "closed") and not _open(self.cohort):
            raise ValueError(f"cohort is {self.cohort!r}; it must be repeated, closed or a share from 0 to 1")
        for name in self.covariates:
            if name not in COVARIATES:
                raise ValueError(f"covariates has {name!r}; they are {', '.join(COVARIATES)}")

    @property
    def by_cohort(self) -> tuple[int, ...]:
        """Collaboratives of each cohort."""
        return (self.collaboratives,) if isinstance(self.collaboratives, int) else tuple(self.collaboratives)

    @property
    def centers(self) -> int:
        """J: treated and control centers."""
        return sum(self.by_cohort) * self.centers_per_collaborative + self.control_centers

    @property
    def sizes(self) -> tuple[int, ...]:
        """Staff of each center before they are dealt out; one number where all are equal."""
        return (self.staff,) if isinstance(self.staff, int) else tuple(self.staff)

    @property
    def stays(self) -> float:
        """Chance that a person measured after the start was measured before it."""
        return {"repeated": 0.0, "closed": 1.0}[self.cohort] if isinstance(self.cohort, str) else self.cohort

    @property
    def has_baseline(self) -> bool:
        """Whether the trial is measured before the start."""
        return any(name.startswith("baseline") for name in self.covariates)

    def layout(self) -> Layout:
        """Lay out the centers.

        >>> ParallelTrial(2, 2, 3, staff=5).layout().collaborative.tolist()
        [0, 0, 1, 1, -1, -1, -1]
        """
        m, groups = self.centers_per_collaborative, np.arange(sum(self.by_cohort))
        cohorts = np.arange(len(self.by_cohort))
        treated = np.arange(self.centers) < len(groups) * m
        inside = np.repeat(groups, m)
        place = np.tile(np.arange(m), len(groups))
        return Layout(
            treated,
            np.concatenate([inside, np.full(self.control_centers, -1)]),
            np.concatenate([np.repeat(np.repeat(cohorts, self.by_cohort), m), np.repeat(cohorts, self._controls())]),
            np.concatenate([collaborative_key(inside) + place, np.arange(self.control_centers)]),
        )

    def _controls(self) -> list[int]:
        """Control centers of each cohort, by largest remainders; the earlier cohort where they are equal."""
        total = sum(self.by_cohort)
        shares = [divmod(self.control_centers * number, total) for number in self.by_cohort]
        order = sorted(range(len(shares)), key=lambda c: -shares[c][1])
        left = self.control_centers - sum(whole for whole, _ in shares)
        return [whole + (c in order[:left]) for c, (whole, _) in enumerate(shares)]


def collaborative_key(collaborative: Array) -> Array:
    """Keys of the first centers of collaboratives: above those of all controls.

    >>> collaborative_key(np.array([0, 1])).tolist()
    [65536, 131072]
    """
    return np.asarray((collaborative + 1) << 16)


def _whole(name: str, value: object, most: int) -> None:
    if not isinstance(value, int) or not 1 <= value <= most:
        raise ValueError(f"{name} is {value}; it must be a whole number from 1 to {most}")


def _open(share: object) -> bool:
    return isinstance(share, int | float) and 0 <= share <= 1
