"""The scenario or study of a folder, found again: its roster from any folder, and what has changed since, by name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bscsim.record import provenance
from bscsim.scenario.faults import Fault, InputError

if TYPE_CHECKING:
    from bscsim.scenario.scenario import Scenario, Study


def same_scenario(folder: Path, manifest: Mapping[str, Any]) -> Scenario:
    """The scenario that was simulated, with its roster where it is now.

    Raises InputError when the roster is not found, or when the scenario is no longer the one of the stored digest.
    """
    scenario = provenance.scenario_of(manifest)
    if scenario.population.roster is not None:
        scenario = _with_roster(scenario, folder, manifest)
    reasons = _edited(scenario, manifest)
    if scenario.digest == manifest["study"]["digest"] and not reasons:
        return scenario
    reasons = reasons or _changed(scenario, manifest)
    problem = f"is no longer the scenario that was simulated: {'; '.join(reasons)}"
    raise InputError([Fault(str(folder / provenance.NAME), "", problem)])


def study_of(folder: Path, manifest: Mapping[str, Any]) -> Study:
    """The study that a manifest describes, with the block of its kind; InputError if its roster is not found."""
    from bscsim.scenario.document import item_of
    from bscsim.scenario.layers import with_layers
    from bscsim.scenario.scenario import Study, resolved

    scenario = provenance.scenario_of(manifest)
    if scenario.population.roster is not None:
        scenario = _with_roster(scenario, folder, manifest)
    block = None if manifest["block"] is None else item_of(manifest["block"], "manifest")
    study, file = manifest["study"], manifest["file"]
    return Study(
        study["kind"], study["name"], scenario, Path(file["name"]), manifest["layers"], file["text"],
        tuple(manifest["set"]), {}, with_layers(item_of(resolved(scenario), "manifest"), manifest["layers"]), block,
    )  # fmt: skip


def _with_roster(scenario: Scenario, folder: Path, manifest: Mapping[str, Any]) -> Scenario:
    """The scenario with its roster's path as seen from here.

    A relative path is that of the folder the run was started in, which the manifest does not name (it holds no paths of
    a machine). Results mostly lie below that folder: so the working directory is tried, then the folder of results
    and all above it. A roster with the content that was simulated goes before one with another.
    """
    stored = Path(str(scenario.population.roster))
    starts = [Path(), folder.resolve(), *folder.resolve().parents]
    there = [path for path in dict.fromkeys(start / stored for start in starts) if path.is_file()]
    if not there:
        problem = (f"the roster {stored} is neither there from the working directory ({Path.cwd()}) nor from "
                   f"{folder} or a folder above it; start rerun in the folder in which the run was started")
        if stored.is_absolute():
            problem = f"the roster {stored} is not there; put it back to simulate again"
        raise InputError([Fault(str(folder / provenance.NAME), "population.roster", problem)])
    found = [_at(scenario, path) for path in there]
    return next((one for one in found if one.digest == manifest["study"]["digest"]), found[0])


def _at(scenario: Scenario, roster: Path) -> Scenario:
    population = scenario.population.model_copy(update={"roster": str(roster)})
    return scenario.model_copy(update={"population": population})


def _edited(scenario: Scenario, manifest: Mapping[str, Any]) -> list[str]:
    """Say where the manifest's own two entries of a setting disagree: one of them was edited."""
    settings, run = scenario.simulation, manifest["run"]
    return [
        f"simulation.{name} is {getattr(settings, name)} in its scenario and {run[name]} in its run"
        for name in ("seed", "twin", "dt")
        if getattr(settings, name) != run[name]
    ]


def _changed(scenario: Scenario, manifest: Mapping[str, Any]) -> list[str]:
    """Name what makes a scenario another than its stored digest says, as far as the manifest tells."""
    from bscsim.scenario.roster import roster_digest

    reasons = []
    then, now = manifest["versions"].get("streams"), provenance.versions()["streams"]
    if then != now:
        reasons.append(f"the random streams are of version {now}, and were of version {then}")
    roster, before = scenario.population.roster, manifest.get("roster")
    if roster is not None and before is not None:
        after = roster_digest(Path(roster))
        if after != before:
            reasons.append(f"the roster {roster} has changed (SHA-256 {before[:12]} then, {after[:12]} now)")
    if reasons:
        return reasons
    maybe = f", or the roster {roster}," if roster is not None and before is None else ""
    return [f"a setting in it{maybe} was changed since, or has another meaning in this version of bscsim"]
