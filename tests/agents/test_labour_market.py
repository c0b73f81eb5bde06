"""E1-E2: who leaves is kept as a person; who comes from another center brings everything along."""

from math import log

import pytest

from bscsim.agents.labour_market import LabourMarket
from bscsim.rules import draws
from bscsim.rules.people import ASSISTANT, LEADER, PARENT, TEACHER

LOCAL = {"parameters.hire_local": 1.0, "parameters.withdraw": 0.0}


def slots(center, role):
    return [person for person in center.staff if person.role == role]


@pytest.fixture
def started(build):
    """A model of the small scenario after one step in which nobody left."""

    def make(changes=None):
        model = build(LOCAL | (changes or {}), still=True)
        model.step()
        return model

    return make


def vacate(person, moment):
    """Empty a position by hand and return who left."""
    return person._leave(moment)._replace(step=int(moment))


def test_a_mover_keeps_everything_but_the_job(build, run_to, dismiss):
    model = run_to(build(LOCAL, still=True), 8)
    origin, target = slots(model.centers[0], TEACHER)[0], slots(model.centers[1], TEACHER)[0]
    dismiss(origin)
    model.step()
    waiting = model.labour_market._waiting[0][-1]
    before = (origin.center.number, waiting.person, list(waiting.b), list(waiting.k0), waiting.m0)
    known, practised, engaged = list(waiting.k), list(waiting.p), waiting.m
    assert max(k - k0 for k, k0 in zip(waiting.k, waiting.k0, strict=True)) > 0.01  # something to bring
    dismiss(target)
    origin.refill_at = 1e9
    model.step()
    target.refill_at = float(model.now)
    clock = target.occupant
    movers = model.labour_market.hire([target], model.now, 1.0)
    assert movers == 1
    assert target.filled
    assert (target.person, target.b, target.k0, target.m0) == before[1:]
    assert (target.k, target.p, target.m) == (known, practised, engaged)
    assert (target.exposed, target.ever_seat) == (waiting.exposed, waiting.ever_seat)
    assert target.occupant == clock  # the slot's own number, so draws of the new job are its own
    assert (target.seat, target.contact, target.hours) == (0, 0.0, 0.0)
    assert target.tenure == pytest.approx(model.dt)
    item = draws.staff_item(target.slot, target.occupant, 0)
    u = draws.uniform(model.seed, 0, target.center.number, item, 0, draws.EXIT_THRESHOLD)
    assert target.threshold == pytest.approx(-log(u))
    assert target.center.month.local_hires == 1


def test_the_latest_leaver_of_the_role_from_another_center_is_taken(started):
    model = started()
    market, now = model.labour_market, 10
    first, latest = slots(model.centers[0], TEACHER)[0], slots(model.centers[1], TEACHER)[0]
    too_new, own = slots(model.centers[2], TEACHER)[0], slots(model.centers[3], TEACHER)[0]
    other_role = slots(model.centers[2], ASSISTANT)[0]
    left = {person: vacate(person, moment) for person, moment in
            ((first, 5.2), (latest, 8.1), (other_role, 9.0), (own, 9.5), (too_new, 10.3))}  # fmt: skip
    for gone in left.values():
        market.leave(0, gone)
    assert market.waiting == 5
    jobs = slots(model.centers[3], TEACHER)[1:3]
    for job in jobs:
        vacate(job, now)
        market.hire([job], now, 1.0)
    assert [job.person for job in jobs] == [left[latest].person, left[first].person]
    assert market.waiting == 3


def test_nobody_suitable_means_somebody_new(started):
    model = started()
    job = slots(model.centers[0], TEACHER)[0]
    gone = vacate(job, 3.0)
    model.labour_market.leave(0, gone)
    assert model.labour_market.hire([job], 10, 1.0) == 0  # the only leaver is its own
    assert job.person != gone.person
    assert job.k == job.k0
    assert job.p == job.b


def test_hiring_stays_inside_the_area(started):
    model = started({"population.areas": 2})
    far, job = slots(model.centers[0], TEACHER)[0], slots(model.centers[1], TEACHER)[0]
    model.labour_market.leave(far.center.area, vacate(far, 3.0))
    vacate(job, 4.0)
    assert far.center.area != job.center.area
    assert model.labour_market.hire([job], 10, 1.0) == 0


