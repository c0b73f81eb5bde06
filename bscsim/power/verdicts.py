"""Whether the test that a search goes by holds its level where the search ends: else what it found is no answer.

A test that rejects too often without an effect reaches any power with too few centers. The same replicates that gave
the power give the test's size: under the sharp null by the twins, under the average null by the centered estimates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from bscsim.power.rows import Columns

if TYPE_CHECKING:
    from bscsim.trial.trial import Trial


def size_in(trial: Trial, batches: Sequence[Columns]) -> dict[str, Any]:
    """The size of the first analysis' first test, in the names of an estimator's row; batches: its rows as made."""
    from bscsim.trial.summarizing.estimator_rows import size_data

    return size_data(trial, joined(batches), trial.analyses[0].estimators[0])


def joined(batches: Sequence[Columns]) -> Columns:
    """Rows one after the other; NaN where a batch lacks a column, as one in which no fit succeeded does.

    >>> joined([{"b": np.array([1.0])}, {"b": np.array([2.0]), "p": np.array([0.5])}])["p"].tolist()
    [nan, 0.5]
    """
    lengths = [len(next(iter(one.values()))) for one in batches]
    names = dict.fromkeys(name for one in batches for name in one)
    return {
        name: np.concatenate([
            one.get(name, np.full(length, np.nan)) for one, length in zip(batches, lengths, strict=True)
        ])
        for name in names
    }  # fmt: skip


def of_value(found: dict[str, Any], size: dict[str, Any], ended_at: int, name: str, alpha: float) -> dict[str, Any]:
    """A search of a value with the size of its test where it ended; if that is too high, the value is withheld.

    What was tried stays, and the curve through it.
    """
    from bscsim.trial.summarizing.findings import not_given

    found = found | size | {"ended_at": ended_at}
    if size["size_verdict"] != "too high":
        return found
    words = not_given(f"No number of {name} can be given: at {ended_at}, where the search ended", size, alpha)
    withheld = dict.fromkeys(("found", "low", "high", "confirmed"))
    return found | withheld | {"at_most": False, "words": words}


def of_design(found: dict[str, Any], size: dict[str, Any], alpha: float) -> dict[str, Any]:
    """A search under a budget with the size of the best design's test; no design is the best if that is too high."""
    from bscsim.trial.summarizing.findings import not_given

    if size["size_verdict"] != "too high":
        return found | size
    best = in_words(found["best"]["levels"])
    head = f"No design can be recommended for ${found['budget']:,.0f}: in the one that rejects most, {best}"
    return found | size | {"best": None, "words": not_given(head, size, alpha)}


def in_words(levels: Mapping[str, Any]) -> str:
    """A design by what was chosen in it.

    >>> in_words({"design.control_centers": 20, "design.collaboratives": 4})
    'control centers 20, collaboratives 4'
    """
    return ", ".join(f"{path.rpartition('.')[2].replace('_', ' ')} {value}" for path, value in levels.items())
