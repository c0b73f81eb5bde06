"""Several analyses of one study: how often any or all of them reject, with and without correction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from bscsim.trial.cluster_stats import Array
from bscsim.trial.multiplicity import Correction, family
from bscsim.trial.summarizing.columns import Columns, estimates_of
from bscsim.trial.summarizing.plain import share_data
from bscsim.trial.summarizing.testing import sided
from bscsim.trial.trial import Trial

CORRECTIONS: Final[tuple[Correction, ...]] = ("none", "bonferroni", "holm", "benjamini_hochberg")


def family_data(trial: Trial, analyses: Sequence[Columns]) -> dict[str, Any] | None:
    """Chance that any analysis rejects, by correction, each analysis by its first estimator; None of a single one.

    Under each name of a correction: any of them rejects. all_rejected: all do; each: each one's power with it, in the
    order of the analyses; any_rejected_under_null: any of them rejects though nobody is affected (sharp null), the
    family-wise error.

    >>> from bscsim.trial.settings import AnalysisSettings, DesignSettings
    >>> trial = Trial(None, DesignSettings(), {}, (AnalysisSettings(estimators=("gee",)),) * 2)
    >>> both = [{"gee.b": np.ones(2), "gee.p": np.array(p)} for p in ([0.04, 0.5], [0.6, 0.001])]
    >>> found = family_data(trial, both)
    >>> found["none"]["value"], found["bonferroni"]["value"], found["any_rejected_under_null"]["none"]
    (1.0, 0.5, None)
    """
    if len(analyses) < 2:
        return None
    p, null = (_p_values(trial, analyses, which) for which in ("", "sharp"))
    if p is None:
        return None
    alpha = trial.target.alpha
    made = {name: family(p, alpha, name) for name in CORRECTIONS}
    under = {} if null is None else {name: family(null, alpha, name) for name in CORRECTIONS}
    data: dict[str, Any] = {name: share_data(one.any_rejected) for name, one in made.items()}
    return data | {
        "all_rejected": {name: share_data(one.all_rejected) for name, one in made.items()},
        "each": {name: [share_data(share) for share in one.each] for name, one in made.items()},
        "any_rejected_under_null": {
            name: share_data(under[name].any_rejected) if under else None for name in CORRECTIONS
        },
    }


def _p_values(trial: Trial, analyses: Sequence[Columns], null: str) -> Array | None:
    """[R, H], of the first estimator of each analysis; None unless all have the same replicates."""
    tests = []
    for settings, columns in zip(trial.analyses, analyses, strict=True):
        found = estimates_of(columns, settings.estimators[0], null)
        if found is None:
            return None
        tests.append(sided(found, trial.target.sides).p)
    return np.column_stack(tests) if len({len(p) for p in tests}) == 1 else None
