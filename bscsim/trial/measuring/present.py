"""The units that are there at a study's waves in one world, with their true states: persons, classrooms, centers."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from bscsim.record.measures import ASSISTANT, PARENT, TEACHER
from bscsim.record.trajectories import Trajectories, World
from bscsim.rules import draws, measurement
from bscsim.trial.enrolled import Array
from bscsim.trial.measuring.matching import keys
from bscsim.trial.measuring.occasions import Occasions
from bscsim.trial.settings import MeasureSettings


class Present(NamedTuple):
    """Units there at waves, in the order of (replicate, wave, center, unit); [N] each."""

    at: Array
    """Position of the replicate."""
    wave: Array
    """Index of the occasion."""
    center: Array
    """Index of the center."""
    unit: Array
    """int64: person, classroom, or 0 of a center."""
    month: Array
    """Month of the study."""
    item: Array
    """int64: the unit's part of the key of its draws, without the measure's place."""
    true: Array
    """float64: the true state that is measured; of children's tests the practice of the room."""
    shown: Array
    """float64: the same as the instrument shows it on average, with its bias."""
    more: Array
    """float64: of persons their motivation, of rooms whether the lead teacher changed in the school year (0, 1)."""

    def where(self, keep: Array) -> Present:
        """Return the rows for which the boolean array is true."""
        if keep.all():
            return self
        rows = np.flatnonzero(keep)
        return Present(*(values.take(rows) for values in self))


def present(run: Trajectories, world: World, when: Occasions, settings: MeasureSettings) -> Present:
    """Return the units a measure looks at, all of them, whether or not they will be sampled or answer.

    A room without staff is not there; of staff, parents are not; centers are there always, but for reports one without
    teachers. Raises ValueError if staff were not recorded in a month that is needed.
    """
    if settings.of == "staff":
        return _persons(run, world, when, settings)
    if settings.of in ("classrooms", "children"):
        return _rooms(run, world, when, settings)
    return _centers(world, when, settings)


class _Rows(NamedTuple):
    """Staff rows of the record at the occasions: their number, replicate and occasion."""

    row: Array
    at: Array
    wave: Array


def _rows(run: Trajectories, world: World, when: Occasions, wanted: Array) -> _Rows:
    """Of the rows that are wanted ([n] bool of all rows)."""
    staff, recorded = world.staff, run.scenario.calendar.waves
    if missing := sorted(set(when.months.ravel().tolist()) - set(recorded)):
        raise ValueError(f"measured in month {missing[0]}, but the scenario records staff in {list(recorded)} only")
    occasion = np.full((len(when.months) + 1, len(run.months)), -1, np.int8)  # the last row: of cohort -1
    for cohort, months in enumerate(when.months):
        occasion[cohort, months] = np.arange(when.number)
    order = np.argsort(run.replicates)
    numbers, replicate = np.asarray(run.replicates)[order], staff["replicate"]  # sorted: a block a replicate
    ends = np.searchsorted(replicate, numbers, side="right") - np.searchsorted(replicate, numbers)
    at = np.repeat(order, ends)
    cohort = when.cohort.ravel().take(at * when.cohort.shape[1] + staff["center"])
    wave = occasion.ravel().take(cohort % len(occasion) * len(run.months) + staff["month"])
    row = np.flatnonzero((wave >= 0) & wanted)
    return _Rows(row, at.take(row), wave.take(row).astype(np.int64))


