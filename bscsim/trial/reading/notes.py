"""What a reader of a power study should be told before its numbers: pools enlarged, floors, small samples."""

from __future__ import annotations

from typing import Final

from bscsim.scenario.population import Pool
from bscsim.trial.parallel_trial import ParallelTrial
from bscsim.trial.reading.check_analyses import BASELINES, first_wave
from bscsim.trial.reading.check_measures import sample_notes
from bscsim.trial.reading.pool import applying, joinable, needs
from bscsim.trial.summarizing.words import about, listed
from bscsim.trial.trial import Trial

PERMUTATIONS: Final = 199
"""Allocations that the randomization test draws where there are too many to take all."""

SEASON: Final = 12
"""Months of a year."""

TAKEN_OUT_BY: Final[dict[str, tuple[str, ...]]] = {
    "sector": ("sector",), "size": ("size",), "readiness": ("readiness",), "practice": BASELINES, "area": (),
}  # fmt: skip
"""Covariates of an analysis that take out what centers are made alike in; any of them does."""


def notes_of(trial: Trial, pool: Pool | None) -> list[str]:
    """Warn of what is possible but not what it seems; the pool's enlargement is noted where it is made."""
    notes = sample_notes(dict(trial.measures), trial.scenario.population, pool) if trial.truth is None else []
    notes += _floor(trial)
    design = trial.design
    if sum(cohort.collaboratives for cohort in design.by_cohort) == 1 and design.type != "interrupted_series":
        notes.append("With one collaborative there is no valid test of the effect in the population of collaboratives: "
                     "what is tested is the effect of this collaborative, or the sharp null.")  # fmt: skip
    if trial.truth is not None:
        notes.append("The truth is typed in: its variances are those of the outcome as it is measured, so that "
                     "reliability, strata and covariates other than the baseline, the cohort and those of truth.r2 "
                     "change nothing.")  # fmt: skip
    else:  # with a typed truth centers have no traits
        notes += _alike(trial)
    notes += _late_baselines(trial)
    if design.type == "interrupted_series":
        notes += _series(trial)
    if trial.truth is None:
        notes += _few_that_join(trial)
    return notes


def smallest_p(trial: Trial) -> float | None:
    """Smallest two-sided p-value of a trial's randomization test; None where allocation is not by lot.

    Strata other than cohorts and pairs make it larger, by how much depends on who is recruited.
    """
    import numpy as np

    from bscsim.trial.estimators.allocations import smallest_p as floor_of

    design = trial.design
    asked = needs(design)
    if design.type == "stepped_wedge":
        return _orders(trial)
    if design.type not in ("parallel", "wait_list"):
        return None
    if design.pairs_on:
        counts = [[2, 1]] * asked.treated
    else:
        cohorts = [cohort.collaboratives for cohort in design.by_cohort]
        layout = ParallelTrial(cohorts, design.centers_per_collaborative, asked.control, 1).layout()
        counts = [[int((layout.cohort == c).sum()), int((layout.treated & (layout.cohort == c)).sum())]
                  for c in range(len(cohorts))]  # fmt: skip
    return float(floor_of(np.array(counts), PERMUTATIONS))


def _orders(trial: Trial) -> float:
    """Of a stepped wedge: one over the ways to deal its centers to the cohorts, or over those drawn."""
    from math import comb

    ways, left = 1, needs(trial.design).treated
    for cohort in trial.design.by_cohort:
        size = cohort.collaboratives * trial.design.centers_per_collaborative
        ways *= comb(left, size)
        left -= size
    return max(1 / ways, 1 / (PERMUTATIONS + 1))


def _floor(trial: Trial) -> list[str]:
    alpha = trial.target.alpha
    if not any("randomization" in analysis.estimators for analysis in trial.analyses):
        return []
    floor = smallest_p(trial)
    if floor is not None and trial.target.sides == 1:
        floor /= 2  # a one-sided test takes half of the two-sided p where the program helps
    if floor is None or floor <= alpha:
        return []
    return [f"The randomization test can never reject: the smallest p-value that its allocations give is {floor:.3g}, "
            f"above the level {alpha:g}. More centers, or fewer pairs or cohorts to allocate within."]  # fmt: skip


