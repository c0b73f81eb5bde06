"""E7-E9: tests of change, and what a center keeps: fit, QI capacity and climate."""

from __future__ import annotations

from bscsim.engine.inlining import inlined
from bscsim.engine.places import PDSA_ABANDONED, PDSA_REPORTED, PDSA_STARTED, PDSA_SUCCEEDED
from bscsim.engine.seating import held
from bscsim.engine.state import CONTACT, FIT, MOOD, NONE, Array, Record, State
from bscsim.record.measures import ACTIVE, ALUMNI, REPORTING
from bscsim.rules.draws import PDSA, PDSA_REPORT, uniform, uniform4
from bscsim.rules.operators import binomial, poisson, pulse
from bscsim.rules.organization import climate as climate_after
from bscsim.rules.organization import fit_decay, fit_decay_rate, qi_decay
from bscsim.rules.pdsa import (
    alumni_rate,
    borrowed,
    borrowed_part,
    gap_share,
    member_drive,
    qi_gain,
    success_gain,
    success_probability,
    team_rate,
)


@inlined
def try_changes(q: Record, s: State, c: int) -> None:
    """E7, E8: PDSAs start, run and end; successes raise fit and QI capacity, which otherwise fade.

    A center that never had a team has neither, and its fit and QI capacity stay where they began.
    """
    center = s.centers[c]
    if center.collaborative == NONE:
        return
    rate, drive = testing_rate(q, s, c)
    worked = 0
    if rate > 0.0 or any_open(s, c):
        worked = run_pdsas(q, s, c, rate, drive)
    steps = q.steps_per_month
    s.centers[c].successes[s.clock.now % steps] = worked
    total = 0
    for step in range(steps):
        total += s.centers[c].successes[step]
    center.recent_successes = 1.0 * total
    fade(q, s, c)


@inlined
def any_open(s: State, c: int) -> bool:
    """Whether a center has a PDSA in progress."""
    count = 0
    for d in range(s.level.shape[1]):
        count += s.centers[c].open_pdsas[d]
    return count > 0


@inlined
def team_drive(q: Record, s: State, c: int) -> float:
    """E7: T, what the members' engagement and recent contact amount to, per seat (empty seats count 0)."""
    total = 0.0
    for order in range(s.centers[c].seats):
        i = s.seats[c, order].holder
        if i != NONE:
            total += member_drive(s.slot[MOOD, i], s.slot[CONTACT, i], q.momentum)
    return total / s.centers[c].seats


def testing_rate(q: Record, s: State, c: int) -> tuple[float, float]:
    """E7: expected PDSAs started this step, and the team's drive T (1 where there is no running team)."""
    center = s.centers[c]
    month = s.clock.month - center.begins
    if center.status == ACTIVE and q.prework_ends <= month < q.ends:
        drive = team_drive(q, s, c)
        help_ = center.facilitation
        return team_rate(q.pdsa_rate, q.e5, center.uptake, drive, help_, q.dt), drive
    if center.status == ALUMNI and held(s, c) > 0:
        return alumni_rate(q.pdsa_rate, q.e5, center.uptake, center.qi, center.leader_engagement, q.dt), 1.0
    return 0.0, 1.0


def run_pdsas(
    q: Record, s: State, c: int, rate: float, drive: float
) -> int:
    """E7: one step of all drivers' PDSAs; returns the successes.  Gaps are those at the start of the step."""
    center, clock = s.centers[c], s.clock
    drivers = s.level.shape[1]
    total_gap = 0.0
    for d in range(drivers):
        total_gap += 1.0 - s.driver[FIT, c, d]
    rescue = q.rescue if center.status == ACTIVE else 0.0
    chance = success_probability(q.pdsa_succ, rescue, drive)
    successes = 0
    for d in range(drivers):
        u = uniform4(q.seed, clock.replicate, center.number, d, clock.now, PDSA)
        started = poisson(rate * gap_share(s.driver[FIT, c, d], total_gap), u[0])
        running = center.open_pdsas[d]
        still_open = binomial(running, q.pdsa_stays, u[1]) + binomial(started, q.pdsa_new_stays, u[2])
        ended = running + started - still_open
        worked = binomial(ended, chance, u[3])
        center.open_pdsas[d] = still_open
        if started + ended > 0:
            count_pdsas(q, s, c, d, started, ended, worked)
        successes += worked
    return successes


def count_pdsas(
    q: Record, s: State, c: int, d: int, started: int, ended: int, worked: int
) -> None:
    """E7, E8: what a driver's PDSAs of a step leave in the record and in the center."""
    clock = s.clock
    s.centers[c].counts[PDSA_STARTED] += started
    s.centers[c].counts[PDSA_SUCCEEDED] += worked
    s.centers[c].counts[PDSA_ABANDONED] += ended - worked
    s.centers[c].cost[REPORTING] += started * q.hours_pdsa * q.wage_teacher
    if ended > 0:
        u = uniform(q.seed, clock.replicate, s.centers[c].number, d, clock.now, PDSA_REPORT)
        s.centers[c].counts[PDSA_REPORTED] += binomial(ended, q.pdsa_seen, u)
    if worked > 0:
        standardise(q, s, c, d, worked)


def standardise(q: Record, s: State, c: int, d: int, successes: int) -> None:
    """E8: each success closes part of the gap of its driver's fit, more with ideas borrowed from the best."""
    center = s.centers[c]
    best = s.best_fit[center.collaborative, d]
    share = borrowed(q.share_gain, q.e4, center.present_share, best, s.driver[FIT, c, d])
    gain = success_gain(q.fit_gain, center.authority, q.evidence, share)
    before = s.driver[FIT, c, d]
    for _ in range(successes):
        s.driver[FIT, c, d] = pulse(s.driver[FIT, c, d], gain)
        center.qi = pulse(center.qi, qi_gain(q.q_gain, center.uses_metrics))
    rise = s.driver[FIT, c, d] - before
    center.fit_gained += rise
    center.ideas_borrowed += borrowed_part(rise, share)


@inlined
def fade(q: Record, s: State, c: int) -> None:
    """E8: fit and QI capacity fade toward where they began."""
    center = s.centers[c]
    takes_part = center.status == ACTIVE or center.status == ALUMNI
    rate = fit_decay_rate(q.org_decay, center.leader_engagement, takes_part)
    decay(s.driver[FIT, c], q.fit_start, rate, q.dt)
    center.qi = qi_decay(center.qi, center.qi0, q.org_decay, center.status == ACTIVE, q.dt)


@inlined
def decay(fit: Array, start: float, rate: float, dt: float) -> None:
    """E8: a row of decays."""
    for d in range(fit.shape[0]):
        fit[d] = fit_decay(fit[d], start, rate, dt)


@inlined
def update_climate(q: Record, s: State, c: int) -> None:
    """E9: joint activity under an engaged leader lifts the climate."""
    center = s.centers[c]
    up = q.c_up if center.status == ACTIVE else 0.0
    center.climate = climate_after(
        center.climate, center.climate0, up, center.present_share, any_open(s, c), center.leader_engagement,
        q.org_decay, q.dt,
    )  # fmt: skip
