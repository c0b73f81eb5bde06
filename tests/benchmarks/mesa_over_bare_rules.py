"""How much the Mesa model adds to the rules it calls.

Records every call of a rule that one replicate (both worlds) of the feasibility scenario makes, replays the calls in a
plain loop, and prints the ratio of the two times, interleaved, medians of several rounds::

    python tests/benchmarks/mesa_over_bare_rules.py [ROUNDS]

The budget, checked by ``pytest tests/benchmarks``, is a factor of two.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import bscsim.rules
from bscsim.agents.collaborative import CollaborativeModel
from bscsim.agents.run import release
from bscsim.scenario.scenario import Scenario

Call = tuple[Callable[..., Any], tuple[Any, ...]]


def replicate(scenario: Scenario) -> None:
    """Both worlds of replicate 0, from burn-in to horizon."""
    for treated in (True, False):
        model = CollaborativeModel(scenario, seed=1, treated=treated)
        while model.month < model.calendar.horizon:
            model.step()
        release(model)


@contextmanager
def recorded(calls: list[Call]) -> Iterator[None]:
    """Write down every call of a rule from outside the rules, with its arguments."""
    depth = 0
    replaced = []

    def wrap(rule: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            nonlocal depth
            if depth == 0:
                calls.append((rule, args))
            depth += 1
            try:
                return rule(*args)
            finally:
                depth -= 1

        return call

    for info in pkgutil.iter_modules(bscsim.rules.__path__):
        module = importlib.import_module(f"bscsim.rules.{info.name}")
        for name, value in list(vars(module).items()):
            if inspect.isfunction(value) and value.__module__ == module.__name__:
                replaced.append((module, name, value))
                setattr(module, name, wrap(value))
    try:
        yield
    finally:
        for module, name, value in replaced:
            setattr(module, name, value)


def measure(rounds: int = 5) -> tuple[float, float, int]:
    """Median seconds of a replicate and of its bare rules, and how many calls that is."""
    scenario = Scenario()
    calls: list[Call] = []
    with recorded(calls):
        replicate(scenario)
    whole, bare = [], []
    for _ in range(rounds):
        start = time.perf_counter()
        replicate(scenario)
        middle = time.perf_counter()
        for rule, args in calls:
            rule(*args)
        whole.append(middle - start)
        bare.append(time.perf_counter() - middle)
    return statistics.median(whole), statistics.median(bare), len(calls)


def test_mesa_is_within_twice_of_the_bare_rules() -> None:
    """Run explicitly: ``pytest tests/benchmarks/mesa_over_bare_rules.py``; ordinary test runs do not collect it."""
    seconds, rules, _ = measure(rounds=3)
    assert seconds / rules < 2.0


if __name__ == "__main__":
    seconds, rules, count = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
    print(f"one replicate, both worlds: {seconds:.3f} s; its {count} rule calls in a loop: {rules:.3f} s; "
          f"ratio {seconds / rules:.2f} (budget 2)")  # fmt: skip
