"""Who is treated when: treatment matrices [sequences, periods] of the named designs (NaN: not measured)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def parallel_layout(baseline: int = 1, post: int = 1) -> Array:
    """Two arms, treated first, with `baseline` waves before treatment (0 or more) and `post` after (1 or more).

    >>> parallel_layout(1, 2).tolist()
    [[0.0, 1.0, 1.0], [0.0, 0.0, 0.0]]
    """
    _least("baseline", baseline, 0)
    _least("post", post, 1)
    layout = np.zeros((2, baseline + post))
    layout[0, baseline:] = 1
    return layout


def wait_list_layout(baseline: int = 1, waiting: int = 1, after: int = 1) -> Array:
    """Both arms end treated: the first after `baseline` waves, the second `waiting` waves later, then `after` waves.

    >>> wait_list_layout().tolist()
    [[0.0, 1.0, 1.0], [0.0, 0.0, 1.0]]
    """
    _least("baseline", baseline, 0)
    _least("waiting", waiting, 1)
    _least("after", after, 0)
    layout = np.zeros((2, baseline + waiting + after))
    layout[0, baseline:] = 1
    layout[1, baseline + waiting :] = 1
    return layout


def stepped_wedge_layout(steps: int, *, baseline: int = 1, apart: int = 1, after: int = 1) -> Array:
    """All start untreated; one sequence crosses over every `apart` periods, and `after` periods follow the last.

    >>> stepped_wedge_layout(2).tolist()
    [[0.0, 1.0, 1.0], [0.0, 0.0, 1.0]]
    """
    _least("steps", steps, 2)
    _least("baseline", baseline, 1)
    _least("apart", apart, 1)
    _least("after", after, 1)
    periods = baseline + apart * (steps - 1) + after
    starts = baseline + apart * np.arange(steps)
    return (np.arange(periods) >= starts[:, None]).astype(np.float64)


def crossover_layout(periods: int = 2) -> Array:
    """Two sequences that swap every period, one starting treated.

    >>> crossover_layout(3).tolist()
    [[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]
    """
    _least("periods", periods, 2)
    first = (np.arange(periods) % 2 == 0).astype(np.float64)
    return np.stack([first, 1 - first])


def staircase_layout(steps: int, *, before: int = 1, after: int = 1) -> Array:
    """A stepped wedge measured only `before` periods before and `after` periods from each sequence's own start.

    >>> staircase_layout(2).tolist()
    [[0.0, 1.0, nan], [nan, 0.0, 1.0]]
    """
    _least("steps", steps, 2)
    _least("before", before, 1)
    _least("after", after, 1)
    layout = np.full((steps, steps - 1 + before + after), np.nan)
    for step in range(steps):
        layout[step, step : step + before] = 0
        layout[step, step + before : step + before + after] = 1
    return layout


def _least(name: str, value: int, least: int) -> None:
    if value < least:
        raise ValueError(f"{name} must be at least {least}, not {value}")
