"""Analyses that do not fit their design, measure or one another's parts."""

from __future__ import annotations

from typing import Final

from bscsim.scenario.scenario import Scenario
from bscsim.trial.reading.case import USUAL, Case, near
from bscsim.trial.reading.pool import needs
from bscsim.trial.settings import ESTIMATORS, AnalysisSettings, DesignSettings, MeasureSettings

PAIRED: Final = ("paired_t", "paired_t_centers")
STEPPED: Final = tuple(
    name for name in ESTIMATORS if name.startswith(("lmm_", "gee", "ols_cr2")) or name == "randomization"
)
TWO_ARMS: Final = tuple(name for name in ESTIMATORS if name not in (*PAIRED, "segmented"))
FITTING: Final = {
    "parallel": TWO_ARMS, "wait_list": TWO_ARMS, "matched_comparison": TWO_ARMS, "stepped_wedge": STEPPED,
    "pre_post": PAIRED, "interrupted_series": ("segmented",),
}  # fmt: skip
"""Estimators that fit each design."""

STACKED: Final = tuple(name for name in STEPPED if name != "randomization")
"""Estimators that take both waves as outcomes, which the model constrained needs."""

BASELINES: Final = ("baseline", "baseline_center_mean")


def check_analyses(case: Case, design: DesignSettings, base: Scenario | None) -> None:
    """Add the faults of analyses whose settings are each in order."""
    for at, analysis in case.analyses.items():
        path = f"analysis.{at}"
        _estimators(case, path, analysis, design)
        measure = case.measures.get(analysis.outcome)
        if measure is None:
            said = f"'{analysis.outcome}' is no measure{near(analysis.outcome, case.measures)}"
            if not analysis.outcome:
                said = f"is missing; it is the name of a measure{near('', case.measures)}"
            if case.measures:
                case.fault(f"{path}.outcome", said)
            continue
        _units(case, path, analysis, measure, design)
        if _wave(case, path, analysis, measure, design):
            _baseline(case, path, analysis, measure, design)
            if design.type == "interrupted_series" and measure.of == "reports" and base is not None:
                _reports(case, path, analysis, design, base)
        _covariates(case, path, analysis, design, base)


def _estimators(case: Case, path: str, analysis: AnalysisSettings, design: DesignSettings) -> None:
    """Refuse estimators that do not fit the design, its one collaborative, or the model."""
    one = sum(cohort.collaboratives for cohort in design.by_cohort) == 1
    for at, name in enumerate(analysis.estimators):
        where = f"{path}.estimators.{at}"
        if name not in FITTING[design.type]:
            why = _why_not(name, design)
            case.fault(where, f"{name} does not fit the design {design.type}{why}; allowed: "
                       f"{', '.join(FITTING[design.type])}")  # fmt: skip
        elif name in analysis.estimators[:at]:
            case.fault(where, f"{name} stands here a second time")
        elif one and design.type not in ("interrupted_series", "stepped_wedge") and not stands_alone(name):
            allowed = [other for other in FITTING[design.type] if stands_alone(other)]
            case.fault(where, f"{name} needs two collaboratives or more: one has no valid test of the effect in the "
                       f"population of collaboratives. With one: {', '.join(allowed)} (the effect of this "
                       "collaborative; the randomization test, of the sharp null)")  # fmt: skip
        elif analysis.model == "constrained" and name not in STACKED:
            case.fault(where, f"{name} takes no baseline as an outcome, which model: constrained needs; allowed: "
                       f"{', '.join(STACKED)}; or model: ancova")  # fmt: skip
    if not analysis.estimators:
        case.fault(f"{path}.estimators", f"is empty; give one, such as {USUAL[design.type]}")


def stands_alone(estimator: str) -> bool:
    """Whether an estimator can be used with one collaborative.

    >>> stands_alone("cluster_t"), stands_alone("cluster_t_centers"), stands_alone("randomization")
    (False, True, True)
    """
    return estimator == "randomization" or estimator.endswith("_centers")


def _why_not(name: str, design: DesignSettings) -> str:
    if name in PAIRED:
        return " (it compares before and after of one group, as in pre_post)"
    if name == "segmented":
        return " (it is for reports in an interrupted_series)"
    if design.type == "stepped_wedge":
        return " (all waves are analyzed together)"
    return " (it compares two arms)"


