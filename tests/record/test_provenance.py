"""The manifest: enough to run again, nothing of the machine's paths, read back with care."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import bscsim
from bscsim.record import provenance
from bscsim.scenario.faults import InputError
from bscsim.scenario.population import make_pool
from bscsim.scenario.scenario import Scenario, Study


@pytest.fixture
def manifest() -> dict[str, Any]:
    scenario = Scenario(name="there")
    study = Study("scenario", "there", scenario, Path("far/away/there.yaml"), {"name": "file"}, "name: there\n")
    return provenance.describe(study, make_pool(scenario.population), "mesa")


def test_it_turns_back_into_the_scenario(manifest: dict[str, Any]) -> None:
    assert provenance.scenario_of(json.loads(provenance.to_text(manifest))) == Scenario(name="there")


def test_it_says_what_was_run_by_what(manifest: dict[str, Any]) -> None:
    assert manifest["study"]["digest"] == Scenario().digest
    assert manifest["counts"]["by_sector"] == {"child_care": 4, "head_start": 4, "school": 0}
    assert manifest["file"] == {"name": "there.yaml", "text": "name: there\n"}
    assert manifest["layers"] == {"name": "file"}
    assert manifest["versions"]["bscsim"] == bscsim.__version__
    assert {"streams", "python", "numpy", "mesa"} <= set(manifest["versions"])
    assert "far/away" not in provenance.to_text(manifest)


def test_a_stored_scenario_keeps_its_stored_digest(manifest: dict[str, Any]) -> None:
    manifest["study"]["digest"] = "abc"
    assert provenance.stored_scenario(manifest).digest == "abc"
    assert provenance.stored_scenario(manifest).calendar == Scenario().calendar


def test_a_scenario_this_version_does_not_accept_is_a_fault(manifest: dict[str, Any]) -> None:
    manifest["scenario"]["calendar"]["horizon"] = 9000
    with pytest.raises(InputError, match=r"calendar\.horizon: this version does not accept it"):
        provenance.scenario_of(manifest)


@pytest.mark.parametrize("text", ["", "[1]", "{}", '{"format": 1}', "\x00"])
def test_what_is_no_manifest_is_none(text: str, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(text)
    assert provenance.read(tmp_path) is None
    with pytest.raises(InputError, match="holds no manifest"):
        provenance.require(tmp_path)


def test_another_format_is_refused(tmp_path: Path, manifest: dict[str, Any]) -> None:
    (tmp_path / "manifest.json").write_text(provenance.to_text(manifest | {"format": 99, "files": []}))
    with pytest.raises(InputError, match="format 99"):
        provenance.require(tmp_path)


def test_runs_are_the_same_by_what_sets_numbers(manifest: dict[str, Any]) -> None:
    assert provenance.same_run(manifest, manifest | {"engine": "compiled", "git": None})
    assert not provenance.same_run(manifest, manifest | {"run": manifest["run"] | {"seed": 2}})


def test_the_commit_is_known_inside_a_checkout_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "__file__", str(tmp_path / "bscsim" / "record" / "provenance.py"))
    assert provenance.git_state() is None
