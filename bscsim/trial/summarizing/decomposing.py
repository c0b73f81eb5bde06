"""Why the mechanism differs from what was promised: power with one reason switched off, paired over replicates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from bscsim.trial.cluster_stats import FAILED, Array, Estimates
from bscsim.trial.share import Measure, mean_of, share_of
from bscsim.trial.summarizing.columns import Columns, estimates_of
from bscsim.trial.summarizing.plain import measure_data, share_data
from bscsim.trial.summarizing.testing import sided
from bscsim.trial.summarizing.truth_rows import target_of
from bscsim.trial.trial import Trial

AS_DESIGNED: Final = "as designed"

VARIANT_WORDS: Final[dict[str, str]] = {
    AS_DESIGNED: "the study as it is described",
    "no attrition": "no center withdraws from the program or is lost to measurement, everybody asked answers",
    "nobody leaves": "the same persons are measured at all waves",
    "no turnover": "nobody leaves for reasons outside the program, before the study either: another population",
    "no contamination": "controls hire nobody trained and learn nothing from participants",
    "equal effects": "every treated center and collaborative has the mean effect, outcome of the twin plus that mean; "
                     "controls have the outcome of the twin, so that contamination is gone too",
    "perfect measurement": "every unit is measured, without error",
    "no collaborative effect": "collaboratives are equally well run",
}  # fmt: skip


def decomposition_data(trial: Trial, base: Columns, variants: Mapping[str, Sequence[Columns]]) -> list[dict[str, Any]]:
    """Rows of the decomposition, of the first analysis and its first estimator; the study as designed comes first.

    difference: power of the variant less that as designed. Both are of the same replicates (the column "replicate" says
    which, else their order), so that its Monte Carlo error is that of the paired difference in rejection. Failed fits
    count as tests that do not reject. Where variants have fewer replicates than the study, variants["as designed"]
    holds those of the study that they share, so that the powers shown differ by the differences shown.

    >>> from bscsim.trial.settings import AnalysisSettings, DesignSettings
    >>> trial = Trial(None, DesignSettings(), {}, (AnalysisSettings(estimators=("gee",)),))
    >>> def made(p):
    ...     return {"gee.b": np.zeros(len(p)), "gee.p": np.array(p)}
    >>> rows = decomposition_data(trial, made([0.9, 0.01, 0.9, 0.9]), {"no attrition": [made([0.01, 0.01, 0.9, 0.01])]})
    >>> [row["variant"] for row in rows], rows[1]["difference"]["value"], round(rows[1]["difference"]["mcse"], 4)
    (['as designed', 'no attrition'], 0.5, 0.2887)
    """
    name = trial.analyses[0].estimators[0]
    shared = variants.get(AS_DESIGNED) or ()
    base = shared[0] if shared else base
    first = estimates_of(base, name)
    if first is None or not set(variants) - {AS_DESIGNED}:
        return []
    rows = [_row(trial, AS_DESIGNED, base, first, Measure(0.0, 0.0))]
    for variant, analyses in variants.items():
        found = estimates_of(analyses[0], name) if variant != AS_DESIGNED and analyses else None
        if found is not None:
            difference = _difference(trial, (base, first), (analyses[0], found))
            rows.append(_row(trial, variant, analyses[0], found, difference))
    return rows


def _row(trial: Trial, variant: str, columns: Columns, found: Estimates, difference: Measure) -> dict[str, Any]:
    b = found.b[found.status != FAILED]
    spread = float(b.std(ddof=1)) if len(b) > 1 else float("nan")
    return {
        "variant": variant, "words": VARIANT_WORDS.get(variant, variant), "replicates": len(found.b),
        "power": share_data(share_of(_hits(trial, found))),
        "difference": measure_data(difference), "effect": measure_data(target_of(trial, columns)),
        "empirical_se": measure_data(Measure(spread, spread / (2 * max(len(b) - 1, 1)) ** 0.5)),
    }  # fmt: skip


def _hits(trial: Trial, found: Estimates) -> Array:
    hits: Array = sided(found, trial.target.sides).p <= trial.target.alpha
    return hits


def _difference(trial: Trial, base: tuple[Columns, Estimates], other: tuple[Columns, Estimates]) -> Measure:
    """Mean of the paired differences in rejection."""
    one, two = (_numbers(columns, len(found.b)) for columns, found in (base, other))
    _, here, there = np.intersect1d(one, two, return_indices=True)
    return mean_of(_hits(trial, other[1])[there] * 1.0 - _hits(trial, base[1])[here])


def _numbers(columns: Columns, count: int) -> Array:
    """Number of each row's replicate."""
    return np.asarray(columns.get("replicate", np.arange(count)))