def test_the_share_hired_locally_follows_its_keyed_draw(started):
    for hire_local in (0.0, 0.5, 1.0):
        model = started()
        gone = [vacate(person, 1.0) for person in slots(model.centers[0], TEACHER)]
        for leaver in gone:
            model.labour_market.leave(0, leaver)
        jobs = slots(model.centers[1], TEACHER)
        for job in jobs:
            vacate(job, 2.0)
        wanted = [
            draws.uniform(model.seed, 0, 1, draws.staff_item(job.slot, job.occupant, 0), 0, draws.HIRE) < hire_local
            for job in jobs
        ]
        model.labour_market.hire(jobs, 10, hire_local)
        people = {leaver.person for leaver in gone}
        assert [job.person in people for job in jobs] == wanted


def test_vacancies_are_served_by_lot_whatever_their_order(started):
    served = []
    for reverse in (False, True):
        model = started()
        leavers = [vacate(person, 9.0 - place) for place, person in enumerate(slots(model.centers[0], TEACHER)[:3])]
        for leaver in leavers if reverse else leavers[::-1]:
            model.labour_market.leave(0, leaver)
        jobs = [job for center in model.centers[1:] for job in slots(center, TEACHER)]
        for job in jobs:
            vacate(job, 2.0)
        model.labour_market.hire(jobs[::-1] if reverse else jobs, 10, 1.0)
        served.append([job.person for job in jobs])
    assert served[0] == served[1]
    assert len(set(served[0]) & {leaver.person for leaver in leavers}) == 3


def test_the_queue_is_in_the_order_of_leaving_whatever_the_order_of_arrival(started):
    model = started()
    market = model.labour_market
    people = slots(model.centers[0], TEACHER)[:3]
    for person, moment in zip(people, (3.5, 1.5, 2.5), strict=True):
        market.leave(0, vacate(person, moment))
    assert [leaver.moment for leaver in market._waiting[0]] == [1.5, 2.5, 3.5]


def test_after_twelve_months_a_leaver_has_left_the_sector(started):
    model = started()
    market = LabourMarket(1, 1)
    market.leave(0, vacate(slots(model.centers[0], TEACHER)[0], 3.5))
    market.leave(0, vacate(slots(model.centers[0], ASSISTANT)[0], 6.0))
    market.give_up(15)
    assert (market.waiting, market.left_sector) == (2, 0)
    market.give_up(16)
    assert (market.waiting, market.left_sector) == (1, 1)
    market.give_up(18)
    assert (market.waiting, market.left_sector) == (1, 1)
    market.give_up(19)
    assert (market.waiting, market.left_sector) == (0, 2)


def test_parents_move_on_and_their_post_is_never_filled_from_the_market(started):
    model = started({"population.parents": True})
    parents = [slots(center, PARENT)[0] for center in model.centers[:2]]
    gone = [vacate(parent, 1.0) for parent in parents]
    for leaver in gone:
        model.labour_market.leave(0, leaver)
    assert (model.labour_market.waiting, model.labour_market.left_sector) == (0, 2)
    assert model.labour_market.hire(parents, 10, 1.0) == 0
    assert not {parent.person for parent in parents} & {leaver.person for leaver in gone}


def test_a_newcomer_is_keyed_by_slot_and_occupant(started):
    """Whoever is hired, and whenever: the same person arrives in both worlds."""
    people = []
    for moment in (1.0, 7.0):
        model = started()
        job = slots(model.centers[2], LEADER)[0]
        vacate(job, moment)
        model.labour_market.hire([job], 10, 0.0)
        people.append((job.person, job.m0, job.b, job.threshold, job.lot))
    assert people[0] == people[1]


def test_a_vacancy_is_counted_from_the_moment_of_leaving(started):
    model = started({"parameters.vac_months": 1.5})
    job = slots(model.centers[0], TEACHER)[0]
    vacate(job, 4.25)
    u = draws.uniform(model.seed, 0, 0, draws.staff_item(job.slot, 1, 0), 0, draws.VACANCY)
    assert job.refill_at == pytest.approx(4.25 - 1.5 * log(u))
