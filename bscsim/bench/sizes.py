"""How much is run for each figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Sizes:
    """Rounds, and work in a round; every count is at least 1.

    rounds, long_rounds
        Rounds of what takes a second or two, and of what takes much longer.
    mesa
        Replicates of the Mesa model in a round.
    replicates
        Of the compiled engine in a round, where nothing else is said.
    seconds
        How long one thread is kept busy where threads are compared.
    centers_small, centers_large
        Centers of the scenarios that are compared; a round has ``centers`` of them in all.
    few, many
        Replicates whose cost is compared.
    paired
        Replicates whose differences between scenarios have a variance.
    memory
        Replicates whose memory is compared with that of one.
    cold_starts
        How often everything is compiled anew.

    >>> Sizes(rounds=2).rounds
    2
    """

    rounds: int = 7
    long_rounds: int = 3
    mesa: int = 2
    replicates: int = 200
    seconds: float = 1.5
    centers_small: int = 10
    centers_large: int = 1000
    centers: int = 4000
    few: int = 100
    many: int = 10_000
    paired: int = 200
    memory: int = 1000
    cold_starts: int = 3


FULL: Final = Sizes()
"""Some minutes."""

QUICK: Final = Sizes(rounds=3, mesa=1, replicates=100, centers=2000, many=1000, cold_starts=1)
"""Most of it is the compilation that the cold start is about."""
