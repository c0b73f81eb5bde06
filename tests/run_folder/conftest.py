"""A run of seconds: two centers, two replicates, three months; the report's files are replaced by small ones."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bscsim import report
from bscsim.scenario.scenario import Scenario, Study

TINY: dict[str, Any] = {
    "population.centers": 2, "population.sectors": {"child_care": 2}, "population.sizes": 5,
    "enrolment.centers_per_collaborative": 2, "calendar.burn_in": 0, "calendar.prework": [0, 1],
    "calendar.sessions": [1], "calendar.ends": 2, "calendar.horizon": 3, "calendar.waves": [0, 2],
    "simulation.replicates": 2,
}


def tiny_study(**changes: Any) -> Study:
    scenario = Scenario(name="tiny").with_values({**TINY, **{k.replace("__", "."): v for k, v in changes.items()}})
    return Study("scenario", scenario.name, scenario, Path("tiny.yaml"), {}, "name: tiny\n")


@pytest.fixture
def study() -> Study:
    return tiny_study()


@pytest.fixture
def quick_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in for the real report, which draws figures for seconds."""

    def files(run: Any, manifest: Mapping[str, Any]) -> dict[str, bytes]:
        name = manifest["study"]["name"]
        return {
            "figures/practice.svg": b"<svg/>", "report.html": f"<p>{name}".encode(),
            "summary.json": b'{"replicates": %d}\n' % len(run.replicates), "tables/effects.csv": b"effect\n1.5\n",
        }

    monkeypatch.setattr(report, "report_files", files)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, the manifest's times left out."""
    import json

    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    if "manifest.json" in found:
        manifest = json.loads(found["manifest.json"])
        manifest.pop("times")
        found["manifest.json"] = json.dumps(manifest).encode()
    return found
