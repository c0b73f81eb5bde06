"""A position in a center and the person who holds it.

The position (slot) stays, its occupant changes: a :class:`Staff` agent is the position, and a person's own
state (motivation, knowledge, practice) is replaced when a new occupant arrives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import mesa

from bscsim.rules import draws, motivation, operators, people, practice, spillover, turnover
from bscsim.scenario.initial import FirstPerson, new_person

if TYPE_CHECKING:
    from bscsim.agents.center import Center
    from bscsim.agents.collaborative import CollaborativeModel

NO_SEAT = 0


class Leaver(NamedTuple):
    """A person between two jobs: who it is, when the last one ended (steps) and what the person takes along."""

    step: int
    moment: float
    center_number: int
    slot: int
    role: int
    person: int
    b: list[float]
    k0: list[float]
    m0: float
    m: float
    k: list[float]
    p: list[float]
    exposed: bool
    ever_seat: bool


class Staff(mesa.Agent):
    """One position of a center.

    ``m`` is engagement M and ``m0`` its set point; ``k``, ``p`` are knowledge K and practice P by driver,
    ``k0``, ``b`` their values on entry; all in [0, 1].  ``tenure`` is in years, ``refill_at`` in steps,
    ``contact`` in relevant hours.  Override a method in a subclass and hand it to
    :class:`~bscsim.agents.collaborative.CollaborativeModel` as ``staff_class`` to change one behaviour.
    """

    model: CollaborativeModel

    def __init__(self, model: CollaborativeModel, center: Center, slot: int, row: int) -> None:
        super().__init__(model)
        start = model.start
        self.center = center
        self.slot = slot
        self.role = int(start.role[row])
        self.classroom = int(start.classroom[row])
        self.occupant = 0
        self.filled = True
        self.refill_at = 0.0
        self.tenure = float(start.tenure[row])
        self.seat = NO_SEAT
        self._settle_in(
            FirstPerson(
                self.tenure,
                float(start.set_point[row]),
                [float(b) for b in start.practice[row]],
                [float(k) for k in start.knowledge[row]],
            )
        )

    # who holds the position

    def _settle_in(self, newcomer: FirstPerson) -> None:
        """Start a person new to the field: state at its entry values, nothing attended yet."""
        # An id of its own for whoever began in this slot as this occupant, kept through later jobs.
        self.person = self.center.number << 26 | draws.staff_item(self.slot, self.occupant, 0) >> 6
        self.m0 = self.m = newcomer.set_point
        self.b = newcomer.practice
        self.k0 = newcomer.knowledge
        self.p = list(newcomer.practice)
        self.k = list(newcomer.knowledge)
        self.exposed = False
        self.ever_seat = False
        self._start_job()

    def _uniform(self, stream: int) -> float:
        """A uniform of this occupancy of the position, the same at every step."""
        model, item = self.model, draws.staff_item(self.slot, self.occupant, 0)
        return draws.uniform(model.seed, model.replicate, self.center.number, item, 0, stream)

    def _start_job(self) -> None:
        """What begins anew with every job, whoever takes it: the exit clock, the lot for seats, memory of contact."""
        self.clock = 0.0
        self.threshold = turnover.exit_threshold(self._uniform(draws.EXIT_THRESHOLD))
        self.lot = self._uniform(draws.VOLUNTEER)
        self.contact = 0.0
        self.relevance = 0.0
        self.hours = 0.0
        self.dose = 0.0
        self.last_event = -1_000_000
        self._forget_calls()

    def _forget_calls(self) -> None:
        self.calls_offered = 0
        self.calls_attended = 0

    # E1, E2: leaving and arriving

    def exit_hazard(self, tenure: float) -> float:
        """E1: this person's hazard of leaving, 1/year, mean over a step that begins at ``tenure`` (years)."""
        p, model, center = self.model.parameters, self.model, self.center
        position = turnover.position_hazard(
            center.turnover_base(self.role), model.numbers.role_factor[self.role], center.traits.frailty
        )
        newcomer = turnover.newcomer_factor(p.turn_new, tenure, model.dt)
        return turnover.exit_hazard(position, model.season_weight, newcomer, p.turn_engage, self.m, center.climate)

    def time_to_leave(self) -> Leaver | None:
        """E1: run the exit clock for one step; a person whose cumulated hazard passes the threshold leaves."""
        dt = self.model.dt
        added = self.exit_hazard(self.tenure) * dt
        share = turnover.crossing(self.clock, added, self.threshold)
        if share > 1.0:
            self.clock += added
            self.tenure += dt
            return None
        return self._leave(self.model.now + share)

    def _leave(self, moment: float) -> Leaver:
        """Empty the position at ``moment`` (steps) and draw when it is filled again."""
        gone = Leaver(
            self.model.now, moment, self.center.number, self.slot, self.role, self.person, self.b, self.k0, self.m0,
            self.m, self.k, self.p, self.exposed, self.ever_seat,
        )  # fmt: skip
        self.filled = False
        self.occupant += 1
        months = turnover.vacancy_months(self._uniform(draws.VACANCY), self.model.parameters.vac_months)
        self.refill_at = moment + months * self.model.steps_per_month
        return gone

    def arrive(self, mover: Leaver | None) -> None:
        """E2: fill the position with ``mover``, who brings everything along, or with a person new to the field."""
        model, center = self.model, self.center
        self.filled = True
        if mover is None:
            key = (model.seed, model.replicate, center.number, self.slot, self.occupant)
            self._settle_in(new_person(model.scenario, *key, self.role, center.traits))
        else:
            self.person, self.m0, self.m = mover.person, mover.m0, mover.m
            self.b, self.k0, self.k, self.p = mover.b, mover.k0, mover.k, mover.p
            self.exposed, self.ever_seat = mover.exposed, mover.ever_seat
            self._start_job()
        rest_of_step = (model.now + 1.0 - self.refill_at) * model.dt
        self.clock = self.exit_hazard(0.0) * rest_of_step
        self.tenure = rest_of_step

    def onboard(self, help_target: list[float], fit: list[float], gain: float) -> None:
        """E17: an onboarding package brings a newcomer part of the way to colleagues where work is standardised."""
        for d in range(self.model.drivers):
            self.k[d] = turnover.onboarded_knowledge(self.k[d], help_target[d], fit[d], gain)

    # E3, E6: the team and its events

    def take_seat(self, seat: int) -> None:
        """Join the improvement team; calls are counted from here."""
        self.seat = seat
        self.ever_seat = True
        self._forget_calls()

    def start_month(self) -> None:
        """E10: a new month begins; what counts as attended in the last month starts from nothing."""
        self.relevance = 0.0
        self.hours = 0.0

    def meet(self, hours: float, relevance: float, dose: float) -> None:
        """E6, E7, E10: an event attended (or a coaching visit received) and what it taught."""
        self.dose += dose
        self.relevance += relevance
        self.hours += hours
        self.contact += hours * relevance
        self.exposed = True
        self.last_event = self.model.now

    def study(self) -> None:
        """E6: knowledge from this month's events; doses of several events add up."""
        share = operators.saturating(self.dose)
        self.dose = 0.0
        self.k = [operators.pulse(k, share) for k in self.k]

    def help_weight(self) -> float:
        """E11: weight of this person's knowledge in what colleagues pick up."""
        recent = practice.RECENT_MONTHS * self.model.steps_per_month
        if self.seat and self.model.now - self.last_event <= recent:
            return practice.SEAT_WEIGHT
        return 1.0

    # E10-E12, E14: one step of a working life

    def feel(self) -> None:
        """E10: engagement answers to success, contact, leader, own set point and load."""
        p, center = self.model.parameters, self.center
        share = motivation.HOLDER_SHARE if self.seat else motivation.OTHER_SHARE
        has_leader = center.has_leader and self.role != people.LEADER
        self.m = motivation.engagement(
            self.m,
            motivation.lift_rate(p.m_up, self.relevance, center.recent_successes, share),
            center.lead_rate if has_leader else 0.0,
            center.leader_engagement,
            p.m_home,
            center.set_point_of(self),
            motivation.load_rate(self.model.numbers.load, self.hours, center.capacity),
            self.model.dt,
        )

    def learn(self) -> None:
        """E11: colleagues help, and what is not used is forgotten."""
        forget, dt = self.model.parameters.k_forget, self.model.dt
        help_, target, k, k0, p = self.center.help_rate, self.center.help_target, self.k, self.k0, self.p
        step = practice.knowledge
        for d in range(len(k)):
            k[d] = step(k[d], k0[d], p[d], target[d], help_, forget, dt)

    def practise(self) -> None:
        """E12: use what was learned, drift with colleagues, slip back to habit."""
        center, dt, m = self.center, self.model.dt, self.m
        usable, use, mean, revert = center.usable, center.use_rate, center.practice_mean, center.revert_rate
        norm, k, k0, p, b = center.norm_rate, self.k, self.k0, self.p, self.b
        step = practice.practice
        for d in range(len(p)):
            p[d] = step(p[d], b[d], k[d] - k0[d], usable[d], m * use[d], mean[d], norm, revert[d], dt)

    def hear(self, gains: list[float], rate: float) -> None:
        """E14: knowledge that reaches people outside the collaborative."""
        for d in range(self.model.drivers):
            self.k[d] = spillover.outside_contact(self.k[d], self.k0[d], gains[d], rate, self.model.dt)
