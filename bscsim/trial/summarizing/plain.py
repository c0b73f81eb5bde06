"""Numbers of a summary as plain data: JSON has no NaN, no arrays and no settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from math import isfinite
from typing import Any

import numpy as np

from bscsim.trial.share import Measure, Share
from bscsim.trial.share import plain as _finite


def share_data(share: Share | None) -> dict[str, float | None] | None:
    """A share with its Monte Carlo error and 95% interval; None where there is none to tell.

    >>> share_data(Share(1, 2))
    {'value': 0.5, 'mcse': 0.35..., 'low': 0.09..., 'high': 0.90...}
    >>> share_data(Share(0, 0)) is None
    True
    """
    if share is None or not share.of:
        return None
    return {name: _finite(getattr(share, name)) for name in ("value", "mcse", "low", "high")}


def measure_data(measure: Measure | None) -> dict[str, float | None] | None:
    """A measure with its Monte Carlo error; None where its value does not exist.

    >>> measure_data(Measure(0.5, float("nan"))), measure_data(Measure(float("nan"), 0.1))
    ({'value': 0.5, 'mcse': None}, None)
    """
    return None if measure is None or not isfinite(measure.value) else measure.as_dict()


def plain_data(value: Any) -> Any:
    """Anything as lists, dicts with text keys, text and finite numbers; what is not finite is None.

    >>> plain_data({"a": (1, float("nan"), np.float64(2.0)), 3: np.array([True])})
    {'a': [1, None, 2.0], '3': [True]}
    """
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, Share):
        return share_data(value)
    if isinstance(value, Measure):
        return measure_data(value)
    if isinstance(value, np.ndarray | np.generic):
        return plain_data(value.tolist())
    if isinstance(value, float):
        return _finite(value)
    if isinstance(value, Mapping):
        return {str(name): plain_data(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple) and not hasattr(value, "_asdict"):
        return [plain_data(inner) for inner in value]
    return _record(value)


def _record(value: Any) -> Any:
    """Settings, dataclasses and named tuples by the names of their fields; anything else as its text."""
    if hasattr(value, "model_dump"):
        return plain_data(value.model_dump())
    if is_dataclass(value) and not isinstance(value, type):
        return plain_data(asdict(value))
    return plain_data(value._asdict()) if hasattr(value, "_asdict") else str(value)
