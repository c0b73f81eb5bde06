"""Who is measured in which month, and which centers a study has lost by then."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from bscsim.record.trajectories import Trajectories
from bscsim.rules import draws
from bscsim.trial.enrolled import Array, Enrolled
from bscsim.trial.measuring.keys import uniforms
from bscsim.trial.trial import STUDY_CLOCK, Trial


class Occasions(NamedTuple):
    """Months of measurement: each cohort has its own."""

    cohort: Array
    """[R, C] cohort of a center; -1: not in the study, never measured."""
    months: Array
    """[cohorts, W] month of the study, of each cohort and occasion."""

    @property
    def number(self) -> int:
        """W."""
        return int(self.months.shape[1])

    def month(self, at: Array, wave: Array, center: Array) -> Array:
        """Month [N] of rows at these positions."""
        found: Array = self.months[self.cohort[at, center], wave]
        return found


def occasions(enrolled: Enrolled, trial: Trial, waves: Sequence[str]) -> Occasions:
    """Return when the named waves are.

    >>> from bscsim.trial.enrolled import Enrolled
    >>> from bscsim.trial.settings import CohortSettings, DesignSettings
    >>> import bscsim
    >>> design = DesignSettings(cohorts=(CohortSettings(), CohortSettings(starts=12)), waves={"post": 20})
    >>> there = Enrolled(None, np.ones((1, 2), bool), *[np.array([[0, 1]])] * 8)
    >>> occasions(there, Trial(bscsim.Scenario(), design, {}, ()), ["post"]).months.tolist()
    [[20], [32]]
    """
    cohorts = range(len(trial.design.by_cohort))
    months = np.array([[trial.month(cohort, wave) for wave in waves] for cohort in cohorts], np.int64)
    return Occasions(members(enrolled), months)


def monthly(enrolled: Enrolled, trial: Trial) -> Occasions:
    """Return every month of the study, from 0 to its last wave: monthly reports."""
    months = np.arange(max(trial.months) + 1)
    return Occasions(members(enrolled), np.tile(months, (len(trial.design.by_cohort), 1)))


def members(enrolled: Enrolled) -> Array:
    """Return the cohort of each center [R, C]; -1 where it is not in the study."""
    return np.where(enrolled.in_study, enrolled.cohort, -1)


def exposed(enrolled: Enrolled, trial: Trial, month: Array) -> Array:
    """Whether each center [R, C] counts as treated at a wave, whose month is [R, C].

    The arm; where waves count from month 0 of the study, those that have begun before the month: a wave is at the start
    of its month, so that nothing has happened yet to a center that begins in it.
    """
    arm = enrolled.in_study & enrolled.treated
    return arm & (enrolled.begins < month) if trial.design.type in STUDY_CLOCK else arm


def lost(
    run: Trajectories, enrolled: Enrolled, trial: Trial, at: Array, center: Array, month: Array
) -> Array:
    """Whether the study has lost the center of each row [N] by the month [N].

    Of each arm the share ``trial.attrition`` is lost by its last wave, and linearly less before, none at the first; of
    a study with one wave, all of it. One draw a center decides, in either world, so what is lost stays lost.
    """
    rates = trial.attrition
    R, C = enrolled.cohort.shape
    rows, centers = (grid.ravel() for grid in np.indices((R, C)))
    zero = np.zeros(R * C, np.int64)
    u = uniforms(run, rows, centers, zero, zero, draws.STUDY_ATTRITION).reshape(R, C)
    rate = np.where(enrolled.treated, rates.treated, rates.control)
    ordered = sorted(trial.design.waves, key=lambda wave: trial.design.waves[wave])
    first, last = occasions(enrolled, trial, [ordered[0], ordered[-1]]).months.T
    cohort = members(enrolled)[at, center]
    span = (last - first)[cohort]
    passed = np.where(span > 0, (month - first[cohort]) / np.maximum(span, 1), 1.0)
    gone: Array = u[at, center] < rate[at, center] * np.clip(passed, 0.0, 1.0)
    return gone
