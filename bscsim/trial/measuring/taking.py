"""What a trialist holds of one measure in one world."""

from __future__ import annotations

import numpy as np

from bscsim.record.trajectories import Trajectories, World
from bscsim.trial.dataset import Units
from bscsim.trial.enrolled import Array, Enrolled
from bscsim.trial.measuring.instruments import readings, true_state
from bscsim.trial.measuring.keys import place_of
from bscsim.trial.measuring.occasions import lost, monthly, occasions
from bscsim.trial.measuring.present import Present, present
from bscsim.trial.measuring.scale import Scale, needs_scale, scale_of
from bscsim.trial.measuring.selecting import answered, continued, sampled, sent
from bscsim.trial.settings import MeasureSettings
from bscsim.trial.trial import Trial


def measure(
    run: Trajectories, world: World | str, enrolled: Enrolled, trial: Trial, name: str, cohort: str = "repeated",
    scale: Scale | None = None,
) -> Units:
    """Measure the study's centers in one world, each at the waves of its own cohort.

    Draws are keyed by replicate, center, unit, month of the study and the measure's place among the study's: whoever is
    there in both worlds has the same error, lot and chance in both, and nothing changes for one unit because others, or
    other measures, waves and replicates, are there.

    Parameters
    ----------
    run
        The record of both worlds, simulated with ``enrolled.allocation``.
    world
        "treated" or "twin" (or the world itself). In the twin the trial's labels decide who is lost.
    enrolled
        Who is in the study, in the replicates of the record.
    name
        A name of ``trial.measures``; its settings say who is looked at and how well.
    cohort
        "repeated": a sample of its own at each wave; "open": the same lots at all waves, so the same units and
        newcomers; "closed": those measured at the measure's first wave that are still in the center.
    scale
        :func:`.scale_of` of the measure, if the caller has it: it is the same for both worlds and all cohorts.

    Returns
    -------
    Units
        Rows of what was measured, in the units of the measure: practice, knowledge, motivation and readiness 0 to 1 but
        for errors, children's outcome in SD of children. Withdrawn centers are among them; centers lost to the study
        are not.

    Raises
    ------
    ValueError
        without a twin (the errors' scale comes from it), or if staff were not recorded in a month of measurement.

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
    >>> trial = Trial(run.scenario, DesignSettings(), {"score": MeasureSettings(reliability=0.75, sample=2)}, ())
    >>> units = measure(run, "treated", study, trial, "score")
    >>> len(units.y), units.wave.tolist()[::8], units.unit.tolist()[:4]
    (32, [0, 0, 1, 1], [..., ..., ..., ...])
    """
    settings, place = trial.measures[name], place_of(list(trial.measures), name)
    there = {"treated": run.treated, "twin": run.untreated}[world] if isinstance(world, str) else world
    when = monthly(enrolled, trial) if settings.of == "reports" else occasions(enrolled, trial, trial.waves_of(name))
    if scale is None and needs_scale(settings):
        scale = scale_of(run, enrolled, trial, name)
    rows = present(run, there, when, settings)
    if settings.of == "reports":
        rows = rows.where(sent(run, there, enrolled, rows))
    if trial.attrition.treated or trial.attrition.control:
        rows = rows.where(~lost(run, enrolled, trial, rows.at, rows.center, rows.month))
    rows = rows.where(_measured(run, rows, settings, place, scale, cohort))
    rows = true_state(run, rows, settings, scale)
    return Units(rows.at, rows.wave, rows.center, rows.unit, readings(run, there, rows, settings, place, scale))


def _measured(
    run: Trajectories, rows: Present, settings: MeasureSettings, place: int, scale: Scale | None, cohort: str
) -> Array:
    """Whether each unit there [N] is measured."""
    keep = sampled(run, rows, settings, place, cohort)
    if cohort == "closed":
        keep |= rows.wave > 0  # no sample is drawn again: all of the first one are asked
    if settings.response < 1.0 and scale is not None:
        keep &= answered(run, rows, settings, place, scale)
    return keep & continued(run, rows, keep) if cohort == "closed" else np.asarray(keep)
