"""What an analysis should find: the true effect of its estimand, from the treated world and its twin."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bscsim.record.measures import WITHDRAWN
from bscsim.record.ratio import divide
from bscsim.record.trajectories import Trajectories
from bscsim.rules.measurement import CHILDREN_A_ROOM
from bscsim.trial.dataset import Truths, Units
from bscsim.trial.enrolled import Array, Enrolled
from bscsim.trial.measuring.components import components
from bscsim.trial.measuring.contrasts import Cells, cells, center_mean, difference, everyone, stayers
from bscsim.trial.measuring.instruments import true_state
from bscsim.trial.measuring.occasions import exposed, occasions
from bscsim.trial.measuring.present import Present, present
from bscsim.trial.measuring.scale import moments, scale_of
from bscsim.trial.measuring.taking import measure
from bscsim.trial.settings import AnalysisSettings
from bscsim.trial.trial import STUDY_CLOCK, Trial


class Wave(NamedTuple):
    """The units of an estimand at a wave, added up by center, and which centers count as exposed; [R, C] each."""

    true: Cells
    shown: Cells
    member: Array
    """bool: exposed."""
    complied: Array
    """bool: of these, not withdrawn."""


def truths(
    run: Trajectories, enrolled: Enrolled, trial: Trial, analysis: AnalysisSettings, twin: Units | None = None
) -> Truths:
    """Return the true effects in each replicate, of all units that are there, measured or not.

    Treated are the arm's centers, withdrawn ones included; in a stepped wedge and an interrupted series those that have
    begun before the wave. All other centers of the study are its controls, also the waiting ones that have started
    since.

    A stepped wedge has one effect for all waves, while effects grow with exposure. Its target is the time-averaged
    effect: over all centers and waves of the measure that are exposed, each of equal weight (of units, each unit), not
    the effect at ``analysis.wave``. No model with one column for the treatment has weights like these: what such a
    model estimates can lie far below, even outside the range of effects there are (Kenny, Voldal, Xia, Heagerty and
    Hughes 2022, Statistics in Medicine 41:4311; Maleyeff, Li, Haneuse and Wang 2023, Biometrics 79:2551).  ``last`` has
    the effect at the last wave. Its components are those of a center's mean effect over its exposed waves, within
    cohorts, which have been exposed alike. Estimands:

    center_mean
        Mean over centers of the difference of the center's means.
    all_present, repeated_cross_section
        Difference of the means of all units, each world with its own.
    stayers
        Of persons who are in the same center at the measure's first wave and at the wave, in both worlds; of rooms and
        centers, all.
    compliers
        As center_mean, of treated centers that have not withdrawn by the wave.

    Of an analysis with a moderator all of these are differences of effects, as its estimators estimate: the slope of
    centers' own effects on the moderator (an indicator of all sectors but the pool's first; readiness as measured at
    recruitment).

    Parameters
    ----------
    run, enrolled, trial
        As in :func:`bscsim.trial.measuring.measure`.
    twin
        What was measured in the twin, for the standardiser, if the caller has it: the same measure and cohort.

    Returns
    -------
    Truths
        In the measure's units; NaN where there is nobody to compare.

    Raises
    ------
    ValueError
        without a twin, or if staff were not recorded in a month of measurement.

    Examples
    --------
    >>> import bscsim
    >>> from bscsim.scenario.allocation import Allocation
    >>> from bscsim.trial.settings import DesignSettings, MeasureSettings
    >>> enrolment = {"centers_per_collaborative": 4, "rule": "random"}
    >>> run = bscsim.simulate(bscsim.Scenario(enrolment=enrolment), 1, 1, twin=True)
    >>> inside = run.labels.collaborative
    >>> zero, arm = np.zeros_like(inside), inside >= 0
    >>> study = Enrolled(Allocation(inside, np.zeros(1, int), zero == 0), zero == 0, arm, zero, zero,
    ...                  np.where(arm, 0, 32767), inside, zero, zero * np.nan, zero)
    >>> trial = Trial(run.scenario, DesignSettings(), {"score": MeasureSettings(reliability=0.75)}, ())
    >>> found = truths(run, study, trial, AnalysisSettings(outcome="score"))
    >>> bool(found.effect[0] == found.measured[0] > 0), bool(0.05 < found.scale[0] < 0.3)
    (True, True)
    """
    waves = _waves(run, enrolled, trial, analysis)
    true, shown = [wave.true for wave in waves], [wave.shown for wave in waves]
    member, complied = [wave.member for wave in waves], [wave.complied for wave in waves]
    controls = [enrolled.in_study & ~one for one in member]
    counted = complied if analysis.estimand == "compliers" else member
    between, within = _components(enrolled, trial, waves, counted)
    moderator = _moderator(run, enrolled, analysis)
    held = measure(run, "twin", enrolled, trial, analysis.outcome, analysis.cohort) if twin is None else twin
    return Truths(
        effect=_effect(true, counted, analysis, moderator),
        measured=_effect(shown, counted, analysis, moderator),
        spill=_effect(true, controls, analysis, moderator),
        compliers=_effect(true, complied, analysis, moderator),
        scale=_scale(held, enrolled, trial, analysis),
        collaborative=between,
        centers=within,
        last=_effect(true[-1:], counted[-1:], analysis, moderator),
    )


def _moderator(run: Trajectories, enrolled: Enrolled, analysis: AnalysisSettings) -> Array | None:
    """The moderator of each center, [R, C]; None without one."""
    if not analysis.moderator:
        return None
    if analysis.moderator == "readiness":
        return enrolled.readiness
    sector = run.labels.sector
    return np.broadcast_to((sector != sector.min()) * 1.0, enrolled.cohort.shape)


def _waves(run: Trajectories, enrolled: Enrolled, trial: Trial, analysis: AnalysisSettings) -> list[Wave]:
    """The estimand's waves: all of the measure in a stepped wedge, the analysis' wave elsewhere."""
    name, settings, shape = analysis.outcome, trial.measures[analysis.outcome], enrolled.cohort.shape
    first, *_ = every = trial.waves_of(name)
    wanted = every if trial.design.type == "stepped_wedge" else (analysis.wave,)
    same = analysis.estimand == "stayers" and settings.of == "staff" and wanted != (first,)
    names = tuple(dict.fromkeys((first, *wanted))) if same else wanted
    when = occasions(enrolled, trial, names)
    scale = scale_of(run, enrolled, trial, name) if settings.of == "children" else None
    worlds = [true_state(run, present(run, world, when, settings), settings, scale)
              for world in (run.treated, run.untreated)]  # fmt: skip
    at, center = np.indices(shape)
    out = []
    for wave in wanted:
        there = [_at(rows, names.index(wave), same and wave != first) for rows in worlds]
        if same and wave != first:
            there = list(stayers(run, there[0], there[1]))
        month = when.months[np.maximum(enrolled.cohort, 0), names.index(wave)]  # any where it is not in the study
        member = exposed(enrolled, trial, month)
        complied = member & (run.treated["status"][at, center, month] != WITHDRAWN)
        true, shown = (cells(there[0], there[1], values, shape) for values in ("true", "shown"))
        out.append(Wave(true, shown, member, complied))
    return out


def _at(rows: Present, wave: int, pair: bool) -> Present:
    """The rows of an occasion; of a pair also those of occasion 0, the others then as occasion 1."""
    chosen = rows.wave == wave
    some = rows.where(chosen | (rows.wave == 0) if pair else chosen)
    return some._replace(wave=np.minimum(some.wave, 1)) if pair else some


def _effect(
    waves: list[Cells], members: list[Array], analysis: AnalysisSettings, moderator: Array | None = None
) -> Array:
    """Mean effect [R] over waves: each has as many centers (units) as count in it; NaN without any."""
    by_center = analysis.estimand in ("center_mean", "compliers") or moderator is not None
    effects, numbers = [], []
    for found, member in zip(waves, members, strict=True):
        if moderator is not None:
            effects.append(difference(found, member, moderator))
        else:
            effects.append(center_mean(found, member) if by_center else everyone(found, member))
        numbers.append((member & np.isfinite(found.effect)) if by_center else np.where(member, found.n_treated, 0))
    if len(effects) == 1:
        return effects[0]
    weight = np.where(np.isfinite(effects), [number.sum(axis=1) for number in numbers], 0)
    return np.asarray(divide(np.where(weight > 0, weight * np.array(effects), 0.0).sum(axis=0), weight.sum(axis=0)))


def _components(enrolled: Enrolled, trial: Trial, waves: list[Wave], counted: list[Array]) -> tuple[Array, Array]:
    """Variance of centers' effects between collaboratives and within them, [R] each."""
    each = np.array([np.where(some, wave.true.effect, np.nan) for wave, some in zip(waves, counted, strict=True)])
    number = np.isfinite(each).sum(axis=0)
    effect = divide(np.where(np.isfinite(each), each, 0.0).sum(axis=0), number)
    group = np.maximum(enrolled.collaborative, 0)
    if trial.design.type not in STUDY_CLOCK:
        return components(effect, group)
    cohorts = range(len(trial.design.by_cohort))
    parts = [components(np.where(enrolled.cohort == cohort, effect, np.nan), group) for cohort in cohorts]
    return tuple(divide(np.where(np.isfinite(part), part, 0.0).sum(axis=0), np.isfinite(part).sum(axis=0))
                 for part in np.array(parts).swapaxes(0, 1))  # type: ignore[return-value]


