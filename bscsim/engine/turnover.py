"""E1-E2: exits of a step, the vacancies they leave, and who fills them."""

from __future__ import annotations

from bscsim.engine.arriving import begin_career, begin_job, start_within_step
from bscsim.engine.inlining import inlined
from bscsim.engine.market import give_up, latest_leaver, queue_leavers, take_leaver, wait_for_work
from bscsim.engine.ordering import sort
from bscsim.engine.places import LOCAL_HIRES, SEATS_LOST
from bscsim.engine.seating import lose_seat
from bscsim.engine.state import (
    ADDED,
    CROSSING,
    EMPLOYED,
    EXIT_AT,
    EXIT_CLOCK,
    FIT,
    HELP_TARGET,
    K0,
    MOOD,
    NONE,
    POSITION,
    PRESENT,
    REFILL_AT,
    TENURE,
    Array,
    K,
    Market,
    P,
    Record,
    State,
)
from bscsim.record.measures import ACTIVE, HIRING, PARENT, SUPPORTS, TEACHER
from bscsim.rules.draws import HIRE, VACANCY, staff_item, uniform, uniform2
from bscsim.rules.turnover import (
    climate_after_exits,
    crossing,
    exit_hazard,
    newcomer_factor,
    onboarded_knowledge,
    qi_after_losses,
    vacancy_months,
)


@inlined
def cumulate(added: Array, position: Array, tenure: Array, mood: Array, season: float, new: float, engage: float,
             climate: float, dt: float) -> None:  # fmt: skip
    """E1: the hazard that a step adds to each clock of a center."""
    for i in range(added.shape[0]):
        newcomer = newcomer_factor(new, tenure[i], dt)
        added[i] = exit_hazard(position[i], season, newcomer, engage, mood[i], climate) * dt


@inlined
def cross(share: Array, clock: Array, added: Array, threshold: Array) -> None:
    """E1: when in the step each clock of a center passes its threshold; above 1 when it does not."""
    for i in range(share.shape[0]):
        share[i] = crossing(clock[i], added[i], threshold[i])


@inlined
def wind(clock: Array, added: Array, share: Array) -> None:
    """E1: the clocks of those who stay go on."""
    for i in range(clock.shape[0]):
        clock[i] += added[i] if share[i] > 1.0 else 0.0


@inlined
def age(tenure: Array, share: Array, dt: float) -> None:
    """Those who stay have been here for longer."""
    for i in range(tenure.shape[0]):
        tenure[i] += dt if share[i] > 1.0 else 0.0


def turn_over(q: Record, s: State, m: Market) -> None:
    """Process 1: exits everywhere, then hires."""
    vacancies = 0
    for c in range(s.centers.shape[0]):
        lose_people(q, s, m, c)
        if s.centers[c].vacant > 0:
            vacancies = list_vacancies(q, s, m, c, vacancies)
    queue_leavers(s, m)
    give_up(q, s, m)
    hire(q, s, m, vacancies)


@inlined
def lose_people(q: Record, s: State, m: Market, c: int) -> None:
    """E1: the exit clocks of one center run for a step, and whoever's time has come leaves."""
    center = s.centers[c]
    first, last = center.first, center.first + center.everyone
    clock, tenure = s.slot[EXIT_CLOCK, first:last], s.slot[TENURE, first:last]
    added, share = s.slot[ADDED, : center.everyone], s.slot[CROSSING, : center.everyone]
    cumulate(added, s.slot[POSITION, first:last], tenure, s.slot[MOOD, first:last], s.clock.season, q.turn_new,
             q.turn_engage, center.climate, q.dt)  # fmt: skip
    cross(share, clock, added, s.slot[EXIT_AT, first:last])
    wind(clock, added, share)
    age(tenure, share, q.dt)
    leaving = list_leaving(share, s.slot[PRESENT, first:last], m.found)
    if leaving > 0:
        let_go(q, s, m, c, leaving)


@inlined
def list_leaving(share: Array, present: Array, found: Array) -> int:
    """Put the places of those who leave into ``found`` and return how many they are (without a branch a person)."""
    count = 0
    for place in range(share.shape[0]):
        found[count] = place
        count += int(share[place] <= 1.0) * int(present[place] > 0.0)
    return count


