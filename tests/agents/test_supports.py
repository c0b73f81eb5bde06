"""E17: each support does what it says, and nothing at level 0."""

import pytest

from bscsim.record.measures import (
    ACTIVE,
    ALUMNI,
    CALL,
    SESSION,
    SESSIONS,
    STAFF_TIME,
    SUBSTITUTE_COVER,
    SUPPORTS,
    WITHDRAWN,
)
from bscsim.rules.people import ASSISTANT, LEADER, OTHER, PARENT, SUPERVISOR, TEACHER

CALM = {"parameters.withdraw": 0.0}


def attended(model, event):
    return sum(row[event] for center in model.centers for row in center.month.attended)


def billed(model, line):
    return sum(center.month.cost[line] for center in model.centers)


def started(build, name=None, level=1.0, still=True, **changes):
    support = {f"supports.{name}": level} if name else {}
    model = build(CALM | support | {f"parameters.{key}": value for key, value in changes.items()}, still=still)
    model.step()
    return model


def test_no_support_by_default(build):
    model = started(build)
    numbers = model.numbers
    assert numbers.attend_support == (0.0,) * 6
    assert (numbers.stipend_lift, numbers.bonus_factor, numbers.load) == (0.0, 1.0, 0.5)
    assert (numbers.session_support, numbers.session_relevance) == (0.0, 0.95)
    assert billed(model, SUPPORTS) == 0.0


def test_a_stipend_draws_all_roles_and_lifts_the_set_point_of_seat_holders(build):
    model = started(build, "stipend", 0.6)
    assert model.numbers.attend_support == pytest.approx([0.3] * 6)  # .6 x .5 on the logit
    center = model.centers[0]
    holder, other = center.team.seats[1], next(p for p in center.staff if not p.seat)
    assert center.set_point_of(holder) == pytest.approx(holder.m0 + 0.6 * 0.05)
    assert center.set_point_of(other) == other.m0
    holder.m0 = 0.97
    assert center.set_point_of(holder) == 0.98  # the scale's end
    center.status = 6
    assert center.set_point_of(holder) == 0.97  # paid while the collaborative runs
    assert billed(model, SUPPORTS) == pytest.approx(0.6 * 50 * 16)  # 4 teams of 4, one month


def test_more_attend_with_a_stipend(build, run_to):
    counts = []
    for level in (0.0, 1.0):
        model = run_to(build(CALM | {"supports.stipend": level, "parameters.stipend_attend": 2.0}), 16)
        counts.append((attended(model, CALL), attended(model, SESSION)))
    assert counts[1][0] > counts[0][0]
    assert counts[1][1] > counts[0][1]


def test_substitute_cover_frees_classroom_staff_only(build):
    model = started(build, "substitute_cover", 0.5)
    lifted = [role for role in range(6) if model.numbers.attend_support[role] > 0]
    assert lifted == [TEACHER, ASSISTANT]
    assert model.numbers.attend_support[TEACHER] == pytest.approx(0.25)
    assert all(model.numbers.attend_support[role] == 0.0 for role in (LEADER, SUPERVISOR, OTHER, PARENT))
    assert model.numbers.load == pytest.approx(0.5 * (1 - 0.5 * 0.8))


@pytest.mark.parametrize("level", [0.0, 0.4, 1.0])
def test_substitute_cover_moves_the_bill_from_the_center_to_the_sponsor(build, level):
    """An hour of a teacher at 13.07: the sponsor pays the covered share in full, the center half of the rest."""
    model = started(build, "substitute_cover", level)
    center = model.centers[0]
    center.turn_page()
    teacher, leader = center.team.seats[1], center.team.seats[0]
    assert (teacher.role, leader.role) == (TEACHER, LEADER)
    center.team._charge_time(teacher, 2.0)
    center.team._charge_time(leader, 2.0)
    cost = center.month.cost
    assert cost[STAFF_TIME] == pytest.approx(2 * 13.07 + 2 * 24.0)
    assert cost[SUPPORTS] == pytest.approx(level * 2 * 13.07)
    assert cost[SUBSTITUTE_COVER] == pytest.approx(0.5 * (1 - level) * 2 * 13.07)
    assert center.month.seat_hours == 4.0


def test_a_retention_bonus_lowers_the_exit_rate_while_the_collaborative_runs(build):
    model = started(build, "retention_bonus", 1.0, still=False)
    center = model.centers[0]
    assert center.turnover_base(TEACHER) == pytest.approx(0.46 * 0.524)
    assert center.turnover_base(PARENT) == 0.46  # a bonus is for staff
    center.status = 6
    assert center.turnover_base(TEACHER) == 0.46
    half = started(build, "retention_bonus", 0.5, still=False).centers[0]
    assert half.turnover_base(TEACHER) == pytest.approx(0.46 * 0.762)