def _scale(units: Units, enrolled: Enrolled, trial: Trial, analysis: AnalysisSettings) -> Array:
    """SD over units of what was measured in the twin at the wave.

    Over all waves of a stepped wedge, and over the months of a series up to its wave, the root mean square of it: the
    mean has weights n - 1. Of children's tests units are means of the ten children of a room, but the SD is that of
    children: what is lost in the mean, 9/10 of the variance in a room (1 / reliability), is added.
    """
    settings = trial.measures[analysis.outcome]
    R, numbers = len(enrolled.cohort), [trial.waves_of(analysis.outcome).index(analysis.wave)]
    if settings.of == "reports":
        numbers = list(range(int(trial.design.waves[analysis.wave]) + 1))
    elif trial.design.type == "stepped_wedge":
        numbers = list(range(len(trial.waves_of(analysis.outcome))))
    square, df = np.zeros(R), np.zeros(R)
    for number in numbers:
        here = units.wave == number
        sd = moments(units.at[here], units.y[here], R)[1]
        own = np.where(np.isfinite(sd), np.bincount(units.at[here], minlength=R) - 1, 0)
        square, df = square + np.where(own > 0, sd**2 * own, 0.0), df + own
    inside = (1 - 1 / CHILDREN_A_ROOM) / settings.reliability if settings.of == "children" else 0.0
    return np.asarray(np.sqrt(divide(square, df) + inside))
