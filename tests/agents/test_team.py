"""E3, E5, E13: who sits on the team, who takes over a seat, and how a team ends."""

from itertools import pairwise

import pytest

from bscsim.agents.team import Team
from bscsim.record.measures import ACTIVE, ALUMNI, WITHDRAWN
from bscsim.rules.people import ASSISTANT, LEADER, OTHER, PARENT, SUPERVISOR, TEACHER


def roles(team):
    return [None if person is None else person.role for person in team.seats]


def team_of(model, index=0, size=6):
    center = model.centers[index]
    center.team = Team(center, 0, size)
    return center.team


def test_an_inclusive_team_is_seated_in_the_order_of_the_design(build):
    team = team_of(build())
    assert roles(team) == [LEADER, TEACHER, SUPERVISOR, ASSISTANT, OTHER, TEACHER]
    assert [person.seat for person in team.members] == [1, 2, 3, 4, 5, 6]
    assert all(person.ever_seat for person in team.members)
    assert team.held_at_role == 6


def test_a_team_without_inclusion_is_classroom_staff_only(build):
    model = build({"elements.inclusive_team": 0.0})
    for index in range(4):
        assert set(roles(team_of(model, index))) <= {TEACHER, ASSISTANT}


def test_seats_at_their_level_only_grow_with_inclusion(build):
    """Seat by seat, keyed by center and seat: a leader seated at .3 is seated at .8."""
    seated = []
    for level in (0.0, 0.3, 0.6, 0.8, 1.0):
        model = build({"elements.inclusive_team": level, "population.centers": 8,
                       "enrolment.centers_per_collaborative": 8})  # fmt: skip
        seated.append([
            (index, order) for index in range(8)
            for order, role in enumerate(team_of(model, index).roles) if role in (LEADER, SUPERVISOR, OTHER)
        ])  # fmt: skip
    assert [set(low) <= set(high) for low, high in pairwise(seated)] == [True] * 4
    assert [len(found) for found in (seated[0], seated[-1])] == [0, 24]
    assert 0 < len(seated[1]) < len(seated[3]) < 24


def test_the_smallest_lot_of_a_role_volunteers(build):
    model = build()
    teachers = [person for person in model.centers[0].staff if person.role == TEACHER]
    team = team_of(model)
    assert [team.seats[1], team.seats[5]] == sorted(teachers, key=lambda person: person.lot)[:2]


def test_a_seat_whose_role_is_missing_goes_to_classroom_staff(build):
    """A center of six has no supervisor and no non-teaching staff."""
    team = team_of(build({"population.sizes": 6}), size=5)
    assert roles(team)[:2] == [LEADER, TEACHER]
    assert all(role in (TEACHER, ASSISTANT) for role in roles(team)[2:])
    assert team.held_at_role == 3


def test_a_vacant_leader_is_stood_in_for(build):
    model = build()
    model.centers[0].staff[0].filled = False
    assert roles(team_of(model))[0] in (TEACHER, ASSISTANT)


def test_a_seat_nobody_can_take_stays_empty(build):
    model = build()
    for person in model.centers[0].staff[1:]:
        person.filled = False
    assert roles(team_of(model)) == [LEADER, None, None, None, None, None]


def test_parents_have_a_seat_of_their_own_and_nobody_stands_in_for_them(build):
    model = build({"population.parents": True})
    assert roles(team_of(model)) == [LEADER, TEACHER, SUPERVISOR, ASSISTANT, OTHER, TEACHER, PARENT]
    assert model.centers[0].team.held_at_role == 7
    model.centers[1].staff[-1].filled = False
    assert roles(team_of(model, 1))[-1] is None
    assert roles(team_of(model, 2, size=3)) == [LEADER, TEACHER, SUPERVISOR, PARENT]
    assert model.centers[2].team.held_at_role == 4
    assert [person.seat for person in model.centers[2].team.members] == [1, 2, 3, 7]


def test_team_size_follows_the_center_or_the_file(build, run_to):
    sizes = [6, 9, 15, 40]
    auto = run_to(build(sizes=sizes), 1)
    assert [len(center.team.seats) for center in auto.centers] == [2, 3, 5, 6]
    typed = run_to(build({"enrolment.team_size": 4}, sizes=[4, 9, 15, 40]), 1)
    assert [len(center.team.seats) for center in typed.centers] == [4, 4, 4, 4]


