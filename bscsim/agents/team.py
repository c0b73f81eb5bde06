"""The improvement team of a center: its seats, who holds them, and the events they attend (E3, E6, E13)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bscsim.record.measures import (
    AFFINITY_CALL,
    CALL,
    COACHING,
    PREWORK_CALL,
    SESSION,
    STAFF_TIME,
    SUBSTITUTE_COVER,
    SUPPORTS,
)
from bscsim.rules import costs, draws, enrolment, participation, pdsa, people

if TYPE_CHECKING:
    from bscsim.agents.center import Center
    from bscsim.agents.staff import Staff

# Each event's place among a person's four attendance draws of the month.
_LOT = {CALL: 0, AFFINITY_CALL: 1, SESSION: 2, PREWORK_CALL: 3}


class Team:
    """The team of one center: its seats in the order of E13 (a parent's last), their holders, and the events.

    ``roles[i]`` is the role seat i is open to (``named_roles[i]``, or any classroom staff), ``seats[i]`` its holder,
    ``numbers[i]`` its number (1-6, a parent's 7); ``present_share`` is the share of all seats present at the latest
    session or all-team call; ``collaborative`` is the number of the collaborative it belongs to, and ``begins`` the
    month in which that started and the team was formed.
    """

    def __init__(self, center: Center, collaborative: int, size: int) -> None:
        model = center.model
        self.center = center
        self.collaborative = collaborative
        self.begins = model.month
        lots = [center.lot(order, draws.SEAT_LEVEL) for order in range(size)]
        self.roles = [enrolment.seat_role(order, lot, model.numbers.e2) for order, lot in enumerate(lots)]
        self.named_roles = list(enrolment.SEAT_ORDER[:size])
        self.numbers = list(range(1, size + 1))
        if model.scenario.population.parents:
            self.roles.append(people.PARENT)
            self.named_roles.append(people.PARENT)
            self.numbers.append(enrolment.PARENT_SEAT)
        self.seats: list[Staff | None] = [None] * len(self.roles)
        self.present_share = 0.0
        metrics = center.lot(0, draws.METRICS)
        self.makes_metrics = metrics < model.parameters.metrics_made_p
        self.uses_metrics = metrics < model.parameters.metrics_p
        self.call_holders = [0] * 6
        self.call_regulars = [0] * 6
        for order in range(len(self.seats)):
            self._fill(order)

    @property
    def month(self) -> int:
        """Month of the collaborative's own calendar, from its start."""
        return self.center.model.month - self.begins

    @property
    def testing_months(self) -> bool:
        """Whether teams test changes this month: from the end of pre-work to the end of the collaborative."""
        calendar = self.center.model.calendar
        return calendar.prework[1] <= self.month < calendar.ends

    @property
    def members(self) -> list[Staff]:
        """Who holds a seat now, in seat order."""
        return [person for person in self.seats if person is not None]

    @property
    def held_at_role(self) -> int:
        """Seats held by the role that an inclusive team names for them (E13)."""
        return sum(p is not None and p.role == role for p, role in zip(self.seats, self.named_roles, strict=True))

    # seats

    def _fill(self, order: int) -> bool:
        """E3: give the seat to the present non-member of its role with the smallest lot, else to a stand-in."""
        free = [person for person in self.center.staff if person.filled and not person.seat]
        role = self.roles[order]
        choice = [person for person in free if enrolment.may_hold(role, person.role)]
        choice = choice or [person for person in free if enrolment.may_stand_in(role, person.role)]
        if not choice:
            return False
        holder = min(choice, key=lambda person: (person.lot, person.slot))
        self.seats[order] = holder
        holder.take_seat(self.numbers[order])
        return True

    def refill(self) -> None:
        """E3: each empty seat may be given to a colleague."""
        center = self.center
        for order, holder in enumerate(self.seats):
            if holder is not None:
                continue
            if center.uniform(self.numbers[order], draws.SEAT_REFILL) < center.model.numbers.refill_probability:
                center.month.seats_refilled += self._fill(order)

    def lose(self, person: Staff) -> None:
        """A seat holder left the center."""
        self.seats[self.seats.index(person)] = None
        person.seat = 0

    def dissolve(self) -> None:
        """E5: the center withdrew; all seats are given up."""
        for person in self.members:
            self.lose(person)
        self.present_share = 0.0

    def drive(self) -> float:
        """E7: T, what the members' engagement and recent contact amount to, per seat (empty seats count 0)."""
        total = 0.0
        for person in self.members:
            total += pdsa.member_drive(person.m, person.contact, self.center.model.parameters.momentum)
        return total / len(self.seats)

    # events

    def hold_events(self, events: tuple[str, ...]) -> None:
        """E6: the month's calls, learning session and coaching visit, and what everybody takes from them."""
        numbers = self.center.model.numbers
        lots = {person.slot: self._attendance_lots(person) for person in self.members}
        if "prework_call" in events:
            self._all_team_call(PREWORK_CALL, lots)
        if "call" in events:
            self._all_team_call(CALL, lots)
        if "affinity_call" in events:
            relevance, base = numbers.affinity_relevance, numbers.affinity_logit
            self._gather(AFFINITY_CALL, participation.CALL_HOURS, relevance, base, 0.0, lots)
        if "session" in events:
            relevance, base = (numbers.session_relevance,) * 6, (numbers.session_logit,) * 6
            came = self._gather(SESSION, participation.SESSION_HOURS, relevance, base, numbers.session_support, lots)
            self.present_share = len(came) / len(self.seats)
        if "coaching" in events:
            self._coaching_visit()
        for person in self.center.employees:
            if person.dose > 0.0:
                person.study()

    def _attendance_lots(self, person: Staff) -> tuple[float, float, float, float]:
        center = self.center
        item = draws.staff_item(person.slot, person.occupant, 0)
        return draws.uniform4(
            center.model.seed, center.model.replicate, center.number, item, center.model.now, draws.ATTENDANCE
        )

    def _gather(
        self,
        event: int,
        hours: float,
        relevance: Sequence[float],
        base: Sequence[float],
        support: float,
        lots: dict[int, tuple[float, float, float, float]],
    ) -> list[Staff]:
        """Hold one event for the seat holders and return who came; ``relevance`` and ``base`` (logits) are by role."""
        model, month = self.center.model, self.center.month
        came = []
        for person in self.members:
            role = person.role
            month.invited[role][event] += 1
            chance = participation.attendance_probability(
                base[role], model.parameters.att_slope, person.m, self.center.readiness,
                support + model.numbers.attend_support[role],
            )  # fmt: skip
            if lots[person.slot][_LOT[event]] < chance:
                came.append(person)
                month.attended[role][event] += 1
                dose = participation.dose(model.parameters.k_hour, hours, relevance[role], self.teaching)
                person.meet(hours, relevance[role], dose * model.numbers.e4)
                self._charge_time(person, hours)
        return came

    @property
    def teaching(self) -> float:
        """E6: factor on every contact hour this team spends."""
        model = self.center.model
        return participation.teaching(model.facilitation[self.collaborative], model.numbers.e3, model.numbers.evidence)

    def _all_team_call(self, event: int, lots: dict[int, tuple[float, float, float, float]]) -> None:
        """One hour with all teams; a person's first seven calls count for the published measure."""
        relevance = (participation.CALL_RELEVANCE,) * 6
        base = self.center.model.numbers.call_logit
        came = self._gather(event, participation.CALL_HOURS, relevance, base, 0.0, lots)
        self.present_share = len(came) / len(self.seats)
        for person in self.members:
            person.calls_offered += 1
            if person.calls_offered <= participation.COUNTED_CALLS:
                person.calls_attended += person in came
            if person.calls_offered == participation.COUNTED_CALLS:
                self.call_holders[person.role] += 1
                self.call_regulars[person.role] += person.calls_attended >= participation.REGULAR_CALLS

    def _coaching_visit(self) -> None:
        """Faculty on site: every seat holder is coached, and a share of it reaches the others (no draw)."""
        center, model = self.center, self.center.model
        hours, relevance = participation.COACHING_HOURS, participation.COACHING_RELEVANCE
        p = model.parameters
        dose = participation.dose(p.k_hour, hours, relevance, self.teaching) * p.coach_potency * model.numbers.e3
        for person in center.staff:
            if person.seat:
                center.month.invited[person.role][COACHING] += 1
                center.month.attended[person.role][COACHING] += 1
                person.meet(hours, relevance, dose)
                self._charge_time(person, hours)
            elif person.filled:
                person.dose += p.coach_spill * dose

    def _charge_time(self, person: Staff, hours: float) -> None:
        """E16: working hours given to the collaborative and, for classroom staff, their substitutes."""
        model, month = self.center.model, self.center.month
        wage = model.numbers.wages[person.role]
        month.seat_hours += hours
        month.cost[STAFF_TIME] += costs.staff_time(hours, wage)
        if person.role == people.TEACHER or person.role == people.ASSISTANT:
            released = model.numbers.released
            month.cost[SUPPORTS] += costs.substitute(hours, wage, released)
            month.cost[SUBSTITUTE_COVER] += costs.substitute(
                hours, wage, model.parameters.cover_rate * (1.0 - released)
            )
