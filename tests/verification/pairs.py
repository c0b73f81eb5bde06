"""What the paired tests share: one small study, its variants under common random numbers, and what "larger" means.

Eight centers of twelve staff, one collaborative, at most thirty replicates.  Every variant has the same centers,
people and draws as the study itself, so a difference between two runs is made by the mechanism alone, and its Monte
Carlo error is that of a mean of paired differences over replicates.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bscsim.agents.center import Center
from bscsim.agents.collaborative import CollaborativeModel
from bscsim.agents.run import observe, release
from bscsim.agents.staff import Staff
from bscsim.record.trajectories import Trajectories
from bscsim.scenario.population import make_pool
from bscsim.scenario.scenario import Scenario

STUDY: dict[str, Any] = {
    "population.sizes": 12, "population.drivers": 3, "calendar.burn_in": 9, "calendar.horizon": 28,
    "calendar.waves": [0, 9, 16, 28], "enrolment.team_size": 4,
}  # fmt: skip
NOBODY_LEAVES = {f"parameters.turn_base_{sector}": 0.0 for sector in ("child_care", "head_start", "school")}
START, MIDDLE, END, LATER = 0, 9, 16, 28

Values = NDArray[Any]


class _Plain:
    """A mapping that can be a key of a cache."""

    def __init__(self, changes: dict[str, Any]) -> None:
        self.changes, self.key = changes, repr(sorted(changes.items()))

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Plain) and self.key == other.key


def run(
    changes: dict[str, Any] | None = None, replicates: int = 12, *, twin: bool = False,
    staff_class: type[Staff] = Staff, center_class: type[Center] = Center,
) -> Trajectories:  # fmt: skip
    """Simulate the study with other values at dotted paths; a run asked for again is not simulated again."""
    return _run(_Plain(changes or {}), replicates, twin, staff_class, center_class)


@cache
def _run(
    plain: _Plain, replicates: int, twin: bool, staff_class: type[Staff], center_class: type[Center]
) -> Trajectories:
    scenario = Scenario().with_values({**STUDY, **plain.changes})
    pool = make_pool(scenario.population)
    record = Trajectories.empty(scenario, pool, 1, range(replicates), twin)
    for row in range(replicates):
        for name, world in record.worlds:
            model = CollaborativeModel(scenario, 1, row, treated=name == "treated", pool=pool,
                                       center_class=center_class, staff_class=staff_class)  # fmt: skip
            observer = observe(model, world, row)
            if model.treated:
                observer.label(record.labels)
            release(model)
    return record


def error(differences: Values) -> float:
    """Monte Carlo error of a mean over replicates."""
    return float(np.std(differences, ddof=1) / np.sqrt(len(differences)))


def is_above(differences: Values, bound: float = 0.0, errors: float = 3.0) -> bool:
    """Whether the mean over replicates lies above ``bound`` by more than ``errors`` Monte Carlo errors."""
    return bool(np.mean(differences) - errors * error(differences) > bound)


def is_below(differences: Values, bound: float = 0.0, errors: float = 3.0) -> bool:
    """Whether the mean over replicates lies below ``bound`` by more than ``errors`` Monte Carlo errors."""
    return is_above(-differences, -bound, errors)


def by_replicate(record: Trajectories, name: str, month: int) -> Values:
    """Mean over centers (and drivers) of a stock of the treated world at a month, by replicate."""
    values: Values = record.treated[name][:, :, month].astype(np.float64)
    return np.nanmean(values.reshape(len(values), -1), axis=1)


def total(record: Trajectories, name: str, first: int = START, end: int = END) -> Values:
    """Sum over centers of a flow of the treated world over the months from ``first`` to before ``end``."""
    flow: Values = record.treated[name][:, :, first:end].astype(np.float64)
    return flow.reshape(len(flow), -1).sum(axis=1)
