"""A scenario in a folder of results: simulated, reported, and put in place when it is whole.

A run is built in DIR.tmp-XXXX beside DIR and put in its place at the end: a failure or Ctrl-C leaves nothing half-made.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bscsim.record import provenance
from bscsim.run_folder import place
from bscsim.scenario.faults import BscsimError, Fault, InputError

if TYPE_CHECKING:
    from bscsim.record.trajectories import Trajectories
    from bscsim.scenario.population import Pool
    from bscsim.scenario.scenario import Study
    from bscsim.simulate import Engine

Tick = Callable[[int, int], None]
CELLS = "cells"


def run(study: Study, folder: Path, pool: Pool, engine: Engine, workers: int | None, force: bool, progress: Tick | None
        ) -> tuple[bool, str]:  # fmt: skip
    """Simulate a scenario into its folder, or report again if it holds this run; whether it simulated, and a line."""
    description = provenance.describe(study, pool, engine)
    place.require_usable(folder)
    found = place.look(folder, description)
    if found is place.Content.SAME_RUN and provenance.same_code(provenance.require(folder), description):
        stored = stored_run(folder, description)
        if stored is not None:
            rebuild(folder, stored)
            return False, f"{folder} already holds this run: the report was made again, nothing was simulated"
    place.refuse(folder, found, force)
    simulate_into(folder, study, description, engine, workers, force, progress)
    return True, f"{folder} holds the results"


def plan(study: Study, folder: Path, pool: Pool, engine: Engine, workers: int | None, force: bool) -> dict[str, Any]:
    """Say what :func:`run` would do."""
    from bscsim.simulate import threads_of

    place.require_usable(folder)
    found = place.look(folder, provenance.describe(study, pool, engine))
    if found is not place.Content.SAME_RUN:
        place.refuse(folder, found, force)
    settings = study.scenario.simulation
    return {
        "study": study.name,
        "centers": len(pool.id),
        "dropped": sum(pool.dropped.values()),
        "replicates": settings.replicates,
        "seed": settings.seed,
        "worlds": 2 if settings.twin else 1,
        "months": study.scenario.calendar.burn_in + study.scenario.calendar.horizon,
        "memory_mb": round(study.scenario.memory_bytes(pool=pool) / 1e6),
        "engine": engine,
        "threads": threads_of(engine, workers),
        "folder": str(folder),
        "folder_holds": found.value,
    }


def report(folder: Path) -> None:
    """Make the report again from the stored cells; StoreError when a stored file is missing or damaged."""
    from bscsim.record import store

    manifest = provenance.require(folder)
    rebuild(folder, store.read(folder / CELLS, provenance.stored_scenario(manifest)))


def rerun(folder: Path, manifest: Mapping[str, Any], cell: int, replicate: int) -> str:
    """Simulate one replicate again and compare it with the stored rows, bit for bit."""
    from bscsim.record import store
    from bscsim.record.again import same_scenario
    from bscsim.simulate import simulate

    require_there(folder, manifest, cell, replicate)
    scenario = same_scenario(folder, manifest)
    stored = store.read(folder / CELLS, provenance.stored_scenario(manifest), [replicate])
    run_ = manifest["run"]
    again = simulate(scenario, replicates=[replicate], seed=run_["seed"], twin=run_["twin"], engine=manifest["engine"])
    different = store.differences(stored, again)
    if different:
        raise BscsimError(f"replicate {replicate} differs from the stored rows in {', '.join(different)}"
                          + version_note(manifest))  # fmt: skip
    return f"replicate {replicate} of cell {cell}: {compared(stored)} simulated again, all equal bit for bit"


def prepared(
    study: Study, out: str | os.PathLike[str] | None, replicates: int | None, seed: int | None
) -> tuple[Study, Path, Pool]:
    """The study with its last settings, its folder and its centers; refuses what would not fit in memory."""
    from bscsim.scenario.files import place_of
    from bscsim.scenario.memory import require_memory
    from bscsim.scenario.population import make_pool

    changes = asked(replicates, seed)
    if changes:
        layers = dict(study.layers) | dict.fromkeys(changes, "call")
        study = replace(study, scenario=changed(study, changes), layers=layers)
    pool = make_pool(study.scenario.population)
    try:
        require_memory(study.scenario, pool=pool)
    except InputError as error:
        faults = [
            fault if fault.path in changes else replace(fault, place=place_of(study, fault.path))
            for fault in error.faults
        ]
        raise InputError(faults) from None
    return study, Path(out) if out is not None else Path("results") / study.name, pool


def asked(replicates: int | None, seed: int | None) -> dict[str, int]:
    """The settings that a call gives instead of the study's."""
    given = {"simulation.replicates": replicates, "simulation.seed": seed}
    return {name: value for name, value in given.items() if value is not None}


