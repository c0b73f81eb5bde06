"""What closed forms promise of a trial: the usual calculator's figure, and the one that knows its structure."""

from __future__ import annotations

from math import isfinite, nan, sqrt
from typing import Any

from bscsim.trial import formulas
from bscsim.trial.formulas import Covariance, Precision, TooFew
from bscsim.trial.share import plain as finite
from bscsim.trial.summarizing.components import Inputs, split
from bscsim.trial.summarizing.plain import plain_data
from bscsim.trial.summarizing.standing import Standing, standing
from bscsim.trial.trial import Trial


class NoFormula(ValueError):  # noqa: N818 (a reason, which is printed)
    """There is no closed form for a design; the text says why.

    >>> issubclass(NoFormula, ValueError)
    True
    """


NAIVE = (
    "what a usual calculator promises: a two-level cluster trial with the intraclass correlation seen, the numbers "
    "planned, no attrition, equal variances, and centers independent of each other"
)


def precision_of(trial: Trial, inputs: Inputs) -> Precision:
    """The closed form that knows collaboratives, realized numbers and both arms' variances.

    parallel, wait-list (before the waiting arm starts), matched comparison: :func:`.formulas.partially_nested`, the
    degrees of freedom shared with the covariates' as the cluster t does. pre_post: change of a center's mean, between
    collaboratives k - 1. stepped_wedge: :func:`.formulas.gls` over all waves plus var_collaborative/k, k - 1.
    With a moderator by sector the interaction contrast. :class:`NoFormula` where none fits, :class:`.TooFew` with one
    collaborative or control center.

    >>> from bscsim.trial.settings import AnalysisSettings, DesignSettings
    >>> trial = Trial(None, DesignSettings(collaboratives=4, centers_per_collaborative=10, control_centers=40), {},
    ...               (AnalysisSettings(),))
    >>> found = precision_of(trial, Inputs(0.3, 1.0, 0.1, 0.9, 0.1, 0.9, 0.03, 0.0, 15, 15))
    >>> round(found.var, 4), round(found.df, 4)
    (0.0155, 5.3997)
    """
    stand = standing(trial, inputs)
    kind = trial.design.type
    if kind == "pre_post":
        return _before_after(stand, inputs)
    if kind == "stepped_wedge":
        return _wedge(trial, inputs, stand, nested=True)
    _refuse(trial, inputs)
    return _moderated(trial, inputs, _two_arms(stand, inputs))


def naive_precision(trial: Trial, inputs: Inputs) -> Precision:
    """The usual calculator's: :func:`.formulas.two_level` with planned numbers; in the unit of the outcome.

    Before and after: a paired t of centers. Stepped wedge: Hussey and Hughes, normal. Errors as :func:`precision_of`.

    >>> from bscsim.trial.settings import AnalysisSettings, DesignSettings
    >>> trial = Trial(None, DesignSettings(collaboratives=2, centers_per_collaborative=10, control_centers=20), {},
    ...               (AnalysisSettings(),))
    >>> found = naive_precision(trial, Inputs(0.3, 1.0, 0.1, 0.9, 0.1, 0.9, 0.03, 0.0, 20, 20))
    >>> round(found.var, 6), found.df  # as two_level(40, 20, 0.1)
    (0.0145, 38.0)
    """
    stand, total = standing(trial, inputs), inputs.var_center + inputs.var_unit
    treated = stand.collaboratives * stand.centers
    units = _planned(trial, inputs, stand)
    if trial.design.type == "pre_post":
        return Precision(_change(stand, inputs, inputs.var_center, inputs.var_unit, units) / treated, treated - 1)
    if trial.design.type == "stepped_wedge":
        return _wedge(trial, inputs, stand, nested=False)
    _refuse(trial, inputs)
    r2 = 1 - min(stand.unexplained, 1.0)
    clusters = treated + stand.controls
    if not stand.controls:
        raise TooFew("there are no control centers")
    made = formulas.two_level(
        clusters, units, min(inputs.icc, 0.999), share=treated / clusters, r2_unit=r2, r2_cluster=r2,
        covariates=stand.covariates,
    )  # fmt: skip
    return _moderated(trial, inputs, Precision(made.var * total, made.df))


