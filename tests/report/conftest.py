"""One small run for all tests of the report: four centers, three replicates, twenty months."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bscsim.record import provenance
from bscsim.record.trajectories import Trajectories
from bscsim.report.reading import Reading
from bscsim.scenario.population import make_pool
from bscsim.scenario.scenario import Scenario, Study
from bscsim.simulate import simulate

SMALL: dict[str, Any] = {
    "population.centers": 4, "population.sectors": {"child_care": 2, "head_start": 2}, "population.sizes": 9,
    "enrolment.centers_per_collaborative": 4, "calendar.burn_in": 0, "calendar.prework": [0, 2],
    "calendar.sessions": [2, 4, 6], "calendar.ends": 8, "calendar.horizon": 20, "calendar.waves": [0, 8, 20],
    "simulation.replicates": 3,
}


def small_scenario(**changes: Any) -> Scenario:
    return Scenario(name="small").with_values({**SMALL, **{k.replace("__", "."): v for k, v in changes.items()}})


def small_study(**changes: Any) -> Study:
    scenario = small_scenario(**changes)
    return Study("scenario", scenario.name, scenario, Path("somewhere/small.yaml"), {"name": "file"}, "name: small\n")


def described(study: Study) -> dict[str, Any]:
    return provenance.describe(study, make_pool(study.scenario.population), "mesa")


@pytest.fixture(scope="session")
def run() -> Trajectories:
    return simulate(small_scenario())


@pytest.fixture(scope="session")
def manifest() -> dict[str, Any]:
    return described(small_study())


@pytest.fixture(scope="session")
def reading(run: Trajectories) -> Reading:
    return Reading(run)


@pytest.fixture(scope="session")
def files(run: Trajectories, manifest: dict[str, Any]) -> dict[str, bytes]:
    from bscsim.report import report_files

    return report_files(run, manifest)
