"""What `bscsim run`, `rerun` and `report` do with a study of many cells: a folder that can be left, and goes on."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bscsim.record import provenance
from bscsim.run_folder import place
from bscsim.run_folder.sweep_place import (
    REPAIRED,
    REPORT,
    Prepared,
    begin,
    clean,
    of_folder,
    prepared,
    require_allowed,
    require_ours,
)
from bscsim.scenario.faults import BscsimError, Fault, InputError, ResumableError
from bscsim.sweeps.claims import Claims

if TYPE_CHECKING:
    from bscsim.scenario.scenario import Study
    from bscsim.simulate import Engine
    from bscsim.sweeps.layout import Block, Blocks, Estimate, Layout
    from bscsim.sweeps.running import Runner, Shard
    from bscsim.sweeps.store import Held
    from bscsim.sweeps.workers import Workers

Tick = Callable[[int, int], None]

ASK_HOURS: Final = 8.0
ASK_BYTES: Final = 10 * 10**9
ASK_CELLS: Final = 100_000
"""Processor hours, bytes on disk and cells from which on a study is run only with --yes."""


@dataclass(frozen=True)
class Options:
    """How a study is run; none of it changes a number.

    ``workers``: threads here, one a processor unless given.  ``cluster``: address of a Dask scheduler to use instead.
    ``shard``: the part of the blocks to run.  ``yes``: run also what is large.
    """

    engine: Engine = "compiled"
    workers: int | None = None
    cluster: str | None = None
    shard: Shard | None = None
    force: bool = False
    yes: bool = False


def run(study: Study, out: str | os.PathLike[str] | None, options: Options, tick: Tick) -> tuple[Path, str]:
    """Run what is missing of a study in its folder, and report on it; returns the folder and what to say.

    Raises InputError before anything is run; ResumableError (exit status 3) when what was done is safe and the same
    command goes on; BscsimError (exit status 1) when cells failed.
    """
    ready = prepared(study, out, options.engine)
    require_asked(ready.layout, options)
    require_allowed(ready, options.force)
    stop = threading.Event()
    with ExitStack() as stack:
        stack.enter_context(room_for(ready.folder))
        workers = stack.enter_context(workers_of(options, stop))  # first: without a cluster no folder is made
        begin(ready, options.force)
        if options.shard is not None:
            runner(ready, options, workers, tick, stop, None).run()
            return ready.folder, shard_done(ready, options.shard)
        claims = stack.enter_context(Claims(ready.folder))
        clean(ready, alone=not claims.others())
        runner(ready, options, workers, tick, stop, claims).run()
        before = reported(ready)
        if not wait_for(claims) and reported(ready) not in (None, before):
            return ready.folder, f"{ready.folder} holds the results; another runner wrote the report"
        return ready.folder, finish(ready, claims)


@contextmanager
def room_for(folder: Path) -> Iterator[None]:
    """Say of a disk that is full, whatever was being written, that nothing is lost (exit status 3)."""
    from bscsim.sweeps.running import FULL

    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise ResumableError(f"{folder}: the disk is full ({error.strerror}); what was simulated is kept. Make room "
                          "and give the same command again") from error  # fmt: skip


def wait_for(claims: Claims) -> bool:
    """Wait while another runner writes the report; False if there was one."""
    at_once = claims.take("finish")
    taken = at_once
    while not taken:
        time.sleep(0.5)
        taken = claims.take("finish")
    return at_once


def reported(ready: Prepared[Any]) -> str | None:
    """When the last report on all of this study was written; None if that has not been."""
    manifest = provenance.read(ready.folder)
    try:
        summary = json.loads((ready.folder / "summary.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    whole = isinstance(summary, dict) and summary.get("complete") is True
    if manifest is None or manifest["run"] != ready.description["run"] or not whole:
        return None
    return str(manifest.get("times", {}).get("report"))


def require_asked(layout: Layout, options: Options) -> Estimate:
    """Raise InputError for a study that is large, unless it was asked for by --yes."""
    from bscsim.sweeps.layout import estimate

    need = estimate(layout)
    large = need.core_hours > ASK_HOURS or need.disk > ASK_BYTES or layout.design.cells > ASK_CELLS
    if large and not options.yes:
        problem = (f"{layout.design.cells:,} cells x {layout.replicates:,} replicates would take about "
                   f"{hours(need.core_hours)} of one processor and {size(need.disk)} of disk; --yes runs it, "
                   "--dry-run says more")  # fmt: skip
        raise InputError([Fault("", f"{layout.design.kind}", problem)])
    return need


def hours(value: float) -> str:
    """Write processor hours the way a person says them.

    >>> hours(0.01), hours(2.04), hours(4000.0)
    ('36 seconds', '2.0 hours', '4,000 hours')
    """
    if value < 1 / 30:
        return f"{value * 3600:.0f} seconds"
    return f"{value * 60:.0f} minutes" if value < 1 else f"{value:.1f} hours" if value < 100 else f"{value:,.0f} hours"


def size(value: float) -> str:
    """Write bytes as MB or GB."""
    return f"{value / 1e9:.1f} GB" if value >= 1e9 else f"{value / 1e6:.1f} MB"


def runner(
    ready: Prepared[Layout], options: Options, workers: Workers, tick: Tick, stop: threading.Event,
    claims: Claims | None,
) -> Runner:  # fmt: skip
    """Make the runner of a study."""
    from bscsim.sweeps.running import Runner, Shard

    return Runner(
        ready.folder, ready.layout, task_maker(ready, options.engine), workers.submit, workers.width, tick, stop,
        options.shard or Shard(), claims,
    )  # fmt: skip


def workers_of(options: Options, stop: threading.Event) -> Any:
    """Threads here, or a cluster."""
    from bscsim.simulate import threads_of
    from bscsim.sweeps import workers

    if options.cluster is not None:
        return workers.cluster(options.cluster)
    return workers.threads(threads_of(options.engine, options.workers), stop)


def task_maker(ready: Prepared[Layout], engine: Engine) -> Callable[[Block], Any]:
    """Make what a worker needs of a block."""
    from bscsim.sweeps.computing import Task

    model, streams = (ready.description["versions"][name] for name in ("model", "streams"))
    about = {"model": model, "streams": streams, "study": ready.layout.design.digest[:16]}

    def make(block: Block) -> Task:
        return Task(block, ready.layout.design.scenario(block.cell), engine, model, about)

    return make


def shard_done(ready: Prepared[Layout], shard: Shard) -> str:
    """Say that a part is done, and what else is to do; BscsimError if some of its blocks failed."""
    from bscsim.sweeps import store

    require_ours(ready)
    held = store.scan(ready.cells, ready.layout)
    blocks = enumerate(ready.layout.blocks())
    own = dict.fromkeys(ready.layout.name(block) for number, block in blocks if shard.has(number))
    held.failed = {name: failure for name, failure in held.failed.items() if name in own}
    require_whole(ready.folder, ready.layout, held)
    return (f"part {shard.number} of {shard.of} is done; when all parts are, `bscsim report {ready.folder}` puts them "
            "together")  # fmt: skip


def finish(ready: Prepared[Layout], claims: Claims) -> str:
    """Compact, report, and say what there is; raises BscsimError if cells failed."""
    from bscsim.sweeps import store
    from bscsim.sweeps.compacting import compact

    require_ours(ready)
    more = provenance.require(ready.folder)["run"]["replicates"]
    if more > ready.layout.replicates:
        return f"{ready.folder} is being filled with {more:,} replicates by another runner, which reports on them"
    compact(ready.folder, ready.layout)
    held = store.scan(ready.cells, ready.layout)
    store.drop_settled(ready.cells, ready.layout, held)
    write_report(ready, held)
    if not claims.others():
        clean(ready, alone=True, check=False)
    require_whole(ready.folder, ready.layout, held)
    return f"{ready.folder} holds the results"


def require_whole(folder: Path, layout: Blocks, held: Held) -> None:
    """Raise BscsimError if blocks failed."""
    if held.failed:
        first = next(iter(held.failed.values()))
        raise BscsimError(f"{len(held.failed)} block{'s' * (len(held.failed) > 1)} failed, the first in cell "
                          f"{first.block.cell} ({layout.label(first.block.cell)}): {first.error}; the "
                          f"rest is in {folder}, and the same command tries again")  # fmt: skip


def write_report(ready: Prepared[Layout], held: Held) -> None:
    """Write summary, tables, figures and report.html of what is there."""

    def made(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
        from bscsim.report.sweep import sweep_files
        from bscsim.sweeps.sheet import Sheet
        from bscsim.sweeps.summary import summarize

        return sweep_files(summarize(Sheet.read(ready.layout, held), held, ready.description), manifest)

    install_report(ready, made)


def install_report(ready: Prepared[Any], made: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> None:
    """Make the files of a report from the manifest, and put them into the folder at once, with their names in it."""
    from bscsim.report import write_files

    folder = ready.folder
    require_ours(ready)
    manifest = provenance.require(folder)
    try:
        files = made(manifest)
    except BscsimError:
        raise
    except Exception as error:  # whatever it is, what was simulated must not seem lost
        raise BscsimError(f"the report failed ({type(error).__name__}: {error}); the simulated results are in "
                          f"{folder}, and `bscsim report {folder}` tries again") from error  # fmt: skip
    with place.beside(folder / REPORT) as building:
        write_files(files, building)
        if manifest.pop(REPAIRED, False):  # what the report takes the place of is ours: it was made of these rows
            manifest["files"] = [name for name in sorted(files) if (folder / name).exists()]
            place.replace_text(folder / provenance.NAME, provenance.to_text(manifest))
        times = manifest.get("times", {}) | {"report": place.now("milliseconds")}
        text = provenance.to_text(manifest | {"files": sorted(files), "times": times})
        place.replace_text(building / provenance.NAME, text)
        require_ours(ready)  # the report of a large study takes minutes
        place.install(building, folder)


def report(folder: Path) -> str:
    """Put the parts of a study together and report on what is there.

    Raises ResumableError (exit status 3) when something is missing: the report says what.
    """
    from bscsim.sweeps import store

    ready = of_folder(folder)
    with room_for(folder), Claims(folder) as claims:
        wait_for(claims)
        clean(ready, alone=not claims.others())
        finish(ready, claims)
        gaps = store.missing(ready.layout, store.scan(ready.cells, ready.layout))
    if gaps:
        lacking = sum(block.replicates for _, block in gaps)
        total = ready.layout.design.cells * ready.layout.replicates
        raise ResumableError(f"{folder}: the report was made of what is there; {lacking:,} of {total:,} replicates "
                          "are missing (the same `bscsim run` command computes them)")  # fmt: skip
    return f"{folder / 'report.html'} was made again from the stored results"


def plan(study: Study, out: str | os.PathLike[str] | None, options: Options) -> dict[str, Any]:
    """Say what :func:`run` would do, and raise what it would raise, without simulating or writing anything."""
    from bscsim.simulate import threads_of
    from bscsim.sweeps import store
    from bscsim.sweeps.layout import estimate

    ready = prepared(study, out, options.engine)
    found = require_allowed(ready, options.force)
    need = estimate(ready.layout)
    count = threads_of(options.engine, options.workers)
    gaps = store.missing(ready.layout, store.scan(ready.cells, ready.layout))
    left = sum(block.replicates for _, block in gaps) / (ready.layout.design.cells * ready.layout.replicates)
    where = {"cluster": options.cluster} if options.cluster else {"engine": options.engine, "threads": count}
    one, here = hours(need.core_hours), hours(need.core_hours * left / count)
    return {
        "study": study.name, "design": ready.layout.design.name, "cells": ready.layout.design.cells,
        "replicates": ready.layout.replicates, "blocks": ready.layout.count(), "blocks_missing": len(gaps),
        "seed": study.scenario.simulation.seed, "core_hours": round(need.core_hours, 4),
        "takes": f"about {here} on {count} threads; all of it {one} of one processor",
        "disk_mb": round(need.disk / 1e6, 1), **where, "folder": str(ready.folder), "folder_holds": found.value,
    }  # fmt: skip


def rerun(folder: Path, manifest: Mapping[str, Any], cell: int, replicate: int) -> str:
    """Simulate one replicate of a cell again and compare it with its stored rows, bit for bit."""
    from bscsim.sweeps.again import compared

    ready = of_folder(folder)
    cells, replicates = ready.layout.design.cells, ready.layout.replicates
    faults = [
        Fault(str(folder), name, f"must be 0 to {most - 1}, not {given}")
        for name, given, most in (("cell", cell, cells), ("replicate", replicate, replicates))
        if not 0 <= given < most
    ]
    if faults:
        raise InputError(faults)
    return compared(ready.layout, ready.cells, cell, replicate, manifest["engine"])
