"""Measure the package on the machine it runs on: ratios against budgets, cost per unit of work, start, memory.

Tasks that are compared run in turn within each round, and a figure is the median over rounds of the ratio within a
round, so that a machine that is busy for a while slows both sides.  :mod:`bscsim.bench.figures` says what every figure
is and what it may be; ``bscsim bench`` prints them.
"""

from bscsim.bench.figures import FIGURES, lines
from bscsim.bench.measuring import measure
from bscsim.bench.sizes import FULL, QUICK, Sizes

__all__ = ["FIGURES", "FULL", "QUICK", "Sizes", "lines", "measure"]
