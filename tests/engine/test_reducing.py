"""What a sweep keeps of a record is what the record's own tables and reports say, to the last digits."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bscsim.engine import reducing
from bscsim.engine.compiling import entry
from bscsim.engine.reducing import Reduced, reduce
from bscsim.engine.tallying import tally
from bscsim.record import truth
from bscsim.record.measures import MEASURES, STAFF_ROLES
from bscsim.record.responses import COLUMNS, pooled_sd
from bscsim.record.trajectories import Trajectories, World, join
from bscsim.report.reading import Reading
from bscsim.scenario.scenario import Scenario
from bscsim.simulate import simulate
from tests.record.conftest import add_staff, small_run
from tests.strategies import scenarios
from tests.verification.worlds import NO_TURNOVER, lively, study

ESTIMANDS = {"effect": "all_present", "effect_centers": "center_mean", "effect_stayers": "stayers",
             "effect_own_stayers": "own_world_stayers", "effect_team": "seat_holders", "effect_others": "non_team"}
EVENTS = ("prework_call", "call", "affinity_call", "session", "coaching")
ATTENDANCE = {"attendance": EVENTS, "session_attendance": ("session",), "call_attendance": EVENTS[:3],
              "coaching_attendance": ("coaching",)}
GAPS = {"qi_effect": "qi", "climate_effect": "climate", "readiness_effect": "readiness",
        "motivation_effect": "motivation", "fit_effect": "fit"}
LINES = ("program_fixed", "sessions", "calls", "coaching", "supports", "staff_time", "substitute_cover", "reporting")
TOTAL = {f"turn_base_{sector}": 3.0 for sector in ("child_care", "head_start", "school")}

SCENARIOS: dict[str, Scenario] = {
    "as shipped": Scenario(),
    "two collaboratives, parents, movers, centers outside": lively(),
    "many outside, half of all hires local": study(
        {"population.centers": 14, "population.sizes": "joiners"}, **TOTAL, hire_local=0.5, contact_out=1.0),
    "one driver": study({"population.drivers": 1}),
    "many withdraw": study(withdraw=1.0, metrics_p=0.0),
    "no turnover": study(**NO_TURNOVER),
    "long vacancies, empty centers": study(
        {"population.sizes": 4, "enrolment.team_size": "auto"}, **TOTAL, vac_months=12.0),
    "nobody enrolled": study({"enrolment.collaboratives": 0}),
    "everybody enrolled": study({"enrolment.centers_per_collaborative": 3}),
    "weekly": lively({"simulation.dt": "week"}),
    "no wave at month 0": lively({"calendar.waves": [3, 10, 22]}),
    "one wave, at the horizon": study({"calendar.waves": [22]}),
    "everything shared": study(pdsa_rate=3.0, fit_gain=1.0, share_gain=5.0),
}  # fmt: skip


@pytest.fixture(scope="module", params=list(SCENARIOS))
def run(request: Any) -> Trajectories:
    return simulate(SCENARIOS[request.param], 4, seed=11)


@pytest.fixture(scope="module")
def some() -> Trajectories:
    return simulate(lively(), 7, seed=3)


def share(part: Any, whole: Any) -> float:
    return float(part) / float(whole) if whole > 0 else np.nan


def mean(values: Any) -> float:
    """Mean of the values that exist, NaN of none."""
    return float(values.dropna().mean())


def row_of(table: pd.DataFrame, replicate: int, month: int, **where: str) -> Any:
    keep = (table["replicate"] == replicate) & (table["month"] == month)
    for name, value in where.items():
        keep &= table[name] == value
    return table[keep].iloc[0] if keep.any() else None


def expected(run: Trajectories) -> pd.DataFrame:
    """Every column from the tables and reports of the record, a row a replicate and wave."""
    read, paired = Reading(run), run.twin is not None
    overall, spread = (read.overall, read.spread) if paired else (None, None)
    centers, staff = run.centers(), run.staff()
    rows = []
    for at, replicate in enumerate(run.replicates):
        own = centers[centers["replicate"] == replicate]
        people = staff[(staff["replicate"] == replicate) & staff["filled"] & (staff["collaborative"] >= 0)]
        for month in run.scenario.calendar.waves:
            found = dict.fromkeys(COLUMNS, np.nan)
            found |= of_centers(run, at, own, month, paired)
            found |= of_persons(people[people["month"] == month], paired)
            found |= {"retained" + suffix: read.stayed(world, run.scenario.calendar.waves[0], month)[at]
                      for suffix, world in (("", "treated"), ("_twin", "twin"))[:1 + paired]}
            if paired:
                found |= of_tables(overall, spread, replicate, month)
            rows.append(found)
    return pd.DataFrame(rows, columns=COLUMNS)


def of_tables(overall: pd.DataFrame, spread: pd.DataFrame, replicate: int, month: int) -> dict[str, float]:
    found = {}
    for name, estimand in ESTIMANDS.items():
        if (row := row_of(overall, replicate, month, arm="bsc", estimand=estimand)) is not None:
            found[name] = row["effect"]
            if estimand == "all_present":
                found |= {"practice": row["treated"], "practice_twin": row["twin"]}
    if (row := row_of(overall, replicate, month, arm="outside", estimand="all_present")) is not None:
        found["effect_outside"] = row["effect"]
    row = row_of(spread, replicate, month)
    return found | {"gain_team": row["team_gain"], "gain_others": row["nonteam_gain"],
                    "outside_informed": row["outside_informed"], "borrowed": row["borrowed_share"]}


def of_persons(people: pd.DataFrame, paired: bool) -> dict[str, float]:
    teachers = people[people["role"] == "teacher"]
    practised = [name for name in people if name.startswith("P_")]
    values = {}
    for world in ("treated", "twin")[:1 + paired]:
        own = teachers[teachers["world"] == world]
        values[world] = (mean(own["practice"]), mean(own["knowledge"]), mean((own[practised] > 0.5).mean(axis=1)))
    practice, knowledge, used = values["treated"]
    found = {"practice": practice, "knowledge": knowledge, "used": used}
    if paired:
        own = teachers[teachers["world"] == "twin"]["practice"]
        found |= {"practice_twin": values["twin"][0], "knowledge_effect": knowledge - values["twin"][1],
                  "used_effect": used - values["twin"][2], "twin_n": float(len(own)), "twin_mean": mean(own),
                  "twin_m2": float(((own - own.mean()) ** 2).sum()) if len(own) else np.nan}
    return found


def of_centers(run: Trajectories, at: int, own: pd.DataFrame, month: int, paired: bool) -> dict[str, float]:
    treated, twin = own[own["world"] == "treated"], own[own["world"] == "twin"]
    enrolled = treated[(treated["collaborative"] >= 0)]
    now = enrolled[enrolled["month"] == month].set_index("center")
    so_far = enrolled[enrolled["month"] < month].sum(numeric_only=True)
    fits = [name for name in now if name.startswith("fit_") and name[4:].isdigit()]
    found: dict[str, float] = {
        "enrolled": float(len(now)), "fit": mean(now["fit"]), "formalised": mean((now[fits] > 0.5).mean(axis=1)),
        "readiness": mean(now["readiness"].astype(float)),
        "seats_held": mean((now["seats_held"] / now["seats"].where(now["seats"] > 0)).astype(float)),
        "active_share": mean((now["status"] != "withdrawn").astype(float)),
        "reports_sent": share(so_far["report_sent"], so_far["report_due"]),
        "pdsa_started": share(so_far["pdsa_started"], len(now)),
        "pdsa_succeeded": share(so_far["pdsa_succeeded"], len(now)),
        "cost_program": share(sum(so_far[f"cost_{line}"] for line in LINES), len(now)),
        "cost_sponsor": share(sum(so_far[f"cost_{line}"] for line in LINES[:5]), len(now)),
    }
    for name, events in ATTENDANCE.items():
        found[name] = share(sum(so_far[f"attended_{one}"] for one in events),
                            sum(so_far[f"invited_{one}"] for one in events))
    before = treated[treated["month"] < month]
    found["borrowed"] = share(before["ideas_borrowed"].astype(float).sum(), before["fit_gained"].astype(float).sum())
    found["exit_rate"] = rate(so_far)
    if paired:
        other = twin[(twin["collaborative"] >= 0)]
        other_so_far = other[other["month"] < month].sum(numeric_only=True)
        then = other[other["month"] == month].set_index("center")
        found |= {name: mean(now[of].astype(float) - then[of].astype(float)) for name, of in GAPS.items()}
        found["exit_rate_twin"] = rate(other_so_far)
        found["cost_hiring_effect"] = share(1.0, len(now)) * (so_far["cost_hiring"] - other_so_far["cost_hiring"])
    return found


def rate(so_far: Any) -> float:
    return 12 * share(*(sum(so_far[f"{name}_{role}"] for role in STAFF_ROLES) for name in ("exits", "staff")))


def check(run: Trajectories) -> Reduced:
    """Compare all columns with the tables of the record: sums in another order differ by some 1e-16 of their terms."""
    rows, table = reduce(run), expected(run)
    for name, values in zip(COLUMNS, rows.values.T, strict=True):
        known = table[name].to_numpy(float)
        size = 1e6 if name.startswith("cost") else 1.0
        np.testing.assert_allclose(values, known, rtol=1e-12, atol=1e-13 * size, err_msg=name)
    return rows


# ---- what it says ---------------------------------------------------------------------------------------------------


def test_every_column_is_what_the_tables_of_the_record_say(run: Trajectories) -> None:
    rows = check(run)
    waves = run.scenario.calendar.waves
    assert rows.replicate.tolist() == [number for number in run.replicates for _ in waves]
    assert rows.month.tolist() == [*waves] * len(run.replicates)
    assert [part.dtype for part in rows] == [np.int64, np.int16, np.float64]
    assert rows.values.shape == (len(rows.month), len(COLUMNS))


def test_the_scenarios_leave_no_column_untested() -> None:
    """Each response takes several values other than 0 in some scenario, and each that may be missing is so in one."""
    every = np.concatenate([reduce(simulate(scenario, 3, seed=11)).values for scenario in SCENARIOS.values()])
    for name, values in zip(COLUMNS, every.T, strict=True):
        known = values[~np.isnan(values)]
        if name != "coaching_attendance":  # on site: whoever holds a seat is there; see the scrambled record
            assert len(set(known[known != 0.0].tolist())) > 2, name
        assert np.isnan(values).any() or name in ("enrolled", "twin_n"), name


def test_counts_and_costs_of_any_size_are_taken_from_their_own_places() -> None:
    """A record scrambled as no engine would fill it: every count and cost of every center, role, event and line."""
    run, rng = simulate(lively(), 3, seed=11), np.random.default_rng(4)
    for _, world in run.worlds:
        for row in MEASURES:
            if row.kind == "flow":
                values = world[row.name]
                values[...] = rng.integers(0, 30, values.shape) if "int" in row.dtype else rng.random(values.shape)
    rows = check(run)
    assert len(set(column_of(rows, "coaching_attendance").tolist())) > 6


def test_people_of_any_coming_and_going_are_matched() -> None:
    """Staff shuffled as no engine would: who is where, in which role, differs from wave to wave and world to world."""
    run, rng = small_run(replicates=tuple(range(12))), np.random.default_rng(6)
    for _, world in run.worlds:
        world["fit"][...] = rng.random(world["fit"].shape)
        for name in ("readiness", "qi", "climate", "motivation", "knowledge_gain"):
            values = rng.random(world[name].shape)
            world[name][...] = np.where(values < 0.2, np.nan, values)
        for replicate in run.replicates:
            for month in run.scenario.calendar.waves:
                who = rng.permutation(np.where(np.arange(16) < 13, np.arange(16), -1))[:15]
                add_staff(world, replicate, month, *(
                    {"center": at // 5, "slot": at % 5, "person": int(person), "role": int(rng.choice([0, 2, 2, 3, 5])),
                     "P": rng.random(), "ever_seat": bool(rng.random() < 0.3)} for at, person in enumerate(who)))
    values = dict(zip(COLUMNS, check(run).values.T, strict=True))
    assert all(5 < np.isfinite(values[f"effect_{name}"]).sum() < 36 for name in ("stayers", "team"))


def test_outcomes_at_the_levels_agree(run: Trajectories) -> None:
    """The same as levels.outcomes by arm, which a report prints."""
    rows, outcomes = reduce(run), run.outcomes()
    for column, outcome in (("fit", "fit"), ("formalised", "formalised"), ("seats_held", "seats_held"),
                            ("outside_informed", "outside_informed")):
        arm = "outside" if column.startswith("outside") else "bsc"
        found = outcomes[(outcomes["outcome"] == outcome) & (outcomes["arm"] == arm) & (outcomes["group"] == "all")]
        table = found.set_index(["replicate", "month"])["true"]
        for replicate, month, value in zip(rows.replicate, rows.month, column_of(rows, column), strict=True):
            known = table.get((replicate, month), np.nan)
            assert value == pytest.approx(known, rel=1e-12, abs=1e-14, nan_ok=True), column


def test_totals_at_the_horizon_are_those_of_the_report(run: Trajectories) -> None:
    read, rows, last = Reading(run), reduce(run), run.scenario.calendar.horizon
    at_end = {name: column_of(rows, name)[rows.month == last] for name in COLUMNS}
    close = {"rtol": 1e-12, "atol": 1e-9}
    np.testing.assert_allclose(at_end["exit_rate"], read.annual_rate("treated"), **close)
    np.testing.assert_allclose(at_end["exit_rate_twin"], read.annual_rate("twin"), **close)
    np.testing.assert_allclose(1 - at_end["active_share"], read.withdrawn(), **close)
    np.testing.assert_allclose(at_end["retained"], read.retention("treated")[1][:, -1], **close)
    paid = run.costs()
    paid = paid[paid["collaborative"] >= 0]
    for name, keep, column in (("cost_program", paid["line"] != "hiring", "cost"),
                               ("cost_sponsor", paid["payer"] == "sponsor", "cost"),
                               ("cost_hiring_effect", paid["line"] == "hiring", "added")):
        total = paid[keep].groupby("replicate")[column].sum().reindex(run.replicates).to_numpy()
        np.testing.assert_allclose(at_end[name], total / at_end["enrolled"], equal_nan=True, **close)


def column_of(rows: Reduced, name: str) -> Any:
    return rows.values[:, COLUMNS.index(name)]


def test_moments_merge_to_the_standardiser_of_truth(run: Trajectories) -> None:
    rows = reduce(run)
    for wave, known in zip(run.scenario.calendar.waves, truth.standardiser(run), strict=True):
        merged = pooled_sd(*(column_of(rows, name)[rows.month == wave] for name in ("twin_n", "twin_mean", "twin_m2")))
        assert merged == pytest.approx(known, rel=1e-12, nan_ok=True)


@pytest.mark.parametrize("name", ["as shipped", "two collaboratives, parents, movers, centers outside"])
def test_without_a_twin_what_needs_one_is_missing_and_the_rest_is_the_same(name: str) -> None:
    alone, both = (simulate(SCENARIOS[name], 3, seed=11, twin=twin) for twin in (False, True))
    rows, paired = check(alone), reduce(both)
    needs = [one for one in COLUMNS if "twin" in one or "effect" in one] + ["gain_team", "gain_others",
                                                                           "outside_informed"]
    for one in COLUMNS:
        if one in needs:
            assert np.isnan(column_of(rows, one)).all(), one
        else:
            assert column_of(rows, one).tobytes() == column_of(paired, one).tobytes(), one


def test_a_worker_who_moves_next_door_is_another_person_there() -> None:
    """By hand, what no table is needed for: one teacher stays, one moved to the other center in the treated world."""
    run = small_run(replicates=(5,))
    for _, world in run.worlds:
        add_staff(world, 5, 0, {"center": 0, "slot": 0, "person": 1, "P": 0.25},
                  {"center": 0, "slot": 1, "person": 2, "P": 0.25})
    add_staff(run.treated, 5, 3, {"center": 0, "slot": 1, "person": 1, "P": 0.75},
              {"center": 0, "slot": 0, "person": -1}, {"center": 1, "slot": 0, "person": 2, "P": 0.5})
    add_staff(run.untreated, 5, 3, {"center": 0, "slot": 0, "person": 1, "P": 0.25},
              {"center": 0, "slot": 1, "person": 2, "P": 0.5})
    last = dict(zip(COLUMNS, reduce(run).values[1].tolist(), strict=True))
    assert last["effect"] == (0.75 + 0.5) / 2 - (0.25 + 0.5) / 2
    assert last["effect_centers"] == 0.75 - (0.25 + 0.5) / 2  # the twin's second center has nobody
    assert last["effect_stayers"] == 0.75 - 0.25
    assert last["effect_own_stayers"] == 0.75 - (0.25 + 0.5) / 2
    assert last["gain_others"] == 0.5
    assert np.isnan(last["gain_team"])
    assert (last["retained"], last["retained_twin"]) == (0.5, 1.0)


# ---- the same bits, however they are come by ------------------------------------------------------------------------


def same(one: Reduced, other: Reduced) -> bool:
    return all(a.dtype == b.dtype and a.tobytes() == b.tobytes() for a, b in zip(one, other, strict=True))


def stacked(parts: Any) -> Reduced:
    return Reduced(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


@pytest.mark.parametrize("name", ["two collaboratives, parents, movers, centers outside", "nobody enrolled",
                                  "many outside, half of all hires local"])
def test_seven_replicates_together_are_seven_alone(name: str) -> None:
    together = simulate(SCENARIOS[name], 7, seed=3)
    assert same(reduce(together), stacked([reduce(simulate(SCENARIOS[name], [r], seed=3)) for r in range(7)]))


def test_parts_of_a_record_and_records_put_together_give_the_same_bits(some: Trajectories) -> None:
    """They hold no stacks: arrays are views or copies."""
    parts = [some.replicate(number) for number in some.replicates]
    assert all(part.treated.stacks is None for part in parts)
    assert same(reduce(some), stacked([reduce(part) for part in parts]))
    assert same(reduce(some), reduce(join(parts)))


def test_rows_follow_the_records_own_order_of_replicates() -> None:
    run = simulate(lively(), [9, 2**32 - 1, 4], seed=3)
    rows = check(run)
    assert rows.replicate.tolist() == [number for number in (9, 2**32 - 1, 4) for _ in range(3)]
    assert same(rows, stacked([reduce(simulate(lively(), [number], seed=3)) for number in (9, 2**32 - 1, 4)]))


@pytest.mark.parametrize("name", ["as shipped", "two collaboratives, parents, movers, centers outside", "weekly"])
def test_a_record_of_the_mesa_engine_reduces_to_the_same_bits(name: str) -> None:
    one, other = (simulate(SCENARIOS[name], [0, 5], seed=3, engine=engine) for engine in ("mesa", "compiled"))
    assert same(reduce(one), reduce(other))


def test_plain_python_gives_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Single precision is widened before it is added up, compiled or not."""
    run = simulate(lively(), 2, seed=3)
    compiled = reduce(run)
    monkeypatch.setattr(reducing, "entry", lambda function: function)
    assert same(compiled, reduce(run))


