"""How much the Mesa model adds to the rules it calls (:mod:`bscsim.bench.bare_rules`).

Prints the two times and their ratio, interleaved, medians of several rounds::

    python tests/benchmarks/mesa_over_bare_rules.py [ROUNDS]

The budget is a factor of two.  Ordinary test runs do not collect this file; name it to check the budget::

    pytest tests/benchmarks/mesa_over_bare_rules.py
"""

from __future__ import annotations

import statistics
import sys

from bscsim.bench.bare_rules import compare
from bscsim.bench.figures import figure


def test_mesa_is_within_twice_of_the_bare_rules() -> None:
    assert figure("mesa_over_bare_rules").met(compare(rounds=3).ratio)


if __name__ == "__main__":
    found = compare(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
    replicate, rules = (statistics.median(found.seconds[name]) for name in ("replicate", "rules"))
    print(f"one replicate, both worlds: {replicate:.3f} s; its {found.calls} rule calls in a loop: {rules:.3f} s; "
          f"ratio {found.ratio:.2f} (budget 2)")  # fmt: skip
