"""Who is recruited: those who apply, by the scenario's rule, and which cohort each of them joins."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bscsim.rules.draws import RECRUITMENT, STUDY_COHORT
from bscsim.scenario.enrolment import Enrolment
from bscsim.trial.enrolling.candidates import Candidates
from bscsim.trial.enrolling.placing import lots, places
from bscsim.trial.enrolling.quotas import Quotas, filled

Array = NDArray[Any]


def recruit(rule: Enrolment, seen: Candidates, asked: Quotas, seed: int) -> tuple[Array, Quotas]:
    """Take applicants by the rule until the study is full: who is recruited, [R, C] bool, and the quotas filled.

    "all" and "random" take them by lot, "top" the most ready, "need" those of lowest practice; "threshold" and "hurdle"
    by lot among those whose measured readiness passes.  Where fewer pass than are wanted the study is smaller.
    """
    lot = lots(seed, seen.replicates, seen.number, RECRUITMENT)
    passes = seen.applied & admissible(rule, seen)
    key = {"top": -seen.readiness, "need": seen.practice}.get(rule.rule, lot)
    place = places(np.where(passes, 0, -1), key, lot)
    got = filled(asked, passes.sum(axis=-1))
    return passes & (place < got.both.sum(axis=-1, keepdims=True)), got


def admissible(rule: Enrolment, seen: Candidates) -> Array:
    """Whether a center passes the rule's bar, [R, C] bool; only the rules threshold and hurdle have one."""
    if rule.rule == "threshold":
        return np.asarray(seen.readiness >= rule.threshold)
    if rule.rule == "hurdle":
        bars = np.array([rule.hurdle.motivation, rule.hurdle.capacity, rule.hurdle.innovation])
        return np.asarray((seen.components >= bars).all(axis=-1))
    return np.ones(seen.size.shape, bool)


def cohorts(seen: Candidates, recruited: Array, got: Quotas, seed: int) -> Array:
    """Deal the recruited to cohorts by lot, each as many as it gets: [R, C], -1 for the others."""
    place = places(np.where(recruited, 0, -1), lots(seed, seen.replicates, seen.number, STUDY_COHORT))
    ends = np.cumsum(got.both, axis=-1)
    cohort = (place[:, :, None] >= ends[:, None, :]).sum(axis=-1)
    return np.where(recruited, cohort, -1)
