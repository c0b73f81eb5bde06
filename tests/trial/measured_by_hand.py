"""Measurement again, in plain Python, a unit at a time, with the scalar rules: what the arrays must give."""

from __future__ import annotations

from statistics import fmean, stdev
from typing import Any

from bscsim.record.measures import ASSISTANT, PARENT, TEACHER
from bscsim.record.trajectories import Trajectories, World
from bscsim.rules import draws, enrolment, measurement, operators, participation, readiness
from bscsim.trial.enrolled import Enrolled
from bscsim.trial.trial import Trial

Row = tuple[int, int, int, int, float]
Unit = dict[str, Any]


def staff_of(run: Trajectories, world: World, at: int, month: int) -> dict[int, list[dict[str, Any]]]:
    """Rows of the record of one replicate and month, by center."""
    rows = world.staff.where((world.staff["replicate"] == run.replicates[at]) & (world.staff["month"] == month))
    names = list(rows.columns)
    found: dict[int, list[dict[str, Any]]] = {}
    for values in zip(*(rows[name].tolist() for name in names), strict=True):
        row = dict(zip(names, values, strict=True))
        found.setdefault(row["center"], []).append(row)
    return found


def units_of(run: Trajectories, world: World, trial: Trial, name: str, at: int, center: int, month: int) -> list[Unit]:
    """Units there: their number, key, true state, and what else is needed of them; children's rooms by practice."""
    s, found = trial.measures[name], []
    if s.of == "readiness":
        return [{"unit": 0, "item": 0, "true": float(world["readiness"][at, center, month])}]
    if s.of == "reports":
        practice = float(world["practice"][at, center, month, TEACHER])
        return [{"unit": 0, "item": 0, "true": practice}] if practice == practice else []
    rows = staff_of(run, world, at, month).get(center, [])
    if s.of == "staff":
        for row in rows:
            who = (TEACHER, ASSISTANT) if s.who == "teaching" else range(PARENT)
            if row["filled"] and row["role"] in who:
                true = row["M"] if s.asks == "motivation" else fmean(row["K" if s.asks == "knowledge" else "P"])
                found.append({"unit": row["person"], "item": draws.staff_item(row["slot"], row["occupant"], 0),
                              "true": true, "M": row["M"], "exposed": float(row["exposed"])})  # fmt: skip
        return sorted(found, key=lambda unit: unit["unit"])
    for room in sorted({row["classroom"] for row in rows if row["classroom"] >= 0}):
        inside = [row for row in rows if row["classroom"] == room]
        taught = [fmean(row["P"]) for row in inside if row["filled"]]
        months = measurement.school_months(run.scenario.calendar.season_month(month))
        lead = [row for row in inside if row["role"] == TEACHER]
        changed = any(measurement.lead_changed(row["filled"], row["tenure"], months) for row in lead)
        if taught:
            found.append({"unit": room, "item": room, "true": fmean(taught), "changed": float(changed)})
    return found


def scale_of(run: Trajectories, enrolled: Enrolled, trial: Trial, name: str, at: int, of: str = "true") -> Any:
    """Mean and SD of units of the twin at the measure's first wave."""
    values = []
    for center in range(enrolled.cohort.shape[1]):
        if enrolled.in_study[at, center]:
            month = trial.month(int(enrolled.cohort[at, center]), trial.waves_of(name)[0])
            month = 0 if trial.measures[name].of == "reports" else month
            values += [unit[of] for unit in units_of(run, run.untreated, trial, name, at, center, month)]
    return fmean(values), stdev(values)


def by_hand(
    run: Trajectories, world: World, enrolled: Enrolled, trial: Trial, name: str, cohort: str = "repeated"
) -> list[Row]:
    """Rows that :func:`bscsim.trial.measuring.measure` must return."""
    every = range(len(run.replicates))
    return sorted(row for at in every for row in _replicate(run, world, enrolled, trial, name, cohort, at))


def _replicate(
    run: Trajectories, world: World, enrolled: Enrolled, trial: Trial, name: str, cohort: str, at: int
) -> list[Row]:
    s, found = trial.measures[name], []
    scale = scale_of(run, enrolled, trial, name, at) if s.of != "readiness" else (0.0, 0.0)
    mood = scale_of(run, enrolled, trial, name, at, "M") if s.of == "staff" else (0.0, 0.0)
    for center in range(enrolled.cohort.shape[1]):
        if not enrolled.in_study[at, center]:
            continue
        months = [trial.month(int(enrolled.cohort[at, center]), wave) for wave in trial.waves_of(name)]
        if s.of == "reports":
            months = list(range(max(trial.months) + 1))
        begun: set[int] = set()
        for wave, month in enumerate(months):
            if _lost(run, enrolled, trial, at, center, month):
                continue
            units = units_of(run, world, trial, name, at, center, month)
            kept = _chosen(run, world, enrolled, trial, name, cohort, at, center, month, wave, units, mood)
            if cohort == "closed":
                kept = [unit for unit in kept if wave == 0 or unit["unit"] in begun]
                begun = {unit["unit"] for unit in kept} if wave == 0 else begun
            for unit in kept:
                y = _reading(run, world, trial, name, at, center, month, unit, scale)
                found.append((at, wave, center, unit["unit"], y))
    return found


