"""summary.json of a power study but for its files: plain data, without times and without NaN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final

from bscsim.trial.cluster_stats import FAILED
from bscsim.trial.share import share_of
from bscsim.trial.summarizing.answering import answer_of, best_cell
from bscsim.trial.summarizing.cautions import notes_of
from bscsim.trial.summarizing.closed_form import closed_form_data
from bscsim.trial.summarizing.columns import Columns, estimates_of, replicates_in
from bscsim.trial.summarizing.components import Inputs, formula_inputs
from bscsim.trial.summarizing.decomposing import decomposition_data
from bscsim.trial.summarizing.design_block import design_data
from bscsim.trial.summarizing.estimator_rows import center_of, estimator_data
from bscsim.trial.summarizing.families import family_data
from bscsim.trial.summarizing.grant import grant_data
from bscsim.trial.summarizing.levers_and_costs import cost_data, lever_data
from bscsim.trial.summarizing.plain import plain_data, share_data
from bscsim.trial.summarizing.recruited import recruited_data, too_few_notes
from bscsim.trial.summarizing.reported import improvement_data
from bscsim.trial.summarizing.testing import sided, under_average
from bscsim.trial.summarizing.truth_rows import seen_data, truth_data
from bscsim.trial.summarizing.weighting import other_weights
from bscsim.trial.summarizing.words import label_words, titles
from bscsim.trial.trial import Trial

if TYPE_CHECKING:
    from bscsim.trial.reading.design import PowerDesign

FORMAT: Final = 1
"""Raised whenever a name in summary.json changes its meaning."""

Analyses = Sequence[Columns]
"""The columns of every analysis of a trial, in its order."""


def summarize(
    design: PowerDesign,
    cells: Mapping[int, Analyses],
    variants: Mapping[str, Analyses],
    gaussian: Analyses | None,
    search: Mapping[str, Any] | None,
    budget: Mapping[str, Any] | None,
    manifest: Mapping[str, Any],
    failed: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Summarize what is there of a power study.

    Parameters
    ----------
    design
        The study.
    cells
        Per cell that has any, the columns of its analyses; replicates that are missing have no row.
    variants
        The decomposition's, of cell 0, by name; empty: none was run.
    gaussian
        Columns of the Gaussian Monte Carlo of cell 0 (:func:`.gaussian_of`), or None.
    search, budget
        What was searched, as plain data, or None.
    manifest
        Its "study", "versions" and "run" are used.
    failed
        Blocks that failed.

    Returns
    -------
    dict
        Ready for JSON; None for what does not exist.
    """
    trial = design.trial(0)
    made = [_cell(design, cell, cells[cell], gaussian if cell == 0 else None) for cell in sorted(cells)]
    run = dict(manifest.get("run", {}))
    summary: dict[str, Any] = {
        "format": FORMAT,
        "study": {name: manifest["study"][name] for name in ("name", "kind", "digest")},
        "versions": {name: manifest["versions"][name] for name in ("bscsim", "streams")},
        "title": manifest["study"]["name"],
        "question": design.question,
        "run": {
            "seed": run.get("seed"), "replicates": design.replicates, "cells": design.cells,
            "rows": sum(_rows(one) for one in cells.values()),
        },
        **_missing(design, cells, failed),
        "truth": "mechanistic" if trial.truth is None else "gaussian",
        "target": trial.target,
        "axes": [
            {"path": one.path, "name": one.short, "values": one.values, "labels": one.labels}
            for one in design.axes
        ],
        "design": design_data(trial),
        "cells": made,
        "search": search,
        "budget": budget,
    }  # fmt: skip
    summary |= _of_first(design, cells.get(0), made if 0 in cells else [], variants)
    plain: dict[str, Any] = plain_data(summary)
    return plain | {"best_cell": best_cell(plain), "answer": answer_of(plain)}


