"""The findings of a power study as the report reads them: cells, analyses and estimators with their words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from bscsim.report.power.numbers import known
from bscsim.report.sweep.numbers import Estimate
from bscsim.report.sweep.study import Factor, ident, shown
from bscsim.report.words import count

Data = Mapping[str, Any]
SILENT = ("design.", "scenario.", "parameters.", "measures.", "truth.gaussian.")
"""Beginnings of paths that a reader does not miss."""
OUT_OF_BAND = ("too high", "too low")
NOT_RANDOMIZED = ("pre_post", "matched_comparison", "interrupted_series")
COUNTS = {
    "design.collaboratives": "collaborative", "design.centers_per_collaborative": "center per collaborative",
    "design.control_centers": "control center",
}  # fmt: skip
"""Settings that count something, with their singular."""


class Power:
    """summary.json of a power study, read with care for what is absent.

    >>> Power({}).cells, Power({}).target, Power({}).headline
    ([], 0.8, None)
    """

    def __init__(self, summary: Data) -> None:
        self.summary = summary

    def rows(self, name: str) -> list[Data]:
        """The rows of one analysis; empty if it was not made."""
        return list(self.summary.get(name) or [])

    def part(self, name: str) -> Data:
        """One object of the summary; empty if there is none."""
        return self.summary.get(name) or {}

    @cached_property
    def cells(self) -> list[Data]:
        """The cells with a result, in the order of the axes' values, whatever the order of the file."""
        found = [cell for cell in self.rows("cells") if cell.get("analyses")]
        return sorted(found, key=lambda cell: [
            factor.places.get(self.level_of(cell, factor), 0) for factor in self.axes
        ])  # fmt: skip

    @cached_property
    def first(self) -> Data:
        """The first cell of the file that has a result, of which design, answer and grant page are; empty if none."""
        return min(self.cells, key=lambda cell: int(cell.get("cell") or 0), default={})

    @property
    def randomized(self) -> bool:
        """Whether arms are drawn by lot; a study that does not say counts as such."""
        return self.part("design").get("type") not in NOT_RANDOMIZED

    @property
    def best(self) -> int | None:
        """Number of the best cell, if the study has one."""
        found = self.part("best_cell").get("cell")
        return None if found is None else int(found)

    @cached_property
    def searches(self) -> list[Data]:
        """Every search with something found or tried: the first cell's, then other cells'."""
        own = [{"cell": cell.get("cell"), **cell["search"]} for cell in self.rows("cells") if cell.get("search")]
        found = [self.part("search"), *self.rows("searches"), *own]
        tried = [one for one in found if one and (one.get("evaluations") or one.get("found") is not None)]
        by_cell = {int(one.get("cell") or 0): one for one in reversed(tried)}
        return [by_cell[cell] for cell in sorted(by_cell)]

    @property
    def replicates(self) -> int:
        """Replicates planned for each cell."""
        return int(self.part("run").get("replicates") or 0)

    @property
    def target(self) -> float:
        """The power wanted."""
        return float(self.part("target").get("power") or 0.8)

    @property
    def alpha(self) -> float:
        """Level of the tests."""
        return float(self.part("target").get("alpha") or 0.05)

    @property
    def band(self) -> float:
        """Three Monte Carlo standard errors of a test that holds its level."""
        return float(3.0 * (self.alpha * (1 - self.alpha) / max(self.tested, 1)) ** 0.5)

    @cached_property
    def tested(self) -> int:
        """Replicates that a cell has by now: most fits of an estimator, or the replicates planned if no one counts."""
        return max((int(one.get("fitted") or 0) for _, _, one in self.estimates()), default=0) or self.replicates

    @cached_property
    def axes(self) -> tuple[Factor, ...]:
        """What differs between cells; an axis with one value is none."""
        made = []
        for axis in self.rows("axes"):
            values = tuple(axis.get("values") or ())
            given = list(axis.get("labels") or ())
            labels = tuple(str(given[i]) if i < len(given) else shown(value) for i, value in enumerate(values))
            pairs = sorted(zip(values, labels, strict=True), key=lambda pair: by_size(pair[0]))
            values, labels = tuple(value for value, _ in pairs), tuple(label for _, label in pairs)
            path = str(axis.get("path") or axis.get("name") or "axis")
            words = str(axis.get("name") or "")
            words = path_words(path) if words in ("", path, path.partition(".")[2]) else words
            made.append(Factor(path, words, values, labels, None, None, "", "", (path,)))
        return tuple(factor for factor in made if len(factor.levels) > 1)

    @property
    def headline(self) -> tuple[Data, Data, Data] | None:
        """Cell, analysis and estimator that the number box is of: the first of each in the file."""
        for cell in [self.first] if self.first else []:
            for analysis in cell["analyses"]:
                for estimator in analysis.get("estimators") or ():
                    return cell, analysis, estimator
        return None

    @property
    def several_cells(self) -> bool:
        """Whether there is more than one."""
        return len(self.cells) > 1

    @property
    def analyses(self) -> list[Data]:
        """The analyses of the first cell."""
        return list(self.first.get("analyses") or ())

    def estimates(self) -> Iterator[tuple[Data, Data, Data]]:
        """Every (cell, analysis, estimator), in order."""
        for cell in self.cells:
            for analysis in cell["analyses"]:
                for estimator in analysis.get("estimators") or ():
                    yield cell, analysis, estimator

    def at(self, cell: Data, analysis: int, estimator: str) -> Data | None:
        """One estimator of one analysis of a cell, if it is there."""
        for one in cell["analyses"]:
            if one.get("analysis") == analysis:
                return next((e for e in one.get("estimators") or () if e.get("name") == estimator), None)
        return None

    def cell_label(self, cell: Data) -> str:
        """A cell in words: its label, or its levels, or its number."""
        if cell.get("label"):
            return str(cell["label"])
        levels = cell.get("levels") or {}
        words = {factor.name: factor for factor in self.axes}
        parts = [level_words(p, words[p].label(v), words[p].words) if p in words else level_words(p, shown(v))
                 for p, v in levels.items()]  # fmt: skip
        return ", ".join(parts) or f"cell {cell.get('cell', 0)}"

    def level_of(self, cell: Data, factor: Factor) -> Any:
        """What tells a cell's level of an axis apart."""
        return ident((cell.get("levels") or {}).get(factor.name))

    def out_of_band(self) -> list[tuple[Data, Data, Data]]:
        """Every (cell, analysis, estimator) whose type I error is out of its band."""
        return [found for found in self.estimates() if found[2].get("size_verdict") in OUT_OF_BAND]

    def whiskers(self, what: str = "Whiskers") -> str:
        """The note that says what intervals are."""
        return f"{what}: 95% Monte Carlo interval over {count(self.tested, 'replicate')}."


