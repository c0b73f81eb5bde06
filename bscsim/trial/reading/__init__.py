"""From a power study's file to its trials: settings, axes, the pool it needs; every fault at once, at its place."""

from __future__ import annotations

from bscsim.trial.reading.axes import Axis
from bscsim.trial.reading.design import PowerDesign, design_of
from bscsim.trial.reading.whole import faults_of

__all__ = ["Axis", "PowerDesign", "design_of", "faults_of"]
