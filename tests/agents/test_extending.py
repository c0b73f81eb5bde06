"""A researcher's own Center or Staff; and a finished model goes away."""

import gc
import weakref

from bscsim.agents.center import Center
from bscsim.agents.collaborative import CollaborativeModel
from bscsim.agents.run import observe, release
from bscsim.agents.staff import Staff
from bscsim.record.measures import ALUMNI
from bscsim.record.trajectories import Trajectories
from bscsim.scenario.population import make_pool

HIGH = {"parameters.turn_base_child_care": 1.5, "parameters.turn_base_head_start": 1.5, "parameters.withdraw": 2.0}


class LoyalStaff(Staff):
    """Nobody ever leaves."""

    def exit_hazard(self, tenure):
        return 0.0


class StubbornCenter(Center):
    """Never withdraws."""

    def consider_withdrawal(self):
        pass


class PlainCenter(Center):
    """Authority does not depend on who sits on the team."""

    def current_authority(self):
        return 1.0


def test_a_subclass_of_staff_changes_one_behaviour(build, run_to):
    loyal = run_to(build(HIGH, staff_class=LoyalStaff), 24)
    usual = run_to(build(HIGH), 24)
    assert all(type(person) is LoyalStaff for center in loyal.centers for person in center.staff)
    assert sum(person.occupant for center in loyal.centers for person in center.staff) == 0
    assert sum(person.occupant for center in usual.centers for person in center.staff) > 24
    assert sum(center.month.pdsa_started for center in loyal.centers) > 0  # everything else runs on


def test_a_subclass_of_center_changes_one_behaviour(build, run_to):
    stubborn = run_to(build(HIGH, center_class=StubbornCenter), 17)
    usual = run_to(build(HIGH), 17)
    assert [center.status for center in stubborn.centers] == [ALUMNI] * 4
    assert [center.status for center in usual.centers] != [ALUMNI] * 4
    plain = run_to(build(center_class=PlainCenter), 10)
    assert [center.authority for center in plain.centers] == [1.0] * 4
    assert [center.authority for center in run_to(build(), 10).centers] != [1.0] * 4


def test_a_subclass_can_be_observed(build):
    model = build({"calendar.horizon": 20, "calendar.waves": [0, 16]}, staff_class=LoyalStaff)
    record = Trajectories.empty(model.scenario, make_pool(model.scenario.population), 1, [0], twin=False)
    observe(model, record.treated, 0).label(record.labels)
    release(model)
    assert record.treated["exits"].sum() == 0
    assert record.treated["attended"].sum() > 0
    assert (record.treated["staff"].sum(axis=3) == 12).all()


def test_an_untouched_subclass_changes_nothing(build, run_to):
    class Same(Staff):
        pass

    practised = [[person.p for center in run_to(model, 12).centers for person in center.staff]
                 for model in (build(), build(staff_class=Same))]  # fmt: skip
    assert practised[0] == practised[1]


def test_a_released_model_is_collected(build):
    """Mesa 3.3 keeps every model in ``mesa.Agent._ids``: without release a run of many replicates would grow."""
    model = build()
    model.step()
    here, person = weakref.ref(model), weakref.ref(model.centers[0].staff[0])
    release(model)
    del model
    gc.collect()
    assert here() is None
    assert person() is None


def test_the_model_says_where_it_stands(build):
    model = build({"calendar.burn_in": 2, "simulation.dt": "half_month"})
    seen = []
    for _ in range(5):
        seen.append((model.now, model.month, model.at_month_start))
        model.step()
    assert seen == [(0, -2, True), (1, -2, False), (2, -1, True), (3, -1, False), (4, 0, True)]


def test_a_model_takes_the_scenarios_seed_unless_given_one(build):
    assert build({"simulation.seed": 7}).seed == 7
    assert build({"simulation.seed": 7}, seed=0).seed == 0
    assert isinstance(build(), CollaborativeModel)
