"""A record as three flat tables, and back: the columns that :mod:`bscsim.record.store` keeps in files.

Axes after the month (or the center) are flattened into columns ``practice_teacher``, ``invited_leader_session``,
``cost_hiring``, ``fit_1``, ...; what has no rows of its own (seed, replicates, area names, the ledger of persons)
goes into a description beside them.  Rows are in key order, ``world`` is 0 (treated) or 1 (twin).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bscsim.record.measures import COMPONENTS, EVENTS, LABELS, LINES, MEASURES, ROLES, STAFF_COLUMNS, STAFF_KEY, Measure
from bscsim.record.staff_rows import Array, StaffRows
from bscsim.record.trajectories import Labels, Trajectories, World

if TYPE_CHECKING:
    from bscsim.scenario.scenario import Scenario

CENTER_LABELS = ("center_id", "number", "sector", "area")
"""Labels that differ between centers only."""


def about(run: Trajectories) -> dict[str, Any]:
    """Describe a record: what its tables do not say, in plain types."""
    return {
        "seed": run.seed, "replicates": list(run.replicates), "worlds": [world for world, _ in run.worlds],
        "centers": len(run.labels.center_id), "months": len(run.months), "drivers": run.drivers,
        "area_names": list(run.labels.area_names),
        "persons": {row.name: _stacked(run, row.name).tolist() for row in MEASURES if not row.axes},
    }


def cell_names(row: Measure, after: str, drivers: int) -> list[str]:
    """Name the columns of a measure: one a cell of the axes that follow ``after``.

    >>> from bscsim.record.measures import measure
    >>> cell_names(measure("fit"), "month", 2), cell_names(measure("status"), "month", 2)
    (['fit_1', 'fit_2'], ['status'])
    """
    names = _axis_names(drivers)
    cells = [row.name]
    for axis in _axes_after(row, after):
        cells = [f"{cell}_{name}" for cell in cells for name in names[axis]]
    return cells


def _axes_after(row: Measure, after: str) -> tuple[str, ...]:
    return row.axes[row.axes.index(after) + 1:] if after in row.axes else row.axes


def _axis_names(drivers: int) -> dict[str, tuple[str, ...]]:
    return {"role": ROLES, "event": EVENTS, "line": LINES, "component": COMPONENTS,
            "driver": tuple(str(d + 1) for d in range(drivers))}


# -- to tables ---------------------------------------------------------------------------------------------------


def _stacked(run: Trajectories, name: str) -> Array:
    """Stack a measure with the world as second axis."""
    return np.stack([world[name] for _, world in run.worlds], axis=1)


def _keys(run: Trajectories, *lengths: int) -> list[Array]:
    """Give replicate number, world (0 treated, 1 twin) and further indices of every row, in key order."""
    grid = np.indices((len(run.replicates), len(run.worlds), *lengths), np.int32).reshape(2 + len(lengths), -1)
    wide = max(run.replicates) > np.iinfo(np.int32).max  # rarely; narrow numbers make narrow files
    return [np.asarray(run.replicates, np.int64 if wide else np.int32)[grid[0]], grid[1].astype(np.int8), *grid[2:]]


def _flatten(row: Measure, values: Array, after: str, drivers: int) -> dict[str, Array]:
    names = cell_names(row, after, drivers)
    flat = values.reshape(-1, len(names))
    return {name: np.ascontiguousarray(flat[:, i]) for i, name in enumerate(names)}


def centers_table(run: Trajectories) -> dict[str, Array]:
    """Return the columns of the table of centers: labels and totals."""
    count = len(run.labels.center_id)
    replicate, world, center = _keys(run, count)
    columns: dict[str, Array] = {"replicate": replicate, "world": world, "center": center}
    columns |= {name: getattr(run.labels, name)[center] for name in CENTER_LABELS}
    for row in LABELS:
        both = np.repeat(getattr(run.labels, row.name)[:, None], len(run.worlds), axis=1)
        columns |= _flatten(row, both, "center", run.drivers)
    for row in MEASURES:
        if row.kind == "total" and row.axes:
            columns |= _flatten(row, _stacked(run, row.name), "center", run.drivers)
    return columns


def months_table(run: Trajectories) -> dict[str, Array]:
    """Return the columns of the table of months: every measure by month, flattened."""
    replicate, world, center, month = _keys(run, len(run.labels.center_id), len(run.months))
    columns: dict[str, Array] = {
        "replicate": replicate, "world": world, "center": center, "month": month.astype(np.int16)}
    for row in MEASURES:
        if "month" in row.axes:
            columns |= _flatten(row, _stacked(run, row.name), "month", run.drivers)
    return columns


def staff_table(run: Trajectories) -> dict[str, Array]:
    """Return the columns of the table of staff, in the order replicate, world, month, center, slot."""
    held = [world.staff for _, world in run.worlds]
    world = np.repeat(np.arange(len(held), dtype=np.int8), [len(rows) for rows in held])
    joined = {column.name: np.concatenate([rows[column.name] for rows in held]) for column in STAFF_COLUMNS}
    joined["world"] = world
    order = np.lexsort([joined[name] for name in (*reversed(STAFF_KEY[1:]), "world", "replicate")])
    columns = {"replicate": joined["replicate"][order], "world": world[order]}
    for column in STAFF_COLUMNS[1:]:
        columns |= _flatten(column, joined[column.name][order], "", run.drivers)
    return columns


# -- from tables -------------------------------------------------------------------------------------------------


def rebuilt(about: dict[str, Any], loaded: dict[str, dict[str, Array]], scenario: Scenario) -> Trajectories:
    """Rebuild a record from its tables and what :func:`about` said of it."""
    centers, drivers = loaded["centers"], int(about["drivers"])
    replicates, worlds = tuple(about["replicates"]), len(about["worlds"])
    count, months = int(about["centers"]), int(about["months"])
    shape = (len(replicates), worlds, count)
    labels = Labels(
        **{name: centers[name][:count].copy() for name in CENTER_LABELS}, area_names=tuple(about["area_names"]),
        **{row.name: _unflatten(row, centers, "center", shape, drivers)[:, 0].copy() for row in LABELS})
    arrays: dict[str, Array] = {}
    for row in MEASURES:
        if "month" in row.axes:
            arrays[row.name] = _unflatten(row, loaded["months"], "month", (*shape, months), drivers)
        elif row.axes:
            arrays[row.name] = _unflatten(row, centers, "center", shape, drivers)
        else:
            arrays[row.name] = np.array(about["persons"][row.name], row.dtype)
    made = [World({name: np.ascontiguousarray(values[:, w]) for name, values in arrays.items()},
                  _staff_of(loaded["staff"], w, drivers)) for w in range(worlds)]
    return Trajectories(scenario, int(about["seed"]), replicates, labels, *made)


def _unflatten(row: Measure, columns: dict[str, Array], after: str, shape: tuple[int, ...], drivers: int) -> Array:
    names = cell_names(row, after, drivers)
    names_of = _axis_names(drivers)
    stacked = np.stack([columns[name] for name in names], axis=-1)
    return stacked.reshape(*shape, *(len(names_of[axis]) for axis in _axes_after(row, after)))


def _staff_of(columns: dict[str, Array], world: int, drivers: int) -> StaffRows:
    keep = columns["world"] == world
    rows = {}
    for column in STAFF_COLUMNS:
        names = cell_names(column, "", drivers)
        parts = [columns[name][keep] for name in names]
        rows[column.name] = np.stack(parts, axis=1) if column.axes else parts[0]
    return StaffRows.of(rows, drivers)
