"""Conservation and bounds (model.md section 7): T1 states, T2 slots, T3 PDSAs, T4 persons, T5 money.

All are exact.  T1-T4 run whole worlds with parameters, elements, supports and time steps drawn anywhere in their hard
ranges, and look after every step; T2-T5 are then checked again in the record, where the counts have passed the
observer and can be recomputed from each other.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bscsim.agents.collaborative import CollaborativeModel
from bscsim.agents.run import release
from bscsim.agents.staff import Leaver, Staff
from bscsim.record.measures import COACHING, EVENTS, HIRING, LINES, PARENT, POOL, ROLES, SESSION
from bscsim.record.trajectories import Trajectories
from bscsim.rules import motivation, operators, organization, practice, spillover
from bscsim.scenario.parameters import table
from bscsim.scenario.scenario import Scenario
from bscsim.simulate import simulate
from tests.strategies import scenarios
from tests.verification.worlds import BUSY, LIVELY, SUPPORTS, floats, frozen, run_to, study

ROUNDING = 1e-12  # what a pull or pulse may pass 0 or 1 by before the clamp


@st.composite
def hard_scenarios(draw: st.DrawFn) -> Scenario:
    """The SMALL scenario with every parameter anywhere in its hard range at once, ends and defaults often."""
    values = {}
    for row in table():
        low = row.low + 1e-6 * row.open_low
        values[row.name] = draw(st.sampled_from([low, row.high, row.default]) | st.floats(low, row.high))
    values["metrics_p"] = min(values["metrics_p"], values["metrics_made_p"])
    changes = {f"supports.{name}": draw(st.sampled_from([0.0, 0.5, 1.0])) for name in SUPPORTS}
    changes |= {"simulation.dt": draw(st.sampled_from(["month", "half_month", "week"])), "population.centers": 5,
                "population.sizes": draw(st.integers(4, 9)), "calendar.burn_in": 2, "calendar.horizon": 16,
                "calendar.waves": [0],
                "enrolment.team_size": "auto"}  # fmt: skip
    return study(changes, **values)


class ExactLeaver(Staff):
    """A position that checks that whoever arrives from another center is the person who left there."""

    def _leave(self, moment: float) -> Leaver:
        gone = super()._leave(moment)
        vars(self.model).setdefault("left", {})[gone.person] = frozen(gone[gone._fields.index("b") :])
        return gone

    def arrive(self, mover: Leaver | None) -> None:
        super().arrive(mover)
        if mover is not None:
            now = (self.b, self.k0, self.m0, self.m, self.k, self.p, self.exposed, self.ever_seat)
            assert self.person == mover.person
            assert frozen(now) == self.model.left[mover.person]
            vars(self.model)["moved"] = vars(self.model).get("moved", 0) + 1


def states_in_bounds(model: CollaborativeModel) -> None:
    """T1: all of [0, 1]."""
    for center in model.centers:
        levels = [center.capacity, center.qi, center.climate, center.engagement, center.leader_engagement, center.fit,
                  center.practice_mean, center.help_target, center.readiness]  # fmt: skip
        assert all(0.0 <= x <= 1.0 for x in floats(levels)), (center.number, levels)
        assert 0.0 <= center.uptake <= 2.0
        assert 0.5 <= center.authority <= 1.2
        for person in center.staff:
            levels = [person.m, person.m0, person.k, person.k0, person.p, person.b]
            assert all(0.0 <= x <= 1.0 for x in floats(levels)), (center.number, person.slot, levels)
            clocks = (person.clock, person.threshold, person.tenure, person.refill_at, person.contact)
            assert all(0.0 <= x < float("inf") for x in clocks), (center.number, person.slot, clocks)


def ledgers_balance(model: CollaborativeModel) -> None:
    """T2, T3, T4: slots, PDSAs and persons, from counters that nobody has turned since the start of the run."""
    parents = int(model.scenario.population.parents)
    persons: list[int] = []
    for center in model.centers:
        page = center.month
        empty = [person for person in center.staff if not person.filled]
        assert len(center.staff) == center.size + parents
        assert len(empty) == sum(page.exits) - sum(page.hires)
        assert all(person.refill_at >= model.now and not person.seat for person in empty)
        assert page.pdsa_started == page.pdsa_succeeded + page.pdsa_abandoned + sum(center.open_pdsas)
        assert 0 <= page.pdsa_abandoned_at_withdrawal <= page.pdsa_abandoned
        assert page.pdsa_reported <= page.pdsa_succeeded + page.pdsa_abandoned
        persons += [person.person for person in center.staff if person.filled]
        if center.team:
            seated = {person.seat: person for person in center.staff if person.seat}
            held = zip(center.team.numbers, center.team.seats, strict=True)
            assert seated == {number: person for number, person in held if person}
            assert len(seated) == sum(person.seat > 0 for person in center.staff)
    present = len(persons)
    persons += [leaver.person for queue in model.labour_market._waiting for leaver in queue]
    assert len(set(persons)) == len(persons)
    assert model.people_created == present + model.labour_market.waiting + model.labour_market.left_sector


def checked(pull: Callable[..., float]) -> Callable[..., float]:
    """``operators.pull`` that refuses to be rescued by its clamp.

    What pull adds is linear in the drift, so a quarter of it, from .5, shows the move without the clamp.
    """

    def unclamped(x: float, drift: float, rate: float, dt: float) -> float:
        moved = x + 4.0 * (pull(0.5, drift / 4.0, rate, dt) - 0.5)
        assert -ROUNDING <= moved <= 1.0 + ROUNDING, (x, drift, rate)
        return pull(x, drift, rate, dt)

    return unclamped


@pytest.fixture
def no_clamp(monkeypatch: pytest.MonkeyPatch) -> None:
    pulse = operators.pulse

    def whole_pulse(x: float, share: float) -> float:
        assert 0.0 <= share <= 1.0, share
        return pulse(x, share)

    for module in (motivation, organization, practice, spillover):
        monkeypatch.setattr(module, "pull", checked(operators.pull))
    monkeypatch.setattr(operators, "pulse", whole_pulse)


@settings(max_examples=50, deadline=None, derandomize=True, database=None,
          phases=[Phase.explicit, Phase.generate],  # a whole world takes too long to shrink
          suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow,
                                 HealthCheck.data_too_large, HealthCheck.large_base_example])  # fmt: skip
@given(scenario=hard_scenarios() | scenarios(), seed=st.integers(0, 2**63 - 1))
def test_t1_t2_t3_t4_states_and_ledgers_for_any_parameters(scenario: Scenario, seed: int, no_clamp: None) -> None:
    """T1-T4, after every step of whole worlds drawn inside the hard ranges; exact (T1: 1e-12 before the clamp).

    Half of the worlds are of any shape that a file can ask for (tests/strategies.py), half are busy and small.

    Fails when a submodel adds where it should pull, when a clamp hides it, when a NaN appears, when an exit, hire,
    PDSA or person is counted twice or not at all, when a mover is changed on the way, or a seat outlives its holder.
    """
    model = CollaborativeModel(scenario, seed, staff_class=ExactLeaver)

    def look(model: CollaborativeModel) -> None:
        states_in_bounds(model)
        ledgers_balance(model)

    look(model)
    run_to(model, scenario.calendar.horizon, look)
    release(model)


@pytest.mark.parametrize("dt", ["month", "week"])
def test_t4_local_movers_take_everything_along(dt: str) -> None:
    """T4, exact: a mover has the same b, k0, m0, M, K, P and history after the move as before; and people do move."""
    scenario = study({"simulation.dt": dt}, **BUSY)
    model = CollaborativeModel(scenario, seed=3, staff_class=ExactLeaver)
    run_to(model, scenario.calendar.horizon, ledgers_balance)
    assert model.moved >= 10
    release(model)


@pytest.fixture(scope="module")
def record() -> Trajectories:
    """Three replicates, both worlds, every support on, many exits and withdrawals."""
    return simulate(study(LIVELY, withdraw=0.5, pdsa_succ=0.7, pdsa_rate=2.0, **BUSY), replicates=3, seed=11)


def before(flow: np.ndarray) -> np.ndarray:
    """Sum of a flow over the months before each month (axis 2)."""
    return np.cumsum(flow, axis=2, dtype=np.float64) - flow


def test_t2_record_slots(record: Trajectories) -> None:
    """T2, exact, in the record: of every role, staff present change by hires minus exits and never pass the slots."""
    for _, world in record.worlds:
        staff = world["staff"][..., :PARENT].astype(np.int64)
        moved = before(world["hires"])[..., :PARENT] - before(world["exits"])[..., :PARENT]
        assert np.array_equal(staff, staff[:, :, :1] + moved)
        assert (staff.sum(axis=3) <= record.labels.size[:, :, None]).all()
        assert moved.any()


def test_t3_record_pdsas(record: Trajectories) -> None:
    """T3, exact, in the record: started = succeeded + abandoned + in progress, per center, every month."""
    world = record.treated
    ended = before(world["pdsa_succeeded"]) + before(world["pdsa_abandoned"])
    assert np.array_equal(before(world["pdsa_started"]), ended + world["pdsa_open"])
    for flow in ("pdsa_succeeded", "pdsa_abandoned", "pdsa_abandoned_at_withdrawal", "pdsa_reported"):
        assert world[flow].sum() > 0, f"{flow} never happened: the test is empty"
    assert not record.untreated["pdsa_started"].any()


def test_t4_record_persons(record: Trajectories) -> None:
    """T4, exact, in the record: created = present + waiting + left the sector; nobody is in two places at a wave."""
    for _, world in record.worlds:
        ledger = [world[f"persons_{name}"] for name in ("created", "present", "waiting", "left")]
        assert np.array_equal(ledger[0], ledger[1] + ledger[2] + ledger[3])
        assert all(part.all() for part in ledger)
        rows = np.stack([world.staff[name] for name in ("replicate", "month", "person")], axis=1)
        rows = rows[world.staff["filled"]]
        assert len(np.unique(rows, axis=0)) == len(rows)


def test_t5_record_money(record: Trajectories) -> None:
    """T5: costs are never negative, the table's total is the sum of the ledger's lines, and without the program
    (control centers, twin, a center that has withdrawn) nothing is paid but hiring.  Exact to rounding (1e-9).
    """
    lines = [line for line in range(len(LINES)) if line != HIRING]
    for _, world in record.worlds:
        assert (world["cost"] >= 0.0).all()
    assert not record.untreated["cost"][..., lines].any()
    never = record.labels.collaborative < 0
    assert never.any()
    assert not record.treated["cost"][never][..., lines].any()
    left = record.treated["withdrawal_month"][:, :, None] < np.arange(len(record.months))
    assert left.any()
    assert not record.treated["cost"][left][..., lines].any()
    table = record.costs()
    assert table["cost"].sum() == pytest.approx(record.treated["cost"].sum(), rel=1e-9)
    assert table["without_bsc"].sum() == pytest.approx(record.untreated["cost"].sum(), rel=1e-9)


def test_t5_money_follows_from_the_counts(record: Trajectories) -> None:
    """T5: lines recomputed from recorded counts and the price table, each to rounding (1e-9).

    Fails when an hour is charged twice, at another role's wage, or to somebody who was not there, or when part of a
    shared bill is paid by nobody.
    """
    p, world = record.scenario.parameters, record.treated
    cost = {name: world["cost"][..., line] for line, name in enumerate(LINES)}
    wages = np.array([getattr(p, f"wage_{role}") for role in ROLES])
    hours = np.array([1.0, 1.0, 1.0, 12.0, 2.0])
    assert len(hours) == len(EVENTS)
    by_role = world["attended"] @ hours
    started, sent = world["pdsa_started"], world["report_sent"]
    reports = sent * p.hours_report * p.wage_leader + started * p.hours_pdsa * p.wage_teacher
    held = world["invited"].sum(axis=3) > 0
    assert np.allclose(world["seat_hours"], by_role.sum(axis=3), rtol=1e-6)
    assert np.allclose(cost["staff_time"], by_role @ wages, rtol=1e-9)
    assert np.allclose(cost["hiring"], world["exits"][..., :PARENT].sum(axis=3) * p.price_hire, rtol=1e-9)
    assert np.allclose(cost["reporting"], reports, rtol=1e-9)
    price = p.price_session * (1.0 - 0.5 * (1.0 - p.virtual_cost))  # virtual at level .5
    assert np.allclose(cost["sessions"][held[..., SESSION]], price, rtol=1e-9)
    assert np.allclose(cost["coaching"][held[..., COACHING]], p.price_coaching_hour * 2.0, rtol=1e-9)
    calls = held[..., :3].sum(axis=3) * p.price_call_hour  # one hour each, split over who is still in
    for r, number in np.ndindex(len(record.replicates), 2):
        members = record.labels.collaborative[r] == number
        assert np.allclose(cost["calls"][r, members].sum(axis=0), calls[r, members].max(axis=0), rtol=1e-9)
    fixed = cost["program_fixed"].sum(axis=(1, 2))
    assert np.allclose(fixed, p.price_fixed * record.scenario.enrolment.collaboratives, rtol=1e-9)
    assert (world["status"][record.labels.collaborative < 0][..., 0] == POOL).all()
