"""Metamorphic: every parameter, element, support and setting moves the output that is said to be its own.

A dead parameter is a promise the model does not keep.  Where each is alive stands in
:mod:`tests.verification.alive`; a row of the table, or a setting, that is not listed there fails.  The converse is
tested too: what should not move does not (prices move money only, measures move no state, ...).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest

from bscsim.record.measures import LABELS, STAFF_COLUMNS
from bscsim.record.trajectories import Trajectories
from bscsim.scenario.fields import Frozen
from bscsim.scenario.parameters import table
from bscsim.scenario.population import ROSTER_ONLY
from bscsim.scenario.scenario import Scenario
from bscsim.simulate import simulate
from tests.verification.alive import PARAMETERS, SCENARIOS, SETTINGS, TINY

ROWS = {row.name: row for row in table()}
OF_ROSTERS = tuple(f"population.{name}" for name in ("roster", *ROSTER_ONLY))
"""Settings that say how a roster is read: tests/scenario/test_roster.py shows what each of them does."""


@cache
def base(scenario: str) -> Scenario:
    return Scenario().with_values({**TINY, **SCENARIOS[scenario], "simulation.replicates": 1})


@cache
def base_run(scenario: str) -> Trajectories:
    return simulate(base(scenario))


def with_value(scenario: str, path: str, value: Any) -> Scenario:
    return base(scenario).with_values({path: value})


def outputs(run: Trajectories) -> dict[str, tuple[Any, ...]]:
    """Every array of the record by name: measures (both worlds), labels, columns of the staff rows."""
    worlds = [world for _, world in run.worlds]
    found = {name: tuple(world[name] for world in worlds) for name in run.treated.arrays}
    found |= {f"label.{row.name}": (getattr(run.labels, row.name),) for row in LABELS}
    found |= {f"label.{name}": (getattr(run.labels, name),) for name in ("sector", "area", "number")}
    found |= {f"staff.{row.name}": tuple(world.staff[row.name] for world in worlds) for row in STAFF_COLUMNS}
    return found | {"twin": (np.array([run.twin is not None]),)}


def outcomes(run: Trajectories) -> dict[str, tuple[Any, ...]]:
    """The true and measured outcomes of the seven levels."""
    return {f"{kind}.{name}": (rows[kind].to_numpy(),)
            for name, rows in run.outcomes("center").groupby("outcome", observed=True)
            for kind in ("true", "measured")}  # fmt: skip


@cache
def base_outcomes(scenario: str) -> dict[str, tuple[Any, ...]]:
    return outcomes(base_run(scenario))


def differ(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    return len(one) != len(other) or any(
        not np.array_equal(a, b, equal_nan=a.dtype.kind == "f") for a, b in zip(one, other, strict=True)
    )


def moved(before: dict[str, tuple[Any, ...]], after: dict[str, tuple[Any, ...]]) -> list[str]:
    return [name for name in before if differ(before[name], after[name])]


def settings(group: Frozen, path: str) -> Iterator[tuple[str, Any]]:
    """Every setting below a group, by dotted path, and its value; the three shares of sectors are one setting."""
    for name, value in group:
        here = f"{path}.{name}"
        if isinstance(value, Frozen) and name not in ("sectors", "columns"):
            yield from settings(value, here)
        else:
            yield here, value


ALL_SETTINGS = {
    path: value
    for name in ("elements", "supports", "calendar", "enrolment", "population", "simulation")
    for path, value in settings(getattr(Scenario(), name), name)
    if path not in OF_ROSTERS
}


def test_no_parameter_and_no_setting_is_left_out():
    assert list(PARAMETERS) == list(ROWS), "tests/verification/alive.py lists each parameter, in the table's order"
    assert sorted(SETTINGS) == sorted(ALL_SETTINGS)


@pytest.mark.parametrize("name", list(ROWS))
def test_every_parameter_moves_its_output(name):
    assert name in PARAMETERS, f"say in tests/verification/alive.py where {name} is alive"
    probe = PARAMETERS[name]
    assert probe.value != getattr(base(probe.scenario).parameters, name)
    run = simulate(with_value(probe.scenario, f"parameters.{name}", probe.value))
    if "." in probe.output and not probe.output.startswith(("label.", "staff.")):
        assert probe.output in moved(base_outcomes(probe.scenario), outcomes(run))
    else:
        assert probe.output in moved(outputs(base_run(probe.scenario)), outputs(run))


@pytest.mark.parametrize("path", list(ALL_SETTINGS))
def test_every_setting_moves_its_output(path):
    assert path in SETTINGS, f"say in tests/verification/alive.py where {path} is alive"
    probe = SETTINGS[path]
    run = simulate(with_value(probe.scenario, path, probe.value))
    assert probe.output in moved(outputs(base_run(probe.scenario)), outputs(run))


# ---- what must not move -------------------------------------------------------------------------------------------


def several(scenario: str, names: list[str]) -> Scenario:
    """All these parameters at the values that move something where they are alive."""
    return base(scenario).with_values({f"parameters.{name}": PARAMETERS[name].value for name in names})


def of_group(*groups: str) -> list[str]:
    return [row.name for row in table() if row.group in groups]


@pytest.mark.parametrize(
    ("scenario", "names", "only"),
    [
        pytest.param("supported", of_group("prices"), ["cost"], id="prices move money only"),
        pytest.param("tiny", of_group("supports", "application"), [], id="no support, no effect of one"),
        pytest.param("tiny", ["ready_rel"], ["label.readiness_measured"], id="an instrument changes no state"),
        pytest.param("tiny", ["pdsa_seen"], ["pdsa_reported"], id="what is reported changes no state"),
        pytest.param("tiny", ["report_p"], ["report_sent", "cost"], id="a report changes nothing but its cost"),
        pytest.param("tiny", ["metrics_made_p"], ["metrics_made"], id="metrics that are not used"),
        pytest.param("tiny", ["obs_rel", "sr_bias", "sr_sd", "sr_demand", "nonresp_slope", "child_slope", "child_turn"],
                     [], id="measuring changes no state"),
        pytest.param("tiny", ["homegrown"], [], id="with the framework in full home-grown ideas do not count"),
        pytest.param("tiny", ["turn_base_school", "wage_parent"], [], id="who is not there has no effect"),
    ],
)  # fmt: skip
def test_what_a_parameter_must_leave_alone(scenario, names, only):
    run = simulate(several(scenario, names))
    assert sorted(moved(outputs(base_run(scenario)), outputs(run))) == sorted(only)


def test_measures_leave_the_truth_alone():
    """What a study sees of practice and of children's scores; child scores have a truth of their own parameters."""
    names = ["obs_rel", "sr_bias", "sr_sd", "sr_demand"]
    found = moved(base_outcomes("tiny"), outcomes(simulate(several("tiny", names))))
    assert sorted(found) == ["measured.observed_practice", "measured.self_report"]


def test_the_comparison_can_fail():
    """The same scenario twice moves nothing."""
    again = simulate(base("tiny"))
    assert moved(outputs(base_run("tiny")), outputs(again)) == []
    assert moved(base_outcomes("tiny"), outcomes(again)) == []
