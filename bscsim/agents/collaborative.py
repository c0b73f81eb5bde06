"""The collaborative as a Mesa model: one replicate, one world, one step at a time.

The order of a step is the order of model.md section 2.3.  Means that agents read of each other are taken in
process 2, before anyone moves, so the order of agents within a process never matters; random numbers are
keyed (:mod:`bscsim.rules.draws`), so the model has no random state at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import mesa

from bscsim.agents import billing, enrolment
from bscsim.agents.center import Center
from bscsim.agents.labour_market import LabourMarket
from bscsim.agents.staff import Staff
from bscsim.agents.team import Team
from bscsim.record.measures import ACTIVE, ALUMNI
from bscsim.rules import draws, operators, participation, turnover
from bscsim.rules import enrolment as enrolment_rules
from bscsim.rules.operators import normal
from bscsim.scenario.initial import InitialState, initial_state
from bscsim.scenario.numbers import numbers
from bscsim.scenario.population import Pool, make_pool

if TYPE_CHECKING:
    from bscsim.scenario.allocation import Allocation
    from bscsim.scenario.scenario import Scenario


class CollaborativeModel(mesa.Model):
    """One replicate of a scenario in one world.

    scenario
        What is simulated.
    seed
        0 to 2**63 - 1; None takes the scenario's.
    replicate
        Number of the replicate, 0 to 2**32 - 1.
    treated
        False gives the untreated twin: same centers, people and draws, and nobody is enrolled.
    pool
        The centers; None makes them from the scenario (pass it to read a roster once for many replicates).
    center_class, staff_class
        Subclasses of :class:`Center` and :class:`Staff` to override a behaviour.
    allocation, row
        Who is in which collaborative and when each starts, decided outside in place of enrolment; this replicate's row.

    ``month`` is the month that the next :meth:`step` begins or continues (-burn_in .. horizon); ``now`` its
    step number from the start of burn-in.

    >>> import bscsim
    >>> model = CollaborativeModel(bscsim.Scenario(name="tiny"), seed=1)
    >>> model.step()
    >>> (model.month, len(model.centers))
    (-23, 8)
    """

    def __init__(
        self,
        scenario: Scenario,
        seed: int | None = None,
        replicate: int = 0,
        *,
        treated: bool = True,
        pool: Pool | None = None,
        center_class: type[Center] = Center,
        staff_class: type[Staff] = Staff,
        allocation: Allocation | None = None,
        row: int = 0,
    ) -> None:
        super().__init__(rng=0)  # required by Mesa, never used: every draw is keyed
        self.scenario = scenario
        self.seed = scenario.simulation.seed if seed is None else seed
        self.replicate = replicate
        self.treated = treated
        self.allocation, self.row = allocation, row
        self.staff_class = staff_class
        pool = make_pool(scenario.population) if pool is None else pool
        self.start: InitialState = initial_state(scenario, pool, self.seed, replicate)
        self._read_scenario()
        self.now = 0
        self._start_season()
        self.labour_market = LabourMarket(len(pool.area_names), self.steps_per_month)
        self.centers = [center_class(self, index) for index in range(len(pool.number))]
        self.planned: list[list[Center]] = []
        self.collaboratives: list[list[Center]] = []
        self.facilitation: list[float] = []
        self.people_created = len(self.start.role)
        self.leaders_gain = [[0.0] * self.drivers for _ in pool.area_names]
        self.best_fit: list[list[float]] = []

    def _read_scenario(self) -> None:
        """Work out, once, what stays the same over the run."""
        scenario = self.scenario
        self.parameters, self.calendar, self.elements = scenario.parameters, scenario.calendar, scenario.elements
        self.numbers = numbers(scenario)
        self.dt, self.drivers = self.numbers.dt, self.numbers.drivers
        self.steps_per_month = self.numbers.steps_per_month

    # time

    @property
    def month(self) -> int:
        """Month of the calendar, -burn_in .. horizon; month 0 is the month of enrolment."""
        return self.now // self.steps_per_month - self.calendar.burn_in

    @property
    def at_month_start(self) -> bool:
        """Whether the next step is the first of its month."""
        return self.now % self.steps_per_month == 0

    # one step

    def step(self) -> None:
        """Simulate one step of ``dt`` years."""
        if self.at_month_start:
            self._begin_month()
        self._turn_over_staff()
        for center in self.centers:
            center.take_stock()
        self._compare_notes()
        for center in self.centers:
            if center.active:
                center.consider_withdrawal()
        if self.at_month_start:
            self._hold_events()
        for center in self.centers:
            center.test_changes()
            center.update_climate()
            center.hear_from_outside()
        for center in self.centers:
            center.work()
        self.now += 1

    def _begin_month(self) -> None:
        """Process 0: a new page of counters, enrolment, and the phase switches of each collaborative's calendar."""
        self._start_season()
        for center in self.centers:
            for person in center.staff:
                person.start_month()
        if self.treated and self.month == 0:
            self._enrol()
        for number, members in enumerate(self.planned):
            if self.month == self.start_of(number):
                self._start_collaborative(number, members)
        for members in self.collaboratives:
            for center in members:
                if center.team and center.team.month == self.calendar.prework[1]:
                    self._end_prework(center)
                if center.team and center.team.month == self.calendar.ends:
                    self._end_collaborative(center)

    def _start_season(self) -> None:
        """E1: weight of the month's exits."""
        self.season_weight = turnover.season(self.calendar.season_month(self.month), self.parameters.turn_summer)

    def start_of(self, number: int) -> int:
        """Month in which a collaborative starts: month 0, unless an allocation from outside says otherwise."""
        return 0 if self.allocation is None else int(self.allocation.starts[number])

    def _enrol(self) -> None:
        """E15, month 0: who is in which collaborative, and how good each one's facilitation is."""
        self.planned = enrolment.enrol(self) if self.allocation is None else enrolment.recruit(self)
        self.collaboratives = [[] for _ in self.planned]
        for number in range(len(self.planned)):
            u = draws.uniform(self.seed, self.replicate, number, 0, 0, draws.FACILITATION)
            self.facilitation.append(participation.facilitation(normal(u), self.parameters.sd_coll))

    def _start_collaborative(self, number: int, members: list[Center]) -> None:
        """E13: a collaborative starts, and its centers form their teams."""
        plan = self.scenario.enrolment
        self.collaboratives[number] = members
        for center in members:
            center.status = ACTIVE
            auto = enrolment_rules.seats_for(center.size)
            size = auto if plan.team_size == "auto" else min(plan.team_size, center.size)
            center.team = Team(center, number, size)
            billing.bill_enrolment(center, len(members))

    def _end_prework(self, center: Center) -> None:
        """E6: pre-work has built some QI capacity in a center that is still active."""
        if center.active:
            center.qi = operators.pulse(center.qi, self.parameters.prework)

    def _end_collaborative(self, center: Center) -> None:
        """The collaborative ends: an active center becomes an alumnus, whose seats dissolve as holders leave."""
        if center.active:
            center.status = ALUMNI
            if center.team:
                center.team.present_share = 0.0

    def _turn_over_staff(self) -> None:
        """Process 1: exits everywhere, then hires, then seats."""
        for center in self.centers:
            center.lose_people()
        self.labour_market.give_up(self.now)
        vacancies = [
            person
            for center in self.centers
            for person in center.staff
            if not person.filled and person.refill_at < self.now + 1
        ]
        movers = self.labour_market.hire(vacancies, self.now, self.parameters.hire_local)
        self.people_created += len(vacancies) - movers
        for center in self.centers:
            if center.active and center.team:
                center.team.refill()

    def _compare_notes(self) -> None:
        """Process 2, between centers: each collaborative's best fit (E8) and what each area's leaders gained (E14)."""
        drivers = range(self.drivers)
        self.best_fit = [
            [max((center.fit[d] for center in members), default=0.0) for d in drivers]
            for members in self.collaboratives
        ]
        self.leaders_gain = [self._gain_of_leaders(area) for area in range(len(self.leaders_gain))]

    def _gain_of_leaders(self, area: int) -> list[float]:
        """E14: mean K - k0 over the leaders of an area's active and alumni centers; 0 for a leader never reached."""
        if not self.collaboratives:
            return self.leaders_gain[area]
        centers = [c for members in self.collaboratives for c in members if c.area == area and c.takes_part]
        leaders = [center.staff[0] for center in sorted(centers, key=lambda center: center.number)]
        leaders = [leader for leader in leaders if leader.filled]
        total = [0.0] * self.drivers
        for leader in leaders:
            if leader.exposed:
                for d in range(self.drivers):
                    total[d] += leader.k[d] - leader.k0[d]
        return [gain / len(leaders) for gain in total] if leaders else total

    def _hold_events(self) -> None:
        """Process 4: the events of its collaborative's month in every active center."""
        for number, members in enumerate(self.collaboratives):
            events = self._events_of_month(self.start_of(number))
            active = [center for center in members if center.active]
            for center in active:
                billing.bill_month(center, events, len(active))
                center.hold_events(events)

    def _events_of_month(self, start: int = 0) -> tuple[str, ...]:
        """What takes place this month in a collaborative that began in month ``start``, with these elements.

        The calendar's events, and none of an element that is switched off.
        """
        elements = self.elements
        held = {
            "session": elements.sessions_held, "call": elements.calls_held, "prework_call":
            elements.calls_held, "affinity_call": elements.calls_held, "coaching": elements.coaching_held,
            "report": True,
        }  # fmt: skip
        return tuple(event for event in self.calendar.events(self.month - start) if held[event])
