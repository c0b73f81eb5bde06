"""The manifest of a folder of results, checked for what is read of it: damage is named, not met half-way."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bscsim.record import provenance
from bscsim.scenario.faults import Fault, InputError
from bscsim.scenario.reading import BLOCKS

ALWAYS: Final = ("study.name", "study.kind", "study.digest", "run.seed", "run.replicates", "versions.bscsim",
                 "versions.streams", "scenario", "layers", "file.name", "file.text", "set", "engine")  # fmt: skip
CELLS: Final = ("run.cells", "versions.model", "block")
"""What every manifest says, and that of a study of many cells besides."""


def lacking(manifest: Mapping[str, Any]) -> list[str]:
    """Name what a manifest does not say, by dotted paths.

    >>> lacking({"study": {"name": "a", "kind": "scenario", "digest": "0"}, "run": [], "versions": {}})[:3]
    ['run.seed', 'run.replicates', 'versions.bscsim']
    """
    study = manifest.get("study")
    many = isinstance(study, dict) and study.get("kind") in BLOCKS
    return [path for path in (*ALWAYS, *(CELLS if many else ())) if not _says(manifest, path.split("."))]


def _says(found: Any, keys: list[str]) -> bool:
    for key in keys:
        if not isinstance(found, dict) or key not in found:
            return False
        found = found[key]
    return True


def require(folder: Path) -> dict[str, Any]:
    """The manifest of a results folder; InputError that says what is wrong with it, or with the folder."""
    if provenance.read(folder) is None and any((folder / "cells").glob("[cp][0-9]*.parquet")):
        problem = ("is missing or damaged, beside stored replicates; the `bscsim run` command that made them repairs "
                   "it and computes none of them again")  # fmt: skip
        raise InputError([Fault(str(folder / provenance.NAME), "", problem)])
    manifest = provenance.require(folder)
    require_whole(folder, manifest)
    return manifest


def require_whole(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Raise InputError for a manifest that lacks something."""
    if absent := lacking(manifest):
        problem = (f"lacks {', '.join(absent)}: it is damaged or was edited. The same `bscsim run` command repairs it "
                   "where the stored replicates are those of its study")  # fmt: skip
        raise InputError([Fault(str(folder / provenance.NAME), "", problem)])
