"""E6: which events take place when, who attends, and what they leave behind."""

from math import exp

import pytest

from bscsim.record.measures import AFFINITY_CALL, CALL, COACHING, EVENTS, PREWORK_CALL, SESSION
from bscsim.rules import draws, operators
from bscsim.rules.operators import logistic, logit

CALENDAR = {
    "calendar.prework": [0, 2], "calendar.sessions": [2, 5], "calendar.calls": [3, 4], "calendar.affinity_calls": [4],
    "calendar.coaching": [2, 3], "calendar.reports": [5], "calendar.prework_calls": [1], "calendar.ends": 6,
    "calendar.horizon": 8, "calendar.waves": [0, 6], "parameters.withdraw": 0.0,
}  # fmt: skip
BY_MONTH = [
    set(), {"prework_call"}, {"session", "coaching"}, {"call", "coaching"}, {"call", "affinity_call"},
    {"session", "report"}, set(), set(),
]  # fmt: skip
EVERYBODY_COMES = {"parameters.att_slope": 0.0, "parameters.withdraw": 0.0, "parameters.att_ls": 0.99} | {
    f"parameters.att_call_{role}": 0.99 for role in ("leader", "supervisor", "teacher", "assistant", "other")
}


def held(model):
    """Step through the months and list the events of each, as seat holders and the report's count saw them."""
    months = []
    while model.month < model.calendar.horizon:
        for center in model.centers:
            center.turn_page()
        for _ in range(model.steps_per_month):
            model.step()
        pages = [center.month for center in model.centers]
        found = {name for code, name in enumerate(EVENTS) for page in pages if any(row[code] for row in page.invited)}
        months.append(found | ({"report"} if any(page.report_due for page in pages) else set()))
    return months


def without(*names):
    return [month - set(names) for month in BY_MONTH]


@pytest.mark.parametrize("dt", ["month", "half_month", "week"])
def test_events_follow_the_calendar_whatever_the_step(build, dt):
    model = build(CALENDAR | {"simulation.dt": dt}, still=True)
    assert held(model) == BY_MONTH


def test_an_event_is_held_once_a_month_however_fine_the_step(build):
    invited = []
    for dt in ("month", "week"):
        model = build(CALENDAR | {"simulation.dt": dt}, still=True)
        held_until = model.steps_per_month * 3
        for _ in range(held_until):
            model.step()
        invited.append([[list(row) for row in center.month.invited] for center in model.centers])
    assert invited[0] == invited[1]


@pytest.mark.parametrize(
    ("switch", "value", "expected"),
    [
        ("elements.shared_learning", 0.0, without("session", "call", "affinity_call", "prework_call")),
        ("elements.shared_learning.learning_sessions", False, without("session")),
        ("elements.shared_learning.calls", False, without("call", "affinity_call", "prework_call")),
        ("elements.expert_faculty", 0.0, without("coaching")),
        ("elements.expert_faculty.coaching_visits", False, without("coaching")),
        ("elements.improvement_model", 0.0, BY_MONTH),
        ("elements.change_framework", 0.0, BY_MONTH),
        ("calendar.coaching", "none", without("coaching")),
        ("calendar.reports", "none", without("report")),
    ],
)
def test_an_event_whose_element_is_absent_is_not_held(build, switch, value, expected):
    assert held(build(CALENDAR | {switch: value}, still=True)) == expected


def test_withdrawn_centers_are_invited_to_nothing(build, run_to):
    model = run_to(build(CALENDAR, still=True), 3)
    gone, stays = model.centers[:2]
    gone.status = 5
    gone.team.dissolve()
    for center in model.centers:
        center.turn_page()
    model.step()
    assert sum(map(sum, gone.month.invited)) == 0
    assert sum(row[CALL] for row in stays.month.invited) == 4


