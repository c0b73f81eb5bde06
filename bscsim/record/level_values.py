"""The values behind the seven levels: every outcome of one world, by replicate, month and center.

What each outcome means is said in :data:`bscsim.record.levels.OUTCOMES`; this file computes them from the arrays and,
for what needs persons or rooms, from the staff rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from bscsim.record import measured as study
from bscsim.record.measures import LEADER, STAFF_ROLES, TEACHER
from bscsim.record.ratio import divide
from bscsim.record.staff_rows import Array
from bscsim.record.trajectories import Trajectories, World
from bscsim.record.truth import Persons, present, there_at_start, waves

CUT = 0.5
"""Cut point of the stages: known, used, formalised."""


class Values(NamedTuple):
    """One outcome of one group in one world, [replicate, month, center].

    ``true`` and ``measured`` (None: no such measure) are missing where NaN.  With ``over``, the true value is
    true / over by center, and sum / sum over centers.
    """

    outcome: str
    group: str
    true: Array
    measured: Array | None = None
    over: Array | None = None


def world_values(run: Trajectories, world: World, months: Array, scale: study.Reference) -> Iterator[Values]:
    """Yield every outcome of one world at these months."""
    yield from _organizational(run, world, months)
    yield from _kept(run, world, months)
    yield from _team(run, world, months)
    yield from _by_role(world, months)
    yield from _by_time(run, world, months)
    yield from _stages(run, world, months)
    yield from _seen(run, world, months, scale)


def _at(world: World, name: str, months: Array) -> Array:
    """Take a measure by center at these months: [replicate, month, center, ...], as float64."""
    return np.swapaxes(world[name][:, :, months], 1, 2).astype(np.float64)


def _organizational(run: Trajectories, world: World, months: Array) -> Iterator[Values]:
    fit = _at(world, "fit", months)
    yield Values("fit", "all", fit.mean(axis=3))
    yield Values("formalised", "all", _missing_like(fit[..., 0], (fit > CUT).mean(axis=3)))
    start = np.zeros(1, np.int64)
    for outcome, name in (("qi_gain", "qi"), ("climate_gain", "climate")):
        yield Values(outcome, "all", _at(world, name, months) - _at(world, name, start))
    yield Values("leader_motivation", "all", _at(world, "engagement", months)[..., LEADER])
    at_selection = run.labels.readiness_selection[:, None, :]
    seen = _measured_at_selection(run)[:, None, :]
    ready = _missing_like(_at(world, "motivation", months), _at(world, "readiness", months))  # R of somebody
    yield Values("readiness_gain", "all", ready - at_selection, study.measured_readiness(run, world, months) - seen)


def _measured_at_selection(run: Trajectories) -> Array:
    """Return R from the components measured at enrolment, [replicate, center]; NaN if never assessed."""
    from bscsim.rules import readiness

    power = run.scenario.parameters.ready_power
    seen = run.labels.readiness_measured
    flat = [readiness.readiness(a, g, q, power) if a == a else np.nan for a, g, q in seen.reshape(-1, 3).tolist()]
    return np.array(flat).reshape(seen.shape[:2])


def _kept(run: Trajectories, world: World, months: Array) -> Iterator[Values]:
    """What enrolled centers kept after the end: PDSAs, and gains over the twin as a share of those at the end.

    A share is missing where there was no gain at the end; shares exist in the treated world only, beside its twin.
    """
    end = np.array([run.scenario.calendar.ends])
    started = _sum_between(world, "pdsa_started", int(end[0]), months)
    yield Values("pdsa_after", "all", started / np.maximum(months - end, 1)[None, :, None])
    if run.twin is None or world is not run.treated:
        return
    enrolled = (run.labels.collaborative >= 0)[:, None, :]
    for outcome, name in (("fit_kept", "fit"), ("qi_kept", "qi"), ("climate_kept", "climate")):
        now, then = (_at(world, name, when) - _at(run.twin, name, when) for when in (months, end))
        if name == "fit":
            now, then = now.mean(axis=3), then.mean(axis=3)
        yield Values(outcome, "all", now, None, np.where(enrolled, np.broadcast_to(then, now.shape), 0.0))


def _sum_between(world: World, name: str, start: int, months: Array, stop: int | None = None) -> Array:
    """Sum a flow over the months from ``start`` to before each month (or ``stop``), [replicate, month, center]."""
    ends = [int(month) if stop is None else min(int(month), stop) for month in months]
    return np.stack([world[name][:, :, start:end].sum(axis=2, dtype=np.float64) for end in ends], axis=1)


def _team(run: Trajectories, world: World, months: Array) -> Iterator[Values]:
    calendar = run.scenario.calendar
    seats = _at(world, "seats", months)
    yield Values("seats_held", "all", divide(_at(world, "seats_held", months), seats))
    yield Values("drive", "all", _at(world, "drive", months))
    first, ends = int(calendar.prework[1]), int(calendar.ends)
    elapsed = np.clip(np.minimum(months, ends) - first, 0, None)[None, :, None]
    succeeded = _sum_between(world, "pdsa_succeeded", first, months, ends)
    had_team = world["seats"].max(axis=2)[:, None, :] > 0
    yield Values("pdsa_succeeded", "all", np.where(
        had_team, divide(succeeded, np.broadcast_to(elapsed, succeeded.shape)), np.nan))
    borrowed, gained = (_sum_between(world, name, 0, months) for name in ("ideas_borrowed", "fit_gained"))
    yield Values("ideas_borrowed", "all", np.where(had_team, borrowed, np.nan))
    yield Values("borrowed_share", "all", borrowed, None, gained)
    yield Values("roles_covered", "all", divide(_at(world, "seats_at_role", months), seats))


def _by_role(world: World, months: Array) -> Iterator[Values]:
    for name in ("practice", "knowledge"):
        by_role = _at(world, name, months)
        for code, role in enumerate(STAFF_ROLES):
            yield Values(name, role, by_role[..., code])
        for group in ("team", "nonteam"):
            yield Values(name, group, _at(world, f"{name}_{group}", months))


def _by_time(run: Trajectories, world: World, months: Array) -> Iterator[Values]:
    """Teachers there since month 0 and teachers who came later (nobody is either if month 0 was no wave)."""
    teachers = present(run, world.staff)
    stayed = there_at_start(run, teachers)
    groups = (("stayers", stayed), ("newcomers", ~stayed)) if waves(run)[0] == 0 else ()
    knowledge = _knowledge(world)
    for name, level in (("practice", teachers.practice), ("knowledge", knowledge)):
        for group, who in groups:
            yield Values(name, group, _cells(run, months, teachers, level, who))


def _knowledge(world: World) -> Array:
    rows = world.staff
    known: Array = rows["K"][rows["filled"] & (rows["role"] == TEACHER)].mean(axis=1, dtype=np.float64)
    return known


def _stages(run: Trajectories, world: World, months: Array) -> Iterator[Values]:
    rows = world.staff
    teachers, there = present(run, rows), rows["filled"] & (rows["role"] == TEACHER)
    everyone = np.ones(len(teachers.at), bool)
    for name, column in (("known", "K"), ("used", "P")):
        level = (rows[column][there] > CUT).mean(axis=1)
        yield Values(name, "teacher", _cells(run, months, teachers, level, everyone))


def _seen(run: Trajectories, world: World, months: Array, scale: study.Reference) -> Iterator[Values]:
    """What observers, surveys and child assessments show, beside the truth of the same rooms and persons."""
    rooms = study.rooms(run, world, scale)
    for name, true, seen in (("observed_practice", rooms.true, rooms.observed),
                             ("child_score", rooms.child, rooms.tested)):
        every = np.ones(len(true), bool)
        yield Values(name, "classrooms", *(_cells(run, months, rooms, level, every) for level in (true, seen)))
    asked = study.reports(run, world, scale)
    for group, who in (("staff", np.ones(len(asked.at), bool)), ("teacher", asked.role == TEACHER)):
        answered = np.where(np.isnan(asked.probability), np.nan, asked.responded)
        yield Values("self_report", group, _cells(run, months, asked, asked.practice, who),
                     _cells(run, months, asked, asked.report, who & asked.responded))
        yield Values("response", group, _cells(run, months, asked, asked.probability, who),
                     _cells(run, months, asked, answered, who))


def _cells(
    run: Trajectories, months: Array, rows: Persons | study.Rooms | study.Reports, level: Array, who: Array
) -> Array:
    """Average over persons or rooms by center; missing where there are none, and at months without a wave."""
    shape = (len(run.replicates), len(months), len(run.labels.center_id))
    result: Array = np.full(shape, np.nan)
    where = (rows.at[who], rows.wave[who], rows.center[who])
    result[:, np.isin(months, waves(run))] = study.cell_means(run, where, level[who])
    return result


def _missing_like(pattern: Array, values: Array) -> Array:
    masked: Array = np.where(np.isnan(pattern), np.nan, values)
    return masked
