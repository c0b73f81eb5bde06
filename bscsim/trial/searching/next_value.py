"""Where the next replicates of a search tell most about the value at which the target is reached."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping

from bscsim.trial.searching.evidence import WINDOW, Evidence, Tally, aside
from bscsim.trial.searching.probit_curve import Curve, probit
from bscsim.trial.searching.steps import Steps

SHARES = (0.3, 0.4, 0.3)
"""Of the replicates near the target: below it, at it, above it."""


def next_index(steps: Steps, target: float, tallies: Mapping[int, Tally], evidence: Evidence) -> int:
    """Index of the value to evaluate: of three sites (below, at, above the root) the one furthest from its share.

    The root alone would tell most about itself if the slope were known; a replicate to the side costs little and
    gives the slope, without which the root's interval is not known. Sites beyond the values are the first or last.

    >>> from bscsim.trial.searching.evidence import weigh
    >>> from bscsim.trial.searching.steps import steps
    >>> known = steps(4, 20, 1, 0.8, lambda value: value**0.5)
    >>> next_index(known, 0.8, {}, weigh(known, 0.8, {}, 1.96)) == known.start
    True
    """
    goal, last, away = probit(target), len(steps.values) - 1, aside(tallies)
    curve = evidence.curve
    # a curve that does not rise says nothing of where to go: then with a tenth of the closed form's slope
    rises = curve.slope if curve.slope >= 0.1 else 0.1
    bend = curve.bend if curve.slope >= 0.1 else 0.0
    level = Curve(curve.height, rises, bend, curve.covariance)
    height = [level.probit_at(x) - goal for x in steps.x]
    middle = min(max(bisect_left(height, 0.0), evidence.low), evidence.high, last)
    below = max(min(bisect_left(height, -away), middle - 1), 0)
    above = min(max(bisect_left(height, away), middle + 1), last)
    sites, spent = (below, middle, above), [0.0, 0.0, 0.0]
    for index, tally in tallies.items():
        if abs(height[index]) <= WINDOW * away or index in sites:
            site = min((1, 0, 2), key=lambda s: abs(sites[s] - index))
            spent[site] += tally.replicates / SHARES[site]
    return sites[min((1, 0, 2), key=lambda s: spent[s])]