def _alike(trial: Trial) -> list[str]:
    """Warn where centers are made alike by pairs or strata, and an estimator takes them for drawn without.

    Only the randomization test compares within pairs and strata; in a stepped wedge a center is compared with itself.
    """
    design = trial.design
    if design.type not in ("parallel", "wait_list"):
        return []
    within = f"pairs matched on {listed(design.pairs_on)}" if design.pairs_on else "strata"
    notes: dict[str, None] = {}
    for analysis in trial.analyses:
        ignoring = [about(name).title for name in analysis.estimators if name != "randomization"]
        left = [trait for trait in design.pairs_on or design.strata
                if not set(TAKEN_OUT_BY[trait]) & set(analysis.covariates)]  # fmt: skip
        if not (left and ignoring):
            continue
        helps = [TAKEN_OUT_BY[trait][0] for trait in left if TAKEN_OUT_BY[trait]]
        more = f", and so does analysis.covariates with {listed(helps)}" if helps else ""
        notes[f"{analysis.outcome}: centers are allocated within {within}, which evens out {listed(left)} between the "
              f"arms, but this does not enter {listed(ignoring)}: where the outcome goes with it, standard errors are "
              "too large and power is understated. The estimator randomization compares within "
              f"{'pairs' if design.pairs_on else 'strata'}{more}."] = None  # fmt: skip
    return list(notes)


def _late_baselines(trial: Trial) -> list[str]:
    """Warn where the first wave of a measure, taken as a baseline, lies after the start."""
    if trial.design.type in ("stepped_wedge", "interrupted_series"):
        return []
    notes: dict[str, None] = {}
    for analysis in trial.analyses:
        first = first_wave(trial.measures[analysis.outcome], trial.design)
        uses = analysis.model != "ancova" or any(name in BASELINES for name in analysis.covariates)
        if uses and trial.design.waves[first] > 0:
            notes[f"{analysis.outcome}'s first wave, {first}, is in month {trial.design.waves[first]}, after the "
                  "start: as a baseline it takes away part of the effect."] = None  # fmt: skip
    return list(notes)


def _series(trial: Trial) -> list[str]:
    """Warn of a series too short to tell season from a change, and of reports that end before it."""
    starts = [cohort.starts for cohort in trial.design.by_cohort]
    notes = []
    if min(starts) < SEASON:
        notes.append(f"The series has {min(starts)} months before the start; with fewer than {SEASON} season passes "
                     "for a trend.")  # fmt: skip
    due = trial.scenario.calendar.months_of("reports")
    for analysis in trial.analyses:
        month, last = trial.design.waves[analysis.wave], min(starts) + due[-1]
        if last < month:
            notes.append(f"Reports end with the program, those of the first cohort in month {last}; what it would have "
                         f"reported in month {month}, at which the effect is estimated, is extrapolated.")  # fmt: skip
    return list(dict.fromkeys(notes))


def _few_that_join(trial: Trial) -> list[str]:
    """Warn where the pool may not hold the centers that the design needs."""
    scenario = trial.scenario
    enrolment, population = scenario.enrolment, scenario.population
    share = joinable(population) * (applying(scenario) if enrolment.mode == "field" else 1.0)
    centers = population.centers if population.roster is None else 0
    asked = needs(trial.design)
    wanted = asked.treated if trial.design.type == "matched_comparison" else asked.total
    notes = []
    if centers and share < 1 and centers * share < wanted:
        notes.append(f"Of {centers:,} centers about {centers * share:,.0f} can join and apply, and the design needs "
                     f"{wanted:,}: the study will often be smaller than designed.")  # fmt: skip
    if enrolment.rule in ("threshold", "hurdle"):
        notes.append(f"The rule {enrolment.rule} turns centers away; where fewer than {asked.total:,} pass, the study "
                     "is smaller than designed.")  # fmt: skip
    return notes