def power_of(trial: Trial, inputs: Inputs) -> float:
    """Power of a trial by :func:`precision_of`, with the true effect and the components of a pilot held fixed.

    0 where the design leaves no degree of freedom, NaN where there is no closed form.

    >>> from bscsim.trial.settings import AnalysisSettings, DesignSettings
    >>> trial = Trial(None, DesignSettings(collaboratives=4, centers_per_collaborative=10, control_centers=40), {},
    ...               (AnalysisSettings(),))
    >>> round(power_of(trial, Inputs(0.4, 1.0, 0.1, 0.9, 0.1, 0.9, 0.03, 0.0, 15, 15)), 3)
    0.745
    """
    try:
        found = precision_of(trial, inputs)
    except TooFew:
        return 0.0
    except NoFormula:
        return nan
    return formulas.power(inputs.effect, found, alpha=trial.target.alpha, sides=trial.target.sides)


def noncentrality_of(trial: Trial, inputs: Inputs) -> float:
    """The effect in standard errors, what a search fits power against; 0 where no test is possible.

    Where there is no closed form: effect sqrt(k m left) over the SD of a center's mean, which grows as it should.

    >>> from bscsim.trial.settings import AnalysisSettings, DesignSettings
    >>> inputs = Inputs(0.3, 1.0, 0.1, 0.9, 0.1, 0.9, 0.03, 0.0, 15, 15)
    >>> sizes = [DesignSettings(centers_per_collaborative=m) for m in (4, 8, 16)]
    >>> [round(noncentrality_of(Trial(None, size, {}, (AnalysisSettings(),)), inputs), 2) for size in sizes]
    [1.41, 1.6, 1.73]
    """
    try:
        return precision_of(trial, inputs).noncentrality(inputs.effect)
    except TooFew:
        return 0.0
    except NoFormula:
        stand = standing(trial, inputs)
        spread = sqrt(inputs.var_center + inputs.var_unit / stand.units_treated)
        return inputs.effect * sqrt(stand.collaboratives * stand.centers * stand.left_treated) / spread


def closed_form_data(trial: Trial, inputs: Inputs) -> dict[str, Any]:
    """Both closed forms of an analysis, and what they were fed with; numbers are None where no formula fits.

    >>> from bscsim.trial.settings import AnalysisSettings, DesignSettings
    >>> trial = Trial(None, DesignSettings(type="interrupted_series"), {}, (AnalysisSettings(),))
    >>> made = closed_form_data(trial, Inputs(0.3, 1.0, 0.1, 0.9, 0.1, 0.9, 0.03, 0.0, 15, 15))
    >>> made["nested"]["power"], made["nested"]["words"]
    (None, 'no closed form: the correlation of adjacent months is not among what was seen')
    """
    nested = "knows collaboratives, both arms' variances, and the numbers realized at the wave; " + {
        "stepped_wedge": "generalized least squares over all waves, an effect that is at once whole and stays",
        "pre_post": "change of center means, k - 1 degrees of freedom",
    }.get(trial.design.type, "Satterthwaite's degrees of freedom over (k - 1, control centers - 1)")
    return {
        "naive": _row(trial, inputs, naive_precision, NAIVE)
        | {"icc": finite(inputs.icc), "collaboratives_ignored": True},
        "nested": _row(trial, inputs, precision_of, nested) | {"collaboratives_ignored": False},
        "inputs": {name: plain_data(value) for name, value in vars(inputs).items() if name not in ("pilot", "analysis")}
        | {"icc": finite(inputs.icc)},
    }  # fmt: skip


def _row(trial: Trial, inputs: Inputs, form: Any, words: str) -> dict[str, Any]:
    target = trial.target
    row: dict[str, Any] = {"words": words, "effect": finite(inputs.effect)}
    row["effect_sd"] = finite(inputs.effect / inputs.scale) if inputs.scale > 0 else None
    try:
        found: Precision = form(trial, inputs)
    except NoFormula as reason:
        return row | {"words": f"no closed form: {reason}"} | dict.fromkeys(("power", "mdes", "mdes_sd", "df", "se"))
    except ValueError as reason:  # TooFew, and components that no formula takes
        return row | {"words": f"no test: {reason}"} | dict.fromkeys(("power", "mdes", "mdes_sd", "df", "se"))
    power = formulas.power(inputs.effect, found, alpha=target.alpha, sides=target.sides)
    least = formulas.mdes(found, power=target.power, alpha=target.alpha, sides=target.sides)
    sd = least / inputs.scale if inputs.scale > 0 else nan
    numbers = {"power": power, "mdes": least, "mdes_sd": sd, "df": found.df, "se": found.se}
    return row | {name: finite(number) for name, number in numbers.items()}


