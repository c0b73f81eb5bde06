"""What a study would have seen at each wave: classrooms observed, staff asked, children tested.

Made from the staff rows with keyed draws (:mod:`bscsim.rules.measurement`), so the same seed gives the same
measurements, in either world, whichever other centers or replicates are there.  A study of its own may measure
otherwise; this is the plain version: every room observed once a wave, every person asked once a wave.

The scale of the errors comes from each replicate's own untreated centers at the first wave
(:func:`reference`): all centers of the pool, before or without any collaborative.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from bscsim.record.frames import positions
from bscsim.record.measures import CONTROL, PARENT, TEACHER
from bscsim.record.ratio import divide
from bscsim.record.staff_rows import Array, StaffRows
from bscsim.record.trajectories import Trajectories, World
from bscsim.record.truth import waves
from bscsim.rules import draws, measurement, operators


class Rooms(NamedTuple):
    """Classrooms with somebody present: where, true mean practice, what an observer saw, children's outcome.

    ``child`` is the true mean outcome of the room's children (SD units), ``tested`` what a test of ten of them
    gives; ``changed`` is 1 where the lead teacher changed within the school year.
    """

    at: Array
    wave: Array
    center: Array
    classroom: Array
    true: Array
    observed: Array
    changed: Array
    child: Array
    tested: Array


class Reports(NamedTuple):
    """Staff asked at a wave: where, role, true practice, self-report, and whether (how probably) they answered."""

    at: Array
    wave: Array
    center: Array
    role: Array
    practice: Array
    report: Array
    responded: Array
    probability: Array


class Reference(NamedTuple):
    """Mean and SD, by replicate, of true room means and of motivation in untreated centers at the first wave."""

    room_mean: Array
    room_sd: Array
    motivation_mean: Array
    motivation_sd: Array


def reference(run: Trajectories) -> Reference:
    """Return the scale of the measurements, by replicate, from untreated centers at the first wave.

    The twin if there is one; else the treated world's centers that no collaborative has touched at that wave
    (all of them at month 0).  SDs with n - 1; NaN where there are fewer than two rooms or persons, and with it every
    measurement of the replicate: without a scale an instrument's error is unknown, not 0.
    """
    world = run.treated if run.twin is None else run.twin
    rows = world.staff.where(world.staff["month"] == waves(run)[0])
    at = positions(run, rows["replicate"])
    status = world["status"][at, rows["center"], rows["month"]]
    rows = rows.where(status <= CONTROL)
    rooms, who = _room_means(run, rows), _asked(rows)
    practice = _moments(rooms[0], rooms[-1], len(run.replicates))
    motivation = _moments(positions(run, who["replicate"]), who["M"], len(run.replicates))
    return Reference(*practice, *motivation)


def _moments(at: Array, values: Array, replicates: int) -> tuple[Array, Array]:
    groups = [values[at == position].astype(np.float64) for position in range(replicates)]
    return (np.array([group.mean() if len(group) > 1 else np.nan for group in groups]),
            np.array([group.std(ddof=1) if len(group) > 1 else np.nan for group in groups]))


def rooms(run: Trajectories, world: World, scale: Reference) -> Rooms:
    """Observe every classroom of a world at every wave, and test its children."""
    p = run.scenario.parameters
    at, wave, center, classroom, true = _room_means(run, world.staff)
    changed = _lead_changed(run, world.staff, at, wave, center, classroom)
    key = at, wave, center, classroom
    sd, mean = scale.room_sd[at].tolist(), scale.room_mean[at].tolist()
    observed = [measurement.observed_practice(x, s, p.obs_rel, z) for x, s, z in zip(
        true.tolist(), sd, _scores(run, key, draws.OBSERVATION), strict=True)]
    child = [measurement.child_score(x, m, s, p.child_slope, c, p.child_turn) for x, m, s, c in zip(
        true.tolist(), mean, sd, changed.tolist(), strict=True)]
    tested = [measurement.children_tested(x, measurement.CHILDREN_A_ROOM, z) for x, z in zip(
        child, _scores(run, key, draws.CHILD), strict=True)]
    return Rooms(at, wave, center, classroom, true, np.array(observed), changed, np.array(child), np.array(tested))


def _room_means(run: Trajectories, rows: StaffRows) -> tuple[Array, Array, Array, Array, Array]:
    """Average practice by room: replicate position, wave, center, classroom and mean of rooms with staff."""
    rows = rows.where(rows["filled"] & (rows["classroom"] >= 0))
    practice = rows["P"].mean(axis=1, dtype=np.float64)
    keys = np.stack([positions(run, rows["replicate"]), np.searchsorted(waves(run), rows["month"]),
                     rows["center"], rows["classroom"]])
    cells, index = np.unique(keys, axis=1, return_inverse=True)
    index = index.ravel()  # numpy 2.0.0 keeps the axis
    total, count = np.bincount(index, practice, cells.shape[1]), np.bincount(index, minlength=cells.shape[1])
    return cells[0], cells[1], cells[2], cells[3], total / count


def _lead_changed(
    run: Trajectories, rows: StaffRows, at: Array, wave: Array, center: Array, classroom: Array
) -> Array:
    """Return 1 for the rooms whose lead teacher (the room's teacher post) changed within the school year."""
    lead = rows.where((rows["role"] == TEACHER) & (rows["classroom"] >= 0))
    calendar = run.scenario.calendar
    months = {int(m): measurement.school_months(calendar.season_month(int(m))) for m in waves(run)}
    changed: dict[tuple[int, ...], bool] = {}
    for replicate, month, *place, filled, tenure in zip(
        lead["replicate"].tolist(), lead["month"].tolist(), lead["center"].tolist(),
        lead["classroom"].tolist(), lead["filled"].tolist(), lead["tenure"].tolist(), strict=True,
    ):
        changed[replicate, month, *place] = measurement.lead_changed(filled, tenure, months[month])
    replicates, month_of = np.asarray(run.replicates)[at], waves(run)[wave]
    keys = zip(replicates.tolist(), month_of.tolist(), center.tolist(), classroom.tolist(), strict=True)
    return np.array([float(changed.get(key, False)) for key in keys])


def reports(run: Trajectories, world: World, scale: Reference) -> Reports:
    """Ask everybody on the staff of a world, at every wave, how much they practise."""
    p = run.scenario.parameters
    rows = _asked(world.staff)
    at, wave = positions(run, rows["replicate"]), np.searchsorted(waves(run), rows["month"])
    practice = rows["P"].mean(axis=1, dtype=np.float64)
    key = at, wave, rows["center"], _persons_item(rows)
    report = [measurement.self_report(x, p.sr_bias, p.sr_demand, e, p.sr_sd, z) for x, e, z in zip(
        practice.tolist(), rows["exposed"].astype(float).tolist(), _scores(run, key, draws.SELF_REPORT), strict=True)]
    probability = np.array([measurement.response_probability(m, mean, sd, p.nonresp_slope) for m, mean, sd in zip(
        rows["M"].tolist(), scale.motivation_mean[at].tolist(), scale.motivation_sd[at].tolist(), strict=True)])
    responded = _uniforms(run, key, draws.RESPONSE) < probability
    return Reports(at, wave, rows["center"], rows["role"], practice, np.array(report), responded, probability)


def _asked(rows: StaffRows) -> StaffRows:
    return rows.where(rows["filled"] & (rows["role"] < PARENT))


def _persons_item(rows: StaffRows) -> Any:
    return draws.staff_item(rows["slot"].astype(np.int64), rows["occupant"].astype(np.int64), 0)  # type: ignore[arg-type]


def _uniforms(run: Trajectories, key: tuple[Array, Array, Array, Any], stream: int) -> Array:
    """Draw a uniform a row; the integer arithmetic of :func:`bscsim.rules.draws.uniform` takes arrays."""
    at, wave, center, item = (np.asarray(part, np.int64) for part in key)
    step = waves(run).astype(np.int64)[wave]  # keyed by the month, whatever burn-in and time step
    replicate = np.asarray(run.replicates, np.int64)[at]
    number = run.labels.number[center]
    return np.asarray(draws.uniform(run.seed, replicate, number, item, step, stream))  # type: ignore[arg-type]


def _scores(run: Trajectories, key: tuple[Array, Array, Array, Any], stream: int) -> list[float]:
    return [operators.normal(u) for u in _uniforms(run, key, stream).tolist()]


def measured_readiness(run: Trajectories, world: World, months: Array) -> Array:
    """Return measured readiness R at these months, [replicate, month, center], as enrolment measures it.

    Each component with its own instrument error (E15), keyed by center, component and month; then the power mean.
    At month 0 it is what enrolment saw of an applicant.
    """
    from bscsim.rules import enrolment, readiness

    p = run.scenario.parameters
    names = ("motivation", "capacity", "qi")
    spreads = (p.motivation_sd, p.capacity_sd, p.qi_sd)
    shape = (len(run.replicates), len(months), len(run.labels.center_id))
    at, moment, center = (grid.ravel().astype(np.int64) for grid in np.indices(shape))
    step = months.astype(np.int64)[moment]  # keyed by the month: 0 is what enrolment saw
    replicate, number = np.asarray(run.replicates, np.int64)[at], run.labels.number[center]
    seen = []
    for item, (name, spread) in enumerate(zip(names, spreads, strict=True)):
        true = world[name][at, center, months[moment]].astype(np.float64)
        u = draws.uniform(run.seed, replicate, number, np.full(len(at), item), step, draws.READINESS_ERROR)  # type: ignore[arg-type]
        seen.append([enrolment.measured(x, spread, p.ready_rel, operators.normal(v))
                     for x, v in zip(true.tolist(), np.asarray(u).tolist(), strict=True)])
    values = [readiness.readiness(a, g, q, p.ready_power) for a, g, q in zip(*seen, strict=True)]
    return np.array(values).reshape(shape)


def cell_means(run: Trajectories, where: tuple[Array, Array, Array], values: Array) -> Array:
    """Average values into [replicate, wave, center] cells; NaN in an empty cell."""
    shape = (len(run.replicates), len(waves(run)), len(run.labels.center_id))
    cell = np.ravel_multi_index(where, shape)
    size = int(np.prod(shape))
    return divide(np.bincount(cell, values, size), np.bincount(cell, minlength=size)).reshape(shape)
