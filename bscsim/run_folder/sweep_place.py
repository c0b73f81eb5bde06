"""The folder of a study of many cells: whose it is, how it begins, and what is cleaned away before it goes on.

It is filled where it stands, so that it can be left at any moment: the manifest comes first, and makes all else ours.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from bscsim.record import provenance
from bscsim.run_folder import place
from bscsim.scenario.faults import BscsimError, Fault, InputError
from bscsim.sweeps import manifest as manifests
from bscsim.sweeps.manifest import lacking, require_whole

if TYPE_CHECKING:
    from bscsim.scenario.scenario import Study
    from bscsim.simulate import Engine
    from bscsim.sweeps.design import Design
    from bscsim.sweeps.layout import Blocks, Layout

TRIES: Final = 5
"""How often a folder is begun that others begin at the same time."""

REPAIRED: Final = "repaired"
"""What a manifest says that was made for files of a study whose own was lost, until a report is made of them."""

REPORT: Final = "report"
"""A report is built in DIR/report.tmp-XXXX: on the same file system, and with no more rights than the folder's."""

_LEFT: Final = re.compile(r"\.manifest\.json\.[0-9a-f]{8}\.tmp|manifest\.json\.tmp-\w{8}|report\.tmp-\w{8}|tmp\w{8}")
"""What a process that was killed, or is just beginning, may leave in a folder besides results."""

SAME: Final = (
    ("study", "name"), ("study", "kind"), ("study", "digest"), ("versions", "model"), ("versions", "streams"),
)  # fmt: skip
"""What has to be equal for a folder to go on."""

ASKED: Final = ("block", "file", "set", "layers", "scenario")
"""What the report is made of and no stored number depends on, where the cells are the same: question, responses,
reference, names of levels, and how all of it was written. The latest run says what they are."""

L = TypeVar("L", bound="Blocks")


@dataclass(frozen=True)
class Prepared(Generic[L]):
    """A study that is ready to be run: its layout, its folder and what the manifest says of it."""

    study: Study
    layout: L
    folder: Path
    description: dict[str, Any]

    @property
    def cells(self) -> Path:
        """Where the files of blocks are."""
        return self.folder / "cells"


def prepared(study: Study, out: str | os.PathLike[str] | None, engine: Engine) -> Prepared[Layout]:
    """Lay a study out."""
    from bscsim.scenario.population import make_pool
    from bscsim.sweeps.folder import model_key
    from bscsim.sweeps.layout import Layout

    design: Design = study.design
    layout = Layout.of(design, study.scenario.simulation.replicates, model_key())
    description = provenance.describe(study, make_pool(study.scenario.population), engine)
    description["study"]["digest"] = design.digest
    description["run"]["cells"] = design.cells
    folder = Path(out) if out is not None else Path("results") / study.name
    return Prepared(study, layout, folder, description | {"files": []})


def of_folder(folder: Path) -> Prepared[Layout]:
    """The study that a folder holds, from its manifest alone."""
    from bscsim.sweeps.folder import stored

    manifest = manifests.require(folder)
    study, layout = stored(folder, manifest)
    return Prepared(study, layout, folder, {name: value for name, value in manifest.items() if name != "times"})


def require_allowed(ready: Prepared[L], force: bool) -> place.Content:
    """Say what the folder holds; InputError if this study may not go there."""
    place.require_usable(ready.folder)
    found = look(ready)
    if found is not place.Content.SAME_RUN:
        place.refuse(ready.folder, found, force)
    if found is place.Content.OTHER_RUN:
        require_idle(ready.folder)
    return found


def require_idle(folder: Path) -> None:
    """Raise InputError if a runner of another study is at work in a folder: --force would mix the two."""
    from bscsim.sweeps.claims import Claims

    if runner := Claims(folder).working():
        problem = (f"{place.other_run(folder)}, and a runner of it is at work here ({runner}); --force replaces it "
                   "when that has ended or was stopped; or choose another --out")  # fmt: skip
        raise InputError([Fault(str(folder), "", problem)])


def require_ours(ready: Prepared[L]) -> None:
    """Raise BscsimError if a folder has become another study's since: its files are not to be deleted or mixed up."""
    manifest = provenance.read(ready.folder)
    if manifest is None or lacking(manifest):
        raise BscsimError(f"{ready.folder / provenance.NAME} was lost or damaged while this study was run; what was "
                          "simulated is kept, and the same command goes on")  # fmt: skip
    if any(manifest[group].get(name) != ready.description[group].get(name) for group, name in SAME):
        raise BscsimError(f"{ready.folder} {place.other_run(ready.folder)}, which took the place of study "
                          f"{ready.study.name} (digest {ready.description['study']['digest'][:12]}) while that was "
                          "run; it is left as it is. To run this study choose another --out")  # fmt: skip


def look(ready: Prepared[L]) -> place.Content:
    """Say what a folder holds, seen from this study; InputError if it has more replicates than are asked for."""
    manifest = provenance.read(ready.folder)
    if manifest is None or lacking(manifest):
        if _holds_this_study(ready):
            return place.Content.SAME_RUN
        if manifest is not None:
            require_whole(ready.folder, manifest)
    found = place.look(ready.folder, ready.description)
    if manifest is None:
        beginning = found is place.Content.FOREIGN and _only_beginnings(ready.folder)
        return place.Content.NOTHING if beginning else found
    differ = [group for group, name in SAME if manifest[group].get(name) != ready.description[group].get(name)]
    if "study" in differ or (differ and any(ready.cells.glob("*.parquet"))):  # a report alone is no obstacle
        return place.Content.OTHER_RUN
    _require_no_fewer(ready, manifest["run"]["replicates"])
    return place.Content.SAME_RUN


