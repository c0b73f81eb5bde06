"""Time tasks against each other."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping

Seconds = dict[str, list[float]]
"""Seconds of each task, a number a round."""


def interleaved(tasks: Mapping[str, Callable[[], object]], rounds: int, before: bool = True) -> Seconds:
    """Run every task once a round, in turn forward and backward, and return the seconds each took.

    ``before``: run each once untimed, so that nothing is compiled, loaded or touched for the first time in a round.

    >>> seconds = interleaved({"a": lambda: sum(range(1000)), "b": lambda: None}, rounds=3)
    >>> len(seconds["a"]), min(seconds["b"]) >= 0.0
    (3, True)
    """
    if before:
        for task in tasks.values():
            task()
    seconds: Seconds = {name: [] for name in tasks}
    for number in range(rounds):
        for name in tasks if number % 2 == 0 else reversed(list(tasks)):
            start = time.perf_counter()
            tasks[name]()
            seconds[name].append(time.perf_counter() - start)
    return seconds


def ratio(seconds: Seconds, over: str, under: str) -> float:
    """Return the median over rounds of the time of one task over that of another in the same round.

    >>> ratio({"a": [2.0, 9.0, 4.0], "b": [1.0, 3.0, 2.0]}, "a", "b")
    2.0
    """
    return statistics.median(a / b for a, b in zip(seconds[over], seconds[under], strict=True))
