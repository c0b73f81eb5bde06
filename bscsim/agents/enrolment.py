"""E15: who applies, who is taken, and which collaborative each center joins (month 0)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bscsim.record.measures import ACTIVE, APPLIED, CONTROL, REJECTED
from bscsim.rules import draws, enrolment, readiness
from bscsim.rules.operators import normal

if TYPE_CHECKING:
    from bscsim.agents.center import Center
    from bscsim.agents.collaborative import CollaborativeModel

@dataclass(frozen=True)
class Assessment:
    """What enrolment saw of one applicant: measured motivation, capacity and innovation capacity, and lots."""

    components: tuple[float, float, float]
    measured_readiness: float
    true_readiness: float
    lot: float


def applies(center: Center) -> bool:
    """Whether a center that is large enough applies: always in trials, by motivation and need in the field."""
    model = center.model
    p, plan = model.parameters, model.scenario.enrolment
    if center.size < model.scenario.population.min_staff:
        return False
    if plan.mode == "trial":
        return True
    motivation = enrolment.score(center.traits.motivation, p.motivation_mean, p.motivation_sd)
    need = -enrolment.score(center.traits.habit, p.practice_mean, p.practice_center_sd)
    chance = enrolment.application_probability(plan.apply_rate, p.apply_motivation, motivation, p.apply_need, need)
    return center.lot(0, draws.APPLICATION) < chance


def assess(center: Center) -> Assessment:
    """Measure an applicant's readiness with the instrument's error and draw its lot."""
    model = center.model
    p = model.parameters
    scores = [normal(center.lot(item, draws.READINESS_ERROR)) for item in range(3)]
    seen = (
        enrolment.measured(center.current_engagement(), p.motivation_sd, p.ready_rel, scores[0]),
        enrolment.measured(center.capacity, p.capacity_sd, p.ready_rel, scores[1]),
        enrolment.measured(center.qi, p.qi_sd, p.ready_rel, scores[2]),
    )
    measured = readiness.readiness(*seen, p.ready_power)
    return Assessment(seen, measured, center.current_readiness(), center.lot(0, draws.SELECTION))


def enrol(model: CollaborativeModel) -> list[list[Center]]:
    """Run enrolment at month 0 and return the centers of each collaborative (an empty list: nobody was treated)."""
    plan = model.scenario.enrolment
    rule = model.numbers.rule
    places = plan.collaboratives * plan.centers_per_collaborative
    if not places:
        return []
    queue = []
    for center in model.centers:
        if not applies(center):
            continue
        center.status = APPLIED
        center.assessment = seen = assess(center)
        if enrolment.admissible(rule, seen.measured_readiness, plan.threshold, seen.components, model.numbers.hurdles):
            queue.append(
                (
                    enrolment.rank(rule, seen.measured_readiness, center.traits.habit, seen.lot),
                    center.number,
                    center,
                )
            )
        else:
            center.status = REJECTED
    queue.sort(key=lambda entry: entry[:2])
    for _, _, center in queue[places:]:
        center.status = REJECTED
    taken = [center for _, _, center in queue[:places]]
    taken.sort(key=lambda center: (center.lot(0, draws.ALLOCATION), center.number))
    for center in taken:
        center.status = ACTIVE
    return [
        taken[start :: plan.collaboratives]
        for start in range(plan.collaboratives)
        if taken[start :: plan.collaboratives]
    ]


def recruit(model: CollaborativeModel) -> list[list[Center]]:
    """Month 0 where an allocation comes from outside: assess who is large enough, refuse nobody.

    Returns the centers of each collaborative, some of them perhaps none, whenever it starts.
    """
    assert model.allocation is not None
    places: list[list[Center]] = [[] for _ in model.allocation.starts]
    for center in model.centers:
        number = int(model.allocation.collaborative[model.row, center.index])
        if center.size >= model.scenario.population.min_staff:
            center.status = REJECTED
            center.assessment = assess(center)
        if model.allocation.recruited[model.row, center.index]:
            center.status = CONTROL
        if number >= 0:
            places[number].append(center)
    return places
