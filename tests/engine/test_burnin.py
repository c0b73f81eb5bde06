"""Which scenarios share a burn-in, and the store that keeps them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bscsim.engine.burnin import PARAMETERS, BurnIns, digest
from bscsim.engine.state import Array
from bscsim.record.store import differences
from bscsim.scenario.parameters import table
from bscsim.scenario.population import make_pool
from bscsim.scenario.scenario import Scenario
from bscsim.simulate import simulate
from tests.verification.alive import PARAMETERS as PROBES
from tests.verification.worlds import lively


def burnt(scenario: Scenario) -> tuple[str, Array]:
    """The name of a scenario's burn-in, and the state it ends in."""
    kept = BurnIns()
    simulate(scenario, 1, seed=8, burn_ins=kept)
    ((name, _), state), = kept._states.items()
    start = digest(scenario, make_pool(scenario.population), 8)
    assert name.startswith(start)
    return start, state


BASE = lively({"population.sizes": "joiners"})


@pytest.fixture(scope="module")
def base() -> tuple[str, Array]:
    return burnt(BASE)


@pytest.mark.parametrize("name", [row.name for row in table()])
def test_a_parameter_changes_the_name_or_not_a_bit(name: str, base: tuple[str, Array]) -> None:
    """Every parameter of the table: it is in the name, or it leaves every bit of the state at month 0 alone."""
    value = PROBES[name].value
    if value == getattr(BASE.parameters, name):
        value *= 0.5
    other, state = burnt(BASE.with_values({f"parameters.{name}": value}))
    assert (other != base[0]) == (name in PARAMETERS)
    if other == base[0]:
        assert np.array_equal(state, base[1])


def test_parameters_in_the_name_move_the_state(base: tuple[str, Array]) -> None:
    """The name holds little that does not matter: at least nine in ten of its parameters move the state."""
    moved = [
        name for name in PARAMETERS
        if not np.array_equal(burnt(BASE.with_values({f"parameters.{name}": PROBES[name].value}))[1], base[1])
    ]  # fmt: skip
    assert len(moved) >= 0.9 * len(PARAMETERS), [name for name in PARAMETERS if name not in moved]


@pytest.mark.parametrize(("path", "value", "shared"), [
    ("calendar.sessions", [3, 6], True), ("calendar.horizon", 15, True), ("calendar.ends", 11, True),
    ("elements.inclusive_team", 0.2, True), ("supports.stipend", 1.0, True), ("enrolment.collaboratives", 1, True),
    ("enrolment.rule", "top", True), ("simulation.twin", False, True),
    ("calendar.starts", 3, False), ("calendar.burn_in", 7, False), ("population.drivers", 2, False),
    ("population.areas", 3, False), ("population.centers", 7, False), ("population.parents", False, False),
    ("population.sizes", 9, False), ("population.sectors", {"school": 6}, False), ("simulation.dt", "week", False),
])  # fmt: skip
def test_a_setting_changes_the_name_or_not_a_bit(
    path: str, value: Any, shared: bool, base: tuple[str, Array]
) -> None:
    waves = {"calendar.waves": [0, 10]} if path == "calendar.horizon" else {}
    other, state = burnt(BASE.with_values({path: value, **waves}))
    assert (other == base[0]) == shared
    if shared:
        assert np.array_equal(state, base[1])


def test_another_seed_is_another_burn_in() -> None:
    pool = make_pool(BASE.population)
    assert digest(BASE, pool, 0) != digest(BASE, pool, 1)


def test_the_store_is_bounded_and_forgets_the_oldest_first() -> None:
    kept = BurnIns(limit=3 * 800)
    for replicate in range(4):
        kept.keep("a", replicate, np.full(100, replicate))
        if replicate == 2:
            assert kept.take("a", 0) is not None  # used lately
    assert kept.nbytes == 2400
    assert [kept.take("a", replicate) is not None for replicate in range(4)] == [True, False, True, True]
    assert kept.take("another layout", 0) is None
    kept.keep("b", 0, np.zeros(10_000))  # larger than all it may hold
    assert kept.nbytes == 2400


def test_other_replicates_find_what_has_their_layout() -> None:
    """The same centers in another set of replicates may need other slots: then a state is simulated, not misread."""
    scenario = Scenario().with_values({"population.centers": 2, "enrolment.centers_per_collaborative": 2})
    kept = BurnIns()
    for replicates in ([0, 1], [1, 2, 3], [3], range(8)):
        alone = simulate(scenario, replicates, seed=4)
        assert differences(alone, simulate(scenario, replicates, seed=4, burn_ins=kept)) == []


def test_what_is_kept_is_a_copy() -> None:
    kept, state = BurnIns(), np.zeros(4)
    kept.keep("a", 0, state)
    state[0] = 1.0
    found = kept.take("a", 0)
    assert found is not None
    assert found[0] == 0.0
