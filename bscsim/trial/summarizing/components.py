"""Variance components that a simulated trial showed: what closed forms and the Gaussian truth are fed with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf, isfinite, nan
from typing import Final

from bscsim.trial.gaussian import GaussianTruth
from bscsim.trial.settings import AnalysisSettings
from bscsim.trial.summarizing.columns import Columns, value_of
from bscsim.trial.summarizing.recruited import recruited
from bscsim.trial.trial import Trial

ASSUMED_AUTOCORRELATION: Final = 0.8
"""Share of the variance between centers that lasts from wave to wave, where no two waves show it; assumed."""
BASELINES: Final = ("baseline", "baseline_center_mean")


@dataclass(frozen=True)
class Inputs:
    """Components and realized numbers of one analysis, means over replicates; the outcome's unit, or its square.

    NaN: not known. Variances are at least 0; those between centers are within collaboratives.
    """

    effect: float
    """True effect."""
    scale: float
    """Standardizer: SD of an untreated unit's outcome."""
    var_center: float
    """Between untreated centers."""
    var_unit: float
    """Within them."""
    var_center_treated: float
    """Between treated centers within collaboratives, what differs in their effects included."""
    var_unit_treated: float
    """Within them."""
    var_collaborative: float
    """Between collaboratives in the mean effect of their centers."""
    var_effect: float
    """Between centers of a collaborative in their effect."""
    units_treated: float
    """Units with a value in a treated center that has any."""
    units_control: float
    """The same of controls."""
    lost_treated: float = 0.0
    """Share of treated centers without any value."""
    lost_control: float = 0.0
    """The same of controls."""
    autocorrelation: float = nan
    """Correlation of a center's means at the first wave and at this one, untreated."""
    r2: float = 0.0
    """Share of the variance of center means that covariates explain."""
    cv_size: float = nan
    """SD over mean of units in a center."""
    stayed: float = nan
    """Share of the units of the first wave that are measured at this one."""
    analysis: int = 0
    """Position of the analysis in the trial."""
    available: float = inf
    """Centers that could be recruited, where they were fewer than planned; inf: as many as any design asks for."""
    pilot: Trial | None = None
    """The trial in which all this was seen; None: a change of sample, attrition or reliability is not followed."""

    @property
    def icc(self) -> float:
        """Intraclass correlation of untreated units."""
        total = self.var_center + self.var_unit
        return self.var_center / total if total > 0 else nan


def formula_inputs(columns: Columns, trial: Trial | None = None, analysis: int = 0) -> Inputs:
    """Take the components out of an analysis's columns; with a Gaussian truth those typed in stand in their place.

    The variance between treated centers that was seen contains (J - m)/(J - 1) of that between collaboratives, which
    is taken out. Without a variance between or within centers (one unit each) all of it counts as between.

    >>> import numpy as np
    >>> columns = {"truth.effect": np.full(2, 0.3), "seen.var_center": np.full(2, 0.1),
    ...            "seen.var_unit": np.full(2, 0.9), "seen.centers_treated": np.full(2, 24.0),
    ...            "seen.centers_control": np.full(2, 24.0),
    ...            "seen.units_treated": np.full(2, 360.0), "seen.units_control": np.full(2, 480.0)}
    >>> found = formula_inputs(columns)
    >>> round(found.icc, 3), found.units_treated, found.units_control, found.var_center_treated
    (0.1, 15.0, 20.0, 0.1)
    """
    center, unit, scale = (value_of(columns, name) for name in ("seen.var_center", "seen.var_unit", "truth.scale"))
    if not (isfinite(center) and isfinite(unit)):
        center, unit = (scale**2 if isfinite(scale) else nan), 0.0
    effect = max(value_of(columns, "truth.centers", 0.0), 0.0)
    collaborative = max(value_of(columns, "truth.collaborative", 0.0), 0.0)
    inside = value_of(columns, "seen.var_center_treated") - collaborative * _between(trial, columns)
    treated, control = (value_of(columns, f"seen.centers_{arm}") for arm in ("treated", "control"))
    took = None if trial is None else recruited(trial, columns)
    found = Inputs(
        effect=value_of(columns, "truth.effect"),
        scale=scale if isfinite(scale) else (center + unit) ** 0.5,
        var_center=max(center, 0.0),
        var_unit=max(unit, 0.0),
        var_center_treated=max(inside, 0.0) if isfinite(inside) else max(center, 0.0) + effect,
        var_unit_treated=max(value_of(columns, "seen.var_unit_treated", unit), 0.0),
        var_collaborative=collaborative,
        var_effect=effect,
        units_treated=_each(columns, "seen.units_treated", treated),
        units_control=_each(columns, "seen.units_control", control),
        lost_treated=value_of(columns, "seen.lost_treated", 0.0),
        lost_control=value_of(columns, "seen.lost_control", 0.0),
        autocorrelation=value_of(columns, "seen.autocorrelation"),
        r2=min(max(value_of(columns, "seen.r2", 0.0), 0.0), 0.95),
        cv_size=value_of(columns, "seen.cv_size"),
        stayed=value_of(columns, "seen.stayed"),
        analysis=analysis,
        available=took.treated + took.control if took is not None and took.short else inf,
        pilot=trial,
    )
    return found if trial is None or trial.truth is None else _typed(found, trial.truth)


