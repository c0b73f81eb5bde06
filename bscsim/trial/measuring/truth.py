"""What an analysis should find: the true effect of its estimand, from the treated world and its twin."""

from __future__ import annotations

import numpy as np

from bscsim.record.measures import WITHDRAWN
from bscsim.record.trajectories import Trajectories
from bscsim.trial.dataset import Truths, Units
from bscsim.trial.enrolled import Array, Enrolled
from bscsim.trial.measuring.components import components
from bscsim.trial.measuring.contrasts import Cells, cells, center_mean, everyone, stayers
from bscsim.trial.measuring.instruments import true_state
from bscsim.trial.measuring.occasions import exposed, occasions
from bscsim.trial.measuring.present import Present, present
from bscsim.trial.measuring.scale import moments, scale_of
from bscsim.trial.measuring.taking import measure
from bscsim.trial.settings import AnalysisSettings
from bscsim.trial.trial import Trial


def truths(
    run: Trajectories, enrolled: Enrolled, trial: Trial, analysis: AnalysisSettings, twin: Units | None = None
) -> Truths:
    """Return the true effects in each replicate, of all units that are there, measured or not.

    Treated are the arm's centers, withdrawn ones included; in a stepped wedge and an interrupted series those that have
    begun before the wave. All other centers of the study are its controls, also the waiting ones that have started
    since. Estimands:

    center_mean
        Mean over centers of the difference of the center's means.
    all_present, repeated_cross_section
        Difference of the means of all units, each world with its own.
    stayers
        Of persons who are in the same center at the measure's first wave and at the wave, in both worlds; of rooms and
        centers, all.
    compliers
        As center_mean, of treated centers that have not withdrawn by the wave.

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
    name, shape = analysis.outcome, enrolled.cohort.shape
    treated, without = _present(run, enrolled, trial, analysis)
    true, shown = (cells(treated, without, values, shape) for values in ("true", "shown"))
    month = _month(enrolled, trial, analysis.wave)
    member = exposed(enrolled, trial, month)
    at, center = np.indices(shape)
    complied = member & (run.treated["status"][at, center, month] != WITHDRAWN)
    counted = complied if analysis.estimand == "compliers" else member
    between, within = components(np.where(counted, true.effect, np.nan), np.maximum(enrolled.collaborative, 0))
    held = measure(run, "twin", enrolled, trial, name, analysis.cohort) if twin is None else twin
    return Truths(
        effect=_effect(true, counted, analysis),
        measured=_effect(shown, counted, analysis),
        spill=_effect(true, enrolled.in_study & ~member, analysis),
        compliers=_effect(true, complied, analysis),
        scale=_scale(held, enrolled, trial, analysis),
        collaborative=between,
        centers=within,
    )


def _present(
    run: Trajectories, enrolled: Enrolled, trial: Trial, analysis: AnalysisSettings
) -> tuple[Present, Present]:
    """The units of the estimand at the wave, in both worlds."""
    name, settings = analysis.outcome, trial.measures[analysis.outcome]
    same = analysis.estimand == "stayers" and settings.of == "staff" and trial.waves_of(name)[0] != analysis.wave
    when = occasions(enrolled, trial, (trial.waves_of(name)[0], analysis.wave) if same else (analysis.wave,))
    scale = scale_of(run, enrolled, trial, name) if settings.of == "children" else None
    there = [true_state(run, present(run, world, when, settings), settings, scale)
             for world in (run.treated, run.untreated)]  # fmt: skip
    return stayers(run, *there) if same else (there[0], there[1])


def _month(enrolled: Enrolled, trial: Trial, wave: str) -> Array:
    """Month [R, C] of a wave in each center; any of them where a center is not in the study."""
    months = occasions(enrolled, trial, (wave,)).months[:, 0]
    found: Array = months[np.maximum(enrolled.cohort, 0)]
    return found


def _effect(found: Cells, member: Array, analysis: AnalysisSettings) -> Array:
    by_center = analysis.estimand in ("center_mean", "compliers")
    return center_mean(found, member) if by_center else everyone(found, member)


def _scale(units: Units, enrolled: Enrolled, trial: Trial, analysis: AnalysisSettings) -> Array:
    """SD of what was measured in the twin at the wave; a report's wave is its month."""
    if trial.measures[analysis.outcome].of == "reports":
        here = units.wave == _month(enrolled, trial, analysis.wave)[units.at, units.center]
    else:
        here = units.wave == trial.waves_of(analysis.outcome).index(analysis.wave)
    return moments(units.at[here], units.y[here], len(enrolled.cohort))[1]
