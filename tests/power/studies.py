"""Small power studies that tests run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bscsim

GAUSSIAN = """\
kind: power
name: tiny
truth: {gaussian: {effect: 0.5, var: {collaborative: 0.01, center: 0.1, staff: 0.3, residual: 0.5}}}
design: {collaboratives: [3, 4], centers_per_collaborative: 4, control_centers: 12, waves: {baseline: 0, post: 16}}
measures: {survey: {of: staff, sample: 8}}
analysis: {outcome: survey, wave: post, estimators: [cluster_t, partially_nested]}
replicates: 60
"""

SEARCH = """\
kind: power
name: searched
truth: {gaussian: {effect: 0.4, var: {collaborative: 0.005, center: 0.1, staff: 0.3, residual: 0.5}}}
design: {collaboratives: 4, control_centers: 20, waves: {baseline: 0, post: 16}}
measures: {survey: {of: staff, sample: 8}}
analysis: {outcome: survey, wave: post, estimators: [cluster_t]}
search: {over: design.centers_per_collaborative, between: [2, 12]}
replicates: 200
"""

BUDGET = SEARCH.replace(
    "search: {over: design.centers_per_collaborative, between: [2, 12]}",
    "search: {over: [design.collaboratives, design.centers_per_collaborative], between: [[2, 6], [3, 8]], "
    "budget: 400000, replicates: 1200}",
)

MECHANISTIC = """\
kind: power
name: model
scenario: {population: {sectors: {child_care: 1}, sizes: 8, drivers: 2}, calendar: {burn_in: 2, prework: [0, 1],
  sessions: [1, 3], ends: 4}}
design: {collaboratives: 2, centers_per_collaborative: 2, control_centers: 4, waves: {baseline: 0, post: 4}}
measures: {score: {of: classrooms, reliability: 0.8}, survey: {of: staff, response: 0.9}}
analysis:
  - {outcome: score, wave: post, covariates: [baseline], estimators: [cluster_t]}
  - {outcome: survey, wave: post, estimand: all_present, cohort: open, estimators: [partially_nested, cluster_t]}
replicates: 24
"""

RELIABLE = MECHANISTIC.replace("replicates: 24", """\
target: {power: 0.35, alpha: 0.3}
search: {over: design.centers_per_collaborative, between: [2, 6], replicates: 240}
replicates: 24
""")
"""All stages: a cell, its variants, the Gaussian truth, a search."""


def study(folder: Path, text: str, *overrides: str) -> Any:
    """Load a study from a file of its own."""
    file = folder / "study.yaml"
    file.write_text(text, encoding="utf-8")
    return bscsim.load(file, overrides)