def gaussian_of(trial: Trial, columns: Columns, analysis: int = 0) -> GaussianTruth:
    """The Gaussian truth with the components of a mechanistic trial: the same effect and variances, nothing else of it.

    What lasts of a center is told from what is of one wave, and of a person in a cohort, by the correlation of center
    means between waves; where no two waves show it, 0.8 of the variance between centers lasts. r2.center is what
    covariates other than the baseline explain. Effects differ between centers and collaboratives as they truly do.

    ValueError where nothing was seen (variances NaN).

    >>> from bscsim.trial.settings import DesignSettings
    >>> trial = Trial(None, DesignSettings(), {}, (AnalysisSettings(),))
    >>> import numpy as np
    >>> columns = {"truth.effect": np.full(2, 0.3), "truth.centers": np.full(2, 0.01),
    ...            "truth.collaborative": np.array([0.04, -0.02]), "seen.var_center": np.full(2, 0.1),
    ...            "seen.var_unit": np.full(2, 0.9), "seen.units_control": np.full(2, 40.0),
    ...            "seen.centers_control": np.full(2, 4.0), "seen.autocorrelation": np.full(2, 0.4)}
    >>> made = gaussian_of(trial, columns)
    >>> made.effect, made.sd_effect, {name: round(value, 3) for name, value in made.var.items()}
    (0.3, 0.1, {'collaborative': 0.01, 'center': 0.076, 'center_period': 0.024, 'staff': 0.0, 'residual': 0.9})
    """
    settings = trial.analyses[analysis]
    inputs = formula_inputs(columns, replace(trial, truth=None), analysis)
    control = split(inputs, settings)
    if settings.cohort == "open" and inputs.stayed > 0:  # those who left took their part of the correlation along
        people = min(control["staff"] / inputs.stayed, 0.95 * inputs.var_unit)
        control |= {"staff": people, "residual": control["staff"] + control["residual"] - people}
    own = max(inputs.var_center_treated - inputs.var_effect, 0.0)
    grown = own / inputs.var_center if inputs.var_center > 0 else 1.0
    within = inputs.var_unit_treated / inputs.var_unit if inputs.var_unit > 0 else 1.0
    factors = {"center": grown, "center_period": grown, "staff": within, "residual": within}
    treated = {name: control[name] * factor for name, factor in factors.items()}
    same = all(abs(factor - 1) < 1e-9 for factor in factors.values())
    return GaussianTruth(
        effect=inputs.effect,
        sd_effect=inputs.var_effect**0.5,
        var={"collaborative": inputs.var_collaborative} | treated,
        var_control={} if same else control,
        r2=_predicted(inputs, settings),
    )


def split(inputs: Inputs, settings: AnalysisSettings) -> dict[str, float]:
    """Untreated components by what lasts: center, center_period, staff, residual; residual is above 0.

    The covariance of a center's means at two waves is rho (center + unit/n). Its own lasting part takes as much of it
    as there is variance between centers; the rest is of people who are measured twice, in cohorts.

    >>> inputs = Inputs(0.3, 1.0, 0.1, 0.9, 0.1, 0.9, 0, 0, 10, 10, autocorrelation=0.7)
    >>> {name: round(value, 3) for name, value in split(inputs, AnalysisSettings(cohort="closed")).items()}
    {'center': 0.1, 'center_period': 0.0, 'staff': 0.33, 'residual': 0.57}
    """
    units = inputs.units_control if isfinite(inputs.units_control) else inputs.units_treated
    units = units if isfinite(units) and units > 0 else 1.0
    rho = inputs.autocorrelation
    shared = rho * (inputs.var_center + inputs.var_unit / units) if isfinite(rho) else nan
    if not isfinite(shared):
        shared = ASSUMED_AUTOCORRELATION * inputs.var_center
    center = min(max(shared, 0.0), inputs.var_center)
    people = min(max(shared - center, 0.0) * units, 0.95 * inputs.var_unit) if settings.cohort != "repeated" else 0.0
    residual = inputs.var_unit - people
    period = inputs.var_center - center
    if residual <= 0:  # one unit a center: a little of what is between must be within
        residual = 1e-9 * max(inputs.var_center, 1e-9)
    return {"center": center, "center_period": period, "staff": people, "residual": residual}


def _predicted(inputs: Inputs, settings: AnalysisSettings) -> Mapping[str, float]:
    """r2 of the center's component that covariates other than the baseline explain."""
    if not any(name in ("sector", "readiness", "size") for name in settings.covariates) or inputs.var_center <= 0:
        return {}
    rho = inputs.autocorrelation if isfinite(inputs.autocorrelation) else 0.0
    known = rho**2 if any(name in BASELINES for name in settings.covariates) else 0.0
    rest = max(inputs.r2 - known, 0.0) / (1 - min(known, 0.99))
    units = inputs.units_control if isfinite(inputs.units_control) else 1.0
    of_center = rest * (inputs.var_center + inputs.var_unit / max(units, 1.0)) / inputs.var_center
    return {"center": min(of_center, 0.95)} if of_center > 0 else {}


def _typed(inputs: Inputs, truth: GaussianTruth) -> Inputs:
    """Components as typed in; r2, autocorrelation and numbers as seen."""
    parts = truth.for_formulas()
    return replace(
        inputs,
        effect=float(truth.effect),
        var_center=parts["var_center_control"],
        var_unit=parts["var_unit_control"],
        var_center_treated=parts["var_center"],
        var_unit_treated=parts["var_unit"],
        var_collaborative=parts["var_collaborative"],
        var_effect=truth.sd_effect**2,
    )


def _between(trial: Trial | None, columns: Columns) -> float:
    """What of the variance between collaboratives is in that between all treated centers: (J - m)/(J - 1)."""
    if trial is None:
        return 1.0
    groups = sum(cohort.collaboratives for cohort in trial.design.by_cohort)
    centers = value_of(columns, "seen.centers_treated", groups * trial.design.centers_per_collaborative)
    return (centers - centers / groups) / (centers - 1) if centers > 1 else 0.0


def _each(columns: Columns, name: str, centers: float) -> float:
    """Units of a center that has any."""
    units = value_of(columns, name)
    return units / centers if isfinite(centers) and centers > 0 else nan