def _persons(run: Trajectories, world: World, when: Occasions, settings: MeasureSettings) -> Present:
    staff = world.staff
    role = staff["role"]
    asked = (role == TEACHER) | (role == ASSISTANT) if settings.who == "teaching" else role < PARENT
    row, at, wave = _rows(run, world, when, staff["filled"] & asked)
    center, person = staff["center"].take(row).astype(np.int64), staff["person"].take(row)
    key = keys(run, (at * when.number + wave) * when.cohort.shape[1] + center, person)
    if not bool((key[1:] > key[:-1]).all()):
        order = np.argsort(key, kind="stable")
        row, at, wave, center, person = (values.take(order) for values in (row, at, wave, center, person))
    mood = staff["M"].take(row).astype(np.float64)
    true = mood if settings.asks == "motivation" else mean_of_drivers(
        staff["K" if settings.asks == "knowledge" else "P"].take(row, axis=0))
    shown, p = true, run.scenario.parameters
    if settings.asks == "self_report":
        rule: Any = measurement.self_report  # takes arrays
        shown = rule(true, p.sr_bias, p.sr_demand, staff["exposed"].take(row), 0.0, 0.0)
    slot, occupant = staff["slot"].take(row).astype(np.int64), staff["occupant"].take(row).astype(np.int64)
    item = draws.staff_item(slot, occupant, 0)  # type: ignore[arg-type]
    month = staff["month"].take(row).astype(np.int64)
    return Present(at, wave, center, person, month, np.asarray(item), true, shown, mood)


def _rooms(run: Trajectories, world: World, when: Occasions, settings: MeasureSettings) -> Present:
    staff, (R, C), W = world.staff, when.cohort.shape, when.number
    M = int(staff["classroom"].max(initial=0)) + 1  # a cell a room: to count them all is faster than to sort

    def cells(wanted: Array) -> tuple[Array, Array]:
        row, at, wave = _rows(run, world, when, wanted & (staff["classroom"] >= 0))
        return row, ((at * W + wave) * C + staff["center"].take(row)) * M + staff["classroom"].take(row)

    row, cell = cells(staff["filled"])
    total = np.bincount(cell, mean_of_drivers(staff["P"].take(row, axis=0)), R * W * C * M)
    count = np.bincount(cell, minlength=R * W * C * M)
    units = np.flatnonzero(count)
    at, wave, center, room = np.unravel_index(units, (R, W, C, M))
    practice = total[units] / count[units]
    changed = np.zeros(len(units))
    if settings.of == "children":
        every = np.zeros(R * W * C * M)
        row, cell = cells(staff["role"] == TEACHER)
        every[cell] = lead_changed(run, *(staff[name].take(row) for name in ("month", "filled", "tenure")))
        changed = every[units]
    return Present(at, wave, center, room, when.month(at, wave, center), room, practice, practice, changed)


def lead_changed(run: Trajectories, month: Array, filled: Array, tenure: Array) -> Array:
    """:func:`bscsim.rules.measurement.lead_changed` of posts [N]: in which month, whether held, years in it."""
    season = run.scenario.calendar.season_month
    behind = np.array([measurement.school_months(season(m)) for m in run.months])
    changed: Array = ~filled | (tenure.astype(np.float64) < behind[month] / 12.0)
    return changed


def _centers(world: World, when: Occasions, settings: MeasureSettings) -> Present:
    R, C = when.cohort.shape
    at, wave, center = (grid.ravel() for grid in np.indices((R, when.number, C)))
    inside = when.cohort[at, center] >= 0
    at, wave, center = at[inside], wave[inside], center[inside]
    month = when.month(at, wave, center)
    if settings.of == "reports":
        true = world["practice"][at, center, month, TEACHER].astype(np.float64)
    else:
        true = world["readiness"][at, center, month].astype(np.float64)
    zero = np.zeros(len(at), np.int64)
    found = Present(at, wave, center, zero, month, zero, true, true, np.zeros(len(at)))
    return found.where(np.isfinite(true)) if settings.of == "reports" else found


def mean_of_drivers(levels: Array) -> Array:
    """Return the mean over the last axis [N, D] in double precision, driver by driver: faster than along rows.

    >>> mean_of_drivers(np.array([[0.25, 0.75]], np.float32)).tolist()
    [0.5]
    """
    total: Array = np.zeros(len(levels))
    for column in levels.T:
        total += column
    total /= levels.shape[1]
    return total
