"""What a search asks for and what it finds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from bscsim.trial.searching.evidence import Evidence, Tally
from bscsim.trial.searching.probit_curve import chance, probit
from bscsim.trial.searching.steps import Steps
from bscsim.trial.share import Share, plain

FEW_FAILURES = 0.02
"""Share of the fits that may fail without a word."""


@dataclass(frozen=True, slots=True)
class Request:
    """Replicates that a search wants of one value: numbers first to first + replicates - 1, asked for nothing else.

    >>> Request(12, 300, 100)
    Request(value=12, first=300, replicates=100, purpose='search')
    """

    value: int
    first: int
    replicates: int
    purpose: str = "search"
    """search, or confirm."""


@dataclass(frozen=True, slots=True)
class Found:
    """The smallest value with the target power, and how sure that is."""

    target: float
    value: int | None
    """The value; None if none up to the largest is enough."""
    low: int
    high: int | None
    """95% interval of the smallest sufficient value, ends included; high None: it may lie beyond the largest."""
    at_most: bool
    """The smallest value searched is enough, and a smaller one might be."""
    root: float | None
    """Where the curve has the target power, between the values; None if beyond them."""
    curve: tuple[tuple[int, float], ...]
    """(value, power) by the fitted curve; trust it where the evaluations are."""
    evaluations: tuple[tuple[int, Share], ...]
    """(value, power) of all replicates at it, those without a fit as misses, in order of the values."""
    replicates_used: int
    confirmed: Share | None
    """Power at the value by the fresh replicates of the confirmation; None if there are none."""
    ceiling: float | None
    """Power that no value exceeds, by the curve; None if no limit was given."""
    warnings: tuple[str, ...]
    over: bool
    """The search has ended."""

    def words(self, name: str = "the value") -> str:
        """The answer in a sentence or two.

        >>> found = Found(0.8, 9, 8, 10, False, 8.7, (), (), 1400, Share(405, 500), None, (), True)
        >>> print(found.words("centers per collaborative"))
        Power 80% needs 9 centers per collaborative (95% interval 8 to 10). 500 fresh replicates of 9: power 81.0% \
(77.3% to 84.2%).
        """
        if self.value is None:
            last = self.curve[-1][0] if self.curve else self.low
            text = f"No number of {name} up to {last} reaches power {self.target:.0%}."
        else:
            limits = f"{self.low} to {self.high}" if self.high is not None else f"{self.low} or more"
            most = "at most " if self.at_most else ""
            text = f"Power {self.target:.0%} needs {most}{self.value} {name} (95% interval {limits})."
        if self.confirmed is not None:
            c, at = self.confirmed, self.value if self.value is not None else self.curve[-1][0]
            text += f" {c.of} fresh replicates of {at}: power {c.value:.1%} ({c.low:.1%} to {c.high:.1%})."
        return text

    def as_dict(self) -> dict[str, Any]:
        """Plain data, in the names of summary.json's "search"."""
        return {
            "found": self.value,
            "low": self.low,
            "high": self.high,
            "at_most": self.at_most,
            "evaluations": [
                {"value": value, "replicates": share.of, "power": _plain(share)} for value, share in self.evaluations
            ],
            "curve": [{"value": value, "power": power} for value, power in self.curve],
            "confirmed": None if self.confirmed is None else _plain(self.confirmed),
            "ceiling": self.ceiling,
            "replicates_used": self.replicates_used,
            "warnings": list(self.warnings),
        }