def _units(case: Case, path: str, analysis: AnalysisSettings, measure: MeasureSettings, design: DesignSettings) -> None:
    """Refuse what the units of the measure do not allow."""
    series = design.type == "interrupted_series"
    if series != (measure.of == "reports"):
        problem = (f"is of {measure.of}; an interrupted series analyzes a measure of: reports" if series else
                   f"is of reports, which only the design interrupted_series analyzes, not {design.type}")  # fmt: skip
        case.fault(f"{path}.outcome", f"{analysis.outcome} {problem}")
    if measure.of in ("readiness", "reports"):
        if analysis.cohort == "closed":
            case.fault(f"{path}.cohort", f"closed follows persons or rooms; {analysis.outcome} is of {measure.of}, one "
                       "value a center: repeated")  # fmt: skip
        if analysis.estimand == "stayers":
            case.fault(f"{path}.estimand", f"stayers are persons or rooms; {analysis.outcome} is of {measure.of}, one "
                       "value a center: center_mean")  # fmt: skip


def _wave(case: Case, path: str, analysis: AnalysisSettings, measure: MeasureSettings, design: DesignSettings) -> bool:
    """Check the wave; returns whether there is such a wave of the measure."""
    named = [wave for wave in (measure.waves or design.waves) if wave in design.waves]
    if analysis.wave not in design.waves:
        case.fault(f"{path}.wave", f"'{analysis.wave}' is no wave of the design{near(analysis.wave, design.waves)}")
        return False
    if analysis.wave not in named:
        said = f"{analysis.outcome} is not measured at {analysis.wave}; its waves: {', '.join(named)}"
        case.fault(f"{path}.wave", said)
        return False
    if design.type == "wait_list" and design.waves[analysis.wave] > design.waits:
        case.fault(f"{path}.wave", f"{analysis.wave} is month {design.waves[analysis.wave]}, and the controls start in "
                   f"month {design.waits}: no untreated arm is left. An earlier wave, or a later "
                   "design.waits")  # fmt: skip
    return True


def _reports(case: Case, path: str, analysis: AnalysisSettings, design: DesignSettings, base: Scenario) -> None:
    """Refuse an end of the series at which nobody reports, or too soon for a trend after the start."""
    months = report_months(design, base)
    if months is None:
        case.fault(f"{path}.outcome", f"{analysis.outcome} is of reports, and the program asks for fewer than two: "
                   "calendar.reports: monthly, or a list of two months or more")  # fmt: skip
    elif not months[0] <= design.waves[analysis.wave] <= months[-1]:
        starts = max(cohort.starts for cohort in design.by_cohort)
        case.fault(f"{path}.wave", f"{analysis.wave} is month {design.waves[analysis.wave]}; the cohort that starts in "
                   f"month {starts} has sent two reports from month {months[0]} on and the last in month {months[-1]}, "
                   f"as reports end with the program. A wave from month {months[0]} to {months[-1]}, the effect at "
                   "which is estimated")  # fmt: skip


def report_months(design: DesignSettings, base: Scenario) -> tuple[int, int] | None:
    """Months of the study in which the last cohort has sent its second report, and its last; None if it has not two.

    >>> report_months(DesignSettings(cohorts=({"starts": 24},)), Scenario())
    (28, 39)
    """
    due = base.calendar.months_of("reports")
    starts = max(cohort.starts for cohort in design.by_cohort)
    return (starts + due[1], starts + due[-1]) if len(due) >= 2 else None


def first_wave(measure: MeasureSettings, design: DesignSettings) -> str:
    """Name the first wave of a measure."""
    named = [wave for wave in (measure.waves or tuple(design.waves)) if wave in design.waves]
    return min(named, key=lambda wave: design.waves[wave])