def test_attendance_is_its_probability_against_a_keyed_draw(build, run_to):
    """Session in month 3: logit(att_ls) + 3 ((M + R)/2 - .5), the third of the person's four draws."""
    model = run_to(build({"parameters.withdraw": 0.0, "parameters.att_ls": 0.6}, still=True), 3)
    engaged = {id(p): p.m for center in model.centers for p in center.staff}
    model.step()
    attended = expected = 0
    for center in model.centers:
        for person in center.team.members:
            chance = logistic(logit(0.6) + 3.0 * ((engaged[id(person)] + center.readiness) / 2 - 0.5))
            item = draws.staff_item(person.slot, person.occupant, 0)
            expected += draws.uniform4(model.seed, 0, center.number, item, 3, draws.ATTENDANCE)[2] < chance
        attended += sum(row[SESSION] for row in center.month.attended)
    assert attended == expected
    assert 4 < attended < 16


def test_present_share_is_of_all_seats_at_the_latest_session_or_call(build, run_to):
    model = run_to(build(EVERYBODY_COMES | {"parameters.refill": 0.0}, still=True), 3)
    for center in model.centers:
        center.team.lose(center.team.seats[2])
    model.step()
    came = [sum(row[SESSION] for row in center.month.attended) for center in model.centers]
    assert [center.team.present_share for center in model.centers] == [count / 4 for count in came]
    assert max(came) == 3
    model.step()  # a month of calls only
    called = [sum(row[CALL] for row in center.month.attended) for center in model.centers]
    assert [center.team.present_share for center in model.centers] == [
        (both - before) / 4 for both, before in zip(called, [3, 3, 3, 3], strict=True)
    ]


def test_what_events_teach_adds_up_to_one_pulse(build, run_to):
    """Month 3, all events, full attendance: K closes 1 - exp(-.04 (12 x .95 + .19 + relevance + 2 x .9))."""
    model = run_to(build(EVERYBODY_COMES | {"parameters.sd_coll": 0.0}, still=True), 3)
    center = model.centers[0]
    members = center.team.members
    before = {person.slot: list(person.k) for person in center.staff}
    events = model._events_of_month()
    assert set(events) == {"call", "affinity_call", "session", "coaching", "report"}
    for person in members:
        person.start_month()
    center.hold_events(events)
    for person in members:
        affinity = 0.68 if person.role == 1 else 0.50
        taught = {CALL: 0.19, AFFINITY_CALL: affinity, SESSION: 12 * 0.95, COACHING: 1.8}
        there = [code for code in taught if center.month.attended[person.role][code]]
        if len(there) == 4 and [p.role for p in members].count(person.role) == 1:
            share = 1 - exp(-0.04 * sum(taught.values()))
            assert person.k == pytest.approx([k + share * (1 - k) for k in before[person.slot]])
            assert person.hours == pytest.approx(16.0)
            assert person.relevance == pytest.approx(0.19 + affinity + 0.95 + 0.90)
            assert person.exposed
    assert sum(p.hours == 16.0 for p in members) >= 2


def test_a_coaching_visit_reaches_the_team_in_full_and_colleagues_by_its_spill(build):
    model = build({
        "parameters.sd_coll": 0.0, "parameters.coach_spill": 0.25, "parameters.coach_potency": 2.0,
        "elements.change_framework": 0.5, "elements.expert_faculty": 0.8,
    }, still=True)  # fmt: skip
    model.step()
    center = model.centers[0]
    for person in center.staff:
        person.exposed = False
    before = {person.slot: list(person.k) for person in center.staff}
    center.team.hold_events(("coaching",))
    dose = 0.04 * 2 * 0.9 * (0.5 + 0.5 * 0.8) * (0.4 + 0.6 * 0.5) * 2.0 * 0.8
    for person in center.staff:
        share = operators.saturating(dose if person.seat else 0.25 * dose)
        assert person.k == pytest.approx([operators.pulse(k, share) for k in before[person.slot]])
        assert person.exposed == bool(person.seat)
        assert (person.last_event == model.now) == bool(person.seat)
    assert sum(row[COACHING] for row in center.month.attended) == 4  # no draw