def describe(
    steps: Steps,
    target: float,
    tallies: Mapping[int, Tally],
    evidence: Evidence,
    settled: int,
    confirmed: Sequence[tuple[int, Share]],
    used: int,
    ceiling: float | None,
    reach: int,
    over: bool,
) -> Found:
    """Put in words and numbers what the evidence says; settled is the index of the value, len(values) for none."""
    n, fitted = len(steps.values), evidence.curve
    low, high = min(evidence.low, settled), max(evidence.high, settled)
    limit = None if ceiling is None else chance(fitted.probit_at((ceiling - steps.center) * steps.per))
    last = min(settled, n - 1)
    fresh = [share for index, share in confirmed if index == last]
    wide = settled - low > reach or high - settled > reach
    return Found(
        target=target,
        value=steps.values[settled] if settled < n else None,
        low=steps.values[min(low, n - 1)],
        high=steps.values[high] if high < n else None,
        at_most=settled == 0,
        root=_root(steps, probit(target), evidence),
        curve=tuple((v, chance(fitted.probit_at(x))) for v, x in zip(steps.values, steps.x, strict=True)),
        evaluations=tuple((steps.values[i], tallies[i].power) for i in sorted(tallies)),
        replicates_used=used,
        confirmed=fresh[-1] if fresh else None,
        ceiling=limit,
        warnings=steps.warnings + tuple(_warnings(steps, target, tallies, evidence, settled, confirmed, limit, wide)),
        over=over,
    )  # fmt: skip


def _warnings(
    steps: Steps,
    target: float,
    tallies: Mapping[int, Tally],
    evidence: Evidence,
    settled: int,
    confirmed: Sequence[tuple[int, Share]],
    limit: float | None,
    wide: bool,
) -> list[str]:
    n, curve, said = len(steps.values), evidence.curve, []
    values, goal = steps.values, f"{target:.0%}"
    if settled >= n:
        seen = tallies.get(n - 1)
        reached = seen.power.value if seen else chance(curve.probit_at(steps.x[-1]))
        said.append(f"even {values[-1]}, the largest value, has power {reached:.1%}; enlarge what is held fixed")
    if settled == 0:
        said.append(f"{values[0]}, the smallest value searched, is enough; a smaller one might be")
    if limit is not None and probit(target) > probit(min(max(limit, 1e-9), 1 - 1e-9)) - 0.25:
        said.append(
            f"no value reaches more than power {limit:.1%}, however large, as what is held fixed sets a ceiling; the "
            f"target of {goal} is above it or so near that the value hardly matters"
        )
    if wide:
        rise = curve.probit_at(steps.x[-1]) - curve.probit_at(steps.x[0])
        said.append("the replicates were spent before the interval of the value was as narrow as wanted"
                    + ("; power hardly rises with the value" if rise < 0.5 else ""))  # fmt: skip
    if evidence.bent:
        said.append("the powers do not lie on a curve of the closed form's shape; the interval is widened for it")
    if evidence.crossed:
        said.append("a smaller value is surely enough and a larger one surely not: power does not rise with the value")
    if len(confirmed) > 1 or (confirmed and confirmed[-1][0] < min(settled, n - 1)):
        missed = ", ".join(str(values[index]) for index, _ in confirmed if index < settled)
        said.append(f"the confirmation showed the power of {missed} to be below {goal}; a larger value was taken")
    if settled < n and not any(index == settled for index, _ in confirmed):
        said.append("the value is not confirmed by replicates of its own")
    return said + _failures(values, tallies, min(settled, n - 1))


def _failures(values: Sequence[int], tallies: Mapping[int, Tally], last: int) -> list[str]:
    """What is said of fits that failed, at the value found and where all did."""
    said = []
    if last in tallies and tallies[last].failed > FEW_FAILURES * tallies[last].replicates:
        share = Share(tallies[last].failed, tallies[last].replicates).value
        said.append(f"in {share:.1%} of the replicates of {values[last]} nothing could be fitted; they count as misses")
    if any(tally.failed == tally.replicates for tally in tallies.values()):
        said.append("at some values no replicate could be fitted")
    return said


def _root(steps: Steps, goal: float, evidence: Evidence) -> float | None:
    """Straight between two values of the curve."""
    height = [evidence.curve.probit_at(x) - goal for x in steps.x]
    for (a, left), (b, right) in pairwise(zip(steps.values, height, strict=True)):
        if left < 0 <= right:
            return a + (b - a) * -left / (right - left)
    return None


def _plain(share: Share) -> dict[str, float | None]:
    """In the names of summary.json."""
    numbers = {"value": share.value, "mcse": share.mcse, "low": share.low, "high": share.high}
    return {name: plain(number) for name, number in numbers.items()}
