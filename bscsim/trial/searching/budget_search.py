"""The best of a few designs by simulation: the worse half drops out again and again, and the winner is confirmed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log2, sqrt

from bscsim.trial.searching.candidates import Candidate
from bscsim.trial.searching.evidence import Tally
from bscsim.trial.share import Share

APART = 1.959963984540054
"""Standard errors of a difference from which on two designs are told apart."""


@dataclass(frozen=True, slots=True)
class BudgetRequest:
    """Replicates that a search wants of one design: numbers first to first + replicates - 1, asked for nothing else."""

    candidate: int
    """Index into the candidates."""
    first: int
    replicates: int
    purpose: str = "search"
    """search, or confirm."""


@dataclass(frozen=True)
class Ranked:
    """A design and what was found of it."""

    candidate: Candidate
    power: Share
    """Of all replicates of the search, those without a fit as misses."""
    failed: Share
    """Of all its replicates, the confirmation's too, those without a fit."""
    like_best: bool
    """Not told apart from the best."""


@dataclass(frozen=True)
class BestFound:
    """The best design, and all others in the order of their power."""

    best: Candidate
    confirmed: Share | None
    """Power of the best by fresh replicates; its power in the search is too high, as it was chosen for it."""
    ranked: tuple[Ranked, ...]
    replicates_used: int
    over: bool


class BudgetSearch:
    """Finds the most powerful of a few designs, by asking for replicates and being told what they found.

    Successive halving (Karnin, Koren & Somekh 2013, ICML 28:1238): as many rounds as halvings leave one design, each
    with the same number of replicates, shared equally by the designs still in; all replicates of a design count, those
    without a fit as misses. A design out early may be as good as the best: :attr:`Ranked.like_best` says which could
    not be told apart (a z test of each against the best at 5%). Then the best is confirmed with fresh replicates. The
    same answers lead to the same questions, so a search can be replayed.

    Parameters
    ----------
    designs
        Candidates, best first by the closed form, which decides between equals.
    most
        Replicates in all, confirmation included; at least one a round and design.
    confirm
        Replicates of the confirmation; None: a quarter of them. 0: none.
    first
        Number of the first replicate.

    Examples
    --------
    >>> designs = [Candidate({"k": k}, 60.0 * k, 0.7) for k in (2, 3, 4)]
    >>> search = BudgetSearch(designs, 1200)
    >>> while (request := search.ask()) is not None:
    ...     search.tell(request, round([0.5, 0.6, 0.8][request.candidate] * request.replicates), request.replicates)
    >>> found = search.result()
    >>> found.best.levels, found.confirmed, [one.power.of for one in found.ranked]
    ({'k': 4}, Share(count=240, of=300), [375, 375, 150])
    """

    def __init__(self, designs: Sequence[Candidate], most: int, *, confirm: int | None = None, first: int = 0) -> None:
        if not designs:
            raise ValueError("there is no design to choose from")
        self.designs = tuple(designs)
        self.confirming = most // 4 if confirm is None else confirm
        rounds = max(ceil(log2(len(designs))), 1)
        self._round = (most - self.confirming) // rounds
        if self._round < len(designs):
            raise ValueError(f"most is {most}; {rounds} rounds of {len(designs)} designs, and {self.confirming} "
                             f"replicates to confirm, need {rounds * len(designs) + self.confirming}")  # fmt: skip
        self._counts = [Tally(0, 0)] * len(designs)
        self._alive = tuple(range(len(designs)))
        self._queue = self._alive
        self._next, self._first = first, first
        self._confirmed: Tally | None = None

    def ask(self) -> BudgetRequest | None:
        """The replicates wanted next; None when the search is over."""
        if self._queue:
            return BudgetRequest(self._queue[0], self._next, self._round // len(self._alive))
        if self._confirmed is None and self.confirming:
            return BudgetRequest(self._alive[0], self._next, self.confirming, "confirm")
        return None

    def tell(self, request: BudgetRequest, rejected: int, fitted: int) -> None:
        """Take what the asked replicates found: how many rejected, of how many that could be fitted.

        A replicate without a fit is one that does not reject: power is of all replicates asked for.

        ValueError if this is not what was asked, or the counts are impossible.
        """
        if request != self.ask():
            raise ValueError(f"{request} was not asked; {self.ask()} was")
        if not 0 <= rejected <= fitted <= request.replicates:
            raise ValueError(f"{rejected} rejections of {fitted} fits of {request.replicates} replicates cannot be")
        self._next += request.replicates
        if request.purpose == "confirm":
            self._confirmed = Tally(0, 0).plus(rejected, fitted, request.replicates)
            return
        at = request.candidate
        self._counts[at] = self._counts[at].plus(rejected, fitted, request.replicates)
        self._queue = self._queue[1:]
        if not self._queue:
            self._alive = self._best(self._alive)[: ceil(len(self._alive) / 2)]
            self._queue = self._alive if len(self._alive) > 1 else ()

    def result(self) -> BestFound:
        """What is known now; the answer once :meth:`ask` returns None."""
        order = self._best(self._alive) + self._best(tuple(i for i in range(len(self.designs)) if i not in self._alive))
        best = order[0]
        ranked = tuple(
            Ranked(self.designs[i], self._counts[i].power, self._failed(i, best), self._like(i, best)) for i in order
        )
        confirmed = None if self._confirmed is None else self._confirmed.power
        return BestFound(self.designs[best], confirmed, ranked, self._next - self._first, self.ask() is None)

    def _best(self, indexes: tuple[int, ...]) -> tuple[int, ...]:
        """In the order of their power so far."""
        shares = {i: self._counts[i].rejected / max(self._counts[i].replicates, 1) for i in indexes}
        return tuple(sorted(indexes, key=lambda i: (-shares[i], i)))

    def _failed(self, index: int, best: int) -> Share:
        tallies = [self._counts[index], *([self._confirmed] if index == best and self._confirmed else [])]
        return Share(sum(one.failed for one in tallies), sum(one.replicates for one in tallies))

    def _like(self, index: int, best: int) -> bool:
        (a, n), (b, m) = (self._counts[i][:2] for i in (index, best))
        if not n or not m or index == best:
            return True
        p = (a + b) / (n + m)
        return b / m - a / n <= APART * sqrt(p * (1 - p) * (1 / n + 1 / m))
