"""The scale of a measure's errors: what its units differ by in untreated centers at its first wave."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bscsim.record.ratio import divide
from bscsim.record.trajectories import Trajectories
from bscsim.trial.enrolled import Array, Enrolled
from bscsim.trial.measuring.occasions import monthly, occasions
from bscsim.trial.measuring.present import present
from bscsim.trial.settings import MeasureSettings
from bscsim.trial.trial import Trial


class Scale(NamedTuple):
    """Moments of the units of the study's centers in the twin at a measure's first wave, [R] each.

    SDs with n - 1; NaN where there are fewer than two units.
    """

    mean: Array
    """Of the true state; of children's tests that of rooms' practice."""
    sd: Array
    """Its SD."""
    mood_mean: Array
    """Of staff: their motivation."""
    mood_sd: Array
    """Its SD."""


def scale_of(run: Trajectories, enrolled: Enrolled, trial: Trial, name: str) -> Scale:
    """Return the scale of a measure, in each replicate; of reports the first month of the study is the first wave.

    Raises ValueError without a twin.
    """
    settings = trial.measures[name]
    if settings.of == "reports":
        months = monthly(enrolled, trial)
        when = months._replace(months=months.months[:, :1])
    else:
        when = occasions(enrolled, trial, trial.waves_of(name)[:1])
    units = present(run, run.untreated, when, settings)
    R = len(run.replicates)
    return Scale(*moments(units.at, units.true, R), *moments(units.at, units.more, R))


def needs_scale(settings: MeasureSettings) -> bool:
    """Whether errors, answers or outcomes of a measure are relative to how much units differ.

    >>> needs_scale(MeasureSettings(of="staff")), needs_scale(MeasureSettings(of="staff", response=0.8))
    (False, True)
    """
    if settings.of == "readiness":
        return False
    return settings.of == "children" or settings.reliability < 1.0 or settings.response < 1.0


def moments(at: Array, values: Array, replicates: int) -> tuple[Array, Array]:
    """Return mean and SD (n - 1) of the values [N] of each of R replicates, whose positions are ``at`` [N].

    Sums run within a replicate, so that its bits do not depend on the others. NaN with fewer than two values.

    >>> mean, sd = moments(np.array([0, 0, 1]), np.array([1.0, 3.0, 5.0]), 2)
    >>> mean.tolist(), sd.round(4).tolist()
    ([2.0, nan], [1.4142, nan])
    """
    count = np.bincount(at, minlength=replicates)
    mean = divide(np.bincount(at, values, replicates), np.where(count > 1, count, 0))
    square = np.bincount(at, (values - mean[at]) ** 2, replicates)
    return mean, np.sqrt(divide(square, count - 1))
