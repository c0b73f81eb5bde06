"""Several outcomes or waves tested in one trial: corrected p-values, and how often a family of tests goes wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from bscsim.trial.cluster_stats import Array
from bscsim.trial.estimators.inference import check_alpha
from bscsim.trial.estimators.options import check_word
from bscsim.trial.share import Measure, Share, mean_of, share_of

Correction = Literal["none", "bonferroni", "holm", "benjamini_hochberg"]


@dataclass(frozen=True, slots=True)
class Family:
    """What a family of H tests says in R replicates."""

    correction: str
    each: tuple[Share, ...]
    """[H] replicates that reject this hypothesis."""
    any_rejected: Share
    """At least one rejected: disjunctive power; where nothing is affected, the family-wise error."""
    all_rejected: Share
    """All rejected: conjunctive power."""
    any_false: Share | None
    """At least one rejected that is true: the family-wise error rate; None if nobody said which are."""
    false_discovery_rate: Measure | None
    """Mean share of true hypotheses among those rejected (0 where none is)."""

    def as_dict(self) -> dict[str, Any]:
        """Plain data; None for what does not exist.

        >>> family([[0.01, 0.2]]).as_dict()["correction"]
        'none'
        """
        return {
            "correction": self.correction,
            "each": [share.as_dict() for share in self.each],
            "any_rejected": self.any_rejected.as_dict(),
            "all_rejected": self.all_rejected.as_dict(),
            "any_false": self.any_false and self.any_false.as_dict(),
            "false_discovery_rate": self.false_discovery_rate and self.false_discovery_rate.as_dict(),
        }


def adjusted_p(p: ArrayLike, correction: Correction) -> Array:
    """Correct the p-values [..., H] of each family for its H tests; reject where the result is at most alpha.

    "none": as they are. "bonferroni": H p. "holm" (Holm 1979, Scand J Stat 6:65): the largest of (H - i + 1) p_(i) up
    to the own rank; like Bonferroni it holds the family-wise error whatever the dependence, and rejects more.
    "benjamini_hochberg" (1995, J R Stat Soc B 57:289): the smallest of H p_(i) / i from the own rank on; it holds the
    false discovery rate, for independent or positively dependent tests, and not the family-wise error.

    A test that failed (NaN) stays NaN and counts as one of the family that does not reject. ValueError on other words
    and on p-values outside [0, 1].

    >>> names = "bonferroni", "holm", "benjamini_hochberg"
    >>> [adjusted_p([0.01, 0.04, 0.03], name).round(3).tolist() for name in names]
    [[0.03, 0.12, 0.09], [0.03, 0.06, 0.06], [0.03, 0.04, 0.04]]
    """
    check_word("correction", correction, get_args(Correction))
    given = np.asarray(p, np.float64)
    failed = np.isnan(given)
    if ((given < 0) | (given > 1)).any():
        raise ValueError(f"p-values are {np.nanmin(given)} to {np.nanmax(given)}; they must lie between 0 and 1")
    if correction == "none" or not given.size:
        return given
    H = given.shape[-1]
    if correction == "bonferroni":
        return np.asarray(np.minimum(given * H, 1.0))
    full = np.where(failed, 1.0, given)
    order = np.argsort(full, axis=-1, kind="stable")
    ranked, rank = np.take_along_axis(full, order, axis=-1), np.arange(1, H + 1)
    if correction == "holm":
        stepped = np.maximum.accumulate(ranked * (H - rank + 1), axis=-1)
    else:
        stepped = np.minimum.accumulate((ranked * H / rank)[..., ::-1], axis=-1)[..., ::-1]
    out = np.empty_like(full)
    np.put_along_axis(out, order, np.minimum(stepped, 1.0), axis=-1)
    return np.asarray(np.where(failed, np.nan, out))


def family(
    p: ArrayLike, alpha: float = 0.05, correction: Correction = "none", affected: Sequence[bool] | None = None
) -> Family:
    """Count rejections of the family of tests with p-values [R, H].

    affected: [H] whether each outcome has an effect (its hypothesis is false); under a null all False. ValueError on
    shapes that do not agree, alpha outside (0, 1), and as in :func:`adjusted_p`.

    >>> found = family([[0.01, 0.04], [0.2, 0.03]], correction="holm", affected=[True, False])
    >>> found.any_rejected.value, found.all_rejected.value, found.any_false.value, found.false_discovery_rate.value
    (0.5, 0.5, 0.5, 0.25)
    """
    check_alpha(alpha)
    tests = np.asarray(p, np.float64)
    if tests.ndim != 2 or tests.shape[1] < 1:
        raise ValueError(f"p has the shape {tests.shape}; it must be [replicates, tests] with one test or more")
    if affected is not None and len(affected) != tests.shape[1]:
        raise ValueError(f"affected has {len(affected)} entries for {tests.shape[1]} tests")
    rejected = adjusted_p(tests, correction) <= alpha
    false, rate = None, None
    if affected is not None:
        wrong = rejected & ~np.asarray(affected, bool)
        false = share_of(wrong.any(axis=1))
        rate = mean_of(wrong.sum(axis=1) / np.maximum(rejected.sum(axis=1), 1))
    together = share_of(np.any(rejected, axis=1)), share_of(np.all(rejected, axis=1))
    each = tuple(share_of(column) for column in rejected.T)
    return Family(correction, each, *together, false, rate)
