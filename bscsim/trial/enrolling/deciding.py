"""From candidates to a study: recruitment, cohorts, arms, collaboratives and the months in which all of it starts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bscsim.rules.draws import STUDY_COLLABORATIVE
from bscsim.scenario.allocation import Allocation
from bscsim.trial.enrolled import NEVER, Enrolled
from bscsim.trial.enrolling.allocating import Arms, collaboratives, paired, stepped, stratified
from bscsim.trial.enrolling.candidates import Candidates, candidates
from bscsim.trial.enrolling.matching import matched
from bscsim.trial.enrolling.placing import lots
from bscsim.trial.enrolling.quotas import wanted
from bscsim.trial.enrolling.recruiting import cohorts, recruit
from bscsim.trial.settings import DesignSettings
from bscsim.trial.trial import STUDY_CLOCK, Trial

Array = NDArray[Any]


def enrol(
    trial: Trial, replicates: Sequence[int], seed: int, burn_ins: Any = None, threads: int | None = None
) -> Enrolled:
    """Recruit and allocate the centers of a trial in each replicate.

    The model is run to month 0, where recruiters see sizes, sectors, areas, measured readiness and practice; then comes
    the design.  A replicate's study depends on its number and the seed alone, not on which others are asked for.  Where
    fewer centers can be recruited than the design wants, all of them are shared over arms and cohorts in proportion; a
    replicate in which an arm would have fewer than two centers has no study (all -1, nobody in it).

    burn_ins
        A :class:`bscsim.engine.burnin.BurnIns`; the simulation that follows with the same replicates is spared its
        burn-in, if the store holds all of them (1.1 kB for each person of the pool and replicate).

    >>> import bscsim
    >>> from bscsim.trial.settings import DesignSettings
    >>> pool = bscsim.Scenario().with_values({"population.centers": 12, "enrolment.rule": "random"})
    >>> trial = Trial(pool, DesignSettings(centers_per_collaborative=3, control_centers=6), {}, ())
    >>> study = enrol(trial, [0, 1], seed=1)
    >>> study.treated.sum(axis=1).tolist(), study.allocation.starts.tolist()
    ([6, 6], [0, 0])
    """
    scenario = trial.scenario
    field = trial.design.type == "matched_comparison" or scenario.enrolment.mode == "field"
    return decide(trial, candidates(scenario, field, replicates, seed, burn_ins, threads), seed)


def decide(trial: Trial, seen: Candidates, seed: int) -> Enrolled:
    """Recruit and allocate among candidates: what :func:`enrol` does once it knows them."""
    design = trial.design
    recruited, got = recruit(trial.scenario.enrolment, seen, wanted(design), seed)
    if design.type == "stepped_wedge":
        arms = stepped(design, seen, recruited, got, seed)
    else:
        cohort = cohorts(seen, recruited, got, seed)
        if design.type == "matched_comparison":
            arms = matched(design, seen, cohort, seed)
        elif design.pairs_on and design.type != "pre_post":
            arms = paired(design, seen, cohort, got, seed)
        else:
            arms = stratified(design, seen, cohort, got, seed)
    return _enrolled(design, seen, arms, lots(seed, seen.replicates, seen.number, STUDY_COLLABORATIVE))


def _enrolled(design: DesignSettings, seen: Candidates, arms: Arms, lot: Array) -> Enrolled:
    """Deal collaboratives and write down the months: [R, C] each."""
    in_study = arms.cohort >= 0
    own = np.array([cohort.starts for cohort in design.by_cohort])
    number = np.array([cohort.collaboratives for cohort in design.by_cohort])
    starts = np.repeat(own, number)
    collaborative = collaboratives(np.where(arms.treated, arms.cohort, -1), number, 0, lot)
    if design.type == "wait_list":
        later = -(-wanted(design).control // design.centers_per_collaborative)
        waiting = np.where(in_study & ~arms.treated, arms.cohort, -1)
        collaborative = np.maximum(collaborative, collaboratives(waiting, later, len(starts), lot))
        starts = np.concatenate([starts, np.repeat(own + design.waits, later)])
    begins = np.where(collaborative >= 0, starts[collaborative], NEVER)
    origin = np.zeros_like(own) if design.type in STUDY_CLOCK else own
    return Enrolled(
        allocation=Allocation(collaborative, starts, in_study), in_study=in_study, treated=arms.treated,
        cohort=arms.cohort, start=np.where(in_study, origin[arms.cohort], 0), begins=begins,
        collaborative=collaborative, stratum=arms.stratum, readiness=seen.readiness, size=seen.size,
    )  # fmt: skip
