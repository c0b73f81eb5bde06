"""Pools of centers made up for tests of recruitment and allocation: no simulation."""

from __future__ import annotations

from typing import Any

import numpy as np

import bscsim
from bscsim.trial.enrolling.candidates import Candidates, measured_readiness
from bscsim.trial.settings import CohortSettings, DesignSettings
from bscsim.trial.trial import Trial

THREE = tuple(CohortSettings(starts=month, collaboratives=2) for month in (0, 12, 24))
SEED = 11

DESIGNS: dict[str, dict[str, Any]] = {
    "parallel": {},
    "stratified": {"strata": ("sector", "size", "readiness")},
    "pairs": {"pairs_on": ("sector", "size", "readiness"), "control_centers": 30},
    "wait_list": {"type": "wait_list", "waits": 9},
    "stepped_wedge": {"type": "stepped_wedge", "strata": ("sector",)},
    "pre_post": {"type": "pre_post"},
    "interrupted_series": {"type": "interrupted_series"},
    "matched_comparison": {"type": "matched_comparison", "match_on": ("size", "sector", "practice")},
}


def pool(replicates: int = 20, centers: int = 120, chance: float = 1.0) -> Candidates:
    """Centers with random traits, the last third in sector 1; each applies with the chance given."""
    rng = np.random.default_rng(5)
    shape = (replicates, centers)
    components = rng.uniform(0.05, 0.95, (*shape, 3))
    eligible = rng.random(shape) < 0.95
    return Candidates(
        np.arange(replicates) + 3, np.arange(centers) * 7, (np.arange(centers) >= 2 * centers // 3).astype(np.int8),
        np.arange(centers) % 3, rng.integers(4, 40, shape), measured_readiness(components, 0.0), components,
        rng.random(shape), eligible, eligible & (rng.random(shape) < chance),
    )  # fmt: skip


def trial(enrolment: dict[str, Any] | None = None, **design: Any) -> Trial:
    changes = {f"enrolment.{name}": value for name, value in {"rule": "random", **(enrolment or {})}.items()}
    scenario = bscsim.Scenario().with_values({"population.centers": 200, **changes})
    given = {"cohorts": THREE, "centers_per_collaborative": 5, "control_centers": 26, **design}
    return Trial(scenario, DesignSettings(**given), {}, ())


def some(seen: Candidates, rows: Any) -> Candidates:
    """Some of the replicates, in the order given."""
    shared = {name: getattr(seen, name) for name in ("number", "sector", "area")}
    own = {name: getattr(seen, name)[rows] for name in Candidates._fields if name not in shared}
    return Candidates(**shared, **own)


def same(one: Any, two: Any, rows: Any) -> None:
    """Study two is rows of study one, to the bit."""
    for name in one._fields[1:]:
        np.testing.assert_array_equal(getattr(one, name)[rows], getattr(two, name), name)
    np.testing.assert_array_equal(one.allocation.collaborative[rows], two.allocation.collaborative)
