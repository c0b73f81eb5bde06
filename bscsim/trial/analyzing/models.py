"""The model of an analysis: its outcome, exposure and covariates, as the design and the file's words have them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bscsim.trial.analyzing.covariates import BASELINES, columns_of, filled, moderator_of
from bscsim.trial.analyzing.places import Rows, Study, partner, rows_at
from bscsim.trial.analyzing.sums import Kind, Model, Own, Sums, added, model_of, model_of_periods, stacked, sums_of
from bscsim.trial.dataset import Units
from bscsim.trial.enrolled import Enrolled
from bscsim.trial.settings import AnalysisSettings
from bscsim.trial.trial import Trial

Array = NDArray[Any]


@dataclass
class Measured:
    """The units of an outcome in places, a wave at a time; what was added up once is kept.

    >>> from bscsim.trial.analyzing.places import example, example_units, study_of
    >>> Measured(study_of(example()), example_units()).sums(1).mean.tolist()
    [[2.5, 6.5, 6.5]]
    """

    study: Study
    units: Units
    _rows: dict[int, Rows] = field(default_factory=dict)
    _sums: dict[int, Sums] = field(default_factory=dict)

    def rows(self, wave: int) -> Rows:
        """Rows of a wave."""
        if wave not in self._rows:
            self._rows[wave] = rows_at(self.study, self.units, wave)
        return self._rows[wave]

    def sums(self, wave: int) -> Sums:
        """Sums [R, J] of a wave."""
        if wave not in self._sums:
            self._sums[wave] = sums_of(self.study, self.rows(wave))
        return self._sums[wave]


class Built(NamedTuple):
    """A model, and what a randomization test of its own needs where exchanging two arms is not all."""

    model: Model
    sums: Sums
    """[R, J, T]."""
    fixed: list[Array]
    """Columns [R, J] or [R, J, T] that stay as they are."""
    moved: Callable[[Array, Array], Array] | None
    """Columns that follow the allocation, as in :func:`.permutation_test`; None: the arms of whole centers."""


def wave_numbers(trial: Trial, analysis: AnalysisSettings) -> tuple[int, int]:
    """Numbers of a measure's first wave and of the analysis' wave, as rows of units have them.

    They are positions among the measure's waves, of monthly reports months of the study.

    ValueError if the measure is not used at that wave.

    >>> import bscsim
    >>> from bscsim.trial.settings import DesignSettings, MeasureSettings
    >>> trial = Trial(bscsim.Scenario(), DesignSettings(), {"score": MeasureSettings()}, ())
    >>> wave_numbers(trial, AnalysisSettings(outcome="score"))
    (0, 1)
    """
    waves = trial.waves_of(analysis.outcome)
    if analysis.wave not in waves:
        raise ValueError(f"{analysis.outcome} is not measured at {analysis.wave!r}; its waves are {', '.join(waves)}")
    if trial.measures[analysis.outcome].of == "reports":
        return int(trial.design.waves[waves[0]]), int(trial.design.waves[analysis.wave])
    return 0, waves.index(analysis.wave)


def built(trial: Trial, analysis: AnalysisSettings, measured: Measured, enrolled: Enrolled) -> Built:
    """Build the model of an analysis.

    Stepped wedges take all waves, a constrained analysis the first and its own, a design without controls the change
    between them; all others the analysis' wave, with the baseline as a covariate or subtracted. ValueError on an
    analysis that needs a baseline and has none.

    >>> import bscsim
    >>> from bscsim.trial.analyzing.places import example, example_units, study_of
    >>> from bscsim.trial.settings import DesignSettings, MeasureSettings
    >>> trial = Trial(bscsim.Scenario(), DesignSettings(), {"score": MeasureSettings()}, ())
    >>> what = AnalysisSettings(outcome="score", covariates=("baseline",))
    >>> built(trial, what, Measured(study_of(example()), example_units()), example()).model.stats.x1.round(2).tolist()
    [[[2.0, 0.0, -4.0], [2.0, 2.0, 0.0], [2.0, 0.0, 4.0]]]
    """
    if trial.design.type == "stepped_wedge":
        return _wedge(trial, analysis, measured, enrolled)
    first, wave = wave_numbers(trial, analysis)
    uses = analysis.model != "ancova" or trial.design.type == "pre_post" or bool(_baselines(analysis))
    if uses and first == wave:
        raise ValueError(f"{analysis.outcome} at {analysis.wave!r} has no baseline: that is its first wave")
    if trial.design.type == "pre_post":
        return _change_alone(analysis, measured, wave)
    if analysis.model == "constrained":
        return _constrained(trial, analysis, measured, enrolled, wave)
    return _one_wave(trial, analysis, measured, enrolled, wave)


def changes(analysis: AnalysisSettings, measured: Measured, wave: int) -> Sums:
    """Sums [R, J] of y less its baseline: of the same unit in a closed cohort, otherwise of the center's mean.

    Who has no baseline is left out.

    >>> from bscsim.trial.analyzing.places import example, example_units, study_of
    >>> measured = Measured(study_of(example()), example_units())
    >>> changes(AnalysisSettings(outcome="score", cohort="closed"), measured, 1).y1.tolist()
    [[2.0, 6.0, 2.0]]
    """
    now, before = measured.rows(wave), measured.rows(0)
    if analysis.cohort == "closed":
        at = partner(now, before)
        kept = at >= 0
        baseline = before.y[at[kept]]
    else:
        mean = measured.sums(0).mean.ravel()[now.slot]
        kept = np.isfinite(mean)
        baseline = mean[kept]
    rows = Rows(now.slot[kept], now.unit[kept], now.y[kept] - baseline)
    return sums_of(measured.study, rows)


def _baselines(analysis: AnalysisSettings) -> list[str]:
    return [name for name in analysis.covariates if name in BASELINES]


def _one_wave(trial: Trial, analysis: AnalysisSettings, measured: Measured, enrolled: Enrolled, wave: int) -> Built:
    study = measured.study
    names = [name for name in analysis.covariates if name not in BASELINES]
    columns, own = columns_of(trial, names, study, enrolled), None
    sums, middle, fixed = measured.sums(wave), None, list(columns)
    if analysis.model == "change":
        sums = changes(analysis, measured, wave)
    else:
        for name in dict.fromkeys(_baselines(analysis)):
            if name == "baseline" and analysis.cohort == "closed":
                sums, own, middle, mean = _own_baseline(measured, wave)
                fixed.append(mean)
            else:
                columns.append(filled(study, measured.sums(0).mean))
                fixed.append(columns[-1])
    arm, moved = study.treated * 1.0, None
    exposure = arm
    if analysis.moderator:
        moderator = moderator_of(trial, analysis.moderator, study, enrolled)
        exposure, more = arm * moderator, [arm]
        if analysis.moderator not in names:  # its columns are there already
            more.append(moderator)
            fixed.append(moderator)
        columns = [*more, *columns]
        moved = _arms_with(study, moderator)
    return Built(model_of(study, sums, exposure, columns, own, middle), stacked([sums]), fixed, moved)


def _own_baseline(measured: Measured, wave: int) -> tuple[Sums, Own, Array, Array]:
    """Sums of centered y with each unit's own baseline beside it, the middle of y that is left, and mean baselines."""
    study, now, before = measured.study, measured.rows(wave), measured.rows(0)
    at, J = partner(now, before), measured.study.there.shape[1]
    known = at >= 0
    of = now.slot // J
    u = np.zeros(len(at))
    u[known] = before.y[at[known]]
    R = len(study.there)
    number = np.maximum(np.bincount(of[known], minlength=R), 1)
    u = np.where(known, u - (np.bincount(of, weights=u, minlength=R) / number)[of], 0.0)
    whole = measured.sums(wave)
    y = now.y - (whole.y1.sum(axis=1) / np.maximum(whole.n.sum(axis=1), 1.0))[of]
    own = Own(*(added(study, now.slot, part) for part in (u, u * u, u * y)))
    mean = np.where(whole.n > 0, own.u1 / np.maximum(whole.n, 1.0), 0.0)
    return sums_of(study, now, y), own, np.zeros(R), mean


