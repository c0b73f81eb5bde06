"""E4: what every center and collaborative reads of itself and of others in a step, before anybody moves."""

from __future__ import annotations

from bscsim.engine.arriving import set_positions
from bscsim.engine.inlining import inlined
from bscsim.engine.places import PDSA_ABANDONED, PDSA_GIVEN_UP
from bscsim.engine.rows import copy, divide, fill, weighted_sum
from bscsim.engine.seating import lose_seat
from bscsim.engine.state import (
    EMPLOYED,
    FIT,
    HELP_TARGET,
    K0,
    MOOD,
    NONE,
    PRACTICE_MEAN,
    PRESENT,
    WEIGHT,
    K,
    P,
    Record,
    State,
)
from bscsim.record.measures import ACTIVE, ALUMNI, WITHDRAWN
from bscsim.rules.draws import WITHDRAWAL, uniform
from bscsim.rules.operators import event_probability
from bscsim.rules.participation import withdrawal_hazard
from bscsim.rules.practice import RECENT_MONTHS, SEAT_WEIGHT
from bscsim.rules.readiness import authority, readiness, uptake


@inlined
def current_engagement(s: State, c: int) -> float:
    """E4: mean engagement A of who is present now; with nobody present the latest there was."""
    center = s.centers[c]
    if center.present == 0:
        return center.engagement
    total = weighted_sum(s.slot[MOOD], s.slot[EMPLOYED], center.first, center.employees, s.running)
    return total / center.present


@inlined
def current_readiness(q: Record, s: State, c: int) -> float:
    """E4: readiness as it stands now."""
    center = s.centers[c]
    return readiness(current_engagement(s, c), center.capacity, center.qi, q.ready_power)


@inlined
def current_authority(s: State, c: int) -> float:
    """E4: authority as it stands now; the leader has the first slot."""
    leader = s.centers[c].first
    return authority(s.slot[MOOD, leader], s.slot[PRESENT, leader] > 0.0 and s.staff[leader].seat > 0)


@inlined
def take_stock(q: Record, s: State, c: int) -> None:
    """E4: means, readiness and authority; a center with nobody present keeps the means it had."""
    center = s.centers[c]
    if center.present > 0:
        remember_means(q, s, c)
    leader = center.first
    center.has_leader = s.slot[PRESENT, leader] > 0.0
    center.leader_engagement = s.slot[MOOD, leader] if center.has_leader else 0.0
    center.readiness = readiness(center.engagement, center.capacity, center.qi, q.ready_power)
    center.uptake = uptake(center.readiness, q.ready_elast)
    center.authority = current_authority(s, c)


@inlined
def remember_means(q: Record, s: State, c: int) -> None:
    """Mean engagement; by driver mean practice and weighted mean knowledge."""
    center = s.centers[c]
    first, count = center.first, center.employees
    center.engagement = current_engagement(s, c)
    here = weight = s.slot[EMPLOYED]
    weights = 1.0 * center.present
    if center.seats > 0:
        weight = s.room[WEIGHT]
        weights = help_weights(q, s, c)
    for d in range(s.level.shape[1]):
        s.driver[PRACTICE_MEAN, c, d] = weighted_sum(s.level[P, d], here, first, count, s.running) / center.present
        s.driver[HELP_TARGET, c, d] = weighted_sum(s.level[K, d], weight, first, count, s.running) / weights


@inlined
def help_weights(q: Record, s: State, c: int) -> float:
    """E11: weight of each employee's knowledge in what colleagues pick up (row WEIGHT), and their sum."""
    center = s.centers[c]
    first, last = center.first, center.first + center.employees
    copy(s.room[WEIGHT, first:last], s.slot[EMPLOYED, first:last])
    weights = 1.0 * center.present
    recent = RECENT_MONTHS * q.steps_per_month
    for order in range(center.seats):
        i = s.seats[c, order].holder
        if i != NONE and s.clock.now - s.staff[i].last_event <= recent and i < first + center.headcount:
            s.room[WEIGHT, i] = SEAT_WEIGHT
            weights += SEAT_WEIGHT - 1.0
    return weights


def compare_notes(s: State) -> None:
    """E8, E14: each collaborative's best fit, and what each area's leaders gained."""
    clock = s.clock
    for place in range(clock.participants):
        fill(s.best_fit[s.centers[s.participants[place]].collaborative], 0.0)
    for place in range(clock.participants):
        c = s.participants[place]
        best = s.centers[c].collaborative
        for d in range(s.level.shape[1]):
            s.best_fit[best, d] = max(s.best_fit[best, d], s.driver[FIT, c, d])
    average_gains(s)


def average_gains(s: State) -> None:
    """E14: by area, mean K - k0 over the leaders of active and alumni centers; 0 for a leader never reached.

    Summed in the order of the centers' numbers, which is that of the participants.
    """
    for place in range(s.clock.first_area, s.clock.last_area):
        s.leaders[s.areas[place]] = 0
        fill(s.leaders_gain[s.areas[place]], 0.0)
    for place in range(s.clock.participants):
        center = s.centers[s.participants[place]]
        i, area = center.first, center.area
        takes_part = center.status == ACTIVE or center.status == ALUMNI
        if not takes_part or s.slot[PRESENT, i] == 0.0:
            continue
        s.leaders[area] += 1
        if s.staff[i].exposed:
            for d in range(s.level.shape[1]):
                s.leaders_gain[area, d] += s.level[K, d, i] - s.level[K0, d, i]
    for place in range(s.clock.first_area, s.clock.last_area):
        area = s.areas[place]
        if s.leaders[area] > 0:
            divide(s.leaders_gain[area], s.leaders[area])


@inlined
def withdraw(q: Record, s: State) -> None:
    """Process 3: active centers that leave for good."""
    for place in range(s.clock.participants):
        c = s.participants[place]
        if s.centers[c].status == ACTIVE and consider_withdrawal(q, s, c):
            set_positions(q, s, c)


def consider_withdrawal(q: Record, s: State, c: int) -> bool:
    """E5: an active center may leave for good; open PDSAs are given up and seats released."""
    center, clock = s.centers[c], s.clock
    hazard = withdrawal_hazard(q.withdraw, center.uptake)
    u = uniform(q.seed, clock.replicate, center.number, 0, clock.now, WITHDRAWAL)
    if u >= event_probability(hazard, q.dt):
        return False
    center.status = WITHDRAWN
    center.withdrawal_month = clock.month
    given_up = 0
    for d in range(s.level.shape[1]):
        given_up += center.open_pdsas[d]
        center.open_pdsas[d] = 0
    center.counts[PDSA_ABANDONED] += given_up
    center.counts[PDSA_GIVEN_UP] += given_up
    for order in range(center.seats):
        if s.seats[c, order].holder != NONE:
            lose_seat(s, c, s.seats[c, order].holder)
    center.present_share = 0.0
    return True
