"""A record made by hand: 3 centers, replicates 4 and 9, months 0 to 14, two drivers; every number is in sight.

Centers "a" (child care, north) and "b" (Head Start, north) are enrolled, "c" (school, south) is outside.  The
collaborative ends at month 3; waves are at months 0, 3 and 14.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from bscsim.record.measures import ACTIVE, STAFF_COLUMNS
from bscsim.record.trajectories import Trajectories
from bscsim.scenario.scenario import Scenario

CALENDAR = {"burn_in": 2, "prework": (0, 1), "sessions": (1,), "ends": 3, "horizon": 14, "waves": (0, 3, 14)}
REPLICATES = (4, 9)


@dataclass
class SmallPool:
    id: tuple[str, ...] = ("a", "b", "c")
    number: tuple[int, ...] = (0, 1, 4_000_000_000)
    sector: tuple[int, ...] = (0, 1, 2)
    area: tuple[int, ...] = (0, 0, 1)
    area_names: tuple[str, ...] = ("north", "south")
    size: tuple[int, ...] = (4, 4, 4)


def small_scenario(**parameters):
    return Scenario(
        name="by-hand", calendar=CALENDAR, parameters=parameters,
        population={"centers": 3, "drivers": 2, "sectors": {"child_care": 1, "head_start": 1, "school": 1}},
        enrolment={"centers_per_collaborative": 2, "rule": "random"},
    )


def small_run(twin=True, replicates=REPLICATES, pool=None, **parameters):
    """Return a record with labels and nothing else."""
    run = Trajectories.empty(small_scenario(**parameters), pool or SmallPool(), 7, replicates, twin)
    run.labels.collaborative[:] = (0, 0, -1)
    run.labels.cohort[:] = (0, 0, -1)
    run.labels.applied[:] = (True, True, False)
    run.treated["status"][:, :2, 1:] = ACTIVE
    return run


def add_staff(world, replicate, month, *rows, drivers=2):
    """Append slots; a row is a dict with center, slot, person, P (one number for all drivers) and what differs from
    a teacher without a seat; person -1 is a vacant slot."""
    block = []
    for row in rows:
        p = float(row.pop("P", np.nan))
        vacant = row.get("person") == -1
        made = {
            "role": 2, "classroom": row["slot"], "occupant": 0, "filled": not vacant, "seat": 0, "ever_seat": False,
            "exposed": False, "tenure": np.nan if vacant else 3.0, "M": np.nan if vacant else 0.5,
            "m0": 0.5, "K": [p + 0.1] * drivers, "k0": [p + 0.1] * drivers, "P": [p] * drivers,
            "b": [row["person"] / 1000.0] * drivers, **row,
        }
        block.append({name: np.full(drivers, value) if name in ("K", "P", "k0", "b") else value
                      for name, value in made.items()})
    names = [c.name for c in STAFF_COLUMNS[2:]]
    world.staff.append(replicate, month, **{name: np.array([row[name] for row in block]) for name in names})


@pytest.fixture
def run():
    return small_run()
