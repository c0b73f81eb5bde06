"""Tidy tables of centers by month and of staff by wave.

Every table of the record starts with the same columns, in this order where they apply:

replicate
    Number of the replicate.
world
    "treated" (the scenario) or "twin" (the same centers and draws, nobody treated).
center, center_id, sector, area, collaborative, cohort, size
    Position in the labels, the file's name for it, child_care | head_start | school, name of the area,
    number of the collaborative and of the cohort (-1 none), staff slots.
month
    Month since enrolment; stocks at its start, flows during it.

Names are categories, so that a table of thousands of centers stays small.  A missing value is NaN.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bscsim.record.measures import EVENTS, LINES, MEASURES, ROLES, SECTORS, STAFF_COLUMNS, STATUS, Measure
from bscsim.record.staff_rows import Array
from bscsim.record.trajectories import Trajectories

if TYPE_CHECKING:
    import pandas as pd

WORLDS = ("treated", "twin")

_FLAT_AXIS = {"role": ROLES, "line": LINES, "event": EVENTS}


def category(codes: Array, names: tuple[str, ...]) -> pd.Categorical[Any]:
    """Turn codes (positions in ``names``) into a category column.

    >>> list(category(np.array([1, 0]), ("a", "b")))
    ['b', 'a']
    """
    import pandas as pd

    return pd.Categorical.from_codes(np.asarray(codes, np.int64).tolist(), categories=pd.Index(names))


def place(run: Trajectories, at: Array, center: Array) -> dict[str, Any]:
    """Return the columns that say where a row belongs, for positions of replicates and of centers."""
    labels = run.labels
    return {
        "center": np.asarray(center, np.int32),
        "center_id": category(center, tuple(str(name) for name in labels.center_id)),
        "sector": category(labels.sector[center], SECTORS),
        "area": category(labels.area[center], labels.area_names),
        "collaborative": labels.collaborative[at, center],
        "cohort": labels.cohort[at, center],
        "size": labels.size[at, center],
    }


def numbers(run: Trajectories, at: Array) -> Array:
    """Return the numbers of the replicates at positions ``at``."""
    return np.asarray(run.replicates, np.int64)[at]


def centers(run: Trajectories, worlds: tuple[str, ...] = WORLDS) -> pd.DataFrame:
    """Tabulate every center by month: a row a replicate, world, center and month 0..horizon, in this order.

    Columns: those of the module's docstring; ``status`` (a name of STATUS); each measure by month under its
    own name; by role ``practice_teacher``, ``exits_leader``, ...; ``fit`` (mean over drivers) and ``fit_1``
    ... ``fit_D``; ``invited_session``, ``attended_call``, ... (all roles together; by role see
    :mod:`bscsim.record.participation`); ``cost_sessions``, ... and ``cost`` (all lines).
    """
    import pandas as pd

    chosen = [(name, world) for name, world in run.worlds if name in worlds]
    months = len(run.months)
    shape = (len(run.replicates), len(chosen), len(run.labels.center_id), months)
    at, which, center, month = (grid.ravel() for grid in np.indices(shape, np.int32))
    world_codes = np.array([WORLDS.index(name) for name, _ in chosen])
    columns: dict[str, Any] = {
        "replicate": numbers(run, at), "world": category(world_codes[which], WORLDS),
        **place(run, at, center), "month": month,
    }
    for row in MEASURES:
        if row.axes[:2] == ("center", "month"):
            stacked = np.stack([world[row.name] for _, world in chosen], axis=1)
            columns |= _flat(row, stacked.reshape(-1, *stacked.shape[4:]))
    columns["status"] = category(columns["status"], STATUS)
    return pd.DataFrame(columns)


def _flat(row: Measure, values: Array) -> dict[str, Array]:
    """Name a column for each cell of the axes after the month; add the drivers' mean, the lines' sum.

    Events are summed over roles.
    """
    if row.axes[-1] == "month":
        return {row.name: values}
    if row.axes[-1] == "driver":
        means = values.mean(axis=1, dtype=np.float64)
        return {row.name: means} | {f"{row.name}_{d + 1}": values[:, d] for d in range(values.shape[1])}
    if row.axes[-1] == "event":
        values = values.sum(axis=1)
    flat = {f"{row.name}_{name}": values[:, i] for i, name in enumerate(_FLAT_AXIS[row.axes[-1]])}
    return flat | ({row.name: values.sum(axis=1)} if row.axes[-1] == "line" else {})


def staff(run: Trajectories, month: int | None = None, worlds: tuple[str, ...] = WORLDS) -> pd.DataFrame:
    """Tabulate staff slots at one wave, or at all: a row a replicate, world, month, center and slot.

    Columns: those of the module's docstring; ``slot``, ``role`` (a name), ``classroom``, ``occupant``,
    ``person``, ``filled``, ``seat``, ``ever_seat``, ``exposed``, ``tenure`` (years), ``M``, ``m0``;
    ``practice`` and ``knowledge`` (means over drivers, NaN in a vacant slot and for parents); ``K_1``..,
    ``k0_1``.., ``P_1``.., ``b_1``.. by driver.

    Raises ValueError if there is no wave at ``month``.
    """
    import pandas as pd

    parts = []
    for name, world in run.worlds:
        if name in worlds:
            rows = world.staff
            if month is not None:
                rows = rows.where(rows["month"] == month)
            parts.append(pd.DataFrame(_staff_columns(run, name, rows)))
    if month is not None and not sum(map(len, parts)):
        waves = np.unique(run.treated.staff["month"]).tolist()
        raise ValueError(f"no staff were recorded at month {month}; waves are at months {waves}")
    table = pd.concat(parts, ignore_index=True)
    keys = ["replicate", "world", "month", "center", "slot"]
    return table.sort_values(keys, ignore_index=True, kind="stable")


def _staff_columns(run: Trajectories, world: str, rows: Any) -> dict[str, Any]:
    held = rows.columns
    at = positions(run, held["replicate"])
    columns: dict[str, Any] = {
        "replicate": held["replicate"],
        "world": category(np.full(len(at), WORLDS.index(world)), WORLDS),
        **place(run, at, held["center"]),
    }
    for column in STAFF_COLUMNS:
        if not column.axes and column.name not in columns:
            columns[column.name] = held[column.name]
    columns["role"] = category(held["role"], ROLES)
    columns["practice"] = held["P"].mean(axis=1, dtype=np.float64)
    columns["knowledge"] = held["K"].mean(axis=1, dtype=np.float64)
    for name in ("K", "k0", "P", "b"):
        columns |= {f"{name}_{d + 1}": held[name][:, d] for d in range(rows.drivers)}
    return columns


def positions(run: Trajectories, replicate: Array) -> Array:
    """Return the positions, in the leading axis, of replicate numbers."""
    order = np.argsort(run.replicates)
    return order[np.searchsorted(np.asarray(run.replicates)[order], replicate)]
