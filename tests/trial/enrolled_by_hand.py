"""A study enrolled by hand: an ordinary run whose collaboratives are the treated arm and whose other centers are the
controls, so that measurement is tested without recruitment and allocation."""

from __future__ import annotations

from typing import Any

import numpy as np

import bscsim
from bscsim.record.trajectories import Trajectories
from bscsim.scenario.allocation import Allocation
from bscsim.trial.enrolled import NEVER, Enrolled
from bscsim.trial.settings import AnalysisSettings, AttritionSettings, CohortSettings, DesignSettings, MeasureSettings
from bscsim.trial.trial import Trial

# Ten centers of twelve in two areas, six of them in two collaboratives that are over after ten months.
SMALL: dict[str, Any] = {
    "population.centers": 10, "population.areas": 2, "population.sizes": 12, "population.drivers": 3,
    "population.parents": True,
    "enrolment.collaboratives": 2, "enrolment.centers_per_collaborative": 3, "enrolment.rule": "random",
    "calendar.burn_in": 6, "calendar.prework": [0, 2], "calendar.sessions": [2, 5, 8], "calendar.ends": 10,
    "calendar.horizon": 20, "calendar.waves": [0, 5, 10, 15, 20],
    "parameters.turn_base_child_care": 0.7, "parameters.withdraw": 0.4, "parameters.hire_local": 0.5,
}  # fmt: skip

WAVES = {"baseline": 0, "post": 10, "followup": 20}


def simulated(replicates: Any = (3, 0, 5), changes: dict[str, Any] | None = None, seed: int = 8) -> Trajectories:
    """Both worlds of the small study, with other values at dotted paths."""
    scenario = bscsim.Scenario().with_values({**SMALL, **(changes or {})})
    return bscsim.simulate(scenario, replicates, seed, twin=True)


def enrolled_in(run: Trajectories, **fields: Any) -> Enrolled:
    """Everybody is in the study from month 0; fields replaces arrays of the result."""
    inside = run.labels.collaborative.astype(np.int64)
    arm, zero = inside >= 0, np.zeros_like(inside)
    allocation = Allocation(inside, np.zeros(max(int(inside.max()) + 1, 0), np.int64), zero == 0)
    plain = Enrolled(
        allocation, in_study=zero == 0, treated=arm, cohort=zero, start=zero, begins=np.where(arm, 0, NEVER),
        collaborative=inside, stratum=zero, readiness=np.full(inside.shape, np.nan), size=run.labels.size.astype(int),
    )  # fmt: skip
    return plain._replace(**fields)


def in_two_cohorts(run: Trajectories, later: int = 5) -> Enrolled:
    """Centers 0-4 are measured from month 0, the others from month ``later``; the last center is not in the study."""
    base = enrolled_in(run)
    cohort = np.broadcast_to(np.arange(base.cohort.shape[1]) >= 5, base.cohort.shape).astype(np.int64)
    inside = np.ones_like(base.in_study)
    inside[:, -1] = False
    treated = base.treated & inside
    return base._replace(in_study=inside, treated=treated, cohort=np.where(inside, cohort, -1), start=cohort * later,
                         begins=np.where(treated, cohort * later, NEVER))  # fmt: skip


def trial_of(
    run: Trajectories, measures: dict[str, dict[str, Any]], attrition: tuple[float, float] = (0.0, 0.0),
    starts: tuple[int, ...] = (0,), **design: Any,
) -> Trial:
    """A trial of these measures, waves at months 0, 10 and 20 unless the design says so."""
    cohorts = tuple(CohortSettings(starts=month) for month in starts)
    settings = DesignSettings(**{"waves": WAVES, "cohorts": cohorts, **design})
    return Trial(
        run.scenario, settings, {name: MeasureSettings(**one) for name, one in measures.items()}, (),
        AttritionSettings(treated=attrition[0], control=attrition[1]),
    )  # fmt: skip


def analysis_of(outcome: str, **more: Any) -> AnalysisSettings:
    """An analysis of a measure."""
    return AnalysisSettings(outcome=outcome, **more)
