"""How a power study was run: the line below the title, what is missing, what failed, versions and system."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from bscsim.report.power.numbers import bare
from bscsim.report.power.study import Power
from bscsim.report.words import count, percent

Manifest = Mapping[str, Any]
FAILED_SHOWN = 20


def versions(power: Power, manifest: Manifest) -> dict[str, Any]:
    """Versions of the package and its random streams."""
    return {**(manifest.get("versions") or {}), **power.part("versions")}


def file_name(manifest: Manifest) -> str:
    """The study file's name; FILE if it is not known."""
    return str((manifest.get("file") or {}).get("name") or "FILE")


def resume(manifest: Manifest) -> str:
    """The command that goes on where a study stopped."""
    return shlex.join(["bscsim", "run", file_name(manifest), "--out", "DIR"])


def meta(power: Power, manifest: Manifest) -> str:
    """The line below the title."""
    run = power.part("run")
    cells = int(run.get("cells") or len(power.cells) or 1)
    parts = [count(cells, "cell"), f"{count(power.replicates, 'replicate')}{' each' if cells > 1 else ''}"]
    parts += [f"seed {run['seed']}"] if run.get("seed") is not None else []
    version = versions(power, manifest).get("bscsim")
    return " · ".join([*parts, f"bscsim {version}"] if version else parts)


def missing(power: Power) -> str:
    """What is missing of a study that is not complete, in words; empty if it is complete."""
    if power.summary.get("complete", True):
        return ""
    data = power.part("missing")
    gone, of = int(data.get("replicates") or 0), int(data.get("of") or 0)
    share = f" ({percent(gone / of)})" if of else ""
    where = f", in {count(int(data['cells']), 'cell')}" if data.get("cells") else ""
    return (
        f"This study is not complete: {gone:,} of {of:,} replicates are missing{share}{where}. Everything below is of "
        "what is finished."
    )


def failed(power: Power) -> list[str]:
    """The blocks that failed: which cell, which replicates, with what error, after how many attempts."""
    out = []
    for row in power.rows("failed")[:FAILED_SHOWN]:
        attempts = count(int(row.get("attempts") or 1), "attempt")
        which = f"replicates {row.get('first')} to {row.get('last')}"
        out.append(f"cell {row.get('cell')}, {which}: {row.get('error') or 'unknown error'} ({attempts})")
    more = len(power.rows("failed")) - FAILED_SHOWN
    return [*out, f"{more} more in tables/failed.csv"] if more > 0 else out


def how(power: Power) -> list[str]:
    """Sentences on the truth, the replicates, the test and the correction."""
    target, run = power.part("target"), power.part("run")
    said = []
    if power.summary.get("truth") == "gaussian":
        said.append("The truth is typed in: normal data with the variance components of the study file.")
    elif power.summary.get("truth"):
        said.append("The truth is the model: every trial is simulated with and without the program, with the same "
                    "random numbers, so the true effect of every center is known.")  # fmt: skip
    if run:
        trials = count(power.replicates, "simulated trial")
        said.append(f"Each cell has {trials}; replicate r has the same random numbers in every cell.")
    if target:
        sides = "one-sided" if target.get("sides") == 1 else "two-sided"
        said.append(f"Tests are {sides} with alpha {bare(power.alpha)}; the power wanted is {bare(power.target)}.")
    said.append(
        "The sharp null is the same trial on centers that nobody touched. Under the average null effects differ "
        "between centers as they do, but are zero on average."
    )
    return said


def provenance(power: Power, manifest: Manifest) -> list[tuple[str, str]]:
    """Pairs of what and which."""
    run, study = power.part("run"), power.part("study") or manifest.get("study") or {}
    known, git, machine = versions(power, manifest), manifest.get("git") or {}, manifest.get("platform") or {}
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
