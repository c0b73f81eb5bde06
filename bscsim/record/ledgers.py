"""The two ledgers: who left and what went with them, and what it all cost.

Codes and payers of the cost lines are in :mod:`bscsim.record.measures` (LINES, PAYER_OF_LINE, PAYERS).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bscsim.record.frames import WORLDS, category, numbers, place
from bscsim.record.measures import LINES, PARENT, PAYER_OF_LINE, PAYERS, ROLES, TEACHER
from bscsim.record.ratio import divide
from bscsim.record.staff_rows import Array
from bscsim.record.trajectories import Trajectories, World

if TYPE_CHECKING:
    import pandas as pd

MONTHS_PER_YEAR = 12


def turnover(run: Trajectories, per: str = "year") -> pd.DataFrame:
    """Tabulate turnover: a row a replicate, world, center and year (or month) since enrolment.

    Columns: ``replicate``, ``world``, those of a center (see :mod:`bscsim.record.frames`), ``year`` (0 =
    months 0-11) or ``month``; ``months`` in the row (the last year may be short); ``staff`` (mean of the
    months' filled slots); ``exits`` (staff roles) and ``exits_leader`` ... ``exits_parent``;
    ``annual_rate`` = exits a year per person on staff (NaN if nobody); ``hires``, ``local_hires``;
    ``replaced`` = hires / exits (NaN without exits); ``seats_lost``, ``seats_refilled``; ``knowledge_lost``
    = sum over leavers of mean K - k0; ``leaver_practice`` = mean P of leaving teachers (NaN if none).

    Raises ValueError if ``per`` is neither "year" nor "month".
    """
    import pandas as pd

    if per not in ("year", "month"):
        raise ValueError(f'turnover is per "year" or per "month", not per {per!r}')
    steps = len(run.months) - 1  # the last point is the horizon, after which nothing happens
    starts = np.arange(0, steps, MONTHS_PER_YEAR if per == "year" else 1)
    parts = []
    for name, world in run.worlds:
        at, center, block = (g.ravel() for g in np.indices((*run.labels.size.shape, len(starts)), np.int32))
        columns: dict[str, Any] = {
            "replicate": numbers(run, at), "world": category(np.full(len(at), WORLDS.index(name)), WORLDS),
            **place(run, at, center), per: block,
            "months": np.diff(np.append(starts, steps))[block],
        }
        parts.append(pd.DataFrame(columns | _leavers(world, starts, steps)))
    table = pd.concat(parts, ignore_index=True)
    return table.sort_values(["replicate", "world", "center", per], ignore_index=True, kind="stable")


def _leavers(world: World, starts: Array, steps: int) -> dict[str, Array]:
    """Sum the flows over blocks of months, flattened in the order replicate, center, block."""

    def total(name: str) -> Array:
        sums = np.add.reduceat(world[name][:, :, :steps].astype(np.float64), starts, axis=2)
        return sums.reshape(-1, *sums.shape[3:])

    by_role, hires = total("exits"), total("hires")[:, :PARENT].sum(axis=1)
    exits = by_role[:, :PARENT].sum(axis=1)
    staff_months = total("staff")[:, :PARENT].sum(axis=1)
    months = np.tile(np.diff(np.append(starts, steps)), len(exits) // max(len(starts), 1))
    columns: dict[str, Array] = {
        "staff": staff_months / months, "exits": exits.astype(np.int64),
        **{f"exits_{role}": by_role[:, code].astype(np.int64) for code, role in enumerate(ROLES)},
        "annual_rate": divide(exits * MONTHS_PER_YEAR, staff_months),
        "hires": hires.astype(np.int64), "local_hires": total("local_hires").astype(np.int64),
        "replaced": divide(hires, exits),
    }
    for name in ("seats_lost", "seats_refilled"):
        columns[name] = total(name).astype(np.int64)
    columns["knowledge_lost"] = total("knowledge_lost")
    columns["leaver_practice"] = divide(total("leaver_practice"), by_role[:, TEACHER])
    return columns


def costs(run: Trajectories) -> pd.DataFrame:
    """Tabulate money over the whole horizon: a row a replicate, center and cost line.

    Columns: ``replicate``, those of a center (see :mod:`bscsim.record.frames`), ``line``, ``payer``, ``cost``
    (USD, in the treated world), ``without_bsc`` (in the twin: 0 for every line but hiring; NaN if there is no
    twin) and ``added`` = cost - without_bsc.  Hiring follows exits, with or without a collaborative, so it
    has a payer of its own ("center, turnover") and is left out of what the collaborative costs.
    """
    import pandas as pd

    spent = run.treated["cost"].sum(axis=2)
    otherwise = np.full_like(spent, np.nan) if run.twin is None else run.twin["cost"].sum(axis=2)
    at, center, line = (grid.ravel() for grid in np.indices(spent.shape, np.int32))
    payer = np.array([PAYERS.index(name) for name in PAYER_OF_LINE])
    return pd.DataFrame({
        "replicate": numbers(run, at), **place(run, at, center),
        "line": category(line, LINES), "payer": category(payer[line], PAYERS),
        "cost": spent.ravel(), "without_bsc": otherwise.ravel(), "added": (spent - otherwise).ravel(),
    })
