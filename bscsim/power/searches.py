"""The searches of a power study: the smallest sufficient value of a field, the best design for the money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from bscsim.power import verdicts
from bscsim.power.needs import most_searched
from bscsim.power.rows import Columns

if TYPE_CHECKING:
    from bscsim.power.stages import Stages
    from bscsim.trial.searching.budget_search import BestFound
    from bscsim.trial.searching.found import Found
    from bscsim.trial.searching.size_search import SizeSearch
    from bscsim.trial.share import Share
    from bscsim.trial.summarizing.components import Inputs
    from bscsim.trial.summarizing.recruited import Recruited
    from bscsim.trial.trial import Trial

SIMULATED: Final = 8
"""Designs under a budget that are simulated; the closed form chooses them."""

FIRST_ANALYSIS: Final = 0

LARGE: Final = 1_000_000
"""What a field is set to where its limit is asked for."""


def sizes(stages: Stages, cell: int) -> dict[str, Any]:
    """Search the smallest value with the target power; plain data. GapError if rows it follows from are missing."""
    from bscsim.trial.reading.searched import fields_of
    from bscsim.trial.searching.size_search import SizeSearch
    from bscsim.trial.searching.steps import effective
    from bscsim.trial.summarizing.closed_form import noncentrality_of, power_of

    design = stages.design
    search, target = design.search, design.trial(cell).target
    assert search is not None
    inputs = pilot(stages, cell)
    values = (next(iter(one.values())) for one in stages.arms.values)
    arms = dict(zip(values, stages.arms.searched(cell), strict=True))

    def promised(value: int) -> float:
        return power_of(stages.arms[arms[value]].trial, inputs)

    known = isfinite(promised(next(iter(arms))))

    def noncentrality(value: int) -> float:
        if not known:  # no closed form of its power, but how it grows
            return noncentrality_of(stages.arms[arms[value]].trial, inputs)
        return effective(promised(value), target.alpha, target.sides)

    (path, low, high), *_ = fields_of(search)
    most = most_searched(design)
    close = None if "centers" in path else search.step  # two centers more or less decide little; a collaborative does
    enough = [value for value in arms if promised(value) >= target.power]
    hunt = SizeSearch(
        low, high, search.step, target.power, noncentrality, most, min(100, most // 4), close,
        start=min(enough) if enough else None, ceiling=limit(design.trial(cell), path, inputs) if known else None,
    )  # fmt: skip
    return judged(stages, cell, hunt, arms, path.rpartition(".")[2].replace("_", " ")) | {
        "cell": cell, "over": path, "between": [low, high], "step": search.step,
        "closed_form": min(enough) if enough else None, "closed_form_known": known,
    }  # fmt: skip


def judged(stages: Stages, cell: int, hunt: SizeSearch, arms: Mapping[int, int], name: str) -> dict[str, Any]:
    """Go through a search over a field of this name; what it found, and whether its test holds its level there."""
    from bscsim.trial.summarizing.recruited import recruited

    made: dict[int, list[Columns]] = {}
    while (ask := hunt.ask()) is not None:
        rows = stages.evaluate(arms[ask.value], ask.first, ask.replicates)
        hunt.tell(ask, *outcome(stages, cell, rows))
        made.setdefault(ask.value, []).append(rows[FIRST_ANALYSIS])
    found = hunt.result()
    last = ended_at(found, made)
    trial = stages.arms[arms[last]].trial
    took = {value: recruited(stages.arms[arms[value]].trial, rows[-1]) for value, rows in made.items()}
    told = found.as_dict() | {
        "warnings": [*found.warnings, *unreached(took, found.value)], "words": found.words(name),
    }  # fmt: skip
    return verdicts.of_value(told, verdicts.size_in(trial, made[last]), last, name, trial.target.alpha)


def ended_at(found: Found, made: Mapping[int, Sequence[Columns]]) -> int:
    """The value found, or the largest where none is; if it has no replicates of its own, the nearest that has."""
    last = found.value if found.value is not None else found.curve[-1][0]
    return min(made, key=lambda value: abs(value - last))


def unreached(took: Mapping[int, Recruited | None], value: int | None) -> list[str]:
    """Warn where the value found, or where none was found the largest tried, asked for more centers than there were.

    took: who took part at each value in its last replicates.

    >>> from bscsim.trial.summarizing.recruited import Recruited
    >>> unreached({4: Recruited(16, 16, 16.0, 16.0), 14: Recruited(56, 16, 20.3, 5.8)}, 14)[0].partition(",")[0]
    '14 is a plan that was not reached: 20.3 of 56 treated and 5.8 of 16 control centers took part'
    """
    at = value if value is not None else max(took, default=0)
    found = took.get(at)
    if found is None or not found.short:
        return []
    return [f"{at} is a plan that was not reached: {found.words} took part, as there are no more in the pool; the "
            "power is of those, and larger values only share them out anew"]  # fmt: skip


def limit(trial: Trial, path: str, inputs: Inputs) -> float | None:
    """The noncentrality that a field of the design cannot pass however large it is, by the closed form; None: unknown.

    It is what the other side leaves: with few collaboratives no number of centers in them makes up for more.
    """
    from bscsim.trial.searching.steps import effective
    from bscsim.trial.summarizing.closed_form import power_of

    room, _, name = path.partition(".")
    if room != "design" or "." in name or isfinite(inputs.available):  # of an empty pool, most would go to one arm
        return None
    large = replace(trial, design=trial.design.model_copy(update={name: LARGE}))
    power = power_of(large, inputs)
    return effective(power, trial.target.alpha, trial.target.sides) if isfinite(power) else None


def budget(stages: Stages) -> dict[str, Any]:
    """Search the most powerful design that the money buys; plain data. GapError if rows it follows from are missing."""
    from bscsim.trial.searching.budget_search import BudgetSearch
    from bscsim.trial.searching.candidates import best_under
    from bscsim.trial.searching.costing import cost_of
    from bscsim.trial.summarizing.closed_form import power_of
    from bscsim.trial.summarizing.levers_and_costs import units_of

    design, designs = stages.design, stages.arms.values
    assert design.search is not None
    money, inputs = design.search.budget, pilot(stages, 0)
    numbers = {tuple(one.values()): at for one, at in zip(designs, stages.arms.searched(0), strict=True)}
    units = units_of(design.trial(0), stages.first_cell)

    def number(levels: Mapping[str, int]) -> int:
        return numbers[tuple(levels.values())]

    def price(levels: Mapping[str, int]) -> float:
        return cost_of(stages.arms[number(levels)].trial, units).total

    def promised(levels: Mapping[str, int]) -> float:
        return power_of(stages.arms[number(levels)].trial, inputs)

    try:
        found = best_under(money, price, designs, promised, SIMULATED)
    except ValueError as error:  # all cost more
        return {"budget": money, "candidates": [], "best": None, "words": f"{error}"[:1].upper() + f"{error}"[1:],
                "replicates_used": 0}  # fmt: skip
    hunt = BudgetSearch(found, most_searched(design))
    made: dict[int, list[Columns]] = {}
    while (ask := hunt.ask()) is not None:
        at = number(hunt.designs[ask.candidate].levels)
        rows = stages.evaluate(at, ask.first, ask.replicates)
        hunt.tell(ask, *outcome(stages, 0, rows))
        made.setdefault(at, []).append(rows[FIRST_ANALYSIS])
    best = number(hunt.result().best.levels)
    size = verdicts.size_in(stages.arms[best].trial, made[best])
    return verdicts.of_design(described(money, hunt.result()), size, design.trial(0).target.alpha)


def described(money: float, found: BestFound) -> dict[str, Any]:
    """The best design and the others as plain data."""
    rows = [
        {"levels": dict(one.candidate.levels), "cost": one.candidate.cost,
         "power_closed": one.candidate.power if isfinite(one.candidate.power) else None,
         "power": share(one.power), "like_best": one.like_best}
        for one in found.ranked
    ]  # fmt: skip
    levels = dict(found.best.levels)
    best = {"levels": levels, "cost": found.best.cost, "confirmed": share(found.confirmed)}
    names = verdicts.in_words(levels)
    words = f"Of the designs that {money:,.0f} dollars buy, {names} has the most power"
    if found.confirmed is not None:
        one = found.confirmed
        words += f": {one.value:.2f} ({one.low:.2f} to {one.high:.2f}) by {one.of} fresh replicates"
    also = sum(one.like_best for one in found.ranked) - 1
    words += f"; {also} other{'s' * (also != 1)} cannot be told apart from it." if also else "."
    return {"budget": money, "candidates": rows, "best": best, "words": words,
            "replicates_used": found.replicates_used, "warnings": _failures(found.ranked[0].failed)}  # fmt: skip


def _failures(failed: Share) -> list[str]:
    """What is said of the best design's fits that failed."""
    from bscsim.trial.searching.found import FEW_FAILURES

    if not failed.count > FEW_FAILURES * failed.of:
        return []
    return [f"in {failed.value:.1%} of its replicates nothing could be fitted; they count as misses"]


