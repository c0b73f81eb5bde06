"""Where results go: what a folder already holds, whose files those are, and how new ones take their place."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any, Final, Literal

from bscsim.record import provenance
from bscsim.scenario.faults import Fault, InputError

OUR_FOLDERS: Final = ("cells", "figures", "tables")
OUR_NAMES: Final = (provenance.NAME, "summary.json", "report.html")
SHOWN: Final = 3
ELSE: Final = "choose another --out"


class Content(Enum):
    """What a folder holds, seen from a run that wants to go there."""

    NOTHING = "nothing"
    SAME_RUN = "this run"
    OTHER_RUN = "another run"
    FOREIGN = "other files"


def require_usable(folder: Path) -> None:
    """Raise InputError unless results can be written to a folder; tries it, and leaves nothing behind."""
    try:
        lost = next((path for path in (folder, *folder.parents) if path.is_symlink() and not path.exists()), None)
        if lost is not None:
            which = "" if lost == folder else f"cannot be written: {lost} "
            problem = f"{which}is a link to {lost.readlink()}, which is not there"
            raise InputError([Fault(str(folder), "", f"{problem}; {ELSE}")])
        if folder.exists() and not folder.is_dir():
            raise InputError([Fault(str(folder), "", f"is a file, and results need a folder; {ELSE}")])
        with beside(folder):
            pass
        if folder.is_dir():
            tempfile.TemporaryDirectory(dir=folder).cleanup()
    except (OSError, RuntimeError) as error:  # pathlib raises RuntimeError for links in a circle
        problem = f"cannot be written: {_why_unusable(folder, error)}; {ELSE}"
        raise InputError([Fault(str(folder), "", problem)]) from None


def _why_unusable(folder: Path, error: OSError | RuntimeError) -> str:
    """Say what is in the way of a folder, in words of what the user gave."""
    for above in folder.parents:
        if os.path.lexists(above):
            if not above.is_dir():
                return f"{above} is a file, not a folder"
            break
    why = error.strerror if isinstance(error, OSError) else None
    full_or_long = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.ENAMETOOLONG)
    if folder.is_dir() or full_or_long:
        return why or str(error)
    return f"no folder can be made in {above} ({why or error})"


def look(folder: Path, description: Mapping[str, Any]) -> Content:
    """Say what a folder holds; raises InputError if it is a file."""
    if not folder.exists():
        return Content.NOTHING
    if not folder.is_dir():
        raise InputError([Fault(str(folder), "", "is a file; results need a folder")])
    manifest = provenance.read(folder)
    if manifest is None:
        return Content.FOREIGN if any(folder.iterdir()) else Content.NOTHING
    return Content.SAME_RUN if provenance.same_run(manifest, description) else Content.OTHER_RUN


def refuse(folder: Path, found: Content, force: bool) -> None:
    """Raise InputError if a run may not go to this folder.

    With `force`, results of another run may be replaced, and results may go beside files of others; a file of others
    that has the name of one of ours is never replaced.
    """
    if found is Content.OTHER_RUN and not force:
        problem = f"{other_run(folder)}; choose another --out, or --force to replace it"
        raise InputError([Fault(str(folder), "", problem)])
    if found is Content.FOREIGN:
        theirs = sorted(path.name for path in folder.iterdir())
        if not force:
            shown = ", ".join(theirs[:SHOWN]) + (f" and {len(theirs) - SHOWN} more" if len(theirs) > SHOWN else "")
            problem = f"holds files that are not results of bscsim ({shown})"
            raise InputError([Fault(str(folder), "", f"{problem}; choose another --out, or --force to add to them")])
        in_the_way = [name for name in theirs if name in (*OUR_NAMES, *OUR_FOLDERS)]
        if in_the_way:
            problem = f"{', '.join(in_the_way)} would be overwritten and was not written by bscsim"
            raise InputError([Fault(str(folder), "", f"{problem}; move it away, or choose another --out")])


def other_run(folder: Path) -> str:
    """Which run a folder holds, in words."""
    manifest = provenance.read(folder)
    if manifest is None:
        return "holds another study"
    study, run, versions = manifest["study"], manifest["run"], manifest["versions"]
    return (
        f"holds another run: study {study.get('name')} (digest {str(study.get('digest'))[:12]}), "
        f"seed {run.get('seed')}, {run.get('replicates')} replicates, bscsim {versions.get('bscsim')}"
    )


@contextmanager
def beside(folder: Path) -> Iterator[Path]:
    """An empty folder DIR.tmp-XXXX to build in; gone at the end, on errors and Ctrl-C too, with parents made for it.

    Its name is new, not made of the process id: processes on two machines that share a volume may have the same one.
    """
    parent = folder.resolve().parent
    made = [above for above in (parent, *parent.parents) if not above.exists()]
    building = None
    try:
        parent.mkdir(parents=True, exist_ok=True)
        building = Path(tempfile.mkdtemp(prefix=f"{folder.resolve().name}.tmp-", dir=parent))
        building.chmod(0o777 & ~_umask())  # as any folder the user makes
        yield building
    finally:
        if building is not None:
            shutil.rmtree(building, ignore_errors=True)
        for above in made:
            if above.is_dir() and not any(above.iterdir()):
                above.rmdir()


def install(building: Path, folder: Path) -> None:
    """Put what was built in place of our files in a folder; files of others stay.

    A new or empty folder appears whole, by renaming. In a folder with contents the manifest goes first with all names,
    old and new, so that a machine that stops in between leaves files that the next run knows as ours.
    """
    from bscsim.record.store import sync_folder

    folder = folder.resolve()  # a link stays, and what it leads to is filled
    if not folder.exists() or not any(folder.iterdir()):
        if folder.exists():
            folder.rmdir()
        building.rename(folder)
        sync_folder(folder.parent)
        return
    new = {path.relative_to(building).as_posix() for path in building.rglob("*") if path.is_file()} - {provenance.NAME}
    before = provenance.read(folder)
    old = set(before["files"]) if before else set()
    manifest = provenance.read(building)
    keep = set(manifest["files"]) if manifest else new
    theirs = [folder / name for name in sorted(new - old) if (folder / name).exists()]
    if theirs:
        raise InputError([
            Fault(str(path), "", "is there and was not written by bscsim; it was left as it is") for path in theirs
        ])  # fmt: skip
    if before:
        announced = before | {"files": sorted(old | new)}
        replace_text(folder / provenance.NAME, provenance.to_text(announced))
    for name in sorted(new):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (building / name).replace(target)
    remove(folder, sorted(old - keep))
    (building / provenance.NAME).replace(folder / provenance.NAME)
    sync_folder(folder)


def replace_text(path: Path, text: str) -> None:
    """Write a file by renaming, so that it is never half there, and is there after a power cut.

    Without the syncs a renamed file may be empty then: a manifest that is would lock all results away.
    """
    from bscsim.record.store import sync_folder

    handle, temporary = tempfile.mkstemp(prefix=f"{path.name}.tmp-", dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    Path(temporary).chmod(0o666 & ~_umask())
    Path(temporary).replace(path)
    sync_folder(path.parent)


def _umask() -> int:
    """The mask of file permissions, which Python can only read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def keep(building: Path, folder: Path) -> Path:
    """Keep what was built, under a name of its own beside the folder it could not go to, and return where."""
    kept = building.with_name(building.name.replace(".tmp-", ".kept-"))
    building.rename(kept)
    return kept


def clear(paths: Iterable[Path]) -> None:
    """Delete files and folders that were being built."""
    for path in list(paths):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def remove(folder: Path, names: list[str]) -> None:
    """Delete our own files that are no longer part of the results, and our folders that this leaves empty."""
    inside = folder.resolve()
    for name in names:
        path = folder / name
        if path.is_file() and inside in path.resolve().parents:
            path.unlink()
    for name in OUR_FOLDERS:
        path = folder / name
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()


def now(precision: Literal["seconds", "milliseconds"] = "seconds") -> str:
    """Return this moment, UTC, as a manifest holds it."""
    return datetime.now(UTC).isoformat(timespec=precision)