def _baseline(
    case: Case, path: str, analysis: AnalysisSettings, measure: MeasureSettings, design: DesignSettings
) -> None:
    """Refuse a baseline where there is none, or where it would be counted twice."""
    if analysis.wave not in design.waves:
        return
    first = first_wave(measure, design)
    before = design.waves[first] < design.waves[analysis.wave]
    wanted = [name for name in analysis.covariates if name in BASELINES]
    why = f"{analysis.outcome} has no wave before {analysis.wave}; add a baseline to its waves"
    if wanted and not before and design.type != "stepped_wedge":
        case.fault(f"{path}.covariates", f"{wanted[0]} needs an earlier wave, and {why}")
    if analysis.model != "ancova" and not before:
        case.fault(f"{path}.model", f"{analysis.model} needs a baseline, and {why}")
    if analysis.estimand == "stayers" and not before:
        case.fault(f"{path}.estimand", f"stayers are those there at both waves, and {why}")
    if design.type == "pre_post" and not before:
        case.fault(f"{path}.wave", f"a design before and after needs two waves, and {why}")
    if analysis.model == "constrained" and wanted:
        case.fault(f"{path}.covariates", f"{wanted[0]} is an outcome in model: constrained, and no covariate too")
    if len(wanted) == 2 and analysis.cohort != "closed":
        case.fault(f"{path}.covariates", f"baseline is the center's mean in a {analysis.cohort} cohort, which "
                   "baseline_center_mean is too; give one of them")  # fmt: skip


def _covariates(
    case: Case, path: str, analysis: AnalysisSettings, design: DesignSettings, base: Scenario | None
) -> None:
    """Refuse covariates that the design has no room for."""
    names = analysis.covariates
    for at, name in enumerate(names):
        if name in names[:at]:
            case.fault(f"{path}.covariates.{at}", f"{name} stands here a second time")
    if design.type in ("pre_post", "interrupted_series"):
        for what in ("covariates", "moderator"):
            if getattr(analysis, what):
                case.fault(f"{path}.{what}", f"the estimators of the design {design.type} take none; leave it out")
        if analysis.model == "constrained" or (analysis.model == "change" and design.type == "interrupted_series"):
            case.fault(f"{path}.model", f"{analysis.model} does not fit the design {design.type}; leave it out")
        return
    if design.type == "stepped_wedge":
        _stepped(case, path, analysis)
    columns, units = cluster_columns(names, design, base), independent_units(analysis, design)
    if columns and columns >= units - 2:
        case.fault(f"{path}.covariates", f"take {columns} degrees of freedom of {units} independent units, which "
                   "leaves none for the test; fewer covariates, or more collaboratives and centers")  # fmt: skip
    if analysis.moderator:
        _moderated(case, path, analysis, design, base)


def _moderated(
    case: Case, path: str, analysis: AnalysisSettings, design: DesignSettings, base: Scenario | None
) -> None:
    """Refuse a moderator where there is nothing to compare, or too few units for a slope in each arm."""
    few = min(sum(cohort.collaboratives for cohort in design.by_cohort), needs(design).control)
    if "cluster_t" in analysis.estimators and few < 3:
        case.fault(f"{path}.moderator", f"takes a slope in each arm, and cluster_t has {few} independent units in one; "
                   "three or more, or another estimator")  # fmt: skip
    sectors = 3 if base is None else _sectors(base)
    if analysis.moderator == "sector" and sectors < 2:
        case.fault(f"{path}.moderator", "sector needs centers of two sectors, and the population has one")


def _stepped(case: Case, path: str, analysis: AnalysisSettings) -> None:
    """Refuse what makes no sense where all waves are outcomes."""
    if any(name in BASELINES for name in analysis.covariates):
        case.fault(f"{path}.covariates", "a baseline is one of the outcomes of a stepped wedge; leave it out")
    if analysis.model != "ancova":
        case.fault(f"{path}.model", f"{analysis.model} does not fit a stepped wedge, whose waves are all outcomes")
    if analysis.moderator:
        case.fault(f"{path}.moderator", "moderators are tested in designs with two arms; leave it out")


def cluster_columns(names: tuple[str, ...], design: DesignSettings, base: Scenario | None) -> int:
    """Columns that covariates take of the degrees of freedom between clusters.

    >>> cluster_columns(("baseline", "cohort"), DesignSettings(), None)
    1
    """
    sectors = 1 if base is None else _sectors(base)
    counts = {"sector": sectors - 1, "cohort": len(design.by_cohort) - 1}
    return sum(counts.get(name, 1) for name in names)


def independent_units(analysis: AnalysisSettings, design: DesignSettings) -> int:
    """Fewest independent units that an analysis has: collaboratives where treated, centers where not."""
    asked = needs(design)
    if all(stands_alone(name) for name in analysis.estimators):
        return asked.total
    return sum(cohort.collaboratives for cohort in design.by_cohort) + asked.control


def _sectors(base: Scenario) -> int:
    """Sectors that a population has; all three may be in a roster."""
    if base.population.roster is not None:
        return 3
    return sum(value > 0 for value in base.population.sectors.values)
