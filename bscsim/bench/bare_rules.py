"""How much the Mesa model adds to the rules it calls.

Records every call of a rule that one replicate (both worlds) of the feasibility scenario makes, replays the calls in a
plain loop, and compares the two times.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import bscsim.rules
from bscsim.bench import scenarios
from bscsim.bench.sizes import Sizes
from bscsim.bench.timing import Seconds, interleaved, ratio

if TYPE_CHECKING:
    from bscsim.scenario.scenario import Scenario

Call = tuple[Callable[..., Any], tuple[Any, ...]]


class BareRules(NamedTuple):
    """Seconds of "replicate" and of its "rules" by round, and how many calls of rules that is."""

    seconds: Seconds
    calls: int

    @property
    def ratio(self) -> float:
        """The replicate over its bare rules."""
        return ratio(self.seconds, "replicate", "rules")


def measure(sizes: Sizes) -> dict[str, float]:
    """Return ``mesa_over_bare_rules``."""
    return {"mesa_over_bare_rules": compare(sizes.rounds).ratio}


def compare(rounds: int) -> BareRules:
    """Time a replicate and its bare rules in turn."""
    scenario = scenarios.standard()
    calls: list[Call] = []
    with recorded(calls):
        replicate(scenario)
    tasks = {"replicate": lambda: replicate(scenario), "rules": lambda: replay(calls)}
    return BareRules(interleaved(tasks, rounds, before=False), len(calls))


def replicate(scenario: Scenario) -> None:
    """Both worlds of replicate 0, from burn-in to horizon."""
    from bscsim.agents.collaborative import CollaborativeModel
    from bscsim.agents.run import release

    for treated in (True, False):
        model = CollaborativeModel(scenario, seed=1, treated=treated)
        while model.month < model.calendar.horizon:
            model.step()
        release(model)


def replay(calls: list[Call]) -> None:
    """Call every rule again."""
    for rule, args in calls:
        rule(*args)


@contextmanager
def recorded(calls: list[Call]) -> Iterator[None]:
    """Write down every call of a rule from outside the rules, with its arguments.

    >>> from bscsim.rules import operators
    >>> calls = []
    >>> with recorded(calls):
    ...     _ = operators.normal(0.5)
    >>> [(rule.__name__, args) for rule, args in calls]
    [('normal', (0.5,))]
    """
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
