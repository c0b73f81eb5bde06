"""The smallest value of a field that gives a study its power, from replicates made where they tell most."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, sqrt

from bscsim.trial.searching.evidence import Evidence, Tally, weigh
from bscsim.trial.searching.found import Found, Request, describe
from bscsim.trial.searching.next_value import next_index
from bscsim.trial.searching.probit_curve import chance
from bscsim.trial.searching.steps import steps
from bscsim.trial.share import Share

Z = 2.241402727604945
"""Standard errors of an interval: of one at 97.5%, as it is looked at after every request until it is narrow enough;
so it holds the answer in 95 of 100 searches or more (simulated)."""
ATTEMPTS = 3
"""Values that are confirmed at most, each with half the alpha of the one before: 5% in all, whatever happens."""


class SizeSearch:
    """Finds the smallest value with at least the target power by asking for replicates and being told what they found.

    probit(power) is taken as a line in the closed form's noncentrality, with a bend if the powers show one: only the
    closed form's shape matters, not its level. Replicates go where the power is the target, and up to half a probit to
    either side, until the interval of the smallest sufficient value lies within `tolerance` of the estimate, or the
    replicates are spent. Then the value is confirmed with fresh replicates; if they show its power to be below the
    target, a larger one is.

    Replicates without a fit count as misses, in the search and in the confirmation.

    The same answers lead to the same questions: a search that was stopped goes on if it is told the answers again.

    Parameters
    ----------
    low, high, step
        The values: low, low + step, ... up to high.
    target
        Power wanted, above 0, below 1.
    noncentrality
        Closed form: effect / standard error at a value, rising. Where the test has few degrees of freedom that change
        with the value, :func:`.effective` of the closed form's power bends as the power does. One that does not rise,
        or has no value, is replaced by the root of the value, with a warning.
    most
        Replicates in all, confirmation included.
    batch
        Replicates of a request; the first are of one batch, later ones of up to five.
    tolerance
        How far from the estimate the interval may reach; None: 2 if the step is 1, else the step. Less if there are
        fewer than seven values (of two or one: nothing).
    start
        Value to begin with; None: where the noncentrality is that of a normal test with the target power.
    confirm
        Replicates of the confirmation; None: five batches, but at most a quarter of `most`. 0: none.
    ceiling
        Noncentrality that no value reaches, however large (fixed number of collaboratives); None: not known.
    first
        Number of the first replicate; later ones count on from there, so no two requests share one.

    Examples
    --------
    >>> search = SizeSearch(4, 20, 1, 0.8, lambda x: 0.9 * x**0.5, most=4000)
    >>> while (request := search.ask()) is not None:  # a study with exactly the power of the closed form
    ...     power = {7: 0.66, 8: 0.72, 9: 0.77, 10: 0.81, 11: 0.85, 12: 0.88}.get(request.value, 0.95)
    ...     search.tell(request, round(power * request.replicates), request.replicates)
    >>> found = search.result()
    >>> found.value, found.low <= 10 <= found.high, found.confirmed.of
    (10, True, 500)
    """

    def __init__(
        self,
        low: int,
        high: int,
        step: int,
        target: float,
        noncentrality: Callable[[int], float],
        most: int,
        batch: int = 100,
        tolerance: int | None = None,
        *,
        start: int | None = None,
        confirm: int | None = None,
        ceiling: float | None = None,
        first: int = 0,
    ) -> None:
        if batch < 1 or most < 2 * batch:
            raise ValueError(f"most must be at least two batches of at least one; not {most} in batches of {batch}")
        self.steps = steps(low, high, step, target, noncentrality, start)
        self.target, self.batch, self.most, self.ceiling = target, batch, most, ceiling
        wanted = (tolerance if tolerance is not None else 2 if step == 1 else step) // step
        self.reach = max(min(wanted, (len(self.steps.values) + 1) // 4), 0)  # of few values all would be near
        self.confirming = min(5 * batch, most // 4) if confirm is None else min(confirm, most - batch)
        self._first, self._used = first, 0
        self._tallies: dict[int, Tally] = {}
        self._confirmed: list[tuple[int, Share]] = []
        self._settled: int | None = None  # index of the value to confirm
        self._done = False
        self._pending: Request | None = None
        self._choose()

    def ask(self) -> Request | None:
        """The replicates wanted next; None when the search is over. Asking twice asks for the same."""
        return self._pending

    def tell(self, request: Request, rejected: int, fitted: int) -> None:
        """Take what the asked replicates found: how many rejected, of how many that could be fitted.

        A replicate without a fit is one that does not reject: power is of all replicates asked for.

        ValueError if this is not what was asked, or the counts are impossible.
        """
        if request != self._pending:
            raise ValueError(f"{request} was not asked; {self._pending} was")
        if not 0 <= rejected <= fitted <= request.replicates:
            raise ValueError(f"{rejected} rejections of {fitted} fits of {request.replicates} replicates cannot be")
        index = self.steps.values.index(request.value)
        before = self._tallies.get(index, Tally(0, 0))
        self._tallies[index] = before.plus(rejected, fitted, request.replicates)
        self._used += request.replicates
        if request.purpose == "confirm":
            self._judge(index, Share(rejected, request.replicates))
        self._choose()

    def result(self) -> Found:
        """What is known now; the answer once :meth:`ask` returns None."""
        settled = self._evidence().at if self._settled is None else self._settled
        return describe(
            self.steps, self.target, self._tallies, self._evidence(), settled, self._confirmed, self._used,
            self.ceiling, self.reach, self._pending is None,
        )  # fmt: skip

    def _evidence(self) -> Evidence:
        return weigh(self.steps, self.target, self._tallies, Z)

    def _choose(self) -> None:
        """Decide what is asked next."""
        self._pending = None
        if self._done:
            return
        if self._settled is None:
            evidence, left = self._evidence(), self.most - self.confirming - self._used
            narrow = evidence.at - evidence.low <= self.reach and evidence.high - evidence.at <= self.reach
            narrow = narrow and self._used > 0
            end = self._unseen_end(evidence) if narrow else None
            if left >= self.batch and (end is not None or not narrow or evidence.crossed):
                index = next_index(self.steps, self.target, self._tallies, evidence) if end is None else end
                wanted = self._wanted(evidence) if end is None else self.batch
                self._pending = self._request(index, min(wanted, left), "search")
                return
            self._settled = evidence.at
        if self.confirming and self.most - self._used >= self.confirming:
            self._pending = self._request(min(self._settled, len(self.steps.values) - 1), self.confirming, "confirm")
        else:
            self._done = True

    def _unseen_end(self, evidence: Evidence) -> int | None:
        """The first or last value, if it may be the answer and has no replicates: whether it is enough must be seen."""
        ends = (0, len(self.steps.values) - 1)
        return next((end for end in ends if end not in self._tallies and evidence.low <= end <= evidence.high), None)

    def _judge(self, index: int, share: Share) -> None:
        """Whether fresh replicates bear the value out; if not, go up."""
        self._confirmed.append((index, share))
        short = falls_short(share, self.target, 0.05 / 2 ** len(self._confirmed))
        if self._settled == len(self.steps.values):
            self._settled = self._settled if short else index
            self._done = True
        elif not short or len(self._confirmed) == ATTEMPTS:
            self._settled = index + 1 if short else index
            self._done = True
        else:
            self._settled = max(index + 1, self._evidence().at)
            self._done = self._settled == len(self.steps.values)

    def _request(self, index: int, replicates: int, purpose: str) -> Request:
        return Request(self.steps.values[index], self._first + self._used, replicates, purpose)

    def _wanted(self, evidence: Evidence) -> int:
        """Replicates of the next request: a third of what the interval still seems to need, in batches."""
        x, last = self.steps.x, len(self.steps.values) - 1
        used = sum(tally.replicates for tally in self._tallies.values())
        if used < 3 * self.batch:
            return self.batch
        curve, at = evidence.curve, min(evidence.at, last)
        near, far = (min(max(i, 0), last) for i in (at - self.reach - 1, at + self.reach))
        allowed = (curve.probit_at(x[far]) - curve.probit_at(x[near])) / (far - near + 1) * (self.reach + 1)
        if allowed <= 0:
            return 5 * self.batch
        needed = used * ((Z * curve.error_at(x[at]) / allowed) ** 2 - 1)
        return self.batch * min(max(ceil(needed / 3 / self.batch), 1), 5)


def falls_short(share: Share, target: float, alpha: float) -> bool:
    """Whether a share is below the target at a one-sided level alpha, by the score test (Wilson's interval inverted).

    >>> falls_short(Share(380, 500), 0.8, 0.025), falls_short(Share(385, 500), 0.8, 0.025)
    (True, False)
    """
    return share.of > 0 and chance((share.value - target) / sqrt(target * (1 - target) / share.of)) < alpha
