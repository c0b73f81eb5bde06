"""The shipped study files: each shows every block, states the defaults, and is explained in experiments/README.md."""

from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML

import bscsim
from bscsim.scenario.scenario import Scenario

FOLDER = Path(__file__).parents[1] / "experiments"
FILES = sorted(FOLDER.glob("*.yaml"))
SCENARIOS = [FOLDER / name for name in ("ccl_feasibility.yaml", "nc_roster.yaml")]
ROSTER_ENTRIES = ("roster", "columns", "sector_values", "blanks", "below_min", "strict")
SYNTHETIC_ENTRIES = ("centers", "sectors", "areas", "sizes")


def content(file: Path) -> dict:
    return YAML(typ="safe").load(file)


def test_the_feasibility_study_is_the_default() -> None:
    study = bscsim.load(FOLDER / "ccl_feasibility.yaml")
    assert study.scenario.digest == Scenario().digest
    assert study.scenario.simulation == Scenario().simulation


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda file: file.name)
def test_each_scenario_shows_every_block_and_entry(file: Path) -> None:
    shown = content(file)
    assert shown.pop("kind") == "scenario"
    assert shown["name"] == file.stem
    assert list(shown) == list(Scenario.model_fields)
    for block in ("enrolment", "calendar", "elements", "supports", "simulation"):
        fields = set(Scenario.model_fields[block].annotation.model_fields)
        # settings that only a rule not used here reads
        fields -= {"enrolment": {"apply_rate", "threshold", "hurdle"}}.get(block, set())
        assert sorted(fields - set(shown[block])) == [], block
    population = set(Scenario.model_fields["population"].annotation.model_fields)
    unused = SYNTHETIC_ENTRIES if "columns" in shown["population"] else ROSTER_ENTRIES
    assert sorted(population - set(shown["population"]) - set(unused) - {"roster"}) == []


@pytest.mark.parametrize("file", [file for file in FILES if file not in SCENARIOS], ids=lambda file: file.name)
def test_each_study_of_many_cells_asks_a_question_and_names_its_results(file: Path) -> None:
    shown = content(file)
    assert shown["name"] == file.stem
    block = shown if shown["kind"] == "power" else shown[shown["kind"]]
    assert block["question"].endswith("?")
    assert shown["scenario"]["base"] == "ccl_feasibility"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_each_file_is_explained(file: Path) -> None:
    assert f"`{file.name}`" in (FOLDER / "README.md").read_text(encoding="utf-8")


def test_the_roster_study_differs_only_in_who_takes_part(tmp_path: Path) -> None:
    rows = [f"{number},County,Head Start,9" for number in range(60)]
    (tmp_path / "centers.csv").write_text("\n".join(["id,county,category,employees", *rows]))
    study = bscsim.load(FOLDER / "nc_roster.yaml", [f"population.roster={tmp_path / 'centers.csv'}"])
    for block in ("calendar", "elements", "supports", "parameters"):
        assert getattr(study.scenario, block) == getattr(Scenario(), block)
    assert study.scenario.enrolment.places == 50
    assert study.scenario.simulation.replicates == 1
