"""Who of those present is measured: samples drawn by lot, closed cohorts, who answers, and reports that are sent."""

from __future__ import annotations

import numpy as np

from bscsim.record.trajectories import Trajectories, World
from bscsim.rules import draws, operators
from bscsim.trial.enrolled import Array, Enrolled
from bscsim.trial.measuring.keys import uniforms
from bscsim.trial.measuring.matching import among, keys
from bscsim.trial.measuring.present import Present
from bscsim.trial.measuring.scale import Scale
from bscsim.trial.settings import MeasureSettings


def sampled(run: Trajectories, rows: Present, settings: MeasureSettings, place: int, cohort: str) -> Array:
    """Whether each unit [N] is in the sample of its center and wave: those with the smallest lots, all of a small one.

    A unit keeps its lot, so that it stays in the sample as long as it is there and no newcomer draws a smaller one
    (permanent random numbers: Ohlsson 1995, in Cox et al., Business Survey Methods, ch. 9); in the cohort "repeated"
    it draws a new lot at each wave.
    """
    size, keep = settings.sample, np.ones(len(rows.at), bool)
    if size == "all" or settings.of in ("readiness", "reports"):
        return keep
    cell = _cell(rows)
    crowded = np.bincount(cell)[cell] > size
    some = rows.where(crowded)
    item, stream = keyed(some, settings, place), draws.SAMPLE_STAFF if settings.of == "staff" else draws.SAMPLE_ROOMS
    step = some.month if cohort == "repeated" else np.zeros(len(some.at), np.int64)
    keep[crowded] = lowest(cell[crowded], uniforms(run, some.at, some.center, item, step, stream), size)
    return keep


def lowest(group: Array, lots: Array, size: int) -> Array:
    """Whether each lot [N] is among the ``size`` lowest of its group [N]; a group's rows stand together.

    >>> lowest(np.array([0, 0, 0, 1]), np.array([0.5, 0.1, 0.3, 0.9]), 2).tolist()
    [False, True, True, True]
    """
    if not len(group):
        return np.zeros(0, bool)
    start = np.flatnonzero(np.concatenate([[True], group[1:] != group[:-1]]))
    count = np.diff(np.append(start, len(group)))
    row = np.repeat(np.arange(len(start)), count)
    table = np.full((len(start), max(int(count.max()), size)), 2.0)  # a row a group; a lot is below 1
    table[row, np.arange(len(group)) - start[row]] = lots
    table.sort(axis=1)
    chosen: Array = lots <= table[row, size - 1]
    return chosen


def keyed(rows: Present, settings: MeasureSettings, place: int) -> Array:
    """Return each unit's item with the measure's place in it: a person's driver, a room's high bits."""
    found: Array = rows.item + (place if settings.of == "staff" else place << 16)
    return found


def answered(run: Trajectories, rows: Present, settings: MeasureSettings, place: int, scale: Scale) -> Array:
    """Whether each person [N] answers; whatever is not staff does."""
    if settings.of != "staff" or settings.response == 1.0:
        return np.ones(len(rows.at), bool)
    slope = run.scenario.parameters.nonresp_slope
    chance = response_probability(
        rows.more, scale.mood_mean[rows.at], scale.mood_sd[rows.at], slope, settings.response)
    u = uniforms(run, rows.at, rows.center, keyed(rows, settings, place), rows.month, draws.STAFF_RESPONSE)
    found: Array = u < chance
    return found


def response_probability(motivation: Array, mean: Array, spread: Array, slope: float, response: float) -> Array:
    """:func:`bscsim.rules.measurement.response_probability` of persons [N], for any response at mean motivation.

    >>> response_probability(np.array([0.6]), np.array([0.5]), np.array([0.1]), 0.5, 0.8).round(4).tolist()
    [0.8683]
    """
    apart = spread > 0.0
    z = np.where(apart, (motivation - mean) / np.where(apart, spread, 1.0), 0.0)
    return np.asarray(1.0 / (1.0 + np.exp(-(operators.logit(response) + slope * z))))


def continued(run: Trajectories, rows: Present, kept: Array) -> Array:
    """Whether each row [N] is of a unit that is ``kept`` [N] at wave 0, in the same center: a closed cohort."""
    key = keys(run, rows.at * len(run.labels.number) + rows.center, rows.unit)
    return among(key, key[kept & (rows.wave == 0)])


def sent(run: Trajectories, world: World, enrolled: Enrolled, rows: Present) -> Array:
    """Whether the report of each center and month [N] was sent.

    Before a center begins (a control: always) by the rule of E6, as if reports were due; afterwards what the record of
    the treated world says. The twin's center reports in the months in which the treated one had to, by the same draw
    and its own motivation and readiness.
    """
    p, calendar = run.scenario.parameters, run.scenario.calendar
    place = rows.at, rows.center, rows.month
    before = rows.month < enrolled.begins[rows.at, rows.center]
    able = (world["motivation"][place].astype(np.float64) + world["readiness"][place].astype(np.float64)) / 2.0
    chance = 1.0 / (1.0 + np.exp(-(operators.logit(p.report_p) + p.att_slope * (able - 0.5))))
    step = (rows.month + calendar.burn_in) * run.scenario.simulation.steps_per_month
    u = uniforms(run, rows.at, rows.center, np.zeros(len(step), np.int64), step, draws.MONTHLY_REPORT)
    own = world["report_sent"] if world is run.treated else None
    after = own[place] > 0 if own is not None else (run.treated["report_due"][place] > 0) & (u < chance)
    return np.where(before, u < chance, after)


def _cell(rows: Present) -> Array:
    """Number the (replicate, wave, center) of each row."""
    waves, centers = int(rows.wave.max(initial=0)) + 1, int(rows.center.max(initial=0)) + 1
    found: Array = (rows.at * waves + rows.wave) * centers + rows.center
    return found