def test_a_leaver_loses_the_seat_and_a_colleague_takes_it(build, run_to, dismiss):
    model = run_to(build({"parameters.refill": 0.0, "parameters.withdraw": 0.0}, still=True), 2)
    center = model.centers[0]
    team = center.team
    holder, qi = team.seats[1], center.qi
    dismiss(holder)
    center.qi = qi + 0.2
    model.step()
    assert team.seats[1] is None
    assert holder.seat == 0
    assert (center.month.seats_lost, center.month.seats_refilled) == (1, 0)
    assert center.qi < qi + 0.2 - 0.5 * 0.2 / 4 + 1e-9  # q_people x 1 of 4 seats, then some decay
    free = [p for p in center.staff if p.filled and p.role == TEACHER and not p.seat]
    next_in_line = min(free, key=lambda person: person.lot)
    knowledge = list(next_in_line.k)
    model.numbers = model.numbers._replace(refill_probability=1.0)
    team.refill()
    assert team.seats[1] is next_in_line
    assert next_in_line.k == knowledge  # a replacement brings what it knows, no more
    assert center.month.seats_refilled == 1


def test_an_arrival_gets_no_seat_by_itself(build, run_to, dismiss):
    model = run_to(build({"parameters.refill": 0.0, "parameters.vac_months": 0.1}, still=True), 2)
    leader = model.centers[0].staff[0]
    first = leader.person
    dismiss(leader)
    model.step()
    model.step()
    assert leader.filled
    assert leader.person != first
    assert leader.seat == 0
    assert model.centers[0].current_authority() == 0.5


def test_an_empty_seat_is_not_refilled_after_the_end(build, run_to):
    model = run_to(build({"parameters.refill": 24.0, "parameters.withdraw": 0.0}), 16)
    model.step()
    assert [center.status for center in model.centers] == [ALUMNI] * 4
    held = [len(center.team.members) for center in model.centers]
    for _ in range(20):
        model.step()
        now = [len(center.team.members) for center in model.centers]
        assert all(after <= before for after, before in zip(now, held, strict=True))
        held = now
    assert sum(held) < 16


def test_withdrawal_releases_seats_and_gives_up_open_pdsas(build, run_to):
    model = run_to(build({"parameters.withdraw": 0.0, "parameters.pdsa_months": 6.0, "parameters.pdsa_rate": 3.0}), 8)
    center = model.centers[0]
    center.turn_page()
    open_now = sum(center.open_pdsas)
    assert open_now > 0
    model.parameters = model.parameters.model_copy(update={"withdraw": 1e9})  # the next draw is for leaving
    center.consider_withdrawal()
    assert center.status == WITHDRAWN
    assert center.withdrawal_month == 8
    assert center.team.members == []
    assert all(person.seat == 0 for person in center.staff)
    assert center.open_pdsas == [0, 0]
    assert (center.month.pdsa_abandoned, center.month.pdsa_abandoned_at_withdrawal) == (open_now, open_now)
    model.parameters = model.parameters.model_copy(update={"withdraw": 0.0})
    assert [c.status for c in model.centers] == [WITHDRAWN] + [ACTIVE] * 3
    run_to(model, 20)
    assert [c.status for c in model.centers] == [WITHDRAWN] + [ALUMNI] * 3
    assert center.team.members == []
    assert center.month.pdsa_started == 0
    assert sum(map(sum, center.month.invited)) == 0


def test_alumni_test_changes_only_while_a_seat_is_held(build, run_to):
    changes = {"parameters.withdraw": 0.0, "parameters.pdsa_rate": 3.0}
    model = run_to(build(changes, still=True), 16)
    for center in model.centers[:2]:
        center.team.dissolve()
    for center in model.centers:
        center.turn_page()
    run_to(model, 28)
    started = [center.month.pdsa_started for center in model.centers]
    assert started[:2] == [0, 0]
    assert min(started[2:]) > 0


@pytest.mark.parametrize("momentum", [0.0, 0.6])
def test_drive_is_the_mean_over_seats_by_hand(build, momentum):
    model = build({"parameters.momentum": momentum})
    team = team_of(model, size=4)
    for person, m, contact in zip(team.members, (0.55, 0.275, 0.55, 0.9), (21.4, 21.4, 0.0, 5.0), strict=True):
        person.m, person.contact = m, contact
    team.lose(team.seats[3])  # an empty seat counts 0
    assert team.drive() == pytest.approx((1.0 + 0.5 + (1.0 - momentum)) / 4)
