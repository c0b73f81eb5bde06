"""What a study turned out to be: its realized numbers, losses, variances and correlations, one number a replicate."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bscsim.trial.analyzing.covariates import BASELINES, columns_of, filled
from bscsim.trial.analyzing.models import Measured, wave_numbers
from bscsim.trial.analyzing.places import Study, partner, rows_at
from bscsim.trial.analyzing.sums import Sums, sums_of
from bscsim.trial.enrolled import Enrolled
from bscsim.trial.settings import AnalysisSettings
from bscsim.trial.trial import Trial

Array = NDArray[Any]
Columns = dict[str, Array]


def seen(
    trial: Trial, analysis: AnalysisSettings, enrolled: Enrolled, treated: Measured, twin: Measured,
    withdrawal: Array | None = None,
) -> Columns:  # fmt: skip
    """Columns "seen.*" [R] of an analysis; treated, twin: its outcome in each world; NaN: there is no such number.

    Counts, losses and components of the treated are of the treated world, the other components, the correlation with
    the baseline and r2 of the twin, all at the analysis' wave. In a stepped wedge the treated are those exposed then.
    Of monthly reports units are reports, of all months from 0 to the wave, and lost are centers that sent none of them;
    stayed is the share of those who reported in month 0 that do at the wave.

    withdrawal: [R, C] month in which a center withdrew, NaN if it did not; None: unknown.

    >>> import bscsim
    >>> from bscsim.trial.analyzing.places import example, example_units, study_of
    >>> from bscsim.trial.settings import DesignSettings, MeasureSettings
    >>> trial = Trial(bscsim.Scenario(), DesignSettings(), {"score": MeasureSettings()}, ())
    >>> measured = Measured(study_of(example()), example_units())
    >>> found = seen(trial, AnalysisSettings(outcome="score"), example(), measured, measured)
    >>> found["seen.units_control"].tolist(), found["seen.stayed"].tolist()
    ([4.0], [1.0])
    """
    study = treated.study
    first, wave = wave_numbers(trial, analysis)
    reports = trial.measures[analysis.outcome].of == "reports"
    now, apart = (until(one, wave) if reports else one.sums(wave) for one in (treated, twin))
    arm = _treated_by(trial, analysis, study)
    out = counts(study, now, arm)
    out["seen.withdrawn"] = _withdrawn(trial, analysis, study, arm, withdrawal)
    out["seen.stayed"] = _stayed(treated, first, wave)
    out |= variances(apart, study.there, now, arm)
    before = twin.sums(first)
    other = first != wave and not reports  # all months of a series are one number, of which the first is a part
    out["seen.autocorrelation"] = correlation(before, apart) if other else np.full(len(arm), np.nan)
    names = [name for name in analysis.covariates if name not in BASELINES]
    columns = columns_of(trial, names, study, enrolled)
    if first != wave and (analysis.model != "ancova" or len(names) < len(analysis.covariates)):
        columns.append(filled(study, before.mean))
    out["seen.r2"] = explained(apart, columns)
    return out


def until(measured: Measured, month: int) -> Sums:
    """Sums [R, J] of the monthly reports of months 0 to this one.

    >>> from bscsim.trial.analyzing.places import example, example_units, study_of
    >>> until(Measured(study_of(example()), example_units()), 1).n.tolist()
    [[4.0, 4.0, 4.0]]
    """
    units = measured.units
    return sums_of(measured.study, rows_at(measured.study, units._replace(wave=(units.wave > month) * 1), 0))


def counts(study: Study, now: Sums, arm: Array) -> Columns:
    """Centers and units of each arm with values, and the share of each arm's centers without any.

    >>> from bscsim.trial.analyzing.places import example, study_of
    >>> study, n = study_of(example()), np.array([[2.0, 1.0, 0.0]])
    >>> found = counts(study, Sums(n, n, n), study.treated)
    >>> found["seen.centers_control"].tolist(), found["seen.lost_control"].tolist()
    ([1.0], [0.5])
    """
    out: Columns = {}
    for name, part in (("treated", arm), ("control", study.there & ~arm)):
        size = part.sum(axis=1)
        out[f"seen.centers_{name}"] = ((now.n > 0) & part).sum(axis=1).astype(np.float64)
        out[f"seen.units_{name}"] = (now.n * part).sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            out[f"seen.lost_{name}"] = np.where(size > 0, 1 - out[f"seen.centers_{name}"] / size, np.nan)
    return out


def variances(apart: Sums, there: Array, now: Sums, arm: Array) -> Columns:
    """Components between and within centers, in the twin and of the treated; intraclass correlation; CV of sizes.

    >>> one = Sums(np.array([[2.0, 2.0]]), np.array([[2.0, 6.0]]), np.array([[4.0, 20.0]]))  # 0, 2; 2, 4
    >>> found = variances(one, np.ones((1, 2), bool), one, np.ones((1, 2), bool))
    >>> found["seen.var_center"].tolist(), found["seen.icc"].round(3).tolist(), found["seen.cv_size"].tolist()
    ([1.0], [0.333], [0.0])
    """
    center, unit = components(apart, there)
    own = components(now, arm)
    n = np.where(there & (now.n > 0), now.n, np.nan)
    number = np.isfinite(n).sum(axis=1)
    some = np.maximum(number, 1)
    mean = np.nansum(n, axis=1) / some
    spread = np.sqrt(np.nansum((n - mean[:, None]) ** 2, axis=1) / np.maximum(number - 1, 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            "seen.var_center": center, "seen.var_unit": unit, "seen.var_center_treated": own[0],
            "seen.var_unit_treated": own[1], "seen.icc": center / (center + unit),
            "seen.cv_size": np.where(number > 1, spread / mean, np.nan),
        }  # fmt: skip


def components(sums: Sums, part: Array) -> tuple[Array, Array]:
    """Variance between centers and within them by analysis of variance, of the centers in a part [R, J] bool.

    The first can come out negative: it is unbiased. With one unit in every center it is the variance of their values,
    and that within is 0. NaN with fewer than two centers.

    >>> one = Sums(np.array([[2.0, 2.0]]), np.array([[2.0, 6.0]]), np.array([[4.0, 20.0]]))
    >>> [found.tolist() for found in components(one, np.ones((1, 2), bool))]
    [[1.0], [2.0]]
    """
    inside = part & (sums.n > 0)
    n, y1, yy = (np.where(inside, values, 0.0) for values in sums)
    centers, units = inside.sum(axis=1), n.sum(axis=1)
    between = (y1**2 / np.maximum(n, 1.0)).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        total = y1.sum(axis=1) ** 2 / units
        within = np.where(units > centers, (yy.sum(axis=1) - between) / (units - centers), 0.0)
        size = (units - (n**2).sum(axis=1) / units) / (centers - 1)
        center = ((between - total) / (centers - 1) - within) / size
    enough = centers >= 2
    return np.where(enough, center, np.nan), np.where(enough, np.maximum(within, 0.0), np.nan)


def correlation(a: Sums, b: Sums) -> Array:
    """Correlation of center means at two waves, over centers with both, [R]; NaN with fewer than three.

    >>> one = Sums(np.ones((1, 3)), np.array([[1.0, 2.0, 3.0]]), np.ones((1, 3)))
    >>> correlation(one, one).round(12).tolist()
    [1.0]
    """
    both = (a.n > 0) & (b.n > 0)
    size = np.maximum(both.sum(axis=1), 1)
    off = []
    for sums in (a, b):
        x = np.where(both, sums.mean, 0.0)
        off.append(np.where(both, x - (x.sum(axis=1) / size)[:, None], 0.0))
    with np.errstate(invalid="ignore", divide="ignore"):
        found = (off[0] * off[1]).sum(axis=1) / np.sqrt((off[0] ** 2).sum(axis=1) * (off[1] ** 2).sum(axis=1))
    return np.where(both.sum(axis=1) >= 3, found, np.nan)


def explained(sums: Sums, columns: list[Array]) -> Array:
    """Share [R] of the variance of center means that columns [R, J] explain, adjusted for their number.

    1 - (RSS / (J - q)) / (TSS / (J - 1)), q columns with the intercept; may be negative; NaN without columns.

    >>> one = Sums(np.ones((1, 3)), np.array([[1.0, 2.0, 3.0]]), np.ones((1, 3)))
    >>> explained(one, [np.array([[5.0, 6.0, 7.0]])]).round(9).tolist()
    [1.0]
    """
    there = sums.n > 0
    if not columns:
        return np.full(len(there), np.nan)
    J = there.sum(axis=1)
    parts = [np.where(there, part, 0.0) for part in (*columns, np.where(there, sums.mean, 0.0))]
    parts = [np.where(there, part - (part.sum(axis=1) / np.maximum(J, 1))[:, None], 0.0) for part in parts]
    x, y = np.stack(parts[:-1], axis=-1), parts[-1]
    scale = np.sqrt((x**2).sum(axis=1))
    kept = scale > 1e-9
    x = x / np.where(kept, scale, 1.0)[:, None, :] * kept[:, None, :]
    u, size, _ = np.linalg.svd(x, full_matrices=False)
    sound = size > 1e-7
    fitted = (((u * y[..., None]).sum(axis=1) * sound) ** 2).sum(axis=1)
    total = (y**2).sum(axis=1)
    left = J - 1 - sound.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where((left > 0) & (total > 0), 1 - ((total - fitted) / left) / (total / (J - 1)), np.nan)


def _treated_by(trial: Trial, analysis: AnalysisSettings, study: Study) -> Array:
    if trial.design.type != "stepped_wedge":
        return study.treated
    return np.asarray(study.there & (study.begins < trial.month(0, analysis.wave)))


def _withdrawn(trial: Trial, analysis: AnalysisSettings, study: Study, arm: Array, withdrawal: Array | None) -> Array:
    """Share of the treated centers that had withdrawn by the wave of their cohort."""
    size = arm.sum(axis=1)
    if withdrawal is None:
        return np.full(len(arm), np.nan)
    months = np.array([trial.month(cohort, analysis.wave) for cohort in range(len(trial.design.by_cohort))])
    when = months[np.maximum(study.cohort, 0)]
    with np.errstate(invalid="ignore", divide="ignore"):
        gone = study.take(withdrawal, np.nan) <= when
        return np.where(size > 0, (gone & arm).sum(axis=1) / size, np.nan)


def _stayed(measured: Measured, first: int, wave: int) -> Array:
    """Share of the units measured first that are measured at the wave."""
    J, R = measured.study.there.shape[1], len(measured.study.there)
    if first == wave:
        return np.full(R, np.nan)
    before, now = measured.rows(first), measured.rows(wave)
    of = before.slot // J
    still = np.bincount(of[partner(before, now) >= 0], minlength=R)
    number = np.bincount(of, minlength=R)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(number > 0, still / number, np.nan)