def _change_alone(analysis: AnalysisSettings, measured: Measured, wave: int) -> Built:
    """Mean changes of centers, each once; column 1 has the treated, who are all."""
    found = changes(analysis, measured, wave)
    there = found.n > 0
    mean = np.where(there, found.mean, 0.0)
    sums = Sums(there * 1.0, mean, mean**2)
    study = measured.study
    model = model_of(study, sums, study.treated * 1.0, [], middle=np.zeros(len(there)))
    return Built(model, stacked([sums]), [], None)


def _constrained(trial: Trial, analysis: AnalysisSettings, measured: Measured, enrolled: Enrolled, wave: int) -> Built:
    """Both waves as outcomes; equal means before, which randomization makes true."""
    study = measured.study
    after = np.array([0.0, 1.0])
    names = [name for name in analysis.covariates if name not in BASELINES]
    period = np.broadcast_to(after, (*study.there.shape, 2))
    columns = [period, *columns_of(trial, names, study, enrolled)]
    sums = stacked([measured.sums(0), measured.sums(wave)])
    persons = _units(measured, (0, wave)) if analysis.cohort == "closed" else ()
    model = model_of_periods(study, sums, study.treated[..., None] * after, columns, persons)
    return Built(model, sums, columns, None)


def _units(measured: Measured, waves: Sequence[int]) -> tuple[Kind, ...]:
    """Who was measured at which of some waves: units of a center, all that were measured at the same ones together."""
    study, rows = measured.study, [measured.rows(wave) for wave in waves]
    slot, unit, y = (np.concatenate(parts) for parts in zip(*rows, strict=True))
    bit = np.concatenate([np.full(len(one.slot), 1 << at) for at, one in enumerate(rows)])
    names, rank = np.unique(unit, return_inverse=True)
    key, who = np.unique(slot * len(names) + rank, return_inverse=True)
    seen, total = np.bincount(who, bit).astype(np.int64), np.bincount(who, y)
    kinds = []
    for pattern in np.unique(seen):
        some = np.flatnonzero(seen == pattern)
        at = tuple(at for at in range(len(waves)) if pattern >> at & 1)
        kinds.append(Kind(at, sums_of(study, Rows(key[some] // len(names), some, total[some]))))
    return tuple(kinds)


def followed(trial: Trial, analysis: AnalysisSettings) -> bool:
    """Whether a stepped wedge's units are the same at its waves, so that a mixed model can tell them apart.

    They are in cohorts, and where all units of a center are taken; but not where a rater's error is shared by a
    center's rooms at a wave: then what a center and period have in common comes first.

    >>> import bscsim
    >>> from bscsim.trial.settings import DesignSettings, MeasureSettings
    >>> trial = Trial(bscsim.Scenario(), DesignSettings(), {"score": MeasureSettings(sample=3)}, ())
    >>> [followed(trial, AnalysisSettings(outcome="score", cohort=cohort)) for cohort in ("repeated", "open")]
    [False, True]
    """
    measure = trial.measures[analysis.outcome]
    return (analysis.cohort != "repeated" or measure.sample == "all") and measure.rater == 0.0


def _wedge(trial: Trial, analysis: AnalysisSettings, measured: Measured, enrolled: Enrolled) -> Built:
    """All waves with an effect of each; exposed is a center from the month after it began.

    Mixed models have one more intercept in a center: of each unit where :func:`followed`, else of each period. Three
    would be one too many for the estimator; what is left out stays in the residual.
    """
    study = measured.study
    months = np.array([trial.design.waves[wave] for wave in trial.waves_of(analysis.outcome)])
    sums = stacked([measured.sums(wave) for wave in range(len(months))])
    names = [name for name in analysis.covariates if name not in BASELINES]
    periods = [np.broadcast_to(row, sums.n.shape) for row in np.eye(len(months))[1:]]
    columns = [*periods, *columns_of(trial, names, study, enrolled)]
    exposure = (months > study.begins[..., None]) * 1.0

    def moved(some: Array, source: Array) -> Array:
        begins = np.take_along_axis(study.begins[some][:, None], source, axis=2)
        return np.asarray((months > begins[..., None])[:, :, None] * 1.0)

    persons = _units(measured, range(len(months))) if followed(trial, analysis) else ()
    return Built(model_of_periods(study, sums, exposure, columns, persons), sums, columns, moved)


def _arms_with(study: Study, moderator: Array) -> Callable[[Array, Array], Array]:
    def moved(some: Array, source: Array) -> Array:
        arm = np.take_along_axis(study.treated[some][:, None], source, axis=2) * 1.0
        return np.stack([arm * moderator[some][:, None], arm], axis=2)[..., None]

    return moved
