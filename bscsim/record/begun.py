"""When each center's collaborative started: at enrolment, or later where an allocation from outside says so."""

from __future__ import annotations

import numpy as np

from bscsim.record.measures import ACTIVE, ALUMNI, WITHDRAWN
from bscsim.record.staff_rows import Array
from bscsim.record.trajectories import Trajectories

NEVER = -1


def begun(run: Trajectories) -> Array:
    """Return the month in which each center's collaborative started, [replicate, center]; NEVER if none did.

    A center's status says so at the start of the next month, whatever became of it during the first.

    >>> from bscsim import Scenario, simulate
    >>> run = simulate(Scenario(), 1)
    >>> set(begun(run)[run.labels.collaborative >= 0].tolist())
    {0}
    """
    inside = np.isin(run.treated["status"], (ACTIVE, ALUMNI, WITHDRAWN))
    return np.where(inside.any(axis=2), inside.argmax(axis=2) - 1, NEVER)


def since_start(run: Trajectories, first: int, last: int) -> Array:
    """Return which months are ``first`` to before ``last`` on their center's own calendar, [replicate, center, month].

    None are where no collaborative started.
    """
    start = begun(run)[:, :, None]
    months = np.asarray(run.months)
    inside: Array = (start != NEVER) & (months >= start + first) & (months < start + last)
    return inside