def share(one: Any) -> dict[str, float] | None:
    """A share with its interval, as plain data."""
    return None if one is None or not one.of else {
        "value": one.value, "mcse": one.mcse, "low": one.low, "high": one.high,
    }  # fmt: skip


def pilot(stages: Stages, cell: int) -> Inputs:
    """Components for the closed form, from the cell as designed."""
    from bscsim.trial.summarizing.components import formula_inputs

    rows = stages.first_cell if cell == 0 else stages.whole(cell, 0, stages.design.replicates)
    return formula_inputs(rows[FIRST_ANALYSIS], stages.design.trial(cell))


def outcome(stages: Stages, cell: int, rows: list[Columns]) -> tuple[int, int]:
    """How many replicates the first analysis' first estimator rejected, and how many it could fit.

    A search takes those that it could not fit for misses.
    """
    trial = stages.design.trial(cell)
    name, columns = trial.analyses[FIRST_ANALYSIS].estimators[0], rows[FIRST_ANALYSIS]
    if f"{name}.p" not in columns:  # not one could be fitted
        return 0, 0
    fitted = np.isfinite(columns[f"{name}.p"])
    return int(rejected(columns, name, trial.target.alpha, trial.target.sides)[fitted].sum()), int(fitted.sum())


def rejected(columns: Columns, estimator: str, alpha: float, sides: int) -> Any:
    """Whether each replicate's test rejects, [R] bool; a fit that failed does not.

    >>> one = {"cluster_t.b": np.array([1.0, -1.0]), "cluster_t.p": np.array([0.08, 0.01])}
    >>> rejected(one, "cluster_t", 0.05, 1).tolist()
    [True, False]
    """
    p, b = columns[f"{estimator}.p"], columns[f"{estimator}.b"]
    with np.errstate(invalid="ignore"):
        return p <= alpha if sides == 2 else (p / 2 <= alpha) & (b > 0)
