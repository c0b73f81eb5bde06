"""What a Gaussian truth cannot stand for, and targets above what a design can ever reach under it."""

from __future__ import annotations

from typing import Final

from bscsim.trial import formulas
from bscsim.trial.gaussian import GaussianTruth
from bscsim.trial.reading.case import Case
from bscsim.trial.reading.check_analyses import BASELINES, stands_alone
from bscsim.trial.reading.pool import needs
from bscsim.trial.settings import AnalysisSettings, DesignSettings, SearchSettings, TargetSettings

MANY: Final = 1e6
"""What a searched field is set to where its ceiling is asked for."""


def check_truth(case: Case, design: DesignSettings, truth: GaussianTruth) -> None:
    """Add the faults of a Gaussian truth whose numbers are in order."""
    if design.type != "parallel":
        case.fault("truth", f"a Gaussian truth has trials of the design parallel only, not {design.type}; "
                   "truth: mechanistic has all designs")  # fmt: skip
    groups = sum(cohort.collaboratives for cohort in design.by_cohort)
    if groups == 1 and truth.var.get("collaborative", 0.0) > 0:
        case.fault("truth.gaussian.var.collaborative", f"{truth.var['collaborative']:g} cannot be told from the effect "
                   "with one collaborative; 0, or two collaboratives or more")  # fmt: skip
    for at, analysis in case.analyses.items():
        path = f"analysis.{at}"
        measure = case.measures.get(analysis.outcome)
        if measure is not None and measure.of == "reports":
            case.fault(f"{path}.outcome", f"{analysis.outcome} is of reports, which a Gaussian truth has not")
        for what, usual in (("model", "ancova"), ("moderator", ""), ("estimand", None)):
            value = getattr(analysis, what)
            if value != usual and (usual is not None or value == "compliers"):
                problem = f"{value} has no meaning under a Gaussian truth; truth: mechanistic, or leave it out"
                case.fault(f"{path}.{what}", problem)


def check_ceiling(case: Case, design: DesignSettings, truth: GaussianTruth) -> None:
    """Refuse a search for a power that no value of the searched fields gives."""
    search, target = case.search, case.target
    analysis = case.analyses.get(0)
    if search is None or target is None or analysis is None or design.type != "parallel":
        return
    if stands_alone(analysis.estimators[0] if analysis.estimators else "randomization"):
        return
    highest = ceiling(design, truth, analysis, target, search)
    if highest is not None and highest < target.power:
        over = " and ".join([search.over] if isinstance(search.over, str) else search.over)
        groups, controls = sum(cohort.collaboratives for cohort in design.by_cohort), needs(design).control
        help_ = "design.collaboratives" if "collaboratives" not in over else "design.control_centers"
        case.fault("target.power", f"{target.power:g} is above the ceiling of power, {highest:.3f}, which {over} "
                   f"cannot pass however large, with {groups} collaboratives and {controls} control centers; "
                   f"more {help_}, or a power of at most {int(highest * 100) / 100:g}")  # fmt: skip


def ceiling(
    design: DesignSettings, truth: GaussianTruth, analysis: AnalysisSettings, target: TargetSettings,
    search: SearchSettings,
) -> float | None:  # fmt: skip
    """Power by the closed form with every searched field without bound; an upper limit: a baseline explains all it can.

    None where the closed form has no such design.

    >>> truth = GaussianTruth(0.3, var={"collaborative": 0.09, "center": 0.1, "residual": 0.9})
    >>> search = SearchSettings(over="design.centers_per_collaborative", between=(4, 40))
    >>> round(ceiling(DesignSettings(collaboratives=3), truth, AnalysisSettings(), TargetSettings(), search), 3)
    0.198
    """
    over = (search.over,) if isinstance(search.over, str) else search.over
    groups: float = sum(cohort.collaboratives for cohort in design.by_cohort)
    if any(path.endswith(".collaboratives") for path in over):
        groups = MANY
    centers = MANY if "design.centers_per_collaborative" in over else design.centers_per_collaborative
    controls = MANY if "design.control_centers" in over else float(design.control_centers)
    if design.pairs_on and "design.control_centers" not in over:
        controls = groups * centers  # follows the treated arm
    numbers = truth.for_formulas(truth.r2)
    if any(name in BASELINES for name in analysis.covariates):
        numbers |= _explained(truth)
    try:
        precision = formulas.partially_nested(groups, centers, MANY, controls, **numbers)
        return formulas.power(truth.effect, precision, alpha=target.alpha, sides=target.sides)
    except ValueError:  # too few, or no variance at all
        return None


def _explained(truth: GaussianTruth) -> dict[str, float]:
    """Variances with all that lasts taken out, as no baseline can do better."""
    treated, control = truth.treated, truth.untreated
    return {
        "var_center": treated["center_period"] + truth.sd_effect**2, "var_center_control": control["center_period"],
        "var_unit": treated["residual"], "var_unit_control": control["residual"],
    }  # fmt: skip