def analysis_data(trial: Trial, number: int, columns: Columns, asked: int, gaussian: Columns | None) -> dict[str, Any]:
    """One analysis of a cell: truth, what was seen, estimators, closed forms, and the Gaussian Monte Carlo."""
    settings = trial.analyses[number]
    return {
        "analysis": number,
        "title": titles(trial.analyses, trial.design.type)[number],
        **{name: getattr(settings, name) for name in ("outcome", "wave", "estimand", "cohort", "model", "moderator")},
        "covariates": list(settings.covariates),
        "truth": truth_data(trial, columns),
        "seen": seen_data(columns),
        "estimators": [
            estimator_data(trial, columns, name, asked)
            | {"improvement": improvement_data(trial, columns, name),
               "other_weights": other_weights(trial, settings, name, columns)}
            for name in settings.estimators
        ],
        "closed_form": closed_form_data(trial, formula_inputs(columns, trial, number)),
        "gaussian": None if gaussian is None else _gaussian(trial, number, gaussian),
    }


def _cell(design: PowerDesign, cell: int, analyses: Analyses, gaussian: Analyses | None) -> dict[str, Any]:
    trial = design.trial(cell)
    return {
        "cell": cell,
        "label": label_words(design.levels(cell), design.axes),
        "levels": design.levels(cell),
        "cost": cost_data(trial, analyses),
        "recruited": recruited_data(trial, analyses),
        "analyses": [
            analysis_data(trial, number, columns, design.replicates, normal)
            for number, (columns, normal) in enumerate(zip_longest(analyses, gaussian or ()))
        ],
        "family": family_data(trial, analyses),
    }


def _gaussian(trial: Trial, number: int, columns: Columns) -> dict[str, Any] | None:
    """Power and size of the first estimator in Gaussian data."""
    name, target = trial.analyses[number].estimators[0], trial.target
    raw = estimates_of(columns, name)
    if raw is None:
        return None
    average = under_average(columns, name, center_of(trial, columns, raw), target.alpha, target.sides)
    found = sided(raw, target.sides)
    fitted = found.status != FAILED
    return {
        "words": "normal data with the effect and the variances that the mechanism showed, no attrition, no "
                 "contamination; analyzed by the first estimator",
        "estimator": name,
        "power": share_data(share_of(found.p[fitted] <= target.alpha)),
        "type1_average": None if average is None
        else share_data(share_of(average.p[average.status != FAILED] <= target.alpha)),
    }  # fmt: skip


def _of_first(
    design: PowerDesign, analyses: Analyses | None, made: Sequence[Mapping[str, Any]], variants: Mapping[str, Analyses]
) -> dict[str, Any]:
    """What is told of the first cell only, but for the note on cells that had too few centers."""
    if not analyses or not made:
        return {"notes": [], "decomposition": [], "levers": [], "grant": None, "first_replicate": []}
    trial = design.trial(0)
    inputs: list[Inputs] = [formula_inputs(columns, trial, number) for number, columns in enumerate(analyses)]
    return {
        "notes": notes_of(trial, analyses, made[0], [*too_few_notes(made), *design.notes(0)]),
        "decomposition": decomposition_data(trial, analyses[0], variants),
        "levers": lever_data(trial, analyses, inputs[0]),
        "grant": grant_data(trial, analyses, inputs, made[0], replicates_in(analyses[0])),
        "first_replicate": [first_replicate(columns) for columns in analyses],
    }


def first_replicate(columns: Columns) -> dict[str, float]:
    """The first replicate's own estimates and true effect: by them results can be told to be those of some code.

    >>> import numpy as np
    >>> first_replicate({"replicate": np.array([0, 1]), "cluster_t.b": np.array([0.1, 0.2])})
    {'cluster_t.b': 0.1}
    """
    if replicates_in(columns) == 0:
        return {}
    kept = (".b", ".se", ".p", ".effect")
    return {name: float(values[0]) for name, values in columns.items() if name.endswith(kept)}


def _rows(analyses: Analyses) -> int:
    return replicates_in(analyses[0]) if analyses else 0


def _missing(design: PowerDesign, cells: Mapping[int, Analyses], failed: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """How much of the study is not there."""
    lacking = [max(design.replicates - _rows(cells.get(cell, ())), 0) for cell in range(design.cells)]
    return {
        "complete": not any(lacking),
        "missing": {
            "cells": sum(number > 0 for number in lacking), "replicates": sum(lacking),
            "of": design.replicates * design.cells,
        },
        "failed": list(failed),
    }  # fmt: skip