def _uniform(run: Trajectories, at: int, center: int, item: int, month: int, stream: int) -> float:
    return draws.uniform(run.seed, run.replicates[at], int(run.labels.number[center]), item, month, stream)


def _item(trial: Trial, name: str, unit: Unit) -> int:
    place = list(trial.measures).index(name)
    return int(unit["item"] | (place if trial.measures[name].of == "staff" else place << 16))


def _lost(run: Trajectories, enrolled: Enrolled, trial: Trial, at: int, center: int, month: int) -> bool:
    rate = trial.attrition.treated if enrolled.treated[at, center] else trial.attrition.control
    cohort = int(enrolled.cohort[at, center])
    waves = [trial.month(cohort, wave) for wave in trial.design.waves]
    share = min(max((month - min(waves)) / (max(waves) - min(waves)), 0.0), 1.0)
    return _uniform(run, at, center, 0, 0, draws.STUDY_ATTRITION) < rate * share


def _chosen(
    run: Trajectories, world: World, enrolled: Enrolled, trial: Trial, name: str, cohort: str, at: int, center: int,
    month: int, wave: int, units: list[Unit], mood: tuple[float, float],
) -> list[Unit]:
    s, p = trial.measures[name], run.scenario.parameters
    if s.of == "reports":
        return units if _sent(run, world, enrolled, at, center, month) else []
    if s.sample != "all" and s.of != "readiness" and (cohort != "closed" or wave == 0):
        stream, step = (draws.SAMPLE_STAFF if s.of == "staff" else draws.SAMPLE_ROOMS), month
        step = month if cohort == "repeated" else 0
        units = sorted(units, key=lambda u: _uniform(run, at, center, _item(trial, name, u), step, stream))[: s.sample]
    if s.of == "staff" and s.response < 1.0:
        def answers(unit: Unit) -> bool:
            chance = operators.logistic(operators.logit(s.response) + p.nonresp_slope * (unit["M"] - mood[0]) / mood[1])
            return _uniform(run, at, center, _item(trial, name, unit), month, draws.STAFF_RESPONSE) < chance
        units = [unit for unit in units if answers(unit)]
    return units


def _sent(run: Trajectories, world: World, enrolled: Enrolled, at: int, center: int, month: int) -> bool:
    p, here = run.scenario.parameters, (at, center, month)
    chance = participation.report_probability(
        operators.logit(p.report_p), p.att_slope, float(world["motivation"][here]), float(world["readiness"][here]))
    would = _uniform(run, at, center, 0, month + run.scenario.calendar.burn_in, draws.MONTHLY_REPORT) < chance
    if month < enrolled.begins[at, center]:
        return would
    if world is run.treated:
        return bool(world["report_sent"][here])
    return would and bool(run.treated["report_due"][here])


def _reading(
    run: Trajectories, world: World, trial: Trial, name: str, at: int, center: int, month: int, unit: Unit,
    scale: tuple[float, float],
) -> float:
    s, p, item = trial.measures[name], run.scenario.parameters, _item(trial, name, unit)

    def normal(key: int, stream: int) -> float:
        return operators.normal(_uniform(run, at, center, key, month, stream))

    if s.of == "readiness":
        seen = [enrolment.measured(float(world[part][at, center, month]), sd, s.reliability,
                                   normal(item | place, draws.CENTER_ERROR))
                for place, (part, sd) in enumerate(
                    (("motivation", p.motivation_sd), ("capacity", p.capacity_sd), ("qi", p.qi_sd)))]  # fmt: skip
        return readiness.readiness(*seen, p.ready_power)
    if s.of == "staff" and s.asks == "self_report":
        return measurement.self_report(
            unit["true"], p.sr_bias, p.sr_demand, unit["exposed"], p.sr_sd, normal(item, draws.STAFF_ERROR))
    if s.of == "children":
        child = measurement.child_score(unit["true"], *scale, p.child_slope, unit["changed"], p.child_turn)
        return measurement.children_tested(child, 10 * s.reliability, normal(item, draws.ROOM_ERROR))
    stream = {"staff": draws.STAFF_ERROR, "reports": draws.CENTER_ERROR, "classrooms": draws.ROOM_ERROR}[s.of]
    z = normal(item, stream)
    if s.rater:
        place = list(trial.measures).index(name)
        z = s.rater**0.5 * normal(place << 16, draws.RATER) + (1 - s.rater) ** 0.5 * z
    return measurement.observed_practice(unit["true"], scale[1], s.reliability, z)