def test_fewer_leave_and_each_staff_month_is_billed_with_a_bonus(build, run_to):
    """Same people, same thresholds: nobody leaves earlier under the bonus."""
    runs = []
    for level in (0.0, 1.0):
        model = build(CALM | {"supports.retention_bonus": level, "parameters.turn_engage": 0.0,
                              "parameters.hire_local": 0.0})  # fmt: skip
        runs.append(run_to(model, 16))
    occupants = [[person.occupant for center in model.centers for person in center.staff] for model in runs]
    assert all(with_bonus <= without for without, with_bonus in zip(*occupants, strict=True))
    assert sum(occupants[1]) < 0.8 * sum(occupants[0])
    still = started(build, "retention_bonus", 1.0)
    assert billed(still, SUPPORTS) == pytest.approx(2250 / 12 * 4 * 12)  # one month of 48 staff


def test_virtual_sessions_draw_more_teach_less_and_cost_less(build, run_to):
    models = [build(CALM | {"supports.virtual_sessions": level, "parameters.att_ls": 0.4,
                            "parameters.virtual_attend": 3.0}, still=True) for level in (0.0, 1.0)]  # fmt: skip
    for model in models:
        run_to(model, 3)
        for center in model.centers:
            center.turn_page()
        model.step()
    plain, virtual = models
    assert attended(virtual, SESSION) > attended(plain, SESSION)
    assert attended(virtual, CALL) == attended(plain, CALL)
    assert billed(plain, SESSIONS) == pytest.approx(4 * 900)
    assert billed(virtual, SESSIONS) == pytest.approx(4 * 900 * 0.4)
    relevance = []
    for model in models:
        center = model.centers[0]
        for person in center.staff:
            person.start_month()
        center.team.hold_events(("session",))
        relevance.append(max(person.relevance for person in center.team.members))
    assert relevance == pytest.approx([0.95, 0.95 * 0.7])


def test_onboarding_hands_over_what_colleagues_know_where_work_is_standardised(build):
    for status in (ACTIVE, WITHDRAWN, ALUMNI):
        model = started(build, "onboarding_package", 0.8)
        center = model.centers[0]
        center.fit, center.help_target = [0.5, 0.0], [0.9, 0.9]
        center.status = status
        job = next(person for person in center.staff if person.role == TEACHER)
        job._leave(0.5)
        before = center.month.cost[SUPPORTS]
        model.labour_market.hire([job], 1, 0.0)
        gain = 0.8 * 0.5 * 0.5 if status == ACTIVE else 0.0
        assert job.k == pytest.approx([job.k0[0] + gain * (0.9 - job.k0[0]), job.k0[1]])
        assert center.month.cost[SUPPORTS] - before == pytest.approx(0.8 * 250 if status == ACTIVE else 0.0)


def test_a_package_that_hands_over_nothing_is_paid_all_the_same(build):
    model = started(build, "onboarding_package", 1.0, onboarding_gain=0.0)
    center = model.centers[0]
    job = next(person for person in center.staff if person.role == TEACHER)
    job._leave(0.5)
    before = center.month.cost[SUPPORTS]
    model.labour_market.hire([job], 1, 0.0)
    assert job.k == job.k0
    assert center.month.cost[SUPPORTS] - before == 250


def test_troubleshooting_saves_pdsas_of_teams_without_drive(build, run_to):
    """Half of all PDSAs fail here; a team without drive and full support fails half as often."""
    shares = []
    for level in (0.0, 1.0):
        model = build(CALM | {"supports.troubleshooting_calls": level, "parameters.pdsa_succ": 0.5,
                              "parameters.pdsa_rate": 3.0, "parameters.momentum": 1.0, "parameters.pdsa_months": 0.25,
                              "parameters.att_ls": 0.05, "calendar.coaching": "none",
                              "calendar.affinity_calls": "none"}, still=True)  # fmt: skip
        run_to(model, 16)
        succeeded = sum(center.month.pdsa_succeeded for center in model.centers)
        abandoned = sum(center.month.pdsa_abandoned for center in model.centers)
        shares.append(succeeded / (succeeded + abandoned))
        assert billed(model, SUPPORTS) == pytest.approx(level * 75 * 4 * 16)
    assert shares[1] - shares[0] > 0.1
