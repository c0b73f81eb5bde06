"""How a power study was run: what failed, and what the truth and the tests are."""

from __future__ import annotations

from bscsim.report.power.numbers import bare
from bscsim.report.power.study import Power
from bscsim.report.words import count

FAILED_SHOWN = 20


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
