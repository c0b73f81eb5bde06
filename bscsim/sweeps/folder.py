"""The study that a folder of results holds, from its manifest alone, and its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from bscsim.record import provenance
from bscsim.record.again import study_of
from bscsim.record.store import StoreError
from bscsim.rules.draws import STREAM_VERSION
from bscsim.scenario.faults import Fault, InputError
from bscsim.scenario.scenario import Study
from bscsim.sweeps import store
from bscsim.sweeps.layout import Layout
from bscsim.sweeps.manifest import require
from bscsim.sweeps.reading import design_of
from bscsim.sweeps.sheet import Counted
from bscsim.sweeps.store import FOLDER, FORMAT


def model_key(model: str | None = None) -> str:
    """What every number of a study depends on besides its scenarios: the versions of model, streams and rows."""
    return f"{model or provenance.model_digest()} {STREAM_VERSION} {FORMAT}"


def stored(folder: Path, manifest: Mapping[str, Any]) -> tuple[Study, Layout]:
    """The study of a folder and its layout; files keep the names that the model of then gave them.

    Raises InputError when this version reads another study from the manifest.
    """
    study = study_of(folder, manifest)
    design = design_of(study)
    if design.digest != manifest["study"]["digest"]:
        problem = "is no longer the study that was run: a setting in it has another meaning in this version of bscsim"
        raise InputError([Fault(str(folder / provenance.NAME), "", problem)])
    layout = Layout.of(design, manifest["run"]["replicates"], model_key(manifest["versions"]["model"]))
    return replace(study, design=design), layout


def files_of(folder: Path) -> list[Path]:
    """List the files to read so that each stored row comes once.

    Raises StoreError if nothing is stored yet, a file is damaged, or a row stands twice or is missing that should be
    there.
    """
    _, layout = stored(folder, require(folder))
    counted = Counted(layout)
    pieces = store.scan(folder / FOLDER, layout).needed()
    if not pieces:
        raise StoreError(f"{folder}: holds no replicates of its study; the same `bscsim run` command computes them")
    for piece in pieces:
        store.require_sound(piece.path)
        for rows in store.read(piece.path, ()):
            counted.add(rows, str(piece.path))
    store.require_there(pieces, counted.complete())
    return [piece.path for piece in pieces]
