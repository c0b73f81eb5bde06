"""All measurements, one after another."""

from __future__ import annotations

import platform
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from bscsim import __version__
from bscsim.bench import bare_rules, common_numbers, engines, hot_path, processes, scaling, scenarios
from bscsim.bench.figures import FIGURES
from bscsim.bench.sizes import FULL, Sizes

Part = Callable[[Sizes], dict[str, Any]]


def parts() -> tuple[Part, ...]:
    """Return the measurements, each from sizes to figures by name."""
    return (
        processes.starts, processes.compilation, processes.memory, engines.measure, bare_rules.measure,
        hot_path.measure, scaling.threads, scaling.centers, scaling.replicates, scaling.twin, scaling.burn_ins,
        common_numbers.measure,
    )  # fmt: skip


def measure(sizes: Sizes = FULL, tick: Callable[[int, int], None] | None = None) -> dict[str, Any]:
    """Measure everything and return figures by name, then ``cores``, ``rounds`` and ``versions``.

    ``tick`` is called with (measurements done, of how many).  Values are plain numbers, truth values, mappings of them
    and, for what cannot be measured here or has no end, None, so that they can be written as JSON.
    """
    from bscsim.engine.run import processors
    from bscsim.simulate import simulate

    simulate(scenarios.standard(), replicates=1)  # compiled and kept, for this process and those it starts
    found: dict[str, Any] = {}
    for done, part in enumerate(parts(), 1):
        found |= part(sizes)
        if tick is not None:
            tick(done, len(parts()))
    assert found.keys() == {one.name for one in FIGURES}
    return {one.name: found[one.name] for one in FIGURES} | {
        "cores": processors(), "rounds": sizes.rounds, "versions": versions(),
    }  # fmt: skip


def versions() -> dict[str, str]:
    """Return the versions of what was measured.

    >>> sorted(versions())
    ['bscsim', 'llvmlite', 'mesa', 'numba', 'numpy', 'python']
    """
    others = {name: version(name) for name in ("mesa", "numba", "llvmlite", "numpy")}
    return {"bscsim": __version__, "python": platform.python_version(), **others}
