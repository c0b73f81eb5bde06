"""E16: the whole bill of a small collaborative, line by line, summed by hand from who was there."""

import numpy as np
import pytest

from bscsim.agents.collaborative import CollaborativeModel
from bscsim.agents.run import observe, release
from bscsim.record import measures
from bscsim.record.measures import EVENTS, LINES, ROLES
from bscsim.record.trajectories import Trajectories
from bscsim.scenario.population import make_pool
from bscsim.scenario.scenario import Scenario

WAGES = dict(zip(ROLES, (24.0, 18.0, 13.07, 11.5, 13.0, 15.0), strict=True))
HOURS = dict(zip(EVENTS, (1.0, 1.0, 1.0, 12.0, 2.0), strict=True))


@pytest.fixture(scope="module")
def run():
    """Three of four centers, with a parent each, for eight months; nobody withdraws."""
    scenario = Scenario().with_values({
        "population.centers": 4, "population.areas": 1, "population.sizes": 12, "population.drivers": 2,
        "population.parents": True, "enrolment.rule": "random", "enrolment.centers_per_collaborative": 3,
        "calendar.burn_in": 3, "calendar.prework": [0, 2], "calendar.sessions": [2, 5], "calendar.ends": 6,
        "calendar.horizon": 8, "calendar.waves": [0, 6], "parameters.withdraw": 0.0, "parameters.pdsa_rate": 2.0,
        "parameters.turn_base_child_care": 1.5, "supports.stipend": 0.5, "supports.troubleshooting_calls": 0.4,
    })  # fmt: skip
    pool = make_pool(scenario.population)
    record = Trajectories.empty(scenario, pool, 1, range(2), twin=True)
    for row, replicate in enumerate(record.replicates):
        for name, world in record.worlds:
            model = CollaborativeModel(scenario, 1, replicate, treated=name == "treated", pool=pool)
            observer = observe(model, world, row)
            if model.treated:
                observer.label(record.labels)
            release(model)
    return record


@pytest.fixture(scope="module")
def spent(run):
    """Cost over all months, [replicate, center, line], and whether the center was enrolled, [replicate, center]."""
    return run.treated["cost"].sum(axis=2), run.labels.collaborative >= 0


def hours_of(run, roles=ROLES):
    """Hours attended by center times the roles' wages, [replicate, center]."""
    attended = run.treated["attended"].sum(axis=2).astype(float)
    return sum(attended[:, :, code, event] * HOURS[name] * WAGES[role]
               for code, role in enumerate(ROLES) if role in roles
               for event, name in enumerate(EVENTS))  # fmt: skip


def test_what_the_sponsor_pays(run, spent):
    cost, enrolled = spent
    assert enrolled.sum() == 6
    expected = {
        "program_fixed": 8000 / 3,
        "sessions": 2 * 900.0,
        "calls": (2 + 4 + 4) * 120.0 / 3,  # pre-work, all-team and affinity calls, shared by three
        "coaching": 4 * 2 * 75.0,
    }
    for line, amount in expected.items():
        assert cost[:, :, LINES.index(line)] == pytest.approx(np.where(enrolled, amount, 0.0)), line


def test_calls_are_shared_by_those_still_there(build, run_to):
    """Month 3: an all-team and an affinity call for the three centers left of four."""
    model = run_to(build({"parameters.withdraw": 0.0}), 3)
    gone = model.centers[0]
    gone.status = measures.WITHDRAWN
    for center in model.centers:
        center.turn_page()
    model.step()
    billed = [center.month.cost[measures.CALLS] for center in model.centers]
    assert billed == pytest.approx([0.0, 80.0, 80.0, 80.0])


def test_supports_are_paid_by_the_seat_and_by_the_center_while_it_runs(run, spent):
    """Who holds a seat when a month's bill is written: those at its end (seats change before events do)."""
    cost, enrolled = spent
    held = run.treated["seats_held"][:, :, 1:7].sum(axis=2)
    expected = 0.5 * 50.0 * held + 0.4 * 75.0 * 6
    assert cost[:, :, measures.SUPPORTS] == pytest.approx(np.where(enrolled, expected, 0.0))


def test_what_the_center_pays(run, spent):
    cost, enrolled = spent
    assert cost[:, :, measures.STAFF_TIME] == pytest.approx(hours_of(run))
    assert cost[:, :, measures.SUBSTITUTE_COVER] == pytest.approx(0.5 * hours_of(run, ("teacher", "assistant")))
    reports = run.treated["report_sent"].sum(axis=2) * 1.0 * 24.0
    tests = run.treated["pdsa_started"].sum(axis=2) * 4.0 * 13.07
    assert cost[:, :, measures.REPORTING] == pytest.approx(reports + tests)
    assert (cost[:, :, measures.STAFF_TIME] > 0).tolist() == enrolled.tolist()
    assert (reports + tests)[enrolled].min() > 0


def test_hours_are_those_attended(run):
    attended = run.treated["attended"].sum(axis=3).astype(float)
    assert run.treated["seat_hours"] == pytest.approx(attended @ np.array([HOURS[name] for name in EVENTS]))


def test_hiring_follows_exits_in_both_worlds_and_parents_cost_none(run):
    for _, world in run.worlds:
        exits = world["exits"][..., : measures.PARENT].sum(axis=(2, 3))
        assert world["cost"].sum(axis=2)[:, :, measures.HIRING] == pytest.approx(2000.0 * exits)
        assert exits.sum() > 0
    assert run.treated["exits"][..., measures.PARENT].sum() > 0


def test_the_twin_pays_for_hiring_only(run):
    lines = run.twin["cost"].sum(axis=(0, 1, 2))
    assert [name for name, amount in zip(LINES, lines, strict=True) if amount] == ["hiring"]
