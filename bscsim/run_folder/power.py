"""What `bscsim run`, `rerun` and `report` do with a power study: stage after stage into a folder that can be left."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bscsim.record import provenance
from bscsim.run_folder import sweep
from bscsim.run_folder.sweep_place import Prepared, begin, clean, require_allowed
from bscsim.scenario.faults import BscsimError, Fault, InputError, ResumableError
from bscsim.sweeps.claims import Claims

if TYPE_CHECKING:
    from bscsim.power.layout import PowerLayout
    from bscsim.power.rows import Columns
    from bscsim.power.stages import Stages
    from bscsim.scenario.scenario import Study
    from bscsim.sweeps.layout import Block
    from bscsim.sweeps.workers import Workers

Tick = Callable[[int, int], None]


@dataclass
class Folder:
    """A power study in its folder: its stages, and how their blocks are computed and read."""

    ready: Prepared[PowerLayout]
    stages: Stages = field(init=False)
    workers: Workers | None = None
    claims: Claims | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    tick: Tick = lambda done, total: None
    done: int = 0

    def __post_init__(self) -> None:
        from bscsim.power.stages import Stages

        self.stages = Stages(self.ready.study.design, self.compute, self.read)
        self.ready.layout.arm_of = self.stages.arm_of

    def compute(self, blocks: Sequence[Block]) -> None:
        """Compute the blocks that no file holds; without workers, raise ResumableError if there are such."""
        from bscsim.sweeps import store
        from bscsim.sweeps.running import Runner, Shard

        layout = self.ready.layout
        layout.wanted = list(blocks)
        if self.workers is None:
            gaps = store.missing(layout, store.scan(self.ready.cells, layout))
            if gaps:
                raise MissingError(sum(block.replicates for _, block in gaps))
            return
        self.stop.clear()
        before = self.done

        def tick(done: int, total: int) -> None:
            self.done = before + done
            self.tick(self.done, before + total)

        Runner(self.ready.folder, layout, self.task, self.workers.submit, self.workers.width, tick, self.stop, Shard(),
               self.claims).run()  # fmt: skip

    def task(self, block: Block) -> Any:
        """What a worker needs of a block."""
        from bscsim.power.computing import TrialTask

        trial, effect = self.stages.runnable(block.cell)
        description = self.ready.description
        model, streams = (description["versions"][name] for name in ("model", "streams"))
        about = {"model": model, "streams": streams, "study": description["study"]["digest"][:16]}
        return TrialTask(block, trial, self.stages.design.seed, effect, model, about)

    def read(self, number: int, first: int, end: int) -> list[Columns]:
        """The rows of an arm: those of its replicates that files hold."""
        from bscsim.power.rows import decode, gathered
        from bscsim.sweeps import store

        held = store.scan(self.ready.cells, self.ready.layout)
        held.pieces = {name: one for name, one in held.pieces.items()
                       if one.low == number and one.first < end and first < one.end}  # fmt: skip
        return gathered([decode(piece.path) for piece in held.needed()], first, end)


class MissingError(BscsimError):
    """Something of a stage is not there yet."""

    def __init__(self, replicates: int) -> None:
        super().__init__(f"{replicates:,} replicates are missing")
        self.replicates = replicates


def prepared(study: Study, out: str | os.PathLike[str] | None) -> Prepared[PowerLayout]:
    """Lay a power study out in its folder."""
    from bscsim.power.layout import PowerLayout
    from bscsim.rules.draws import STREAM_VERSION
    from bscsim.scenario.population import make_pool

    design = study.design
    model = provenance.trial_digest()
    layout = PowerLayout(lambda number: None, design.replicates, f"{model} {STREAM_VERSION} {design.seed}\n")
    description = provenance.describe(study, make_pool(study.scenario.population), "compiled")
    description["study"]["digest"] = design.digest
    description["run"]["cells"] = design.cells
    description["versions"]["model"] = model
    folder = Path(out) if out is not None else Path("results") / study.name
    return Prepared(study, layout, folder, description | {"files": []})


def run(study: Study, out: str | os.PathLike[str] | None, options: sweep.Options, tick: Tick) -> tuple[Path, str]:
    """Run what is missing of a power study, and report on it; returns the folder and what to say.

    Errors are those of :func:`bscsim.run_folder.sweep.run`.
    """
    refuse(options)
    ready = prepared(study, out)
    here = Folder(ready, tick=tick)
    require_asked(here, options)
    require_allowed(ready, options.force)
    with ExitStack() as stack:
        stack.enter_context(sweep.room_for(ready.folder))
        here.workers = stack.enter_context(sweep.workers_of(options, here.stop))
        begin(ready, options.force)
        here.claims = stack.enter_context(Claims(ready.folder))
        clean(ready, alone=not here.claims.others())
        here.stages.run()
        before = sweep.reported(ready)
        if not sweep.wait_for(here.claims) and sweep.reported(ready) not in (None, before):
            return ready.folder, f"{ready.folder} holds the results; another runner wrote the report"
        finish(here)
        return ready.folder, f"{ready.folder} holds the results"


def refuse(options: sweep.Options) -> None:
    """Refuse what a power study cannot do."""
    faults = []
    if options.engine != "compiled":
        problem = "a power study runs on the compiled engine; the mesa engine has the same bits and takes hours"
        faults.append(Fault(f"--engine {options.engine}", "", problem))
    if options.shard is not None:
        problem = ("a power study decides what comes next by what it has found; start the same command several times "
                   "on one folder instead: runners share the blocks, on one machine or several")
        faults.append(Fault("--shard", "", problem))
    if faults:
        raise InputError(faults)


def need(here: Folder) -> float:
    """Estimate the processor hours of a study: cells, variants, and at most so much for a search."""
    from bscsim.power.arms import VARIANTS
    from bscsim.power.layout import seconds
    from bscsim.power.searches import most_replicates
    from bscsim.power.stages import COMPARED

    design, stages = here.stages.design, here.stages
    cells = stages.cells()
    total = seconds(cells, stages.arm_of)
    one = seconds([block for block in cells if block.cell == 0], stages.arm_of) / max(design.replicates, 1)
    if design.compare and design.trial(0).truth is None:
        total += one * min(design.replicates, COMPARED) * len(VARIANTS)
    return (total + one * most_replicates(design) * design.cells) / 3600


def require_asked(here: Folder, options: sweep.Options) -> None:
    """Raise InputError for a study that is large, unless it was asked for by --yes."""
    hours = need(here)
    if hours > sweep.ASK_HOURS and not options.yes:
        problem = f"would take about {sweep.hours(hours)} of one processor; --yes runs it, --dry-run says more"
        raise InputError([Fault("", "power", problem)])


def finish(here: Folder) -> None:
    """Report on what there is; raises BscsimError if blocks failed."""
    from bscsim.sweeps import store

    ready = here.ready
    held = store.scan(ready.cells, ready.layout)
    store.drop_settled(ready.cells, ready.layout, held)

    def made(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
        from bscsim.power.stages import results
        from bscsim.report.power import power_files
        from bscsim.trial.summarizing.summary import summarize

        found, searches = results(here.stages), here.stages.found.get("searches", [None])
        failed = [
            {"cell": one.block.cell, "first": one.block.first, "last": one.block.end - 1, "error": one.error,
             "attempts": one.attempts}
            for _, one in sorted(held.failed.items())
        ]  # fmt: skip
        summary = summarize(
            here.stages.design, found["cells"], found["variants"], found["gaussian"], searches[0],
            here.stages.found.get("budget"), ready.description, failed,
        )  # fmt: skip
        return power_files(summary | {"searches": searches[1:]}, manifest)

    sweep.install_report(ready.folder, made)
    sweep.require_whole(ready.folder, ready.layout, held)


def of_folder(folder: Path) -> Folder:
    """The power study that a folder holds, from its manifest alone; files keep the names the model of then gave them.

    Raises InputError when this version reads another study from the manifest.
    """
    from bscsim.record.again import study_of
    from bscsim.rules.draws import STREAM_VERSION
    from bscsim.studies import with_design

    manifest = provenance.require(folder)
    study = with_design(study_of(folder, manifest))
    if study.design.digest != manifest["study"]["digest"]:
        problem = "is no longer the study that was run: a setting in it has another meaning in this version of bscsim"
        raise InputError([Fault(str(folder / provenance.NAME), "", problem)])
    ready = prepared(study, folder)
    ready.layout.key = f"{manifest['versions']['model']} {STREAM_VERSION} {study.design.seed}\n"
    description = {name: value for name, value in manifest.items() if name != "times"}
    return Folder(Prepared(study, ready.layout, folder, description))


def report(folder: Path) -> str:
    """Report again on what a folder holds; ResumableError (exit status 3) if the study is not complete."""
    here = of_folder(folder)
    with sweep.room_for(folder), Claims(folder) as claims:
        sweep.wait_for(claims)
        clean(here.ready, alone=not claims.others())
        lacking = 0
        try:
            here.stages.run()
        except MissingError as error:
            lacking = error.replicates
        finish(here)
    if lacking:
        raise ResumableError(f"{folder}: the report was made of what is there; at least {lacking:,} replicates are "
                             "missing (the same `bscsim run` command computes them)")  # fmt: skip
    return f"{folder / 'report.html'} was made again from the stored results"


def plan(study: Study, out: str | os.PathLike[str] | None, options: sweep.Options) -> dict[str, Any]:
    """Say what :func:`run` would do, and raise what it would raise, without simulating or writing anything."""
    from bscsim.simulate import threads_of

    refuse(options)
    ready = prepared(study, out)
    found = require_allowed(ready, options.force)
    design, threads = study.design, threads_of("compiled", options.workers)
    hours = need(Folder(ready))
    return {
        "study": study.name, "design": design.trial(0).design.type, "cells": design.cells,
        "replicates": design.replicates, "seed": design.seed, "core_hours": round(hours, 4),
        "takes": f"at most about {sweep.hours(hours / threads)} on {threads} threads",
        "notes": design.notes(0), "folder": str(ready.folder), "folder_holds": found.value,
    }  # fmt: skip


def rerun(folder: Path, manifest: Mapping[str, Any], cell: int, replicate: int) -> str:
    """Simulate one replicate of a cell again and compare it with its stored rows, bit for bit."""
    import numpy as np

    from bscsim.trial.analyzing.compute import compute

    del manifest
    here = of_folder(folder)
    design = here.stages.design
    limits = (("cell", cell, design.cells), ("replicate", replicate, design.replicates))
    faults = [Fault(str(folder), name, f"must be 0 to {most - 1}, not {given}")
              for name, given, most in limits if not 0 <= given < most]  # fmt: skip
    if faults:
        raise InputError(faults)
    stored = here.read(cell, replicate, replicate + 1)
    if not stored:
        raise BscsimError(f"replicate {replicate} of cell {cell} is not stored yet")
    count = 0
    again = compute(design.trial(cell), [replicate], design.seed)
    for number, (old, new) in enumerate(zip(stored, again, strict=True)):
        for name, values in old.items():
            if name == "replicate":
                continue
            if np.asarray(new[name], np.float64).tobytes() != values.astype(np.float64).tobytes():
                raise BscsimError(f"replicate {replicate} of cell {cell} differs from the stored row of analysis "
                                  f"{number} in {name}")  # fmt: skip
            count += 1
    return f"replicate {replicate} of cell {cell}: {count} numbers simulated again, all equal bit for bit"