def changed(study: Study, changes: Mapping[str, int]) -> Any:
    """The study's scenario with other values; InputError for values it does not accept."""
    from pydantic import ValidationError

    try:
        return study.scenario.with_values(changes)
    except ValidationError as error:
        faults = [Fault("", ".".join(map(str, one["loc"])), one["msg"]) for one in error.errors()]
        raise InputError(faults) from None


def simulate_into(
    folder: Path,
    study: Study,
    description: dict[str, Any],
    engine: Engine,
    workers: int | None,
    force: bool,
    progress: Tick | None,
) -> None:
    """Simulate, write everything beside the folder, and put it in place.

    What was simulated is not lost: if the report fails, the cells are kept in the folder; if the folder was filled by
    another run meanwhile, the results are kept beside it.
    """
    from bscsim.record import store
    from bscsim.simulate import simulate

    started = place.now()
    with place.beside(folder) as building:
        threads = None if engine == "mesa" else workers
        record = simulate(study.scenario, engine=engine, progress=progress, threads=threads)
        cells = [f"{CELLS}/{path.name}" for path in store.write(record, building / CELLS)]
        written, failure = reported(record, description, building)
        times = {"started": started, "finished": place.now()}
        manifest = description | {"times": times, "files": sorted([*cells, *written])}
        place.replace_text(building / provenance.NAME, provenance.to_text(manifest))
        try:
            place.refuse(folder, place.look(folder, description), force)
            place.install(building, folder)
        except (InputError, OSError) as error:
            kept = place.keep(building, folder)
            raise BscsimError(f"{error}\nthe results were simulated and are kept in {kept}") from error
    if failure is not None:
        raise BscsimError(f"the report failed ({type(failure).__name__}: {failure}); the simulated results are in "
                          f"{folder}, and `bscsim report {folder}` tries again") from failure  # fmt: skip


def reported(
    record: Trajectories, description: Mapping[str, Any], building: Path
) -> tuple[list[str], Exception | None]:
    """Write the report's files and return their names; on a failure none of them, and what went wrong."""
    from bscsim.report import write_report

    before = list(building.iterdir())
    try:
        return write_report(record, description, building), None
    except Exception as error:  # whatever it is, an hour of simulation must not be lost to it
        place.clear(path for path in building.iterdir() if path not in before)
        return [], error


def stored_run(folder: Path, description: Mapping[str, Any]) -> Trajectories | None:
    """The record stored in a folder if it is whole and undamaged, else None."""
    from bscsim.record import store

    try:
        record = store.read(folder / CELLS, provenance.stored_scenario(description))
    except store.StoreError:
        return None
    return record if len(record.replicates) == description["run"]["replicates"] else None


def rebuild(folder: Path, record: Trajectories) -> None:
    """Write the report of a stored record anew; the cells stay as they are."""
    from bscsim.report import write_report

    manifest = provenance.require(folder)
    with place.beside(folder) as building:
        written = write_report(record, manifest, building)
        cells = [name for name in manifest["files"] if name.startswith(f"{CELLS}/")]
        manifest["times"]["report"] = place.now()
        manifest["files"] = sorted([*cells, *written])
        place.replace_text(building / provenance.NAME, provenance.to_text(manifest))
        place.install(building, folder)


def require_there(folder: Path, manifest: Mapping[str, Any], cell: int, replicate: int) -> None:
    """Raise InputError unless the cell and the replicate exist."""
    last = manifest["run"]["replicates"] - 1
    faults = []
    if cell != 0:
        faults.append(Fault(str(folder), "cell", f"must be 0 (a scenario has one cell), not {cell}"))
    if not 0 <= replicate <= last:
        faults.append(Fault(str(folder), "replicate", f"must be 0 to {last}, not {replicate}"))
    if faults:
        raise InputError(faults)


def compared(record: Trajectories) -> str:
    """Rows of the stored tables that one record holds, in words."""
    centers, months = len(record.labels.center_id), len(record.months)
    worlds = len(record.worlds)
    staff = sum(len(world.staff) for _, world in record.worlds)
    return (
        f"{worlds * centers:,} center rows, {worlds * centers * months:,} center-month rows and {staff:,} staff rows"
    )


def version_note(manifest: Mapping[str, Any]) -> str:
    """What else differs between then and now: versions of this package and of the libraries."""
    here = provenance.versions()
    then = manifest["versions"]
    changes = [f"{name} {then[name]} then, {here[name]} now" for name in then if here.get(name) != then[name]]
    return f" (versions: {'; '.join(changes)})" if changes else ""
