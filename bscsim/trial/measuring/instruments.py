"""What instruments show: true states with their bias and error."""

from __future__ import annotations

from typing import Any

import numpy as np

from bscsim.record.trajectories import Trajectories, World
from bscsim.rules import draws, measurement
from bscsim.rules.readiness import readiness as readiness_rule
from bscsim.trial.enrolled import Array
from bscsim.trial.measuring.keys import normals
from bscsim.trial.measuring.present import Present
from bscsim.trial.measuring.scale import Scale
from bscsim.trial.measuring.selecting import keyed
from bscsim.trial.settings import MeasureSettings


def true_state(run: Trajectories, rows: Present, settings: MeasureSettings, scale: Scale | None) -> Present:
    """Return the rows with what is measured as their true state: of children's tests the mean outcome of the room."""
    if settings.of != "children" or scale is None:
        return rows
    p = run.scenario.parameters
    score = child_score(
        rows.true, scale.mean[rows.at], scale.sd[rows.at], p.child_slope, rows.more, p.child_turn)
    return rows._replace(true=score, shown=score)


def child_score(
    practice: Array, mean: Array, spread: Array, slope: float, changed: Array, change: float
) -> Array:
    """:func:`bscsim.rules.measurement.child_score` of rooms [N]; NaN without a scale.

    >>> child_score(np.array([0.6]), np.array([0.5]), np.array([0.1]), 0.3, np.array([1.0]), -0.15).round(4).tolist()
    [0.15]
    """
    apart = spread != 0.0
    z = np.where(apart, slope * (practice - mean) / np.where(apart, spread, 1.0), 0.0)
    return np.asarray(z + change * changed)


def readings(
    run: Trajectories, world: World, rows: Present, settings: MeasureSettings, place: int, scale: Scale | None
) -> Array:
    """Return what the instrument shows of each unit [N]; ``place`` is the measure's position in the study.

    The error variance is spread^2 (1 / reliability - 1), spread the SD of true states in the twin at the measure's
    first wave (:mod:`.scale`); with a self-report its own noise, ``parameters.sr_sd``, is added; of children, who are
    ten in a room, each has an error variance of 1 / reliability; of readiness each component has its own error.
    """
    if settings.of == "readiness":
        return _readiness(run, world, rows, place, settings.reliability)
    sd = _error_sd(run, rows, settings, scale)
    if not np.any(sd):
        return rows.shown
    return np.asarray(rows.shown + sd * _scores(run, rows, settings, place))


def _error_sd(run: Trajectories, rows: Present, settings: MeasureSettings, scale: Scale | None) -> Array:
    if settings.of == "children":
        return np.full(len(rows.at), measurement.children_tested(
            0.0, measurement.CHILDREN_A_ROOM * settings.reliability, 1.0))
    error = np.zeros(len(rows.at))
    if settings.reliability < 1.0 and scale is not None:
        rule: Any = measurement.observed_practice  # takes arrays
        error = rule(0.0, scale.sd[rows.at], settings.reliability, 1.0)
    if settings.of == "staff" and settings.asks == "self_report":
        own = run.scenario.parameters.sr_sd
        error = np.sqrt(error**2 + own**2) if settings.reliability < 1.0 else np.full(len(rows.at), own)
    return error


def _scores(run: Trajectories, rows: Present, settings: MeasureSettings, place: int) -> Array:
    """Return the standard normal errors; of classrooms a share of their variance is the rater's, one a center."""
    stream = {"staff": draws.STAFF_ERROR, "reports": draws.CENTER_ERROR}.get(settings.of, draws.ROOM_ERROR)
    own, share = keyed(rows, settings, place), settings.rater if settings.of == "classrooms" else 0.0
    scores = normals(run, rows.at, rows.center, own, rows.month, stream) if share < 1.0 else np.zeros(len(own))
    if share == 0.0:
        return scores
    item = np.full(len(own), place << 16)
    rater = normals(run, rows.at, rows.center, item, rows.month, draws.RATER)
    return np.asarray(np.sqrt(share) * rater + np.sqrt(1.0 - share) * scores)


def _readiness(run: Trajectories, world: World, rows: Present, place: int, reliability: float) -> Array:
    """E4 of three components, each with an error of its own, as enrolment measures them (E15)."""
    p, at, center, month = run.scenario.parameters, rows.at, rows.center, rows.month
    spreads = {"motivation": p.motivation_sd, "capacity": p.capacity_sd, "qi": p.qi_sd}
    seen = []
    for component, (name, spread) in enumerate(spreads.items()):
        true = world[name][at, center, month].astype(np.float64)
        z = normals(run, at, center, np.full(len(at), place << 16 | component), month, draws.CENTER_ERROR)
        sd = spread * np.sqrt(1.0 / reliability - 1.0)
        seen.append(np.clip(true + sd * z, 0.0, 1.0).tolist())
    return np.array([readiness_rule(a, g, q, p.ready_power) for a, g, q in zip(*seen, strict=True)])