def path_words(path: str) -> str:
    """A setting in words; parameters keep the name of their table.

    >>> path_words("design.control_centers"), path_words("attrition.centers"), path_words("measures.class_score.sample")
    ('control centers', 'attrition: centers', 'class score: sample')
    >>> path_words("scenario.parameters.sd_coll")
    'sd_coll'
    """
    keep = ".parameters." in f".{path}"
    for begin in SILENT:
        path = path.removeprefix(begin)
    return path if keep else path.replace("_", " ").replace(".", ": ")


def level_words(path: str, label: str, words: str = "") -> str:
    """A level of an axis in words: counts as counts, others after the name of the setting.

    >>> level_words("design.collaboratives", "4"), level_words("attrition.treated", "0.1")
    ('4 collaboratives', 'attrition: treated 0.1')
    """
    if path in COUNTS and words in ("", path_words(path)):
        return f"{label} {path_words(path) if label != '1' else COUNTS[path]}"
    return f"{words or path_words(path)} {label}"


def by_size(level: Any) -> tuple[bool, float]:
    """What levels are sorted by: numbers by their size, words after them as they came.

    >>> sorted(["all", 8, 3], key=by_size), sorted(["b", "a"], key=by_size)
    ([3, 8, 'all'], ['b', 'a'])
    """
    number = isinstance(level, int | float) and not isinstance(level, bool)
    return (not number, float(level) if number else 0.0)


def analysis_words(analysis: Data) -> str:
    """An analysis in words.

    >>> analysis_words({"analysis": 1, "outcome": "class_score", "wave": "post"})
    'class score at post'
    """
    if analysis.get("title"):
        return str(analysis["title"]).replace("_", " ")
    parts = [str(analysis.get("outcome") or f"analysis {analysis.get('analysis', 0)}")]
    return " at ".join([*parts, str(analysis["wave"])] if analysis.get("wave") else parts).replace("_", " ")


def estimator_words(estimator: Data) -> str:
    """An estimator in words: its title or its name."""
    return str(estimator.get("title") or str(estimator.get("name") or "estimator").replace("_", " "))


def in_sd(analysis: Data) -> Estimate | None:
    """The true effect in SD."""
    return known((analysis.get("truth") or {}).get("effect_sd"))


def mdes_of(estimator: Data) -> tuple[Estimate | None, bool]:
    """The minimum detectable effect with its interval, and whether it is in SD (else in the outcome's own unit).

    >>> mdes_of({"mdes": {"value": 0.05, "low": 0.04, "high": 0.06, "sd": 0.5}})
    (Estimate(mean=0.5, low=0.4, high=0.6, n=0), True)
    """
    data = estimator.get("mdes") or {}
    found = known(data)
    if found is None or data.get("sd") is None or not found.mean:
        return found, False
    ratio = float(data["sd"]) / found.mean
    return Estimate(float(data["sd"]), round(found.low * ratio, 12), round(found.high * ratio, 12)), True
