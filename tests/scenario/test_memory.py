"""What a run takes, and the refusal of one that would not fit."""

from __future__ import annotations

import pytest

from bscsim.scenario.faults import InputError
from bscsim.scenario.memory import available_memory, memory_bytes, require_memory
from bscsim.scenario.population import make_pool
from bscsim.scenario.scenario import Scenario


def test_the_estimate_grows_with_what_is_simulated():
    base = Scenario()
    for change in ({"calendar.horizon": 60}, {"population.drivers": 10}, {"population.sizes": 60},
                   {"population.parents": True}, {"calendar.waves": [0, 8, 16, 28, 40]}):
        assert memory_bytes(base.with_values(change)) > memory_bytes(base)
    assert memory_bytes(base.with_values({"simulation.twin": False})) * 2 == pytest.approx(memory_bytes(base))
    assert memory_bytes(base, 10) < memory_bytes(base, 11)


def test_the_estimate_covers_the_arrays_of_a_record_and_is_not_wild():
    trajectories = pytest.importorskip("bscsim.record.trajectories")
    scenario = Scenario()
    record = trajectories.Trajectories.empty(scenario, make_pool(scenario.population), 1, range(20), twin=True)
    arrays = sum(world.nbytes for _, world in record.worlds)
    assert 1 <= memory_bytes(scenario, 20) / arrays <= 6


def test_a_run_that_does_not_fit_is_refused_with_what_would():
    scenario = Scenario().with_values({"simulation.replicates": 1_000_000})
    with pytest.raises(InputError, match=r"^simulation\.replicates: 1000000 replicates .* GB .*would fit$") as caught:
        require_memory(scenario, available=4 * 10**9)
    fit = int(str(caught.value).split("; ")[1].split()[0])
    assert memory_bytes(scenario, fit) <= 4 * 10**9 < memory_bytes(scenario, fit + 1)


def test_where_no_replicate_fits_fewer_centers_are_named():
    big = Scenario().with_values({
        "population.centers": 100_000, "enrolment.rule": "random", "simulation.replicates": 1})
    with pytest.raises(InputError, match=r"population: 1 replicate of 100000 centers .* at most \d+ centers would fit"):
        require_memory(big, available=10**9)


def test_a_run_that_fits_passes_and_the_pool_counts(tmp_path):
    path = tmp_path / "centers.csv"
    path.write_text("id,sector,area,staff\n" + "".join(f"{number},school,Wake,9\n" for number in range(500)))
    scenario = Scenario(population={"roster": str(path)}, enrolment={"rule": "random"})
    pool = make_pool(scenario.population)
    assert scenario.memory_bytes(10, pool) == memory_bytes(scenario, 10, pool) > 100 * memory_bytes(scenario, 10)
    assert require_memory(Scenario(), available=10**9) == memory_bytes(Scenario())


def test_there_is_memory():
    assert available_memory() > 10**6