def test_sessions_and_calls_teach_in_proportion_to_shared_learning_and_facilitation(build):
    gains = []
    for level in (1.0, 0.5):
        model = build(EVERYBODY_COMES | {"elements.shared_learning": level}, still=True)
        model.step()
        center = model.centers[0]
        before = {person.slot: person.k[0] for person in center.staff}
        model.facilitation[0] = 1.5
        center.team.hold_events(("session",))
        holder = next(person for person in center.team.members if person.hours > 2)
        gains.append((1 - holder.k[0]) / (1 - before[holder.slot]))
    assert gains == pytest.approx([exp(-1.5 * level * 0.04 * 12 * 0.95) for level in (1.0, 0.5)])


def test_pre_work_pulses_qi_in_active_centers_only(build, run_to):
    model = run_to(build({"parameters.withdraw": 0.0, "parameters.org_decay": 0.0, "parameters.q_gain": 0.0},
                         still=True), 3)  # fmt: skip
    model.centers[1].status = 5
    before = [center.qi for center in model.centers]
    model.step()
    after = [center.qi for center in model.centers]
    assert after[0] == pytest.approx(before[0] + 0.15 * (1 - before[0]))
    assert after[1] == before[1]


def test_regular_callers_are_counted_over_the_first_seven_calls(build, run_to):
    """Pre-work calls count; all who were offered seven attend them all at odds of 99 to 1 (nearly)."""
    model = run_to(build(EVERYBODY_COMES, still=True), 6)
    assert all(sum(center.team.call_holders) == 0 for center in model.centers)  # six calls so far
    model.step()
    assert all(sum(center.team.call_holders) == 4 for center in model.centers)
    assert sum(sum(center.team.call_regulars) for center in model.centers) == 16
    run_to(model, 16)
    assert all(sum(center.team.call_holders) == 4 for center in model.centers)  # nobody is counted twice
    nobody = {name: 0.01 for name in EVERYBODY_COMES if "att_call" in name}
    absent = run_to(build(EVERYBODY_COMES | nobody, still=True), 16)
    assert sum(sum(center.team.call_regulars) for center in absent.centers) == 0


def test_a_new_holder_starts_to_count_calls_anew(build, run_to):
    model = run_to(build(EVERYBODY_COMES, still=True), 5)
    team = model.centers[0].team
    holder = team.seats[0]
    assert holder.calls_offered == 5
    team.lose(holder)
    holder.take_seat(1)
    assert (holder.calls_offered, holder.calls_attended) == (0, 0)


def test_reports_follow_their_keyed_draw_and_change_nothing(build, run_to):
    chances = []
    for report_p in (0.01, 0.41, 0.99):
        model = run_to(build({"parameters.report_p": report_p, "parameters.withdraw": 0.0}), 16)
        chances.append((sum(center.month.report_sent for center in model.centers),
                        [person.p for center in model.centers for person in center.staff]))  # fmt: skip
        assert sum(center.month.report_due for center in model.centers) == 4 * 13
    assert chances[0][0] < chances[1][0] < chances[2][0]
    assert chances[0][1] == chances[1][1] == chances[2][1]


def test_contact_is_remembered_four_months_and_weight_three_lasts_three(build, run_to):
    model = run_to(build(EVERYBODY_COMES | {"calendar.ends": 4, "calendar.sessions": [3]}, still=True), 3)
    center = model.centers[0]
    model.step()
    holder = next(person for person in center.team.members if person.hours > 12)
    colleague = next(person for person in center.staff if not person.seat)
    contact = holder.contact
    assert colleague.contact == 0.0
    weights = []
    for _ in range(4):
        weights.append((holder.help_weight(), colleague.help_weight()))
        model.step()
    assert holder.contact == pytest.approx(contact * exp(-1.0))
    assert weights == [(3.0, 1.0), (3.0, 1.0), (3.0, 1.0), (1.0, 1.0)]


def test_pre_work_calls_are_an_event_of_their_own(build, run_to):
    model = run_to(build(EVERYBODY_COMES, still=True), 3)
    center = model.centers[0]
    assert sum(row[PREWORK_CALL] for row in center.month.invited) == 3 * 4
    assert sum(row[CALL] for row in center.month.invited) == 0
