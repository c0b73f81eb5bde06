"""Interrupted time series of the monthly reports: the effect at a wave by segmented regression."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bscsim.trial.analyzing.places import Study
from bscsim.trial.cluster_stats import FAILED, Estimates
from bscsim.trial.dataset import Units
from bscsim.trial.estimators import segmented

Array = NDArray[Any]


def monthly(study: Study, units: Units, months: int) -> Array:
    """Monthly values [R, J, months] of treated centers; NaN: no report. Several of a center in a month are averaged.

    >>> from bscsim.trial.analyzing.places import example, study_of
    >>> units = Units(*(np.array(part) for part in ([0, 0], [1, 9], [4, 4], [0, 0], [0.5, 0.6])))
    >>> monthly(study_of(example()), units, 3)[0, 1].tolist()
    [nan, 0.5, nan]
    """
    R, J = study.there.shape
    place = study.place[units.at, units.center]
    kept = (place >= 0) & (units.wave >= 0) & (units.wave < months) & np.isfinite(units.y)
    at, place = units.at[kept].astype(np.int64), place[kept]
    slot = (at * J + place) * months + units.wave[kept]
    total, number = (np.bincount(slot, weights=part, minlength=R * J * months) for part in (units.y[kept], None))
    with np.errstate(invalid="ignore"):
        y = (total / number).reshape(R, J, months)
    y[~study.treated] = np.nan
    return y


def segmented_series(study: Study, units: Units, month: int, alpha: float) -> Estimates:
    """Effect at a month of the study, by the months 0 to that one of treated centers.

    The effect is how far the series stands from where its trend before the start would have led: the change of level
    at the start plus the change of slope times the months since, as one coefficient with its own standard error (the
    `at` of :func:`bscsim.trial.estimators.segmented.fit`). Robust over collaboratives; in a replicate with a single
    one, over centers, the usual practice. FAILED where no month lies before the start.
    """
    y, R = monthly(study, units, month + 1), len(study.there)
    begins = np.where(study.treated, study.begins, 1)
    good = (begins >= 1).all(axis=1) & (begins <= month).all(axis=1)
    out, status = np.full((6, R), np.nan), np.full(R, FAILED, np.int8)
    several = np.array([len(np.unique(row[row >= 0])) >= 2 for row in study.collaborative])
    for nested in (True, False):
        rows = np.flatnonzero(good & (several == nested))
        if not len(rows) or month < 3:
            continue
        groups = study.collaborative[rows] if nested else None
        found = segmented.estimate(
            y[rows], begins[rows], alpha, collaborative=groups, variance="robust", at=month - begins[rows]
        )
        out[:, rows], status[rows] = np.stack(found[:6]), found.status
    b, se, df, p, low, high = out
    return Estimates(b, se, df, p, low, high, status)
