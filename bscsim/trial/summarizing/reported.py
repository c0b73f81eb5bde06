"""What a study would report, true or not, and what it could find at another level."""

from __future__ import annotations

from bscsim.trial.cluster_stats import FAILED
from bscsim.trial.share import share_of
from bscsim.trial.summarizing.columns import Columns, estimates_of
from bscsim.trial.summarizing.estimator_rows import mdes_of
from bscsim.trial.summarizing.plain import share_data
from bscsim.trial.summarizing.testing import sided
from bscsim.trial.trial import Trial


def improvement_data(trial: Trial, columns: Columns, name: str) -> dict[str, float | None] | None:
    """Share of fitted replicates whose estimate is positive and significant by the study's own test.

    >>> import numpy as np
    >>> from bscsim.trial.settings import AnalysisSettings, DesignSettings
    >>> trial = Trial(None, DesignSettings(type="pre_post"), {}, (AnalysisSettings(estimators=("gee",)),))
    >>> columns = {"gee.b": np.array([0.1, 0.2, -0.3, np.nan]), "gee.p": np.array([0.3, 0.01, 0.01, np.nan])}
    >>> round(improvement_data(trial, columns, "gee")["value"], 3)
    0.333
    """
    raw = estimates_of(columns, name)
    if raw is None:
        return None
    found = sided(raw, trial.target.sides)
    fitted = found.status != FAILED
    return share_data(share_of((found.p[fitted] <= trial.target.alpha) & (found.b[fitted] > 0)))


def mdes_data(trial: Trial, columns: Columns, name: str) -> dict[str, float | None] | None:
    """Minimum detectable effect of an estimator at the trial's level, which may be stricter than the study's.

    >>> import numpy as np
    >>> from bscsim.trial.settings import AnalysisSettings, DesignSettings
    >>> trial = Trial(None, DesignSettings(), {}, (AnalysisSettings(estimators=("gee",)),))
    >>> mdes_data(trial, {}, "gee") is None
    True
    """
    raw = estimates_of(columns, name)
    return None if raw is None else mdes_of(trial, columns, sided(raw, trial.target.sides))
