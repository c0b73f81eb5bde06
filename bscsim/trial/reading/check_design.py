"""Designs that cannot be: what is wrong with arms, cohorts, pairs, waves, and what would work."""

from __future__ import annotations

from typing import Final

from bscsim.trial.parallel_trial import ParallelTrial
from bscsim.trial.reading.case import Case
from bscsim.trial.reading.pool import UNCONTROLLED, needs
from bscsim.trial.settings import DesignSettings
from bscsim.trial.trial import STUDY_CLOCK

RANDOMIZED: Final = ("parallel", "wait_list")
"""Designs with a control arm that chance decides."""

ONLY: Final = {
    "waits": ("wait_list",), "match_on": ("matched_comparison",), "comparisons": ("matched_comparison",),
    "pairs_on": RANDOMIZED, "strata": (*RANDOMIZED, "stepped_wedge"),
    "control_centers": RANDOMIZED,
}  # fmt: skip
"""Settings that have a meaning in some designs only."""

LAST_MONTH: Final = 600


def check_design(case: Case, design: DesignSettings) -> None:
    """Add the faults of a design whose settings are each in order."""
    _strangers(case, design)
    lost = case.attrition
    if design.type in UNCONTROLLED and lost is not None and lost.control not in (0.0, lost.treated):
        case.fault("attrition.control", f"has no meaning in the design {design.type}, which has no control arm; "
                   "attrition.treated, or centers: for all")  # fmt: skip
    _cohorts(case, design)
    _arms(case, design)
    _pairs(case, design)
    _waves(case, design)
    if design.type == "stepped_wedge":
        _steps(case, design)


def is_given(case: Case, path: str) -> bool:
    """Whether a setting is given, and not as nothing."""
    item = case.given(path)
    return item is not None and item.value is not None


def _strangers(case: Case, design: DesignSettings) -> None:
    """Refuse settings that would have no effect in this design."""
    for name, types in ONLY.items():
        path = f"design.{name}"
        item = case.given(path)
        if design.type not in types and item is not None and item.value not in (None, [], 0):
            case.fault(path, f"has no meaning in the design {design.type}; it belongs to {' and '.join(types)}")


def _cohorts(case: Case, design: DesignSettings) -> None:
    if design.cohorts and is_given(case, "design.collaboratives"):
        case.fault("design.collaboratives", "cannot stand beside design.cohorts, which say how many start in each")
    starts = [cohort.starts for cohort in design.by_cohort]
    if design.type == "interrupted_series" and max(design.waves.values()) <= max(starts):
        case.fault("design.waves", f"the series ends in month {max(design.waves.values())}, the last wave, and so not "
                   f"after the interruption in month {max(starts)}; a later wave")  # fmt: skip
    if design.type == "interrupted_series" and min(starts) < 2:
        path = "design.cohorts" if design.cohorts else "design"
        case.fault(path, "an interrupted series needs months before the interruption, two for a trend: cohorts with "
                         "starts of 2 or more, such as cohorts: [{starts: 24, collaboratives: 2}]")  # fmt: skip


def _arms(case: Case, design: DesignSettings) -> None:
    """Refuse arms of fewer than two centers, and cohorts without controls."""
    asked = needs(design)
    if asked.treated < 2:
        case.fault("design.centers_per_collaborative", f"{asked.treated} treated center is fewer than two independent "
                   "units; at least 2 treated centers")  # fmt: skip
    if design.type in (*UNCONTROLLED, "interrupted_series"):
        return
    if design.type == "matched_comparison":
        if asked.control < 2 <= asked.treated:
            case.fault("design.comparisons", "fewer than two comparison centers; at least 2")
        return
    if asked.control < 2:
        case.fault("design.control_centers", f"{asked.control} is fewer than two independent units in the control arm; "
                   "at least 2, or a design without controls (pre_post, stepped_wedge)")  # fmt: skip
        return
    by_cohort = [cohort.collaboratives for cohort in design.by_cohort]
    least = next((n for n in range(asked.control, 10_001) if _all_have_controls(by_cohort, n)), 10_000)
    if least > asked.control:
        case.fault("design.control_centers", f"{asked.control}, shared in proportion to the collaboratives "
                   f"{by_cohort}, leave a cohort without a control center; at least {least}")  # fmt: skip


def _all_have_controls(by_cohort: list[int], control_centers: int) -> bool:
    """Whether control centers, shared as trials share them, leave no cohort without any."""
    try:
        ParallelTrial(by_cohort, 1, control_centers, 1)
    except ValueError:
        return False
    return True


def _pairs(case: Case, design: DesignSettings) -> None:
    if not design.pairs_on or design.type not in RANDOMIZED:
        return
    asked = needs(design)
    if design.strata:
        case.fault("design.pairs_on", "cannot stand beside strata; pairs that match on a trait are its strata")
    if asked.treated != asked.control:
        case.fault(
            "design.control_centers" if is_given(case, "design.control_centers") else "design.pairs_on",
            f"pairs need arms of one size, and there are {asked.treated} treated and {asked.control} control centers; "
            f"control_centers: {asked.treated} would do, or strata in the place of pairs_on",
        )


def _waves(case: Case, design: DesignSettings) -> None:
    """Refuse waves after the last month there can be."""
    last = 0 if design.type in STUDY_CLOCK else max(cohort.starts for cohort in design.by_cohort)
    end = LAST_MONTH - (design.type == "interrupted_series")  # the month of the last reports is lived through
    for name, month in design.waves.items():
        if last + month > end:
            case.fault(f"design.waves.{name}", f"is month {last + month} of the study for the cohort that starts in "
                       f"month {last}; the calendar ends in month {end}: at most {end - last}")  # fmt: skip
    if design.type == "wait_list":
        starts = [cohort.starts for cohort in design.by_cohort]
        if max(starts) + design.waits > LAST_MONTH:
            case.fault("design.waits", f"lets controls start in month {max(starts) + design.waits}; the calendar ends "
                       f"in month {LAST_MONTH}")  # fmt: skip


def _steps(case: Case, design: DesignSettings) -> None:
    """Refuse a stepped wedge without steps, or never measured while some have begun and others not."""
    starts = sorted({cohort.starts for cohort in design.by_cohort})
    if len(starts) < 2:
        case.fault("design.cohorts", "a stepped wedge needs two or more cohorts that start in different months, such "
                   "as [{starts: 0, collaboratives: 2}, {starts: 12, collaboratives: 2}]")  # fmt: skip
        return
    between = [month for month in design.waves.values() if starts[0] < month <= starts[-1]]
    if not between:
        case.fault("design.waves", f"no wave lies after the first start (month {starts[0]}) and not after the last "
                   f"(month {starts[-1]}), so at none have some begun and others not; add one")  # fmt: skip
