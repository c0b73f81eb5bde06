"""What `bscsim run`, `rerun` and `report` do with a folder of results: of a scenario, of many cells, or of trials.

Files that are not this program's own are never replaced or deleted.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bscsim.run_folder import power, scenario, sweep
from bscsim.scenario.faults import Fault, InputError
from bscsim.scenario.reading import BLOCKS
from bscsim.sweeps.manifest import require

if TYPE_CHECKING:
    from bscsim.scenario.scenario import Study
    from bscsim.simulate import Engine

Tick = Callable[[int, int], None]

POWER: Final = "power"
"""The kind of study that simulates trials."""


@dataclass(frozen=True)
class Done:
    """What a command did: the folder, whether it simulated (else only the report was made again), and a line to say."""

    folder: Path
    simulated: bool
    message: str

    def __str__(self) -> str:
        return self.message


def run(
    study: Study,
    out: str | os.PathLike[str] | None = None,
    replicates: int | None = None,
    seed: int | None = None,
    engine: Engine = "compiled",
    workers: int | None = None,
    force: bool = False,
    progress: Tick | None = None,
    cluster: str | None = None,
    shard: str | None = None,
    yes: bool = False,
) -> Done:
    """Simulate a study and leave its results in a folder.

    `out`: the folder, results/NAME unless given; if it already holds this very run (same scenario, seed, replicates
    and version), only the report is made again. `replicates`, `seed`: instead of the study's. `engine`:
    "compiled" or "mesa", with the same results. `workers`: threads of the compiled engine, one a processor unless
    given; results do not depend on it. `force`: replace the results of another study, or write beside files that are
    not ours. `progress`: called with (replicates finished, asked).

    A study of many cells (sweep, factorial, sensitivity, power) fills its folder block by block and goes on from there.
    `cluster`: the address of a Dask scheduler whose workers are used instead of threads. `shard`: "I/N", the part I of
    0 to N - 1 of the blocks, for a job array; :func:`report` puts parts together. `yes`: run also what is large.

    Raises InputError, before anything is simulated, when the run would not fit in memory, or the folder cannot
    be written or holds something else.

    >>> import bscsim                                                                 # doctest: +SKIP
    >>> bscsim.run(bscsim.load("experiments/ccl_feasibility.yaml"), replicates=20)     # doctest: +SKIP
    """
    _check_workers(engine, workers)
    if study.design is not None:
        study = with_settings(study, replicates, seed)
        options = sweep.Options(engine, workers, cluster, shard_of(shard), force, yes)
        runs = power.run if study.kind == POWER else sweep.run
        folder, message = runs(study, out, options, progress or (lambda done, total: None))
        return Done(folder, True, message)
    refuse_parts(study, cluster, shard)
    study, folder, pool = scenario.prepared(study, out, replicates, seed)
    return Done(folder, *scenario.run(study, folder, pool, engine, workers, force, progress))


def with_settings(study: Study, replicates: int | None, seed: int | None) -> Study:
    """A study of many cells with other replicates or another seed in every cell."""
    from bscsim.scenario.document import item_of
    from bscsim.scenario.layers import lay
    from bscsim.studies import with_design

    changes = scenario.asked(replicates, seed)
    if not changes:
        return study
    root = study.root
    for name, value in changes.items():
        assert root is not None
        root = lay(root, name, item_of(value, "call"))[0]
    layers = dict(study.layers) | dict.fromkeys(changes, "call")
    return with_design(replace(study, scenario=scenario.changed(study, changes), layers=layers, root=root))


def shard_of(text: str | None) -> Any:
    """Read "I/N"."""
    from bscsim.sweeps.running import Shard

    if text is None:
        return None
    number, slash, of = text.partition("/")
    if not (slash and number.isdecimal() and of.isdecimal() and int(number) < int(of)):
        problem = "must be I/N, part I of 0 to N - 1, such as 0/16 to 15/16"
        raise InputError([Fault(f"--shard {text}", "", problem)])
    return Shard(int(number), int(of))


def refuse_parts(study: Study, cluster: str | None, shard: str | None) -> None:
    """Refuse a cluster or a part for a study that has one cell."""
    given = {"--cluster": cluster, "--shard": shard}
    faults = [Fault(f"{name} {value}", "", f"belongs to a study of many cells; {study.name} is a scenario")
              for name, value in given.items() if value is not None]
    if faults:
        raise InputError(faults)


def _check_workers(engine: Engine, workers: int | None) -> None:
    from bscsim.simulate import ENGINES

    faults = []
    if engine not in ENGINES:
        faults.append(Fault("", "engine", f"must be {' or '.join(ENGINES)}, not {engine!r}"))
    elif workers is not None and workers < 1:
        faults.append(Fault("", "workers", f"must be at least 1, not {workers}"))
    elif engine == "mesa" and workers is not None and workers > 1:
        problem = f"must be left out or 1, not {workers}: the mesa engine runs on one processor"
        faults.append(Fault("", "workers", problem))
    if faults:
        raise InputError(faults)


def plan(
    study: Study,
    out: str | os.PathLike[str] | None = None,
    force: bool = False,
    workers: int | None = None,
    engine: Engine = "compiled",
    cluster: str | None = None,
    shard: str | None = None,
) -> dict[str, Any]:
    """Say what :func:`run` would do, and raise what it would raise, without simulating or writing anything."""
    _check_workers(engine, workers)
    if study.design is not None:
        planned = power.plan if study.kind == POWER else sweep.plan
        return planned(study, out, sweep.Options(engine, workers, cluster, shard_of(shard), force))
    refuse_parts(study, cluster, shard)
    return scenario.plan(*scenario.prepared(study, out, None, None), engine, workers, force)


def report(folder: str | os.PathLike[str]) -> Done:
    """Make summary, tables, figures and report.html again from the stored cells.

    Raises InputError for a folder without results, StoreError when a stored file is missing or damaged.
    """
    folder = Path(folder)
    kind = require(folder)["study"]["kind"]
    if kind in BLOCKS:
        return Done(folder, False, power.report(folder) if kind == POWER else sweep.report(folder))
    scenario.report(folder)
    return Done(folder, False, f"{folder / 'report.html'} was made again from the stored results")


def rerun(folder: str | os.PathLike[str], cell: int = 0, replicate: int = 0) -> str:
    """Simulate one replicate again from the manifest alone and compare it with the stored rows, bit for bit.

    Returns a line that says how many rows were compared. Raises BscsimError (exit status 1) that names what
    differs, and InputError for a cell or replicate that is not there or a scenario that is no longer the same.
    """
    folder = Path(folder)
    manifest = require(folder)
    kind = manifest["study"]["kind"]
    again = power.rerun if kind == POWER else sweep.rerun if kind in BLOCKS else scenario.rerun
    return again(folder, manifest, cell, replicate)
