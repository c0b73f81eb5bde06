"""What is so and what was seen in one analysis: true effects and realized numbers, each with its Monte Carlo error."""

from __future__ import annotations

from math import isfinite, sqrt
from typing import Any

import numpy as np

from bscsim.trial.share import Measure
from bscsim.trial.share import plain as finite
from bscsim.trial.summarizing.columns import Columns, mean_column, value_of
from bscsim.trial.summarizing.plain import measure_data
from bscsim.trial.trial import Trial


def target_of(trial: Trial, columns: Columns) -> Measure:
    """The true effect: typed in (without error), or the mean over replicates with its own Monte Carlo error.

    >>> from bscsim.trial.settings import DesignSettings
    >>> target_of(Trial(None, DesignSettings(), {}, ()), {"truth.effect": np.array([1.0, 3.0])})
    Measure(value=2.0, mcse=1.0)
    """
    return mean_column(columns, "truth.effect") if trial.truth is None else Measure(float(trial.truth.effect), 0.0)


def truth_data(trial: Trial, columns: Columns) -> dict[str, Any]:
    """The truth block: effects in the outcome's unit and in SD of the standardizer.

    contrast is what a trial compares, effect less what spilled over to controls; contamination is contrast less effect.
    In a stepped wedge effect is a mean over time (:func:`bscsim.trial.measuring.truth.truths`), last that at the last
    wave, and controls are those who have not begun.

    >>> from bscsim.trial.settings import DesignSettings
    >>> columns = {"truth.effect": np.array([0.2, 0.4]), "truth.scale": np.full(2, 0.5), "truth.spill": np.full(2, 0.1)}
    >>> made = truth_data(Trial(None, DesignSettings(), {}, ()), columns)
    >>> [round(made[name]["value"], 6) for name in ("effect", "effect_sd", "contrast", "contamination")]
    [0.3, 0.6, 0.2, -0.1]
    """
    effect, measured = target_of(trial, columns), mean_column(columns, "truth.measured")
    scale = value_of(columns, "truth.scale")
    spill = mean_column(columns, "truth.spill")
    known = "truth.effect" in columns and "truth.spill" in columns
    between = {"truth.difference": columns["truth.effect"] - columns["truth.spill"]} if known else {}
    made: dict[str, Any] = {
        "effect": effect, "effect_sd": _over(effect, scale), "measured": measured,
        "measured_sd": _over(measured, scale), "spill": spill, "contrast": mean_column(between, "truth.difference"),
        "contamination": Measure(0.0 - spill.value, spill.mcse), "compliers": mean_column(columns, "truth.compliers"),
        "scale": mean_column(columns, "truth.scale"), "last": mean_column(columns, "truth.last"),
    }  # fmt: skip
    found: dict[str, Any] = {name: measure_data(value) for name, value in made.items()}
    for name, column in (("sd_centers", "truth.centers"), ("sd_collaboratives", "truth.collaborative")):
        found[name] = finite(sqrt(max(value_of(columns, column), 0.0))) if column in columns else None
    return found


def seen_data(columns: Columns) -> dict[str, Any]:
    """Realized numbers, by their names without "seen."; None where no replicate has one.

    >>> seen_data({"seen.icc": np.array([1.0, 3.0]), "cluster_t.b": np.zeros(2)})
    {'icc': {'value': 2.0, 'mcse': 1.0}}
    """
    names = [name for name in columns if name.startswith("seen.")]
    return {name.removeprefix("seen."): measure_data(mean_column(columns, name)) for name in names}


def _over(measure: Measure, scale: float) -> Measure:
    """In SD units; the error of the standardizer, small beside the other, is left out."""
    if not (isfinite(scale) and scale > 0):
        return Measure(float(np.nan), float(np.nan))
    return Measure(measure.value / scale, measure.mcse / scale)
