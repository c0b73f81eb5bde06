"""A design as it would stand at the analysis: realized numbers of a pilot carried over to another design."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from bscsim.trial.reading.pool import needs
from bscsim.trial.settings import AnalysisSettings, MeasureSettings
from bscsim.trial.summarizing.components import BASELINES, Inputs
from bscsim.trial.trial import Trial


@dataclass(frozen=True)
class Standing:
    """Planned numbers, what is left of them, and variances as the analysis meets them."""

    collaboratives: int
    centers: int
    """Planned, of each collaborative."""
    controls: int
    """Planned control or comparison centers."""
    left_treated: float
    """Share of planned treated centers with a value: those that could be recruited and were not lost."""
    left_control: float
    units_treated: float
    """Units with a value in a center."""
    units_control: float
    var_center: float
    var_unit: float
    var_center_treated: float
    """Within collaboratives."""
    var_unit_treated: float
    unexplained: float
    """Share of the variance of center means that adjustment leaves."""
    covariates: int
    """Degrees of freedom that covariates take."""

    @property
    def mean(self) -> float:
        """Variance of an untreated center's mean."""
        return self.var_center + self.var_unit / self.units_control


def standing(trial: Trial, inputs: Inputs) -> Standing:
    """Carry a pilot's numbers over to a trial of the same kind.

    Where the pilot could not recruit all it planned, no design gets more centers than there were.
    Attrition moves by what the settings move, samples and answers in proportion, and a change of reliability by its
    error, V (1/reliability - 1) of the true variance V between units. What a baseline explains follows the square of
    the reliability of center means, what other covariates explain that reliability itself.

    >>> from bscsim.trial.settings import DesignSettings
    >>> inputs = Inputs(0.3, 1.0, 0.1, 0.9, 0.1, 0.9, 0.0, 0.0, 15, 20, lost_treated=0.1)
    >>> trial = Trial(None, DesignSettings(collaboratives=4, control_centers=32), {}, (AnalysisSettings(),))
    >>> found = standing(trial, inputs)
    >>> found.controls, found.left_treated, found.units_treated, round(found.mean, 6)
    (32, 0.9, 15.0, 0.145)
    """
    settings = trial.analyses[inputs.analysis]
    before, now = (None if one is None else one.measures.get(settings.outcome) for one in (inputs.pilot, trial))
    more, factor = _error_change(inputs, before, now), _units_factor(before, now)
    shared = more * (now.rater if now is not None else 0.0)
    control = inputs.units_control if isfinite(inputs.units_control) else inputs.units_treated
    treated = inputs.units_treated if isfinite(inputs.units_treated) else control
    lost = [inputs.lost_treated, inputs.lost_control]
    if inputs.pilot is not None:
        lost[0] += trial.attrition.treated - inputs.pilot.attrition.treated
        lost[1] += trial.attrition.control - inputs.pilot.attrition.control
    took = min(1.0, inputs.available / max(needs(trial.design).total, 1))  # arms share what there is in proportion
    made = Standing(
        collaboratives=sum(cohort.collaboratives for cohort in trial.design.by_cohort),
        centers=trial.design.centers_per_collaborative,
        controls=controls_of(trial),
        left_treated=took * (1 - min(max(lost[0], 0.0), 0.99)),
        left_control=took * (1 - min(max(lost[1], 0.0), 0.99)),
        units_treated=_limited(treated, factor, now),
        units_control=_limited(control, factor, now),
        var_center=max(inputs.var_center + shared, 0.0),
        var_unit=max(inputs.var_unit + more - shared, 0.0),
        var_center_treated=max(inputs.var_center_treated + shared, 0.0),
        var_unit_treated=max(inputs.var_unit_treated + more - shared, 0.0),
        unexplained=1.0,
        covariates=_covariates(trial, settings),
    )
    return Standing(**(vars(made) | {"unexplained": _unexplained(inputs, settings, control, made.mean)}))


def controls_of(trial: Trial) -> int:
    """Centers of the design that are compared with those that take part, over all cohorts.

    >>> from bscsim.trial.settings import DesignSettings
    >>> for type in ("parallel", "pre_post", "matched_comparison"):
    ...     print(controls_of(Trial(None, DesignSettings(type=type, comparisons=2), {}, ())))
    16
    0
    32
    """
    return needs(trial.design).control


def _units_factor(before: MeasureSettings | None, now: MeasureSettings | None) -> float:
    if before is None or now is None:
        return 1.0
    factor = now.response / before.response
    if isinstance(now.sample, int) and isinstance(before.sample, int):
        factor *= now.sample / before.sample
    return factor


def _limited(units: float, factor: float, now: MeasureSettings | None) -> float:
    """Units after a change; a sample out of all takes no more than it asks for."""
    changed = units * factor
    return min(changed, float(now.sample)) if now is not None and isinstance(now.sample, int) else changed


def _error_change(inputs: Inputs, before: MeasureSettings | None, now: MeasureSettings | None) -> float:
    """By how much the variance of one measurement grows with another reliability."""
    if before is None or now is None or (now.of == "staff" and now.asks == "self_report"):
        return 0.0
    total = inputs.var_center + inputs.var_unit
    return total * before.reliability * (1 / now.reliability - 1 / before.reliability)


def _covariates(trial: Trial, settings: AnalysisSettings) -> int:
    taken = {"cohort": len(trial.design.by_cohort) - 1}
    if "sector" in settings.covariates:
        counts = trial.scenario.population.sector_counts
        taken["sector"] = max(sum(count > 0 for count in counts) - 1, 0)
    return sum(taken.get(name, 1) for name in settings.covariates)


def _unexplained(inputs: Inputs, settings: AnalysisSettings, units: float, mean: float) -> float:
    """Share of the variance of center means that is left, where their variance is now ``mean``."""
    rho = min(inputs.autocorrelation, 0.975) if isfinite(inputs.autocorrelation) else 0.0
    seen = inputs.var_center + inputs.var_unit / units
    shrunk = seen / mean if mean > 0 and seen > 0 else 1.0
    has = any(name in BASELINES for name in settings.covariates)
    if settings.model == "change" and has:
        return max(2 * (1 - rho * shrunk), 0.05)
    former = settings if inputs.pilot is None else inputs.pilot.analyses[inputs.analysis]
    had = any(name in BASELINES for name in former.covariates)
    if has and had:
        return 1 - min(inputs.r2 * shrunk**2, 0.95)
    others = max(inputs.r2 - rho**2, 0.0) / (1 - rho**2) if had else inputs.r2
    known = (rho * shrunk) ** 2 if has else 0.0
    return max((1 - min(others * shrunk, 0.95)) * (1 - known), 0.05)
