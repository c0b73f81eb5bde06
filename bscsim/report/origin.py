"""Where the numbers of a study of many cells come from: file, command, versions, what is missing. From plain data."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from bscsim.report.words import count, percent

Data = Mapping[str, Any]


def versions(summary: Data, manifest: Data) -> dict[str, Any]:
    """Versions of the package and its random streams."""
    return {**(manifest.get("versions") or {}), **(summary.get("versions") or {})}


def file_name(manifest: Data) -> str:
    """The study file's name; FILE if it is not known."""
    return str((manifest.get("file") or {}).get("name") or "FILE")


def resume(manifest: Data) -> str:
    """The command that goes on where a study stopped.

    >>> resume({"file": {"name": "my study.yaml"}})
    "bscsim run 'my study.yaml' --out DIR"
    """
    return shlex.join(["bscsim", "run", file_name(manifest), "--out", "DIR"])


def meta(summary: Data, manifest: Data, parts: list[str]) -> str:
    """The line below the title: parts of the kind's own, then seed and version.

    >>> meta({"run": {"seed": 0}, "versions": {"bscsim": "1.0"}}, {}, ["4 cells"])
    '4 cells · seed 0 · bscsim 1.0'
    """
    run, version = summary.get("run") or {}, versions(summary, manifest).get("bscsim")
    seed = [f"seed {run['seed']}"] if run.get("seed") is not None else []
    return " · ".join([*parts, *seed, *([f"bscsim {version}"] if version else [])])


def missing(summary: Data, what: str, more: str = ".") -> str:
    """What is missing of a study that is not complete, in words; empty if it is complete.

    >>> missing({"complete": False, "missing": {"cells": 1, "replicates": 20, "of": 80}}, "study")
    'This study is not complete: 20 of 80 replicates are missing (25%), in 1 cell. Everything below is of what is \
finished.'
    """
    if summary.get("complete", True):
        return ""
    data = summary.get("missing") or {}
    gone, of = int(data.get("replicates") or 0), int(data.get("of") or 0)
    share = f" ({percent(gone / of)})" if of else ""
    where = f", in {count(int(data['cells']), 'cell')}" if data.get("cells") else ""
    return (
        f"This {what} is not complete: {gone:,} of {of:,} replicates are missing{share}{where}. Everything below is of "
        f"what is finished{more}"
    )


def provenance(summary: Data, manifest: Data) -> list[tuple[str, str]]:
    """Pairs of what and which."""
    run, study = summary.get("run") or {}, summary.get("study") or manifest.get("study") or {}
    known, git, machine = versions(summary, manifest), manifest.get("git") or {}, manifest.get("platform") or {}
    pairs = [
        ("Study file", file_name(manifest)),
        ("Study digest", study.get("digest")),
        ("Seed and replicates", f"{run.get('seed')}; {run.get('replicates')}" if run else None),
        ("Rows of results", f"{run['rows']:,}" if run.get("rows") is not None else None),
        ("Versions", f"bscsim {known.get('bscsim')}, random streams {known.get('streams')}" if known else None),
        ("Code", f"{git.get('commit', '')}{', changed since' if git.get('changed') else ''}" if git else None),
        ("System", " ".join(str(part) for part in machine.values())),
    ]
    return [(name, str(value)) for name, value in pairs if value]