def test_columns_that_may_not_be_written_give_the_same_bits(some: Trajectories) -> None:
    """Files are read into such columns."""

    def locked(world: World) -> World:
        copies = {name: values.copy(order="F") for name, values in world.staff.columns.items()}
        for values in copies.values():
            values.flags.writeable = False
        return World(world.arrays, world.staff.of(copies, world.staff.drivers), None)

    twin = some.untreated
    frozen = Trajectories(some.scenario, some.seed, some.replicates, some.labels, locked(some.treated), locked(twin))
    assert same(reduce(some), reduce(frozen))


def test_threads_may_reduce_at_once(some: Trajectories) -> None:
    with ThreadPoolExecutor(4) as executor:
        assert all(same(reduce(some), one) for one in executor.map(reduce, [some] * 12))


def test_a_record_is_only_read(some: Trajectories) -> None:
    before = [world[name].tobytes() for _, world in some.worlds for name in world.arrays]
    reduce(some)
    assert before == [world[name].tobytes() for _, world in some.worlds for name in world.arrays]


@pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="nothing is compiled")
def test_one_piece_of_machine_code_serves_all_records(some: Trajectories) -> None:
    """A second kind of array would be compiled anew, for ten seconds, in the midst of a sweep."""
    for run in (some, some.replicate(2), simulate(Scenario(), 1, twin=False), simulate(study(), 1, engine="mesa")):
        reduce(run)
    assert len(entry(tally).signatures) == 1


@pytest.mark.slow
@given(scenario=scenarios(), seed=st.integers(0, 2**63 - 1))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_random_scenarios_agree_with_the_tables(scenario: Scenario, seed: int) -> None:
    """Scenarios drawn anywhere inside the hard ranges."""
    check(simulate(scenario, [0, 7], seed))
