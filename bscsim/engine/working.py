"""E10-E12, E14: a step of everyone's work.  The hot path: rows of a center's staff, a driver at a time."""

from __future__ import annotations

from bscsim.engine.inlining import inlined
from bscsim.engine.rows import copy
from bscsim.engine.state import (
    CONTACT,
    FIT,
    HELP_TARGET,
    HOME,
    HOURS,
    K0,
    MOOD,
    NONE,
    PRACTICE_MEAN,
    RELEVANCE,
    REVERT,
    SET_POINT,
    SHARE,
    USABLE,
    USE,
    Array,
    B,
    K,
    P,
    Record,
    State,
)
from bscsim.record.measures import ACTIVE
from bscsim.rules.motivation import OTHER_SHARE, engagement, lift_rate, load_rate, supported_set_point
from bscsim.rules.practice import knowledge, practice, reinforcement, reversion_rate, usable
from bscsim.rules.spillover import outside_contact


@inlined
def work(q: Record, s: State, c: int) -> None:
    """E10-E12: everyone in a center feels, learns and practises."""
    center = s.centers[c]
    feel(q, s, c)
    set_conditions(q, s, c)
    first, last = center.first, center.first + center.employees
    help_, norm, forget, dt = q.k_help * center.climate, q.p_norm * center.climate, q.k_forget, q.dt
    m = s.slot[MOOD, first:last]
    for d in range(s.level.shape[1]):
        k, k0, p, b = (s.level[K, d, first:last], s.level[K0, d, first:last], s.level[P, d, first:last],
                       s.level[B, d, first:last])  # fmt: skip
        learn(k, k0, p, s.driver[HELP_TARGET, c, d], help_, forget, dt)
        use, revert, mean = s.driver[USE, c, d], s.driver[REVERT, c, d], s.driver[PRACTICE_MEAN, c, d]
        practise(p, b, k, k0, m, s.driver[USABLE, c, d], use, mean, norm, revert, dt)


@inlined
def learn(k: Array, k0: Array, p: Array, target: float, help_: float, forget: float, dt: float) -> None:
    """E11: a row of people learn from colleagues and forget what they do not use."""
    for i in range(k.shape[0]):
        k[i] = knowledge(k[i], k0[i], p[i], target, help_, forget, dt)


@inlined
def practise(
    p: Array, b: Array, k: Array, k0: Array, m: Array, usable_: float, use: float, colleagues: float, norm: float,
    revert: float, dt: float,
) -> None:  # fmt: skip
    """E12: a row of people use what they learned, drift with colleagues and slip back to habit."""
    for i in range(p.shape[0]):
        p[i] = practice(p[i], b[i], k[i] - k0[i], usable_, m[i] * use, colleagues, norm, revert, dt)


@inlined
def set_conditions(q: Record, s: State, c: int) -> None:
    """E12: the rates that every member of staff shares this step, by driver."""
    use = q.p_use * s.centers[c].uptake
    for d in range(s.level.shape[1]):
        s.driver[USE, c, d] = use * reinforcement(s.driver[PRACTICE_MEAN, c, d], q.soc_boost)
        s.driver[USABLE, c, d] = usable(q.fit_floor, s.driver[FIT, c, d])
        s.driver[REVERT, c, d] = reversion_rate(q.p_rev, q.std_hold, s.driver[FIT, c, d])


@inlined
def feel(q: Record, s: State, c: int) -> None:
    """E10: engagement answers to success, contact, leader, own set point and load; contact fades (E7)."""
    center = s.centers[c]
    first, last = center.first, center.first + center.everyone
    lead = q.m_lead * center.climate if center.has_leader else 0.0
    m, home = s.slot[MOOD, first:last], s.slot[SET_POINT, first:last]
    before = m[0]
    if center.collaborative == NONE:  # nothing that lifts or burdens anybody
        lift = lift_rate(q.m_up, 0.0, center.recent_successes, OTHER_SHARE)
        load = load_rate(q.load, 0.0, center.capacity)
        drift(m, home, lift, lead, center.leader_engagement, q.m_home, load, q.dt)
    else:
        if center.status == ACTIVE:
            home = s.room[HOME, : center.everyone]
            pay_stipends(q, s, c)
        relevance, hours, share = (s.slot[RELEVANCE, first:last], s.slot[HOURS, first:last],
                                   s.slot[SHARE, first:last])  # fmt: skip
        engage(m, home, relevance, hours, share, center.recent_successes, lead, center.leader_engagement,
               center.capacity, q.m_up, q.m_home, q.load, q.dt)  # fmt: skip
        fade_contact(s.slot[CONTACT, first:last], q.contact_memory)
        lift = lift_rate(q.m_up, relevance[0], center.recent_successes, share[0])
        load = load_rate(q.load, hours[0], center.capacity)
    if center.has_leader:  # nobody leads the leader
        m[0] = engagement(before, lift, 0.0, center.leader_engagement, q.m_home, home[0], load, q.dt)


@inlined
def drift(
    m: Array, home: Array, lift: float, lead: float, leader: float, homing: float, load: float, dt: float
) -> None:  # fmt: skip
    """E10: a row of people of a center without a team, all under the same rates."""
    for i in range(m.shape[0]):
        m[i] = engagement(m[i], lift, lead, leader, homing, home[i], load, dt)


@inlined
def engage(
    m: Array, home: Array, relevance: Array, hours: Array, share: Array, successes: float, lead: float, leader: float,
    capacity: float, up: float, homing: float, load: float, dt: float,
) -> None:  # fmt: skip
    """E10: a row of people."""
    for i in range(m.shape[0]):
        lift = lift_rate(up, relevance[i], successes, share[i])
        m[i] = engagement(m[i], lift, lead, leader, homing, home[i], load_rate(load, hours[i], capacity), dt)


@inlined
def pay_stipends(q: Record, s: State, c: int) -> None:
    """E10, E17: everybody's set point into row HOME, seat holders' raised by a participation stipend."""
    center = s.centers[c]
    first = center.first
    copy(s.room[HOME, : center.everyone], s.slot[SET_POINT, first : first + center.everyone])
    for order in range(center.seats):
        i = s.seats[c, order].holder
        if i != NONE:
            s.room[HOME, i - first] = supported_set_point(s.slot[SET_POINT, i], q.stipend_lift)


@inlined
def fade_contact(contact: Array, memory: float) -> None:
    """E7: what the next step still remembers."""
    for i in range(contact.shape[0]):
        contact[i] *= memory


@inlined
def hear_from_outside(q: Record, s: State, c: int) -> None:
    """E14: staff of centers that never took part hear from leaders of the area who did."""
    center = s.centers[c]
    if center.collaborative != NONE or q.contact_out <= 0.0 or s.clock.participants == 0:
        return
    first, last = center.first, center.first + center.employees
    heard = False
    for d in range(s.level.shape[1]):
        heard = heard or s.leaders_gain[center.area, d] > 0.0
    if heard:
        for d in range(s.level.shape[1]):
            gain = s.leaders_gain[center.area, d]
            hear(s.level[K, d, first:last], s.level[K0, d, first:last], gain, q.contact_out, q.dt)


@inlined
def hear(k: Array, k0: Array, gain: float, rate: float, dt: float) -> None:
    """E14: a row of people."""
    for i in range(k.shape[0]):
        k[i] = outside_contact(k[i], k0[i], gain, rate, dt)
