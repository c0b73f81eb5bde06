"""What the tests at scale share: the default study, hundreds of replicates of it, and its means by replicate.

The compiled engine gives the bits of the Mesa model (T38, ``test_at_scale.py``) in a few milliseconds a replicate, so
what ``test_paired.py`` states of a small study is stated here of the default one: eight centers of 6 to 60 staff, six
drivers, burn-in, turnover and all.  Contrasts are between runs of one seed (common random numbers); errors are those of
a mean of differences over replicates (:mod:`tests.verification.pairs`).  Seeds are fixed: what passes, passes always.
"""

from __future__ import annotations

from ast import literal_eval
from functools import lru_cache
from typing import Any

import numpy as np

from bscsim.engine.burnin import BurnIns
from bscsim.record.measures import TEACHER
from bscsim.record.trajectories import Trajectories, World
from bscsim.scenario.scenario import Scenario
from bscsim.simulate import simulate
from tests.verification.pairs import Values, error

STUDY: dict[str, Any] = {"calendar.horizon": 28, "calendar.waves": [0, 9, 16, 28]}
START, MIDDLE, END, LATER = 0, 9, 16, 28
SHORT = {"calendar.horizon": END, "calendar.waves": [0, MIDDLE, END]}
"""Changes that end the study with the collaborative."""

ALONE = {"parameters.hire_local": 0.0, "parameters.contact_out": 0.0, "parameters.share_gain": 0.0}
"""Changes after which no center's path depends on another's."""

REPLICATES = 150
SEED = 11

_BURN_INS = BurnIns(128 * 2**20)


def run(
    changes: dict[str, Any] | None = None, replicates: int = REPLICATES, *, twin: bool = False, seed: int = SEED
) -> Trajectories:
    """Simulate the study with other values at dotted paths; the latest runs are kept."""
    return _run(repr(sorted({**STUDY, **(changes or {})}.items())), replicates, twin, seed)


@lru_cache(maxsize=4)
def _run(changes: str, replicates: int, twin: bool, seed: int) -> Trajectories:
    scenario = Scenario().with_values(dict(literal_eval(changes)))
    return simulate(scenario, replicates, seed, twin, burn_ins=_BURN_INS)


def parameters(**values: float) -> dict[str, float]:
    """Parameters as changes."""
    return {f"parameters.{name}": value for name, value in values.items()}


def agree(differences: Values, bound: float = 0.0, errors: float = 4.0) -> bool:
    """Whether the mean over replicates lies within ``bound`` of 0, give or take ``errors`` Monte Carlo errors."""
    return bool(abs(np.mean(differences)) <= bound + errors * error(differences))


def people(world: World, name: str, month: int, role: int = TEACHER, centers: Values | None = None) -> Values:
    """Mean of a stock by role over everybody of a role present (in some centers), by replicate."""
    level = world[name][:, :, month, role].astype(np.float64)
    count = world["staff"][:, :, month, role] * (1.0 if centers is None else centers)
    total: Values = np.where(count > 0.0, level * count, 0.0).sum(axis=1)
    return total / count.sum(axis=1)


def effect(record: Trajectories, month: int, centers: Values | None = None) -> Values:
    """True effect on the practice of all teachers present (open cohort), by replicate."""
    treated, twin = (people(world, "practice", month, TEACHER, centers) for world in (record.treated, record.untreated))
    return treated - twin


def by_center(world: World, name: str, month: int) -> Values:
    """A stock at a month by replicate and center, the mean over drivers if it has any."""
    values: Values = world[name][:, :, month].astype(np.float64)
    return values.reshape(*values.shape[:2], -1).mean(axis=2)
