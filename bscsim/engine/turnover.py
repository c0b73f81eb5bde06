"""E1-E2: exits of a step, the vacancies they leave, and who fills them."""

from __future__ import annotations

from bscsim.engine.arriving import begin_career, begin_job, draw_job, start_within_step
from bscsim.engine.inlining import inlined
from bscsim.engine.market import give_up, latest_leaver, take_leaver, wait_for_work
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
from bscsim.rules.turnover import (
    climate_after_exits,
    crossing,
    exit_hazard,
    newcomer_factor,
    onboarded_knowledge,
    qi_after_losses,
    stays,
    vacancy_months,
)

STAYED = -1.0
"""In row ADDED after a step: the person stays; otherwise what the step added to the exit clock."""


@inlined
def run_clocks(
    clock: Array, tenure: Array, added: Array, threshold: Array, position: Array, mood: Array, season: float,
    new: float, engage: float, climate: float, dt: float,
) -> None:  # fmt: skip
    """E1: the exit clocks and the tenure of those who stay go on; of the others ``added`` keeps what the step adds."""
    for i in range(clock.shape[0]):
        before, years = clock[i], tenure[i]
        more = exit_hazard(position[i], season, newcomer_factor(new, years, dt), engage, mood[i], climate) * dt
        on = stays(before, more, threshold[i])
        clock[i] = before + (more if on else 0.0)  # a store for everybody: masked ones are slow on some processors
        tenure[i] = years + (dt if on else 0.0)
        added[i] = STAYED if on else more


def turn_over(q: Record, s: State, m: Market) -> None:
    """Process 1: exits everywhere in a group, then hires."""
    vacancies = 0
    for place in range(s.clock.first, s.clock.last):
        c = s.grouped[place]
        lose_people(q, s, m, c)
        if s.centers[c].vacant > 0:
            vacancies = list_vacancies(s, c, vacancies)
    give_up(q, s, m)
    hire(q, s, m, vacancies)


@inlined
def lose_people(q: Record, s: State, m: Market, c: int) -> None:
    """E1: the exit clocks of one center run for a step, and whoever's time has come leaves."""
    center = s.centers[c]
    first, last = center.first, center.first + center.everyone
    clock, tenure = s.slot[EXIT_CLOCK, first:last], s.slot[TENURE, first:last]
    added = s.room[ADDED, : center.everyone]
    run_clocks(clock, tenure, added, s.slot[EXIT_AT, first:last], s.slot[POSITION, first:last],
               s.slot[MOOD, first:last], s.clock.season, q.turn_new, q.turn_engage, center.climate, q.dt)  # fmt: skip
    passing = list_passing(added, s.slot[PRESENT, first:last], s.found)
    if passing > 0:
        leaving = cross(q, s, c, passing)
        let_go(q, s, m, c, leaving)


@inlined
def list_passing(added: Array, present: Array, found: Array) -> int:
    """Put the places of those whose clock passes into ``found`` and return how many they are, without a branch each."""
    count = 0
    for place in range(added.shape[0]):
        found[count] = place
        count += int(added[place] > STAYED) * int(present[place] > 0.0)
    return count


def cross(q: Record, s: State, c: int, passing: int) -> int:
    """E1: when in the step each listed clock passes its threshold (row CROSSING); list those who leave."""
    leaving = 0
    for order in range(passing):
        place = s.found[order]
        i, added = s.centers[c].first + place, s.room[ADDED, place]
        share = crossing(s.slot[EXIT_CLOCK, i], added, s.slot[EXIT_AT, i])
        if share > 1.0:  # by rounding alone: the clock has come to its threshold as the step ends
            s.slot[EXIT_CLOCK, i] += added
            s.slot[TENURE, i] += q.dt
            continue
        s.room[CROSSING, place] = share
        s.found[leaving] = place
        leaving += 1
    return leaving


def let_go(q: Record, s: State, m: Market, c: int, leaving: int) -> None:
    """E1: the exits of one center in this step, then the shocks to QI capacity and climate."""
    center = s.centers[c]
    exits = lost = 0
    for place in range(leaving):
        i = center.first + s.found[place]
        leave(q, s, m, c, i, s.clock.now + s.room[CROSSING, s.found[place]])
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
    u = draw_job(q, s, c, i)
    s.slot[REFILL_AT, i] = moment + vacancy_months(u, q.vac_months) * q.steps_per_month


def hire(q: Record, s: State, m: Market, vacancies: int) -> None:
    """E2: fill this step's vacancies in the order of a keyed lot; some go to people of the area.

    The order can matter only among those that look nearby: people new to the field take nothing from each other.
    """
    nearby = 0
    for place in range(vacancies):
        i = s.vacancies[place]
        s.vacancies[nearby] = i
        if s.staff[i].near < q.hire_local and s.staff[i].role != PARENT:
            nearby += 1
        else:
            hire_one(q, s, m, i, NONE)
    sort(s.vacancies, nearby, s.key, s.tie)
    for place in range(nearby):
        i = s.vacancies[place]
        hire_one(q, s, m, i, latest_leaver(s, m, s.staff[i].center, s.staff[i].role))


def hire_one(q: Record, s: State, m: Market, i: int, mover: int) -> None:
    """E2: fill slot ``i`` with a leaver, or with a person new to the field where there is NONE."""
    c = s.staff[i].center
    if mover != NONE:
        take_leaver(s, m, i, mover)
        begin_job(s, i)
        s.centers[c].counts[LOCAL_HIRES] += 1
    else:
        begin_career(q, s, c, i)
        s.clock.created += 1
    start_within_step(q, s, c, i)
    welcome(q, s, c, i)


@inlined
def list_vacancies(s: State, c: int, count: int) -> int:
    """Put the slots of a center that are filled in this step behind the ``count`` that are listed; return how many."""
    center = s.centers[c]
    due = list_due(s.slot[REFILL_AT, center.first : center.first + center.people], s.clock.now + 1, s.found)
    for place in range(due):
        i = center.first + s.found[place]
        s.key[i] = s.staff[i].turn
        s.tie[i] = center.number << 10 | s.found[place]
        s.vacancies[count + place] = i
    return count + due


@inlined
def list_due(refill_at: Array, until: float, found: Array) -> int:
    """Put the places of vacancies that end before ``until`` into ``found`` and return how many they are."""
    count = 0
    for place in range(refill_at.shape[0]):
        found[count] = place
        count += int(refill_at[place] < until)
    return count


def welcome(q: Record, s: State, c: int, i: int) -> None:
    """E2, E17: count a newcomer and hand over the onboarding package, where there is one."""
    center = s.centers[c]
    role = s.staff[i].role
    center.hires[role] += 1
    center.vacant -= 1
    center.touched = True
    if role != PARENT:
        center.present += 1
    if center.status == ACTIVE and role != PARENT:
        center.cost[SUPPORTS] += q.onboarding_price
        if q.onboarding > 0.0:
            for d in range(s.level.shape[1]):
                target, fit = s.driver[HELP_TARGET, c, d], s.driver[FIT, c, d]
                s.level[K, d, i] = onboarded_knowledge(s.level[K, d, i], target, fit, q.onboarding)
