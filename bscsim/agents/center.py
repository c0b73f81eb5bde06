"""A center: its staff, its improvement team, and what it keeps when people go (fit F, QI capacity Q, climate C)."""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING

import mesa

from bscsim.agents.month import Month
from bscsim.agents.staff import NO_SEAT, Staff
from bscsim.record.measures import ACTIVE, ALUMNI, HIRING, POOL, REPORTING, SUPPORTS, WITHDRAWN
from bscsim.rules import (
    draws,
    motivation,
    operators,
    organization,
    participation,
    pdsa,
    people,
    practice,
    readiness,
    turnover,
)
from bscsim.rules.beginnings import Traits
from bscsim.rules.operators import LANES

if TYPE_CHECKING:
    from bscsim.agents.collaborative import CollaborativeModel
    from bscsim.agents.enrolment import Assessment
    from bscsim.agents.team import Team


def in_lanes(lanes: list[float]) -> float:
    """The sum of what was added up in lanes."""
    return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3])


class Center(mesa.Agent):
    """One center.

    ``status`` is a position in :data:`bscsim.record.measures.STATUS`; ``capacity`` G, ``qi`` Q, ``climate``
    C, ``fit`` F (by driver) and the means of the latest stock-taking are in [0, 1].  Override a method in a
    subclass and hand it to :class:`~bscsim.agents.collaborative.CollaborativeModel` as ``center_class`` to
    change one behaviour.
    """

    model: CollaborativeModel

    def __init__(self, model: CollaborativeModel, index: int) -> None:
        super().__init__(model)
        start = model.start
        self.index = index
        self.number = int(start.number[index])
        self.sector = int(start.sector[index])
        self.area = int(start.area[index])
        self.size = int(start.size[index])
        self.traits = Traits(*(float(trait) for trait in start.traits[index]))
        self.capacity = self.traits.capacity
        self.qi = self.qi0 = self.traits.qi
        self.climate = self.climate0 = self.traits.climate
        self.fit0 = model.parameters.fit_start
        self.fit = [self.fit0] * model.drivers
        self.status = POOL
        self.team: Team | None = None
        self.withdrawal_month = nan
        self.open_pdsas = [0] * model.drivers
        self.successes = [0] * model.steps_per_month
        self.assessment: Assessment | None = None
        self.month = Month()
        rows = range(int(start.first[index]), int(start.first[index + 1]))
        self.staff = [model.staff_class(model, self, slot, row) for slot, row in enumerate(rows)]
        self.employees = [person for person in self.staff if person.role != people.PARENT]
        self.take_stock()

    @property
    def active(self) -> bool:
        """Whether the center takes part in a running collaborative."""
        return self.status == ACTIVE

    @property
    def takes_part(self) -> bool:
        """Whether it takes part, or took part to the end."""
        return self.status == ACTIVE or self.status == ALUMNI

    def turn_page(self) -> None:
        """Start a new month's counters."""
        self.month = Month()

    def current_readiness(self) -> float:
        """E4: readiness as it stands now (``readiness`` is that of the latest stock-taking)."""
        return readiness.readiness(self.current_engagement(), self.capacity, self.qi, self.model.parameters.ready_power)

    def current_authority(self) -> float:
        """E4: authority as it stands now."""
        leader = self.staff[0]
        return readiness.authority(leader.m, leader.filled and leader.seat != NO_SEAT)

    def current_engagement(self) -> float:
        """E4: mean engagement A of who is present now; with nobody present the latest there was."""
        lanes = [0.0] * LANES
        count = 0
        for person in self.employees:
            if person.filled:
                lanes[person.slot % LANES] += person.m
                count += 1
        return in_lanes(lanes) / count if count else self.engagement

    def uniform(self, item: int, stream: int) -> float:
        """A uniform of this center, keyed by what it decides (``item``, ``stream``) and the step."""
        model = self.model
        return draws.uniform(model.seed, model.replicate, self.number, item, model.now, stream)

    def lot(self, item: int, stream: int) -> float:
        """A uniform of this center for what is decided once, whatever the length of burn-in or of a step."""
        return draws.uniform(self.model.seed, self.model.replicate, self.number, item, 0, stream)

    # 1. turnover (E1-E3)

    def turnover_base(self, role: int) -> float:
        """E1, E17: the sector's exit rate, lowered for staff by a retention bonus while the collaborative runs."""
        base = self.model.numbers.turnover_base[self.sector]
        return base * self.model.numbers.bonus_factor if self.active and role != people.PARENT else base

    def lose_people(self) -> None:
        """E1: exits of this step, then the shocks to QI capacity and climate."""
        exits = seats_lost = 0
        for person in self.staff:
            gone = person.time_to_leave() if person.filled else None
            if gone is None:
                continue
            self.month.note_exit(gone)
            self.model.labour_market.leave(self.area, gone)
            exits += person.role != people.PARENT
            if person.seat and self.team:
                seats_lost += 1
                self.team.lose(person)
        p = self.model.parameters
        self.month.cost[HIRING] += exits * p.price_hire
        if seats_lost and self.team:
            self.month.seats_lost += seats_lost
            self.qi = turnover.qi_after_losses(self.qi, self.qi0, p.q_people, seats_lost, len(self.team.seats))
        if exits:
            self.climate = turnover.climate_after_exits(self.climate, p.c_shock, exits, self.size)

    def welcome(self, person: Staff, local: bool) -> None:
        """E2, E17: count a newcomer and hand over the onboarding package, where there is one."""
        self.month.hires[person.role] += 1
        self.month.local_hires += local
        numbers = self.model.numbers
        if self.active and person.role != people.PARENT:
            self.month.cost[SUPPORTS] += numbers.onboarding_price
            if numbers.onboarding > 0.0:
                person.onboard(self.help_target, self.fit, numbers.onboarding)

    # 2. taking stock (E4)

    def take_stock(self) -> None:
        """E4: means, readiness and authority that the rest of the step reads, so that order does not matter.

        A center with nobody present keeps the means it had.
        """
        present = [person for person in self.employees if person.filled]
        if present:
            self._remember_means(present)
        leader = self.staff[0]
        self.has_leader = leader.filled
        self.leader_engagement = leader.m if leader.filled else 0.0
        p = self.model.parameters
        self.readiness = readiness.readiness(self.engagement, self.capacity, self.qi, p.ready_power)
        self.uptake = readiness.uptake(self.readiness, p.ready_elast)
        self.authority = self.current_authority()

    def _remember_means(self, present: list[Staff]) -> None:
        """Mean engagement; by driver mean practice and weighted mean knowledge."""
        drivers = range(self.model.drivers)
        weights = 0.0
        practised = [[0.0] * LANES for _ in drivers]
        known = [[0.0] * LANES for _ in drivers]
        for person in present:
            weight, lane = person.help_weight(), person.slot % LANES
            weights += weight
            k, p = person.k, person.p
            for d in drivers:
                practised[d][lane] += p[d]
                known[d][lane] += weight * k[d]
        self.engagement = self.current_engagement()
        self.practice_mean = [in_lanes(lanes) / len(present) for lanes in practised]
        self.help_target = [in_lanes(lanes) / weights for lanes in known]

    # 3. staying or leaving (E5)

    def consider_withdrawal(self) -> None:
        """E5: an active center may leave for good; open PDSAs are given up and seats released."""
        hazard = participation.withdrawal_hazard(self.model.parameters.withdraw, self.uptake)
        if self.uniform(0, draws.WITHDRAWAL) >= operators.event_probability(hazard, self.model.dt):
            return
        self.status = WITHDRAWN
        self.withdrawal_month = float(self.model.month)
        given_up = sum(self.open_pdsas)
        self.month.pdsa_abandoned += given_up
        self.month.pdsa_abandoned_at_withdrawal += given_up
        self.open_pdsas = [0] * self.model.drivers
        if self.team:
            self.team.dissolve()

    # 4. events (E6)

    def hold_events(self, events: tuple[str, ...]) -> None:
        """E6: the month's events for the team, and the monthly report."""
        if self.team:
            self.team.hold_events(events)
        if "report" in events:
            self._report()

    def _report(self) -> None:
        """E6: a monthly report is sent or not; it changes nothing but the record."""
        p = self.model.parameters
        self.month.report_due += 1
        base = self.model.numbers.report_logit
        chance = participation.report_probability(base, p.att_slope, self.engagement, self.readiness)
        if self.uniform(0, draws.MONTHLY_REPORT) < chance:
            self.month.report_sent += 1
            self.month.cost[REPORTING] += p.hours_report * p.wage_leader

    # 5. tests of change (E7, E8)

    def test_changes(self) -> None:
        """E7, E8: PDSAs start, run and end; successes raise fit and QI capacity, which otherwise fade."""
        rate, drive = self._testing_rate()
        worked = 0
        if rate > 0.0 or any(self.open_pdsas):
            worked = self._run_pdsas(rate, drive)
        self._remember_successes(worked)
        self._fade()

    def _testing_rate(self) -> tuple[float, float]:
        """E7: expected PDSAs started this step, and the team's drive T (1 where there is no running team)."""
        model, team = self.model, self.team
        p, e5 = model.parameters, model.numbers.e5
        if team and self.active and team.testing_months:
            drive = team.drive()
            help_ = model.facilitation[team.collaborative]
            return pdsa.team_rate(p.pdsa_rate, e5, self.uptake, drive, help_, model.dt), drive
        if team and self.status == ALUMNI and team.members:
            leader = self.leader_engagement
            return pdsa.alumni_rate(p.pdsa_rate, e5, self.uptake, self.qi, leader, model.dt), 1.0
        return 0.0, 1.0

    def _run_pdsas(self, rate: float, drive: float) -> int:
        """One step of all drivers' PDSAs; returns the successes.  Gaps are those at the start of the step."""
        model, month = self.model, self.month
        p = model.parameters
        total_gap = 0.0
        for fit in self.fit:
            total_gap += 1.0 - fit
        rescue = model.numbers.rescue if self.active else 0.0
        chance = pdsa.success_probability(p.pdsa_succ, rescue, drive)
        shares = [pdsa.gap_share(fit, total_gap) for fit in self.fit]
        successes = 0
        for d in range(model.drivers):
            u = draws.uniform4(model.seed, model.replicate, self.number, d, model.now, draws.PDSA)
            started = operators.poisson(rate * shares[d], u[0])
            still_open = operators.binomial(self.open_pdsas[d], model.numbers.pdsa_stays, u[1])
            still_open += operators.binomial(started, model.numbers.pdsa_new_stays, u[2])
            ended = self.open_pdsas[d] + started - still_open
            worked = operators.binomial(ended, chance, u[3])
            self.open_pdsas[d] = still_open
            month.pdsa_started += started
            month.pdsa_succeeded += worked
            month.pdsa_abandoned += ended - worked
            month.cost[REPORTING] += started * p.hours_pdsa * p.wage_teacher
            if ended:
                u_seen = draws.uniform(model.seed, model.replicate, self.number, d, model.now, draws.PDSA_REPORT)
                month.pdsa_reported += operators.binomial(ended, p.pdsa_seen, u_seen)
            if worked:
                self._standardise(d, worked)
            successes += worked
        return successes

    def _standardise(self, driver: int, successes: int) -> None:
        """E8: each success closes part of the gap of its driver's fit, more with ideas borrowed from the best."""
        model, team = self.model, self.team
        p = model.parameters
        present = team.present_share if team else 0.0
        best = model.best_fit[team.collaborative][driver] if team else 0.0
        share = pdsa.borrowed(p.share_gain, model.numbers.e4, present, best, self.fit[driver])
        gain = pdsa.success_gain(p.fit_gain, self.authority, model.numbers.evidence, share)
        before = self.fit[driver]
        for _ in range(successes):
            self.fit[driver] = operators.pulse(self.fit[driver], gain)
            self.qi = operators.pulse(self.qi, pdsa.qi_gain(p.q_gain, team is not None and team.uses_metrics))
        rise = self.fit[driver] - before
        self.month.fit_gained += rise
        self.month.ideas_borrowed += pdsa.borrowed_part(rise, share)

    def _remember_successes(self, worked: int) -> None:
        """E10: successes of the last month, a window of as many steps as a month has."""
        self.successes[self.model.now % self.model.steps_per_month] = worked
        self.recent_successes = float(sum(self.successes))

    def _fade(self) -> None:
        """E8: fit and QI capacity fade toward where they began."""
        p, dt = self.model.parameters, self.model.dt
        rate = organization.fit_decay_rate(p.org_decay, self.leader_engagement, self.takes_part)
        self.fit = [organization.fit_decay(fit, self.fit0, rate, dt) for fit in self.fit]
        self.qi = organization.qi_decay(self.qi, self.qi0, p.org_decay, self.active, dt)

    # 6. climate and contact outside (E9, E14)

    def update_climate(self) -> None:
        """E9: joint activity under an engaged leader lifts the climate."""
        p, team = self.model.parameters, self.team
        self.climate = organization.climate(
            self.climate, self.climate0, p.c_up if self.active else 0.0, team.present_share if team else 0.0,
            any(self.open_pdsas), self.leader_engagement, p.org_decay, self.model.dt,
        )  # fmt: skip

    def hear_from_outside(self) -> None:
        """E14: staff of centers that never took part hear from leaders of the area who did."""
        if self.team is not None:
            return
        gains = self.model.leaders_gain[self.area]
        rate = self.model.parameters.contact_out
        if rate > 0.0 and any(gain > 0.0 for gain in gains):
            for person in self.employees:
                if person.filled:
                    person.hear(gains, rate)

    # 7-8. a step of everyone's work (E10-E12)

    def set_point_of(self, person: Staff) -> float:
        """E10, E17: a person's set point, raised for seat holders by a participation stipend."""
        if person.seat and self.active:
            return motivation.supported_set_point(person.m0, self.model.numbers.stipend_lift)
        return person.m0

    def set_conditions(self) -> None:
        """E10-E12: the rates that every member of staff shares this step."""
        p, drivers = self.model.parameters, range(self.model.drivers)
        self.lead_rate = p.m_lead * self.climate
        self.help_rate = p.k_help * self.climate
        self.norm_rate = p.p_norm * self.climate
        use = p.p_use * self.uptake
        self.use_rate = [use * practice.reinforcement(self.practice_mean[d], p.soc_boost) for d in drivers]
        self.usable = [practice.usable(p.fit_floor, self.fit[d]) for d in drivers]
        self.revert_rate = [practice.reversion_rate(p.p_rev, p.std_hold, self.fit[d]) for d in drivers]

    def work(self) -> None:
        """E10-E12: everyone present feels, learns and practises."""
        self.set_conditions()
        for person in self.staff:
            if person.filled:
                person.feel()
                person.contact *= self.model.numbers.contact_memory  # E7: what the next step still remembers
                if person.role != people.PARENT:
                    person.learn()
                    person.practise()
