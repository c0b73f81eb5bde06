"""A power study in its folder: how its blocks are computed and read, and how its report is made."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bscsim.record import provenance
from bscsim.run_folder import sweep
from bscsim.run_folder.sweep_place import Prepared, clean, require_ours
from bscsim.scenario.faults import Fault, InputError
from bscsim.sweeps.manifest import require

if TYPE_CHECKING:
    from bscsim.power.layout import PowerLayout
    from bscsim.power.rows import Columns
    from bscsim.power.stages import Stages
    from bscsim.scenario.scenario import Study
    from bscsim.sweeps.claims import Claims
    from bscsim.sweeps.layout import Block
    from bscsim.sweeps.store import Piece
    from bscsim.sweeps.workers import Workers

Tick = Callable[[int, int], None]


@dataclass
class PowerFolder:
    """A power study in its folder.

    ``workers``: where blocks are computed; without them nothing is.  ``lacking``: replicates that stages asked for and
    that are still not there, because their blocks failed or nobody computed them.
    """

    ready: Prepared[PowerLayout]
    tick: Tick = lambda done, total: None
    workers: Workers | None = None
    claims: Claims | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    stages: Stages = field(init=False)
    done: int = 0
    lacking: int = 0

    def __post_init__(self) -> None:
        from bscsim.power.stages import Stages

        self.stages = Stages(self.ready.study.design, self.compute, self.read)
        self.ready.layout.arm_of = self.stages.arms.get

    def run(self) -> None:
        """Go through all stages."""
        self.stages.run()
        self.tick(self.done, self.stages.planned)

    def compute(self, blocks: Sequence[Block]) -> None:
        """Compute the blocks that no file holds, if there are workers."""
        from bscsim.sweeps import store
        from bscsim.sweeps.running import Runner, Shard

        layout = self.ready.layout
        layout.wanted = list(blocks)
        before = self.done

        def tick(done: int, _: int) -> None:
            self.done = before + done
            self.tick(self.done, self.stages.planned)

        if self.workers is not None:
            self.stop.clear()
            Runner(self.ready.folder, layout, self.task, self.workers.submit, self.workers.width, tick, self.stop,
                   Shard(), self.claims).run()  # fmt: skip
        gaps = store.missing(layout, store.scan(self.ready.cells, layout))
        self.lacking += sum(block.replicates for _, block in gaps)

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

        pieces = [one for one in self.pieces(number) if one.first < end and first < one.end]
        return gathered([decode(piece.path) for piece in pieces], first, end)

    def pieces(self, number: int) -> list[Piece]:
        """The files of an arm, in order."""
        from bscsim.sweeps import store

        held = store.scan(self.ready.cells, self.ready.layout)
        held.pieces = {name: one for name, one in held.pieces.items() if one.low == number}
        return held.needed()

    def finish(self) -> str:
        """Report on what there is, and say so; BscsimError if blocks failed."""
        from bscsim.sweeps import store

        ready = self.ready
        require_ours(ready)
        more = provenance.require(ready.folder)["run"]["replicates"]
        if more > ready.layout.replicates:
            return f"{ready.folder} is being filled with {more:,} replicates by another runner, which reports on them"
        held = store.scan(ready.cells, ready.layout)
        store.drop_settled(ready.cells, ready.layout, held)
        failed = [
            {"cell": one.block.cell, "first": one.block.first, "last": one.block.end - 1, "error": one.error,
             "attempts": one.attempts}
            for _, one in sorted(held.failed.items())
        ]  # fmt: skip

        def made(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
            from bscsim.power.findings import summary_of
            from bscsim.report.power import power_files

            return power_files(summary_of(self.stages, ready.description, failed, self.lacking), manifest)

        sweep.install_report(ready, made)
        if self.claims is not None and not self.claims.others():
            clean(ready, alone=True, check=False)
        sweep.require_whole(ready.folder, ready.layout, held)
        return f"{ready.folder} holds the results"


def prepared(study: Study, out: str | os.PathLike[str] | None) -> Prepared[PowerLayout]:
    """Lay a power study out in its folder."""
    from bscsim.power.layout import PowerLayout
    from bscsim.scenario.population import make_pool

    design = study.design
    model = provenance.trial_digest()
    layout = PowerLayout(lambda number: None, design.replicates, _key(model, design.seed))
    description = provenance.describe(study, make_pool(study.scenario.population), "compiled")
    description["study"]["digest"] = design.digest
    description["run"]["cells"] = design.cells
    description["versions"]["model"] = model
    folder = Path(out) if out is not None else Path("results") / study.name
    return Prepared(study, layout, folder, description | {"files": []})


def of_folder(folder: Path) -> PowerFolder:
    """The power study that a folder holds, from its manifest alone; files keep the names the model of then gave them.

    Raises InputError when this version reads another study from the manifest.
    """
    from bscsim.record.again import study_of
    from bscsim.studies import with_design

    manifest = require(folder)
    study = with_design(study_of(folder, manifest))
    if study.design.digest != manifest["study"]["digest"]:
        problem = "is no longer the study that was run: a setting in it has another meaning in this version of bscsim"
        raise InputError([Fault(str(folder / provenance.NAME), "", problem)])
    ready = prepared(study, folder)
    ready.layout.key = _key(manifest["versions"]["model"], study.design.seed)
    description = {name: value for name, value in manifest.items() if name != "times"}
    return PowerFolder(Prepared(study, ready.layout, folder, description))


def _key(model: str, seed: int) -> str:
    """What names of files depend on besides the arm."""
    from bscsim.rules.draws import STREAM_VERSION

    return f"{model} {STREAM_VERSION} {seed}\n"
