"""What `bscsim run`, `rerun` and `report` do with a power study: stage after stage into a folder that can be left."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bscsim.run_folder import sweep
from bscsim.run_folder.power_folder import PowerFolder, Tick, of_folder, prepared
from bscsim.run_folder.sweep_place import begin, clean, require_allowed
from bscsim.scenario.faults import BscsimError, Fault, InputError, ResumableError
from bscsim.sweeps.claims import Claims

if TYPE_CHECKING:
    from bscsim.power.numbers import Arms
    from bscsim.power.rows import Columns
    from bscsim.scenario.scenario import Study
    from bscsim.sweeps.store import Piece


def run(study: Study, out: str | os.PathLike[str] | None, options: sweep.Options, tick: Tick) -> tuple[Path, str]:
    """Run what is missing of a power study, and report on it; returns the folder and what to say.

    Errors are those of :func:`bscsim.run_folder.sweep.run`.
    """
    refuse(study, options)
    here = PowerFolder(prepared(study, out), tick)
    ready = here.ready
    require_asked(here, options)
    require_allowed(ready, options.force)
    with ExitStack() as stack:
        stack.enter_context(sweep.room_for(ready.folder))
        here.workers = stack.enter_context(sweep.workers_of(options, here.stop))
        begin(ready, options.force)
        here.claims = stack.enter_context(Claims(ready.folder))
        clean(ready, alone=not here.claims.others())
        here.run()
        before = sweep.reported(ready)
        if not sweep.wait_for(here.claims) and sweep.reported(ready) not in (None, before):
            return ready.folder, f"{ready.folder} holds the results; another runner wrote the report"
        return ready.folder, here.finish()


def refuse(study: Study, options: sweep.Options) -> None:
    """Refuse what a power study cannot do."""
    from bscsim.power.numbers import too_many

    faults = too_many(study.design)
    if options.engine != "compiled":
        problem = "a power study runs on the compiled engine; the mesa engine has the same bits and takes hours"
        faults.append(Fault(f"--engine {options.engine}", "", problem))
    if options.shard is not None:
        problem = ("a power study decides what comes next by what it has found; start the same command several times "
                   "on one folder instead: runners share the blocks, on one machine or several")
        faults.append(Fault("--shard", "", problem))
    if faults:
        raise InputError(faults)


def require_asked(here: PowerFolder, options: sweep.Options) -> None:
    """Raise InputError for a study that is large, unless it was asked for by --yes."""
    hours = here.stages.need.core_hours
    if hours > sweep.ASK_HOURS and not options.yes:
        problem = f"would take about {sweep.hours(hours)} of one processor; --yes runs it, --dry-run says more"
        raise InputError([Fault("", "power", problem)])


def report(folder: Path) -> str:
    """Report again on what a folder holds; ResumableError (exit status 3) if the study is not complete."""
    here = of_folder(folder)
    with sweep.room_for(folder), Claims(folder) as here.claims:
        sweep.wait_for(here.claims)
        clean(here.ready, alone=not here.claims.others())
        here.run()
        here.finish()
    if here.lacking:
        raise ResumableError(f"{folder}: the report was made of what is there; at least {here.lacking:,} replicates "
                             "are missing (the same `bscsim run` command computes them)")  # fmt: skip
    return f"{folder / 'report.html'} was made again from the stored results"


def plan(study: Study, out: str | os.PathLike[str] | None, options: sweep.Options) -> dict[str, Any]:
    """Say what :func:`run` would do, and raise what it would raise, without simulating or writing anything."""
    from bscsim.simulate import threads_of

    refuse(study, options)
    here = PowerFolder(prepared(study, out))
    found = require_allowed(here.ready, options.force)
    threads = threads_of("compiled", options.workers)
    where = {"cluster": options.cluster} if options.cluster else {"threads": threads}
    return {
        "study": study.name, **facts(study), "seed": study.design.seed, **where,
        "takes": f"at most about {sweep.hours(here.stages.need.core_hours / threads)} on {threads} threads",
        "folder": str(here.ready.folder), "folder_holds": found.value,
    }  # fmt: skip


def facts(study: Study) -> dict[str, Any]:
    """What a power study consists of, and what it takes: of its search at most."""
    from bscsim.power.needs import needs
    from bscsim.power.numbers import Arms

    design = study.design
    need = needs(design, Arms(design))
    return {
        "design": design.name, "cells": design.cells, "replicates": design.replicates,
        "compared": need.variants + need.equal_effects + need.gaussian, "search_at_most": need.search,
        "core_hours": round(need.core_hours, 4), "notes": design.notes(0),
    }  # fmt: skip


def words(study: Study) -> list[str]:
    """What a power study takes and what is to be known of it, in lines; raises what would refuse a run of it."""
    from bscsim.power.needs import needs
    from bscsim.power.numbers import Arms

    refuse(study, sweep.Options())
    need = needs(study.design, Arms(study.design))
    parts = [f"{need.cells:,} replicates of cells"]
    compared = need.variants + need.equal_effects + need.gaussian
    parts += [f"{compared:,} of what the first cell is compared with"] if compared else []
    parts += [f"at most {need.search:,} of the search"] if need.search else []
    takes = f"takes {'at most ' * bool(need.search)}about {sweep.hours(need.core_hours)} of one processor"
    return [f"{takes}: {', '.join(parts)}", *(f"note: {note}" for note in study.design.notes(0))]


def rerun(folder: Path, manifest: Mapping[str, Any], cell: int, replicate: int) -> str:
    """Simulate one replicate of an arm again and compare it with its stored rows, bit for bit.

    ``cell``: a cell, or the number of another arm, as the names of files have it. Its whole block is made again, since
    some estimators round differently (1e-16, and 1e-10 where they iterate) with other replicates beside them.
    """
    from bscsim.power.rows import decode, gathered
    from bscsim.power.stages import GapError
    from bscsim.trial.analyzing.compute import compute

    del manifest
    here = of_folder(folder)
    arms = here.stages.arms
    if arms.get(cell) is None:
        raise InputError([Fault(str(folder), "cell", f"must be {_known(arms)}, not {cell}")])
    pieces = here.pieces(cell)
    piece = next((one for one in pieces if one.first <= replicate < one.end), None)
    if piece is None:
        raise InputError([Fault(str(folder), "replicate", _instead(pieces, cell, replicate))])
    stored = gathered([decode(piece.path)], replicate, replicate + 1)
    try:
        trial, effect = here.stages.runnable(cell)
    except GapError:
        raise BscsimError(f"{arms[cell].label} follows from the rows of cell 0, and some of them are missing") from None
    again = compute(trial, range(piece.first, piece.end), here.stages.design.seed, equal_effects=effect)
    where = f"replicate {replicate} of cell {cell} ({arms[cell].label})"
    count = _compared(where, stored, again, replicate - piece.first)
    return f"{where}: {count} numbers simulated again, all equal bit for bit"


def _compared(where: str, stored: Sequence[Columns], again: Sequence[Columns], at: int) -> int:
    """How many numbers of a replicate are equal to those in a place of its block; BscsimError if one is not."""
    import numpy as np

    count = 0
    for number, (old, new) in enumerate(zip(stored, again, strict=True)):
        for name in (name for name in old if name != "replicate"):
            if np.float64(new[name][at]).tobytes() != np.float64(old[name][0]).tobytes():
                raise BscsimError(f"{where} differs from the stored row of analysis {number} in {name}")
            count += 1
    return count


def _known(arms: Arms) -> str:
    """The numbers that a study has, in words."""
    from bscsim.power.arms import EQUAL_EFFECTS
    from bscsim.power.needs import compares

    text = f"0 to {arms.design.cells - 1} (cells)"
    if compares(arms.design):
        named = {**arms.variants, EQUAL_EFFECTS: arms.equal_effects, "Gaussian truth": arms.gaussian}
        text += ", " + ", ".join(f"{number} ({name})" for name, number in named.items())
    if arms.values:
        text += f", {arms.searched(0)[0]} to {arms.searched(arms.design.cells - 1)[-1]} (values that were searched)"
    return text


def _instead(pieces: Sequence[Piece], cell: int, replicate: int) -> str:
    """What is stored of an arm of which a replicate is not."""
    if not pieces:
        return f"{replicate} is not stored: cell {cell} has no rows"
    spans = [f"{one.first} to {one.end - 1}" for one in pieces]
    more = f" and {len(spans) - 4} other spans" if len(spans) > 4 else ""
    return f"must be among those stored of cell {cell}: {', '.join(spans[:4])}{more}; not {replicate}"