def let_go(q: Record, s: State, m: Market, c: int, leaving: int) -> None:
    """E1: the exits of one center in this step, then the shocks to QI capacity and climate."""
    center = s.centers[c]
    exits = lost = 0
    for place in range(leaving):
        i = center.first + m.found[place]
        leave(q, s, m, c, i, s.clock.now + s.slot[CROSSING, m.found[place]])
        if s.staff[i].role != PARENT:
            exits += 1
        if s.staff[i].seat > 0:
            lost += 1
            lose_seat(s, c, i)
    if lost > 0:
        center.counts[SEATS_LOST] += lost
        center.qi = qi_after_losses(center.qi, center.qi0, q.q_people, lost, center.seats)
    if exits > 0:
        center.cost[HIRING] += exits * q.price_hire
        center.climate = climate_after_exits(center.climate, q.c_shock, exits, center.headcount)


def leave(q: Record, s: State, m: Market, c: int, i: int, moment: float) -> None:
    """E1: empty a slot at ``moment`` (steps), count what leaves with its holder, and draw when it is filled again."""
    center, person = s.centers[c], s.staff[i]
    drivers = s.level.shape[1]
    center.exits[person.role] += 1
    if person.role == PARENT:
        s.clock.left += 1
    else:
        gained = 0.0
        for d in range(drivers):
            gained += s.level[K, d, i] - s.level[K0, d, i]
        center.knowledge_lost += gained / drivers
        wait_for_work(s, m, c, i, moment)
    if person.role == TEACHER:
        practised = 0.0
        for d in range(drivers):
            practised += s.level[P, d, i]
        center.leaver_practice += practised / drivers
    s.slot[PRESENT, i] = s.slot[EMPLOYED, i] = 0.0
    center.vacant += 1
    center.touched = True
    if person.role != PARENT:
        center.present -= 1
    person.occupant += 1
    item = staff_item(i - center.first, person.occupant, 0)
    u = uniform(q.seed, s.clock.replicate, center.number, item, 0, VACANCY)
    s.slot[REFILL_AT, i] = moment + vacancy_months(u, q.vac_months) * q.steps_per_month


def hire(q: Record, s: State, m: Market, vacancies: int) -> None:
    """E2: fill this step's vacancies in the order of a keyed lot; some go to people of the area."""
    sort(m.vacancies, vacancies, m.key, m.tie)
    for place in range(vacancies):
        i = m.vacancies[place]
        c = s.staff[i].center
        role = s.staff[i].role
        mover = latest_leaver(s, m, c, role) if m.near[i] < q.hire_local and role != PARENT else NONE
        if mover != NONE:
            take_leaver(s, m, i, mover)
            begin_job(q, s, c, i)
            s.centers[c].counts[LOCAL_HIRES] += 1
        else:
            begin_career(q, s, c, i)
            s.clock.created += 1
        start_within_step(q, s, c, i)
        welcome(q, s, c, i)


@inlined
def list_vacancies(q: Record, s: State, m: Market, c: int, count: int) -> int:
    """Put the slots of a center that are filled in this step behind the ``count`` that are listed; return how many."""
    center = s.centers[c]
    due = list_due(s.slot[REFILL_AT, center.first : center.first + center.people], s.clock.now + 1, m.found)
    for place in range(due):
        i = center.first + m.found[place]
        m.near[i], m.key[i] = hiring_lots(q, s, c, i)
        m.tie[i] = center.number << 10 | m.found[place]
        m.vacancies[count + place] = i
    return count + due


@inlined
def list_due(refill_at: Array, until: float, found: Array) -> int:
    """Put the places of vacancies that end before ``until`` into ``found`` and return how many they are."""
    count = 0
    for place in range(refill_at.shape[0]):
        found[count] = place
        count += int(refill_at[place] < until)
    return count


def hiring_lots(q: Record, s: State, c: int, i: int) -> tuple[float, float]:
    """E2: a vacancy's two uniforms: whether it looks for people nearby, and its place in the queue."""
    center = s.centers[c]
    item = staff_item(i - center.first, s.staff[i].occupant, 0)
    return uniform2(q.seed, s.clock.replicate, center.number, item, 0, HIRE)


def welcome(q: Record, s: State, c: int, i: int) -> None:
    """E2, E17: count a newcomer and hand over the onboarding package, where there is one."""
    center = s.centers[c]
    role = s.staff[i].role
    center.hires[role] += 1
    center.vacant -= 1
    center.touched = True
    if role != PARENT:
        center.present += 1
    if q.onboarding > 0.0 and center.status == ACTIVE and role != PARENT:
        for d in range(s.level.shape[1]):
            target, fit = s.driver[HELP_TARGET, c, d], s.driver[FIT, c, d]
            s.level[K, d, i] = onboarded_knowledge(s.level[K, d, i], target, fit, q.onboarding)
        center.cost[SUPPORTS] += q.onboarding_price
