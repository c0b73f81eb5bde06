"""The budgets of ``bscsim bench``, as tests; a busy machine fails some.

Ordinary test runs do not collect this file; name it: ``pytest tests/benchmarks/budgets.py``.  What is measured is
described in :mod:`bscsim.bench.figures`; ratios within a round are compared, so that the speed of a machine counts only
where seconds are promised.
"""

from __future__ import annotations

import pytest

from bscsim.bench import QUICK
from bscsim.bench.figures import missed
from bscsim.bench.measuring import Part, parts
from bscsim.engine.run import processors
from bscsim.scenario.scenario import Scenario
from bscsim.simulate import simulate


@pytest.mark.parametrize("part", parts(), ids=lambda part: f"{part.__module__.rsplit('.')[-1]}.{part.__name__}")
def test_budgets_are_kept(part: Part) -> None:
    simulate(Scenario(), replicates=1)  # not counted: the compilation
    found = part(QUICK)
    assert missed(found | {"cores": processors()}) == [], found