def _refuse(trial: Trial, inputs: Inputs) -> None:
    settings = trial.analyses[inputs.analysis]
    if trial.design.type == "interrupted_series":
        raise NoFormula("the correlation of adjacent months is not among what was seen")
    if trial.design.type == "wait_list" and trial.design.waves.get(settings.wave, 0) > trial.design.waits:
        raise NoFormula("at this wave the waiting centers have begun too")
    if settings.moderator == "readiness":
        raise NoFormula("the spread of readiness is not among what was seen")


def _two_arms(stand: Standing, inputs: Inputs) -> Precision:
    """Partially nested arms, adjusted; covariates take from the treated what they take from untreated centers."""
    left = stand.unexplained
    center = left * stand.var_center
    unit = left * stand.var_unit
    made = formulas.partially_nested(
        stand.collaboratives, stand.centers * stand.left_treated, stand.units_treated,
        stand.controls * stand.left_control,
        var_collaborative=inputs.var_collaborative,
        var_center=_after(stand.var_center_treated, stand.var_center, left),
        var_unit=_after(stand.var_unit_treated, stand.var_unit, left),
        var_center_control=center, var_unit_control=unit, control_units=stand.units_control,
    ) if stand.controls else _too_few()  # fmt: skip
    independent = stand.collaboratives + stand.controls * stand.left_control - 2
    return Precision(made.var, made.df * (independent - stand.covariates) / independent)


def _too_few() -> Precision:
    raise TooFew("there are no control centers")


def _after(own: float, control: float, left: float) -> float:
    """A treated variance after adjustment: covariates take their share of what it has in common with the controls'."""
    return own - (1 - left) * min(own, control)


def _moderated(trial: Trial, inputs: Inputs, found: Precision) -> Precision:
    if trial.analyses[inputs.analysis].moderator != "sector":
        return found
    counts = trial.scenario.population.sector_counts
    if not 0 < counts[0] < sum(counts):
        raise NoFormula("all centers are of one sector")
    return formulas.interaction(found, counts[0] / sum(counts))


def _change(stand: Standing, inputs: Inputs, center: float, unit: float, units: float) -> float:
    """Variance of the change of a center's mean, no effects that differ."""
    rho = min(inputs.autocorrelation, 0.99) if isfinite(inputs.autocorrelation) else 0.0
    return 2 * (1 - rho) * (center + unit / units)


def _before_after(stand: Standing, inputs: Inputs) -> Precision:
    left = stand.centers * stand.left_treated
    own = _change(stand, inputs, stand.var_center, stand.var_unit, stand.units_treated) + inputs.var_effect
    if stand.collaboratives < 2:
        raise TooFew("one collaborative leaves no degree of freedom; the test of a superpopulation effect needs 2")
    return Precision((inputs.var_collaborative + own / left) / stand.collaboratives, stand.collaboratives - 1)


def _wedge(trial: Trial, inputs: Inputs, stand: Standing, *, nested: bool) -> Precision:
    """Stepped wedge by generalized least squares over the measure's waves."""
    settings, design = trial.analyses[inputs.analysis], trial.design
    months = [int(design.waves[wave]) for wave in trial.waves_of(settings.outcome)]
    rows = [[float(month > cohort.starts) for month in months] for cohort in design.by_cohort]
    left = stand.left_treated if nested else 1.0
    clusters = [cohort.collaboratives * stand.centers * left for cohort in design.by_cohort]
    parts = split(inputs, settings)
    covariance = Covariance(
        cluster=parts["center"] + (0.0 if nested else parts["center_period"]),
        cluster_period=parts["center_period"] if nested else 0.0,
        person=parts["staff"], residual=parts["residual"], effect=inputs.var_effect if nested else 0.0,
    )  # fmt: skip
    try:
        made = formulas.gls(rows, clusters, stand.units_treated, covariance, times=months)
    except TooFew:
        raise
    except ValueError as reason:
        raise NoFormula(str(reason)) from reason
    if not nested:
        return made
    if stand.collaboratives < 2:
        raise TooFew("one collaborative leaves no degree of freedom")
    return Precision(made.var + inputs.var_collaborative / stand.collaboratives, stand.collaboratives - 1)


def _planned(trial: Trial, inputs: Inputs, stand: Standing) -> float:
    """Units in a center before anybody fails to answer: the sample, or all that were seen over the share answering."""
    measure = trial.measures.get(trial.analyses[inputs.analysis].outcome)
    if measure is None:
        return stand.units_control
    return float(measure.sample) if isinstance(measure.sample, int) else stand.units_control / measure.response