def _require_no_fewer(ready: Prepared[L], held: int) -> None:
    """Raise InputError if a folder holds more replicates than are asked for."""
    asked = ready.layout.replicates
    if held > asked:
        problem = f"holds {held:,} replicates of this study, and {asked:,} are asked for; ask for as many, or choose "
        problem += "another --out"
        raise InputError([Fault(str(ready.folder), "simulation.replicates", problem)])


def _holds_this_study(ready: Prepared[L]) -> bool:
    """Whether a folder whose manifest is lost or damaged holds this study's files and no other's: digests tell."""
    from bscsim.sweeps import store
    from bscsim.sweeps.layout import Block

    held = store.scan(ready.cells, ready.layout)
    if held.strangers or not held.pieces:
        return False
    pieces = held.pieces.values()
    if not all(ready.layout.has(Block(one.high, one.first, one.end)) for one in pieces):
        _require_no_fewer(ready, max(one.end for one in pieces))
    return True


def _only_beginnings(folder: Path) -> bool:
    """Whether a folder without a manifest holds only what a run that is beginning, or was killed then, has made."""
    return all(_LEFT.fullmatch(path.name) and not _filled(path) for path in folder.iterdir())


def _filled(path: Path) -> bool:
    with suppress(OSError):
        return path.is_dir() and any(path.iterdir())
    return False


def begin(ready: Prepared[L], force: bool) -> None:
    """Make the folder this study's; several processes may do so at once."""
    for left in reversed(range(TRIES)):
        try:
            if _begun(ready, require_allowed(ready, force)):
                break
        except FileNotFoundError:  # another runner, that is alone, cleaned up
            if not left:
                raise
    ready.cells.mkdir(parents=True, exist_ok=True)


def _begun(ready: Prepared[L], found: place.Content) -> bool:
    """Write the manifest as far as it is needed; False if another process did meanwhile."""
    from bscsim.record.store import write_safely

    folder, description = ready.folder, ready.description
    if found is place.Content.SAME_RUN:
        old = provenance.read(folder)
        if old is None or lacking(old):  # which files are of a report is lost with it: see sweep.install_report
            old = {"files": [], "times": {"started": place.now("milliseconds")}, REPAIRED: True}
        elif not _differs(old, description):
            return True
        kept = {name: old[name] for name in ("files", "times", REPAIRED) if name in old}
        write_safely(folder / provenance.NAME, provenance.to_text(description | kept).encode())
        return True
    text = provenance.to_text(description | {"times": {"started": place.now("milliseconds")}})
    if found is place.Content.OTHER_RUN:  # --force: what was there was of another study
        wipe(folder)
        write_safely(folder / provenance.NAME, text.encode())
        return True
    folder.mkdir(parents=True, exist_ok=True)
    return _first(folder / provenance.NAME, text.encode())


def _differs(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether a manifest of the same study no longer says what is asked for."""
    new = json.loads(provenance.to_text(new))  # as it would be read again: lists, no tuples
    named = (*SAME, ("run", "replicates"))
    return any(old[group].get(name) != new[group].get(name) for group, name in named) or any(
        old.get(name) != new[name] for name in ASKED
    )


def _first(path: Path, data: bytes) -> bool:
    """Write a file that is not there yet, whole; False if another process was quicker."""
    from bscsim.record.store import sync_folder, synced, write_safely

    try:
        with synced(path, data) as part:
            os.link(part, path)
            sync_folder(path.parent)
    except FileExistsError:
        return False
    except FileNotFoundError:
        raise
    except OSError:  # a file system without links
        write_safely(path, data)
    return True


def wipe(folder: Path) -> None:
    """Delete the results of another run: the files its manifest names, and its blocks."""
    from bscsim.sweeps import store

    manifest = provenance.require(folder)
    for path in sorted((folder / "cells").glob("*")):
        if path.is_file() and store.is_ours(path.name):
            path.unlink(missing_ok=True)
    place.remove(folder, manifest["files"])


def clean(ready: Prepared[L], alone: bool, check: bool = True) -> None:
    """Delete what killed writers left, files of other versions, and damaged files: what was in them is run again.

    ``alone``: no other runner is there.  ``check``: whether to read every file for damage.
    """
    from bscsim.console import say
    from bscsim.sweeps import store

    require_ours(ready)
    if alone:
        store.sweep_temporaries(ready.cells)
        sweep_beginnings(ready.folder)
    held = store.scan(ready.cells, ready.layout)
    for path in store.drop_damaged(held) if check else ():
        say(f"{path}: damaged; what was in it is run again")
    for path in store.drop_overlapping(held):
        say(f"{path}: holds in part what another file holds; the rest of it is run again")
    if alone:
        for path in held.strangers:
            path.unlink(missing_ok=True)


def sweep_beginnings(folder: Path) -> None:
    """Delete what killed processes left besides results; for a runner that is alone."""
    import shutil

    for path in sorted(folder.iterdir()):
        if not _LEFT.fullmatch(path.name) or path.is_symlink():
            continue
        with suppress(OSError):
            if path.is_file() and not path.name.startswith("tmp"):
                path.unlink()
            elif path.name.startswith("report.tmp-"):
                shutil.rmtree(path)
            elif path.is_dir():
                path.rmdir()  # if it is empty
