"""Fills the record from a running Mesa model: stocks at the start of a month, flows when it is over, staff at waves."""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING, Any

import numpy as np

from bscsim.record.measures import ROLES, STAFF_COLUMNS
from bscsim.rules import people

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bscsim.agents.center import Center
    from bscsim.agents.collaborative import CollaborativeModel
    from bscsim.agents.staff import Staff
    from bscsim.record.trajectories import Labels, World


def mean(values: Iterable[float]) -> float:
    """Mean in the order given (a plain running sum), NaN of nothing."""
    total, count = 0.0, 0
    for value in values:
        total += value
        count += 1
    return total / count if count else nan


def level(persons: Iterable[Staff], what: Callable[[Staff], list[float]]) -> float:
    """Mean over persons of the mean over drivers of ``what``; NaN if there is nobody."""
    return mean(mean(what(person)) for person in persons)


def known(person: Staff) -> list[float]:
    """A person's knowledge by driver."""
    return person.k


def practised(person: Staff) -> list[float]:
    """A person's practice by driver."""
    return person.p


def gained(person: Staff) -> list[float]:
    """Knowledge above its entry value, by driver."""
    return [k - k0 for k, k0 in zip(person.k, person.k0, strict=True)]


class Observer:
    """Writes one model's run into row ``row`` of a :class:`~bscsim.record.trajectories.World`."""

    def __init__(self, model: CollaborativeModel, world: World, row: int) -> None:
        self.model = model
        self.row = row
        self.world = world
        self.arrays = world.arrays
        self.waves = model.calendar.waves

    def start_of_month(self) -> None:
        """Record the stocks at the start of the model's month and, if it is a wave, every slot."""
        month = self.model.month
        for center in self.model.centers:
            self._stocks(center, month)
            self._stocks_by_role(center, month)
        if month in self.waves:
            self.world.staff.append(self.model.replicate, month, **self._staff_rows())

    def end_of_month(self, month: int) -> None:
        """Record what happened during ``month`` and turn every center's page."""
        for center in self.model.centers:
            for name, value in vars(center.month).items():
                self.arrays[name][self.row, center.index, month] = value
            center.turn_page()

    def end(self) -> None:
        """Record the totals at the horizon."""
        row, arrays, model = self.row, self.arrays, self.model
        for center in model.centers:
            arrays["withdrawal_month"][row, center.index] = center.withdrawal_month
            if center.team:
                arrays["metrics_made"][row, center.index] = center.team.makes_metrics
                arrays["metrics_used"][row, center.index] = center.team.uses_metrics
                arrays["call_holders"][row, center.index] = center.team.call_holders
                arrays["call_regulars"][row, center.index] = center.team.call_regulars
        arrays["persons_created"][row] = model.people_created
        arrays["persons_present"][row] = sum(p.filled for center in model.centers for p in center.staff)
        arrays["persons_waiting"][row] = model.labour_market.waiting
        arrays["persons_left"][row] = model.labour_market.left_sector

    def label(self, labels: Labels) -> None:
        """Record what both worlds share: sizes, and what enrolment decided and saw."""
        row = self.row
        for center in self.model.centers:
            labels.size[row, center.index] = center.size
            if center.assessment is not None:
                labels.applied[row, center.index] = True
                labels.readiness_measured[row, center.index] = center.assessment.components
                labels.readiness_selection[row, center.index] = center.assessment.true_readiness
            if center.team is not None:
                labels.collaborative[row, center.index] = center.team.collaborative
                labels.cohort[row, center.index] = 0

    def _stocks(self, center: Center, month: int) -> None:
        present = [person for person in center.employees if person.filled]
        members = [person for person in present if person.seat]
        others = [person for person in present if not person.seat]
        team = center.team
        values = {
            "status": center.status,
            "readiness": center.current_readiness(),
            "motivation": mean(person.m for person in present),
            "capacity": center.capacity,
            "qi": center.qi,
            "climate": center.climate,
            "authority": center.current_authority(),
            "seats": len(team.seats) if team else 0,
            "seats_held": len(team.members) if team else 0,
            "seats_at_role": team.held_at_role if team else 0,
            "drive": team.drive() if team and center.active else nan,
            "pdsa_open": sum(center.open_pdsas),
            "practice_team": level(members, practised),
            "practice_nonteam": level(others, practised),
            "knowledge_team": level(members, known),
            "knowledge_nonteam": level(others, known),
            "knowledge_gain": level(present, gained),
            "fit": center.fit,
        }
        for name, value in values.items():
            self.arrays[name][self.row, center.index, month] = value

    def _stocks_by_role(self, center: Center, month: int) -> None:
        place = (self.row, center.index, month)
        for role in range(len(ROLES)):
            present = [person for person in center.staff if person.filled and person.role == role]
            holders = [person for person in present if person.seat]
            counted = holders if role == people.PARENT else present  # parents come and go with their seat
            self.arrays["seat_holders"][place][role] = len(holders)
            self.arrays["staff"][place][role] = len(counted)
            self.arrays["engagement"][place][role] = mean(person.m for person in counted)
            if role != people.PARENT:
                self.arrays["practice"][place][role] = level(present, practised)
                self.arrays["knowledge"][place][role] = level(present, known)

    def _staff_rows(self) -> dict[str, Any]:
        """One row a slot, columns of :data:`bscsim.record.measures.STAFF_COLUMNS`; NaN where nobody is."""
        rows = [self._row(center, person) for center in self.model.centers for person in center.staff]
        names = [column.name for column in STAFF_COLUMNS if column.name not in ("replicate", "month")]
        return {name: np.array([row[name] for row in rows]) for name in names}

    def _row(self, center: Center, person: Staff) -> dict[str, Any]:
        none = [nan] * self.model.drivers
        levels = person.filled and person.role != people.PARENT
        return {
            "center": center.index,
            "slot": person.slot,
            "role": person.role,
            "classroom": person.classroom,
            "occupant": person.occupant,
            "person": person.person if person.filled else -1,
            "filled": person.filled,
            "seat": person.seat,
            "ever_seat": person.filled and person.ever_seat,
            "exposed": person.filled and person.exposed,
            "tenure": person.tenure if person.filled else nan,
            "M": person.m if person.filled else nan,
            "m0": person.m0 if person.filled else nan,
            "K": person.k if levels else none,
            "k0": person.k0 if levels else none,
            "P": person.p if levels else none,
            "b": person.b if levels else none,
        }
